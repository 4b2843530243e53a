"""Sealing gives consecutive leaves, grows one tree and signs its head."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from tests.audit.trail import chain
from wirflow.audit.checkpoint import read_checkpoint
from wirflow.audit.merkle import Frontier, consistency_proof, entry_leaf, root, verify_consistency
from wirflow.audit.note import SecretKey
from wirflow.audit.seal import Placed, Unsealed, seal
from wirflow.errors import TrailError

KEY = SecretKey("wirflow.example.org/trail", bytes(range(32)))
AT = datetime(2021, 12, 31, 23, tzinfo=UTC)
ENTRIES = [Unsealed(*entry[:3]) for entry in chain("FA-1", 12)]


def test_seals_in_the_given_order():
    """Entries get the next leaves in the order in which they come, and the office signs size and root."""
    made = seal(ENTRIES[:2], Frontier(), key=KEY, at=AT)
    assert made.placed == (Placed("FA-1", 1, 0), Placed("FA-1", 2, 1))
    head = read_checkpoint(made.checkpoint, KEY.public)
    assert (head.origin, head.size) == ("wirflow.example.org/trail", 2)
    assert head.root == root(entry_leaf(entry.digest) for entry in ENTRIES[:2])
    assert head.extensions == ("sealed 2021-12-31T23:00:00.000000Z",)


@given(st.lists(st.integers(0, 12), max_size=5).map(sorted))
def test_sealing_in_steps_is_sealing_at_once(cuts):
    """However entries are split among seals, leaves and root are the same, and every step is provable."""
    frontier, placed, heads = Frontier(), (), []
    for low, high in zip([0, *cuts], [*cuts, 12], strict=True):
        made = seal(ENTRIES[low:high], Frontier.read(frontier.json()), key=KEY, at=AT)
        frontier, placed = made.frontier, placed + made.placed
        heads.append(read_checkpoint(made.checkpoint, KEY.public))
    once = seal(iter(ENTRIES), Frontier(), key=KEY, at=AT)
    assert (frontier, placed, heads[-1].sign(KEY)) == (once.frontier, once.placed, once.checkpoint)
    leaves = [entry_leaf(entry.digest) for entry in ENTRIES]
    for head in heads:
        proof = consistency_proof(leaves, head.size)
        assert verify_consistency(head.size, 12, head.root, heads[-1].root, proof)


def test_sealing_nothing_is_a_sign_of_life():
    """With no entries the same head is signed at the later instant."""
    made = seal([], Frontier(), key=KEY, at=AT)
    assert made.placed == ()
    assert read_checkpoint(made.checkpoint, KEY.public).size == 0


def test_a_damaged_digest_is_not_sealed():
    """An entry whose digest is none stops the seal."""
    with pytest.raises(TrailError, match="digest is damaged"):
        seal([Unsealed("FA-1", 1, "x")], Frontier(), key=KEY, at=AT)
