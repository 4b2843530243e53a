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
                for target in workflow.reached(signal.to):
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
            for target in workflow.reached(signal.to):
                trace = _back((target, signal.event), start, world)
                if trace and min(trace) == start:
                    yield item, number, tuple(f"{name}.{event}" for name, event in (start, *trace))
                    break


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
                yield from ((target, signal.event) for target in workflow.reached(signal.to))


def generations(
    workflow: Workflow, world: Mapping[str, Workflow]
) -> Iterator[tuple[Transition, int, tuple[str, ...]]]:
    """Starts that bring themselves about again: a child whose own beginning starts one like its parent.

    Yields:
        The transition, the number of its start, and the workflows of the circle.  It is
        told by the first of them, in the order of their names.
    """
    for item in _at_once(workflow):
        for number, start in enumerate(item.start):
            if start.when is not None:
                continue
            trace = _line(workflow.children_by_name[start.children].workflow, workflow.name, world)
            if trace and min(trace) == workflow.name:
                yield item, number, (workflow.name, *trace)


def _at_once(workflow: Workflow) -> Iterator[Transition]:
    """What a case does by itself, and without a condition, as soon as it begins."""
    here = set(workflow.active(workflow.initial.name))
    for _, item in workflow.automatic:
        if item.when is None and not item.requires and not here.isdisjoint(item.sources):
            yield item


def _line(first: str, last: str, world: Mapping[str, Workflow]) -> tuple[str, ...] | None:
    """The shortest line of children from one workflow to another, both included."""
    queue: list[tuple[str, ...]] = [(first,)]
    seen = {first}
    for trace in queue:
        if trace[-1] == last:
            return trace
        workflow = world.get(trace[-1])
        for item in _at_once(workflow) if workflow else ():
            for start in item.start:
                name = workflow.children_by_name[start.children].workflow if workflow else ""
                if start.when is None and name not in seen:
                    seen.add(name)
                    queue.append((*trace, name))
    return None
