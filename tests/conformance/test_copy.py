"""A whole database in another one: everything is there and compared, or nothing can be worked with."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.notices.sample import Recorder, write_notices
from tests.support import new, open_office
from wirflow.errors import DatabaseError, InputError
from wirflow.notices.deliver import Deliverer
from wirflow.scheduler import Scheduler
from wirflow.store import copying
from wirflow.store.database import Database
from wirflow.store.tables import VERSION, metadata


@pytest.fixture
def office(tmp_path, monkeypatch):
    """An office on SQLite with cases, timers, notices and personal values; rows go in small pieces."""
    monkeypatch.setattr(copying, "PIECE", 2)
    opened = open_office(tmp_path)
    write_notices(opened)
    for number in range(4):
        key = f"C-{number}"
        opened.engine.start(
            new(key, {"amount": Decimal("50000.50"), "unit": "Ä\\N\t\n%s", "holder": "X"}), actor="ada"
        )
        opened.engine.submit(key, "submit", actor="ada")
        given = {"decided_on": date(2021, 1, 4), "award_ends": date(2021, 2, 15)}
        opened.engine.submit(key, "approve", actor="leo", given=given)
    opened.clock.set(opened.clock.now() + timedelta(days=90))
    Scheduler(opened.engine, Deliverer(opened.engine, {"file": Recorder()})).tick()
    yield opened
    opened.database.close()


@pytest.fixture
def target(database_url):
    """Where to: a database that is not there, or empty; of the one kind and of the other."""
    path = database_url.replace("office.db", "target.db")
    opened = Database(path)
    yield opened
    opened.close()


def rows(database):
    """All that is in a database."""
    with database.engine.begin() as connection:
        return {
            table.name: sorted(
                map(tuple, connection.execute(table.select())), key=lambda row: [str(value) for value in row]
            )
            for table in metadata.sorted_tables
        }


def test_a_copy_holds_every_row_and_goes_there_and_back(office, target, tmp_path):
    """What comes back from the other database is, row for row, what was there at first."""
    told = []
    copied = copying.copy(office.database, target, lambda done, total: told.append((done, total)))
    back = Database(f"sqlite:///{tmp_path / 'back.db'}")
    copying.copy(target, back)
    before = rows(office.database)
    assert all(before[name] for name in before if name != "checkpoints")
    assert rows(target) == rows(back) == before
    assert copied.rows == {name: len(found) for name, found in before.items()}
    assert not copied.moved_on
    assert told[-1][0] == told[-1][1] == sum(copied.rows.values())
    back.close()


def test_work_goes_on_in_the_copy(office, target):
    """New cases, entries, timers and notices are numbered behind the copied ones."""
    copying.copy(office.database, target)
    office.engine.database = target
    before = rows(target)
    office.engine.start(new("NEW-1"), actor="ada")
    office.engine.submit(
        "C-3", "extend", actor="leo", given={"decided_on": date(2021, 1, 5), "award_ends": date(2022, 1, 5)}
    )
    after = rows(target)
    assert len(after["cases"]) == len(before["cases"]) + 1
    assert len(after["timers"]) > len(before["timers"])


def test_only_an_empty_database_is_copied_into(office, target):
    """A database with a single case is refused and stays as it is; one with nothing but tables is taken."""
    target.migrate()
    copying.copy(office.database, target)
    before = rows(target)
    with pytest.raises(InputError, match="not empty"):
        copying.copy(office.database, target)
    assert rows(target) == before
    target.check_version()


def test_what_breaks_off_is_refused_for_work_and_can_be_repeated(office, target):
    """After an error in the middle nothing can be done with the target but to copy once more."""

    def broken(done, _total):
        if done > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copying.copy(office.database, target, broken)
    assert target.version() == f"{VERSION}-copying"
    for work in (target.check_version, target.migrate):
        with pytest.raises(DatabaseError, match="not finished"):
            work()
    copying.copy(office.database, target)
    assert rows(target) == rows(office.database)
    target.check_version()


def test_a_copy_that_differs_is_thrown_away(office, target, monkeypatch):
    """One changed state or one changed word of a notice is found, and the target stays unfinished."""
    load = copying._load

    def tampering(reader, writer, total, progress, *, sql):
        sums = load(reader, writer, total, progress)
        writer.run(text(sql))
        return sums

    for sql, where in (
        ("UPDATE cases SET state = 'draft' WHERE key = 'C-2'", "C-2"),
        ("UPDATE outbox SET body = 'x' WHERE id = 1", "outbox"),
        ("DELETE FROM timers WHERE id = (SELECT max(id) FROM timers)", "timers"),
    ):
        monkeypatch.setattr(copying, "_load", lambda *args, sql=sql: tampering(*args, sql=sql))
        with pytest.raises(DatabaseError, match=where):
            copying.copy(office.database, target)
        assert target.version() == f"{VERSION}-copying"


def test_what_is_written_meanwhile_is_told_and_not_half_copied(office, target):
    """An event during the copy is not in it, and the copy says that the source has moved on."""
    before = rows(office.database)

    def meanwhile(done, _total):
        if done > 5 and office.state("C-1") != "approved":
            given = {"decided_on": date(2021, 1, 5), "award_ends": date(2022, 1, 5)}
            office.engine.submit("C-1", "extend", actor="leo", given=given)

    copied = copying.copy(office.database, target, meanwhile)
    assert copied.moved_on
    assert rows(target) == before != rows(office.database)


def test_a_parent_may_have_a_higher_number_than_its_child(office, target):
    """Whichever was written first, the copy keeps who started whom."""
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE cases SET parent_id = (SELECT max(id) FROM cases) WHERE key = 'C-0'"
        )
    copying.copy(office.database, target)
    assert rows(target) == rows(office.database)


def test_a_killed_copy_leaves_nothing_to_work_with(office, target):
    """After SIGKILL in the middle the target is marked; the next copy completes it."""
    program = (
        "import sys, os, signal\n"
        "from wirflow.store import copying\n"
        "from wirflow.store.database import Database\n"
        "copying.PIECE = 2\n"
        "def die(done, total):\n"
        "    if done > 9: os.kill(os.getpid(), signal.SIGKILL)\n"
        "copying.copy(Database(sys.argv[1]), Database(sys.argv[2]), die)\n"
    )
    urls = [each.url.render_as_string(hide_password=False) for each in (office.database, target)]
    done = subprocess.run([sys.executable, "-c", program, *urls], check=False)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(DatabaseError, match="not finished"):
        target.check_version()
    assert not any(rows(target).values())
    copying.copy(office.database, target)
    assert rows(target) == rows(office.database)
