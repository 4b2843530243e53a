"""Checkpoints: what stands beside each signed note is what it says, and the tree grows on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.audit.checkpoint import Checkpoint
from wirflow.audit.finding import finding
from wirflow.audit.merkle import Frontier, entry_leaf
from wirflow.errors import TrailError
from wirflow.reports.rows.raw import BROKEN, rows, same_json, words
from wirflow.store import mirror

if TYPE_CHECKING:
    from wirflow.audit.finding import Finding
    from wirflow.store.mirror import CheckpointColumns
    from wirflow.store.session import Session


def differing(session: Session) -> list[Finding]:
    """The checkpoints whose columns are not what their notes and the leaves say; signatures aside."""
    found: list[Finding] = []
    kept = list(rows(mirror.checkpoint_columns, session, "checkpoints", found))
    sizes = sorted({row.size for row in kept if isinstance(row.size, int)})
    frontiers = _frontiers(session, sizes, found)
    notes: set[str] = set()
    for number, row in enumerate(kept, 1):
        names = [] if row.note not in notes else ["note"]
        notes.add(row.note)
        try:
            names += _columns(row, frontiers)
        except (*BROKEN, TrailError):
            names.append("note")
        if names:
            found.append(finding("checkpoint_differs", number=number, name=", ".join(names)))
    return found


def _columns(row: CheckpointColumns, frontiers: dict[int, Frontier]) -> list[str]:
    note = Checkpoint.read(row.note.rpartition("\n\n")[0] + "\n")
    frontier = frontiers.get(note.size)
    pairs = (
        ("size", row.size == note.size),
        ("root", row.root == note.root.hex()),
        ("made_at", f"sealed {words(row.made_at)}" in note.extensions),
        ("frontier", frontier is None or same_json(row.frontier, frontier.json())),
    )
    return [name for name, same in pairs if not same]


def _frontiers(session: Session, sizes: list[int], found: list[Finding]) -> dict[int, Frontier]:
    """The edge of the tree at each of these sizes, as far as the leaves are whole."""
    leaves = {
        row.leaf: row.digest
        for row in rows(mirror.entry_columns, session, "entries", found)
        if isinstance(row.leaf, int)
    }
    grown = Frontier()
    at: dict[int, Frontier] = {}
    for size in sizes:
        try:
            grown = grown.extend(entry_leaf(leaves[leaf]) for leaf in range(grown.size, size))
        except (*BROKEN, TrailError):
            break  # The log itself says what is wrong with its leaves.
        at[size] = grown
    return at
