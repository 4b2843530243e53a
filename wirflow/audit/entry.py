"""One entry of the trail: its bytes, its digest, its link to the entry before.

The engine writes the body (a mapping, see docs/reference/audit.md for every
key), `digest` links it to the entry before it in its case, and from then on
only the bytes count.  Personal values never stand in an entry: `commitment`
puts a salted hash in their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Self

import msgspec

from wirflow.audit.canonical import canonical
from wirflow.errors import TrailError
from wirflow.text import Text

VERSION: Final = 1
"""The version of the body's format, written as `v`."""

KINDS: Final = frozenset(
    {"start", "action", "deadline", "reminder", "signal", "import", "correction", "migration"}
)
"""What made an entry: who or what came through the engine's door."""

SALT_BYTES: Final = 32
"""How many random bytes a salt has: as many as the hash, so that guessing the value does not help."""

_COMMITMENT_DOMAIN: Final = b"wirflow/commitment/v1\0"

_decode = msgspec.json.Decoder().decode


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

        This reads and does not verify: `chain.verify_chain` does that.

        Raises:
            TrailError: The bytes are no entry.
        """
        try:
            body = _decode(written)
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
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, TypeError) as error:
            raise TrailError(
                Text("Ein Eintrag der Akte ist nicht lesbar.", "An entry of the trail cannot be read."),
                hint=Text(
                    "'wirflow audit verify' sagt, welcher Eintrag beschädigt ist.",
                    "'wirflow audit verify' says which entry is damaged.",
                ),
            ) from error

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
