"""Which facts a case may have where it stands: all values aside, and so quick that it comes first.

An invariant such as `state != "granted" || has(decided_on)` asks only where a case stands
and which facts are there.  Guards aside, that is a small graph, which is walked to its end.
What holds there holds in every run; what does not hold there may still hold.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from wirflow.definition.guards import AbsentError, GuardError
from wirflow.proof.stands import stands_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wirflow.definition.invariant import Invariant
    from wirflow.definition.model import Transition, Workflow
    from wirflow.definition.values import Value
    from wirflow.proof.oracle import Oracle
    from wirflow.proof.stands import Stands

MAX_FACTS: Final = 6
"""Facts of which it is told apart whether they are there."""
MAX_FOUND: Final = 20_000
"""Places with facts; beyond them nothing is said."""

_KNOWN: Final = frozenset({"state", "active", "final"})
"""Names beside the facts of which is known what they say."""

Found = tuple[str, frozenset[str]]
"""Where a case stands, and which of the facts are there."""


def keeps(workflow: Workflow, oracle: Oracle, item: Invariant) -> int | None:
    """Whether an invariant holds wherever a case may stand, whatever the values are.

    Returns:
        How many places with facts there are, or None: it may be broken, or that cannot be seen so.
    """
    names = set(oracle.names(item.text)) - _KNOWN
    fields = workflow.field_by_name
    if len(names) > MAX_FACTS or not names <= fields.keys() or not _KNOWN.isdisjoint(fields):
        return None
    walk = _Walk(workflow, oracle, item, frozenset(names))
    return walk.size if walk.holds() else None


class _Walk:
    """One invariant in all places."""

    def __init__(self, workflow: Workflow, oracle: Oracle, item: Invariant, names: frozenset[str]) -> None:
        self._workflow, self._oracle, self._item, self._names = workflow, oracle, item, names
        self._stands: Stands = stands_of(workflow)
        self._values = oracle.values(item.text) & names
        self.size = 0

    def holds(self) -> bool:
        """Whether it is kept everywhere."""
        begin = self._workflow.initial.name
        moves = bool(list(self._stands.automatic(begin)))
        # What starts broken is not asked about.
        queue = [(begin, there) for there in self._starts() if moves or self._kept((begin, there))]
        found = set(queue)
        for here in queue:
            self.size = len(found)
            if self.size > MAX_FOUND:
                return False
            if self._stands.rests(here[0]) and not self._kept(here):
                return False
            more = [one for one in dict.fromkeys(self._next(here)) if one not in found]
            found.update(more)
            queue += more
        return True

    def _starts(self) -> Iterator[frozenset[str]]:
        fields = self._workflow.field_by_name
        sure = {name for name in self._names if fields[name].required}
        rest = sorted(self._names - sure)
        for count in range(len(rest) + 1):
            yield from (frozenset({*sure, *row}) for row in combinations(rest, count))

    def _next(self, here: Found) -> Iterator[Found]:
        place, there = here
        for number, item in self._stands.open(place):
            for after in self._stands.led(place, number):
                yield from ((after, facts) for facts in self._after(item, there))
        for number, after in self._stands.automatic(place):
            item = self._workflow.transitions[number]
            yield from ((after, facts) for facts in self._after(item, there))

    def _after(self, item: Transition, there: frozenset[str]) -> Iterator[frozenset[str]]:
        """Which facts may be there after a transition."""
        surely = {row.field for row in item.input if row.required} & self._names
        maybe = {row.field for row in item.input if not row.required} & self._names
        # What is computed is there, or the event was refused; `clear` comes last.
        computed = {row.field for row in item.set} & self._names
        open_ = sorted(maybe - computed - there)
        base = there | surely | computed
        for count in range(len(open_) + 1):
            for row in combinations(open_, count):
                yield (base | frozenset(row)) - frozenset(item.clear)

    def _kept(self, here: Found) -> bool:
        """Whether it holds whatever the values are; one that needs an absent fact does."""
        place, there = here
        facts: dict[str, Value] = {
            "state": place,
            "active": self._workflow.active(place),
            "final": self._workflow.place(place).final,
        }
        try:
            return self._oracle.holds_there(self._item.text, facts, there)
        except (AbsentError, GuardError):
            return self._values.isdisjoint(there)
