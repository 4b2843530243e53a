"""Several workflows as one picture: which cases know of which others, and what they tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.definition.diagram.names import one_line
from wirflow.definition.diagram.picture import Box, Line, Picture, Way
from wirflow.definition.diagram.words import Words
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wirflow.definition.field import Children, Link
    from wirflow.definition.model import Workflow
    from wirflow.text import Lang

_TITLE = Text("Workflows und was sie verbindet", "Workflows and what links them")


def overview(workflows: Mapping[str, Workflow], lang: Lang) -> Picture:
    """Make the picture of several workflows: each is a box, each kind of link between two a way.

    Args:
        workflows: by their names; links to others that are not among them are left out.
        lang: the language of the words.
    """
    boxes: list[Box] = []
    ways: list[Way] = []
    for flow in workflows.values():
        loops = tuple(Line(mark="kin", words=words) for words in _links(flow, flow.name, lang))
        boxes.append(
            Box(
                name=flow.name,
                title=one_line(flow.title.pick(lang)),
                parent=None,
                tone="neutral",
                rows=(Line(mark="words", words=_size(flow, lang)), *loops),
            )
        )
        for other in dict.fromkeys(item.workflow for item in _known(flow)):
            if other in workflows and other != flow.name:
                ways.append(_way(len(ways) + 1, flow, workflows[other], workflows, lang))
    count = len(boxes)
    words = Text("Workflow" if count == 1 else "Workflows", "workflow" if count == 1 else "workflows")
    return Picture(
        name="workflows",
        lang=lang,
        title=_TITLE.pick(lang),
        subtitle=f"{count} {words.pick(lang)}",
        boxes=tuple(boxes),
        ways=tuple(ways),
    )


def _way(number: int, flow: Workflow, other: Workflow, workflows: Mapping[str, Workflow], lang: Lang) -> Way:
    words = Words(flow, lang, workflows)
    links = [item.name for item in _known(flow) if item.workflow == other.name]
    begun = {
        Line(mark="child", words=words.field(start.children)): None
        for item in flow.transitions
        for start in item.start
        if start.children in links
    }
    told = {
        Line(mark="tell", words=words.event_of(signal.to, signal.event)): None
        for item in flow.transitions
        for signal in item.tell
        if signal.to in links
    }
    titles = " · ".join(_links(flow, other.name, lang))
    return Way(
        name=f"w_{number}",
        kind="hand" if begun else "signal" if told else "auto",
        sources=(flow.name,),
        target=other.name,
        lines=(Line(mark="title", words=titles), *begun, *told),
        home=None,
    )


def _links(flow: Workflow, other: str, lang: Lang) -> Iterator[str]:
    yield from dict.fromkeys(
        one_line(item.title.pick(lang)) for item in _known(flow) if item.workflow == other
    )


def _known(flow: Workflow) -> list[Children | Link]:
    """What its cases know: those that belong to them, and others."""
    return [*flow.children, *flow.links]


def _size(flow: Workflow, lang: Lang) -> str:
    states = sum(not flow.inside.get(state.name) for state in flow.states)
    parts = [
        (states, Text("Zustand", "state"), Text("Zustände", "states")),
        (len(flow.deadlines), Text("Frist", "deadline"), Text("Fristen", "deadlines")),
    ]
    return " · ".join(f"{number} {(one if number == 1 else many).pick(lang)}" for number, one, many in parts)
