"""Checkpoints: the office signs how large its log is and what root it has (C2SP tlog-checkpoint).

A checkpoint that left the house, mailed or printed, holds the office to every
entry before it: a log that was cut off or rewritten since no longer matches.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from wirflow.audit.canonical import MAX_INT
from wirflow.audit.merkle import HASH_BYTES
from wirflow.audit.note import open_note
from wirflow.errors import TrailError
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.audit.note import PublicKey, SecretKey

_FIXED_LINES: Final = 3

_decimal = re.compile(r"0|[1-9][0-9]{0,15}").fullmatch


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log looked like: its name, its size in leaves, its root of 32 bytes.

    `extensions` are further signed lines; `seal` writes one, `sealed <instant>`.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The lines that are signed."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))

    @classmethod
    def read(cls, text: str) -> Self:
        """The checkpoint with these lines.

        Raises:
            TrailError: That is no checkpoint.
        """
        lines = text.split("\n")
        if lines.pop() or len(lines) < _FIXED_LINES or not all(lines) or not _decimal(lines[1]):
            raise _no_checkpoint()
        origin, size, root, *extensions = lines
        try:
            found = cls(origin, int(size), base64.b64decode(root, validate=True), tuple(extensions))
        except (binascii.Error, ValueError) as error:
            raise _no_checkpoint() from error
        # Written again it must be the same: base64 has several spellings of the same bytes.
        if len(found.root) != HASH_BYTES or found.size > MAX_INT or found.text() != text:
            raise _no_checkpoint()
        return found

    def sign(self, key: SecretKey) -> str:
        """The signed note that says this checkpoint."""
        return key.sign(self.text())


def read_checkpoint(note: str, key: PublicKey) -> Checkpoint:
    """The checkpoint that a note says, after its signature by a key was checked.

    Raises:
        TrailError: That is no note, no checkpoint, or not signed by this key.
    """
    return Checkpoint.read(open_note(note, key))


def _no_checkpoint() -> TrailError:
    return TrailError(Text("Das ist kein Prüfpunkt eines Protokolls.", "That is no checkpoint of a log."))
