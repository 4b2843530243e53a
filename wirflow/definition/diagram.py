"""A workflow as a picture: states, who or what leads from one to the next, and where a case stands.

Three forms of the same drawing: Mermaid for documents, DOT for Graphviz, SVG
for screens.  States are coloured by their tone and never by colour alone: a
final state has a double border, the current one a thick border and a `▶`, what
a case has passed a `✓`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from wirflow.definition.model import State
from wirflow.errors import UnknownNameError
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wirflow.definition.model import DeadlineSpec, Transition, Workflow

_HERE: Final = "▶"
_PASSED: Final = "✓"

_SIGNAL: Final = Text("durch ein Signal", "by a signal")
_AUTOMATIC: Final = Text("von selbst", "by itself")
_DEADLINE: Final = Text("Frist", "deadline")
_ANYWHERE: Final = Text("In jedem offenen Zustand", "In every open state")

_FILL: Final = {"neutral": "#f3f4f6", "waiting": "#fdf0d5", "good": "#dff3e4", "bad": "#f9dedc"}
_LINE: Final = {"neutral": "#6b7280", "waiting": "#b7791f", "good": "#2f7d4f", "bad": "#b3261e"}
_INK: Final = "#1f2937"
_PATH: Final = "#1d4ed8"

# Mermaid reads these in texts as its own signs.
_MERMAID: Final = str.maketrans({sign: f"#{ord(sign)};" for sign in '"#&;:<>{}[]()|`%\\*_'})

# Graphviz keeps global state.
_graphviz = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Box:
    """A state, its title with its mark, and the lines under it."""

    state: State
    title: str
    lines: Sequence[str]
    here: bool
    passed: bool


@dataclass(frozen=True, slots=True)
class _Arrow:
    """What leads from a state to another."""

    source: str
    target: str
    lines: Sequence[str]
    passed: bool


@dataclass(frozen=True, slots=True)
class _Drawing:
    title: str
    boxes: Sequence[_Box]
    arrows: Sequence[_Arrow]
    everywhere: Sequence[str]
    """Events that change facts in every state that is not final, the first line being a heading."""


def mermaid(workflow: Workflow, *, lang: Lang, current: str | None = None, path: Sequence[str] = ()) -> str:
    """The workflow as a Mermaid `stateDiagram-v2`.

    Args:
        workflow: what to draw.
        lang: the language of the titles.
        current: the state in which a case is.
        path: the states that it has passed, in their order.

    Raises:
        UnknownNameError: a state does not exist.
    """
    drawing = _draw(workflow, lang, current, path)
    lines = ["stateDiagram-v2", "  direction TB", f"  accTitle: {_one_line(drawing.title)}"]
    for box in drawing.boxes:
        words = [box.title, *box.lines]
        lines.append(f'  state "{_mermaid(words)}" as {_id(box.state.name)}')
    lines += [f"  [*] --> {_id(box.state.name)}" for box in drawing.boxes if box.state.initial]
    for arrow in drawing.arrows:
        words = [f"{_PASSED} {arrow.lines[0]}" if arrow.passed else arrow.lines[0], *arrow.lines[1:]]
        lines.append(f"  {_id(arrow.source)} --> {_id(arrow.target)} : {_mermaid(words)}")
    lines += [f"  {_id(box.state.name)} --> [*]" for box in drawing.boxes if box.state.final]
    if drawing.everywhere:
        lines.append(f'  state "{_mermaid(drawing.everywhere)}" as everywhere')
        lines.append("  classDef everywhere fill:#ffffff,stroke-dasharray:4 3")
        lines.append("  class everywhere everywhere")
    for tone, fill in _FILL.items():
        lines.append(f"  classDef {tone} fill:{fill},stroke:{_LINE[tone]},color:{_INK}")
        names = [_id(box.state.name) for box in drawing.boxes if box.state.tone == tone]
        if names:
            lines.append(f"  class {','.join(names)} {tone}")
    if current is not None:
        lines.append(f"  classDef here stroke:{_PATH},stroke-width:4px,font-weight:bold")
        lines.append(f"  class {_id(current)} here")
    return "\n".join(lines) + "\n"


def dot(workflow: Workflow, *, lang: Lang, current: str | None = None, path: Sequence[str] = ()) -> str:
    """The workflow in Graphviz's language; arguments and errors as for `mermaid`."""
    drawing = _draw(workflow, lang, current, path)
    lines = [
        f"digraph {_quoted(workflow.name)} {{",
        f"  graph [label={_quoted(drawing.title)}];",
        "  graph [labelloc=t, fontsize=16, fontname=sans, rankdir=TB, nodesep=0.5, ranksep=0.6];",
        '  node [shape=box, style="rounded,filled", fontname=sans, fontsize=11, margin="0.18,0.10"];',
        f'  node [fontcolor="{_INK}"];',
        f'  edge [fontname=sans, fontsize=9, color="#6b7280", fontcolor="{_INK}", arrowsize=0.7];',
        f'  start [shape=circle, style=filled, fillcolor="{_INK}", label="", width=0.18];',
    ]
    for box in drawing.boxes:
        marks = {
            "label": _lines([box.title, *box.lines]),
            "fillcolor": _quoted(_FILL[box.state.tone]),
            "color": _quoted(_PATH if box.here or box.passed else _LINE[box.state.tone]),
            "penwidth": "3.5" if box.here else "2" if box.passed else "1",
            "peripheries": "2" if box.state.final else "1",
        }
        lines.append(f"  {_quoted(_id(box.state.name))} [{_attributes(marks)}];")
    lines += [f"  start -> {_quoted(_id(box.state.name))};" for box in drawing.boxes if box.state.initial]
    for arrow in drawing.arrows:
        words = [f"{_PASSED} {arrow.lines[0]}" if arrow.passed else arrow.lines[0], *arrow.lines[1:]]
        marks = {"label": _lines(words)}
        if arrow.passed:
            marks |= {"color": _quoted(_PATH), "penwidth": "2.5"}
        ends = f"{_quoted(_id(arrow.source))} -> {_quoted(_id(arrow.target))}"
        lines.append(f"  {ends} [{_attributes(marks)}];")
    if drawing.everywhere:
        lines.append(
            f'  everywhere [shape=note, style=dashed, fontsize=9, label="{_left(drawing.everywhere)}"];'
        )
    return "\n".join([*lines, "}"]) + "\n"


def svg(workflow: Workflow, *, lang: Lang, current: str | None = None, path: Sequence[str] = ()) -> str:
    """The workflow as an SVG document; arguments as for `mermaid`.

    Raises:
        UnknownNameError: a state does not exist.
    """
    # Its wheels bring Graphviz along; it costs 35 ms and few commands draw.
    from pygraphviz import AGraph  # noqa: PLC0415 - as said

    source = dot(workflow, lang=lang, current=current, path=path)
    with _graphviz:
        drawn: bytes = AGraph(string=source).draw(format="svg", prog="dot")
    return drawn.decode()


def _draw(workflow: Workflow, lang: Lang, current: str | None, path: Sequence[str]) -> _Drawing:
    for name in (*path, *([current] if current is not None else [])):
        if name not in workflow.state_by_name:
            raise UnknownNameError(Text("Der Zustand", "The state"), name, workflow.state_by_name)
    passed = set(path)
    steps = set(pairwise((*path, *([current] if current is not None else []))))
    everywhere = _everywhere(workflow)
    boxes = [
        _Box(
            state,
            _mark(state.name, current, passed) + state.title.pick(lang),
            [
                *_staying(workflow, state, everywhere, lang),
                *_waiting(workflow, state, lang),
            ],
            here=state.name == current,
            passed=state.name in passed and state.name != current,
        )
        for state in workflow.states
    ]
    arrows: dict[tuple[str, str, str], _Arrow] = {}
    for transition in workflow.transitions:
        for source in transition.sources if transition.target is not None else ():
            target = transition.target or source
            # Alternatives of one event look the same from outside.
            arrows.setdefault(
                (source, target, transition.event),
                _Arrow(
                    source,
                    target,
                    [
                        transition.title.pick(lang),
                        *_movers(workflow, transition, source, lang),
                    ],
                    passed=source != target and (source, target) in steps,
                ),
            )
    titles = [
        " ".join([item.title.pick(lang), *_movers(workflow, item, item.sources[0], lang)])
        for item in workflow.transitions
        if item.event in everywhere
    ]
    heading = [_ANYWHERE.pick(lang) + ":", *dict.fromkeys(titles)] if titles else []
    return _Drawing(workflow.title.pick(lang), boxes, list(arrows.values()), heading)


def _mark(state: str, current: str | None, passed: set[str]) -> str:
    return f"{_HERE} " if state == current else f"{_PASSED} " if state in passed else ""


def _everywhere(workflow: Workflow) -> set[str]:
    """The events that only change facts, wherever a case is as long as it is open."""
    running = {state.name for state in workflow.states if not state.final}
    return {
        event
        for event in workflow.events
        if all(item.target is None for item in workflow.transitions if item.event == event)
        and running <= {name for item in workflow.transitions if item.event == event for name in item.sources}
    }


def _staying(workflow: Workflow, state: State, everywhere: set[str], lang: Lang) -> Iterable[str]:
    """What changes the facts of a case in this state and leaves it there."""
    found = (
        " ".join(["↺", item.title.pick(lang), *_movers(workflow, item, state.name, lang)])
        for item in workflow.transitions
        if item.target is None and state.name in item.sources and item.event not in everywhere
    )
    return dict.fromkeys(found)


def _waiting(workflow: Workflow, state: State, lang: Lang) -> Iterable[str]:
    """The deadlines that run in a state and lead nowhere: they only remind."""
    for spec in workflow.deadlines:
        if state.name in spec.states and spec.fire is None:
            yield _timed(spec, lang)


def _movers(workflow: Workflow, transition: Transition, source: str, lang: Lang) -> Iterable[str]:
    """Who or what brings a transition about: roles, deadlines, or a signal of another case."""
    fired = [
        _timed(spec, lang)
        for spec in workflow.deadlines
        if spec.fire == transition.event and source in spec.states
    ]
    if transition.by:
        yield f"({_roles(workflow, transition, lang)})"
    elif transition.automatic:
        yield f"({_AUTOMATIC.pick(lang)})"
    elif not fired:
        yield f"({_SIGNAL.pick(lang)})"
    yield from fired


def _timed(spec: DeadlineSpec, lang: Lang) -> str:
    return f"{_DEADLINE.pick(lang)}: {spec.title.pick(lang)}"


def _roles(workflow: Workflow, transition: Transition, lang: Lang) -> str:
    titles: Mapping[str, str] = {name: role.title.pick(lang) for name, role in workflow.role_by_name.items()}
    return ", ".join(titles.get(name, name) for name in transition.by)


def _id(state: str) -> str:
    """A name that neither Mermaid nor DOT keeps for itself, such as `end` or `node`."""
    return f"s_{state}"


def _mermaid(lines: Iterable[str]) -> str:
    return "<br/>".join(_one_line(line).translate(_MERMAID) for line in lines)


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _escaped(text: str) -> str:
    return _one_line(text).replace("\\", "\\\\").replace('"', '\\"')


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _lines(lines: Iterable[str]) -> str:
    return '"' + "\\n".join(_escaped(line) for line in lines) + '"'


def _left(lines: Iterable[str]) -> str:
    return "".join(_escaped(line) + "\\l" for line in lines)


def _attributes(marks: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in marks.items())
