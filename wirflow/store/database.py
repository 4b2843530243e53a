"""The connection to the database: how a transaction begins, ends and fails.

SQLAlchemy makes the statements, the pool, the dialects and the migrations.
The statements are compiled once, and run at driver level: that is what keeps
one event near the speed of the raw driver.
"""

from __future__ import annotations

import re
import threading
import weakref
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import create_engine, event, make_url, select, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from wirflow.clock import stopwatch
from wirflow.errors import ConflictError, DatabaseError, InputError
from wirflow.store.datafile import DataFile, ReadOnly, read_only
from wirflow.store.session import LiteSession
from wirflow.store.statements import Statements
from wirflow.store.tables import VERSION
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection
    from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState

    from wirflow.store.session import Session

BUSY_SECONDS = 30
"""How long a writer waits for another one on SQLite."""

LISTEN_SECONDS = 1.0
"""How often who listens looks whether to stop."""

IDLE_SECONDS = 5.0
"""After how long without use a connection to a server is asked whether it still lives."""

_VERSION_TABLE = "alembic_version"

UNFINISHED = "-copying"
"""What the version of a database ends with while it is an unfinished copy."""


class _Held(threading.local):
    """The connection that a thread holds between its transactions.

    A transaction inside another one finds nothing here and takes a second
    connection from the pool.
    """

    _connection: PoolProxiedConnection | None = None
    _since = 0.0

    def take(self) -> PoolProxiedConnection | None:
        """The connection, if no transaction has it."""
        connection, self._connection = self._connection, None
        return connection

    def idle(self) -> float:
        """For how many seconds nobody has had it."""
        return stopwatch() - self._since

    def give(self, connection: PoolProxiedConnection) -> None:
        """Hold a connection; one too many goes back to the pool."""
        if self._connection is None:
            self._connection = connection
            self._since = stopwatch()
        else:
            connection.close()


def _let_go(held: _Held, engine: Engine) -> None:
    connection = held.take()
    if connection is not None:
        connection.close()
    engine.dispose()


class Database:
    """One database and its compiled statements."""

    def __init__(self, url: str, folder: Path | None = None) -> None:
        """Prepare, without connecting yet.

        Args:
            url: as SQLAlchemy writes it: `sqlite:///wirflow.db`, `postgresql+psycopg://host/name`.
            folder: in which a file of SQLite lies that has no path of its own; None: where the
                process is.

        Raises:
            InputError: the address is none.
        """
        try:
            self.url = _within(make_url(url), folder)
            self.file = DataFile(self.url.database if self.url.get_backend_name() == "sqlite" else None)
            self.engine = _engine(self.url, self.file)
        except (ArgumentError, ImportError, ValueError) as error:
            shown = _PASSWORD.sub(r"\1***\2", url)
            raise InputError(
                Text(f"Das ist keine Datenbankadresse: {shown}", f"This is no database address: {shown}"),
                hint=Text("Zum Beispiel: sqlite:///wirflow.db", "For example: sqlite:///wirflow.db"),
            ) from error
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._held = _Held()
        # Who forgets to close it leaves no open file behind; at the very end the system sees to that.
        weakref.finalize(self, _let_go, self._held, self.engine).atexit = False
        type_of_dialect: Any = type(self.engine.dialect)
        self.statements = Statements(type_of_dialect(paramstyle=_PARAMSTYLES[self.url.get_backend_name()]))

    def writing(self, connection: Connection | None = None) -> AbstractContextManager[Session]:
        """One transaction that changes something: all of it is kept, or nothing.

        Args:
            connection: the caller's own connection, to join its transaction;
                then the caller commits, and an error undoes only what was done here.

        Raises:
            ConflictError: another writer was in the way for too long.
            DatabaseError: the database is broken or out of reach.
        """
        if connection is not None:
            return self._joined(connection)
        return _Transaction(self, "BEGIN IMMEDIATE" if self.sqlite else "BEGIN")

    @contextmanager
    def _joined(self, connection: Connection) -> Iterator[Session]:
        with self.translated():
            self._join(connection)
            # Not by `begin_nested`: that puts its two statements into words anew for each event.
            session = self.session(connection.connection, _SAVE)
            try:
                yield session
                session.run(_KEEP)
            except BaseException:
                session.abandon()
                with suppress(self.driver_error):  # what went wrong first is what is told
                    self.session(connection.connection).run(_BACK)
                raise

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
        from wirflow.store.server import CHANNEL  # noqa: PLC0415 - loads psycopg, which SQLite does without

        connection = self.engine.raw_connection()
        try:
            driver: Any = connection.driver_connection
            driver.autocommit = True
            driver.execute(f"LISTEN {CHANNEL}")
            begun()
            while not stop():
                for _ in driver.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                    heard()
        finally:
            connection.invalidate()

    def peeking(self) -> AbstractContextManager[Session]:
        """One look with one statement, which needs no transaction: to ask whether to begin one."""
        return _Transaction(self, None, read_only=True)

    def trying(self) -> AbstractContextManager[Session]:
        """A transaction that is always undone: to see what would happen."""
        return _Transaction(self, "BEGIN IMMEDIATE" if self.sqlite else "BEGIN", keep=False)

    def reading(self) -> AbstractContextManager[Session]:
        """One consistent view; nothing is locked."""
        # On PostgreSQL each statement would else see what others committed meanwhile.
        begin = "BEGIN" if self.sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        return _Transaction(self, begin, read_only=True)

    def session(
        self, connection: PoolProxiedConnection, begin: str | None = None, *, read_only: bool = False
    ) -> Session:
        """A session on a connection."""
        if self.sqlite:
            # A writer takes its lock at once: two that read first and write later would deadlock.
            return LiteSession(self.statements, connection, begin=begin, read_only=read_only)
        from wirflow.store.server import ServerSession, Wire  # noqa: PLC0415 - loads psycopg

        wire = connection.info.get(_WIRE)
        if wire is None:
            # It knows what is prepared on this connection, for as long as that lives.
            driver: Any = connection.driver_connection
            wire = connection.info[_WIRE] = Wire(driver)
        return ServerSession(self.statements, wire, begin=begin, read_only=read_only)

    def _join(self, connection: Connection) -> None:
        """See to it that the caller's connection is in a transaction.

        Python's driver for SQLite begins one only before it writes: a savepoint that comes first
        would itself be the transaction, and its release a commit, whatever the caller does later.
        psycopg begins one, in the way that its owner wants, with the first statement that it sees.
        """
        if not connection.in_transaction():
            connection.begin()
        driver: Any = connection.connection.driver_connection
        if self.sqlite:
            if not driver.in_transaction:
                driver.execute("BEGIN IMMEDIATE")
        elif driver.info.transaction_status == _IDLE:
            driver.execute("SELECT 1")

    @property
    def exists(self) -> bool:
        """Whether there is a file; a database on a server is there or says so itself."""
        return self.url.get_backend_name() != "sqlite" or _sqlite_exists(self.url.database)

    def version(self) -> str | None:
        """The version of the tables, or None if there are none yet."""
        with self.peeking() as session:
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
        with self.translated():
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

    def take(self) -> PoolProxiedConnection:
        """A connection that nobody uses: the one that this thread held, if it has one."""
        connection = self._held.take()
        if connection is not None and not self.sqlite and self._held.idle() > IDLE_SECONDS:
            # Its server may have been started anew meanwhile: the pool asks it.
            connection.close()
            connection = None
        return connection or self.engine.raw_connection()

    def give(self, connection: PoolProxiedConnection) -> None:
        """Hold a connection until this thread needs one again."""
        self._held.give(connection)

    def told(self, error: BaseException) -> BaseException:
        """An error in wirflow's own words, if it is one of the driver; else itself."""
        if isinstance(error, (SQLAlchemyError, self.driver_error)):
            shown = self.url.render_as_string(hide_password=True)
            return self.file.disturbed() or _translate(error, shown)
        if isinstance(error, msgspec.MsgspecError):
            # Nothing else is decoded inside a transaction but what the tables hold.
            return self.file.disturbed() or unreadable(str(error))
        return error

    @contextmanager
    def translated(self) -> Iterator[None]:
        """What the driver raises is raised in wirflow's own words."""
        try:
            yield
        except Exception as error:
            told = self.told(error)
            if told is error:
                raise
            raise told from error


class _Transaction:
    """A transaction of our own, on a connection that its thread holds on to.

    Checking a connection out of the pool and back in for every event costs as
    much as deciding it; a class costs less than three generators in each other.
    """

    __slots__ = ("_begin", "_connection", "_database", "_keep", "_read_only", "_session")

    _connection: PoolProxiedConnection

    def __init__(
        self, database: Database, begin: str | None, *, keep: bool = True, read_only: bool = False
    ) -> None:
        """Prepare.

        Args:
            database: where.
            begin: how it begins; None: without a transaction, for one statement.
            keep: whether it is committed.
            read_only: nothing will be written.
        """
        self._database, self._begin, self._keep, self._read_only = database, begin, keep, read_only
        self._session: Session | None = None

    def __enter__(self) -> Session:
        database = self._database
        try:
            self._connection = database.take()
        except Exception as error:
            raise database.told(error) from error
        try:
            self._session = database.session(self._connection, self._begin, read_only=self._read_only)
        except BaseException as error:
            self._fail(error)
            raise
        return self._session

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            self._fail(error)
            return
        try:
            self._end()
        except BaseException as ending:
            self._fail(ending)
            raise
        self._database.give(self._connection)

    def _end(self) -> None:
        session = self._session
        if session is None or self._begin is None:
            return
        if self._keep:
            self._commit(session)
        else:
            session.abandon()
            self._connection.rollback()

    def _commit(self, session: Session) -> None:
        """Keep what was done.

        Raises:
            DatabaseError: the server went away in the middle of it, so nobody knows.
        """
        try:
            session.commit()
        except self._database.driver_error as error:
            state = getattr(error, "sqlstate", None)
            if session.sqlite or session.read_only or (state and not state.startswith(_GONE)):
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

    def _fail(self, error: BaseException) -> None:
        """Roll back, let go of a connection that may be broken, and say in our words what its driver said."""
        connection = self._connection
        try:
            if self._session is not None:
                self._session.abandon()
            connection.rollback()
        except self._database.driver_error:
            connection.invalidate(error if isinstance(error, Exception) else None)
        else:
            connection.close()
        told = self._database.told(error)
        if told is not error:
            raise told from error


_SAVE = "SAVEPOINT wirflow"
_KEEP = text("RELEASE SAVEPOINT wirflow")
_BACK = text("ROLLBACK TO SAVEPOINT wirflow")
"""What joins a caller's transaction: an error of ours undoes only what was done here."""

_IDLE = 0
"""What libpq calls a connection that is in no transaction."""

_PASSWORD = re.compile(r"(//[^:/@]*:).*(@)")
"""What stands in an address that cannot be taken apart must not be seen, either."""

_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL's codes of a serialization failure, a deadlock, and a lock that was not to be had."""

_READ_ONLY = "25006"
"""PostgreSQL's code of a server that only reads, such as a replica."""

_GONE = ("08", "57")
"""Classes of PostgreSQL's codes that say that the connection or the server went away."""

_WIRE = "wirflow.wire"
"""By which a connection of the pool has the wire on it."""

_PARAMSTYLES = {"sqlite": "named", "postgresql": "numeric_dollar"}

_SELECT_VERSION = select(text("version_num")).select_from(text(_VERSION_TABLE))


def _within(url: URL, folder: Path | None) -> URL:
    """The address with the path of its file, which may have any characters in it."""
    path = url.database
    if folder is None or url.get_backend_name() != "sqlite" or not path or path.startswith((":", "file:")):
        return url
    return url.set(database=str(folder / path))


def _engine(url: URL, file: DataFile) -> Engine:
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True, pool_reset_on_return=None, client_encoding="utf8")
    else:
        engine = create_engine(url, pool_reset_on_return=None, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "do_connect", file.open)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "reset", _give_back)
    return engine


def _give_back(connection: Any, record: ConnectionPoolEntry | None, state: PoolResetState) -> None:
    """Undo what is left open on a connection that goes back to the pool; one that is broken goes for good.

    The pool would do the same, but for a traceback on the terminal.
    """
    if state.transaction_was_reset:
        return
    try:
        connection.rollback()
    except Exception as error:  # noqa: BLE001 - whoever used it has been told; here it is only thrown away
        if record is not None:
            record.invalidate(error)


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
