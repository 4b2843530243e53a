"""A case, its timers, and what happens to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from wirflow.deadlines import Catalogue, Deadline
from wirflow.definition.values import Stored, Value
from wirflow.text import Text

EventKind = Literal["start", "import", "action", "deadline", "reminder", "signal", "migration", "forwarding"]

TimerKind = Literal["due", "reminder", "escalation", "signal"]


ENTRY = "#"
"""A source that begins with it is the number of the entry that set the fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How far a deadline of a case has been dealt with: nothing up to `until` fires again."""

    due: date
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
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


_FIELDS = tuple((name, (slot := getattr(Case, name)).__get__, slot.__set__) for name in Case.__slots__)
"""Name, reader and writer of each slot: the writers pass by what freezes a case once it is made."""


def evolved(case: Case, **changes: Any) -> Case:
    """A case with some of its facts changed: `dataclasses.replace` for what happens with each event."""
    new = object.__new__(Case)
    for name, read, write in _FIELDS:
        write(new, changes[name] if name in changes else read(case))
    return new


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
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
    deadline: Deadline | None = field(default=None, compare=False)
    """The legal deadline behind it, with its derivation."""
    payload: Mapping[str, Stored] = field(default_factory=dict, compare=False)
    """Of a signal: the facts it carries, as JSON."""
    depth: int = field(default=0, compare=False)
    """Of a signal: how many signals led to it."""

    @property
    def identity(self) -> tuple[str, str, str, datetime]:
        """What makes it the same timer after the agenda is computed anew."""
        return (self.name, self.kind, self.label, self.due_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The entry of a parent that started a child."""

    case: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedCase:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
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
