"""CSV (RFC 4180), for spreadsheets.

A cell that a spreadsheet would take for a formula gets an apostrophe in front:
an entry's text comes from outside, and opening a file must not run it.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final, TextIO

from wirflow.audit.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wirflow.audit.entry import Entry

COLUMNS: Final = (
    "leaf",
    "case",
    "seq",
    "workflow",
    "event",
    "kind",
    "actor",
    "from",
    "to",
    "occurred_at",
    "recorded_at",
    "reason",
    "changes",
    "digest",
)
"""The names in the first line."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_BOM: Final = "\ufeff"


def write(entries: Iterable[Entry], out: TextIO, *, excel: bool = False) -> None:
    """Write a head and one line for each entry.

    Args:
        entries: In any order.
        out: A text stream opened with `newline=""`; the line ends are CRLF.  In UTF-8.
        excel: Write for a German Excel: a byte order mark, and `;` between cells.
    """
    if excel:
        out.write(_BOM)
    rows = csv.writer(out, delimiter=";" if excel else ",", lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for entry in entries:
        changes = entry.body.get("changes")
        cells = entry.json() | {
            "workflow": entry.body.get("workflow"),
            "kind": entry.kind,
            "reason": entry.body.get("reason"),
            "changes": canonical(changes).decode() if changes else None,
        }
        rows.writerow([_harmless(cells[column]) for column in COLUMNS])


def _harmless(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return "'" + cell
    return cell
