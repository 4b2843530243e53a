"""One event, one durable transaction: `engine.submit` against `sqlite3` writing the same rows.

The raw side reads what the engine reads and writes the very bytes that the
engine wrote, with FULL sync on a database of its own.  It decides nothing,
hashes nothing, and encodes nothing.
"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.result import Result, by_turns
from tests.support import new, open_office
from wirflow.engine import Outcome

CASES = 100
EVENTS = 1000

_READ = (
    "SELECT id, definition_id, key, state, since, data, links, actors, memory, done, sources, note, revision,"
    " digest"
    " FROM cases WHERE key = ?"
)
_ARMED = (
    "SELECT id, name, kind, label, due_at, event, derivation, payload, depth FROM timers"
    " WHERE case_id = ? AND status = 'armed' ORDER BY due_at, id"
)
_PERSONAL = "SELECT case_id, field, value FROM personal WHERE case_id = ? AND value IS NOT NULL"
_UPDATE = (
    "UPDATE cases SET definition_id = ?, state = ?, final = ?, since = ?, data = ?, actors = ?, memory = ?,"
    " done = ?, sources = ?, revision = ?, digest = ? WHERE id = ? AND revision = ?"
)
_INSERT = (
    "INSERT INTO entries (case_id, seq, event, kind, actor, state_from, state_to, occurred_at, recorded_at,"
    " body, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def measure() -> list[Result]:
    """Events per second through the engine, and the raw limit."""
    with tempfile.TemporaryDirectory(dir="build") as folder:
        ours_at, raw_at = Path(folder, "ours"), Path(folder, "raw")
        offices = []
        for place in (ours_at, raw_at):
            place.mkdir()
            office = open_office(place)
            for number in range(CASES):
                office.engine.start(new(f"G-{number}"), actor="ada")
            offices.append(office)
        office, other = offices
        office.engine.submit("G-0", "edit", actor="ada", given={"note": "warm"})
        last = office.rows("SELECT body, digest FROM entries WHERE event = 'edit'")[0]
        other.database.close()
        raw = sqlite3.connect(raw_at / "office.db", isolation_level=None)
        raw.execute("PRAGMA synchronous = FULL")

        def ours() -> None:
            for number in range(EVENTS):
                key = f"G-{number % CASES}"
                outcome = office.engine.submit(key, "edit", actor="ada", given={"note": f"note {number}"})
                assert isinstance(outcome, Outcome)

        def limit() -> None:
            for number in range(EVENTS):
                _raw_event(raw, f"G-{number % CASES}", *last)

        own, bare = by_turns(EVENTS, ours, limit)
        raw.close()
        office.database.close()
    return [Result("event", "sqlite", 1, own, bare)]


def _raw_event(connection: sqlite3.Connection, key: str, body: str, digest: str) -> None:
    execute: Any = connection.execute
    execute("BEGIN IMMEDIATE")
    row = execute(_READ, (key,)).fetchone()
    execute(_PERSONAL, (row[0],)).fetchall()
    execute(_ARMED, (row[0],)).fetchall()
    seq = row[12] + 1
    execute(_UPDATE, (row[1], row[3], 0, *row[4:6], *row[7:11], seq, digest, row[0], row[12]))
    moment = "2021-01-04T09:00:00.000000Z"
    execute(_INSERT, (row[0], seq, "edit", "action", "ada", "draft", "draft", moment, moment, body, digest))
    connection.commit()
