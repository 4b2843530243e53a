"""The workflows that ship with wirflow and three large processes can be hung on a wall."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.definition.diagram import grammar
from tests.definition.diagram.test_laws import overlap
from wirflow.definition.diagram import draft, mermaid, svg
from wirflow.definition.diagram.svg import _best
from wirflow.office import content
from wirflow.office.checking import check

FOLDER = Path(__file__).parents[1] / "pictures"
PROCESSES = sorted(FOLDER.glob("*.yaml"))


@cache
def flows():
    """All of them by their names."""
    return dict(content.read([*content.files(None), *PROCESSES]).checked())


NAMES = sorted({path.stem for path in (*content.files(None), *PROCESSES)})


def bend(points):
    """Points on a curve, close to each other."""
    for start in range(0, len(points) - 3, 3):
        a, b, c, d = points[start : start + 4]
        for step in range(17):
            t = step / 16
            yield tuple(
                (1 - t) ** 3 * a[i] + 3 * (1 - t) ** 2 * t * b[i] + 3 * (1 - t) * t**2 * c[i] + t**3 * d[i]
                for i in (0, 1)
            )


@pytest.mark.parametrize("path", PROCESSES, ids=lambda path: path.stem)
def test_the_processes_are_sound_and_large(path):
    """They are what authors write: nothing is found in them, and they have 20 to 60 states."""
    assert check(None, [path]).findings == ()
    flow = flows()[path.stem]
    assert 20 <= len([state for state in flow.states if not flow.inside.get(state.name)]) <= 60
    assert any(state.parallel for state in flow.states)


@pytest.mark.parametrize("name", NAMES)
def test_no_line_runs_over_words(name):
    """No state and no plate covers another, and no line crosses one to which it does not lead."""
    placed = _best(draft(flows()[name], "de"))._layout
    boxes = {key: place for key, place in placed.nodes.items() if not key.startswith("start")}
    keys = list(boxes)
    for number, key in enumerate(keys):
        assert not [other for other in keys[number + 1 :] if overlap(boxes[key], boxes[other])]
    for line in placed.lines:
        for x, y in bend(line.points):
            for key, place in boxes.items():
                inside = place.x < x < place.x + place.width and place.y < y < place.y + place.height
                assert not inside or key in {line.edge.tail, line.edge.head}, (name, key, line.edge)


@pytest.mark.parametrize("name", NAMES)
def test_it_fits_on_a_wall(name):
    """What ships is read on A3 (words of five points at least), the large processes on A1."""
    scale = _best(draft(flows()[name], "de")).scale
    assert scale >= (0.4 if (FOLDER / f"{name}.yaml").exists() else 0.65)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lang", ["de", "en"])
def test_mermaid_reads_it(name, lang):
    """Mermaid's grammar takes all of them."""
    grammar.read(mermaid(draft(flows()[name], lang)))


def test_it_is_the_same_every_time():
    """Drawn again after all others, a picture has the same bytes."""
    first = svg(draft(flows()["procurement"], "de"))
    svg(draft(flows()["position"], "en"))
    assert svg(draft(flows()["procurement"], "de")) == first
