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


def test_children_of_one_list_are_as_many_as_its_items(tmp_path):
    """Of 14: none for an empty list, and then nobody waits."""
    simulation = empty(HERE, "14-instances-run-time", tmp_path)
    simulation.start_all([new("S-1", "site"), new("S-2", "site")], actor="desk")
    simulation.act("S-1", "hear", actor="desk", given={"neighbours": ()})
    simulation.act("S-2", "hear", actor="desk", given={"neighbours": ("a", "a", "b")})
    assert simulation.cases["S-1"].state == "heard"
    assert [key for key in simulation.cases if key.startswith("S-2/")] == [
        f"S-2/neighbour-{number}" for number in (1, 2, 3)
    ]
