"""How much is waiting, and when the next of it has its turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, literal_column, select, union_all

from wirflow.clock import stamp, unstamp
from wirflow.store.tables import checkpoints, entries, outbox, timers
from wirflow.store.timers import FAILED

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, CompoundSelect, Select

    from wirflow.core.letters import NoticeState
    from wirflow.store.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits for the scheduler, and what waits for a person."""

    due: int
    """Timers whose moment has come."""
    oldest: datetime | None
    """When the first of them was due; None: none is."""
    failed: int
    """Timers that were set aside with an error."""
    pending: int
    """Notices that are to be handed over."""
    sending: int
    """Notices that a worker is handing over, or died over."""
    unknown: int
    """Notices that may have arrived or not."""
    dead: int
    """Notices that were given up."""
    latest: datetime | None
    """When the last entry was written, or sealed: no clock of this office can be before it."""


def _is(*states: NoticeState) -> ColumnElement[bool]:
    # Literals, here and below: only so does the database see that a partial index fits.
    return outbox.c.state.in_([literal_column(f"'{state}'") for state in states])


def _states(*states: NoticeState) -> Select[Any]:
    return (
        select(outbox.c.state, func.count(), literal_column("NULL"))
        .where(_is(*states))
        .group_by(outbox.c.state)
    )


# One statement for all of it, each part of it by an index of its own.
_COUNT: CompoundSelect[Any] = union_all(
    select(literal_column("'due'"), func.count(), func.min(timers.c.due_at)).where(
        timers.c.status == literal_column("'armed'"), timers.c.due_at <= bindparam("now")
    ),
    select(literal_column("'failed'"), func.count(), literal_column("NULL"))
    .select_from(timers)
    .where(FAILED),
    _states("pending", "sending"),
    _states("unknown", "dead"),
)
_LAST_OPEN = (
    select(entries.c.recorded_at)
    .where(entries.c.leaf.is_(None))
    .order_by(entries.c.recorded_at.desc(), entries.c.case_id.desc(), entries.c.seq.desc())
    .limit(1)
)
_LAST_SEAL = select(checkpoints.c.made_at).order_by(checkpoints.c.id.desc()).limit(1)
_NEXT_ATTEMPT = (
    select(outbox.c.next_at).where(_is("pending", "sending")).order_by(outbox.c.next_at, outbox.c.id).limit(1)
)


def count(session: Session, now: datetime) -> Backlog:
    """How much is waiting at an instant."""
    found = {name: (number, first) for name, number, first in session.rows(_COUNT, {"now": stamp(now)})}
    numbers = {name: number for name, (number, _) in found.items()}
    oldest = found["due"][1]
    return Backlog(
        due=numbers["due"],
        oldest=unstamp(oldest) if oldest else None,
        failed=numbers["failed"],
        pending=numbers.get("pending", 0),
        sending=numbers.get("sending", 0),
        unknown=numbers.get("unknown", 0),
        dead=numbers.get("dead", 0),
        latest=latest(session),
    )


def latest(session: Session) -> datetime | None:
    """When the last entry was written, or all were sealed; None if there is no entry."""
    moments = [row[0] for row in (session.row(_LAST_OPEN), session.row(_LAST_SEAL)) if row]
    return unstamp(max(moments)) if moments else None


def next_attempt(session: Session) -> datetime | None:
    """When the next notice has its turn, or a claim lapses; None if nothing is open."""
    row = session.row(_NEXT_ATTEMPT)
    return unstamp(row[0]) if row else None
