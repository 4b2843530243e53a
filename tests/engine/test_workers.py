"""Several workers on one database: nothing twice, nothing out of order, nobody waits without need."""

from __future__ import annotations

import multiprocessing
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.engine import hands
from tests.support import Office, new, open_office
from wirflow import scheduler as heart
from wirflow.audit.note import SecretKey
from wirflow.core.decision import Refusal
from wirflow.engine import Engine, Outcome
from wirflow.engine.draining import BATCH
from wirflow.errors import InputError
from wirflow.notices.deliver import Deliverer
from wirflow.store import cases, outbox, timers
from wirflow.store.definitions import Definitions

if TYPE_CHECKING:
    from collections.abc import Callable

SPAWN = multiprocessing.get_context("spawn")
LATER = datetime(2022, 8, 1, tzinfo=UTC)
ROUNDS = 25


def address(office: Office) -> str:
    """Where another process finds the database."""
    return office.database.url.render_as_string(hide_password=False)


def award(key: str, ends: date = date(2021, 12, 31), **more: Any) -> Any:
    """An approved grant that ends on a day."""
    data = {"amount": Decimal(1), "unit": "330222", "award_ends": ends}
    return new(key, data, state="approved", **more)


def grants(office: Office, count: int) -> None:
    """Approved grants: every third alone, the others in pairs whose due times alternate."""
    office.engine.start_all(
        [
            award(
                f"G-{number}",
                date(2021, 12, 1 + number % 28),
                links={"partner": f"G-{number - 1}"} if number % 3 == 2 else {},
            )
            for number in range(count)
        ],
        actor="ada",
    )


def in_processes(count: int, target: Callable[..., None], *given: Any) -> list[Any]:
    """Let processes begin at the same moment; what each says at the end."""
    started = []
    for _ in range(count):
        ours, theirs = SPAWN.Pipe()
        process = SPAWN.Process(target=target, args=(*given, theirs))
        process.start()
        started.append((process, ours))
    for _, ours in started:
        assert ours.recv() == "ready"
    for _, ours in started:
        ours.send("go")
    said = [ours.recv() for _, ours in started]
    for process, _ in started:
        process.join()
    return said


TOOK_EFFECT = "SELECT count(*) FROM timers WHERE status IN ('fired', 'overdue')"


def holds(office: Office) -> None:
    """Each timer fired once, and each cluster's in the order of their due times."""
    twice = office.rows(
        "SELECT case_id, name, kind, label, due_at, count(*) FROM timers"
        " WHERE status IN ('fired', 'overdue') GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1"
    )
    assert twice == []
    assert office.rows("SELECT count(*) FROM timers WHERE status = 'armed'") == [(0,)]
    fired = office.rows(TOOK_EFFECT)
    entries = office.rows("SELECT count(*) FROM entries WHERE kind IN ('deadline', 'reminder')")
    assert fired == entries
    written = office.rows(
        "SELECT coalesce(c.cluster, c.id), e.occurred_at, o.id FROM entries e"
        " JOIN cases c ON c.id = e.case_id JOIN outbox o ON o.case_id = e.case_id AND o.seq = e.seq"
        " WHERE e.kind = 'reminder' ORDER BY o.id"
    )
    clusters: dict[int, list[str]] = {}
    for cluster, moment, _ in written:
        clusters.setdefault(cluster, []).append(moment)
    assert all(moments == sorted(moments) for moments in clusters.values())


def test_processes_share_the_work_and_do_nothing_twice(office, tmp_path):
    """Three workers drain one database at once: every timer fires once, in the order of its cluster."""
    grants(office, 60)
    said = in_processes(3, hands.drain, address(office), str(tmp_path), LATER)
    assert sum(said) == office.rows(TOOK_EFFECT)[0][0] > 60
    holds(office)


def test_threads_share_one_engine(office):
    """Several threads may drain through one engine: every timer fires once, in the order of its cluster."""
    grants(office, 60)
    office.clock.set(LATER)
    fired: list[int] = []
    workers = [threading.Thread(target=lambda: fired.append(office.engine.drain().fired)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(fired) == office.rows(TOOK_EFFECT)[0][0]
    holds(office)


def test_a_killed_worker_leaves_its_claim_at_once(office, tmp_path):
    """Who is killed while it holds timers has written nothing of them, and the next one fires them all."""
    grants(office, 12)
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=hands.hang, args=(address(office), str(tmp_path), LATER, theirs))
    process.start()
    assert ours.recv() == "claimed"
    office.clock.set(LATER)
    if not office.database.sqlite:
        # All of it is with the other one: nobody waits for it.
        assert office.engine.drain().all == 0
    process.kill()
    process.join()
    while not office.engine.drain().all:
        pass  # PostgreSQL notices within moments that nobody is at the other end
    holds(office)


def test_guards_that_look_at_each_other_are_never_both_right(office, tmp_path):
    """Two cases may each be switched on while the other is off: at the same instant only one of them is."""
    office.engine.register([hands.switch()])
    for number in range(ROUNDS):
        office.engine.start_all(hands.pair(number), actor="ada")
    sides = []
    for side in "AB":
        ours, theirs = SPAWN.Pipe()
        given = (address(office), str(tmp_path), side, ROUNDS, theirs)
        process = SPAWN.Process(target=hands.switch_on, args=given)
        process.start()
        sides.append((process, ours))
    for _ in range(ROUNDS):
        for _, ours in sides:
            assert ours.recv() == "ready"
        for _, ours in sides:
            ours.send("go")
        assert sorted(ours.recv() for _, ours in sides) == [False, True]
    for process, _ in sides:
        process.join()
    assert office.rows("SELECT count(*) FROM cases WHERE state = 'on'") == [(ROUNDS,)]


def test_a_cluster_in_other_hands_is_passed_over(tmp_path, postgresql):
    """On PostgreSQL a worker takes what no other holds, and of linked cases nothing while one is held."""
    office = open_office(tmp_path, postgresql())
    grants(office, 6)
    office.clock.set(LATER)
    with office.database.writing() as session:
        held = cases.lock(session, Definitions(), ["G-2"])
        assert [root.case.key for root in held] == ["G-1"]
        office.engine.drain()
        assert {office.state(f"G-{number}") for number in (1, 2)} == {"approved"}
        assert {office.state(f"G-{number}") for number in (0, 3)} == {"expired"}
    office.engine.drain()
    holds(office)
    office.database.close()


def test_links_join_clusters(office):
    """Who is linked to cases of two clusters makes them one, called by the smallest number."""
    start = office.engine.start
    for key in ("A", "B", "C"):
        start(new(key), actor="ada")
    start(new("D", links={"partner": "B"}), actor="ada")
    start(new("E", links={"partner": "C"}), actor="ada")
    linked = "SELECT key, cluster FROM cases ORDER BY id"
    assert office.rows(linked) == [("A", None), ("B", 2), ("C", 3), ("D", 2), ("E", 3)]
    office.engine.start_all(
        [new("F", links={"partner": "D"}), new("G", links={"partner": "F"}), new("H")], actor="ada"
    )
    assert office.rows(linked)[5:] == [("F", 2), ("G", 2), ("H", None)]
    with office.database.writing() as session:
        assert cases.merge(session, [3, 2]) == 2
    assert office.rows(linked)[:5] == [("A", None), ("B", 2), ("C", 2), ("D", 2), ("E", 2)]


def test_an_event_does_not_overtake_an_overdue_deadline_of_its_cluster(office):
    """Before an event counts what was due in its cluster before; other clusters wait for the scheduler."""
    office.engine.start(award("G-1", date(2021, 6, 30)), actor="ada")
    office.engine.start(award("G-9", date(2021, 6, 30)), actor="ada")
    office.engine.start(new("G-2", links={"partner": "G-1"}), actor="ada")
    office.engine.submit("G-2", "submit", actor="ada")
    office.at("2021-07-02T08:00:00")
    given = {"decided_on": date(2021, 7, 1), "award_ends": date(2022, 12, 31)}
    # Nobody has fired that the partner lapsed: else it would look approved, and be told to be superseded.
    assert isinstance(office.engine.submit("G-2", "approve", actor="leo", given=given), Outcome)
    assert office.state("G-1") == "expired"
    assert office.rows("SELECT status FROM timers WHERE kind = 'signal'") == []
    assert office.state("G-9") == "approved"


def test_new_work_does_not_wait_for_all_of_a_backlog(office):
    """While a backlog lasts, what fell due last has its turn before all that is older is done."""
    office.engine.start_all(
        [award(f"G-{number}", date(2021, 6, 30)) for number in range(5 * BATCH)], actor="ada"
    )
    office.engine.start(award("NEW", date(2021, 9, 30)), actor="ada")
    office.at("2021-10-01T12:00:00")
    for _ in range(4):
        office.engine.drain(most=BATCH)
    assert office.state("NEW") == "expired"
    assert office.rows("SELECT count(*) FROM cases WHERE state = 'approved'")[0][0] > BATCH
    while office.engine.drain(most=BATCH).all:
        pass
    assert office.rows("SELECT count(*) FROM cases WHERE state = 'approved'") == [(0,)]


def test_a_key_that_two_take_at_once_belongs_to_one(office):
    """Of several who start a case under one key at the same moment one does, and the others hear of it."""
    said: list[object] = []
    ready = threading.Barrier(4)

    def start() -> None:
        ready.wait()
        try:
            said.append(office.engine.start(new("G-1"), actor="ada"))
        except InputError as error:
            said.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(item, Outcome) for item in said) == 1
    assert sum(isinstance(item, InputError) for item in said) == 3


def test_two_who_seal_at_once_give_one_seal(office):
    """Whoever comes second finds nothing to seal: one checkpoint, each entry with one place."""
    grants(office, 6)
    key = SecretKey.create("wirflow.example/amt")
    ready = threading.Barrier(2)
    said: list[str | None] = []

    def seal() -> None:
        ready.wait()
        said.append(office.engine.seal(key))

    threads = [threading.Thread(target=seal) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(item is not None for item in said) == 1
    assert office.rows("SELECT count(*) FROM checkpoints") == [(1,)]
    assert office.rows("SELECT count(DISTINCT leaf), count(*) FROM entries") == [(6, 6)]


def test_a_database_in_another_zone_changes_nothing(office):
    """All instants come from our clock: the zone and the clock of the session say nothing."""
    grants(office, 3)
    if not office.database.sqlite:
        name = office.database.url.database
        with office.database.engine.connect() as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {name} SET timezone TO 'Pacific/Kiritimati'")
            connection.commit()
    other = Engine(
        type(office.database)(address(office)), office.clock, office.engine.profile, office.engine._templates
    )
    office.at("2021-12-01T22:59:59")
    other.drain()
    assert office.state("G-0") == "approved"
    office.at("2021-12-01T23:00:00")
    other.drain()
    assert office.state("G-0") == "expired"
    assert office.engine.history("G-0")[-1].occurred_at == "2021-12-01T23:00:00.000000Z"
    other.database.close()


def test_a_batch_is_loaded_with_few_statements(office, monkeypatch):
    """However many timers there are, each table is read and written with one statement."""
    grants(office, 60)
    statements: list[object] = []
    words = office.database.statements
    for how in ("compiled", "one", "many"):
        original = getattr(words, how)
        monkeypatch.setattr(
            words,
            how,
            lambda one, *more, original=original: statements.append(one) or original(one, *more),
        )
    office.at("2021-11-15T00:00:00")
    with office.database.writing() as held:
        due = len(timers.claim(held, office.clock.now(), 1000))
    statements.clear()
    assert office.engine.drain().fired > 50
    assert due > 50
    assert len(statements) <= 14


def test_refusals_of_starts_leave_nothing(office):
    """If one of several cases may not start, none does, and its number is free."""
    result = office.engine.start_all([new("G-1"), new("G-2", state="approved")], actor="ada")
    assert not isinstance(result, Refusal)
    with pytest.raises(InputError):
        office.engine.start_all([new("G-3"), new("G-1")], actor="ada")
    assert office.rows("SELECT count(*) FROM cases") == [(2,)]


def test_what_is_due_at_once_is_told_to_who_listens(tmp_path, postgresql):
    """On PostgreSQL a committed event that armed something due is heard; what is due later is not told."""
    office = open_office(tmp_path, postgresql())
    listen = office.database.listen
    assert listen is not None
    heard = threading.Event()
    over = threading.Event()
    listener = threading.Thread(target=listen, args=(heard.set, over.is_set))
    listener.start()
    number = 0
    while not heard.is_set():
        # It may take a moment until the listener is there.
        number += 1
        office.engine.start(award(f"G-{number}", date(2020, 12, 31)), actor="ada")
        heard.wait(0.05)
    over.set()
    listener.join()
    office.database.close()


def test_a_worker_whose_connections_break_goes_on_before_the_next_heartbeat(
    tmp_path, postgresql, monkeypatch
):
    """It throws the broken connections away, and looks at once for what fell due while nobody told it."""
    monkeypatch.setattr(heart, "AGAIN_SECONDS", 0.05)
    office = open_office(tmp_path, postgresql())
    office.engine.start(award("G-1", date(2021, 12, 31)), actor="ada")
    worker = heart.Scheduler(office.engine, Deliverer(office.engine, {}), heartbeat_seconds=3600)
    thread = threading.Thread(target=worker.run)
    thread.start()
    server = psycopg.connect(address(office).replace("+psycopg", ""), autocommit=True)
    pause = threading.Event()
    while not server.execute("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'").fetchall():
        pause.wait(0.02)
    office.clock.set(LATER)
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    tried = 0
    while tried < 200 and server.execute("SELECT state FROM cases").fetchall() != [("expired",)]:
        tried += 1
        pause.wait(0.05)
    state = server.execute("SELECT state FROM cases").fetchall()
    server.close()
    worker.stop()
    thread.join()
    assert state == [("expired",)]
    office.database.close()


def test_who_is_told_of_something_in_the_middle_of_a_beat_beats_once_more(
    tmp_path, postgresql, monkeypatch, caplog
):
    """However often a busy worker is told, it beats once more afterwards, and its log has no warning."""
    monkeypatch.setattr(heart, "AGAIN_SECONDS", 0.05)
    office = open_office(tmp_path, postgresql())
    worker = heart.Scheduler(office.engine, Deliverer(office.engine, {}), heartbeat_seconds=3600)
    begun: SimpleQueue[int] = SimpleQueue()
    go_on = threading.Event()
    tick, count = worker.tick, iter(range(1, 99))

    def slow(progress: Any = None) -> Any:
        number = next(count)
        begun.put(number)
        if number == 2:
            assert go_on.wait(30)
        return tick(progress)

    monkeypatch.setattr(worker, "tick", slow)
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert begun.get(timeout=30) == 1
    server = psycopg.connect(address(office).replace("+psycopg", ""), autocommit=True)
    pause = threading.Event()
    while not server.execute("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'").fetchall():
        pause.wait(0.02)
    with office.database.writing() as session:
        session.wake()
    assert begun.get(timeout=30) == 2
    for _ in range(3):
        with office.database.writing() as session:
            session.wake()
    while not worker._told:
        pause.wait(0.02)
    go_on.set()
    assert begun.get(timeout=30) == 3
    server.close()
    worker.stop()
    thread.join()
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == []
    office.database.close()


def test_on_sqlite_nobody_can_be_told(tmp_path):
    """A file tells nobody: there the heartbeat is all there is."""
    office = open_office(tmp_path)
    assert office.database.listen is None
    office.engine.start(award("G-1", date(2020, 12, 31)), actor="ada")
    assert office.engine.is_due()
    office.database.close()


def test_what_a_worker_left_behind_is_found_afresh(tmp_path, postgresql):
    """A worker that goes on from where it was comes back for what another one held and gave up meanwhile."""
    office = open_office(tmp_path, postgresql())
    grants(office, 60)
    office.at("2022-06-01T00:00:00")
    drain = office.engine._drain
    first = office.rows("SELECT min(id) FROM timers WHERE status = 'armed'")[0][0]
    (case_id,) = office.rows(f"SELECT case_id FROM timers WHERE id = {first}")[0]
    with office.database.engine.connect() as other:
        other.exec_driver_sql(f"SELECT id FROM cases WHERE id = {case_id} FOR UPDATE")
        while office.engine.drain(most=20).all:
            pass
        assert office.rows(f"SELECT status FROM timers WHERE id = {first}") == [("armed",)]
        other.rollback()
    drain._reached = timers.Reached("9999", 0)
    assert office.engine.drain().fired
    assert office.rows("SELECT count(*) FROM timers WHERE status = 'armed' AND due_at <= '2022-06'") == [(0,)]
    assert drain._reached is None
    office.database.close()


def test_a_poisoned_timer_is_alone_in_the_end_though_a_worker_goes_on(tmp_path, postgresql, monkeypatch):
    """Half a batch is taken from where the whole one began: the timer that cannot be written is set aside."""
    office = open_office(tmp_path, postgresql())
    grants(office, 40)
    office.at("2022-06-01T00:00:00")
    office.engine._drain._reached = timers.Reached("2021", 0)
    add = outbox.add

    def choosy(session, new, now):
        new = list(new)
        if any(notice.recipient and case_id == 7 for case_id, _, notice in new):
            raise ValueError("not this one")
        add(session, new, now)

    monkeypatch.setattr(outbox, "add", choosy)
    drained = office.engine.drain()
    assert drained.failed
    assert {row[0] for row in office.rows("SELECT case_id FROM timers WHERE status = 'failed'")} == {7}
    assert office.rows("SELECT count(*) FROM timers WHERE status = 'armed' AND due_at <= '2022-06'") == [(0,)]
    office.database.close()
