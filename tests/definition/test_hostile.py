"""Hostile files end in a finding, fast and small, before anything heavy is loaded."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from wirflow.definition.portfolio import read_portfolio_text
from wirflow.definition.reader import read_workflow_text
from wirflow.definition.yaml import MAX_FINDINGS

BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
HEAD = "wirflow: 1\nworkflow: sample\nstates: {draft: {initial: true}}\n"

HOSTILE: dict[str, bytes] = {
    "alias bomb": BOMB.encode(),
    "brackets": b"[" * 10_000,
    "braces": b"{a: " * 10_000,
    "dashes": b"- " * 10_000 + b"a",
    "questions": b"? " * 10_000 + b"a",
    "fifty megabytes": b"a: b\n" * 10_000_000,
    "binary": bytes(range(256)) * 4000,
    "zeroes": bytes(1_000_000),
    "not UTF-8": b"a: \xff\xfe\n" * 100_000,
    "UTF-16": "a: 1\n".encode("utf-16") * 1000,
    "lone CR": b"a: 1\r" * 200_000,
    "unicode breaks": "a: \u2028\n".encode() * 100_000,
    "byte order marks": "\ufeff".encode() * 300_000,
    "emoji and a control": ("🙂" * 250_000 + "\x07" * 20).encode(),
    "duplicate keys": b"a: 1\n" * 200_000,
    "many keys": b"".join(b"k%d: 1\n" % n for n in range(80_000)),
    "many items": b"[" + b"a," * 500_000 + b"]",
    "long scalar": b"a: " + b"x" * 1_000_000,
    "long key": b"x" * 1_000_000 + b": 1",
    "long name": b"wirflow: 1\nworkflow: " + b"x_" * 400_000,
    "anchors": b"&a " * 300_000,
    "tags": b"!!python/object/apply:os.system [echo]\n",
    "documents": b"---\na\n" * 100_000,
    "tabs": b"\ta: 1\n" * 100_000,
    "on and no": b"on: 1\nno: 2\nwirflow: 12:30:00\n",
    "an unclosed quote": b'a: "' + b"x\n" * 400_000,
    "spaces": b" " * 1_000_000,
    "unknown keys": b"".join(b"wurkflow%d: 1\n" % n for n in range(5000)),
    "unknown fields": HEAD.encode() + b"fields: [" + b"amount, " * 5000 + b"]",
    "bad names": HEAD.encode() + b"fields:\n" + b"".join(b"  F%d: {type: x}\n" % n for n in range(2500)),
    "a huge default": HEAD.encode()
    + b"fields: {a: {type: choice, choices: [x], default: "
    + b"y" * 900_000
    + b"}}\n",
    "a wide span": HEAD.encode() + b'fields: {a: {type: span, default: "x' + b" " * 900_000 + b'y"}}\n',
    "a wide invariant": HEAD.encode() + b'invariants: {a: {eventually: "x' + b" " * 900_000 + b'y"}}\n',
    "a huge number": HEAD.encode() + b"fields: {a: {type: integer, default: " + b"9" * 900_000 + b"}}\n",
}

PROGRAM = """
import json, sys, time
from pathlib import Path
from wirflow.definition.yaml import read_file
start = time.process_time()
read_file(Path(sys.argv[1]))
spent = time.process_time() - start
heavy = {"pydantic", "cel_expr_python"}
early = sorted(name for name in sys.modules if name.split(".")[0] in heavy)
from wirflow.definition.reader import read_workflows
start = time.process_time()
reading = read_workflows([Path(sys.argv[1])])
spent = max(spent, time.process_time() - start)
late = sorted(name for name in sys.modules if name.split(".")[0] in heavy)
status = Path("/proc/self/status")
peak = 0
if status.exists():
    peak = int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1])
print(json.dumps({
    "spent": spent, "peak": peak, "early": early, "heavy": late, "workflows": list(reading.workflows),
    "lines": [item.line("de") + item.line("en") for item in reading.findings],
}))
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_in_a_finding_within_100_ms_and_64_mb(name, tmp_path):
    """Whatever a file holds: findings and no workflow, quickly, in little memory, without CEL or pydantic."""
    file = tmp_path / "hostile.yaml"
    file.write_bytes(HOSTILE[name])
    for _ in range(3):  # one of them is not held up by the rest of the machine
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(file)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.stderr == ""
        result = json.loads(done.stdout)
        if result["spent"] < 0.1:
            break
    assert result["workflows"] == []
    assert 1 <= len(result["lines"]) <= MAX_FINDINGS
    assert max(map(len, result["lines"])) < 3000
    assert result["spent"] < 0.1
    assert result["peak"] < 64 * 1024
    assert result["early"] == []
    assert result["heavy"] == []


def test_as_many_findings_as_anybody_reads():
    """A file full of slips gives the first hundred findings of each kind of reading, not thousands."""
    text = HEAD + "fields:\n" + "".join(f"  F{n}: {{type: mony}}\n" for n in range(1000))
    assert len(read_workflow_text(text).findings) == MAX_FINDINGS
    listed = HEAD + f"fields: [{'a, ' * 500}]\nroles: {{a: {{}}}}\nwarnings: [{'a, ' * 500}]\n"
    assert len(read_workflow_text(listed).findings) == 2
    keys = HEAD + "roles: {a: {" + "".join(f"k{n}: 1, " for n in range(300)) + "}}\n"
    assert len(read_workflow_text(keys).findings) == MAX_FINDINGS
    rules = (
        HEAD
        + "warnings:\n"
        + "".join(f"  w{n}: {{while: draft, when: missing > 1, text: x}}\n" for n in range(300))
    )
    assert len(read_workflow_text(rules).findings) == MAX_FINDINGS
    many = HEAD + "transitions:\n  go: [" + "{von: draft}, " * 300 + "]\n"
    assert len(read_workflow_text(many).findings) == MAX_FINDINGS
    inputs = HEAD + "transitions:\n  go: {from: draft, input: [" + "A, " * 300 + "]}\n"
    assert len(read_workflow_text(inputs).findings) == MAX_FINDINGS
    cases = "wirflow: 1\nportfolio: p\non: 2020-12-10\nas: x\ncases:\n" + "".join(
        f"  k{n}: {{}}\n" for n in range(500)
    )
    assert len(read_portfolio_text(cases, {}).findings) == MAX_FINDINGS
