"""Sealing: committed entries get their place in the log, and the office signs for it.

Entries are written by many at once; one sealer at a time puts them in one
order, grows the tree and signs.  The caller stores all that comes back in one
transaction, or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from wirflow.audit.checkpoint import Checkpoint
from wirflow.audit.merkle import Frontier, entry_leaf
from wirflow.clock import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from wirflow.audit.note import SecretKey


class Unsealed(NamedTuple):
    """A committed entry without a place in the log."""

    case: str
    seq: int
    digest: str


class Placed(NamedTuple):
    """An entry and the leaf number that it got, counted from 0."""

    case: str
    seq: int
    leaf: int


@dataclass(frozen=True, slots=True)
class Seal:
    """What sealing gives: new places, the grown frontier, and the signed note to store and send out."""

    placed: tuple[Placed, ...]
    frontier: Frontier
    checkpoint: str


def seal(entries: Iterable[Unsealed], frontier: Frontier, *, key: SecretKey, at: datetime) -> Seal:
    """Append entries to the log and sign its new head.

    With no entries the head is signed again at a later instant: a sign of life.

    Args:
        entries: Committed entries without a leaf, in recorded order, each case's by number.
        frontier: The log as it stood after the last seal; `Frontier()` for a new one.
        key: The office's key; its name is the log's name and the checkpoint's origin.
        at: When this is done; it is signed along as the line `sealed <instant>`.

    Raises:
        TrailError: An entry's digest is damaged; nothing may be stored.
    """
    waiting = [Unsealed(*entry) for entry in entries]
    grown = frontier.extend(entry_leaf(entry.digest) for entry in waiting)
    head = Checkpoint(key.name, grown.size, grown.root(), (f"sealed {stamp(at)}",))
    placed = tuple(Placed(entry.case, entry.seq, leaf) for leaf, entry in enumerate(waiting, frontier.size))
    return Seal(placed, grown, head.sign(key))
