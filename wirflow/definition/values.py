"""The values of a case's fields: how they are read, kept, compared and shown.

Inside wirflow money is a `Decimal` with two places and a date is a `date`; in
the database and in the trail both are text, so that nothing is ever rounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, cast

from wirflow.definition.document import Document, Unread
from wirflow.definition.listing import LIST_OF, MAX_ITEMS, listed, split
from wirflow.definition.span import Span, read_day
from wirflow.errors import DeadlineError, InputError, UnknownNameError, nearest
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wirflow.definition.field import Field

Item = str | int | bool | Decimal | date | Span
"""What an item of a list may be."""

Value = Item | Document | tuple[Item, ...]

Stored = str | int | bool | list[str | int | bool] | dict[str, str | int]
"""A value as the database and the trail keep it."""

Json = Stored | None

CASE_KEY_PATTERN = re.compile(r"[^\W_](?:[\w./-]{0,78}\w)?")
"""What a case may be called: it stands in file names, notices and commands."""


def spellings(key: str) -> frozenset[str]:
    """The ways in which people write one key: as it is, all in capitals, all small, like names, caps lock on.

    Two cases whose keys only capitals tell apart would be taken for one. These few can be looked
    for by the index that is there, whatever alphabet the key is written in.
    """
    return frozenset((key, key.upper(), key.lower(), key.title(), key.swapcase()))


MAX_TEXT = 10_000
MAX_LIST = 100_000
"""Characters of all items of a list together."""
MAX_MONEY = Decimal("999999999999.99")
MAX_INTEGER = 2**53 - 1

_SHOWN = 60
"""Characters of a wrong value that an error repeats."""

_KILO = 1000
"""Bytes of a kB (IEC 80000-13)."""

_BLANKS = str.maketrans("\n\t", "  ")
_CENT = Decimal("0.01")
_GERMAN_MONEY = re.compile(r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]{1,2})?|[+-]?[0-9]+,[0-9]{1,2}")
"""No thousands begin with a zero: `0.500` is half a euro with a digit too many, and not 500 €."""
_PLAIN_MONEY = re.compile(r"[+-]?[0-9]+(\.[0-9]{1,2})?")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,16}")
_TRUE = frozenset({"true", "yes", "ja", "wahr", "1"})
_FALSE = frozenset({"false", "no", "nein", "falsch", "0"})


def parse(field: Field, raw: object) -> Value:
    """The value that a person or a file gave for a field.

    Args:
        field: which field.
        raw: text as typed (`50000`, `50.000,00`, `2021-12-31`, `31.12.2021`, `ja`)
            or a scalar of YAML or JSON; of a list also its items, of a span its days by their names.

    Raises:
        InputError: the value is of the wrong type or out of bounds; says what the field takes.
    """
    if field.type == "list":
        return _parse_list(field, raw)
    try:
        value = _PARSERS[field.type](raw)
    except (ValueError, ArithmeticError, TypeError):
        value = None
    if value is None:
        raise _wrong(field, raw, _hint(field, raw))
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


_SCALARS: Final = frozenset({"text", "integer", "money", "date", "boolean", "choice", "period"})


def checked(fields: Mapping[str, Field], given: Mapping[str, Value]) -> dict[str, Value]:
    """Values that a program gives: of the type of their fields and within their bounds, like typed ones.

    A whole number for money is the amount, and text is read as if somebody had typed it.  What no
    field is called stays as it is: whether the event takes it is for its rules to say.

    Raises:
        InputError: a value is wrong.
    """
    return {
        name: parse(fields[name], value) if name in fields and fields[name].type in _SCALARS else value
        for name, value in given.items()
    }


def item_of(field: Field, number: int | None = None) -> Field:
    """What an item of a list field takes.

    Args:
        field: the list.
        number: which item, from 1; then it is called so.
    """
    place = Text(f", Nr. {number}", f", no. {number}") if number else Text.same("")
    title = Text(field.title.de + place.de, field.title.en + place.en)
    return replace(
        field, type=field.of or "text", of=None, title=title, min_items=None, max_items=None, default=None
    )


def _parse_list(field: Field, raw: object) -> tuple[Item, ...]:
    if isinstance(raw, list | tuple):
        given = list(raw)
    elif isinstance(raw, str):
        try:
            given = split(raw, field.of or "text")
        except InputError as error:
            raise _wrong(field, raw, error.hint or takes(field)) from error
    else:
        given = [raw]
    least, most = field.min_items or 0, field.max_items or MAX_ITEMS
    if not least <= len(given) <= most:
        raise _wrong(field, raw, Text(f"{_items(least, most).de} Hier sind es {len(given)}.",
                                      f"{_items(least, most).en} These are {len(given)}."))  # fmt: skip
    found = [parse(item_of(field, number), item) for number, item in enumerate(given, 1)]
    if sum(len(item) for item in found if isinstance(item, str)) > MAX_LIST:
        raise _wrong(
            field,
            raw,
            Text(f"Zusammen höchstens {MAX_LIST} Zeichen.", f"At most {MAX_LIST} characters altogether."),
        )
    return tuple(cast("list[Item]", found))


def _items(least: int, most: int) -> Text:
    if least == most:
        words = Text(f"Genau {_count(least).de}.", f"Exactly {_count(least).en}.")
    elif not least:
        words = Text(f"Höchstens {_count(most).de}.", f"At most {_count(most).en}.")
    elif most == MAX_ITEMS:
        words = Text(f"Mindestens {_count(least).de}.", f"At least {_count(least).en}.")
    else:
        words = Text(f"Von {least} bis {most} Werte.", f"From {least} to {most} items.")
    return words


def _count(number: int) -> Text:
    return Text("ein Wert", "one item") if number == 1 else Text(f"{number} Werte", f"{number} items")


def to_json(value: Value) -> Stored:
    """A value as the database and the trail keep it."""
    if isinstance(value, tuple):
        return [cast("str | int | bool", to_json(item)) for item in value]
    if isinstance(value, Decimal | Span):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Document):
        return value.json()
    return value


def from_json(kind: str, stored: Any) -> Value:
    """The value that `to_json` wrote for a field of this kind: `money`, `list of money`."""
    read = _STORED.get(kind)
    if read is not None:
        return read(stored)
    if kind.startswith(LIST_OF):
        item = kind.removeprefix(LIST_OF)
        return tuple(cast("list[Item]", [from_json(item, one) for one in stored]))
    return cast("Value", stored)


_STORED: dict[str, Callable[[Any], Value]] = {
    "money": lambda stored: Decimal(str(stored)),
    "date": lambda stored: date.fromisoformat(str(stored)),
    "span": Span.read,
    "document": Document.read,
}


def load(fields: Iterable[tuple[str, str]], stored: Mapping[str, Any]) -> dict[str, Value]:
    """The facts of a case as values, given the kinds of its fields; what those do not name is left out."""
    return {name: from_json(kind, stored[name]) for name, kind in fields if name in stored} if stored else {}


def dump(data: Mapping[str, Value]) -> dict[str, Stored]:
    """The facts of a case as the database and the trail keep them."""
    return {name: to_json(value) for name, value in data.items()}


def show(field: Field, value: Value | None, lang: Lang) -> str:
    """A value as a person reads it: `50.000,00 €`, `31.12.2021`, a choice by its title."""
    if value is None:
        return Text("unbekannt", "unknown").pick(lang) if field.expected else "–"
    if isinstance(value, tuple):
        item = item_of(field)
        return listed(show(item, one, lang) for one in value) or Text("keine", "none").pick(lang)
    if isinstance(value, bool):
        return (Text("ja", "yes") if value else Text("nein", "no")).pick(lang)
    words = _SHOWN_BY.get(type(value))
    return words(value, lang) if words else _show_word(field, str(value), lang)


def _show_word(field: Field, value: str, lang: Lang) -> str:
    if field.type == "period":
        from wirflow.deadlines import Period  # noqa: PLC0415 - few fields are periods

        period = Period.parse(value)
        return period.text.pick(lang) + (Text(" zurück", " back").pick(lang) if period.back else "")
    titles = {item.name: item.title.pick(lang) for item in field.choices}
    return titles.get(value, value)


def _show_span(value: Span, lang: Lang) -> str:
    return Text(" bis ", " to ").pick(lang).join(show_date(day, lang) for day in (value.begin, value.end))


def show_money(amount: Decimal, lang: Lang) -> str:
    """An amount in euros: `50.000,00 €` or `€50,000.00`."""
    if lang == "de":
        return f"{amount:,.2f} €".translate(str.maketrans(",.", ".,"))
    return f"-€{-amount:,.2f}" if amount < 0 else f"€{amount:,.2f}"


def show_date(day: date, lang: Lang) -> str:
    """A civil date: `31.12.2021` or `2021-12-31`."""
    return f"{day.day:02}.{day.month:02}.{day.year:04}" if lang == "de" else day.isoformat()


_SHOWN_BY: dict[type, Callable[[Any, Lang], str]] = {
    Decimal: show_money,
    date: show_date,
    Span: _show_span,
    Document: lambda value, lang: f"{value.name} ({show_size(value.size, lang)})",
}


def show_size(size: int, lang: Lang) -> str:
    """The size of a file: `812 Bytes`, `1,2 MB` or `1.2 MB`."""
    if size == 1:
        return Text("1 Byte", "1 byte").pick(lang)
    if size < _KILO:
        return f"{size} Bytes" if lang == "de" else f"{size} bytes"
    amount, unit = float(size), "Bytes"
    for unit in ("kB", "MB", "GB", "TB"):  # noqa: B007 - the last one is used
        amount /= _KILO
        if amount < _KILO - 0.05:
            break
    words = f"{amount:.1f} {unit}"
    return words.replace(".", ",") if lang == "de" else words


_SOME_TEXT: Final = Text(
    "Text, nicht leer und ohne unsichtbare Steuerzeichen.",
    "Text, not empty and without invisible control characters.",
)


def takes(field: Field) -> Text:
    """Which values a field takes, in words."""
    if field.type == "list":
        return _takes_list(field)
    if field.type == "choice":
        names = ", ".join(item.name for item in field.choices)
        return Text(f"Möglich: {names}.", f"One of: {names}.")
    if field.type == "text" and field.max_length:
        return Text(
            f"Text mit höchstens {field.max_length} Zeichen.",
            f"Text of at most {field.max_length} characters.",
        )
    return _takes_number(field)


def _takes_list(field: Field) -> Text:
    each, count = takes(item_of(field)), _items(field.min_items or 0, field.max_items or MAX_ITEMS)
    apart = Text("Mehrere, durch Komma getrennt.", "Several, parted by commas.")
    if field.min_items is None and field.max_items is None:
        return Text(f"{apart.de} Je: {each.de}", f"{apart.en} Each: {each.en}")
    return Text(f"{apart.de} {count.de} Je: {each.de}", f"{apart.en} {count.en} Each: {each.en}")


def _takes_number(field: Field) -> Text:
    words = _TAKES[field.type]
    low, high = (_bound(bound) for bound in (field.min, field.max))
    if low is not None and high is not None:
        return Text(
            f"{words.de[:-1]} von {low.de} bis {high.de}.", f"{words.en[:-1]} from {low.en} to {high.en}."
        )
    if low is not None:
        return Text(f"{words.de[:-1]}, mindestens {low.de}.", f"{words.en[:-1]}, at least {low.en}.")
    if high is not None:
        return Text(f"{words.de[:-1]}, höchstens {high.de}.", f"{words.en[:-1]}, at most {high.en}.")
    return words


def _bound(bound: Decimal | None) -> Text | None:
    """A bound as people of either language write it."""
    return None if bound is None else Text(str(bound).replace(".", ","), str(bound))


_TAKES: dict[str, Text] = {
    "text": Text("Text.", "Text."),
    "integer": Text("Eine ganze Zahl, etwa 12.", "A whole number, such as 12."),
    "money": Text(
        "Ein Betrag in Euro, etwa 50000 oder 50.000,00.", "An amount in euros, such as 50000 or 50000.00."
    ),
    "date": Text("Ein Datum, etwa 2021-12-31 oder 31.12.2021.", "A date, such as 2021-12-31 or 31.12.2021."),
    "boolean": Text("ja oder nein.", "yes or no."),
    "period": Text("Ein Zeitraum nach ISO 8601, etwa P6M.", "An ISO 8601 period, such as P6M."),
    "span": Text(
        "Erster und letzter Tag, etwa 2021-03-01/2021-05-31 oder 1.3.2021-31.5.2021.",
        "First and last day, such as 2021-03-01/2021-05-31.",
    ),
    "document": Text("Eine Datei, etwa @/pfad/bescheid.pdf.", "A file, such as @/path/letter.pdf."),
}


def _text(raw: object) -> str | None:
    if not isinstance(raw, str) or not raw.strip():
        return None
    return raw.strip() if raw.translate(_BLANKS).isprintable() else None


def _integer(raw: object) -> int | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, str):
        # `int` would read `1_0` and the digits of any alphabet, too: what was meant is for nobody to guess.
        raw = int(raw) if _WHOLE_NUMBER.fullmatch(raw.strip()) else None
    return raw if isinstance(raw, int) and abs(raw) <= MAX_INTEGER else None


def _money(raw: object) -> Decimal | None:
    if isinstance(raw, bool):
        return None
    text = str(raw).replace("€", "").strip()
    if not isinstance(raw, float) and _GERMAN_MONEY.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif not _PLAIN_MONEY.fullmatch(text):
        return None
    try:
        amount = Decimal(text).quantize(_CENT)
    except InvalidOperation:
        return None
    return amount if abs(amount) <= MAX_MONEY else None


def _date(raw: object) -> date | None:
    return read_day(raw)


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


def _document(raw: object) -> Document | None:
    if isinstance(raw, Document):
        return raw
    if isinstance(raw, Mapping):
        return Document.read(raw)
    return Unread.at(raw.strip().removeprefix("@")) if isinstance(raw, str) else None


_PARSERS: dict[str, Callable[[object], Value | None]] = {
    "text": _text,
    "choice": _text,
    "integer": _integer,
    "money": _money,
    "date": _date,
    "boolean": _boolean,
    "period": _period,
    "span": Span.read,
    "document": _document,
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


_PARTS: Final = Text(
    "Ein Dokument ist eine Datei, etwa bescheid.pdf, oder {name: bescheid.pdf, sha256: …} mit den 64 "
    "Hexadezimalziffern ihres SHA-256.",
    "A document is a file, such as letter.pdf, or {name: letter.pdf, sha256: …} with the 64 hexadecimal "
    "digits of its SHA-256.",
)
"""What a document takes that is told by its parts."""


def _hint(field: Field, raw: object) -> Text:
    """What a field takes to which a value was given that is none."""
    if field.type == "document" and isinstance(raw, Mapping):
        return _PARTS
    return _SOME_TEXT if field.type == "text" else takes(field)


def _written(raw: object) -> str:
    """A value that is no text as it stood in its file, and not as Python would write it."""
    if raw is None or isinstance(raw, bool | list | dict):
        with suppress(TypeError, ValueError):
            return json.dumps(raw, ensure_ascii=False)
    return str(raw)


def _wrong(field: Field, raw: object, hint: Text) -> InputError:
    text = raw if isinstance(raw, str) else _written(raw)
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + " …"
    return InputError(
        Text(
            f"{field.title.de} ({field.name}): '{shown}' geht nicht.",
            f"{field.title.en} ({field.name}): '{shown}' is not possible.",
        ),
        hint=hint,
    )
