"""Small trails to test with: entries as the engine would write them."""

from __future__ import annotations

from typing import NamedTuple

from wirflow.audit.entry import digest

DEFINITION = "d" * 64


class Written(NamedTuple):
    """An entry as it lies in the store, before it is sealed."""

    case: str
    seq: int
    digest: str
    written: bytes


def body(case, seq, **more):
    """An entry's body without its link."""
    return {
        "v": 1,
        "case": case,
        "seq": seq,
        "workflow": "grant",
        "definition": DEFINITION,
        "event": "start" if seq == 1 else "note",
        "kind": "start" if seq == 1 else "action",
        "actor": "clerk",
        "from": None if seq == 1 else "draft",
        "to": "draft",
        "occurred_at": f"2021-12-31T23:00:{seq % 60:02}.000000Z",
        "recorded_at": f"2021-12-31T23:00:{seq % 60:02}.500000Z",
        "changes": {"amount": [None, "50000.00"], "title": ["Straße", "=SUM(A1) 😀"]},
        **more,
    }


def chain(case, length, *, first=None, **more):
    """A whole chain of a case; `first` holds what only its first entry says."""
    entries, previous = [], None
    for seq in range(1, length + 1):
        own = first if first and seq == 1 else {}
        written, previous = digest(body(case, seq, **{**more, **own}), previous)
        entries.append(Written(case, seq, previous, written))
    return entries


def flip(value, bit):
    """Bytes with one bit changed; the bit is counted around."""
    position, mask = divmod(bit % (len(value) * 8), 8)
    return value[:position] + bytes([value[position] ^ 1 << mask]) + value[position + 1 :]
