"""`wirflow migrate`: what it plans, what it does, and what it leaves alone."""

from __future__ import annotations

import csv
import io
import sqlite3

import pytest

from wirflow.office import content

MAP = """\
workflow: grant_application
states: {approved: granted}
fields: {focus: emphasis}
set: {part_of: 'has(old.part_of) ? old.part_of + " (neu)" : "neu"'}
"""


@pytest.fixture
def changed(demo):
    """The practice office, with a grant workflow whose state, field and deadlines were changed."""
    source = (content.shipped("workflows") / "grant_application.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("approved", "granted"),
        ("counts: granted", "counts: approved"),
        ("focus", "emphasis"),
        ("remind: [P6M, P3M", "remind: [P8M, P3M"),
    ):
        assert old in source or old.startswith("counts")
        source = source.replace(old, new)
    (demo / "workflows" / "grant_application.yaml").write_text(source, encoding="utf-8")
    proof = (content.shipped("workflows") / "proof_of_use.yaml").read_text(encoding="utf-8")
    (demo / "workflows" / "proof_of_use.yaml").write_text(
        proof.replace("period: filing_period", "period: P9M"), encoding="utf-8"
    )
    (demo / "map.yaml").write_text(MAP, encoding="utf-8")
    return demo


def rows(folder) -> list[str]:
    """What stands in the tables of cases."""
    database = sqlite3.connect(folder / "wirflow.db")
    try:
        tables = ("cases", "entries", "timers", "outbox", "personal")
        return [str(row) for name in tables for row in database.execute(f"SELECT * FROM {name}")]
    finally:
        database.close()


def moves(said) -> dict[str, dict]:
    """The moves of a call by their cases."""
    return {item["key"]: item for item in said.json["moves"]}


def test_the_plan_says_what_keeps_a_case_and_changes_none(wirflow, changed):
    """Without a map the cases whose state or facts have no place stay, with the line that is missing."""
    before = rows(changed)
    said = wirflow("migrate --format json --lang en")
    assert said.code == 1
    found = moves(said)
    assert found["WIR-KO-1"]["result"] == "stays"
    assert found["WIR-KO-1"]["reasons"][0]["code"] == "state"
    assert "states: {approved: …}" in found["WIR-KO-1"]["reasons"][0]["hint"]
    assert [item["code"] for item in found["WIR-PG"]["reasons"]] == ["field"]
    assert found["WIR-SB"]["result"] == "planned"
    fates = {(item["sort"], item["name"], item["fate"]) for item in said.json["differences"]}
    assert fates >= {
        ("state", "approved", "missing"),
        ("field", "focus", "missing"),
        ("state", "waiting", "same"),
    }
    assert said.json["applied"] is False
    assert rows(changed) == before


@pytest.mark.usefixtures("changed")
def test_the_plan_with_a_map_says_what_becomes_of_each_case(wirflow):
    """States, facts and deadlines of each case, and the version from and to which it goes."""
    said = wirflow("migrate --map map.yaml --format json")
    assert said.code == 0, said.err
    case = moves(said)["WIR-KO-1"]
    assert case["state"] == {"from": "approved", "to": "granted"}
    assert case["changes"]["part_of"] == ["WIR-Vielfaltszentrum", "WIR-Vielfaltszentrum (neu)"]
    assert {(item["kind"], item["label"], item["change"]) for item in case["deadlines"]} == {
        ("reminder", "P8M", "armed"),
        ("reminder", "P6M", "cancelled"),
    }
    old, newest = [item for item in said.json["versions"] if item["workflow"] == "grant_application"]
    assert case["definition"] == {"from": old["hash"], "to": newest["hash"]}
    assert (old["current"], newest["current"]) == (False, True)
    assert old["running"]["approved"] == 2
    assert old["registered_at"] < newest["registered_at"]


@pytest.mark.usefixtures("changed")
def test_applied_it_is_in_the_trail_and_status_says_so(wirflow):
    """The mark in the portfolio goes, the history tells of it, and the trail verifies."""
    assert wirflow("migrate --map map.yaml").code == 0
    assert "WIR-KO-1 ↑" in wirflow("status").out
    assert "↑" in wirflow("status WIR-KO-1").out
    assert wirflow("status WIR-KO-1 --format json").json["definition"]["current"] is False

    said = wirflow("migrate --map map.yaml --apply --as amtsleitung --reason Richtlinie --format json")
    assert said.code == 0, said.err
    assert {item["result"] for item in said.json["moves"]} == {"moved"}
    assert "↑" not in wirflow("status").out
    case = wirflow("status WIR-KO-1 --format json").json
    assert (case["state"], case["definition"]["current"]) == ("granted", True)
    assert case["history"][-1]["kind"] == "migration"
    assert case["history"][-1]["actor"] == "amtsleitung"
    assert case["history"][-1]["reason"] == "Richtlinie"
    assert case["since"] == "2020-12-10T11:00:00.000000Z"
    assert "Auf neue Fassung umgestellt" in wirflow("status WIR-KO-1").out
    assert wirflow("audit verify").code == 0
    again = wirflow("migrate --map map.yaml --apply --format json")
    assert (again.code, again.json["moves"]) == (0, [])


@pytest.mark.usefixtures("changed")
def test_looking_back_shows_a_case_by_the_version_of_that_day(wirflow):
    """Before it was moved, it stood in a state and knew facts that the newest version does not have."""
    wirflow("run --once --on 2021-01-15")
    assert wirflow("migrate --map map.yaml --apply").code == 0
    then = wirflow("status WIR-KO-1 --as-of 2020-12-10 --format json").json
    assert (then["state"], then["definition"]["current"]) == ("approved", False)
    now = wirflow("status WIR-KO-1 --as-of 2021-01-15 --format json").json
    assert (now["state"], now["definition"]["current"]) == ("granted", True)
    assert now["since"] == then["since"] == wirflow("status WIR-KO-1 --format json").json["since"]
    assert "focus" in wirflow("status WIR-PG --as-of 2020-12-10 --format json").json["data"]
    assert "Bewilligt" in wirflow("status --as-of 2020-12-10").out
    assert wirflow("audit").code == 0


@pytest.mark.usefixtures("changed")
def test_only_what_is_asked_for_moves(wirflow):
    """One case, or one workflow; an unknown name is told with the near one."""
    said = wirflow("migrate --map map.yaml --apply --case WIR-KO-1 --format json")
    assert list(moves(said)) == ["WIR-KO-1"]
    assert "neuesten Fassung" in wirflow("migrate --case WIR-KO-1").out
    said = wirflow("migrate --workflow position --format json")
    assert {item["workflow"] for item in said.json["moves"]} == {"position"}
    assert wirflow("migrate --case WIR-KO-11").code == 2
    assert "WIR-KO-1" in wirflow("migrate --case WIR-KO-11").err
    assert wirflow("migrate --workflow positoin").code == 2


@pytest.mark.usefixtures("changed")
def test_a_case_that_stays_makes_the_call_fail_and_the_others_move(wirflow):
    """Exit code 1, the case listed with its reasons, and everybody else on the newest version."""
    said = wirflow("migrate --apply --lang en")
    assert said.code == 1
    assert "✗ The new version has no state" in said.out
    assert "Moved: 12, stayed: 4." in said.out
    assert wirflow("status WIR-SB --format json").json["definition"]["current"] is True
    assert wirflow("status WIR-KO-1 --format json").json["definition"]["current"] is False
    assert "WIR-KO-1" in wirflow("migrate").out


@pytest.mark.usefixtures("changed")
def test_the_csv_has_one_line_for_each_case(wirflow):
    """Key, result, versions, states, and what changes."""
    said = wirflow("migrate --map map.yaml --format csv")
    lines = list(csv.DictReader(io.StringIO(said.out)))
    assert len(lines) == 16
    line = next(line for line in lines if line["key"] == "WIR-KO-1")
    assert (line["result"], line["from"], line["to"]) == ("planned", "approved", "granted")
    assert said.err == ""


@pytest.mark.parametrize("lang", ["de", "en"])
@pytest.mark.usefixtures("changed")
def test_people_read_it_in_their_language(wirflow, lang):
    """Versions, differences, cases and what to do next."""
    out = wirflow(f"migrate --map map.yaml --lang {lang}").out
    words = {
        "de": ("Fassungen", "Zustand approved (2): wird granted", "approved → granted", "Umzustellen: 16"),
        "en": ("Versions", "State approved (2): becomes granted", "approved → granted", "To be moved: 16"),
    }[lang]
    for word in words:
        assert word in out
    assert wirflow(f"migrate --map map.yaml --lang {lang} --case WIR-PG").out.count("focus → emphasis") == 1


@pytest.mark.usefixtures("changed")
def test_a_moved_deadline_is_told_with_its_derivation(wirflow):
    """Where it was, where it is, and the way that leads there, in the plan and for programs."""
    out = wirflow("migrate --case VN-KO-1").out
    assert "~ Verwendungsnachweis vorzulegen: 30.06.2022 → 30.09.2022" in out
    assert "neun Monate" in out
    assert "Erinnerungen: 3 verschoben" in out
    case = moves(wirflow("migrate --case VN-KO-1 --format json --lang en"))["VN-KO-1"]
    (due,) = [item for item in case["deadlines"] if item["kind"] == "due"]
    assert (due["change"], due["due_before"], due["deadline"]["due"]) == ("moved", "2022-06-30", "2022-09-30")
    assert due["deadline"]["steps"]


@pytest.mark.usefixtures("changed")
def test_doctor_counts_the_cases_on_older_versions(wirflow):
    """After new versions were taken over, and until the cases have moved."""
    wirflow("migrate")
    sign = next(item for item in wirflow("doctor --format json").json if item["name"] == "versions")
    assert (sign["grade"], "16" in sign["text"]) == ("note", True)
    wirflow("migrate --map map.yaml --apply")
    sign = next(item for item in wirflow("doctor --format json").json if item["name"] == "versions")
    assert sign["grade"] == "good"


def test_what_has_ended_stays_unless_all_is_said(wirflow, later):
    """Cases in final states are counted and left alone."""
    source = (content.shipped("workflows") / "grant_application.yaml").read_text(encoding="utf-8")
    (later / "workflows" / "grant_application.yaml").write_text(
        source.replace("Förderantrag", "Antrag auf Förderung"), encoding="utf-8"
    )
    said = wirflow("migrate --workflow grant_application --lang en")
    assert "At an end and still on older versions: 2" in said.out
    assert "WIR-KO-1" not in said.out
    assert "↑" not in wirflow("status WIR-KO-1").out
    said = wirflow("migrate --workflow grant_application --all --apply --format json")
    assert moves(said)["WIR-KO-1"]["result"] == "moved"


def test_a_map_with_errors_moves_nothing(wirflow, changed):
    """All errors are told with file, line and column before anything happens."""
    (changed / "map.yaml").write_text(
        "workflow: grant_application\n"
        "states: {aproved: granted, approved: grantd}\n"
        "fields: {focus: }\n"
        "deadlines: {award_end: award_ends}\n"
        "set: {part_of: old.part_off, nothing: '1'}\n"
        "else: 1\n",
        encoding="utf-8",
    )
    before = rows(changed)
    said = wirflow("migrate --map map.yaml --apply --lang en")
    assert said.code == 1
    for place in ("2:10", "2:38", "3:17", "4:24", "5:16", "5:30", "6:1"):
        assert f"map.yaml:{place}" in said.err, place
    assert rows(changed) == before
    assert wirflow("migrate --map nowhere.yaml").code == 2
    (changed / "map.yaml").write_text(MAP, encoding="utf-8")
    twice = wirflow("migrate --map map.yaml --map map.yaml")
    assert (twice.code, "map.yaml:1:1" in twice.err) == (1, True)


def test_who_moves_cases_is_named(wirflow, changed):
    """An unknown person moves nothing."""
    before = rows(changed)
    said = wirflow("migrate --map map.yaml --apply --as amtsleitng")
    assert said.code == 2
    assert "amtsleitung" in said.err
    assert rows(changed) == before
