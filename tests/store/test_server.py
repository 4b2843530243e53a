"""The wire to PostgreSQL: what is sent without waiting is done in order, up to the first fault."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import Column, Integer, MetaData, String, Table, select, text

from wirflow.errors import ConflictError, DatabaseError
from wirflow.store.bulk import Among, Insert, Update
from wirflow.store.database import Database
from wirflow.store.server import FEW, Wire
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

things = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("name", String))
ADD = Insert(things, ("id", "name"))
RENAME = Update(things, ("name",), ("id",))
ALL = select(things.c.id, things.c.name).order_by(things.c.id)


@pytest.fixture
def database(postgresql) -> Iterator[Database]:
    """A database with one small table."""
    database = Database(postgresql())
    with database.writing() as session:
        session.run(text("CREATE TABLE things (id integer PRIMARY KEY, name text)"))
    yield database
    database.close()


def everything(database: Database) -> list[tuple[int, str]]:
    """What is in the table."""
    with database.reading() as session:
        return session.rows(ALL)


@pytest.mark.parametrize("count", [1, FEW, FEW + 1, 50])
def test_few_rows_and_many_are_written_alike(database, count):
    """One by one or as one JSON text: the same rows stand there."""
    rows = [(number, f"ß 'x' \" \\ {number}") for number in range(count)]
    with database.writing() as session:
        session.write(ADD, rows)
    assert everything(database) == rows
    with database.writing() as session:
        session.write(RENAME, [(None, number) for number, _ in rows])
    assert everything(database) == [(number, None) for number, _ in rows]


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_a_row_that_is_not_there_is_missed_before_the_commit(database, count):
    """A change that does not touch each of its rows raises its error, and nothing of it stays."""
    rows = [(number, "a") for number in range(count)]
    with database.writing() as session:
        session.write(ADD, rows)
    with pytest.raises(ConflictError, match="gone"), database.writing() as session:
        session.write(
            RENAME,
            [("b", number + 1) for number in range(count)],
            otherwise=lambda: ConflictError(Text.same("gone")),
        )
    assert everything(database) == rows


def test_the_first_fault_is_told_and_nothing_after_it_is_done(database):
    """Of statements sent together those after a fault are not run; the connection goes on afterwards."""

    def write() -> None:
        with database.writing() as session:
            for row in ((1, "a"), (1, "b"), (2, "c")):
                session.write(ADD, [row])
            session.settle()

    with pytest.raises(DatabaseError, match="things_pkey"):
        write()
    assert everything(database) == []
    with database.writing() as session:
        session.write(ADD, [(1, "a")])
    assert everything(database) == [(1, "a")]


def test_what_could_not_be_prepared_is_prepared_anew(database):
    """A statement that failed once, for want of its table, runs as soon as that is there."""
    missing = text("SELECT count(*) FROM later")
    with pytest.raises(DatabaseError, match="later"), database.writing() as session:
        session.rows(missing)
    with database.writing() as session:
        session.run(text("CREATE TABLE later (id integer)"))
        assert session.rows(missing) == [(0,)]


def test_a_commit_that_keeps_nothing_is_no_commit(database):
    """Whoever swallows an error and commits is told that nothing was kept."""

    def write() -> None:
        with database.writing() as session:
            session.write(ADD, [(1, "a")])
            with suppress(psycopg.errors.UndefinedTable):
                session.rows(text("SELECT 1 FROM nowhere"))

    with pytest.raises(DatabaseError, match="nothing was kept"):
        write()
    assert everything(database) == []


def test_a_character_that_would_cut_a_text_is_refused(database):
    """NUL ends a text on the wire: it is an error, and no shorter text is written."""
    with pytest.raises(DatabaseError, match="NUL"), database.writing() as session:
        session.write(ADD, [(1, "before\0after")])
    assert everything(database) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
        | st.sampled_from(["NULL", "{}", '"', "\\", ",", "a,b", " ", ""]),
        unique=True,
        max_size=8,
    )
)
def test_texts_are_found_whatever_stands_in_them(database, names):
    """A list of texts is found as it is: no quote, comma, brace or blank in it means anything."""
    with database.trying() as session:
        session.write(ADD, list(enumerate([*names, "another"])))
        found = session.rows(
            select(things.c.name).where(Among(things.c.name, "names")), {"names": session.listed(names)}
        )
    assert sorted(name for (name,) in found) == sorted(names)


def test_who_is_interrupted_while_waiting_can_go_on(database):
    """Ctrl-C while another one holds a lock ends the waiting, undoes the transaction and breaks nothing."""
    with database.writing() as session:
        session.write(ADD, [(1, "a")])
    lock, waits = text("SELECT id FROM things FOR UPDATE"), text("SELECT 1 FROM pg_locks WHERE NOT granted")
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with database.writing() as session:
            session.rows(lock)
            held.set()
            while not session.rows(waits):
                pass
            os.kill(os.getpid(), signal.SIGINT)
            over.wait(30)

    def write(name: str) -> None:
        with database.writing() as session:
            session.write(RENAME, [(name, 1)])

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(30)
    with pytest.raises(KeyboardInterrupt):
        write("b")
    over.set()
    other.join()
    write("c")
    assert everything(database) == [(1, "c")]


def test_a_connection_in_a_pipeline_of_its_owners_is_left_alone(database):
    """Whoever has answers of their own under way on a connection is told to fetch them first."""
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        with driver.pipeline(), pytest.raises(psycopg.InterfaceError, match="pipeline"):
            Wire(driver)


def test_where_nothing_may_be_prepared_nothing_is(database):
    """On a connection whose owner switched prepared statements off, the same is done without them."""
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        driver.prepare_threshold = None
        wire = Wire(driver)
        for _ in range(2):
            wire.send("SELECT $1::text", ["x"])
            assert wire.rows(wire.collect()[-1]) == [("x",)]
        wire.send("SELECT count(*) FROM pg_prepared_statements")
        assert wire.rows(wire.collect()[-1]) == [(0,)]
        connection.invalidate()


def test_a_server_that_lets_go_says_why(database):
    """Whoever is cut off in the middle hears what the server said last, and the next transaction goes on."""
    with database.reading() as session:
        (number,) = session.row(text("SELECT pg_backend_pid()"))
    with database.engine.connect() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({number})")
    with pytest.raises(DatabaseError, match=r"terminating connection|closed the connection"):
        everything(database)
    assert everything(database) == []


@pytest.mark.parametrize("network", [False, True])
def test_who_is_cut_off_while_sending_keeps_nothing_and_goes_on(database, network):
    """The server or the network goes away between two statements of one exchange: none of it is there."""

    def cut(session) -> None:
        if network:
            with socket.socket(fileno=os.dup(session._wire.driver.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)
        else:
            number = session._wire.driver.info.backend_pid
            with database.engine.connect() as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({number}, 1000)")

    def work() -> None:
        with database.writing() as session:
            session.write(ADD, [(1, "a")])
            cut(session)
            session.write(RENAME, [("b", 1)])
            session.write(ADD, [(number, "c") for number in range(FEW + 2)])
            session.settle()

    with pytest.raises(DatabaseError, match=r"connection is lost|closed the connection"):
        work()
    assert everything(database) == []
    with database.writing() as session:
        session.write(ADD, [(1, "a")])
        session.write(RENAME, [("b", 1)])
    assert everything(database) == [(1, "b")]


def test_a_connection_that_lay_idle_is_asked_whether_it_lives(database, monkeypatch):
    """After a restart of the server a thread that did nothing for a while goes on as if nothing had been."""
    with database.reading() as session:
        (number,) = session.row(text("SELECT pg_backend_pid()"))
    with database.engine.connect() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({number})")
    monkeypatch.setattr("wirflow.store.database.IDLE_SECONDS", -1)
    assert everything(database) == []


def test_a_connection_that_speaks_another_alphabet_is_understood(database):
    """What a caller's connection has for its encoding is what texts are sent in."""
    driver = psycopg.connect(
        database.url.set(drivername="postgresql").render_as_string(hide_password=False),
        client_encoding="latin1",
    )
    with driver:
        wire = Wire(driver)
        wire.send("SELECT $1::text, length($1::text)", ["Straße"])
        assert wire.rows(wire.collect()[-1]) == [("Straße", 6)]
