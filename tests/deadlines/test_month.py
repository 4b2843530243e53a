"""The month calendar as data."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, strategies as st

from wirflow.deadlines import Deadline, Period, compute, month_calendar

DAY = date.fromisoformat


def marks(months):
    """The marks of all days, by ISO date, without the empty ones."""
    return {
        str(day.date): day.mark
        for month in months
        for week in month.weeks
        for day in week
        if day and day.mark
    }


def test_event_skipped_and_due_days_are_marked():
    """The posting, the day of delivery, the Sunday moved over and the due day stand out."""
    months = month_calendar(compute("vwgo-74", DAY("2021-01-28")))
    assert [month.title.de for month in months] == ["Januar 2021", "Februar 2021", "März 2021"]
    assert months[2].title.en == "March 2021"
    found = marks(months)
    assert found["2021-01-28"] == "event"
    assert found["2021-01-31"] == "step"
    assert found["2021-02-28"] == "skipped"
    assert found["2021-03-01"] == "due"
    assert found["2021-01-01"] == "holiday"
    assert found["2021-01-30"] == "weekend"
    assert found["2021-02-01"] == "period"
    assert "2021-01-27" not in found


def test_a_stored_deadline_shows_the_same():
    """The calendar of a deadline read from JSON is that of the computed one."""
    deadline = compute("vwvfg-31", DAY("2021-03-19"), "P2W")
    stored = month_calendar(Deadline.from_json(deadline.to_json()))
    assert marks(stored) == marks(month_calendar(deadline))


def test_months_in_which_nothing_happens_are_left_out_unless_wanted():
    """A long period shows its first and last month, or all of them."""
    deadline = compute("no-roll", DAY("2021-01-15"), "P1Y")
    assert len(month_calendar(deadline)) == 2
    assert len(month_calendar(deadline, every=True)) == 13


def test_counting_back_shows_the_earlier_month_first():
    """A deadline before its event is drawn in the order of the calendar."""
    months = month_calendar(compute("hgo-58", DAY("2021-04-02")))
    assert [month.month for month in months] == [3, 4]
    assert marks(months)["2021-03-29"] == "due"
    assert marks(months)["2021-03-31"] == "period"


def test_years_without_known_holidays_show_plain_days():
    """Outside the supported years the calendar is drawn without days off."""
    assert marks(month_calendar(compute("no-roll", DAY("1970-01-01"), "P2D"))) == {
        "1970-01-01": "event",
        "1970-01-02": "period",
        "1970-01-03": "due",
    }


@given(start=st.dates(DAY("1995-01-01"), DAY("2080-01-01")), days=st.integers(1, 100))
def test_every_month_is_whole(start, days):
    """Weeks run from Monday to Sunday, and each day of a month stands in it once."""
    for month in month_calendar(compute("vwvfg-31", start, Period(days=days))):
        assert {len(week) for week in month.weeks} == {7}
        inside = [day.date for week in month.weeks for day in week if day]
        assert inside[0].day == 1
        assert (inside[-1] + timedelta(days=1)).day == 1
        assert len(set(inside)) == len(inside) == inside[-1].day
        assert all(day.date.weekday() == at for week in month.weeks for at, day in enumerate(week) if day)
