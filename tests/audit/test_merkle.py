"""The log's tree is the one that RFC 9162 defines, and its proofs prove."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, strategies as st

from wirflow.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    entry_leaf,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from wirflow.errors import TrailError

# The vectors of the reference implementation of RFC 6962, whose tree RFC 9162 keeps.
INPUTS = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    bytes(range(0x60, 0x70)),
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(data) for data in INPUTS]

hashes = st.binary(min_size=32, max_size=32)
sizes = st.integers(1, 70)


def naive(leaves):
    """MTH as RFC 9162, 2.1.1 writes it down."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + naive(leaves[:split]) + naive(leaves[split:])).digest()


def numbered(size):
    """Leaves that differ."""
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(size)]


@pytest.mark.parametrize("size", range(1, 9))
def test_known_roots(size):
    """The roots are those that every RFC 6962 log computes."""
    assert root(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_known_proofs():
    """The proofs are those that every RFC 6962 log gives."""
    assert [step.hex() for step in inclusion_proof(LEAVES, 0)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [step.hex() for step in consistency_proof(LEAVES, 6)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(st.lists(hashes, max_size=40), st.lists(hashes, max_size=40))
def test_frontier_is_the_tree(first, second):
    """Growing a stored frontier in two steps gives the root of the recursive definition."""
    stored = Frontier.read(Frontier().extend(first).json())
    grown = stored.extend(second)
    assert grown.size == len(first) + len(second)
    assert grown.root() == naive(first + second)
    assert grown == Frontier().extend(first + second)


def test_an_empty_tree_has_a_root():
    """The root of no leaves is the hash of nothing."""
    assert root([]) == EMPTY_ROOT == sha256(b"").digest()


@pytest.mark.parametrize("size", range(1, 34))
def test_every_inclusion_is_proven(size):
    """Each leaf of a tree has a proof that verifies, and at no other index or size of that range."""
    leaves = numbered(size)
    tree = root(leaves)
    for index, leaf in enumerate(leaves):
        proof = inclusion_proof(leaves, index)
        assert verify_inclusion(leaf, index, size, proof, tree)
        assert not any(
            verify_inclusion(leaf, other, size, proof, tree)
            for other in range(-1, size + 2)
            if other != index
        )


@pytest.mark.parametrize("size", range(34))
def test_every_growth_is_proven(size):
    """Each earlier tree has a proof, which proves nothing about an earlier tree of another size."""
    leaves = numbered(size)
    tree = root(leaves)
    for earlier in range(size + 1):
        proof = consistency_proof(leaves, earlier)
        old = root(leaves[:earlier])
        assert verify_consistency(earlier, size, old, tree, proof)
        assert not any(
            verify_consistency(other, size, root(leaves[:other]), tree, proof)
            for other in range(1, size + 1)
            if other != earlier and consistency_proof(leaves, other) != proof
        )


@given(st.data())
def test_a_damaged_proof_proves_nothing(data):
    """One bit changed in leaf, root or any step, a step more or a step less: the proof fails."""
    size = data.draw(sizes)
    leaves = numbered(size)
    index = data.draw(st.integers(0, size - 1))
    parts = [leaves[index], root(leaves), *inclusion_proof(leaves, index)]
    position = data.draw(st.integers(0, len(parts) - 1))
    changed = parts.copy()
    changed[position] = flip(changed[position], data.draw(st.integers(0, 255)))
    assert not verify_inclusion(changed[0], index, size, changed[2:], changed[1])
    assert not verify_inclusion(parts[0], index, size, [*parts[2:], data.draw(hashes)], parts[1])
    assert len(parts) == 2 or not verify_inclusion(parts[0], index, size, parts[2:-1], parts[1])


@given(st.data())
def test_a_damaged_growth_proves_nothing(data):
    """One bit changed in either root or any step, a step more or a step less: the proof fails."""
    size = data.draw(sizes)
    leaves = numbered(size)
    earlier = data.draw(st.integers(1, size))
    parts = [root(leaves[:earlier]), root(leaves), *consistency_proof(leaves, earlier)]
    position = data.draw(st.integers(0, len(parts) - 1))
    changed = parts.copy()
    changed[position] = flip(changed[position], data.draw(st.integers(0, 255)))
    assert not verify_consistency(earlier, size, changed[0], changed[1], changed[2:])
    assert not verify_consistency(earlier, size, parts[0], parts[1], [*parts[2:], data.draw(hashes)])
    assert len(parts) == 2 or not verify_consistency(earlier, size, parts[0], parts[1], parts[2:-1])


@given(st.integers(-2, 80), st.integers(-2, 80), hashes, hashes, st.lists(st.binary(max_size=33), max_size=8))
def test_nonsense_is_no_proof(first, second, one, other, proof):
    """Whatever is handed in as a proof is answered with no, and never with a crash."""
    assert not verify_inclusion(one, first, second, proof, node_hash(other, one)) or second == 1
    assert not verify_consistency(first, second, one, other, proof) or one == other


def test_nothing_grows_into_anything():
    """Every tree contains the empty one, whose root is known; another root is not it."""
    assert verify_consistency(0, 1, EMPTY_ROOT, LEAVES[0], [])
    assert not verify_consistency(0, 1, LEAVES[1], LEAVES[0], [])
    assert not verify_consistency(0, 1, EMPTY_ROOT, LEAVES[0], [LEAVES[0]])
    assert not verify_consistency(3, 5, LEAVES[1], LEAVES[0], [])


def test_proofs_of_what_is_not_there():
    """Asking for a proof outside the tree is a mistake in the program."""
    with pytest.raises(IndexError, match="no leaf 2"):
        inclusion_proof(LEAVES[:2], 2)
    with pytest.raises(IndexError, match="earlier one of 3"):
        consistency_proof(LEAVES[:2], 3)


def test_an_entry_enters_by_its_digest():
    """An entry's leaf is made of the 32 bytes of its digest, and only a whole digest will do."""
    assert entry_leaf("ab" * 32) == leaf_hash(b"\xab" * 32)
    for bad in ("AB" * 32, "ab" * 31, " " + "ab" * 31 + "a", ""):
        with pytest.raises(TrailError, match="digest is damaged"):
            entry_leaf(bad)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"size": 1, "peaks": []},
        {"size": -1, "peaks": ["00" * 32]},
        {"size": 1, "peaks": ["00" * 31]},
        {"size": 1, "peaks": [7]},
        {"size": "1", "peaks": ["00" * 32]},
        [],
    ],
)
def test_a_damaged_frontier_is_refused(state):
    """A stored state that is no frontier is an error and not a wrong root."""
    with pytest.raises(TrailError, match="state of the log is damaged"):
        Frontier.read(state)


def flip(value, bit):
    """The bytes with one bit changed."""
    return (int.from_bytes(value, "big") ^ (1 << bit)).to_bytes(len(value), "big")
