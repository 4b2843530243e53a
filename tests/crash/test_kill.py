"""A process that is killed in the middle leaves nothing or everything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", ["submit", "drain"])
def test_a_killed_process_leaves_nothing_or_everything(tmp_path, kind):
    """Killed before or after any statement from BEGIN to the end of COMMIT, or inside one, no half is left."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.kill", str(tmp_path), kind],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    fates = json.loads(done.stdout)
    steps = fates["steps"]
    assert {where for where, _ in steps} >= {"before BEGIN", "after INSERT", "before COMMIT", "after COMMIT"}
    assert {fate for _, fate in steps} == {"nothing", "everything"}
    assert dict(map(tuple, steps))["before COMMIT"] != "torn"
    assert [fate for where, fate in steps if where == "after COMMIT"][-1] == "everything"
    assert len(fates["instructions"]) > 50
    assert {fate for _, fate in fates["instructions"]} <= {"nothing", "everything"}
