"""Signed notes: a text and, below it, who signed it (C2SP signed-note, Ed25519).

A note is plain UTF-8: it can be mailed, printed and typed in again.  Keys have
the text form that the tools of this ecosystem share: `name+hash+base64`.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple, Self

from wirflow.errors import InputError, TrailError
from wirflow.text import Text

_ED25519: Final = b"\x01"
_SECRET_PREFIX: Final = "PRIVATE+KEY+"  # noqa: S105 - how every such key begins, and none itself
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_MAX_SIGNATURES: Final = 100

_key = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)").fullmatch
_signature = re.compile(r"— (\S+) ([A-Za-z0-9+/=]+)").fullmatch
_unsafe = re.compile(r"[\s+]").search
_control = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]").search


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key to check notes with, to be given to anybody; `str()` is its text form (vkey)."""

    name: str
    raw: bytes

    @classmethod
    def read(cls, text: str) -> Self:
        """The key with a text form.

        Raises:
            InputError: That is no such key.
        """
        key = cls(*_read_key(text.strip()))
        if str(key) != text.strip():
            raise _bad_key()
        return key

    @property
    def id(self) -> bytes:
        """Four bytes by which a note names its key: the hash of name, algorithm and key."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(_ED25519 + self.raw)}"


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A key to sign notes with, to be kept by the office alone; `text` is its form for a file (skey)."""

    name: str
    seed: bytes = field(repr=False)

    @classmethod
    def create(cls, name: str) -> Self:
        """A new key from the machine's randomness.

        Args:
            name: The log's name, such as `wirflow.example.org/trail`: no blanks, no plus sign.

        Raises:
            InputError: The name cannot stand in a note.
        """
        if not name or _unsafe(name) or not name.isprintable():
            raise InputError(
                Text(
                    f"'{name}' ist kein Name für ein Protokoll.",
                    f"'{name}' is no name for a log.",
                ),
                hint=Text(
                    "Er darf weder Leerzeichen noch '+' enthalten, z. B. 'wirflow.example.org/akte'.",
                    "It must hold neither blanks nor '+', such as 'wirflow.example.org/trail'.",
                ),
            )
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - only signing pays for it
            Ed25519PrivateKey,
        )

        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def read(cls, text: str) -> Self:
        """The key with a text form.

        Raises:
            InputError: That is no such key.
        """
        text = text.strip()
        if not text.startswith(_SECRET_PREFIX):
            raise _bad_key()
        key = cls(*_read_key(text.removeprefix(_SECRET_PREFIX)))
        if key.text != text:
            raise _bad_key()
        return key

    @property
    def text(self) -> str:
        """The key's text form: whoever has it can sign."""
        return f"{_SECRET_PREFIX}{self.name}+{self.public.id.hex()}+{_base64(_ED25519 + self.seed)}"

    @property
    def public(self) -> PublicKey:
        """The key that checks what this one signs."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - only signing pays for it
            Ed25519PrivateKey,
        )

        pair = Ed25519PrivateKey.from_private_bytes(self.seed)
        return PublicKey(self.name, pair.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The note that says a text and bears this key's signature.

        Args:
            text: Lines that each end with a newline, without other control characters.

        Raises:
            ValueError: The text cannot stand in a note.
        """
        if not text.endswith("\n") or _control(text):
            msg = "a note's text ends with a newline and holds no control characters"
            raise ValueError(msg)
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - only signing pays for it
            Ed25519PrivateKey,
        )

        made = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"{text}\n— {self.name} {_base64(self.public.id + made)}\n"


class _Signature(NamedTuple):
    name: str
    id: bytes
    made: bytes


def open_note(note: str, key: PublicKey) -> str:
    """The text of a note, after its signature by a key was checked.

    Signatures by other keys, such as witnesses', are left alone.

    Raises:
        TrailError: That is no note, or the key did not sign it.
    """
    text, signatures = _take_apart(note)
    ours = [made for made in signatures if (made.name, made.id) == (key.name, key.id)]
    if not ours:
        raise TrailError(
            Text("Er trägt keine Unterschrift dieses Schlüssels.", "It bears no signature by this key.")
        )
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - only checking pays for it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - likewise
        Ed25519PublicKey,
    )

    try:
        for made in ours:
            Ed25519PublicKey.from_public_bytes(key.raw).verify(made.made, text.encode())
    except (InvalidSignature, ValueError) as error:
        raise TrailError(Text("Die Unterschrift ist nicht echt.", "The signature is not genuine.")) from error
    return text


def _take_apart(note: str) -> tuple[str, list[_Signature]]:
    """A note's text, with its last newline, and its signatures."""
    text, blank, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or _control(note) or lines.pop() or not 0 < len(lines) <= _MAX_SIGNATURES:
        raise _no_note()
    try:
        # Python's text can hold half surrogate pairs, which UTF-8 cannot.
        text.encode()
    except UnicodeEncodeError as error:
        raise _no_note() from error
    return text + "\n", [_read_signature(line) for line in lines]


def _read_signature(line: str) -> _Signature:
    match = _signature(line)
    blob = _unbase64(match[2]) if match else None
    if match is None or blob is None or len(blob) <= _ID_BYTES:
        raise _no_note()
    return _Signature(match[1], blob[:_ID_BYTES], blob[_ID_BYTES:])


def _read_key(text: str) -> tuple[str, bytes]:
    """Name and 32 raw bytes of a key's text form; the caller compares its hash."""
    match = _key(text)
    blob = _unbase64(match[3]) if match else None
    if match is None or _unsafe(match[1]) or not match[1].isprintable():
        raise _bad_key()
    if blob is None or len(blob) != 1 + _KEY_BYTES or blob[:1] != _ED25519:
        raise _bad_key()
    return match[1], blob[1:]


def _base64(blob: bytes) -> str:
    return base64.b64encode(blob).decode()


def _unbase64(text: str) -> bytes | None:
    """The bytes of strict base64, or None: each sequence of bytes has one spelling only."""
    try:
        blob = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    return blob if _base64(blob) == text else None


def _bad_key() -> InputError:
    return InputError(
        Text("Das ist kein Schlüssel für Prüfpunkte.", "That is no key for checkpoints."),
        hint=Text(
            "Er hat die Form Name+Prüfsumme+Base64 und wurde vielleicht unvollständig kopiert.",
            "It has the form name+hash+base64 and was perhaps copied incompletely.",
        ),
    )


def _no_note() -> TrailError:
    return TrailError(
        Text("Das ist kein unterschriebener Text (signed note).", "That is no signed note."),
    )
