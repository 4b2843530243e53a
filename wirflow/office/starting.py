"""Starting a case of an office by the workflow as the files say it now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.engine import NewCase
from wirflow.errors import UnknownNameError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wirflow.core.decision import Refusal
    from wirflow.definition.model import Workflow
    from wirflow.definition.values import Value
    from wirflow.engine import Outcome
    from wirflow.office.office import Office


def newest(office: Office, name: str) -> Workflow:
    """A workflow as the files say it now, kept in the database with those of its children.

    Raises:
        UnknownNameError: there is none of that name.
        DefinitionError: a file has errors.
    """
    known = office.workflows()
    if name not in known:
        raise UnknownNameError(Text("Der Workflow", "The workflow"), name, known)
    office.engine.register(_family(name, known))
    return known[name]


def _family(name: str, known: Mapping[str, Workflow]) -> list[Workflow]:
    """A workflow and those of the cases that it may start, and theirs: they pin them without being asked."""
    names = [name]
    for one in names:
        names += [kind.workflow for kind in known[one].children if kind.workflow not in names]
    return [known[one] for one in dict.fromkeys(names)]


def start(
    office: Office,
    workflow: Workflow,
    *,
    key: str,
    data: Mapping[str, Value],
    links: Mapping[str, str],
    actor: str,
    occurred_at: datetime | None = None,
    trial: bool = False,
) -> Outcome | Refusal:
    """Start a case of an office."""
    new = NewCase(workflow=workflow.name, key=key, data=data, links=links, sources={})
    return office.engine.start(new, actor=actor, occurred_at=occurred_at, trial=trial)
