"""One entry of the trail: its bytes, its digest, its link to the entry before.

The engine writes the body (a mapping, see docs/reference/audit.md for every
key), `digest` links it to the entry before it in its case, and from then on
only the bytes count.  Personal values never stand in an entry: `commitment`
puts a salted hash in their place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Self

import msgspec

from wirflow.audit.canonical import canonical
from wirflow.errors import InputError, TrailError
from wirflow.text import Text

VERSION: Final = 1
"""The version of the body's format, written as `v`."""

KINDS: Final = frozenset(
    {"start", "action", "deadline", "reminder", "signal", "import", "correction", "migration", "forwarding"}
)
"""What made an entry: who or what came through the engine's door."""

SALT_BYTES: Final = 32
"""How many random bytes a salt has: as many as the hash, so that guessing the value does not help."""

_COMMITMENT_DOMAIN: Final = b"wirflow/commitment/v1\0"

_FIELDS: Final[tuple[tuple[str, tuple[type, ...]], ...]] = (
    ("case", (str,)),
    ("seq", (int,)),
    ("prev", (str, type(None))),
    ("workflow", (str,)),
    ("definition", (str,)),
    ("event", (str,)),
    ("actor", (str, type(None))),
    ("from", (str, list, type(None))),
    ("to", (str, list, type(None))),
)
_OPTIONAL: Final[tuple[tuple[str, tuple[type, ...]], ...]] = (
    ("reason", (str, type(None))),
    ("timers", (dict, type(None))),
    ("notices", (list, type(None))),
    ("signals", (list, type(None))),
)

INSTANTS: Final = ("occurred_at", "recorded_at")
"""The keys that hold an instant."""

_decode = msgspec.json.Decoder().decode
_instant = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z").fullmatch


def digest(body: Mapping[str, Any], previous: str | None) -> tuple[bytes, str]:
    """Link an entry to the one before it: its canonical bytes and their SHA-256 in lower-case hex.

    Args:
        body: The entry's keys and values, without `prev`.
        previous: The digest of the case's entry before; None for a case's first entry.

    Raises:
        TypeError: A value that the trail does not hold (see `canonical`).
        InputError: Data that JSON cannot carry exactly.
    """
    written = canonical({**body, "prev": previous})
    return written, sha256(written).hexdigest()


def commitment(value: object, salt: bytes) -> str:
    """What the trail says of a personal value: SHA-256 over a domain, the salt and the canonical value.

    Whoever is shown value and salt can check them against the trail; once the salt is
    erased, nobody can, and the trail stays provable (GDPR Art. 17 with Art. 5(2)).

    Args:
        value: The value as the entry would have held it.
        salt: `SALT_BYTES` fresh random bytes, for this value alone.

    Raises:
        ValueError: The salt has another length: a short one could be guessed.
    """
    if len(salt) != SALT_BYTES:
        msg = f"a salt has {SALT_BYTES} bytes, not {len(salt)}"
        raise ValueError(msg)
    return sha256(_COMMITMENT_DOMAIN + salt + canonical(value)).hexdigest()


def is_commitment(value: object) -> bool:
    """Whether a change says what it is about only by a commitment, as it does of personal values."""
    return isinstance(value, dict) and value.keys() == {"commitment"}


def bad_fields(body: Mapping[str, Any]) -> list[str]:
    """The keys of a body that are missing or hold what the format does not allow."""
    bad = [name for name, kinds in _FIELDS if name not in body or type(body[name]) not in kinds]
    bad += [name for name, kinds in _OPTIONAL if type(body.get(name)) not in kinds]
    kind, changes = body.get("kind"), body.get("changes")
    if not isinstance(kind, str) or kind not in KINDS:
        bad.append("kind")
    if changes is not None and not _are_changes(changes):
        bad.append("changes")
    return bad + [name for name in INSTANTS if not is_instant(body.get(name))]


def _are_changes(changes: object) -> bool:
    """Whether this gives every changed field its old and its new value."""
    return isinstance(changes, dict) and all(
        isinstance(pair, list) and len(pair) == len(("old", "new")) for pair in changes.values()
    )


def is_instant(value: object) -> bool:
    """Whether a value is an instant as `clock.stamp` writes it, on a day that the calendar has."""
    if not isinstance(value, str) or not _instant(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as readers and exporters see it: the contract's keys, and the whole body.

    `leaf` is its number in the log over all cases, or None while it is not yet sealed.
    Instants are the strings that the body holds (UTC, microseconds, `Z`), so they sort as time.
    """

    leaf: int | None
    case: str
    seq: int
    event: str
    kind: str
    actor: str | None
    from_: str | None
    to: str | None
    occurred_at: str
    recorded_at: str
    digest: str
    body: Mapping[str, Any]

    @classmethod
    def read(cls, written: bytes, stated: str, *, leaf: int | None = None) -> Self:
        """An entry from its canonical bytes and its stated digest, as the store keeps them.

        It has the format's shape and stands for exactly these bytes; whether its digest and
        its chain are right, `chain.verify_chain` says.

        Raises:
            TrailError: The bytes are no entry.
        """
        try:
            body = _decode(written)
            damaged = not isinstance(body, dict) or bool(bad_fields(body)) or canonical(body) != written
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError, InputError) as error:
            raise _unreadable() from error
        if damaged:
            raise _unreadable()
        return cls(
            leaf=leaf,
            case=body["case"],
            seq=body["seq"],
            event=body["event"],
            kind=body["kind"],
            actor=body["actor"],
            from_=state_name(body["from"]),
            to=state_name(body["to"]),
            occurred_at=body["occurred_at"],
            recorded_at=body["recorded_at"],
            digest=stated,
            body=body,
        )

    def json(self) -> dict[str, Any]:
        """The entry with the keys of the command line's contract."""
        return {
            "leaf": self.leaf,
            "case": self.case,
            "seq": self.seq,
            "event": self.event,
            "actor": self.actor,
            "from": self.from_,
            "to": self.to,
            "occurred_at": self.occurred_at,
            "recorded_at": self.recorded_at,
            "digest": self.digest,
        }


def state_name(state: Any) -> str | None:
    """A body's `from` or `to` in one word: parallel states are a list there and joined by ` + ` here."""
    if isinstance(state, list):
        return " + ".join(map(str, state))
    return None if state is None else str(state)


def _unreadable() -> TrailError:
    return TrailError(
        Text("Ein Eintrag der Akte ist nicht lesbar.", "An entry of the trail cannot be read."),
        hint=Text(
            "'wirflow audit verify' sagt, welcher Eintrag beschädigt ist.",
            "'wirflow audit verify' says which entry is damaged.",
        ),
    )
