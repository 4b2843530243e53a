"""Administrative processes as an outside author would write them: from the reference alone."""

from __future__ import annotations

import shutil

import pytest

from tests.patterns.runner import REAL, both, scenarios, setting
from wirflow.cli.app import run
from wirflow.scenario import play_all, read_scenario

WORKFLOWS = ("building_permit", "procurement", "procurement_lot", "student_grant")


@pytest.mark.parametrize("name", scenarios(REAL))
def test_a_process_goes_as_its_scenario_says(name, tmp_path):
    """All that a scenario names comes about, and the simulation writes the engine's trail byte for byte."""
    differences, engine, simulation = both(REAL, name, tmp_path)
    assert differences == []
    assert simulation == engine


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """An office that took the files over by copying them, as their author would."""
    folder = tmp_path_factory.mktemp("real") / "office"
    assert run(["init", str(folder)]) == 0
    shutil.copytree(REAL / "templates", folder / "templates", dirs_exist_ok=True)
    shutil.copytree(REAL / "scenarios", folder / "scenarios")
    for name in WORKFLOWS:
        shutil.copy(REAL / f"{name}.yaml", folder / "workflows")
    return folder


@pytest.mark.parametrize("name", WORKFLOWS)
@pytest.mark.parametrize("kind", ["svg", "dot", "mermaid"])
def test_a_process_can_be_drawn(name, kind, office, capsys):
    """`wirflow diagram` draws each state of it, in all three kinds of picture."""
    assert run(["diagram", name, "--format", kind, "--office", str(office), "--lang", "en"]) == 0
    drawn = capsys.readouterr().out
    for state in setting(REAL).workflows[name].states:
        assert state.title.en.split()[0] in drawn, state.name


@pytest.mark.parametrize("command", ["check", "test"])
def test_an_office_checks_and_tests_them(command, office, capsys):
    """`wirflow check` and `wirflow test` of an office that has them find nothing."""
    assert run([command, "--office", str(office), "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert [name for name in WORKFLOWS if f"{name}.yaml:" in told] == []


def test_the_scenarios_try_most_of_it():
    """The scenarios take every deadline to its end or end it before, and most of the ways that there are."""
    played = [
        read_scenario(REAL / "scenarios" / f"{name}.yaml", setting(REAL)).checked()
        for name in scenarios(REAL)
    ]
    coverage = play_all(played, setting(REAL)).coverage
    for name in WORKFLOWS:
        reached, all_ = coverage.count(name, "transition")
        assert reached >= 0.6 * all_, [goal for goal in coverage.missed if goal.kind == "transition"]
