"""The page about scenarios: its example is played."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.docs.blocks import ROOT, blocks
from tests.scenarios.runner import Player

PAGE = ROOT / "docs" / "reference" / "scenarios.md"

EXAMPLES = [block for block in blocks(PAGE) if block.lang == "yaml"]


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_each_example_of_a_scenario_goes_as_it_is_written(block, tmp_path):
    """An example, played through the engine, ends without a difference."""
    scenario = yaml.load(block.text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but text
    player = Player(tmp_path, scenario)
    player.play()
    assert player.wrong == []


def test_each_key_of_the_scenarios_is_told():
    """Every key that a scenario of this house uses stands on the page."""
    told = set(re.findall(r"^\| `([a-z_]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    for path in sorted((ROOT / "tests" / "scenarios").glob("*.yaml")):
        scenario = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - likewise
        used = {*scenario, *(key for step in scenario["steps"] for key in step)}
        assert used - told == set(), path.name
