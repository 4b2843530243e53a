"""How what a picture shows looks: colours, lines, and the keys that explain them.

Each tone is light enough for black words and has a border of its own darkness;
in a black and white print its sign tells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wirflow.definition.diagram.canvas import INK, PAPER, SOFT, Canvas

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

    from wirflow.definition.diagram.picture import Kind
    from wirflow.definition.model import Tone

FILL: Final[dict[Tone, str]] = {
    "neutral": "#eef0f3",
    "waiting": "#fbecc8",
    "good": "#d5efdc",
    "bad": "#f7d7d4",
}
EDGE: Final[dict[Tone, str]] = {
    "neutral": "#59636f",
    "waiting": "#8a5a00",
    "good": "#1f6b3d",
    "bad": "#a3201a",
}
TRACK: Final = "#123fb5"
"""The way of a case."""
TAKEN: Final = "#e9effc"
GROUND: Final = ("#fafbfc", "#f3f5f8", "#eceff3")
"""Of states around others, by how deep they are."""
HAIR: Final = "#c3c9d1"
DASH: Final[dict[Kind, str | None]] = {"hand": None, "deadline": "5 3", "auto": None, "signal": "1.5 2.5"}
DASHES: Final[dict[Kind, str | None]] = {"hand": None, "deadline": "dashed", "auto": None, "signal": "dotted"}
"""The same in the words of DOT."""
THICK: Final[dict[Kind, float]] = {"hand": 1.2, "deadline": 1.2, "auto": 0.7, "signal": 1.3}

_KINDS: Final[tuple[Kind, ...]] = ("hand", "deadline", "auto", "signal")
_TONES: Final[tuple[Tone, ...]] = ("neutral", "waiting", "good", "bad")


def key(canvas: Canvas, group: ET.Element, name: str, x: float, y: float) -> None:
    """What a sign looks like, in 22 by 12 points; a name that is no line or box is a sign's own."""
    what, _, which = name.partition("-")
    for kind in _KINDS:
        if what == "line" and which == kind:
            canvas.path(group, f"M{x:.1f} {y + 6:.1f}h16", ink=SOFT, line=THICK[kind], dash=DASH[kind])
            canvas.path(group, f"M{x + 22:.1f} {y + 6:.1f}l-6 -3v6z", fill=SOFT)
    for tone in _TONES:
        if what == "tone" and which == tone:
            canvas.rect(group, (x, y, 22, 12), fill=FILL[tone], ink=EDGE[tone], round_=4)
            canvas.sign(group, tone, x + 7.5, y + 2.5, 7, EDGE[tone])
    if not which:
        _key(canvas, group, name, x, y)


def _key(canvas: Canvas, group: ET.Element, name: str, x: float, y: float) -> None:
    if name == "final":
        canvas.rect(group, (x, y, 22, 12), fill=FILL["neutral"], ink=EDGE["neutral"], round_=4)
        canvas.rect(group, (x + 2, y + 2, 18, 8), ink=EDGE["neutral"], round_=3)
    elif name == "region":
        canvas.rect(group, (x, y, 22, 12), fill=GROUND[1], ink=EDGE["neutral"], dash="4 2.5")
    elif name == "history":
        canvas.circle(group, x + 14, y + 6, 6, fill=PAPER, ink=INK)
        canvas.text(group, x + 14, y + 9, "H", size=8, bold=True, anchor="middle")
    elif name == "here":
        canvas.rect(group, (x + 1, y, 20, 12), fill=FILL["neutral"], ink=TRACK, line=3, round_=4)
    elif name == "taken":
        canvas.path(group, f"M{x:.1f} {y + 6:.1f}h15", ink=TRACK, line=2.6)
        canvas.path(group, f"M{x + 22:.1f} {y + 6:.1f}l-7 -4v8z", fill=TRACK)
    else:
        canvas.sign(group, name, x + 9, y + 1, 10)
