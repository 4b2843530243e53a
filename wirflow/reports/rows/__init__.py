"""Whether the rows that everybody reads say what the trail says.

The trail proves itself; the rows beside it are only as true as they agree with it. Each
case is folded from its entries (`told`), and what comes out is compared with what is
stored: cases, timers, personal values, notices, the columns of each entry, the
checkpoints, and the definitions that cases run by. Whoever changed a row may have changed
it to anything: nothing that is read here is believed, and nothing that is wrong with it
is more than a finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.reports.rows import cases, definitions, log, notices, secrets, timers
from wirflow.reports.rows.told import Told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wirflow.audit.finding import Finding
    from wirflow.store.session import Session


def differences(
    session: Session, *, now: datetime | None = None, addresses: Mapping[str, str | None] | None = None
) -> list[Finding]:
    """Where rows say something else than the trail, whose own soundness is verified elsewhere.

    Args:
        session: a reading transaction.
        now: the present instant; None: nothing is taken to be overdue.
        addresses: the e-mail address of each person of the office, to which what is not yet
            sent must go; None: they are not compared.
    """
    known, found = definitions.read(session)
    told = Told(known)
    found += cases.entries(session, told)
    return [
        *found,
        *cases.differing(session, told),
        *timers.differing(session, told, now),
        *secrets.differing(session, told),
        *notices.differing(session, told, addresses),
        *log.differing(session),
    ]
