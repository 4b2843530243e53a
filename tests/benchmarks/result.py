"""One measured work, as a ratio to the raw limit that was taken in the same run."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured: medians of `ROUNDS` rounds, ours and the raw limit's taken by turns."""

    work: str
    database: str | None
    workers: int
    per_second: float
    raw_per_second: float | None

    @property
    def ratio(self) -> float | None:
        """Ours to the raw limit's; None where there is no raw limit."""
        return self.per_second / self.raw_per_second if self.raw_per_second else None

    def to_json(self) -> dict[str, object]:
        """The keys of `build/benchmark.json`."""
        return {
            "work": self.work,
            "database": self.database,
            "workers": self.workers,
            "per_second": round(self.per_second, 1),
            "raw_per_second": round(self.raw_per_second, 1) if self.raw_per_second else None,
            "ratio": round(self.ratio, 3) if self.ratio else None,
        }


def rate(times: int, work: Callable[[], object]) -> float:
    """How often per second, if `work` does it `times` times."""
    start = time.perf_counter()
    work()
    return times / (time.perf_counter() - start)


def by_turns(times: int, ours: Callable[[], object], raw: Callable[[], object]) -> tuple[float, float]:
    """Ours and the raw limit by turns, so that both feel the same noise; the medians."""
    pairs = [(rate(times, ours), rate(times, raw)) for _ in range(ROUNDS)]
    return statistics.median(own for own, _ in pairs), statistics.median(limit for _, limit in pairs)
