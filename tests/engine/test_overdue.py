"""Deadlines that are over and fire nothing: as long as they stand they are overdue, and not for longer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.crash.checker import check
from tests.support import grant, new, open_office
from wirflow.core.decision import Refusal
from wirflow.definition.model import DeadlineSpec, Transition
from wirflow.engine.migrating import Migrator
from wirflow.reports import Reports
from wirflow.reports.trail import Trail
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Office
    from wirflow.definition.model import Workflow

AWARD = {"decided_on": date(2021, 1, 4), "award_ends": date(2021, 12, 31)}
LATER = {"decided_on": date(2021, 1, 4), "award_ends": date(2022, 12, 31)}


def deadline(name: str, **more: object) -> DeadlineSpec:
    """A deadline three months after the award, unless it says otherwise."""
    given = {"states": ("approved", "expired"), "start": "award_ends", "rule": "vwvfg-31", "period": "P3M"}
    return DeadlineSpec(name=name, title=Text.same(name), **{**given, **more})


def workflow() -> Workflow:
    """The grant, with reports that are asked for under conditions, and a state that is come back to."""
    flow = grant()
    transitions = [
        replace(item, sources=(*item.sources, "expired")) if item.event == "edit" else replace(item, tell=())
        for item in flow.transitions
        if item.event != "extend"
    ]
    extend = next(item for item in flow.transitions if item.event == "extend")
    transitions += [
        replace(extend, set=()),
        *(
            Transition(
                event=event,
                title=Text.same(event),
                sources=(source,),
                target=target,
                by=("clerk",),
                reopens=True,
            )
            for event, source, target in (("rest", "expired", "draft"), ("return", "draft", "expired"))
        ),
    ]
    return replace(
        flow,
        transitions=tuple(transitions),
        deadlines=(
            *flow.deadlines,
            deadline("report", when="!has(note) || note == 'none'"),
            deadline("joint_report", when='!has(partner.note) || partner.note != "both"'),
            deadline("talk", when="!has(holder)"),
            deadline("audit", period="P4M", every="P1Y"),
        ),
    )


@pytest.fixture
def office(tmp_path, database_url) -> Iterator[Office]:
    """Two approved grants, each the other's partner; whatever happened, trail and rows agree at the end."""
    office = open_office(tmp_path, database_url, workflow())
    pair = [new("G-1", links={"partner": "G-2"}), new("G-2", links={"partner": "G-1"})]
    assert isinstance(office.engine.start_all(pair, actor="ada"), list)
    for key, award in (("G-1", AWARD), ("G-2", LATER)):
        do(office, key, "submit", "ada")
        do(office, key, "approve", "leo", **award)
    yield office
    assert Trail(office.database).rows(now=office.clock.now()) == []
    assert check(office.database.url.render_as_string(hide_password=False)) == []
    office.database.close()


def do(office: Office, key: str, event: str, actor: str, **given: object) -> None:
    """Somebody acts, and it is not refused."""
    outcome = office.engine.submit(key, event, actor=actor, given=given)
    assert not isinstance(outcome, Refusal), outcome


def statuses(office: Office, key: str = "G-1") -> list[str]:
    """What is overdue by the rows of a case."""
    query = (
        "SELECT t.name FROM timers t JOIN cases c ON c.id = t.case_id"
        f" WHERE c.key = '{key}' AND t.status = 'overdue' ORDER BY t.name"
    )
    return [name for (name,) in office.rows(query)]


def shown(office: Office, key: str = "G-1") -> list[str]:
    """What people see as overdue of a case: on its page, in the portfolio and in the list, which agree."""
    reports = Reports(office.database, zone="Europe/Berlin", people={})
    listed = sorted(item.name for item in reports.due(date(2021, 1, 1)) if item.case == key)
    views = {view.case.key: view for view in reports.portfolio()}
    for view in (views[key], reports.case(key)):
        assert sorted(item.name for item in view.deadlines if item.overdue) == listed
    for day in (date(2021, 6, 1), date(2022, 5, 1), date(2023, 5, 1)):
        next_ = [view for view in views.values() if view.next_deadline and view.next_deadline.due <= day]
        assert [view.case.key for view in reports.portfolio(due_until=day)] == [v.case.key for v in next_]
    return listed


ALL = ["joint_report", "report", "talk"]


def test_a_deadline_that_fires_nothing_is_overdue_until_its_case_moves_on(office):
    """It has a status of its own, and loses it with the event after which it does not run any more."""
    office.at("2022-04-01T08:00:00").engine.drain()
    assert statuses(office) == shown(office) == ALL
    office.at("2022-07-05T08:00:00").engine.drain()
    assert statuses(office) == shown(office) == [*ALL[:1], "proof", *ALL[1:]]
    do(office, "G-1", "rest", "ada")
    assert statuses(office) == shown(office) == []


def test_a_case_that_comes_back_is_overdue_again(office):
    """Where a case is again as it was, so are its deadlines, though they fire only once."""
    office.at("2022-04-01T08:00:00").engine.drain()
    before = office.rows("SELECT count(*) FROM timers")
    do(office, "G-1", "rest", "ada")
    do(office, "G-1", "return", "ada")
    assert statuses(office) == shown(office) == ALL
    assert office.rows("SELECT count(*) FROM timers") != before  # the proof of use runs again
    assert office.engine.drain().all == 0


def test_a_deadline_that_was_moved_is_not_overdue(office):
    """The day that is over counts no longer as soon as there is a later one; that one counts in its turn."""
    office.at("2022-04-01T08:00:00").engine.drain()
    do(office, "G-1", "extend", "leo", **LATER)
    assert statuses(office) == shown(office) == []
    office.at("2023-04-01T08:00:00").engine.drain()
    assert statuses(office) == shown(office) == ALL
    days = office.rows("SELECT DISTINCT due FROM timers WHERE status = 'overdue'")
    assert days == [("2023-03-31",)]


def test_a_deadline_that_is_met_is_not_overdue(office):
    """Its condition says what meets it; what is taken back is open again."""
    office.at("2022-04-01T08:00:00").engine.drain()
    do(office, "G-1", "edit", "ada", note="sent")
    assert statuses(office) == shown(office) == ["joint_report", "talk"]
    do(office, "G-1", "edit", "ada", note="none")
    assert statuses(office) == shown(office) == ALL


def test_what_other_cases_meet_is_asked_when_it_is_shown(office):
    """The status tells what the case alone decides: no event of its own says that its partner changed."""
    office.at("2022-04-01T08:00:00").engine.drain()
    do(office, "G-2", "edit", "ada", note="both")
    assert statuses(office) == ALL
    assert shown(office) == ["report", "talk"]
    do(office, "G-2", "edit", "ada", note="none")
    assert shown(office) == ALL


def test_personal_facts_are_asked_when_it_is_shown(office):
    """They are not in the trail, which must be able to vouch for the status."""
    office.at("2022-04-01T08:00:00").engine.drain()
    do(office, "G-1", "edit", "ada", holder="Somebody")
    assert statuses(office) == ALL
    assert shown(office) == ["joint_report", "report"]


def test_what_happens_in_one_batch_counts_at_its_end(office):
    """A deadline that is over and moved on from within one batch is not overdue after it."""
    do(office, "G-2", "edit", "ada", award_ends=date(2021, 9, 30))
    office.at("2024-01-01T08:00:00").engine.drain()
    # Each stands in `expired`, though the reports of the second were over before it expired.
    assert statuses(office, "G-2") == shown(office, "G-2") == [*ALL[:1], "proof", *ALL[1:]]


def test_a_deadline_that_comes_again_is_never_overdue(office):
    """The next one takes its place."""
    office.at("2024-01-01T08:00:00").engine.drain()
    fired = office.rows("SELECT count(*) FROM timers WHERE name = 'audit' AND status = 'fired'")
    assert fired[0][0] > 2
    assert "audit" not in statuses(office)


def test_a_case_that_moves_to_another_version_takes_it_along(office):
    """What the new version still asks for is overdue, what it does not know any more is not."""
    office.at("2022-04-01T08:00:00").engine.drain()
    flow = workflow()
    kept = tuple(item for item in flow.deadlines if item.name != "talk")
    office.engine.register([replace(flow, title=Text.same("New"), deadlines=kept)])
    engine = office.engine
    door = Migrator(office.database, office.clock, engine.profile, engine._templates)
    assert [move.obstacles for move in door.apply(["G-1", "G-2"], {}, actor="leo")] == [(), ()]
    assert statuses(office) == shown(office) == ["joint_report", "report"]
