"""100,000 timers due at one instant among 1,000,000 open cases, with one worker and with several.

And the wake-up before it: all those timers armed, none of them due.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from tests.benchmarks import million
from tests.benchmarks.crew import Crew
from tests.benchmarks.hands import OurDrain, RawDrain, batch_size
from tests.benchmarks.place import Place, connect, engine, mark, place
from tests.benchmarks.result import QUICK, ROUNDS, Result, by_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CASES = int(os.environ.get("BENCH_CASES", "20000" if QUICK else "1000000"))
EACH = CASES // million.SLICES

WORKERS = {"sqlite": [[1]], "postgresql": [[1, 2], [4]]}
"""How many workers share the work; each group takes its slices from one copy of the database."""

WAKE_UPS = 200


def measure() -> Iterator[Result]:
    """Timers per second, and wake-ups per second, on both databases."""
    for database, groups in WORKERS.items():
        with place(database) as where:
            base = where.fresh("base")
            million.build(base, CASES)
            yield _wake_up(where.name, base)
            for group in groups:
                yield from _drain(where, base, group)


def _drain(where: Place, base: str, group: Sequence[int]) -> Iterator[Result]:
    ours_at, raw_at = where.copy(base, "ours"), where.copy(base, "raw")
    first = 0
    for workers in group:
        yield _compare(where.name, ours_at, raw_at, workers, first)
        first += ROUNDS
    where.drop(ours_at)
    where.drop(raw_at)


def _compare(database: str, ours_at: str, raw_at: str, workers: int, first: int) -> Result:
    ours, raw = Crew(workers, OurDrain, ours_at, EACH), Crew(workers, RawDrain, raw_at, EACH)
    memory: list[float] = []

    def drain(turn: int) -> float:
        seconds = ours.round(first + turn)
        memory.append(ours.memory())
        return EACH / seconds

    own, bare = by_turns(drain, lambda turn: EACH / raw.round(first + turn, ours_at))
    ours.close()
    raw.close()
    more = {
        "timers": EACH,
        "cases": CASES,
        "batch": batch_size(),
        "memory_mb": round(memory[-1]),
        "memory_mb_after_first_round": round(memory[0]),
    }
    return Result("mass_deadline", database, workers, own, bare, more)


def _wake_up(database: str, url: str) -> Result:
    """Ours looks whether anything is due, the raw side asks the same of the same index."""
    worker = engine(url)
    connection = connect(url)
    place_ = mark(url)
    statement = (
        "SELECT id, case_id, due_at FROM timers WHERE status = 'armed'"
        f" AND due_at <= {place_} ORDER BY due_at, id LIMIT {batch_size()}"
    )
    given = ("2021-01-04T09:00:00.000000Z",)
    assert worker.drain().all == 0

    def rate(wake: Callable[[], object]) -> float:
        start = time.perf_counter()
        for _ in range(WAKE_UPS):
            wake()
        return WAKE_UPS / (time.perf_counter() - start)

    own, bare = by_turns(
        lambda _turn: rate(worker.drain),
        lambda _turn: rate(lambda: connection.execute(statement, given).fetchall()),
    )
    worker.database.close()
    connection.close()
    milliseconds = {"ms": round(1000 / own, 3), "raw_ms": round(1000 / bare, 3)}
    return Result("wake_up", database, 1, own, bare, {"armed": CASES, **milliseconds})
