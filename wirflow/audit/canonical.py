"""Canonical JSON: one value, one sequence of bytes (RFC 8785, JCS).

The bytes come from msgspec, whose strings and integers agree with RFC 8785
byte for byte.  Two things are ours: the check that a value holds nothing that
JSON cannot carry exactly, and the order of keys beyond the Basic Multilingual
Plane (msgspec sorts by code point, RFC 8785 by UTF-16 code unit).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn

import msgspec

from wirflow.errors import InputError
from wirflow.text import Text

MAX_INT: Final = 2**53 - 1
"""The largest integer that every JSON reader carries exactly (RFC 8785, 3.2.2.3; RFC 7493, 2.2)."""

_WORDS: Final = frozenset({str, bool, type(None), msgspec.Raw})
"""Types of which any value is written as RFC 8785 does."""
_NAMES: Final = frozenset({str})

_sorted = msgspec.json.Encoder(order="sorted").encode
_as_given = msgspec.json.Encoder().encode


def canonical(value: object) -> bytes:
    """The RFC 8785 bytes of a value made of None, bool, int, str, lists, tuples and mappings.

    Args:
        value: What to write.  Integers lie within ±(2**53 - 1); keys are strings.  A `msgspec.Raw`
            is a part that is canonical already, and is taken over as it is.

    Raises:
        TypeError: A type that the trail does not hold, above all a float: amounts are
            strings, dates are strings.  That is a mistake in the program.
        InputError: Data that JSON cannot carry exactly: an integer out of range, half of a
            surrogate pair, or nesting without end.
    """
    try:
        if _plain(value):
            written = _sorted(value)
            if written.isascii() or not _beyond_bmp(written):
                return written
        return _as_given(_ordered(value))
    except UnicodeEncodeError as error:
        raise InputError(
            Text(
                "Ein Text enthält ein Zeichen, das es in Unicode nicht gibt (halbes Ersatzzeichenpaar).",
                "A text contains a character that Unicode does not have (half of a surrogate pair).",
            ),
            hint=Text(
                "Die Eingabe war vermutlich nicht in UTF-8 geschrieben.",
                "The input was probably not written in UTF-8.",
            ),
        ) from error
    except RecursionError as error:
        raise InputError(
            Text("Die Daten sind zu tief verschachtelt.", "The data are nested too deeply.")
        ) from error


def _beyond_bmp(written: bytes) -> bool:
    """Whether UTF-8 holds a character beyond the Basic Multilingual Plane: four bytes, F0 to F4 first."""
    # Five searches for one byte are many times faster than one for a class of bytes.
    return (
        b"\xf0" in written
        or b"\xf1" in written
        or b"\xf2" in written
        or b"\xf3" in written
        or b"\xf4" in written
    )


def _plain(value: object) -> bool:
    """Whether a value holds only exact built-in types in range, which msgspec writes as RFC 8785 does."""
    kind = type(value)
    if kind in _WORDS:
        return True
    if kind is dict:
        return _NAMES.issuperset(map(type, value)) and _all_plain(value.values())  # type: ignore[call-overload,attr-defined] # mypy does not narrow by `is`
    if kind is int:
        return -MAX_INT <= value <= MAX_INT  # type: ignore[operator] # likewise
    if kind is list or kind is tuple:
        return _all_plain(value)  # type: ignore[arg-type] # likewise
    return False


def _all_plain(values: Iterable[object]) -> bool:
    for value in values:  # noqa: SIM110 - a loop is faster than a generator
        if type(value) not in _WORDS and not _plain(value):
            return False
    return True


def _ordered(value: Any) -> Any:  # noqa: PLR0911 - one for each type
    """The value in exact built-in types, keys in the order of RFC 8785: slow, and says what is wrong."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        if -MAX_INT <= value <= MAX_INT:
            return int(value)
        raise InputError(
            Text(
                "Eine ganze Zahl ist zu groß: Erlaubt sind höchstens 9007199254740991 (2^53 - 1).",
                "An integer is too large: at most 9007199254740991 (2^53 - 1) is allowed.",
            ),
            hint=Text("Größere Zahlen gehören in ein Textfeld.", "Larger numbers belong in a text field."),
        )
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                _refuse(key, "a key")
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {str.__str__(key): _ordered(value[key]) for key in keys}
    if isinstance(value, (list, tuple)):
        return [_ordered(inner) for inner in value]
    if isinstance(value, msgspec.Raw):
        return _ordered(msgspec.json.decode(value))
    return _refuse(value, "a value")


def _refuse(value: object, what: str) -> NoReturn:
    msg = f"{what} of the trail cannot be {type(value).__name__}: write money, dates and decimals as strings"
    raise TypeError(msg)
