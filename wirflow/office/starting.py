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
    """A workflow as the files say it now, kept in the database so that cases can pin it.

    Raises:
        UnknownNameError: there is none of that name.
        DefinitionError: a file has errors.
    """
    known = office.workflows()
    if name not in known:
        raise UnknownNameError(Text("Der Workflow", "The workflow"), name, known)
    office.engine.register([known[name]])
    return known[name]


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
