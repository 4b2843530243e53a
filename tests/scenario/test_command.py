"""`wirflow test` and the new options of `wirflow check`, called as a person calls them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from tests.scenario.stage import APPROVED, HEAD, PORTFOLIO, WORKFLOW
from wirflow.cli.app import run

if TYPE_CHECKING:
    from pathlib import Path

WRONG = APPROVED + "  - {at: 2021-01-06, expect: {G-1: {state: over}}}\n"
SETTINGS = """
[office]
name = "Amt"
land = "HE"

[people.eva]
name = "Eva"
roles = ["clerk"]
"""


@pytest.fixture
def office(tmp_path, monkeypatch) -> Path:
    """An office with one workflow, one portfolio, one scenario that holds and one that does not."""
    for name in ("WIRFLOW_OFFICE", "WIRFLOW_LANG", "WIRFLOW_DATABASE", "WIRFLOW_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.chdir(tmp_path)
    files = {
        "wirflow.toml": SETTINGS,
        "workflows/grant.yaml": WORKFLOW,
        "workflows/portfolios/two.yaml": PORTFOLIO,
        "templates/letter.de.j2": "Betreff: {{ case.key }}\n\nText\n",
        "templates/letter.en.j2": "Subject: {{ case.key }}\n\nText\n",
        "scenarios/good.yaml": HEAD.replace("sample", "good") + APPROVED,
        "scenarios/wrong.yaml": HEAD.replace("sample", "wrong") + WRONG,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def wirflow(office, capsys):  # noqa: ARG001 - the office is where it is called
    """Call the command line in the office: exit code, stdout, stderr."""

    def call(words: str):
        code = run(words.split())
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_a_difference_is_readable_in_both_languages(wirflow):
    """It says in which file and line, at which step, what was expected and what came; and exits with 1."""
    code, out, err = wirflow("test --lang en")
    assert (code, err) == (1, "")
    lines = [line.strip() for line in out.splitlines()]
    place = "scenarios/wrong.yaml:5:44: step 2 (2021-01-06 09:00): G-1: state"
    at = next(number for number, line in enumerate(lines) if line.endswith(place))
    assert lines[at + 1 : at + 3] == ["- expected: over", "+ came: approved"]
    assert "✓ good: Good" in lines
    assert "✗ wrong: Wrong" in lines
    assert "2 scenarios played: 1 as written, 1 otherwise (1 difference)." in lines
    german = wirflow("test --lang de")[1]
    assert "- erwartet: over" in german
    assert "+ gekommen: approved" in german
    assert "2 Szenarien gespielt: 1 wie geschrieben, 1 anders (1 Abweichung)." in german


def test_what_holds_exits_with_nought(wirflow):
    """Named files are played instead of the folder."""
    code, out, _ = wirflow("test scenarios/good.yaml --lang en")
    assert code == 0
    assert "1 scenario played: 1 as written." in out


def test_coverage_is_summed_up_and_spelled_out(wirflow):
    """A table always says how much was tried; with --coverage each thing that nothing tries is named."""
    out = wirflow("test scenarios/good.yaml --lang en")[1]
    row = next(line.split() for line in out.splitlines() if line.startswith("grant "))
    assert row == ["grant", "2/4", "0/2", "0/3", "0/1"]
    assert "Without a scenario: council_paper, grant_application" in out
    assert "--coverage shows what is missing." in out
    whole = wirflow("test scenarios/good.yaml --lang en --coverage")[1]
    for line in ("grant: never tried", "- close from approved", "- approve 2: That is too much.", "- answer"):
        assert line in whole
    german = wirflow("test scenarios/good.yaml --lang de --coverage")[1]
    assert "- close aus approved" in german


def test_json_is_one_document(wirflow):
    """Scenarios with their differences, findings and coverage, for programs."""
    code, out, err = wirflow("test --format json --lang en")
    found = json.loads(out)
    assert (code, err) == (1, "")
    assert list(found) == ["scenarios", "findings", "coverage"]
    good, wrong = found["scenarios"]
    assert (good["scenario"], good["ok"], good["differences"], good["steps"]) == ("good", True, [], 1)
    assert wrong["differences"][0]["found"] == "approved"
    assert {row["kind"] for row in found["coverage"]} == {"transition", "deadline", "rule", "warning"}


def test_csv_has_differences_or_coverage(wirflow):
    """One line for each difference; with --coverage one for each thing to be tried."""
    rows = list(csv.DictReader(io.StringIO(wirflow("test --format csv --lang en")[1])))
    assert [(row["scenario"], row["what"], row["expected"], row["found"]) for row in rows] == [
        ("wrong", "state", "over", "approved")
    ]
    rows = list(csv.DictReader(io.StringIO(wirflow("test --format csv --coverage")[1])))
    assert {row["workflow"] for row in rows} == {"grant"}
    assert sum(row["times"] != "0" for row in rows) == 2


def test_what_cannot_be_read_is_found_and_the_rest_is_played(wirflow, office):
    """Findings come first, each with its place; the exit code is 1."""
    (office / "scenarios" / "broken.yaml").write_text(HEAD + "  - {at: gestern}\n", encoding="utf-8")
    code, out, _ = wirflow("test --lang en")
    assert code == 1
    assert "scenarios/broken.yaml:4:10: 'gestern' is not possible here" in out.replace("\n  ", " ")
    assert "1 not readable" in out
    found = json.loads(wirflow("test --format json scenarios/broken.yaml scenarios/good.yaml")[1])
    assert [item["code"] for item in found["findings"]] == ["idle-step", "wrong-value"]
    assert [item["ok"] for item in found["scenarios"]] == [True]
    assert "1 nicht lesbar" in wirflow("test scenarios/broken.yaml")[1]


@pytest.mark.parametrize("lang", ["de", "en"])
def test_wrong_use_exits_with_two(wirflow, office, lang):
    """A file that is not there and a folder without scenarios are told, with what to do."""
    code, out, err = wirflow(f"test nowhere.yaml --lang {lang}")
    assert (code, out) == (2, "")
    assert "nowhere.yaml" in err
    for path in (office / "scenarios").glob("*.yaml"):
        path.unlink()
    code, _, err = wirflow(f"test --lang {lang}")
    assert code == 2
    assert "wirflow test" in err


def test_without_an_office_what_ships_counts(wirflow, tmp_path_factory, monkeypatch):
    """Named scenarios are played against the shipped workflows; without a name there is nothing to play."""
    away = tmp_path_factory.mktemp("away")
    monkeypatch.chdir(away)
    (away / "x.yaml").write_text(
        "scenario: x\nportfolio: wiesbaden-20-V-33-0003\n"
        "steps: [{at: '2020-12-11', expect: {WIR-KO-1: {state: approved}}}]\n",
        encoding="utf-8",
    )
    assert wirflow("test x.yaml")[0] == 0
    assert wirflow("test")[0] == 2


@pytest.mark.parametrize("kind", ["workflow", "portfolio", "scenario"])
@pytest.mark.parametrize("lang", ["de", "en"])
def test_the_schema_is_printed(wirflow, kind, lang):
    """`check --schema` prints one JSON document and checks nothing."""
    code, out, err = wirflow(f"check --schema {kind} --lang {lang}")
    schema = json.loads(out)
    assert (code, err) == (0, "")
    assert schema["$id"] == f"urn:wirflow:{kind}:1"
    assert kind in schema["properties"]


def test_findings_are_printed_as_sarif(wirflow, office):
    """`check --format sarif` is one SARIF log; the exit code stays that of the findings."""
    path = office / "workflows" / "grant.yaml"
    path.write_text(WORKFLOW.replace("to: over,", "to: ovr,"), encoding="utf-8")
    code, out, _ = wirflow("check workflows/grant.yaml --format sarif --lang en")
    log = json.loads(out)
    assert (code, log["version"]) == (1, "2.1.0")
    assert [item["ruleId"] for item in log["runs"][0]["results"]] == ["unknown-state"]
