"""The heartbeat: what is due happens, whatever was down, and stopping leaves nothing half done."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from apscheduler.schedulers import background, base

from tests.notices.sample import Recorder, busy, notices_of, write_notices
from tests.support import new, open_office, replace
from wirflow.audit.note import SecretKey
from wirflow.clock import SystemClock, stamp, unstamp
from wirflow.errors import DatabaseError, InputError
from wirflow.notices.backoff import Backoff
from wirflow.notices.deliver import LEASE, Deliverer
from wirflow.notices.file import FileChannel
from wirflow.scheduler import BATCH, Scheduler
from wirflow.text import Text

END = datetime(2021, 3, 10, tzinfo=UTC)

AWAY = DatabaseError(Text("Die Datenbank ist weg.", "The database is away."))

PATIENCE = 20
"""Seconds after which a test takes something for stuck."""


def scheduler_of(office, channel=None, **options):
    """A scheduler of an office, on one channel."""
    return Scheduler(office.engine, Deliverer(office.engine, {"file": channel or Recorder()}), **options)


def approve(office, key, ends):
    """A case whose award ends on a day."""
    office.engine.start(new(key), actor="ada")
    office.engine.submit(key, "submit", actor="ada")
    given = {"decided_on": date(2021, 1, 4), "award_ends": ends}
    office.engine.submit(key, "approve", actor="leo", given=given)


def lived(folder, live):
    """What there is at the end of a life: the trail, the outbox and the files."""
    folder.mkdir()
    office = open_office(folder)
    approve(office, "G-1", date(2021, 2, 15))
    approve(office, "G-2", date(2021, 3, 1))
    approve(office, "G-3", date(2021, 9, 30))
    live(office, scheduler_of(office, FileChannel(folder / "outbox", office.engine.profile)))
    assert office.clock.now() == END
    trail = [(entry.body, entry.digest) for entry in office.engine.history()]
    return {
        "trail": trail,
        "outbox": [replace(item, error=None) for item in notices_of(office, None)],
        "files": {path.name: path.read_bytes() for path in (folder / "outbox").iterdir()},
        "states": [office.state(key) for key in ("G-1", "G-2", "G-3")],
    }


def test_playing_equals_a_scheduler_that_was_never_down(tmp_path):
    """Jumping from due time to due time gives the trail, the outbox and the files of a beat each hour."""

    def hourly(office, scheduler):
        while office.clock.now() < END:
            scheduler.tick()
            office.clock.set(office.clock.now() + timedelta(hours=1))
        scheduler.tick()

    played = lived(tmp_path / "played", lambda _office, scheduler: scheduler.play(END))
    ticked = lived(tmp_path / "ticked", hourly)
    assert played == ticked
    assert played["states"] == ["expired", "expired", "approved"]
    assert len(played["files"]) == len(played["outbox"]) > 9


def test_a_long_outage_ends_in_the_same_states(tmp_path):
    """One beat after two months finds what playing finds: states, and events at their due times."""

    def outage(office, scheduler):
        office.clock.set(END)
        scheduler.tick()

    played = lived(tmp_path / "played", lambda _office, scheduler: scheduler.play(END))
    late = lived(tmp_path / "late", outage)
    assert late["states"] == played["states"]

    def expiries(life):
        bodies = [body for body, _ in life["trail"] if body["event"] == "expire"]
        return sorted((body["case"], body["occurred_at"]) for body in bodies)

    assert expiries(late) == expiries(played)
    assert len(expiries(played)) == 2


def test_playing_tries_notices_again_at_their_time(tmp_path):
    """Attempts of the outbox are due times, too."""
    office = open_office(tmp_path)
    [first, *_] = write_notices(office)
    channel = Recorder()
    channel.faults = [busy(), None, None, busy(), busy()]
    backoff = Backoff()
    deliverer = Deliverer(office.engine, {"file": channel}, backoff=backoff)
    start = office.clock.now()
    tick = Scheduler(office.engine, deliverer).play(start + timedelta(days=1))
    assert (tick.delivered.sent, tick.delivered.retried) == (3, 3)
    waits = sum((backoff.wait(first.key, attempt) for attempt in (1, 2, 3)), timedelta())
    assert unstamp(notices_of(office)[0].sent_at) == start + waits
    assert office.clock.now() == start + timedelta(days=1)


def test_playing_waits_for_a_lapsed_claim(tmp_path):
    """A claim that a dead worker left is taken over when it lapses, also in a practice office."""
    office = open_office(tmp_path)
    write_notices(office)
    office.engine.claim_notices(50, office.clock.now() + LEASE)
    assert scheduler_of(office).play(office.clock.now() + 2 * LEASE).delivered.sent == 3


def test_playing_needs_a_clock_that_can_be_moved_forward(tmp_path):
    """The real time is not moved, and no clock goes back."""
    office = open_office(tmp_path)
    with pytest.raises(InputError):
        scheduler_of(office).play(office.clock.now() - timedelta(seconds=1))
    office.engine.clock = SystemClock()
    with pytest.raises(InputError):
        scheduler_of(office).play(END)


def test_a_beat_says_what_it_did(tmp_path):
    """Timers fired and notices sent are counted, and progress runs through all batches."""
    office = open_office(tmp_path)
    approve(office, "G-1", date(2021, 2, 15))
    office.clock.set(END)
    told = []
    tick = scheduler_of(office).tick(told.append)
    assert tick.fired == 1 + len([item for item in notices_of(office) if item.kind != "event"]) // 2
    assert tick.delivered.sent == len(notices_of(office))
    assert [far.done for far in told] == sorted(far.done for far in told)
    assert told[-1].done >= tick.fired  # reminders that were sent as one are done, too
    assert (told[-1].left, told[-1].percent) == (0, 100)
    assert scheduler_of(office).tick().fired == 0


def test_health_says_what_waits(tmp_path):
    """Before and after a beat, health tells what is due, and what a person has to see to."""
    office = open_office(tmp_path)
    approve(office, "G-1", date(2021, 2, 15))
    office.clock.set(END)
    scheduler = Scheduler(office.engine, Deliverer(office.engine, {}))
    before = scheduler.health()
    assert (before["last_beat"], before["due"] > 0, before["pending_notices"]) == (None, True, 3)
    assert before["lag_seconds"] > timedelta(days=1).total_seconds()
    tick = scheduler.tick()
    assert scheduler.health() == {
        "last_beat": stamp(END),
        "last_error": None,
        "due": 0,
        "lag_seconds": 0.0,
        "failed_timers": 0,
        "pending_notices": 0,
        "sending_notices": 0,
        "unknown_notices": 0,
        "dead_notices": tick.delivered.dead,
    }
    assert tick.delivered.dead > 3


def test_a_poisoned_timer_is_shown_and_stops_nothing(tmp_path):
    """A case whose timers cannot be fired is seen in the health, and the others go on."""
    office = open_office(tmp_path)
    approve(office, "G-1", date(2021, 2, 15))
    approve(office, "G-2", date(2021, 2, 15))
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE cases SET data = 'broken' WHERE key = 'G-1'")
    office.clock.set(END)
    scheduler = scheduler_of(office)
    tick = scheduler.tick()
    assert tick.failed == scheduler.health()["failed_timers"] > 0
    assert office.state("G-2") == "expired"


def run_in_thread(scheduler, **options):
    """A scheduler that runs beside the test."""
    thread = threading.Thread(target=scheduler.run, kwargs=options)
    thread.start()
    return thread


def test_a_database_that_is_briefly_away_is_tried_again(tmp_path, caplog, monkeypatch):
    """Two beats fail and are logged; the third one does the work."""
    office = open_office(tmp_path)
    approve(office, "G-1", date(2021, 2, 15))
    office.clock.set(END)
    scheduler = scheduler_of(office, heartbeat_seconds=0.01)
    drain, faults, errors = office.engine.drain, [AWAY, ZeroDivisionError("a fault")], []

    def failing(**options):
        errors.append(scheduler.health()["last_error"])
        if faults:
            raise faults.pop(0)
        drained = drain(**options)
        scheduler.stop()
        return drained

    monkeypatch.setattr(office.engine, "drain", failing)
    with caplog.at_level(logging.WARNING, logger="wirflow.scheduler"):
        thread = run_in_thread(scheduler)
        thread.join(PATIENCE)
    assert not thread.is_alive()
    assert errors[:3] == [None, "Die Datenbank ist weg.", "ZeroDivisionError"]
    assert [item.levelname for item in caplog.records if item.name == "wirflow.scheduler"] == [
        "WARNING",
        "ERROR",
    ]
    assert office.state("G-1") == "expired"


def test_what_is_overdue_happens_at_once_and_says_how_far_it_is(tmp_path):
    """The first beat does not wait for the heartbeat, and tells how much of how much is done."""
    office = open_office(tmp_path)
    for number in range(3):
        approve(office, f"G-{number}", date(2021, 2, 15))
    office.clock.set(END)
    scheduler = scheduler_of(office, heartbeat_seconds=3600)
    due, told = scheduler.health()["due"], []

    def progress(far):
        told.append((far.done, far.total))
        if not far.left:
            scheduler.stop()

    thread = run_in_thread(scheduler, progress=progress)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert told[-1][0] >= due > 0
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert all(done <= of for done, of in told)
    assert office.state("G-2") == "expired"


def test_a_stop_is_heard_between_batches(tmp_path, monkeypatch):
    """A backlog of many batches does not hold up the end: the running one is finished, the rest stays due."""
    office = open_office(tmp_path)
    write_notices(office)
    channel = Recorder()
    scheduler = scheduler_of(office, channel)
    batches = []

    class Full:
        """A batch that was full."""

        fired, refused, failed, all = BATCH, 0, 0, BATCH

    def drain(**_options):
        batches.append(1)
        if len(batches) == 2:
            scheduler.stop()
        return Full

    monkeypatch.setattr(office.engine, "drain", drain)
    scheduler.run()
    assert len(batches) == 2
    assert channel.got == []


def test_the_beat_and_the_seal_are_the_only_jobs(tmp_path):
    """The trail is sealed daily in the office's time zone, and a seal that fails is logged and not fatal."""
    office = open_office(tmp_path)
    jobs = {}

    class Beats:
        """Keeps what is scheduled."""

        def add_job(self, job, trigger, **options):
            """Keep one."""
            jobs[options.pop("id")] = (job, trigger, options)

    def seal():
        raise AWAY

    scheduler = scheduler_of(office, heartbeat_seconds=7, seal=seal)
    scheduler._schedule(Beats())
    assert jobs["heartbeat"][1:] == ("interval", {"args": (None,), "seconds": 7})
    job, trigger, options = jobs.pop("seal")
    assert (trigger, options["hour"], options["minute"], options["timezone"].key) == (
        "cron",
        0,
        30,
        "Europe/Berlin",
    )
    job()
    assert scheduler.health()["last_error"] == "Die Datenbank ist weg."
    jobs.clear()
    scheduler_of(office)._schedule(Beats())
    assert list(jobs) == ["heartbeat"]


def test_who_leaves_seals_though_the_server_was_started_anew(tmp_path, postgresql):
    """A thread whose connection broke while it only waited seals all the same, and ends without an error."""
    office = open_office(tmp_path, postgresql())
    key = SecretKey.create("office.example")
    scheduler = scheduler_of(office, seal=lambda: office.engine.seal(key))
    write_notices(office)
    scheduler.tick()
    with psycopg.connect(office.database.url.set(drivername="postgresql").render_as_string(False)) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                      " AND datname = current_database()")  # fmt: skip
    scheduler.seal_at_last()
    assert office.rows("SELECT count(*) FROM entries WHERE leaf IS NULL") == [(0,)]
    assert scheduler.pulse.last_error is None
    office.database.close()


def test_who_leaves_and_cannot_seal_says_so_in_the_log(tmp_path, caplog):
    """The trail is sealed by whoever does so next: a server that is away is no error of who leaves."""

    def seal():
        raise AWAY

    scheduler = scheduler_of(open_office(tmp_path), seal=seal)
    scheduler.seal_at_last()
    assert [record.getMessage() for record in caplog.records] == ["seal-failed"]
    scheduler_of(open_office(tmp_path)).seal_at_last()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("when", ["first", "beat"])
def test_a_signal_ends_it_after_what_it_is_doing(tmp_path, number, when):
    """While a notice is being sent SIGTERM comes: that one is sent and settled, no other begun, exit 0."""
    program = Path(__file__).with_name("scheduler_process.py")
    with subprocess.Popen(
        [sys.executable, program, tmp_path, when], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "sending\n"
        process.send_signal(number)
        assert process.stdout.readline() == "heard\n"
        process.stdin.write("\n")
        process.stdin.flush()
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert said == "sent 1\n"
    office = open_office(tmp_path)
    assert sorted(item.state for item in notices_of(office)) == ["pending", "pending", "sent"]


def test_a_signal_is_heard_whichever_thread_it_comes_to(tmp_path):
    """A SIGTERM that the system hands to another thread, as after a stop, ends the scheduler as well."""
    program = Path(__file__).with_name("scheduler_process.py")
    said = subprocess.run(
        [sys.executable, program, tmp_path, "thread"],
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=True,
    ).stdout
    assert said == "heard\nsent 0\n"


def test_it_ends_quietly_in_the_middle_of_a_beat(tmp_path, monkeypatch):
    """When APScheduler is shut down it has no job any more that it could miss, so it leaves no traceback."""
    office = open_office(tmp_path)
    scheduler = Scheduler(office.engine, Deliverer(office.engine, {}), heartbeat_seconds=0.001)
    left: list[int] = []
    shutdown = background.BackgroundScheduler.shutdown

    def looked(beats, *, wait):
        left.append(len(beats.get_jobs()))
        assert beats.state == base.STATE_PAUSED
        shutdown(beats, wait=wait)

    monkeypatch.setattr(background.BackgroundScheduler, "shutdown", looked)
    monkeypatch.setattr(scheduler, "_wait", lambda: scheduler._soon(scheduler._beats, None))
    scheduler.run()
    assert left == [0]
    office.database.close()


def test_notices_go_out_while_a_backlog_lasts(tmp_path, monkeypatch):
    """Firing and handing over take turns: what a backlog writes is not kept until all of it is done."""
    monkeypatch.setattr("wirflow.scheduler.TURN_SECONDS", 0.0)
    monkeypatch.setattr("wirflow.scheduler.BATCH", 5)
    office = open_office(tmp_path)
    for number in range(12):
        approve(office, f"G-{number}", date(2021, 12, 31))
    office.at("2022-01-05T08:00:00")
    seen: list[tuple[int, int]] = []
    drain = office.engine.drain

    def looked(**given):
        drained = drain(**given)
        (sent,) = office.rows("SELECT count(*) FROM outbox WHERE state = 'sent'")[0]
        seen.append((drained.all, sent))
        return drained

    monkeypatch.setattr(office.engine, "drain", looked)
    scheduler_of(office).tick()
    assert any(done and sent for done, sent in seen)
    assert office.rows("SELECT count(*) FROM outbox WHERE state = 'pending'") == [(0,)]
    office.database.close()
