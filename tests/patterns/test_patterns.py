"""The 20 basic workflow patterns of van der Aalst, each as a definition with a scenario that shows it."""

from __future__ import annotations

import pytest

from tests.patterns.runner import HERE, both, reading, scenario, scenarios
from wirflow.definition.check import check

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
    assert [item.line("en") for item in (*reading(HERE).findings, *check(reading(HERE)))] == []
