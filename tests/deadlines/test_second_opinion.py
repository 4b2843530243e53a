"""A plain second implementation, written from the text of the law and not from the first one.

It counts days one by one, knows the holidays from a table of its own and Easter
from another algorithm, and has to agree with the first everywhere.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from wirflow.deadlines import LANDS, PLACES, Calendar, Period, compute

DAY = timedelta(days=1)
SATURDAY = 5
WEST_AND_EAST = set(LANDS)
EAST = {"BB", "MV", "SN", "ST", "TH"}
EVER = (1900, 2200)

FIXED = [  # where, month and day, first and last year
    (WEST_AND_EAST, (1, 1), EVER),
    ({"BW", "BY", "BY-Augsburg", "BY-Katholisch", "ST"}, (1, 6), EVER),
    ({"BE"}, (3, 8), (2019, 2200)),
    ({"MV"}, (3, 8), (2023, 2200)),
    (WEST_AND_EAST, (5, 1), EVER),
    ({"BE"}, (5, 8), (2020, 2020)),
    ({"BE"}, (5, 8), (2025, 2025)),
    ({"BE"}, (6, 17), (2028, 2028)),
    ({"BY-Augsburg"}, (8, 8), EVER),
    ({"SL", "BY-Augsburg", "BY-Katholisch"}, (8, 15), EVER),
    ({"TH"}, (9, 20), (2019, 2200)),
    (WEST_AND_EAST, (10, 3), EVER),
    (EAST, (10, 31), EVER),
    (WEST_AND_EAST, (10, 31), (2017, 2017)),
    ({"HB", "HH", "NI", "SH"}, (10, 31), (2018, 2200)),
    ({"BW", "BY", "NW", "RP", "SL"}, (11, 1), EVER),
    (WEST_AND_EAST, (12, 25), EVER),
    (WEST_AND_EAST, (12, 26), EVER),
]
WITH_EASTER = [
    (WEST_AND_EAST, -2),
    (WEST_AND_EAST, 1),
    (WEST_AND_EAST, 39),
    (WEST_AND_EAST, 50),
    ({"BW", "BY", "HE", "NW", "RP", "SL", "SN-Katholisch", "TH-Katholisch"}, 60),
]


def easter(year: int) -> date:
    """Easter by the formula of Gauss in the form of Lichtenberg."""
    century = year // 100
    moon_shift = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    sun_shift = 2 - (3 * century + 3) // 4
    golden = year % 19
    seed = (19 * golden + moon_shift) % 30
    limit = (seed + golden // 11) // 29
    full_moon = 21 + seed - limit
    sunday = 7 - (year + year // 4 + sun_shift) % 7
    return date(year, 3, 1) + timedelta(days=full_moon + 7 - (full_moon - sunday) % 7 - 1)


def holidays(place: str, year: int) -> set[date]:
    """The statutory holidays of a place, without those that always fall on a Sunday."""
    mine = {place, place.partition("-")[0]}
    days = {
        date(year, *month_day)
        for where, month_day, (first, last) in FIXED
        if mine & where and first <= year <= last
    }
    days |= {easter(year) + timedelta(days=offset) for where, offset in WITH_EASTER if mine & where}
    if year <= 1994 or "SN" in mine:
        repentance = date(year, 11, 22)
        while repentance.weekday() != calendar.WEDNESDAY:
            repentance -= DAY
        days.add(repentance)
    return days


def is_off(place: str, day: date) -> bool:
    """Whether a day is a Saturday, a Sunday or a holiday."""
    return day.weekday() >= SATURDAY or day in holidays(place, day.year)


def same_number(year: int, month: int, number: int) -> date:
    """The day of that number in a month, or the last that the month has."""
    return max(day for day in days_of(year, month) if day.day <= number)


def days_of(year: int, month: int) -> list[date]:
    """All days of a month."""
    return [date(year, month, number) for number in range(1, calendar.monthrange(year, month)[1] + 1)]


def months_on(year: int, month: int, steps: int) -> tuple[int, int]:
    """The month so many months later or earlier, month by month."""
    for _ in range(abs(steps)):
        month += 1 if steps > 0 else -1
        if month == 13:
            year, month = year + 1, 1
        elif month == 0:
            year, month = year - 1, 12
    return year, month


def walk(day: date, days: int) -> date:
    """The day so many days later or earlier, day by day."""
    for _ in range(abs(days)):
        day += DAY if days > 0 else -DAY
    return day


def end_after(start: date, months: int, days: int) -> date:
    """§ 187 (1), § 188: the day of the same number in the last month, then day by day."""
    return walk(same_number(*months_on(start.year, start.month, months), start.day), days)


def end_from(start: date, months: int, days: int) -> date:
    """§ 187 (2), § 188: the day before the one of the same number; the last, if that one is missing."""
    if not months:
        return walk(start, days - 1)
    if start.day == 1:
        return walk(days_of(*months_on(start.year, start.month, months - 1))[-1], days)
    return walk(same_number(*months_on(start.year, start.month, months), start.day - 1), days)


def rolled(place: str, day: date) -> date:
    """§ 193: the first day from here that is no day off."""
    while is_off(place, day):
        day += DAY
    return day


def second_opinion(rule: str, start: date, months: int, days: int, place: str) -> date:
    """The due day by the text of the law."""
    if rule in {"bgb-188", "no-roll"}:
        return end_after(start, months, days)
    if rule in {"bgb-188-start", "vwvfg-31-4"}:
        return end_from(start, months, days)
    if rule in {"bgb-193", "vwvfg-31"}:
        end = end_after(start, months, days)
        return rolled(place, end) if months + days >= 0 else end
    posted_days = 3 if start < date(2025, 1, 1) else 4
    announced = walk(start, posted_days)
    if rule == "vwvfg-41-2":
        return announced
    return rolled(place, end_after(announced, 1, 0))


STARTS = st.dates(date(1990, 1, 1), date(2048, 12, 31))
MONTHS, DAYS = st.integers(0, 30), st.integers(0, 60)


@pytest.mark.parametrize("place", PLACES)
def test_both_know_the_same_days_off(place):
    """From 1990 to 2050 the working days of every place are those of the second table."""
    first = Calendar(place)
    for year in range(1990, 2051):
        found = {day for day in first.holidays(year) if day.weekday() < SATURDAY}
        assert found == {day for day in holidays(place, year) if day.weekday() < SATURDAY}, year


@given(start=STARTS, months=MONTHS, days=DAYS, place=st.sampled_from(PLACES))
@settings(max_examples=200)
def test_both_count_the_same_with_a_period(start, months, days, place):
    """With any period both implementations end on the same day."""
    period = Period(years=months // 12, months=months % 12, weeks=days // 7, days=days % 7)
    for rule in ("bgb-188", "no-roll", "bgb-193", "vwvfg-31"):
        found = compute(rule, start, period, land=place).due
        assert found == second_opinion(rule, start, months, days, place), rule
    if not period.empty:
        for rule in ("bgb-188-start", "vwvfg-31-4"):
            assert compute(rule, start, period, land=place).due == second_opinion(
                rule, start, months, days, place
            )


@given(start=STARTS, months=MONTHS, days=DAYS, place=st.sampled_from(PLACES))
def test_both_count_back_the_same(start, months, days, place):
    """What is counted back ends on the same day in both, and does not move."""
    period = Period(months=months, days=days, back=True)
    assert compute("no-roll", start, period, land=place).due == end_after(start, -months, -days)
    if not period.empty:
        assert compute("vwvfg-31", start, period, land=place).due == end_after(start, -months, -days)


@given(
    start=st.dates(date(2020, 1, 1), date(2020, 3, 1)),
    days=st.integers(1, 60),
    breaks=st.lists(st.tuples(st.dates(date(2020, 1, 1), date(2020, 6, 1)), st.integers(0, 20)), max_size=5),
)
def test_both_leave_out_the_days_of_a_break(start, days, breaks):
    """§ 191: counted day by day, the days of breaks left out, however the breaks overlap."""
    suspended = [(first, first + timedelta(days=length)) for first, length in breaks]
    day, left = start, days
    while left:
        day += DAY
        left -= not any(first <= day <= last for first, last in suspended)
    found = compute("bgb-191", start, Period(days=days), given={"suspended": suspended})
    assert found.due == day


@given(start=STARTS, place=st.sampled_from(PLACES))
@settings(max_examples=200)
def test_both_deliver_and_count_the_same(start, place):
    """Delivery by post and the month for an action end on the same day in both."""
    for rule in ("vwvfg-41-2", "vwgo-74"):
        assert compute(rule, start, land=place).due == second_opinion(rule, start, 0, 0, place)
