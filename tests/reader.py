"""A process that may not write: calls of the command line by somebody for whom write bits count.

Tests often run as root, for whom they do not.  What makes root different is one capability: it is
dropped here, for good, and the process begins anew without it.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE = 1

Said = tuple[int, str, str]
"""Exit code, stdout, stderr."""


def read_only(folder: Path) -> None:
    """Take the write bits from a folder and all that is in it."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)


def call(folder: Path, calls: list[list[str]], **environment: str) -> list[Said]:
    """What calls of the command line say in a folder, one by one, in a process that may not write."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.reader", str(folder)],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "140", **environment},
    )
    return [tuple(said) for said in json.loads(done.stdout)]


def _give_up_writing() -> None:
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "CAP_DAC_OVERRIDE cannot be dropped")
    os.execv(sys.executable, [sys.executable, "-m", "tests.reader", sys.argv[1], "dropped"])  # noqa: S606 - ourselves


def _main() -> None:
    if sys.argv[2:] != ["dropped"]:
        _give_up_writing()
    from wirflow.cli.app import run  # noqa: PLC0415 - after the capability is gone

    calls: list[list[str]] = json.load(sys.stdin)
    os.chdir(sys.argv[1])
    found: list[Any] = []
    for args in calls:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(args)
        found.append((code, out.getvalue(), err.getvalue()))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    _main()
