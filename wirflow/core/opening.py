"""Opening a case: what is given becomes a blank case and the event that fills it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wirflow.core.case import Case, Event, LinkedCase
from wirflow.definition.values import Value, from_json
from wirflow.text import Text

if TYPE_CHECKING:
    from datetime import datetime

    from wirflow.definition.model import Workflow
    from wirflow.definition.person import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case that is to be started, or found in a state."""

    workflow: str
    key: str
    data: Mapping[str, Value]
    links: Mapping[str, str]
    sources: Mapping[str, str]
    note: Text | None = None
    state: str | None = None
    """None: it starts in the initial state."""


def opening(new: NewCase, person: Person, moment: datetime) -> tuple[Case, Event]:
    """The blank case and the event with which `core.decide.start` begins it.

    Args:
        new: what is given.
        person: who starts it.
        moment: the instant at which it counts.
    """
    blank = Case(
        key=new.key,
        workflow=new.workflow,
        state="",
        since=moment,
        data={},
        links=new.links,
        sources=new.sources,
        note=new.note,
    )
    event = Event(
        name="start",
        kind="import" if new.state else "start",
        occurred_at=moment,
        actor=person.id,
        roles=person.roles,
        input=new.data,
        state=new.state,
    )
    return blank, event


def sibling(workflow: Workflow, new: NewCase) -> LinkedCase:
    """A case that is started together with others, as they see it."""
    data = {
        item.name: from_json(item.type, item.default) for item in workflow.fields if item.default is not None
    }
    return LinkedCase(key=new.key, state=new.state or workflow.initial.name, data=data | dict(new.data))
