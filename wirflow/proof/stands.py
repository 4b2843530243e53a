"""Where a case may stand whatever its facts are, and what may lead from there to where: guards aside.

More than can happen, and never less: what holds in all of these places holds.
"""

from __future__ import annotations

from functools import cached_property
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from wirflow.core.machine import machine_for
from wirflow.definition.model import CORRECT, SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wirflow.definition.model import Transition, Workflow

MAX_STANDS: Final = 1_500
"""Places of one workflow that are told apart; beyond them everything counts as near."""
MAX_KNOWN: Final = 64
"""Workflows whose places are kept."""


class Stands:
    """The places of one workflow, found as they are asked for."""

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow
        self._machine = machine_for(workflow)
        self._open: dict[str, tuple[tuple[int, Transition], ...]] = {}
        self._after: dict[tuple[str, int], frozenset[str]] = {}
        self._settled: dict[str, frozenset[str]] = {}
        self._reach: dict[str, frozenset[str] | None] = {}

    @property
    def begins(self) -> frozenset[str]:
        """Where a case may stand as it starts, those on the way included."""
        return self._through(self._workflow.initial.name)

    def open(self, stand: str) -> tuple[tuple[int, Transition], ...]:
        """The transitions that may be taken somewhere, the automatic ones left out."""
        known = self._open.get(stand)
        if known is None:
            known = self._open[stand] = tuple(self._opened(stand))
        return known

    def after(self, stand: str, number: int) -> frozenset[str]:
        """Where a case may stand after a transition, those on the way included."""
        known = self._after.get((stand, number))
        if known is None:
            known = self._after[stand, number] = frozenset(
                place for first in self.led(stand, number) for place in self._through(first)
            )
        return known

    def rests(self, stand: str) -> bool:
        """Whether a case may come to rest somewhere: no automatic step surely leads on."""
        for number, item in self._workflow.automatic:
            sure = item.when is None and not item.requires and not item.set
            for name in self._workflow.active(stand):
                if sure and name in item.sources and self.is_over(stand, name) and item.target != name:
                    return self._machine.after(stand, number) == stand
        return True

    def is_over(self, stand: str, name: str) -> bool:
        """Whether all that is inside a state has come to a final state."""
        states = self._workflow.state_by_name
        return all(states[leaf].final for leaf in stand.split(SEPARATOR) if leaf.startswith(f"{name}."))

    @cached_property
    def circle(self) -> tuple[int, ...]:
        """Automatic transitions that may follow one another in a circle; none: there is no such circle."""
        for place in sorted(self.all() or ()):
            way = self._back(place)
            if way:
                return way
        return ()

    def _back(self, place: str) -> tuple[int, ...]:
        """The automatic steps by which a place may come back to itself."""
        queue: list[tuple[str, tuple[int, ...]]] = [(place, ())]
        seen = {place}
        for here, way in queue:
            for number, after in self.automatic(here):
                if after == place:
                    return (*way, number)
                if after not in seen:
                    seen.add(after)
                    queue.append((after, (*way, number)))
        return ()

    def automatic(self, place: str) -> Iterator[tuple[int, str]]:
        """The automatic steps that may be taken from a place."""
        for number, item in self._workflow.automatic:
            if any(
                name in item.sources and (item.when is not None or self.is_over(place, name))
                for name in self._workflow.active(place)
            ):
                yield from ((number, after) for after in self.led(place, number))

    def reach(self, stand: str) -> frozenset[str] | None:
        """All places that may follow, itself included; None: too many."""
        if stand not in self._reach:
            self._reach[stand] = self._reached({stand, *self._through(stand)})
        return self._reach[stand]

    def all(self) -> frozenset[str] | None:
        """All places to which a case may come from its start; None: too many."""
        return self.reach(self._workflow.initial.name)

    # -- inside ------------------------------------------------------------------------

    def _reached(self, begin: set[str]) -> frozenset[str] | None:
        found, queue = set(begin), list(begin)
        while queue:
            place = queue.pop()
            for number, item in self.open(place):
                if item.target is None:
                    continue
                more = self.after(place, number) - found
                found |= more
                queue += more
                if len(found) > MAX_STANDS:
                    return None
        return frozenset(found)

    def _opened(self, stand: str) -> Iterator[tuple[int, Transition]]:
        for event in self._workflow.events:
            if event == CORRECT:
                continue
            for number, item in self._workflow.open_transitions(stand, event):
                if item.automatic:
                    continue
                yield number, item
                if item.when is None:
                    break  # what stands behind it is never tried

    def led(self, stand: str, number: int) -> set[str]:
        """Where a transition itself leads, whatever is remembered."""
        item = self._workflow.transitions[number]
        first = self._machine.after(stand, number)
        found = {first}
        if item.target is None or first == stand:
            return found
        before = set(self._workflow.active(stand))
        for name in reversed(self._workflow.active(first)):
            state = self._workflow.state_by_name[name]
            if state.history and name not in before and not item.target.startswith(f"{name}."):
                inner = list(islice(self._inside(name), MAX_STANDS))
                found |= {
                    self._machine.back_in(place, name, SEPARATOR.join(leaves))
                    for place in list(found)
                    for leaves in inner
                }
        return found

    def _inside(self, name: str) -> Iterator[tuple[str, ...]]:
        """The ways in which a case may stand inside a state."""
        children = self._workflow.inside.get(name, ())
        if not children:
            yield (name,)
        elif self._workflow.state_by_name[name].parallel:
            for rows in product(*(tuple(self._inside(child.name)) for child in children)):
                yield tuple(leaf for row in rows for leaf in row)
        else:
            for child in children:
                yield from self._inside(child.name)

    def _through(self, stand: str) -> frozenset[str]:
        """A place and those to which automatic steps may lead from it."""
        known = self._settled.get(stand)
        if known is not None:
            return known
        found, queue = {stand}, [stand]
        while queue and len(found) <= MAX_STANDS:
            place = queue.pop()
            for _, after in self.automatic(place):
                if after not in found:
                    found.add(after)
                    queue.append(after)
        known = self._settled[stand] = frozenset(found)
        return known


_known: Final[dict[str, Stands]] = {}


def stands_of(workflow: Workflow) -> Stands:
    """The places of a workflow; each is asked for only once."""
    known = _known.get(workflow.hash)
    if known is None:
        if len(_known) >= MAX_KNOWN:
            _known.clear()
        known = _known[workflow.hash] = Stands(workflow)
    return known
