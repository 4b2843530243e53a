"""What the checker walks through: cases side by side at one moment, and the steps between such moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

from wirflow.clock import civil_date
from wirflow.core.case import Case, Event, Facts, LinkedCase, Timer
from wirflow.core.decide import decide, refuse, start
from wirflow.core.decision import Decision, Refusal
from wirflow.core.firing import as_linked
from wirflow.definition.person import Person
from wirflow.definition.values import Value
from wirflow.proof.domain import Domain
from wirflow.proof.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


ZONE: Final = "Europe/Berlin"
LAND: Final = "HE"
NINE: Final = time(9)

Kind = Literal["start", "act", "deadline", "signal", "told", "wait"]
"""`told`: a case that is not looked at closely tells something; `wait`: time passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a case may be told by one that is not looked at closely."""

    event: str
    fields: tuple[str, ...]
    by: str
    """The key of that case, or its workflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One case that is looked at closely."""

    key: str
    subject: Subject
    domain: Domain
    told: tuple[Told, ...] = ()
    lazy: bool = False
    """The facts with which it starts are open until something reads them."""
    watched: frozenset[str] = frozenset()
    """Fields that others read, or that are asked about: never left out of sight."""
    weighed: frozenset[str] = frozenset()
    """Those of them whose values count, and not only whether they are there."""
    asked: frozenset[str] = frozenset()
    """Fields that are chosen at the start already."""
    timed: bool = False
    """What is asked about it may depend on the day."""
    people: tuple[Person, ...] = ()
    """Who acts; none: as many people as it takes."""

    def valued(self, name: str) -> bool:
        """Whether the value of a field counts, and not only that it is there."""
        return name in self.subject.valued or name in self.weighed

    def live(self, state: str) -> frozenset[str]:
        """The fields and links that may matter from a state on."""
        return self.subject.live(state) | self.watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happens, with all that was chosen for it."""

    kind: Kind
    key: str
    event: str
    at: datetime
    actor: str | None = None
    role: str | None = None
    given: Mapping[str, Value] = field(default_factory=dict)
    far: Mapping[str, LinkedCase] = field(default_factory=dict)
    """Linked cases that are not looked at closely, as they are taken to stand."""
    timer: Timer | None = None
    chosen: Mapping[str, Value | None] = field(default_factory=dict)
    """Facts of the start that mattered here for the first time; None: absent."""
    linked: Mapping[str, bool] = field(default_factory=dict)
    """Links of the start that mattered here for the first time."""
    number: int | None = None
    """The transition that was meant."""
    refused: Refusal | None = None
    place: str = ""
    """Where the case stands afterwards."""
    via: tuple[int, ...] = ()
    """The automatic transitions that followed."""
    endless: bool = False
    """Automatic transitions would follow without end: the event fails, and nothing happens."""
    passed: tuple[str, ...] = ()
    """Where the case stood before each of them."""


@dataclass(frozen=True, slots=True)
class Node:
    """Cases side by side at one moment."""

    cases: tuple[Case, ...]
    armed: tuple[tuple[Timer, ...], ...]
    undecided: tuple[frozenset[str], ...]
    """Fields and links whose first value is still open."""
    pending: tuple[tuple[int, Timer], ...]
    """Signals on their way: the number of the case that they go to, and what they say."""
    now: datetime

    @property
    def today(self) -> date:
        """The civil date."""
        return civil_date(self.now, ZONE)

    @property
    def overdue(self) -> tuple[int, Timer] | None:
        """The deadline that fires before anybody can act."""
        due = [
            (timer.due_at, number, timer)
            for number, timers in enumerate(self.armed)
            for timer in timers
            if timer.due_at <= self.now
        ]
        found = min(due, key=lambda item: item[:2], default=None)
        return (found[1], found[2]) if found else None

    @property
    def rests(self) -> bool:
        """Whether nothing is on its way: the moments at which invariants are asked."""
        return not self.pending and self.overdue is None


def at_nine(day: date) -> datetime:
    """Nine o'clock in the office: when people act."""
    return datetime.combine(day, NINE, ZoneInfo(ZONE)).astimezone(UTC)


def linked_of(
    node: Node,
    number: int,
    index: Mapping[str, int],
    far: Mapping[str, LinkedCase],
    members: Sequence[Member],
) -> dict[str, LinkedCase]:
    """The linked cases as a decision sees them."""
    found = {}
    for name, key in node.cases[number].links.items():
        other = index.get(key)
        if other is not None:
            found[name] = as_linked(node.cases[other], members[other].subject.lean)
        elif name in far:
            found[name] = far[name]
    return found


def facts_of(moment: datetime, linked: Mapping[str, LinkedCase], armed: Iterable[Timer] = ()) -> Facts:
    """The facts of a decision that counts at a moment."""
    return Facts(today=civil_date(moment, ZONE), zone=ZONE, land=LAND, linked=linked, armed=tuple(armed))


def begin(
    subject: Subject,
    case: Case,
    data: Mapping[str, Value],
    moment: datetime,
    *,
    state: str | None = None,
    linked: Mapping[str, LinkedCase] | None = None,
) -> Decision | Refusal:
    """Let a case start, or be found in a state."""
    event = Event(
        name="start",
        kind="import" if state else "start",
        occurred_at=moment,
        actor="start",
        input=data,
        state=state,
    )
    return start(subject.lean, case, event, facts_of(moment, linked or {}))


def after(node: Node, number: int, decision: Decision, index: Mapping[str, int], fired: Timer | None) -> Node:
    """The cases after a decision."""
    gone = {timer.identity for timer in decision.cancel} | ({fired.identity} if fired else set())
    armed = tuple(timer for timer in node.armed[number] if timer.identity not in gone)
    armed += tuple(timer for timer in decision.arm if timer.event)
    pending = [row for row in node.pending if fired is None or row[1] is not fired]
    pending += [(index[order.to], order.timer) for order in decision.signals if order.to in index]
    return replace(
        node,
        cases=(*node.cases[:number], decision.case, *node.cases[number + 1 :]),
        armed=(*node.armed[:number], armed, *node.armed[number + 1 :]),
        pending=tuple(pending),
    )


def happen(
    node: Node, number: int, member: Member, event: Event, linked: Mapping[str, LinkedCase]
) -> tuple[Decision | Refusal, Decision | None]:
    """Decide on an event; the second is what is put on record, a refused deadline or signal included."""
    armed = node.armed[number]
    facts = facts_of(event.occurred_at, linked, armed)
    case = node.cases[number]
    decided = decide(member.subject.lean, case, event, facts)
    if isinstance(decided, Decision):
        return decided, decided
    if event.timer is None:
        return decided, None
    return decided, refuse(member.subject.lean, case, event, facts, decided)
