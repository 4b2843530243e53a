"""The contract of the store: each law holds on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import gc
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.support import new, open_office, replace
from wirflow.core.case import Timer
from wirflow.core.letters import NewNotice
from wirflow.deadlines import compute
from wirflow.errors import ConflictError, DatabaseError
from wirflow.store import cases, outbox, timers, trail
from wirflow.store.database import Database
from wirflow.store.definitions import Definitions

NOW = datetime(2021, 1, 4, 9, tzinfo=UTC)


@pytest.fixture
def office(tmp_path, database_url):
    """An office with one grant."""
    office = open_office(tmp_path, database_url)
    office.engine.start(
        new(data={"amount": Decimal("50000.50"), "unit": "Straße 'ß' \"€\" 🏛", "holder": "X"}), actor="ada"
    )
    yield office
    office.database.close()


@pytest.fixture
def stored(office):
    """The one grant as it was read."""
    return office.engine.look("G-1")


def timer(days: int, name: str = "award_end", **more: object) -> Timer:
    """A timer that is due in some days."""
    return Timer(name=name, kind="due", label="", due_at=NOW + timedelta(days=days), **more)


def arm(session, stored, *new: Timer) -> None:
    """Arm timers for a case."""
    timers.arm(session, [(stored.id, item, "armed") for item in new])


def notice(recipient: str = "ada", **more: object) -> NewNotice:
    """A notice for somebody."""
    values = {
        "recipient": recipient,
        "address": "ada@office.example",
        "lang": "de",
        "channel": "file",
        "template": "approved",
        "kind": "event",
        "subject": "Ä",
        "body": "ß",
        "message_id": "<1@office.example>",
        "state": "pending",
        **more,
    }
    return NewNotice(**values)


def test_a_case_is_read_as_it_was_written(office, stored):
    """Money, text of any script and personal values come back as the same values."""
    assert stored.case.data == {"amount": Decimal("50000.50"), "unit": "Straße 'ß' \"€\" 🏛", "holder": "X"}
    with office.database.reading() as session:
        rows = session.rows(*cases.of_numbers(session, [stored.id]))
        again = cases.complete(session, Definitions(), rows)
    assert again == [stored]


def test_a_case_that_somebody_changed_is_not_overwritten(office, stored):
    """A change that does not know the last revision is a conflict, and writes nothing."""
    approved = replace(stored, case=replace(stored.case, state="approved"))
    known = replace(stored, case=replace(stored.case, revision=7))
    with pytest.raises(ConflictError), office.database.writing() as session:
        cases.change(session, [(known, approved)])
    assert office.state("G-1") == "draft"


def test_an_error_in_a_transaction_undoes_all_of_it(office, stored):
    """What was written before an error in the same transaction is gone."""
    with pytest.raises(DatabaseError), office.database.writing() as session:
        arm(session, stored, timer(1), timer(2, name=None))
    with office.database.reading() as session:
        assert timers.armed(session, stored.id) == {}


def test_a_trial_is_always_undone(office, stored):
    """What is written in a trial is gone when it ends."""
    with office.database.trying() as session:
        arm(session, stored, timer(1))
        assert len(timers.armed(session, stored.id)) == 1
    with office.database.reading() as session:
        assert timers.armed(session, stored.id) == {}


def test_due_timers_come_in_the_order_of_their_due_times(office, stored):
    """Earliest first, none before its moment, no more than asked for, those of some clusters if asked."""
    signal = Timer(
        name="supersede",
        kind="signal",
        label="x",
        due_at=NOW,
        event="supersede",
        payload={"note": "é"},
        depth=3,
    )
    with office.database.writing() as session:
        arm(session, stored, timer(3), timer(1), timer(2), timer(9), signal)
    with office.database.writing() as session:
        due = timers.claim(session, NOW + timedelta(days=3), 10)
        assert [item.due_at[:10] for item in due] == ["2021-01-04", "2021-01-05", "2021-01-06", "2021-01-07"]
        assert timers.claim(session, NOW + timedelta(days=3), 2) == due[:2]
        assert timers.claim(session, NOW + timedelta(days=3), 2, newest=True) == due[:2]
        assert timers.claim(session, NOW + timedelta(days=3), 10, within={stored.id}) == due
        assert timers.claim(session, NOW + timedelta(days=3), 10, within={stored.id + 1}) == []
        assert timers.claim(session, NOW - timedelta(microseconds=1), 10) == []
        assert timers.any_due(session, NOW)
        assert not timers.any_due(session, NOW - timedelta(microseconds=1))
        assert timers.next_due(session) == NOW
        read = next(iter(timers.armed(session, stored.id).values()))
    assert (read.payload, read.depth, read.event) == ({"note": "é"}, 3, "supersede")


def test_a_timer_ends_once(office, stored):
    """How a timer ended is not overwritten by a second ending."""
    with office.database.writing() as session:
        arm(session, stored, timer(1))
        (number,) = timers.armed(session, stored.id)
        timers.end(session, [(number, "fired", None)])
        timers.end(session, [(number, "cancelled", None)])
    assert office.rows("SELECT status FROM timers") == [("fired",)]


def test_a_failed_timer_may_be_armed_again(office, stored):
    """A failed timer keeps its error until it is given another try."""
    with office.database.writing() as session:
        arm(session, stored, timer(1))
        timers.end(session, [(number, "failed", "broken") for number in timers.armed(session, stored.id)])
    assert office.rows("SELECT status, error FROM timers") == [("failed", "broken")]
    assert office.engine.rearm_failed() == 1
    assert office.rows("SELECT status, error FROM timers") == [("armed", None)]


def test_a_timer_keeps_its_derivation(office, stored):
    """The legal deadline behind a timer is read with due day, law and steps as it was written."""
    deadline = compute("vwvfg-31", date(2020, 12, 11), "P2W", land="HE")
    with office.database.writing() as session:
        arm(session, stored, timer(1, deadline=deadline))
        (read,) = timers.armed(session, stored.id).values()
    assert read.deadline is not None
    assert read.deadline.to_json() == deadline.to_json()


def test_a_claim_is_fenced(office, stored):
    """Only who holds the last claim may say how it ended; an earlier holder is told that it is lost."""
    with office.database.writing() as session:
        outbox.add(session, [(stored.id, 1, notice())], NOW)
        (first,) = outbox.claimable(session, NOW, 10)
        outbox.claim(session, [first.id], NOW + timedelta(minutes=1))
        assert outbox.claimable(session, NOW, 10) == []
        (second,) = outbox.claimable(session, NOW + timedelta(minutes=1), 10)
        assert second.state == "sending"
        outbox.claim(session, [second.id], NOW + timedelta(minutes=2))
        assert not outbox.settle(session, first.id, first.fence + 1, "dead", now=NOW)
        assert outbox.settle(session, second.id, second.fence + 1, "sent", now=NOW)
        (read,) = outbox.notices(session, "G-1")
    assert (read.state, read.attempts, read.sent_at) == ("sent", 2, "2021-01-04T09:00:00.000000Z")
    assert not office.engine.retry_notice(read)


def test_one_notice_is_written_once(office, stored):
    """The key of a notice (case, entry, recipient, channel, template) is there once, whatever happens."""
    with office.database.writing() as session:
        several = [notice(), notice("leo"), notice(channel="smtp")]
        outbox.add(session, [(stored.id, 1, item) for item in several], NOW)
    with pytest.raises(DatabaseError), office.database.writing() as session:
        outbox.add(session, [(stored.id, 1, notice())], NOW)
    assert office.rows("SELECT count(*) FROM outbox") == [(3,)]


def test_a_dead_notice_may_be_retried(office, stored):
    """A notice that was given up is sent again on request, at once."""
    with office.database.writing() as session:
        outbox.add(session, [(stored.id, 1, notice(state="dead", error="no"))], NOW)
        assert outbox.claimable(session, NOW, 10) == []
        (dead,) = outbox.notices(session)
        assert outbox.retry(session, dead.id, NOW, "new@office.example")
        (again,) = outbox.claimable(session, NOW, 10)
    assert (again.state, again.error, again.key) == ("pending", None, "G-1/1/ada/file/approved")
    assert again.address == "new@office.example"


def test_entries_are_read_in_their_order(office):
    """A case's entries come by number, all entries in recorded order, each as the bytes that were written."""
    office.at("2021-01-05T00:00:00").engine.start(new("A-1"), actor="ada")
    office.at("2021-01-06T00:00:00").engine.submit("G-1", "submit", actor="ada")
    with office.database.reading() as session:
        assert [entry.event for entry in trail.entries_of(session, "G-1")] == ["start", "submit"]
        assert [(entry.case, entry.seq) for entry in trail.entries_of(session)] == [
            ("G-1", 1),
            ("A-1", 1),
            ("G-1", 2),
        ]
        waiting, numbers = trail.unsealed(session, 10)
    assert [(item.case, item.seq) for item in waiting] == [("G-1", 1), ("A-1", 1), ("G-1", 2)]
    assert set(numbers) == {("G-1", 1), ("A-1", 1), ("G-1", 2)}


def test_a_definition_is_kept_once_under_its_hash(office, stored):
    """Registering the same definition again adds no row."""
    office.engine.register([stored.workflow, stored.workflow])
    assert office.rows("SELECT hash FROM definitions") == [(stored.workflow.hash,)]


def test_a_reader_sees_one_moment(office):
    """What others commit while somebody reads does not show before the next look, and nothing waits."""
    with office.database.reading() as session:
        before = cases.load(session, Definitions(), "G-1")
        office.engine.submit("G-1", "submit", actor="ada")
        assert cases.load(session, Definitions(), "G-1") == before
        assert cases.load_many(session, Definitions(), ["G-1"]) == {"G-1": before}
    assert office.state("G-1") == "submitted"


def test_a_database_of_another_version_is_refused(office):
    """Older and newer tables are refused with what to do; an empty database asks to be migrated."""
    office.database.check_version()
    for version, word in (("0000", "wirflow migrate"), ("9999", "newer wirflow")):
        with office.database.engine.begin() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{version}'"))
        with pytest.raises(DatabaseError, match=word):
            office.database.check_version()


def test_migrating_twice_changes_nothing(office):
    """Lifting a database that is of this version already leaves it as it is."""
    before = office.rows("SELECT * FROM entries")
    office.database.migrate()
    assert office.rows("SELECT * FROM entries") == before


def test_an_address_that_is_none_is_bad_input():
    """A database address that cannot be read is the user's error, not a broken world."""
    from wirflow.errors import InputError  # noqa: PLC0415 - only here

    for address in ("nonsense", "sqlite", "oracle+nothing://x"):
        with pytest.raises(InputError):
            Database(address)


def test_a_database_that_is_out_of_reach_says_so(tmp_path):
    """A file that is no database and a server that does not answer are a broken world, with a hint."""
    (tmp_path / "no.db").write_bytes(b"this is no database at all" * 100)
    for address in (f"sqlite:///{tmp_path}/no.db", "postgresql+psycopg://nobody@127.0.0.1:1/none"):
        with pytest.raises(DatabaseError) as caught:
            Database(address).check_version()
        assert caught.value.hint
        assert caught.value.exit_code == 3


def test_a_forgotten_database_gives_its_connections_back(tmp_path):
    """Nobody has to close a database that nobody holds any more."""
    database = Database(f"sqlite:///{tmp_path / 'office.db'}")
    database.migrate()
    with database.reading() as session:
        assert session.row(text("SELECT 1")) == (1,)
    engine, pool = database.engine, database.engine.pool
    del database, session
    gc.collect()
    assert engine.pool is not pool
    assert pool.checkedout() == 0
