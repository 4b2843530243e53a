"""From one moment to the next: everything that people, other cases and time can do, decided by the core."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import structs

from wirflow.clock import civil_date
from wirflow.core.case import Case, Event, LinkedCase, Timer
from wirflow.core.decide import possible
from wirflow.core.decision import Decision
from wirflow.core.firing import event_of
from wirflow.definition.guards import GuardError
from wirflow.definition.model import CORRECT, HEARD
from wirflow.definition.values import from_json
from wirflow.errors import EndlessError
from wirflow.proof.abstract import SOMEBODY, always
from wirflow.proof.answers import KIDS
from wirflow.proof.choose import Chooser, stub
from wirflow.proof.domain import DAY
from wirflow.proof.sameness import signature
from wirflow.proof.subject import fills
from wirflow.proof.world import ZONE, Member, Node, Step, after, at_nine, begin, happen, linked_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wirflow.core.decision import Refusal
    from wirflow.definition.model import Transition
    from wirflow.definition.values import Value
    from wirflow.proof.solver import Assignment

MAX_VARIANTS: Final = 400
"""Ways in which one deadline may find the facts that are still open."""


class Walker(Chooser):
    """The steps that lead from one moment to the next."""

    # -- where it begins ---------------------------------------------------------------

    def roots(self, day: date) -> Iterator[tuple[Step, Node]]:
        """The ways in which the one case of a definition may start."""
        member = self.members[0]
        subject, domain = member.subject, member.domain
        moment = at_nine(day)
        state = subject.lean.initial.name
        blank = Case(
            key=member.key,
            workflow=subject.lean.name,
            state="",
            since=moment,
            data={},
            links=always(subject.lean),
        )
        given: dict[str, Value] = {}
        for item in subject.workflow.fields:
            if item.required:
                values = domain.dates(item.name, day, {}) if item.type == "date" else domain.values(item.name)
                given[item.name] = values[0]
        # Facts that the constraints ask for may still be chosen.
        usual = {
            item.name: from_json(item.kind, item.default)
            for item in subject.workflow.fields
            if item.default is not None
        }
        start = structs.replace(
            blank, data={**usual, **given}, state=state, actors={"start": "start"}, revision=1
        )
        everywhere = member.live(state)
        node = Node((start,), ((),), (everywhere,), (), moment)
        here = member.asked | subject.clock_reads(subject.stands.begins)
        solver = self._solver(node, 0, (), (), here, moment, deciding=here)
        for chosen in solver.all():
            self.sampled = self.sampled or solver.sampled
            self.decided += 1
            opened, _ = self._open(node, 0, chosen)
            case = opened.cases[0]
            data = {**given, **case.data}
            try:
                opening = begin(
                    subject,
                    structs.replace(blank, links=case.links),
                    data,
                    moment,
                    linked=self._far(chosen, case),
                )
            except GuardError:
                continue
            except EndlessError:
                self.endless = True
                continue
            if not isinstance(opening, Decision):
                continue
            armed = tuple(timer for timer in opening.arm if timer.event)
            step = Step(
                kind="start",
                key=member.key,
                event="start",
                at=moment,
                actor="start",
                chosen={name: value for (kind, name), value in chosen.items() if kind == "own"},
                linked={name: bool(value) for (kind, name), value in chosen.items() if kind == "link"},
                far=self._far(chosen, case),
                place=opening.case.state,
                via=_automatic(member, opening),
                passed=tuple(taken.source for taken in opening.via),
            )
            begun = Node((opening.case,), (armed,), opened.undecided, (), moment)
            # What was chosen is not open any more as it is; what was not chosen yet still is.
            yield step, _filled(begun, 0, structs.replace(opening.event, input={}), member, None, step.via)

    def signature(self, node: Node) -> object:
        """What two moments have in common from which the same can happen."""
        return signature(self.members, node)

    def idle(self, node: Node) -> Iterator[tuple[Step, Node]]:
        """What happens next if nobody acts: a signal on its way, or the next deadline; at most one step."""
        if node.pending:
            yield from self._fires(node, *node.pending[0])
        elif node.overdue:
            yield from self._fires(node, *node.overdue)
        else:
            due = min((timer.due_at for row in node.armed for timer in row), default=None)
            if due is not None:
                yield from self.idle(replace(node, now=max(node.now, due)))

    # -- one step ----------------------------------------------------------------------

    def steps(self, node: Node) -> Iterator[tuple[Step, Node]]:
        """Everything that may happen next."""
        if node.pending:
            number, timer = node.pending[0]
            yield from self._fires(node, number, timer)
            return
        overdue = node.overdue
        if overdue:
            yield from self._fires(node, *overdue)
            return
        for number, member in enumerate(self.members):
            yield from self._acts(node, number, member)
            yield from self._told(node, number, member)
        yield from self._passes(node)

    def like(self, node: Node, wanted: Step) -> Iterator[tuple[Step, Node]]:
        """Of all that may happen next what is like a step, and what comes before it by itself."""
        if not node.rests:
            yield from self.steps(node)
        elif wanted.kind in {"act", "told"}:
            number = self.index[wanted.key]
            one = self._acts if wanted.kind == "act" else self._told
            yield from one(node, number, self.members[number], wanted.event)
            due = min((timer.due_at for row in node.armed for timer in row), default=None)
            if due is not None:
                yield from self._passes(node)
        else:
            yield from self._passes(node)

    def _acts(
        self, node: Node, number: int, member: Member, only: str | None = None
    ) -> Iterator[tuple[Step, Node]]:
        lean, case = member.subject.lean, node.cases[number]
        for event in possible(lean, case.state):
            if event == CORRECT or only not in {None, event}:
                continue  # whoever puts facts right is bound by no rule
            for which, item in lean.open_transitions(case.state, event):
                if not item.by or self._idle_step(member, case, item):
                    continue
                actor, role = self._actor(member, case, item)
                if actor is None:
                    continue
                for chosen in self.solutions(node, number, which, None):
                    yield from self._act(node, number, which, chosen, actor, role)

    @staticmethod
    def _idle_step(member: Member, case: Case, item: Transition) -> bool:
        """Whether a transition changes nothing that counts, where only some rules do."""
        if member.subject.kept is None or item.target is not None or item.tell:
            return False
        return fills(item).isdisjoint(member.live(case.state))

    def _act(  # noqa: PLR0917 - the parts of one step
        self, node: Node, number: int, which: int, chosen: Assignment, actor: str, role: str
    ) -> Iterator[tuple[Step, Node]]:
        member = self.members[number]
        item = member.subject.lean.transitions[which]
        event = Event(
            name=item.event,
            kind="action",
            occurred_at=node.now,
            actor=actor,
            roles=frozenset((role,)),
            input=_given(chosen),
            reason="…" if item.reason else None,
        )
        yield from self._decide(node, number, event, chosen, "act", which, role=role)

    def _told(
        self, node: Node, number: int, member: Member, only: str | None = None
    ) -> Iterator[tuple[Step, Node]]:
        lean, case = member.subject.lean, node.cases[number]
        for told in member.told:
            if only not in {None, told.event}:
                continue
            for which, item in lean.open_transitions(case.state, told.event):
                if self._anybody_can(member, case, item):
                    continue  # whoever is told does what somebody does anyway
                for chosen in self.solutions(node, number, which, told.fields):
                    timer = Timer(
                        name=told.event,
                        kind="signal",
                        label=f"{told.by}/0/0",
                        due_at=node.now,
                        event=told.event,
                    )
                    event = Event(
                        name=told.event,
                        kind="signal",
                        occurred_at=node.now,
                        input=_given(chosen),
                        timer=timer,
                    )
                    yield from self._decide(node, number, event, chosen, "told", which)
        if only in {None, HEARD}:
            yield from self._hears(node, number, member)

    def _hears(self, node: Node, number: int, member: Member) -> Iterator[tuple[Step, Node]]:
        """Its children change, and something may follow by itself."""
        lean, case = member.subject.lean, node.cases[number]
        active = set(lean.active(case.state))
        for which, item in lean.automatic:
            names = {name for text in member.subject.rules(which) for name in member.subject.reads(text)}
            asked = any(name.startswith(f"{KIDS}.") for name in names)
            if not asked or active.isdisjoint(item.sources):
                continue
            timer = Timer(name=HEARD, kind="signal", label=f"{SOMEBODY}/0/0", due_at=node.now)
            event = Event(name=HEARD, kind="signal", occurred_at=node.now, timer=timer)
            for chosen in self.solutions(node, number, which, ()):
                yield from self._decide(node, number, event, chosen, "told", None)

    def _anybody_can(self, member: Member, case: Case, item: Transition) -> bool:
        """Whether a person can always do what a signal does, without its leaving another mark."""
        counted = any(item.event in other.not_by for other in member.subject.lean.transitions)
        return bool(item.by) and not counted and self._actor(member, case, item)[0] is not None

    def _fires(self, node: Node, number: int, timer: Timer) -> Iterator[tuple[Step, Node]]:
        """A deadline or a signal happens; what it finds may be chosen where it is open."""
        member = self.members[number]
        lean, case = member.subject.lean, node.cases[number]
        kind = "signal" if timer.kind == "signal" else "deadline"
        event = event_of(timer, lean)
        reads: set[str] = set()
        rows = lean.open_transitions(case.state, event.name)
        for which, item in rows:
            reads |= self._touched(member, case.state, item, which)
        solver = self._solver(
            node, number, (), (), frozenset(reads), event.occurred_at, event.input, frozenset(reads)
        )
        for count, chosen in enumerate(solver.all()):
            if count >= MAX_VARIANTS:
                self.sampled = True
                break
            yield from self._decide(node, number, event, chosen, kind, None)
        if solver.sampled:
            self.sampled = True
            for which, _ in rows:
                for chosen in self.solutions(node, number, which, (), event):
                    yield from self._decide(node, number, event, chosen, kind, which)

    def _passes(self, node: Node) -> Iterator[tuple[Step, Node]]:
        """Time passes to the next day on which something falls due, or on which a rule looks differently."""
        due = min((timer.due_at for row in node.armed for timer in row), default=None)
        today = node.today
        days = {day for day in self._waits if day > today}
        if any(member.timed or member.subject.asks_today for member in self.members):
            known = {
                value
                for member, case in zip(self.members, node.cases, strict=True)
                for name, value in case.data.items()
                if type(value) is date and name in member.live(case.state)
            }
            days |= {day for member in self.members for day in member.domain.turns(known, today)}
            days = days or {today + DAY}
        here = self.signature(node) if days else None
        for day in sorted(days):
            if due is not None and at_nine(day) >= due:
                break
            later = replace(node, now=at_nine(day))
            if self.signature(later) != here:  # else nothing looks different on that day
                yield Step(kind="wait", key="", event="", at=at_nine(day)), later
                break
        if due is not None:
            moment = at_nine(due.date())
            while moment < due:
                moment += timedelta(days=1)
            yield from self.steps(replace(node, now=moment))

    # -- deciding ----------------------------------------------------------------------

    def _open(self, node: Node, number: int, chosen: Assignment) -> tuple[Node, dict[str, Value | None]]:
        """The same moment with facts of the start chosen, as if they had been so from the beginning."""
        facts = {name: value for (kind, name), value in chosen.items() if kind == "own"}
        links = {name: value for (kind, name), value in chosen.items() if kind == "link"}
        if not facts and not links:
            return node, {}
        case = node.cases[number]
        data = dict(case.data)
        for name, value in facts.items():
            if value is None:
                data.pop(name, None)
            else:
                data[name] = value
        set_ = {name: stub(case.key, name) for name, value in links.items() if value}
        opened = structs.replace(case, data=data, links={**case.links, **set_})
        left = node.undecided[number] - facts.keys() - links.keys()
        return replace(
            node,
            cases=(*node.cases[:number], opened, *node.cases[number + 1 :]),
            undecided=(*node.undecided[:number], left, *node.undecided[number + 1 :]),
        ), facts

    def _far(self, chosen: Assignment, case: Case) -> dict[str, LinkedCase]:
        """The linked cases that are not looked at closely, as they are taken to stand."""
        found: dict[str, LinkedCase] = {}
        for link, key in case.links.items():
            if key in self.index:
                continue
            data = {
                name.partition(".")[2]: value
                for (kind, name), value in chosen.items()
                if kind == "far" and name.startswith(f"{link}.") and value is not None
            }
            state = str(data.pop("state", ""))
            found[link] = LinkedCase(key=key, state=state, data=data)
        return found

    def _decide(  # noqa: PLR0917 - the parts of one step
        self,
        node: Node,
        number: int,
        event: Event,
        chosen: Assignment,
        kind: str,
        which: int | None,
        *,
        role: str | None = None,
    ) -> Iterator[tuple[Step, Node]]:
        self.decided += 1
        member = self.members[number]
        opened, facts = self._open(node, number, chosen)
        far = self._far(chosen, opened.cases[number])
        linked = linked_of(opened, number, self.index, far, self.members)
        try:
            decided, kept = happen(opened, number, member, event, linked)
        except GuardError:
            return  # numbers beyond all bounds: nothing is written
        except EndlessError:
            # Automatic steps without end: nothing is written either, but that is a finding.
            yield self._endless(opened.cases[number], event, kind), node
            return
        if kept is None or kept.silent:
            return
        if which is None and isinstance(decided, Decision):
            which = self._which(member, opened.cases[number], event, linked)
        fired = event.timer if kind in {"deadline", "signal"} else None
        following = after(opened, number, kept, self.index, fired)
        refused: Refusal | None = None if isinstance(decided, Decision) else decided
        automatic = _automatic(member, kept)
        if refused is None:
            following = _filled(following, number, event, member, which, automatic)
        step = Step(
            kind=kind,  # type: ignore[arg-type] # one of the literals
            key=member.key,
            event=event.name,
            at=event.occurred_at,
            actor=event.actor,
            role=role,
            given=event.input,
            far={name: case for name, case in far.items() if case.data or case.state},
            timer=event.timer,
            chosen=facts,
            linked={name: bool(value) for (what, name), value in chosen.items() if what == "link"},
            number=which,
            refused=refused,
            place=kept.case.state,
            via=automatic,
            passed=tuple(taken.source for taken in kept.via),
        )
        yield step, following

    @staticmethod
    def _endless(case: Case, event: Event, kind: str) -> Step:
        return Step(
            kind=kind,  # type: ignore[arg-type] # one of the literals
            key=case.key,
            event=event.name,
            at=event.occurred_at,
            actor=event.actor,
            given=event.input,
            place=case.state,
            endless=True,
        )

    def _which(
        self, member: Member, case: Case, event: Event, linked: Mapping[str, LinkedCase]
    ) -> int | None:
        """The transition that an event takes: the first whose condition holds."""
        facts: dict[str, Value] = {"state": case.state, "key": case.key}
        facts["active"] = member.subject.lean.active(case.state)
        facts["today"] = civil_date(event.occurred_at, ZONE)
        facts |= case.data
        facts |= {f"old.{name}": value for name, value in case.data.items()}
        facts |= event.input
        for link, other in linked.items():
            facts |= {f"{link}.{name}": value for name, value in other.data.items()}
            facts |= {link: True, f"{link}.key": other.key, f"{link}.state": other.state}
        for number, item in member.subject.lean.open_transitions(case.state, event.name):
            if item.when is None or member.subject.oracle.ask(item.when, facts):
                return number
        return None

    def _actor(self, member: Member, case: Case, item: Transition) -> tuple[str | None, str]:
        """Somebody who may do it, four eyes included."""
        barred = {case.actors.get(event) for event in item.not_by}
        if not member.people:
            role = item.by[0]
            names = (role, *(f"{role}-{number}" for number in range(2, len(barred) + 3)))
            return next(name for name in names if name not in barred), role
        for role in item.by:
            for person in member.people:
                if role in person.roles and person.id not in barred:
                    return person.id, role
        return None, ""


def _filled(  # noqa: PLR0917 - the parts of one step
    node: Node, number: int, event: Event, member: Member, which: int | None, automatic: Sequence[int]
) -> Node:
    """The same moment; what was filled or cleared by an event is no longer open."""
    filled = set(event.input)
    for taken in (*automatic, *(() if which is None else (which,))):
        item = member.subject.lean.transitions[taken]
        filled |= {row.field for row in item.set} | {*item.clear}
    left = node.undecided[number] - filled
    return replace(node, undecided=(*node.undecided[:number], left, *node.undecided[number + 1 :]))


def _automatic(member: Member, decision: Decision) -> tuple[int, ...]:
    """The automatic transitions that followed."""
    lean = member.subject.lean
    return tuple(
        number
        for step in decision.via
        for number, item in lean.automatic
        if item.event == step.event and not set(lean.active(step.source)).isdisjoint(item.sources)
    )


def _given(chosen: Assignment) -> dict[str, Value]:
    return {name: value for (kind, name), value in chosen.items() if kind == "in" and value is not None}
