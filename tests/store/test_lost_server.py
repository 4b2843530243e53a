"""A server that lets go of somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from wirflow.errors import DatabaseError
from wirflow.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable


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
