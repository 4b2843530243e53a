"""The connection to the database: how a transaction begins, ends and fails.

SQLAlchemy makes the statements, the pool, the dialects and the migrations.
The statements are compiled once, and run at driver level: that is what keeps
one event near the speed of the raw driver.
"""

from __future__ import annotations

import re
import threading
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import ClauseElement, create_engine, event, make_url, select, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from wirflow.errors import ConflictError, DatabaseError, InputError
from wirflow.store.datafile import DataFile, ReadOnly, read_only
from wirflow.store.tables import VERSION
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Engine, PoolProxiedConnection, Table

    from wirflow.store.bulk import Insert, Update

BUSY_SECONDS = 30
"""How long a writer waits for another one on SQLite."""

LISTEN_SECONDS = 1.0
"""How often who listens looks whether to stop."""

_VERSION_TABLE = "alembic_version"

UNFINISHED = "-copying"
"""What the version of a database ends with while it is an unfinished copy."""

_encode = msgspec.json.Encoder().encode


class Compiled(NamedTuple):
    """The text of a statement for one database, and the values that are fixed in it."""

    sql: str
    fixed: Mapping[str, Any]


class Session:
    """One transaction, at driver level: compiled statements, rows as tuples."""

    def __init__(self, database: Database, cursor: Any, *, read_only: bool = False) -> None:
        self._compiled = database.compiled
        self._written = database.written
        self._cursor = cursor
        self.sqlite = database.sqlite
        self.locks = not (database.sqlite or read_only)
        """Rows have to be locked.  On SQLite whoever writes is alone; who only reads keeps nobody waiting."""
        self.read_only = read_only
        """Nothing is locked, and nothing may be written."""

    def rows(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> list[Any]:
        """All rows of a query, as tuples."""
        self._execute(statement, values)
        return list(self._cursor.fetchall())

    def row(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> Any:
        """The first row of a query, or None."""
        self._execute(statement, values)
        return self._cursor.fetchone()

    def run(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> int:
        """Run a change; the number of rows it touched."""
        self._execute(statement, values)
        return int(self._cursor.rowcount)

    def alone(self, duty: int) -> bool:
        """Whether this transaction is the only one that does a duty; it is until it ends.

        On SQLite whoever writes is alone anyway.

        Args:
            duty: a number by which everybody calls the duty.
        """
        return not self.locks or bool(self.row(_ALONE, {"duty": duty})[0])

    def wake(self) -> None:
        """Have those who `listen` hear, once this is committed, that something is due at once."""
        if self.locks:
            self._execute(_WAKE, None)

    def listed(self, values: Iterable[int] | Iterable[str]) -> Any:
        """Several values as the one parameter that `Among` takes."""
        found = list(values)
        return _encode(found).decode() if self.sqlite else found

    def write(self, statement: Insert | Update, rows: Sequence[tuple[Any, ...]]) -> int:
        """Add or change rows, all of them at once; the number of rows that it touched."""
        if not rows:
            return 0
        sql = self._written(statement)
        if self.sqlite:
            self._cursor.executemany(sql, rows)
        else:
            keys = statement.keys()
            self._cursor.execute(sql, [_encode([dict(zip(keys, row, strict=True)) for row in rows]).decode()])
        return int(self._cursor.rowcount)

    def insert(self, statement: ClauseElement, values: Mapping[str, Any]) -> int:
        """Run an insert with RETURNING; the id of the new row."""
        self._execute(statement, values)
        row: Any = self._cursor.fetchone()
        return int(row[0])

    def load(self, into: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows as they stand, by the fastest way that the database has.

        Args:
            into: the table.
            rows: values in the order of its columns.
        """
        names = ", ".join(f'"{column.name}"' for column in into.columns)
        if hasattr(self._cursor, "copy"):
            with self._cursor.copy(f'COPY "{into.name}" ({names}) FROM STDIN') as stream:
                for row in rows:
                    stream.write_row(row)
            return
        marks = ", ".join("?" * len(into.columns))
        self._cursor.executemany(f'INSERT INTO "{into.name}" ({names}) VALUES ({marks})', rows)  # noqa: S608 - our own names

    def _execute(self, statement: ClauseElement, values: Mapping[str, Any] | None) -> None:
        sql, fixed = self._compiled(statement)
        self._cursor.execute(sql, {**fixed, **values} if fixed and values else values or fixed)


class _Held(threading.local):
    """The connection that a thread holds between its transactions.

    A transaction inside another one finds nothing here and takes a second
    connection from the pool.
    """

    _connection: PoolProxiedConnection | None = None

    def take(self) -> PoolProxiedConnection | None:
        """The connection, if no transaction has it."""
        connection, self._connection = self._connection, None
        return connection

    def give(self, connection: PoolProxiedConnection) -> None:
        """Hold a connection; one too many goes back to the pool."""
        if self._connection is None:
            self._connection = connection
        else:
            connection.close()


def _let_go(held: _Held, engine: Engine) -> None:
    connection = held.take()
    if connection is not None:
        connection.close()
    engine.dispose()


class Database:
    """One database and its compiled statements."""

    def __init__(self, url: str) -> None:
        """Prepare, without connecting yet.

        Args:
            url: as SQLAlchemy writes it: `sqlite:///wirflow.db`, `postgresql+psycopg://host/name`.

        Raises:
            InputError: the address is none.
        """
        try:
            self.url = make_url(url)
            self.file = DataFile(self.url.database if self.url.get_backend_name() == "sqlite" else None)
            self.engine = _engine(url, self.file)
        except (ArgumentError, ImportError, ValueError) as error:
            shown = _PASSWORD.sub(r"\1***\2", url)
            raise InputError(
                Text(f"Das ist keine Datenbankadresse: {shown}", f"This is no database address: {shown}"),
                hint=Text("Zum Beispiel: sqlite:///wirflow.db", "For example: sqlite:///wirflow.db"),
            ) from error
        self._statements: dict[ClauseElement, Compiled] = {}
        self._writes: dict[Insert | Update, str] = {}
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._held = _Held()
        # Who forgets to close it leaves no open file behind; at the very end the system sees to that.
        weakref.finalize(self, _let_go, self._held, self.engine).atexit = False
        type_of_dialect: Any = type(self.engine.dialect)
        self._dialect = type_of_dialect(paramstyle=_PARAMSTYLES[self.url.get_backend_name()])

    def compiled(self, statement: ClauseElement) -> Compiled:
        """A statement for this database, compiled once."""
        compiled = self._statements.get(statement)
        if compiled is None:
            text_ = statement.compile(dialect=self._dialect)
            names: Mapping[Any, str] = getattr(text_, "bind_names", {})
            fixed = {name: bind.value for bind, name in names.items() if not bind.required}
            compiled = self._statements[statement] = Compiled(str(text_), fixed)
        return compiled

    def written(self, statement: Insert | Update) -> str:
        """A statement over many rows for this database, put into words once."""
        sql = self._writes.get(statement)
        if sql is None:
            sql = statement.sqlite() if self.sqlite else statement.postgresql()
            self._writes[statement] = sql
        return sql

    @contextmanager
    def writing(self, connection: Connection | None = None) -> Iterator[Session]:
        """One transaction that changes something: all of it is kept, or nothing.

        Args:
            connection: the caller's own connection, to join its transaction;
                then the caller commits, and an error undoes only what was done here.

        Raises:
            ConflictError: another writer was in the way for too long.
            DatabaseError: the database is broken or out of reach.
        """
        if connection is None:
            with self._own("BEGIN IMMEDIATE") as session:
                yield session
        else:
            with self._translated():
                self._join(connection)
                with connection.begin_nested():
                    yield Session(self, connection.connection.cursor())

    @property
    def listen(self) -> Callable[..., None] | None:
        """Hears other processes that commit something due at once; None where nobody can tell (SQLite).

        It is called with what is to be done when something is heard, with what
        says when to stop, and, if somebody wants to know, with what is to be done as
        soon as it listens.  Nothing depends on it but how soon something happens.
        """
        return None if self.sqlite else self._listen

    def _listen(
        self,
        heard: Callable[[], None],
        stop: Callable[[], bool],
        begun: Callable[[], None] = lambda: None,
    ) -> None:
        connection = self.engine.raw_connection()
        try:
            driver: Any = connection.driver_connection
            driver.autocommit = True
            driver.execute(f"LISTEN {_CHANNEL}")
            begun()
            while not stop():
                for _ in driver.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                    heard()
        finally:
            connection.invalidate()

    @contextmanager
    def peeking(self) -> Iterator[Session]:
        """One look with one statement, which needs no transaction on SQLite: to ask whether to begin one."""
        if not self.sqlite:
            with self.reading() as session:
                yield session
            return
        with self._translated():
            connection = self._held.take() or self.engine.raw_connection()
            cursor = connection.cursor()
            try:
                yield Session(self, cursor, read_only=True)
            except BaseException as error:
                self._undo(connection, cursor, error)
                raise
            self._held.give(connection)

    @contextmanager
    def trying(self) -> Iterator[Session]:
        """A transaction that is always undone: to see what would happen."""
        with self._own("BEGIN IMMEDIATE", keep=False) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent view; nothing is locked."""
        with self._own("BEGIN", read_only=True) as session:
            yield session

    @contextmanager
    def _own(self, begin: str, *, keep: bool = True, read_only: bool = False) -> Iterator[Session]:
        """A transaction of our own, on a connection that this thread holds on to.

        Checking a connection out of the pool and back in for every event costs
        as much as deciding it.
        """
        with self._translated():
            connection = self._held.take() or self.engine.raw_connection()
            cursor = connection.cursor()
            try:
                if self.sqlite:
                    # A writer takes its lock at once: two that read first and write later would deadlock.
                    cursor.execute(begin)
                elif read_only:
                    # Else each statement would see what others committed meanwhile.
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield Session(self, cursor, read_only=read_only)
                if keep:
                    self._commit(connection, read_only=read_only)
                else:
                    connection.rollback()
            except BaseException as error:
                self._undo(connection, cursor, error)
                raise
            self._held.give(connection)

    def _join(self, connection: Connection) -> None:
        """See to it that the caller's connection is in a transaction.

        Python's driver for SQLite begins one only before it writes: a savepoint that comes first
        would itself be the transaction, and its release a commit, whatever the caller does later.
        """
        if not connection.in_transaction():
            connection.begin()
        driver: Any = connection.connection.driver_connection
        if self.sqlite and not driver.in_transaction:
            driver.execute("BEGIN IMMEDIATE")

    def _commit(self, connection: PoolProxiedConnection, *, read_only: bool) -> None:
        """Keep what was done.

        Raises:
            DatabaseError: the server went away in the middle of it, so nobody knows.
        """
        try:
            connection.commit()
        except self.driver_error as error:
            state = getattr(error, "sqlstate", None)
            if self.sqlite or read_only or (state and not state.startswith(_GONE)):
                raise
            raise DatabaseError(
                Text(
                    "Die Verbindung zur Datenbank brach beim Speichern ab; ob es geschah, ist ungewiss.",
                    "The connection to the database broke while saving; whether it was done is uncertain.",
                ),
                hint=Text(
                    "Sehen Sie nach, bevor Sie es wiederholen ('wirflow status KEY').",
                    "Look before you repeat it ('wirflow status KEY').",
                ),
            ) from error

    def _undo(self, connection: PoolProxiedConnection, cursor: Any, error: BaseException) -> None:
        """Roll back, and let go of a connection that may be broken."""
        try:
            # A query that was broken off goes on reading what was there before, also after the
            # rollback, for as long as the error is remembered: SQLite then lets nobody write here.
            cursor.close()
            connection.rollback()
        except self.driver_error:
            connection.invalidate(error if isinstance(error, Exception) else None)
        else:
            connection.close()

    @property
    def exists(self) -> bool:
        """Whether there is a file; a database on a server is there or says so itself."""
        return self.url.get_backend_name() != "sqlite" or _sqlite_exists(self.url.database)

    def version(self) -> str | None:
        """The version of the tables, or None if there are none yet."""
        with self.reading() as session:
            try:
                row = session.row(_SELECT_VERSION)
            except self.driver_error:
                return None
        return str(row[0]) if row else None

    def check_version(self) -> None:
        """Refuse a database of another version than this code.

        Raises:
            DatabaseError: it is empty, older or newer; says what to do.
        """
        if not self.exists:
            raise DatabaseError(
                Text(
                    f"Die Datenbank {self.url.database} fehlt.",
                    f"The database {self.url.database} is missing.",
                ),
                hint=Text(
                    "Stimmt die Adresse (wirflow.toml, WIRFLOW_DATABASE)? Ist sie verloren, spielen"
                    " Sie die Sicherung zurück; nur wo nie eine war, legt 'wirflow migrate' eine leere an.",
                    "Is its address right (wirflow.toml, WIRFLOW_DATABASE)? If it is lost, restore"
                    " the backup; only where there never was one, let 'wirflow migrate' make an empty one.",
                ),
            )
        found = self.version()
        if found == VERSION:
            return
        if found is not None and found.endswith(UNFINISHED):
            raise DatabaseError(
                Text(
                    "Diese Datenbank ist eine Kopie, die nicht fertig wurde.",
                    "This database is a copy that was not finished.",
                ),
                hint=Text(
                    "'wirflow copy' noch einmal aufgerufen, vollendet sie.",
                    "Calling 'wirflow copy' once more completes it.",
                ),
            )
        if found is None or found < VERSION:
            shown = found or "–"
            raise DatabaseError(
                Text(
                    f"Die Datenbank hat Version {shown}, nötig ist {VERSION}.",
                    f"The database has version {shown}, {VERSION} is needed.",
                ),
                hint=Text(
                    "'wirflow migrate' hebt sie an (vorher sichern).",
                    "'wirflow migrate' lifts it (back it up first).",
                ),
            )
        raise DatabaseError(
            Text(
                f"Die Datenbank hat Version {found}; dieses wirflow kennt nur {VERSION}.",
                f"The database has version {found}; this wirflow knows only {VERSION}.",
            ),
            hint=Text("Installieren Sie ein neueres wirflow.", "Install a newer wirflow."),
        )

    def migrate(self) -> str | None:
        """Create the tables or lift them to this version; the version that was found before.

        Raises:
            DatabaseError: it cannot be done; nothing was changed.
        """
        from wirflow.store.migrations import upgrade  # noqa: PLC0415 - Alembic is slow to load and rarely needed

        if self.url.get_backend_name() == "sqlite" and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        with self._translated():
            found = self.version()
            if found is None or found <= VERSION:
                upgrade(self.engine)
        self.check_version()
        return found

    def close(self) -> None:
        """Give all connections back."""
        _let_go(self._held, self.engine)

    @property
    def driver_error(self) -> type[Exception]:
        """The base of all errors of the driver."""
        error: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        return error

    @property
    def duplicate_error(self) -> type[Exception]:
        """What the driver raises if a row is there already, or points to one that is not."""
        error: type[Exception] = self.engine.dialect.loaded_dbapi.IntegrityError
        return error

    def is_broken(self, error: Exception) -> bool:
        """Whether an error is that of connection, lock or disk, and not of the row that was written."""
        driver = self.engine.dialect.loaded_dbapi
        if isinstance(error, (driver.IntegrityError, driver.DataError)):
            return False
        return isinstance(error, (SQLAlchemyError, driver.Error, ConflictError, DatabaseError))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, self.driver_error) as error:
            shown = self.url.render_as_string(hide_password=True)
            raise self.file.disturbed() or _translate(error, shown) from error
        except msgspec.MsgspecError as error:
            # Nothing else is decoded inside a transaction but what the tables hold.
            raise self.file.disturbed() or unreadable(str(error)) from error


_PASSWORD = re.compile(r"(//[^:/@]*:).*(@)")
"""What stands in an address that cannot be taken apart must not be seen, either."""

_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL's codes of a serialization failure, a deadlock, and a lock that was not to be had."""

_READ_ONLY = "25006"
"""PostgreSQL's code of a server that only reads, such as a replica."""

_ALONE = text("SELECT pg_try_advisory_xact_lock(:duty)")

_GONE = ("08", "57")
"""Classes of PostgreSQL's codes that say that the connection or the server went away."""

_CHANNEL = "wirflow"
_WAKE = text(f"NOTIFY {_CHANNEL}")

_PARAMSTYLES = {"sqlite": "named", "postgresql": "pyformat"}

_SELECT_VERSION = select(text("version_num")).select_from(text(_VERSION_TABLE))


def _engine(url: str, file: DataFile) -> Engine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "do_connect", file.open)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: who needs one says which.
    connection.isolation_level = None
    if isinstance(connection, ReadOnly):
        return
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # For callers who bring their own connection: the driver begins nothing by itself.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _sqlite_exists(path: str | None) -> bool:
    return path in {None, "", ":memory:"} or Path(str(path)).is_file()


def unreadable(what: str) -> DatabaseError:
    """The error for a row that this program never wrote so."""
    return DatabaseError(
        Text(
            f"In der Datenbank steht etwas, das nicht lesbar ist ({what}).",
            f"The database holds something that cannot be read ({what}).",
        ),
        hint=_RESTORE,
    )


_RESTORE = Text(
    "Sie wurde beschädigt oder von anderer Hand geändert. 'wirflow audit verify' sagt, was nicht stimmt;"
    " spielen Sie die letzte Sicherung zurück.",
    "It was damaged, or changed by another hand. 'wirflow audit verify' tells what is wrong;"
    " restore the last backup.",
)
_REACH = Text(
    "Es wurde nichts geändert. Läuft der Server? Stimmen Adresse, Name der Datenbank, Benutzer und Passwort"
    " (wirflow.toml, WIRFLOW_DATABASE)?",
    "Nothing was changed. Does the server run? Are address, name of the database, user and password right"
    " (wirflow.toml, WIRFLOW_DATABASE)?",
)
_NO_SERVER = re.compile(
    "connection failed|connection is bad|failed to resolve|connection timeout"
    "|closed the connection|terminating connection|connection is (?:closed|lost)"
)
"""What psycopg says of a server that lets nobody in, or lets go of somebody."""
_DAMAGED = ("malformed", "not a database")
"""What SQLite says of a file that is no sound database."""


def _translate(error: Exception, url: str) -> ConflictError | DatabaseError:
    cause = getattr(error, "orig", None) or error
    words = " ".join(str(cause).split())
    if "locked" in words or "busy" in words or getattr(cause, "sqlstate", None) in _CONFLICTS:
        return ConflictError(
            Text(
                "Die Datenbank ist gerade belegt; es wurde nichts geändert.",
                "The database is busy; nothing was changed.",
            ),
            hint=Text("Versuchen Sie es gleich noch einmal.", "Try again in a moment."),
        )
    if "readonly database" in words or getattr(cause, "sqlstate", None) == _READ_ONLY:
        return read_only(url)
    return DatabaseError(
        Text(f"Die Datenbank {url} meldet: {words}", f"The database {url} says: {words}"),
        hint=_RESTORE
        if any(sign in words for sign in _DAMAGED)
        else _REACH
        if _NO_SERVER.search(words)
        else Text(
            "Es wurde nichts geändert. Prüfen Sie Ort, Rechte und freien Platz ('wirflow doctor').",
            "Nothing was changed. Check its place, its permissions and free space ('wirflow doctor').",
        ),
    )
