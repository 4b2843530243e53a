"""Walking through everything that can happen, short ways first."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wirflow.proof.walk import Walker
from wirflow.proof.world import Node, Step

if TYPE_CHECKING:
    from wirflow.core.case import Case, Timer
    from wirflow.proof.world import Member

MAX_DEPTH: Final = 60
"""Steps in a row after which a run is not followed any further."""

Goal = tuple[str, str]
"""What a run may show: `("state", "approved")`, `("taken", "3")`, `("fired", "award_end")` …"""


ENDLESS: Final = ("endless", "automatic")
"""Automatic transitions follow one another without end."""


@dataclass(frozen=True, slots=True)
class Place:
    """A moment that was found, and how."""

    node: Node
    step: Step
    parent: int
    """Its number; -1: a start."""
    depth: int


@dataclass(slots=True)
class Exploration:
    """What was found."""

    places: list[Place] = field(default_factory=list)
    edges: list[list[int]] = field(default_factory=list)
    """Place → the places that follow."""
    expanded: set[int] = field(default_factory=set)
    """The places that were left in all ways."""
    partly: set[int] = field(default_factory=set)
    """Those of them that have more ways than were tried."""
    seen: dict[Goal, int] = field(default_factory=dict)
    """What was shown → the first place that shows it."""
    decided: int = 0
    whole: bool = False
    """Nothing was cut off: every combination of the values that matter was tried."""
    depth: int = 0
    stopped: int | None = None
    """The place at which the search was told to stop."""

    def before(self, place: int) -> Node | None:
        """The moment before the step to a place."""
        parent = self.places[place].parent
        return self.places[parent].node if parent >= 0 else None

    def trail(self, place: int) -> tuple[int, ...]:
        """The places on the way to a place, itself the last."""
        row = []
        while place >= 0:
            row.append(place)
            place = self.places[place].parent
        return tuple(reversed(row))

    def way(self, place: int) -> tuple[Step, ...]:
        """The steps to a place."""
        steps = []
        while place >= 0:
            steps.append(self.places[place].step)
            place = self.places[place].parent
        return tuple(reversed(steps))


@dataclass(slots=True)
class Search:
    """A search and its bounds."""

    walker: Walker
    effort: int
    """At most so many decisions."""
    stop: Callable[[Node, Step], bool] | None = None
    """What is looked for: the search ends there."""
    goals: frozenset[Goal] = frozenset()
    """Once all are shown, half the effort will do."""
    edges: bool = False
    """What is looked for may be a step, and not only the moment that it leads to."""
    modest: bool = False
    """Once all are shown, nothing more is looked for."""
    _known: dict[object, int] = field(default_factory=dict)
    _queue: list[tuple[int, int, int]] = field(default_factory=list)
    _crowd: dict[object, int] = field(default_factory=dict)

    def run(self, roots: Iterable[tuple[Step, Node]]) -> Exploration:
        """Walk."""
        found = Exploration()
        for step, node in roots:
            if self._add(found, step, node, -1):
                break
        cut = False
        while self._queue and found.stopped is None:
            if self._is_enough(found):
                cut = True
                break
            _, depth, number = heapq.heappop(self._queue)
            if depth >= MAX_DEPTH:
                cut = True
                continue
            found.expanded.add(number)
            before, self.walker.sampled = self.walker.sampled, False
            for step, node in self.walker.steps(found.places[number].node):
                if self._add(found, step, node, number):
                    break
            if self.walker.sampled:
                found.partly.add(number)
            self.walker.sampled = before or self.walker.sampled
        found.decided = self.walker.decided
        short = self.walker.sampled or any(member.domain.cut for member in self.walker.members)
        found.whole = not cut and not short and found.stopped is None
        return found

    def _is_enough(self, found: Exploration) -> bool:
        spent = self.walker.decided
        shown = bool(self.goals) and self.goals <= found.seen.keys()
        return spent > self.effort or (shown and (self.modest or 2 * spent > self.effort))

    def _add(self, found: Exploration, step: Step, node: Node, parent: int) -> bool:
        """Take note of a step, and of the moment that it leads to; whether it is what is looked for."""
        name = self.walker.signature(node)
        place = self._known.get(name)
        if step.endless and parent >= 0:
            place = parent  # nothing happened: what is to be said is said of the moment before
            if self.stop and self.stop(node, step):
                found.stopped = place
        if place is None:
            place = self._known[name] = len(found.places)
            depth = found.places[parent].depth + 1 if parent >= 0 else 0
            found.places.append(Place(node, step, parent, depth))
            found.edges.append([])
            found.depth = max(found.depth, depth)
            # Those who stand where few have stood go first: no state waits for all variants of another.
            stand = tuple(case.state for case in node.cases)
            self._crowd[stand] = self._crowd.get(stand, 0) + 1
            heapq.heappush(self._queue, (self._crowd[stand] + depth, depth, place))
            if self.stop and self.stop(node, step):
                found.stopped = place
        elif self.edges and parent >= 0 and not step.endless and self.stop and self.stop(node, step):
            # Another way to where somebody has been: it is this way that is looked for.
            found.stopped = len(found.places)
            found.places.append(Place(node, step, parent, found.places[parent].depth + 1))
            found.edges.append([])
        if parent >= 0:
            found.edges[parent].append(place)
        if step.kind != "wait":
            number = self.walker.index[step.key]
            member = self.walker.members[number]
            for goal in shown(member, step, node.cases[number], node.armed[number]):
                found.seen.setdefault(goal, place)
        return found.stopped is not None


def shown(member: Member, step: Step, case: Case, armed: Sequence[Timer]) -> Iterator[Goal]:
    """What a step shows, and the moment that it leads to."""
    if step.endless:
        yield ENDLESS
        return
    for stand in (*step.passed, case.state):
        for name in member.subject.lean.active(stand):
            yield ("state", name)
    if step.number is not None and step.refused is None:
        yield ("taken", str(step.number))
    for taken in step.via:
        yield ("taken", str(taken))
    for timer in armed:
        yield ("runs", timer.name)
    if step.kind == "deadline" and step.timer:
        yield ("fired" if step.refused is None else "failed", step.timer.name)


def leading(edges: Sequence[Sequence[int]], targets: Iterable[int]) -> frozenset[int]:
    """The places from which some target can be reached, the targets included."""
    before: Mapping[int, list[int]] = {}
    table: dict[int, list[int]] = {}
    for place, following in enumerate(edges):
        for other in following:
            table.setdefault(other, []).append(place)
    before = table
    found = set(targets)
    queue = deque(found)
    while queue:
        for place in before.get(queue.popleft(), ()):
            if place not in found:
                found.add(place)
                queue.append(place)
    return frozenset(found)
