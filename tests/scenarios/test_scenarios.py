"""What the council paper may turn into: each scenario file, played through the engine."""

from __future__ import annotations

from functools import cache

import pytest

from tests.scenarios.runner import SCENARIOS, setting
from wirflow.scenario import play_all, read_scenario

NAMES = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))


@cache
def run():
    """All scenarios, played once and compared with one another where they say so."""
    readings = [read_scenario(SCENARIOS / f"{name}.yaml", setting()) for name in NAMES]
    return play_all([reading.checked() for reading in readings], setting())


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_goes_as_it_is_written(name):
    """Every state, date, refusal, warning and notice that a scenario names comes about, on its day."""
    played = next(item for item in run().played if item.scenario.name == name)
    assert [f"{item.place}: {item.message.en}" for item in played.differences] == []


def test_a_scenario_ends_like_another():
    """With the scheduler down over New Year it ends as if it had run: same states, same statutory notices."""
    a, g = (next(item for item in run().played if item.scenario.name.startswith(letter)) for letter in "ag")
    assert g.scenario.same_as.scenario == a.scenario.name
    assert g.states == a.states
    assert g.statutory == a.statutory
    assert g.statutory


def test_there_are_scenarios():
    """All seven futures that the issue names are written down."""
    assert {name[0] for name in NAMES} >= set("abcdefg")


def test_the_scenarios_try_all_workflows():
    """Each shipped workflow has cases in some scenario, and each of its warnings shows."""
    assert run().coverage.idle == ()
    assert [goal for goal in run().coverage.missed if goal.kind == "warning"] == []
