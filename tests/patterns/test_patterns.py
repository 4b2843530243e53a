"""The 20 basic workflow patterns of van der Aalst, each as a definition with a scenario that shows it."""

from __future__ import annotations

import pytest

from tests.patterns.runner import HERE, both, empty, new, scenario, scenarios
from wirflow.office.checking import check

NAMES = scenarios(HERE)


@pytest.mark.parametrize("name", NAMES)
def test_a_pattern_goes_as_its_scenario_says(name, tmp_path):
    """All that a scenario names comes about, and the simulation writes the engine's trail byte for byte."""
    differences, engine, simulation = both(HERE, name, tmp_path)
    assert differences == []
    assert simulation == engine
    assert any(len(entries) > 1 for entries in engine["trails"].values())


@pytest.mark.parametrize("name", NAMES)
def test_a_pattern_also_shows_what_is_refused(name):
    """Each scenario tries something that the pattern forbids."""
    assert any(step.act and step.act.refused is not None for step in scenario(HERE, name).steps)


def test_the_definitions_are_sound():
    """`wirflow check` finds nothing in any of them."""
    files = sorted(HERE.glob("*.yaml"))
    assert [item.line("en") for item in check(None, files).findings] == []


def test_two_instances_that_begin_in_one_moment_both_begin(tmp_path):
    """What the page admits of 14: the main case refuses to count the second, but its answer counts."""
    simulation = empty(HERE, "14-instances-run-time", tmp_path)
    simulation.start_all([new("S-1", "site")], actor="desk")
    simulation.act("S-1", "hear", actor="desk", given={"neighbours": 1})
    both_at_once = [new(key, "neighbour", site="S-1") for key in ("N-1", "N-2")]
    simulation.start_all(both_at_once, actor="desk")
    told = list(simulation.advance(simulation.now.instant))
    assert [item.refused is None for item in told] == [True, False]
    assert simulation.cases["S-1"].data["begun"] == 1
    simulation.act("N-2", "answer", actor="desk")
    assert simulation.cases["S-1"].state == "heard"
    assert simulation.cases["N-1"].state == "asked"
