"""A chain shows exactly which of its entries is wrong, and how."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import assume, given, strategies as st

from tests.audit.trail import body, chain, flip
from wirflow.audit.canonical import canonical
from wirflow.audit.chain import verify_chain
from wirflow.audit.entry import digest, is_instant
from wirflow.audit.finding import CATALOG

lengths = st.integers(1, 6)


def judge(entries, case="FA-1"):
    """The findings of a chain as (code, seq)."""
    return [
        (found.code, found.seq)
        for found in verify_chain(case, [(entry.written, entry.digest) for entry in entries])
    ]


@given(st.integers(0, 8))
def test_a_whole_chain_has_no_findings(length):
    """A chain as the engine writes it is whole."""
    assert judge(chain("FA-1", length)) == []


@given(st.data(), lengths, st.integers(0))
def test_every_changed_bit_of_an_entry_is_found(data, length, bit):
    """One bit changed in an entry's bytes is one finding, which names that entry."""
    entries = chain("FA-1", length)
    at = data.draw(st.integers(0, length - 1))
    entries[at] = entries[at]._replace(written=flip(entries[at].written, bit))
    assert judge(entries) == [("bytes_changed", at + 1)]


@given(st.data(), lengths, st.integers(0, 64 * 7 - 1))
def test_every_changed_bit_of_a_digest_is_found(data, length, bit):
    """One bit changed in a stated digest is one finding, which names its entry and not the next."""
    entries = chain("FA-1", length)
    at = data.draw(st.integers(0, length - 1))
    changed = flip(entries[at].digest.encode(), bit // 7 * 8 + bit % 7).decode()
    entries[at] = entries[at]._replace(digest=changed)
    assert judge(entries) == [("bytes_changed", at + 1)]


@given(st.data(), st.integers(2, 6))
def test_a_dropped_entry_is_found(data, length):
    """An entry that is gone is one finding at the entry after it."""
    entries = chain("FA-1", length)
    at = data.draw(st.integers(0, length - 2))
    del entries[at]
    assert judge(entries) == [("gap", at + 2)]


@given(st.data(), lengths)
def test_a_repeated_entry_is_found(data, length):
    """An entry that is there twice is one finding at its second place."""
    entries = chain("FA-1", length)
    at = data.draw(st.integers(0, length - 1))
    to = data.draw(st.integers(at + 1, length))
    entries.insert(to, entries[at])
    assert judge(entries) == [("order", at + 1)]


@given(st.permutations(chain("FA-1", 5)))
def test_reordering_is_found(entries):
    """A chain in another order has findings."""
    assume([entry.seq for entry in entries] != [1, 2, 3, 4, 5])
    assert {code for code, _ in judge(entries)} <= {"gap", "order"}
    assert judge(entries)


@given(st.data(), st.integers(2, 6))
def test_a_replaced_entry_is_found(data, length):
    """An entry replaced by a forged one with a right digest breaks the link of the next."""
    entries = chain("FA-1", length)
    at = data.draw(st.integers(0, length - 2))
    previous = entries[at - 1].digest if at else None
    written, name = digest(body("FA-1", at + 1, reason="forged"), previous)
    entries[at] = entries[at]._replace(written=written, digest=name)
    assert judge(entries) == [("link_broken", at + 2)]


def test_a_first_entry_has_no_predecessor():
    """An entry numbered 1 that links to something is no beginning."""
    written, name = digest(body("FA-1", 1), "0" * 64)
    assert judge([chain("FA-1", 1)[0]._replace(written=written, digest=name)]) == [("link_broken", 1)]


def test_an_entry_of_another_case_is_found():
    """A chain cannot be passed off as another case's."""
    assert judge(chain("FA-2", 2)) == [("wrong_case", 1), ("wrong_case", 2)]


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("v", 2, "unknown_version"),
        ("v", None, "unknown_version"),
        ("seq", True, "bad_field"),
        ("workflow", None, "bad_field"),
        ("actor", 7, "bad_field"),
        ("kind", "whim", "bad_field"),
        ("kind", [], "bad_field"),
        ("prev", 7, "bad_field"),
        ("to", {}, "bad_field"),
        ("reason", 7, "bad_field"),
        ("timers", [], "bad_field"),
        ("signals", {}, "bad_field"),
        ("changes", [], "bad_field"),
        ("changes", {"amount": "5.00"}, "bad_field"),
        ("changes", {"amount": ["5.00"]}, "bad_field"),
        ("occurred_at", "2021-12-31T23:00:00Z", "bad_instant"),
        ("occurred_at", "2021-02-30T23:00:00.000000Z", "bad_instant"),
        ("recorded_at", "2021-12-31T23:00:00.000000+01:00", "bad_instant"),
        ("recorded_at", None, "bad_instant"),
    ],
)
def test_a_wrong_field_is_found(key, value, code):
    """An entry that says what the format does not allow is one finding, though its digest is right."""
    written = canonical(body("FA-1", 1) | {"prev": None} | {key: value})
    name = sha256(written).hexdigest()
    first = chain("FA-1", 1)[0]._replace(written=written, digest=name)
    assert judge([first]) == [(code, 1)]


def test_a_missing_field_is_found():
    """An entry without one of its keys is a finding."""
    shortened = {**body("FA-1", 1), "prev": None}
    del shortened["event"]
    written = canonical(shortened)
    first = chain("FA-1", 1)[0]._replace(written=written, digest=sha256(written).hexdigest())
    assert judge([first]) == [("bad_field", 1)]


@pytest.mark.parametrize("written", [b"", b"null", b"[1]", b"\xff\x00", b"[" * 50_000, b'{"v":'])
def test_what_is_no_object_is_found(written):
    """Bytes that are no JSON object are a finding, even with their right digest."""
    first = chain("FA-1", 1)[0]._replace(written=written, digest=sha256(written).hexdigest())
    assert judge([first]) == [("unreadable", 1)]


@pytest.mark.parametrize(
    "change", [lambda text: text.replace(b",", b", "), lambda text: text[:-1] + b',"x":1.5}']
)
def test_bytes_that_are_not_canonical_are_found(change):
    """An entry has one form only: other bytes of the same meaning, or a float, are a finding."""
    written = change(chain("FA-1", 1)[0].written)
    first = chain("FA-1", 1)[0]._replace(written=written, digest=sha256(written).hexdigest())
    assert judge([first]) == [("not_canonical", 1)]


@given(st.datetimes())
def test_instants_are_recognised(instant):
    """Every instant that the clock's format can hold is one, and with anything more it is none."""
    text = instant.isoformat(timespec="microseconds") + "Z"
    assert is_instant(text)
    assert not is_instant(text + "\n")
    assert not is_instant(text[:-1])


def test_findings_can_be_read_by_programs_and_people():
    """A finding is JSON, speaks both languages, and shows nothing that a terminal would obey."""
    written, name = digest(body("FA-1", 1, occurred_at="\x1b[31m" + "x" * 500), None)
    (found,) = verify_chain("FA-1", [(written, name)])
    assert found.json()["case"] == "FA-1"
    assert found.text.de.startswith("'occurred_at' ist kein Zeitpunkt")
    assert "\\x1b[31m" in found.text.en
    assert len(found.text.en) < 200
    assert canonical(found.json())


@pytest.mark.parametrize("code", CATALOG)
def test_every_code_speaks_both_languages(code):
    """German and English of a finding ask for the same details."""
    sentence = CATALOG[code]
    assert sentence.de != sentence.en
    assert sorted(part.split("}")[0] for part in sentence.de.split("{")[1:]) == sorted(
        part.split("}")[0] for part in sentence.en.split("{")[1:]
    )
