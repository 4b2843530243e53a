"""Proving an invariant, or finding a run that breaks it: first with few rules, then with those that count.

A workflow without its `requires` permits every run that it permits with them, and
many more.  So an invariant that holds without them holds.  If it does not, the run
that breaks it is tried with all rules; where it is refused, the rules that refuse
it count from then on, and the search begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wirflow.proof.search import Exploration, Place, Search
from wirflow.proof.world import Node, Step

if TYPE_CHECKING:
    from wirflow.proof.walk import Walker

MANY: Final = 400
"""Combinations of values that are all tried for a step as long as few rules count."""
BEAM: Final = 40
"""Moments that are kept side by side while a run is tried with all rules."""
PATIENCE: Final = 6
"""Deadlines that may fall due between two steps of such a run."""
MAX_ROUNDS: Final = 60

Kept = frozenset[tuple[str, int, int]]
"""The rules that count: workflow, transition, and its place there."""

Roots = Iterable[tuple[Step, Node]]
Build = Callable[[Kept | None], "tuple[Walker, Roots]"]
"""Walker and starts with these rules; None: with all."""
Broken = Callable[[Node, Step], bool]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of it."""

    found: Exploration
    """The last search; of a refuted one, the run with all rules."""
    place: int | None
    """Where the invariant is broken; None: nowhere."""
    decided: int
    """Decisions of all searches."""
    kept: Kept = frozenset()
    """The rules that turned out to count."""
    unsure: bool = False
    """Neither proved nor refuted."""


def refute(
    build: Build, broken: Broken, effort: int, kept: Kept = frozenset(), *, edges: bool = False
) -> Verdict:
    """Prove that nothing is ever broken, or find the run that breaks it.

    Args:
        build: the walker and the starts with some of the rules, or with all.
        broken: whether a moment breaks it.
        effort: at most so many decisions, all in all.
        kept: rules that are known to count.
        edges: a step may break it, and not only the moment that it leads to.
    """
    spent = 0
    for _ in range(MAX_ROUNDS):
        walker, roots = build(kept)
        found = Search(walker, max(effort - spent, effort // 8), stop=broken, edges=edges).run(roots)
        spent += found.decided
        if found.stopped is None:
            return Verdict(found, None, spent, kept, unsure=not found.whole)
        full, roots = build(None)
        run, refused, nodes = follow(full, roots, found.way(found.stopped), broken)
        spent += full.decided
        if run.stopped is not None:
            return Verdict(run, run.stopped, spent, kept)
        more = _forbids(full, walker, found, found.stopped, kept) or (
            _blamed(full, found.way(found.stopped), refused, nodes) - kept
        )
        if not more or spent > 2 * effort:
            # Nothing is left to blame: look with all rules, as long as it takes.
            full, roots = build(None)
            found = Search(full, max(effort - spent, effort // 4), stop=broken, edges=edges).run(roots)
            spent += found.decided
            return Verdict(
                found, found.stopped, spent, kept, unsure=found.stopped is None and not found.whole
            )
        kept |= more
    return Verdict(found, None, spent, kept, unsure=True)


def _forbids(full: Walker, sliced: Walker, found: Exploration, stopped: int, kept: Kept) -> Kept:
    """The last rule that does not permit what was done without it: near the break it counts most."""
    for place in reversed(found.trail(stopped)):
        step, node = found.places[place].step, found.before(place)
        if node is None or step.number is None:
            continue
        number = full.index[step.key]
        subject = full.members[number].subject
        known = sliced.members[number].live(node.cases[number].state)
        fixed = sliced.members[number].live(found.places[place].node.cases[number].state)
        for which, rule in enumerate(subject.lean.transitions[step.number].requires):
            name = (subject.workflow.name, step.number, which)
            if name not in kept and not full.allows(node, step, rule.when, known, fixed):
                return frozenset({name})
    return frozenset()


def _blamed(walker: Walker, steps: Sequence[Step], refused: int, nodes: Sequence[Node]) -> Kept:
    """The rules that may have refused a run: one that does so alone, those of the step, or all on the way."""
    if refused < len(steps) and steps[refused].kind == "act":
        step = steps[refused]
        number = walker.index[step.key]
        subject = walker.members[number].subject
        # With all rules a case may have been led elsewhere, where there is no such transition.
        nodes = [
            node
            for node in nodes
            if any(which == step.number for which, _ in subject.stands.open(node.cases[number].state))
        ]
        rules = subject.lean.transitions[step.number or 0].requires if nodes else ()
        for place, rule in enumerate(rules):
            asked = [(part, True) for part in subject.oracle.parts(rule.when, wanted=True)]
            if not any(
                next(walker.solutions(node, number, step.number or 0, None, conditions=asked), None)
                is not None
                for node in nodes
            ):
                return frozenset({(subject.workflow.name, step.number or 0, place)})

    def of(rows: Sequence[Step]) -> Kept:
        found = set()
        for step in rows:
            if step.number is not None and step.key in walker.index:
                subject = walker.members[walker.index[step.key]].subject
                rules = range(len(subject.workflow.transitions[step.number].requires))
                found |= {(subject.workflow.name, step.number, place) for place in rules}
        return frozenset(found)

    return of(steps[refused : refused + 1]) or of(steps)


def follow(
    walker: Walker, roots: Roots, steps: Sequence[Step], broken: Broken
) -> tuple[Exploration, int, list[Node]]:
    """Try a run step by step with a few moments side by side.

    Returns:
        What was walked, `stopped` where it is broken; the step that nobody could take, and where they stood.
    """
    found = Exploration()

    def add(step: Step, node: Node, parent: int) -> int:
        depth = found.places[parent].depth + 1 if parent >= 0 else 0
        found.places.append(Place(node, step, parent, depth))
        found.edges.append([])
        if found.stopped is None and broken(node, step):
            found.stopped = len(found.places) - 1
        return len(found.places) - 1

    beam = [add(step, node, -1) for step, node in roots]
    stuck: tuple[int, list[Node]] | None = None
    for number, wanted in enumerate(steps[1:], start=1):
        if found.stopped is not None:
            break
        following, at_once = _one(walker, found, beam, wanted, add)
        if not at_once and stuck is None:
            # Time had to pass, or it cannot happen at all: here begins what differs from the run.
            stuck = number, [found.places[place].node for place in beam]
        if not following:
            break
        beam = following
    # What was told has still to arrive.
    for _ in range(PATIENCE):
        if found.stopped is not None:
            break
        beam = [
            add(step, node, place)
            for place in beam
            if not found.places[place].node.rests
            for step, node in walker.steps(found.places[place].node)
        ][:BEAM]
    number, nodes = stuck or (len(steps), [])
    return found, number, nodes


def _one(
    walker: Walker,
    found: Exploration,
    beam: Sequence[int],
    wanted: Step,
    add: Callable[[Step, Node, int], int],
) -> tuple[list[int], bool]:
    """The moments after a step, and whether no deadline had to fall due in between."""
    kept: dict[object, int] = {}
    waiting = list(beam)
    late = False
    for _ in range(PATIENCE):
        between: dict[object, tuple[Step, Node, int]] = {}
        for place in waiting:
            for step, node in walker.like(found.places[place].node, wanted):
                if _same(step, wanted):
                    name = walker.signature(node)
                    if name not in kept and len(kept) < BEAM:
                        kept[name] = add(step, node, place)
                elif step.kind in {"deadline", "signal"} and wanted.kind != "wait":
                    between.setdefault(walker.signature(node), (step, node, place))
        if kept or not between:
            break
        late = late or any(step.kind == "deadline" for step, _, _ in between.values())
        waiting = [add(*row) for row in list(between.values())[:BEAM]]
    return list(kept.values()), bool(kept) and not late


def _same(step: Step, wanted: Step) -> bool:
    if step.kind != wanted.kind or step.key != wanted.key or step.event != wanted.event:
        return False
    if step.kind == "wait":
        return True
    return (step.refused is None) == (wanted.refused is None) and (
        step.number == wanted.number or step.refused is not None
    )
