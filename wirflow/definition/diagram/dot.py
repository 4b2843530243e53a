"""Picture → DOT, for whoever has Graphviz and wants to change what we draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wirflow.definition.diagram import plan, signs
from wirflow.definition.diagram.looks import DASHES, EDGE, FILL, GROUND, TAKEN, THICK, TRACK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wirflow.definition.diagram.picture import Box, Picture, Way
    from wirflow.definition.diagram.plan import Edge

_INK: Final = "#1b2430"
_LINE: Final = "#4b5663"
_LONG: Final = 40
"""Signs after which a line of a label is broken."""


def dot(picture: Picture) -> str:
    """The picture in Graphviz's language."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield f"digraph {quoted(picture.name)} {{"
    yield f"  graph [label={quoted(picture.title, picture.subtitle)}, labelloc=t, labeljust=l, fontsize=16];"
    yield '  graph [compound=true, rankdir=TB, nodesep=0.25, ranksep=0.3, fontname="Helvetica"];'
    yield f'  node [shape=box, fontname="Helvetica", fontsize=11, margin="0.12,0.07", fontcolor="{_INK}"];'
    yield f'  edge [fontname="Helvetica", color="{_LINE}", arrowsize=0.7];'
    yield from _content(picture, None, "  ")
    for edge in plan.edges(picture):
        yield f"  {quoted(edge.tail)} -> {quoted(edge.head)} [{_marks(_edge(edge))}];"
    if picture.panel:
        words = left(*(signs.told(line) for line in picture.panel))
        yield f"  everywhere [shape=note, style=dashed, fontsize=9, label={words}];"
    notes = list(signs.of_notes(picture))
    if notes:
        yield f"  notes [shape=plaintext, fontsize=9, label={left(*notes)}];"
    yield "}"


def _content(picture: Picture, box: str | None, indent: str) -> Iterator[str]:
    states, ways = plan.inside(picture, box)
    if plan.has_start(picture, box):
        ink = TRACK if picture.has_case else _INK
        marks = f'shape=circle, style=filled, fillcolor="{ink}", label="", width=0.15'
        yield f"{indent}{quoted(plan.start_id(box))} [{marks}];"
    for state in states:
        if picture.children.get(state.name):
            yield f"{indent}subgraph {quoted(plan.cluster_id(state.name))} {{"
            yield f"{indent}  graph [{_marks(_cluster(state, picture))}];"
            yield from _content(picture, state.name, indent + "  ")
            yield f"{indent}}}"
        else:
            yield f"{indent}{quoted(plan.state_id(state.name))} [{_marks(_state(state, picture))}];"
    for way in ways:
        yield f"{indent}{quoted(way.name)} [{_marks(_plate(way, picture))}];"


def _cluster(box: Box, picture: Picture) -> Mapping[str, str]:
    around = box.visit == "around"
    return {
        "label": left(*signs.of_box(box, picture.lang)),
        "labelloc": "t",
        "labeljust": "l",
        "fontsize": "11",
        "style": quoted("dashed,filled" if box.region else "rounded,filled"),
        "fillcolor": quoted(GROUND[1] if box.region else GROUND[0]),
        "color": quoted(TRACK if around else EDGE[box.tone]),
        "penwidth": "2.2" if around else "1",
    }


def _state(box: Box, picture: Picture) -> Mapping[str, str]:
    here, left_ = box.visit == "here", box.visit == "left"
    faint = picture.has_case and box.visit == "none"
    return {
        "label": quoted(*signs.of_box(box, picture.lang)),
        "style": quoted("rounded,filled" + (",bold" if here else "")),
        "fillcolor": quoted("#ffffff" if faint else FILL[box.tone]),
        "color": quoted(TRACK if here or left_ else EDGE[box.tone]),
        "penwidth": "3.4" if here else "1.3",
        "peripheries": "2" if box.final else "1",
    }


def _plate(way: Way, picture: Picture) -> Mapping[str, str]:
    dash = DASHES[way.kind]
    return {
        "label": left(*signs.of_way(way, picture.lang)),
        "style": quoted("rounded,filled" + (f",{dash}" if dash else "")),
        "fillcolor": quoted(TAKEN if way.taken else "#ffffff"),
        "color": quoted(TRACK if way.taken else "#7a8491"),
        "penwidth": "1.8" if way.taken else "0.8",
        "fontsize": "9",
        "margin": quoted("0.08,0.05"),
    }


def _edge(edge: Edge) -> Mapping[str, str]:
    kind = edge.way.kind if edge.way else "hand"
    marks = {"dir": "none" if edge.part == "in" else "back" if edge.back else "forward"}
    if DASHES[kind]:
        marks["style"] = DASHES[kind] or ""
    marks["penwidth"] = "2.6" if edge.taken else f"{THICK[kind]:.1f}"
    if edge.taken:
        marks["color"] = quoted(TRACK)
    marks |= {name: quoted(value) for name, value in (("ltail", edge.ltail), ("lhead", edge.lhead)) if value}
    return marks


def _marks(marks: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in marks.items())


def quoted(*lines: str) -> str:
    """Words as a string of DOT, in the middle of each line."""
    return '"' + "\\n".join(_escaped(line) for line in _broken(lines)) + '"'


def left(*lines: str) -> str:
    """Words as a string of DOT, each line from the left."""
    return '"' + "".join(_escaped(line) + "\\l" for line in _broken(lines)) + '"'


def _broken(lines: Iterable[str]) -> Iterator[str]:
    """Lines that are not too long; a longer word is left whole."""
    for words in lines:
        line = ""
        for word in words.split(" "):
            if line and len(line) + len(word) >= _LONG:
                yield line
                line = word
            else:
                line = f"{line} {word}" if line else word
        yield line


def _escaped(words: str) -> str:
    # Graphviz reads `&amp;` and the like in labels as HTML does.
    return words.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
