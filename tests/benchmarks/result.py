"""One measured work, as a ratio to the raw limit that was taken in the same run."""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
"""How often each work is measured; its median counts."""

QUICK = bool(os.environ.get("BENCH_QUICK"))
"""A small run, to see that it works: fewer cases and fewer events, no figures worth keeping."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured: medians of `ROUNDS` rounds, ours and the raw limit's taken by turns."""

    work: str
    database: str | None
    workers: int
    per_second: float
    raw_per_second: float | None
    more: Mapping[str, object] = field(default_factory=dict)
    """What else is worth knowing: keys of `build/benchmark.json` beside those of the contract."""

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
            **self.more,
        }


def by_turns(ours: Callable[[int], float], raw: Callable[[int], float]) -> tuple[float, float]:
    """Ours and the raw limit by turns, so that both feel the same noise; the medians.

    Args:
        ours: does the work of a round and says how often per second.
        raw: the same, at the raw limit.
    """
    pairs = [(ours(number), raw(number)) for number in range(ROUNDS)]
    return statistics.median(own for own, _ in pairs), statistics.median(limit for _, limit in pairs)
