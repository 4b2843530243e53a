"""An application joins its own table to the engine's transaction: both are kept, or neither."""

from __future__ import annotations

import os
import signal
import threading
from datetime import date
from typing import Any

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.exc import IntegrityError

from tests.crash.checker import check
from tests.examples.example import load
from tests.support import new, open_office
from wirflow.errors import ConflictError, InputError, UnknownNameError

AWARD = {"decided_on": date(2021, 1, 4), "award_ends": date(2021, 12, 31)}


mailroom = load("mailroom")


@pytest.fixture
def office(tmp_path, database_url):
    """An office with a case, on both databases; at the end its tables are looked at."""
    office = open_office(tmp_path, database_url)
    office.engine.start(new("G-1"), actor="ada")
    yield office
    office.database.close()
    assert check(database_url) == []


@pytest.fixture(params=["wirflow's", "its own"])
def room(request, office):
    """A mail room: on wirflow's connections, and on some that the application makes for itself."""
    if request.param == "wirflow's":
        yield mailroom.MailRoom(office.database.engine, office.engine, "ada")
        return
    own = create_engine(office.database.url)
    yield mailroom.MailRoom(own, office.engine, "ada")
    own.dispose()


def letter(file: str, event: str = "submit", case: str = "G-1", **given: Any) -> Any:
    """A letter about a case."""
    return mailroom.Letter(file=file, case=case, event=event, given=given)


def entries(office: Any, key: str = "G-1") -> int:
    """How long the trail of a case is."""
    return len(office.engine.history(key))


def test_letter_and_event_are_kept_together(office, room):
    """After a commit, the application's row is there, and the case has moved on."""
    assert room.receive(letter("application.pdf")) == 2
    assert room.files("G-1") == ["application.pdf"]
    assert office.state("G-1") == "submitted"


def test_a_refusal_keeps_neither(office, room):
    """What the rules refuse undoes the application's row, because the application raises."""
    with pytest.raises(mailroom.RefusedError, match="not possible in state"):
        room.receive(letter("award.pdf", "approve", **AWARD))
    assert room.files("G-1") == []
    assert entries(office) == 1


def test_an_error_of_the_application_undoes_the_event(office, room):
    """If the application fails after the event was written, the event has never been."""
    room.receive(letter("same.pdf"))
    with pytest.raises(IntegrityError):
        room.receive(letter("same.pdf", "edit", note="twice"))
    assert room.files("G-1") == ["same.pdf"]
    assert entries(office) == 2


def test_a_rollback_undoes_all(office):
    """Whoever rolls back finds no trace of several events and starts of one transaction."""
    with office.database.engine.connect() as connection:
        office.engine.submit("G-1", "submit", actor="ada", connection=connection)
        office.engine.start(new("G-2"), actor="ada", connection=connection)
        office.engine.submit("G-2", "submit", actor="ada", connection=connection)
        connection.rollback()
    assert entries(office) == 1
    with pytest.raises(UnknownNameError):
        office.engine.look("G-2")


def test_an_error_of_the_engine_leaves_the_transaction_usable(office):
    """A start whose key is taken undoes only itself; what else the transaction did is kept."""
    with office.database.engine.begin() as connection:
        office.engine.submit("G-1", "submit", actor="ada", connection=connection)
        with pytest.raises(InputError, match="G-1"):
            office.engine.start(new("G-1"), actor="ada", connection=connection)
        office.engine.submit("G-1", "edit", actor="ada", given={"note": "kept"}, connection=connection)
    assert entries(office) == 3


def test_a_case_starts_with_its_letter(office, room):
    """A new case and its first letter are there together; a second one of that key keeps neither."""
    assert room.open_case(new("G-2"), "request.pdf") == 1
    with pytest.raises(InputError):
        room.open_case(new("G-2"), "again.pdf")
    assert room.files("G-2") == ["request.pdf"]
    assert entries(office, "G-2") == 1


def test_who_waits_decides_on_what_the_first_left(office):
    """Of two transactions on one case the second waits for the first, and then sees its state."""
    room = mailroom.MailRoom(office.database.engine, office.engine, "ada")
    ended = []

    def second() -> None:
        try:
            room.receive(letter("second.pdf"))
        except mailroom.RefusedError as refused:
            ended.append(refused.refusal.code)

    thread = threading.Thread(target=second)
    with office.database.engine.begin() as connection:
        office.engine.submit("G-1", "submit", actor="ada", connection=connection)
        thread.start()
    thread.join()
    assert ended == ["wrong-state"]
    assert room.files("G-1") == []


def test_after_a_conflict_the_whole_is_repeated(office):
    """If others are in the way, the application's part is done anew, too, and everything is there once."""
    own = create_engine(office.database.url, **_impatient(office))
    room = mailroom.MailRoom(own, office.engine, "ada")
    blocker = office.database.engine.connect()
    office.engine.submit("G-1", "edit", actor="ada", given={"note": "first"}, connection=blocker)
    begun = []

    @event.listens_for(own, "begin")
    def _begin(_connection: Any) -> None:
        begun.append(1)
        if len(begun) == 2:
            blocker.commit()

    assert room.receive(letter("application.pdf")) == 3
    assert len(begun) == 2
    assert room.files("G-1") == ["application.pdf"]
    blocker.close()
    own.dispose()


def test_a_conflict_that_stays_keeps_nothing(office):
    """If others are in the way each time, the error says so, and neither row nor event is there."""
    own = create_engine(office.database.url, **_impatient(office))
    room = mailroom.MailRoom(own, office.engine, "ada")
    with office.database.engine.connect() as blocker:
        office.engine.submit("G-1", "edit", actor="ada", given={"note": "first"}, connection=blocker)
        with pytest.raises(ConflictError):
            room.receive(letter("application.pdf"))
        blocker.rollback()
    assert room.files("G-1") == []
    assert entries(office) == 1
    own.dispose()


def _impatient(office: Any) -> dict[str, Any]:
    """Not to wait for others, on either database."""
    if office.database.url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": 0}}
    return {"connect_args": {"options": "-c lock_timeout=50"}}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_the_commit_keeps_both_or_neither(office, when):
    """Killed before the commit, neither is there; killed after it, both are."""
    room = mailroom.MailRoom(office.database.engine, office.engine, "ada")
    office.database.close()

    child = os.fork()
    if child == 0:

        def die(*_: Any) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        if when == "before":
            event.listen(office.database.engine, "commit", die)
        room.receive(letter("application.pdf"))
        die()
    status = os.waitpid(child, 0)[1]
    assert os.WTERMSIG(status) == signal.SIGKILL
    there = when == "after"
    assert room.files("G-1") == (["application.pdf"] if there else [])
    assert entries(office) == (2 if there else 1)
