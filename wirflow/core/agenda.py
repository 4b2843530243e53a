"""Which timers a case has: a pure function of its workflow, state and facts.

After every decision the agenda is computed anew and compared with what is
armed; so a changed date moves its deadline and its reminders by itself.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from wirflow.clock import end_of_day, start_of_day
from wirflow.core.case import Timer
from wirflow.deadlines import compute
from wirflow.definition.guards import AbsentError, guards_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wirflow.core.case import Case, Facts
    from wirflow.deadlines import Deadline
    from wirflow.definition.model import DeadlineSpec, Workflow


def agenda(workflow: Workflow, case: Case, facts: Facts, now: datetime) -> tuple[Timer, ...]:
    """All timers that should be armed for a case, in the order in which they fire.

    Args:
        workflow: its definition.
        case: the case after the event.
        facts: zone, Land and linked cases.
        now: the instant at which the event counts; of the reminders that lie
            before it only the latest is kept, since they are sent once, as one.
    """
    timers: list[Timer] = []
    for spec in workflow.deadlines:
        if case.state in spec.states and _runs(workflow, spec, case, facts):
            deadline = deadline_of(workflow, spec, case, facts)
            if deadline:
                timers += _timers(spec, case, deadline, facts, now)
    return tuple(sorted(timers, key=lambda timer: (timer.due_at, timer.name, timer.kind, timer.label)))


def deadline_of(workflow: Workflow, spec: DeadlineSpec, case: Case, facts: Facts) -> Deadline | None:
    """The legal deadline that a case has by one rule of its workflow; None while its date is unknown."""
    if spec.on:
        on = case.data.get(spec.on)
        return _compute(spec, on, "P0D", facts) if isinstance(on, date) else None
    start = case.data.get(spec.start or "")
    if not isinstance(start, date):
        return None
    period = spec.period
    if period in workflow.field_by_name:
        named = case.data.get(period)
        if named is None:
            return None  # the award has not said yet how long
        period = str(named)
    return _compute(spec, start, period, facts)


def _compute(spec: DeadlineSpec, start: date, period: str | None, facts: Facts) -> Deadline:
    return compute(spec.rule, start, period, land=facts.land, catalogue=facts.catalogue, law=spec.law)


def _runs(workflow: Workflow, spec: DeadlineSpec, case: Case, facts: Facts) -> bool:
    if spec.when is None:
        return True
    guards = guards_for(workflow)
    scope = guards.scope(
        key=case.key, state=case.state, today=facts.today, data=case.data, old=case.data, linked=facts.linked
    )
    try:
        return guards.holds(spec.when, scope)
    except AbsentError:
        return False


def _timers(
    spec: DeadlineSpec, case: Case, deadline: Deadline, facts: Facts, now: datetime
) -> Iterator[Timer]:
    done = case.done.get(spec.name)
    until = done.until if done and done.due == deadline.due else None
    edge = start_of_day if spec.edge == "start_of_day" else end_of_day
    due_at = edge(deadline.due, facts.zone)
    reminders = [
        Timer(name=spec.name, kind="reminder", label=label, due_at=moment, deadline=deadline)
        for label in spec.remind
        if (moment := start_of_day(_before(deadline.due, label), facts.zone)) < due_at
        and (until is None or moment > until)
    ]
    passed = [timer for timer in reminders if timer.due_at <= now]
    latest = max(passed, key=lambda timer: timer.due_at, default=None)
    # A deadline that is already over has nothing left to remind of.
    yield from (timer for timer in reminders if timer.due_at > now or (timer is latest and due_at > now))
    if until is None or due_at > until:
        yield Timer(name=spec.name, kind="due", label="", due_at=due_at, event=spec.fire, deadline=deadline)


def _before(due: date, period: str) -> date:
    return compute("no-roll", due, f"-{period}").due
