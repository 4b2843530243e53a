"""How a case can move through its workflow: who or what takes each step, and the shortest ways."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from wirflow.definition.model import Workflow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wirflow.definition.model import Transition


@dataclass(frozen=True)
class Paths:
    """The graph of a workflow, with the steps that somebody or something takes.

    Attributes:
        workflow: which.
        told: events that other cases tell it; None if that is not known, so that
            every event may be told.
    """

    workflow: Workflow
    told: Collection[str] | None

    def usable(self, transition: Transition, state: str) -> bool:
        """Whether a person, a deadline or a signal takes a transition in a state."""
        if transition.by or transition.automatic or self.told is None or transition.event in self.told:
            return True
        active = self.workflow.active(state)
        return any(
            item.fire == transition.event and not set(active).isdisjoint(item.states)
            for item in self.workflow.deadlines
        )

    def steps(self, state: str) -> Iterator[tuple[str, str]]:
        """Events and the other states to which they lead from a state, or from any inside it out of it.

        Whoever enters a state enters those around it and the first inside it, too.
        """
        inside = f"{state}."
        around = self.workflow.active(state)
        for item in self.workflow.transitions:
            if item.target in {None, state}:
                continue
            target = str(item.target)
            for source in item.sources:
                leaves = source.startswith(inside) and not target.startswith(inside)
                if (source in around or leaves) and self.usable(item, source):
                    before = self.workflow.active(source)
                    entered = self.workflow.whole(self.workflow.leaves(target), before)
                    yield from ((item.event, name) for name in self.workflow.active(entered))
                    break

    @cached_property
    def shortest(self) -> Mapping[str, tuple[str, ...]]:
        """The shortest way to each state that can be reached, as events."""
        found: dict[str, tuple[str, ...]] = dict.fromkeys(
            self.workflow.active(self.workflow.initial.name), ()
        )
        queue = deque(found)
        while queue:
            state = queue.popleft()
            for event, target in self.steps(state):
                if target not in found:
                    found[target] = (*found[state], event)
                    queue.append(target)
        return found

    @cached_property
    def ending(self) -> frozenset[str]:
        """The states from which some final state can be reached, final states included."""
        found = {state.name for state in self.workflow.states if state.final and not state.parent}
        before: dict[str, set[str]] = {}
        for state in self.workflow.state_by_name:
            for _, target in self.steps(state):
                before.setdefault(target, set()).add(state)
        queue = deque(found)
        while queue:
            for state in before.get(queue.popleft(), set()) - found:
                found.add(state)
                queue.append(state)
        return frozenset(found)
