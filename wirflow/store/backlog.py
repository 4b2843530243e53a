"""How much is waiting, and when the next of it has its turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, literal_column, select

from wirflow.clock import stamp, unstamp
from wirflow.store.tables import outbox, timers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from wirflow.core.letters import NoticeState
    from wirflow.store.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits for the scheduler, and what waits for a person."""

    due: int
    """Timers whose moment has come."""
    failed: int
    """Timers that were set aside with an error."""
    waiting: int
    """Notices that are to be handed over."""
    unknown: int
    """Notices that may have arrived or not."""
    dead: int
    """Notices that were given up."""


def _is(*states: NoticeState) -> ColumnElement[bool]:
    # Literals, here and below: only so does the database see that a partial index fits.
    return outbox.c.state.in_([literal_column(f"'{state}'") for state in states])


_DUE = (
    select(func.count())
    .select_from(timers)
    .where(timers.c.status == literal_column("'armed'"), timers.c.due_at <= bindparam("now"))
)
_FAILED = select(func.count()).select_from(timers).where(timers.c.status == literal_column("'failed'"))
_NOTICES = (
    select(outbox.c.state, func.count())
    .where(_is("pending", "sending", "unknown", "dead"))
    .group_by(outbox.c.state)
)
_NEXT_ATTEMPT = (
    select(outbox.c.next_at).where(_is("pending", "sending")).order_by(outbox.c.next_at, outbox.c.id).limit(1)
)


def count(session: Session, now: datetime) -> Backlog:
    """How much is waiting at an instant."""
    notices = dict(session.rows(_NOTICES))
    return Backlog(
        due=session.row(_DUE, {"now": stamp(now)})[0],
        failed=session.row(_FAILED)[0],
        waiting=notices.get("pending", 0) + notices.get("sending", 0),
        unknown=notices.get("unknown", 0),
        dead=notices.get("dead", 0),
    )


def next_attempt(session: Session) -> datetime | None:
    """When the next notice has its turn, or a claim lapses; None if nothing is open."""
    row = session.row(_NEXT_ATTEMPT)
    return unstamp(row[0]) if row else None
