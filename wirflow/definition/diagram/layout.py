"""Where everything comes to stand: Graphviz lays out boxes whose sizes we know.

Graphviz is given no words, so its answer hangs on no font of the machine.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from wirflow.definition.diagram import plan
from wirflow.definition.diagram.plan import Edge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wirflow.definition.diagram.picture import Picture

Direction = Literal["TB", "LR"]

DOT_SIZE: Final = 10.0
"""The point at which one begins, in points."""

_CLEAR: Final = 3.0
"""So far, in points, every line stays away from what it does not lead to."""
_INCH: Final = 72.0
_GAP: Final = {"TB": (0.1, 0.13), "LR": (0.08, 0.24)}
"""Between what stands side by side, and between ranks, in inches."""

# Graphviz keeps global state.
_graphviz = threading.Lock()


@dataclass(frozen=True, slots=True)
class Size:
    """In points."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle; `x` and `y` are its upper left corner, in points from the upper left of the picture."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: its points (three for each bend after the first), and the tip of its arrow if it has one."""

    edge: Edge
    points: tuple[tuple[float, float], ...]
    tip: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole layout."""

    width: float
    height: float
    nodes: Mapping[str, Place]
    """By the names of `plan`: states without states inside, plates, starts."""
    boxes: Mapping[str, Place]
    """States around others, by their names."""
    lines: tuple[Line, ...]


def layout(picture: Picture, sizes: Mapping[str, Size], direction: Direction) -> Layout:
    """Lay out a picture.

    Args:
        picture: what to lay out.
        sizes: of states and plates by their node names; of the heading of a state around others by its name.
        direction: where the lines lead, downwards or to the right.
    """
    # The wheels of pygraphviz bring Graphviz along; loading it costs 35 ms.
    from pygraphviz import AGraph  # noqa: PLC0415 - as said

    lines = plan.edges(picture)
    source = "\n".join(_source(picture, sizes, direction, lines))
    with _graphviz:
        answer: bytes = AGraph(string=source).draw(format="json0", prog="dot")
    return _read(json.loads(answer), lines)


def _source(
    picture: Picture, sizes: Mapping[str, Size], direction: Direction, lines: tuple[Edge, ...]
) -> Iterator[str]:
    beside, ranks = _GAP[direction]
    yield "digraph {"
    yield f"graph [compound=true, rankdir={direction}, nodesep={beside}, ranksep={ranks}, splines=spline];"
    yield 'node [shape=box, fixedsize=true, label=""]; edge [arrowsize=0.8];'
    yield from _content(picture, sizes, None)
    for number, edge in enumerate(lines):
        marks = [f'id="{number}"', f"dir={_arrow(edge)}"]
        if edge.ltail:
            marks.append(f'ltail="{edge.ltail}"')
        if edge.lhead:
            marks.append(f'lhead="{edge.lhead}"')
        if edge.part == "start":
            marks.append("weight=4")
        elif edge.way and len(edge.way.sources) > 1 and edge.part == "in":
            marks.append("weight=1")
        else:
            marks.append("weight=3")
        yield f'"{edge.tail}" -> "{edge.head}" [{", ".join(marks)}];'
    yield "}"


def _arrow(edge: Edge) -> str:
    if edge.part == "in":
        return "none"
    return "back" if edge.back else "forward"


def _content(picture: Picture, sizes: Mapping[str, Size], box: str | None) -> Iterator[str]:
    states, ways = plan.inside(picture, box)
    if plan.has_start(picture, box):
        size = DOT_SIZE / _INCH
        yield f'"{plan.start_id(box)}" [shape=circle, width={size:.4f}, height={size:.4f}];'
    for state in states:
        if picture.children.get(state.name):
            size_ = sizes[state.name]
            table = (
                f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" FIXEDSIZE="TRUE" '
                f'WIDTH="{size_.width:.0f}" HEIGHT="{size_.height:.0f}"><TR><TD></TD></TR></TABLE>>'
            )
            yield f'subgraph "{plan.cluster_id(state.name)}" {{'
            yield f"label={table}; labelloc=t; margin=9;"
            yield from _content(picture, sizes, state.name)
            yield "}"
        else:
            yield _node(plan.state_id(state.name), sizes)
    for way in ways:
        yield _node(way.name, sizes)


def _node(name: str, sizes: Mapping[str, Size]) -> str:
    wide, high = ((side + 2 * _CLEAR) / _INCH for side in (sizes[name].width, sizes[name].height))
    return f'"{name}" [width={wide:.4f}, height={high:.4f}];'


def _read(answer: dict[str, Any], lines: tuple[Edge, ...]) -> Layout:
    _, _, width, height = (float(part) for part in answer["bb"].split(","))
    nodes: dict[str, Place] = {}
    boxes: dict[str, Place] = {}
    for item in answer.get("objects", ()):
        name = item["name"]
        if "pos" in item:
            x, y = (float(part) for part in item["pos"].split(","))
            clear = 0 if name.startswith("start") else _CLEAR
            wide, high = (float(item[side]) * _INCH - 2 * clear for side in ("width", "height"))
            nodes[name] = Place(x - wide / 2, height - y - high / 2, wide, high)
        elif "bb" in item and name.startswith("cluster_"):
            left, low, right, top = (float(part) for part in item["bb"].split(","))
            boxes[name.removeprefix("cluster_")] = Place(left, height - top, right - left, top - low)
    curves = {int(item["id"]): item["pos"] for item in answer.get("edges", ()) if "pos" in item}
    return Layout(
        width,
        height,
        nodes,
        boxes,
        tuple(
            _line(edge, curves[number], height, nodes)
            for number, edge in enumerate(lines)
            if number in curves
        ),
    )


_POINT: Final = re.compile(r"(?:([se]),)?(-?[\d.e+-]+),(-?[\d.e+-]+)")


def _line(edge: Edge, curve: str, height: float, nodes: Mapping[str, Place]) -> Line:
    tip: tuple[float, float] | None = None
    points: list[tuple[float, float]] = []
    for end, x, y in _POINT.findall(curve):
        point = (float(x), height - float(y))
        if end:
            tip = point
        else:
            points.append(point)
    # A line that was tied the other way round is drawn from its own beginning.
    if edge.back:
        points.reverse()
    first, last = (edge.head, edge.tail) if edge.back else (edge.tail, edge.head)
    begins, ends = (edge.lhead, edge.ltail) if edge.back else (edge.ltail, edge.lhead)
    # What was kept clear of a node is bridged, where the line is its own.
    if not begins:
        points[:0] = [near := _near(points[0], nodes[first]), near, points[0]]
    if tip is None and not ends:
        points += [points[-1], near := _near(points[-1], nodes[last]), near]
    elif tip is not None and not ends:
        tip = _near(tip, nodes[last])
    return Line(edge, tuple(points), tip)


def _near(point: tuple[float, float], place: Place) -> tuple[float, float]:
    """The point of a rectangle that is nearest to another point."""
    x, y = point
    return min(max(x, place.x), place.x + place.width), min(max(y, place.y), place.y + place.height)
