"""What holds for the picture of every workflow, whatever its states are like and whatever its titles hold."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pygraphviz import AGraph

from tests.definition.diagram import grammar
from tests.definition.diagram.sample import HOSTILE, WORKFLOW, evil, workflows
from wirflow.definition.diagram import Course, Step, dot, draft, mermaid, svg
from wirflow.definition.diagram.mermaid import name_of
from wirflow.definition.diagram.svg import _best

SVG = "{http://www.w3.org/2000/svg}"
HARD = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def leaves(workflow):
    """The states that have none inside."""
    return [state for state in workflow.states if not workflow.inside.get(state.name)]


def groups(drawn: str, name: str):
    """The groups of an SVG that carry a class."""
    root = ET.fromstring(drawn)  # noqa: S314 - drawn by ourselves a line ago
    return [group for group in root.iter(f"{SVG}g") if name in group.get("class", "").split()]


def overlap(one, other) -> bool:
    """Whether two rectangles share more than their borders."""
    return (
        one.x < other.x + other.width - 0.5
        and other.x < one.x + one.width - 0.5
        and one.y < other.y + other.height - 0.5
        and other.y < one.y + one.height - 0.5
    )


@HARD
@given(workflow=workflows(), lang=st.sampled_from(("de", "en")))
def test_each_state_is_drawn_once_and_every_way_is_told(workflow, lang):
    """Whatever the nesting, each state is one box in the box of its parent, and each event is somewhere."""
    picture = draft(workflow, lang)
    assert [box.name for box in picture.boxes] == [state.name for state in workflow.states]
    told = [line.words for way in picture.ways for line in way.lines]
    told += [line.words for box in picture.boxes for line in box.rows] + [
        line.words for line in picture.panel
    ]
    for item in workflow.transitions:
        assert any(item.title.pick(lang) in words for words in told), item.event
    for spec in workflow.deadlines:
        assert any(spec.title.pick(lang) in words for words in told), spec.name


@HARD
@given(workflow=workflows())
def test_mermaid_reads_it(workflow):
    """Mermaid's grammar takes it, with each state in its parent's and no line across a border."""
    read = grammar.read(mermaid(draft(workflow, "de")))
    parents = {name: parent for name, _, parent in read.walk() if not name.startswith("panel_")}
    assert parents == {
        name_of(state.name): name_of(state.parent) if state.parent else None for state in workflow.states
    }
    for name in {*parents.values()} - {None}:
        assert name in parents
    assert all(source != target for source, target, _ in read.lines())


@HARD
@given(workflow=workflows())
def test_graphviz_reads_it(workflow):
    """Graphviz takes it, with one node for each innermost state and one cluster for each around others."""
    graph = AGraph(string=dot(draft(workflow, "de")))
    nodes = [str(node) for node in graph.nodes() if str(node).startswith("s_")]
    assert sorted(nodes) == sorted(f"s_{state.name}" for state in leaves(workflow))

    def clusters(within):
        for sub in within.subgraphs():
            yield sub.name
            yield from clusters(sub)

    boxes = [state.name for state in workflow.states if workflow.inside.get(state.name)]
    assert sorted(clusters(graph)) == sorted(f"cluster_{name}" for name in boxes)


@HARD
@given(workflow=workflows())
def test_svg_covers_nothing(workflow):
    """The SVG is well-formed, each state and each way is there once, and none of them covers another."""
    picture = draft(workflow, "en")
    drawn = svg(picture)
    assert len(groups(drawn, "state")) == len(leaves(workflow))
    assert len(groups(drawn, "way")) == len(picture.ways)
    sheet = _best(picture)
    placed = sheet._layout
    assert set(placed.boxes) == {state.name for state in workflow.states if workflow.inside.get(state.name)}
    for one, other in combinations(placed.nodes.values(), 2):
        assert not overlap(one, other)
    # What is drawn in a state stands in its box.
    for state in workflow.states:
        if state.parent:
            inner = placed.boxes.get(state.name) or placed.nodes[f"s_{state.name}"]
            outer = placed.boxes[state.parent]
            assert outer.x <= inner.x
            # Its heading stands above.
            assert outer.y + 6 + sheet._set.heads[state.parent].size.height <= inner.y
            assert inner.x + inner.width <= outer.x + outer.width + 0.5
            assert inner.y + inner.height <= outer.y + outer.height + 0.5


@pytest.mark.parametrize("make", [mermaid, dot, svg])
def test_the_same_workflow_gives_the_same_bytes(make):
    """Nothing in a picture hangs on what was drawn before."""
    picture = draft(WORKFLOW, "de")
    first = make(picture)
    make(draft(WORKFLOW, "en"))
    assert make(draft(WORKFLOW, "de")) == make(picture) == first


def check_words(words: str) -> None:
    """Whatever a title holds, it stays inside its label in all three kinds."""
    plain, hostile = draft(WORKFLOW, "de"), draft(evil(words), "de")
    read = grammar.read(mermaid(hostile))
    known = [row[::2] for row in grammar.read(mermaid(plain)).walk() if not row[0].startswith("panel_")]
    assert [row[::2] for row in read.walk() if not row[0].startswith("panel_")] == known
    drawn = dot(hostile)
    for line in drawn.splitlines():
        outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
        assert outside.isascii()
        assert '"' not in outside
    assert sorted(AGraph(string=drawn).nodes()) == sorted(AGraph(string=dot(plain)).nodes())
    shown = svg(hostile)
    root = ET.fromstring(shown)  # noqa: S314 - drawn by ourselves a line ago
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds <= {"svg", "g", "title", "desc", "rect", "circle", "path", "text", "tspan"}
    assert len(groups(shown, "state")) == len(leaves(WORKFLOW))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_titles_are_words(words):
    """What would end a label, begin a script or steer a layout in some language is shown as it is."""
    check_words(words)


@settings(max_examples=10, deadline=None)
@given(words=st.text(max_size=60))
def test_titles_cannot_break_a_picture(words):
    """No title breaks out of its label."""
    check_words(words)


@HARD
@given(workflow=workflows(), data=st.data())
def test_a_case_may_stand_anywhere(workflow, data):
    """Wherever a case stands and whatever way it took, each of its innermost states is marked."""
    from datetime import date  # noqa: PLC0415 - only here

    tops = [state.name for state in workflow.inside[None]]
    places = [workflow.whole(workflow.leaves(top)) for top in tops]
    walk = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=5))
    steps = tuple(
        Step(
            event=f"e{number}",
            on=date(2021, 1, number + 1),
            source=walk[number - 1] if number else None,
            target=to,
        )
        for number, to in enumerate(walk)
    )
    course = Course(key="K", subject="S", place=walk[-1], steps=steps)
    picture = draft(workflow, "de", course)
    here = {box.name for box in picture.boxes if box.visit == "here"}
    assert here == set(walk[-1].split(" + "))
    assert len(groups(svg(picture), "here")) == len(here)
    marked = [label for name, label, _ in grammar.read(mermaid(picture)).walk() if label.startswith("▶")]
    assert len(marked) >= len(here)
