"""What children answer: any answer may come at any time, but none that contradicts another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from wirflow.definition.field import LinkedField

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from wirflow.definition.model import Workflow

KIDS: Final = "children_"
"""The linked case that answers for all children; no link of an author ends in `_`."""

_SIZE: Final = re.compile(r"size\(\s*(?P<group>\w+)\s*\)")
_ASKS: Final = re.compile(
    r"(?P<group>\w+)\s*\.\s*(?P<way>all|exists|count)\s*\(\s*(?P<name>\w+)\s*,(?P<of>.*)\)", re.DOTALL
)
_STANDS: Final = re.compile(r"""_\.state == (?P<quote>["'])\w+(?P=quote)""")
MAX_PARTS: Final = 4
"""States in which children are counted, of which it is asked whether they are too many together."""


@dataclass(frozen=True, slots=True)
class Question(LinkedField):
    """A question about children, as a fact of the case that answers for them."""

    words: str = ""
    """The question as its author wrote it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, taken apart."""

    name: str
    """The dotted name of its answer."""
    group: str
    way: str
    """`all`, `exists` or `count`."""
    of: str
    """What is asked of each; the child is called `_`."""


def laws(workflow: Workflow, names: Collection[str]) -> tuple[str, ...]:
    """Expressions that hold of all answers about the same children, for the answers among some dotted names.

    A part is not more than the whole, children in different states together are not, and
    if all are something, as many are it as there are.
    """
    link = workflow.link_by_name.get(KIDS)
    sizes: dict[str, str] = {}
    asked: list[_Asked] = []
    for item in link.fields if link else ():
        name, words = f"{KIDS}.{item.name}", item.words if isinstance(item, Question) else ""
        if name not in names:
            continue
        if found := _SIZE.fullmatch(words):
            sizes[found["group"]] = name
        elif found := _ASKS.fullmatch(words):
            of = re.sub(rf"\b{found['name']}\.", "_.", found["of"]).strip()
            asked.append(_Asked(name, found["group"], found["way"], of))
    return (
        *(_if((size,), f"{size} >= 0") for size in sizes.values()),
        *(law for row in asked for law in _of_one(row, sizes.get(row.group))),
        *(law for one in asked for other in asked for law in _of_two(one, other, sizes.get(one.group))),
        *(law for group, size in sizes.items() for law in _of_parts(group, size, asked)),
    )


def _of_one(row: _Asked, size: str | None) -> Iterator[str]:
    """How one answer fits to how many there are."""
    if row.way == "count":
        yield _if((row.name,), f"{row.name} >= 0")
    if size and row.way == "count":
        yield _if((row.name, size), f"{row.name} <= {size}")
    elif size:
        # Of none, everything is true of all, and nothing of one.
        yield _if((row.name, size), f"{size} != 0 || {'' if row.way == 'all' else '!'}{row.name}")


def _of_two(one: _Asked, count: _Asked, size: str | None) -> Iterator[str]:
    """How `all` and `exists` fit to the count of the same."""
    if count.way != "count" or (one.group, one.of) != (count.group, count.of):
        return
    if one.way == "exists":
        yield _if((one.name, count.name), f"{one.name} == ({count.name} > 0)")
    elif one.way == "all" and size:
        yield _if((one.name, count.name, size), f"{one.name} == ({count.name} == {size})")


def _of_parts(group: str, size: str, asked: Sequence[_Asked]) -> Iterator[str]:
    """Children in different states are different children."""
    rows = {row.of: row.name for row in asked if (row.group, row.way) == (group, "count")}
    parts = [name for of, name in rows.items() if _STANDS.fullmatch(of)]
    for number in range(2, min(len(parts), MAX_PARTS) + 1):
        for some in combinations(parts, number):
            yield _if((*some, size), f"{' + '.join(some)} <= {size}")


def _if(names: Sequence[str], law: str) -> str:
    """A law about answers that are there."""
    return " || ".join([*(f"!has({name})" for name in names), f"({law})"])
