"""Scenario files are read with all that is wrong with them, at its place."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.scenario.stage import APPROVED, HEAD, setting
from wirflow.errors import DefinitionError
from wirflow.scenario import read_scenario, read_scenario_text

BROKEN = Path(__file__).parent / "broken.yaml"


def test_everything_that_is_wrong_is_found_at_its_place(tmp_path):
    """Each finding that the file names in a comment is made there, and no other."""
    reading = read_scenario(BROKEN, setting(tmp_path))
    expected = [
        (number, int(column), code)
        for number, line in enumerate(BROKEN.read_text(encoding="utf-8").splitlines(), 1)
        for code, column in re.findall(r"([a-z-]+)@(\d+)", line.partition("# !! ")[2])
    ]
    assert [(item.place.line, item.place.column, item.code) for item in reading.findings] == sorted(expected)
    assert reading.scenario is None
    assert all(item.message.de != item.message.en for item in reading.findings)


def test_errors_are_raised_for_who_wants_a_scenario(tmp_path):
    """`checked` gives the scenario, or raises with all findings."""
    office = setting(tmp_path)
    assert read_scenario_text(HEAD + APPROVED, office).checked().name == "sample"
    with pytest.raises(DefinitionError) as caught:
        read_scenario(BROKEN, office).checked()
    assert len(caught.value.findings) > 30


def test_a_scenario_is_values(tmp_path):
    """What is read is typed: moments, amounts, days; a mere day is nine o'clock."""
    path = tmp_path / "sample.yaml"
    path.write_text(
        HEAD
        + """\
  - {at: 2021-01-05, do: G-1 submit, as: max, set: {amount: "1.000"}, on: 2021-01-04,
     reason: So., refused: true}
  - {at: "2021-01-05 10:30", scheduler: down, expect: {G-1: {due: {end: 2021-06-30, answer: none}}}}
  - {at: 2021-01-05, notices: [], exactly: true}
people: {max: {name: Max, roles: [clerk]}}
until: 2021-02-01
title: {de: Muster, en: Sample}
same_as: {scenario: sample, statutory_notices: true}
""",
        encoding="utf-8",
    )
    scenario = read_scenario(path, setting(tmp_path)).checked()
    first, second, third = scenario.steps
    assert first.at == datetime(2021, 1, 5, 9)  # noqa: DTZ001 - in the office's own time
    assert (first.act.key, first.act.event, first.act.actor) == ("G-1", "submit", "max")
    assert first.act.given == {"amount": Decimal("1000.00")}
    assert (first.act.on, first.act.reason, first.act.refused) == (date(2021, 1, 4), "So.", "")
    assert second.scheduler == "down"
    assert [(item.name, item.value) for item in second.expected] == [
        ("end", date(2021, 6, 30)),
        ("answer", None),
    ]
    assert (third.at, third.notices, third.exactly) == (second.at, (), True)
    assert (scenario.until, scenario.title.de) == (datetime(2021, 2, 1, 9), "Muster")  # noqa: DTZ001 - likewise
    assert (scenario.same_as.scenario, scenario.same_as.states) == ("sample", False)
    assert (scenario.folder, str(scenario.place)) == (tmp_path, f"{path}:1:1")
    assert [person.id for person in scenario.people] == ["max"]


def test_a_portfolio_is_found_by_name_and_read_with_its_findings(tmp_path):
    """An unknown portfolio is one finding, a broken one tells its own; then names are not judged."""
    office = setting(tmp_path)
    unknown = read_scenario_text((HEAD + APPROVED).replace("two", "tow"), office)
    assert [item.code for item in unknown.findings] == ["unknown-portfolio"]
    assert unknown.findings[0].hint.en == "Did you mean 'two'?"
    broken = tmp_path / "broken.yaml"
    broken.write_text(office.portfolios["two"].read_text().replace("amount:", "amaunt:"), encoding="utf-8")
    found = read_scenario_text(HEAD + APPROVED, replace(office, portfolios={"two": broken}))
    assert [(item.code, item.place.file) for item in found.findings] == [("unknown-field", str(broken))]
    assert found.scenario is None


def test_what_is_no_scenario_is_told(tmp_path):
    """Files that are none, and keys that are missing, give findings and no exception."""
    office = setting(tmp_path)
    assert [item.code for item in read_scenario(tmp_path / "none.yaml", office).findings] == ["no-file"]
    assert [item.code for item in read_scenario_text("- a\n", office).findings] == ["wrong-shape"] + [
        "missing-key"
    ] * 0
    found = read_scenario_text("title: x\n", office).findings
    assert [item.code for item in found] == ["missing-key", "missing-key"]


def test_states_inside_states_are_known(tmp_path):
    """Of several states at once, each has to be one of the workflow."""
    steps = '  - {at: 2021-01-05, expect: {G-1: {state: "draft + drift"}}}\n'
    found = read_scenario_text(HEAD + steps, setting(tmp_path)).findings
    assert [(item.code, item.place.column) for item in found] == [("unknown-state", 53)]


def test_people_of_the_office_take_part_where_nobody_is_named(tmp_path):
    """Without a portfolio and people, actors are those of the office."""
    office = setting(tmp_path)
    steps = "  - {at: 2021-01-05, new: {key: X, workflow: grant}, do: X close, as: %s}\n"
    assert read_scenario_text("scenario: a\nsteps:\n" + steps % "eva", office).findings == ()
    codes = [
        item.code for item in read_scenario_text("scenario: a\nsteps:\n" + steps % "ada", office).findings
    ]
    assert codes == ["unknown-person"]
