"""A workflow as the checker sees it: without what nobody decides by, and with what each part reads."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from wirflow.definition.model import CORRECT
from wirflow.proof.oracle import Oracle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wirflow.definition.model import DeadlineSpec, Transition, Workflow


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
    ) -> None:
        """Prepare.

        Args:
            workflow: the definition.
            world: it and the definitions that it links to.
            kept: the rules that count, each by its transition and its place there; the others are
                taken to refuse nothing, which permits more runs than there are.  None: all count.
            near: links to cases that are looked at closely; what is told to others is left out.
                None: all are kept.
            watched: fields that matter for other reasons.
        """
        self.workflow = workflow
        self.world = world
        self.kept = kept
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
                        if kept is None or (number, place) in kept
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
            constraints=workflow.constraints if kept is None else (),
        )
        self.lean = lean if kept is None else _without_idle_facts(lean, watched)
        self.oracle = Oracle(self.lean)

    @cached_property
    def flat(self) -> bool:
        """Whether no state lies inside another: then a transition's target is where it leads."""
        return all(item.parent is None for item in self.workflow.states)

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

    def clock_reads(self, state: str | None) -> frozenset[str]:
        """What decides by itself in a state, and has to be known on arrival: deadlines, automatic steps."""
        found: set[str] = set()
        for item in self.deadlines_in(state):
            found |= {name for name in (item.on, item.start, item.period) if name in self.lean.field_by_name}
            found |= {given.field for given in item.given}
            if item.when:
                found.update(self.reads(item.when))
        for _, step in self.lean.automatic:
            for text in (step.when, *(rule.when for rule in step.requires)):
                found.update(self.reads(text) if text else ())
        for rule in self.lean.constraints:
            found.update(self.reads(rule.when))
        return frozenset(found - {"today", "state", "key"})

    def arrival(self, state: str, item: Transition) -> str | None:
        """Where a transition leads, as far as it can be told without deciding; None: unknown."""
        if not self.flat or self.lean.automatic:
            return None
        return item.target or state

    @cached_property
    def _after(self) -> Mapping[str, frozenset[str]]:
        """State → states that may follow, itself included, guards aside."""
        steps: dict[str, set[str]] = {}
        for item in self.lean.transitions:
            for source in item.sources:
                steps.setdefault(source, {source}).add(item.target or source)
        known = {name: {name} for name in self.lean.state_by_name}
        changed = True
        while changed:
            changed = False
            for reached in known.values():
                more = {after for other in reached for after in steps.get(other, ())} - reached
                reached.update(more)
                changed = changed or bool(more)
        return {name: frozenset(found) for name, found in known.items()}

    def filled_before(self, field: str, number: int) -> bool:
        """Whether some event may have filled a field before a transition begins, guards aside."""
        sources = self.workflow.transitions[number].sources
        for item in self.workflow.transitions:
            if item.event == CORRECT or field not in fills(item):
                continue
            for source in item.sources:
                if not self._after.get(item.target or source, frozenset()).isdisjoint(sources):
                    return True
        return False

    def live(self, state: str) -> frozenset[str]:
        """The own fields whose stored values may still be read from a state on; links too."""
        if state in self._live:
            return self._live[state]
        ahead = self._after.get(state) if self.flat else None
        found: set[str] = set()
        for item in self.lean.transitions:
            if ahead is not None and ahead.isdisjoint(item.sources):
                continue
            given = {row.field for row in item.input if row.required}
            texts = [item.when, *(rule.when for rule in item.requires), *(row.value for row in item.set)]
            for signal in item.tell:
                texts += [signal.when, *(row.value for row in signal.values)]
            for text in texts:
                found.update(
                    name.removeprefix("old.")
                    for name in (self.reads(text) if text else ())
                    if name not in given
                )
        for name in ahead if ahead is not None else (None,):
            found |= {item.removeprefix("old.") for item in self.clock_reads(name)}
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
            yield from (text for text in (item.when, *(rule.when for rule in item.requires)) if text)
            yield from (row.value for row in item.set)
            for signal in item.tell:
                yield from (text for text in (signal.when, *(row.value for row in signal.values)) if text)
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
    def asks_today(self) -> tuple[str, ...]:
        """The expressions that read the present day."""
        texts = [text for number in range(len(self.lean.transitions)) for text in self.rules(number)]
        texts += [item.when for item in self.lean.deadlines if item.when]
        texts += [rule.when for rule in self.lean.constraints]
        return tuple(dict.fromkeys(text for text in texts if "today" in self.reads(text)))


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
