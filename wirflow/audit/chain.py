"""The chain of one case: each entry holds the digest of the one before it.

Changing an entry changes its digest, and the next entry still holds the old
one.  What a chain alone cannot show is that its end was cut off or that all of
it was written anew: the log over all cases (`merkle`, `checkpoint`) shows that.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import msgspec

from wirflow.audit.canonical import canonical
from wirflow.audit.entry import INSTANTS, VERSION, bad_fields
from wirflow.audit.finding import Finding, finding
from wirflow.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PLACE: Final = frozenset({"case", "seq", "prev"})
"""The keys by which an entry has its place in a chain."""

_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Head:
    """Where a case's chain stands: its last number, and the digests to which the next entry may link.

    There are two where the last entry's stated and computed digests differ: then that entry
    is the finding, and the one after it must not be blamed as well.
    """

    seq: int = 0
    digests: tuple[str | None, ...] = (None,)


def verify_chain(case: str, entries: Iterable[tuple[bytes, str]]) -> Iterator[Finding]:
    """What is wrong with the chain of one case, entry by entry; nothing at all if it is whole.

    Args:
        case: The case's key.
        entries: Canonical bytes and stated digest of every entry, in the order of their numbers.
    """
    head = Head()
    for written, stated in entries:
        body = decode(written)
        seq = head.seq + 1
        head, found = follow(head, case, body, written, stated)
        yield from found
        if not found and not is_canonical(body, written):
            yield finding("not_canonical", case=case, seq=seq)


def decode(written: bytes) -> Any:
    """What JSON bytes say, or None where they say nothing readable."""
    try:
        return _decode(written)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def is_canonical(value: Any, written: bytes) -> bool:
    """Whether bytes are the canonical ones of the value that was read from them."""
    try:
        return canonical(value) == written
    except (TypeError, InputError):
        return False


def follow(head: Head, case: str, body: Any, written: bytes, stated: str) -> tuple[Head, list[Finding]]:
    """Judge the next entry of a chain: where the chain stands after it, and what is wrong with it.

    Args:
        head: Where the chain stood before.
        case: The key of the case whose chain this is.
        body: What `decode` read from the bytes.
        written: The entry's bytes.
        stated: The digest that is kept with them.
    """
    computed = sha256(written).hexdigest()
    expected = head.seq + 1
    if computed != stated:
        # What changed bytes say of themselves is worth nothing: the entry is taken for the expected one.
        return Head(expected, (stated, computed)), [finding("bytes_changed", case=case, seq=expected)]
    if not isinstance(body, dict):
        return Head(expected, (stated,)), [finding("unreadable", case=case, seq=expected)]
    if body.get("v") != VERSION:
        wrong = finding("unknown_version", case=case, seq=expected, found=body.get("v"))
        return Head(expected, (stated,)), [wrong]
    seq = body.get("seq")
    at = seq if type(seq) is int else expected
    bad = bad_fields(body)
    found = [_bad_field(case, at, body, name) for name in bad]
    if not _PLACE.isdisjoint(bad):
        return Head(expected, (stated,)), found
    if body["case"] != case:
        found.append(finding("wrong_case", case=case, seq=at, found=body["case"]))
    if at <= head.seq:
        return head, [*found, finding("order", case=case, seq=at, expected=expected)]
    if at > expected:
        found.append(finding("gap", case=case, seq=at, expected=expected))
    elif body["prev"] not in head.digests:
        found.append(finding("link_broken", case=case, seq=at))
    return Head(at, (stated,)), found


def _bad_field(case: str, seq: int, body: dict[str, Any], name: str) -> Finding:
    if name in INSTANTS:
        return finding("bad_instant", case=case, seq=seq, name=name, found=body.get(name))
    return finding("bad_field", case=case, seq=seq, name=name)
