"""The page about the patterns: it tells all of them, and shows what stands in their files."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest

from tests.docs.blocks import ROOT, blocks
from tests.patterns.runner import HERE, scenarios

PAGE = ROOT / "docs" / "explanation" / "patterns.md"

_ROW = re.compile(r"^\| (\d\d) \| \[(.+)\]\(#(.+)\) \| (direct|detour|out of reach) \| (.*)\|$", re.MULTILINE)

NAMES = scenarios(HERE)


def text() -> str:
    """The page."""
    return PAGE.read_text(encoding="utf-8")


def files(number: str) -> str:
    """The definitions of a pattern."""
    found = sorted(HERE.glob(f"{number}-*.yaml"))
    return "".join(f"\n{dedent(path.read_text(encoding='utf-8'))}" for path in found)


def chapters() -> list[str]:
    """The headings of the page."""
    return re.findall(r"^## (.+)$", text(), re.MULTILINE)


def shown(title: str) -> list[str]:
    """The blocks under a heading."""
    lines = text().splitlines()
    first = lines.index(f"## {title}") + 1
    last = next((number for number, line in enumerate(lines[first:], first) if line.startswith("## ")), None)
    return [block.text for block in blocks(PAGE) if first < block.line <= (last or len(lines))]


def test_each_pattern_has_a_row_a_definition_and_a_scenario():
    """The table numbers the 20 patterns, and each number has its files."""
    rows = _ROW.findall(text())
    assert [row[0] for row in rows] == [f"{number:02}" for number in range(1, 21)]
    assert [name[:2] for name in NAMES] == [row[0] for row in rows]
    assert all((HERE / f"{name}.yaml").is_file() for name in NAMES)
    assert chapters()[:20] == [row[1] for row in rows]
    assert [row[2] for row in rows] == [
        re.sub(r"[^a-z -]", "", row[1].lower()).replace(" ", "-") for row in rows
    ]


def test_a_detour_says_why():
    """Whatever is not direct has a reason."""
    assert all(why.strip() for _, _, _, support, why in _ROW.findall(text()) if support != "direct")


def test_the_sums_are_right():
    """The page counts its own rows."""
    supports = [row[3] for row in _ROW.findall(text())]
    detours = supports.count("detour")
    takes = "takes" if detours == 1 else "take"
    assert f"{supports.count('direct')} are direct and {detours} {takes} a detour" in text()
    assert ("out of reach" in supports) == ("None is out of reach as a whole" not in text())


@pytest.mark.parametrize("name", NAMES)
def test_the_lines_that_are_shown_stand_in_the_file(name):
    """What the page shows of a pattern is in its definition, line for line."""
    title = next(row[1] for row in _ROW.findall(text()) if row[0] == name[:2])
    assert shown(title)
    for block in shown(title):
        assert f"\n{block}" in files(name[:2]), block
