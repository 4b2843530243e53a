"""Picture → graph: which point of which box a line is tied to.

Graphviz ties lines to nodes only, and cuts them at the border of a cluster if
told to (`ltail`, `lhead`).  So a line to a box with states inside is tied to the
start in it, and one out of it to where it ends.  A line that leads back is tied
the other way round, so that its plate comes to stand between its ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wirflow.definition.diagram.picture import Way
from wirflow.definition.diagram.rounds import rounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wirflow.definition.diagram.picture import Box, Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A line between two nodes."""

    tail: str
    head: str
    part: Literal["start", "in", "out"]
    """From a start, into a plate, or out of it."""
    way: Way | None = None
    ltail: str | None = None
    """The cluster at whose border it begins."""
    lhead: str | None = None
    taken: bool = False
    back: bool = False
    """It is tied the other way round: what it leads to is its tail."""


def state_id(name: str) -> str:
    """A node's name, which no language of diagrams keeps for itself, such as `end`."""
    return f"s_{name}"


def start_id(box: str | None) -> str:
    """The name of the point at which one begins, in a box or outside of all."""
    return "start" if box is None else f"start_{box}"


def cluster_id(name: str) -> str:
    """Graphviz knows clusters by their first letters."""
    return f"cluster_{name}"


def has_start(picture: Picture, box: str | None) -> bool:
    """Whether there is a point at which one begins: regions begin all at once, each in itself."""
    return any(child.initial for child in picture.children.get(box, ()))


def edges(picture: Picture) -> tuple[Edge, ...]:
    """All lines, in the order in which they are laid out."""
    plain = [*_starts(picture), *_ways(picture)]
    turned = _turned(picture, plain)
    return tuple(_turn(edge) if edge in turned else edge for edge in plain)


def entry(picture: Picture, name: str) -> str:
    """The node at which one enters a state."""
    if not picture.children.get(name):
        return state_id(name)
    if has_start(picture, name):
        return start_id(name)
    return entry(picture, _middle(picture.children[name]).name)


def exit_(picture: Picture, name: str) -> str:
    """The node at which one leaves a state: the last that is final in it, or its last."""
    within = picture.children.get(name)
    if not within:
        return state_id(name)
    if picture.box[name].parallel:
        return exit_(picture, _middle(within).name)
    final = [child for child in within if child.final]
    return exit_(picture, (final or list(within))[-1].name)


def _middle(regions: tuple[Box, ...]) -> Box:
    """Of regions the one that is likely to stand in the middle."""
    return regions[(len(regions) - 1) // 2]


def _starts(picture: Picture) -> Iterator[Edge]:
    for box in (None, *(box.name for box in picture.boxes)):
        for child in picture.children.get(box, ()):
            if child.initial:
                yield Edge(
                    tail=start_id(box),
                    head=entry(picture, child.name),
                    part="start",
                    lhead=_cluster(picture, child.name),
                    taken=picture.has_case and child.visit != "none",
                )


def _ways(picture: Picture) -> Iterator[Edge]:
    for way in picture.ways:
        for source in way.sources:
            yield Edge(
                tail=exit_(picture, source),
                head=way.name,
                part="in",
                way=way,
                ltail=_cluster(picture, source),
                taken=source in way.taken_from,
            )
        if way.target is not None:
            # Into a box in which the plate stands there is no border to be cut at.
            inside = way.home == way.target
            yield Edge(
                tail=way.name,
                head=entry(picture, way.target),
                part="out",
                way=way,
                lhead=None if inside else _cluster(picture, way.target),
                taken=bool(way.taken),
            )


def _cluster(picture: Picture, name: str) -> str | None:
    return cluster_id(name) if picture.children.get(name) else None


def _turned(picture: Picture, lines: list[Edge]) -> set[Edge]:
    """The lines of ways that lead back to where a case has been before.

    Within a round, back is what leads against the order of the definition: its
    author knows which way the process goes.
    """
    number = {plan_id: place for place, plan_id in enumerate(_in_order(picture))}
    round_ = _rounds(picture, lines)
    names = set()
    for way in picture.ways:
        if way.target is None or not way.sources:
            continue
        head = entry(picture, way.target)
        tails = [exit_(picture, source) for source in way.sources]
        if all(round_[tail] == round_[head] and number[head] <= number[tail] for tail in tails):
            names.add(way.name)
    return {line for line in lines if line.way and line.way.name in names}


def _in_order(picture: Picture) -> Iterator[str]:
    for box in picture.boxes:
        yield start_id(box.name)
        yield state_id(box.name)


def _rounds(picture: Picture, lines: list[Edge]) -> dict[str, int]:
    """Nodes by the round that they are part of: from each one comes to each other."""
    onward: dict[str, list[str]] = {}
    for line in lines:
        onward.setdefault(line.tail, []).append(line.head)
        onward.setdefault(line.head, [])
    for box in picture.boxes:
        onward.setdefault(state_id(box.name), [])
        onward.setdefault(start_id(box.name), [])
        if picture.children.get(box.name):
            # A box is passed from its entry to its exit, whatever lies between.
            begin, end = entry(picture, box.name), exit_(picture, box.name)
            onward.setdefault(begin, []).append(end)
            onward[begin] += [entry(picture, child.name) for child in picture.children[box.name]]
            onward.setdefault(end, [])
    return rounds(onward)


def _turn(edge: Edge) -> Edge:
    return Edge(
        tail=edge.head,
        head=edge.tail,
        part=edge.part,
        way=edge.way,
        ltail=edge.lhead,
        lhead=edge.ltail,
        taken=edge.taken,
        back=True,
    )


def inside(picture: Picture, box: str | None) -> tuple[tuple[Box, ...], tuple[Way, ...]]:
    """What stands directly in a box: states, and plates."""
    return picture.children.get(box, ()), tuple(way for way in picture.ways if way.home == box)
