"""An office's own rules and days off, read from plain data and checked whole.

**A rule** is a table under its name:

| key | means |
|---|---|
| `title` | text, or a table with `de` and `en`; required |
| `law` | where it is written; required |
| `period` | ISO 8601; without it a period must be given each time |
| `fixed` | true if the period cannot be changed |
| `count` | one of `wirflow.deadlines.rule.COUNTS`; default `after` |
| `roll` | `next` or `none`; default `none` with `from`, `back`, `hours` and `days-191`, else `next` |
| `roll_law` | the paragraph for that; default: the rule's `law` |
| `after` | the rule that finds the event itself, such as `vwvfg-41-2` |
| `event` | text for the event: "Posted" |
| `verified` | true if you compared it with the text of the law; default false |
| `valid_from`, `valid_until` | dates of the first and last event to which it applies |
| `notes` | text |
| `versions` | instead: list of `law`, `period`, `verified`, `valid_from`, `valid_until`, `notes` |

**A day off** is a table:

| key | means |
|---|---|
| `name` | text, or a table with `de` and `en`; required |
| `on` | one date, or |
| `each_year` | month and day as `MM-DD`, or |
| `easter` | days after Easter Sunday, negative before it |
| `from`, `until` | first and last year, for the latter two |
| `land` | the place, or a list of them; default everywhere |

Days off move deadlines that the office computes.  Whether a court counts them
depends on whether they are statutory holidays: closing days of an office are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from wirflow.deadlines.period import Period
from wirflow.deadlines.rule import COUNTS, EVENT, ROLLS, Rule, Version
from wirflow.deadlines.workdays import FIRST_YEAR, LAST_YEAR, easter_sunday, place_code
from wirflow.errors import DefinitionError, WirflowError, nearest
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_JURISDICTION: Final = "office"
_VERSION_KEYS: Final = ("law", "period", "verified", "valid_from", "valid_until", "notes")
_RULE_KEYS: Final = (
    "title",
    "fixed",
    "count",
    "roll",
    "roll_law",
    "after",
    "event",
    "versions",
    *_VERSION_KEYS,
)
_DAY_KEYS: Final = ("name", "on", "each_year", "easter", "from", "until", "land")
_WHEN_KEYS: Final = ("on", "each_year", "easter")
_LEAP_YEAR: Final = 2000
_STAYING: Final = ("from", "back", "hours", "days-191")
"""Ways of counting that do not move on a day off unless the office says so."""
_FACTS_OF_COUNT: Final[Mapping[str, tuple[str, ...]]] = {"hours": ("at",), "days-191": ("suspended",)}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in an office's rules or days off, and where: `rules.stadtfest.period`."""

    path: str
    message: Text

    def __str__(self) -> str:
        return f"{self.path}: {self.message.en}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeDay:
    """A day off of the office's own: once, every year, or with Easter."""

    name: Text
    on: date | None = None
    month_day: tuple[int, int] | None = None
    easter: int | None = None
    first: int = FIRST_YEAR
    last: int = LAST_YEAR
    places: tuple[str, ...] = ()

    def holds_in(self, place: str) -> bool:
        """Whether the day is off in a place; a Land includes its regions."""
        return not self.places or place in self.places or place.partition("-")[0] in self.places

    def dates(self) -> Iterable[tuple[date, Text]]:
        """Every date of this day off, with its name; 29 February only where it exists."""
        if self.on is not None:
            yield self.on, self.name
            return
        for year in range(self.first, self.last + 1):
            if self.easter is not None:
                yield easter_sunday(year) + timedelta(days=self.easter), self.name
            elif self.month_day is not None and _exists(year, *self.month_day):
                yield date(year, *self.month_day), self.name


def read_office(
    rules: Mapping[str, Mapping[str, object]],
    holidays: Sequence[Mapping[str, object]],
    *,
    known: Mapping[str, Rule],
) -> tuple[tuple[Rule, ...], tuple[OfficeDay, ...]]:
    """An office's rules and days off.

    Args:
        rules: Tables of rules by name.
        holidays: Tables of days off.
        known: The rules that exist already.

    Raises:
        DefinitionError: something is wrong; its `findings` hold all of it.
    """
    reader = _Reader(known)
    own = reader.rules(rules)
    days = reader.days(holidays)
    if reader.findings:
        count = len(reader.findings)
        first = reader.findings[0]
        raise DefinitionError(
            Text(
                f"Eigene Fristenregeln und freie Tage: {count} Befund(e).",
                f"The office's own rules and days off: {count} finding(s).",
            ),
            findings=reader.findings,
            hint=Text(f"{first.path}: {first.message.de}", f"{first.path}: {first.message.en}"),
        )
    return own, days


def check_office(
    rules: Mapping[str, Mapping[str, object]],
    holidays: Sequence[Mapping[str, object]],
    *,
    known: Mapping[str, Rule],
) -> tuple[Finding, ...]:
    """All that is wrong with an office's rules and days off."""
    reader = _Reader(known)
    reader.rules(rules)
    reader.days(holidays)
    return tuple(reader.findings)


class _Reader:
    """Reads plain data and collects what is wrong with it instead of stopping at the first."""

    def __init__(self, known: Mapping[str, Rule]) -> None:
        self.findings: list[Finding] = []
        self._known = known

    def rules(self, data: object) -> tuple[Rule, ...]:
        tables = self._table(data, "rules")
        read = (self._rule(str(name), table) for name, table in tables.items())
        return tuple(rule for rule in read if rule is not None)

    def days(self, data: object) -> tuple[OfficeDay, ...]:
        if not isinstance(data, list | tuple):
            self._find("holidays", "Erwartet wird eine Liste.", "Expected is a list.")
            return ()
        read = (self._day(table, f"holidays[{index}]") for index, table in enumerate(data))
        return tuple(day for day in read if day is not None)

    # --- rules ---------------------------------------------------------------

    def _rule(self, name: str, data: object) -> Rule | None:
        path, before = f"rules.{name}", len(self.findings)
        if name in self._known:
            self._find(path, "Diesen Namen trägt schon eine Regel.", "A rule of this name exists already.")
        table = self._table(data, path, _RULE_KEYS)
        title = self._text(table, "title", path, required=True)
        count = self._choice(table, "count", path, COUNTS, "after")
        roll = self._choice(table, "roll", path, ROLLS, "none" if count in _STAYING else "next")
        if count == "back" and roll == "next":
            self._find(
                f"{path}.roll",
                "Was zurückzählt, verschiebt sich nicht: 'none'.",
                "What counts back does not move: 'none'.",
            )
        after = table.get("after")
        if after is not None and not self._delivers(after):
            self._unknown(f"{path}.after", str(after), [each for each in self._known if self._delivers(each)])
        versions = self._versions(table, path)
        roll_law = self._string(table, "roll_law", path) or (versions[-1].law if versions else "")
        event = self._text(table, "event", path) or EVENT
        fixed = self._flag(table, "fixed", path)
        if len(self.findings) > before or title is None:
            return None
        rule = Rule(
            name=name,
            title=title,
            jurisdiction=_JURISDICTION,
            versions=versions,
            event=event,
            count=count,
            roll=roll,
            roll_law=roll_law,
            after=after,
            fixed=fixed,
            facts=(*_FACTS_OF_COUNT.get(count, ()), *(("received_on", "announced_on") if after else ())),
        )
        for version in versions:
            expected = None if version.period is None else rule.misfit(version.period)
            if expected is not None:
                self.findings.append(Finding(f"{path}.period", expected))
        return rule

    def _delivers(self, name: object) -> bool:
        rule = self._known.get(name) if isinstance(name, str) else None
        return rule is not None and rule.outcome is not None

    def _versions(self, table: Mapping[str, Any], path: str) -> tuple[Version, ...]:
        if "versions" not in table:
            return (self._version(table, path),)
        given = table["versions"]
        doubled = [key for key in _VERSION_KEYS if key in table]
        if doubled:
            keys = ", ".join(doubled)
            self._find(path, f"Steht neben 'versions': {keys}.", f"Stands beside 'versions': {keys}.")
        if not isinstance(given, list | tuple) or not given:
            self._find(
                f"{path}.versions",
                "Erwartet wird eine Liste von Fassungen.",
                "Expected is a list of versions.",
            )
            return ()
        versions = []
        for index, each in enumerate(given):
            where = f"{path}.versions[{index}]"
            versions.append(self._version(self._table(each, where, _VERSION_KEYS), where))
        for index, (one, two) in enumerate(pairwise(versions), start=1):
            if one.valid_until is None or two.valid_from is None or one.valid_until >= two.valid_from:
                self._find(
                    f"{path}.versions[{index}]",
                    "Fassungen folgen aufeinander: jede beginnt nach dem letzten Tag der vorigen.",
                    "Versions follow each other: each begins after the last day of the one before.",
                )
        return tuple(versions)

    def _version(self, table: Mapping[str, Any], path: str) -> Version:
        law = self._string(table, "law", path, required=True)
        first, last = self._date(table, "valid_from", path), self._date(table, "valid_until", path)
        if first and last and first > last:
            self._find(f"{path}.valid_until", "Liegt vor 'valid_from'.", "Lies before 'valid_from'.")
        return Version(
            law=law or "",
            verified=self._flag(table, "verified", path),
            period=self._period(table, path),
            valid_from=first,
            valid_until=last,
            notes=self._text(table, "notes", path),
        )

    # --- days off --------------------------------------------------------------

    def _day(self, data: object, path: str) -> OfficeDay | None:
        before = len(self.findings)
        table = self._table(data, path, _DAY_KEYS)
        name = self._text(table, "name", path, required=True)
        if sum(key in table for key in _WHEN_KEYS) != 1:
            self._find(
                path,
                "Genau eines von 'on', 'each_year' und 'easter' ist nötig.",
                "Exactly one of 'on', 'each_year' and 'easter' is needed.",
            )
        day = OfficeDay(
            name=name or Text("", ""),
            on=self._date(table, "on", path),
            month_day=self._month_day(table, path),
            easter=self._whole(table, "easter", path, None, (-200, 200)),
            first=self._whole(table, "from", path, FIRST_YEAR, (FIRST_YEAR, LAST_YEAR)) or FIRST_YEAR,
            last=self._whole(table, "until", path, LAST_YEAR, (FIRST_YEAR, LAST_YEAR)) or LAST_YEAR,
            places=self._places(table, path),
        )
        if day.first > day.last:
            self._find(f"{path}.until", "Liegt vor 'from'.", "Lies before 'from'.")
        return None if len(self.findings) > before else day

    def _month_day(self, table: Mapping[str, Any], path: str) -> tuple[int, int] | None:
        value = table.get("each_year")
        if value is None:
            return None
        month, _, day = str(value).partition("-")
        if month.isdecimal() and day.isdecimal() and _exists(_LEAP_YEAR, int(month), int(day)):
            return int(month), int(day)
        self._find(f"{path}.each_year", "Erwartet wird MM-TT wie 08-08.", "Expected is MM-DD such as 08-08.")
        return None

    def _places(self, table: Mapping[str, Any], path: str) -> tuple[str, ...]:
        value = table.get("land", ())
        codes = []
        for code in value if isinstance(value, list | tuple) else (value,):
            try:
                codes.append(place_code(str(code)))
            except WirflowError as error:
                self.findings.append(Finding(f"{path}.land", _whole_message(error)))
        return tuple(codes)

    # --- values ------------------------------------------------------------------

    def _find(self, path: str, german: str, english: str) -> None:
        self.findings.append(Finding(path, Text(german, english)))

    def _unknown(self, path: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = nearest(name, known)
        hint = (f" Meinten Sie '{near}'?", f" Did you mean '{near}'?") if near else ("", "")
        listed = ", ".join(known)
        self._find(
            path,
            f"'{name}' ist unbekannt.{hint[0]} Möglich: {listed}.",
            f"'{name}' is unknown.{hint[1]} Possible: {listed}.",
        )

    def _table(self, data: object, path: str, keys: Sequence[str] = ()) -> dict[str, Any]:
        if not isinstance(data, dict):
            self._find(path, "Erwartet wird eine Tabelle.", "Expected is a table.")
            return {}
        for key in data:
            if keys and key not in keys:
                self._unknown(f"{path}.{key}", str(key), keys)
        return data

    def _value(
        self,
        table: Mapping[str, Any],
        key: str,
        path: str,
        fits: Callable[[Any], bool],
        expected: Text,
    ) -> Any:
        value = table.get(key)
        if value is None or fits(value):
            return value
        self._find(f"{path}.{key}", f"Erwartet wird {expected.de}.", f"Expected is {expected.en}.")
        return None

    def _text(self, table: Mapping[str, Any], key: str, path: str, *, required: bool = False) -> Text | None:
        if required and key not in table:
            self._find(f"{path}.{key}", "Fehlt.", "Is missing.")
        expected = Text(
            "ein Text oder eine Tabelle mit 'de' und 'en'", "a text or a table with 'de' and 'en'"
        )
        value = self._value(table, key, path, _is_text, expected)
        if value is None:
            return None
        if isinstance(value, str):
            return Text.same(value)
        return Text(value.get("de", value.get("en")), value.get("en", value.get("de")))

    def _string(self, table: Mapping[str, Any], key: str, path: str, *, required: bool = False) -> str | None:
        if required and key not in table:
            self._find(f"{path}.{key}", "Fehlt.", "Is missing.")
        value: str | None = self._value(
            table, key, path, lambda it: isinstance(it, str), Text("ein Text", "a text")
        )
        return value

    def _flag(self, table: Mapping[str, Any], key: str, path: str) -> bool:
        expected = Text("true oder false", "true or false")
        return bool(self._value(table, key, path, lambda it: isinstance(it, bool), expected))

    def _choice(
        self, table: Mapping[str, Any], key: str, path: str, known: Sequence[Any], default: Any
    ) -> Any:
        value = table.get(key, default)
        if value not in known:
            self._unknown(f"{path}.{key}", str(value), known)
            return default
        return value

    def _whole(
        self, table: Mapping[str, Any], key: str, path: str, default: int | None, bounds: tuple[int, int]
    ) -> int | None:
        low, high = bounds
        expected = Text(f"eine ganze Zahl von {low} bis {high}", f"a whole number from {low} to {high}")
        value = self._value(table, key, path, lambda it: type(it) is int and low <= it <= high, expected)
        return default if value is None else int(value)

    def _date(self, table: Mapping[str, Any], key: str, path: str) -> date | None:
        value = table.get(key)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self._find(
                f"{path}.{key}", "Erwartet wird ein Datum JJJJ-MM-TT.", "Expected is a date YYYY-MM-DD."
            )
            return None

    def _period(self, table: Mapping[str, Any], path: str) -> Period | None:
        value = table.get("period")
        if value is None:
            return None
        try:
            return Period.parse(value)
        except WirflowError as error:
            self.findings.append(Finding(f"{path}.period", _whole_message(error)))
            return None


def _whole_message(error: WirflowError) -> Text:
    return Text(error.explain("de").replace("\n", " "), error.explain("en").replace("\n", " "))


def _is_text(value: object) -> bool:
    if isinstance(value, dict):
        return (
            bool(value)
            and set(value) <= {"de", "en"}
            and all(isinstance(each, str) for each in value.values())
        )
    return isinstance(value, str) and bool(value)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except (ValueError, OverflowError):
        return False
    return True
