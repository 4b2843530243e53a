"""One transaction, as the store speaks in it: statements go in, rows come out as tuples.

There is one session for each kind of database: `LiteSession` here, and
`ServerSession` in `server`, which loads a driver that SQLite does without.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import ClauseElement, Table

    from wirflow.store.bulk import Insert, Update
    from wirflow.store.statements import Statements

    Question = tuple[ClauseElement, Mapping[str, Any]]

_encode = msgspec.json.Encoder().encode


class Session(ABC):
    """One transaction, or one look without a transaction."""

    sqlite: ClassVar[bool]

    def __init__(self, statements: Statements, *, read_only: bool) -> None:
        self.statements = statements
        self.read_only = read_only
        """Nothing is locked, and nothing may be written."""
        self.locks = not (self.sqlite or read_only)
        """Rows have to be locked.  On SQLite whoever writes is alone; who only reads keeps nobody waiting."""

    # -- asking ------------------------------------------------------------------------

    @abstractmethod
    def several(self, *questions: Question) -> list[list[Any]]:
        """The rows of several queries, which PostgreSQL gets and answers together."""

    def rows(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> list[Any]:
        """All rows of a query."""
        return self.several((statement, values or {}))[0]

    def row(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> Any:
        """The first row of a query, or None."""
        found = self.rows(statement, values)
        return found[0] if found else None

    @abstractmethod
    def listed(self, values: Iterable[int] | Iterable[str]) -> str:
        """Several values as the one parameter that `Among` takes."""

    # -- changing ----------------------------------------------------------------------

    @abstractmethod
    def run(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> int:
        """Run a change; the number of rows it touched."""

    @abstractmethod
    def write(
        self,
        statement: Insert | Update,
        rows: Sequence[tuple[Any, ...]],
        *,
        otherwise: Callable[[], Exception] | None = None,
    ) -> None:
        """Add or change rows, all of them at once.

        PostgreSQL is told at once, and asked how it went before anything is asked or committed.

        Args:
            statement: what to do with a row.
            rows: the values of each.
            otherwise: makes the error that is raised, now or before the commit, unless each of the
                rows was there to be touched.
        """

    def insert(self, statement: ClauseElement, values: Mapping[str, Any]) -> int:
        """Run an insert with RETURNING; the id of the new row."""
        return int(self.row(statement, values)[0])

    @abstractmethod
    def load(self, into: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows as they stand, by the fastest way that the database has.

        Args:
            into: the table.
            rows: values in the order of its columns.
        """

    # -- other workers -----------------------------------------------------------------

    @abstractmethod
    def alone(self, duty: int) -> bool:
        """Whether this transaction is the only one that does a duty; it is until it ends.

        Args:
            duty: a number by which everybody calls the duty.
        """

    @abstractmethod
    def wake(self) -> None:
        """Have those who `listen` hear, once this is committed, that something is due at once."""

    # -- the end -----------------------------------------------------------------------

    def settle(self) -> None:  # noqa: B027 - most sessions know at once
        """See how all went that was written, though nothing is committed yet."""

    @abstractmethod
    def commit(self) -> None:
        """Keep all of it."""

    @abstractmethod
    def abandon(self) -> None:
        """Make ready for the rollback, whatever was going on."""


class LiteSession(Session):
    """A transaction on SQLite: each statement is done when the call returns."""

    sqlite = True

    def __init__(
        self, statements: Statements, driver: Any, *, begin: str | None, read_only: bool = False
    ) -> None:
        """Begin.

        Args:
            statements: in the words of SQLite.
            driver: the connection.
            begin: how; None: the transaction is there already, or none is needed.
            read_only: nothing will be written.
        """
        super().__init__(statements, read_only=read_only)
        self._driver = driver
        self._cursor = driver.cursor()
        if begin:
            self._cursor.execute(begin)

    def several(self, *questions: Question) -> list[list[Any]]:
        """One after the other."""
        return [self._ask(statement, values) for statement, values in questions]

    def rows(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> list[Any]:
        """As above, with a call less."""
        return self._ask(statement, values)

    def row(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> Any:
        """The first row; the others are not even looked for."""
        self._execute(statement, values)
        return self._cursor.fetchone()

    def listed(self, values: Iterable[int] | Iterable[str]) -> str:
        """A JSON list."""
        return _encode(list(values)).decode()

    def run(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> int:
        """At once."""
        self._execute(statement, values)
        return int(self._cursor.rowcount)

    def write(
        self,
        statement: Insert | Update,
        rows: Sequence[tuple[Any, ...]],
        *,
        otherwise: Callable[[], Exception] | None = None,
    ) -> None:
        """A prepared statement, row after row: that is the fastest way here."""
        if not rows:
            return
        sql = self.statements.one(statement, "?")
        if len(rows) == 1:
            self._cursor.execute(sql, rows[0])
        else:
            self._cursor.executemany(sql, rows)
        if otherwise and self._cursor.rowcount != len(rows):
            raise otherwise()

    def load(self, into: Table, rows: Sequence[Sequence[Any]]) -> None:
        """As `write` does."""
        names = ", ".join(f'"{column.name}"' for column in into.columns)
        marks = ", ".join("?" * len(into.columns))
        self._cursor.executemany(f'INSERT INTO "{into.name}" ({names}) VALUES ({marks})', rows)  # noqa: S608 - our own names

    def alone(self, duty: int) -> bool:  # noqa: ARG002 - on a server it is asked for
        """Whoever writes is alone."""
        return True

    def wake(self) -> None:
        """Nobody can be told."""

    def commit(self) -> None:
        """As above."""
        self._driver.commit()

    def abandon(self) -> None:
        """Close the cursor.

        A query that was broken off goes on reading what was there before, also after the rollback,
        for as long as the error is remembered: then nobody can write here.
        """
        self._cursor.close()

    def _ask(self, statement: ClauseElement, values: Mapping[str, Any] | None) -> list[Any]:
        self._execute(statement, values)
        found: list[Any] = self._cursor.fetchall()
        return found

    def _execute(self, statement: ClauseElement, values: Mapping[str, Any] | None) -> None:
        sql, _, fixed = self.statements.compiled(statement)
        self._cursor.execute(sql, {**fixed, **values} if fixed and values else values or fixed)
