"""Plans and forecasts in which cases come to exist."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.core.family import GRANT, OPINION, REPORT, family
from tests.support import PEOPLE
from wirflow.core.profile import Profile
from wirflow.render import Templates
from wirflow.simulation import Simulation, World, simulate
from wirflow.simulation.plan import read_plan_text

NOON = datetime(2021, 5, 3, 10, tzinfo=UTC)
COSTS = "money:\n  share: {counts: cost, amount: share, while: open}\n"
HEAVY = "money:\n  rest: {counts: ceiling, amount: amount, when: 'report.exists(r, r.state == \"open\")'}\n"

PLAN = """
plan: grown
steps:
  - at: 2021-05-04
    new: {key: G-1, workflow: grant, data: {amount: 300, starts: 2021-06-01, ends: 2022-06-30}}
    as: duo
  - {at: 2021-05-05, do: G-1 approve, as: duo}
  - {at: 2021-05-06, do: G-1/report-2022 receive, as: duo}
  - {at: 2021-05-07, do: G-1/report-2021 receive, as: duo}
"""


def world(*texts: str) -> World:
    """An office without cases."""
    known = family(*(texts or (GRANT, REPORT, OPINION)))
    return World(
        now=NOON,
        cases={},
        definitions={},
        timers=(),
        profile=Profile(name="Amt", people=PEOPLE, channels=("file",)),
        templates=Templates([]),
        newest=known,
    )


def test_a_plan_starts_cases_and_acts_on_their_children():
    """By the keys that they will have; what they lead to happens by itself."""
    course = simulate(
        world(), datetime(2021, 6, 1, tzinfo=UTC), read_plan_text(PLAN, world()).checked().steps
    )
    assert course.refusals == ()
    assert {key: case.state for key, case in course.cases.items()} == {
        "G-1": "proven",
        "G-1/report-2021": "received",
        "G-1/report-2022": "received",
    }


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("G-1/report-2021 receive", "G-1/x/y receive", "unknown-case"),
        ("G-1/report-2021 receive", "G-1/report-2021 recieve", "unknown-event"),
        ("workflow: grant", "workflow: grand", "unknown-workflow"),
        ("{amount: 300", "{amuont: 300", "unknown-field"),
        ("do: G-1 approve", "on: 2021-05-01", "missing-key"),
        ("    as: duo\n", "    as: duo\n    set: {amount: 3}\n", "wrong-value"),
    ],
)
def test_what_is_wrong_with_such_a_plan_is_found(old, new, code):
    """A case that nothing can start, an event that it will not have, facts that it does not take."""
    assert code in [item.code for item in read_plan_text(PLAN.replace(old, new, 1), world()).findings]


def test_a_start_that_is_refused_is_told_like_any_step():
    """The rule that stood against it, and no case."""
    plan = """
plan: poor
steps:
  - {at: 2021-05-04, new: {key: G-1, workflow: grant}, as: duo}
  - {at: 2021-05-04, new: {key: R-1, workflow: report, data: {year: 2021}, links: {parent: G-1}}, as: duo}
"""
    strict = REPORT + 'constraints:\n  - {when: "year < 2000", else: Zu jung.}\n'
    office = world(GRANT, strict, OPINION)
    course = simulate(office, datetime(2021, 6, 1, tzinfo=UTC), read_plan_text(plan, office).checked().steps)
    assert [(item.case, item.event) for item in course.refusals] == [("R-1", "start")]
    assert list(course.cases) == ["G-1"]


def test_children_count_in_a_forecast():
    """Their own money by itself, and their parent's where its condition asks them."""
    office = world(GRANT + HEAVY, REPORT + COSTS, OPINION)
    simulation = Simulation(office)
    for step in read_plan_text(PLAN, office).checked().steps[:2]:
        list(simulation.advance(step.at))
        if step.new:
            simulation.begin(step.new, actor="duo")
        else:
            simulation.act(step.case, step.event, actor="duo")
    children = simulation.children("G-1")
    assert [child.key for child in children] == ["G-1/report-2021", "G-1/report-2022"]
    shares = [item for item in shares_of(simulation) if item.year == 2021]
    assert sorted((item.case, item.amount) for item in shares) == [
        ("G-1", Decimal("300.00")),
        ("G-1/report-2021", Decimal("300.00")),
        ("G-1/report-2022", Decimal("300.00")),
    ]


def shares_of(simulation: Simulation):
    """The money of each case in each year."""
    from wirflow.simulation import money  # noqa: PLC0415 - its inside is asked

    return list(money._shares(list(money._terms(simulation, date(2021, 5, 6))), 2021))
