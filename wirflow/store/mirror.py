"""What rows say that the trail says too: read raw, to be compared with it.

Nothing here is decoded or believed: whoever changed a row may have changed it to anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from wirflow.store.tables import cases, definitions, entries, outbox, personal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wirflow.store.database import Session


class EntryColumns(NamedTuple):
    """An entry and the columns by which it is found and listed."""

    case: str
    seq: int
    event: str
    kind: str
    actor: str | None
    state_from: str | None
    state_to: str
    occurred_at: str
    recorded_at: str
    body: str


class CaseColumns(NamedTuple):
    """A case's row, as far as its entries say the same."""

    key: str
    workflow: str
    definition: str
    since: str
    data: str
    links: str
    actors: str
    sources: str


class SecretColumns(NamedTuple):
    """A personal value beside the trail."""

    case: str
    field: str
    seq: int
    value: str | None
    salt: str | None
    commitment: str


class NoticeColumns(NamedTuple):
    """A notice of the outbox, as far as its entry says the same."""

    case: str
    seq: int
    recipient: str
    channel: str
    template: str
    subject: str
    body: str


class FormColumns(NamedTuple):
    """A kept definition."""

    hash: str
    workflow: str
    form: str


_ENTRIES = (
    select(
        cases.c.key,
        entries.c.seq,
        entries.c.event,
        entries.c.kind,
        entries.c.actor,
        entries.c.state_from,
        entries.c.state_to,
        entries.c.occurred_at,
        entries.c.recorded_at,
        entries.c.body,
    )
    .join(cases, cases.c.id == entries.c.case_id)
    .order_by(cases.c.key, entries.c.seq)
)
_CASES = (
    select(
        cases.c.key,
        cases.c.workflow,
        definitions.c.hash,
        cases.c.since,
        cases.c.data,
        cases.c.links,
        cases.c.actors,
        cases.c.sources,
    )
    .join(definitions, definitions.c.id == cases.c.definition_id)
    .order_by(cases.c.key)
)
_SECRETS = (
    select(
        cases.c.key,
        personal.c.field,
        personal.c.seq,
        personal.c.value,
        personal.c.salt,
        personal.c.commitment,
    )
    .join(cases, cases.c.id == personal.c.case_id)
    .order_by(cases.c.key, personal.c.seq, personal.c.field)
)
_NOTICES = (
    select(
        cases.c.key,
        outbox.c.seq,
        outbox.c.recipient,
        outbox.c.channel,
        outbox.c.template,
        outbox.c.subject,
        outbox.c.body,
    )
    .join(cases, cases.c.id == outbox.c.case_id)
    .order_by(cases.c.key, outbox.c.seq, outbox.c.id)
)
_FORMS = select(definitions.c.hash, definitions.c.workflow, definitions.c.form).order_by(definitions.c.id)


def entry_columns(session: Session) -> Iterator[EntryColumns]:
    """All entries with their columns, case by case and by number."""
    return (EntryColumns(*row) for row in session.rows(_ENTRIES))


def case_columns(session: Session) -> Iterator[CaseColumns]:
    """All cases."""
    return (CaseColumns(*row) for row in session.rows(_CASES))


def secret_columns(session: Session) -> Iterator[SecretColumns]:
    """All personal values, erased ones too."""
    return (SecretColumns(*row) for row in session.rows(_SECRETS))


def notice_columns(session: Session) -> Iterator[NoticeColumns]:
    """All notices of the outbox."""
    return (NoticeColumns(*row) for row in session.rows(_NOTICES))


def form_columns(session: Session) -> Iterator[FormColumns]:
    """All kept definitions."""
    return (FormColumns(*row) for row in session.rows(_FORMS))
