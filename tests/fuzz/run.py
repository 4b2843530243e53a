"""One run of a seed, that can be taken up again, and the failures that it found."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.fuzz.kinds import SETTINGS, Stage
from tests.fuzz.minimise import minimised
from tests.fuzz.work import failing, signature

OUT: Final = Path(__file__).parents[2] / "build" / "fuzz"
KILLED: Final = "killed"


@dataclass
class Run:
    """One run of a seed, that can be taken up again."""

    seed: int
    count: int
    done: set[int] = field(default_factory=set)
    """Chunks."""
    failures: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Signature → the first mutant, and how many."""

    @property
    def state(self) -> Path:
        """Where the run is kept."""
        return OUT / f"{self.seed}.json"

    def load(self) -> None:
        """Take it up again."""
        if self.state.exists():
            kept = json.loads(self.state.read_text(encoding="utf-8"))
            self.done = {number for first, last in kept["done"] for number in range(first, last + 1)}
            self.failures = kept["failures"]

    def save(self) -> None:
        """Keep it."""
        spans: list[list[int]] = []
        for number in sorted(self.done):
            if spans and spans[-1][1] == number - 1:
                spans[-1][1] = number
            else:
                spans.append([number, number])
        self.state.parent.mkdir(parents=True, exist_ok=True)
        self.state.write_text(
            json.dumps({"done": spans, "failures": self.failures}, indent=1), encoding="utf-8"
        )

    def failed(self, number: int, kind: str, what: str) -> bool:
        """Take note of a failure; whether it is a new one."""
        known = self.failures.get(what)
        if known is not None:
            known["count"] += 1
            return False
        self.failures[what] = {"number": number, "kind": kind, "count": 1}
        return True


def shown(run: Run, number: int, kind: str, what: str) -> None:
    """Make a failing file small, and keep it."""
    name = f"{kind}-{hashlib.sha256(what.encode()).hexdigest()[:8]}"
    suffix = ".toml" if kind == SETTINGS else ".yaml"
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        _, raw = stage.mutant(run.seed, number)
        lines = [f"{what}", f"seed {run.seed}, number {number}"]
        if what.startswith(KILLED):
            small = raw
        else:

            def same(text: bytes) -> bool:
                error = failing(stage, kind, text, number)
                return error is not None and signature(error) == what

            small = minimised(raw, same, seconds=20)
            error = failing(stage, kind, small, number)
            if error is not None:
                lines += traceback.format_exception(error)
    (OUT / f"{name}{suffix}").write_bytes(small)
    (OUT / f"{name}.txt").write_text("\n".join(lines), encoding="utf-8")
    sys.stderr.write(f"\n{what}\n  {OUT / name}{suffix}\n")
