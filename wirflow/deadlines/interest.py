"""Interest on grants that must be paid back or were used too late (§ 49a (3), (4) VwVfG).

Five percentage points above the base rate a year.  The base rate of § 247 BGB
changes with each half-year; a half-year whose rate is not known here is an
error, not a guess.

Counting: the day from which interest runs is the event's day and does not bear
interest itself, the last day does (§ 187 (1), § 188 BGB); each day is one 365th of
a year, in leap years one 366th.  Sums are exact and rounded once, half up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from wirflow.deadlines.telling import civil
from wirflow.errors import DeadlineError
from wirflow.text import Text, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

POINTS: Final = Decimal(5)
"""Percentage points above the base rate, in § 49a VwVfG since 1 February 2003."""

LAW: Final = "§ 49a Abs. 3 Satz 1, Abs. 4 VwVfG, § 247 BGB"

_CENT: Final = Decimal("0.01")
_JULY: Final = 7

# Announced by the Deutsche Bundesbank in the Bundesanzeiger for 1 January and 1 July of
# each year, in percent.  Later half-years are left out until somebody has read them there.
_ANNOUNCED: Final = """
2002 2.57 2.47   2003 1.97 1.22   2004 1.14 1.13   2005 1.21 1.17
2006 1.37 1.95   2007 2.70 3.19   2008 3.32 3.19   2009 1.62 0.12
2010 0.12 0.12   2011 0.12 0.37   2012 0.12 0.12   2013 -0.13 -0.38
2014 -0.63 -0.73 2015 -0.83 -0.83 2016 -0.83 -0.88 2017 -0.88 -0.88
2018 -0.88 -0.88 2019 -0.88 -0.88 2020 -0.88 -0.88 2021 -0.88 -0.88
2022 -0.88 -0.88 2023 1.62 3.12   2024 3.62 3.37   2025 2.27 1.27
2026 1.27
"""


def _read_announced() -> dict[date, Decimal]:
    rates, year, month = {}, 0, 1
    for word in _ANNOUNCED.split():
        if "." not in word:
            year, month = int(word), 1
        else:
            rates[date(year, month, 1)] = Decimal(word)
            month = _JULY
    return rates


BASE_RATES: Final[Mapping[date, Decimal]] = MappingProxyType(_read_announced())
"""The base rate in percent by the first day of its half-year (§ 247 BGB)."""


@dataclass(frozen=True, slots=True)
class InterestPart:
    """The interest of one half-year.

    `days` bear interest from `first` to `last`; `base` and `rate` are percent a year;
    `interest` is rounded to cents for reading, the total is rounded once.
    """

    first: date
    last: date
    days: int
    base: Decimal
    rate: Decimal
    interest: Decimal


@dataclass(frozen=True, slots=True)
class Interest:
    """Interest on an amount in euros, and how it came about."""

    amount: Decimal
    start: date
    until: date
    parts: tuple[InterestPart, ...]
    total: Decimal
    law: str = LAW

    def explain(self) -> Text:
        """The computation as a sentence for the file, one clause for each rate."""
        begin, end = civil(self.start), civil(self.until)
        german, english = [], []
        for part in self.parts:
            last, rate = civil(part.last), f"{part.rate:f}"
            days = counted(part.days, Text("Tag", "day"), Text("Tage", "days"))
            german.append(f"{days.de} zu {_german(part.rate)} % bis {last.de}")
            english.append(f"{days.en} at {rate} % to {last.en}")
        return Text(
            f"Zinsen auf {_german(self.amount)} € vom Tag nach dem {begin.de} bis {end.de}: "
            f"{'; '.join(german) or 'keine'}; zusammen {_german(self.total)} € ({self.law}).",
            f"Interest on {self.amount} € from the day after {begin.en} to {end.en}: "
            f"{'; '.join(english) or 'none'}; together {self.total} € ({self.law}).",
        )


def interest(
    amount: Decimal,
    start: date,
    until: date,
    *,
    points: Decimal = POINTS,
    rates: Mapping[date, Decimal] = BASE_RATES,
) -> Interest:
    """Interest on an amount for the days after `start` up to and with `until`.

    Args:
        amount: Euros, not negative.
        start: The day on which the award lost effect, or the day of payment.
        until: The last day that bears interest.
        points: Percentage points above the base rate.
        rates: Base rates by the first day of each half-year.

    Raises:
        DeadlineError: a base rate is not known, or the days or the amount make no sense.
    """
    if amount < 0 or until < start:
        raise DeadlineError(
            Text("So lassen sich keine Zinsen berechnen.", "No interest can be computed from this."),
            hint=Text(
                "Der Betrag ist nicht negativ, und das Ende liegt nicht vor dem Anfang.",
                "The amount is not negative, and the end does not lie before the beginning.",
            ),
        )
    exact = Fraction(0)
    parts = []
    for first, last, half in _half_years(start + timedelta(days=1), until):
        base = _base_rate(half, rates)
        rate = max(base + points, Decimal(0))
        days = (last - first).days + 1
        year_days = (date(first.year, 12, 31) - date(first.year - 1, 12, 31)).days
        earned = Fraction(amount) * Fraction(rate) / 100 * days / year_days
        exact += earned
        parts.append(InterestPart(first, last, days, base, rate, _cents(earned)))
    return Interest(amount, start, until, tuple(parts), _cents(exact))


def _half_years(first: date, last: date) -> Iterator[tuple[date, date, date]]:
    """The half-years between two days as (first day in it, last day in it, its beginning)."""
    while first <= last:
        late = first.month >= _JULY
        half = date(first.year, _JULY if late else 1, 1)
        end = date(first.year, 12, 31) if late else date(first.year, 6, 30)
        yield first, min(end, last), half
        first = end + timedelta(days=1)


def _base_rate(half: date, rates: Mapping[date, Decimal]) -> Decimal:
    rate = rates.get(half)
    if rate is None:
        name = f"{1 if half.month == 1 else 2}/{half.year}"
        raise DeadlineError(
            Text(
                f"Der Basiszinssatz für das Halbjahr {name} ist nicht bekannt.",
                f"The base rate of the half-year {name} is not known.",
            ),
            hint=Text(
                f"Die Deutsche Bundesbank gibt ihn im Bundesanzeiger bekannt; in wirflow.toml: [base_rates]"
                f" {half} = …; in Python: rates=….",
                f"The Deutsche Bundesbank announces it in the Bundesanzeiger; in wirflow.toml: [base_rates]"
                f" {half} = …; in Python: rates=….",
            ),
        )
    return rate


def _cents(euros: Fraction) -> Decimal:
    """Rounded to cents, half up, from the exact fraction."""
    doubled = euros * 200
    cents = (doubled.numerator // doubled.denominator + 1) // 2
    return (Decimal(cents) / 100).quantize(_CENT, ROUND_HALF_UP)


def _german(number: Decimal) -> str:
    return f"{number:,f}".translate(str.maketrans(",.", ".,"))
