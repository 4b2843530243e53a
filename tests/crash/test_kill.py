"""A process that is killed in the middle leaves nothing or everything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", ["submit", "drain", "begin"])
def test_a_killed_process_leaves_nothing_or_everything(tmp_path, kind):
    """Killed around or inside any statement from BEGIN to the end of COMMIT, no half is left."""
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
    assert {where for where, _, _ in steps} >= {
        "before BEGIN",
        "after INSERT",
        "before COMMIT",
        "after COMMIT",
    }
    assert [there for _, _, there in steps] == [expected for _, expected, _ in steps]
    assert steps[0][2] == 0
    assert steps[-1][2] > 0
    inside = [there for _, _, there in fates["instructions"]]
    assert len(inside) > 50
    assert None not in inside
    assert inside == sorted(inside)
