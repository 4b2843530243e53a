"""Choosing facts so that conditions hold: backtracking over the few values that matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

from wirflow.definition.values import Value
from wirflow.proof.oracle import Oracle

FULL: Final = 24
"""As many combinations are all tried, as a rule; of more, each value is tried at least once."""
MAX_ASKED: Final = 4_000
"""How often expressions are asked before a search for one solution is given up."""

Choice = Value | None
"""A value, or None: absent, not given, not linked."""

Condition = tuple[str, bool]
"""An expression and what it has to say; what cannot be known says no."""


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that may be chosen."""

    kind: str
    """`in`: given with the event; `own` and `link`: of the start; `far`: of a linked case."""
    name: str
    candidates: tuple[Choice, ...]
    live: bool
    """Its value may matter later."""


Assignment = dict[tuple[str, str], Choice]


class GivenUpError(Exception):
    """The search asked too often."""


@dataclass(slots=True)
class Solver:
    """Finds values for variables under which conditions hold."""

    oracle: Oracle
    base: Mapping[str, Value]
    """What is known: dotted names → values."""
    variables: Sequence[Variable]
    conditions: Sequence[Condition]
    key_of: Callable[[str], str]
    """The key of the case behind a link."""
    full: int = FULL
    """As many combinations are all tried."""
    sampled: bool = False
    """Not all combinations were tried."""
    gave_up: bool = False
    """Some solution may have been missed."""
    asked: int = 0
    _wanted: list[tuple[str, str]] | None = None

    def any(self) -> Assignment | None:
        """One solution, or None if there is none.

        Raises:
            GivenUpError: it asked too often.
        """
        self.asked = 0
        return self._first(self._ordered(self.variables), dict(self.base), {}, 0)

    def all(self) -> Iterator[Assignment]:
        """The solutions that differ in what may matter later: all of them, or at least each value once."""
        live = [item for item in self.variables if item.live and len(item.candidates) > 1]
        dead = [item for item in self.variables if item not in live]
        if prod(len(item.candidates) for item in live) <= self.full:
            self.asked = 0
            try:
                yield from self._every(live, dead)
            except GivenUpError:
                self.sampled = self.gave_up = True
            return
        self.sampled = True
        seen: set[tuple[object, ...]] = set()
        for item in live:
            for value in item.candidates:
                if any((item.kind, item.name, value) in one for one in seen):
                    continue
                fixed = Variable(item.kind, item.name, (value,), live=True)
                rest = [other for other in self.variables if other is not item]
                self.asked = 0
                try:
                    found = self._first(self._ordered([fixed, *rest]), dict(self.base), {}, 0)
                except GivenUpError:
                    self.gave_up = True
                    continue
                if found is None:
                    continue
                row = tuple((kind, name, choice) for (kind, name), choice in found.items())
                seen.add(row)
                yield found

    # -- inside ------------------------------------------------------------------------

    def _every(self, live: Sequence[Variable], dead: Sequence[Variable]) -> Iterator[Assignment]:
        order = self._ordered(live)
        tail = self._ordered(dead, before=order)
        checks = self._checks([*order, *tail])

        def down(index: int, facts: dict[str, Value], chosen: Assignment) -> Iterator[Assignment]:
            if not self._hold(checks[index], facts):
                return
            if index == len(order):
                found = self._descend([*order, *tail], checks, index, facts, chosen)
                if found is not None:
                    yield found
                return
            for value in self._candidates(order[index], facts):
                yield from down(index + 1, *self._with(order[index], value, facts, chosen))

        yield from down(0, dict(self.base), {})

    def _first(
        self, order: Sequence[Variable], facts: dict[str, Value], chosen: Assignment, index: int
    ) -> Assignment | None:
        checks = self._checks(order)
        if not self._hold(checks[0], facts):
            return None
        return self._descend(order, checks, index, facts, chosen)

    def _descend(
        self,
        order: Sequence[Variable],
        checks: Sequence[Sequence[Condition]],
        index: int,
        facts: dict[str, Value],
        chosen: Assignment,
    ) -> Assignment | None:
        if index == len(order):
            return chosen
        for value in self._candidates(order[index], facts):
            more, picked = self._with(order[index], value, facts, chosen)
            if self._hold(checks[index + 1], more):
                found = self._descend(order, checks, index + 1, more, picked)
                if found is not None:
                    return found
        return None

    def _candidates(self, item: Variable, facts: Mapping[str, Value]) -> Sequence[Choice]:
        if item.kind == "far" and item.name.partition(".")[0] not in facts:
            return (None,)
        return item.candidates

    def _with(
        self, item: Variable, value: Choice, facts: dict[str, Value], chosen: Assignment
    ) -> tuple[dict[str, Value], Assignment]:
        picked = {**chosen, (item.kind, item.name): value}
        if value is None:
            return facts, picked
        facts = dict(facts)
        if item.kind == "own":
            facts[f"old.{item.name}"] = value
            if picked.get(("in", item.name)) is None:
                facts[item.name] = value
        elif item.kind == "link":
            facts[item.name] = True
            facts[f"{item.name}.key"] = self.key_of(item.name)
        else:
            facts[item.name] = value
        return facts, picked

    def _hold(self, checks: Sequence[Condition], facts: Mapping[str, Value]) -> bool:
        for text, wanted in checks:
            self.asked += 1
            if self.asked > MAX_ASKED:
                raise GivenUpError
            if (self.oracle.ask(text, facts) is True) != wanted:
                return False
        return True

    def _needs(self, text: str, names: Mapping[tuple[str, str], int]) -> int:
        """The place in the order after which an expression can be asked."""
        last = 0
        for name in self.oracle.names(text):
            bare = name.removeprefix("old.")
            for key in (("own", bare), ("in", name), ("far", name), ("link", name.partition(".")[0])):
                if key in names:
                    last = max(last, names[key] + 1)
        return last

    def _checks(self, order: Sequence[Variable]) -> list[list[Condition]]:
        """For each place in the order, the conditions that can be asked once all before it are chosen."""
        names = {(item.kind, item.name): place for place, item in enumerate(order)}
        checks: list[list[Condition]] = [[] for _ in range(len(order) + 1)]
        for text, wanted in self.conditions:
            checks[self._needs(text, names)].append((text, wanted))
        return checks

    def _ordered(self, items: Sequence[Variable], before: Sequence[Variable] = ()) -> list[Variable]:
        """Variables in an order in which conditions can be asked early; a link before what lies behind it."""
        known = {(item.kind, item.name): item for item in items}
        placed = {(item.kind, item.name) for item in before}
        order: list[Variable] = []
        if self._wanted is None:
            rows = [self._keys(text) for text, _ in self.conditions]
            links = [("link", item.name) for item in self.variables if item.kind == "link"]
            self._wanted = [*links, *(key for row in sorted(rows, key=len) for key in row)]
        for key in self._wanted:
            if key in known and key not in placed:
                placed.add(key)
                order.append(known[key])
        order += [item for key, item in known.items() if key not in placed]
        return order

    def _keys(self, text: str) -> list[tuple[str, str]]:
        """The variables that an expression may read."""
        known = {(item.kind, item.name) for item in self.variables}
        found = []
        for name in self.oracle.names(text):
            bare = name.removeprefix("old.")
            rows = (("link", name.partition(".")[0]), ("in", name), ("own", bare), ("far", name))
            found += [key for key in rows if key in known]
        return found
