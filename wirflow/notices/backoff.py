"""When to try again: twice as long each time, and not everybody at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long and how often a notice that was not taken is tried again.

    As it stands a notice is given up after about five days: a sender "generally
    needs" to go on for four to five days at least (RFC 5321, 4.5.4.1).
    """

    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=6)
    attempts: int = 29
    """After so many a notice is given up."""

    def wait(self, key: str, attempt: int) -> timedelta:
        """How long to wait after an attempt, give or take a quarter.

        Args:
            key: what makes it this notice; it decides the share of chance, so
                that many notices that failed together do not come back together.
            attempt: the number of the attempt that failed, from 1.
        """
        doublings = min(attempt - 1, 32)  # beyond that `longest` counts in any case
        plain = min(self.first * (1 << doublings), self.longest)
        digest = sha256(f"{key}#{attempt}".encode(errors="replace")).digest()
        share = int.from_bytes(digest[:4]) / 2**32
        return plain * (0.75 + share / 2)
