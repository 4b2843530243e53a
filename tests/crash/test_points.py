"""Named crash points: around each statement of event, start, claim, delivery and seal, on both databases."""

from __future__ import annotations

import os
import signal
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.checker import check
from tests.crash.driver import watched
from tests.notices.sample import Recorder
from tests.support import Office, new, open_office
from wirflow.audit.note import SecretKey
from wirflow.notices.deliver import LEASE, Deliverer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wirflow.core.letters import Notice

AWARD = {"decided_on": date(2021, 1, 4), "award_ends": date(2021, 3, 31)}
KEY = SecretKey.create("office.example")

CASES = 50
"""More than there are steps in any work: at each of them another case is the one that matters."""


def submit(office: Office, number: int, _at: Callable[[str], None]) -> None:
    """A person's event, with notices, timers and a personal fact."""
    given = {**AWARD, "award_ends": date(2021, 3, 31) + timedelta(days=number)}
    office.engine.submit(f"G-{number}", "approve", actor="leo", given=given)


def start(office: Office, number: int, _at: Callable[[str], None]) -> None:
    """Two cases at once that are linked to each other."""
    one, other = f"N-{number}", f"M-{number}"
    office.engine.start_all([new(one, links={"partner": other}), new(other)], actor="ada")


def drain(office: Office, number: int, _at: Callable[[str], None]) -> None:
    """A worker claims what is due, decides, and writes."""
    day = date(2021, 4, 1) + timedelta(days=number)
    office.at(f"{day.isoformat()}T00:00:00").engine.drain(most=1)


def late(office: Office, number: int, _at: Callable[[str], None]) -> None:
    """A person's event on an award that has ended, which nobody has fired yet: both in one transaction."""
    given = {"decided_on": date(2021, 3, 30), "award_ends": date(2021, 12, 31)}
    office.at("2021-08-01T00:00:00").engine.submit(f"G-{number}", "extend", actor="leo", given=given)


def seal(office: Office, _number: int, _at: Callable[[str], None]) -> None:
    """The trail is sealed."""
    office.engine.seal(KEY)


WORK = {"submit": submit, "start": start, "drain": drain, "late": late, "seal": seal}


def prepared(folder: Path, url: str, count: int, kind: str) -> None:
    """As many cases as there are crash points; the office is closed again."""
    office = open_office(folder, url)
    pairs = [new(f"G-{number}") for number in range(count)]
    office.engine.start_all(pairs, actor="ada")
    for number in range(count):
        office.engine.submit(f"G-{number}", "submit", actor="ada")
        if kind in {"drain", "late"}:
            submit(office, number, print)
    office.engine.drain()
    office.database.close()


def dies_at(folder: Path, url: str, work: Any, number: int, point: int | None) -> list[str]:
    """Do the work in a process that kills itself at a step; the steps, if it is not to be killed."""
    told = folder / "told"
    child = os.fork()
    if child == 0:
        steps: list[str] = []
        armed: list[int] = []

        def at(where: str, _connection: Any = None) -> None:
            if armed and not where.endswith("ROLLBACK"):
                steps.append(where)
                if len(steps) - 1 == point:
                    os.kill(os.getpid(), signal.SIGKILL)

        with watched(at):
            office = open_office(folder, url)
            office.engine.look("G-0")
            armed.append(1)
            work(office, number, at)
            armed.clear()
        told.write_text("\n".join(steps), encoding="utf-8")
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) == (point is not None), (point, status)
    return told.read_text(encoding="utf-8").split("\n") if point is None else []


def rows(folder: Path, url: str) -> tuple[int, int]:
    """How many entries there are, and how many of them are sealed."""
    office = open_office(folder, url)
    found = office.rows("SELECT count(*), count(leaf) FROM entries")[0]
    office.database.close()
    return found[0], found[1]


@pytest.mark.parametrize("kind", WORK)
def test_at_each_point_nothing_or_everything(tmp_path, database_url, kind):
    """Killed around any statement, a transaction is there whole once its commit was done, and else not."""
    work = WORK[kind]
    prepared(tmp_path, database_url, CASES, kind)
    steps = dies_at(tmp_path, database_url, work, 0, None)
    assert {"before COMMIT", "after COMMIT"} <= set(steps)
    assert len(steps) < CASES
    commits = [place for place, step in enumerate(steps) if step == "after COMMIT"]
    for point, step in enumerate(steps):
        if kind == "seal":  # there has to be something new
            office = open_office(tmp_path, database_url)
            office.engine.submit("G-0", "edit", actor="ada", given={"note": f"{point}"})
            office.database.close()
        before = rows(tmp_path, database_url)
        dies_at(tmp_path, database_url, work, point + 1, point)
        after = rows(tmp_path, database_url)
        if point < commits[0]:
            assert after == before, step
        elif point >= commits[-1]:
            assert after != before, step
    assert check(database_url) == []


def test_at_each_point_of_a_delivery_no_letter_goes_out_twice(tmp_path, database_url):
    """Killed around claim, hand-over and settling: never twice, never lost; in doubt a person has to look."""
    book = tmp_path / "handed over"

    def deliver(office: Office, number: int, at: Callable[[str], None]) -> None:
        channel = Recorder(idempotent=False)

        def hand_over(notice: Notice) -> None:
            at("before hand-over")
            with book.open("a", encoding="utf-8") as file:
                file.write(f"{notice.key}\n")
            at("after hand-over")

        channel.before = hand_over
        office.clock.set(datetime(2021, 1, 5 + number // 3, 9 + number % 3 * 4, tzinfo=UTC))
        Deliverer(office.engine, {"file": channel}).deliver(most=1)

    prepared(tmp_path, database_url, CASES, "drain")
    steps = dies_at(tmp_path, database_url, deliver, 0, None)
    assert {"before hand-over", "after hand-over", "before COMMIT", "after COMMIT"} <= set(steps)
    assert len(steps) < CASES
    for point in range(len(steps)):
        dies_at(tmp_path, database_url, deliver, point + 1, point)
    office = open_office(tmp_path, database_url)
    office.clock.set(datetime(2021, 3, 1, tzinfo=UTC) + LEASE)
    channel = Recorder(idempotent=False)
    later: list[str] = []
    channel.before = lambda notice: later.append(notice.key)
    Deliverer(office.engine, {"file": channel}).deliver()
    handed = book.read_text(encoding="utf-8").split()
    assert len(set(handed + later)) == len(handed + later)
    states = dict(
        office.rows(
            "SELECT c.key || '/' || o.seq || '/' || o.recipient || '/' || o.channel || '/' || o.template,"
            " o.state FROM outbox o JOIN cases c ON c.id = o.case_id"
        )
    )
    assert set(states.values()) == {"sent", "unknown"}
    for key, state in states.items():
        assert state == "unknown" or key in {*handed, *later}
    doubtful = [key for key, state in states.items() if state == "unknown"]
    # From the commit of the claim to that of the settling.
    assert 0 < len(doubtful) <= len(steps)
    office.database.close()
    assert check(database_url) == []
