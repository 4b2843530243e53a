"""Timers as rows: what is armed, what is due, and how each of them ended."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import Integer, Text, and_, bindparam, func, literal_column, or_, select, tuple_, update

from wirflow.clock import stamp, unstamp
from wirflow.core.case import Timer
from wirflow.deadlines import Deadline
from wirflow.store.bulk import Among, Insert, Update
from wirflow.store.tables import cases, timers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, datetime

    from sqlalchemy import Select

    from wirflow.store.session import Question, Session

FEW: Final = 8
"""Of a batch that begins with the newest, one timer in so many is chosen for being new."""

Ending = Literal["fired", "overdue", "merged", "cancelled", "refused", "failed"]
Status = Literal["armed", "fired", "overdue", "merged", "cancelled", "refused", "failed"]


class DueTimer(Struct, frozen=True):
    """A timer whose moment has come, before its case is read."""

    id: int
    case_id: int
    due_at: str
    root: int
    """The number of its case's cluster."""


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
# All that somebody has to look at, in the words of its index: else SQLite would not see that it fits.
UNSETTLED = timers.c.status.in_([literal_column(f"'{name}'") for name in ("failed", "overdue", "refused")])
FAILED = and_(UNSETTLED, timers.c.status == literal_column("'failed'"))
OVERDUE = and_(UNSETTLED, timers.c.status == literal_column("'overdue'"))
_IS_DUE = and_(_ARMED, timers.c.due_at <= bindparam("now"))

_OF_CASES = (
    select(timers.c.case_id, *_COLUMNS)
    .where(Among(timers.c.case_id, "ids"), _ARMED)
    .order_by(timers.c.case_id, timers.c.due_at, timers.c.id)
)

_OF_KEY = (
    select(timers.c.case_id, *_COLUMNS)
    .join(cases, cases.c.id == timers.c.case_id)
    .where(cases.c.key == bindparam("key"), _ARMED)
    .order_by(timers.c.due_at, timers.c.id)
)

_ROOT = func.coalesce(cases.c.cluster, cases.c.id)
_DUE = select(timers.c.id, timers.c.case_id, timers.c.due_at, _ROOT).join(
    cases, cases.c.id == timers.c.case_id
)
_FIRST_DUE = _DUE.where(_IS_DUE).order_by(timers.c.due_at, timers.c.id).limit(bindparam("most"))
_DUE_OF = (
    _DUE.where(_IS_DUE, or_(Among(cases.c.cluster, "roots"), Among(cases.c.id, "roots")))
    .order_by(timers.c.due_at, timers.c.id)
    .limit(bindparam("most"))
)

_root = cases.alias("root")
_CLAIM = (
    select(_root.c.id)
    .select_from(timers.join(cases, cases.c.id == timers.c.case_id).join(_root, _root.c.id == _ROOT))
    .where(_IS_DUE)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True, of=_root)
)
_CLAIM_OLDEST = _CLAIM.order_by(timers.c.due_at, timers.c.id)
_ON = tuple_(timers.c.due_at, timers.c.id) >= tuple_(
    bindparam("on_due", type_=Text()), bindparam("on_id", type_=Integer())
)
_CLAIM_ON = _CLAIM_OLDEST.where(_ON)
_CLAIM_NEWEST = _CLAIM.order_by(timers.c.due_at.desc(), timers.c.id.desc())

_ANY_DUE: Select[Any] = select(literal_column("1")).select_from(timers).where(_IS_DUE).limit(1)
_ANY_ON = _ANY_DUE.where(_ON)
_NEXT = select(timers.c.due_at).where(_ARMED).order_by(timers.c.due_at, timers.c.id).limit(1)
_NAMES = ("case_id", "name", "kind", "label", "due_at", "due", "event", "derivation", "payload", "depth")
_ADD = Insert(timers, (*_NAMES, "status"))
_END = Update(timers, ("status", "error"), ("id",), only="timers.status = 'armed'")
_SETTLE = Update(
    timers,
    ("status",),
    ("case_id", "name", "due"),
    only="timers.status IN ('failed', 'overdue', 'refused') AND timers.status = 'overdue'",
)
_MISS = Update(
    timers,
    ("status",),
    ("case_id", "name", "due"),
    only="timers.status = 'fired' AND timers.kind = 'due' AND timers.event IS NULL",
)
_GIVE_UP = Update(timers, ("status",), ("id",), only="timers.status = 'failed'")
_FAILED_OF_CASE = (
    select(*_COLUMNS).where(timers.c.case_id == bindparam("case_id"), FAILED).order_by(timers.c.id)
)
_REARM = update(timers).where(FAILED).values(status="armed", error=None)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode


def of_key(key: str) -> Question:
    """The query for the armed timers of a case."""
    return _OF_KEY, {"key": key}


def of_cases(session: Session, case_ids: Iterable[int]) -> Question:
    """The query for the armed timers of several cases."""
    return _OF_CASES, {"ids": session.listed(case_ids)}


def from_rows(rows: Iterable[Any]) -> dict[int, dict[int, Timer]]:
    """Timers from such rows: number of the case → number of the timer → timer, as they fire."""
    found: dict[int, dict[int, Timer]] = {}
    for case_id, *row in rows:
        found.setdefault(case_id, {})[row[0]] = _from_row(row)
    return found


def armed_of(session: Session, case_ids: Iterable[int]) -> dict[int, dict[int, Timer]]:
    """The armed timers of several cases, of those that have any."""
    return from_rows(session.rows(*of_cases(session, case_ids)))


def armed(session: Session, case_id: int) -> dict[int, Timer]:
    """The armed timers of a case by their numbers, in the order in which they fire."""
    return armed_of(session, [case_id]).get(case_id, {})


class Reached(NamedTuple):
    """How far those who went from the oldest timer on have come: an instant, and the timer there."""

    due_at: str
    id: int


def claim(
    session: Session,
    now: datetime,
    most: int,
    *,
    newest: bool = False,
    within: Collection[int] | None = None,
    reached: Reached | None = None,
) -> list[DueTimer]:
    """Timers whose moment has come, to be fired in this transaction: earliest first.

    Of each cluster they are the first that are due, and no other worker has it:
    on PostgreSQL its first case is locked, and clusters that others hold are
    passed over.  Workers that decide about different clusters do not wait for
    each other, and the claim of one that dies ends with its connection.

    Args:
        session: the transaction.
        now: what counts as due.
        most: no more than so many.
        newest: take the clusters in which something fell due last, so that a backlog does not
            keep new work waiting.
        within: only these clusters, which the transaction holds already.
        reached: where to look for clusters from.  Until PostgreSQL has cleared up, what was fired
            before lies in the way of whoever begins at the oldest.
    """
    values: dict[str, Any] = {"now": stamp(now), "most": most}
    if within is None and session.sqlite and not newest:
        rows = session.rows(_FIRST_DUE, values)
    else:
        roots = set(within) if within is not None else _claimed(session, values, reached, newest=newest)
        if not roots:
            return []
        # What the locks were waiting for is seen only by another statement.
        rows = session.rows(_DUE_OF, {**values, "roots": session.listed(roots)})
        # A case that was first in its cluster, and is not any more, was locked in vain.
        rows = [row for row in rows if row[3] in roots]
    return [DueTimer(*row) for row in rows]


def _claimed(
    session: Session, values: Mapping[str, Any], reached: Reached | None, *, newest: bool
) -> set[int]:
    if newest:
        # Few of them, so that all that is due before it in its cluster has room beside what is new.
        few = {**values, "most": max(1, values["most"] // FEW)}
        return {row[0] for row in session.rows(_CLAIM_NEWEST, few)}
    if reached:
        return {row[0] for row in session.rows(_CLAIM_ON, {**values, **_on(reached)})}
    return {row[0] for row in session.rows(_CLAIM_OLDEST, values)}


def any_due(session: Session, now: datetime, reached: Reached | None = None) -> bool:
    """Whether there is a timer whose moment has come, be it in the hands of another worker.

    Args:
        session: a transaction, or none.
        now: what counts as due.
        reached: as in `claim`.
    """
    if reached:
        return session.row(_ANY_ON, {"now": stamp(now), **_on(reached)}) is not None
    return session.row(_ANY_DUE, {"now": stamp(now)}) is not None


def _on(reached: Reached) -> dict[str, Any]:
    return {"on_due": reached.due_at, "on_id": reached.id}


def next_due(session: Session) -> datetime | None:
    """When the next timer fires, or None if nothing is armed."""
    row = session.row(_NEXT)
    return unstamp(row[0]) if row else None


def arm(session: Session, new: Iterable[tuple[int, Timer, Status]]) -> None:
    """Write new timers, each with the number of its case; one that ended in the same breath says how."""
    session.write(_ADD, [_row(case_id, timer, status) for case_id, timer, status in new])


def end(session: Session, endings: Iterable[tuple[int, Ending, str | None]]) -> None:
    """Say how armed timers ended: number, ending, and what was wrong."""
    session.write(_END, [(ending, error, number) for number, ending, error in endings])


def settle(session: Session, deadlines: Iterable[tuple[int, str, date]]) -> None:
    """Let deadlines be overdue no longer: number of the case, name and due day of each."""
    session.write(_SETTLE, [("fired", case_id, name, due.isoformat()) for case_id, name, due in deadlines])


def miss(session: Session, deadlines: Iterable[tuple[int, str, date]]) -> None:
    """Let deadlines that fired before be overdue again, since their cases are back where they ran."""
    session.write(_MISS, [("overdue", case_id, name, due.isoformat()) for case_id, name, due in deadlines])


def failed(session: Session, case_id: int) -> dict[int, Timer]:
    """The timers of a case that were set aside with an error, by their numbers."""
    return {row[0]: _from_row(row) for row in session.rows(_FAILED_OF_CASE, {"case_id": case_id})}


def give_up(session: Session, numbers: Iterable[int]) -> None:
    """Let timers that failed not be tried again; their errors stay on record."""
    session.write(_GIVE_UP, [("cancelled", number) for number in numbers])


def rearm_failed(session: Session) -> int:
    """Arm all failed timers once more; how many there were."""
    return session.run(_REARM, {})


@lru_cache(maxsize=4096)
def _deadline(written: str) -> Deadline:
    """The deadline behind a timer; its reminders, and cases with the same dates, have the same one."""
    return Deadline.from_json(_decode(written))


def _from_row(row: Any) -> Timer:
    _, name, kind, label, due_at, event, derivation, payload, depth = row
    return Timer(
        name=name,
        kind=kind,
        label=label,
        due_at=unstamp(due_at),
        event=event,
        deadline=_deadline(derivation) if derivation else None,
        payload=_decode(payload) if payload else {},
        depth=depth,
    )


def _row(case_id: int, timer: Timer, status: Status) -> tuple[Any, ...]:
    deadline = timer.deadline
    return (
        case_id,
        timer.name,
        timer.kind,
        timer.label,
        stamp(timer.due_at),
        deadline.due.isoformat() if deadline else None,
        timer.event,
        deadline.written.decode() if deadline else None,
        _encode(timer.payload).decode() if timer.payload else None,
        timer.depth,
        status,
    )
