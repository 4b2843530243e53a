"""One transaction on PostgreSQL, and the wire on which it is spoken of.

psycopg makes the connection, waits for the socket, reads the rows and names
the errors.  Statements go past its cursors, by its binding to libpq: each is
prepared once, and several are sent before the first is answered (pipeline
mode).  One event is so three exchanges with the server, where a cursor would
make eight; that, and the work that a cursor does for each statement, is half
of the time of an event.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from psycopg import DataError, InterfaceError, OperationalError, errors
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, PipelineStatus
from psycopg.waiting import Ready, Wait
from sqlalchemy import text

from wirflow.store.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from psycopg import Connection
    from psycopg.pq.abc import PGresult
    from sqlalchemy import ClauseElement, Table

    from wirflow.store.bulk import Insert, Update
    from wirflow.store.session import Question
    from wirflow.store.statements import Statements

    Value = bytes | None

FEW: Final = 3
"""Up to so many rows are sent one by one: taking JSON apart costs the server ten times one row's time."""

_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)

_ALONE = text("SELECT pg_try_advisory_xact_lock(:duty)")

CHANNEL: Final = "wirflow"
"""On which other processes are told that something is due at once."""

_encode = msgspec.json.Encoder().encode


class _Sent(NamedTuple):
    """What was sent, and what has to come of it."""

    rows: int = -1
    """How many rows have to be touched; -1: any number."""
    otherwise: Callable[[], Exception] | None = None


_ANY = _Sent()
_PREPARED = _Sent()
"""What was only made ready: nobody waits for its answer."""


class Wire:
    """One connection, on which statements are sent without waiting for the answers to those before."""

    def __init__(self, driver: Connection[Any]) -> None:
        """Speak on a connection that nobody else uses meanwhile.

        Raises:
            InterfaceError: it is in a pipeline of its owner's, with answers that are not ours to read.
        """
        if driver.pgconn.pipeline_status != PipelineStatus.OFF:
            raise InterfaceError("the connection is in pipeline mode: leave it first")
        self.driver = driver
        self._server = driver.pgconn
        self._codec = driver.info.encoding
        self._rows = Transformer(driver)
        self._names: dict[str, bytes] = {}
        self._count = 0
        self._fresh: list[str] = []
        """What is prepared for the first time in this exchange."""
        self._sent: list[_Sent] = []

    def send(self, sql: str, values: Iterable[str | int | None] = (), what: _Sent = _ANY) -> None:
        """Have the server do something as soon as it has done what was sent before.

        Raises:
            DataError: a value cannot be sent.
            OperationalError: the connection is lost.
        """
        bound = [self._bound(value) for value in values]
        try:
            self._push(sql, bound, what)
        except OperationalError as error:
            raise self._lost(error) from error

    def _push(self, sql: str, bound: list[Value], what: _Sent) -> None:
        server = self._server
        if not self._sent:
            server.enter_pipeline_mode()
        if self.driver.prepare_threshold is None:
            # Its owner wants nothing prepared: between us and the server are connections that change.
            server.send_query_params(sql.encode(self._codec), bound)
            self._sent.append(what)
            return
        name = self._names.get(sql)
        if name is None:
            self._count += 1
            name = self._names[sql] = b"wirflow-%d" % self._count
            self._fresh.append(sql)
            server.send_prepare(name, sql.encode(self._codec))
            self._sent.append(_PREPARED)
        server.send_query_prepared(name, bound)
        self._sent.append(what)

    @property
    def doubts(self) -> bool:
        """Whether something has to come of what was sent, and nobody knows yet whether it did."""
        return any(what.otherwise for what in self._sent)

    def collect(self) -> list[PGresult]:
        """Wait for the answers to all that was sent; those of the statements, in order.

        Raises:
            Error: the first thing that went wrong; the server did nothing of what came after it.
        """
        sent = self._sent
        if not sent:
            return []
        server = self._server
        try:
            server.pipeline_sync()
        except OperationalError as error:
            raise self._lost(error) from error
        found = self.driver.wait(self._answers())
        self._sent = []
        server.exit_pipeline_mode()
        for result, what in zip(found, sent, strict=True):
            if result.status not in _DONE:
                self._forget()
                raise errors.error_from_result(result, self._codec)
            if what.otherwise and result.command_tuples != what.rows:
                raise what.otherwise()
        self._fresh.clear()
        return [result for result, what in zip(found, sent, strict=True) if what is not _PREPARED]

    def rows(self, result: PGresult) -> list[Any]:
        """The rows of an answer."""
        self._rows.set_pgresult(result)
        return self._rows.load_rows(0, result.ntuples, tuple)

    def abandon(self) -> None:
        """Read what is still to come, so that the connection can be used otherwise; or close it."""
        if not self._sent:
            return
        with suppress(Exception):
            self.collect()
        if self._sent:
            # The answers are lost, and nobody can say any more which one belongs to what.
            self._forget()
            self.driver.close()

    def _lost(self, error: OperationalError) -> OperationalError:
        """What is wrong if the server went away: libpq then says that there is no pipeline, or nothing."""
        if self._server.status == ConnStatus.BAD:
            return OperationalError("the connection is lost")
        return error

    def _forget(self) -> None:
        for sql in self._fresh:
            del self._names[sql]
        self._fresh.clear()

    def _answers(self) -> Generator[Wait, Ready | int, list[PGresult]]:
        """All answers up to the one that says that nothing else comes."""
        server = self._server
        found: list[PGresult] = []
        while True:
            while server.flush():
                if (yield Wait.RW) & Ready.R:
                    server.consume_input()
            while server.is_busy():
                if (yield Wait.R) & Ready.R:
                    server.consume_input()
            result = server.get_result()
            if result is None:
                if server.status == ConnStatus.BAD:
                    if found and found[-1].status == ExecStatus.FATAL_ERROR:
                        raise errors.error_from_result(found[-1], self._codec)
                    raise OperationalError("the connection is lost")
            elif result.status == ExecStatus.PIPELINE_SYNC:
                return found
            else:
                found.append(result)

    def _bound(self, value: str | int | None) -> Value:
        """A value as the server reads it."""
        if value is None:
            return None
        if isinstance(value, str):
            written = value.encode(self._codec)
            if b"\0" in written:
                # What follows it would be cut off in silence.
                raise DataError("a text cannot contain the character NUL (0x00)")
            return written
        return b"%d" % value


class ServerSession(Session):
    """A transaction on PostgreSQL: what is written is sent, and asked about later."""

    sqlite = False

    def __init__(
        self, statements: Statements, wire: Wire, *, begin: str | None, read_only: bool = False
    ) -> None:
        """Begin, with the first thing that is sent.

        Args:
            statements: in the words of PostgreSQL.
            wire: the connection.
            begin: how; None: the transaction is there already, or none is needed.
            read_only: nothing will be written.
        """
        super().__init__(statements, read_only=read_only)
        self._wire = wire
        self._begin = begin
        self._begun = False

    def several(self, *questions: Question) -> list[list[Any]]:
        """All are sent before the first is answered; each sees what those before it waited for."""
        for statement, values in questions:
            self._send(statement, values)
        found = self._wire.collect()[-len(questions) :]
        return [self._wire.rows(result) for result in found]

    def listed(self, values: Iterable[int] | Iterable[str]) -> str:
        """An array, as PostgreSQL writes it."""
        return f"{{{','.join(_quoted(value) for value in values)}}}"

    def run(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> int:
        """Run it, and wait for it."""
        self._send(statement, values)
        return self._wire.collect()[-1].command_tuples or 0

    def write(
        self,
        statement: Insert | Update,
        rows: Sequence[tuple[Any, ...]],
        *,
        otherwise: Callable[[], Exception] | None = None,
    ) -> None:
        """Few rows one by one, many as one JSON text that the server takes apart."""
        if not rows:
            return
        if len(rows) <= FEW:
            sql = self.statements.one(statement, "$")
            for row in rows:
                self._say(sql, row, _Sent(1, otherwise))
            return
        sql = self.statements.many(statement)
        keys = statement.keys()
        all_ = _encode([dict(zip(keys, row, strict=True)) for row in rows]).decode()
        self._say(sql, (all_,), _Sent(len(rows), otherwise))

    def load(self, into: Table, rows: Sequence[Sequence[Any]]) -> None:
        """By COPY, for which the transaction has to have begun."""
        self._say("SELECT 1")
        self._wire.collect()
        names = ", ".join(f'"{column.name}"' for column in into.columns)
        with (
            self._wire.driver.cursor() as cursor,
            cursor.copy(f'COPY "{into.name}" ({names}) FROM STDIN') as stream,
        ):
            for row in rows:
                stream.write_row(row)

    def alone(self, duty: int) -> bool:
        """By an advisory lock."""
        return not self.locks or bool(self.row(_ALONE, {"duty": duty})[0])

    def wake(self) -> None:
        """By a NOTIFY, which goes out with what is written."""
        if self.locks:
            self._say(f"NOTIFY {CHANNEL}")

    def settle(self) -> None:
        """See how all went that was written."""
        self._wire.collect()

    def commit(self) -> None:
        """Once it is known how all went of which something has to come."""
        if not self._begun:
            return
        if self._wire.doubts:
            self._wire.collect()
        self._wire.send("COMMIT")
        if self._wire.collect()[-1].command_status != b"COMMIT":
            # Of a transaction in which something failed the server says no more than that.
            raise errors.InFailedSqlTransaction("the transaction had failed: nothing was kept")

    def abandon(self) -> None:
        """Read what the server still has to say."""
        self._wire.abandon()

    def _send(self, statement: ClauseElement, values: Mapping[str, Any] | None) -> None:
        sql, names, fixed = self.statements.compiled(statement)
        given = {**fixed, **values} if values else fixed
        self._say(sql, [given[name] for name in names])

    def _say(self, sql: str, values: Iterable[str | int | None] = (), what: _Sent = _ANY) -> None:
        if not self._begun:
            self._begun = True
            if self._begin:
                self._wire.send(self._begin)
        self._wire.send(sql, values, what)


def _quoted(value: int | str) -> str:
    """A value inside an array."""
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
