"""The page about scenarios: its keys are the reader's keys, and its example is played."""

from __future__ import annotations

import pytest

from tests.docs.blocks import ROOT, blocks
from tests.docs.test_language import keys_of, sections
from tests.scenarios.runner import setting
from wirflow.definition.portfolio import CASE, PERSON
from wirflow.scenario import SCENARIO, play, read_scenario_text

PAGE = ROOT / "docs" / "reference" / "scenarios.md"

EXAMPLES = [block for block in blocks(PAGE) if block.lang == "yaml"]


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_each_example_of_a_scenario_goes_as_it_is_written(block):
    """An example, played through the engine, ends without a difference."""
    played = play(read_scenario_text(block.text, setting(), str(block)).checked(), setting())
    assert [item.message.en for item in played.differences] == []


def test_the_page_names_each_key_in_its_place_and_no_other():
    """Every mapping of a scenario has a section with exactly its keys, but for people and cases."""
    known = keys_of(SCENARIO) - {
        frozenset(PERSON.keys),
        frozenset({"key", *CASE.keys}),
        frozenset({"de", "en"}),
    }
    assert {frozenset(keys) for keys in sections(PAGE).values()} == known
