"""Choosing what is given, and the facts that are still open, so that a step can be taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from msgspec import structs

from wirflow.clock import civil_date
from wirflow.proof.answers import KIDS, laws
from wirflow.proof.solver import FULL, Assignment, GivenUpError, Solver, Variable
from wirflow.proof.world import ZONE, Member, Node, Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from wirflow.core.case import Event
    from wirflow.definition.model import Transition
    from wirflow.definition.values import Value


WIDE: Final = 400
"""As many combinations are all tried where facts of linked cases decide by themselves what happens."""


class Chooser:
    """Which values make a step possible."""

    def __init__(self, members: Sequence[Member], *, waits: Sequence[date] = (), full: int = FULL) -> None:
        """Prepare.

        Args:
            members: the cases that are looked at closely.
            waits: days to which time may pass though nothing falls due.
            full: as many combinations of values are all tried for a step.
        """
        self.members = tuple(members)
        self.index = {member.key: number for number, member in enumerate(self.members)}
        self._waits = tuple(waits)
        self._full = full
        self.sampled = False
        """Not all values were tried with all others."""
        self.decided = 0
        """How many decisions were asked for."""
        self.endless = False
        """A case that starts may never come to rest."""
        self.gave_up = False
        """A search for values was given up, so that some step may have been missed."""

    def solutions(  # noqa: PLR0917 - the parts of one question
        self,
        node: Node,
        number: int,
        which: int,
        payload: Sequence[str] | None,
        event: Event | None = None,
        conditions: Sequence[tuple[str, bool]] | None = None,
    ) -> Iterator[Assignment]:
        """The ways in which a transition can be taken now.

        Args:
            node: now.
            number: which case.
            which: the number of the transition.
            payload: the fields that come with it; None: a person gives them.
            event: the deadline or signal itself, if it is known what it carries.
            conditions: what has to hold; None: all that the transition asks for.
        """
        member = self.members[number]
        state = node.cases[number].state
        item = member.subject.lean.transitions[which]
        if conditions is None:
            conditions = member.subject.conditions(state, which)
        inputs = self._inputs(node, number, which, conditions, payload)
        if inputs is None:
            return
        reads = self._touched(member, state, item, which)
        known = event.input if event else {}
        moment = event.occurred_at if event else node.now
        by_itself = member.subject.clock_reads(member.subject.arrivals(state, which))
        conditions = [*conditions, *((law, True) for law in laws(member.subject.lean, reads))]
        needed = frozenset(
            name.removeprefix("old.") for row in item.set for name in member.subject.oracle.values(row.value)
        )
        solver = self._solver(
            node, number, conditions, inputs, frozenset(reads), moment, known, by_itself, needed
        )
        yield from solver.all()
        self.sampled = self.sampled or solver.sampled
        self.gave_up = self.gave_up or solver.gave_up

    def could(
        self,
        node: Node,
        number: int,
        which: int | None,
        conditions: Sequence[tuple[str, bool]],
        *,
        without: str | None = None,
        far: Mapping[str, Value] | None = None,
    ) -> bool:
        """Whether conditions could hold here if every fact of the case could be chosen anew.

        Args:
            node: where it stands.
            number: which case.
            which: the transition whose input may be given; None: none is.
            conditions: expressions and what each has to say.
            without: a fact that is absent.
            far: what is known of linked cases, by dotted names.
        """
        case, member = node.cases[number], self.members[number]
        lean = member.subject.lean
        free = replace(
            node,
            cases=(*node.cases[:number], structs.replace(case, data={}, links={}), *node.cases[number + 1 :]),
            undecided=(
                *node.undecided[:number],
                frozenset(name for name in (*lean.field_by_name, *lean.link_by_name) if name != without),
                *node.undecided[number + 1 :],
            ),
        )
        inputs = [] if which is None else self._inputs(free, number, which, conditions, None)
        reads = {name for text, _ in conditions for name in member.subject.reads(text)}
        inputs = list(inputs or [])
        if "today" in reads:
            inputs.append(Variable("in", "today", member.domain.dates("today", node.today, {}), live=False))
        cleared = member.subject.cleared
        solver = self._solver(free, number, conditions, inputs, frozenset(reads), node.now, gone=cleared)
        if far:
            solver.variables = [
                replace(item, candidates=(far[item.name],)) if item.name in far else item
                for item in solver.variables
            ]
        try:
            return solver.any() is not None
        except GivenUpError:
            return True

    def allows(self, node: Node, step: Step, text: str, known: frozenset[str], fixed: frozenset[str]) -> bool:
        """Whether a rule permits a step that was taken without it.

        Args:
            node: the moment before.
            step: the step.
            text: the rule.
            known: the facts that mattered before; the others may as well have been different.
            fixed: of what was given, the fields that mattered afterwards.
        """
        number = self.index[step.key]
        member, case = self.members[number], node.cases[number]
        lean = member.subject.lean
        conditions = [(part, True) for part in member.subject.oracle.parts(text, wanted=True)]
        free = frozenset(lean.field_by_name) | frozenset(lean.link_by_name) - case.links.keys()
        if not member.lazy:
            free = member.subject.written
        rows = list(node.undecided)
        rows[number] = rows[number] | (free - known)
        node = replace(node, undecided=tuple(rows))
        inputs = [
            replace(row, candidates=(step.given.get(row.name),)) if row.name in fixed else row
            for row in self._inputs(node, number, step.number or 0, conditions, None) or []
        ]
        reads = frozenset(member.subject.reads(text))
        solver = self._solver(node, number, conditions, inputs, reads, step.at)
        try:
            return solver.any() is not None
        except GivenUpError:
            return True

    def _touched(self, member: Member, state: str, item: Transition, which: int) -> set[str]:
        """The names whose values have to be known when a transition is tried."""
        subject = member.subject
        found: set[str] = set()
        for text, _ in subject.conditions(state, which):
            found.update(subject.reads(text))
        for row in item.set:
            found.update(subject.reads(row.value))
        for signal in item.tell:
            told = (signal.when, *(row.value for row in signal.values))
            found.update(name for text in told if text for name in subject.reads(text))
        written = {row.field for row in item.set} | {row.field for row in item.input if row.required}
        found |= {name for name in subject.clock_reads(subject.arrivals(state, which)) if name not in written}
        return found

    def _inputs(
        self,
        node: Node,
        number: int,
        which: int,
        conditions: Sequence[tuple[str, bool]],
        payload: Sequence[str] | None,
    ) -> list[Variable] | None:
        """What may be given with a transition; None if it requires what is not told."""
        member = self.members[number]
        item = member.subject.lean.transitions[which]
        read = {name for text, _ in conditions for name in member.subject.reads(text)}
        state = node.cases[number].state
        live = frozenset(
            name for place in member.subject.arrivals(state, which) for name in member.live(place)
        )
        found = []
        for row in item.input:
            if payload is not None and row.field not in payload:
                if row.required:
                    return None
                continue
            matters = row.field in live
            if not (row.required or matters or row.field in read):
                continue
            values = self._values(node, number, row.field, matters=matters or row.field in read)
            if not row.required and payload is None:
                values = (None, *values) if row.field not in read else (*values, None)
            found.append(Variable("in", row.field, values, matters))
        return found

    def _values(self, node: Node, number: int, name: str, *, matters: bool) -> tuple[Value | None, ...]:
        domain = self.members[number].domain
        if domain.kind(name) != "date":
            values: tuple[Value, ...] = domain.values(name)
        else:
            values = domain.dates(name, node.today, self._days(node, number))
        own = name.removeprefix("old.")
        single = own in self.members[number].subject.lean.field_by_name and not self.members[number].valued(
            own
        )
        return values if matters and not single else values[:1]

    def _days(self, node: Node, number: int) -> dict[str, date]:
        """The days that are known, by the names under which expressions of a case read them."""
        case = node.cases[number]
        live = self.members[number].live(case.state)
        found = {name: value for name, value in case.data.items() if type(value) is date and name in live}
        for link, key in case.links.items():
            other = self.index.get(key)
            if other is not None:
                watched = self.members[other].watched
                for name, value in node.cases[other].data.items():
                    if type(value) is date and name in watched:
                        found[f"{link}.{name}"] = value
        return found

    def _solver(  # noqa: PLR0917 - the parts of one step
        self,
        node: Node,
        number: int,
        conditions: Sequence[tuple[str, bool]],
        inputs: Sequence[Variable],
        reads: frozenset[str],
        moment: datetime,
        given: Mapping[str, Value] | None = None,
        deciding: Collection[str] = (),
        needed: frozenset[str] = frozenset(),
        gone: Collection[str] = (),
    ) -> Solver:
        """What finds the values for one step.

        Args:
            node: now.
            number: which case.
            conditions: what has to hold.
            inputs: what may be given.
            reads: the facts that have to be known.
            moment: when the step counts.
            given: what comes with it.
            deciding: names by which something goes its way by itself: facts of linked cases among them
                are tried in all ways.
            needed: facts without which nothing can be computed.
            gone: facts that may be absent though they have a default.
        """
        member = self.members[number]
        case, open_ = node.cases[number], node.undecided[number]
        lean = member.subject.lean
        base: dict[str, Value] = {
            "state": case.state,
            "key": case.key,
            "active": lean.active(case.state),
            "today": civil_date(moment, ZONE),
        }
        for name, value in case.data.items():
            if name not in open_:
                base[name] = base[f"old.{name}"] = value
        base |= given or {}
        variables = list(inputs)
        given_names = {item.name for item in inputs}
        surely = {item.name for item in inputs if None not in item.candidates} | (given or {}).keys()
        names = {name.removeprefix("old.") for name in reads} | given_names
        ahead = member.live(case.state)
        for name in sorted(names):
            field = lean.field_by_name.get(name)
            stored = f"old.{name}" in reads or (name in reads and name not in surely)
            if field and name in open_ and stored:
                values = self._values(node, number, name, matters=True)
                if field.default is not None:
                    usual = case.data.get(name)
                    values = tuple(dict.fromkeys((usual, *values) if usual is not None else values))
                    values = (*values, None) if name in gone else values
                elif not field.required:
                    values = (None, *values) if name in member.subject.written - needed else (*values, None)
                variables.append(Variable("own", name, values, name in ahead))
        variables += self._far_variables(node, number, names, base, deciding)
        decides = any(item.kind == "far" and item.live for item in variables)
        return Solver(
            member.subject.oracle,
            base,
            variables,
            conditions,
            lambda link: stub(member.key, link),
            max(self._full, WIDE) if decides else self._full,
        )

    def _far_variables(
        self,
        node: Node,
        number: int,
        names: set[str],
        base: dict[str, Value],
        deciding: Collection[str],
    ) -> Iterator[Variable]:
        """Links that are still open, and what linked cases say that are not looked at closely."""
        member, case, open_ = self.members[number], node.cases[number], node.undecided[number]
        for link in member.subject.lean.links:
            wanted = sorted(name for name in names if name.partition(".")[0] == link.name)
            if not wanted:
                continue
            key = case.links.get(link.name)
            if key is None:
                if link.name not in open_:
                    continue
                yield Variable("link", link.name, (None, True), live=True)
            else:
                base[link.name] = True
                base[f"{link.name}.key"] = key
            other = self.index.get(key) if key else None
            if other is not None:
                base[f"{link.name}.state"] = node.cases[other].state
                for name, value in node.cases[other].data.items():
                    base[f"{link.name}.{name}"] = value
                continue
            for name in wanted:
                fact = name.partition(".")[2]
                if fact and fact != "key":
                    values = self._values(node, number, name, matters=True)
                    # What children say decides by itself what happens: it is tried in all ways.
                    rows = values if fact == "state" else (*values, None)
                    yield Variable("far", name, rows, live=link.name == KIDS or name in deciding)


def stub(key: str, link: str) -> str:
    """What the case behind a link is called if nobody says."""
    return f"{key}-{link.replace('_', '-')}"
