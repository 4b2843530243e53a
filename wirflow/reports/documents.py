"""The documents that the trail names, and whether their files are what it says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from wirflow.audit.entry import is_commitment
from wirflow.definition.document import Document
from wirflow.store import queries
from wirflow.store.documents import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wirflow.store.database import Database

_decode = msgspec.json.Decoder().decode
_MARK = b'"sha256"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A document, and the entry that named it."""

    case: str
    field: str
    seq: int
    document: Document
    personal: bool = False
    current: bool = True
    """The case has it still; False: a later entry put another one in its place, or took it away."""
    state: State = "kept"

    def json(self) -> dict[str, Any]:
        """As data."""
        document = self.document
        return {
            "case": self.case,
            "field": self.field,
            "seq": self.seq,
            "current": self.current,
            "state": self.state,
            **document.json(),
        }


def named(database: Database, key: str | None = None) -> list[Named]:
    """Every document that an entry or a personal value names, of all cases or of one."""
    with database.reading() as session:
        personal = [
            Named(case=row.case, field=row.field, seq=row.seq, document=document, personal=True)
            for row in queries.secrets(session, key)
            if (document := _document(row.value)) is not None
        ]
        whole = {row.case for row in personal}
        found = list(_public(queries.entries_by_case(session, key), whole))
    last: dict[tuple[str, str], int] = {}
    for case, name, seq, _ in found:
        last[case, name] = max(seq, last.get((case, name), 0))
    rows = [
        Named(case=case, field=name, seq=seq, document=document, current=last[case, name] == seq)
        for case, name, seq, document in found
        if document is not None
    ]
    for one in personal:
        newest = max(other.seq for other in personal if (other.case, other.field) == (one.case, one.field))
        later = last.get((one.case, one.field), 0)
        rows.append(replace(one, current=one.seq == max(newest, later)))
    return sorted(rows, key=lambda row: (row.case, row.field, row.seq))


def _public(
    entries: Iterator[queries.EntryRow], whole: Collection[str]
) -> Iterator[tuple[str, str, int, Document | None]]:
    """What entries say of fields that hold documents, or held one before.

    Of the cases in `whole` also that a field was made absent: what a personal one held, no entry says.
    """
    for row in entries:
        if _MARK not in row.body and row.case not in whole:
            continue
        for name, (old, new) in (_decode(row.body).get("changes") or {}).items():
            document = _document(new)
            gone = new is None and (_document(old) is not None or row.case in whole)
            replaced = _document(old) is not None and not is_commitment(new)
            if document is not None or gone or replaced:
                yield row.case, name, row.seq, document


def _document(value: object) -> Document | None:
    if not isinstance(value, dict) or "sha256" not in value:
        return None
    try:
        return Document.read(value)
    except ValueError:
        return None
