"""The words of a picture, set in lines: which type each has, and how much room they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wirflow.definition.diagram.layout import Size
from wirflow.definition.diagram.metrics import width, wrap
from wirflow.definition.diagram.picture import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wirflow.definition.diagram.picture import Line

LEADING: Final = 1.22
"""From one line to the next, in sizes of the type."""
ICON: Final = 11.0
"""The room of a sign before its words, in points."""


@dataclass(frozen=True, slots=True)
class Style:
    """How one kind of words is set."""

    size: float
    bold: bool = False
    italic: bool = False
    icon: str | None = None
    before: float = 0.0
    """Room above, in points."""


STYLES: Final[dict[Mark, Style]] = {
    "title": Style(9.5, bold=True),
    "guard": Style(8.5),
    "rules": Style(8.0, icon="rules"),
    "role": Style(8.5, italic=True, icon="role"),
    "eyes": Style(8.0, icon="eyes"),
    "reason": Style(8.0, icon="pen"),
    "clock": Style(8.8, bold=True, icon="clock", before=1),
    "law": Style(8.0, icon=""),
    "bell": Style(8.0, icon="bell"),
    "due": Style(9.0, bold=True, icon=""),
    "auto": Style(8.0, italic=True, icon="auto"),
    "signal": Style(8.0, italic=True, icon="signal"),
    "tell": Style(8.0, icon="tell"),
    "child": Style(8.0, icon="child"),
    "mail": Style(8.0, icon="mail"),
    "pen": Style(8.2, icon="pen"),
    "again": Style(8.2, icon="again"),
    "kin": Style(8.2, icon="kin"),
    "words": Style(8.0, italic=True),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line as it is set, from the upper left of its block."""

    y: float
    """Where its letters stand."""
    x: float
    words: str
    style: Style
    mark: Mark
    icon: str | None = None
    note: int | None = None
    """Behind the words."""
    taken: bool = False
    rule: bool = False
    """A thin line above, between the parts of a plate."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that are set, and the room they take."""

    rows: tuple[Row, ...]
    size: Size


def block(lines: Iterable[Line], room: float, *, styles: dict[Mark, Style] | None = None) -> Block:
    """Set lines in a room of this width; a block is no wider than its words."""
    table = styles or STYLES
    rows: list[Row] = []
    y = wide = 0.0
    for number, line in enumerate(lines):
        style = table[line.mark]
        indent = ICON if style.icon is not None else 0.0
        words = f"[{line.words}]" if line.mark == "guard" else line.words
        parted = line.mark == "title" and number > 0
        y += style.before + (5 if parted else 0)
        number_room = 12.0 if line.note else 0.0
        set_ = wrap(words, room - indent - number_room, style.size, bold=style.bold)
        for count, part in enumerate(set_):
            y += style.size * LEADING
            last = count == len(set_) - 1
            rows.append(
                Row(
                    y - style.size * (LEADING - 1) - 0.6,
                    indent,
                    part,
                    style,
                    line.mark,
                    icon=style.icon or None if count == 0 else None,
                    note=line.note if last else None,
                    rule=parted and count == 0,
                )
            )
            wide = max(wide, indent + width(part, style.size, bold=style.bold) + (number_room if last else 0))
    return Block(tuple(rows), Size(wide, y))


def shifted(rows: Sequence[Row], down: float) -> tuple[Row, ...]:
    """Lines further down."""
    return tuple(
        Row(row.y + down, row.x, row.words, row.style, row.mark, row.icon, row.note, row.taken, row.rule)
        for row in rows
    )
