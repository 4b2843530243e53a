"""The documents of an office: what there is, what is missing or was changed, what nobody names."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wirflow.clock import SystemClock
from wirflow.errors import InputError, UnknownNameError, because
from wirflow.reports.documents import Named, named
from wirflow.store.documents import lost
from wirflow.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from wirflow.office.office import Office
    from wirflow.store.documents import State, Stray

PATIENCE: Final = timedelta(days=1)
"""A file that nobody names is left alone for so long: its entry may be about to commit."""


def listed(office: Office, key: str | None = None, *, read: bool = False) -> list[Named]:
    """Every document that the trail names.

    Args:
        office: whose documents.
        key: only of this case; None: of all.
        read: read each file and compare its hash; else only look whether it is there, of the right size.
    """
    shelf = office.documents
    known: dict[str, State] = {}
    rows = named(office.database, key)
    for row in rows:
        digest = row.document.sha256
        if digest not in known:
            known[digest] = shelf.look(digest) if read else shelf.glance(row.document)
    return [replace(row, state=known[row.document.sha256]) for row in rows]


def strays(office: Office, patience: timedelta = timedelta()) -> list[Stray]:
    """Files that no entry names, if they have lain there for some time."""
    digests = {row.document.sha256 for row in named(office.database)}
    # Files bear the machine's time, also in an office whose own clock stands elsewhere.
    return office.documents.strays(digests, before=SystemClock().now() - patience)


def one(office: Office, key: str, name: str, seq: int | None = None) -> Named:
    """A document of a case: the present one, or the one that an entry named.

    Raises:
        UnknownNameError: there is no such case or document.
    """
    office.reports.case(key)
    rows = listed(office, key)
    fields = dict.fromkeys(row.field for row in rows)
    if name not in fields:
        raise UnknownNameError(Text("Das Dokument", "The document"), name, fields)
    found = [row for row in rows if row.field == name and (row.current if seq is None else row.seq == seq)]
    if not found:
        known = ", ".join(str(row.seq) for row in rows if row.field == name)
        raise InputError(
            Text(f"{key} hat kein solches '{name}'.", f"{key} has no such '{name}'."),
            hint=Text(f"Frühere: --entry {known}.", f"Earlier ones: --entry {known}."),
        )
    return found[-1]


def give_out(office: Office, document: Named, to: Path, *, overwrite: bool = False) -> Path | None:
    """Write a document's file somewhere; None: to stdout, which is `-`.

    Args:
        office: whose document.
        document: which one.
        to: a file, or a folder in which it gets its own name.
        overwrite: whether a file may be there already.

    Raises:
        InputError: there is a file already, or it cannot be written there.
        WorldError: the file is missing or was changed.
    """
    shelf = office.documents
    if shelf.look(document.document.sha256) != "kept":
        raise lost(document.document)
    if str(to) == "-":
        shelf.copy(document.document, sys.stdout.buffer)
        sys.stdout.flush()
        return None
    target = to / document.document.name if to.is_dir() else to
    try:
        with target.open("wb" if overwrite else "xb") as out:
            shelf.copy(document.document, out)
    except FileExistsError as error:
        raise InputError(
            Text(f"{target} gibt es schon.", f"{target} exists already."),
            hint=Text("Überschrieben wird mit --force.", "--force overwrites it."),
        ) from error
    except OSError as error:
        raise InputError(
            Text(f"{target} ist nicht schreibbar.", f"{target} cannot be written."),
            hint=because(error),
        ) from error
    return target


def prune(office: Office, *, young: bool = False, dry_run: bool = False) -> list[Stray]:
    """Remove the files that no entry names: left by a crash, or of a person whose data was erased.

    Args:
        office: whose files.
        young: also those of the last day; only while nobody records anything.
        dry_run: only say which.
    """
    found = strays(office, timedelta() if young else PATIENCE)
    for stray in () if dry_run else found:
        office.documents.remove(stray)
    return found
