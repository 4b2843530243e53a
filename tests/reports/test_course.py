"""The way of a case, as its trail tells it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.support import grant, new, open_office, replace
from wirflow.clock import stamp
from wirflow.definition.diagram import Step, draft
from wirflow.reports import Reports
from wirflow.reports.course import course_of


@pytest.fixture
def case(tmp_path):
    """A grant that was submitted on 4 January 2021, and its trail."""
    office = open_office(tmp_path)
    office.engine.start(new(), actor="ada")
    office.engine.submit("G-1", "submit", actor="ada")
    view = Reports(office.database, zone="Europe/Berlin", people={}).case("G-1")
    return view, list(office.engine.history("G-1"))


def followed(entry, *steps, **more):
    """An entry after which more happened by itself."""
    via = [dict(zip(("event", "from", "to"), step, strict=True)) for step in steps]
    return replace(entry, body={**entry.body, "via": via}, **more)


def test_each_entry_is_a_step_and_one_more_for_each_that_followed(case):
    """What follows by itself begins where the event led, on the same civil day of the office."""
    view, (begun, submitted) = case
    late = stamp(datetime(2021, 1, 4, 23, 30, tzinfo=UTC))
    both = followed(submitted, ("lapse", "submitted", "approved"), to="approved", occurred_at=late)
    course = course_of(view, [begun, both], zone="Europe/Berlin", lang="en")
    assert course.steps == (
        Step(event="start", on=date(2021, 1, 4), source=None, target="draft"),
        Step(event="submit", on=date(2021, 1, 5), source="draft", target="submitted"),
        Step(event="lapse", on=date(2021, 1, 5), source="submitted", target="approved"),
    )


def test_who_is_sent_back_at_once_has_been_there(case):
    """A way and the way back in one entry are two steps: the state between has been left."""
    view, (begun, submitted) = case
    back = followed(submitted, ("submit", "submitted", "draft"), to="draft")
    course = course_of(view, [begun, back], zone="Europe/Berlin", lang="en")
    assert [(step.source, step.target) for step in course.steps] == [
        (None, "draft"),
        ("draft", "submitted"),
        ("submitted", "draft"),
    ]
    picture = draft(grant(), "en", replace(course, place="draft"))
    assert picture.box["submitted"].visit == "left"
    assert any(way.taken and way.target == "submitted" for way in picture.ways)


def test_states_from_before_a_migration_are_left_out(case):
    """A step to a state that the workflow no longer knows is none, and one out of it begins anew."""
    view, (begun, submitted) = case
    course = course_of(
        view,
        [replace(begun, to="sketch"), replace(submitted, from_="sketch")],
        zone="Europe/Berlin",
        lang="en",
    )
    assert [(step.source, step.target) for step in course.steps] == [(None, "submitted")]
