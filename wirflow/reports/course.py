"""What a case did so far and what runs for it, as a picture of its workflow marks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.clock import civil_date, unstamp
from wirflow.definition.diagram import Course, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from wirflow.audit.entry import Entry
    from wirflow.definition.model import Workflow
    from wirflow.reports.cases import CaseView
    from wirflow.text import Lang


def course_of(view: CaseView, entries: Iterable[Entry], *, zone: str, lang: Lang) -> Course:
    """The course of a case.

    Args:
        view: the case with its running deadlines.
        entries: its trail, oldest first.  States that the case's workflow does not
            know, from before a migration, are left out.
        zone: the office's time zone, in which its days end.
        lang: the language in which the case is called.
    """
    steps = [step for entry in entries for step in _steps(entry, zone)]
    return Course(
        key=view.case.key,
        subject=view.title.pick(lang),
        place=view.case.state,
        steps=tuple(_known(step, view.workflow) for step in steps if _there(step.target, view.workflow)),
        due=tuple((item.name, item.due) for item in view.deadlines if item.kind == "due"),
        outdated=not view.current,
    )


def _steps(entry: Entry, zone: str) -> Iterator[Step]:
    """An entry's event, and what followed from it by itself."""
    via: list[Mapping[str, Any]] = list(entry.body.get("via") or ())
    on = civil_date(unstamp(entry.occurred_at), zone)
    if entry.to is None:
        return
    # Also where a case is back in the end: between, it was elsewhere.
    yield Step(
        event=entry.event,
        on=on,
        source=entry.from_,
        target=via[0]["from"] if via else entry.to,
        by_deadline=entry.kind == "deadline",
    )
    for step in via:
        yield Step(event=step["event"], on=on, source=step["from"], target=step["to"])


def _there(place: str, workflow: Workflow) -> bool:
    return all(name in workflow.state_by_name for name in workflow.active(place))


def _known(step: Step, workflow: Workflow) -> Step:
    if step.source is None or _there(step.source, workflow):
        return step
    return Step(event=step.event, on=step.on, source=None, target=step.target)
