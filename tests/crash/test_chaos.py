"""Real workers are killed at random, 200 times, and nothing is lost and nothing is doubled."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("database", "kills"), [("postgresql", 140), ("sqlite", 60)])
def test_workers_that_are_killed_lose_nothing_and_double_nothing(database, kills):
    """Workers, people and a server that die at any moment leave tables in which every law holds."""
    words = ("--database", database, "--kills", str(kills), "--seed", "20")
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.chaos", *words],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"seed 20, {database}: killed" in done.stdout
    # They meant something: many died in the middle of what must not be left half done, and much was done.
    died = re.search(r"killed inside a transaction (\d+), in a delivery (\d+)", done.stdout)
    assert died, done.stdout
    assert int(died[1]) >= kills // 5, done.stdout
    assert re.search(r"people heard .*[1-9]\d* done.*notices: .*[1-9]\d{2,} sent", done.stdout), done.stdout
