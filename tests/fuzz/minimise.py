"""Making a failing file small: lines first, then characters, as long as it fails in the same way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT: Final = 4000
"""Of files no longer than that single characters are tried."""


def minimised(raw: bytes, fails: Callable[[bytes], bool], *, seconds: float) -> bytes:
    """A smaller file that fails in the same way.

    Args:
        raw: the file.
        fails: whether a file fails in that way.
        seconds: how long is tried.
    """
    until = time.monotonic() + seconds
    if not fails(raw):
        return raw
    lines = _smaller(raw.splitlines(keepends=True), fails, until)
    small = b"".join(lines)
    if len(small) <= SHORT:
        small = b"".join(_smaller([small[at : at + 1] for at in range(len(small))], fails, until))
    return small


def _smaller(parts: list[bytes], fails: Callable[[bytes], bool], until: float) -> list[bytes]:
    """Leave out runs of parts, long ones first, until nothing more can be left out."""
    size = max(1, len(parts) // 2)
    while size and parts:
        at, shorter = 0, False
        while at < len(parts):
            if time.monotonic() > until:
                return parts
            rest = parts[:at] + parts[at + size :]
            if rest and fails(b"".join(rest)):
                parts, shorter = rest, True
            else:
                at += size
        if not shorter or size > 1:
            size = size // 2 if not shorter else min(size, max(1, len(parts) // 2))
            if size == 0 or (size == 1 and not parts):
                break
    return parts
