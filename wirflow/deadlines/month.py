"""A small month calendar of a deadline, as data for whoever draws it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from wirflow.deadlines.catalogue import Catalogue
from wirflow.deadlines.spans import add_months, month_length
from wirflow.deadlines.telling import month_name
from wirflow.deadlines.workdays import FIRST_YEAR, LAST_YEAR, WEEKEND
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.deadlines.deadline import Deadline
    from wirflow.deadlines.workdays import Calendar

Mark = Literal["", "period", "weekend", "holiday", "step", "event", "skipped", "due"]
"""What a day is in the calendar; of several the last of this list counts.

`period` is a day on which the period runs, `step` one that the derivation names
(announcement, raw end), `skipped` a day off over which the end was moved.
"""


@dataclass(frozen=True, slots=True)
class MonthDay:
    """One day of a month calendar: what it is, and why."""

    date: date
    mark: Mark
    why: Text | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """One month, week by week from Monday to Sunday; None where a week lies outside the month."""

    year: int
    month: int
    title: Text
    weeks: tuple[tuple[MonthDay | None, ...], ...]


def month_calendar(
    deadline: Deadline, *, catalogue: Catalogue | None = None, every: bool = False
) -> tuple[Month, ...]:
    """The months of a deadline, in order.

    Args:
        deadline: The deadline to show.
        catalogue: Where days off come from; the shipped one by default.
        every: Show the months between, too; else only those in which something happens.
    """
    calendar = (catalogue or Catalogue.default()).calendar(deadline.land)
    steps = {step.date: step.why for step in deadline.steps}
    first, last = min(steps), max(steps)
    named = {(day.year, day.month) for day in steps}
    months = []
    month = first.replace(day=1)
    while month <= last:
        if every or (month.year, month.month) in named:
            months.append(_month(month, deadline, calendar, steps))
        month = add_months(month, 1)
    return tuple(months)


def _month(first: date, deadline: Deadline, calendar: Calendar, steps: dict[date, Text]) -> Month:
    cells: list[MonthDay | None] = [None] * first.weekday()
    for offset in range(month_length(first.year, first.month)):
        day = first + timedelta(days=offset)
        off = calendar.day_off_reason(day) if FIRST_YEAR <= day.year <= LAST_YEAR else None
        mark = _mark(day, deadline, off, steps)
        cells.append(MonthDay(day, mark, off or steps.get(day)))
    cells += [None] * (-len(cells) % 7)
    weeks = tuple(tuple(cells[start : start + 7]) for start in range(0, len(cells), 7))
    return Month(first.year, first.month, month_name(first), weeks)


def _mark(day: date, deadline: Deadline, off: Text | None, steps: dict[date, Text]) -> Mark:
    if day == deadline.due:
        return "due"
    if off is not None and deadline.raw_end <= day < deadline.due:
        return "skipped"
    if day == deadline.start:
        return "event"
    if day in steps:
        return "step"
    if off is not None:
        return "weekend" if off in WEEKEND else "holiday"
    low, high = sorted((deadline.start, deadline.due))
    return "period" if low < day < high else ""
