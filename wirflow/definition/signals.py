"""What workflows tell one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wirflow.definition.model import Transition, Workflow

Node = tuple[str, str]
"""A workflow and one of its events."""


def tellers(world: Mapping[str, Workflow]) -> Mapping[str, frozenset[str]]:
    """Workflow → the events that some workflow tells it."""
    told: dict[str, frozenset[str]] = {}
    for workflow in world.values():
        for item in workflow.transitions:
            for signal in item.tell:
                target = workflow.link_by_name[signal.to].workflow
                told[target] = told.get(target, frozenset()) | {signal.event}
    return told


def circles(
    workflow: Workflow, world: Mapping[str, Workflow]
) -> Iterator[tuple[Transition, int, tuple[str, ...]]]:
    """Unconditional signals that come back to the event that told them.

    Yields:
        The transition, the number of its signal, and the shortest round trip as
        `workflow.event`.  A circle through several workflows is told
        by the first of them, in the order of their names.
    """
    for item in workflow.transitions:
        if item.when is not None:
            continue
        start = (workflow.name, item.event)
        for number, signal in enumerate(item.tell):
            if signal.when is not None:
                continue
            first = (workflow.link_by_name[signal.to].workflow, signal.event)
            trace = _back(first, start, world)
            if trace and min(trace) == start:
                yield item, number, tuple(f"{name}.{event}" for name, event in (start, *trace))


def _back(first: Node, start: Node, world: Mapping[str, Workflow]) -> tuple[Node, ...] | None:
    """The shortest chain of unconditional signals from one event to another, both included."""
    queue: list[tuple[Node, ...]] = [(first,)]
    seen = {first}
    for trace in queue:
        if trace[-1] == start:
            return trace
        for node in _told_by(trace[-1], world):
            if node not in seen:
                seen.add(node)
                queue.append((*trace, node))
    return None


def _told_by(node: Node, world: Mapping[str, Workflow]) -> Iterator[Node]:
    workflow = world.get(node[0])
    for item in workflow.transitions if workflow else ():
        if item.event != node[1] or item.when is not None:
            continue
        for signal in item.tell:
            if workflow and signal.when is None:
                yield workflow.link_by_name[signal.to].workflow, signal.event
