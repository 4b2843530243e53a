"""What a case tells others: events for linked cases and children, and a word to its parent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.core.asking import holds, scope_of
from wirflow.core.case import Timer
from wirflow.core.decision import SignalOrder
from wirflow.definition.field import Field
from wirflow.definition.guards import AbsentError, guards_for
from wirflow.definition.model import CHILDREN, HEARD
from wirflow.definition.values import to_json
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wirflow.core.case import Case, Event, Facts
    from wirflow.definition.field import LinkedField
    from wirflow.definition.model import Transition, Workflow


def signals_of(  # noqa: PLR0917 - the parts of one decision
    workflow: Workflow,
    transition: Transition,
    case: Case,
    after: Case,
    event: Event,
    facts: Facts,
    first: int,
) -> list[SignalOrder]:
    """The events that a transition tells to linked cases; a link that is not set is told nothing."""
    guards = guards_for(workflow)
    scope = scope_of(workflow, case, facts, after.data, case.data)
    orders: list[SignalOrder] = []
    depth = (event.timer.depth if event.timer else 0) + 1
    number = first
    for signal in transition.tell:
        targets = tuple(_told(workflow, signal.to, case, facts))
        if not targets or (signal.when is not None and not holds(guards, signal.when, scope)):
            number += 1
            continue
        fields = stand_ins(workflow.fields_of(signal.to))
        payload = {}
        for item in signal.values:
            try:
                value = guards.value(item.value, scope, fields[item.field])
            except AbsentError:
                continue
            payload[item.field] = to_json(value)
        for target in targets:
            timer = Timer(
                name=signal.event,
                kind="signal",
                label=f"{after.key}/{after.revision}/{number}",
                due_at=event.occurred_at,
                event=signal.event,
                payload=payload,
                depth=depth,
            )
            orders.append(SignalOrder(to=target, timer=timer))
            number += 1
    return orders


def _told(workflow: Workflow, name: str, case: Case, facts: Facts) -> Iterator[str]:
    """The keys of the cases that a signal goes to: behind a link, or the children that are not over."""
    if name in workflow.link_by_name:
        if name in case.links:
            yield case.links[name]
        return
    for child in facts.children:
        if child.state and not child.final and name in {child.child, CHILDREN}:
            yield child.key


def stand_ins(fields: Sequence[LinkedField]) -> dict[str, Field]:
    """The facts of another case as fields: whether a value is within its bounds is for that case to say."""
    return {
        item.name: Field(
            name=item.name,
            type="text" if item.type == "choice" else item.type,
            of="text" if item.of == "choice" else item.of,
            title=Text.same(item.name),
        )
        for item in fields
    }


def heard(case: Case, event: Event, to: str, number: int) -> SignalOrder:
    """The word to a parent that its children are not what they were: it looks at them at once.

    Args:
        case: whose revision tells it.
        event: what happened to it.
        to: the key of the parent.
        number: how many signals the same revision has told before.
    """
    timer = Timer(
        name=HEARD,
        kind="signal",
        label=f"{case.key}/{case.revision}/{number}",
        due_at=event.occurred_at,
        depth=(event.timer.depth if event.timer else 0) + 1,
    )
    return SignalOrder(to=to, timer=timer)
