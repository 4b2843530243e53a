"""What the processes of the chaos do, each in a process of its own that was forked for it.

Nothing here is called in the process that forks and kills: that one never
opens the database of an office but to read a number from it.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wirflow.clock import VirtualClock

if TYPE_CHECKING:
    from random import Random

DUTY = Path(__file__).parent / "duty"

BEGAN = datetime(2016, 1, 1, 12, tzinfo=UTC)

PAIRS = 2
"""How many pairs of twins are started at once: some 500 timers, one after the other."""

CLUBS = 3
"""How many clubs are started with each pair: with their statements some 50 timers, many of them at once."""

DESKS = 2
"""How many pairs stay open all the time, so that people act on them."""

BATCHES = (3, 20, 100, 500)
"""How many timers a worker fires in one transaction: the last is what it does by itself."""

TURNS = (0.02, 0.1, 5.0)
"""How many seconds it fires before it hands over: the last is what it does by itself."""

LEASE = timedelta(seconds=3)
"""How long a claim on a notice holds: short, so that claims of the dead lapse while all goes on."""

THINKS = 0.02
"""How many seconds somebody thinks between two events, on average."""

WRONG_NUMBER = 0.1
"""How often somebody acts on a case that is over or does not exist."""


def make_office(folder: Path, url: str, port: int) -> None:
    """An office with a clerk, who gets each notice as a file and by mail."""
    from wirflow.office import create  # noqa: PLC0415 - in the child only

    create.create(folder, lang="de", database=url).database.close()
    for path in DUTY.glob("*.yaml"):
        shutil.copy(path, folder / "workflows")
    shutil.copytree(DUTY / "templates", folder / "templates", dirs_exist_ok=True)
    toml = folder / "wirflow.toml"
    words = toml.read_text(encoding="utf-8")
    for old, new in (
        ("[people.sachbearbeitung]", '[people.clerk]\nemail = "clerk@office.example"'),
        ('channels = ["file"]', 'channels = ["file", "smtp"]'),
    ):
        assert words.count(old) == 1, old
        words = words.replace(old, new)
    words += f'\n[smtp]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
    toml.write_text(words, encoding="utf-8")


def open_office(folder: Path) -> Any:
    """The office, its workflows known."""
    from wirflow.office.office import Office  # noqa: PLC0415 - in the child only

    office = Office(folder)
    workflows = office.workflows()
    office.engine.register([workflows[name] for name in ("duty", "statement", "club")])
    return office


def start_cases(folder: Path, first: int, *, pairs: int = PAIRS, desks: bool = False) -> None:
    """Start twins and clubs whose duties have been due for years.

    Args:
        folder: of the office.
        first: the number of the first case of each kind.
        pairs: how many pairs of twins, with their clubs.
        desks: also twins that stay open, of whose duties few are due.
    """
    from wirflow.engine import NewCase  # noqa: PLC0415 - in the child only

    office = open_office(folder)
    days = {"begins": date(2016, 1, 31), "ends": date(2020, 12, 31)}
    twins = [("A", "B", number, days) for number in range(first, first + pairs)]
    if desks:
        open_end = {"begins": date(2026, 1, 31), "ends": date(2120, 12, 31)}
        twins += [("E", "F", number, open_end) for number in range(DESKS)]
    cases = []
    for one, other, number, data in twins:
        for own, twin in ((one, other), (other, one)):
            links = {"twin": f"{twin}-{number}"}
            cases.append(NewCase(workflow="duty", key=f"{own}-{number}", data=data, links=links, sources={}))
    cases += [
        NewCase(workflow="club", key=f"C-{number}", data=days, links={}, sources={})
        for number in range(first * CLUBS, (first + pairs) * CLUBS)
    ]
    office.engine.start_all(cases, actor="clerk", occurred_at=BEGAN)
    office.close()


def wirflow(folder: Path, *words: str) -> None:
    """The command, in this process."""
    from wirflow.cli import main  # noqa: PLC0415 - in the child only

    sys.argv = ["wirflow", "--office", str(folder), *words]
    main()


def command(folder: Path, *words: str) -> None:
    """The command as a shell would run it: a new interpreter in place of this process."""
    path = Path(sys.executable).with_name("wirflow")
    os.execv(path, [str(path), "--office", str(folder), *words])  # noqa: S606 - our own


def worker(folder: Path, random: Random) -> None:
    """`wirflow run`, with batches of some size and turns of some length."""
    from wirflow import scheduler  # noqa: PLC0415 - in the child only
    from wirflow.notices.deliver import Deliverer  # noqa: PLC0415 - likewise

    for name, chosen in (("BATCH", random.choice(BATCHES)), ("TURN_SECONDS", random.choice(TURNS))):
        assert hasattr(scheduler, name), name
        setattr(scheduler, name, chosen)
    defaults = Deliverer.__init__.__kwdefaults__
    assert "lease" in defaults
    defaults["lease"] = LEASE
    wirflow(folder, "run")


def some_case(random: Random, started: int) -> str:
    """The key of a case on which somebody acts: mostly one that is open."""
    if random.random() < WRONG_NUMBER:
        return f"A-{random.randrange(started + 1)}"
    if random.random() < 0.5:
        return f"{random.choice('AB')}-{random.randrange(max(0, started - PAIRS), max(started, 1))}"
    return f"{random.choice('EF')}-{random.randrange(DESKS)}"


def people(folder: Path, book: Path, name: str, random: Random, started: int) -> None:
    """Act on cases, one event after the other, and write down what is tried and what is heard of it.

    Args:
        folder: of the office.
        book: where it is written: `trying WORD`, and then how it ended.
        name: begins each word, so that nobody else has it.
        random: decides on which cases.
        started: how many of each kind there are.
    """
    from wirflow.core.decision import Refusal  # noqa: PLC0415 - in the child only
    from wirflow.errors import ConflictError, DatabaseError, InputError  # noqa: PLC0415 - likewise
    from wirflow.office.office import Office  # noqa: PLC0415 - likewise

    written = os.open(book, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    office = Office(folder)
    number = 0
    while True:
        number += 1
        word = f"{name}-{number}"
        os.write(written, f"trying {word}\n".encode())
        try:
            outcome = office.engine.submit(
                some_case(random, started), "remark", actor="clerk", given={"note": word}
            )
            heard = "refused" if isinstance(outcome, Refusal) else "done"
        except (InputError, ConflictError):
            heard = "unchanged"
        except DatabaseError as error:
            heard = "uncertain" if "uncertain" in error.message.en else "unchanged"
            time.sleep(0.02)  # the server is away
        os.write(written, f"{heard} {word}\n".encode())
        time.sleep(random.expovariate(1 / THINKS))


def drain(folder: Path, hours: int) -> None:
    """Let happen and deliver what is left, some hours later: the claims of the dead have lapsed."""
    office = open_office(folder)
    office.engine.clock = VirtualClock(office.clock.now() + timedelta(hours=hours))
    tick = office.scheduler.tick()
    assert not tick.refused, tick
    assert not tick.failed, tick
    office.seal()
    office.close()
