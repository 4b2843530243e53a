"""Kill workers at random while they drain a backlog, and look what is left.

`python -m tests.crash.chaos --database postgresql --kills 200 --seed 7`:

- Real worker processes (`wirflow run`) drain an office; more come as others die.
  Most are forked from this process, which has loaded everything already and has
  opened no office: a fork takes milliseconds, an interpreter half a second.  One
  at a time is the command as a shell runs it.
- People act on its cases meanwhile, one event after the other, or by `wirflow do`;
  cases are started, with twins that hear of each other and with children; the
  trail is sealed; each notice goes out as a file and by mail, to a server that
  has its bad moments.
- Each of them is killed (SIGKILL) at a moment that the seed chooses; some are asked
  to end before (SIGTERM), some are stopped for a while (SIGSTOP), and now and then
  all die at once.  PostgreSQL itself is stopped with `immediate`, and started again.
- After each 250 kills everything is drained, and the tables are read by two
  that know nothing of wirflow: the checker, and `promises.py`, which compares them
  with what people were told and with what was handed over.  Then it goes on with a
  new office.

A run that is asked to end (SIGTERM, Ctrl-C) looks what is left of the last office, and
reports.

The seed replays what is done and when it is meant to be done; how far a process
comes meanwhile is the machine's business.  Where a process stood when it died is
counted: what is killed while it waits proves little.
"""

from __future__ import annotations

import argparse
import gc
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from email import message_from_bytes
from functools import partial
from importlib import import_module
from math import inf
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tests.crash import promises, work
from tests.crash.checker import check
from tests.crash.place import DOING, Board
from tests.crash.report import Report
from tests.crash.server import Server
from tests.crash.sink import Sink
from wirflow.clock import SystemClock, stamp
from wirflow.errors import WirflowError

if TYPE_CHECKING:
    from collections.abc import Callable

WORKERS = {"postgresql": 3, "sqlite": 2}

ROUND = 250
"""After how many kills it is looked what is left."""

CRASH_EVERY = 40
"""After how many kills PostgreSQL is stopped, on average."""

STEP = 0.01
"""How many seconds nobody looks, at most."""

LOOK_EVERY = 0.3
"""Seconds after which it is looked whether there is still enough to drain."""

ENOUGH = 40
"""With fewer timers that are due, more cases are started: of a series only the next one is armed."""

ASKED, STOPPED, ALL = 0.08, 0.04, 0.02
"""How often a process is asked to end before it dies; is stopped for a while; takes all others with it."""

USUAL = 0.08
"""How many seconds it takes on a machine at rest until a process has begun.

All other times here are those of such a machine, too: where it takes longer, they are
longer.  Else nobody would live to see a commit on a machine that has much to do.
"""

LIVES = {"run": 0.12, "command": 0.8, "people": 0.3, "do": 0.03, "seal": 0.03, "start": 1.5}
"""How many seconds a process lives on average once it has begun, if it does not end by itself."""

UNBORN = 0.1
"""How often a process dies before it has begun with anything."""

BIRTH = 0.1
"""Seconds in which it does so.  Nobody sees where a command begins: ten times as many are taken for that."""

PAUSES = {"do": 0.8, "seal": 0.8}
"""How many seconds lie between two of a kind, on average."""

PEOPLE = 2

ALSO = (
    "apscheduler.schedulers.background",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "wirflow.cli.audit",
    "wirflow.cli.do",
    "wirflow.cli.run",
)
"""What the processes load and a short life on SQLite does not."""

SHOWN = 20
"""How many findings are printed."""

GONE = 3
"""What a command ends with whose server was away."""


@dataclass
class Running:
    """A process that may be killed."""

    pid: int
    kind: str
    slot: int
    dies_at: float = inf
    born: float = 0.0
    lives: float = 0.0
    """How many seconds, once it has begun, on a machine at rest."""
    word: str = ""
    """Of `wirflow do`: the remark that it makes."""
    asked: bool = False
    """Somebody asked it to end."""
    stopped: bool = False
    crashes: int = 0
    """How often the server had been stopped when it began, or when a worker was asked to end."""


class Chaos:
    """One office, and what happens to it."""

    def __init__(self, folder: Path, server: Server | None, seed: str, workers: int, report: Report) -> None:
        self._folder = folder
        self._office = folder / "office"
        self._random = Random(seed)  # noqa: S311 - a seed is meant to be repeated
        self._server = server
        self._url = server.database() if server else f"sqlite:///{self._office / 'wirflow.db'}"
        self._workers = workers
        self._board = Board(100)
        self._running: list[Running] = []
        self._sink = Sink(folder / "taken", seed)
        self._started = 0
        self._told: dict[str, str] = {}
        """What `wirflow do` was to write → how its process ended."""
        self._next = dict.fromkeys((*PAUSES, "look"), 0.0)
        self._number = 0
        self._slow = 1.0
        """How many times slower than usual it goes."""
        self._report = report

    def run(self, kills: int) -> None:
        """Kill so often, then look."""
        sink = self._fork("sink", self._sink.serve)
        try:
            self._wait_for(self._fork("init", self._made))
            self._calm()
            kills += self._report.kills.total()
            while self._report.kills.total() < kills and not self._report.over:
                self._step()
            self._end_well()
            os.kill(sink.pid, signal.SIGUSR1)
            for hours in (1, 2, 12):
                self._wait_for(self._fork("finish", partial(work.drain, self._office, hours)))
            self._judge()
        finally:
            for process in (*self._running, sink):
                os.kill(process.pid, signal.SIGKILL)
                os.waitpid(process.pid, 0)
            self._sink.close()

    def _made(self) -> None:
        work.make_office(self._office, self._url, self._sink.port)

    def _calm(self) -> None:
        """Cases that nobody disturbs: all later ones are to come out like them."""
        self._wait_for(self._fork("start", partial(work.start_cases, self._office, 0, pairs=1, desks=True)))
        self._wait_for(self._fork("finish", partial(work.drain, self._office, 0)))
        self._look()

    # -- what happens ------------------------------------------------------------------

    def _step(self) -> None:
        """Let processes come, let time pass until the next one is to die, and strike it."""
        self._populate()
        now = time.monotonic()
        time.sleep(min(STEP, max(0.0, min(process.dies_at for process in self._running) - now)))
        self._reap()
        now = time.monotonic()
        for process in self._running:
            if process.dies_at == inf and self._board.look(process.slot)[0] != DOING[0]:
                if process.kind == "run":
                    self._slow += (max(1.0, (now - process.born) / USUAL) - self._slow) / 8
                process.dies_at = now + process.lives * self._slow
        for process in [process for process in self._running if process.dies_at <= now]:
            if process in self._running:
                self._strike(process)

    def _populate(self) -> None:
        kinds = Counter(process.kind for process in self._running)
        for kind, wanted in (("run", self._workers), ("command", 1), ("people", PEOPLE)):
            for _ in range(wanted - kinds[kind]):
                self._begin(kind)
        now = time.monotonic()
        for kind, pause in PAUSES.items():
            if now >= self._next[kind]:
                self._next[kind] = now + self._random.expovariate(1 / pause) * self._slow
                self._begin(kind)
        if now >= self._next["look"]:
            self._next["look"] = now + LOOK_EVERY * self._slow
            if not kinds["start"] and self._look() < ENOUGH:
                self._begin("start")

    def _begin(self, kind: str) -> None:
        """A process of a kind, and when it is to die."""
        random, office = self._random, self._office
        self._number += 1
        word, own = f"{kind}-{self._number}", Random(random.random())  # noqa: S311 - a seed is meant to be repeated
        doing: dict[str, Callable[[], None]] = {
            "run": lambda: work.worker(office, own),
            "command": lambda: work.command(office, "run"),
            "people": lambda: work.people(office, self._folder / "book", word, own, self._started),
            "seal": lambda: work.wirflow(office, "audit", "seal"),
            "start": lambda: work.start_cases(office, self._started),
            "do": lambda: work.wirflow(
                office, "do", work.some_case(own, self._started), "remark", "--set", f"note={word}"
                , "--as", "clerk"
            ),
        }  # fmt: skip
        process = self._fork(kind, doing[kind], word=word if kind == "do" else "")
        process.lives = random.expovariate(1 / LIVES[kind])
        process.born = time.monotonic()
        if kind == "command":
            process.dies_at = process.born + (10 * BIRTH + process.lives) * self._slow
        elif random.random() < UNBORN:
            process.dies_at = process.born + random.uniform(0, BIRTH) * self._slow
        process.crashes = self._report.crashes
        self._running.append(process)

    def _strike(self, process: Running) -> None:
        """Its time has come: it is killed, or asked to end first, or stopped for a while."""
        random, now, slow = self._random, time.monotonic(), self._slow
        if process.stopped:
            os.kill(process.pid, signal.SIGCONT)
            process.stopped = False
            process.dies_at = now + random.uniform(0, LIVES[process.kind]) * slow
            return
        if process.kind in {"run", "command"} and not process.asked and random.random() < ASKED:
            self._ask(process)
            process.dies_at = now + random.uniform(0, 3 * LIVES[process.kind]) * slow
            return
        if random.random() < STOPPED:
            os.kill(process.pid, signal.SIGSTOP)
            self._report.stopped += 1
            process.stopped = True
            process.dies_at = now + random.uniform(0, 2) * slow
            return
        everybody = random.random() < ALL
        crash = self._server is not None and random.random() < 1 / CRASH_EVERY
        if crash:
            self._crash()
        for victim in list(self._running) if everybody else [process]:
            os.kill(victim.pid, signal.SIGKILL)
            self._running.remove(victim)
            self._ended(victim, os.waitpid(victim.pid, 0)[1])

    def _ask(self, process: Running) -> None:
        """Ask a worker to end: from now on only a new crash excuses it.

        Of a command nobody sees whether it had begun: an old crash may just have sent it away.
        """
        os.kill(process.pid, signal.SIGTERM)
        process.asked = True
        if process.kind == "run":
            process.crashes = self._report.crashes

    def _crash(self) -> None:
        """The server is gone, and after a moment it is there again."""
        assert self._server is not None
        self._report.crashes += 1
        self._server.crash()
        time.sleep(self._random.uniform(0.0, 0.2))
        self._server.start()

    def _reap(self) -> None:
        """See which processes ended by themselves."""
        for process in list(self._running):
            pid, status = os.waitpid(process.pid, os.WNOHANG)
            if pid:
                self._running.remove(process)
                self._ended(process, status)

    def _ended(self, process: Running, status: int) -> None:
        """One is no more; whether it should be."""
        place = self._board.give(process.slot)
        if os.WIFSIGNALED(status):
            self._told |= {process.word: "killed"}
            if os.WTERMSIG(status) == signal.SIGKILL:
                self._report.kills[process.kind] += 1
                if process.kind != "command":
                    self._report.places[place] += 1
            elif not (process.asked and os.WTERMSIG(status) == signal.SIGTERM):
                self._report.wrong.append(f"{process.kind} died of signal {os.WTERMSIG(status)}")
            return
        code = os.WEXITSTATUS(status)
        self._report.asked += process.asked
        if process.word:
            self._told[process.word] = {0: "done", 1: "refused", 2: "refused"}.get(code, "uncertain")
        allowed = {"do": {0, 1, 2}, "seal": {0}, "start": {0}, "people": set[int]()}.get(
            process.kind, {0} if process.asked else set()
        )
        # Who has begun to beat outlives the server; who is asked to end cannot seal without it.
        excused = process.kind not in {"run", "command"} or process.asked or place[0] == DOING[0]
        away = excused and self._report.crashes > process.crashes
        if code not in allowed and not (code == GONE and away):
            why = "after it was asked" if process.asked else "by itself"
            log = self._log(process.kind)[-2000:]
            self._report.wrong.append(f"{process.kind} ended with {code} {why}:\n{log}")

    def _fork(self, kind: str, doing: Callable[[], object], *, word: str = "") -> Running:
        slot = self._board.take()
        pid = os.fork()
        if pid:
            return Running(pid, kind, slot, word=word)
        code = 70
        try:
            os.setpgid(0, 0)  # what is typed at a terminal asks the run to end, and nobody else
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            log = os.open(self._folder / f"log.{kind}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            gc.enable()
            with self._board.told(slot) if kind != "command" else nullcontext():
                doing()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except WirflowError as error:  # the server was stopped under it
            os.write(2, f"{error}\n".encode())
            code = GONE
        except BaseException:  # noqa: BLE001 - whatever it is, it must not come back into the parent
            import traceback  # noqa: PLC0415 - only then

            traceback.print_exc()
        finally:
            with suppress(OSError):
                sys.stdout.flush()
            os._exit(code)

    def _look(self) -> int:
        """How many timers are due; and how many pairs of twins there are."""
        now = stamp(SystemClock().now())
        due, self._started = promises.rows(
            self._url,
            "SELECT (SELECT count(*) FROM timers WHERE status = 'armed' AND due_at <= '" + now + "'),"
            " (SELECT count(*) FROM cases WHERE key LIKE 'A-%')",
        )[0]
        return int(due)

    # -- afterwards --------------------------------------------------------------------

    def _end_well(self) -> None:
        """Who still runs may end: workers by SIGTERM, after what they are doing; people go home."""
        for process in self._running:
            if process.stopped:
                os.kill(process.pid, signal.SIGCONT)
            if process.kind in {"run", "command"}:
                self._ask(process)
            if process.kind == "people":
                os.kill(process.pid, signal.SIGKILL)
        while self._running:
            process = self._running.pop()
            self._ended(process, os.waitpid(process.pid, 0)[1])

    def _judge(self) -> None:
        report = self._report
        wrong = report.wrong
        wrong += check(self._url, now=stamp(SystemClock().now()))
        for table, name, bad in (
            ("timers", "status", {"refused", "failed"}),
            ("outbox", "state", {"pending", "sending", "dead"}),
        ):
            counts = Counter(
                dict(promises.rows(self._url, f"SELECT {name}, count(*) FROM {table} GROUP BY {name}"))
            )
            wrong += [f"{counts[state]} of {table} are {state}" for state in bad if counts[state]]
            if table == "outbox":
                report.notices += counts
            else:
                report.fired += counts["fired"]
        self._told.pop("", None)
        told = self._told | self._heard()
        report.told += Counter(told.values())
        wrong += promises.kept(self._url, told)
        letters = Counter(
            str(message_from_bytes(path.read_bytes())["Message-ID"])
            for path in (self._office / "outbox").glob("*.eml")
        )
        taken = (self._folder / "taken").read_text(encoding="ascii").split()
        wrong += promises.handed_over(self._url, {"file": letters, "smtp": Counter(taken)})
        wrong += promises.alike(self._url)
        report.entries += int(promises.rows(self._url, "SELECT count(*) FROM entries")[0][0])
        for path in sorted(self._folder.glob("log.*")):
            words = path.read_text(encoding="utf-8", errors="replace")
            if "Traceback" in words:
                wrong.append(f"a traceback in {path}:\n{words[words.index('Traceback') :][:3000]}")

    def _heard(self) -> dict[str, str]:
        """What people wrote down; of what they only tried they heard nothing."""
        told = {}
        for line in (self._folder / "book").read_text(encoding="ascii").splitlines():
            heard, word = line.split()
            told[word] = "killed" if heard == "trying" else heard
        return told

    def _log(self, kind: str) -> str:
        return (self._folder / f"log.{kind}").read_text(encoding="utf-8", errors="replace")

    def _wait_for(self, process: Running) -> None:
        status = os.waitpid(process.pid, 0)[1]
        self._board.give(process.slot)
        if status:
            self._report.wrong.append(
                f"{process.kind} ended with {status}:\n{self._log(process.kind)[-3000:]}"
            )


def preload() -> None:
    """Load what the processes will need: what one of them had loaded that lived through a whole office."""
    told, tell = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            with tempfile.TemporaryDirectory() as folder:
                office = Path(folder) / "office"
                work.make_office(office, f"sqlite:///{office / 'wirflow.db'}", 1)
                work.start_cases(office, 0, pairs=1)
                work.drain(office, 0)
            for name in ALSO:
                import_module(name)
            os.write(tell, " ".join(sys.modules).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(tell)
    with os.fdopen(told) as names:
        for name in names.read().split():
            if name.split(".")[0] in {"wirflow", "sqlalchemy", "psycopg", "apscheduler"}:
                import_module(name)
    assert os.waitpid(pid, 0)[1] == 0, "what is to be loaded cannot be found out"


def run(database: str, kills: int, seed: int, workers: int) -> Report:
    """Kill so often; what was found, and where it was left if anything was."""
    report, start = Report(seed, database), time.perf_counter()

    def enough(asked: int, _: object) -> None:
        report.stop = True
        signal.signal(asked, signal.default_int_handler)  # whoever asks twice does not want to wait

    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, enough)
    preload()
    gc.collect()
    gc.freeze()  # what is there is never looked at again: forked processes go on sharing it
    server = Server() if database == "postgresql" else None
    try:
        number = 0
        while report.kills.total() < kills and not report.over:
            folder = Path(tempfile.mkdtemp(prefix="wirflow-chaos-"))
            wanted = min(ROUND, kills - report.kills.total())
            Chaos(folder, server, f"{seed} {number}", workers, report).run(wanted)
            number += 1
            report.seconds, report.cpu = time.perf_counter() - start, sum(os.times()[:4])
            if report.wrong:
                report.wrong.append(
                    f"left in {folder}, office {number}; database server in {server and server.folder}"
                )
            else:
                shutil.rmtree(folder)
            if kills > ROUND:
                print(f"{report.kills.total()} kills, {report.seconds:.0f} s", flush=True)  # noqa: T201 - its report
    finally:
        if server:
            server.close(keep=bool(report.wrong))
    return report


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
    print(f"seed {seed}, {given.kills} kills, {workers} workers, {given.database}", flush=True)  # noqa: T201 - its report
    report = run(given.database, given.kills, seed, workers)
    print(report.words())  # noqa: T201 - its report
    if report.wrong:
        print(*report.wrong[:SHOWN], f"{len(report.wrong)} findings", sep="\n")  # noqa: T201 - its report
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
