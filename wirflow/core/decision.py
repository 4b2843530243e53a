"""What comes out of deciding: a Decision, or a Refusal that says which rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from msgspec import Struct

from wirflow.core.case import Case, Event, Timer
from wirflow.core.opening import NewCase
from wirflow.definition.model import Workflow
from wirflow.definition.values import Value
from wirflow.text import Lang, Text

RefusalCode = Literal[
    "wrong-state",
    "wrong-role",
    "four-eyes",
    "missing-input",
    "unknown-input",
    "no-reason",
    "rule",
    "no-alternative",
    "out-of-bounds",
    "child",
]

NoticeKind = Literal["event", "due", "reminder", "escalation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The rules said no.  Nothing was changed."""

    code: RefusalCode
    texts: tuple[Text, ...]
    """Each rule that stands against it, in words."""
    hint: Text | None = None
    """What would have to change."""
    fields: tuple[str, ...] = ()
    """The fields that are missing or too many."""

    def explain(self, lang: Lang) -> str:
        """The rules and the hint, a line each."""
        lines = [text.pick(lang) for text in self.texts]
        if self.hint:
            lines.append(self.hint.pick(lang))
        return "\n".join(lines)


class NoticeOrder(Struct, frozen=True, kw_only=True):
    """A notice that has to be written, before anybody knows who will read it."""

    template: str
    roles: tuple[str, ...]
    kind: NoticeKind
    timer: Timer | None = None


class SignalOrder(Struct, frozen=True, kw_only=True):
    """An event for another case, due at once."""

    to: str
    """Key of the other case."""
    timer: Timer


class Step(Struct, frozen=True, kw_only=True):
    """A transition that took itself, right after what somebody did."""

    event: str
    source: str
    target: str


class Decision(Struct, frozen=True, kw_only=True):
    """What an event does, before anything is done."""

    before: Case | None
    case: Case
    event: Event
    changes: Mapping[str, tuple[Value | None, Value | None]]
    """Field → (old, new)."""
    arm: tuple[Timer, ...] = ()
    cancel: tuple[Timer, ...] = ()
    notices: tuple[NoticeOrder, ...] = ()
    signals: tuple[SignalOrder, ...] = ()
    starts: tuple[NewCase, ...] = ()
    """Children that begin with it, all of them or the event does not happen."""
    via: tuple[Step, ...] = ()
    """The automatic transitions that followed, in order."""
    missed: tuple[tuple[str, date], ...] = ()
    """Deadlines that are overdue from now on: name and due day."""
    settled: tuple[tuple[str, date], ...] = ()
    """Those that were, and are no longer."""
    refused: Refusal | None = None
    """Of a deadline or signal: the rule that stood against it.  It is on record, and done with."""
    moved: bool = False
    """The case came into another state."""
    silent: bool = False
    """A child changed and nothing follows from it: nothing is written."""
    previous: Workflow | None = None
    """Of a migration: the version that the case pinned before."""

    @property
    def left_overdue(self) -> bool:
        """Whether the timer that brought it about is over and what it asked for is open."""
        timer = self.event.timer
        return (
            timer is not None and timer.kind == "due" and any(name == timer.name for name, _ in self.missed)
        )
