"""`wirflow.toml`: what an office says of itself, read into frozen settings.

    [office]                     name, lang, zone, land, database, person, today
    [people.<id>]                name, email, roles, lang
    [notices]                    channels, from
    [smtp]                       host, port, user, password_env, tls
    [rules.<name>] [[holidays]]  the office's own rules of law and days off
    [base_rates]                 base rates of § 247 BGB that this wirflow does not know yet

An unknown key is an error that names the near one: a misspelled key that is
quietly ignored would be a deadline that nobody hears of.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from wirflow.errors import InputError, because, nearest
from wirflow.office.place import FILE
from wirflow.office.toml_places import nearest_place, places
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DATABASE_VARIABLE: Final = "WIRFLOW_DATABASE"
"""Overrides the database of `wirflow.toml`, so that no password has to stand in the file."""

CHANNELS: Final = ("file", "smtp")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeSettings:
    """The section `[office]`."""

    name: str
    lang: Lang = "de"
    zone: str = "Europe/Berlin"
    land: str = "HE"
    database: str = "sqlite:///wirflow.db"
    person: str | None = None
    """Who acts, if nobody else is named."""
    today: Any = None
    """Of a practice office, a date or a datetime: where its clock stands still, in the office's zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSettings:
    """A section `[people.<id>]`."""

    name: str | None = None
    email: str | None = None
    roles: tuple[str, ...] = ()
    lang: Lang | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSettings:
    """The section `[notices]`."""

    channels: tuple[str, ...] = ("file",)
    sender: str = "wirflow@localhost"
    """`from` in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """The section `[smtp]`."""

    host: str
    port: int = 587
    user: str | None = None
    password_env: str | None = None
    """The environment variable that holds the password."""
    tls: Literal["none", "starttls", "tls"] = "starttls"
    ca_file: str | None = None
    """Certificates to trust beside the system's, in the office's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSettings:
    """The section `[documents]`."""

    folder: str = "documents"
    """Where the files of cases lie; relative to the office's folder."""
    max_megabytes: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 25
    """The largest file that is taken, in MB of 1,000,000 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of `wirflow.toml`."""

    office: OfficeSettings
    people: dict[str, PersonSettings] = field(default_factory=dict)
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    smtp: SmtpSettings | None = None
    documents: DocumentSettings = field(default_factory=DocumentSettings)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    holidays: list[dict[str, Any]] = field(default_factory=list)
    base_rates: dict[date, Decimal] = field(default_factory=dict)
    """First day of a half-year → percent."""


_RENAMED: Final = {"sender": "from"}
_SPELLED: Final = {"from": "sender"}
"""`from` is no name in Python."""

_half_year = re.compile(r"20[0-9]{2}-0[17]-01").fullmatch
_percent = re.compile(r"-?[0-9]{1,2}(\.[0-9]{1,2})?").fullmatch

_Section = TypeVar("_Section")

_EXPECTED: Final = {
    "str": Text("ein Text", "a text"),
    "int": Text("eine ganze Zahl", "a whole number"),
    "array": Text("eine Liste", "a list"),
    "object": Text("ein Abschnitt mit Schlüsseln", "a section with keys"),
    "datetime": Text("ein Datum wie 2020-12-10", "a date such as 2020-12-10"),
    "lang": Text("'de' oder 'en'", "'de' or 'en'"),
    "tls": Text("'none', 'starttls' oder 'tls'", "'none', 'starttls' or 'tls'"),
    "date": Text("ein Datum wie 2020-12-10", "a date such as 2020-12-10"),
}


def read(folder: Path) -> Settings:
    """The settings of an office.

    Raises:
        InputError: the file cannot be read, is no TOML, or says something impossible; names place and key.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            Text(f"{path} ist nicht lesbar.", f"{path} cannot be read."), hint=because(error)
        ) from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            Text(f"{path} ist kein gültiges TOML.", f"{path} is no valid TOML."), hint=Text.same(str(error))
        ) from error
    return _Reader(path, text).settings(data)


def place_of(folder: Path, path: str) -> tuple[int, int]:
    """Line and column of a key of `wirflow.toml`, such as `people.anna.roles[1]`, or of what is around it."""
    return nearest_place(places((folder / FILE).read_text(encoding="utf-8")), path)


def set_today(folder: Path, moment: datetime) -> None:
    """Put the clock of a practice office to a moment in its zone; comments and order of the file stay.

    It is written to the microsecond: cut off, it would stand before what was recorded last.
    """
    path = folder / FILE
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    number, _ = nearest_place(places(text), "office.today")
    # The hour that comes twice when summer time ends is told by its offset, the second time.
    told = moment if moment.fold else moment.replace(tzinfo=None)
    lines[number - 1] = f"today = {told.isoformat()}\n"
    written = path.with_suffix(".toml.new")
    written.write_text("".join(lines), encoding="utf-8")
    written.replace(path)


class _Reader:
    """Turns the parsed file into settings, and knows the place of each key for its errors."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._places = places(text)

    def settings(self, data: dict[str, Any]) -> Settings:
        self._known("", data, [item.name for item in fields(Settings)])
        people = self._typed(data.get("people", {}), dict[str, Any], "people")
        smtp = data.get("smtp")
        settings = Settings(
            office=self._section(data.get("office"), OfficeSettings, "office"),
            people={
                name: self._section(table, PersonSettings, f"people.{name}") for name, table in people.items()
            },
            notices=self._section(data.get("notices", {}), NoticeSettings, "notices"),
            documents=self._section(data.get("documents", {}), DocumentSettings, "documents"),
            smtp=None if smtp is None else self._section(smtp, SmtpSettings, "smtp"),
            rules=self._typed(data.get("rules", {}), dict[str, dict[str, Any]], "rules"),
            holidays=self._typed(data.get("holidays", []), list[dict[str, Any]], "holidays"),
            base_rates=self._base_rates(
                self._typed(data.get("base_rates", {}), dict[str, Any], "base_rates")
            ),
        )
        self._check(settings)
        return settings

    def _section(self, table: object, kind: type[_Section], name: str) -> _Section:
        """A section with the keys that it knows."""
        if table is None:
            raise self._error(name, name, Text(f"Es fehlt: [{name}].", f"Missing: [{name}]."), None)
        if isinstance(table, dict):
            self._known(name, table, _keys(kind))
            table = {_SPELLED.get(key, key): value for key, value in table.items()}
        return self._typed(table, kind, name)

    def _typed(self, value: object, kind: type[_Section], name: str) -> _Section:
        """A value of the type that it should have."""
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            raise self._wrong_type(name, str(error)) from error

    def _base_rates(self, table: Mapping[str, Any]) -> dict[date, Decimal]:
        """Base rates by the first day of their half-years."""
        found = {}
        for key, value in table.items():
            match = _half_year(key)
            number = _percent(str(value)) if isinstance(value, (str, int, float)) else None
            if match is None or number is None or isinstance(value, bool):
                raise self._error(
                    "base_rates",
                    key,
                    Text(f"base_rates.{key} ist kein Basiszinssatz.", f"base_rates.{key} is no base rate."),
                    Text(
                        "Erwartet wird etwa: 2026-07-01 = 1.27 (Prozent; ab 1. Januar oder 1. Juli).",
                        "Expected is, for example: 2026-07-01 = 1.27 (percent; from 1 January or 1 July).",
                    ),
                )
            found[date.fromisoformat(key)] = Decimal(str(value))
        return found

    def _check(self, settings: Settings) -> None:
        office = settings.office
        try:
            ZoneInfo(office.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise self._error(
                "office",
                "zone",
                Text(
                    f"Die Zeitzone '{office.zone}' ist unbekannt.",
                    f"The time zone '{office.zone}' is unknown.",
                ),
                Text("Zum Beispiel: Europe/Berlin.", "For example: Europe/Berlin."),
            ) from error
        if office.today is not None and not isinstance(office.today, date):
            raise self._error(
                "office",
                "today",
                Text("today hat einen falschen Wert.", "today has a wrong value."),
                Text("Erwartet wird ein Datum wie 2020-12-10.", "Expected is a date such as 2020-12-10."),
            )
        if office.person is not None and office.person not in settings.people:
            raise self._error(
                "office",
                "person",
                Text(
                    f"Die Person '{office.person}' ist unbekannt.",
                    f"The person '{office.person}' is unknown.",
                ),
                _near(office.person, settings.people),
            )
        for channel in settings.notices.channels:
            if channel not in CHANNELS:
                raise self._error(
                    "notices",
                    "channels",
                    Text(f"Den Kanal '{channel}' gibt es nicht.", f"There is no channel '{channel}'."),
                    _near(channel, CHANNELS),
                )
        if "smtp" in settings.notices.channels and settings.smtp is None:
            raise self._error(
                "notices",
                "channels",
                Text(
                    "Der Kanal smtp braucht den Abschnitt [smtp].",
                    "The channel smtp needs the section [smtp].",
                ),
                Text("Er nennt mindestens den host.", "It names at least the host."),
            )

    def _known(self, section: str, table: Mapping[str, object], known: list[str]) -> None:
        for key in table:
            if key not in known:
                if section:
                    what = Text(
                        f"Der Abschnitt [{section}] kennt '{key}' nicht.",
                        f"The section [{section}] knows no '{key}'.",
                    )
                else:
                    what = Text(f"Den Abschnitt [{key}] gibt es nicht.", f"There is no section [{key}].")
                raise self._error(section, key, what, _near(key, known))

    def _wrong_type(self, section: str, words: str) -> InputError:
        """The error behind what msgspec says: "Expected `str`, got `int` - at `$.zone`"."""
        what, _, place = words.partition(" - at `$")
        key = re.split(r"[.\[]", place.strip("`").lstrip("."))[0]
        if "missing required field" in what:
            missing = f"{section}.{what.rpartition('field `')[2].strip('`')}"
            return self._error(section, "", Text(f"Es fehlt: {missing}.", f"Missing: {missing}."), None)
        wanted = what.partition("Expected `")[2].partition("`")[0].split(" | ", maxsplit=1)[0]
        if what.startswith("Invalid enum value"):
            wanted = key
        expected = _EXPECTED.get(wanted, Text.same(what))
        whole = f"{section}.{_RENAMED.get(key, key)}" if key else section
        return self._error(
            section,
            _RENAMED.get(key, key),
            Text(f"{whole} hat einen falschen Wert.", f"{whole} has a wrong value."),
            Text(f"Erwartet wird {expected.de}.", f"Expected is {expected.en}."),
        )

    def _error(self, section: str, key: str, what: Text, hint: Text | None) -> InputError:
        line, column = nearest_place(self._places, f"{section}.{key}".strip("."))
        place = f"{self._path}:{line}:{column}"
        return InputError(Text(f"{place}: {what.de}", f"{place}: {what.en}"), hint=hint)


def _keys(kind: type) -> list[str]:
    assert is_dataclass(kind)  # noqa: S101 - tells mypy what the table of sections holds
    return [_RENAMED.get(item.name, item.name) for item in fields(kind)]


def _near(name: str, known: Iterator[str] | Mapping[str, object] | tuple[str, ...] | list[str]) -> Text:
    names = list(known)
    near = nearest(name, names)
    if near:
        return Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?")
    return Text(f"Möglich: {', '.join(names)}.", f"Possible: {', '.join(names)}.")
