"""The arithmetic itself: from an event and a period to the last day, with or without a trace.

One piece of code finds the date and, when a list is handed in, writes down each
step of its way.  So an explanation cannot say anything but what was computed.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Final

from wirflow.deadlines import telling
from wirflow.deadlines.facts import NO_FACTS
from wirflow.deadlines.spans import add_months, hours_end, month_length, shift
from wirflow.errors import DeadlineError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from wirflow.deadlines.case import Case, Step
    from wirflow.deadlines.period import Period

_DAY: Final = timedelta(days=1)
_EU_MINIMUM: Final = 2
_MIDDLE: Final = 15
_KNOWN_DAYS: Final = 3
"""Days to register after learning of the end (§ 38 (1) sentence 2 SGB III)."""


def reckon(start: date, case: Case, trace: list[Step] | None = None) -> tuple[date, date]:
    """The raw end of a period and the day on which it is due.

    Args:
        start: The day of the event.
        case: Rule, period, calendar and facts.
        trace: A list that takes the steps, or None if nobody asks for them.

    Raises:
        DeadlineError: the result lies outside the calendar.
    """
    rule = case.rule
    if trace is not None:
        trace.append(telling.event_step(rule, start, case.period))
        trace.extend(telling.part_steps(rule, start, case.period))
    try:
        if case.delivery is not None:
            start = _delivered(start, case.delivery, trace)
        raw = shift(start, case.period) if rule.count == "after" else _COUNTS[rule.count](start, case, trace)
        if trace is not None:
            trace.append(telling.raw_step(start, raw, case))
        counted = raw
        if case.facts is not NO_FACTS:
            raw = _overruled(raw, case, trace)
        due = raw
        # What is counted back does not move, unless a fact put another day in its place.
        if rule.roll == "next" and not case.facts.named_day and (not case.period.back or raw != counted):
            due = case.calendar.next_working_day(raw)
        rolled = due
        if rule.count == "eu":
            due = _two_working_days(start, rolled, case)
    except (ValueError, OverflowError) as error:
        raise DeadlineError(
            Text("Die Frist endet außerhalb des Kalenders.", "The period ends outside the calendar."),
            hint=Text("Daten reichen vom Jahr 1 bis zum Jahr 9999.", "Dates reach from the year 1 to 9999."),
        ) from error
    if trace is not None:
        telling.close(trace, raw, rolled, case)
        if due != rolled:
            telling.lengthen(trace, rolled, due, case)
    return raw, due


def _delivered(posted: date, delivery: Case, trace: list[Step] | None) -> date:
    """The day on which a decision is announced, by the rule of delivery or as the facts say."""
    announced = delivery.facts.announced_on
    if announced is not None:
        if trace is not None:
            trace.append(telling.announced_step(announced))
        return announced
    presumed = shift(posted, delivery.period)
    if trace is not None:
        trace.append(telling.raw_step(posted, presumed, delivery)._replace(kind="announced"))
    return _overruled(presumed, delivery, trace)


def _overruled(raw: date, case: Case, trace: list[Step] | None) -> date:
    """The end as a fact of the case changes it, in the rules that know the fact."""
    facts, law = case.facts, case.version.law
    if facts.received_on is not None and case.rule.outcome is not None and facts.received_on > raw:
        raw = facts.received_on
        if trace is not None:
            trace.append(telling.received_step(raw, law))
    if facts.known_on is not None and facts.known_on > raw:
        raw = facts.known_on + timedelta(days=_KNOWN_DAYS)
        if trace is not None:
            trace.append(telling.known_step(raw, law))
    # What the award says wins: with a period of its own, the sixth month is no limit.
    if facts.award_ends is not None and case.period == case.version.period:
        latest = _last_month_end(facts.award_ends, case.period)
        if latest < raw:
            raw = latest
            if trace is not None:
                trace.append(telling.capped_step(raw, law))
    return raw


def _last_month_end(day: date, period: Period) -> date:
    """The end of the last month of a period that follows a day."""
    month = add_months(day.replace(day=1), period.total_months)
    return month.replace(day=month_length(month.year, month.month))


# --- ways of counting other than § 187 (1) BGB --------------------------------


def _count_from(start: date, case: Case, _trace: list[Step] | None) -> date:
    """§ 187 (2): the first day counts, so the end lies one day before the same day.

    If that day is missing in the last month, its last day ends the period: from
    31 January one month ends on 28 February, not on the 27th (§ 188 (2), (3) BGB).
    """
    period = case.period
    if not period.total_months:
        return start + timedelta(days=period.total_days - 1)
    if start.day == 1:
        end = add_months(start, period.total_months) - _DAY
    else:
        end = add_months(start - _DAY, period.total_months)
    return end + timedelta(days=period.total_days)


def _count_back(start: date, case: Case, _trace: list[Step] | None) -> date:
    """So many full days lie between: neither the event's day nor the due day counts."""
    return add_months(start, -case.period.total_months) - timedelta(days=case.period.total_days + 1)


def _count_day(start: date, _case: Case, _trace: list[Step] | None) -> date:
    return start


def _count_year_end(start: date, case: Case, trace: list[Step] | None) -> date:
    end = date(start.year, 12, 31)
    if trace is not None:
        trace.append(telling.year_end_step(end))
    return shift(end, case.period)


def _count_days_191(start: date, case: Case, _trace: list[Step] | None) -> date:
    """§ 191: days of a month or year that need not be contiguous; days of a break do not count."""
    counted = start
    end = start + timedelta(days=case.period.contiguous_days)
    for first, last in sorted(case.facts.suspended):
        # Days before the event or in an earlier break do not suspend anything once more.
        first_lost = max(first, counted + _DAY)
        if first_lost <= last and first_lost <= end:
            end += last - first_lost + _DAY
            counted = last
    return end


def _count_month_start(start: date, _case: Case, _trace: list[Step] | None) -> date:
    return start.replace(day=1)


def _count_month_middle(start: date, _case: Case, _trace: list[Step] | None) -> date:
    return start.replace(day=_MIDDLE)


def _count_month_end(start: date, _case: Case, _trace: list[Step] | None) -> date:
    return start.replace(day=month_length(start.year, start.month))


def _count_hours(start: date, case: Case, _trace: list[Step] | None) -> date:
    return hours_end(start, case.facts.at or time(), case.period.hours).date()


def _count_working_days(start: date, case: Case, _trace: list[Step] | None) -> date:
    """Only working days count; the event's day does not."""
    day, step = start, -_DAY if case.period.back else _DAY
    left = case.period.total_days
    while left:
        day += step
        left -= not case.calendar.is_day_off(day)
    return day


def _count_eu(start: date, case: Case, _trace: list[Step] | None) -> date:
    return shift(start, case.period)


def _two_working_days(start: date, due: date, case: Case) -> date:
    """Any period of two days or more includes at least two working days (article 3 (5))."""
    period = case.period
    if period.back or not (period.total_months or period.total_days >= _EU_MINIMUM):
        return due
    working, day = 0, start
    while day < due and working < _EU_MINIMUM:
        day += _DAY
        working += not case.calendar.is_day_off(day)
    return due if working == _EU_MINIMUM else case.calendar.next_working_day(due + _DAY)


_COUNTS: Final[dict[str, Callable[[date, Case, list[Step] | None], date]]] = {
    "from": _count_from,
    "back": _count_back,
    "day": _count_day,
    "year-end": _count_year_end,
    "days-191": _count_days_191,
    "month-start": _count_month_start,
    "month-middle": _count_month_middle,
    "month-end": _count_month_end,
    "hours": _count_hours,
    "working-days": _count_working_days,
    "eu": _count_eu,
}
