"""A million open cases, fast: real rows of a few cases, copied under other keys past the engine.

Each case is one that the engine wrote, with its own key, its own chain and its
own armed timer; only the writing goes past the engine, in bulk.  The cases lie
in slices: all awards of a slice end on the same day, each slice a year later.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tests.benchmarks.place import connect, found
from wirflow.clock import end_of_day
from wirflow.engine import NewCase, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SLICES = 10
FIRST = 2021

TABLES = ("cases", "entries", "timers")


def due(number: int) -> datetime:
    """When the awards of a slice end."""
    return end_of_day(date(FIRST + number, 12, 31), "Europe/Berlin")


def key(number: int, case: int) -> str:
    """What the cases of a slice are called: all keys have the same length."""
    return f"A-{number}-{case:06d}"


def build(url: str, count: int) -> None:
    """Fill an empty database with so many open cases, a tenth of them in each slice."""
    engine = found(url)
    for number in range(SLICES):
        data = {
            "unit": "330222",
            "amount": Decimal("50000.00"),
            "award_ends": date(FIRST + number, 12, 31),
        }
        new = NewCase(workflow="award", key=key(number, 0), data=data, links={}, sources={})
        moment = datetime(2021, 1, 4, 9, tzinfo=UTC)
        assert isinstance(engine.start(new, actor="ada", occurred_at=moment), Outcome)
    engine.database.close()
    connection = connect(url)
    try:
        models = {name: _models(connection, name) for name in TABLES}
        for name in reversed(TABLES):
            connection.execute(f"DELETE FROM {name}")
        for name in TABLES:
            columns, rows = models[name]
            copies = _copies(name, columns, rows, models["entries"], count // SLICES)
            _write(connection, name, columns, copies)
        if isinstance(connection, sqlite3.Connection):
            connection.execute("ANALYZE")
            connection.execute("PRAGMA journal_mode = WAL")
        else:
            for name in ("cases", "timers"):
                connection.execute(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"
                )
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
    finally:
        connection.close()


def _models(connection: Any, name: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The rows that the engine wrote, one for each slice."""
    order = "id" if name != "entries" else "case_id"
    cursor = connection.execute(f"SELECT * FROM {name} ORDER BY {order}")
    columns = [item[0] for item in cursor.description]
    rows = cursor.fetchall()
    assert len(rows) == SLICES, (name, len(rows))
    return columns, rows


def _copies(
    name: str,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    entries: tuple[list[str], list[tuple[Any, ...]]],
    each: int,
) -> Iterator[list[Any]]:
    """Every row of a table, for every case."""
    bodies = [row[entries[0].index("body")] for row in entries[1]]
    place = {column: number for number, column in enumerate(columns)}
    for number, row in enumerate(rows):
        model = key(number, 0)
        for case in range(each):
            own = key(number, case)
            digest = body = ""
            if name != "timers":
                body = bodies[number].replace(model, own)
                digest = sha256(body.encode()).hexdigest()
            copy = list(row)
            one = number * each + case + 1
            if name == "cases":
                copy[place["id"]], copy[place["key"]], copy[place["digest"]] = one, own, digest
            elif name == "entries":
                copy[place["case_id"]], copy[place["body"]], copy[place["digest"]] = one, body, digest
            else:
                copy[place["id"]], copy[place["case_id"]] = one, one
            yield copy


def _write(connection: Any, name: str, columns: Sequence[str], copies: Iterator[list[Any]]) -> None:
    if isinstance(connection, sqlite3.Connection):
        for pragma in ("synchronous = OFF", "journal_mode = OFF", "cache_size = -200000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        places = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})", copies)
        connection.execute("COMMIT")
        return
    connection.execute("SET session_replication_role = replica")  # the rows are real: foreign keys hold
    with connection.cursor().copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in copies:
            copy.write_row(row)
