"""A notice that nobody could receive is passed on to those who have its role later."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.checker import check
from tests.notices.sample import Recorder, notices_of
from tests.support import PEOPLE, Office, new, open_office, replace
from wirflow.engine import Engine
from wirflow.notices.deliver import Deliverer
from wirflow.reports.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wirflow.core.letters import Notice


@pytest.fixture
def office(tmp_path, database_url) -> Iterator[Office]:
    """An office in which a reminder found no clerk, on both databases."""
    office = open_office(tmp_path, database_url)
    data = {"amount": Decimal(1), "unit": "330222", "award_ends": date(2021, 2, 1)}
    vacant = staffed(office, "leo")
    vacant.start(new(data=data, state="approved"), actor="leo")
    assert vacant.drain().fired > 0
    yield office
    office.database.close()


def staffed(office: Office, *names: str, **more: Any) -> Engine:
    """The engine of the same office with other people in it."""
    profile = replace(office.engine.profile, people={name: PEOPLE[name] for name in names}, **more)
    return Engine(office.database, office.clock, profile, office.engine._templates)


def vacant_notice(office: Office) -> Notice:
    """The one that nobody could receive."""
    [found] = [item for item in notices_of(office) if item.channel == "none"]
    return found


def findings(office: Office) -> list[Any]:
    """What verification and the checker, which knows nothing of the engine, have to say."""
    addresses = {name: person.email for name, person in PEOPLE.items()}
    rows = Trail(office.database).rows(now=office.clock.now(), addresses=addresses)
    return [*rows, *check(office.database.url.render_as_string(hide_password=False))]


def test_it_goes_to_all_who_have_the_role_now(office):
    """Each of them gets the same words under a key and a Message-ID of their own, and it is sent."""
    before = vacant_notice(office)
    assert staffed(office, "leo", "ada", "duo").retry_notice(before)
    passed = [item for item in notices_of(office) if item.channel != "none"]
    assert [(item.recipient, item.state) for item in passed] == [("ada", "pending"), ("duo", "pending")]
    assert {(item.subject, item.body, item.kind) for item in passed} == {
        (before.subject, before.body, before.kind)
    }
    assert len({item.key for item in passed} | {before.key}) == 3
    assert len({item.message_id for item in passed} | {before.message_id}) == 3
    channel = Recorder()
    assert Deliverer(office.engine, {"file": channel}).deliver().sent == 2
    assert sorted(channel.got) == ["ada", "duo"]
    assert findings(office) == []


def test_the_trail_says_to_whom_it_went(office):
    """An entry of its own names each reader and the notice that found none; nothing else changes."""
    before, case = vacant_notice(office), office.engine.look("G-1").case
    office.at("2021-01-05T10:00:00")
    staffed(office, "ada").retry_notice(before)
    entry, after = office.engine.history("G-1")[-1], office.engine.look("G-1").case
    assert (entry.kind, entry.event, entry.actor) == ("forwarding", "forward_notice", None)
    assert [item["to"] for item in entry.body["notices"]] == ["ada"]
    assert entry.body["forwards"] == {"seq": before.seq, "to": "role:clerk", "template": "ending"}
    assert (entry.body["changes"], entry.body["timers"]) == ({}, {"armed": [], "cancelled": []})
    assert replace(after, revision=case.revision, digest=case.digest) == case


def test_it_is_passed_on_once(office):
    """Whoever asks again, with an old view or a new one, passes nothing on."""
    before = vacant_notice(office)
    engine = staffed(office, "ada")
    assert engine.retry_notice(before)
    assert not engine.retry_notice(before)
    assert not engine.retry_notice(vacant_notice(office))
    assert [item.recipient for item in notices_of(office) if item.channel == "file"] == ["ada"]


def test_it_waits_until_somebody_has_the_role(office):
    """While nobody has it, nothing is written and it stays as it is."""
    before = vacant_notice(office)
    assert not staffed(office, "leo").retry_notice(before)
    assert vacant_notice(office) == before
    assert findings(office) == []


def test_who_cannot_be_reached_is_said_so(office):
    """On a channel for which a person has no address, their copy is given up, and may be sent again later."""
    profile = office.engine.profile
    nowhere = replace(profile, people={"ada": replace(PEOPLE["ada"], email=None)}, channels=("smtp",))
    Engine(office.database, office.clock, nowhere, office.engine._templates).retry_notice(
        vacant_notice(office)
    )
    [copy] = [item for item in notices_of(office) if item.channel == "smtp"]
    assert (copy.state, copy.error) == ("dead", "ada hat keine E-Mail-Adresse.")
    assert office.engine.retry_notice(copy)
    [copy] = [item for item in notices_of(office) if item.channel == "smtp"]
    assert (copy.state, copy.address) == ("pending", "ada@office.example")
    assert findings(office) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (
            "UPDATE outbox SET state = 'dead', error = 'x', sent_at = NULL WHERE channel = 'none'",
            "delivery_differs",
        ),
        ("UPDATE outbox SET recipient = 'leo' WHERE channel = 'file'", "notice_differs"),
        ("DELETE FROM outbox WHERE channel = 'file'", "notice_differs"),
        ("DELETE FROM outbox WHERE channel = 'none'", "notice_differs"),
    ],
)
def test_what_is_changed_afterwards_is_found(office, change, code):
    """Neither the notice that found nobody nor a copy can be changed, or be away, unseen."""
    staffed(office, "ada").retry_notice(vacant_notice(office))
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert code in {found.code for found in findings(office) if not isinstance(found, str)}


def test_nothing_counts_as_passed_on_that_no_entry_passed_on(office):
    """A notice for a role that is marked as sent is found, as the trail knows of nobody who got it."""
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE outbox SET state = 'sent', error = NULL, attempts = 1, fence = 1, sent_at = created_at"
            " WHERE channel = 'none'"
        )
    assert [found.code for found in findings(office)] == ["delivery_differs"]
