"""A whole database copied into an empty one: from SQLite to PostgreSQL, and back.

The source is read in one consistent view, in pieces, so that memory does not
grow with it.  The target gets everything in one transaction and is marked as
unfinished until that is through: who is killed in between leaves an empty
database that no command works with, and begins anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, bindparam, column, func, literal, select, table, tuple_, update

from wirflow.errors import DatabaseError, InputError
from wirflow.store.bulk import Update
from wirflow.store.database import UNFINISHED
from wirflow.store.tables import VERSION, cases, metadata, outbox, timers
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Table

    from wirflow.store.database import Database
    from wirflow.store.session import Session

PIECE: Final = 2000
"""How many rows are in memory at once."""

_MARK: Final = f"{VERSION}{UNFINISHED}"
_BITS: Final = 256

_version = table("alembic_version", column("version_num"))
_LOCKED = (
    select(_version.c.version_num)
    .where(_version.c.version_num == bindparam("before"))
    .with_for_update(nowait=True)
)
_SET_VERSION = update(_version).values(version_num=bindparam("after"))
_CASES = (
    select(cases.c.id, cases.c.key, cases.c.state, cases.c.revision, cases.c.digest)
    .where(cases.c.id > bindparam("after_id"))
    .order_by(cases.c.id)
    .limit(PIECE)
)
_PARENTS = (
    select(cases.c.id, cases.c.parent_id)
    .where(cases.c.parent_id.is_not(None), cases.c.id > bindparam("after_id"))
    .order_by(cases.c.id)
    .limit(PIECE)
)
_SET_PARENT = Update(cases, ("parent_id",), ("id",))
_NEWEST = (
    select(func.count(), func.coalesce(func.sum(cases.c.revision), 0)),
    select(func.count(), func.coalesce(func.sum(outbox.c.fence), 0)),
    select(func.count(), literal(0)).where(timers.c.status == "armed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What was copied, and compared on both sides."""

    rows: dict[str, int]
    """How many rows of each table."""
    moved_on: bool
    """Whether the source was written to meanwhile: that is not in the copy."""


def copy(source: Database, target: Database, progress: Callable[[int, int], None] | None = None) -> Copied:
    """Copy everything, compare both sides, and only then let the target be worked with.

    Args:
        source: of this version; it may be worked with meanwhile, but what is written after the
            beginning is not copied.
        target: not there yet, empty, or left by a copy that was broken off.
        progress: called with the number of rows that were written, and of all.

    Raises:
        InputError: the target holds something, or is the source itself.
        DatabaseError: one of them is of another version, or breaks; or the copy differs.
        ConflictError: another copy into the same target is under way.
    """
    source.check_version()
    _prepare(target)
    with source.reading() as reader, target.writing() as writer:
        if writer.row(_LOCKED, {"before": _MARK}) is None:
            raise _not_empty(target)
        sizes = {item.name: int(reader.row(select(func.count()).select_from(item))[0]) for item in _tables()}
        began = _newest(reader)
        sums = _load(reader, writer, sum(sizes.values()), progress)
        _set_numbers(target, writer)
        _compare(reader, writer, sizes, sums)
        writer.run(_SET_VERSION, {"after": VERSION})
    with source.reading() as reader:
        moved_on = _newest(reader) != began
    return Copied(rows=sizes, moved_on=moved_on)


def _tables() -> list[Table]:
    """In an order in which what is referred to comes first."""
    return list(metadata.sorted_tables)


def _prepare(target: Database) -> None:
    """Tables without rows, marked as unfinished."""
    found = target.version() if target.exists else None
    if found is None:
        target.migrate()
        found = VERSION
    if found not in {VERSION, _MARK}:
        raise InputError(
            Text(
                f"Das Ziel hat Version {found}; es muss leer sein oder Version {VERSION} haben.",
                f"The target has version {found}; it has to be empty or of version {VERSION}.",
            ),
            hint=Text("Legen Sie eine neue, leere Datenbank an.", "Make a new, empty database."),
        )
    with target.writing() as session:
        if session.row(_LOCKED, {"before": found}) is None:
            raise _not_empty(target)
        for item in _tables():
            if session.row(select(*item.primary_key).limit(1)) is not None:
                raise _not_empty(target)
        session.run(_SET_VERSION, {"after": _MARK})


def _load(
    reader: Session, writer: Session, total: int, progress: Callable[[int, int], None] | None
) -> dict[str, int]:
    """Write all rows; a sum over the rows of each table, in whatever order they come."""
    written, sums = 0, {}
    for item in _tables():
        names = [each.name for each in item.columns]
        parent = names.index("parent_id") if item is cases else None
        sum_ = 0
        for rows in _pieces(reader, item):
            sum_ = _added(sum_, rows)
            # A parent may come later than its child: the cases first, then whose children they are.
            writer.load(item, rows if parent is None else [_without(row, parent) for row in rows])
            written += len(rows)
            if progress:
                progress(written, total)
        sums[item.name] = sum_
        if item is cases:
            _set_parents(reader, writer)
    return sums


def _pieces(session: Session, item: Table) -> Iterator[list[Any]]:
    """All rows of a table by its key, some at a time."""
    keys = list(item.primary_key)
    places = [list(item.columns).index(key) for key in keys]
    first = select(*item.columns).order_by(*keys).limit(PIECE)
    marks = tuple_(*(bindparam(f"after_{key.name}", type_=key.type) for key in keys))
    further = first.where(tuple_(*keys) > marks)
    rows = session.rows(first)
    while rows:
        yield rows
        if len(rows) < PIECE:
            return
        last = {f"after_{key.name}": rows[-1][place] for key, place in zip(keys, places, strict=True)}
        rows = session.rows(further, last)


def _set_parents(reader: Session, writer: Session) -> None:
    rows = reader.rows(_PARENTS, {"after_id": 0})
    while rows:
        writer.write(_SET_PARENT, [(parent, number) for number, parent in rows])
        rows = reader.rows(_PARENTS, {"after_id": rows[-1][0]})


def _set_numbers(target: Database, writer: Session) -> None:
    """Let new rows be numbered behind the copied ones; SQLite does so by itself."""
    if target.url.get_backend_name() != "postgresql":
        return
    for item in _tables():
        keys = list(item.primary_key)
        if len(keys) == 1 and isinstance(keys[0].type, Integer):
            sequence = func.pg_get_serial_sequence(item.name, keys[0].name)
            # The next number is 1 in an empty table, and else the one after the last.
            last = func.coalesce(func.max(keys[0]), 0)
            writer.row(select(func.setval(sequence, last + 1, False)))


def _compare(reader: Session, writer: Session, sizes: dict[str, int], sums: dict[str, int]) -> None:
    """Compare every case's state and last digest on both sides, and all rows of all tables.

    Raises:
        DatabaseError: they differ; names the case or the table.
    """
    before = 0
    while True:
        ours, theirs = (side.rows(_CASES, {"after_id": before}) for side in (reader, writer))
        for mine, yours in zip(ours, theirs, strict=False):
            if tuple(mine) != tuple(yours):
                raise _differs(f"cases, {mine[1]}")
        if len(ours) != len(theirs):
            raise _differs("cases")
        if len(ours) < PIECE:
            break
        before = ours[-1][0]
    for item in _tables():
        count, sum_ = 0, 0
        for rows in _pieces(writer, item):
            count += len(rows)
            sum_ = _added(sum_, rows)
        if (count, sum_) != (sizes[item.name], sums[item.name]):
            raise _differs(item.name)


def _added(sum_: int, rows: list[Any]) -> int:
    """A sum to which each row adds its hash: the order of the rows, which collations decide, is no matter."""
    for row in rows:
        sum_ += int.from_bytes(hashlib.sha256(repr(tuple(row)).encode()).digest(), "big")
    return sum_ % (1 << _BITS)


def _without(row: Any, place: int) -> tuple[Any, ...]:
    return (*row[:place], None, *row[place + 1 :])


def _newest(session: Session) -> list[tuple[Any, ...]]:
    """Figures that each event, each timer and each delivery changes."""
    return [tuple(map(int, session.row(statement))) for statement in _NEWEST]


def _not_empty(target: Database) -> InputError:
    where = target.url.render_as_string(hide_password=True)
    return InputError(
        Text(f"Die Zieldatenbank ist nicht leer: {where}", f"The target database is not empty: {where}"),
        hint=Text(
            "Kopiert wird nur in eine leere Datenbank; es wurde nichts geändert.",
            "Only an empty database is copied into; nothing was changed.",
        ),
    )


def _differs(where: str) -> DatabaseError:
    return DatabaseError(
        Text(f"Die Kopie weicht ab ({where}).", f"The copy differs ({where})."),
        hint=Text(
            "Sie wurde verworfen. Prüfen Sie die Quelle mit 'wirflow doctor' und kopieren Sie noch einmal.",
            "It was thrown away. Examine the source by 'wirflow doctor' and copy once more.",
        ),
    )
