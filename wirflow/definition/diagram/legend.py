"""Under a picture: what may happen everywhere, what has no room on its lines, and what its signs mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wirflow.definition.diagram.canvas import SOFT
from wirflow.definition.diagram.looks import HAIR, key
from wirflow.definition.diagram.metrics import width as wide
from wirflow.definition.diagram.picture import Line
from wirflow.definition.diagram.signs import KEYS
from wirflow.definition.diagram.type import STYLES, Style, block
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.definition.diagram.canvas import Canvas
    from wirflow.definition.diagram.picture import Mark, Picture
from wirflow.definition.diagram.type import Block

_COLUMN: Final = 250.0
_GUTTER: Final = 18.0
_NOTES: Final = Text("Bedingungen und was ihre Ablehnung sagt", "Conditions and what their refusal says")

_LINES: Final = (
    ("hand", Text("durch Menschen", "by people")),
    ("deadline", Text("durch Fristablauf", "by a deadline")),
    ("signal", Text("durch einen anderen Vorgang", "by another case")),
)
_SMALL: Final = 8.5


class Legend:
    """The part of a sheet under the drawing."""

    def __init__(self, picture: Picture, room: float, *, beside: bool) -> None:
        self._picture = picture
        columns = 1 if beside else max(1, int((room + _GUTTER) // (_COLUMN + _GUTTER)))
        blocks = self._blocks()
        self._placed, self._notes_height = _flow(blocks, columns)
        self._beside = beside
        self.aside = _COLUMN
        """How wide the notes are beside the drawing, in points."""
        self.aside_height = self._notes_height
        self._keys, self._keys_height = self._flowing(room + (_COLUMN + 30 if beside else 0))

    @property
    def height(self) -> float:
        """Of what stands under the drawing, in points."""
        notes = 0.0 if self._beside else self._notes_height + (14 if self._placed else 0)
        return notes + self._keys_height

    def _blocks(self) -> list[Block]:
        styles: dict[Mark, Style] = {
            **STYLES,
            "words": Style(_SMALL),
            "title": Style(_SMALL + 0.5, bold=True),
        }
        blocks = []
        if self._picture.panel:
            blocks.append(block(self._picture.panel, _COLUMN, styles=styles))
        for note in self._picture.notes:
            head = Line(mark="title", words=f"{note.number}  {note.head}")
            lines = [
                Line(mark="words", words=f"– {words}" if note.lines[1:] else words) for words in note.lines
            ]
            blocks.append(block([head, *lines], _COLUMN, styles=styles))
        return blocks

    def _flowing(self, room: float) -> tuple[list[tuple[float, float, str, str]], float]:
        """The keys of the signs that the picture has, in rows."""
        lang = self._picture.lang
        x, y = 0.0, 0.0
        placed = []
        for name, text in self._used():
            words = text.pick(lang)
            needs = 28 + wide(words, _SMALL) + 14
            if x and x + needs > room:
                x, y = 0.0, y + 15
            placed.append((x, y, name, words))
            x += needs
        return placed, y + 15

    def _used(self) -> list[tuple[str, Text]]:
        picture = self._picture
        marks = {line.mark for way in picture.ways for line in way.lines}
        marks |= {line.mark for box in picture.boxes for line in box.rows}
        marks |= {line.mark for line in picture.panel}
        kinds = {way.kind for way in picture.ways}
        keys = [(f"line-{kind}", text) for kind, text in _LINES if kind in kinds]
        tones = {box.tone for box in picture.boxes if not picture.children.get(box.name)}
        if any(box.final for box in picture.boxes):
            keys.append(("final", Text("Ende", "end")))
        keys += [
            (f"tone-{tone}", text)
            for tone, text in (
                ("waiting", Text("wartet", "waiting")),
                ("good", Text("günstig", "good")),
                ("bad", Text("ungünstig", "bad")),
            )
            if tone in tones
        ]
        if any(box.history for box in picture.boxes):
            keys.append(
                (
                    "history",
                    Text("kehrt dorthin zurück, wo es verlassen wurde", "comes back to where it was left"),
                )
            )
        if any(box.region for box in picture.boxes):
            keys.append(("region", Text("läuft neben den anderen", "runs beside the others")))
        if picture.has_case:
            keys.append(("here", Text("hier steht der Vorgang", "the case is here")))
            keys.append(("taken", Text("Weg des Vorgangs", "way of the case")))
        return keys + [(name, text) for name, text in KEYS.items() if name in marks]

    def draw(
        self, canvas: Canvas, x: float, y: float, room: float, *, aside: tuple[float, float] | None
    ) -> None:
        """Draw it from its upper left corner, and the notes elsewhere if they stand aside."""
        group = canvas.group("notes")
        canvas.path(group, f"M{x:.1f} {y - 8:.1f}h{room:.1f}", ink=HAIR, line=0.8)
        notes_x, notes_y = aside or (x, y)
        for left, top, item in self._placed:
            for row in item.rows:
                if row.icon:
                    canvas.sign(group, row.icon, notes_x + left, notes_y + top + row.y - 7.4, 8.6)
                canvas.text(
                    group,
                    notes_x + left + row.x,
                    notes_y + top + row.y,
                    row.words,
                    size=row.style.size,
                    bold=row.style.bold,
                    italic=row.style.italic,
                    raised=str(row.note) if row.note else None,
                )
        group = canvas.group("legend")
        top = y if aside else y + self._notes_height + (14 if self._placed else 0)
        for left, down, name, words in self._keys:
            key(canvas, group, name, x + left, top + down)
            canvas.text(group, x + left + 26, top + down + 9, words, size=_SMALL, ink=SOFT)


def _flow(blocks: list[Block], columns: int) -> tuple[list[tuple[float, float, Block]], float]:
    """Columns of about the same height, read one after the other."""
    if not blocks:
        return [], 0.0
    gap = 7.0
    total = sum(item.size.height + gap for item in blocks)
    most = max(total / columns, *(item.size.height for item in blocks))
    while True:
        placed: list[tuple[float, float, Block]] = []
        column, y = 0, 0.0
        for item in blocks:
            if y and y + item.size.height > most:
                column, y = column + 1, 0.0
            placed.append((column * (_COLUMN + _GUTTER), y, item))
            y += item.size.height + gap
        if column < columns:
            return placed, max(y_ + item.size.height for _, y_, item in placed)
        most += 8
