"""A bundle proves the trail to somebody who trusts nobody."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given, settings, strategies as st

from tests.audit.trail import DEFINITION, body, chain, flip
from wirflow.audit import bundle, verify
from wirflow.audit.bundle import Record, Revealed, record_of, write_bundle
from wirflow.audit.canonical import canonical
from wirflow.audit.entry import Entry, commitment, digest
from wirflow.audit.merkle import Frontier
from wirflow.audit.note import SecretKey
from wirflow.audit.seal import Unsealed, seal
from wirflow.audit.verify import verify_bundle
from wirflow.errors import InputError, TrailError

AT = datetime(2021, 12, 31, 23, tzinfo=UTC)
KEY = SecretKey("wirflow.example.org/trail", bytes(range(32)))
FORGER = SecretKey("wirflow.example.org/trail", bytes(32))
SALT = bytes(range(32))
PERSONAL = {"changes": {"holder": [None, {"commitment": commitment("Person A", SALT)}]}}

ONE, TWO = chain("FA-1", 4), chain("FA-2", 3, first=PERSONAL)  # each value has a salt of its own
WRITTEN = [ONE[0], TWO[0], ONE[1], ONE[2], TWO[1], TWO[2], ONE[3]]
SEALED = 6


def log_of(written, cuts=(2, 5, SEALED), key=KEY):
    """Records with their leaves, and the checkpoints of sealing them in steps."""
    frontier, notes = Frontier(), []
    for low, high in zip((0, *cuts), cuts, strict=False):
        made = seal([Unsealed(*entry[:3]) for entry in written[low:high]], frontier, key=key, at=AT)
        frontier = made.frontier
        notes.append(made.checkpoint)
    records = [Record(leaf if leaf < frontier.size else None, *entry) for leaf, entry in enumerate(written)]
    return records, notes


RECORDS, NOTES = log_of(WRITTEN)


def write(path, records=RECORDS, notes=NOTES, *, key=KEY, revealed=(), definitions=None):
    """A bundle on disk."""
    listed = {DEFINITION: "grant"} if definitions is None else definitions
    with path.open("wb") as out:
        write_bundle(
            out,
            records=records,
            checkpoints=notes,
            key=key.public,
            definitions=listed,
            at=AT,
            revealed=revealed,
        )
    return path


def members(path):
    """What a bundle holds."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path, contents):
    """A bundle with these members, whatever they are."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def codes(report):
    """The findings of a report as (code, case, seq)."""
    return [(found.code, found.case, found.seq) for found in report.findings]


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """A file that the tests of this module overwrite."""
    return tmp_path_factory.mktemp("bundle") / "trail.zip"


@pytest.fixture(scope="module")
def whole(target):
    """The members of a bundle with nothing wrong."""
    revealed = [Revealed("FA-2", 1, "holder", "Person A", SALT)]
    return members(write(target.with_name("whole.zip"), revealed=revealed))


def test_a_whole_bundle_has_no_findings(target):
    """A bundle as the office exports it verifies, and the report counts what is in it."""
    path = write(target, revealed=[Revealed("FA-2", 1, "holder", "Person A", SALT)])
    report = verify_bundle(path, trusted_key=str(KEY.public), earlier_checkpoint=NOTES[1])
    assert report.ok
    assert json.loads(canonical(report.json())) == {
        "ok": True,
        "findings": [],
        "counts": {"entries": 7, "cases": 2, "sealed": 6, "unsealed": 1, "checkpoints": 3, "revealed": 1},
        "exported_at": "2021-12-31T23:00:00.000000Z",
        "key": str(KEY.public),
        "key_trusted": True,
        "root": report.root,
        "checkpoint": NOTES[2],
        "earlier_held": True,
    }


def test_an_empty_trail_verifies(target):
    """An office that has done nothing yet has a whole trail."""
    report = verify_bundle(write(target, [], []))
    assert (report.findings, report.checkpoint, report.key_trusted, report.earlier_held) == (
        (),
        None,
        False,
        False,
    )
    assert report.root == sha256(b"").hexdigest()


def test_the_same_trail_gives_the_same_bytes(target):
    """Exporting twice at one instant gives the same file, byte for byte."""
    assert write(target).read_bytes() == write(target).read_bytes()


def test_entries_read_back_are_the_same_records(target):
    """A bundle made from read entries holds the same lines as one made from the store's bytes."""
    entries = [Entry.read(record.written, record.digest, leaf=record.leaf) for record in RECORDS]
    assert write(target).read_bytes() == write(target, map(record_of, entries)).read_bytes()


@pytest.mark.parametrize("name", sorted(set(bundle.MEMBERS) - {bundle.ABOUT}))
@given(bit=st.integers(0))
def test_every_changed_bit_is_found(target, whole, name, bit):
    """One bit changed anywhere in entries, checkpoints, key, definitions or revealed values is found."""
    pack(target, whole | {name: flip(whole[name], bit)})
    assert not verify_bundle(target).ok


@given(bit=st.integers(0))
def test_the_changed_entry_is_named(target, bit):
    """One bit changed in a stored entry names that entry, or the line where it cannot be read any more."""
    records = RECORDS.copy()
    records[3] = records[3]._replace(written=flip(records[3].written, bit))
    found = verify_bundle(write(target, records)).findings
    assert found[0].code in {"bytes_changed", "line_unreadable", "line_not_canonical"}
    if found[0].code == "bytes_changed":
        assert [(one.case, one.seq, one.leaf) for one in found] == [("FA-1", 3, 3)]
    else:
        assert "Line 4" in found[0].text.en


@given(st.permutations(RECORDS))
def test_reordering_is_found(target, records):
    """Lines in another order are found, whatever the order."""
    assert verify_bundle(write(target, records)).ok is (records == RECORDS)


@given(st.sets(st.integers(0, 5), min_size=1))
def test_dropping_is_found(target, gone):
    """Entries that are gone from the log are found, whichever they are."""
    report = verify_bundle(write(target, [record for at, record in enumerate(RECORDS) if at not in gone]))
    assert not report.ok
    assert {"leaf_gap", "leaf_order", "leaves_missing"} & {found.code for found in report.findings}


@given(st.integers(0, 6), st.integers(0, 6))
def test_inserting_is_found(target, at, which):
    """An entry that is there twice is found, wherever it stands."""
    records = RECORDS.copy()
    records.insert(at, records[which])
    assert not verify_bundle(write(target, records)).ok


def test_inserting_a_forged_case_is_found(target):
    """A case that never was, with a chain of its own and renumbered leaves, differs from what was signed."""
    forged = [WRITTEN[0], *chain("FA-9", 1), *WRITTEN[1:]]
    records = [Record(leaf if leaf < 7 else None, *entry) for leaf, entry in enumerate(forged)]
    assert codes(verify_bundle(write(target, records))) == [("root_mismatch", None, None)]


@pytest.mark.parametrize("size", range(6))
def test_truncation_is_proven_by_an_earlier_checkpoint(target, size):
    """A log cut off and signed anew by the office itself is found by whoever holds an earlier checkpoint."""
    kept = WRITTEN[:size]
    records, notes = log_of(kept, (size,))
    path = write(target, records, notes)
    assert verify_bundle(path, trusted_key=str(KEY.public)).ok
    report = verify_bundle(path, earlier_checkpoint=NOTES[2])
    assert codes(report) == [("truncated", None, None)]


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_rewriting_is_proven_by_an_earlier_checkpoint(target, seq):
    """A history rewritten, linked and signed anew by the office is found given an earlier checkpoint."""
    forged, previous = [], None
    for entry in ONE:
        more = {"reason": "forged"} if entry.seq == seq else {}
        written, previous = digest(body("FA-1", entry.seq, **more), previous)
        forged.append(entry._replace(digest=previous, written=written))
    records, notes = log_of([forged[entry.seq - 1] if entry.case == "FA-1" else entry for entry in WRITTEN])
    path = write(target, records, notes)
    assert verify_bundle(path, trusted_key=str(KEY.public)).ok
    assert codes(verify_bundle(path, earlier_checkpoint=NOTES[1])) == [("rewritten", None, None)]


def test_a_new_key_is_found_by_who_trusts_the_old_one(target):
    """A trail written anew in whole, with a new key of the same name, fails only with a trusted key."""
    records, notes = log_of(WRITTEN, key=FORGER)
    path = write(target, records, notes, key=FORGER)
    assert verify_bundle(path).ok
    report = verify_bundle(path, trusted_key=str(KEY.public))
    assert codes(report) == [
        ("wrong_key", None, None),
        *[("bad_checkpoint", None, None)] * 3,
        ("no_checkpoint", None, None),
    ]


def test_the_right_key_in_front_of_forged_checkpoints(target):
    """The office's key in the bundle does not make another's signatures genuine."""
    records, notes = log_of(WRITTEN, key=FORGER)
    report = verify_bundle(write(target, records, notes))
    assert codes(report) == [*[("bad_checkpoint", None, None)] * 3, ("no_checkpoint", None, None)]


def test_erasing_a_person_leaves_every_proof_valid(target):
    """Whether a personal value is revealed or erased, the trail verifies and has the same root."""
    shown = verify_bundle(write(target, revealed=[Revealed("FA-2", 1, "holder", "Person A", SALT)]))
    erased = verify_bundle(write(target))
    assert (shown.ok, erased.ok) == (True, True)
    assert shown.root == erased.root
    assert b"Person A" not in b"".join(members(target).values())


@pytest.mark.parametrize(
    ("revealed", "code"),
    [
        (Revealed("FA-2", 1, "holder", "Person B", SALT), "reveal_mismatch"),
        (Revealed("FA-2", 1, "holder", "Person A", bytes(32)), "reveal_mismatch"),
        (Revealed("FA-2", 1, "holder", "Person A", b"short"), "reveal_mismatch"),
        (Revealed("FA-2", 1, "title", "Person A", SALT), "reveal_unknown"),
        (Revealed("FA-1", 1, "title", "Person A", SALT), "reveal_unknown"),
        (Revealed("FA-2", 9, "holder", "Person A", SALT), "reveal_unknown"),
    ],
)
def test_a_false_revelation_is_found(target, revealed, code):
    """A value that is not the one committed to, or that no entry commits to, is found."""
    report = verify_bundle(write(target, revealed=[revealed]))
    assert codes(report) == [(code, revealed.case, revealed.seq)]


def test_a_salt_that_is_no_hex_is_found(target, whole):
    """A revealed value whose salt is not in its one spelling proves nothing."""
    for salt in ("zz", SALT.hex().upper(), SALT.hex() + " "):
        line = canonical({"case": "FA-2", "field": "holder", "salt": salt, "seq": 1, "value": "Person A"})
        pack(target, whole | {bundle.REVEALED: line + b"\n"})
        assert codes(verify_bundle(target)) == [("reveal_mismatch", "FA-2", 1)]


@pytest.mark.parametrize(
    "changes", [None, [], {"holder": None}, {"holder": ["a", {}]}, {"holder": [{"commitment": 7}]}]
)
def test_odd_changes_commit_to_nothing(target, changes):
    """Where an entry's changes have no commitment in their place, nothing can be revealed."""
    records, notes = log_of(chain("FA-1", 1, changes=changes), (1,))
    path = write(target, records, notes, revealed=[Revealed("FA-1", 1, "holder", "Person A", SALT)])
    assert set(codes(verify_bundle(path))) - {("bad_field", "FA-1", 1)} == {("reveal_unknown", "FA-1", 1)}


def test_an_unlisted_definition_is_found_once(target):
    """A definition that the bundle does not list, or lists for another workflow, is one finding."""
    for listed in ({}, {DEFINITION: "other"}, {DEFINITION[:-1] + "e": "grant"}):
        assert codes(verify_bundle(write(target, definitions=listed))) == [("unknown_definition", "FA-1", 1)]


def test_an_entry_that_names_no_definition(target):
    """An entry that is no object, or names no definition, is a finding of its own kind only."""
    written = canonical({**body("FA-1", 1), "definition": 7, "prev": None})
    for odd, code in ((written, "bad_field"), (b"[7]", "unreadable")):
        records = [Record(None, "FA-1", 1, sha256(odd).hexdigest(), odd)]
        path = write(target, records, [], revealed=[Revealed("FA-1", 1, "holder", "Person A", SALT)])
        assert codes(verify_bundle(path)) == [(code, "FA-1", 1), ("reveal_unknown", "FA-1", 1)]


def test_a_line_with_another_number_is_found(target):
    """A line that says another number than its entry is found."""
    records = [RECORDS[0]._replace(seq=5), *RECORDS[1:]]
    assert codes(verify_bundle(write(target, records))) == [("wrong_seq", "FA-1", 1)]


def test_a_digest_that_is_none_is_found(target):
    """An entry whose stated digest is no hash at all is a finding, and its leaf is not the one signed."""
    records = [RECORDS[0]._replace(digest="x"), *RECORDS[1:]]
    report = verify_bundle(write(target, records))
    assert codes(report) == [("bytes_changed", "FA-1", 1), ("root_mismatch", None, None)]


def test_numbers_after_the_unsealed_are_found(target):
    """A sealed entry behind one that is not sealed is out of place."""
    records, notes = log_of(WRITTEN, (2, 5, 7))
    records[5] = records[5]._replace(leaf=None)
    assert ("leaf_order", "FA-1", 4) in codes(verify_bundle(write(target, records, notes)))


def test_leaves_without_a_signature_are_found(target):
    """Numbered entries that no checkpoint covers are found, with and without any checkpoint."""
    assert codes(verify_bundle(write(target, notes=NOTES[:2]))) == [("unsigned_leaves", None, None)]
    assert codes(verify_bundle(write(target, notes=[]))) == [("no_checkpoint", None, None)]


def test_a_log_that_shrank_is_found(target):
    """Checkpoints that do not grow are found, even where each of them is right."""
    assert codes(verify_bundle(write(target, notes=[*NOTES, NOTES[0]]))) == [("checkpoint_order", None, None)]


def test_a_checkpoint_of_another_log_is_found(target):
    """A genuine signature under the head of another log is no checkpoint of this one."""
    other = KEY.sign(NOTES[2].split("\n\n")[0].replace("/trail", "/other") + "\n")
    report = verify_bundle(write(target, notes=[*NOTES, other]), earlier_checkpoint=other)
    assert codes(report) == [("wrong_origin", None, None), ("earlier_origin", None, None)]


def test_an_earlier_checkpoint_may_have_been_mailed(target):
    """An earlier checkpoint with other line ends and blanks around it counts; a changed one does not."""
    path = write(target)
    mailed = "  \r\n" + NOTES[0].replace("\n", "\r\n") + "\r\n"
    assert verify_bundle(path, earlier_checkpoint=mailed).ok
    report = verify_bundle(path, earlier_checkpoint=NOTES[0].replace("\n2\n", "\n3\n"))
    assert codes(report) == [("earlier_invalid", None, None)]


def test_a_bundle_without_a_key(target, whole):
    """Without a usable key nothing is proven, unless the verifier brings the key along."""
    del (contents := dict(whole))[bundle.KEY]
    pack(target, contents)
    report = verify_bundle(target, earlier_checkpoint=NOTES[0])
    assert [code for code, _, _ in codes(report)] == ["member_missing", "bad_key", "no_checkpoint"]
    assert report.key is None
    report = verify_bundle(target, trusted_key=str(KEY.public))
    assert [code for code, _, _ in codes(report)] == ["member_missing", "bad_key"]


@pytest.mark.parametrize("key", [b"\xff\n", b"nonsense\n", f" {KEY.public}\n".encode(), b""])
def test_an_unusable_key_is_found(target, whole, key):
    """A key that is none, or not in its one form, is found."""
    pack(target, whole | {bundle.KEY: key})
    assert ("bad_key", None, None) in codes(verify_bundle(target))


@pytest.mark.parametrize("name", [bundle.DEFINITIONS, bundle.ENTRIES, bundle.CHECKPOINTS])
def test_a_missing_member_is_found(target, whole, name):
    """A bundle that lacks one of its parts says which."""
    del (contents := dict(whole))[name]
    report = verify_bundle(pack(target, contents))
    assert report.findings[0].code == "member_missing"
    assert name in report.findings[0].text.en


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        (bundle.DEFINITIONS, b"[]\n", "line_unreadable"),
        (bundle.DEFINITIONS, b"\xff\n", "line_unreadable"),
        (bundle.DEFINITIONS, b"{ }\n", "line_not_canonical"),
        (bundle.DEFINITIONS, b"{}\n{}\n", "line_unreadable"),
        (bundle.ENTRIES, b"\n", "line_unreadable"),
        (bundle.ENTRIES, b"{}\n", "line_unreadable"),
        (bundle.ENTRIES, b"[" * 100_000 + b"\n", "line_unreadable"),
        (
            bundle.ENTRIES,
            b'{"case":"a","digest":"b","entry":{},"leaf":' + b"9" * 5000 + b',"seq":1}\n',
            "line_unreadable",
        ),
        (bundle.ENTRIES, b'{"case":"a","digest":"b","entry":{},"leaf":1e400,"seq":1}\n', "line_unreadable"),
        (bundle.ENTRIES, b'{"case":"a","digest":"b","entry":{},"leaf":true,"seq":1}\n', "line_unreadable"),
        (
            bundle.ENTRIES,
            b'{"case":"a","digest":"b","entry":{"x":1.5},"leaf":0,"seq":1}\n',
            "line_not_canonical",
        ),
        (bundle.ENTRIES, b'{"case":"\\ud800","digest":"b","entry":{},"leaf":0,"seq":1}\n', "line_unreadable"),
        (
            bundle.ENTRIES,
            b'{"case":"a","digest":"b","entry":{},"leaf":9007199254740993,"seq":1}\n',
            "line_not_canonical",
        ),
        (bundle.ENTRIES, b"x" * 100, "member_damaged"),
        (bundle.ENTRIES, b"x" * 5_000_000, "line_too_long"),
        (bundle.CHECKPOINTS, b'{"note":7}\n', "line_unreadable"),
        (bundle.CHECKPOINTS, b'{"note":""}\n', "bad_checkpoint"),
        (bundle.REVEALED, b"{}\n", "line_unreadable"),
        ("../../etc/passwd", b"", "member_unknown"),
        ("/absolute\x1b[2J", b"", "member_unknown"),
    ],
)
def test_hostile_members_are_findings(target, whole, name, content, code):
    """Whatever stands in a member is read as far as it can be, and named where it cannot."""
    report = verify_bundle(pack(target, whole | {name: content}))
    assert code in {found.code for found in report.findings}
    assert all("\x1b" not in found.text.en + found.text.de for found in report.findings)
    assert canonical(report.json())


def test_a_flood_of_findings_ends(target, whole):
    """A bundle with endless faults gives a report of bounded length."""
    report = verify_bundle(pack(target, whole | {bundle.ENTRIES: b"\n" * 100_000}))
    assert len(report.findings) == verify.MAX_FINDINGS + 1
    assert report.findings[-1].code == "too_many_findings"


def test_a_flood_of_lines_ends(target, whole, monkeypatch):
    """What has to be kept in memory is bounded."""
    monkeypatch.setattr(verify, "MAX_KEPT", 2)
    report = verify_bundle(pack(target, whole))
    assert [code for code, _, _ in codes(report)] == ["too_many_lines", "unsigned_leaves"]


@pytest.mark.parametrize("about", [b"", b"{}\n", b'{"bundle":2}\n', b"\x00", b"[" * 99])
def test_another_format_is_refused(target, whole, about):
    """A bundle of an unknown format is not judged by the rules of this one."""
    pack(target, whole | {bundle.ABOUT: about})
    with pytest.raises(TrailError, match="unknown format") as caught:
        verify_bundle(target)
    assert caught.value.hint


def test_a_bundle_need_not_say_when(target, whole):
    """A bundle that does not say when it was made verifies all the same."""
    report = verify_bundle(pack(target, whole | {bundle.ABOUT: b'{"bundle":1}\n'}))
    assert (report.ok, report.exported_at) == (True, None)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_is_no_bundle_is_refused(target, whole, tmp_path):
    """No file, no archive, an archive without a head or with a name twice: each is refused in words."""
    with pytest.raises(InputError, match="cannot be opened"):
        verify_bundle(tmp_path / "none.zip")
    with pytest.raises(InputError, match="cannot be opened"):
        verify_bundle(tmp_path)
    for content in (b"", b"PK\x05\x06", b"nonsense" * 100):
        target.write_bytes(content)
        with pytest.raises(TrailError, match="no readable bundle"):
            verify_bundle(target)
    with pytest.raises(TrailError, match="no readable bundle"):
        verify_bundle(pack(target, {"other.txt": b""}))
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in [*whole.items(), (bundle.ENTRIES, b"")]:
            archive.writestr(name, content)
    with pytest.raises(TrailError, match="no readable bundle") as caught:
        verify_bundle(target)
    assert "twice" in caught.value.hint.en


def test_a_trusted_key_that_is_none_is_refused(target):
    """A mistyped trusted key is wrong use, not a finding."""
    with pytest.raises(InputError, match="no key"):
        verify_bundle(write(target), trusted_key="nonsense")


def test_unreadable_members_are_findings(target, whole):
    """A member that is encrypted or packed by an unknown method is a finding, not a crash."""
    pack(target, whole)
    content = target.read_bytes()
    at = content.rindex(bundle.ENTRIES.encode()) - 46  # where its record in the central directory begins
    assert content[at : at + 4] == b"PK\x01\x02"
    for offset, value in ((8, b"\x01\x00"), (10, b"\x0c\x00"), (10, b"\x63\x00")):
        target.write_bytes(content[: at + offset] + value + content[at + offset + 2 :])
        report = verify_bundle(target)
        assert "member_damaged" in {found.code for found in report.findings}


@settings(max_examples=300)
@given(st.data())
def test_a_mangled_file_never_crashes(target, data):
    """A bundle cut off, with bytes changed or with bytes thrown in gives findings or is refused in words."""
    original = write(target).read_bytes()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(original)))
        skip = data.draw(st.sampled_from([0, 1, 2, 4, len(original)]))
        original = original[:at] + data.draw(st.binary(max_size=8)) + original[at + skip :]
    target.write_bytes(original)
    with contextlib.suppress(TrailError):
        assert canonical(verify_bundle(target, earlier_checkpoint=NOTES[0]).json())


@given(st.binary(max_size=300))
def test_arbitrary_members_never_crash(target, whole, content):
    """Arbitrary bytes in any member give findings."""
    for name in (bundle.KEY, bundle.DEFINITIONS, bundle.ENTRIES, bundle.CHECKPOINTS, bundle.REVEALED):
        assert verify_bundle(pack(target, whole | {name: content + b"x"})).findings


def test_a_bundle_can_be_streamed():
    """A bundle can be written to a stream that cannot seek, such as a response."""

    class OneWay(io.RawIOBase):
        def __init__(self):
            self.sink = bytearray()

        def writable(self):
            return True

        def write(self, chunk):
            self.sink += chunk
            return len(chunk)

    out = OneWay()
    write_bundle(out, records=iter(RECORDS), checkpoints=NOTES, key=KEY.public, definitions={}, at=AT)
    with zipfile.ZipFile(io.BytesIO(bytes(out.sink))) as archive:
        assert archive.read(bundle.ENTRIES).count(b"\n") == len(RECORDS)


def test_a_damaged_entry_is_exported_as_it_is(target):
    """An entry damaged in the store is not healed by the export: its exact bytes are what is judged."""
    written, name = digest(body("FA-1", 1), None)
    for damaged in (written.replace(b",", b",\n", 1), written + b" ", written[:-9]):
        report = verify_bundle(write(target, [Record(None, "FA-1", 1, name, damaged)], []))
        assert [code for code, _, _ in codes(report)] in (["line_not_canonical"], ["line_unreadable"])


@pytest.mark.parametrize(
    ("starts", "origin", "found"),
    [
        ([{"case": "FA-2"}], {"case": "FA-1", "seq": 1}, []),
        ([{"case": "FA-2"}], None, [("origin_differs", "FA-1", 1)]),
        ([{"case": "FA-2"}], {"case": "FA-1", "seq": 2}, [("origin_differs", "FA-2", 1)]),
        ([], {"case": "FA-1", "seq": 1}, [("origin_differs", "FA-2", 1)]),
        ([], {"case": "FA-9", "seq": 1}, []),
        ([{"case": "FA-9"}, 7], None, []),
        ("FA-2", "FA-1", []),
    ],
)
def test_parents_and_children_say_the_same_of_one_another(target, starts, origin, found):
    """As far as both are in the bundle: who started a case is bound by two chains."""
    parent = chain("FA-1", 2, first={"starts": starts})
    child = chain("FA-2", 1, first={} if origin is None else {"origin": origin})
    records, notes = log_of([*parent, *child], cuts=(3,))
    assert codes(verify_bundle(write(target, records, notes))) == found
