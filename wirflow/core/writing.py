"""Writing a decision down: its notices, its commitments, its entry.  Nothing is kept yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wirflow.audit.entry import commitment, digest
from wirflow.core.letters import NewNotice, digest_of, write
from wirflow.core.record import record
from wirflow.definition.values import Stored, to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from wirflow.core.case import Facts
    from wirflow.core.decision import Decision
    from wirflow.core.profile import Profile
    from wirflow.definition.model import Workflow
    from wirflow.render import Templates

    Salts = Callable[[], bytes]


class Secret(Struct, frozen=True, kw_only=True):
    """A personal value with the salt and the commitment that stands for it in the trail."""

    field: str
    value: Stored
    salt: str
    commitment: str


class Written(Struct, frozen=True, kw_only=True):
    """A decision as it is kept."""

    notices: tuple[NewNotice, ...]
    secrets: tuple[Secret, ...]
    body: dict[str, Any]
    """What the entry says, without the digest of the one before."""
    entry: bytes
    """The entry, canonical."""
    digest: str


def put_down(  # noqa: PLR0917 - one decision and what it was made of
    workflow: Workflow,
    decision: Decision,
    facts: Facts,
    profile: Profile,
    templates: Templates,
    salts: Salts,
    recorded_at: datetime,
) -> Written:
    """Write a decision down.

    Args:
        workflow: the definition that the case pins.
        decision: what was decided.
        facts: what it was decided on.
        profile: the office.
        templates: its notices.
        salts: gives a salt of `SALT_BYTES` for each personal value, a fresh one each time.
        recorded_at: when it is written.

    Raises:
        TemplateError: a template is broken; then the event does not happen.
    """
    notices = tuple(write(workflow, decision, facts, profile, templates))
    secrets = _secrets(workflow, decision, salts)
    body = record(
        workflow,
        decision,
        notices=[digest_of(notice) for notice in notices],
        commitments={secret.field: secret.commitment for secret in secrets},
        recorded_at=recorded_at,
    )
    entry, entry_digest = digest(body, decision.before.digest if decision.before else None)
    return Written(notices=notices, secrets=secrets, body=body, entry=entry, digest=entry_digest)


def _secrets(workflow: Workflow, decision: Decision, salts: Salts) -> tuple[Secret, ...]:
    """The new personal values, each with its salt and what stands for it in the trail."""
    kept = []
    for name, (_, new) in decision.changes.items():
        if name in workflow.personal and new is not None:
            salt = salts()
            value = to_json(new)
            kept.append(Secret(field=name, value=value, salt=salt.hex(), commitment=commitment(value, salt)))
    return tuple(kept)
