"""One Merkle tree over all entries of all cases (RFC 9162, section 2.1).

The tree only grows.  Its whole state is its frontier: the roots of the perfect
subtrees that make it up, at most one for each bit of its size.  From the
leaves, anybody can compute a proof that an entry is in the tree, or that a
later tree contains an earlier one; who holds only roots can check it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Self

from wirflow.errors import TrailError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves (RFC 9162, 2.1.1)."""

HASH_BYTES: Final = 32

_hex_digest = re.compile(r"[0-9a-f]{64}").fullmatch


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf: a zero byte first, so that no leaf can pass for a node."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children: a one byte first."""
    return sha256(b"\1" + left + right).digest()


def entry_leaf(digest: str) -> bytes:
    """The leaf hash of an entry: its data are the 32 bytes of the entry's digest.

    The digest and not the whole entry, so that somebody can be shown that an entry is in
    the log without being shown the entry.

    Raises:
        TrailError: The digest is no SHA-256 in lower-case hex.
    """
    if not _hex_digest(digest):
        raise TrailError(
            Text("Die Prüfsumme eines Eintrags ist beschädigt.", "An entry's digest is damaged."),
            hint=Text("'wirflow audit verify' sagt, welche.", "'wirflow audit verify' says which one."),
        )
    return leaf_hash(bytes.fromhex(digest))


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a growing tree: all that is needed to append to it and to know its root.

    `peaks` are the roots of its perfect subtrees, the largest first: one for each bit of `size`.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """The frontier after appending leaf hashes."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            peak, bits = leaf, size
            while bits & 1:
                peak = node_hash(peaks.pop(), peak)
                bits >>= 1
            peaks.append(peak)
            size += 1
        return Frontier(size, tuple(peaks))

    def root(self) -> bytes:
        """The root of the tree: 32 bytes."""
        if not self.peaks:
            return EMPTY_ROOT
        *rest, root = self.peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root

    def json(self) -> dict[str, Any]:
        """The frontier as the store keeps it."""
        return {"size": self.size, "peaks": [peak.hex() for peak in self.peaks]}

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> Self:
        """The frontier that `json` wrote.

        Raises:
            TrailError: That is no frontier.
        """
        match state:
            case {"size": int(size), "peaks": [*peaks]} if (
                size >= 0
                and size.bit_count() == len(peaks)
                and all(isinstance(peak, str) and _hex_digest(peak) for peak in peaks)
            ):
                return cls(size, tuple(map(bytes.fromhex, peaks)))
        raise TrailError(
            Text(
                "Der gespeicherte Stand des Protokolls ist beschädigt.",
                "The stored state of the log is damaged.",
            ),
            hint=Text(
                "Er lässt sich aus den Prüfsummen aller versiegelten Einträge neu berechnen.",
                "It can be computed anew from the digests of all sealed entries.",
            ),
        )


def root(leaves: Iterable[bytes]) -> bytes:
    """The root of the tree over leaf hashes."""
    return Frontier().extend(leaves).root()


def _split(size: int) -> int:
    """The largest power of two smaller than a size of at least two."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The proof that a leaf is in the tree over these leaf hashes (RFC 9162, 2.1.3.1).

    Raises:
        IndexError: The tree has no such leaf.
    """
    if not 0 <= index < len(leaves):
        msg = f"a tree of {len(leaves)} leaves has no leaf {index}"
        raise IndexError(msg)
    proof: list[bytes] = []
    low, high = 0, len(leaves)
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(root(leaves[middle:high]))
            high = middle
        else:
            proof.append(root(leaves[low:middle]))
            low = middle
    return tuple(reversed(proof))


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> tuple[bytes, ...]:
    """The proof that the tree over these leaf hashes begins with its first `earlier` leaves.

    RFC 9162, 2.1.4.1.

    Raises:
        IndexError: The earlier tree would be larger than this one.
    """
    if not 0 <= earlier <= len(leaves):
        msg = f"a tree of {len(leaves)} leaves does not hold an earlier one of {earlier}"
        raise IndexError(msg)
    if earlier in (0, len(leaves)):
        return ()
    proof: list[bytes] = []
    low, high = 0, len(leaves)
    while high != earlier:
        middle = low + _split(high - low)
        if earlier <= middle:
            proof.append(root(leaves[middle:high]))
            high = middle
        else:
            proof.append(root(leaves[low:middle]))
            low = middle
    if low:
        # The earlier tree ends inside: its last perfect subtree is not known to the verifier.
        proof.append(root(leaves[low:high]))
    return tuple(reversed(proof))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], tree: bytes) -> bool:
    """Whether a proof shows that a leaf hash stands at an index of the tree with this size and root.

    RFC 9162, 2.1.3.2.  Takes anything and says no to what is malformed.
    """
    if not 0 <= index < size or not _are_hashes((leaf, tree, *proof)):
        return False
    node, last, value = index, size - 1, leaf
    for step in proof:
        if not last:
            return False
        if node & 1 or node == last:
            value = node_hash(step, value)
            while node and not node & 1:
                node >>= 1
                last >>= 1
        else:
            value = node_hash(value, step)
        node >>= 1
        last >>= 1
    return not last and value == tree


def verify_consistency(
    earlier: int, later: int, earlier_root: bytes, later_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether a proof shows that the later tree begins with all of the earlier one.

    RFC 9162, 2.1.4.2.  Takes anything and says no to what is malformed.
    """
    if not 0 <= earlier <= later or not _are_hashes((earlier_root, later_root, *proof)):
        return False
    if earlier == later:
        return not proof and earlier_root == later_root
    if not earlier:
        return not proof and earlier_root == EMPTY_ROOT
    # An earlier tree that is perfect is its own first step, which is not sent.
    steps = list(proof) if earlier & (earlier - 1) else [earlier_root, *proof]
    return bool(steps) and _grows(earlier - 1, later - 1, steps, earlier_root, later_root)


def _grows(node: int, last: int, steps: list[bytes], earlier_root: bytes, later_root: bytes) -> bool:
    """Climb from the last leaf of the earlier tree (steps 4 to 7 of RFC 9162, 2.1.4.2)."""
    while node & 1:
        node >>= 1
        last >>= 1
    old = new = steps[0]
    for step in steps[1:]:
        if not last:
            return False
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while node and not node & 1:
                node >>= 1
                last >>= 1
        else:
            new = node_hash(new, step)
        node >>= 1
        last >>= 1
    return not last and old == earlier_root and new == later_root


def _are_hashes(values: Iterable[object]) -> bool:
    return all(isinstance(value, bytes) and len(value) == HASH_BYTES for value in values)
