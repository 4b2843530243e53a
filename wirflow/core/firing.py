"""What it means that a timer fires: which event it is, whether it still has a word of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wirflow.clock import civil_date
from wirflow.core.case import Case, Event, EventKind, Facts, LinkedCase
from wirflow.definition.usage import minds_children
from wirflow.definition.values import load
from wirflow.errors import EndlessError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from wirflow.core.case import Timer
    from wirflow.core.profile import Profile
    from wirflow.definition.model import Workflow

MAX_SIGNAL_DEPTH: Final = 100
"""How many signals may lead to one another before the chain is taken for a loop."""


def event_of(timer: Timer, workflow: Workflow) -> Event:
    """The event that a timer fires; it counts at the timer's due time, however late that is.

    Raises:
        EndlessError: too many signals have set one another off.
    """
    if timer.depth > MAX_SIGNAL_DEPTH:
        raise EndlessError(
            Text(
                f"Mehr als {MAX_SIGNAL_DEPTH} Signale haben einander ausgelöst.",
                f"More than {MAX_SIGNAL_DEPTH} signals have set one another off.",
            ),
            hint=Text("'wirflow check' zeigt die Schleife.", "'wirflow check' shows the loop."),
        )
    return Event(
        name=timer.event or timer.name,
        kind=kind_of(timer),
        occurred_at=timer.due_at,
        input=load(workflow.field_types, timer.payload),
        timer=timer,
    )


def kind_of(timer: Timer) -> EventKind:
    """Which kind of event a timer fires."""
    return "signal" if timer.kind == "signal" else "deadline" if timer.kind == "due" else "reminder"


def is_merged(timer: Timer, armed: Iterable[Timer], now: datetime) -> bool:
    """Whether a timer says nothing of its own: a later reminder of the same deadline is overdue too."""
    if timer.kind == "signal" and timer.event is None:
        # Of several children that changed at once, the last to be heard speaks for all.
        later = [other for other in armed if other.kind == "signal" and other.event is None]
        return any(
            (timer.due_at, timer.label) < (other.due_at, other.label) and other.due_at == timer.due_at
            for other in later
        )
    return timer.kind == "reminder" and any(
        other.kind == "reminder" and other.name == timer.name and timer.due_at < other.due_at <= now
        for other in armed
    )


def is_done(timer: Timer, case: Case) -> bool:
    """Whether a moment has been dealt with already: a failed timer that was armed anew has a twin."""
    done = case.done.get(timer.name)
    return (
        timer.deadline is not None
        and done is not None
        and done.due == timer.deadline.due
        and timer.due_at <= done.until
    )


def facts_at(
    profile: Profile,
    moment: datetime,
    linked: Mapping[str, LinkedCase],
    armed: Iterable[Timer],
    children: Iterable[LinkedCase] = (),
) -> Facts:
    """The facts of a decision that counts at a moment; of the armed timers the legal ones matter."""
    return Facts(
        today=civil_date(moment, profile.zone),
        zone=profile.zone,
        land=profile.land,
        catalogue=profile.catalogue,
        linked=linked,
        armed=tuple(timer for timer in armed if timer.kind != "signal"),
        # By their keys, so that what is told to all of them has one order wherever it is decided.
        children=tuple(sorted(children, key=lambda child: child.key)),
    )


def as_linked(case: Case, workflow: Workflow) -> LinkedCase:
    """A case as others see it.

    Args:
        case: the case.
        workflow: the definition that it pins.
    """
    return LinkedCase(
        key=case.key,
        state=case.state,
        data=case.data,
        workflow=case.workflow,
        child=case.child,
        final=workflow.place(case.state).final,
        minds=minds_children(workflow),
    )
