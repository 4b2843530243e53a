"""Which deadlines are over though what they asked for is still open.

A deadline that fires nothing does not move its case on when its day has passed.
It stays overdue as long as the case is where it ran: a pure function of the
case alone, which the trail tells whole.  What other cases, the day, or personal
values have to do with it is left to those who show it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from wirflow.core.asking import holds, scope_of
from wirflow.core.case import Facts
from wirflow.definition.guards import guards_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from wirflow.core.case import Case, Timer
    from wirflow.definition.model import Workflow

_OWN: Final = frozenset({"key", "state", "active"})
"""What an expression may read of a case beside its facts."""

_MAX_KNOWN: Final = 1024
_own: dict[tuple[str, str], bool] = {}
"""Hash of a workflow and condition → whether it reads nothing else."""


def overdue(workflow: Workflow, case: Case, armed: Iterable[Timer]) -> dict[str, date]:
    """The deadlines of a case that are over and still stand: name → due day.

    Args:
        workflow: the definition that it pins.
        case: the case after an event.
        armed: the timers that are armed for it then; one that runs again was moved, and is not over.
    """
    if not any(spec.name in case.done for spec in workflow.lasting):
        return {}
    again = [
        (timer.name, timer.deadline.due, timer.due_at)
        for timer in armed
        if timer.kind == "due" and timer.deadline is not None
    ]
    return standing(workflow, case, again)


def standing(workflow: Workflow, case: Case, again: Iterable[tuple[str, date, datetime]]) -> dict[str, date]:
    """The same, told which deadlines run: name, due day and instant of each."""
    found: dict[str, date] = {}
    active: set[str] = set()
    for spec in workflow.lasting:
        done = case.done.get(spec.name)
        if done is None:
            continue
        active = active or set(workflow.active(case.state))
        if active.isdisjoint(spec.states):
            continue
        if any(name == spec.name and (day != done.due or at > done.until) for name, day, at in again):
            continue
        if spec.when is None or not _is_own(workflow, spec.when) or _holds(workflow, spec.when, case):
            found[spec.name] = done.due
    return found


def changed(
    before: Mapping[str, date], after: Mapping[str, date]
) -> tuple[tuple[tuple[str, date], ...], tuple[tuple[str, date], ...]]:
    """What has become overdue, and what is so no longer: name and due day of each."""
    if before == after:
        return (), ()
    missed = tuple(item for item in after.items() if before.get(item[0]) != item[1])
    settled = tuple(item for item in before.items() if after.get(item[0]) != item[1])
    return missed, settled


def _is_own(workflow: Workflow, when: str) -> bool:
    """Whether a condition reads nothing but facts that stand in the case's own entries."""
    known = _own.get((workflow.hash, when))
    if known is None:
        if len(_own) >= _MAX_KNOWN:
            _own.clear()
        public = _OWN.union(workflow.field_by_name).difference(workflow.personal)
        names = guards_for(workflow).names(when)
        known = _own[workflow.hash, when] = all(name.removeprefix("old.") in public for name in names)
    return known


def _holds(workflow: Workflow, when: str, case: Case) -> bool:
    nothing_else = Facts(today=date.min, zone="UTC", land="")
    return holds(guards_for(workflow), when, scope_of(workflow, case, nothing_else, case.data, case.data))
