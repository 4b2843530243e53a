"""A database file that may only be read: what happens when it changes all the same."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from tests.support import new, open_office
from wirflow.errors import ConflictError, DatabaseError
from wirflow.store.database import Database
from wirflow.store.datafile import DataFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import TextClause

COUNT = text("SELECT count(*) FROM cases")


@pytest.fixture
def still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database with one case, opened as by somebody who may not write where others may."""
    office = open_office(tmp_path)
    office.engine.start(new(), actor="ada")
    office.database.close()
    assert not (tmp_path / "office.db-wal").exists()
    monkeypatch.setattr(DataFile, "writable", False)
    monkeypatch.setattr("wirflow.store.database.BUSY_SECONDS", 0.1)  # nobody who is in the way goes away
    database = Database(f"sqlite:///{tmp_path / 'office.db'}")
    yield database
    database.close()


def _write(database: Database, statement: str = "UPDATE cases SET state = 'approved'") -> None:
    with closing(sqlite3.connect(str(database.url.database))) as other:
        other.execute(statement)
        other.commit()


def _look(database: Database, *statements: TextClause, meanwhile: Callable[[], object]) -> None:
    with database.reading() as session:
        session.row(statements[0])
        meanwhile()
        for statement in statements[1:]:
            session.row(statement)


def test_a_look_leaves_nothing_behind(still, tmp_path):
    """Reading makes no file beside the database."""
    before = sorted(path.name for path in tmp_path.iterdir())
    with still.reading() as session:
        assert session.row(COUNT) == (1,)
    still.check_version()
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_what_was_read_while_somebody_wrote_does_not_count(still):
    """The look ends in a conflict that says to repeat it, and the next one sees what is there now."""
    with pytest.raises(ConflictError, match="does not count"):
        _look(still, COUNT, meanwhile=lambda: _write(still))
    with still.reading() as session:
        assert session.row(text("SELECT state FROM cases")) == ("approved",)


def test_what_was_written_between_two_looks_is_noticed(still):
    """A connection that is held remembers the old file: it does not mix it with the new one."""
    with still.reading() as session:
        session.row(COUNT)
    _write(still)
    with pytest.raises(ConflictError), still.reading() as session:
        session.row(COUNT)
    with still.reading() as session:
        assert session.row(text("SELECT state FROM cases")) == ("approved",)


def test_a_torn_look_is_not_taken_for_damage(still):
    """An error of the database in a look during which the file was changed is told as that conflict."""
    with pytest.raises(ConflictError):
        _look(still, COUNT, text("SELECT no_such_column FROM cases"), meanwhile=lambda: _write(still))


def test_a_writer_that_has_it_open_is_noticed(still):
    """Also what is still in the log of another process, and not in the file, ends the look."""
    with closing(sqlite3.connect(str(still.url.database))) as other:
        other.isolation_level = None
        with pytest.raises(ConflictError):
            _look(still, COUNT, meanwhile=lambda: other.execute("UPDATE cases SET state = 'approved'"))
        with still.reading() as session:  # now by way of the log, beside the writer
            assert session.row(text("SELECT state FROM cases")) == ("approved",)


def test_nothing_is_written(still):
    """A transaction that would write is refused with what to do, however it comes here."""
    for begin in (still.writing, still.trying):
        with pytest.raises(DatabaseError, match="Nothing can be written here"), begin() as session:
            session.run(text("DELETE FROM timers"))
    with pytest.raises(DatabaseError, match="read-only"):
        still.file.must_be_writable()


def test_a_half_written_transaction_is_not_read_past(still):
    """A journal of another process that died in the middle is not ignored: it has to be undone first."""
    database = str(still.url.database)
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("PRAGMA cache_spill = 1")
        other.execute("PRAGMA cache_size = 1")
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE cases SET state = 'torn'")
        other.execute(
            "CREATE TABLE filler AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            " WHERE i < 3000) SELECT i, hex(randomblob(200)) AS x FROM n"
        )
        with pytest.raises((ConflictError, DatabaseError)), still.reading() as session:
            session.row(text("SELECT state FROM cases"))
        other.execute("ROLLBACK")
    with still.reading() as session:
        assert session.row(text("SELECT state FROM cases")) == ("draft",)


def test_a_replica_says_that_it_only_reads(tmp_path, postgresql):
    """A server that takes no writes, such as a replica, is told as such, and not as a broken one."""
    url = postgresql()
    office = open_office(tmp_path, url)
    office.engine.start(new(), actor="ada")
    office.database.close()
    database = Database(f"{url}&options=-c%20default_transaction_read_only%3Don")
    with database.reading() as session:
        assert session.row(COUNT) == (1,)
    with pytest.raises(DatabaseError, match="Nothing can be written here"), database.writing() as session:
        session.run(text("DELETE FROM timers"))
    database.close()
