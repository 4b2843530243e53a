"""Sealing what a great many events left."""

from __future__ import annotations

from tests.crash.checker import check
from tests.support import new, open_office
from wirflow.audit.checkpoint import read_checkpoint
from wirflow.audit.note import SecretKey
from wirflow.engine import engine as door
from wirflow.store import trail


def test_a_great_many_entries_are_sealed_bit_by_bit(tmp_path, database_url, monkeypatch):
    """However many entries wait, only so many are read at once; the log has them all, in recorded order."""
    monkeypatch.setattr(door, "SEALED_AT_ONCE", 3)
    read: list[int] = []
    whole = trail.unsealed

    def counted(session, most):
        found = whole(session, most)
        read.append(len(found[0]))
        return found

    monkeypatch.setattr(trail, "unsealed", counted)
    office = open_office(tmp_path, database_url)
    office.engine.start_all([new(f"G-{number}") for number in range(7)], actor="ada")
    # A clock that was set back: the second entry was recorded before the first one.
    office.at("2021-01-04T08:00:00").engine.submit("G-6", "edit", actor="ada", given={"note": "earlier"})
    key = SecretKey.create("office.example")
    last = office.engine.seal(key)
    assert read == [3, 3, 2]
    assert last is not None
    assert last == office.engine.checkpoint()
    notes = [row[0] for row in office.rows("SELECT note FROM checkpoints ORDER BY id")]
    assert [read_checkpoint(note, key.public).size for note in notes] == [3, 6, 8]
    leaves = [(entry.case, entry.seq, entry.leaf) for entry in office.engine.history()]
    wanted = [*((f"G-{number}", 1) for number in range(7)), ("G-6", 2)]
    assert leaves == [(case, seq, leaf) for leaf, (case, seq) in enumerate(wanted)]
    assert office.engine.seal(key) is None
    office.database.close()
    assert check(database_url) == []
