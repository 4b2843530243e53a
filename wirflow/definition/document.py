"""A document: a file that is named by what is in it, and kept apart from the case."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTS: Final = ("name", "sha256", "size", "media_type")
"""What is known of a document, by the names that expressions, templates and the trail use."""

MAX_NAME: Final = 200
"""Characters of a name; file systems take 255 bytes."""
UNKNOWN: Final = "application/octet-stream"
"""The media type of a file whose name does not tell it (RFC 2046, 4.5.1)."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_OPEN: Final = "application/vnd.oasis.opendocument"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
# A table of our own: the system's differ from machine to machine, and what an entry says must not.
_TYPES: Final = {
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".csv": "text/csv",
    ".html": "text/html",
    ".xml": "application/xml",
    ".json": "application/json",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}.presentationml.presentation",
    ".odt": f"{_OPEN}.text",
    ".ods": f"{_OPEN}.spreadsheet",
    ".odp": f"{_OPEN}.presentation",
    ".rtf": "application/rtf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".svg": "image/svg+xml",
    ".zip": "application/zip",
    ".eml": "message/rfc822",
    ".ics": "text/calendar",
    ".p7s": "application/pkcs7-signature",
}


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """What a case knows of a file; the bytes lie in the office's folder under their hash."""

    name: str
    """What it is called: no folder, no control characters, in NFC."""
    sha256: str
    """Of its bytes, in lower-case hex."""
    size: int
    """Bytes."""
    media_type: str
    """By its extension, such as `application/pdf`."""

    def __eq__(self, other: object) -> bool:
        """Whether it is the same document, be it read already or not."""
        return isinstance(other, Document) and self._key == other._key

    def __hash__(self) -> int:
        """By what it is."""
        return hash(self._key)

    def __str__(self) -> str:
        """What a person calls it."""
        return self.name

    @property
    def _key(self) -> tuple[str, str, int, str]:
        return self.name, self.sha256, self.size, self.media_type

    def json(self) -> dict[str, str | int]:
        """How the database and the trail keep it."""
        return {name: getattr(self, name) for name in PARTS}

    @classmethod
    def read(cls, raw: Mapping[str, object]) -> Document:
        """The document that a file or the database tells of by its parts.

        Raises:
            ValueError: a part is missing, unknown or wrong.
        """
        if not {"name", "sha256"} <= set(raw) <= set(PARTS):
            raise ValueError(raw)
        name, sha256 = plain_name(str(raw["name"])), str(raw["sha256"]).lower()
        size = int(str(raw.get("size", 0)))
        if not name or not _SHA256.fullmatch(sha256) or size < 0:
            raise ValueError(raw)
        return cls(name, sha256, size, str(raw.get("media_type") or media_type(name)))


@dataclass(frozen=True, slots=True, eq=False)
class Unread(Document):
    """A file that was only named so far.

    Where there are no files (in a simulation, a scenario, a proof) it stands for
    itself, with a hash that is made of its path.  An office reads and keeps it.
    """

    path: str
    """As it was written, or from the folder of the file in which it was written."""

    @classmethod
    def at(cls, path: str) -> Unread:
        """A file by its path.

        Raises:
            ValueError: the path names no file.
        """
        name = plain_name(path)
        if not name:
            raise ValueError(path)
        return cls(name, sha256(path.encode()).hexdigest(), 1, media_type(name), path)

    def within(self, folder: PurePath) -> Unread:
        """The same, its path taken from a folder unless it is whole."""
        return replace(self, path=str(folder / self.path))


def plain_name(name: str) -> str:
    """A file's name as it is kept: its last part, in NFC, without what no one can see.

    A name that came from another system may hold separators and control characters;
    what is kept is shown on screens, in mails and in file lists.
    """
    composed = unicodedata.normalize("NFC", name)
    last = PurePosixPath(composed.replace("\\", "/")).name
    seen = "".join(sign for sign in last if sign.isprintable()).strip()
    if seen in {"", ".", ".."}:
        return ""
    if len(seen) > MAX_NAME:
        path = PurePosixPath(seen)
        suffix = path.suffix if len(path.suffix) < MAX_NAME // 2 else ""
        seen = seen[: MAX_NAME - len(suffix)] + suffix
    return seen


def media_type(name: str) -> str:
    """The media type that a name's extension says."""
    return _TYPES.get(PurePosixPath(name).suffix.lower(), UNKNOWN)
