"""JSON Lines: every entry with everything that it holds.

The lines are those of a bundle's `entries.jsonl`, so one reader does for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from wirflow.audit.bundle import entry_line, record_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wirflow.audit.entry import Entry


def write(entries: Iterable[Entry], out: BinaryIO) -> None:
    """Write one line for each entry, UTF-8, canonical JSON."""
    out.writelines(entry_line(record_of(entry)) for entry in entries)
