"""Interest under § 49a VwVfG."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from wirflow.deadlines import BASE_RATES, interest
from wirflow.errors import DeadlineError

DAY = date.fromisoformat


def test_a_year_at_one_rate():
    """A whole year at 4.12 percent of 10,000 € is 412 €, in a leap year too."""
    assert interest(Decimal(10_000), DAY("2020-12-31"), DAY("2021-12-31")).total == Decimal("412.00")
    assert interest(Decimal(10_000), DAY("2019-12-31"), DAY("2020-12-31")).total == Decimal("412.00")


def test_each_half_year_has_its_own_rate():
    """From -0.88 to 1.62 percent at the turn of 2022: 31 days each, by hand."""
    result = interest(Decimal(50_000), DAY("2022-11-30"), DAY("2023-01-31"))
    assert [(part.days, part.base, part.rate) for part in result.parts] == [
        (31, Decimal("-0.88"), Decimal("4.12")),
        (31, Decimal("1.62"), Decimal("6.62")),
    ]
    assert [part.interest for part in result.parts] == [Decimal("174.96"), Decimal("281.12")]
    assert result.total == Decimal("456.08")


def test_the_day_of_the_event_bears_no_interest():
    """From a day to itself nothing is due; to the next day one day is (§ 187 (1) BGB)."""
    day = DAY("2021-03-01")
    nothing = interest(Decimal(36_500), day, day)
    assert nothing.total == 0
    assert "keine" in nothing.explain().de
    assert interest(Decimal(36_500), day, DAY("2021-03-02")).total == Decimal("4.12")


def test_an_unknown_base_rate_is_an_error_and_can_be_given():
    """A half-year without a known rate is never guessed."""
    with pytest.raises(DeadlineError) as caught:
        interest(Decimal(100), DAY("2030-07-01"), DAY("2030-07-02"))
    assert "2/2030" in caught.value.explain("de")
    with pytest.raises(DeadlineError) as caught:
        interest(Decimal(100), DAY("2030-02-01"), DAY("2030-02-02"))
    assert "1/2030" in caught.value.explain("en")
    rates = {**BASE_RATES, DAY("2030-01-01"): Decimal(5)}
    assert interest(Decimal(3650), DAY("2030-02-01"), DAY("2030-02-02"), rates=rates).total == Decimal("1.00")


def test_interest_is_never_negative():
    """With few points above a negative base rate the rate is nought."""
    low = interest(Decimal(10_000), DAY("2020-12-31"), DAY("2021-12-31"), points=Decimal("0.5"))
    assert low.total == 0


@pytest.mark.parametrize(("amount", "until"), [("-1", "2021-02-01"), ("1", "2020-12-31")])
def test_nonsense_is_refused(amount, until):
    """A negative amount or an end before the beginning is an error."""
    with pytest.raises(DeadlineError):
        interest(Decimal(amount), DAY("2021-01-01"), DAY(until))


def test_the_note_names_each_rate():
    """A clerk can put the computation into a file, in both languages."""
    text = interest(Decimal("50000.50"), DAY("2022-11-30"), DAY("2023-01-31")).explain()
    assert text.de.startswith(
        "Zinsen auf 50.000,50 € vom Tag nach dem 30.11.2022 bis 31.01.2023: 31 Tage zu 4,12 %"
    )
    assert "31 days at 6.62 %" in text.en
    assert "§ 49a" in text.en


def test_every_known_half_year_begins_in_january_or_july():
    """The table of base rates has no gap and no other days."""
    days = list(BASE_RATES)
    assert {(day.month, day.day) for day in days} == {(1, 1), (7, 1)}
    halves = [2 * day.year + (day.month == 7) for day in days]
    assert halves == list(range(halves[0], halves[0] + len(halves)))


@given(
    start=st.dates(DAY("2002-01-01"), DAY("2024-01-01")),
    first=st.integers(0, 300),
    second=st.integers(0, 300),
    amount=st.decimals(0, 10**7, places=2),
)
def test_interest_adds_up(start, first, second, amount):
    """Interest for two stretches in a row is that of both together, but for one cent of rounding."""
    middle = start + timedelta(days=first)
    end = middle + timedelta(days=second)
    parts = interest(amount, start, middle).total + interest(amount, middle, end).total
    assert abs(parts - interest(amount, start, end).total) <= Decimal("0.01")
    assert sum(part.days for part in interest(amount, start, end).parts) == first + second
