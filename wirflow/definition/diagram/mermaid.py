"""Picture → Mermaid's `stateDiagram-v2`, for documents that draw it themselves.

Mermaid knows no lines between states inside different states.  Such a line is
drawn between the states around them that stand side by side, and says in words
which ones are meant.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wirflow.definition.diagram import signs
from wirflow.definition.diagram.looks import EDGE, FILL, TRACK
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wirflow.definition.diagram.picture import Box, Picture, Way

_INK: Final = "#1b2430"
_FROM: Final = Text("aus", "from")
_TO: Final = Text("nach", "to")

# Mermaid reads these as its own signs; `#35;` is a sign by its number.
_ESCAPES: Final = str.maketrans({sign: f"#{ord(sign)};" for sign in '"#&;:<>{}[]()|`%\\*_~$'})
# At the beginning of a line these make a list or a heading …
_BEGINNING: Final = re.compile(r"^(?:[-+=]|\d+(?=\. ))")
# … and a direction is read wherever it stands.
_DIRECTION: Final = re.compile(r"(direction) +(?=TB|BT|LR|RL)", re.IGNORECASE)


def mermaid(picture: Picture) -> str:
    """The picture as Mermaid."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield "stateDiagram-v2"
    yield "  direction TB"
    yield f"  accTitle: {escaped([picture.title])}"
    yield f"  accDescr: {escaped([picture.subtitle])}"
    arrows = _arrows(picture)
    yield from _content(picture, None, arrows, "  ")
    for number, words in enumerate(_panels(picture, arrows)):
        yield f'  state "{escaped(words)}" as panel_{number + 1}'
        yield f"  class panel_{number + 1} panel"
    yield "  classDef panel fill:#ffffff,stroke:#7a8491,stroke-dasharray:4 3,text-align:left"
    yield from _classes(picture)


def _content(picture: Picture, box: str | None, arrows: _Arrows, indent: str) -> Iterator[str]:
    """The states inside a state, the starts and ends, and the lines between them."""
    children = picture.children.get(box, ())
    for number, child in enumerate(children):
        if child.region and number:
            yield f"{indent}--"
        yield from _state(picture, child, arrows, indent)
    for child in children:
        if child.initial:
            yield f"{indent}[*] --> {name_of(child.name)}"
    for source, target, words in arrows.get(box, ()):
        yield f"{indent}{name_of(source)} --> {name_of(target)} : {escaped(words)}"
    for child in children:
        if child.final:
            yield f"{indent}{name_of(child.name)} --> [*]"


def _state(picture: Picture, box: Box, arrows: _Arrows, indent: str) -> Iterator[str]:
    words = list(signs.of_box(box, picture.lang))
    loops = [told for source, told in arrows.loops if source == box.name]
    if not picture.children.get(box.name):
        yield f'{indent}state "{escaped([*words, *loops])}" as {name_of(box.name)}'
        return
    yield f'{indent}state "{escaped(words[:1])}" as {name_of(box.name)}{{'
    yield f"{indent}  direction TB"
    yield from _content(picture, box.name, arrows, indent + "  ")
    yield f"{indent}}}"


class _Arrows(dict[str | None, list[tuple[str, str, list[str]]]]):
    """Box → the lines directly in it."""

    def __init__(self) -> None:
        super().__init__()
        self.loops: list[tuple[str, str]] = []
        """What Mermaid cannot draw, told in the state where it begins."""
        self.words: list[list[str]] = []
        """What has no line, because it may begin everywhere."""


def _arrows(picture: Picture) -> _Arrows:
    arrows = _Arrows()
    for way in picture.ways:
        words = list(signs.of_way(way, picture.lang))
        if way.target is not None and way.sources:
            for source in way.sources:
                _arrow(picture, arrows, way, source, words)
        elif way.sources:
            for source in way.sources:
                _tell(picture, arrows, source, " ".join(words))
        else:
            goal = f"→ {_path(picture, way.target, None)}" if way.target else ""
            if way.home is None:
                arrows.words.append([*words, goal])
            else:
                _tell(picture, arrows, way.home, " ".join([*words, goal]))
    return arrows


def _arrow(picture: Picture, arrows: _Arrows, way: Way, source: str, words: list[str]) -> None:
    """One line, between the states around its ends that stand side by side."""
    target = way.target or source
    chain, other = _chain(picture, source), _chain(picture, target)
    shared = 0
    while shared < min(len(chain), len(other)) and chain[shared] == other[shared]:
        shared += 1
    if shared in {len(chain), len(other)}:
        _tell(picture, arrows, source, " ".join([*words, f"→ {_path(picture, target, None)}"]))
        return
    upper, lower = chain[shared], other[shared]
    home = chain[shared - 1] if shared else None
    if picture.box[upper].region:
        # Between regions Mermaid draws nothing.
        _tell(picture, arrows, source, " ".join([*words, f"→ {_path(picture, target, home)}"]))
        return
    told = list(words)
    if upper != source:
        told.insert(0, f"{_FROM.pick(picture.lang)} {_path(picture, source, upper)}")
    if lower != target:
        told.append(f"{_TO.pick(picture.lang)} {_path(picture, target, lower)}")
    if way.taken and source not in way.taken_from:
        told = [line for line in told if not line.startswith(signs.PASSED)]
    lines = arrows.setdefault(home, [])
    for number, (start, end, known) in enumerate(lines):
        # One line for all that leads from one state to another.
        if (start, end) == (upper, lower):
            lines[number] = (start, end, [*known, *told])
            return
    lines.append((upper, lower, told))


def _tell(picture: Picture, arrows: _Arrows, name: str, words: str) -> None:
    """What has no line is told in a state; in one around others, in the first of them."""
    while picture.children.get(name):
        name = picture.children[name][0].name
    arrows.loops.append((name, words))


def _chain(picture: Picture, name: str) -> list[str]:
    return [*reversed(list(picture.around(name))), name]


def _path(picture: Picture, name: str, below: str | None) -> str:
    """The titles of a state and of those around it, up to one that is not told."""
    chain = _chain(picture, name)
    told = chain[chain.index(below) + 1 :] if below in chain else chain
    return " / ".join(picture.box[one].title for one in told)


def _panels(picture: Picture, arrows: _Arrows) -> Iterator[list[str]]:
    if picture.panel:
        yield [signs.told(line) for line in picture.panel]
    yield from arrows.words
    notes = list(signs.of_notes(picture))
    if notes:
        yield notes


def _classes(picture: Picture) -> Iterator[str]:
    leaves = [box for box in picture.boxes if not picture.children.get(box.name)]
    for tone, fill in FILL.items():
        names = [name_of(box.name) for box in leaves if box.tone == tone]
        if names:
            yield f"  classDef {tone} fill:{fill},stroke:{EDGE[tone]},color:{_INK}"
            yield f"  class {','.join(names)} {tone}"
    here = [name_of(box.name) for box in leaves if box.visit == "here"]
    if here:
        yield f"  classDef here stroke:{TRACK},stroke-width:4px,font-weight:bold"
        yield f"  class {','.join(here)} here"


def name_of(state: str) -> str:
    """A name that Mermaid does not keep for itself, such as `end`, and without points."""
    return f"s_{state.replace('.', '__')}"


def escaped(lines: Iterable[str]) -> str:
    """Words as a label of Mermaid."""
    return "<br/>".join(_escaped(line) for line in lines if line)


def _escaped(words: str) -> str:
    words = _DIRECTION.sub(r"\1#32;", words.translate(_ESCAPES))
    return _BEGINNING.sub(lambda found: "".join(f"#{ord(sign)};" for sign in found[0]), words)
