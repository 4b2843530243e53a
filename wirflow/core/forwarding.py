"""Passing a notice on that nobody could receive: an entry of its own says to whom it goes now.

When it was written nobody had its role, and that is what the trail says.  So
whoever has the role later gets it by another entry of the case, which changes
nothing else: the words are the same, and the trail vouches for each reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from wirflow.audit.entry import digest
from wirflow.core.case import Event
from wirflow.core.decision import Decision
from wirflow.core.letters import digest_of, forwarded
from wirflow.core.record import record
from wirflow.core.writing import Written

if TYPE_CHECKING:
    from datetime import datetime

    from wirflow.core.case import Case
    from wirflow.core.letters import Notice
    from wirflow.core.profile import Profile
    from wirflow.definition.model import Workflow

FORWARD: Final = "forward_notice"
"""What the trail calls it."""


def forward(
    workflow: Workflow, case: Case, notice: Notice, profile: Profile, now: datetime
) -> tuple[Decision, Written]:
    """Decide and write down that a notice goes to those who have its role now; somebody has to have it.

    Args:
        workflow: the definition that the case pins.
        case: as it stands.
        notice: what nobody could receive.
        profile: the office as it is now.
        now: when it counts and is recorded.
    """
    event = Event(name=FORWARD, kind="forwarding", occurred_at=now)
    after = replace(case, revision=case.revision + 1)
    decision = Decision(before=case, case=after, event=event, changes={})
    notices = forwarded(notice, after.revision, profile)
    body = record(
        workflow,
        decision,
        notices=[digest_of(item) for item in notices],
        commitments={},
        recorded_at=now,
    )
    body["forwards"] = {"seq": notice.seq, "to": notice.recipient, "template": notice.template}
    entry, entry_digest = digest(body, case.digest)
    return decision, Written(notices=notices, secrets=(), body=body, entry=entry, digest=entry_digest)
