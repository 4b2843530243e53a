"""Which timers a case has: a pure function of its workflow, state and facts.

After every decision the agenda is computed anew and compared with what is
armed; so a changed date moves its deadline and its reminders by itself.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from wirflow.clock import end_of_day, start_of_day
from wirflow.core.asking import holds, scope_of
from wirflow.core.case import Timer
from wirflow.deadlines import Period, compute
from wirflow.definition.guards import guards_for
from wirflow.definition.span import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from wirflow.core.case import Case, Facts
    from wirflow.deadlines import Catalogue, Deadline
    from wirflow.definition.model import DeadlineSpec, Escalation, Workflow
    from wirflow.definition.values import Value


MAX_RECURRENCES = 10_000
"""How often a recurring deadline is looked for before it is taken to be over: nine years of days."""


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
    active = set(workflow.active(case.state))
    for spec in workflow.deadlines:
        if not active.isdisjoint(spec.states) and runs(workflow, spec, case, facts):
            deadline = deadline_of(workflow, spec, case, facts)
            if deadline:
                timers += _timers(spec, case, deadline, facts, now)
        if spec.escalate and spec.name in case.done:
            timers += _left_over(workflow, spec, spec.escalate, case, facts)
    return tuple(sorted(timers, key=lambda timer: (timer.due_at, timer.name, timer.kind, timer.label)))


def deadline_of(workflow: Workflow, spec: DeadlineSpec, case: Case, facts: Facts) -> Deadline | None:
    """The legal deadline that a case has by one rule of its workflow; None while its date is unknown.

    Of a recurring one it is the first that came after the case was in its state
    and has not been dealt with.
    """
    running = _all(workflow, spec, case, facts)
    return next(running if spec.every is None else _to_come(spec, case, facts, running), None)


def _to_come(
    spec: DeadlineSpec, case: Case, facts: Facts, recurring: Iterator[Deadline]
) -> Iterator[Deadline]:
    """Those of a recurring rule that are still to come."""
    done = case.done.get(spec.name)
    for deadline in recurring:
        moment = _edge(spec)(deadline.due, facts.zone)
        # Who was only reminded of it has not dealt with it.
        dealt = done and (deadline.due < done.due or (deadline.due == done.due and moment <= done.until))
        if not (moment <= case.since or dealt):
            yield deadline


def _all(workflow: Workflow, spec: DeadlineSpec, case: Case, facts: Facts) -> Iterator[Deadline]:
    """Every deadline by one rule, from its first day; none while its day or its period is unknown."""
    day = case.data.get(spec.on or spec.start or "")
    period: str | None = "P0D" if spec.on else spec.period
    if period in workflow.field_by_name:
        period = str(case.data[period]) if period in case.data else ""
    if not isinstance(day, date) or period == "":
        return  # the award has not said yet when, or how long
    given = {item.fact: _told(case.data[item.field]) for item in spec.given if item.field in case.data}
    yield _compute(spec, day, period, given, facts)
    for number in range(1, MAX_RECURRENCES if spec.every else 1):
        yield _compute(spec, _shifted(day, spec.every or "", number), period, given, facts)


def _told(value: Value) -> object:
    """A fact as the rules of law take it: spans as pairs of days, as many as there are."""
    spans = value if isinstance(value, tuple) else (value,)
    if all(isinstance(item, Span) for item in spans):
        return [(item.begin, item.end) for item in spans if isinstance(item, Span)]
    return value


def _compute(
    spec: DeadlineSpec, start: date, period: str | None, given: Mapping[str, object], facts: Facts
) -> Deadline:
    if not given:
        return _known(spec.rule, start, period, facts.land, facts.catalogue, spec.law)
    return compute(
        spec.rule, start, period, land=facts.land, catalogue=facts.catalogue, given=given, law=spec.law
    )


@lru_cache(maxsize=8192)
def _known(  # noqa: PLR0917 - whatever makes a difference
    rule: str, start: date, period: str | None, land: str, catalogue: Catalogue | None, law: str | None
) -> Deadline:
    """A deadline that many cases share, since they have the same day; so is the telling of its way."""
    return compute(rule, start, period, land=land, catalogue=catalogue, law=law)


def _shifted(day: date, every: str, times: int) -> date:
    """A day moved by so many periods at once, so that the end of a month is not lost on the way."""
    one = Period.parse(every)
    many = Period(
        years=one.years * times, months=one.months * times, weeks=one.weeks * times, days=one.days * times
    )
    return compute("no-roll", day, many).due


def runs(workflow: Workflow, spec: DeadlineSpec, case: Case, facts: Facts) -> bool:
    """Whether the condition of a deadline holds; one that touches an absent fact does not."""
    if spec.when is None:
        return True
    return holds(guards_for(workflow), spec.when, scope_of(workflow, case, facts, case.data, case.data))


def _edge(spec: DeadlineSpec) -> Callable[[date, str], datetime]:
    return start_of_day if spec.edge == "start_of_day" else end_of_day


def _timers(
    spec: DeadlineSpec, case: Case, deadline: Deadline, facts: Facts, now: datetime
) -> Iterator[Timer]:
    done = case.done.get(spec.name)
    until = done.until if done and done.due == deadline.due else None
    due_at = _edge(spec)(deadline.due, facts.zone)
    yield from _reminders(spec, deadline, facts, now, due_at, until)
    if until is None or due_at > until:
        yield Timer(name=spec.name, kind="due", label="", due_at=due_at, event=spec.fire, deadline=deadline)
        if spec.escalate:
            yield from _escalations(spec, spec.escalate, case, deadline, facts)


def _reminders(  # noqa: PLR0917 - one deadline, and when it is
    spec: DeadlineSpec,
    deadline: Deadline,
    facts: Facts,
    now: datetime,
    due_at: datetime,
    until: datetime | None,
) -> list[Timer]:
    """The reminders of a deadline that are still to be sent."""
    if not spec.remind:
        return []
    reminders = [
        Timer(name=spec.name, kind="reminder", label=label, due_at=moment, deadline=deadline)
        for label in spec.remind
        if (moment := start_of_day(_before(deadline.due, label), facts.zone)) < due_at
        and (until is None or moment > until)
    ]
    passed = [timer for timer in reminders if timer.due_at <= now]
    latest = max(passed, key=lambda timer: timer.due_at, default=None)
    # A deadline that is already over has nothing left to remind of.
    return [timer for timer in reminders if timer.due_at > now or (timer is latest and due_at > now)]


def _left_over(
    workflow: Workflow, spec: DeadlineSpec, escalate: Escalation, case: Case, facts: Facts
) -> Iterator[Timer]:
    """The escalation of a deadline that is over: the case may have moved on, or the next one be running."""
    done = case.done[spec.name]
    for deadline in _all(workflow, spec, case, facts):
        if deadline.due >= done.due:
            if deadline.due == done.due and done.until >= _edge(spec)(deadline.due, facts.zone):
                yield from _escalations(spec, escalate, case, deadline, facts)
            return


def _escalations(
    spec: DeadlineSpec, escalate: Escalation, case: Case, deadline: Deadline, facts: Facts
) -> Iterator[Timer]:
    """The word to whoever else has to know, unless somebody has taken care of it."""
    moment = end_of_day(_after(deadline.due, escalate.after), facts.zone)
    done = case.done.get(spec.name)
    if done and done.due == deadline.due and done.until >= moment:
        return
    due_at = _edge(spec)(deadline.due, facts.zone)
    first = min(
        (start_of_day(_before(deadline.due, label), facts.zone) for label in spec.remind), default=due_at
    )
    cared = max((case.times[event] for event in escalate.unless if event in case.times), default=None)
    if cared is None or cared < first:
        yield Timer(name=spec.name, kind="escalation", label=escalate.after, due_at=moment, deadline=deadline)


@lru_cache(maxsize=8192)
def _before(due: date, period: str) -> date:
    return compute("no-roll", due, f"-{period}").due


@lru_cache(maxsize=8192)
def _after(due: date, period: str) -> date:
    return compute("no-roll", due, period).due
