"""Runs the `console` blocks of a page as a reader would type them, and compares what is printed.

`$ ` begins a command; what follows up to the next one is what it prints, on
stdout and stderr together.  `…` in it stands for anything, on a line of its own
for any lines.  A command that fails must be followed by `$ echo $?`, so that the
reader sees the exit code.

`wirflow` runs in this process, through the door that the program itself uses;
`make TARGET` runs what the Makefile says last for it; `cd`, `export`, `source` and
`echo $?` are known; everything else is run by a shell.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.blocks import ROOT, Block

HOME = "/home/you"
"""What the folder in which a page is played is called in the documentation."""

COLUMNS = "100"

_PROMPT = "$ "
_MORE = "> "
_SHELL = re.compile(r"[|&;<>*?~`]|\$\(")
_VARIABLE = re.compile(r"[A-Z_]+=\S*")


@dataclass
class Reader:
    """Somebody who types what a page says, in a folder of their own."""

    home: Path
    here: Path = field(init=False)
    code: int = 0
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.here = self.home

    def write(self, block: Block) -> None:
        """Write the file whose path is the caption of a block."""
        path = self.here / str(block.caption)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def follow(self, block: Block) -> list[str]:
        """Type the commands of a block; what went otherwise than it says."""
        wrong = []
        pending: str | None = None
        for command, expected in commands(block.text):
            if command != "echo $?" and pending:
                wrong.append(pending)
            printed = self.type(command)
            pending = None
            if self.code and command != "echo $?":
                pending = f"{block}: '{command}' ended with {self.code}:\n{printed}"
            if not alike(expected, printed):
                wrong.append(f"{block}: '{command}' printed\n{printed}\ninstead of\n{expected}")
        return [*wrong, *([pending] if pending else [])]

    def type(self, command: str) -> str:
        """Run one command in the present folder; what it printed."""
        if command == "echo $?":
            return f"{self.code}\n"
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            self.variables[name] = value
            return ""
        words = [] if _SHELL.search(command) else shlex.split(command)
        variables = {}
        while words and _VARIABLE.fullmatch(words[0]):
            name, _, value = words.pop(0).partition("=")
            variables[name] = value
        if words[:1] == ["make"]:
            words = made(words[1])
        if words[:1] == ["source"]:
            return ""  # it puts `wirflow` on the path, where it is already
        if words[:1] == ["cd"]:
            self.here = (self.here / words[1]).resolve()
            self.code = 0
            return ""
        ours = words[:1] == ["wirflow"]
        printed = self._wirflow(words[1:], variables) if ours else self._shell(command)
        return printed.replace(str(self.home), HOME)

    def _wirflow(self, args: list[str], variables: dict[str, str]) -> str:
        from wirflow.cli.app import run  # noqa: PLC0415 - only pages with commands need it

        before, folder = dict(os.environ), Path.cwd()
        printed = io.StringIO()
        os.environ.update({"COLUMNS": COLUMNS, **self.variables, **variables})
        os.chdir(self.here)
        try:
            with redirect_stdout(printed), redirect_stderr(printed):
                self.code = run(args)
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(before)
        return printed.getvalue()

    def _shell(self, command: str) -> str:
        bin_ = str(Path(sys.executable).parent)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.here,
            env={
                **os.environ,
                "PATH": f"{bin_}:{os.environ['PATH']}",
                "COLUMNS": COLUMNS,
                "TERM": "dumb",
                **self.variables,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.code = done.returncode
        return done.stdout


def commands(text: str) -> list[tuple[str, str]]:
    """The commands of a block and what each is said to print."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith(_PROMPT):
            found.append((line.removeprefix(_PROMPT), []))
        elif line.startswith(_MORE) and found and not found[-1][1] and found[-1][0].endswith("\\"):
            found[-1] = (found[-1][0].removesuffix("\\") + line.removeprefix(_MORE).lstrip(), [])
        else:
            assert found, f"a block begins with output: {line}"
            found[-1][1].append(line)
    return [(command, "\n".join(lines).strip("\n")) for command, lines in found]


def alike(expected: str, printed: str) -> bool:
    """Whether a text is what was expected, blanks at the ends of lines aside."""
    pattern = ""
    for line in expected.splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.rstrip().split("…")) + r"\n"
    shown = "".join(f"{line.rstrip()}\n" for line in printed.strip("\n").splitlines())
    return re.fullmatch(pattern, shown) is not None


def made(target: str) -> list[str]:
    """The words of the last command with which the Makefile makes a target."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    rule = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert rule, f"the Makefile has no {target}"
    return shlex.split(rule[1].splitlines()[-1].replace("$(BIN)/", ""))
