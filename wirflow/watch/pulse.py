"""What a worker knows of itself: what it has done, how long it took, and when it last gave a sign of life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wirflow.clock import stamp, stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds by which the durations of batches are sorted."""

KINDS: Final = ("fired", "refused", "failed")
"""How timers end."""

ENDINGS: Final = ("sent", "retried", "unknown", "dead")
"""How attempts at a notice end."""


@dataclass(frozen=True, slots=True)
class Durations:
    """How long batches took: how many up to each bound, and all together."""

    counts: tuple[int, ...]
    """One for each of `BOUNDS` and one for what took longer; not cumulated."""
    total: float
    """Seconds of all of them."""


class Pulse:
    """The counters of one worker; written by one thread, read by any."""

    def __init__(self, *, seconds: Callable[[], float] = stopwatch) -> None:
        """Start at nothing; the start is a sign of life."""
        self._seconds = seconds
        self._alive_at = seconds()
        self._counts = [0] * (len(BOUNDS) + 1)
        self._total = 0.0
        self.timers = dict.fromkeys(KINDS, 0)
        """How many timers ended how."""
        self.notices = dict.fromkeys(ENDINGS, 0)
        """How many attempts at notices ended how."""
        self.beats = 0
        """Beats that went through."""
        self.broken_beats = 0
        """Beats that an error ended."""
        self.last_beat: datetime | None = None
        """When the last beat was through, by the office's clock."""
        self.last_error: str | None = None
        """What ended the last beat; None: it went well."""

    def alive(self) -> None:
        """A sign of life: something was done, or there was nothing to do."""
        self._alive_at = self._seconds()

    @property
    def silent_seconds(self) -> float:
        """How long ago the last sign of life was."""
        return self._seconds() - self._alive_at

    def batch(self, seconds: float, **ended: int) -> None:
        """Count a batch of timers.

        Args:
            seconds: how long it took.
            ended: how many of them were fired, refused, failed.
        """
        place = next((number for number, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))
        self._counts[place] += 1
        self._total += seconds
        for kind, count in ended.items():
            self.timers[kind] += count
        self.alive()

    def delivered(self, **ended: int) -> None:
        """Count attempts at notices by their endings."""
        for ending, count in ended.items():
            self.notices[ending] += count
        self.alive()

    def beat(self, at: datetime) -> None:
        """A beat is through."""
        self.beats += 1
        self.last_beat = at
        self.last_error = None
        self.alive()

    def broken(self, error: str) -> None:
        """A beat was ended by an error; that is no sign of life."""
        self.broken_beats += 1
        self.last_error = error

    @property
    def durations(self) -> Durations:
        """How long the batches took."""
        return Durations(tuple(self._counts), self._total)

    @property
    def last_beat_stamp(self) -> str | None:
        """The last beat as JSON says it."""
        return stamp(self.last_beat) if self.last_beat else None
