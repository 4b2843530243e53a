"""The few shapes of which our pictures are made, as SVG that needs nothing beside itself."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET

FONT: Final = "Inter, 'Segoe UI', 'DejaVu Sans', sans-serif"
INK: Final = "#1f2933"
SOFT: Final = "#66727f"
GRID: Final = "#dde3e9"
WIDTH_OF_SIGN: Final = 0.58
"""Of a letter, in parts of the size of the type."""


class Picture:
    """A picture with a white ground."""

    def __init__(self, width: float, height: float, title: str) -> None:
        ET.register_namespace("", "http://www.w3.org/2000/svg")
        self._root = ET.Element(
            "{http://www.w3.org/2000/svg}svg",
            {
                "width": _number(width),
                "height": _number(height),
                "viewBox": f"0 0 {_number(width)} {_number(height)}",
                "role": "img",
                "font-family": FONT,
            },
        )
        self._width, self._height = width, height
        self._add("title").text = title
        self.box(0, 0, width, height, "#ffffff")

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        *,
        tip: str | None = None,
        round_: float = 0,
        faint: bool = False,
        edge: str | None = None,
        dashed: bool = False,
    ) -> None:
        """A rectangle; `tip` shows when somebody points at it."""
        shape = self._add("rect", x=x, y=y, width=max(width, 0), height=height, fill=fill)
        if round_:
            shape.set("rx", _number(round_))
        if faint:
            shape.set("opacity", "0.4")
        if edge:
            shape.set("stroke", edge)
        if dashed:
            shape.set("stroke-dasharray", "4 3")
        _tip(shape, tip)

    def line(  # noqa: PLR0917 - the four numbers of a line
        self, x1: float, y1: float, x2: float, y2: float, ink: str = GRID, width: float = 1
    ) -> None:
        """A straight line."""
        shape = self._add("line", x1=x1, y1=y1, x2=x2, y2=y2)
        shape.set("stroke", ink)
        shape.set("stroke-width", _number(width))

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 12,
        ink: str = INK,
        bold: bool = False,
        anchor: str = "start",
    ) -> None:
        """A line of text; `y` is where its letters stand."""
        shape = self._add("text", x=x, y=y, fill=ink)
        shape.set("font-size", _number(size))
        shape.set("text-anchor", anchor)
        if bold:
            shape.set("font-weight", "600")
        shape.text = words

    def path(
        self, d: str, *, fill: str = "none", ink: str = INK, width: float = 1.5, tip: str | None = None
    ) -> None:
        """A free shape."""
        shape = self._add("path")
        shape.set("d", d)
        shape.set("fill", fill)
        shape.set("stroke", ink)
        shape.set("stroke-width", _number(width))
        _tip(shape, tip)

    def below(self, other: Picture) -> None:
        """Put another picture under this one; it becomes a part of it."""
        other._root.set("y", _number(self._height))
        self._root.append(other._root)
        self._width = max(self._width, other._width)
        self._height += other._height
        self._root.set("width", _number(self._width))
        self._root.set("height", _number(self._height))
        self._root.set("viewBox", f"0 0 {_number(self._width)} {_number(self._height)}")

    def written(self) -> str:
        """The whole picture as text."""
        ET.indent(self._root)
        return ET.tostring(self._root, encoding="unicode") + "\n"

    def _add(self, name: str, **numbers: float | str) -> ET.Element:
        given = {key: value if isinstance(value, str) else _number(value) for key, value in numbers.items()}
        return ET.SubElement(self._root, f"{{http://www.w3.org/2000/svg}}{name}", given)


def fitting(words: str, width: float, size: float) -> str:
    """As much of a text as a width has room for; nothing if that would say nothing."""
    room = int(width / (size * WIDTH_OF_SIGN))
    if len(words) <= room:
        return words
    least = 4
    return f"{words[: room - 1].rstrip()}…" if room > least else ""


def _tip(shape: ET.Element, words: str | None) -> None:
    if words:
        ET.SubElement(shape, "{http://www.w3.org/2000/svg}title").text = words


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
