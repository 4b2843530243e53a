"""Files of cases, each kept once under the SHA-256 of what is in it.

    documents/ab/cdef…   the bytes whose hash is abcdef…

A file is whole and durable before the entry that names it commits: it is
written beside its place, flushed to the disk and renamed.  A crash in between
leaves a file that no entry names; `unnamed` finds it, and nobody misses it.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Literal

from wirflow.definition.document import Document, Unread, media_type, plain_name
from wirflow.definition.values import show_size
from wirflow.errors import InputError, WorldError, because
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

CHUNK: Final = 1024 * 1024
"""Bytes that are read at once: memory stays the same however large a file is."""

DRAFT: Final = "draft-"
"""How the name of a file begins that is still being written."""

State = Literal["kept", "missing", "changed"]


@dataclass(frozen=True, slots=True)
class Stray:
    """A file that no entry names, or one that was never finished."""

    path: Path
    size: int
    since: float
    """When it was written, in seconds since 1970."""


class Documents:
    """The files of an office.

    Several processes may keep the same content at once: each writes a draft of
    its own, and all of them are renamed to the same name.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        """Prepare, without touching the disk.

        Args:
            folder: where they lie; made when the first one is kept.
            max_bytes: the largest file that is taken.
        """
        self.folder = folder
        self.max_bytes = max_bytes

    def measure(self, unread: Unread) -> Document:
        """What a file would be kept as; nothing is written.

        Raises:
            InputError: there is no such file, it cannot be read, or it is too large.
        """
        return self._take(unread, lambda _: None)

    def keep(self, unread: Unread) -> Document:
        """Keep a file; when this returns, it is on the disk.

        Raises:
            InputError: as `measure`, or the file was changed while it was read.
            WorldError: it cannot be written.
        """
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=DRAFT, dir=self.folder)
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:

                def write(chunk: bytes) -> None:
                    with self._writing():
                        out.write(chunk)

                document = self._take(unread, write)
                with self._writing():
                    out.flush()
                    os.fsync(out.fileno())
            with self._writing():
                target = self.path(document.sha256)
                target.parent.mkdir(exist_ok=True)
                draft.replace(target)
                _settle(target.parent)
                _settle(self.folder)
        finally:
            draft.unlink(missing_ok=True)
        return document

    def path(self, digest: str) -> Path:
        """Where the bytes of a hash lie, be they there or not."""
        return self.folder / digest[:2] / digest[2:]

    def holds(self, document: Document) -> bool:
        """Whether the file of a document is there, of the right size."""
        return self.glance(document) == "kept"

    def glance(self, document: Document) -> State:
        """What can be said of a document's file without reading it."""
        try:
            return "kept" if self.path(document.sha256).stat().st_size == document.size else "changed"
        except OSError:
            return "missing"

    def look(self, digest: str) -> State:
        """Whether the bytes of a hash are there and still have it: reads the whole file."""
        try:
            with self.path(digest).open("rb") as file:
                return "kept" if _digest(file) == digest else "changed"
        except FileNotFoundError:
            return "missing"
        except OSError:
            return "changed"

    def copy(self, document: Document, out: BinaryIO) -> None:
        """Write a document's bytes, after seeing that they are the ones that were kept.

        Raises:
            WorldError: the file is not there, or is another one by now; nothing was written.
        """
        if self.look(document.sha256) != "kept":
            raise lost(document)
        with self.path(document.sha256).open("rb") as file:
            while chunk := file.read(CHUNK):
                out.write(chunk)

    def strays(self, named: Iterable[str], *, before: datetime) -> list[Stray]:
        """Files that none of the hashes names, and drafts that were never finished.

        Args:
            named: every hash that an entry or a personal value names.
            before: younger ones are left out: their entry may be about to commit.
        """
        known = set(named)
        found = []
        for path in sorted(self.folder.glob("**/*")) if self.folder.is_dir() else ():
            digest = f"{path.parent.name}{path.name}"
            if not path.is_file() or (path == self.path(digest) and digest in known):
                continue
            about = path.stat()
            if about.st_mtime < before.timestamp():
                found.append(Stray(path, about.st_size, about.st_mtime))
        return found

    def remove(self, stray: Stray) -> None:
        """Remove a file that nothing names.

        Raises:
            WorldError: it cannot be removed.
        """
        with self._writing():
            stray.path.unlink(missing_ok=True)

    # -- inside ------------------------------------------------------------------------

    def _take(self, unread: Unread, write: Callable[[bytes], None]) -> Document:
        """Read a file from its beginning to its end, and see that nobody changed it meanwhile."""
        path = Path(unread.path).expanduser()
        name = plain_name(path.name)
        if not name:
            raise _unreadable(path, Text("Die Datei hat keinen Namen.", "The file has no name."))
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise _unreadable(path, _what(path))
            with path.open("rb") as file:
                before = os.fstat(file.fileno())
                hasher, size = sha256(), 0
                self._fits(path, before.st_size)
                while chunk := file.read(CHUNK):
                    size += len(chunk)
                    self._fits(path, size)
                    hasher.update(chunk)
                    write(chunk)
                after = os.fstat(file.fileno())
        except (OSError, ValueError) as error:
            raise _unreadable(path, because(error)) from error
        if before.st_mtime_ns != after.st_mtime_ns or not before.st_size == size == after.st_size:
            raise _unreadable(
                path,
                Text(
                    "Sie wurde verändert, während sie gelesen wurde. Versuchen Sie es noch einmal.",
                    "It was changed while it was being read. Try again.",
                ),
            )
        return Document(name, hasher.hexdigest(), size, media_type(name))

    def _fits(self, path: Path, size: int) -> None:
        if size > self.max_bytes:
            raise InputError(
                Text(
                    f"{path} ist zu groß: {show_size(size, 'de')}.",
                    f"{path} is too large: {show_size(size, 'en')}.",
                ),
                hint=Text(
                    f"Höchstens {show_size(self.max_bytes, 'de')}; die Grenze steht in wirflow.toml unter"
                    " [documents] max_megabytes.",
                    f"At most {show_size(self.max_bytes, 'en')}; the limit stands in wirflow.toml under"
                    " [documents] max_megabytes.",
                ),
            )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise WorldError(
                Text(
                    f"In {self.folder} lässt sich nichts ablegen.",
                    f"Nothing can be kept in {self.folder}.",
                ),
                hint=because(error),
            ) from error


def _digest(file: BinaryIO) -> str:
    hasher = sha256()
    while chunk := file.read(CHUNK):
        hasher.update(chunk)
    return hasher.hexdigest()


def _settle(folder: Path) -> None:
    """Make the names in a folder durable; where the system cannot do that, the files are so all the same."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        return
    finally:
        os.close(handle)


def _what(path: Path) -> Text:
    if path.is_dir():
        return Text("Das ist ein Ordner.", "That is a folder.")
    return Text("Das ist keine gewöhnliche Datei.", "That is no ordinary file.")


def _unreadable(path: Path, why: Text) -> InputError:
    shown = "".join(sign if sign.isprintable() else "\ufffd" for sign in str(path))
    return InputError(
        Text(f"Die Datei {shown} lässt sich nicht übernehmen.", f"The file {shown} cannot be taken."),
        hint=why,
    )


def lost(document: Document) -> WorldError:
    """What is said of a document whose file is missing, or is another one by now."""
    return WorldError(
        Text(
            f"Die Datei {document.name} fehlt oder wurde verändert.",
            f"The file {document.name} is missing or was changed.",
        ),
        hint=Text(
            "'wirflow documents verify' nennt alle solchen; holen Sie sie aus der Sicherung.",
            "'wirflow documents verify' names all such; fetch them from the backup.",
        ),
    )
