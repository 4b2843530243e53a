"""An entry's bytes, digest and commitments."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256

import pytest
from hypothesis import given, strategies as st

from wirflow.audit.canonical import canonical
from wirflow.audit.entry import SALT_BYTES, Entry, commitment, digest
from wirflow.errors import TrailError

BODY = {
    "v": 1,
    "case": "FA-1",
    "seq": 1,
    "workflow": "grant",
    "definition": "d" * 64,
    "event": "start",
    "kind": "start",
    "actor": "clerk",
    "from": None,
    "to": ["a", "b"],
    "occurred_at": "2021-12-31T23:00:00.000000Z",
    "recorded_at": "2021-12-31T23:00:01.000000Z",
}
salts = st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES)
values = st.none() | st.booleans() | st.integers(-100, 100) | st.text(st.characters(codec="utf-8"))


@pytest.mark.parametrize("previous", [None, "0" * 64])
def test_digest_covers_body_and_link(previous):
    """An entry's digest is the SHA-256 of its canonical bytes, and they hold the digest before it."""
    written, name = digest(BODY, previous)
    assert json.loads(written) == {**BODY, "prev": previous}
    assert written == canonical({**BODY, "prev": previous})
    assert name == sha256(written).hexdigest()


def test_digest_has_a_known_value():
    """The format is fixed: these bytes have this digest in every release."""
    written, name = digest({"v": 1, "case": "ü"}, None)
    assert written == '{"case":"ü","prev":null,"v":1}'.encode()
    assert name == sha256(written).hexdigest()


@given(values, salts, values, salts)
def test_commitment_binds(value, salt, other, other_salt):
    """Two commitments are equal only if value and salt are."""
    same = canonical(value) == canonical(other) and salt == other_salt
    assert (commitment(value, salt) == commitment(other, other_salt)) is same
    assert commitment(value, salt) == sha256(b"wirflow/commitment/v1\0" + salt + canonical(value)).hexdigest()


def test_commitment_needs_a_whole_salt():
    """A salt that is too short to hide a name is refused."""
    with pytest.raises(ValueError, match="32 bytes"):
        commitment("Frau Muster", b"short")


def test_reads_back_what_was_written():
    """An entry read from its bytes has the keys of the contract, parallel states joined."""
    written, name = digest(BODY, None)
    entry = Entry.read(written, name, leaf=7)
    assert entry.json() == {
        "leaf": 7,
        "case": "FA-1",
        "seq": 1,
        "event": "start",
        "actor": "clerk",
        "from": None,
        "to": "a + b",
        "occurred_at": "2021-12-31T23:00:00.000000Z",
        "recorded_at": "2021-12-31T23:00:01.000000Z",
        "digest": name,
    }
    assert (entry.kind, entry.body["definition"]) == ("start", "d" * 64)


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"\xff",
        b"{}",
        b"[]",
        b"7",
        b"[" * 100_000,
        b'"\xff"',
        digest(BODY, None)[0] + b" ",
        digest(BODY | {"changes": {"amount": 5}}, None)[0],
        digest(BODY, None)[0].replace(b'"seq":1', b'"seq":1,"sum":1.5'),
    ],
)
def test_unreadable_bytes_are_a_trail_error(written):
    """Bytes that are no entry, or not in its one form, are reported as such."""
    with pytest.raises(TrailError, match="cannot be read"):
        Entry.read(written, "")


def test_the_hot_path_stays_light():
    """The engine's imports load no cryptography, no SQLAlchemy, no zip and no XML."""
    code = (
        "import sys, wirflow.audit.canonical, wirflow.audit.entry;"
        "print(sorted({'cryptography', 'sqlalchemy', 'zipfile', 'xml', 'csv', 'asyncio'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
