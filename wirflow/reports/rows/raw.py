"""Columns that may hold anything, asked without falling over them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from wirflow.audit.finding import finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wirflow.audit.finding import Finding
    from wirflow.store.session import Session

_Row = TypeVar("_Row")

BROKEN: Final = (
    msgspec.MsgspecError,
    RecursionError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
)
"""What decoding and folding raise over something that wirflow did not write."""

_encode = msgspec.json.Encoder(order="sorted").encode


def rows(
    read: Callable[[Session], Iterator[_Row]], session: Session, table: str, found: list[Finding]
) -> Iterator[_Row]:
    """The rows of a table; one that the database itself cannot read becomes a finding."""
    try:
        yield from read(session)
    except sqlite3.OperationalError:
        # SQLite keeps bytes that are no text in a text column, and cannot give them back.
        found.append(finding("row_unreadable", name=table))


def same_json(written: object, told: object) -> bool:
    """Whether a column holds the JSON of a value; 1, true and 1.0 are three values."""
    if written is None or told is None:
        return written is told
    try:
        return isinstance(written, str) and _encode(msgspec.json.decode(written)) == _encode(told)
    except BROKEN:
        return False


def words(value: Any) -> str:
    """A column as text, whatever it holds; what is no text equals none that wirflow wrote."""
    return value if isinstance(value, str) else f"\0{value!r}"
