"""Bundles: the whole trail in one file, for somebody who trusts nobody.

A bundle is one .zip file and not a directory: it is handed over, mailed and
filed as one thing, half of it cannot be left behind unnoticed, and every
system opens it.  Its members have fixed names and lie flat:

    bundle.json        the format's version, and when the bundle was made
    key.txt            the office's public key (vkey)
    definitions.json   the hash of every workflow definition, with its workflow
    entries.jsonl      every entry, one line each, in the order of the log
    checkpoints.jsonl  every signed checkpoint, one line each
    revealed.jsonl     personal values with their salts, if they were asked for
    document-…         the files that entries name by their SHA-256, if they were asked for

Every line and every JSON member is canonical (RFC 8785), so that each has one
form only and no changed bit goes unnoticed.  `verify` reads bundles.
"""

from __future__ import annotations

import zipfile
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from wirflow.audit.canonical import canonical
from wirflow.clock import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from wirflow.audit.entry import Entry
    from wirflow.audit.note import PublicKey

FORMAT: Final = 1
"""The version of the bundle's format, written as `bundle`."""

ABOUT: Final = "bundle.json"
KEY: Final = "key.txt"
DEFINITIONS: Final = "definitions.json"
ENTRIES: Final = "entries.jsonl"
CHECKPOINTS: Final = "checkpoints.jsonl"
REVEALED: Final = "revealed.jsonl"

MEMBERS: Final = (ABOUT, KEY, DEFINITIONS, ENTRIES, CHECKPOINTS, REVEALED)
"""Every member that a bundle can have, but for documents; only the last may be missing."""

DOCUMENT: Final = "document-"
"""How the name of a member begins that is a file which an entry names; its SHA-256 follows."""

CHUNK: Final = 1024 * 1024

# A bundle of the same trail made at the same instant has the same bytes.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class Record(NamedTuple):
    """An entry as the store keeps it: its place, what is kept beside it, and its exact bytes."""

    leaf: int | None
    case: str
    seq: int
    digest: str
    written: bytes


class Revealed(NamedTuple):
    """A personal value that an entry only commits to, with the salt that proves it."""

    case: str
    seq: int
    field: str
    value: object
    salt: bytes


def record_of(entry: Entry) -> Record:
    """The record of an entry that was read before."""
    return Record(entry.leaf, entry.case, entry.seq, entry.digest, canonical(entry.body))


def entry_line(record: Record) -> bytes:
    """The line of `entries.jsonl` for an entry.

    The entry's own bytes stand in it as they are, also where they are damaged: an export
    must not heal what verification has to find.
    """
    return b'{"case":%b,"digest":%b,"entry":%b,"leaf":%b,"seq":%d}\n' % (
        canonical(record.case),
        canonical(record.digest),
        record.written.replace(b"\n", b" "),
        canonical(record.leaf),
        record.seq,
    )


def write_bundle(
    out: BinaryIO,
    *,
    records: Iterable[Record],
    checkpoints: Iterable[str],
    key: PublicKey,
    definitions: Mapping[str, str],
    at: datetime,
    revealed: Iterable[Revealed] = (),
    documents: Mapping[str, Path] | None = None,
) -> None:
    """Write a bundle to a binary stream, entry by entry.

    Args:
        out: Where to; it need not be seekable.
        records: All sealed entries in the order of their leaves, then those not yet sealed in
            recorded order.  All: a log can only be proven as a whole.
        checkpoints: The signed notes, oldest first.
        key: The key that signed them.
        definitions: The workflow of each definition hash that an entry names.
        at: When this is done.
        revealed: Personal values that the recipient may know.
        documents: Files that the recipient may have, by their SHA-256.
    """
    with zipfile.ZipFile(out, "w") as archive:
        about = {"bundle": FORMAT, "exported_at": stamp(at)}
        _write(archive, ABOUT, [canonical(about) + b"\n"])
        _write(archive, KEY, [f"{key}\n".encode()])
        _write(archive, DEFINITIONS, [canonical(definitions) + b"\n"])
        _write(archive, ENTRIES, map(entry_line, records))
        _write(archive, CHECKPOINTS, (canonical({"note": note}) + b"\n" for note in checkpoints))
        lines = [_revealed_line(value) for value in revealed]
        if lines:
            _write(archive, REVEALED, lines)
        for digest, path in sorted((documents or {}).items()):
            with path.open("rb") as file:
                _write(archive, f"{DOCUMENT}{digest}", iter(partial(file.read, CHUNK), b""))


def _revealed_line(value: Revealed) -> bytes:
    return canonical(value._asdict() | {"salt": value.salt.hex()}) + b"\n"


def _write(archive: zipfile.ZipFile, name: str, lines: Iterable[bytes]) -> None:
    about = zipfile.ZipInfo(name, _EPOCH)
    about.compress_type = zipfile.ZIP_DEFLATED
    about.external_attr = 0o644 << 16
    with archive.open(about, "w", force_zip64=True) as member:
        for line in lines:
            member.write(line)
