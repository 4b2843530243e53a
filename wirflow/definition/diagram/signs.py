"""Signs before words, for the languages of diagrams that know no drawn ones.

Fonts of every system have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wirflow.definition.diagram.names import day
from wirflow.definition.diagram.words import SINCE
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wirflow.definition.diagram.picture import Box, Line, Mark, Picture, Way
    from wirflow.text import Lang

HERE: Final = "▶"
PASSED: Final = "✓"

_BEFORE: Final[dict[Mark, str]] = {
    "rules": "§",
    "eyes": "≠",
    "reason": "✎",
    "clock": "◷",
    "bell": "!",
    "auto": "⚙",
    "signal": "←",
    "tell": "→",
    "child": "+",
    "mail": "✉",
    "pen": "✎",
    "again": "↺",
    "kin": "∞",
}

KEYS: Final[dict[Mark, Text]] = {
    "role": Text("wer es darf", "who may do it"),
    "clock": Text("Frist", "deadline"),
    "bell": Text("Erinnerung, Eskalation", "reminder, escalation"),
    "eyes": Text("Vier-Augen-Prinzip", "four eyes"),
    "rules": Text("Bedingungen (siehe Nummer)", "conditions (see number)"),
    "auto": Text("von selbst", "by itself"),
    "signal": Text("durch einen anderen Vorgang", "by another case"),
    "tell": Text("Signal an einen anderen Vorgang", "signal to another case"),
    "child": Text("beginnt einen neuen Vorgang", "starts a new case"),
    "mail": Text("Benachrichtigung an", "notice to"),
    "pen": Text("ändert nur Angaben", "changes facts only"),
    "again": Text("bleibt und beginnt von vorn", "stays and begins anew"),
    "kin": Text("kennt andere Vorgänge seiner Art", "knows other cases of its kind"),
}
"""What the signs mean; who does something stands in round brackets, a guard in square ones."""


def told(line: Line) -> str:
    """A line with its sign and the number of its note."""
    words = line.words
    if line.mark == "guard":
        words = f"[{words}]"
    elif line.mark == "role":
        words = f"({words})"
    sign = _BEFORE.get(line.mark)
    number = f" ({line.note})" if line.note else ""
    return f"{sign} {words}{number}" if sign else words + number


def of_box(box: Box, lang: Lang) -> Iterator[str]:
    """What stands in a state."""
    mark = {"here": f"{HERE} ", "left": f"{PASSED} ", "around": f"{HERE} ", "none": ""}[box.visit]
    yield mark + box.title + (" (H)" if box.history else "")
    if box.since is not None:
        yield f"{SINCE.pick(lang)} {day(box.since, lang)}"
    for row in box.rows:
        yield told(row)


def of_way(way: Way, lang: Lang) -> Iterator[str]:
    """What stands on a way."""
    if way.origin:
        yield way.origin
    for line in way.lines:
        yield told(line)
    if way.goal:
        yield way.goal
    if way.taken:
        yield f"{PASSED} {', '.join(dict.fromkeys(day(on, lang) for on in way.taken))}"


def of_notes(picture: Picture) -> Iterator[str]:
    """The notes under a picture, and what its signs mean."""
    for note in picture.notes:
        yield f"({note.number}) {note.head}: {' – '.join(note.lines)}"
    used = {line.mark for way in picture.ways for line in way.lines}
    used |= {line.mark for box in picture.boxes for line in box.rows}
    used |= {line.mark for line in picture.panel}
    keys = [
        f"{_BEFORE[mark]} {text.pick(picture.lang)}"
        for mark, text in KEYS.items()
        if mark in used and mark in _BEFORE
    ]
    if keys:
        yield " · ".join(keys)
