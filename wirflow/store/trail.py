"""The trail as rows: entries are only ever added; sealing gives each its leaf number once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import bindparam, func, insert, select

from wirflow.audit.entry import Entry
from wirflow.audit.merkle import Frontier
from wirflow.audit.seal import Seal, Unsealed
from wirflow.clock import stamp, unstamp
from wirflow.store.bulk import Insert, Update
from wirflow.store.tables import cases, checkpoints, entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from wirflow.core.writing import Written
    from wirflow.store.session import Session

_NAMES = (
    "case_id",
    "seq",
    "event",
    "kind",
    "actor",
    "state_from",
    "state_to",
    "occurred_at",
    "recorded_at",
    "body",
    "digest",
)
_ADD = Insert(entries, _NAMES)

RECORDED_ORDER: Final = (
    # A clock may be set back, and workers' clocks differ: an entry never comes before its predecessor.
    func.max(entries.c.recorded_at).over(partition_by=entries.c.case_id, order_by=entries.c.seq),
    entries.c.case_id,
    entries.c.seq,
)
"""The order in which entries were recorded, each case's by number."""

_COLUMNS = (entries.c.body, entries.c.digest, entries.c.leaf)
_OF_CASE = (
    select(*_COLUMNS)
    .join(cases, cases.c.id == entries.c.case_id)
    .where(cases.c.key == bindparam("key"))
    .order_by(entries.c.seq)
)
_ALL = select(*_COLUMNS).order_by(*RECORDED_ORDER)
_UNSEALED = (
    select(cases.c.key, entries.c.seq, entries.c.digest, entries.c.case_id)
    .join(cases, cases.c.id == entries.c.case_id)
    .where(entries.c.leaf.is_(None))
    .order_by(*RECORDED_ORDER)
    .limit(bindparam("most"))
)
_PLACE = Update(entries, ("leaf",), ("case_id", "seq"))
_LAST = select(checkpoints.c.frontier, checkpoints.c.note).order_by(checkpoints.c.id.desc()).limit(1)
_NOTES = select(checkpoints.c.note).order_by(checkpoints.c.id)
_FIRST = select(entries.c.occurred_at).where(entries.c.case_id == bindparam("case_id"), entries.c.seq == 1)
_INSERT_CHECKPOINT = insert(checkpoints).values(
    {name: bindparam(name) for name in ("size", "root", "frontier", "note", "made_at")}
)

_encode = msgspec.json.Encoder().encode


def add(session: Session, new: Iterable[tuple[int, Written]]) -> None:
    """Add entries, each with the number of its case: canonical bytes, and columns by which it is found."""
    rows = []
    for case_id, written in new:
        body = written.body
        rows.append(
            (
                case_id,
                body["seq"],
                body["event"],
                body["kind"],
                body["actor"],
                body["from"],
                body["to"],
                body["occurred_at"],
                body["recorded_at"],
                written.entry.decode(),
                written.digest,
            )
        )
    session.write(_ADD, rows)


def began(session: Session, case_id: int) -> datetime:
    """When a case began to count: the moment of its first entry."""
    return unstamp(session.row(_FIRST, {"case_id": case_id})[0])


def read(session: Session, key: str | None = None) -> Iterator[tuple[bytes, str, int | None]]:
    """Entries as (canonical bytes, digest, leaf): of one case by number, or all in recorded order."""
    rows = session.rows(_OF_CASE, {"key": key}) if key else session.rows(_ALL)
    for body, digest, leaf in rows:
        yield body.encode(), digest, leaf


def entries_of(session: Session, key: str | None = None) -> Iterator[Entry]:
    """Entries as values, read and not verified."""
    for written, digest, leaf in read(session, key):
        yield Entry.read(written, digest, leaf=leaf)


def unsealed(session: Session, most: int) -> tuple[list[Unsealed], dict[tuple[str, int], int]]:
    """The first entries that wait for their place in the log, and the case number of each.

    Args:
        session: the transaction.
        most: no more than so many.
    """
    rows = session.rows(_UNSEALED, {"most": most})
    waiting = [Unsealed(key, seq, digest) for key, seq, digest, _ in rows]
    return waiting, {(key, seq): case_id for key, seq, _, case_id in rows}


def frontier(session: Session) -> tuple[Frontier, str | None]:
    """How far the log has grown, and its last signed checkpoint."""
    row = session.row(_LAST)
    return (Frontier.read(msgspec.json.decode(row[0])), row[1]) if row else (Frontier(), None)


def checkpoint_notes(session: Session) -> list[str]:
    """All signed checkpoints, oldest first."""
    return [row[0] for row in session.rows(_NOTES)]


def keep_seal(session: Session, seal: Seal, case_ids: Mapping[tuple[str, int], int], now: datetime) -> None:
    """Write what sealing gave: leaf numbers and the signed checkpoint."""
    session.write(_PLACE, [(place.leaf, case_ids[place.case, place.seq], place.seq) for place in seal.placed])
    session.run(
        _INSERT_CHECKPOINT,
        {
            "size": seal.frontier.size,
            "root": seal.frontier.root().hex(),
            "frontier": _encode(seal.frontier.json()).decode(),
            "note": seal.checkpoint,
            "made_at": stamp(now),
        },
    )
