"""Databases to measure on: an office's files, a PostgreSQL of our own, and the award workflow."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.crash.server import Server
from wirflow.clock import VirtualClock
from wirflow.definition.person import Person
from wirflow.definition.reader import read_workflows
from wirflow.engine import Engine, Profile
from wirflow.render import Templates
from wirflow.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent / "award"
BUILD = Path("build")

PEOPLE = {
    "ada": Person(id="ada", name="Ada", email="ada@office.example", roles=frozenset({"clerk"}), lang="de"),
    "leo": Person(id="leo", name="Leo", email="leo@office.example", roles=frozenset({"lead"}), lang="en"),
}

BEGIN = datetime(2021, 1, 4, 9, tzinfo=UTC)


@dataclass
class Place:
    """Where databases are made."""

    name: str
    """`sqlite` or `postgresql`."""
    folder: Path
    server: Server | None = None

    def fresh(self, name: str) -> str:
        """The address of a database that does not exist yet, or is empty."""
        if self.server is None:
            return f"sqlite:///{self.folder.resolve() / name}.db"
        return self.server.database()

    def copy(self, url: str, name: str) -> str:
        """A copy of a database that nobody is connected to."""
        if self.server is None:
            other = self.fresh(name)
            shutil.copy(url.removeprefix("sqlite:///"), other.removeprefix("sqlite:///"))
            return other
        return self.server.copy(url)

    def drop(self, url: str) -> None:
        """Away with a database."""
        if self.server is None:
            for end in ("", "-wal", "-shm"):
                Path(url.removeprefix("sqlite:///") + end).unlink(missing_ok=True)
        else:
            self.server.drop(url)


@contextmanager
def place(name: str) -> Iterator[Place]:
    """A place for databases of one kind; all of it is cleared away afterwards."""
    BUILD.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=BUILD))
    server = Server() if name == "postgresql" else None
    try:
        yield Place(name, folder, server)
    finally:
        if server:
            server.close()
        shutil.rmtree(folder)


def engine(url: str, moment: datetime = BEGIN) -> Engine:
    """An engine on a database, whose clock stands at a moment."""
    profile = Profile(name="Amt", people=PEOPLE)
    return Engine(Database(url), VirtualClock(moment), profile, Templates([HERE / "templates"]))


def found(url: str) -> Engine:
    """An engine on a new database that knows the award workflow."""
    made = engine(url)
    made.database.migrate()
    made.register(read_workflows([HERE / "award.yaml"]).checked().values())
    return made


def connect(url: str) -> Any:
    """The raw driver, as fast as it can be used durably: no transaction but by our own words."""
    if url.startswith("sqlite"):
        import sqlite3  # noqa: PLC0415 - one of the two

        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=60)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection
    import psycopg  # noqa: PLC0415 - as above

    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def mark(url: str) -> str:
    """How the driver writes a value's place."""
    return "?" if url.startswith("sqlite") else "%s"
