"""How many deadlines a second one process computes, against bare date arithmetic.

Run it alone with `python tests/benchmarks/bench_deadlines.py`; `make bench`
calls `measure`.  The aim is 100,000 a second for the common rules.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tests.benchmarks.result import ROUNDS, Result
from wirflow.deadlines import LANDS, compute

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 50_000
COMMON = (
    ("vwvfg-31", "P2W"),
    ("vwvfg-31", "P1M"),
    ("vwvfg-41-2", None),
    ("vwgo-74", None),
    ("bgb-188-start", "P2Y"),
)
FIRST = date(1995, 1, 1)
SPREAD = 18_000
"""Days over which the events are spread: fifty years, so that every year is cached once."""


def measure() -> list[Result]:
    """Deadlines per second for each common rule, and the raw limit of adding days to dates."""
    starts = [FIRST + timedelta(days=number * 7919 % SPREAD) for number in range(COUNT)]
    lands = [LANDS[number % len(LANDS)] for number in range(COUNT)]
    raw = _per_second(lambda: [start + timedelta(days=14) for start in starts])
    rows: list[Result] = []
    for rule, period in COMMON:

        def work(rule: str = rule, period: str | None = period) -> object:
            return [
                compute(rule, start, period, land=land) for start, land in zip(starts, lands, strict=True)
            ]

        work()
        name = f"deadline {rule}" + (f" {period}" if period else "")
        rows.append(Result(name, None, 1, _per_second(work), raw))
    return rows


def _per_second(work: Callable[[], object]) -> float:
    """The median of several runs."""
    return COUNT / statistics.median(_seconds(work) for _ in range(ROUNDS))


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    json.dump([result.to_json() for result in measure()], sys.stdout, indent=2)
    sys.stdout.write("\n")
