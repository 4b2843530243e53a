"""What people look at, with a thousand cases and with a million: `status`, `due`, and one case.

The command itself runs, in a process that has loaded everything already: the
start-up, which is measured on its own, would hide the difference.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING

from tests.benchmarks import million
from tests.benchmarks.bench_mass_deadline import CASES as MANY
from tests.benchmarks.place import HERE, Place, engine, place
from tests.benchmarks.result import ROUNDS, Result
from wirflow.engine import NewCase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FEW = 1000

COMMANDS = {
    "status": ("status",),
    "due": ("due", "--until", "2021-03-01"),
    "one case": ("status", million.key(0, 7)),
}

SLOW = 10
"""Seconds after which a command is not measured again."""

PATIENCE = 60
"""Seconds after which a command is not waited for any longer."""


LOADED = (
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "wirflow.engine",
    "wirflow.office.office",
    "wirflow.render",
    "wirflow.reports",
    "wirflow.store.server",
    *(f"wirflow.cli.{name}" for name in ("app", "due", "status", "tables", "screen", "sheet")),
)
"""What a command has loaded by the time it looks."""


def measure() -> Iterator[Result]:
    """Looks per second at many cases, and at few."""
    for name in LOADED:
        import_module(name)
    yield _start_up()
    for database in ("sqlite", "postgresql"):
        with place(database) as where:
            few, many = _office(where, FEW), _office(where, MANY)
            for work, words in COMMANDS.items():
                pairs = [(_seconds(many, words), _seconds(few, words))]
                while len(pairs) < ROUNDS and pairs[0][0] < SLOW:
                    pairs.append((_seconds(many, words), _seconds(few, words)))
                slow = statistics.median(pair[0] for pair in pairs)
                fast = statistics.median(pair[1] for pair in pairs)
                more = {"cases": MANY, "ms": round(slow * 1000), "ms_with_1000_cases": round(fast * 1000)}
                yield Result(work, where.name, 1, 1 / slow, 1 / fast, more)


def _office(where: Place, cases: int) -> Path:
    """An office with so many cases, of which twenty are due soon."""
    from wirflow.office import create  # noqa: PLC0415 - the other benchmarks need no office

    url = where.fresh(f"of{cases}")
    million.build(url, cases)
    soon = engine(url)
    for number in range(20):
        data = {"unit": "330222", "amount": Decimal("50000.00"), "award_ends": date(2021, 2, 1 + number)}
        new = NewCase(workflow="award", key=f"S-{number}", data=data, links={}, sources={})
        soon.start(new, actor="ada", occurred_at=datetime(2021, 1, 4, 9, tzinfo=UTC))
    soon.database.close()
    folder = where.folder / f"office-{cases}"
    create.create(folder, lang="de", database=url, today="2021-01-05").database.close()
    shutil.copy(HERE / "award.yaml", folder / "workflows")
    return folder


def _seconds(folder: Path, words: tuple[str, ...]) -> float:
    """How long a command takes, from its beginning to its end."""
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE)
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - no file of ours
            os.dup2(nowhere.fileno(), 1)
            sys.argv = ["wirflow", "--office", str(folder), *words]
            try:
                from wirflow.cli import main  # noqa: PLC0415 - loaded already by the first one

                main()
            except SystemExit as ended:
                sys.stdout.flush()
                os._exit(ended.code if isinstance(ended.code, int) else 1)
    status = os.waitpid(child, 0)[1]
    seconds = time.perf_counter() - start
    assert status in {0, signal.SIGALRM}, (words, status)
    return seconds


def _start_up() -> Result:
    """`wirflow --version`, against an interpreter that does nothing."""

    def seconds(*words: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        return time.perf_counter() - start

    ours = ("-m", "wirflow", "--version")
    pairs = [(seconds(*ours), seconds("-c", "pass")) for _ in range(2 * ROUNDS)]
    own = statistics.median(pair[0] for pair in pairs)
    bare = statistics.median(pair[1] for pair in pairs)
    more = {"ms": round(own * 1000), "raw_ms": round(bare * 1000)}
    return Result("start-up", None, 1, 1 / own, 1 / bare, more)
