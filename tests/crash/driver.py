"""The boundary to the database: every statement and every commit of a driver passes here.

`watched(url, watch)` makes both drivers' connections tell `watch` what they are
about to do and what they did; it may raise, or kill the process.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from sqlite3 import dbapi2
from typing import TYPE_CHECKING, Any

import psycopg

from wirflow.store.server import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Watch = "Callable[[str, Any], None]"
"""Told where (`before INSERT`, `after COMMIT`, …), and the connection."""

_sqlite_connect = sqlite3.connect
_psycopg_connect = psycopg.connect


def _word(sql: Any) -> str:
    words = sql if isinstance(sql, str) else bytes(sql).decode() if isinstance(sql, bytes) else str(sql)
    return words.split(maxsplit=1)[0].upper()


@contextmanager
def watched(watch: Callable[[str, Any], None]) -> Iterator[None]:
    """While this lasts, new connections of both drivers are watched."""

    class Ends:
        """How a connection of either driver ends a transaction."""

        def commit(self) -> None:
            watch("before COMMIT", self)
            super().commit()  # type: ignore[misc] # of the driver's own class, which stands behind this one
            watch("after COMMIT", self)

        def rollback(self) -> None:
            watch("before ROLLBACK", self)
            super().rollback()  # type: ignore[misc] # likewise
            watch("after ROLLBACK", self)

    class LiteCursor(sqlite3.Cursor):
        def execute(self, sql: str, *more: Any) -> sqlite3.Cursor:
            watch(f"before {_word(sql)}", self.connection)
            result = super().execute(sql, *more)
            watch(f"after {_word(sql)}", self.connection)
            return result

        def executemany(self, sql: str, *more: Any) -> sqlite3.Cursor:
            watch(f"before {_word(sql)}", self.connection)
            result = super().executemany(sql, *more)
            watch(f"after {_word(sql)}", self.connection)
            return result

    class LiteConnection(Ends, sqlite3.Connection):
        def cursor(self, factory: type[sqlite3.Cursor] = LiteCursor) -> sqlite3.Cursor:
            return super().cursor(factory)

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *more: Any, **options: Any) -> Any:
            watch(f"before {_word(query)}", self.connection)
            result = super().execute(query, *more, **options)
            watch(f"after {_word(query)}", self.connection)
            return result

        def executemany(self, query: Any, *more: Any, **options: Any) -> None:
            watch(f"before {_word(query)}", self.connection)
            super().executemany(query, *more, **options)
            watch(f"after {_word(query)}", self.connection)

    class Connection(Ends, psycopg.Connection[Any]):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            self.cursor_factory = Cursor

    def lite(*given: Any, **more: Any) -> sqlite3.Connection:
        return _sqlite_connect(*given, **{**more, "factory": LiteConnection})

    dbapi2.connect = lite  # type: ignore[assignment] # put back below
    psycopg.connect = Connection.connect  # type: ignore[assignment] # likewise
    try:
        with _watched_wires(watch):
            yield
    finally:
        dbapi2.connect = _sqlite_connect
        psycopg.connect = _psycopg_connect


@contextmanager
def _watched_wires(watch: Callable[[str, Any], None]) -> Iterator[None]:
    """Statements that go past the cursors of psycopg."""
    send, collect = Wire.send, Wire.collect
    sent: dict[int, list[str]] = {}

    def sending(wire: Wire, sql: str, *more: Any) -> None:
        watch(f"before {_word(sql)}", wire.driver)
        send(wire, sql, *more)
        sent.setdefault(id(wire), []).append(_word(sql))

    def collecting(wire: Wire) -> Any:
        words = sent.pop(id(wire), [])
        result = collect(wire)
        # Several are done when they are asked about together; with a commit that is what counts.
        for word in words[-1:] if "COMMIT" in words else words:
            watch(f"after {word}", wire.driver)
        return result

    Wire.send, Wire.collect = sending, collecting  # type: ignore[method-assign] # put back below
    try:
        yield
    finally:
        Wire.send, Wire.collect = send, collect  # type: ignore[method-assign] # as they were
