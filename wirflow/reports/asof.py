"""A case as it stood on a day: its trail, folded up to there.

What counts is when an event occurred, as far as it is known today: a letter
that was decided in December and recorded in January belongs to December.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec import structs

from wirflow.audit.entry import is_commitment
from wirflow.clock import unstamp
from wirflow.core.case import Timer
from wirflow.deadlines import Deadline
from wirflow.definition import values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from wirflow.audit.entry import Entry
    from wirflow.core.case import Case
    from wirflow.definition.model import Workflow


@dataclass(slots=True)
class _Fold:
    state: str = ""
    since: str = ""
    revision: int = 0
    definition: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    armed: dict[tuple[str, str, str, str], dict[str, Any]] = field(default_factory=dict)


def as_of(
    case: Case,
    definition: Callable[[str], Workflow],
    entries: Iterable[Entry],
    moment: datetime,
    personal: Mapping[tuple[str, int], Any],
) -> tuple[Case, Workflow, tuple[Timer, ...]] | None:
    """The case as it stood, the version that it pinned, and the deadlines that ran.

    None if it was not there yet.

    Args:
        case: the case as it stands now.
        definition: gives the version of a hash.
        entries: its trail, by number.
        moment: up to when.
        personal: (field, number of the entry) → the value that the entry only commits to.
    """
    fold = _Fold()
    for entry in entries:
        if unstamp(entry.occurred_at) <= moment:
            _add(fold, entry, personal)
    if not fold.revision:
        return None
    workflow = definition(fold.definition)
    then = structs.replace(
        case,
        state=fold.state,
        since=unstamp(fold.since),
        data=values.load(workflow.field_types, fold.data),
        revision=fold.revision,
    )
    armed = [
        Timer(
            name=timer["name"],
            kind=timer["kind"],
            label=timer["label"],
            due_at=unstamp(timer["due_at"]),
            deadline=Deadline.from_json(timer["deadline"]),
        )
        for timer in fold.armed.values()
        if timer["kind"] == "due"
    ]
    return then, workflow, tuple(sorted(armed, key=lambda timer: (timer.due_at, timer.name)))


def _add(fold: _Fold, entry: Entry, personal: Mapping[tuple[str, int], Any]) -> None:
    body = entry.body
    # A new version may call a state otherwise: the case has been there as long as before.
    if entry.to != fold.state and (entry.kind != "migration" or "via" in body):
        fold.since = entry.occurred_at
    fold.state, fold.revision, fold.definition = str(entry.to), entry.seq, body["definition"]
    for name, (_, new) in body["changes"].items():
        value = personal.get((name, entry.seq)) if is_commitment(new) else new
        if value is None:
            fold.data.pop(name, None)
        else:
            fold.data[name] = value
    timers = body["timers"]
    if "timer" in body:
        fold.armed.pop(_identity(body["timer"]), None)
    for timer in timers["cancelled"]:
        fold.armed.pop(_identity(timer), None)
    for timer in timers["armed"]:
        fold.armed[_identity(timer)] = timer


def _identity(timer: Mapping[str, str]) -> tuple[str, str, str, str]:
    return timer["name"], timer["kind"], timer["label"], timer["due_at"]
