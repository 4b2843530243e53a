"""Kill workers at random while they drain a backlog, and look what is left.

`python -m tests.crash.chaos --database postgresql --kills 200 --seed 7`:

- Real worker processes (`wirflow run`) drain an office; more come as others die.
- Others act on its cases meanwhile (`wirflow do`) and start new ones.
- All of them are killed (SIGKILL) at moments that the seed chooses; PostgreSQL
  itself is stopped with `immediate` now and then, and started again.
- At the end everything is drained, and the checker, which knows nothing of the
  engine, reads the tables.  What a `wirflow do` that ended well had said must
  be in the trail once, and each notice in the folder of the outbox once.

The processes are forked from this one, which has loaded everything already:
starting an interpreter takes half a second, a fork a few milliseconds.  The
seed replays what is done and when it is meant to be done; how far a process
comes meanwhile is the machine's business.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tests.crash.checker import check
from tests.crash.server import Server
from wirflow.clock import SystemClock, VirtualClock, stamp
from wirflow.errors import WirflowError

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent

WORKERS = {"postgresql": 3, "sqlite": 2}
PAIRS = 6
"""How many pairs of twins are started at once: some 1,500 timers."""

CRASH_EVERY = 40
"""After how many kills PostgreSQL is stopped, on average."""

LOOK_EVERY = 5
"""After how many kills it is looked whether there is still something to drain."""

SHOWN = 20
"""How many findings are printed."""

BEGAN = datetime(2016, 1, 1, 12, tzinfo=UTC)

PRELOADED = (
    "apscheduler.schedulers.background",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "wirflow.cli.app",
    "wirflow.cli.do",
    "wirflow.cli.run",
    "wirflow.engine",
    "wirflow.office.office",
    "wirflow.render",
    "wirflow.scheduler",
)
"""What a process would load at its start."""


@dataclass
class Running:
    """A process that may be killed."""

    pid: int
    kind: str
    token: str = ""
    """Of `wirflow do`: the remark that it makes."""


@dataclass
class Report:
    """What was done, and what was found."""

    seed: int
    database: str
    kills: Counter[str] = field(default_factory=Counter)
    crashes: int = 0
    acknowledged: int = 0
    entries: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def words(self) -> str:
        """What was done, in one line."""
        killed = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kills.items()))
        return (
            f"seed {self.seed}, {self.database}: killed {killed}; {self.crashes} crashes of the server,"
            f" {self.acknowledged} remarks acknowledged, {self.entries} entries, {self.seconds:.0f} s"
        )


class Chaos:
    """One run."""

    def __init__(self, folder: Path, database: str, seed: int, workers: int) -> None:
        self._office = folder / "office"
        self._log = folder / "log"
        self._random = Random(seed)  # noqa: S311 - a seed is meant to be repeated
        self._server = Server() if database == "postgresql" else None
        self._url = self._server.database() if self._server else f"sqlite:///{self._office / 'wirflow.db'}"
        self._workers = workers
        self._running: list[Running] = []
        self._started = 0
        self._tokens: dict[str, str] = {}
        """Remark → how its process ended: done, refused, broken or killed."""
        self.report = Report(seed, database)

    def run(self, kills: int) -> Report:
        """Kill so often, then look."""
        start = time.perf_counter()
        try:
            self._make_office()
            self._wait_for(self._fork("start", self._start_cases))
            if not self.report.wrong:
                while self.report.kills.total() < kills:
                    self._step()
                self._end_well()
                self._finish()
                self._judge()
        finally:
            for process in self._running:
                os.kill(process.pid, signal.SIGKILL)
                os.waitpid(process.pid, 0)
            if self._server:
                self._server.close()
        self.report.seconds = time.perf_counter() - start
        return self.report

    # -- what happens ------------------------------------------------------------------

    def _step(self) -> None:
        """Let processes come, let time pass, kill one."""
        random = self._random
        while sum(process.kind == "run" for process in self._running) < self._workers:
            self._running.append(self._fork("run", lambda: _wirflow(self._office, "run")))
        if random.random() < 0.5:
            self._running.append(self._remark())
        if self.report.kills.total() % LOOK_EVERY == 0 and self._drained():
            self._running.append(self._fork("start", self._start_cases))
        time.sleep(random.uniform(0.01, 0.25))
        self._reap()
        if self._server and random.random() < 1 / CRASH_EVERY:
            self._server.crash()
            self.report.crashes += 1
            time.sleep(random.uniform(0.0, 0.2))
            self._server.start()
        if self._running:
            victim = self._running.pop(random.randrange(len(self._running)))
            os.kill(victim.pid, signal.SIGKILL)
            self._ended(victim, os.waitpid(victim.pid, 0)[1])

    def _reap(self) -> None:
        """See which processes ended by themselves."""
        for process in list(self._running):
            pid, status = os.waitpid(process.pid, os.WNOHANG)
            if pid:
                self._running.remove(process)
                self._ended(process, status)
                if process.kind == "run" and not self._server:
                    self.report.wrong.append(f"a worker ended by itself with {status}")

    def _ended(self, process: Running, status: int) -> None:
        if os.WIFSIGNALED(status):
            self.report.kills[process.kind] += 1
            self._tokens |= {process.token: "killed"}
            return
        code = os.WEXITSTATUS(status)
        self._tokens |= {process.token: {0: "done", 1: "refused"}.get(code, "broken")}

    def _fork(self, kind: str, work: Callable[[], object], token: str = "") -> Running:
        pid = os.fork()
        if pid:
            return Running(pid, kind, token)
        code = 70
        try:
            log = os.open(self._log.with_suffix(f".{kind}"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            work()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except WirflowError as error:  # the server was stopped under it
            os.write(2, f"{error}\n".encode())
            code = 3
        except BaseException:  # noqa: BLE001 - whatever it is, it must not come back into the parent
            import traceback  # noqa: PLC0415 - only then

            traceback.print_exc()
        finally:
            with suppress(OSError):
                sys.stdout.flush()
            os._exit(code)

    def _remark(self) -> Running:
        """Somebody makes a remark on some case."""
        token = f"remark-{len(self._tokens)}-{self._random.randrange(10**9)}"
        self._tokens[token] = "running"
        key = f"D-{self._random.randrange(self._started)}"
        words = ("do", key, "remark", "--set", f"note={token}", "--as", "clerk")
        return self._fork("do", lambda: _wirflow(self._office, *words), token)

    def _make_office(self) -> None:
        def make() -> None:
            from wirflow.office import create  # noqa: PLC0415 - in the child only

            create.create(self._office, lang="de", database=self._url).database.close()
            shutil.copy(HERE / "duty" / "duty.yaml", self._office / "workflows")
            shutil.copytree(HERE / "duty" / "templates", self._office / "templates", dirs_exist_ok=True)
            toml = self._office / "wirflow.toml"
            words = toml.read_text(encoding="utf-8").replace("[people.sachbearbeitung]", "[people.clerk]")
            toml.write_text(words, encoding="utf-8")

        self._wait_for(self._fork("init", make))

    def _start_cases(self) -> None:
        """Start twins whose duties have been due for years."""
        from wirflow.engine import NewCase  # noqa: PLC0415 - in the child only

        office = _office(self._office)
        pairs = []
        for number in range(self._started, self._started + 2 * PAIRS, 2):
            one, other = f"D-{number}", f"D-{number + 1}"
            days = {"begins": date(2016, 1, 31), "ends": date(2020, 12, 31)}
            pairs += [
                NewCase(workflow="duty", key=one, data=days, links={"twin": other}, sources={}),
                NewCase(workflow="duty", key=other, data=days, links={"twin": one}, sources={}),
            ]
        office.engine.start_all(pairs, actor="clerk", occurred_at=BEGAN)

    def _drained(self) -> bool:
        """Whether nothing is due, so that new cases are wanted; they get new numbers."""
        with suppress(Exception):
            if _one(self._url, "SELECT count(*) FROM timers WHERE status = 'armed'") == 0:
                self._started = int(_one(self._url, "SELECT count(*) FROM cases"))
                return True
        return False

    # -- afterwards --------------------------------------------------------------------

    def _end_well(self) -> None:
        """Who still runs may end: workers by SIGTERM, after what they are doing."""
        for process in self._running:
            if process.kind == "run":
                os.kill(process.pid, signal.SIGTERM)
        while self._running:
            process = self._running.pop()
            status = os.waitpid(process.pid, 0)[1]
            self._ended(process, status)
            # One that has only just been forked does not hear SIGTERM yet, and has nothing to finish.
            if process.kind == "run" and status not in {0, signal.SIGTERM} and not self._server:
                self.report.wrong.append(f"a worker that was asked to end ended with {status}")

    def _finish(self) -> None:
        """Drain what is left, an hour later: the claims of the dead have lapsed."""

        def drain() -> None:
            office = _office(self._office)
            office.engine.clock = VirtualClock(office.clock.now() + timedelta(hours=1))
            tick = office.scheduler.tick()
            assert not tick.refused, tick
            assert not tick.failed, tick
            office.seal()

        for _ in range(3):
            self._wait_for(self._fork("finish", drain))

    def _judge(self) -> None:
        wrong = self.report.wrong
        now = stamp(SystemClock().now())
        wrong += check(self._url, now=now)
        wrong += [
            f"{count} timers are {status}"
            for status, count in _all(self._url, "SELECT status, count(*) FROM timers GROUP BY status")
            if status in {"refused", "failed"}
        ]
        wrong += [
            f"{count} notices are {state}"
            for state, count in _all(self._url, "SELECT state, count(*) FROM outbox GROUP BY state")
            if state != "sent"
        ]
        said = Counter(
            json.loads(body)["changes"]["note"][1]
            for (body,) in _all(self._url, "SELECT body FROM entries WHERE event = 'remark'")
        )
        self._tokens.pop("", None)
        for token, ending in self._tokens.items():
            allowed = {"done": {1}, "refused": {0}}.get(ending, {0, 1})
            if said[token] not in allowed:
                wrong.append(f"{token} was {ending}, and is in the trail {said[token]} times")
        self.report.acknowledged = sum(ending == "done" for ending in self._tokens.values())
        wanted = Counter(number for (number,) in _all(self._url, "SELECT message_id FROM outbox"))
        letters = Counter(
            str(message_from_bytes(path.read_bytes())["Message-ID"])
            for path in (self._office / "outbox").glob("*.eml")
        )
        if wanted != letters:
            wrong.append(f"{(wanted - letters).total()} notices are not in the folder of the outbox")
            wrong.append(f"{(letters - wanted).total()} letters in the folder are no notices")
        self.report.entries = int(_one(self._url, "SELECT count(*) FROM entries"))
        for path in sorted(self._log.parent.glob("log.*")):
            words = path.read_text(encoding="utf-8", errors="replace")
            if "Traceback" in words:
                wrong.append(f"a traceback in {path}:\n{words[words.index('Traceback') :][:3000]}")

    def _wait_for(self, process: Running) -> None:
        status = os.waitpid(process.pid, 0)[1]
        if status:
            words = self._log.with_suffix(f".{process.kind}").read_text(encoding="utf-8")
            self.report.wrong.append(f"{process.kind} ended with {status}:\n{words[-3000:]}")
        elif process.kind == "start":
            self._started = int(_one(self._url, "SELECT count(*) FROM cases"))


def _wirflow(office: Path, *words: str) -> None:
    """The command, in this process."""
    from wirflow.cli import main  # noqa: PLC0415 - in the child only

    sys.argv = ["wirflow", "--office", str(office), *words]
    main()


def _office(folder: Path) -> Any:
    from wirflow.office.office import Office  # noqa: PLC0415 - in the child only

    office = Office(folder)
    office.engine.register([office.workflows()["duty"]])
    return office


def _all(url: str, statement: str) -> list[Any]:
    from tests.crash.checker import connect  # noqa: PLC0415 - one way to read

    connection = connect(url)
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall())
    finally:
        connection.close()


def _one(url: str, statement: str) -> Any:
    return _all(url, statement)[0][0]


def main() -> int:
    """Run it as the command line says; 1 if something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.chaos", description=__doc__)
    parser.add_argument("--database", choices=WORKERS, default="postgresql")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--workers", type=int, default=None)
    given = parser.parse_args()
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    workers = given.workers or WORKERS[given.database]
    print(f"seed {seed}, {given.kills} kills, {workers} workers, {given.database}", flush=True)  # noqa: T201
    from importlib import import_module  # noqa: PLC0415

    for name in PRELOADED:
        import_module(name)
    folder = Path(tempfile.mkdtemp(prefix="wirflow-chaos-"))
    report = Chaos(folder, given.database, seed, workers).run(given.kills)
    print(report.words())  # noqa: T201
    if report.wrong:
        shown = report.wrong[:SHOWN]
        print(*shown, f"{len(report.wrong)} findings; left in {folder}", sep="\n")  # noqa: T201
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
