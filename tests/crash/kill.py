"""Kill a real process at every step of a transaction, and look what is left.

Run as a script: `python -m tests.crash.kill FOLDER submit|drain|begin`.  For each
step it copies the database, forks a child that does the work and kills itself
there with SIGKILL, opens what the child left behind, and compares every row
of every table with how they stood after each COMMIT of a run that lived.
Prints one JSON document: `{"steps": […], "instructions": […]}`, each a list of
`[where, commits before it, commits that are there]`; the last is null if what
is there is no whole number of transactions.
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

from tests.core.family import GRANT, OPINION, REPORT, family
from tests.support import Office, new, open_office
from wirflow.core.opening import NewCase

if TYPE_CHECKING:
    from collections.abc import Callable

_connect = sqlite3.connect

TABLES = ("definitions", "cases", "entries", "timers", "outbox", "personal")

INSTRUCTION_POINTS = 60
"""How many points inside the statements are tried, beside every one between them."""

FAMILY = (GRANT, REPORT, OPINION)

AWARD = {"decided_on": date(2021, 1, 4), "award_ends": date(2021, 12, 31)}

WORK: dict[str, Callable[[Office], object]] = {
    "submit": lambda office: office.engine.submit("G-2", "approve", actor="leo", given=AWARD),
    "drain": lambda office: office.at("2021-12-31T23:00:00").engine.drain(most=1),
    "begin": lambda office: office.engine.submit("F-1", "approve", actor="duo"),
}


class Trap:
    """Counts the steps of a transaction, and kills the process at one of them."""

    def __init__(self) -> None:
        self.armed = False
        self.steps: list[str] = []
        self.kill_at: int | None = None
        self.instructions = 0
        self.kill_at_instruction: int | None = None
        self.snapshots: list[Any] | None = None
        self.folder = Path()

    def step(self, where: str) -> None:
        """One more statement begins or ends."""
        if self.armed:
            self.steps.append(where)
            if len(self.steps) - 1 == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def instruction(self) -> int:
        """One more instruction of the database's machine."""
        if self.armed:
            self.instructions += 1
            if self.instructions == self.kill_at_instruction:
                os.kill(os.getpid(), signal.SIGKILL)
        return 0


TRAP = Trap()


class TrappedCursor(sqlite3.Cursor):
    """A cursor whose statements are steps."""

    def execute(self, sql: str, *more: Any) -> sqlite3.Cursor:
        """A step before and a step after."""
        TRAP.step(f"before {sql.split(maxsplit=1)[0]}")
        result = super().execute(sql, *more)
        TRAP.step(f"after {sql.split(maxsplit=1)[0]}")
        return result

    def executemany(self, sql: str, *more: Any) -> sqlite3.Cursor:
        """A step before and a step after."""
        TRAP.step(f"before {sql.split(maxsplit=1)[0]}")
        result = super().executemany(sql, *more)
        TRAP.step(f"after {sql.split(maxsplit=1)[0]}")
        return result


class TrappedConnection(sqlite3.Connection):
    """A connection whose statements, commits and instructions are steps."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.set_progress_handler(TRAP.instruction, 1)

    def cursor(self, factory: type[sqlite3.Cursor] = TrappedCursor) -> sqlite3.Cursor:
        """A cursor that counts."""
        return super().cursor(factory)

    def commit(self) -> None:
        """A step before and a step after."""
        TRAP.step("before COMMIT")
        super().commit()
        if TRAP.armed and TRAP.snapshots is not None:
            TRAP.snapshots.append(content(TRAP.folder))
        TRAP.step("after COMMIT")


def prepare(folder: Path) -> None:
    """A case that waits for approval, linked to an approved one that is about to lapse."""
    office = open_office(folder)
    for key, links in (("G-1", {}), ("G-2", {"partner": "G-1"})):
        office.engine.start(new(key, links=links), actor="ada")
        office.engine.submit(key, "submit", actor="ada")
    office.engine.submit("G-1", "approve", actor="leo", given=AWARD)
    # A case that starts three children when it is approved.
    years = {"starts": date(2021, 3, 1), "ends": date(2023, 2, 28)}
    office.engine.register(family(*(text.replace("grant", "fund") for text in FAMILY)).values())
    office.engine.start(NewCase(workflow="fund", key="F-1", data=years, links={}, sources={}), actor="duo")
    office.at("2021-12-30T08:00:00").engine.drain()
    office.database.close()


def content(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table."""
    connection = _connect(folder / "office.db")
    found = {
        name: [list(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2")]
        for name in TABLES
    }
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


def in_child(folder: Path, kind: str, *, reference: bool = False) -> tuple[int, dict[str, Any]]:
    """Do the work in a forked child; how it ended, and, of the one that lives, what it saw."""
    seen = folder / "seen.json"
    child = os.fork()
    if child == 0:
        TRAP.folder = folder
        TRAP.snapshots = [] if reference else None
        work(folder, kind)
        if reference:
            found = {"steps": TRAP.steps, "instructions": TRAP.instructions, "snapshots": TRAP.snapshots}
            seen.write_text(json.dumps(found), encoding="utf-8")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return status, json.loads(seen.read_text(encoding="utf-8")) if reference else {}


def main(folder: Path, kind: str) -> None:
    """Kill at every step, and print what was left each time."""
    start = folder / "start"
    start.mkdir()
    prepare(start)
    whole = folder / "whole"
    shutil.copytree(start, whole)
    status, seen = in_child(whole, kind, reference=True)
    assert status == 0
    snapshots = [content(start), *seen["snapshots"]]

    def fate(name: str) -> int | None:
        place = folder / name
        shutil.copytree(start, place)
        ended, _ = in_child(place, kind)
        assert os.WIFSIGNALED(ended), name
        assert os.WTERMSIG(ended) == signal.SIGKILL
        left = content(place)
        shutil.rmtree(place)
        # Transactions that only read leave the same rows: the last one that fits is meant.
        fits = [number for number, snapshot in enumerate(snapshots) if snapshot == left]
        return snapshots.index(snapshots[fits[-1]]) if fits else None

    def whole_at(commits: int) -> int:
        return snapshots.index(snapshots[commits])

    steps, commits = [], 0
    for number, where in enumerate(seen["steps"]):
        TRAP.kill_at = number
        commits += where == "after COMMIT"
        steps.append([where, whole_at(commits), fate(f"step-{number}")])
    TRAP.kill_at = None
    instructions = []
    stride = max(1, seen["instructions"] // INSTRUCTION_POINTS)
    for number in range(1, seen["instructions"] + 1, stride):
        TRAP.kill_at_instruction = number
        instructions.append([number, None, fate(f"instruction-{number}")])
    print(json.dumps({"steps": steps, "instructions": instructions}))  # noqa: T201 - the script's answer


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
