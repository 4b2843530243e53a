"""A workflow as the checker sees it: without what nobody decides by, and with what each part reads."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from wirflow.definition.model import CORRECT
from wirflow.proof.oracle import Oracle
from wirflow.proof.stands import stands_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from wirflow.definition.model import DeadlineSpec, Transition, Workflow
    from wirflow.proof.stands import Stands

_ALWAYS: Final = frozenset({"today", "state", "active", "key"})
"""Names that are known in every moment."""


class Subject:
    """One workflow, prepared.

    `lean` decides as the whole workflow does, but writes no notices, reminds
    nobody and warns of nothing: none of these changes where a case can go.
    """

    def __init__(
        self,
        workflow: Workflow,
        world: Mapping[str, Workflow],
        *,
        kept: frozenset[tuple[int, int]] | None = None,
        near: frozenset[str] | None = None,
        watched: frozenset[str] = frozenset(),
        signalled: frozenset[str] = frozenset(),
    ) -> None:
        """Prepare.

        Args:
            workflow: the definition.
            world: it and the definitions that it links to.
            kept: the rules that count, each by its transition and its place there; the others are
                taken to refuse nothing, which permits more runs than there are.  Those of what happens
                by itself always count: there a refusal leads somewhere, too.  None: all count.
            near: links to cases that are looked at closely; what is told to others is left out.
                None: all are kept.
            watched: fields that matter for other reasons.
            signalled: events that cases tell it that are looked at closely.
        """
        self.workflow = workflow
        self.world = world
        self.kept = kept
        alone = _by_itself(workflow, signalled)
        lean = replace(
            workflow,
            warnings=(),
            money=(),
            transitions=tuple(
                replace(
                    item,
                    notices=(),
                    requires=tuple(
                        rule
                        for place, rule in enumerate(item.requires)
                        if kept is None or number in alone or (number, place) in kept
                    ),
                    tell=tuple(row for row in item.tell if near is None or row.to in near),
                )
                for number, item in enumerate(workflow.transitions)
            ),
            deadlines=tuple(
                replace(item, remind=(), notice=None, escalate=None)
                for item in workflow.deadlines
                if item.fire
            ),
            constraints=workflow.constraints if kept is None or bars(workflow, alone, starts=True) else (),
        )
        self.lean = lean if kept is None else _without_idle_facts(lean, watched)
        self.oracle = Oracle(self.lean)

    @cached_property
    def paths(self) -> tuple[tuple[str | int, ...], ...]:
        """Where each transition stands in its file."""
        counts: dict[str, int] = {}
        rows: list[tuple[str | int, ...]] = []
        for item in self.workflow.transitions:
            number = counts.get(item.event, 0)
            counts[item.event] = number + 1
            rows.append(("corrections",) if item.event == CORRECT else ("transitions", item.event, number))
        return tuple(rows)

    @cached_property
    def written(self) -> frozenset[str]:
        """The fields that some event fills."""
        rows = (fills(item) for item in self.workflow.transitions if item.event != CORRECT)
        return frozenset(name for names in rows for name in names)

    @cached_property
    def cleared(self) -> frozenset[str]:
        """The fields of which some event says that nothing is known any more."""
        return frozenset(name for item in self.workflow.transitions for name in item.clear)

    def rules(self, number: int) -> tuple[str, ...]:
        """The expressions that have to hold for a transition to be taken, its `when` first."""
        item = self.lean.transitions[number]
        return (*((item.when,) if item.when else ()), *(rule.when for rule in item.requires))

    def conditions(self, state: str, number: int) -> tuple[tuple[str, bool], ...]:
        """What decides whether a transition is taken in a state: expressions, and what each has to say.

        The `when` of the alternatives that are tried before it must not hold.
        """
        event = self.lean.transitions[number].event
        earlier = []
        for other, item in self.lean.open_transitions(state, event):
            if other == number:
                break
            earlier.append((item.when or "true", False))
        rows = (*earlier, *((text, True) for text in self.rules(number)))
        return tuple(
            (part, wanted) for text, wanted in rows for part in self.oracle.parts(text, wanted=wanted)
        )

    def reads(self, expr: str) -> tuple[str, ...]:
        """The names that an expression touches."""
        return self.oracle.names(expr)

    def deadlines_in(self, state: str | None) -> Iterator[DeadlineSpec]:
        """The deadlines that may run in a state; None: in any."""
        active = None if state is None else set(self.lean.active(state))
        for item in self.lean.deadlines:
            if active is None or not active.isdisjoint(item.states):
                yield item

    def clock_reads(self, places: Collection[str] | None) -> frozenset[str]:
        """What decides by itself in some places, and has to be known on arrival; None: in any.

        Deadlines, automatic steps with what they compute and tell, and constraints.
        """
        found: set[str] = set()
        active = None
        if places is not None:
            active = {name for place in places for name in self.lean.active(place)}
        for item in self.lean.deadlines:
            if active is not None and active.isdisjoint(item.states):
                continue
            found |= {name for name in (item.on, item.start, item.period) if name in self.lean.field_by_name}
            found |= {given.field for given in item.given}
            if item.when:
                found.update(self.reads(item.when))
        for _, step in self.lean.automatic:
            if active is None or not active.isdisjoint(step.sources):
                found.update(name for text in _texts(step) for name in self.reads(text))
        for rule in self.lean.constraints:
            found.update(self.reads(rule.when))
        return frozenset(found - _ALWAYS)

    @cached_property
    def stands(self) -> Stands:
        """Where its cases may stand; of all rules, so that those that are left out permit no more."""
        return stands_of(self.workflow)

    def arrivals(self, state: str, number: int) -> frozenset[str]:
        """Where a case may stand after a transition, with the places on the way there."""
        return self.stands.after(state, number)

    def filled_before(self, field: str, number: int) -> bool:
        """Whether some event may have filled a field before a transition begins, guards aside."""
        places = self.stands.all()
        if places is None:
            return True
        sources = self.workflow.transitions[number].sources
        for place in places:
            for other, item in (*self.stands.open(place), *self.workflow.automatic):
                if field not in fills(item) or set(self.workflow.active(place)).isdisjoint(item.sources):
                    continue
                for after in self.stands.after(place, other):
                    ahead = self._ahead(after)
                    if ahead is None or not ahead.isdisjoint(sources):
                        return True
        return False

    def _ahead(self, place: str) -> frozenset[str] | None:
        """The states in which a case may yet be, those around them included; None: in any."""
        if place not in self._seen_ahead:
            found = self.stands.reach(place)
            self._seen_ahead[place] = (
                None
                if found is None
                else frozenset(name for after in found for name in self.workflow.active(after))
            )
        return self._seen_ahead[place]

    @cached_property
    def _seen_ahead(self) -> dict[str, frozenset[str] | None]:
        return {}

    def live(self, state: str) -> frozenset[str]:
        """The own fields whose stored values may still be read from a state on; links too."""
        if state in self._live:
            return self._live[state]
        ahead = self._ahead(state)
        found: set[str] = set()
        for item in self.lean.transitions:
            if ahead is not None and ahead.isdisjoint(item.sources):
                continue
            given = {row.field for row in item.input if row.required}
            for text in _texts(item):
                found.update(name.removeprefix("old.") for name in self.reads(text) if name not in given)
        places = self.stands.reach(state)
        found |= {item.removeprefix("old.") for item in self.clock_reads(places)}
        own = {name for name in found if name in self.lean.field_by_name}
        own |= {name.partition(".")[0] for name in found} & set(self.lean.link_by_name)
        self._live[state] = frozenset(own)
        return self._live[state]

    @cached_property
    def _live(self) -> dict[str, frozenset[str]]:
        return {}

    def texts(self) -> Iterator[str]:
        """All expressions that count."""
        for item in self.lean.transitions:
            yield from _texts(item)
        yield from (item.when for item in self.lean.deadlines if item.when)
        yield from (rule.when for rule in self.lean.constraints)

    @cached_property
    def valued(self) -> frozenset[str]:
        """The names whose values count, not only whether they are there."""
        found = {name.removeprefix("old.") for text in self.texts() for name in self.oracle.values(text)}
        for item in self.lean.deadlines:
            found |= {name for name in (item.on, item.start, item.period) if name}
            found |= {given.field for given in item.given}
        return frozenset(found)

    @cached_property
    def is_clear(self) -> bool:
        """Whether no expression computes, so that few values show all that can happen."""
        return all(self.oracle.is_clear(text) for text in self.texts())

    @cached_property
    def asks_today(self) -> tuple[str, ...]:
        """The expressions that read the present day."""
        return tuple(dict.fromkeys(text for text in self.texts() if "today" in self.reads(text)))


def _texts(item: Transition) -> Iterator[str]:
    """The expressions of a transition."""
    texts = [item.when, *(rule.when for rule in item.requires), *(row.value for row in item.set)]
    for signal in item.tell:
        texts += [signal.when, *(row.value for row in signal.values)]
    yield from (text for text in texts if text)


def _by_itself(workflow: Workflow, signalled: Collection[str]) -> frozenset[int]:
    """The transitions that are tried though nobody wants them now: automatic ones, deadlines, signals."""
    events = {item.fire for item in workflow.deadlines if item.fire} | set(signalled)
    return frozenset(
        number for number, item in enumerate(workflow.transitions) if item.automatic or item.event in events
    )


def bars(workflow: Workflow, numbers: Collection[int], *, starts: bool = False) -> bool:
    """Whether the constraints may refuse one of these transitions.

    Args:
        workflow: whose constraints.
        numbers: which transitions.
        starts: constraints that speak of places count in any case, for they tell how a case may start.
    """
    if not workflow.constraints or not numbers:
        return False
    oracle = Oracle(workflow)
    stands = stands_of(workflow)
    ends = {
        after
        for number in numbers
        for place in stands.all() or ()
        if not set(workflow.active(place)).isdisjoint(workflow.transitions[number].sources)
        for after in stands.after(place, number)
    }
    filled = {name for number in numbers for name in fills(workflow.transitions[number])}
    for rule in workflow.constraints:
        reads = {name.removeprefix("old.") for name in oracle.names(rule.when)}
        if reads <= workflow.field_by_name.keys():
            if not reads.isdisjoint(filled):
                return True
        elif (
            starts
            or stands.all() is None
            or not all(
                oracle.holds_whatever(rule.when, {"state": end, "active": workflow.active(end)})
                for end in ends
            )
        ):
            # What speaks of places bars nothing where it holds whatever the facts are.
            return True
    return False


def fills(item: Transition) -> set[str]:
    """The fields that a transition takes or computes."""
    return {row.field for row in item.input} | {row.field for row in item.set} | {*item.clear}


def _without_idle_facts(lean: Workflow, watched: frozenset[str]) -> Workflow:
    """A workflow without what is computed for nobody who reads it."""
    oracle = Oracle(lean)
    texts: list[str | None] = [item.when for item in lean.deadlines]
    read = set(watched)
    for item in lean.transitions:
        texts += [item.when, *(rule.when for rule in item.requires)]
        for signal in item.tell:
            texts += [signal.when, *(row.value for row in signal.values)]
    for spec in lean.deadlines:
        read.update(name for name in (spec.on, spec.start, spec.period) if name)
        read.update(given.field for given in spec.given)
    rows = [row for item in lean.transitions for row in item.set]
    before = -1
    while len(read) > before:
        before = len(read)
        read |= {name.removeprefix("old.") for text in texts if text for name in oracle.names(text)}
        texts += [row.value for row in rows if row.field in read]
    return replace(
        lean,
        transitions=tuple(
            replace(item, set=tuple(row for row in item.set if row.field in read))
            for item in lean.transitions
        ),
    )
