"""What the trail says of a decision: the body of its entry."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from wirflow.audit.entry import VERSION
from wirflow.clock import stamp
from wirflow.definition.model import CORRECT
from wirflow.definition.values import Stored, Value, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from wirflow.core.case import Case, Timer
    from wirflow.core.decision import Decision
    from wirflow.definition.model import Workflow
    from wirflow.text import Text

Json = dict[str, Any]


def record(
    workflow: Workflow,
    decision: Decision,
    *,
    notices: Sequence[Mapping[str, str]],
    commitments: Mapping[str, str],
    recorded_at: datetime,
) -> Json:
    """The body of an entry, without the digest of the one before.

    Args:
        workflow: the definition that the case pins.
        decision: what was decided.
        notices: to whom what was written, with the SHA-256 of each text.
        commitments: personal field → what stands for its new value.
        recorded_at: when it is written.
    """
    event, case, before, previous = decision.event, decision.case, decision.before, decision.previous
    hidden = workflow.personal | previous.personal if previous else workflow.personal
    body: Json = {
        "v": VERSION,
        "case": case.key,
        "seq": case.revision,
        "workflow": workflow.name,
        "definition": workflow.hash,
        "event": event.name,
        "kind": "correction" if event.name == CORRECT and event.kind == "action" else event.kind,
        "actor": event.actor,
        "from": before.state if before else None,
        "to": case.state,
        "occurred_at": stamp(event.occurred_at),
        "recorded_at": stamp(recorded_at),
        "changes": {
            name: [
                None if name in hidden else _plain(old),
                _committed(commitments.get(name)) if name in workflow.personal else _plain(new),
            ]
            for name, (old, new) in decision.changes.items()
        },
        "reason": event.reason,
        "timers": {
            "armed": _all_armed(decision.arm),
            "cancelled": [_named(timer) for timer in decision.cancel],
        },
        "notices": list(notices),
        "signals": [
            {
                "case": order.to,
                "event": order.timer.name,
                "label": order.timer.label,
                "values": dict(order.timer.payload),
            }
            for order in decision.signals
        ],
    }
    if decision.via:
        body["via"] = [{"event": step.event, "from": step.source, "to": step.target} for step in decision.via]
    if decision.starts:
        body["starts"] = [
            {"case": new.key, "workflow": new.workflow, "child": new.child} for new in decision.starts
        ]
    if before is None:
        body["links"] = dict(case.links)
        body["sources"] = dict(case.sources)
        body["note"] = {"sha256": digest_of_note(case.note)} if case.note else None
        if case.child is not None:
            body["child"] = case.child
        if event.origin:
            body["origin"] = {"case": event.origin.case, "seq": event.origin.seq}
    if before and previous:
        body["migration"] = {"from": previous.hash, "to": workflow.hash}
        body["carried"] = _carried(case)
        if case.links != before.links or case.sources != before.sources:
            body["links"] = dict(case.links)
            body["sources"] = dict(case.sources)
    if event.timer:
        body["timer"] = _fired(event.timer)
    if decision.refused:
        refused = decision.refused
        body["refused"] = {
            "code": refused.code,
            "texts": [{"de": text.de, "en": text.en} for text in refused.texts],
        }
    return body


def digest_of_note(note: Text) -> str:
    """The SHA-256 of a remark, in hex: like a notice it is kept beside the trail, which vouches for it."""
    return sha256(f"{note.de}\n\n{note.en}".encode()).hexdigest()


def _carried(case: Case) -> Json:
    """What a case remembers, under the names of the version to which it moved."""
    return {
        "since": stamp(case.since),
        "actors": dict(case.actors),
        "times": {name: stamp(moment) for name, moment in case.times.items()},
        "history": dict(case.history),
        "done": {name: [item.due.isoformat(), stamp(item.until)] for name, item in case.done.items()},
    }


def _plain(value: Value | None) -> Stored | None:
    return None if value is None else to_json(value)


def _committed(commitment: str | None) -> Json | None:
    return None if commitment is None else {"commitment": commitment}


def _named(timer: Timer) -> Json:
    return {
        "name": timer.name,
        "kind": timer.kind,
        "label": timer.label,
        "due": timer.deadline.due.isoformat() if timer.deadline else None,
        "due_at": stamp(timer.due_at),
    }


def _all_armed(timers: Sequence[Timer]) -> list[Json]:
    # Reminders follow from their deadline: its derivation is written once, where it is due.
    told = [timer.deadline for timer in timers if timer.kind == "due"]
    return [_armed(timer, alone=timer.deadline not in told) for timer in timers]


def _armed(timer: Timer, *, alone: bool) -> Json:
    if timer.deadline and (timer.kind == "due" or alone):
        return {**_named(timer), "deadline": msgspec.Raw(timer.deadline.written)}
    return _named(timer)


def _fired(timer: Timer) -> Json:
    return _armed(timer, alone=False)
