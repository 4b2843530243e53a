"""One life of an office, played twice from one seed: undisturbed, and with faults.

`python -m tests.crash.faults --seed 7 --runs 100 --database sqlite`

The seed says what people do and when, how long the scheduler sleeps, and which
fault strikes at which statement: a deadlock, a serialization failure, a busy
or a full disk, a connection that drops before or after the commit, mail that
is taken and then never answered for, a template that breaks, a clock that is
set back.  People who are told of a fault look what is there, and repeat.  In the end both
lives must be the same: the same states, the same trails but for the moments
of recording, the same notices, and nothing twice.  The same seed strikes in
the same places, always.
"""

from __future__ import annotations

import argparse
import secrets
import sqlite3
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg

from tests.crash.checker import check
from tests.crash.driver import watched
from tests.support import Office, new, open_office
from wirflow.definition.reader import read_workflows
from wirflow.engine import NewCase
from wirflow.errors import DeliveryError, WirflowError
from wirflow.notices.channel import UncertainError
from wirflow.notices.deliver import Deliverer
from wirflow.render import TemplateError
from wirflow.store.database import Database
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from wirflow.core.letters import Notice

DUTY = Path(__file__).parent / "duty"

BEGIN = datetime(2021, 1, 4, 9, tzinfo=UTC)

STEPS = 9
"""How many things people do in one life."""

DAYS = (
    date(2021, 3, 28),  # clocks go forward
    date(2021, 10, 31),  # clocks go back
    date(2021, 12, 31),
    date(2022, 3, 27),
    date(2024, 2, 29),
)
"""Days that are not like others."""

USUAL = {
    "draft": ("submit",) * 4,
    "submitted": ("approve",) * 4,
    "approved": ("edit", "extend"),
    "expired": ("extend",),
    "superseded": (),
}
"""What people usually do next; now and then they do what is not possible."""

RATE = 0.03
"""How often a statement fails."""

PATIENCE = 60
"""How often people and the scheduler try again before it is taken to be a fault of ours."""


class PowerCutError(BaseException):
    """The worker dies here."""


@dataclass
class Faults:
    """What goes wrong, and when: decided by the seed alone."""

    random: Random
    on: bool = False
    log: list[str] = field(default_factory=list)
    """Every fault that struck, in order."""

    def watch(self, where: str, connection: Any) -> None:
        """A statement is about to run, or has run."""
        if not self.on or where in {"before ROLLBACK", "after ROLLBACK"}:
            return
        if self.random.random() >= RATE:
            return
        kinds = _LITE if isinstance(connection, sqlite3.Connection) else _SERVER
        name = self.random.choice(
            [name for name in kinds if where == "after COMMIT" or name != "answer lost"]
        )
        if where == "after COMMIT":
            name = "answer lost"  # it was kept, but nobody hears of it
        self.log.append(f"{where}: {name}")
        kinds[name](connection)

    def strikes(self, rate: float, what: str) -> bool:
        """Whether something else goes wrong now."""
        if not self.on or self.random.random() >= rate:
            return False
        self.log.append(what)
        return True


def _raise(error: Exception) -> None:
    raise error


def _drop(connection: Any) -> None:
    connection.close()
    raise psycopg.OperationalError("server closed the connection unexpectedly")


_LITE: dict[str, Callable[[Any], None]] = {
    "busy": lambda _: _raise(sqlite3.OperationalError("database is locked")),
    "disk full": lambda _: _raise(sqlite3.OperationalError("database or disk is full")),
    "disk broken": lambda _: _raise(sqlite3.OperationalError("disk I/O error")),
    "answer lost": lambda _: _raise(sqlite3.OperationalError("disk I/O error")),
}
_SERVER: dict[str, Callable[[Any], None]] = {
    "deadlock": lambda _: _raise(psycopg.errors.DeadlockDetected("deadlock detected")),
    "serialization": lambda _: _raise(psycopg.errors.SerializationFailure("could not serialize access")),
    "disk full": lambda _: _raise(psycopg.errors.DiskFull("No space left on device")),
    "dropped": _drop,
    "answer lost": _drop,
}


class Mail:
    """Mail that is not idempotent, and whose server has its bad days."""

    name = "file"
    idempotent = False

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.taken: Counter[str] = Counter()

    def send(self, notice: Notice, _now: datetime, /) -> None:
        """Take a notice, or not, or nobody knows."""
        faults = self._faults
        if faults.strikes(0.1, "mail: not now"):
            raise DeliveryError(Text("Gerade nicht.", "Not now."))
        self.taken[notice.key] += 1
        if faults.strikes(0.05, "mail: taken, no answer"):
            raise UncertainError(Text("Keine Antwort.", "No answer."))
        if faults.strikes(0.05, "mail: taken, worker dead"):
            raise PowerCutError

    def rest(self) -> None:
        """Nothing more for now."""


class Life:
    """An office that is lived through once."""

    def __init__(self, folder: Path, url: str | None, seed: int, *, disturbed: bool) -> None:
        self.faults = Faults(Random(f"{seed} faults"))  # noqa: S311 - a seed is meant to be repeated
        self._plan = Random(f"{seed} plan")  # noqa: S311 - likewise
        self._disturbed = disturbed
        with watched(self.faults.watch):
            self.office = _open(folder, url)
            self._mail = Mail(self.faults)
            self._deliverer = Deliverer(self.office.engine, {"file": self._mail})
            self._break_templates()
            self._live()
        self.office.database.close()

    def _live(self) -> None:
        """Follow the plan to its end, and a year longer."""
        random, moment = self._plan, BEGIN
        self._insist(self._start)
        self.faults.on = self._disturbed
        for number in range(STEPS):
            moment += timedelta(days=random.choice((0, 1, 20, 90)), hours=random.randrange(8))
            if random.random() < 0.3:
                self._sleep_until(moment)
            else:
                self._wake_until(moment)
            self._act(number)
        self._wake_until(moment + timedelta(days=400))
        self.faults.on = False
        self._drain()
        self._deliver()
        self.office.clock.set(self.office.clock.now() + timedelta(days=30))
        self._drain()
        self._deliver()

    # -- people ------------------------------------------------------------------------

    def _start(self) -> None:
        pair = [new("G-1", links={"partner": "G-2"}), new("G-2", links={"partner": "G-1"})]
        days = {"begins": date(2021, 1, 31), "ends": date(2021, 12, 31)}
        twins = [
            NewCase(workflow="duty", key=one, data=days, links={"twin": other}, sources={})
            for one, other in (("D-1", "D-2"), ("D-2", "D-1"))
        ]
        self.office.engine.start_all([*pair, *twins], actor="duo")

    def _act(self, number: int) -> None:
        """Somebody does something; told of a fault, they look whether it was done, and if not, repeat it."""
        random = self._plan
        key = random.choice(("G-1", "G-2"))
        award = {"decided_on": random.choice(DAYS), "award_ends": random.choice(DAYS)}
        state = self._quietly(lambda: self.office.state(key))
        event = random.choice((*USUAL[state], "submit", "approve", "edit"))
        given = {"note": f"note {number}", "holder": f"Zoë {number}"} if event == "edit" else {}
        if event in {"approve", "extend"}:
            given = award
        actor = "leo" if event in {"approve", "extend"} else "ada"
        before = self._look(key)

        def once() -> None:
            if self._look(key) == before:
                self.office.engine.submit(key, event, actor=actor, given=given)

        self._insist(once)
        self._drain()

    def _look(self, key: str) -> int:
        """How often people have acted on a case."""
        history = self._quietly(lambda: self.office.engine.history(key))
        return sum(entry.kind == "action" for entry in history)

    # -- what happens by itself --------------------------------------------------------

    def _wake_until(self, moment: datetime) -> None:
        """Go from due time to due time; now and then the clock is set back, and then right again."""
        for _ in range(500):
            due = self._quietly(self.office.engine.next_due)
            if due is None or due > moment:
                break
            now = max(due, self.office.clock.now())
            if self.faults.strikes(0.1, "clock set back"):
                self.office.clock.set(now - timedelta(hours=3))
                self._drain()
            self.office.clock.set(now)
            self._drain()
            self._deliver()
        self.office.clock.set(max(moment, self.office.clock.now()))

    def _sleep_until(self, moment: datetime) -> None:
        """The scheduler is down until then."""
        self.office.clock.set(max(moment, self.office.clock.now()))
        self._drain()
        self._deliver()

    def _drain(self) -> None:
        """Let happen what is due; a worker that meets a fault is started anew, what failed is tried again."""

        def once() -> None:
            self.office.engine.drain()
            if self.office.engine.backlog().failed:
                self.office.engine.rearm_failed()
                raise DeliveryError(Text("Noch einmal.", "Once more."))

        self._insist(once)

    def _deliver(self) -> None:
        def once() -> None:
            try:
                self._deliverer.deliver()
            except PowerCutError:
                raise DeliveryError(Text("Noch einmal.", "Once more.")) from None

        self._insist(once)

    def _insist(self, work: Callable[[], object]) -> None:
        """Do it until it is done."""
        for _ in range(PATIENCE):
            try:
                work()
            except WirflowError:
                continue
            return
        message = f"it cannot be done; the last faults: {self.faults.log[-5:]}"
        raise AssertionError(message)

    def _quietly(self, work: Callable[[], Any]) -> Any:
        on, self.faults.on = self.faults.on, False
        result = work()
        self.faults.on = on
        return result

    def _break_templates(self) -> None:
        templates: Any = self.office.engine._templates
        render = templates.render

        def broken(*given: Any) -> Any:
            if self.faults.strikes(0.03, "template broken"):
                raise TemplateError(given[0], 1, Text("Kaputt.", "Broken."))
            return render(*given)

        templates.render = broken

    # -- what is left ------------------------------------------------------------------

    def states(self) -> list[Any]:
        """How the cases stand."""
        return self.office.rows("SELECT key, state, data FROM cases ORDER BY key")

    def trails(self, *, exact: bool) -> Counter[str]:
        """What the entries say, but for the moments of recording and what follows from them.

        Args:
            exact: also mere reminders, and which timers are armed and cancelled.  A timer that was
                set aside is armed anew by whatever comes next, and merges with it once it is tried
                again; a reminder of which a later one went out meanwhile is not sent after it.
        """
        found: Counter[str] = Counter()
        for (text,) in self.office.rows("SELECT body FROM entries"):
            body = msgspec.json.decode(text)
            for name in ("prev", "recorded_at", "seq"):
                del body[name]
            if not exact:
                del body["timers"]
                if body["kind"] == "reminder":
                    continue
            if body.get("timer", {}).get("kind") == "signal":
                del body["timer"]["label"]
            for order in body["signals"]:
                order.pop("label", None)
            for pair in body["changes"].values():
                pair[1] = "secret" if isinstance(pair[1], dict) else pair[1]
            found[msgspec.json.encode(body, order="sorted").decode()] += 1
        return found

    def notices(self, *, exact: bool) -> Counter[Any]:
        """Who was written to, about what; `exact`: mere reminders, too."""
        return Counter(
            self.office.rows(
                "SELECT c.key, o.template, o.recipient, o.kind, o.subject, o.body"
                " FROM outbox o JOIN cases c ON c.id = o.case_id"
                + ("" if exact else " WHERE o.kind <> 'reminder'")
            )
        )

    def wrong(self) -> list[str]:
        """What breaks a law, whatever the other life was."""
        url = self.office.database.url.render_as_string(hide_password=False)
        now = self.office.clock.now().replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        found = check(url, now=now, in_order="template broken" not in self.faults.log)
        found += [f"{key} was taken {count} times" for key, count in self._mail.taken.items() if count > 1]
        states = self.office.rows(
            "SELECT c.key || '/' || o.seq || '/' || o.recipient || '/' || o.channel || '/' || o.template,"
            " o.state FROM outbox o JOIN cases c ON c.id = o.case_id"
        )
        for key, state in states:
            taken = self._mail.taken[key]
            if state not in {"sent", "unknown", "dead"} or (state == "sent") > taken or (state == "dead") < 0:
                found.append(f"{key} is {state}, and was taken {taken} times")
        return found


def _open(folder: Path, url: str | None) -> Office:
    office = open_office(folder, url)
    for path in (DUTY / "templates").iterdir():
        (folder / "templates" / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    office.engine.register([_duty()])
    return office


@cache
def _duty() -> Any:
    return read_workflows([DUTY / "duty.yaml"]).checked()["duty"]


def compare(folder: Path, urls: tuple[str | None, str | None], seed: int) -> tuple[list[str], list[str]]:
    """Live through a seed twice; what is wrong, and which faults struck."""
    places = folder / "calm", folder / "disturbed"
    for place in places:
        place.mkdir()
    calm = Life(places[0], urls[0], seed, disturbed=False)
    disturbed = Life(places[1], urls[1], seed, disturbed=True)
    wrong = [f"calm: {finding}" for finding in calm.wrong()] + disturbed.wrong()
    exact = "template broken" not in disturbed.faults.log
    if calm.states() != disturbed.states():
        wrong.append(f"the states differ: {calm.states()} and {disturbed.states()}")
    for what, one, other in (
        ("entries", calm.trails(exact=exact), disturbed.trails(exact=exact)),
        ("notices", calm.notices(exact=exact), disturbed.notices(exact=exact)),
    ):
        wrong += [f"{what} that are missing: {item}" for item in one - other]
        wrong += [f"{what} too many: {item}" for item in other - one]
    for life in (calm, disturbed):
        life.office.database.close()
    return wrong, disturbed.faults.log


def _migrated(url: str) -> str:
    """An empty database with all tables, to be copied."""
    database = Database(url)
    database.migrate()
    database.close()
    return url


def main() -> int:
    """Play lives until something is found, or all are played; print the seed."""
    from tests.crash.server import Server  # noqa: PLC0415 - SQLite needs none

    parser = argparse.ArgumentParser(prog="python -m tests.crash.faults", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    first = secrets.randbelow(10**6) if given.seed is None else given.seed
    print(f"seeds {first} to {first + given.runs - 1}, {given.database}", flush=True)  # noqa: T201 - its report
    server = Server() if given.database == "postgresql" else None
    empty = _migrated(server.database()) if server else ""
    struck = 0
    try:
        for seed in range(first, first + given.runs):
            urls = (server.copy(empty), server.copy(empty)) if server else (None, None)
            with tempfile.TemporaryDirectory() as folder:
                wrong, log = compare(Path(folder), urls, seed)
            struck += len(log)
            for url in urls if server else ():
                server.drop(url)
            if wrong:
                print(*wrong[:20], f"again: --seed {seed} --runs 1; faults: {log}", sep="\n")  # noqa: T201 - its report
                return 1
    finally:
        if server:
            server.close()
    print(f"{given.runs} lives, {struck} faults, nothing found")  # noqa: T201 - its report
    return 0


if __name__ == "__main__":
    sys.exit(main())
