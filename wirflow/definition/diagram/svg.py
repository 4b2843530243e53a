"""Picture → SVG: for a screen and for the wall.

Laid out downwards and to the right, and the one that comes out larger on A3 is
taken.  Nothing is told by colour alone: a tone has its sign, a final state a
double border, a deadline a dashed line and a clock, what a case did is bold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wirflow.definition.diagram import plan
from wirflow.definition.diagram.canvas import INK, PAPER, SOFT, Canvas, arrow, curve
from wirflow.definition.diagram.layout import Layout, Line as Curve, Place, Size, layout
from wirflow.definition.diagram.legend import Legend
from wirflow.definition.diagram.looks import DASH, EDGE, FILL, GROUND, HAIR, TAKEN, THICK, TRACK
from wirflow.definition.diagram.metrics import width
from wirflow.definition.diagram.names import day
from wirflow.definition.diagram.picture import Box, Line, Picture, Way
from wirflow.definition.diagram.type import ICON, STYLES, Block, Row, Style, block
from wirflow.definition.diagram.words import SINCE

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

    from wirflow.definition.diagram.layout import Direction
from wirflow.definition.diagram.picture import Mark

A3: Final = (842.0 - 57, 1191.0 - 57)
"""The printable part of a sheet, in points, upright."""

_MARGIN: Final = 28.0
_ROOMS: Final = (120.0, 150.0, 190.0)
"""The most that a line of words in a state or on a plate takes; what fits better is taken."""
_WIDEST: Final = 200.0
"""Of a word that is not broken."""
_DIRECTIONS: Final[tuple[Direction, ...]] = ("TB", "LR")
_LEAST: Final = 520.0
"""Narrower, the legend has no room."""
_GUTTER: Final = 30.0
_ASIDE: Final = 0.93
_PAD: Final = 8.0
_STATE: Final[dict[Mark, Style]] = {**STYLES, "title": Style(11.5, bold=True), "words": Style(8.5, bold=True)}
_TITLE: Final[dict[Mark, Style]] = {**STYLES, "title": Style(20, bold=True)}
_HEAD: Final[dict[Mark, Style]] = {**STYLES, "title": Style(11, bold=True)}


def svg(picture: Picture) -> str:
    """The picture as an SVG document of its own."""
    return _best(picture).written()


def _best(picture: Picture) -> _Sheet:
    """Of all ways of laying a picture out, the one that comes out largest on A3."""
    sheets = [
        _Sheet(picture, words, layout(picture, words.sizes(), direction), beside=beside)
        for room in _ROOMS
        for words in [_Set.of(picture, room)]
        for direction in _DIRECTIONS
        for beside in ((False, True) if picture.notes else (False,))
    ]
    # Notes are looked for under a drawing; aside they have to be worth it.
    return max(sheets, key=lambda sheet: sheet.scale * (_ASIDE if sheet.beside else 1))


@dataclass(frozen=True, slots=True)
class _Set:
    """The words of a picture, set."""

    states: dict[str, Block]
    heads: dict[str, Block]
    plates: dict[str, Block]

    @classmethod
    def of(cls, picture: Picture, room: float) -> _Set:
        """Set them."""
        states: dict[str, Block] = {}
        heads: dict[str, Block] = {}
        for box in picture.boxes:
            around = bool(picture.children.get(box.name))
            (heads if around else states)[box.name] = _state(box, picture, room, around=around)
        return cls(states, heads, {way.name: _plate(way, picture, room) for way in picture.ways})

    def sizes(self) -> dict[str, Size]:
        """What the layout has to know."""
        sizes = {
            plan.state_id(name): Size(max(item.size.width + 2 * _PAD + 6, 84), item.size.height + 2 * _PAD)
            for name, item in self.states.items()
        }
        sizes |= {
            name: Size(item.size.width + 2 * _PAD - 2, item.size.height + _PAD + 2)
            for name, item in self.plates.items()
        }
        sizes |= {name: Size(item.size.width + 26, item.size.height - 4) for name, item in self.heads.items()}
        return sizes


def _state(box: Box, picture: Picture, room: float, *, around: bool) -> Block:
    mark = "▶ " if box.visit == "here" else ""
    lines = [Line(mark="title", words=mark + box.title)]
    if box.since is not None:
        lines.append(Line(mark="words", words=f"{SINCE.pick(picture.lang)} {day(box.since, picture.lang)}"))
    styles = _HEAD if around else _STATE
    return block([*lines, *box.rows], 2 * room if around else _wide(lines, room, styles), styles=styles)


def _plate(way: Way, picture: Picture, room: float) -> Block:
    lines = [*way.lines]
    if way.origin:
        lines.insert(0, Line(mark="words", words=way.origin))
    if way.goal:
        lines.append(Line(mark="words", words=way.goal))
    if way.taken:
        days = ", ".join(dict.fromkeys(day(on, picture.lang) for on in way.taken))
        lines.append(Line(mark="due", words=f"✓ {days}"))
    return block(lines, _wide(lines, room, STYLES))


def _wide(lines: list[Line], room: float, styles: dict[Mark, Style]) -> float:
    """Room for the longest word of the titles: a broken word is worse than a wider box."""
    longest = max(
        (
            width(word, styles[line.mark].size, bold=styles[line.mark].bold)
            for line in lines
            if line.mark in {"title", "clock"}
            for word in line.words.split()
        ),
        default=0.0,
    )
    return max(room, min(longest + ICON, _WIDEST))


class _Sheet:
    """One way of laying a picture out."""

    def __init__(self, picture: Picture, words: _Set, placed: Layout, *, beside: bool) -> None:
        self._picture = picture
        self._set = words
        self._layout = placed
        self.beside = beside
        drawn = max(placed.width, _LEAST)
        self._legend = Legend(picture, drawn, beside=beside)
        self._width = drawn + 2 * _MARGIN + (self._legend.aside + _GUTTER if beside else 0)
        self._title = block(
            [Line(mark="title", words=picture.title)], self._width - 2 * _MARGIN, styles=_TITLE
        )
        self._top = _MARGIN + self._title.size.height + 26
        self._left = _MARGIN + (drawn - placed.width) / 2
        self._low = self._top + max(placed.height, self._legend.aside_height if beside else 0)
        self._height = self._low + self._legend.height + 22 + _MARGIN

    @property
    def scale(self) -> float:
        """How large it comes out on A3, upright or across."""
        return max(
            min(A3[0] / self._width, A3[1] / self._height), min(A3[1] / self._width, A3[0] / self._height)
        )

    def written(self) -> str:
        """As SVG."""
        picture = self._picture
        canvas = Canvas(
            self._width, self._height, lang=picture.lang, title=picture.title, about=picture.subtitle
        )
        head = canvas.group("heading")
        for row in self._title.rows:
            canvas.text(head, _MARGIN, _MARGIN + row.y, row.words, size=20, bold=True)
        canvas.text(
            head, _MARGIN, _MARGIN + self._title.size.height + 12, picture.subtitle, size=9.5, ink=SOFT
        )
        for box in picture.boxes:
            if box.name in self._layout.boxes:
                self._around(canvas, box)
        self._lines(canvas)
        for box in picture.boxes:
            if box.name in self._set.states:
                self._state(canvas, box)
        for way in picture.ways:
            self._plate(canvas, way)
        self._legend.draw(
            canvas,
            _MARGIN,
            self._low + 22,
            self._width - 2 * _MARGIN,
            aside=(self._width - _MARGIN - self._legend.aside, self._top) if self.beside else None,
        )
        return canvas.written()

    def _lines(self, canvas: Canvas) -> None:
        """All lines and the points at which they begin; what a case took comes on top."""
        for line in sorted(self._layout.lines, key=lambda line: line.edge.taken):
            self._line(canvas, line)
        begun = {
            line.edge.tail for line in self._layout.lines if line.edge.part == "start" and line.edge.taken
        }
        for name, place in self._layout.nodes.items():
            if name.startswith("start"):
                at = place.x + self._left + place.width / 2, place.y + self._top + place.height / 2
                canvas.circle(
                    canvas.group("start"), *at, place.width / 2, fill=TRACK if name in begun else INK
                )

    def _around(self, canvas: Canvas, box: Box) -> None:
        place = self._moved(self._layout.boxes[box.name])
        group = canvas.group("region" if box.region else "box", box.title)
        depth = sum(1 for _ in self._picture.around(box.name))
        inside = box.visit == "around"
        canvas.rect(
            group,
            (place.x, place.y, place.width, place.height),
            fill=GROUND[depth % len(GROUND)],
            ink=TRACK if inside else EDGE[box.tone],
            line=2.2 if inside else 1.1,
            round_=0 if box.region else 9,
            dash="7 4" if box.region else None,
        )
        rows = self._set.heads[box.name].rows
        self._rows(canvas, group, rows, place.x + 11, place.y + 6, ink=INK)
        if box.history:
            self._history(canvas, group, place)

    @staticmethod
    def _history(canvas: Canvas, group: ET.Element, place: Place) -> None:
        x, y = place.x + place.width - 14, place.y + 14
        canvas.circle(group, x, y, 7.5, fill=PAPER, ink=INK)
        canvas.text(group, x, y + 3.4, "H", size=9.5, bold=True, anchor="middle")

    def _state(self, canvas: Canvas, box: Box) -> None:
        place = self._moved(self._layout.nodes[plan.state_id(box.name)])
        here = box.visit == "here"
        state = {"none": "", "left": " left", "around": "", "here": " here"}[box.visit]
        group = canvas.group("state" + state, box.title)
        at = (place.x, place.y, place.width, place.height)
        faint = self._picture.has_case and box.visit == "none"
        edge = TRACK if here or box.visit == "left" else EDGE[box.tone]
        canvas.rect(
            group, at, fill=PAPER if faint else FILL[box.tone], ink=edge, line=3.4 if here else 1.3, round_=7
        )
        if box.final:
            gap = 3.2 if here else 2.6
            canvas.rect(
                group,
                (place.x + gap, place.y + gap, place.width - 2 * gap, place.height - 2 * gap),
                ink=edge,
                line=0.9,
                round_=5,
            )
        if box.tone != "neutral":
            canvas.sign(group, box.tone, place.x + place.width - 13, place.y + 5, 7, EDGE[box.tone])
        rows = self._set.states[box.name].rows
        self._rows(canvas, group, rows, place.x + _PAD, place.y + _PAD - 1, ink=INK)

    def _plate(self, canvas: Canvas, way: Way) -> None:
        place = self._moved(self._layout.nodes[way.name])
        title = next((line.words for line in way.lines if line.mark == "title"), "")
        group = canvas.group(f"way {way.kind}{' taken' if way.taken else ''}", title)
        canvas.rect(
            group,
            (place.x, place.y, place.width, place.height),
            fill=TAKEN if way.taken else PAPER,
            ink=TRACK if way.taken else "#7a8491",
            line=1.8 if way.taken else THICK[way.kind] * 0.8,
            round_=min(place.height / 2, 11),
            dash=DASH[way.kind],
        )
        rows = self._set.plates[way.name].rows
        self._rows(canvas, group, rows, place.x + _PAD - 1, place.y + _PAD / 2, ink=INK, across=place.width)

    @staticmethod
    def _rows(
        canvas: Canvas,
        group: ET.Element,
        rows: tuple[Row, ...],
        x: float,
        y: float,
        *,
        ink: str,
        across: float = 0,
    ) -> None:
        for row in rows:
            if row.rule and across:
                top = y + row.y - row.style.size - 2
                canvas.path(group, f"M{x:.1f} {top:.1f}h{across - 2 * _PAD:.1f}", ink=HAIR, line=0.7)
            if row.icon:
                canvas.sign(group, row.icon, x, y + row.y - 7.4, 8.6)
            canvas.text(
                group,
                x + row.x,
                y + row.y,
                row.words,
                size=row.style.size,
                bold=row.style.bold,
                italic=row.style.italic,
                ink=TRACK if row.mark == "due" else ink,
                raised=str(row.note) if row.note else None,
            )

    def _line(self, canvas: Canvas, line: Curve) -> None:
        edge = line.edge
        kind = edge.way.kind if edge.way else "hand"
        ink = TRACK if edge.taken else "#4b5663"
        thick = 2.6 if edge.taken else THICK[kind]
        group = canvas.group("line")
        canvas.path(group, curve(line.points, self._left, self._top), ink=ink, line=thick, dash=DASH[kind])
        if line.tip is not None:
            end = line.points[-1]
            canvas.path(
                group, arrow(end, line.tip, 4.2 if edge.taken else 3.2, self._left, self._top), fill=ink
            )

    def _moved(self, place: Place) -> Place:
        return Place(place.x + self._left, place.y + self._top, place.width, place.height)
