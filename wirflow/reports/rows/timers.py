"""Timers: each one was armed by an entry, does what that said, and ended as entries say."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from wirflow.audit.finding import finding
from wirflow.clock import stamp, unstamp
from wirflow.core.overdue import standing
from wirflow.definition.model import HEARD
from wirflow.errors import WirflowError
from wirflow.reports.rows.raw import BROKEN, rows, same_json, words
from wirflow.reports.rows.told import Ends, Identity
from wirflow.store import mirror
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from wirflow.audit.finding import Finding
    from wirflow.reports.rows.told import Armed, Told
    from wirflow.store.mirror import TimerColumns
    from wirflow.store.session import Session

_Rows = dict[Identity, list["TimerColumns"]]


def differing(session: Session, told: Told, now: datetime | None) -> list[Finding]:
    """The timers that are missing, that no entry armed, or that stand otherwise than entries say."""
    found: list[Finding] = []
    there: _Rows = {}
    for row in rows(mirror.timer_columns, session, "timers", found):
        if row.case is None:
            found.append(finding("row_astray", name="timers"))
        else:
            there.setdefault(Identity(*map(words, row[:5])), []).append(row)
    later = _later(there, now)
    overdue = _overdue(there, told)
    for identity in {**told.armed, **there}:
        if _is_untold(identity, told):
            continue
        armed, kept = told.armed.get(identity, []), there.get(identity, [])
        if len(armed) != len(kept):
            found.append(_finding(identity, "–"))
            continue
        ends = told.ends.get(identity, Ends())
        names = dict.fromkeys(
            name
            for row, timer in zip(kept, armed, strict=True)
            for name in _columns(row, timer, ends, told.depth(identity))
        )
        if not _ended(identity, kept, ends, told, later) or not _stands(identity, kept, overdue):
            names["status"] = None
        if names:
            found.append(_finding(identity, ", ".join(names)))
    return found


def _is_untold(identity: Identity, told: Told) -> bool:
    """Whether an unreadable entry may have armed it: then nothing can be said."""
    sender = identity.label.rsplit("/", 2)[0] if identity.kind == "signal" else None
    unlabelled = identity.kind == "signal" and identity.label.rpartition("/")[0] in told.unlabelled
    return unlabelled or told.is_broken(identity.case) or told.is_broken(sender)


def _finding(identity: Identity, names: str) -> Finding:
    label = f"{identity.name} {identity.label}".strip()
    return finding("timer_differs", case=identity.case, timer=label, name=names)


def _columns(row: TimerColumns, timer: Armed, ends: Ends, depth: int) -> Iterator[str]:
    """The columns of a timer that say something else than the entry that armed it."""
    if row.due != timer.due:
        yield "due"
    if timer.vouched and row.event != timer.event:
        yield "event"
    if timer.due is None:
        if row.derivation is not None:
            yield "derivation"
    elif not any(same_json(row.derivation, told) for told in timer.derivations):
        yield "derivation"
    if not same_json(row.payload, timer.payload):
        yield "payload"
    if row.depth != depth:
        yield "depth"
    if not _is_error(row, ends):
        yield "error"


def _is_error(row: TimerColumns, ends: Ends) -> bool:
    """Whether the error of a timer goes with how it ended."""
    if row.status == "refused":
        # As it is kept now, in both languages, or as it was kept before, in one.
        return any(
            row.error in {Text(text.get("de", ""), text.get("en", "")).kept(), *text.values()}
            for text in ends.refused
        )
    if row.status == "failed":
        return isinstance(row.error, str)
    return row.error is None or (row.status == "cancelled" and ends.moved)


def _ended(
    identity: Identity,
    kept: list[TimerColumns],
    ends: Ends,
    told: Told,
    later: Mapping[tuple[str, str], str],
) -> bool:
    """Whether timers of one identity ended as often and in the ways that entries tell."""
    count = Counter(row.status for row in kept)
    # Where one failed and was armed anew, a word of the trail may have cancelled both.
    cancelled = count["cancelled"] == ends.cancelled or (
        len(kept) > 1 and count["cancelled"] > 0 and ends.cancelled > 0
    )
    if (
        count["fired"] + count["overdue"] != ends.fired
        or count["refused"] != len(ends.refused)
        or not cancelled
    ):
        return False
    if count["merged"]:
        done = told.case(identity.case).done.get(identity.name)
        dealt = done is not None and any(
            (done[0], done[1]) >= (words(row.due), identity.due_at) or done[0] > words(row.due)
            for row in kept
        )
        overtaken = (
            identity.kind == "reminder" and later.get((identity.case, identity.name), "") > identity.due_at
        )
        # A case that hears of a child writes only what follows from it.
        unmoved = identity.kind == "signal" and identity.name == HEARD
        if not dealt and not overtaken and not unmoved:
            return False
    known = ("fired", "overdue", "refused", "cancelled", "merged", "armed", "failed")
    return sum(count[status] for status in known) == len(kept)


def _stands(identity: Identity, kept: list[TimerColumns], overdue: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a deadline that took effect is called overdue if it stands, and else is not."""
    took_effect = [row for row in kept if row.status in {"fired", "overdue"}]
    if not took_effect or identity.case not in overdue:
        return True
    stands = identity.kind == "due" and overdue[identity.case].get(identity.name) == took_effect[0].due
    return all((row.status == "overdue") is stands for row in took_effect)


def _overdue(there: _Rows, told: Told) -> dict[str, dict[str, str]]:
    """Case → its deadlines that are over while it is still where they ran, each with its due day.

    Cases of which that cannot be told are left out: an entry of theirs is unreadable, or they moved
    to another version before entries said what a case remembers.
    """
    again: dict[str, list[tuple[str, date, datetime]]] = {}
    for identity, kept in there.items():
        for row in kept:
            if identity.kind == "due" and row.status in {"armed", "failed"}:
                with suppress(*BROKEN):  # a column that holds rubbish is told of by itself
                    day = date.fromisoformat(words(row.due))
                    again.setdefault(identity.case, []).append((identity.name, day, unstamp(identity.due_at)))
    found: dict[str, dict[str, str]] = {}
    for key, case in told.cases.items():
        workflow = told.known.get(case.definition)
        if workflow is None or case.broken or not case.remembered:
            continue
        with suppress(WirflowError, *BROKEN):
            days = standing(workflow, case.snapshot(workflow), again.get(key, ())) if case.done else {}
            found[key] = {name: day.isoformat() for name, day in days.items()}
    return found


def _later(there: _Rows, now: datetime | None) -> dict[tuple[str, str], str]:
    """(case, deadline) → its latest reminder that has had its turn: those before it say nothing more."""
    latest: dict[tuple[str, str], str] = {}
    for identity, kept in there.items():
        passed = now is not None and identity.due_at <= stamp(now)
        if identity.kind == "reminder" and (passed or any(row.status != "armed" for row in kept)):
            place = (identity.case, identity.name)
            latest[place] = max(latest.get(place, ""), identity.due_at)
    return latest
