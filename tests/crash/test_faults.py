"""Whatever goes wrong with database, mail, templates and clock: the end is that of a life without faults."""

from __future__ import annotations

import psycopg
import pytest

from tests.crash import faults
from tests.crash.driver import watched
from tests.support import new, open_office
from wirflow.errors import DatabaseError


@pytest.mark.parametrize("seed", range(16))
def test_a_disturbed_life_ends_like_a_calm_one(tmp_path, seed):
    """The same states, trails and notices, nothing twice, and no law broken, on SQLite."""
    wrong, struck = faults.compare(tmp_path, (None, None), seed)
    assert wrong == [], struck
    assert len(struck) > 10


@pytest.mark.parametrize("seed", range(100, 104))
def test_a_disturbed_life_ends_like_a_calm_one_on_a_server(tmp_path, postgresql, seed):
    """The same on PostgreSQL, whose connections drop before and after the commit."""
    wrong, struck = faults.compare(tmp_path, (postgresql(), postgresql()), seed)
    assert wrong == [], struck
    assert any("COMMIT: " in fault for fault in struck)


def test_a_seed_strikes_in_the_same_places(tmp_path):
    """Played again, a seed has the same faults in the same order, also after other seeds."""
    logs = []
    for number, seed in enumerate((7, 8, 7)):
        place = tmp_path / str(number)
        place.mkdir()
        logs.append(faults.compare(place, (None, None), seed)[1])
    assert logs[0] == logs[2] != logs[1]


def test_all_kinds_of_faults_strike(tmp_path):
    """Over a few seeds there is none that never comes."""
    struck = ""
    for seed in range(8):
        place = tmp_path / str(seed)
        place.mkdir()
        struck += "\n".join(faults.compare(place, (None, None), seed)[1])
    for kind in (
        "busy",
        "disk full",
        "after COMMIT: answer lost",
        "taken, no answer",
        "worker dead",
        "set back",
    ):
        assert kind in struck
    assert "template broken" in struck


def test_who_repeats_blindly_is_found(tmp_path, monkeypatch):
    """The comparison sees events that are there twice: of somebody who does not look before repeating."""
    monkeypatch.setattr(faults.Life, "_look", lambda _life, _key: 0)

    def findings(seed: int) -> list[str]:
        place = tmp_path / str(seed)
        place.mkdir()
        return faults.compare(place, (None, None), seed)[0]

    # In one life of ten an answer to a person is lost, and not only one to a worker.
    assert any("entries too many" in finding for seed in range(20, 60) for finding in findings(seed))


@pytest.mark.parametrize("where", ["before COMMIT", "after COMMIT"])
def test_a_lost_commit_is_called_uncertain(tmp_path, postgresql, where):
    """If the connection drops around the commit, nobody claims to know whether the event is there."""
    on = []

    def watch(place, connection) -> None:
        if on and place == where:
            on.clear()
            connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    with watched(watch):
        office = open_office(tmp_path, postgresql())
        office.engine.start(new("G-1"), actor="ada")
        on.append(1)
        with pytest.raises(DatabaseError, match="uncertain"):
            office.engine.submit("G-1", "submit", actor="ada")
        assert office.state("G-1") == ("submitted" if where == "after COMMIT" else "draft")
    office.database.close()


def test_a_query_that_is_broken_off_leaves_no_old_view_behind(tmp_path):
    """After an error in the middle of a query, the same connection sees and writes the present."""
    on, kept = [], []

    def watch(place, _connection) -> None:
        if on and place == "after SELECT":
            on.clear()
            raise MemoryError

    with watched(watch):
        office = open_office(tmp_path)
        office.engine.start(new("G-1"), actor="ada")
        on.append(1)
        try:
            office.engine.look("G-1")
        except MemoryError as error:
            kept.append(error)  # who remembers an error remembers the cursor in its frames
        other = open_office(tmp_path)
        other.engine.submit("G-1", "edit", actor="ada", given={"note": "later"})
        assert office.engine.look("G-1").case.revision == 2
        office.engine.submit("G-1", "submit", actor="ada")
    other.database.close()
    office.database.close()
