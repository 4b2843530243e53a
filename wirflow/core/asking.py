"""The facts that the expressions of a decision see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.definition.guards import AbsentError, guards_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wirflow.core.case import Case, Facts
    from wirflow.definition.guards import Guards, Scope
    from wirflow.definition.model import Workflow
    from wirflow.definition.values import Value


def scope_of(
    workflow: Workflow,
    case: Case,
    facts: Facts,
    data: Mapping[str, Value],
    old: Mapping[str, Value],
) -> Scope:
    """What the expressions of a workflow see of a case.

    Args:
        workflow: the definition.
        case: the case where it stands.
        facts: linked cases, children and the day.
        data: the facts of the case, input included.
        old: its facts before the event.
    """
    return guards_for(workflow).scope(
        key=case.key,
        state=case.state,
        today=facts.today,
        data=data,
        old=old,
        linked=facts.linked,
        children=facts.children,
    )


def holds(guards: Guards, when: str, scope: Scope) -> bool:
    """Whether a condition holds; one that touches an absent fact does not."""
    try:
        return guards.holds(when, scope)
    except AbsentError:
        return False
