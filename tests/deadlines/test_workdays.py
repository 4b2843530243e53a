"""Working days of a place."""

from __future__ import annotations

from datetime import date

import pytest

from wirflow.deadlines import FIRST_YEAR, LANDS, LAST_YEAR, PLACES, Calendar
from wirflow.deadlines.workdays import easter_sunday, place_code
from wirflow.errors import DeadlineError, UnknownNameError
from wirflow.text import Text


def test_there_are_sixteen_lands():
    """Every Land has its code, and the parts of Länder come on top."""
    assert len(set(LANDS)) == 16
    assert set(PLACES) - set(LANDS) == {"BY-Augsburg", "BY-Katholisch", "SN-Katholisch", "TH-Katholisch"}


@pytest.mark.parametrize(
    ("land", "region", "place"),
    [
        ("HE", None, "HE"),
        ("he", None, "HE"),
        ("BY-Augsburg", None, "BY-Augsburg"),
        ("by-augsburg", None, "BY-Augsburg"),
        ("BY", "Augsburg", "BY-Augsburg"),
        ("SN", "catholic", "SN-Katholisch"),
        ("TH-Fronleichnam", None, "TH-Katholisch"),
    ],
)
def test_a_place_is_found_by_its_code(land, region, place):
    """A Land with or without a region is found in any case of letters."""
    assert place_code(land, region) == place
    assert Calendar(land, region).place == place


@pytest.mark.parametrize("land", ["XX", "", "HE-Augsburg", "BY-Ausburg"])
def test_an_unknown_place_names_the_choices(land):
    """An unknown Land or region is an error that says which there are."""
    with pytest.raises(UnknownNameError) as caught:
        Calendar(land)
    assert "HE" in caught.value.known
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("land", "day", "german", "english"),
    [
        ("HE", "2021-04-02", "Karfreitag", "Good Friday"),
        ("HE", "2021-04-03", "Samstag", "Saturday"),
        ("HE", "2021-06-03", "Fronleichnam", "Corpus Christi"),
        ("HE", "2021-06-06", "Sonntag", "Sunday"),
        ("HE", "1990-10-03", "Tag der Deutschen Einheit", "German Unity Day"),
        ("HE", "1994-11-16", "Buß- und Bettag", "Day of Repentance and Prayer"),
        ("HE", "2008-05-01", "Christi Himmelfahrt und Erster Mai", "Ascension Day and Labour Day"),
        ("SN", "1995-11-22", "Buß- und Bettag", "Day of Repentance and Prayer"),
        ("BB", "1990-10-31", "Reformationstag", "Reformation Day"),
        ("BE", "2019-03-08", "Frauentag", "International Women's Day"),
        ("TH", "2019-09-20", "Weltkindertag", "World Children's Day"),
        ("BY-Augsburg", "2022-08-08", "Augsburger Hohes Friedensfest", "Augsburg Peace Festival"),
        ("BY-Katholisch", "2022-08-15", "Mariä Himmelfahrt", "Assumption Day"),
    ],
)
def test_a_day_off_has_its_reason(land, day, german, english):
    """A day off says why, in both languages."""
    calendar = Calendar(land)
    assert calendar.is_day_off(date.fromisoformat(day))
    assert calendar.day_off_reason(date.fromisoformat(day)) == Text(german, english)


@pytest.mark.parametrize(
    ("land", "day"),
    [
        ("HE", "2020-12-24"),
        ("HE", "2020-12-31"),
        ("HE", "1995-11-22"),
        ("BE", "2018-03-08"),
        ("BE", "2021-06-03"),
        ("BE", "2024-05-08"),
        ("HH", "2016-10-31"),
        ("BY", "2022-08-15"),
        ("BY-Katholisch", "2022-08-08"),
        ("SN", "2022-06-16"),
        ("TH", "2018-09-20"),
        ("MV", "2022-03-08"),
        ("NW", "1990-10-31"),
    ],
)
def test_what_was_no_holiday_there_or_then_is_a_working_day(land, day):
    """Holidays hold in their Land and in their years only."""
    calendar = Calendar(land)
    assert not calendar.is_day_off(date.fromisoformat(day))
    assert calendar.day_off_reason(date.fromisoformat(day)) is None


@pytest.mark.parametrize("place", PLACES)
def test_every_holiday_is_named_in_both_languages(place):
    """In all supported years each holiday of each place has an English name."""
    calendar = Calendar(place)
    for year in (FIRST_YEAR, 1991, 2017, 2020, 2025, 2028, LAST_YEAR):
        assert len(calendar.holidays(year)) >= 9


@pytest.mark.parametrize("year", [1, FIRST_YEAR - 1, LAST_YEAR + 1, 9999])
def test_a_year_without_known_holidays_is_an_error(year):
    """Outside the supported years there is an error that names them, never a guess."""
    with pytest.raises(DeadlineError) as caught:
        Calendar("HE").is_day_off(date(year, 7, 1))
    assert str(FIRST_YEAR) in caught.value.explain("de")
    assert str(LAST_YEAR) in caught.value.explain("en")


def test_own_days_off_count_as_days_off():
    """A day that the office adds is off and moves what would end on it."""
    fair = date(2021, 8, 11)
    calendar = Calendar("HE", extra={fair: Text.same("Stadtfest")})
    assert calendar.day_off_reason(fair) == Text.same("Stadtfest")
    assert calendar.next_working_day(fair) == date(2021, 8, 12)
    assert not Calendar("HE").is_day_off(fair)


def test_the_turn_of_the_year_is_crossed():
    """From a Saturday on New Year's Eve the next working day lies in the new year."""
    assert Calendar("HE").next_working_day(date(2022, 12, 31)) == date(2023, 1, 2)


def test_easter_is_known_for_all_years():
    """Easter Sundays at the edges of its range are right."""
    days = {2008: (3, 23), 2011: (4, 24), 2021: (4, 4), 2038: (4, 25), 1990: (4, 15), 2100: (3, 28)}
    assert {year: (easter_sunday(year).month, easter_sunday(year).day) for year in days} == days
