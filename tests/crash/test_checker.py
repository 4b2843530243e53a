"""The checker finds nothing in a sound office, and each kind of damage that is done by hand."""

from __future__ import annotations

import json
import shutil
import sqlite3
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash import work
from tests.crash.checker import check
from tests.support import new, open_office
from wirflow.audit.note import SecretKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LATER = "2022-01-01T00:00:00.000000Z"
AWARD = {"decided_on": date(2021, 1, 4), "award_ends": date(2021, 3, 31)}


def lived(folder: Path, url: str | None = None) -> str:
    """An office in which everything has happened once; the address of its database."""
    office = open_office(folder, url)
    pair = [new("G-1", links={"partner": "G-2"}), new("G-2", links={"partner": "G-1"}), new("G-3")]
    office.engine.start_all(pair, actor="ada")
    office.engine.submit("G-1", "edit", actor="ada", given={"holder": "Zoë"})
    for key in ("G-2", "G-1", "G-3"):
        office.engine.submit(key, "submit", actor="ada")
        office.engine.submit(key, "approve", actor="leo", given=AWARD)
    office.at("2021-02-27T23:00:00").engine.drain()
    office.engine.seal(SecretKey.create("office.example"))
    office.at("2022-01-01T00:00:00").engine.drain()
    office.database.close()
    return office.database.url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A sound database, to be copied."""
    folder = tmp_path_factory.mktemp("sound")
    lived(folder)
    return folder / "office.db"


def test_nothing_is_found_in_a_sound_office(tmp_path, database_url):
    """What the engine wrote, on both databases, passes."""
    assert check(lived(tmp_path, database_url), now=LATER) == []


def rewritten(connection: sqlite3.Connection, key: str, change: Callable[[list[dict[str, Any]]], None]):
    """Change the entries of a case and link them anew, as somebody would who knows how."""
    number = connection.execute("SELECT id FROM cases WHERE key = ?", (key,)).fetchone()[0]
    found = connection.execute(
        "SELECT body FROM entries WHERE case_id = ? ORDER BY seq", (number,)
    ).fetchall()
    bodies = [json.loads(body) for (body,) in found]
    change(bodies)
    previous = None
    for body in bodies:
        body["prev"] = previous
        written = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        previous = sha256(written.encode()).hexdigest()
        row = (written, previous, body["event"], body["occurred_at"], body["to"], number, body["seq"])
        connection.execute(
            "UPDATE entries SET body = ?, digest = ?, event = ?, occurred_at = ?, state_to = ?"
            " WHERE case_id = ? AND seq = ?",
            row,
        )
    connection.execute("UPDATE cases SET digest = ? WHERE id = ?", (previous, number))


def twice(bodies: list[dict[str, Any]]) -> None:
    """The last timer took effect in the entry before, too."""
    bodies[-2]["timer"] = bodies[-1]["timer"]


def swapped(bodies: list[dict[str, Any]]) -> None:
    """The last two timers took effect in the wrong order."""
    bodies[-1]["timer"], bodies[-2]["timer"] = bodies[-2]["timer"], bodies[-1]["timer"]


def forgotten(bodies: list[dict[str, Any]]) -> None:
    """The last timer took effect without an entry that says so."""
    del bodies[-1]["timer"]


def changed(bodies: list[dict[str, Any]]) -> None:
    """A fact is another one than the row has."""
    bodies[0]["changes"]["unit"] = [None, "999999"]


def jumped(bodies: list[dict[str, Any]]) -> None:
    """An entry ends elsewhere than the next one begins."""
    bodies[1]["to"] = "approved"


IN_G3 = "case_id = (SELECT id FROM cases WHERE key = 'G-3')"
COLUMNS = "case_id, name, kind, label, due_at, due, event, derivation, payload, depth, status"
LATER_DAY = COLUMNS.replace("due,", "'2031-01-01',").replace("status", "'armed'")
OTHER_LABEL = COLUMNS.replace("label", "'P1D'")

BY_SQL = {
    "a timer that was due is armed": (
        "UPDATE timers SET status = 'armed' WHERE name = 'proof' AND status = 'overdue'",
        "is still armed",
    ),
    "a deadline that fires is called overdue": (
        "UPDATE timers SET status = 'overdue' WHERE name = 'award_end' AND status = 'fired' AND kind = 'due'",
        "is no deadline that fires nothing",
    ),
    "a reminder is called overdue": (
        "UPDATE timers SET status = 'overdue' WHERE status = 'fired' AND kind = 'reminder'",
        "is no deadline that fires nothing",
    ),
    "an older day is called overdue": (
        "UPDATE timers SET due = '2020-06-30' WHERE status = 'overdue'",
        "another day was dealt with since",
    ),
    "what is overdue runs again": (
        f"INSERT INTO timers ({COLUMNS}) SELECT {LATER_DAY} FROM timers WHERE status = 'overdue'",
        "is called overdue, and runs again",
    ),
    "a timer is gone": (
        f"DELETE FROM timers WHERE name = 'proof' AND {IN_G3}",
        "was armed 1 times and is there 0 times",
    ),
    "a timer is there twice": (
        f"INSERT INTO timers ({COLUMNS}) SELECT {COLUMNS} FROM timers WHERE name = 'proof' AND {IN_G3}",
        "was armed 1 times and is there 2 times",
    ),
    "a timer was never armed": (
        f"INSERT INTO timers ({COLUMNS}) SELECT {OTHER_LABEL} FROM timers WHERE name = 'proof' AND {IN_G3}",
        "was armed 0 times and is there 1 times",
    ),
    "a timer fired without a word": (
        "UPDATE timers SET status = 'fired' WHERE status = 'merged'",
        "fired in 1 rows and 0 entries",
    ),
    "a cancelled timer is called merged": (
        "UPDATE timers SET status = 'merged' WHERE status = 'cancelled' AND kind = 'due'",
        "cancelled in 0 rows and 1 entries",
    ),
    "a signal is gone": ("DELETE FROM timers WHERE kind = 'signal'", "was sent 1 times and is there 0 times"),
    "a signal nobody sent": (
        "UPDATE timers SET label = 'G-3/1/0' WHERE kind = 'signal'",
        "was sent 0 times and is there 1 times",
    ),
    "the state is another": ("UPDATE cases SET state = 'draft' WHERE key = 'G-3'", "its trail ends in"),
    "a fact is another": (
        "UPDATE cases SET data = json_set(data, '$.unit', '1') WHERE key = 'G-3'",
        "facts are not those of the trail: unit",
    ),
    "a link is another": ("UPDATE cases SET links = '{}' WHERE key = 'G-1'", "links are not those"),
    "the revision is another": ("UPDATE cases SET revision = 9 WHERE key = 'G-3'", "digest or revision"),
    "the head is another": ("UPDATE cases SET digest = 'ab' WHERE key = 'G-3'", "digest or revision"),
    "bytes are changed": (
        f"UPDATE entries SET body = replace(body, 'ada', 'eve') WHERE seq = 1 AND {IN_G3}",
        "do not have the stated digest",
    ),
    "bytes are no JSON": (f"UPDATE entries SET body = '{{' WHERE seq = 2 AND {IN_G3}", "is no JSON"),
    "an entry is gone": (
        f"DELETE FROM entries WHERE seq = 2 AND {IN_G3}",
        "is missing or in the wrong place",
    ),
    "a trail is gone": (f"DELETE FROM entries WHERE {IN_G3}", "a case without entries"),
    "a case is gone": ("DELETE FROM cases WHERE key = 'G-3'", "entries without a case"),
    "timers have no case": ("UPDATE timers SET case_id = 99", "timers without a case"),
    "a column lies": (f"UPDATE entries SET actor = 'eve' WHERE seq = 1 AND {IN_G3}", "column actor"),
    "a leaf is missing": ("UPDATE entries SET leaf = 99 WHERE leaf = 3", "not consecutive"),
    "leaves are swapped": (f"UPDATE entries SET leaf = -seq WHERE {IN_G3}", "which is not the next one"),
    "the checkpoint is shorter": ("UPDATE checkpoints SET size = size - 1", "the checkpoint says otherwise"),
    "the root is another": ("UPDATE checkpoints SET root = replace(root, 'a', 'b')", "is not that of the"),
    "a notice is gone": ("DELETE FROM outbox WHERE id = 1", "is not that of the outbox"),
    "a notice says otherwise": ("UPDATE outbox SET body = 'x' WHERE id = 1", "is not that of the outbox"),
    "a notice has the number of another": (
        "UPDATE outbox SET message_id = (SELECT message_id FROM outbox WHERE id = 1)",
        "notices have the Message-ID",
    ),
    "a secret is changed": ("UPDATE personal SET value = '\"Eve\"'", "value of holder was changed"),
    "a secret is gone": ("DELETE FROM personal", "is not kept as the trail says"),
}

BY_REWRITING = {
    "a timer fires twice": ("G-3", twice, "took effect 2 times"),
    "timers fire in the wrong order": ("G-3", swapped, "was due earlier, but took effect after"),
    "an entry forgets its timer": ("G-3", forgotten, "fired in 1 rows and 0 entries"),
    "the trail says another fact": ("G-3", changed, "facts are not those of the trail"),
    "the trail jumps": ("G-3", jumped, "but the entry before ended in"),
    "the log is older than the trail": ("G-3", changed, "is not that of the checkpoint"),
}


@pytest.fixture
def damaged(sound, tmp_path):
    """A copy to be damaged, and the connection with which it is done."""
    place = tmp_path / "office.db"
    shutil.copy(sound, place)
    connection = sqlite3.connect(place)
    yield connection, f"sqlite:///{place}"
    connection.close()


@pytest.mark.parametrize("kind", BY_SQL)
def test_damaged_rows_are_found(damaged, kind):
    """Each row that is changed, added or taken away by hand is told."""
    connection, url = damaged
    statement, words = BY_SQL[kind]
    assert connection.execute(statement).rowcount > 0
    connection.commit()
    found = check(url, now=LATER)
    assert any(words in finding for finding in found), found


@pytest.mark.parametrize("kind", BY_REWRITING)
def test_a_rewritten_trail_is_found(damaged, kind):
    """Also where digests and chain were made anew, the entries contradict the other rows or the law."""
    connection, url = damaged
    key, change, words = BY_REWRITING[kind]
    rewritten(connection, key, change)
    connection.commit()
    found = check(url, now=LATER)
    assert any(words in finding for finding in found), found


def test_linked_cases_keep_one_order(damaged):
    """A timer that was due earlier than one of a linked case must not have been committed after it."""
    connection, url = damaged
    assert check(url) == []
    # SQLite numbers its rows as they are written: the last of G-2 comes after the last of G-1.
    late = (
        "SELECT e.rowid FROM entries e JOIN cases c ON c.id = e.case_id WHERE c.key = 'G-2' ORDER BY seq DESC"
    )
    (row,) = connection.execute(late).fetchone()
    connection.execute("UPDATE entries SET rowid = 1000 WHERE rowid = ?", (row,))
    connection.commit()
    assert any("G-2: signal" in finding for finding in check(url))


def test_a_family_keeps_one_order(tmp_path):
    """A deadline of a child must not have been committed after a later one of its siblings or parent."""
    url = f"sqlite:///{tmp_path / 'office' / 'office.db'}"
    work.make_office(tmp_path / "office", url, 1)
    work.start_cases(tmp_path / "office", 0, pairs=1)
    work.drain(tmp_path / "office", 0)
    assert check(url) == []
    connection = sqlite3.connect(tmp_path / "office" / "office.db")
    child = "SELECT id FROM cases WHERE key = 'C-0/statement-2016'"
    connection.execute(f"UPDATE entries SET rowid = 100000 WHERE event = 'miss' AND case_id = ({child})")
    connection.commit()
    connection.close()
    found = check(url)
    assert any(finding.startswith("C-0/statement-2016: due handing_in") for finding in found)


def test_a_doubled_notice_is_found_where_the_database_would_let_it(damaged):
    """The key of a notice is judged by its rows, and not by the index that should keep it unique."""
    connection, url = damaged
    connection.execute("CREATE TABLE copy AS SELECT * FROM outbox")
    connection.execute("INSERT INTO copy SELECT * FROM outbox WHERE id = 1")
    connection.execute("DROP TABLE outbox")
    connection.execute("ALTER TABLE copy RENAME TO outbox")
    connection.commit()
    assert any("lies 2 times in the outbox" in finding for finding in check(url))
