"""How far a backlog is caught up, how fast, and how long the rest will take.

Several workers may be at it: what the others do makes the rest smaller, so the
rest is counted in the database, and the speed is that of all of them together.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

RECOUNT_SECONDS: Final = 2.0
"""How often the rest is counted: between two counts it is reckoned from what this worker does."""

WINDOW_SECONDS: Final = 30.0
"""Over which time the speed is taken: long enough to be steady, short enough to follow a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a backlog is at one moment."""

    done: int
    """Timers that this worker has dealt with."""
    left: int
    """Timers that are still due, whoever fires them."""
    rate: float | None
    """Timers per second, by all workers together; None: not known yet."""

    @property
    def total(self) -> int:
        """This worker's share as it looks now: it shrinks by what others do."""
        return self.done + self.left

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take at this speed; None: not known."""
        if self.left == 0:
            return 0.0
        return self.left / self.rate if self.rate else None

    @property
    def percent(self) -> int:
        """How much of this worker's share is done, rounded down: 100 means all of it."""
        return 100 if self.left == 0 else min(99, 100 * self.done // self.total)

    def json(self) -> dict[str, Any]:
        """As a log line says it."""
        rate, rest = self.rate, self.seconds_left
        return {
            "done": self.done,
            "left": self.left,
            "percent": self.percent,
            "per_second": None if rate is None else round(rate, 1),
            "seconds_left": None if rest is None else round(rest),
        }


class Backlog:
    """Follows one backlog from its first batch to its end."""

    def __init__(self, due: int, *, count: Callable[[], int], seconds: Callable[[], float]) -> None:
        """Begin.

        Args:
            due: how many timers are due now.
            count: counts them anew.
            seconds: a stopwatch.
        """
        self._count = count
        self._seconds = seconds
        self._done = 0
        self._left = due
        self._counted_at = seconds()
        self._counts: deque[tuple[float, int]] = deque([(self._counted_at, due)])

    def now(self, done: int) -> Progress:
        """How far it is, after so many timers of this worker's own."""
        moment = self._seconds()
        self._left = max(0, self._left - (done - self._done))
        self._done = done
        if moment - self._counted_at >= RECOUNT_SECONDS:
            self._left = self._count()
            self._counted_at = moment
            self._counts.append((moment, self._left))
            while moment - self._counts[0][0] > WINDOW_SECONDS and len(self._counts) > 2:  # noqa: PLR2004 - two make a speed
                self._counts.popleft()
        return Progress(done=done, left=self._left, rate=self._rate(moment))

    def over(self, done: int) -> Progress:
        """The end: nothing is due any more, and what was left is done, too."""
        done += max(0, self._left - (done - self._done))
        self._left = 0
        return Progress(done=done, left=0, rate=self._rate(self._seconds()))

    def _rate(self, moment: float) -> float | None:
        since, left = self._counts[0]
        passed = moment - since
        fewer = left - self._left
        return fewer / passed if passed > 0 and fewer > 0 else None
