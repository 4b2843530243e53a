"""The outbox: each notice is one that an entry wrote, and what is noted of its delivery fits together."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from wirflow.audit.entry import is_instant
from wirflow.audit.finding import finding
from wirflow.core.letters import NO_CHANNEL, ROLE
from wirflow.reports.rows.raw import rows, words
from wirflow.store import mirror

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wirflow.audit.finding import Finding
    from wirflow.reports.rows.told import Told
    from wirflow.store.mirror import NoticeColumns
    from wirflow.store.session import Session

_LANGS: Final = ("de", "en")
_OPEN: Final = ("pending", "sending", "unknown")
_message_id = re.compile(r"<([0-9a-f]{32})@[^\s<>@]*>").fullmatch


def differing(session: Session, told: Told, addresses: Mapping[str, str | None] | None) -> list[Finding]:
    """The notices that are missing, too many, changed, or noted to have gone another way."""
    found: list[Finding] = []
    missing = dict(told.notices)
    for row in rows(mirror.notice_columns, session, "outbox", found):
        if row.case is None:
            found.append(finding("row_astray", name="outbox"))
            continue
        said = missing.pop((row.case, row.seq, row.recipient, row.channel, row.template), None)
        if told.is_broken(row.case):
            continue
        passed_on = (row.case, row.seq, row.recipient, row.template) in told.forwarded
        code, names = _wrong(row, said, addresses, passed_on=passed_on)
        if code is not None:
            seq, to = row.seq if isinstance(row.seq, int) else None, words(row.recipient)
            found.append(finding(code, case=row.case, seq=seq, to=to, name=names))
    for key, seq, recipient, _, _ in missing:
        if not told.is_broken(key):
            found.append(finding("notice_differs", case=key, seq=seq, to=recipient))
    return found


def _wrong(
    row: NoticeColumns,
    said: tuple[str, str, str] | None,
    addresses: Mapping[str, str | None] | None,
    *,
    passed_on: bool,
) -> tuple[str | None, str]:
    """What is wrong with a notice, as a code and the columns that show it; None if nothing is."""
    text = sha256(f"{words(row.subject)}\n\n{words(row.body)}".encode()).hexdigest()
    if said is None or (row.kind, text, row.created_at) != said or not _is_its(row):
        return "notice_differs", ""
    names = ", ".join(_contradictions(row, passed_on=passed_on))
    if names:
        return "delivery_differs", names
    if addresses is not None and not _goes_there(row, addresses):
        return "address_differs", ""
    return None, ""


def _is_its(row: NoticeColumns) -> bool:
    """Whether the Message-ID is that of this notice, and the language one that is written."""
    key = f"{row.case}/{row.seq}/{row.recipient}/{row.channel}/{row.template}"
    match = _message_id(words(row.message_id))
    own = match is not None and sha256(key.encode()).hexdigest().startswith(match[1])
    return own and row.lang in _LANGS


def _contradictions(row: NoticeColumns, *, passed_on: bool) -> Iterator[str]:
    """What is noted of the delivery and cannot be so together; no entry tells how it went."""
    tried = row.attempts
    if not isinstance(tried, int) or tried < 0:
        yield "attempts"
        return
    if not isinstance(row.fence, int) or row.fence < tried:
        yield "fence"
    if not is_instant(row.next_at) or row.next_at < row.created_at:
        yield "next_at"
    if (row.state == "sent") != (row.sent_at is not None) or (
        row.sent_at is not None and (not is_instant(row.sent_at) or row.sent_at < row.created_at)
    ):
        yield "sent_at"
    failed = row.error is not None
    if failed and words(row.error) != row.error:
        yield "error"
    fits = {
        "pending": failed == (tried > 0),
        "sending": tried > (1 if failed else 0),
        "sent": tried > 0 and not failed,
        "unknown": tried > 0 and failed,
        "dead": failed,
    }
    if row.channel == NO_CHANNEL:
        # Nobody could receive it: it is given up until an entry says that it was passed on.
        fits = {"sent": passed_on, "dead": failed and not passed_on}
    if not fits.get(words(row.state), False):
        yield "state"


def _goes_there(row: NoticeColumns, addresses: Mapping[str, str | None]) -> bool:
    """Whether what may still be sent goes to the address that its reader has."""
    if row.recipient.startswith(ROLE):
        return row.address is None
    if row.recipient not in addresses or row.state not in _OPEN:
        return row.address is None or words(row.address) == row.address
    return row.address == addresses[row.recipient]
