"""A plan is read whole, with all that is wrong with it, and played as it is written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.simulation.mirror import world_of
from tests.support import new, open_office
from wirflow.errors import DefinitionError
from wirflow.simulation import simulate
from wirflow.simulation.plan import read_plan, read_plan_text

GOOD = """\
plan: good
title: {de: Gut, en: Good}
steps:
  - {at: 2021-02-01, do: G-1 submit, as: ada}
  - {at: 2021-02-03, do: G-1 approve, as: ada, set: {decided_on: 2021-02-01, award_ends: 2021-12-31}}
  - at: 2021-02-03 14:30
    do: G-1 approve
    as: leo
    on: 2021-02-02
    set: {decided_on: 2021-02-01, award_ends: 2021-12-31}
    reason: So be it
"""

BAD = """\
plan: bad
steps:
  - {at: 2019-01-01, do: G-9 submit, as: nobody}
  - {at: 2021-02-01, do: G-1 submitt, as: ada, on: 2021-03-01}
  - {at: 2021-02-01, do: G-1 approve, as: leo, set: {award_end: 2021-12-31, decided_on: soon}}
  - {do: submit, at: tomorrow}
"""


@pytest.fixture(name="world")
def world_with_a_grant(tmp_path):
    """An office with one draft."""
    office = open_office(tmp_path)
    office.engine.start(new(), actor="ada")
    yield world_of(office.engine)
    office.database.close()


def test_a_plan_says_who_does_what_when(world):
    """A day without an hour is nine o'clock in the office, `on` is noon, and values have their types."""
    steps = read_plan_text(GOOD, world).checked().steps
    assert steps[0].at == datetime(2021, 2, 1, 8, tzinfo=UTC)
    assert steps[2].at == datetime(2021, 2, 3, 13, 30, tzinfo=UTC)
    assert steps[2].occurred_at == datetime(2021, 2, 2, 11, tzinfo=UTC)
    assert steps[2].given["award_ends"] == date(2021, 12, 31)
    assert steps[2].reason == "So be it"


def test_everything_wrong_with_a_plan_is_found_at_once(world):
    """Every unknown name and wrong value is found in its own place, and nothing is played."""
    reading = read_plan_text(BAD, world)
    assert reading.plan is None
    assert [f"{item.code}@{item.place.line}:{item.place.column}" for item in reading.findings] == [
        "past@3:10",
        "unknown-case@3:26",
        "unknown-person@3:42",
        "unknown-event@4:30",
        "future@4:52",
        "unknown-field@5:54",
        "wrong-value@5:89",
        "missing-key@6:5",
        "wrong-value@6:10",
        "wrong-value@6:22",
    ]
    with pytest.raises(DefinitionError) as caught:
        reading.checked()
    assert len(caught.value.findings) == len(reading.findings)


def test_a_plan_that_is_no_yaml_is_told_with_its_place(world, tmp_path):
    """A file that cannot be parsed gives a finding and no traceback."""
    path = tmp_path / "plan.yaml"
    path.write_text("plan: [", encoding="utf-8")
    reading = read_plan(path, world)
    assert reading.plan is None
    assert reading.findings[0].place.file == str(path)


def test_a_refused_step_is_part_of_the_course(world):
    """A step that a rule refuses is shown with that rule, leaves no entry, and the plan goes on."""
    plan = read_plan_text(GOOD, world).checked()
    course = simulate(world, datetime(2022, 2, 1, tzinfo=UTC), plan.steps)
    (refused,) = course.refusals
    assert refused.refused.code == "wrong-role"
    assert (refused.entry, refused.moved) == (None, False)
    assert [item.after for item in course.transitions] == ["submitted", "approved", "expired"]
    (lapse,) = course.lapses
    assert (lapse.event, lapse.law, lapse.actor) == ("expire", lapse.deadline.law, None)
    assert course.transitions[1].reason == "So be it"
    assert course.cases["G-1"].state == "expired"
    assert world.cases["G-1"].state == "draft"
    assert len(course.trail("G-1")) == course.cases["G-1"].revision - 1
    assert {notice.template for _, notice in course.notices} == {"approved", "ending"}
    assert course.failures == ()


def test_steps_after_the_end_are_left_out(world):
    """A plan is played only as far as the simulation reaches."""
    plan = read_plan_text(GOOD, world).checked()
    course = simulate(world, datetime(2021, 2, 2, tzinfo=UTC), plan.steps)
    assert course.cases["G-1"].state == "submitted"
