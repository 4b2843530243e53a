"""Words of the command line in both languages: help texts, and times as people say them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wirflow.definition.values import show_date
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from datetime import date

_BETWEEN: Final = "\x1f"
"""Stands between the two languages of a help text, which Typer knows only as one string."""

_DAYS_BEFORE_WEEKS: Final = 14
_WEEKS_BEFORE_MONTHS: Final = 60
_MONTHS_BEFORE_YEARS: Final = 700
_DAYS_OF_WEEK: Final = 7
_DAYS_OF_MONTH: Final = 30.44
_DAYS_OF_YEAR: Final = 365.25


def both(german: str, english: str) -> str:
    """A help text in both languages; `pick` takes one when it is shown."""
    return f"{german}{_BETWEEN}{english}"


def pick(words: str, lang: Lang) -> str:
    """The help text in one language."""
    german, _, english = words.partition(_BETWEEN)
    return english if english and lang == "en" else german


def when(day: date, today: date, lang: Lang) -> str:
    """A day as people say it: `in 3 Wochen · 31.12.2021`."""
    return f"{relative(day, today).pick(lang)} · {show_date(day, lang)}"


def relative(day: date, today: date) -> Text:
    """How far a day is away, in the unit in which people think of it."""
    days = (day - today).days
    if days == 0:
        return Text("heute", "today")
    if days == 1:
        return Text("morgen", "tomorrow")
    if days == -1:
        return Text("gestern", "yesterday")
    length = _length(abs(days))
    if days > 0:
        return Text(f"in {length.de}", f"in {length.en}")
    return Text(f"vor {length.de}", f"{length.en} ago")


def _length(days: int) -> Text:
    if days < _DAYS_BEFORE_WEEKS:
        return Text(f"{days} Tagen", f"{days} days")
    if days < _WEEKS_BEFORE_MONTHS:
        weeks = round(days / _DAYS_OF_WEEK)
        return Text(f"{weeks} Wochen", f"{weeks} weeks")
    if days < _MONTHS_BEFORE_YEARS:
        months = round(days / _DAYS_OF_MONTH)
        return Text(f"{months} Monaten", f"{months} months")
    years = round(days / _DAYS_OF_YEAR)
    return Text(f"{years} Jahren", f"{years} years")
