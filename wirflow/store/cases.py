"""Cases as rows: read under lock, written with their revision checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from wirflow.clock import stamp, unstamp
from wirflow.core.case import Case, Done
from wirflow.definition import values
from wirflow.definition.model import Workflow
from wirflow.errors import ConflictError
from wirflow.store.tables import cases, personal
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Select

    from wirflow.core.writing import Secret
    from wirflow.store.database import Session
    from wirflow.store.definitions import Definitions


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCase:
    """A case, the definition it pins, and its number in the database."""

    id: int
    definition_id: int
    workflow: Workflow
    case: Case


_COLUMNS = (
    cases.c.id,
    cases.c.definition_id,
    cases.c.key,
    cases.c.state,
    cases.c.since,
    cases.c.data,
    cases.c.links,
    cases.c.actors,
    cases.c.memory,
    cases.c.done,
    cases.c.sources,
    cases.c.note,
    cases.c.revision,
    cases.c.digest,
)

_LOCK = select(*_COLUMNS).where(cases.c.key == bindparam("key")).with_for_update()
_READ_BY_ID = select(*_COLUMNS).where(cases.c.id == bindparam("id"))
_LOCK_BY_ID = _READ_BY_ID.with_for_update()
_READ = select(*_COLUMNS).where(cases.c.key == bindparam("key"))
_KEYS = select(cases.c.key).order_by(cases.c.key)

_WRITTEN = (
    "definition_id",
    "state",
    "final",
    "since",
    "data",
    "actors",
    "memory",
    "done",
    "sources",
    "revision",
    "digest",
)
_FIRST = (*_WRITTEN, "key", "workflow", "links", "note")

_INSERT = insert(cases).values({name: bindparam(name) for name in _FIRST}).returning(cases.c.id)
_UPDATE = (
    update(cases)
    .where(cases.c.id == bindparam("case_id"), cases.c.revision == bindparam("old_revision"))
    .values({name: bindparam(name) for name in _WRITTEN})
)
_RENAME = (
    update(cases)
    .where(cases.c.id == bindparam("case_id"))
    .values(links=bindparam("links"), sources=bindparam("sources"))
)
_INSERT_SECRET = insert(personal).values(
    {name: bindparam(name) for name in ("case_id", "field", "seq", "value", "salt", "commitment")}
)

_NOTHING: Mapping[str, Any] = {"times": {}, "history": {}}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode


def load(session: Session, definitions: Definitions, key: str, *, lock: bool = False) -> StoredCase | None:
    """A case by its key, or None; `lock` keeps others from changing it until the transaction ends."""
    row = session.row(_LOCK if lock else _READ, {"key": key})
    return _complete(session, definitions, [row])[0] if row else None


def load_by_id(session: Session, definitions: Definitions, number: int) -> StoredCase:
    """A case by its number; one that writes keeps it from changing until the transaction ends."""
    row = session.row(_READ_BY_ID if session.read_only else _LOCK_BY_ID, {"id": number})
    return _complete(session, definitions, [row])[0]


def load_many(session: Session, definitions: Definitions, keys: Sequence[str]) -> dict[str, StoredCase]:
    """Several cases by their keys, in key order, so that no workers wait in a ring.

    One that writes keeps them from changing until the transaction ends.
    """
    if not keys:
        return {}
    wanted = sorted(set(keys))
    rows = session.rows(
        _several(len(wanted), lock=not session.read_only),
        {f"k{number}": key for number, key in enumerate(wanted)},
    )
    return {stored.case.key: stored for stored in _complete(session, definitions, rows)}


def keys(session: Session) -> list[str]:
    """All keys, in order."""
    return [row[0] for row in session.rows(_KEYS)]


def add(session: Session, stored: StoredCase, digest: str) -> int:
    """Write a new case with the digest of its first entry; its number."""
    case = stored.case
    return session.insert(
        _INSERT,
        {
            **_row(stored),
            "digest": digest,
            "key": case.key,
            "workflow": case.workflow,
            "links": _text(case.links),
            "note": _text(case.note) if case.note else None,
        },
    )


def change(session: Session, stored: StoredCase, before: int, digest: str) -> None:
    """Write a changed case.

    Args:
        session: the transaction.
        stored: the case as it is now.
        before: the revision that it had when it was read.
        digest: that of its new entry.

    Raises:
        ConflictError: somebody else changed it meanwhile.
    """
    touched = session.run(
        _UPDATE, {**_row(stored), "digest": digest, "case_id": stored.id, "old_revision": before}
    )
    if touched != 1:
        key = stored.case.key
        raise ConflictError(
            Text(f"{key} wurde inzwischen geändert.", f"{key} was changed meanwhile."),
            hint=Text("Sehen Sie ihn neu an und wiederholen Sie.", "Look at it again and repeat."),
        )


def keep_secrets(session: Session, case_id: int, seq: int, secrets: Iterable[Secret]) -> None:
    """Keep personal values beside the trail, where they can be erased."""
    session.run_many(
        _INSERT_SECRET,
        [
            {
                "case_id": case_id,
                "field": secret.field,
                "seq": seq,
                "value": _text(secret.value),
                "salt": secret.salt,
                "commitment": secret.commitment,
            }
            for secret in secrets
        ],
    )


def drop_secrets(session: Session, case_id: int, seq: int, fields: Iterable[str]) -> None:
    """Let personal fields have no value from an entry on; what earlier entries commit to stays provable."""
    session.run_many(
        _INSERT_SECRET,
        [
            {"case_id": case_id, "field": name, "seq": seq, "value": None, "salt": None, "commitment": ""}
            for name in fields
        ],
    )


def rename(session: Session, stored: StoredCase) -> None:
    """Write what no event changes: the names of links, and of the fields that have sources."""
    case = stored.case
    session.run(_RENAME, {"case_id": stored.id, "links": _text(case.links), "sources": _text(case.sources)})


@cache
def _several(count: int, *, lock: bool) -> Select[Any]:
    names: list[Any] = [bindparam(f"k{number}") for number in range(count)]
    found = select(*_COLUMNS).where(cases.c.key.in_(names)).order_by(cases.c.key)
    return found.with_for_update(read=True) if lock else found


@cache
def _secrets(count: int) -> Select[Any]:
    numbers: list[Any] = [bindparam(f"n{number}") for number in range(count)]
    return (
        select(personal.c.case_id, personal.c.field, personal.c.value)
        .where(personal.c.case_id.in_(numbers))
        .order_by(personal.c.case_id, personal.c.field, personal.c.seq)
    )


def _complete(session: Session, definitions: Definitions, rows: Sequence[Any]) -> list[StoredCase]:
    """Cases from rows, their personal fields put back."""
    found = [_from_row(row, definitions.get(session, row[1])) for row in rows]
    private = [stored for stored in found if stored.workflow.personal]
    if not private:
        return found
    numbers = {f"n{number}": stored.id for number, stored in enumerate(private)}
    facts: dict[int, dict[str, Any]] = {}
    for case_id, field, value in session.rows(_secrets(len(private)), numbers):
        facts.setdefault(case_id, {})[field] = None if value is None else _decode(value)
    return [_with(stored, facts.get(stored.id)) for stored in found]


def _with(stored: StoredCase, secrets: Mapping[str, Any] | None) -> StoredCase:
    if not secrets:
        return stored
    # Values of fields that an earlier version had, or had as personal ones, say nothing any more.
    personal_types = [pair for pair in stored.workflow.field_types if pair[0] in stored.workflow.personal]
    known = values.load(personal_types, {name: value for name, value in secrets.items() if value is not None})
    return replace(stored, case=replace(stored.case, data={**stored.case.data, **known}))


def _from_row(row: Any, workflow: Workflow) -> StoredCase:
    (
        number,
        definition_id,
        key,
        state,
        since,
        data,
        links,
        actors,
        memory,
        done,
        sources,
        note,
        revision,
        digest,
    ) = row
    remembered = _decode(memory) if memory else _NOTHING
    return StoredCase(
        id=number,
        definition_id=definition_id,
        workflow=workflow,
        case=Case(
            key=key,
            workflow=workflow.name,
            state=state,
            since=unstamp(since),
            data=values.load(workflow.field_types, _decode(data)),
            links=_decode(links),
            actors=_decode(actors),
            times={name: unstamp(moment) for name, moment in remembered["times"].items()},
            history=remembered["history"],
            done={
                name: Done(due=date.fromisoformat(due), until=unstamp(until))
                for name, (due, until) in _decode(done).items()
            },
            sources=_decode(sources),
            note=_decode(note, type=Text) if note else None,
            revision=revision,
            digest=digest,
        ),
    )


def _row(stored: StoredCase) -> dict[str, Any]:
    case, workflow = stored.case, stored.workflow
    public = {name: value for name, value in case.data.items() if name not in workflow.personal}
    return {
        "definition_id": stored.definition_id,
        "state": case.state,
        "final": int(workflow.place(case.state).final),
        "since": stamp(case.since),
        "data": _text(values.dump(public)),
        "actors": _text(case.actors),
        "memory": _memory(case),
        "done": _text({name: (item.due.isoformat(), stamp(item.until)) for name, item in case.done.items()}),
        "sources": _text(case.sources),
        "revision": case.revision,
    }


def _memory(case: Case) -> str | None:
    if not case.times and not case.history:
        return None
    return _text(
        {"times": {name: stamp(moment) for name, moment in case.times.items()}, "history": case.history}
    )


def _text(value: object) -> str:
    return _encode(value).decode()
