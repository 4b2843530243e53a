"""The outbox as rows: notices that were written with their case and wait to be handed over.

    pending → sending → sent
                     ↘ pending (try again) · unknown (the worker died while sending) · dead

A claim is fenced: it raises a number, and only who holds that number may say
how it ended.  So a worker that comes back late cannot undo what another did.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, literal_column, select, update

from wirflow.clock import stamp
from wirflow.core.letters import NO_CHANNEL, Notice, NoticeState
from wirflow.store.bulk import Among, Insert
from wirflow.store.tables import cases, outbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select

    from wirflow.core.letters import NewNotice
    from wirflow.store.session import Session


_NEW = (
    "case_id",
    "seq",
    "recipient",
    "address",
    "lang",
    "channel",
    "template",
    "kind",
    "subject",
    "body",
    "message_id",
    "state",
    "error",
    "created_at",
    "next_at",
    "attempts",
    "fence",
)
_ADD = Insert(outbox, _NEW)

_COLUMNS = (
    outbox.c.id,
    cases.c.key,
    outbox.c.seq,
    outbox.c.recipient,
    outbox.c.address,
    outbox.c.lang,
    outbox.c.channel,
    outbox.c.template,
    outbox.c.kind,
    outbox.c.subject,
    outbox.c.body,
    outbox.c.message_id,
    outbox.c.state,
    outbox.c.attempts,
    outbox.c.fence,
    outbox.c.created_at,
    outbox.c.next_at,
    outbox.c.sent_at,
    outbox.c.error,
)


_OPEN: Final[tuple[NoticeState, ...]] = ("pending", "sending")
_LOST: Final[tuple[NoticeState, ...]] = ("unknown", "dead")
"""What the two indexes over part of the outbox hold, in their words."""


def _is(*states: NoticeState) -> ColumnElement[bool]:
    # Literals, not bound values: only so does the database see that the partial index fits.
    return outbox.c.state.in_([literal_column(f"'{state}'") for state in states])


_JOINED = select(*_COLUMNS).join(cases, cases.c.id == outbox.c.case_id)
_CLAIMABLE = (
    _JOINED.where(_is(*_OPEN), outbox.c.next_at <= bindparam("now"))
    .order_by(outbox.c.next_at, outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=outbox)
)
_ONE = _JOINED.where(outbox.c.id == bindparam("number"))
_CLAIM = (
    update(outbox)
    .where(Among(outbox.c.id, "numbers"))
    .values(
        state="sending", attempts=outbox.c.attempts + 1, fence=outbox.c.fence + 1, next_at=bindparam("lapses")
    )
)
_SETTLE = (
    update(outbox)
    .where(outbox.c.id == bindparam("number"), outbox.c.fence == bindparam("held"))
    .values(
        state=bindparam("ending"),
        error=bindparam("words"),
        next_at=bindparam("again"),
        sent_at=bindparam("sent"),
    )
)
_RETRY = (
    update(outbox)
    .where(outbox.c.id == bindparam("number"), _is("dead", "unknown", "pending"))
    .values(state="pending", error=None, attempts=0, next_at=bindparam("now"), address=bindparam("reader"))
)

_HAND_ON = (
    update(outbox)
    .where(outbox.c.id == bindparam("number"), outbox.c.channel == NO_CHANNEL, _is("dead"))
    .values(state="sent", error=None, attempts=1, fence=outbox.c.fence + 1, sent_at=bindparam("now"))
)


def add(session: Session, new: Iterable[tuple[int, int, NewNotice]], now: datetime) -> None:
    """Put notices into the outbox, in the transaction of their entries.

    Args:
        session: the transaction.
        new: number of the case, number of its entry, notice.
        now: when they are written, and may be handed over.
    """
    moment = stamp(now)
    rows = [
        (
            case_id,
            seq,
            notice.recipient,
            notice.address,
            notice.lang,
            notice.channel,
            notice.template,
            notice.kind,
            notice.subject,
            notice.body,
            notice.message_id,
            notice.state,
            notice.error,
            moment,
            moment,
            0,
            0,
        )
        for case_id, seq, notice in new
    ]
    session.write(_ADD, rows)


def claimable(session: Session, now: datetime, most: int) -> list[Notice]:
    """The notices whose turn it is: pending ones, and those whose claim has lapsed."""
    return [_from_row(row) for row in session.rows(_CLAIMABLE, {"now": stamp(now), "most": most})]


def claim(session: Session, numbers: Sequence[int], lapses: datetime) -> None:
    """Take notices to send them; the claim lapses if nothing is heard of it."""
    if numbers:
        session.run(_CLAIM, {"numbers": session.listed(numbers), "lapses": stamp(lapses)})


def settle(
    session: Session,
    number: int,
    held: int,
    ending: NoticeState,
    *,
    now: datetime,
    again: datetime | None = None,
    error: str | None = None,
) -> bool:
    """Say how an attempt ended; False if the claim was lost to another worker meanwhile."""
    values = {
        "number": number,
        "held": held,
        "ending": ending,
        "words": error,
        "again": stamp(again or now),
        "sent": stamp(now) if ending == "sent" else None,
    }
    return session.run(_SETTLE, values) == 1


def retry(session: Session, number: int, now: datetime, address: str | None) -> bool:
    """Let a notice that was given up be sent once more; False if it was sent or is being sent."""
    return session.run(_RETRY, {"number": number, "now": stamp(now), "reader": address}) == 1


def hand_on(session: Session, number: int, now: datetime) -> bool:
    """Say that a notice for a role went to persons after all; False if it did before."""
    return session.run(_HAND_ON, {"number": number, "now": stamp(now)}) == 1


def notices(
    session: Session,
    key: str | None = None,
    *,
    states: Iterable[NoticeState] = (),
    newest: int | None = None,
    before: int | None = None,
) -> list[Notice]:
    """The outbox, oldest first: whole, or of one case.

    Args:
        session: a transaction.
        key: only of this case.
        states: only those that stand so; none: all.
        newest: only so many, the newest of them.
        before: only those with a smaller number.
    """
    chosen = tuple(sorted(states))
    statement = _chosen(key is not None, chosen, newest is not None, before is not None)
    values = {"key": key, "newest": newest, "before": before}
    rows = session.rows(statement, {name: value for name, value in values.items() if value is not None})
    return [_from_row(row) for row in (reversed(rows) if newest is not None else rows)]


def one(session: Session, number: int) -> Notice | None:
    """The notice of a number, or None."""
    row = session.row(_ONE, {"number": number})
    return _from_row(row) if row else None


@cache
def _chosen(of_case: bool, states: tuple[NoticeState, ...], few: bool, older: bool) -> Select[Any]:  # noqa: FBT001 - which filters
    # What is open is in no order of numbers: it is sorted, else SQLite would go through all by number.
    number = outbox.c.id + 0 if states and set(states) <= set(_OPEN) else outbox.c.id
    found = _JOINED.order_by(number.desc() if few else number)
    if of_case:
        found = found.where(cases.c.key == bindparam("key"))
    if states:
        found = found.where(_is(*states))
        for indexed in (_OPEN, _LOST):
            if set(states) <= set(indexed):
                # In the words of the index: else it would be overlooked, and all that was ever sent be read.
                found = found.where(_is(*indexed))
    if older:
        found = found.where(outbox.c.id < bindparam("before"))
    return found.limit(bindparam("newest")) if few else found


def _from_row(row: Any) -> Notice:
    return Notice(
        id=row[0],
        case=row[1],
        seq=row[2],
        recipient=row[3],
        address=row[4],
        lang=row[5],
        channel=row[6],
        template=row[7],
        kind=row[8],
        subject=row[9],
        body=row[10],
        message_id=row[11],
        state=row[12],
        attempts=row[13],
        fence=row[14],
        created_at=row[15],
        next_at=row[16],
        sent_at=row[17],
        error=row[18],
    )
