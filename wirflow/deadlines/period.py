"""A length of time as the law names it: days, weeks, months, years, hours.

A period is no number of days.  `P1M` from 31 January ends on the last day of
February, `P1M2W` is one month and then two weeks.  **Order of application:**
years and months first, as one number of months; then weeks and days.  That is
the order of § 189 (2) BGB, which counts the fifteen days of a half month last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from wirflow.errors import DeadlineError
from wirflow.text import Text

MONTHS_PER_YEAR: Final = 12
HALF_MONTH_DAYS: Final = 15
"""A half month is fifteen days (§ 189 (1) BGB)."""

# A period beyond these is a slip of the pen, and dates end with the year 9999.
_LONGEST: Final = 9999

_ISO: Final = re.compile(
    r"(?P<outer>[+-]?)P(?P<inner>-?)"
    r"(?:(?P<years>\d{1,5}(?:[.,](?:25|5|75))?)Y)?"
    r"(?:(?P<months>\d{1,5}(?:[.,]5)?)M)?"
    r"(?:(?P<weeks>\d{1,5})W)?"
    r"(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?P<hours>\d{1,6})H)?",
    re.ASCII,
)

_EXPECTED: Final = Text(
    "Erwartet wird eine Dauer nach ISO 8601 wie P2W (zwei Wochen), P1M (ein Monat), P1Y6M, P1M2W, P0.5M "
    "(halber Monat), PT48H (Stunden) oder -P4D (vier Tage zurück).",
    "Expected is an ISO 8601 duration such as P2W (two weeks), P1M (one month), P1Y6M, P1M2W, P0.5M "
    "(half a month), PT48H (hours) or -P4D (four days back).",
)

_PARTS: Final = {
    1: Text("ein Vierteljahr sind drei Monate", "a quarter of a year is three months"),
    2: Text("ein halbes Jahr sind sechs Monate", "half a year is six months"),
    3: Text("drei Vierteljahre sind neun Monate", "three quarters of a year are nine months"),
}
HALF_MONTH: Final = Text("ein halber Monat sind 15 Tage", "half a month is 15 days")
"""What the law takes half a month for; beside whole months it is counted last (§ 189 (2) BGB)."""

# German article or numeral of one, then singular and plural, nominative and dative.
_GERMAN: Final = {
    "years": ("ein Jahr", "einem Jahr", "Jahre", "Jahren"),
    "months": ("ein Monat", "einem Monat", "Monate", "Monaten"),
    "weeks": ("eine Woche", "einer Woche", "Wochen", "Wochen"),
    "days": ("ein Tag", "einem Tag", "Tage", "Tagen"),
    "hours": ("eine Stunde", "einer Stunde", "Stunden", "Stunden"),
}
_GERMAN_NUMBERS: Final = [
    *("null", "ein", "zwei", "drei", "vier", "fünf", "sechs"),
    *("sieben", "acht", "neun", "zehn", "elf", "zwölf"),
]
_ENGLISH_NUMBERS: Final = [
    *("zero", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
]


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time in the units of the law, all of them counted the same way.

    `back` turns the direction: the period is counted from its event into the
    past.  Hours stand alone, because a day is no fixed number of them.
    """

    years: int = 0
    months: int = 0
    weeks: int = 0
    days: int = 0
    hours: int = 0
    back: bool = False
    parts: tuple[Text, ...] = field(default=(), compare=False, repr=False)
    """The parts of months and years that were written, each with what the law takes it for: § 189 BGB."""

    def __post_init__(self) -> None:
        units = (self.years, self.months, self.weeks, self.days, self.hours)
        if min(units) < 0 or max(units[:4]) > _LONGEST or (self.hours and any(units[:4])):
            raise DeadlineError(
                Text(
                    "Eine Frist zählt in jeder Einheit von 0 bis 9999; Stunden stehen allein.",
                    "A period counts from 0 to 9999 in each unit; hours stand alone.",
                ),
                hint=_EXPECTED,
            )

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read an ISO 8601 duration; `-P4D` and `P-4D` both count back.

        A half month (`P0.5M`) is fifteen days, a half and a quarter year six and
        three months (§ 189 (1) BGB).

        Raises:
            DeadlineError: it is no such duration; the hint says what is expected.
        """
        if not isinstance(text, str):
            raise _no_duration(text)
        return _parse(text)

    @property
    def total_months(self) -> int:
        """Years and months as one number of months, without the sign."""
        return self.years * MONTHS_PER_YEAR + self.months

    @property
    def total_days(self) -> int:
        """Weeks and days as one number of days, without the sign."""
        return self.weeks * 7 + self.days

    @property
    def empty(self) -> bool:
        """Whether the period has no length: the day itself."""
        return not (self.total_months or self.total_days or self.hours)

    @property
    def contiguous_days(self) -> int:
        """The length in days where it need not run without a break: a month 30, a year 365 (§ 191 BGB)."""
        return self.years * 365 + self.months * 30 + self.total_days

    @property
    def text(self) -> Text:
        """The period in words: "ein Monat und zwei Wochen", "one month and two weeks"."""
        return self._words(dative=False)

    @property
    def dative(self) -> Text:
        """The period in words as it stands after a German "von": "einem Monat und zwei Wochen"."""
        return self._words(dative=True)

    def _words(self, *, dative: bool) -> Text:
        german, english = [], []
        for unit, (one, of_one, many, of_many) in _GERMAN.items():
            number: int = getattr(self, unit)
            if number == 1:
                german.append(of_one if dative else one)
                english.append(f"one {unit[:-1]}")
            elif number or (unit == "days" and self.empty):
                german.append(f"{_spell(number, _GERMAN_NUMBERS)} {of_many if dative else many}")
                english.append(f"{_spell(number, _ENGLISH_NUMBERS)} {unit}")
        return Text(_join(german, "und"), _join(english, "and"))

    def __str__(self) -> str:
        """The canonical ISO 8601 form: largest unit first, `-P` for counting back."""
        parts = [
            f"{number}{letter}"
            for number, letter in ((self.years, "Y"), (self.months, "M"), (self.weeks, "W"), (self.days, "D"))
            if number
        ]
        hours = f"T{self.hours}H" if self.hours else ""
        return ("-P" if self.back else "P") + ("".join(parts) + hours or "0D")


def _spell(number: int, words: list[str]) -> str:
    return words[number] if number < len(words) else str(number)


def _join(parts: list[str], last: str) -> str:
    return f" {last} ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Period:
    match = _ISO.fullmatch(text.strip())
    parts = {} if match is None else {unit: match[unit] for unit in _GERMAN if match[unit]}
    if match is None or not parts or (match["outer"] and match["inner"]):
        raise _no_duration(text)
    years, quarters = _quarters(parts.get("years", "0"))
    months, half = _quarters(parts.get("months", "0"))
    return Period(
        years=years,
        months=months + quarters * 3,
        weeks=int(parts.get("weeks", "0")),
        days=int(parts.get("days", "0")) + (HALF_MONTH_DAYS if half else 0),
        hours=int(parts.get("hours", "0")),
        back=match["outer"] == "-" or match["inner"] == "-",
        parts=(*([_PARTS[quarters]] if quarters else []), *([HALF_MONTH] if half else [])),
    )


def _no_duration(text: object) -> DeadlineError:
    return DeadlineError(Text(f"'{text}' ist keine Dauer.", f"'{text}' is no duration."), hint=_EXPECTED)


def _quarters(number: str) -> tuple[int, int]:
    """A number with at most quarters as (whole, quarters)."""
    whole, _, fraction = number.replace(",", ".").partition(".")
    return int(whole), {"": 0, "25": 1, "5": 2, "75": 3}[fraction]
