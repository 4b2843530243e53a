"""A random run of one case through the core, with the laws of every definition asked after each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Final

from tests.support import replace
from wirflow.clock import civil_date
from wirflow.core.agenda import agenda
from wirflow.core.case import Case, Event, Facts, LinkedCase, Timer
from wirflow.core.decide import decide, possible, refuse, start, warnings
from wirflow.core.decision import Decision, Refusal
from wirflow.core.firing import event_of, is_done, is_merged
from wirflow.core.overdue import overdue
from wirflow.definition.document import Document
from wirflow.definition.guards import GuardError
from wirflow.definition.listing import LIST_OF
from wirflow.definition.model import CORRECT, HEARD, PARENT, SEPARATOR, Workflow
from wirflow.definition.span import Span
from wirflow.definition.values import CASE_KEY_PATTERN, Value, from_json, to_json

if TYPE_CHECKING:
    from wirflow.definition.field import Children, Field

BEGIN: Final = datetime(2021, 1, 4, 8, tzinfo=UTC)
ZONE: Final = "Europe/Berlin"
LAND: Final = "HE"
AMOUNTS: Final = tuple(Decimal(text) for text in ("0.00", "50.00", "99.99", "100.00", "100.01", "7000.00"))
WORDS: Final = ("a", "b", "x", "Ünïcödé", "lang " * 6)
MAX_SPAN: Final = 400


@dataclass
class Walk:
    """A case on its way, with what led to where it is."""

    workflow: Workflow
    rng: Random
    known: Mapping[str, Workflow] = field(default_factory=dict)
    """The workflows of its children and its parent; of others nobody knows where they may stand."""
    case: Case | None = None
    armed: dict[tuple[str, str, str, datetime], Timer] = field(default_factory=dict)
    overdue: set[tuple[str, date]] = field(default_factory=set)
    """Deadlines that are over and still stand, as the decisions tell: name and due day."""
    now: datetime = BEGIN
    events: list[tuple[Event, Facts]] = field(default_factory=list)
    """What was decided, refused deadlines and signals included."""
    told: dict[str, Value] = field(default_factory=dict)
    """The facts as the changes of the decisions tell them."""
    failed: int = 0
    """Expressions that could not be evaluated: numbers beyond all bounds, a division by zero."""
    seen: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    children: dict[str, LinkedCase] = field(default_factory=dict)
    """What there is of them: they come, change and come to an end however they like."""

    def run(self, steps: int) -> None:
        """Start, and let things happen."""
        self._start()
        for _ in range(steps):
            if self.case is None:
                return
            self._step()
        if self.case is not None:
            self._replayed()

    # -- what happens ------------------------------------------------------------------

    def _start(self) -> None:
        given = {
            item.name: self._value(item)
            for item in self.workflow.fields
            if item.required or self.rng.random() < 0.4
        }
        links = {link.name: f"{link.name}-1" for link in self.workflow.links if self.rng.random() < 0.6}
        blank = Case(key="CASE", workflow=self.workflow.name, state="", since=self.now, data={}, links=links)
        event = Event(name="start", kind="start", occurred_at=self.now, actor="start", input=given)
        facts = self._facts(self.now, links)
        try:
            decided = start(self.workflow, blank, event, facts)
        except GuardError:
            self.failed += 1
            return
        if isinstance(decided, Decision):
            self.events.append((event, facts))
            self._take(blank, decided)

    def _step(self) -> None:
        case = self.case
        assert case is not None
        due = min((timer.due_at for timer in self.armed.values()), default=None)
        if due is not None and (due <= self.now or self.rng.random() < 0.4):
            self.now = max(self.now, due)
            self._fire(case)
            return
        self.now += timedelta(days=self.rng.choice((0, 0, 1, 10, 31, 100)), hours=self.rng.randrange(24))
        if due is not None and due <= self.now:
            return
        if self.workflow.children and self.rng.random() < 0.3:
            self._child(case)
            return
        heard = {
            signal.event
            for item in self.workflow.transitions
            for signal in item.tell
            if self.workflow.name in self.workflow.reached(signal.to)
        }
        told = [item for item in self.workflow.transitions if item.event in heard]
        if told and self.rng.random() < 0.15:
            self._happen(case, self._signal(self.rng.choice(told).event))
            return
        events = [name for name in possible(self.workflow, case.state) if name != CORRECT]
        if self.rng.random() < 0.1:
            events = list(self.workflow.events)
        if not events:
            return
        name = self.rng.choice(events)
        rows = self.workflow.open_transitions(case.state, name)
        inputs = self.rng.choice(rows)[1].input if rows else ()
        given = {
            row.field: self._value(self.workflow.field_by_name[row.field])
            for row in inputs
            if row.required or self.rng.random() < 0.5
        }
        event = Event(
            name=name,
            kind="action",
            occurred_at=self.now,
            actor=self.rng.choice(("ada", "leo", "duo")),
            roles=frozenset(self.workflow.role_by_name),
            input=given,
            reason="…",
        )
        self._happen(case, event)

    def _signal(self, name: str | None) -> Event:
        """Another case tells it something, or only that it changed."""
        named = name or HEARD
        timer = Timer(name=named, kind="signal", label="OTHER/1/1", due_at=self.now, event=name)
        return Event(name=named, kind="signal", occurred_at=self.now, timer=timer)

    def _child(self, case: Case) -> None:
        """A child begins, or changes; the case hears of it."""
        keys = list(self.children)
        kind = self.rng.choice(self.workflow.children)
        key = self.rng.choice([f"{case.key}/own-{len(keys)}", *keys, *keys])
        old = self.children.get(key)
        kind = self.workflow.children_by_name[old.child] if old and old.child else kind
        self.children[key] = self._standing(key, kind)
        self._happen(case, self._signal(None))

    def _standing(self, key: str, kind: Children) -> LinkedCase:
        other = self.known.get(kind.workflow, self.workflow)
        state = self.rng.choice(_places(other))
        return LinkedCase(
            key=key,
            state=state,
            data={item.name: _any(self.rng, item.kind) for item in kind.fields if self.rng.random() < 0.7},
            workflow=kind.workflow,
            child=kind.name,
            final=other.place(state).final,
        )

    def _begun(self, decision: Decision) -> None:
        """The children that a decision started are there as soon as it is."""
        own = decision.case
        keys = [child.key for child in decision.starts]
        assert len({*keys}) == len(keys), "no two cases are called the same"
        assert {*keys}.isdisjoint(self.children)
        for child in decision.starts:
            assert child.links[PARENT] == own.key
            assert child.key.startswith(own.key)
            assert CASE_KEY_PATTERN.fullmatch(child.key)
            kind = self.workflow.children_by_name[child.child or ""]
            assert kind.workflow == child.workflow
            known = {item.name: item.kind for item in kind.fields}
            for name, value in child.data.items():
                assert from_json(known[name], to_json(value)) == value, "what it begins with is a fact of it"
            self.children[child.key] = LinkedCase(
                key=child.key, state="", data={}, workflow=child.workflow, child=child.child
            )
        for signal in decision.signals:
            there = {*own.links.values(), *self.children, own.key}
            assert signal.to in there, "nobody is told who is not there"

    def _fire(self, case: Case) -> None:
        """The timer that is due next, as the engine would fire it."""
        timer = min(self.armed.values(), key=lambda item: (item.due_at, item.name, item.kind, item.label))
        if is_merged(timer, self.armed.values(), self.now) or is_done(timer, case):
            del self.armed[timer.identity]
            return
        self._happen(case, event_of(timer, self.workflow))

    def _happen(self, case: Case, event: Event) -> None:
        facts = self._facts(event.occurred_at, case.links)
        try:
            decided: Decision | Refusal = decide(self.workflow, case, event, facts)
            warnings(self.workflow, case, facts)
        except GuardError:
            self.failed += 1
            if event.timer:
                self.armed.pop(event.timer.identity, None)
                self.overdue = self._overdue(case)
            return
        if isinstance(decided, Refusal):
            assert decided.texts
            assert all(text.de and text.en for text in decided.texts)
            if event.timer is None:
                return
            decided = refuse(self.workflow, case, event, facts, decided)
        else:
            self.taken.add(event.name)
        if isinstance(decided, Decision) and decided.silent:
            assert decided.case == case
            assert (decided.signals, decided.starts, decided.notices) == ((), (), ())
            self._timers(event, facts, decided)
            return
        self.events.append((event, facts))
        self._take(case, decided)

    def _take(self, before: Case, decision: Decision) -> None:
        event = decision.event
        if event.timer is not None:
            self.armed.pop(event.timer.identity, None)
        for timer in decision.cancel:
            assert timer.identity in self.armed, "only what is armed is cancelled"
            del self.armed[timer.identity]
        for timer in decision.arm:
            assert timer.identity not in self.armed, "nothing is armed twice"
            self.armed[timer.identity] = timer
        self.overdue = (self.overdue - {*decision.settled}) | {*decision.missed}
        self.case = decision.case
        self.seen.update(self.workflow.active(decision.case.state))
        for name, (old, new) in decision.changes.items():
            assert before.data.get(name) == old
            if new is None:
                self.told.pop(name, None)
            else:
                self.told[name] = new
        self._begun(decision)
        self._laws(decision)

    # -- the laws ----------------------------------------------------------------------

    def _laws(self, decision: Decision) -> None:
        """What holds after every decision."""
        case = decision.case
        event, facts = self.events[-1]
        assert self.told == case.data, "facts are a function of what the trail says"
        assert case.revision == len(self.events)
        _stands_rightly(self.workflow, case.state)
        if decision.refused is None:
            assert self.overdue == self._overdue(case), "what is overdue is a function of the case"
        self.overdue = self._overdue(case)
        self._timers(event, facts, decision)
        for name, value in case.data.items():
            kind = self.workflow.field_by_name[name].kind
            assert from_json(kind, to_json(value)) == value, "facts survive being written down"

    def _timers(self, event: Event, facts: Facts, decision: Decision) -> None:
        """The timers are a function of the case, and a final one has none but those that it wants."""
        case = decision.case
        seen = replace(facts, children=self._there()) if decision.starts else facts
        wanted = {timer.identity for timer in agenda(self.workflow, case, seen, event.occurred_at)}
        mine = {identity for identity, timer in self.armed.items() if timer.kind != "signal"}
        if event.timer is not None:
            wanted.discard(event.timer.identity)
        assert mine == wanted, "timers are a function of the case"
        active = set(self.workflow.active(case.state))
        for timer in self.armed.values():
            spec = self.workflow.deadline_by_name[timer.name]
            assert timer.kind == "escalation" or not active.isdisjoint(spec.states), (
                "nothing runs where its deadline does not"
            )
            if timer.kind == "due" and spec.every is None:
                assert timer.due_at > event.occurred_at or timer.deadline is not None

    def _overdue(self, case: Case) -> set[tuple[str, date]]:
        return {*overdue(self.workflow, case, self.armed.values()).items()}

    def _replayed(self) -> None:
        """The same events, decided anew by the stored form of the definition, end in the same case."""
        again = Workflow.from_form(self.workflow.form)
        assert again == self.workflow
        case = Case(
            key="CASE",
            workflow=again.name,
            state="",
            since=BEGIN,
            data={},
            links=self.case.links if self.case else {},
        )
        for event, facts in self.events:
            decided = (
                start(again, case, event, facts) if case.revision == 0 else decide(again, case, event, facts)
            )
            if isinstance(decided, Refusal):
                decided = refuse(again, case, event, facts, decided)
            case = decided.case
        assert case == self.case, "a case is a function of its history"

    # -- what is there -----------------------------------------------------------------

    def _facts(self, moment: datetime, links: Mapping[str, str]) -> Facts:
        linked = {
            link.name: LinkedCase(
                key=links[link.name],
                state=self.rng.choice(_places(self.known.get(link.workflow, self.workflow))),
                data={
                    item.name: _any(self.rng, item.kind) for item in link.fields if self.rng.random() < 0.6
                },
            )
            for link in self.workflow.links
            if link.name in links
        }
        return Facts(
            today=civil_date(moment, ZONE),
            zone=ZONE,
            land=LAND,
            linked=linked,
            children=self._there(),
            armed=tuple(timer for timer in self.armed.values() if timer.kind != "signal"),
        )

    def _there(self) -> tuple[LinkedCase, ...]:
        """Its children, in the order of their keys."""
        return tuple(self.children[key] for key in sorted(self.children))

    def _value(self, item: Field) -> Value:
        if item.type == "choice":
            return self.rng.choice(item.choices).name
        found = _any(self.rng, item.kind)
        if isinstance(found, tuple):
            return found * max(1, item.min_items or 0) if item.max_items != 0 else ()
        if isinstance(found, (int, Decimal)) and not isinstance(found, bool):
            low = found if item.min is None else max(found, type(found)(item.min))
            return low if item.max is None else min(low, type(found)(item.max))
        if isinstance(found, str) and item.max_length:
            return found[: item.max_length]
        return found


def _any(rng: Random, kind: str) -> Value:
    if kind == "date":
        return (BEGIN + timedelta(days=rng.randrange(-MAX_SPAN, MAX_SPAN))).date()
    if kind == "span":
        begin = (BEGIN + timedelta(days=rng.randrange(-MAX_SPAN, MAX_SPAN))).date()
        return Span(begin, begin + timedelta(days=rng.randrange(60)))
    if kind == "document":
        return Document("antrag.pdf", "0" * 64, 1, "application/pdf")
    if kind.startswith(LIST_OF):
        return (_any(rng, kind.removeprefix(LIST_OF)),)  # type: ignore[return-value] # no lists of lists
    plain: dict[str, tuple[Value, ...]] = {
        "text": WORDS,
        "choice": ("x", "y", "z"),
        "integer": (0, 1, 2, 3, 4, 5, 100, -1, 2**53 - 1),
        "money": AMOUNTS,
        "boolean": (True, False),
        "period": ("P1M", "P6M", "P2W"),
    }
    return rng.choice(plain[kind])


def _places(workflow: Workflow) -> tuple[str, ...]:
    """Where cases of a workflow may stand; such as have nothing inside, if there are any."""
    plain = [name for name, state in workflow.state_by_name.items() if not state.parent]
    return tuple(name for name in plain if not workflow.inside.get(name)) or tuple(plain)


def _stands_rightly(workflow: Workflow, place: str) -> None:
    """In each state that is entered one state inside is active, in each parallel one all of them."""
    leaves = place.split(SEPARATOR)
    assert len(set(leaves)) == len(leaves)
    active = set(workflow.active(place))
    for leaf in leaves:
        assert not workflow.inside.get(leaf), "a case stands in innermost states"
    for name in (None, *active):
        inside = workflow.inside.get(name, ())
        inner = [state for state in inside if state.name in active]
        if inside:
            parallel = name is not None and workflow.state_by_name[name].parallel
            assert len(inner) == (len(inside) if parallel else 1)
    workflow.place(place)
