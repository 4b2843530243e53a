"""One thing that happens in a simulation, with its reason and its law."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from wirflow.core.case import EventKind
from wirflow.core.decision import Refusal
from wirflow.core.letters import NewNotice
from wirflow.deadlines import Deadline
from wirflow.definition.model import Tone
from wirflow.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What an event did to a case, or that it was refused."""

    at: datetime
    """When it counts, UTC."""
    recorded_at: datetime
    """When it is written, UTC."""
    case: str
    workflow: str
    kind: EventKind
    event: str
    title: Text
    """What people call it: the title of the event, or of the deadline that is due."""
    actor: str | None = None
    """Who did it; None: nobody, it happened by itself."""
    before: str | None = None
    """The state before; None: the case began."""
    after: str
    tone: Tone = "neutral"
    """Of the state after."""
    lapse: bool = False
    """A deadline passed unused and took the case to an end or to a bad place."""
    deadline: Deadline | None = None
    """The legal deadline behind it, with its derivation."""
    law: str | None = None
    """The legal ground as the office names it, else that of the rule."""
    origin: str | None = None
    """Of a signal: the key of the case that sent it; of a start: that of the parent that started it."""
    reason: str | None = None
    """What the actor gave as reason."""
    refused: Refusal | None = None
    """The rule that stood against it; then nothing changed."""
    error: Text | None = None
    """What was wrong with a timer that could not be fired at all."""
    notices: tuple[NewNotice, ...] = ()
    entry: bytes | None = field(default=None, repr=False)
    """The canonical bytes that the engine would write to the trail; None: it would write none."""
    digest: str | None = None

    @property
    def moved(self) -> bool:
        """The case came into another state."""
        return self.before != self.after
