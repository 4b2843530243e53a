"""What rows say that the trail says too: read raw, to be compared with it.

Nothing here is decoded or believed: whoever changed a row may have changed it to anything.
A row that belongs to no case is read too, with None in place of the case's key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from wirflow.store.tables import cases, checkpoints, definitions, entries, outbox, personal, timers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wirflow.store.session import Session


class EntryColumns(NamedTuple):
    """An entry and the columns by which it is found and listed."""

    case: str | None
    seq: int
    leaf: int | None
    event: str
    kind: str
    actor: str | None
    state_from: str | None
    state_to: str
    occurred_at: str
    recorded_at: str
    body: str
    digest: str


class CaseColumns(NamedTuple):
    """A case's row, as far as its entries say the same."""

    key: str
    workflow: str
    definition: str | None
    state: str
    final: int
    since: str
    data: str
    links: str
    actors: str
    memory: str | None
    done: str
    sources: str
    note: str | None
    revision: int
    digest: str
    parent_id: int | None
    cluster: int | None
    parent: str | None
    """The key of the case behind `parent_id`."""


class TimerColumns(NamedTuple):
    """A timer, however it ended."""

    case: str | None
    name: str
    kind: str
    label: str
    due_at: str
    due: str | None
    event: str | None
    derivation: str | None
    payload: str | None
    depth: int
    status: str
    error: str | None


class SecretColumns(NamedTuple):
    """A personal value beside the trail."""

    case: str | None
    field: str
    seq: int
    value: str | None
    salt: str | None
    commitment: str


class NoticeColumns(NamedTuple):
    """A notice of the outbox, and what is noted of its delivery."""

    case: str | None
    seq: int
    recipient: str
    channel: str
    template: str
    kind: str
    address: str | None
    lang: str
    subject: str
    body: str
    message_id: str
    state: str
    attempts: int
    fence: int
    next_at: str
    created_at: str
    sent_at: str | None
    error: str | None


class FormColumns(NamedTuple):
    """A kept definition."""

    hash: str
    workflow: str
    form: str
    recorded_at: str


class CheckpointColumns(NamedTuple):
    """A signed checkpoint, and what the tree needs to grow on from there."""

    size: int
    root: str
    frontier: str
    note: str
    made_at: str


def _of(table: Any, *first: Any, columns: type[Any]) -> Any:
    """A query for the columns that a named tuple has, after those that stand first."""
    names = columns._fields[len(first) :]
    return select(*first, *(table.c[name] for name in names))


# Outer joins: a row whose case is gone must not go with it.
_ENTRIES = (
    _of(entries, cases.c.key, columns=EntryColumns)
    .join(cases, cases.c.id == entries.c.case_id, isouter=True)
    .order_by(cases.c.key, entries.c.seq)
)
_parent = cases.alias("parent")
_CASES = (
    select(
        cases.c.key,
        cases.c.workflow,
        definitions.c.hash,
        *(cases.c[name] for name in CaseColumns._fields[3:-1]),
        _parent.c.key,
    )
    .join(_parent, _parent.c.id == cases.c.parent_id, isouter=True)
    .join(definitions, definitions.c.id == cases.c.definition_id, isouter=True)
    .order_by(cases.c.key)
)
_TIMERS = (
    _of(timers, cases.c.key, columns=TimerColumns)
    .join(cases, cases.c.id == timers.c.case_id, isouter=True)
    .order_by(timers.c.id)
)
_SECRETS = (
    _of(personal, cases.c.key, columns=SecretColumns)
    .join(cases, cases.c.id == personal.c.case_id, isouter=True)
    .order_by(cases.c.key, personal.c.seq, personal.c.field)
)
_NOTICES = (
    _of(outbox, cases.c.key, columns=NoticeColumns)
    .join(cases, cases.c.id == outbox.c.case_id, isouter=True)
    .order_by(cases.c.key, outbox.c.seq, outbox.c.id)
)
_FORMS = _of(definitions, columns=FormColumns).order_by(definitions.c.id)
_CHECKPOINTS = _of(checkpoints, columns=CheckpointColumns).order_by(checkpoints.c.id)


def entry_columns(session: Session) -> Iterator[EntryColumns]:
    """All entries with their columns, case by case and by number."""
    return (EntryColumns(*row) for row in session.rows(_ENTRIES))


def case_columns(session: Session) -> Iterator[CaseColumns]:
    """All cases."""
    return (CaseColumns(*row) for row in session.rows(_CASES))


def timer_columns(session: Session) -> Iterator[TimerColumns]:
    """All timers that were ever armed, in the order in which they were."""
    return (TimerColumns(*row) for row in session.rows(_TIMERS))


def secret_columns(session: Session) -> Iterator[SecretColumns]:
    """All personal values, erased ones too."""
    return (SecretColumns(*row) for row in session.rows(_SECRETS))


def notice_columns(session: Session) -> Iterator[NoticeColumns]:
    """All notices of the outbox."""
    return (NoticeColumns(*row) for row in session.rows(_NOTICES))


def form_columns(session: Session) -> Iterator[FormColumns]:
    """All kept definitions."""
    return (FormColumns(*row) for row in session.rows(_FORMS))


def checkpoint_columns(session: Session) -> Iterator[CheckpointColumns]:
    """All signed checkpoints, oldest first."""
    return (CheckpointColumns(*row) for row in session.rows(_CHECKPOINTS))
