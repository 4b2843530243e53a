"""One event, one durable transaction: `engine.submit` against the raw driver writing the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks import million
from tests.benchmarks.crew import Crew
from tests.benchmarks.hands import OurEvents, RawEvents
from tests.benchmarks.place import Place, place
from tests.benchmarks.result import QUICK, Result, by_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = 1000
EVENTS = {("sqlite", 1): 1500, ("postgresql", 1): 500, ("postgresql", 8): 200}
"""Events of each connection in a round."""


def measure() -> Iterator[Result]:
    """Events per second through the engine, and the raw limit."""
    for database in ("sqlite", "postgresql"):
        with place(database) as where:
            base = where.fresh("base")
            million.build(base, CASES)
            for (name, workers), events in EVENTS.items():
                if name == database:
                    yield _compare(where, base, workers, events // 10 if QUICK else events)


def _compare(where: Place, base: str, workers: int, events: int) -> Result:
    ours_at, raw_at = where.copy(base, "ours"), where.copy(base, "raw")
    ours = Crew(workers, OurEvents, ours_at, events)
    raw = Crew(workers, RawEvents, raw_at, events)
    count = workers * events
    ours.round("warm")
    own, bare = by_turns(lambda turn: count / ours.round(turn), lambda _turn: count / raw.round(ours_at))
    ours.close()
    raw.close()
    where.drop(ours_at)
    where.drop(raw_at)
    return Result("event", where.name, workers, own, bare)
