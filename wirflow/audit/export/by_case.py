"""Entries case by case, for the formats that tell one case after the other."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wirflow.audit.entry import Entry


def by_case(entries: Iterable[Entry]) -> Iterator[tuple[str, Iterator[Entry]]]:
    """Each case with its entries, without holding more than one entry in memory.

    Args:
        entries: Sorted by case; within a case by number.

    Raises:
        ValueError: A case comes back after another one: the entries are not sorted.
    """
    done: set[str] = set()
    for case, group in groupby(entries, key=lambda entry: entry.case):
        if case in done:
            msg = f"entries must come case by case, but {case!r} comes back"
            raise ValueError(msg)
        done.add(case)
        yield case, group
