"""The file of a SQLite database, and how it is opened where nothing may be written.

A write-ahead log needs two files beside the database, which cannot be made in a
folder without write permission, on a CD or in a mounted snapshot.  So there the
file is opened read-only, in one of two ways:

- A log is there with its index, or holds something: SQLite reads both, takes its
  locks where others write, and sees every transaction that was kept.
- There is none: nobody has the database open, and all of it is in its one file.
  SQLite reads that as something that never changes, without locks or further files.
  Whether it did change is looked at afterwards: then nothing of what was read counts.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from wirflow.errors import ConflictError, DatabaseError
from wirflow.text import Text

_WAL: Final = "-wal"
_SHM: Final = "-shm"
_JOURNAL: Final = "-journal"

Signature = tuple[int, ...]
"""What changes when a file does."""


class DataFile:
    """Where the database of an office lies, as one file."""

    def __init__(self, path: str | None) -> None:
        """Look at nothing yet.

        Args:
            path: of the file; None and `:memory:`: there is none.
        """
        known = path and path != ":memory:" and not path.startswith("file:")
        self._path = Path(path).absolute() if known and path else None
        self._still: Signature | None = None

    @property
    def writable(self) -> bool:
        """Whether a transaction can be written here; yes if there is no file yet."""
        path = self._path
        if path is None or not path.exists():
            return True
        return _may_write(path) and _may_write(path.parent)

    def must_be_writable(self) -> None:
        """Refuse a place where nothing can be written.

        Raises:
            DatabaseError: names it, and says what to do.
        """
        if not self.writable:
            raise read_only(str(self._path))

    def open(self, _dialect: object, _record: object, _words: object, options: dict[str, Any]) -> Any:
        """A read-only connection where nothing can be written; else None, and SQLAlchemy opens its own.

        Raises:
            DatabaseError: transactions lie in a log that cannot be read here.
        """
        path = self._path
        if path is None or self.writable:
            return None
        address = f"file:{quote(str(path))}?mode=ro"
        given = {name: value for name, value in options.items() if name != "database"}
        if self._has_log(path):
            connection = sqlite3.connect(address, uri=True, factory=ReadOnly, **given)
        else:
            # Before it is opened: what changes from now on is noticed.
            self._still = _signature(path)
            connection = sqlite3.connect(f"{address}&immutable=1", uri=True, factory=ReadOnly, **given)
            connection.still = self._still
        connection.path = path
        # The first read opens the log: what is wrong with it has to be told here, and not as missing tables.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return connection

    def disturbed(self) -> ConflictError | None:
        """The error, if somebody wrote into the file while it was read as one that does not change."""
        path, still = self._path, self._still
        if path is None or still is None or _signature(path) == still:
            return None
        self._still = None
        return _disturbed(path)

    def _has_log(self, path: Path) -> bool:
        """Whether others have it open, or transactions lie beside the file.

        Raises:
            DatabaseError: they do, and cannot be read here.
        """
        waiting = _size(path, _WAL) > 0
        indexed = _beside(path, _SHM).exists()
        if waiting and not indexed and not _may_write(path.parent):
            raise DatabaseError(
                Text(
                    f"Neben {path} liegen Buchungen in {path.name}{_WAL}, die hier nicht lesbar sind:"
                    " Der Ordner ist schreibgeschützt.",
                    f"Beside {path} there are transactions in {path.name}{_WAL} that cannot be read here:"
                    " the folder is read-only.",
                ),
                hint=Text(
                    "Kopieren Sie beide Dateien in einen Ordner, in den Sie schreiben dürfen;"
                    " oder lassen Sie sich eine Sicherung geben, die eine einzige Datei ist.",
                    "Copy both files into a folder that you may write to;"
                    " or ask for a backup, which is one single file.",
                ),
            )
        return waiting or _size(path, _JOURNAL) > 0 or (indexed and _beside(path, _WAL).exists())


class ReadOnly(sqlite3.Connection):
    """A connection that only reads."""

    path: Path
    still: Signature | None = None
    """What the file looked like when it was opened as one that does not change."""

    def commit(self) -> None:
        """End a look.

        Raises:
            ConflictError: somebody wrote meanwhile; what was read may be half old and half new.
        """
        super().commit()
        if self.still is not None and _signature(self.path) != self.still:
            self.close()  # its memory of the file is worth nothing any more
            raise _disturbed(self.path)


def read_only(where: str) -> DatabaseError:
    """The error of a command that has to write, for a database in which nothing can be written."""
    return DatabaseError(
        Text(
            f"Hier darf nur gelesen werden: {where} oder der Ordner darum ist schreibgeschützt."
            " Es wurde nichts geändert.",
            f"Nothing can be written here: {where} or the folder around it is read-only."
            " Nothing was changed.",
        ),
        hint=Text(
            "Ansehen, prüfen und ausgeben geht; zum Ändern geben Sie sich Schreibrechte auf Ordner und Datei,"
            " oder kopieren Sie den ganzen Ordner dorthin, wo Sie schreiben dürfen.",
            "Looking, verifying and exporting work; to change something, get write permission for folder"
            " and file, or copy the whole folder to where you may write.",
        ),
    )


def _disturbed(path: Path) -> ConflictError:
    return ConflictError(
        Text(
            f"{path} wurde beschrieben, während sie gelesen wurde; das Gelesene gilt nicht.",
            f"{path} was written to while it was read; what was read does not count.",
        ),
        hint=Text("Rufen Sie den Befehl noch einmal auf.", "Call the command once more."),
    )


def _may_write(path: Path) -> bool:
    """Whether the system would let us write; of a read-only disk also root is told no."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _size(path: Path, suffix: str) -> int:
    try:
        return _beside(path, suffix).stat().st_size
    except FileNotFoundError:
        return 0


def _signature(path: Path) -> Signature:
    """Of the file, and whether transactions lie beside it by now."""
    found = path.stat()
    return (found.st_ino, found.st_size, found.st_mtime_ns, _size(path, _WAL), _size(path, _JOURNAL))
