"""Dead ends: a case that is stuck, whoever acts and however long one waits."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import structs

from wirflow.definition.finding import Finding
from wirflow.definition.model import CORRECT
from wirflow.proof import words
from wirflow.proof.claim import Claim
from wirflow.proof.search import leading
from wirflow.proof.story import path_of, story_of
from wirflow.proof.subject import fills

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wirflow.definition.finding import Severity
    from wirflow.definition.log import Source
    from wirflow.definition.model import Workflow
    from wirflow.definition.paths import Paths
    from wirflow.definition.values import Value
    from wirflow.proof.exits import Exits
    from wirflow.proof.pursuit import Pursuit
    from wirflow.proof.refute import Kept
    from wirflow.proof.search import Exploration
    from wirflow.proof.subject import Subject
    from wirflow.proof.walk import Walker
    from wirflow.proof.world import Member, Node
    from wirflow.text import Text

MAX_GAPS: Final = 240
"""Combinations of facts that are tried at a place where each way out asks for some."""


class Proof(Protocol):
    """What has to be known of a definition."""

    @property
    def workflow(self) -> Workflow:
        """The definition."""
        ...

    @property
    def source(self) -> Source:
        """Where it stands."""
        ...

    @property
    def subject(self) -> Subject:
        """The definition, prepared."""
        ...

    @property
    def member(self) -> Member:
        """Its case."""
        ...

    @property
    def walker(self) -> Walker:
        """Who walked."""
        ...

    @property
    def found(self) -> Exploration:
        """What was found by walking anywhere."""
        ...

    @property
    def pursued(self) -> Pursuit:
        """What was found by looking for one thing."""
        ...

    @property
    def exits(self) -> Exits:
        """The places that nobody can be stuck in."""
        ...

    @property
    def paths(self) -> Paths:
        """The graph."""
        ...

    @property
    def standing(self) -> Mapping[str, tuple[int, ...]]:
        """State → the first few places at which the case stands in it."""
        ...

    def is_clear(self, number: int) -> bool:
        """Whether the values that are tried show all that the rules of a transition can say."""
        ...

    def claim(
        self,
        code: str,
        path: tuple[str | int, ...],
        message: Text,
        hint: Text | None,
        place: int | None,
        *,
        severity: Severity = ...,
        facts: Mapping[str, Value] | None = ...,
    ) -> Claim:
        """What is said of a part of the file."""
        ...


class DeadEnds:
    """The places of one definition in which a case can be stuck."""

    def __init__(self, proof: Proof) -> None:
        self._proof = proof
        self.unsure: list[str] = []
        """Places of which it could not be decided."""

    def claims(self) -> Iterator[Claim]:
        """`dead-end`: a case that is stuck, whoever acts and however long one waits."""
        if self._proof.exits.all_sure or self._proof.walker.gave_up:
            return
        found = self._proof.found
        told: set[str] = set()
        going = [
            number
            for number, place in enumerate(found.places)
            if number not in found.expanded
            or number in found.partly
            or self._proof.workflow.place(place.node.cases[0].state).final
            or any(
                found.places[other].node.cases[0].state != place.node.cases[0].state
                for other in found.edges[number]
            )
        ]
        leads = leading(found.edges, going)
        stuck = [number for number in range(len(found.places)) if number not in leads]
        for number in sorted(stuck, key=lambda item: found.places[item].depth):
            state = found.places[number].node.cases[0].state
            if state not in told and self._may_be_stuck(state):
                told.add(state)
                yield self._stuck(state, number, None)
        for name, places in self._proof.standing.items():
            if name in told or name not in self._proof.workflow.state_by_name:
                continue
            for number in places:
                gap = self._gap(found.places[number].node)
                if gap is not None and self._may_be_stuck(found.places[number].node.cases[0].state):
                    told.add(name)
                    yield self._stuck(name, number, gap)
                    break
        for run, place, state in self._late_ends(told):
            story = story_of([self._proof.pursued.watching(self._asked_there(state))], run, place)
            finding = Finding(
                "dead-end",
                self._proof.source.place_of(*path_of(state.split(" + ", maxsplit=1)[0])),
                *words.dead_end(state),
                trace=story.lines,
            )
            yield Claim(finding=finding, story=story)

    def _late_ends(self, told: set[str]) -> Iterator[tuple[Exploration, int, str]]:
        """Runs to dead ends in places of which it is not certain that something always leads on."""
        for place in self._proof.exits.doubtful():
            if place in told or not self._may_be_stuck(place):
                continue
            # Walking anywhere leaves facts of the start open: what they are decides how time passes.
            if self._proof.found.whole and not self._asked_there(place):
                continue
            verdict = self._proof.pursued.stuck(place, self._asked_there(place), self._rules_there(place))
            if verdict.place is not None:
                told.add(place)
                yield verdict.found, verdict.place, place
            elif verdict.unsure or not self._proof.subject.is_clear:
                self.unsure.append(place)

    def _asked_there(self, state: str) -> frozenset[str]:
        """The facts by which it is decided whether something leads on."""
        names = set(self._proof.subject.clock_reads({state}))
        for number, _ in self._proof.subject.stands.open(state):
            names |= {
                name
                for text, _ in self._proof.subject.conditions(state, number)
                for name in self._proof.subject.reads(text)
            }
        own = {name.removeprefix("old.") for name in names}
        return frozenset(own) & (
            self._proof.workflow.field_by_name.keys() | self._proof.workflow.link_by_name.keys()
        )

    def _rules_there(self, state: str) -> Kept:
        return frozenset(
            (self._proof.workflow.name, number, rule)
            for number, item in self._proof.subject.stands.open(state)
            for rule in range(len(item.requires))
        )

    def _ways(self, state: str) -> list[tuple[int, Sequence[str] | None]]:
        """The transitions that may lead on from a state, each with what a signal brings; None: a person."""
        lean = self._proof.subject.lean
        ways: list[tuple[int, Sequence[str] | None]] = []
        for event in lean.events:
            for number, item in lean.open_transitions(state, event):
                if item.target is None or self._proof.subject.stands.after(state, number) == {state}:
                    continue
                if item.by:
                    ways.append((number, None))
                ways += [(number, told.fields) for told in self._proof.member.told if told.event == event]
        return ways

    def _may_be_stuck(self, state: str) -> bool:
        """Whether a dead end would be news, and can be known."""
        ways = self._ways(state)
        own = [step for name in self._proof.workflow.active(state) for step in self._proof.paths.steps(name)]
        return bool(own) and all(self._proof.is_clear(number) for number, _ in ways)

    def _gap(self, node: Node) -> Mapping[str, Value] | None:
        """Facts of the start with which no way leads on, though with others one does."""
        state = node.cases[0].state
        lean = self._proof.subject.lean
        fires = any(item.fire for item in self._proof.subject.deadlines_in(state))
        ends = self._proof.workflow.place(state).final or fires
        if ends or any(set(lean.active(state)) & set(item.sources) for _, item in lean.automatic):
            return None
        open_ = node.undecided[0] & lean.field_by_name.keys()
        ways = self._ways(state)
        names: set[str] = set()
        for number, _ in ways:
            reads = {
                name.removeprefix("old.")
                for text, _ in self._proof.subject.conditions(state, number)
                for name in self._proof.subject.reads(text)
            } - {row.field for row in lean.transitions[number].input}
            if not reads & open_:
                return None
            names |= reads & open_
        changes = {
            name
            for event in lean.events
            if event != CORRECT
            for _, item in lean.open_transitions(state, event)
            for name in fills(item)
        }
        rows = sorted(names)
        values = [
            self._proof.member.domain.values(name)
            for name in rows
            if self._proof.member.domain.kind(name) != "date"
        ]
        if not rows or len(values) < len(rows) or names & changes:
            return None  # days have no few values, and what can be changed on the spot stands against nothing
        for count, picked in enumerate(product(*values)):
            if count >= MAX_GAPS:
                return None
            facts = dict(zip(rows, picked, strict=True))
            case = structs.replace(node.cases[0], data={**node.cases[0].data, **facts})
            fixed = replace(node, cases=(case,), undecided=(node.undecided[0] - names,))
            if not any(
                next(self._proof.walker.solutions(fixed, 0, number, payload), None) is not None
                for number, payload in ways
            ):
                return facts
        return None

    def _stuck(self, state: str, place: int, facts: Mapping[str, Value] | None) -> Claim:
        where = path_of(state.split(" + ", maxsplit=1)[0])
        return self._proof.claim("dead-end", where, *words.dead_end(state), place, facts=facts or {})
