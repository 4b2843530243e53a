"""The command line called as a person calls it, in this process; a practice office that is made once."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from wirflow.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Said:
    """What a call left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("WIRFLOW_OFFICE", "WIRFLOW_LANG", "WIRFLOW_DATABASE", "WIRFLOW_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def wirflow(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Call the command line; words are split at blanks unless they are given one by one."""

    def call(*words: str) -> Said:
        args = words[0].split() if len(words) == 1 else list(words)
        capsys.readouterr()
        code = run(args)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Practice offices as `wirflow demo` makes them, by the day to which they were played."""
    folder = tmp_path_factory.mktemp("demo")
    offices = {}
    for day in ("2020-12-10", "2022-01-01"):
        offices[day] = folder / day
        assert run(["demo", str(offices[day]), "--on", day, "--format", "json"]) == 0
    return offices


@pytest.fixture
def demo(made_once: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The practice office on the day of the council paper, to be changed at will; the present folder."""
    return _moved_in(made_once["2020-12-10"], tmp_path / "office", monkeypatch)


@pytest.fixture
def later(made_once: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The practice office on the first day of 2022; the present folder."""
    return _moved_in(made_once["2022-01-01"], tmp_path / "later", monkeypatch)


def _moved_in(source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(source, folder)
    monkeypatch.chdir(folder)
    return folder
