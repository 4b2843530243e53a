"""Cases as rows: read under the lock of their cluster, written with their revision checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import and_, bindparam, func, or_, select, text, update

from wirflow.clock import stamp, unstamp
from wirflow.core.case import Case, Done
from wirflow.definition import values
from wirflow.definition.model import Workflow
from wirflow.errors import COMPARED, ConflictError, UnknownNameError
from wirflow.store.bulk import Among, Insert, Update
from wirflow.store.tables import cases, personal
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wirflow.core.writing import Secret
    from wirflow.store.definitions import Definitions
    from wirflow.store.session import Question, Session


AROUND: Final = 100
"""How many keys before an unknown one, and how many after it, are compared with it among very many."""


class StoredCase(Struct, frozen=True, kw_only=True):
    """A case, the definition it pins, and its number in the database."""

    id: int
    definition_id: int
    workflow: Workflow
    case: Case
    cluster: int | None = None
    """The smallest number of all cases that are linked to it, be it by way of others; None: it is alone."""
    parent: int | None = None
    """Of a new case: the number of the case that it belongs to; not read again."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """The columns that hold JSON, as they were read: what did not change is not encoded again."""

    def __eq__(self, other: object) -> bool:
        """Two are the same if they say the same, however that was written."""
        if not isinstance(other, StoredCase):
            return NotImplemented
        ours, theirs = (
            (one.id, one.definition_id, one.workflow, one.case, one.cluster, one.parent)
            for one in (self, other)
        )
        return ours == theirs

    __hash__ = None  # type: ignore[assignment] # nobody collects them in sets

    @property
    def root(self) -> int:
        """The number by which its cluster is locked: that of its first case, or its own."""
        return self.id if self.cluster is None else self.cluster


_COLUMNS = (
    cases.c.id,
    cases.c.definition_id,
    cases.c.cluster,
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

_READ = select(*_COLUMNS).where(cases.c.key == bindparam("key"))
_BY_ID = select(*_COLUMNS).where(Among(cases.c.id, "ids")).order_by(cases.c.id)
_BY_KEY = select(*_COLUMNS).where(Among(cases.c.key, "keys")).order_by(cases.c.key)
_BY_PARENT = select(*_COLUMNS).where(Among(cases.c.parent_id, "ids")).order_by(cases.c.id)
_KEYS = select(cases.c.key).order_by(cases.c.key)
_FIRST_KEYS = _KEYS.limit(bindparam("most"))
_KEYS_BEFORE = (
    select(cases.c.key)
    .where(cases.c.key < bindparam("key"))
    .order_by(cases.c.key.desc())
    .limit(bindparam("most"))
)
_KEYS_AFTER = _FIRST_KEYS.where(cases.c.key > bindparam("key"))
_other = cases.alias("other")
# As an array they are found first, and their rows then by their numbers: a subquery could have all rows read.
_ROOTS = func.any(
    func.array(
        select(func.coalesce(_other.c.cluster, _other.c.id))
        .where(Among(_other.c.key, "keys"))
        .scalar_subquery()
    )
)
# The lock of a cluster is the row of its first case.  Nobody waits for a cluster who holds a higher one.
_LOCK = select(*_COLUMNS).where(cases.c.id == _ROOTS).order_by(cases.c.id).with_for_update(key_share=True)
_LOCK_ROOTS = (
    select(cases.c.id, cases.c.cluster)
    .where(cases.c.id == _ROOTS)
    .order_by(cases.c.id)
    .with_for_update(key_share=True)
)
_FIND_ROOTS = select(cases.c.id, cases.c.cluster).where(
    cases.c.id.in_(select(func.coalesce(_other.c.cluster, _other.c.id)).where(Among(_other.c.key, "keys")))
)
_NUMBERS = text("SELECT nextval(pg_get_serial_sequence('cases', 'id')) FROM generate_series(1, :count)")
_LAST_NUMBER = select(func.coalesce(func.max(cases.c.id), 0))
_MERGE = (
    update(cases)
    .where(
        or_(
            Among(cases.c.cluster, "others"),
            and_(Among(cases.c.id, "roots"), cases.c.cluster.is_distinct_from(bindparam("first"))),
        )
    )
    .values(cluster=bindparam("first"))
)
_SECRETS = (
    select(personal.c.case_id, personal.c.field, personal.c.value)
    .where(Among(personal.c.case_id, "ids"))
    .order_by(personal.c.case_id, personal.c.field, personal.c.seq)
)

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
_ADD = Insert(cases, (*_WRITTEN, "id", "cluster", "parent_id", "key", "workflow", "links", "note"))
_CHANGES = {first: Update(cases, _WRITTEN[first:], ("id", "revision")) for first in (0, 1, 4)}
"""By the place in `_WRITTEN` from which on an event writes: what follows is written each time.

Most events leave the definition as it is, and many the state: what stands in an index or is a
foreign key costs the database a look-up more, be it written with the value that it had.
"""
_RENAME = Update(cases, ("links", "sources"), ("id",))
_KEEP = Insert(personal, ("case_id", "field", "seq", "value", "salt", "commitment"))

_NOTHING: Mapping[str, Any] = {"times": {}, "history": {}}

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode


def load(session: Session, definitions: Definitions, key: str) -> StoredCase | None:
    """A case by its key, or None."""
    row = session.row(_READ, {"key": key})
    return complete(session, definitions, [row])[0] if row else None


def of_numbers(session: Session, numbers: Iterable[int]) -> Question:
    """The query for several cases by their numbers, in the order of those."""
    return _BY_ID, {"ids": session.listed(numbers)}


def load_many(session: Session, definitions: Definitions, keys: Iterable[str]) -> dict[str, StoredCase]:
    """Several cases by their keys, in the order of those; what is not there is left out."""
    wanted = set(keys)
    if not wanted:
        return {}
    rows = session.rows(_BY_KEY, {"keys": session.listed(wanted)})
    return {stored.case.key: stored for stored in complete(session, definitions, rows)}


def load_children(session: Session, definitions: Definitions, numbers: Iterable[int]) -> list[StoredCase]:
    """The cases that belong to some cases, given the numbers of those."""
    return complete(session, definitions, session.rows(_BY_PARENT, {"ids": session.listed(numbers)}))


def to_open(session: Session, key: str) -> Question:
    """The query that makes a case ready to be decided about: it locks its cluster, and reads its first case.

    That is mostly the case that is meant.  Whoever writes to a case holds the lock of its
    cluster: so nobody sees a case change on which they decide, and the timers of a
    cluster keep their order.  On SQLite whoever writes is alone: nothing is locked
    there, and it is the case itself that is read.
    """
    return (_LOCK, {"keys": session.listed([key])}) if session.locks else (_READ, {"key": key})


def lock(session: Session, definitions: Definitions, keys: Iterable[str]) -> list[StoredCase]:
    """Lock the clusters of some cases; their first cases.  On SQLite there is nothing to lock."""
    if not session.locks:
        return []
    return complete(session, definitions, session.rows(_LOCK, {"keys": session.listed(keys)}))


def lock_roots(session: Session, keys: Iterable[str]) -> set[int]:
    """Lock the clusters of some cases as `lock` does; their numbers.

    Raises:
        ConflictError: one of them became part of another one at this very moment.
    """
    statement = _LOCK_ROOTS if session.locks else _FIND_ROOTS
    rows = session.rows(statement, {"keys": session.listed(keys)})
    if any(cluster not in {None, number} for number, cluster in rows):
        raise linked_meanwhile()
    return {number for number, _ in rows}


def linked_meanwhile() -> ConflictError:
    """Clusters became one while somebody waited for the lock of one of them."""
    return ConflictError(
        Text(
            "Vorgänge wurden gerade miteinander verknüpft; es wurde nichts geändert.",
            "Cases have just been linked to each other; nothing was changed.",
        ),
        hint=Text("Versuchen Sie es gleich noch einmal.", "Try again in a moment."),
    )


def keys(session: Session) -> list[str]:
    """All keys, in order."""
    return [row[0] for row in session.rows(_KEYS)]


def unknown(session: Session, what: Text, key: str, *, listed_by: str | None = None) -> UnknownNameError:
    """The error that says that there is no case of a key, and which one was probably meant.

    Of few cases all keys are compared.  Of many only those are read that stand
    next to it in the order of the keys, as most slips of a finger leave them.

    Args:
        session: the transaction.
        what: what it should be the key of.
        key: what was given.
        listed_by: the command that lists all keys.
    """
    first = session.rows(_FIRST_KEYS, {"most": COMPARED + 1})
    if len(first) <= COMPARED:
        return UnknownNameError(what, key, (row[0] for row in first), listed_by=listed_by)
    around = {"key": key, "most": AROUND}
    rows = [*session.rows(_KEYS_BEFORE, around), *session.rows(_KEYS_AFTER, around)]
    return UnknownNameError(what, key, (row[0] for row in rows), listed_by=listed_by, whole=False)


def numbers(session: Session, count: int) -> list[int]:
    """Numbers for new cases, rising."""
    if session.sqlite:
        first = session.row(_LAST_NUMBER)[0] + 1
        return list(range(first, first + count))
    return [row[0] for row in session.rows(_NUMBERS, {"count": count})]


def merge(session: Session, roots: Iterable[int]) -> int:
    """Let clusters be one from now on; the number by which it is called."""
    first, *others = sorted(roots)
    listed = {"others": session.listed(others), "roots": session.listed([first, *others])}
    session.run(_MERGE, {"first": first, **listed})
    return first


def add(session: Session, new: Sequence[StoredCase]) -> None:
    """Write new cases, under the numbers that they have."""
    rows = [
        (
            *_row(stored, {}),
            stored.id,
            stored.cluster,
            stored.parent,
            stored.case.key,
            stored.case.workflow,
            _text(stored.case.links),
            _text(stored.case.note) if stored.case.note else None,
        )
        for stored in new
    ]
    session.write(_ADD, rows)


def change(session: Session, changed: Sequence[tuple[StoredCase, StoredCase]]) -> None:
    """Write changed cases, each given as it was read and as it is now.

    Raises:
        ConflictError: somebody else changed one of them meanwhile.
    """
    rows: dict[int, list[tuple[Any, ...]]] = {}
    for before, now in changed:
        was, case = before.case, now.case
        same: Mapping[str, str] = {}
        first = 0
        if before.definition_id == now.definition_id:
            same = _unchanged(before, case)
            first = 4 if was.state == case.state and was.since == case.since else 1
        row = (*_row(now, same)[first:], now.id, was.revision)
        rows.setdefault(first, []).append(row)
    for first, some in rows.items():
        session.write(
            _CHANGES[first], some, otherwise=lambda: changed_meanwhile(now.case.key for _, now in changed)
        )


def changed_meanwhile(changed: Iterable[str]) -> ConflictError:
    """Somebody else wrote one of these cases."""
    listed = ", ".join(changed)
    return ConflictError(
        Text(f"{listed} wurde inzwischen geändert.", f"{listed} was changed meanwhile."),
        hint=Text("Sehen Sie ihn neu an und wiederholen Sie.", "Look at it again and repeat."),
    )


def keep_secrets(session: Session, secrets: Sequence[tuple[int, int, Secret]]) -> None:
    """Keep personal values beside the trail, where they can be erased.

    Args:
        session: the transaction.
        secrets: number of the case, number of its entry, value.
    """
    rows = [
        (case_id, secret.field, seq, _text(secret.value), secret.salt, secret.commitment)
        for case_id, seq, secret in secrets
    ]
    session.write(_KEEP, rows)


def drop_secrets(session: Session, case_id: int, seq: int, fields: Iterable[str]) -> None:
    """Let personal fields have no value from an entry on; what earlier entries commit to stays provable."""
    session.write(_KEEP, [(case_id, name, seq, None, None, "") for name in fields])


def rename(session: Session, number: int, case: Case) -> None:
    """Write what no event changes: the names of links, and of the fields that have sources."""
    session.write(_RENAME, [(_text(case.links), _text(case.sources), number)])


def complete(session: Session, definitions: Definitions, rows: Sequence[Any]) -> list[StoredCase]:
    """Cases from the rows of a query of this file, their personal fields put back."""
    found = [_from_row(row, definitions.get(session, row[1])) for row in rows]
    private = [stored for stored in found if stored.workflow.personal]
    if not private:
        return found
    facts: dict[int, dict[str, Any]] = {}
    listed = session.listed(stored.id for stored in private)
    for case_id, name, value in session.rows(_SECRETS, {"ids": listed}):
        facts.setdefault(case_id, {})[name] = None if value is None else _decode(value)
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
        cluster,
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
        cluster=cluster,
        texts={"data": data, "actors": actors, "done": done, "sources": sources},
        case=Case(
            key=key,
            workflow=workflow.name,
            state=state,
            since=unstamp(since),
            data=values.load(workflow.field_types, _decode(data)),
            links=_names(links),
            actors=_names(actors),
            times={name: unstamp(moment) for name, moment in remembered["times"].items()},
            history=remembered["history"],
            child=remembered.get("child"),
            done=_done(done),
            sources=_names(sources),
            note=_decode(note, type=Text) if note else None,
            revision=revision,
            digest=digest,
        ),
    )


@lru_cache(maxsize=4096)
def _names(written: str) -> Mapping[str, str]:
    """Who did what, what is linked, where a fact stands: many cases share it, nobody changes it in place."""
    found: dict[str, str] = _decode(written)
    return found


@lru_cache(maxsize=4096)
def _done(written: str) -> Mapping[str, Done]:
    """How far deadlines have been dealt with: likewise."""
    return {
        name: Done(due=date.fromisoformat(due), until=unstamp(until))
        for name, (due, until) in _decode(written).items()
    }


def _unchanged(before: StoredCase, case: Case) -> Mapping[str, str]:
    """The columns whose text still says what the case holds; a fact is never changed in place."""
    was = before.case
    return {
        name: written for name, written in before.texts.items() if getattr(was, name) is getattr(case, name)
    }


def _row(stored: StoredCase, same: Mapping[str, str]) -> tuple[Any, ...]:
    """The values of `_WRITTEN`; `same` has those that need not be encoded."""
    case, workflow = stored.case, stored.workflow
    return (
        stored.definition_id,
        case.state,
        int(workflow.place(case.state).final),
        stamp(case.since),
        same.get("data") or _public(workflow, case),
        same.get("actors") or _text(case.actors),
        _memory(case),
        same.get("done")
        or _text({name: (item.due.isoformat(), stamp(item.until)) for name, item in case.done.items()}),
        same.get("sources") or _text(case.sources),
        case.revision,
        case.digest,
    )


def _public(workflow: Workflow, case: Case) -> str:
    hidden = workflow.personal
    return _text(values.dump({name: value for name, value in case.data.items() if name not in hidden}))


def _memory(case: Case) -> str | None:
    if not case.times and not case.history and case.child is None:
        return None
    memory = {"times": {name: stamp(moment) for name, moment in case.times.items()}, "history": case.history}
    return _text(memory if case.child is None else {**memory, "child": case.child})


def _text(value: object) -> str:
    return _encode(value).decode()
