"""The values of a case's fields: how they are read, kept, compared and shown.

Inside wirflow money is a `Decimal` with two places and a date is a `date`; in
the database and in the trail both are text, so that nothing is ever rounded.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from wirflow.errors import DeadlineError, InputError, UnknownNameError, nearest
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wirflow.definition.model import Field, FieldType

Value = str | int | bool | Decimal | date

Json = str | int | bool | None

CASE_KEY_PATTERN = re.compile(r"[^\W_](?:[\w./-]{0,78}\w)?")
"""What a case may be called: it stands in file names, notices and commands."""

MAX_TEXT = 10_000
MAX_MONEY = Decimal("999999999999.99")
MAX_INTEGER = 2**53 - 1

_SHOWN = 60
"""Characters of a wrong value that an error repeats."""

_BLANKS = str.maketrans("\n\t", "  ")
_CENT = Decimal("0.01")
_GERMAN_MONEY = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d{1,2})?|[+-]?\d+,\d{1,2}")
_PLAIN_MONEY = re.compile(r"[+-]?\d+(\.\d{1,2})?")
_GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_TRUE = frozenset({"true", "yes", "ja", "wahr", "1"})
_FALSE = frozenset({"false", "no", "nein", "falsch", "0"})


def parse(field: Field, raw: object) -> Value:
    """The value that a person or a file gave for a field.

    Args:
        field: which field.
        raw: text as typed (`50000`, `50.000,00`, `2021-12-31`, `31.12.2021`, `ja`)
            or a scalar of YAML or JSON.

    Raises:
        InputError: the value is of the wrong type or out of bounds; says what the field takes.
    """
    try:
        value = _PARSERS[field.type](raw)
    except (ValueError, ArithmeticError, TypeError):
        value = None
    if value is None:
        raise _wrong(field, raw, takes(field))
    if field.type == "choice":
        _check_choice(field, str(value))
    if field.type == "text" and len(str(value)) > (field.max_length or MAX_TEXT):
        limit = field.max_length or MAX_TEXT
        over = len(str(value))
        raise _wrong(
            field,
            str(raw)[:40] + " …",
            Text(
                f"Höchstens {limit} Zeichen, hier sind es {over}.",
                f"At most {limit} characters, these are {over}.",
            ),
        )
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        _check_bounds(field, raw, value)
    return value


def parse_all(
    fields: Mapping[str, Field], raw: Mapping[str, object], what: Text | None = None
) -> dict[str, Value]:
    """The values given for several fields at once; an unknown name is an error with the near one.

    Raises:
        InputError: a value is wrong.
        UnknownNameError: a field is unknown.
    """
    values = {}
    for name, item in raw.items():
        if name not in fields:
            raise UnknownNameError(what or Text("Das Feld", "The field"), name, fields)
        values[name] = parse(fields[name], item)
    return values


def to_json(value: Value) -> str | int | bool:
    """A value as the database and the trail keep it."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def from_json(kind: FieldType, stored: str | int | bool) -> Value:  # noqa: FBT001 - a stored value may be a boolean
    """The value that `to_json` wrote for a field of this type."""
    if kind == "money":
        return Decimal(str(stored))
    if kind == "date":
        return date.fromisoformat(str(stored))
    return stored


def load(fields: Iterable[tuple[str, FieldType]], stored: Mapping[str, str | int | bool]) -> dict[str, Value]:
    """The facts of a case as values; what the fields do not name is left out."""
    return {name: from_json(kind, stored[name]) for name, kind in fields if name in stored}


def dump(data: Mapping[str, Value]) -> dict[str, str | int | bool]:
    """The facts of a case as the database and the trail keep them."""
    return {name: to_json(value) for name, value in data.items()}


def show(field: Field, value: Value | None, lang: Lang) -> str:
    """A value as a person reads it: `50.000,00 €`, `31.12.2021`, a choice by its title."""
    if value is None:
        return Text("unbekannt", "unknown").pick(lang) if field.expected else "–"
    if isinstance(value, bool):
        return (Text("ja", "yes") if value else Text("nein", "no")).pick(lang)
    if isinstance(value, Decimal):
        return show_money(value, lang)
    if isinstance(value, date):
        return show_date(value, lang)
    if field.type == "period":
        from wirflow.deadlines import Period  # noqa: PLC0415 - few fields are periods

        return Period.parse(str(value)).text.pick(lang)
    titles = {item.name: item.title.pick(lang) for item in field.choices}
    return titles.get(str(value), str(value))


def show_money(amount: Decimal, lang: Lang) -> str:
    """An amount in euros: `50.000,00 €` or `€50,000.00`."""
    if lang == "de":
        return f"{amount:,.2f} €".translate(str.maketrans(",.", ".,"))
    return f"-€{-amount:,.2f}" if amount < 0 else f"€{amount:,.2f}"


def show_date(day: date, lang: Lang) -> str:
    """A civil date: `31.12.2021` or `2021-12-31`."""
    return f"{day:%d.%m.%Y}" if lang == "de" else day.isoformat()


def takes(field: Field) -> Text:
    """Which values a field takes, in words."""
    if field.type == "choice":
        names = ", ".join(item.name for item in field.choices)
        return Text(f"Möglich: {names}.", f"One of: {names}.")
    if field.type == "text" and field.max_length:
        return Text(
            f"Text mit höchstens {field.max_length} Zeichen.",
            f"Text of at most {field.max_length} characters.",
        )
    words = _TAKES[field.type]
    low, high = field.min, field.max
    if low is not None and high is not None:
        return Text(f"{words.de[:-1]} von {low} bis {high}.", f"{words.en[:-1]} from {low} to {high}.")
    if low is not None:
        return Text(f"{words.de[:-1]}, mindestens {low}.", f"{words.en[:-1]}, at least {low}.")
    if high is not None:
        return Text(f"{words.de[:-1]}, höchstens {high}.", f"{words.en[:-1]}, at most {high}.")
    return words


_TAKES: dict[str, Text] = {
    "text": Text("Text.", "Text."),
    "integer": Text("Eine ganze Zahl, etwa 12.", "A whole number, such as 12."),
    "money": Text(
        "Ein Betrag in Euro, etwa 50000 oder 50.000,00.", "An amount in euros, such as 50000 or 50000.00."
    ),
    "date": Text("Ein Datum, etwa 2021-12-31 oder 31.12.2021.", "A date, such as 2021-12-31 or 31.12.2021."),
    "boolean": Text("ja oder nein.", "yes or no."),
    "period": Text("Ein Zeitraum nach ISO 8601, etwa P6M.", "An ISO 8601 period, such as P6M."),
}


def _text(raw: object) -> str | None:
    if not isinstance(raw, str) or not raw.strip():
        return None
    return raw.strip() if raw.translate(_BLANKS).isprintable() else None


def _integer(raw: object) -> int | None:
    if isinstance(raw, bool):
        return None
    value = int(raw) if isinstance(raw, (int, str)) else None
    return value if value is not None and abs(value) <= MAX_INTEGER else None


def _money(raw: object) -> Decimal | None:
    if isinstance(raw, bool):
        return None
    text = str(raw).replace("€", "").strip()
    if _GERMAN_MONEY.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif not _PLAIN_MONEY.fullmatch(text):
        return None
    try:
        amount = Decimal(text).quantize(_CENT)
    except InvalidOperation:
        return None
    return amount if abs(amount) <= MAX_MONEY else None


def _date(raw: object) -> date | None:
    if isinstance(raw, date):
        return raw
    text = str(raw).strip()
    if german := _GERMAN_DATE.fullmatch(text):
        day, month, year = map(int, german.groups())
        return date(year, month, day)
    return date.fromisoformat(text)


def _boolean(raw: object) -> bool | None:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().casefold()
    return True if word in _TRUE else False if word in _FALSE else None


def _period(raw: object) -> str | None:
    from wirflow.deadlines import Period  # noqa: PLC0415 - few fields are periods

    try:
        return str(Period.parse(str(raw)))
    except DeadlineError:
        return None


_PARSERS = {
    "text": _text,
    "choice": _text,
    "integer": _integer,
    "money": _money,
    "date": _date,
    "boolean": _boolean,
    "period": _period,
}


def _check_choice(field: Field, value: str) -> None:
    names = [item.name for item in field.choices]
    if value not in names:
        near = nearest(value[:_SHOWN], names)
        hint = Text(f"Meinten Sie '{near}'? ", f"Did you mean '{near}'? ") if near else Text.same("")
        choices = takes(field)
        raise _wrong(field, value, Text(hint.de + choices.de, hint.en + choices.en))


def _check_bounds(field: Field, raw: object, value: int | Decimal) -> None:
    if (field.min is not None and value < field.min) or (field.max is not None and value > field.max):
        raise _wrong(field, raw, takes(field))


def _wrong(field: Field, raw: object, hint: Text) -> InputError:
    text = str(raw)
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + " …"
    return InputError(
        Text(
            f"{field.title.de} ({field.name}): '{shown}' geht nicht.",
            f"{field.title.en} ({field.name}): '{shown}' is not possible.",
        ),
        hint=hint,
    )
