"""Which days are working days, in which Land, in which year, and why not.

The law asks for Saturdays, Sundays and the statutory holidays of the place
that it means (§ 193 BGB, § 31 (3) VwVfG).  The holidays come from the package
`holidays`, loaded when the first date is asked for, and are corrected here
with dated data where it is silent.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from wirflow.errors import DeadlineError, UnknownNameError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LANDS: Final = (
    "BB",
    "BE",
    "BW",
    "BY",
    "HB",
    "HE",
    "HH",
    "MV",
    "NI",
    "NW",
    "RP",
    "SH",
    "SL",
    "SN",
    "ST",
    "TH",
)
"""The sixteen Länder by the codes of ISO 3166-2:DE."""

LAND_NAMES: Final = {
    "BB": Text.same("Brandenburg"),
    "BE": Text.same("Berlin"),
    "BW": Text.same("Baden-Württemberg"),
    "BY": Text("Bayern", "Bavaria"),
    "HB": Text.same("Bremen"),
    "HE": Text("Hessen", "Hesse"),
    "HH": Text.same("Hamburg"),
    "MV": Text("Mecklenburg-Vorpommern", "Mecklenburg-Western Pomerania"),
    "NI": Text("Niedersachsen", "Lower Saxony"),
    "NW": Text("Nordrhein-Westfalen", "North Rhine-Westphalia"),
    "RP": Text("Rheinland-Pfalz", "Rhineland-Palatinate"),
    "SH": Text.same("Schleswig-Holstein"),
    "SL": Text.same("Saarland"),
    "SN": Text("Sachsen", "Saxony"),
    "ST": Text("Sachsen-Anhalt", "Saxony-Anhalt"),
    "TH": Text("Thüringen", "Thuringia"),
}

REGIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "BY": ("Augsburg", "Katholisch"),
    "SN": ("Katholisch",),
    "TH": ("Katholisch",),
}
"""Parts of a Land with holidays of their own, written `BY-Augsburg`.

`Katholisch` means the communes in which Mariä Himmelfahrt (BY) or Fronleichnam
(SN, TH) is a statutory holiday.
"""

PLACES: Final = (*LANDS, *(f"{land}-{region}" for land, regions in REGIONS.items() for region in regions))
"""Every code that a calendar can be asked for: the Länder and their regions."""

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
"""The years that are supported; later ones by the law as it stands today."""

_ALIASES: Final = {"catholic": "katholisch", "fronleichnam": "katholisch", "mariä himmelfahrt": "katholisch"}

# The package `holidays` begins with 1991.  In 1990 the holidays were those of 1991,
# 3 October already among them; 17 June, a holiday in the west for the last time, was
# a Sunday, and so was 7 October, the day of the east.
_EAST: Final = ("BB", "MV", "SN", "ST", "TH")
_CORPUS_CHRISTI: Final = ("BW", "BY", "HE", "NW", "RP", "SL")
_ALL_SAINTS: Final = ("BW", "BY", "NW", "RP", "SL")
_1990: Final = (
    (LANDS, 1, 1, "Neujahr"),
    (LANDS, 4, 13, "Karfreitag"),
    (LANDS, 4, 16, "Ostermontag"),
    (LANDS, 5, 1, "Erster Mai"),
    (LANDS, 5, 24, "Christi Himmelfahrt"),
    (LANDS, 6, 4, "Pfingstmontag"),
    (LANDS, 10, 3, "Tag der Deutschen Einheit"),
    (LANDS, 11, 21, "Buß- und Bettag"),
    (LANDS, 12, 25, "Erster Weihnachtstag"),
    (LANDS, 12, 26, "Zweiter Weihnachtstag"),
    (("BW", "BY"), 1, 6, "Heilige Drei Könige"),
    ((*_CORPUS_CHRISTI, "SN-Katholisch", "TH-Katholisch"), 6, 14, "Fronleichnam"),
    (("SL", "BY-Katholisch", "BY-Augsburg"), 8, 15, "Mariä Himmelfahrt"),
    (("BY-Augsburg",), 8, 8, "Augsburger Hohes Friedensfest"),
    (_EAST, 10, 31, "Reformationstag"),
    (_ALL_SAINTS, 11, 1, "Allerheiligen"),
)

_SATURDAY: Final = Text("Samstag", "Saturday")
_SUNDAY: Final = Text("Sonntag", "Sunday")
WEEKEND: Final = (_SATURDAY, _SUNDAY)
"""The reasons for a day off that are no holiday."""
_SATURDAY_NUMBER: Final = 5
_DAY: Final = timedelta(days=1)

_ENGLISH: Final = {
    "Neujahr": "New Year's Day",
    "Heilige Drei Könige": "Epiphany",
    "Frauentag": "International Women's Day",
    "Karfreitag": "Good Friday",
    "Ostersonntag": "Easter Sunday",
    "Ostermontag": "Easter Monday",
    "Erster Mai": "Labour Day",
    "Christi Himmelfahrt": "Ascension Day",
    "Pfingstsonntag": "Whit Sunday",
    "Pfingstmontag": "Whit Monday",
    "Fronleichnam": "Corpus Christi",
    "Augsburger Hohes Friedensfest": "Augsburg Peace Festival",
    "Mariä Himmelfahrt": "Assumption Day",
    "Weltkindertag": "World Children's Day",
    "Tag der Deutschen Einheit": "German Unity Day",
    "Reformationstag": "Reformation Day",
    "Allerheiligen": "All Saints' Day",
    "Buß- und Bettag": "Day of Repentance and Prayer",
    "Erster Weihnachtstag": "Christmas Day",
    "Zweiter Weihnachtstag": "Second Day of Christmas",
    **{
        f"{years}. Jahrestag der Befreiung vom Nationalsozialismus "
        "und der Beendigung des Zweiten Weltkriegs in Europa": (
            f"{years}th anniversary of the liberation from National Socialism "
            "and the end of the Second World War in Europe"
        )
        for years in (75, 80)
    },
    "75. Jahrestag des Aufstandes vom 17. Juni 1953": "75th anniversary of the uprising of 17 June 1953",
}


class Calendar:
    """The working days of one place: a Land, a region of it, and an office's own days off.

    Args:
        land: A code of `PLACES`, such as `HE` or `BY-Augsburg`, in any case.
        region: The part of the Land, if `land` does not say it.
        extra: An office's own days off, by date.

    Raises:
        UnknownNameError: no such Land or region.
    """

    __slots__ = ("_extra", "_moves", "_years", "place")

    def __init__(
        self, land: str, region: str | None = None, extra: Mapping[date, Text] | None = None
    ) -> None:
        self.place = place_code(land, region)
        self._extra = dict(extra or {})
        self._years: dict[int, dict[date, Text]] = {}
        self._moves: dict[int, dict[date, date]] = {}

    def is_day_off(self, day: date) -> bool:
        """Whether that day is a Saturday, a Sunday or a holiday here."""
        return day in self._days_off(day.year)

    def day_off_reason(self, day: date) -> Text | None:
        """The holiday's name, "Sonntag" or "Samstag"; None on a working day."""
        return self._days_off(day.year).get(day)

    def holidays(self, year: int) -> Mapping[date, Text]:
        """The days of a year that are off for a reason other than the weekend, in order."""
        return {day: why for day, why in sorted(self._days_off(year).items()) if why not in WEEKEND}

    def next_working_day(self, day: date) -> date:
        """That day, or the first working day after it."""
        moves = self._moves.get(day.year)
        if moves is None:
            moves = self._moves_of(day.year)
        return moves.get(day, day)

    def _moves_of(self, year: int) -> dict[date, date]:
        """For each day off of a year the working day that follows it."""
        moves = {}
        for day in self._days_off(year):
            later = day + _DAY
            while self.is_day_off(later):
                later += _DAY
            moves[day] = later
        self._moves[year] = moves
        return moves

    def _days_off(self, year: int) -> dict[date, Text]:
        known = self._years.get(year)
        if known is None:
            known = self._years[year] = self._load(year)
        return known

    def _load(self, year: int) -> dict[date, Text]:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise DeadlineError(
                Text(
                    f"Für das Jahr {year} sind keine Feiertage bekannt.",
                    f"No holidays are known for the year {year}.",
                ),
                hint=Text(
                    f"Unterstützt werden die Jahre {FIRST_YEAR} bis {LAST_YEAR}.",
                    f"Supported are the years {FIRST_YEAR} to {LAST_YEAR}.",
                ),
            )
        days_off = {}
        day = date(year, 1, 1)
        while day.year == year:
            if day.weekday() >= _SATURDAY_NUMBER:
                days_off[day] = _SATURDAY if day.weekday() == _SATURDAY_NUMBER else _SUNDAY
            day += _DAY
        days_off.update(_statutory(self.place, year))
        days_off.update((day, why) for day, why in self._extra.items() if day.year == year)
        return days_off


def place_code(land: str, region: str | None = None) -> str:
    """The canonical code of a Land or of a part of it.

    Raises:
        UnknownNameError: no such Land or region.
    """
    head, _, tail = land.partition("-")
    part = (region or tail).strip()
    part = _ALIASES.get(part.casefold(), part)
    code = f"{head.strip()}-{part}" if part else head.strip()
    folded = {known.casefold(): known for known in PLACES}
    if code.casefold() not in folded:
        raise UnknownNameError(Text("Das Land", "The Land"), code, PLACES)
    return folded[code.casefold()]


def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm of 1876."""
    golden = year % 19
    century, within = divmod(year, 100)
    leaps, rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - correction + 15) % 30
    quarter, remainder = divmod(within, 4)
    weekday = (32 + 2 * rest + 2 * quarter - epact - remainder) % 7
    moon = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * moon + 114, 31)
    return date(year, month, day + 1)


def _statutory(place: str, year: int) -> Iterable[tuple[date, Text]]:
    """The statutory holidays of a place in a year."""
    # Loaded here, because it costs 90 ms that no command without a date should pay.
    from holidays.constants import CATHOLIC, PUBLIC  # noqa: PLC0415 - see above
    from holidays.countries.germany import Germany  # noqa: PLC0415 - see above

    land, _, region = place.partition("-")
    if year == FIRST_YEAR:
        return (
            (date(year, month, day), _named(name))
            for places, month, day, name in _1990
            if {land, place} & set(places)
        )
    found = Germany(
        subdiv="Augsburg" if region == "Augsburg" else land,
        years=year,
        categories=(PUBLIC, CATHOLIC) if region == "Katholisch" else (PUBLIC,),
        language="de",
    )
    return ((day, _named(name)) for day, name in found.items())


def _named(german: str) -> Text:
    """A holiday in both languages; two on one day are joined."""
    parts = german.split("; ")
    return Text(" und ".join(parts), " and ".join(_ENGLISH[part] for part in parts))
