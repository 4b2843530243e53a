"""What reports read: statements that change nothing and lock nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import and_, bindparam, func, literal_column, select, text, union_all

from wirflow.clock import stamp, unstamp
from wirflow.deadlines import Deadline
from wirflow.store import cases as case_rows
from wirflow.store.bulk import Among
from wirflow.store.tables import cases, definitions, entries, outbox, personal, timers
from wirflow.store.timers import FAILED, OVERDUE, UNSETTLED
from wirflow.store.trail import RECORDED_ORDER
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Select

    from wirflow.store.cases import StoredCase
    from wirflow.store.definitions import Definitions
    from wirflow.store.session import Session

CHUNK = 500
"""How many cases are read at once: databases bound the number of values in a statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRow:
    """A timer with the case that it belongs to."""

    id: int
    case: str
    workflow: str
    name: str
    kind: str
    label: str
    due_at: datetime
    event: str | None
    deadline: Deadline | None
    status: str
    error: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """An entry of the trail, as it is kept."""

    case: str
    seq: int
    leaf: int | None
    digest: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRow:
    """A personal value that has not been erased."""

    case: str
    field: str
    seq: int
    value: Any
    salt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionRow:
    """A version of a workflow that is kept."""

    id: int
    hash: str
    workflow: str
    cases: int
    """How many cases pin it."""
    registered_at: datetime
    """When it became the newest version of its workflow."""
    running: int
    """How many of the cases are not in a final state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedRow:
    """A case and the version that it pins."""

    case: str
    workflow: str
    definition_id: int
    state: str
    final: bool


_TIMER = (
    timers.c.id,
    cases.c.key,
    cases.c.workflow,
    timers.c.name,
    timers.c.kind,
    timers.c.label,
    timers.c.due_at,
    timers.c.event,
    timers.c.derivation,
    timers.c.status,
    timers.c.error,
)
_JOINED = select(*_TIMER).join(cases, cases.c.id == timers.c.case_id)
# Literals, not bound values: only so does the database see that the partial indexes fit.
_IS_ARMED = timers.c.status == literal_column("'armed'")
# In no order: else SQLite walks through all that is armed, because that is in order already.
_ARMED_DUE = _JOINED.where(Among(timers.c.case_id, "ids"), _IS_ARMED, timers.c.kind == "due")
_OVERDUE_OF_CASES = _JOINED.where(Among(timers.c.case_id, "ids"), OVERDUE)
_OVERDUE = _JOINED.where(OVERDUE).order_by(timers.c.due_at, timers.c.id)
_ARMED = _JOINED.where(_IS_ARMED).order_by(timers.c.due_at, timers.c.id)
_ARMED_UNTIL = _JOINED.where(_IS_ARMED, timers.c.due_at <= bindparam("until")).order_by(
    timers.c.due_at, timers.c.id
)
_ARMED_OF = _JOINED.where(_IS_ARMED, cases.c.key == bindparam("key")).order_by(timers.c.due_at, timers.c.id)
_IS_TROUBLED = and_(UNSETTLED, timers.c.status.in_([literal_column("'failed'"), literal_column("'refused'")]))
_TROUBLED = _JOINED.where(_IS_TROUBLED).order_by(timers.c.id)
_TROUBLED_OF = _JOINED.where(_IS_TROUBLED, cases.c.key == bindparam("key")).order_by(timers.c.id)
# By its partial index: however many have ended, these are found at once.
_FAILED = select(func.count()).select_from(timers).where(FAILED)
_FAILED_FIRST = _JOINED.where(FAILED).order_by(timers.c.id).limit(bindparam("most"))
_REFUSED = (
    select(func.count()).select_from(timers).where(UNSETTLED, timers.c.status == literal_column("'refused'"))
)
_FAILED_CASES = (
    select(cases.c.key)
    .join(timers, timers.c.case_id == cases.c.id)
    .where(FAILED)
    .group_by(cases.c.key)
    .order_by(func.min(timers.c.id))
    .limit(bindparam("most"))
)
_ENTRIES = select(cases.c.key, entries.c.seq, entries.c.leaf, entries.c.digest, entries.c.body).join(
    cases, cases.c.id == entries.c.case_id
)
_ENTRIES_BY_CASE = _ENTRIES.order_by(cases.c.key, entries.c.seq)
_ENTRIES_OF = _ENTRIES.where(cases.c.key == bindparam("key")).order_by(entries.c.seq)
# Sealed entries first, in the order of the log; the others in the order in which they were recorded.
_ENTRIES_OF_LOG = _ENTRIES.order_by(entries.c.leaf.is_(None), entries.c.leaf, *RECORDED_ORDER)
_SECRETS = (
    select(cases.c.key, personal.c.field, personal.c.seq, personal.c.value, personal.c.salt)
    .join(cases, cases.c.id == personal.c.case_id)
    .where(personal.c.value.is_not(None))
    .order_by(cases.c.key, personal.c.seq, personal.c.field)
)
_SECRETS_OF = _SECRETS.where(cases.c.key == bindparam("key"))
_VERSIONS = (
    select(
        definitions.c.id,
        definitions.c.hash,
        definitions.c.workflow,
        func.count(cases.c.id),
        definitions.c.recorded_at,
        func.coalesce(func.sum(1 - cases.c.final), 0),
    )
    .join(cases, cases.c.definition_id == definitions.c.id, isouter=True)
    .group_by(definitions.c.id, definitions.c.hash, definitions.c.workflow, definitions.c.recorded_at)
    .order_by(definitions.c.recorded_at, definitions.c.id)
)
_PINNED = select(cases.c.key, cases.c.workflow, cases.c.definition_id, cases.c.state, cases.c.final).order_by(
    cases.c.key
)
_WORKFLOWS = select(cases.c.key, cases.c.workflow)
_NOTICES = select(func.count(outbox.c.id))
_OLDEST = select(func.min(entries.c.recorded_at), func.count(entries.c.seq)).where(entries.c.leaf.is_(None))

_decode = msgspec.json.decode


def all_cases(
    session: Session,
    known: Definitions,
    *,
    workflow: str | None = None,
    state: str | None = None,
    most: int | None = None,
    after: str | None = None,
    among: Iterable[str] | None = None,
) -> list[StoredCase]:
    """Cases in the order of their keys: all, or those of a workflow or in a state.

    Args:
        session: the transaction.
        known: the definitions.
        workflow: only those of this workflow.
        state: only those in this state.
        most: no more than so many.
        after: only those whose keys come after this one.
        among: only those with these keys.
    """
    values: dict[str, Any] = {"workflow": workflow, "state": state, "most": most, "after": after}
    values["among"] = None if among is None else session.listed(among)
    given = {name: value for name, value in values.items() if value is not None}
    if state is not None and workflow is None and among is None:
        # The index has states under their workflows: a page is made of one page of each.
        names = sorted(known.names(session))
        given |= {f"workflow_{number}": name for number, name in enumerate(names)}
        statement = _keys_of_all(frozenset(given), len(names))
        keys = [row[0] for row in session.rows(statement, given)] if names else []
    else:
        keys = [row[0] for row in session.rows(_keys(frozenset(given)), given)]
    found: list[StoredCase] = []
    for start in range(0, len(keys), CHUNK):
        found += case_rows.load_many(session, known, keys[start : start + CHUNK]).values()
    return found


def armed(session: Session, *, key: str | None = None, until: datetime | None = None) -> list[TimerRow]:
    """Armed timers in the order in which they fire: all, of one case, or up to an instant."""
    if key is not None:
        rows = session.rows(_ARMED_OF, {"key": key})
    elif until is not None:
        rows = session.rows(_ARMED_UNTIL, {"until": stamp(until)})
    else:
        rows = session.rows(_ARMED)
    return [_timer(row) for row in rows]


def armed_due(session: Session, case_ids: Iterable[int]) -> list[TimerRow]:
    """The armed deadlines of some cases without their reminders, in the order in which they fire."""
    return _in_order(session.rows(_ARMED_DUE, {"ids": session.listed(case_ids)}))


def overdue(session: Session, case_ids: Iterable[int] | None = None) -> list[TimerRow]:
    """Deadlines that are over while their cases are still where they ran: of all cases, or of some."""
    if case_ids is None:
        return [_timer(row) for row in session.rows(_OVERDUE)]
    return _in_order(session.rows(_OVERDUE_OF_CASES, {"ids": session.listed(case_ids)}))


def troubled(session: Session, key: str | None = None) -> list[TimerRow]:
    """Timers that failed, and those whose event was refused, oldest first: of all cases, or of one."""
    rows = session.rows(_TROUBLED) if key is None else session.rows(_TROUBLED_OF, {"key": key})
    return [_timer(row) for row in rows]


def failed(session: Session) -> int:
    """How many timers failed."""
    return int(session.row(_FAILED)[0])


def failed_timers(session: Session, most: int) -> list[TimerRow]:
    """The timers that failed, oldest first."""
    return [_timer(row) for row in session.rows(_FAILED_FIRST, {"most": most})]


def refused(session: Session) -> int:
    """How many timers were refused by a rule."""
    return int(session.row(_REFUSED)[0])


def failed_cases(session: Session, most: int) -> list[str]:
    """The keys of cases with timers that failed, those that were armed first before others."""
    return [str(key) for (key,) in session.rows(_FAILED_CASES, {"most": most})]


def entries_by_case(session: Session, key: str | None = None) -> Iterator[EntryRow]:
    """Entries case by case, each case's by number: of all cases, or of one."""
    rows = session.rows(_ENTRIES_OF, {"key": key}) if key else session.rows(_ENTRIES_BY_CASE)
    return map(_entry, rows)


def entries_of_log(session: Session) -> Iterator[EntryRow]:
    """All entries: sealed ones in the order of the log, then the others in recorded order."""
    return map(_entry, session.rows(_ENTRIES_OF_LOG))


def secrets(session: Session, key: str | None = None) -> list[SecretRow]:
    """Personal values that have not been erased, with their salts: of all cases, or of one."""
    rows = session.rows(_SECRETS) if key is None else session.rows(_SECRETS_OF, {"key": key})
    return [
        SecretRow(case=case, field=field, seq=seq, value=_decode(value), salt=salt)
        for case, field, seq, value, salt in rows
    ]


def versions(session: Session) -> list[DefinitionRow]:
    """All kept versions of all workflows; the newest version of each is its last."""
    return [
        DefinitionRow(
            id=number,
            hash=hash_,
            workflow=workflow,
            cases=count,
            registered_at=unstamp(registered),
            running=int(running),
        )
        for number, hash_, workflow, count, registered, running in session.rows(_VERSIONS)
    ]


def pinned(session: Session) -> list[PinnedRow]:
    """All cases with the versions that they pin, in the order of their keys."""
    return [
        PinnedRow(case=key, workflow=workflow, definition_id=number, state=state, final=bool(final))
        for key, workflow, number, state, final in session.rows(_PINNED)
    ]


def workflow_of_keys(session: Session) -> dict[str, str]:
    """Key → workflow of every case: of an index alone."""
    return dict(session.rows(_WORKFLOWS))


def notices(session: Session) -> int:
    """How many notices there are, however they stand."""
    return int(session.row(_NOTICES)[0])


def unsealed(session: Session) -> tuple[int, datetime | None]:
    """How many entries wait to be sealed, and since when."""
    oldest, count = session.row(_OLDEST)
    return int(count), unstamp(oldest) if oldest else None


def damage(session: Session, backend: str) -> list[str]:
    """What the database itself finds wrong with its file; empty if all is well."""
    if backend != "sqlite":
        return []
    found = [str(row[0]) for row in session.rows(text("PRAGMA integrity_check")) if row[0] != "ok"]
    broken = [f"foreign key: {row[0]} row {row[1]}" for row in session.rows(text("PRAGMA foreign_key_check"))]
    return found + broken


@cache
def _keys_of_all(given: frozenset[str], workflows: int) -> Select[Any]:
    """Keys of cases of all workflows, put in order by the database, whose order that of the pages is."""
    pages = [_keys(given | {"workflow"}, f"workflow_{number}").subquery() for number in range(workflows)]
    every = union_all(*(select(page.c.key) for page in pages)).subquery()
    statement = select(every.c.key).order_by(every.c.key)
    return statement.limit(bindparam("most")) if "most" in given else statement


@cache
def _keys(given: frozenset[str], workflow: str = "workflow") -> Select[Any]:
    """Keys by which cases are found, sifted by what is given."""
    statement = select(cases.c.key).order_by(cases.c.key)
    if "workflow" in given:
        statement = statement.where(cases.c.workflow == bindparam(workflow))
    if "state" in given:
        statement = statement.where(cases.c.state == bindparam("state"))
    if "among" in given:
        statement = statement.where(Among(cases.c.key, "among"))
    if "after" in given:
        statement = statement.where(cases.c.key > bindparam("after"))
    return statement.limit(bindparam("most")) if "most" in given else statement


def _in_order(rows: Iterable[Any]) -> list[TimerRow]:
    """Timers in the order in which they fire."""
    return sorted(map(_timer, rows), key=lambda row: (row.due_at, row.id))


def _timer(row: Any) -> TimerRow:
    number, key, workflow, name, kind, label, due_at, event, derivation, status, error = row
    return TimerRow(
        id=number,
        case=key,
        workflow=workflow,
        name=name,
        kind=kind,
        label=label,
        due_at=unstamp(due_at),
        event=event,
        deadline=Deadline.from_json(_decode(derivation)) if derivation else None,
        status=status,
        error=None if error is None else Text.read(str(error)),
    )


def _entry(row: Any) -> EntryRow:
    key, seq, leaf, digest, body = row
    return EntryRow(case=key, seq=seq, leaf=leaf, digest=digest, body=body.encode())
