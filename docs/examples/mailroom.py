"""A mail room that keeps its own table beside wirflow's, in the same database.

Each letter that comes in is a row of `letters`, and often an event of a case.
Both are written in one transaction: there is never a letter without its event,
nor an event without its letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from wirflow.core.decision import Refusal
from wirflow.definition.values import Value
from wirflow.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine as Sql

    from wirflow.engine import Engine, NewCase, Outcome

ATTEMPTS = 3

metadata = MetaData()
letters = Table(
    "letters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_key", String(80), nullable=False),
    Column("file", String(200), nullable=False, unique=True),
    Column("revision", Integer, nullable=False),  # of the case, once the letter had done its work
)


class RefusedError(Exception):
    """The rules of the case said no; the letter was not kept either."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.explain("en"))
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as the mail room gets it: a file, and what it says of its case."""

    file: str
    case: str
    event: str
    given: Mapping[str, Value]
    dated: datetime | None = None


class MailRoom:
    """Keeps letters, and lets them do their work."""

    def __init__(self, sql: Sql, engine: Engine, clerk: str) -> None:
        """Prepare the table.

        Args:
            sql: SQLAlchemy's engine on the database in which the cases are, too.
            engine: wirflow's.
            clerk: who opens the letters.
        """
        self._sql, self._engine, self._clerk = sql, engine, clerk
        metadata.create_all(sql)

    def receive(self, letter: Letter) -> int:
        """Keep a letter together with what it does to its case; the case's revision.

        Raises:
            RefusedError: the rules of the case say no; nothing is kept.
            ConflictError: others were in the way each time; nothing is kept.
        """

        def work(connection: Connection) -> int:
            outcome = self._engine.submit(
                letter.case,
                letter.event,
                actor=self._clerk,
                given=letter.given,
                occurred_at=letter.dated,
                connection=connection,
            )
            return self._keep(connection, letter.case, letter.file, outcome)

        return self._together(work)

    def open_case(self, new: NewCase, file: str) -> int:
        """Start a case with the letter that asks for it.

        Raises:
            RefusedError: the rules say no; nothing is kept.
            ConflictError: others were in the way each time; nothing is kept.
        """

        def work(connection: Connection) -> int:
            outcome = self._engine.start(new, actor=self._clerk, connection=connection)
            return self._keep(connection, new.key, file, outcome)

        return self._together(work)

    def files(self, case: str) -> list[str]:
        """The letters of a case, oldest first."""
        with self._sql.connect() as connection:
            found = select(letters.c.file).where(letters.c.case_key == case).order_by(letters.c.id)
            return list(connection.execute(found).scalars())

    @staticmethod
    def _keep(connection: Connection, case: str, file: str, outcome: Outcome | Refusal) -> int:
        if isinstance(outcome, Refusal):
            raise RefusedError(outcome)  # a refusal is a value: whoever wants their rows undone raises
        revision = outcome.case.revision
        connection.execute(insert(letters).values(case_key=case, file=file, revision=revision))
        return revision

    def _together(self, work: Callable[[Connection], int]) -> int:
        """All of it, or nothing; who brings the connection repeats the whole when others are in the way."""
        for _ in range(ATTEMPTS - 1):
            try:
                with self._sql.begin() as connection:
                    return work(connection)
            except ConflictError:
                continue
        with self._sql.begin() as connection:
            return work(connection)
