"""Laws that hold for every deadline, whatever rule, day and place."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings, strategies as st

from wirflow.deadlines import PLACES, Calendar, Catalogue, Deadline, Period, chain, compute
from wirflow.deadlines.spans import add_months, month_length

STARTS = st.dates(date(2017, 1, 1), date(2090, 12, 31))
EARLY = st.dates(date(2017, 1, 1), date(2085, 12, 31))
"""Two periods, one after the other, end in a year whose holidays are known."""
PLACE = st.sampled_from(PLACES)
PERIODS = st.builds(
    Period,
    years=st.integers(0, 3),
    months=st.integers(0, 30),
    weeks=st.integers(0, 8),
    days=st.integers(0, 40),
).filter(lambda period: not period.empty)
CALENDARS = {place: Calendar(place) for place in PLACES}
RULES = [rule for rule in Catalogue.default().rules.values() if rule.count != "hours"]


def any_deadline(rule, start, period, place):
    """The deadline of a rule, with the period wherever the rule takes one."""
    return compute(rule.name, start, period if rule.needs_period else None, land=place)


@given(rule=st.sampled_from(RULES), start=STARTS, period=PERIODS, place=PLACE)
@settings(max_examples=300)
def test_the_due_day_is_never_before_the_raw_end(rule, start, period, place):
    """A day off can only postpone a deadline."""
    deadline = any_deadline(rule, start, period, place)
    assert deadline.due >= deadline.raw_end


@given(rule=st.sampled_from(RULES), start=STARTS, period=PERIODS, place=PLACE)
@settings(max_examples=300)
def test_a_rule_that_rolls_never_ends_on_a_day_off(rule, start, period, place):
    """Where the law moves the end, it moves it to a working day; where not, the end stays."""
    deadline = any_deadline(rule, start, period, place)
    if rule.rolls and rule.direction == "forward":
        assert not CALENDARS[place].is_day_off(deadline.due)
    else:
        assert deadline.due == deadline.raw_end


@given(day=STARTS, place=PLACE)
def test_rolling_twice_changes_nothing(day, place):
    """The next working day of a working day is that day."""
    once = CALENDARS[place].next_working_day(day)
    assert CALENDARS[place].next_working_day(once) == once
    assert compute("bgb-193", once, "P0D", land=place).due == once


@given(day=STARTS, months=st.integers(-400, 400))
def test_adding_months_never_overshoots_the_target_month(day, months):
    """So many months later is in the n-th month, on the same number or on that month's last day."""
    target = add_months(day, months)
    assert (target.year - day.year) * 12 + target.month - day.month == months
    assert target.day == min(day.day, month_length(target.year, target.month))


@given(rule=st.sampled_from(RULES), start=STARTS, later=st.integers(0, 500), period=PERIODS, place=PLACE)
@settings(max_examples=300)
def test_a_later_event_never_ends_earlier(rule, start, later, period, place):
    """The due day is monotone in the day of the event."""
    other = start + timedelta(days=later)
    assert any_deadline(rule, start, period, place).due <= any_deadline(rule, other, period, place).due


@given(rule=st.sampled_from(RULES), start=STARTS, period=PERIODS, place=PLACE)
@settings(max_examples=400)
def test_the_steps_replay_to_the_due_day(rule, start, period, place):
    """From the raw end over each day off, the steps lead to the due day without a gap."""
    deadline = any_deadline(rule, start, period, place)
    steps = deadline.steps
    assert steps[0].kind == "event"
    assert steps[0].date == start
    assert [step.date for step in steps if step.kind == "raw_end"][-1] == deadline.raw_end
    assert steps[-1].kind == "due"
    at = deadline.raw_end
    for step in steps:
        if step.kind == "skipped":
            assert step.date == at
            assert CALENDARS[place].day_off_reason(at) == step.why
            at += timedelta(days=1)
        elif step.kind == "moved":
            assert step.date == at
            at += timedelta(days=1)
    assert steps[-1].date == deadline.due
    if rule.count != "eu":
        assert at == deadline.due


@given(rule=st.sampled_from(RULES), start=STARTS, period=PERIODS, place=PLACE)
@settings(max_examples=200)
def test_a_deadline_survives_json(rule, start, period, place):
    """What was stored reads back as the same deadline with the same derivation."""
    deadline = any_deadline(rule, start, period, place)
    data = deadline.to_json()
    again = Deadline.from_json(data)
    assert again == deadline
    assert again.to_json() == data
    assert again.explain() == deadline.explain()


@given(rule=st.sampled_from(RULES), start=STARTS, period=PERIODS, place=PLACE)
@settings(max_examples=200)
def test_every_explanation_names_event_end_and_law(rule, start, period, place):
    """A note for the file names the days and a paragraph, in both languages, and says what is unverified."""
    deadline = any_deadline(rule, start, period, place)
    text = deadline.explain()
    assert f"{deadline.due:%d.%m.%Y}" in text.de
    assert f"{deadline.due.day} {deadline.due:%B} {deadline.due.year}" in text.en
    assert "(" in text.de
    assert ("Ungeprüft" in text.de) == ("Unverified" in text.en) == (not deadline.verified)
    assert "  " not in text.de
    assert ".." not in text.de


@given(period=PERIODS, back=st.booleans())
def test_a_period_survives_its_text(period, back):
    """The canonical form of a period reads back as the same period."""
    signed = Period(period.years, period.months, period.weeks, period.days, back=back)
    assert Period.parse(str(signed)) == signed


@given(start=EARLY, first=PERIODS, second=PERIODS)
def test_a_chain_counts_each_link_from_the_last(start, first, second):
    """Each deadline of a chain starts on the due day of the one before."""
    one, two, three = chain([("vwvfg-31", first), ("vwvfg-31-7", second), ("vwvfg-41-2", None)], start)
    assert one == compute("vwvfg-31", start, first)
    assert two == compute("vwvfg-31-7", one.due, second)
    assert three.start == two.due
