"""Who works in the benchmarks: the engine, and the raw driver that writes the very bytes of the engine.

The raw side reads what the engine has to read, and writes the same rows in
batches of the same size; it decides nothing, hashes nothing, encodes nothing.
"""

from __future__ import annotations

from typing import Any

from tests.benchmarks.million import due, key
from tests.benchmarks.place import connect, engine, mark
from wirflow.engine import Outcome
from wirflow.engine.draining import BATCH

FACTS = ("data", "actors", "memory", "done", "sources", "revision", "digest")
"""The columns of a case that an event writes that leaves its state as it is."""

PLACE = ("state", "final", "since", *FACTS)
"""Those that an event writes that leads into another state."""

ARMED = "SELECT * FROM timers WHERE status = 'armed' AND case_id"


def batch_size() -> int:
    """How many timers the engine fires in one transaction."""
    return BATCH


class OurEvents:
    """Submits events, each a transaction of its own."""

    def __init__(self, number: int, _count: int, url: str, events: int) -> None:
        """Open the office."""
        self._number, self._events = number, events
        self._engine = engine(url)

    def prepare(self, turn: int) -> None:
        """Know what is said this time."""
        self._turn = turn

    def work(self) -> None:
        """One event after the other, case by case."""
        for number in range(self._events):
            outcome = self._engine.submit(
                key(self._number, number % 100),
                "remark",
                actor="ada",
                given={"note": f"{self._turn}/{number}"},
            )
            assert isinstance(outcome, Outcome)


class RawEvents:
    """Writes the rows of such events."""

    def __init__(self, number: int, _count: int, url: str, events: int) -> None:
        """Connect."""
        self._number, self._events, self._url = number, events, url
        self._connection = connect(url)

    def prepare(self, ours: str) -> None:
        """Fetch the last rows that the engine wrote."""
        other = connect(ours)
        words = f"SELECT {', '.join(FACTS)} FROM cases WHERE key = {mark(ours)}"
        self._case = other.execute(words, (key(self._number, 0),)).fetchone()
        cursor = other.execute("SELECT * FROM entries WHERE event = 'remark' ORDER BY seq DESC LIMIT 1")
        self._columns = [item[0] for item in cursor.description]
        self._entry = cursor.fetchone()
        other.close()

    def work(self) -> None:
        """BEGIN, read case and timers, write case and entry, COMMIT."""
        place, lite = mark(self._url), self._url.startswith("sqlite")
        begin, lock = ("BEGIN IMMEDIATE", "") if lite else ("BEGIN", " FOR UPDATE")
        read = f"SELECT * FROM cases WHERE key = {place}{lock}"
        armed = f"{ARMED} = {place} ORDER BY due_at, id"
        update = f"UPDATE cases SET {_sets(FACTS, place)} WHERE id = {place} AND revision = {place}"
        insert = _insert("entries", self._columns, place)
        execute = self._connection.cursor().execute
        names = [item[0] for item in self._connection.execute("SELECT * FROM cases LIMIT 0").description]
        number, revision = names.index("id"), names.index("revision")
        for event in range(self._events):
            execute(begin)
            row = execute(read, (key(self._number, event % 100),)).fetchone()
            execute(armed, (row[number],)).fetchall()
            seq = row[revision] + 1
            execute(update, (*self._case[:-2], seq, self._case[-1], row[number], row[revision]))
            execute(insert, (row[number], seq, *self._entry[2:]))
            execute("COMMIT")


class OurDrain:
    """Fires what is due."""

    def __init__(self, _number: int, _count: int, url: str, _each: int) -> None:
        """Open the office."""
        self._engine = engine(url)
        self._engine.drain()

    def prepare(self, slice_: int) -> None:
        """It is the instant at which the awards of a slice end."""
        self._engine.clock.set(due(slice_))  # type: ignore[attr-defined] # a virtual clock

    def work(self) -> None:
        """Drain."""
        drained = self._engine.drain()
        assert not drained.failed
        assert not drained.refused


class RawDrain:
    """Writes the rows of such a drain."""

    def __init__(self, number: int, count: int, url: str, each: int) -> None:
        """Connect."""
        self._number, self._count, self._url, self._each = number, count, url, each
        self._size = batch_size()
        self._connection = connect(url)

    def prepare(self, slice_: int, ours: str) -> None:
        """Fetch what the engine wrote for my part of a slice."""
        first = slice_ * self._each + 1
        share = -(-self._each // self._count)
        begin = first + self._number * share
        end = min(begin + share, first + self._each)
        other, place = connect(ours), mark(ours)
        self._batches = [
            self._fetch(other, place, low, min(low + self._size, end))
            for low in range(begin, end, self._size)
        ]
        other.close()

    def _fetch(self, other: Any, place: str, low: int, high: int) -> tuple[Any, ...]:
        part = (low, high - 1)
        between = f"BETWEEN {place} AND {place}"
        cases = other.execute(
            f"SELECT {', '.join(PLACE)}, id, revision - 1 FROM cases WHERE id {between} ORDER BY id", part
        ).fetchall()
        found = [cases]
        for name, which in (
            ("entries", "seq = 2"),
            ("timers", "status = 'armed' AND name = 'proof'"),
            ("outbox", "seq = 2"),
        ):
            cursor = other.execute(
                f"SELECT * FROM {name} WHERE {which} AND case_id {between} ORDER BY case_id", part
            )
            columns = [item[0] for item in cursor.description]
            skip = int(columns[0] == "id")
            rows = [tuple(row[skip:]) for row in cursor.fetchall()]
            assert len(rows) == len(cases) * (2 if name == "timers" else 1), (name, len(rows), len(cases))
            found.append((columns[skip:], rows))
        return part, found

    def work(self) -> None:
        """Batch by batch: read timers and cases, write everything, COMMIT."""
        place, lite = mark(self._url), self._url.startswith("sqlite")
        begin, lock = ("BEGIN IMMEDIATE", "") if lite else ("BEGIN", " FOR UPDATE")
        between = f"BETWEEN {place} AND {place}"
        cursor = self._connection.cursor()
        for part, (cases, *others) in self._batches:
            cursor.execute(begin)
            due_ones = cursor.execute(f"SELECT id FROM timers WHERE id {between}{lock}", part).fetchall()
            cursor.execute(f"SELECT * FROM cases WHERE id {between} ORDER BY id{lock}", part).fetchall()
            cursor.execute(f"{ARMED} {between} ORDER BY case_id, due_at, id", part).fetchall()
            cursor.executemany(
                f"UPDATE timers SET status = 'fired', error = NULL WHERE id = {place} AND status = 'armed'",
                due_ones,
            )
            cursor.executemany(
                f"UPDATE cases SET {_sets(PLACE, place)} WHERE id = {place} AND revision = {place}", cases
            )
            for name, (columns, rows) in zip(("entries", "timers", "outbox"), others, strict=True):
                cursor.executemany(_insert(name, columns, place), rows)
            cursor.execute("COMMIT")


def _sets(names: tuple[str, ...], place: str) -> str:
    return ", ".join(f"{name} = {place}" for name in names)


def _insert(table: str, columns: list[str], place: str) -> str:
    places = ", ".join([place] * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
