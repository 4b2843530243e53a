"""The program that replays event logs: any log comes through, whole and in its order."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.crash.checker import check
from tests.examples.example import load
from tests.examples.permit_log import CASES, EVENTS, made_up, write_csv, write_xes
from wirflow.definition.reader import read_workflow_text
from wirflow.office import Office, create

if TYPE_CHECKING:
    from pathlib import Path

log = load("replay_log")


@pytest.fixture(scope="module")
def lines():
    """The made-up log."""
    return made_up()


def office_in(folder: Path, url: str | None = None) -> Office:
    """An office in which one function may do everything."""
    create.create(folder, lang="en", database=url).database.close()
    toml = folder / "wirflow.toml"
    words = toml.read_text(encoding="utf-8").replace('roles = ["clerk"]', 'roles = ["clerk", "office"]')
    toml.write_text(words.replace("land =", 'person = "clerk"\nland =', 1), encoding="utf-8")
    return Office.find(str(folder))


def test_the_made_up_log_has_the_shape_of_a_real_one(lines):
    """So many cases, events and activities, with equal moments and with loops."""
    assert (len(lines), len({line.case for line in lines})) == (EVENTS, CASES)
    assert len({line.activity for line in lines}) == 27
    assert max(Counter((line.case, line.at) for line in lines).values()) > 3
    assert max(Counter((line.case, line.activity) for line in lines).values()) > 3
    assert lines != sorted(lines, key=lambda line: line.at)


def test_both_formats_say_the_same(tmp_path, lines):
    """The log that was written as CSV and as XES is read as the same events, umlauts and moments included."""
    write_csv(lines, tmp_path / "log.csv")
    write_xes(lines, tmp_path / "log.xes")
    table, xes = log.read(tmp_path / "log.csv"), log.read(tmp_path / "log.xes")
    by_case = [sorted(events, key=lambda event: event.case) for events in (table, xes)]
    assert by_case[0] == by_case[1]
    assert len(table) == EVENTS
    assert {event.activity for event in table} == {line.activity for line in lines}


@pytest.mark.parametrize("flower", [False, True])
def test_a_whole_log_is_replayed(tmp_path, database_url, lines, flower):
    """Every event is in the trail of its case, at its moment, in its order; no rule of the log is refused."""
    few = {line.case for line in lines[:: 60 if flower else 20]}
    write_csv([line for line in lines if line.case in few], tmp_path / "log.csv")
    events = log.read(tmp_path / "log.csv")
    office = office_in(tmp_path / "office", database_url)
    log.workflow_for(office, "log", events, flower=flower)
    done = log.replay(office, "log", events, actor="clerk", known=log.names(events))
    assert (done.cases, done.events, done.refused) == (len(few), len(events), [])
    known = log.names(events)
    for case in few:
        trail = [entry for entry in office.engine.history(case) if entry.event not in {"start", log.CLOSE}]
        own = [event for event in events if event.case == case]
        assert [entry.event for entry in trail] == [known[event.activity] for event in own]
        assert [datetime.fromisoformat(entry.occurred_at) for entry in trail] == [event.at for event in own]
        assert office.engine.look(case).case.state == "closed"
    office.database.close()
    assert check(database_url) == []


def test_names_are_names_and_each_its_own():
    """Whatever activities are called, their events are called differently, as the language allows."""
    at = datetime(2011, 1, 1, tzinfo=UTC)
    odd = [
        "Prüfung!",
        "Prüfung?",
        "pruefung",
        "1. Schritt",
        "§§",
        "日本",
        "log_ends",
        "Closed",
        "begun",
        "x" * 200,
        "x" * 201,
    ]
    events = [log.Event("C-1", activity, at + timedelta(days=day)) for day, activity in enumerate(odd)]
    known = log.names(events)
    assert len(set(known.values())) == len(odd)
    for flower in (False, True):
        text = log.definition(events, "log", flower=flower)
        workflow = read_workflow_text(text).checked()["log"]
        assert set(known.values()) < set(workflow.events)


def test_what_the_rules_refuse_is_told_and_the_case_goes_on(tmp_path, capsys, monkeypatch):
    """A log that breaks the rules of a workflow of the office's own comes to an end, and says where."""
    write_csv(made_up()[:0], tmp_path / "log.csv")
    with (tmp_path / "log.csv").open("a", encoding="utf-8") as file:
        file.write("C-1,Ende,2011-01-02T10:00:00,\nC-1,Anfang,2011-01-01T10:00:00,x\n")
        file.write("C-2,Ende,2011-01-01T10:00:00Z,\nC-2,Anfang,2011-01-02T10:00:00Z,x\n")
    office = office_in(tmp_path / "office")
    rules = log.definition([event for event in log.read(tmp_path / "log.csv") if event.case == "C-1"], "log")
    (office.folder / "workflows" / "log.yaml").write_text(rules, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["replay_log.py"])
    assert log.main([str(tmp_path / "log.csv"), str(office.folder)]) == 1
    words = capsys.readouterr().out
    assert "2 cases, 4 events, 1 refused" in words
    assert "C-2 2011-01-01T10:00:00+00:00 Ende" in words
    assert office.engine.look("C-1").case.state == "closed"
    assert office.engine.look("C-2").case.state == "anfang"
    office.database.close()


def test_a_clock_that_went_back_within_a_case_is_no_hindrance(tmp_path):
    """An event that counts before the one recorded last is taken, in the order in which it was recorded."""
    office = office_in(tmp_path / "office")
    at = datetime(2011, 1, 1, 10, tzinfo=UTC)
    events = [
        log.Event("C-1", name, at + timedelta(hours=hours)) for name, hours in (("a", 0), ("b", 9), ("c", 3))
    ]
    log.workflow_for(office, "log", events, flower=True)
    assert log.replay(office, "log", events, actor="clerk", known=log.names(events)).refused == []
    trail = office.engine.history("C-1")
    assert [entry.event for entry in trail] == ["start", "a", "b", "c", log.CLOSE]
    office.database.close()
