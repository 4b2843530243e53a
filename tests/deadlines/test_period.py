"""Periods: reading, writing and naming them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from wirflow.deadlines import Period
from wirflow.errors import DeadlineError


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("P10D", Period(days=10)),
        ("P2W", Period(weeks=2)),
        ("P1M", Period(months=1)),
        ("P3M", Period(months=3)),
        ("P1Y6M", Period(years=1, months=6)),
        ("P1M2W", Period(months=1, weeks=2)),
        ("P1Y2M3W4D", Period(1, 2, 3, 4)),
        ("PT48H", Period(hours=48)),
        ("P0D", Period()),
        ("+P1D", Period(days=1)),
        (" P1D ", Period(days=1)),
        ("-P4D", Period(days=4, back=True)),
        ("P-4D", Period(days=4, back=True)),
    ],
)
def test_a_period_is_read_from_iso_8601(text, period):
    """Years, months, weeks, days and hours are read with their sign."""
    assert Period.parse(text) == period


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("P0.5M", "P15D"), ("P1,5M", "P1M15D"), ("P0.5Y", "P6M"), ("P0.25Y", "P3M"), ("P1.75Y", "P1Y9M")],
)
def test_parts_of_months_and_years_are_those_of_the_law(text, canonical):
    """Half a year is six months, a quarter three, half a month fifteen days (§ 189 (1) BGB)."""
    assert str(Period.parse(text)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "2W",
        "P2",
        "P1W1M",
        "P1.5D",
        "P0.3M",
        "PT1M",
        "P1DT1H",
        "-P-4D",
        "P99999D",
        "P1X",
        "P\uff11D",
    ],
)
def test_what_is_no_period_is_refused_with_what_is_expected(text):
    """A wrong duration is an error whose hint shows right ones."""
    with pytest.raises(DeadlineError) as caught:
        Period.parse(text)
    assert "P2W" in caught.value.explain("de")
    assert "P2W" in caught.value.explain("en")


@pytest.mark.parametrize("thing", [14, None, [], {}])
def test_a_thing_that_is_no_text_is_no_period(thing):
    """A number or a list where a duration is expected is an error, not a crash."""
    with pytest.raises(DeadlineError):
        Period.parse(thing)


@given(st.text(alphabet="P-+0123456789.,YMWDTH ", max_size=8))
def test_any_text_is_a_period_or_an_error(text):
    """Whatever is typed is read, or refused with a hint."""
    try:
        assert isinstance(Period.parse(text), Period)
    except DeadlineError as error:
        assert error.hint  # noqa: PT017 - both outcomes are lawful


@pytest.mark.parametrize("parts", [{"days": -1}, {"months": 10_000}, {"hours": 1, "days": 1}])
def test_a_period_cannot_be_negative_endless_or_mixed_with_hours(parts):
    """A sign is a direction, and hours stand alone."""
    with pytest.raises(DeadlineError):
        Period(**parts)


@pytest.mark.parametrize(
    ("text", "german", "dative", "english"),
    [
        ("P1M2W", "ein Monat und zwei Wochen", "einem Monat und zwei Wochen", "one month and two weeks"),
        (
            "P1Y1M1W1D",
            "ein Jahr, ein Monat, eine Woche und ein Tag",
            "einem Jahr, einem Monat, einer Woche und einem Tag",
            "one year, one month, one week and one day",
        ),
        ("P12M", "zwölf Monate", "zwölf Monaten", "twelve months"),
        ("P13D", "13 Tage", "13 Tagen", "13 days"),
        ("PT1H", "eine Stunde", "einer Stunde", "one hour"),
        ("P0D", "null Tage", "null Tagen", "zero days"),
    ],
)
def test_a_period_is_named_in_both_languages(text, german, dative, english):
    """A period in words is idiomatic German and English, also after a preposition."""
    period = Period.parse(text)
    assert (period.text.de, period.dative.de, period.text.en) == (german, dative, english)


def test_days_that_need_not_be_contiguous_have_fixed_lengths():
    """A month counts 30 days and a year 365 where a span may be interrupted (§ 191 BGB)."""
    assert Period.parse("P1Y2M1W1D").contiguous_days == 365 + 60 + 8


@given(
    years=st.integers(0, 9999),
    months=st.integers(0, 9999),
    weeks=st.integers(0, 9999),
    days=st.integers(0, 9999),
    back=st.booleans(),
)
def test_writing_and_reading_a_period_changes_nothing(years, months, weeks, days, back):
    """Every period reads back from its text as itself."""
    period = Period(years, months, weeks, days, back=back)
    assert Period.parse(str(period)) == period


@given(hours=st.integers(1, 999_999), back=st.booleans())
def test_hours_read_back_too(hours, back):
    """Hours stand after the T and read back."""
    assert Period.parse(str(Period(hours=hours, back=back))) == Period(hours=hours, back=back)
