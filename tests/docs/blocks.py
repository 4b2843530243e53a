"""The blocks of code in the pages of the documentation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

_FENCE = re.compile(r"(?P<fence>`{3,}|:{3,})(?P<info>[^`\n]*)")
_DIRECTIVE = re.compile(r"\{code-block\} *(?P<lang>\w+)")
_INCLUDE = re.compile(r"\{literalinclude\} *(?P<path>\S+)")
_OPTION = re.compile(r":(?P<name>\w+): *(?P<value>.*)")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block."""

    page: Path
    line: int
    """Of its first line of content."""
    lang: str
    caption: str | None
    """The path of the file that the reader is to write, where the block is one."""
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    """All blocks of a page, in their order; what stands inside a directive is not looked at."""
    found = []
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        opening = _FENCE.fullmatch(lines[number].strip())
        number += 1
        if opening is None:
            continue
        start = number
        while number < len(lines) and lines[number].strip() != opening["fence"]:
            number += 1
        body = lines[start:number]
        number += 1
        info = opening["info"].strip()
        directive = _DIRECTIVE.fullmatch(info)
        include = _INCLUDE.fullmatch(info)
        options = {}
        while (directive or include) and body and (option := _OPTION.fullmatch(body[0])):
            options[option["name"]] = option["value"]
            body, start = body[1:], start + 1
        found.append(
            Block(
                page=page,
                line=start + 1,
                # A file that is shown is no program of the page's own.
                lang=directive["lang"] if directive else "" if include else info,
                caption=options.get("caption"),
                text=(page.parent / include["path"]).read_text(encoding="utf-8")
                if include
                else "\n".join(body).strip("\n") + "\n",
            )
        )
    return tuple(found)


def written_in(*langs: str) -> list[Block]:
    """All blocks of all pages in some languages."""
    return [block for page in PAGES for block in blocks(page) if block.lang in langs]


def words(page: Path) -> str:
    """A page without its blocks."""
    text = page.read_text(encoding="utf-8")
    for block in blocks(page):
        text = text.replace(block.text.strip("\n"), "")
    return text
