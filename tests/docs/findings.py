"""The page of findings, made from their catalogue.

    python -m tests.docs.findings > docs/reference/findings.md

The examples are the broken files of the tests: what stands behind `!!` is what is found there.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tests.docs.blocks import ROOT
from wirflow.definition.check import check
from wirflow.definition.codes import CHAPTERS
from wirflow.definition.reader import read_workflows
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wirflow.definition.code import Code
    from wirflow.definition.finding import Finding

PAGE = ROOT / "docs" / "reference" / "findings.md"

FOLDER = ROOT / "tests" / "definition"

HEAD = """\
<!-- Made by `python -m tests.docs.findings`; a test compares. -->

# Findings

`wirflow check` and `wirflow test` print one line for each thing that is wrong in a file:
`file:line:column: what is wrong, what was meant [code]`. The code is stable. An error forbids to use the
file, a warning does not. `--format json`, `csv` and (for `check`) `sarif` give the same to programs.

Most examples below are cut out of the files in `tests/definition/broken/`, and the line under each is what is
found there. [](errors.md#findings-of-a-check) has the codes in short.
"""

_MARK = re.compile(r"\s*# !!.*$")


class Example(NamedTuple):
    """A place in a broken file, with what is found there."""

    lines: tuple[str, ...]
    told: str


@cache
def examples() -> dict[str, Example]:
    """Code → the first broken file that shows it."""
    found: dict[str, Example] = {}
    for path in sorted((FOLDER / "broken").glob("*.yaml")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for finding in findings(path):
            if finding.code not in found:
                told = f"{finding.place.line}:{finding.place.column}: {finding.message.en}"
                hint = f" {finding.hint.en}" if finding.hint else ""
                found[finding.code] = Example(
                    excerpt(lines, finding.place.line), f"{path.name}:{told}{hint} [{finding.code}]"
                )
    return found


def findings(path: Path) -> list[Finding]:
    """What reader and checks find in a broken file."""

    def templates(name: str, _workflow: object, _with_deadline: object) -> Sequence[Text]:
        return () if name == "letter" else (Text.same(f"The template {name} is missing."),)

    reading = read_workflows([FOLDER / "companion.yaml", path])
    return [*reading.findings, *check(reading, template_problems=templates)]


def excerpt(lines: Sequence[str], number: int) -> tuple[str, ...]:
    """A line with those above it that it belongs to."""
    line = _MARK.sub("", lines[number - 1]).replace("\t", "→")
    kept, depth = [line], len(line) - len(line.lstrip())
    for above in reversed(lines[: number - 1]):
        indent = len(above) - len(above.lstrip())
        if above.strip() and not above.lstrip().startswith("#") and indent < depth:
            kept.append(_MARK.sub("", above))
            depth = indent
    return tuple(reversed(kept))


def page() -> str:
    """The whole page."""
    return "\n".join(
        [HEAD, *(part for chapter in CHAPTERS for part in _chapter(chapter.title, chapter.codes))]
    )


def _chapter(title: Text, codes: Sequence[Code]) -> Iterator[str]:
    yield f"## {title.en}\n"
    for code in codes:
        yield from _entry(code)


def _entry(code: Code) -> Iterator[str]:
    kind = " *A warning.*" if code.severity == "warning" else ""
    yield f"### `{code.name}`\n"
    yield f"{code.means.en}{kind} {code.mend.en}\n"
    example = examples().get(code.name)
    if example:
        yield "\n".join(["```text", *example.lines, "", example.told, "```\n"])


if __name__ == "__main__":
    sys.stdout.write(page())
