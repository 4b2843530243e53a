"""Opening a case: what is given becomes a blank case and the event that fills it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from wirflow.core.case import Case, Event, LinkedCase, Origin
from wirflow.definition.usage import minds_children
from wirflow.definition.values import Value, from_json
from wirflow.text import Text

if TYPE_CHECKING:
    from datetime import datetime

    from wirflow.definition.model import Workflow
    from wirflow.definition.person import Person


class NewCase(Struct, frozen=True, kw_only=True):
    """A case that is to be started, or found in a state."""

    workflow: str
    key: str
    data: Mapping[str, Value]
    links: Mapping[str, str]
    sources: Mapping[str, str]
    note: Text | None = None
    state: str | None = None
    """None: it starts in the initial state."""
    found: bool = False
    """It was not begun here, but found in a portfolio or a list, be it in the initial state."""
    child: str | None = None
    """Of which kind of children of its parent it is; without a word, the one of its workflow."""
    origin: Origin | None = None
    """What started it, unless a person did."""


def child_of(parent: Workflow, workflow: str) -> str | None:
    """Of which kind a child is that somebody starts by hand: the first that has its workflow."""
    return next((item.name for item in parent.children if item.workflow == workflow), None)


def opening(new: NewCase, person: Person | None, moment: datetime) -> tuple[Case, Event]:
    """The blank case and the event with which `core.decide.start` begins it.

    Args:
        new: what is given.
        person: who starts it; None: nobody, as when a deadline starts a child.
        moment: the instant at which it counts.
    """
    blank = Case(
        key=new.key,
        workflow=new.workflow,
        state="",
        since=moment,
        data={},
        links=new.links,
        child=new.child,
        sources=new.sources,
        note=new.note,
    )
    event = Event(
        name="start",
        kind="import" if new.state or new.found else "start",
        occurred_at=moment,
        actor=person.id if person else None,
        roles=person.roles if person else frozenset(),
        input=new.data,
        state=new.state,
        origin=new.origin,
    )
    return blank, event


def sibling(workflow: Workflow, new: NewCase) -> LinkedCase:
    """A case that is started together with others, as they see it."""
    data = {
        item.name: from_json(item.kind, item.default) for item in workflow.fields if item.default is not None
    }
    state = new.state or workflow.initial.name
    return LinkedCase(
        key=new.key,
        state=state,
        data=data | dict(new.data),
        workflow=workflow.name,
        child=new.child,
        final=workflow.place(state).final,
        minds=minds_children(workflow),
    )
