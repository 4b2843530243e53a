"""`wirflow simulate` and `wirflow forecast`, as people call them."""

from __future__ import annotations

import csv
import io
import json
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest
import typer

from wirflow.cli.app import localized
from wirflow.cli.desk import Desk
from wirflow.errors import InputError
from wirflow.office import practice

PLAN = """\
plan: late
title: {de: Zu spät, en: Too late}
steps:
  - {at: 2020-12-14, do: WIR-KO-2 submit, as: sachbearbeitung, set: {amount_requested: 60000}}
  - {at: 2021-01-10, do: WIR-KO-2 approve, as: amtsleitung,
     set: {decided_on: 2021-01-05, award_starts: 2021-03-01, award_ends: 2021-12-31, amount_per_year: 60000}}
"""


@pytest.fixture(scope="module", name="folder")
def demo_office(tmp_path_factory):
    """A practice office with the council paper."""
    folder = tmp_path_factory.mktemp("demo") / "office"
    office, _ = practice.demo(folder, lang="de")
    office.close()
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return folder


@pytest.fixture(name="call")
def caller(folder, capsys, monkeypatch):
    """Runs a command in that office: exit code, stdout, stderr."""
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.chdir(folder)

    def run(name: str, *args: str):
        desk = Desk()
        command = localized(typer.main.get_command(import_module(f"wirflow.cli.{name}").app), desk.lang)
        try:
            code = command.main(args=list(args), prog_name=name, standalone_mode=False, obj=desk)
        finally:
            desk.close()
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code or 0, out=out, err=err)

    return run


def test_what_lapses_if_nobody_acts(call):
    """The table tells each lapse with its law and its states, and the database stays as it was."""
    before = Path("wirflow.db").read_bytes()
    found = call("simulate", "--until", "2022-12-31")
    assert found.code == 0
    assert "Läuft aus · verfallen" in found.out
    assert "Bewilligt → Ausgelaufen" in found.out
    assert "§ 36 Abs. 2 Nr. 1 HVwVfG" in found.out
    assert Path("wirflow.db").read_bytes() == before


def test_a_refused_step_shows_and_gives_exit_code_1(call):
    """A plan whose step is refused is simulated to its end, and the refusal stands in its place."""
    found = call("simulate", "--until", "2021-06-30", "--plan", "plan.yaml", "--format", "json")
    course = json.loads(found.out)
    assert found.code == 1
    (refused,) = [item for item in course["happenings"] if item["refused"]]
    assert (refused["case"], refused["event"], refused["day"]) == ("WIR-KO-2", "approve", "2021-01-10")
    assert "Organisationseinheit" in refused["refused"]
    assert course["cases"]["WIR-KO-2"] == "submitted"


def test_every_happening_is_a_line_of_csv(call):
    """CSV and JSON have the same happenings in the same order."""
    rows = list(csv.DictReader(io.StringIO(call("simulate", "--until", "2021-12-31", "--format", "csv").out)))
    items = json.loads(call("simulate", "--until", "2021-12-31", "--format", "json").out)["happenings"]
    assert [(row["case"], row["event"], row["day"]) for row in rows] == [
        (item["case"], item["event"], item["day"]) for item in items
    ]
    assert any(row["lapse"] == "true" for row in rows)


def test_two_plans_side_by_side(call):
    """A comparison names only the cases that end otherwise, and the money of both."""
    found = call("simulate", "--until", "2021-12-31", "--compare", "plan.yaml", "--format", "json")
    both = json.loads(found.out)
    assert both["differences"] == [{"case": "WIR-KO-2", "states": ["prospect", "submitted"]}]
    assert [plan["plan"] for plan in both["plans"]] == ["-", "late"]
    assert {plan["money"]["approved"] for plan in both["plans"]} == {"50000.00"}
    table = call("simulate", "--until", "2021-12-31", "--compare", "plan.yaml")
    assert "Zu spät" in table.out
    assert "Nicht erlangt" in table.out
    assert call("simulate", "--compare", "plan.yaml", "--format", "csv").out.startswith("case,first,second\n")


def test_the_forecast_of_the_paper(call, tmp_path):
    """The table has the ceiling of 720,000 €, and says what is unknown in words."""
    found = call("forecast", "--svg", str(tmp_path / "money.svg"))
    assert found.code == 0
    assert "720.000,00 €" in found.out
    assert "unbekannt (4)" in found.out
    assert (tmp_path / "money.svg").read_text(encoding="utf-8").startswith("<svg")
    total = json.loads(call("forecast", "--format", "json").out)["total"]
    assert (total["approved"], total["prospective"], total["cost"]) == ("50000.00", "670000.00", None)
    rows = list(csv.DictReader(io.StringIO(call("forecast", "--plan", "plan.yaml", "--format", "csv").out)))
    assert [row["year"] for row in rows] == ["2021", "2022", "2023", "2024", "2025", ""]


def test_the_picture_of_a_course(call, tmp_path):
    """`--svg` writes the timeline beside the table, and says where on stderr."""
    found = call("simulate", "--svg", str(tmp_path / "time.svg"))
    assert "time.svg" in found.err
    assert "WIR-KO-1" in (tmp_path / "time.svg").read_text(encoding="utf-8")


def test_two_plans_stand_under_each_other_in_the_picture(call, tmp_path):
    """`--compare` with `--svg` draws both courses, each under the title of its plan."""
    call("simulate", "--compare", "plan.yaml", "--svg", str(tmp_path / "both.svg"))
    root = ET.parse(tmp_path / "both.svg").getroot()  # noqa: S314 - drawn by ourselves a line ago
    inner = root.find("{http://www.w3.org/2000/svg}svg")
    assert inner is not None
    first, second = (item.findtext("{http://www.w3.org/2000/svg}title") for item in (root, inner))
    assert ("Niemand handelt" in first, "Zu spät" in second) == (True, True)
    assert float(root.get("height")) == float(inner.get("y")) + float(inner.get("height"))


def test_nothing_is_foreseen_of_the_past(call):
    """A day that lies behind is wrong use, and it is said where to look instead."""
    with pytest.raises(InputError, match="2020-01-01 lies before 2020-12-10") as caught:
        call("simulate", "--until", "2020-01-01")
    assert caught.value.hint is not None
    assert "audit show" in caught.value.hint.en
