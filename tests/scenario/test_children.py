"""Scenarios in which cases start others, and in which a start is refused."""

from __future__ import annotations

import pytest

from tests.core.family import GRANT, OPINION, REPORT, family
from tests.support import PEOPLE
from wirflow.core.profile import Profile
from wirflow.office import create
from wirflow.office.checking import check
from wirflow.render import Templates
from wirflow.scenario import Setting, play_all
from wirflow.scenario.reader import read_scenario_text

STORY = """
scenario: grown
people: {}
steps:
  - at: 2021-05-04
    new: {key: G-1, workflow: grant, data: {starts: 2021-06-01, ends: 2022-06-30}}
    as: ada
  - {at: 2021-05-05, do: G-1 approve, as: leo}
  - at: 2021-05-05
    new: {key: G-1, workflow: grant}
    as: leo
    refused: "G-1"
  - at: 2021-05-06
    expect: {G-1/report-2021: {state: open, data: {year: 2021}, due: {due: 2022-03-31}}}
  - {at: 2021-05-06, do: G-1/report-2022 receive, as: ada}
until: 2022-04-02
"""


def setting() -> Setting:
    """An office that has a family of workflows."""
    profile = Profile(name="Amt", people=PEOPLE, channels=("file",))
    return Setting(workflows=family(), templates=Templates([]), profile=profile, portfolios={})


def test_a_scenario_names_cases_that_come_to_exist():
    """What they do and how they stand; the case that starts says who starts it."""
    office = setting()
    scenario = read_scenario_text(STORY.replace("people: {}\n", ""), office).checked()
    run = play_all([scenario], office)
    assert [item.message.en for played in run.played for item in played.differences] == []
    assert run.played[0].states == {
        "G-1": "running",
        "G-1/report-2021": "late",
        "G-1/report-2022": "received",
    }
    assert not [goal for goal in run.coverage.missed if goal.name == "prove" and goal.workflow == "report"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('refused: "G-1"', 'refused: "G-2"', "expected refused: “G-2”"),
        ('    refused: "G-1"\n', "", "G-1"),
        ("key: G-1, workflow: grant}\n    as: leo", "key: G-3, workflow: grant}\n    as: leo", "came done"),
    ],
)
def test_a_start_that_comes_otherwise_is_a_difference(old, new, told):
    """Refused with other words, not refused, or refused though it should not be."""
    office = setting()
    text = STORY.replace("people: {}\n", "")
    assert old in text
    reading = read_scenario_text(text.replace(old, new), office)
    words = [item.line("en") for item in reading.findings]
    if reading.scenario:
        run = play_all([reading.scenario], office)
        words += [item.message.en for played in run.played for item in played.differences]
    assert any(told in line for line in words), words


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("do: G-1/report-2022 receive", "do: G-1/report receive", "unknown-case"),
        ("do: G-1/report-2022 receive", "do: G-1/report-2022 approve", "unknown-event"),
        ("G-1/report-2021: {state: open", "G-1/report-2021: {state: opne", "unknown-state"),
        ("    as: ada\n  - {at: 2021-05-05", "    as: adda\n  - {at: 2021-05-05", "unknown-person"),
        ("    as: ada\n  - {at: 2021-05-05", "    on: 2021-05-01\n  - {at: 2021-05-05", "missing-key"),
    ],
)
def test_a_slip_about_cases_to_come_is_found(old, new, code):
    """By the workflow that such a case will have."""
    text = STORY.replace("people: {}\n", "")
    assert old in text
    strict = setting()
    if code == "unknown-case":
        grant = GRANT.replace('key: "{key}/{item}"', 'key: "{key}/o-{item}"')
        known = family(grant, REPORT, OPINION)
        strict = Setting(workflows=known, templates=strict.templates, profile=strict.profile, portfolios={})
    found = [item.code for item in read_scenario_text(text.replace(old, new), strict).findings]
    assert code in found


def test_check_reads_the_scenarios_of_an_office(tmp_path):
    """Also before anybody plays them; what comes otherwise is not its business."""
    folder = tmp_path / "office"
    office = create.create(folder, lang="en")
    (folder / "scenarios").mkdir()
    good = "scenario: good\nsteps:\n  - {at: 2021-01-04, new: {key: S-1, workflow: staff_transfer}}\n"
    (folder / "scenarios" / "bad.yaml").write_text(good.replace("good", "bad").replace("staff_", "stuff_"))
    assert [item.code for item in check(office, []).findings] == ["unknown-workflow"]
