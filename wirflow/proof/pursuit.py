"""Looking for one thing at a time: a run that shows it, or the proof that there is none.

Walking anywhere shows what lies near.  What it did not meet is looked for with few rules,
as a broken invariant is: without what does not count, the way is short.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from wirflow.definition.model import Workflow
from wirflow.proof.domain import Domain
from wirflow.proof.refute import MANY, Kept, Roots, Verdict, refute
from wirflow.proof.search import Goal, shown
from wirflow.proof.solver import FULL
from wirflow.proof.subject import Subject
from wirflow.proof.walk import Walker
from wirflow.proof.world import Member

if TYPE_CHECKING:
    from wirflow.proof.refute import Broken
    from wirflow.proof.world import Node, Step

MAX_GOALS: Final = 30
"""What is looked for one by one; a definition of which more is missing is broken anyway."""
SHARE: Final = 5
"""The part of the effort for an invariant that is spent on one thing."""
MAX_AROUND: Final = 120
"""Moments around one from which a way on is looked for."""


@dataclass
class Pursuit:
    """What was looked for, and what became of it."""

    workflow: Workflow
    world: Mapping[str, Workflow]
    member: Member
    effort: int
    shown: set[Goal] = field(default_factory=set)
    refuted: set[Goal] = field(default_factory=set)
    left: set[Goal] = field(default_factory=set)
    """Neither shown nor refuted."""
    decided: int = 0
    _asked: int = 0

    def look(self, goal: Goal) -> None:
        """Look for a run that shows something."""
        if goal in self.shown:
            return
        self._asked += 1
        if self._asked > MAX_GOALS:
            self.left.add(goal)
            return

        def broken(node: Node, step: Step) -> bool:
            return goal in shown(self.member, step, node.cases[0], node.armed[0])

        verdict = self._refute(broken, frozenset(), frozenset(), edges=True)
        if verdict.place is not None:
            # What else lies on the way is shown as well.
            for place in verdict.found.trail(verdict.place):
                at = verdict.found.places[place]
                self.shown.update(shown(self.member, at.step, at.node.cases[0], at.node.armed[0]))
        elif verdict.unsure or not self.member.subject.is_clear:
            self.left.add(goal)  # where expressions compute, other values might do
        else:
            self.refuted.add(goal)

    def stuck(self, place: str, asked: frozenset[str], kept: Kept) -> Verdict:
        """Look for a run after which a case stands in a place that nothing leads out of.

        Args:
            place: where.
            asked: the facts by which that is decided.
            kept: the rules by which it is decided.
        """
        walker = Walker([self.watching(asked)])
        known: dict[object, bool] = {}

        def broken(node: Node, _step: Step) -> bool:
            case = node.cases[0]
            if case.state != place or not node.rests or not asked <= case.data.keys() | case.links.keys():
                return False  # whoever starts without what is needed is told so by `read-before-set`
            name = walker.signature(node)
            if name not in known:
                known[name] = _is_stuck(walker, node)
            return known[name]

        return self._refute(broken, asked, kept)

    def watching(self, names: frozenset[str]) -> Member:
        """The case, some of its facts chosen as it starts."""
        fields = names & self.workflow.field_by_name.keys()
        return replace(self.member, watched=names, weighed=fields, asked=names)

    def _refute(self, broken: Broken, asked: frozenset[str], kept: Kept, *, edges: bool = False) -> Verdict:
        fields = asked & self.workflow.field_by_name.keys()

        def build(rules: Kept | None) -> tuple[Walker, Roots]:
            if rules is None:
                walker = Walker([self.watching(asked)], full=FULL)
            else:
                subject = Subject(
                    self.workflow,
                    self.world,
                    kept=frozenset(row[1:] for row in rules),
                    near=frozenset(),
                    watched=fields,
                )
                member = replace(self.watching(asked), subject=subject, domain=Domain(subject))
                walker = Walker([member], full=MANY)
            return walker, list(walker.roots(self.member.domain.first))

        # No single thing takes all the effort, and all together take no more than two invariants.
        share = min(self.effort // SHARE, max(2 * self.effort - self.decided, self.effort // 50))
        verdict = refute(build, broken, share, kept, edges=edges)
        self.decided += verdict.decided
        return verdict


def _is_stuck(walker: Walker, node: Node) -> bool:
    """Whether nothing leads away from where a case stands, whatever is done there first."""
    place = node.cases[0].state
    before, walker.sampled = walker.sampled, False
    seen, queue = {walker.signature(node)}, [node]
    try:
        while queue:
            for _, after in walker.steps(queue.pop()):
                if after.cases[0].state != place:
                    return False
                name = walker.signature(after)
                if name not in seen:
                    seen.add(name)
                    queue.append(after)
                if len(seen) > MAX_AROUND:
                    return False
        return not walker.sampled
    finally:
        walker.sampled = before
