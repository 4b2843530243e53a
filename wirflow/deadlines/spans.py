"""Civil dates moved by periods: months by number, days by count, hours as they pass."""

from __future__ import annotations

from calendar import isleap
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wirflow.deadlines.period import Period

_LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LEAP_LENGTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def month_length(year: int, month: int) -> int:
    """How many days a month has."""
    return (_LEAP_LENGTHS if isleap(year) else _LENGTHS)[month - 1]


def add_months(day: date, months: int) -> date:
    """The day with the same number so many months later, or that month's last day (§ 188 (3) BGB)."""
    year, index = divmod(day.year * 12 + day.month - 1 + months, 12)
    length = (_LEAP_LENGTHS if isleap(year) else _LENGTHS)[index]
    return date(year, index + 1, min(day.day, length))


def shift(day: date, period: Period) -> date:
    """A day moved by a period: months first, then days; into the past if the period counts back."""
    months, days = period.total_months, period.total_days
    if period.back:
        months, days = -months, -days
    if months:
        day = add_months(day, months)
    return day + timedelta(days=days) if days else day


def hours_end(day: date, at: time, hours: int, zone: str = "Europe/Berlin") -> datetime:
    """When a period by hours ends: hours that really pass, also when clocks change (§ 31 (6) VwVfG)."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - few deadlines count hours, none else needs time zones

    start = datetime.combine(day, at, ZoneInfo(zone))
    return (start.astimezone(ZoneInfo("UTC")) + timedelta(hours=hours)).astimezone(ZoneInfo(zone))
