"""The only place that reads time; everywhere else `now` is an argument."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from time import monotonic
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Something that knows what time it is."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that may


class VirtualClock:
    """A clock that stands still until it is moved: for tests, simulation and practice offices."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The instant to which the clock was last set, in UTC."""
        return self._now

    def set(self, instant: datetime) -> None:
        """Move to an instant, forwards or backwards."""
        self._now = instant.astimezone(UTC)


def stopwatch() -> float:
    """Seconds since some moment, which no setting of the machine's clock moves: to measure how long."""
    return monotonic()


@lru_cache(maxsize=4096)
def start_of_day(day: date, zone: str) -> datetime:
    """The instant, in UTC, at which a civil date begins in a time zone."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


@lru_cache(maxsize=4096)
def end_of_day(day: date, zone: str) -> datetime:
    """The instant, in UTC, at which a civil date is over: the next midnight of the zone.

    31 December 9999, by which offices mean "without end", has none; it ends with its last microsecond.
    """
    if day == date.max:
        try:
            return datetime.combine(day, time.max, ZoneInfo(zone)).astimezone(UTC)
        except OverflowError:  # west of Greenwich
            return datetime.max.replace(tzinfo=UTC)
    return start_of_day(day + timedelta(days=1), zone)


@lru_cache(maxsize=4096)
def civil_date(instant: datetime, zone: str) -> date:
    """The civil date on which an instant falls in a time zone."""
    return instant.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=4096)
def stamp(instant: datetime) -> str:
    """An instant as the database and the trail write it: UTC, six decimals, so that text sorts as time."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


@lru_cache(maxsize=4096)
def unstamp(text: str) -> datetime:
    """The instant that `stamp` wrote."""
    return datetime.fromisoformat(text)
