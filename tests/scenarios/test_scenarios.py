"""What the council paper may turn into: each scenario file, played through the engine."""

from __future__ import annotations

import pytest

from tests.scenarios.runner import ROOT, load, played

NAMES = sorted(path.stem for path in (ROOT / "tests" / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_goes_as_it_is_written(name, tmp_path):
    """Every state, date, refusal, warning and notice that a scenario names comes about, on its day."""
    player = played(name, tmp_path)
    assert player.wrong == []


@pytest.mark.parametrize("name", [name for name in NAMES if "same_as" in load(name)])
def test_a_scenario_ends_like_another(name, tmp_path):
    """Where a scenario says so, it ends in the same states and sent the same statutory notices as another."""
    same = load(name)["same_as"]
    one, other = played(name, tmp_path / "one"), played(same["scenario"], tmp_path / "other")
    if same.get("states") == "true":
        assert one.states() == other.states()
    if same.get("statutory_notices") == "true":
        assert statutory(one) == statutory(other)
        assert statutory(one)


def statutory(player):
    """The notices that are no mere reminders."""
    return sorted(notice for notice in player.notices() if notice[3] != "reminder")


def test_there_are_scenarios():
    """All seven futures that the issue names are written down."""
    assert {name[0] for name in NAMES} >= set("abcdefg")
