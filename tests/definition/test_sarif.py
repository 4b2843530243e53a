"""Findings as SARIF: the structure that OASIS asks for, and nothing lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wirflow.definition.check import check
from wirflow.definition.finding import Finding, Place
from wirflow.definition.reader import read_workflows
from wirflow.definition.sarif import sarif
from wirflow.text import LANGS, Text

HERE = Path(__file__).parent

FOUND = (
    Finding("unreachable", Place("a b/ä.yaml", 3, 7), Text("Nie.", "Never."), Text("Doch?", "Is it?")),
    Finding(
        "no-end", Place("/srv/x.yaml", 1, 1), Text("Kein Ende.", "No end."), None, "warning", ("go", "stay")
    ),
    Finding("unreachable", Place("c.yaml"), Text("Auch nie.", "Never either.")),
    Finding("brand-new", Place("c.yaml"), Text("Neu.", "New.")),
)


def run_of(lang: str = "en"):
    """The one run of the log of the findings above, as it comes out of JSON."""
    log = json.loads(json.dumps(sarif(FOUND, lang, version="1.2.3")))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    return log["runs"][0]


def test_the_tool_names_itself_and_its_rules():
    """Each code is a rule, once, in the order in which it is first found; its words are of the catalogue."""
    driver = run_of()["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("wirflow", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["unreachable", "no-end", "brand-new"]
    assert driver["rules"][0]["shortDescription"]["text"] == "No case ever reaches this state."
    assert driver["rules"][1]["defaultConfiguration"] == {"level": "warning"}
    assert driver["rules"][2] == {"id": "brand-new"}


def test_each_finding_is_a_result_with_its_region():
    """Rule, level, words, file as a URI, line and column from 1."""
    results = run_of()["results"]
    assert [(item["ruleId"], item["ruleIndex"], item["level"]) for item in results] == [
        ("unreachable", 0, "error"),
        ("no-end", 1, "warning"),
        ("unreachable", 0, "error"),
        ("brand-new", 2, "error"),
    ]
    places = [item["locations"][0]["physicalLocation"] for item in results]
    assert [place["artifactLocation"]["uri"] for place in places] == [
        "a%20b/%C3%A4.yaml",
        "file:///srv/x.yaml",
        "c.yaml",
        "c.yaml",
    ]
    assert places[0]["region"] == {"startLine": 3, "startColumn": 7}


def test_the_words_are_there_in_both_languages():
    """The message is in the language that was asked for, with its hint; both stand among the properties."""
    for lang, words in zip(LANGS, ("Nie. Doch?", "Never. Is it?"), strict=True):
        run = run_of(lang)
        assert run["language"] == run["tool"]["driver"]["language"]
        assert run["language"].startswith(lang)
        assert run["results"][0]["message"]["text"] == words
        assert run["results"][0]["properties"]["message"] == {"de": "Nie. Doch?", "en": "Never. Is it?"}


def test_a_trace_is_a_code_flow():
    """The shortest path that shows a finding is a flow of its events; without one there is none."""
    results = run_of()["results"]
    steps = results[1]["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in steps] == ["go", "stay"]
    assert all("physicalLocation" in step["location"] for step in steps)
    assert "codeFlows" not in results[0]


def test_nothing_is_an_empty_run():
    """A sound definition gives a run without results, which says that it was looked at."""
    run = sarif((), "en", version="1")["runs"][0]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


@pytest.mark.parametrize("path", sorted((HERE / "broken").glob("s*.yaml")), ids=lambda path: path.stem)
def test_real_findings_are_told_one_by_one(path):
    """What reader and checks find stands in the log, in its order, at its lines."""
    reading = read_workflows([HERE / "companion.yaml", path])
    findings = (*reading.findings, *check(reading))
    results = sarif(findings, "de", version="1")["runs"][0]["results"]
    told = [
        (item["ruleId"], item["locations"][0]["physicalLocation"]["region"]["startLine"]) for item in results
    ]
    assert told == [(item.code, item.place.line) for item in findings]
    assert told
