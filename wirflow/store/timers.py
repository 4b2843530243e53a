"""Timers as rows: what is armed, what is due, and how each of them ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from sqlalchemy import bindparam, insert, literal_column, select, update

from wirflow.clock import stamp, unstamp
from wirflow.core.case import Timer
from wirflow.deadlines import Deadline
from wirflow.store.tables import timers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from wirflow.store.database import Session

Ending = Literal["fired", "merged", "cancelled", "refused", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTimer:
    """A timer whose moment has come, before its case is read."""

    id: int
    case_id: int
    due_at: str


_COLUMNS = (
    timers.c.id,
    timers.c.name,
    timers.c.kind,
    timers.c.label,
    timers.c.due_at,
    timers.c.event,
    timers.c.derivation,
    timers.c.payload,
    timers.c.depth,
)

# Literals, not bound values: only so does the database see that the partial indexes fit.
_ARMED = timers.c.status == literal_column("'armed'")
_FAILED = timers.c.status == literal_column("'failed'")

_OF_CASE = (
    select(*_COLUMNS)
    .where(timers.c.case_id == bindparam("case_id"), _ARMED)
    .order_by(timers.c.due_at, timers.c.id)
)
_DUE = (
    select(timers.c.id, timers.c.case_id, timers.c.due_at)
    .where(_ARMED, timers.c.due_at <= bindparam("now"))
    .order_by(timers.c.due_at, timers.c.id)
    .limit(bindparam("most"))
)
_DUE_SIGNALS = _DUE.where(timers.c.kind == literal_column("'signal'"))
_NEXT = select(timers.c.due_at).where(_ARMED).order_by(timers.c.due_at, timers.c.id).limit(1)
_NAMES = ("case_id", "name", "kind", "label", "due_at", "due", "event", "derivation", "payload", "depth")
_INSERT = insert(timers).values({name: bindparam(name) for name in _NAMES} | {"status": "armed"})
_END = (
    update(timers)
    .where(timers.c.id == bindparam("timer_id"), _ARMED)
    .values(status=bindparam("ending"), error=bindparam("error"))
)
_FAILED_OF_CASE = (
    select(*_COLUMNS).where(timers.c.case_id == bindparam("case_id"), _FAILED).order_by(timers.c.id)
)
_GIVE_UP = update(timers).where(timers.c.id == bindparam("timer_id"), _FAILED).values(status="cancelled")
_REARM = update(timers).where(_FAILED).values(status="armed", error=None)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode


def armed(session: Session, case_id: int) -> dict[int, Timer]:
    """The armed timers of a case by their numbers, in the order in which they fire."""
    return {row[0]: _from_row(row) for row in session.rows(_OF_CASE, {"case_id": case_id})}


def due(session: Session, now: datetime, most: int, *, signals_only: bool = False) -> list[DueTimer]:
    """The timers whose moment has come, earliest first; whoever fires one locks its case and looks again."""
    rows = session.rows(_DUE_SIGNALS if signals_only else _DUE, {"now": stamp(now), "most": most})
    return [DueTimer(id=number, case_id=case_id, due_at=moment) for number, case_id, moment in rows]


def next_due(session: Session) -> datetime | None:
    """When the next timer fires, or None if nothing is armed."""
    row = session.row(_NEXT)
    return unstamp(row[0]) if row else None


def arm(session: Session, case_id: int, new: Iterable[Timer]) -> None:
    """Arm timers for a case."""
    session.run_many(_INSERT, [_row(case_id, timer) for timer in new])


def end(session: Session, numbers: Iterable[int], ending: Ending, error: str | None = None) -> None:
    """Say how armed timers ended."""
    session.run_many(_END, [{"timer_id": number, "ending": ending, "error": error} for number in numbers])


def failed(session: Session, case_id: int) -> dict[int, Timer]:
    """The timers of a case that were set aside with an error, by their numbers."""
    return {row[0]: _from_row(row) for row in session.rows(_FAILED_OF_CASE, {"case_id": case_id})}


def give_up(session: Session, numbers: Iterable[int]) -> None:
    """Let timers that failed not be tried again; their errors stay on record."""
    session.run_many(_GIVE_UP, [{"timer_id": number} for number in numbers])


def rearm_failed(session: Session) -> int:
    """Arm all failed timers once more; how many there were."""
    return session.run(_REARM, {})


def _from_row(row: Any) -> Timer:
    _, name, kind, label, due_at, event, derivation, payload, depth = row
    return Timer(
        name=name,
        kind=kind,
        label=label,
        due_at=unstamp(due_at),
        event=event,
        deadline=Deadline.from_json(_decode(derivation)) if derivation else None,
        payload=_decode(payload) if payload else {},
        depth=depth,
    )


def _row(case_id: int, timer: Timer) -> dict[str, Any]:
    deadline = timer.deadline
    return {
        "case_id": case_id,
        "name": timer.name,
        "kind": timer.kind,
        "label": timer.label,
        "due_at": stamp(timer.due_at),
        "due": deadline.due.isoformat() if deadline else None,
        "event": timer.event,
        "derivation": _encode(deadline.to_json()).decode() if deadline else None,
        "payload": _encode(timer.payload).decode() if timer.payload else None,
        "depth": timer.depth,
    }
