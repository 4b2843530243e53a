"""Definitions as they were when cases started: each version is kept under its hash."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, insert, select, update

from wirflow.clock import stamp, unstamp
from wirflow.definition.model import Workflow
from wirflow.store.database import unreadable
from wirflow.store.tables import definitions

if TYPE_CHECKING:
    from datetime import datetime

    from wirflow.store.session import Session

_TICK: Final = timedelta(microseconds=1)

_BY_ID = select(definitions.c.form).where(definitions.c.id == bindparam("id"))
_BY_HASH = select(definitions.c.id).where(definitions.c.hash == bindparam("hash"))
_LATEST = (
    select(definitions.c.id, definitions.c.form, definitions.c.recorded_at)
    .where(definitions.c.workflow == bindparam("workflow"))
    .order_by(definitions.c.recorded_at.desc(), definitions.c.id.desc())
    .limit(1)
)
_NEWEST = (
    select(definitions.c.hash)
    .where(definitions.c.workflow == bindparam("workflow"))
    .order_by(definitions.c.recorded_at.desc(), definitions.c.id.desc())
    .limit(1)
)
_NAMES = select(definitions.c.workflow, definitions.c.id).order_by(
    definitions.c.recorded_at, definitions.c.id
)
_AGAIN = (
    update(definitions).where(definitions.c.id == bindparam("number")).values(recorded_at=bindparam("moment"))
)
_INSERT = (
    insert(definitions)
    .values({name: bindparam(name) for name in ("hash", "workflow", "form", "recorded_at")})
    .returning(definitions.c.id)
)


class Definitions:
    """The definitions of one database, each decoded once."""

    def __init__(self) -> None:
        self._by_id: dict[int, Workflow] = {}

    def get(self, session: Session, number: int) -> Workflow:
        """The definition of this number, which a case pins."""
        workflow = self._by_id.get(number)
        if workflow is None:
            row = session.row(_BY_ID, {"id": number})
            if row is None:
                raise unreadable(f"definitions.id = {number}")
            workflow = self._by_id[number] = Workflow.from_form(row[0])
        return workflow

    def latest(self, session: Session, name: str) -> tuple[int, Workflow] | None:
        """The newest version of a workflow, with its number."""
        row = session.row(_LATEST, {"workflow": name})
        return (row[0], self.get(session, row[0])) if row else None

    def number(self, session: Session, hash_: str) -> int:
        """The number of the version of a hash."""
        row = session.row(_BY_HASH, {"hash": hash_})
        if row is None:
            raise unreadable(f"definitions.hash = {hash_}")
        return int(row[0])

    def by_hash(self, session: Session, hash_: str) -> Workflow:
        """The version of a hash, which an entry of the trail names."""
        return self.get(session, self.number(session, hash_))

    def newest(self, session: Session, name: str) -> str:
        """The hash of the newest version of a workflow."""
        (hash_,) = session.row(_NEWEST, {"workflow": name})
        return str(hash_)

    def names(self, session: Session) -> dict[str, int]:
        """All workflows, each with the number of its newest version."""
        return dict(session.rows(_NAMES))

    def register(self, session: Session, workflow: Workflow, now: datetime) -> int:
        """Let this be the newest version of its workflow; its number.

        A version to which the files go back is the newest again.
        """
        latest = session.row(_LATEST, {"workflow": workflow.name})
        row = session.row(_BY_HASH, {"hash": workflow.hash})
        if latest and row and latest[0] == row[0]:
            return int(row[0])
        # The order of the moments says which is the newest, also where the clock stands still.
        moment = stamp(max(now, unstamp(latest[2]) + _TICK) if latest else now)
        if row:
            session.run(_AGAIN, {"number": row[0], "moment": moment})
            return int(row[0])
        return session.insert(
            _INSERT,
            {
                "hash": workflow.hash,
                "workflow": workflow.name,
                "form": workflow.form.decode(),
                "recorded_at": moment,
            },
        )
