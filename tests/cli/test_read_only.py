"""An office in which nothing can be written: an auditor looks, verifies and exports."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.reader import ROOT, call, read_only
from wirflow.cli.app import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READS = (
    "status",
    "status WIR-KO-1 --format json",
    "status --as-of 2020-11-01",
    "due --until 2022-12-31",
    "audit show",
    "audit verify",
    "notices list",
    "notices show 1",
    "notices preview 1",
    "documents list",
    "documents verify",
    "documents prune --dry-run",
    "doctor",
    "diagram grant_application --case WIR-KO-1",
    "simulate --until 2023-01-01",
    "forecast",
    "check",
    "deadline vwvfg-31 --from 2021-01-01 --period P1M",
    "interest 1000 --from 2021-01-01 --until 2021-02-01",
)

WRITES = (
    "do WIR-KO-1 no_such_event",
    "do WIR-KO-1 no_such_event --dry-run",
    "new no_such_workflow X-1",
    "import no-such-file.csv",
    "run --once",
    "run --once --on 2020-12-24",
    "migrate",
    "notices retry no-such-notice",
    "audit seal",
    "doctor --rearm",
    "documents prune",
)

ELSEWHERE = {
    "demo": "makes an office of its own",
    "init": "likewise",
    "test": "plays in an office that is thrown away",
    "copy": "reads here and writes there; below",
}


@pytest.fixture
def audited(later: Path) -> Iterator[Path]:
    """An office whose folder, and all in it, has no write bits; the present folder."""
    read_only(later)
    yield later
    for path in (later, *later.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)


def _leave_a_log(office: Path) -> None:
    """Change a case and die: what was kept lies in the log beside the database, as under a live office."""
    code = (
        "import os, sqlite3, sys; from wirflow.cli.app import run;"
        "held = sqlite3.connect('wirflow.db'); held.execute('SELECT count(*) FROM cases').fetchone();"
        "code = run('do WIR-KO-1 correct --set unit=999999 --reason x --as amtsleitung'.split());"
        "os._exit(code)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=office, env=environment, capture_output=True)
    assert (office / "wirflow.db-wal").stat().st_size > 0


def test_every_command_is_tried_here():
    """No command is forgotten: it reads, it writes, or it is said why it is not tried."""
    assert {words.split()[0] for words in (*READS, *WRITES)} | set(ELSEWHERE) == set(COMMANDS)


def test_who_may_not_write_sees_what_others_see(wirflow, audited, later):
    """Every command that only reads says the same as where one may write, and leaves nothing behind."""
    before = sorted(path.name for path in audited.iterdir())
    found = call(audited, [words.split() for words in READS])
    for words, said in zip(READS, found, strict=True):
        expected = wirflow(words)
        assert said == (expected.code, expected.out, expected.err), words
        assert expected.code in {0, 1}, words
    assert sorted(path.name for path in later.iterdir()) == before


@pytest.mark.parametrize("lang", ["de", "en"])
def test_who_may_not_write_is_told_so_before_anything_else(audited, lang):
    """A command that writes names the place and what to do, ends with 3, and looks at no argument before."""
    words_of = {"de": ("schreibgeschützt", "Schreibrechte"), "en": ("read-only", "write permission")}
    for words, (code, out, err) in zip(
        WRITES, call(audited, [[*words.split(), "--lang", lang] for words in WRITES]), strict=True
    ):
        assert (code, out) == (3, ""), words
        assert str(audited / "wirflow.db") in err, words
        assert all(word in err for word in words_of[lang]), (words, err)


def test_an_auditor_takes_the_trail_along(wirflow, audited, tmp_path):
    """Exports go to where one may write; the bundle verifies, and the copied database, too."""
    calls = [
        ["audit", "export", str(tmp_path / f"a.{kind}"), "--as", kind] for kind in ("jsonl", "csv", "bundle")
    ]
    calls.append(["copy", "--to", f"sqlite:///{tmp_path / 'copy.db'}"])
    for words, (code, _, err) in zip(calls, call(audited, calls), strict=True):
        assert code == 0, (words, err)
    assert wirflow("audit", "verify", str(tmp_path / "a.bundle")).code == 0
    [(code, _, _)] = call(
        audited, [["audit", "verify"]], WIRFLOW_DATABASE=f"sqlite:///{tmp_path / 'copy.db'}"
    )
    assert code == 0


def test_a_bundle_says_what_it_could_not_seal(audited, tmp_path):
    """Where nothing can be sealed, the bundle is written all the same, and that is told."""
    [(code, _, err)] = call(
        audited, [["audit", "export", str(tmp_path / "a.zip"), "--as", "bundle", "--lang", "en"]]
    )
    assert code == 0
    assert "not sealed" in err


def test_what_lies_in_the_log_is_read(later):
    """In a copy of a live office the newest events lie in the log beside the database: they are seen."""
    _leave_a_log(later)
    read_only(later)
    [(code, out, _), (verified, _, _)] = call(later, [["status", "WIR-KO-1"], ["audit", "verify"]])
    assert code == verified == 0
    assert "999999" in out


def test_a_log_that_cannot_be_read_is_no_silence(later):
    """Without the log's index no old state is shown: it is said which file holds more, and exits 3."""
    _leave_a_log(later)
    (later / "wirflow.db-shm").unlink()
    read_only(later)
    for code, out, err in call(
        later, [[*words.split(), "--lang", "en"] for words in ("status", "doctor", "audit verify")]
    ):
        assert (code, out) == (3, "")
        assert "wirflow.db-wal" in err
        assert "Copy both files" in err


def test_a_file_alone_may_be_read_only(later):
    """In a folder that can be written to, a database file that cannot is read, with its log."""
    _leave_a_log(later)
    (later / "wirflow.db-shm").unlink()
    (later / "wirflow.db").chmod(0o444)
    [(code, out, _), (refused, _, err)] = call(
        later, [["status", "WIR-KO-1"], ["run", "--once", "--lang", "en"]]
    )
    assert code == 0
    assert "999999" in out
    assert refused == 3
    assert "read-only" in err


def test_an_auditor_reads_beside_a_live_office(later):
    """While another process writes, who may only read sees what it has kept so far."""
    with closing(sqlite3.connect(later / "wirflow.db", isolation_level=None)) as writer:
        writer.execute("UPDATE cases SET state = 'rejected' WHERE key = 'WIR-KO-1'")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE cases SET state = 'draft' WHERE key = 'WIR-KO-1'")
        (later / "wirflow.db").chmod(0o444)
        later.chmod(0o555)
        [(code, out, _)] = call(later, [["status", "WIR-KO-1", "--format", "json"]])
        assert code == 0
        assert '"state": "rejected"' in out
        writer.execute("ROLLBACK")
    later.chmod(0o755)


def test_a_folder_with_odd_signs_is_found(later, tmp_path):
    """A path with blanks, umlauts and signs that mean something in an address is opened as it is."""
    folder = tmp_path / "Amt für 50% # & Söhne"
    shutil.copytree(later, folder)
    read_only(folder)
    [(code, out, err)] = call(folder, [["status"]])
    assert code == 0, err
    assert "WIR-KO-1" in out
