"""Shapes, signs and words as SVG that needs nothing beside itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from wirflow.definition.diagram.metrics import FAMILY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wirflow.text import Lang

INK: Final = "#1b2430"
SOFT: Final = "#4b5663"
PAPER: Final = "#ffffff"

_SVG: Final = "http://www.w3.org/2000/svg"

# Each sign fits into a square of 10; strokes are drawn, `*` is filled.
SIGNS: Final[dict[str, str]] = {
    "clock": "M5 1a4 4 0 1 0 .01 0M5 2.6V5l1.9 1.2",
    "auto": (
        "M5 3.2a1.8 1.8 0 1 0 .01 0M5 .8v1.6M5 7.6v1.6M.8 5h1.6M7.6 5h1.6"
        "M2 2l1.2 1.2M6.8 6.8L8 8M8 2L6.8 3.2M3.2 6.8L2 8"
    ),
    "role": "M5 1.2a1.8 1.8 0 1 0 .01 0M1.8 9c0-4.2 6.4-4.2 6.4 0z",
    "eyes": "M.8 5c1.6-3.4 6.8-3.4 8.4 0c-1.6 3.4-6.8 3.4-8.4 0zM5 3.8a1.2 1.2 0 1 0 .01 0",
    "rules": "M1 2.4l1 1l1.6-2M1 7l1 1l1.6-2M5.2 2.6h4M5.2 7.2h4",
    "bell": "M2 7.2c1-1 .8-2.2 1-3.6c.4-2.6 3.6-2.6 4 0c.2 1.4 0 2.6 1 3.6zM4.2 8.6h1.6",
    "mail": "M.8 2.2h8.4v5.8h-8.4zM.8 2.4l4.2 3.2l4.2-3.2",
    "tell": "M.8 5h5M4 2.6L6.4 5L4 7.4M8.6 1.4v7.2",
    "signal": "M9.2 5h-5M6.4 2.6L9 5L6.4 7.4M1.4 1.4v7.2M4 5h3",
    "child": "M1 1.4v4.4h4.4M4 4l1.8 1.8L4 7.6M6.4 3.6h3v4.4h-3z",
    "kin": "M3.6 1.4a2 2 0 1 0 .01 0M6.4 4.6a2 2 0 1 0 .01 0",
    "pen": "M1.4 8.6l.6-2.2l5.2-5.2l1.6 1.6l-5.2 5.2zM6.2 2.2l1.6 1.6",
    "again": "M8.4 5a3.4 3.4 0 1 1-1.2-2.6M7.6 .6v2.2h-2.2",
    "good": "M5 1v8M1 5h8",
    "bad": "M5 .8v5M5 8v.8",
    "waiting": "M1.4 5h.4M4.8 5h.4M8.2 5h.4",
}


class Canvas:
    """A picture with a white ground."""

    def __init__(self, width: float, height: float, *, lang: Lang, title: str, about: str) -> None:
        ET.register_namespace("", _SVG)
        self.root = ET.Element(
            f"{{{_SVG}}}svg",
            {
                # Points, so that a printer knows its size; a browser shows it at that size, too.
                "width": f"{number(width)}pt",
                "height": f"{number(height)}pt",
                "viewBox": f"0 0 {number(width)} {number(height)}",
                "role": "img",
                "lang": lang,
                "aria-labelledby": "title about",
                "font-family": FAMILY,
                "fill": "none",
            },
        )
        self._element(self.root, "title", id="title").text = title
        self._element(self.root, "desc", id="about").text = about
        self.rect(self.root, (0, 0, width, height), fill=PAPER)

    @staticmethod
    def _element(parent: ET.Element, name: str, **marks: str) -> ET.Element:
        given = {key.rstrip("_").replace("_", "-"): value for key, value in marks.items()}
        return ET.SubElement(parent, f"{{{_SVG}}}{name}", given)

    def group(self, name: str, tip: str | None = None, parent: ET.Element | None = None) -> ET.Element:
        """What belongs together; `tip` is read out, and shows when somebody points at it."""
        group = self._element(self.root if parent is None else parent, "g", class_=name)
        if tip:
            self._element(group, "title").text = tip
        return group

    def rect(
        self,
        parent: ET.Element,
        at: tuple[float, float, float, float],
        *,
        fill: str = "none",
        ink: str | None = None,
        line: float = 1,
        round_: float = 0,
        dash: str | None = None,
    ) -> None:
        """A rectangle: x, y, width, height."""
        x, y, width, height = at
        marks = {
            "x": number(x),
            "y": number(y),
            "width": number(max(width, 0)),
            "height": number(max(height, 0)),
        }
        if round_:
            marks["rx"] = number(round_)
        marks["fill"] = fill
        if ink:
            marks |= {"stroke": ink, "stroke-width": number(line)}
        if dash:
            marks["stroke-dasharray"] = dash
        self._element(parent, "rect", **marks)

    def circle(
        self, parent: ET.Element, x: float, y: float, radius: float, *, fill: str, ink: str | None = None
    ) -> None:
        """A circle around a point."""
        marks = {"cx": number(x), "cy": number(y), "r": number(radius), "fill": fill}
        if ink:
            marks["stroke"] = ink
        self._element(parent, "circle", **marks)

    def path(
        self,
        parent: ET.Element,
        d: str,
        *,
        ink: str | None = None,
        line: float = 1,
        fill: str | None = None,
        dash: str | None = None,
    ) -> None:
        """A free shape."""
        marks = {"d": d}
        if ink:
            marks |= {"stroke": ink, "stroke-width": number(line)}
        if fill:
            marks["fill"] = fill
        if dash:
            marks["stroke-dasharray"] = dash
        self._element(parent, "path", **marks)

    def sign(  # noqa: PLR0917 - what, and where
        self, parent: ET.Element, name: str, x: float, y: float, size: float, ink: str = SOFT
    ) -> None:
        """A sign in a square; `x` and `y` are its upper left corner."""
        scale = size / 10
        self._element(
            parent,
            "path",
            d=SIGNS[name],
            transform=f"translate({number(x)} {number(y)}) scale({number(scale)})",
            stroke=ink,
            stroke_width=number(1 / scale * 0.9),
            stroke_linecap="round",
            stroke_linejoin="round",
        )

    def text(
        self,
        parent: ET.Element,
        x: float,
        y: float,
        words: str,
        *,
        size: float,
        ink: str = INK,
        bold: bool = False,
        italic: bool = False,
        anchor: str | None = None,
        raised: str | None = None,
    ) -> None:
        """A line of text; `y` is where its letters stand; `raised` follows it as the number of a note."""
        marks = {"x": number(x), "y": number(y), "font-size": number(size), "fill": ink}
        if bold:
            marks["font-weight"] = "bold"
        if italic:
            marks["font-style"] = "italic"
        if anchor:
            marks["text-anchor"] = anchor
        element = self._element(parent, "text", **marks)
        element.text = words
        if raised:
            span = self._element(
                element,
                "tspan",
                font_size=number(size * 0.75),
                dy=number(-size * 0.3),
                dx="1.5",
                font_weight="bold",
            )
            span.text = raised

    def written(self) -> str:
        """The whole picture as text."""
        ET.indent(self.root, space=" ")
        return ET.tostring(self.root, encoding="unicode") + "\n"


def number(value: float) -> str:
    """A number with one digit behind the point, which is a fiftieth of a millimetre; 0.05 and less is 0."""
    words = f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}"
    words = words.rstrip("0").rstrip(".") if "." in words else words
    return "0" if words in {"-0", ""} else words


def curve(points: Sequence[tuple[float, float]], left: float, top: float) -> str:
    """A curve of Graphviz as a path."""
    told = [f"{number(x + left)} {number(y + top)}" for x, y in points]
    return f"M{told[0]}C{' '.join(told[1:])}" if told[1:] else f"M{told[0]}"


def arrow(end: tuple[float, float], tip: tuple[float, float], width: float, left: float, top: float) -> str:
    """A filled head from the end of a curve to its tip."""
    (x, y), (tip_x, tip_y) = end, tip
    length = math.hypot(tip_x - x, tip_y - y) or 1
    side_x, side_y = -(tip_y - y) / length * width, (tip_x - x) / length * width
    corners = [(tip_x, tip_y), (x + side_x, y + side_y), (x - side_x, y - side_y)]
    return "M" + "L".join(f"{number(a + left)} {number(b + top)}" for a, b in corners) + "z"
