"""A case, its timers, and what happens to it.

What is made anew with each event is a struct of msgspec: frozen like a dataclass,
and made in a tenth of its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from msgspec import Struct, field

from wirflow.deadlines import Catalogue, Deadline
from wirflow.definition.values import Stored, Value
from wirflow.text import Text

EventKind = Literal["start", "import", "action", "deadline", "reminder", "signal", "migration", "forwarding"]

TimerKind = Literal["due", "reminder", "escalation", "signal"]


ENTRY = "#"
"""A source that begins with it is the number of the entry that set the fact."""


class Done(Struct, frozen=True, kw_only=True):
    """How far a deadline of a case has been dealt with: nothing up to `until` fires again."""

    due: date
    until: datetime


class Case(Struct, frozen=True, kw_only=True):
    """A snapshot of one case."""

    key: str
    workflow: str
    state: str
    since: datetime
    """When it came into this state."""
    data: Mapping[str, Value]
    links: Mapping[str, str] = field(default_factory=dict)
    """Link name → key of the other case; `parent` leads to the case that it belongs to."""
    child: str | None = None
    """Of which kind of children of its parent it is."""
    actors: Mapping[str, str] = field(default_factory=dict)
    """Event → who did it last: what four eyes need to know."""
    times: Mapping[str, datetime] = field(default_factory=dict)
    """Event → when it happened last, of those that make an escalation needless."""
    history: Mapping[str, str] = field(default_factory=dict)
    """State with a history → the innermost states in which it was left."""
    done: Mapping[str, Done] = field(default_factory=dict)
    """Deadline name → how far it has been dealt with."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Field → where the fact stands written; "" is the source of all others."""
    note: Text | None = None
    """A remark that came with it."""
    revision: int = 0
    """Number of entries in its trail."""
    digest: str | None = None
    """Digest of its last entry."""


class Timer(Struct, frozen=True, kw_only=True):
    """Something that will happen to a case by itself."""

    name: str
    """Name of the deadline; of a signal: its event."""
    kind: TimerKind
    label: str
    """Which reminder (its period), or which signal (its origin)."""
    due_at: datetime
    """The instant at which it fires, UTC."""
    event: str | None = None
    """What it fires.  None: nothing by itself; a signal without one only says that a child changed."""
    deadline: Deadline | None = None
    """The legal deadline behind it, with its derivation."""
    payload: Mapping[str, Stored] = field(default_factory=dict)
    """Of a signal: the facts it carries, as JSON."""
    depth: int = 0
    """Of a signal: how many signals led to it."""

    def __eq__(self, other: object) -> bool:
        """Timers are the same if they fire the same at the same moment, whatever led to them."""
        if not isinstance(other, Timer):
            return NotImplemented
        return self.identity == other.identity and self.event == other.event

    def __hash__(self) -> int:
        return hash(self.identity)

    @property
    def identity(self) -> tuple[str, str, str, datetime]:
        """What makes it the same timer after the agenda is computed anew."""
        return (self.name, self.kind, self.label, self.due_at)


class Origin(Struct, frozen=True, kw_only=True):
    """The entry of a parent that started a child."""

    case: str
    seq: int


class Event(Struct, frozen=True, kw_only=True):
    """Something that happens to a case."""

    name: str
    kind: EventKind
    occurred_at: datetime
    """When it counts, which may be before it is recorded."""
    actor: str | None = None
    """Who did it; None: wirflow itself."""
    roles: frozenset[str] = frozenset()
    """The roles of the actor."""
    input: Mapping[str, Value] = field(default_factory=dict)
    cleared: frozenset[str] = frozenset()
    """Of a correction: the fields of which nothing is known after all."""
    reason: str | None = None
    timer: Timer | None = None
    """What fired it, unless a person did."""
    state: str | None = None
    """Of an import: the state in which the case is found."""
    origin: Origin | None = None
    """Of a start: what started it, unless a person did."""


class LinkedCase(Struct, frozen=True, kw_only=True):
    """Another case as a guard sees it."""

    key: str
    state: str
    """Of a child that is about to begin it is empty: nobody can say yet."""
    data: Mapping[str, Value]
    workflow: str = ""
    child: str | None = None
    """Of which kind of children it is."""
    final: bool = False
    """Nothing is left to happen to it."""
    minds: bool = False
    """What its workflow says depends on its children: it has to hear of their changes."""


class Facts(Struct, frozen=True, kw_only=True):
    """What a decision has to know beside the case itself."""

    today: date
    """The civil date on which the event counts."""
    zone: str
    """Time zone of the office."""
    land: str
    """Whose holidays count, as a code of ISO 3166-2:DE without the country."""
    catalogue: Catalogue | None = None
    """The rules of law with the office's own; None: the common ones."""
    linked: Mapping[str, LinkedCase] = field(default_factory=dict)
    children: tuple[LinkedCase, ...] = ()
    """The cases that belong to it, in the order of their keys; none if its workflow knows no children."""
    armed: tuple[Timer, ...] = ()
    """The timers that are armed for the case now."""
