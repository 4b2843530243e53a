"""The pages are played as a reader plays them: files written, commands typed, programs run, in order."""

from __future__ import annotations

import re
import sys
from types import ModuleType

import pytest

from tests.docs.blocks import PAGES, ROOT, blocks, written_in
from tests.docs.console import Reader, alike, commands
from wirflow.cli.app import COMMANDS, load, root


def played(page) -> bool:
    """Whether there is something to do on a page."""
    return any(block.lang in {"console", "python"} or block.caption for block in blocks(page))


PLAYED = [page for page in PAGES if played(page)]


@pytest.mark.parametrize("page", PLAYED, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_goes_as_it_is_written(page, tmp_path, monkeypatch):
    """Every command prints what the page shows, and every program runs, in a fresh folder."""
    for name in ("WIRFLOW_OFFICE", "WIRFLOW_LANG", "WIRFLOW_DATABASE", "WIRFLOW_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    reader = Reader(tmp_path)
    names: dict[str, object] = {}
    wrong: list[str] = []
    for block in blocks(page):
        if block.caption and not block.lang:
            reader.write(block)  # a file of this house, which the reader has from the beginning
    for block in blocks(page):
        if block.caption and block.lang:
            reader.write(block)
        if block.lang == "console":
            wrong += reader.follow(block)
        elif block.lang == "python":
            monkeypatch.chdir(reader.here)
            execute(block, names, monkeypatch)
    if wrong:
        pytest.fail("\n\n".join(wrong), pytrace=False)


def execute(block, names, monkeypatch):
    """Run a program of a page; those of one page share their names."""
    module = ModuleType("example")
    module.__dict__.update(names)
    monkeypatch.setitem(sys.modules, "example", module)
    code = "\n" * (block.line - 1) + block.text
    exec(compile(code, str(block.page), "exec"), module.__dict__)  # noqa: S102 - our own pages
    names.update({name: value for name, value in vars(module).items() if not name.startswith("__")})


def everything() -> str:
    """All pages in one."""
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_told_and_shown(name):
    """Each command is described in the reference and typed on some page."""
    typed = [command for block in written_in("console") for command, _ in commands(block.text)]
    assert any(re.match(rf"(?:\w+=\S+ )*wirflow (?:--\w+ \S+ )*{name}\b", command) for command in typed)
    assert f"wirflow {name}" in (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")


def options(command) -> set[str]:
    """All long options of a command and of its verbs."""
    own = {name for parameter in command.params for name in parameter.opts if name.startswith("--")}
    return own.union(*(options(child) for child in getattr(command, "commands", {}).values()))


def test_each_global_option_is_told():
    """What may stand before any command stands on some page."""
    known = options(root())
    assert {"--office", "--lang", "--version"} <= known
    for option in known:
        assert option in everything(), option


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_is_told(name):
    """Each option of each command stands on some page."""
    text = everything()
    for option in options(load(name)):
        assert option in text, option


def test_the_comparison_sees_differences():
    """The ellipsis stands for anything; everything else has to be there."""
    assert alike("a\n…\nb …", "a\n1\n2\nb 3\n")
    assert alike("", "")
    assert not alike("a\nb", "a\nc\n")
    assert not alike("a", "a\nb\n")
    assert not alike("a …\nb", "a c\n")


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_the_links_of_a_page_outside_of_the_docs_lead_somewhere(name):
    """Links to files of this house lead to files that exist; those inside docs/ are checked by Sphinx."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).is_file()] == []
