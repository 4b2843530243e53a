"""Kill a real process at every step of a transaction, and look what is left.

Run as a script: `python -m tests.crash.kill FOLDER submit|drain`.  For each
step it copies the database, forks a child that does the work and kills itself
there with SIGKILL, opens what the child left behind, and compares every row
of every table with how it stood before and with how it stands after.
Prints one JSON document: `{"steps": […], "instructions": […]}`, each a list of
`[where, "nothing"|"everything"|"torn"]`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
from datetime import date
from pathlib import Path
from sqlite3 import dbapi2
from typing import TYPE_CHECKING, Any

from tests.support import Office, new, open_office

if TYPE_CHECKING:
    from collections.abc import Callable

TABLES = ("definitions", "cases", "entries", "timers", "outbox", "personal")

INSTRUCTION_POINTS = 60
"""How many points inside the statements are tried, beside every one between them."""

AWARD = {"decided_on": date(2021, 1, 4), "award_ends": date(2021, 12, 31)}

WORK: dict[str, Callable[[Office], object]] = {
    "submit": lambda office: office.engine.submit("G-2", "approve", actor="leo", given=AWARD),
    "drain": lambda office: office.at("2021-12-31T23:00:00").engine.drain(most=1),
}


class Trap:
    """Counts the steps of a transaction, and kills the process at one of them."""

    def __init__(self) -> None:
        self.armed = False
        self.steps: list[str] = []
        self.kill_at: int | None = None
        self.instructions = 0
        self.kill_at_instruction: int | None = None

    def step(self, where: str) -> None:
        if self.armed:
            self.steps.append(where)
            if len(self.steps) - 1 == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def instruction(self) -> int:
        if self.armed:
            self.instructions += 1
            if self.instructions == self.kill_at_instruction:
                os.kill(os.getpid(), signal.SIGKILL)
        return 0


TRAP = Trap()


class TrappedCursor(sqlite3.Cursor):
    def execute(self, sql: str, *more: Any) -> sqlite3.Cursor:
        TRAP.step(f"before {sql.split(maxsplit=1)[0]}")
        result = super().execute(sql, *more)
        TRAP.step(f"after {sql.split(maxsplit=1)[0]}")
        return result

    def executemany(self, sql: str, *more: Any) -> sqlite3.Cursor:
        TRAP.step(f"before {sql.split(maxsplit=1)[0]}")
        result = super().executemany(sql, *more)
        TRAP.step(f"after {sql.split(maxsplit=1)[0]}")
        return result


class TrappedConnection(sqlite3.Connection):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.set_progress_handler(TRAP.instruction, 1)

    def cursor(self, factory: type[sqlite3.Cursor] = TrappedCursor) -> sqlite3.Cursor:
        return super().cursor(factory)

    def commit(self) -> None:
        TRAP.step("before COMMIT")
        super().commit()
        TRAP.step("after COMMIT")


def prepare(folder: Path) -> None:
    """A case that waits for approval, linked to an approved one that is about to lapse."""
    office = open_office(folder)
    for key, links in (("G-1", {}), ("G-2", {"partner": "G-1"})):
        office.engine.start(new(key, links=links), actor="ada")
        office.engine.submit(key, "submit", actor="ada")
    office.engine.submit("G-1", "approve", actor="leo", given=AWARD)
    office.at("2021-12-30T08:00:00").engine.drain()
    office.database.close()


def content(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table."""
    with sqlite3.connect(folder / "office.db") as connection:
        found = {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in TABLES}  # noqa: S608 - our own names
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    return found


def work(folder: Path, kind: str) -> None:
    """Do the work once in this process, with the trap armed."""
    dbapi2.connect = _trapped
    office = open_office(folder)
    office.at("2021-12-30T09:00:00")
    TRAP.armed = True
    WORK[kind](office)
    TRAP.armed = False
    office.database.close()


def _trapped(*args: Any, **more: Any) -> sqlite3.Connection:
    return _connect(*args, factory=TrappedConnection, **more)


_connect = sqlite3.connect


def in_child(folder: Path, kind: str, report: bool = False) -> tuple[int, dict[str, Any]]:
    """Do the work in a forked child; how it ended, and what it counted if it lived."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        work(folder, kind)
        os.write(writer, json.dumps({"steps": TRAP.steps, "instructions": TRAP.instructions}).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        counted = pipe.read()
    _, status = os.waitpid(child, 0)
    return status, json.loads(counted) if report else {}


def main(folder: Path, kind: str) -> None:
    start = folder / "start"
    start.mkdir()
    prepare(start)
    before = content(start)
    whole = folder / "whole"
    shutil.copytree(start, whole)
    status, counted = in_child(whole, kind, report=True)
    assert status == 0
    after = content(whole)
    assert after != before

    def fate(name: str) -> str:
        place = folder / name
        shutil.copytree(start, place)
        ended, _ = in_child(place, kind)
        assert os.WIFSIGNALED(ended), name
        assert os.WTERMSIG(ended) == signal.SIGKILL
        left = content(place)
        shutil.rmtree(place)
        return "nothing" if left == before else "everything" if left == after else "torn"

    steps = []
    for number, where in enumerate(counted["steps"]):
        TRAP.kill_at = number
        steps.append([where, fate(f"step-{number}")])
    TRAP.kill_at = None
    instructions = []
    stride = max(1, counted["instructions"] // INSTRUCTION_POINTS)
    for number in range(1, counted["instructions"] + 1, stride):
        TRAP.kill_at_instruction = number
        instructions.append([number, fate(f"instruction-{number}")])
    print(json.dumps({"steps": steps, "instructions": instructions}))  # noqa: T201 - the script's answer


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
