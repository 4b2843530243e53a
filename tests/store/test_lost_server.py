"""A server that lets go of somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from wirflow.errors import DatabaseError
from wirflow.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_broken_connection_is_thrown_away_without_a_word(database_url, caplog):
    """Whoever gives one back has been told already: nothing is logged, and the next one is a new one."""
    database = Database(database_url)
    connection = database.engine.raw_connection()
    connection.driver_connection.close()
    connection.close()
    assert caplog.records == []
    with database.engine.connect() as another:
        assert another.exec_driver_sql("SELECT 1").scalar() == 1
    database.close()


def test_what_is_left_open_on_a_connection_is_undone(database_url):
    """Who gives one back in the middle of a transaction keeps nothing of it."""
    database = Database(database_url)
    for words in ("CREATE TABLE things (id integer)", "INSERT INTO things VALUES (1)"):
        connection = database.engine.raw_connection()
        connection.cursor().execute("BEGIN" if database.sqlite else "SELECT 1")
        connection.cursor().execute(words)
        if "CREATE" in words:
            connection.commit()
        connection.close()
    with database.engine.connect() as another:
        assert another.exec_driver_sql("SELECT count(*) FROM things").scalar() == 0
    database.close()


def test_a_connection_that_the_server_ended_is_told_as_that(postgresql: Callable[[], str]) -> None:
    """Whoever loses the server is asked whether it runs; the next try has a new connection."""
    database = Database(postgresql())
    ending = text("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(DatabaseError) as caught, database.writing() as session:
        session.rows(ending)
    assert caught.value.hint is not None
    assert "Does the server run?" in caught.value.hint.en
    with database.reading() as session:
        assert session.row(text("SELECT 1")) == (1,)
    database.close()
