"""Of which workflow a case will be that does not exist yet, told by its key alone."""

from __future__ import annotations

import re
from functools import lru_cache
from string import Formatter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wirflow.definition.model import Start, Workflow

_PARTS: Final = {"key": r"(?P<key>.+)", "year": r"[0-9]{1,4}", "number": r"[0-9]+", "item": r"[^/]+"}


def kin(key: str, cases: Mapping[str, str], workflows: Mapping[str, Workflow]) -> str | None:
    """The workflow of a case that some other case may start.

    Args:
        key: what it is called.
        cases: the cases that there are, key → workflow.
        workflows: the definitions, by their names.

    Returns:
        The name of its workflow; None if no case can start one of that key.
    """
    starts = [
        (workflow, start)
        for workflow in workflows.values()
        for item in workflow.transitions
        for start in item.start
    ]
    # What may be any word comes last: it also looks like what others mean.
    for workflow, start in sorted(starts, key=lambda row: "{item}" in pattern(row[1])):
        match = _spelled(start).fullmatch(key)
        if match is None or len(match["key"]) >= len(key):
            continue
        parent = match["key"]
        known = cases[parent] if parent in cases else kin(parent, cases, workflows)
        if known == workflow.name:
            return workflow.children_by_name[start.children].workflow
    return None


def pattern(start: Start) -> str:
    """How the keys of the children are made that a start brings."""
    usual = "-{year}" if start.years else "-{number}" if start.each else ""
    return start.key or f"{{key}}/{{child}}{usual}"


@lru_cache(maxsize=512)
def _spelled(start: Start) -> re.Pattern[str]:
    """What the keys of a start's children look like; siblings of one key are numbered."""
    found = []
    for text, name, _, _ in Formatter().parse(pattern(start)):
        found.append(re.escape(text))
        if name == "child":
            found.append(re.escape(start.children))
        elif name:
            # A key that stands there twice is the same twice.
            found.append("(?P=key)" if name == "key" and "(?P<key>" in "".join(found) else _PARTS[name])
    return re.compile(f"{''.join(found)}(?:-[0-9]+)?")
