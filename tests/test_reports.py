"""The reports: what is read of cases, deadlines, the trail and the health of an office."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.support import PEOPLE, grant, new, open_office
from wirflow.core.decision import Refusal
from wirflow.errors import UnknownNameError
from wirflow.reports import Reports
from wirflow.reports.health import examine
from wirflow.reports.trail import Trail

AWARD = {"decided_on": date(2021, 1, 10), "award_ends": date(2021, 12, 31)}

ROLES = frozenset({"clerk", "lead"})


@pytest.fixture
def office(tmp_path):
    """An office with one grant that was approved on 4 January 2021."""
    office = open_office(tmp_path)
    office.engine.start(new(), actor="ada")
    office.engine.submit("G-1", "submit", actor="ada")
    office.engine.submit("G-1", "approve", actor="leo", given=AWARD)
    return office


def reports(office) -> Reports:
    """The reports of an office."""
    people = {name: (person.name, tuple(person.roles)) for name, person in PEOPLE.items()}
    return Reports(office.database, zone="Europe/Berlin", people=people)


def test_the_next_deadline_is_never_a_reminder(office):
    """Reminders come before their deadline, but the deadline is what is next."""
    view = reports(office).portfolio()[0]
    whole = reports(office).case("G-1")

    assert view.next_deadline.name == "award_end"
    assert whole.next_deadline.due == date(2021, 12, 31)
    assert {due.kind for due in whole.deadlines} == {"due", "reminder"}
    assert {due.kind for due in view.deadlines} == {"due"}


def test_a_deadline_that_passed_and_was_not_met_stays_in_sight(office):
    """What is over and brings nothing about by itself is shown as overdue until the case moves on."""
    office.at("2022-07-05T08:00:00").engine.drain()
    view = reports(office).portfolio()[0]
    assert (view.case.state, view.next_deadline.name) == ("expired", "proof")
    assert view.next_deadline.overdue
    assert view.next_deadline.due == date(2022, 6, 30)
    assert [due.overdue for due in reports(office).due(date(2022, 7, 31))] == [True]
    assert reports(office).case("G-1").next_deadline.overdue
    given = {"decided_on": date(2021, 12, 1), "award_ends": date(2022, 12, 31)}
    office.engine.submit("G-1", "extend", actor="leo", given=given)
    assert not any(due.overdue for due in reports(office).case("G-1").deadlines)


def test_a_deadline_knows_for_whom_it_runs(office):
    """Those who are notified of it, by role and by name."""
    due = reports(office).due(date(2021, 12, 31))[0]

    assert due.roles == ("clerk",)
    assert due.people == ("Ada", "Duo")
    assert due.happens.en == "Expire"
    assert due.law == due.deadline.law


def test_what_is_due_comes_by_its_due_day(office):
    """In the order of the days on which something happens, up to and with the last day."""
    found = reports(office).due(date(2022, 6, 30), reminders=True)

    assert [item.day for item in found] == sorted(item.day for item in found)
    assert found[-1].due == date(2022, 6, 30)
    assert not reports(office).due(date(2021, 12, 30))


def test_a_trial_shows_the_case_as_it_would_stand(office):
    """Deadlines that would be cancelled are gone, those that would be armed are there; the rows stay."""
    outcome = office.engine.submit(
        "G-1",
        "extend",
        actor="leo",
        given={"decided_on": date(2021, 1, 1), "award_ends": date(2022, 12, 31)},
        trial=True,
    )
    assert not isinstance(outcome, Refusal)

    view = reports(office).after(outcome.workflow, outcome.decision)

    assert view.next_deadline.due == date(2022, 12, 31)
    assert reports(office).case("G-1").next_deadline.due == date(2021, 12, 31)


def test_what_counts_is_when_it_occurred(office):
    """An extension recorded in January that was decided in December belongs to December."""
    office.at("2022-01-05T09:00")
    office.engine.drain()
    office.engine.submit(
        "G-1",
        "extend",
        actor="leo",
        occurred_at=datetime(2021, 12, 20, 11, tzinfo=UTC),
        given={"decided_on": date(2021, 12, 20), "award_ends": date(2022, 12, 31)},
    )
    read = reports(office)

    then = {
        day: read.case("G-1", as_of=day) for day in (date(2021, 12, 19), date(2021, 12, 31), date(2022, 1, 2))
    }

    assert [view.case.data["award_ends"].year for view in then.values()] == [2021, 2022, 2022]
    assert {view.case.state for view in then.values()} == {"approved"}
    assert then[date(2022, 1, 2)].next_deadline.due == date(2022, 12, 31)


def test_a_fact_that_was_taken_back_and_a_personal_one_are_told_as_of_a_day(office):
    """Personal values come from where they can be erased, each as it was then."""
    office.at("2021-02-01T09:00")
    office.engine.submit("G-1", "edit", actor="ada", given={"holder": "Erste"})
    office.at("2021-03-01T09:00")
    office.engine.submit("G-1", "edit", actor="ada", given={"holder": "Zweite", "amount": Decimal(1)})
    read = reports(office)

    assert "holder" not in read.case("G-1", as_of=date(2021, 1, 31)).case.data
    assert read.case("G-1", as_of=date(2021, 2, 15)).case.data["holder"] == "Erste"
    assert read.portfolio(as_of=date(2021, 3, 1))[0].case.data["holder"] == "Zweite"


def test_before_it_began_a_case_is_not_there(office):
    """Neither alone nor among others."""
    assert reports(office).portfolio(as_of=date(2021, 1, 3)) == []
    with pytest.raises(UnknownNameError, match="was not there"):
        reports(office).case("G-1", as_of=date(2021, 1, 3))


def test_filters_know_their_names(office):
    """A workflow or state that does not exist is no empty list but an error."""
    read = reports(office)

    assert [view.case.key for view in read.portfolio(workflow="grant", state="approved")] == ["G-1"]
    assert read.portfolio(state="draft") == []
    assert read.portfolio(state="draft", as_of=date(2021, 1, 4)) == []
    assert read.portfolio(due_until=date(2021, 12, 30)) == []
    for wrong in ({"workflow": "grnt"}, {"state": "aproved"}):
        with pytest.raises(UnknownNameError):
            read.portfolio(**wrong)


def test_links_are_told_from_the_side_that_has_them(office):
    """A link names the other case, where it stands and what it is called."""
    office.engine.start(new("G-2", links={"partner": "G-1"}), actor="ada")

    link = reports(office).case("G-2").links[0]

    assert (link.name, link.key, link.state, link.state_title.de) == (
        "partner",
        "G-1",
        "approved",
        "Bewilligt",
    )


def test_a_role_without_people_and_a_poisoned_timer_are_bad_signs(office):
    """What a person has to see to is bad; what the scheduler will catch up with is a note."""
    office.at("2022-01-05T09:00")
    now = office.clock.now()

    def grades(roles: frozenset[str] = ROLES) -> dict[str, str]:
        signs = examine(office.database, roles=roles, now=now, files={"grant": grant()})
        return {sign.name: sign.grade for sign in signs}

    assert grades()["timers"] == "note"
    assert grades(frozenset({"clerk"}))["roles"] == "bad"
    with office.database.writing() as session:
        session.run(text("UPDATE timers SET status = 'failed' WHERE name = 'award_end'"))
    assert grades()["timers"] == "bad"
    assert reports(office).troubles("G-1")
    assert (
        examine(office.database, roles=ROLES, now=datetime(2020, 1, 1, tzinfo=UTC), files=None)[5].grade
        == "bad"
    )


def test_a_row_that_the_trail_does_not_know_is_a_finding(office):
    """State, number and digest of a case's row have to be those of its last entry."""
    trail = Trail(office.database)
    assert trail.heads() == []

    with office.database.writing() as session:
        session.run(text("UPDATE cases SET revision = revision + 1"))
    assert [finding.case for finding in trail.heads()] == ["G-1"]
    with office.database.writing() as session:
        session.run(text("UPDATE cases SET revision = revision - 1, state = 'draft'"))
    assert [finding.case for finding in trail.heads()] == ["G-1"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE cases SET data = replace(data, '2021-12-31', '2031-12-31')", "case_differs"),
        ("UPDATE cases SET since = '2019-01-01T00:00:00.000000Z'", "case_differs"),
        ("UPDATE cases SET actors = '{}'", "case_differs"),
        ("UPDATE cases SET links = 'no JSON'", "case_differs"),
        ('UPDATE cases SET sources = \'{"unit":"a rumour"}\'', "case_differs"),
        ("UPDATE entries SET actor = 'eve' WHERE seq = 3", "columns_differ"),
        ("UPDATE entries SET state_to = 'rejected' WHERE seq = 3", "columns_differ"),
        ("UPDATE entries SET occurred_at = '2019-01-01T00:00:00.000000Z' WHERE seq = 1", "columns_differ"),
        ("UPDATE outbox SET body = 'Nothing is due.'", "notice_differs"),
        ("DELETE FROM outbox", "notice_differs"),
        ("UPDATE personal SET value = '\"Somebody else\"'", "personal_differs"),
        ("UPDATE personal SET value = 'no JSON'", "personal_differs"),
        ("UPDATE personal SET salt = '00'", "personal_differs"),
        ("UPDATE personal SET salt = NULL", "personal_differs"),
        ("UPDATE personal SET commitment = ''", "personal_differs"),
        ("DELETE FROM personal", "personal_differs"),
        ("UPDATE definitions SET form = replace(form, 'lead', 'dean')", "definition_differs"),
    ],
)
def test_a_row_that_says_something_else_than_the_trail_is_a_finding(office, change, code):
    """Facts, links, who acted, columns, notices, personal values and definitions are what the trail says."""
    edited = office.engine.submit("G-1", "edit", actor="leo", given={"holder": "A person"})
    assert not isinstance(edited, Refusal)
    trail = Trail(office.database)
    assert trail.rows() == []

    with office.database.writing() as session:
        assert session.run(text(change))
    assert {finding.code for finding in trail.rows()} == {code}


def test_what_was_erased_contradicts_nothing(office):
    """Erasing a personal value leaves the trail and the rows in agreement."""
    office.engine.submit("G-1", "edit", actor="leo", given={"holder": "A person"})
    with office.database.writing() as session:
        session.run(text("UPDATE personal SET value = NULL, salt = NULL"))
    assert Trail(office.database).rows() == []


def test_an_unreadable_entry_is_left_to_the_chain(office):
    """From an entry that is no JSON nothing follows; that it is wrong, its digest says."""
    with office.database.writing() as session:
        session.run(text("UPDATE entries SET body = '[]' WHERE seq = 2"))
    assert Trail(office.database).rows() == []
