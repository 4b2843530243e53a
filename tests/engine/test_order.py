"""The order of due times, also where a timer is only armed while a backlog is drained."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.crash.checker import check
from tests.support import new, open_office
from wirflow.audit.note import SecretKey
from wirflow.definition.reader import read_workflows
from wirflow.engine import NewCase

DUTY = Path(__file__).parents[1] / "crash" / "duty"


@pytest.mark.parametrize("cases", [1, 3])
def test_what_is_armed_on_the_way_takes_its_turn(tmp_path, database_url, cases):
    """Five years of monthly ticks are all caught up before the end that was armed first of all."""
    workflow = read_workflows([DUTY / "duty.yaml"]).checked()["duty"]
    office = open_office(tmp_path, database_url, workflow)
    for path in (DUTY / "templates").iterdir():
        (tmp_path / "templates" / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    days = {"begins": date(2016, 1, 31), "ends": date(2020, 12, 31)}
    twins = [
        NewCase(
            workflow="duty",
            key=f"D-{number}{name}",
            data=days,
            links={"twin": f"D-{number}{twin}"},
            sources={},
        )
        for number in range(cases)
        for name, twin in (("a", "b"), ("b", "a"))
    ]
    office.engine.start_all(twins, actor="ada", occurred_at=datetime(2016, 1, 1, 12, tzinfo=UTC))
    done = office.engine.drain()
    assert (done.refused, done.failed) == (0, 0)
    rows = office.rows("SELECT state, data FROM cases")
    counted = [(state, json.loads(data)["ticks"], json.loads(data)["heard"]) for state, data in rows]
    # The last tick would come in the very instant of the end, which was armed before it.
    assert counted == [("over", 59, 59)] * (2 * cases)
    office.database.close()
    assert check(database_url, now="2021-01-04T09:00:00.000000Z") == []


def test_a_clock_set_back_leaves_the_log_in_order(tmp_path, database_url):
    """An entry is sealed and shown after the one before it, also if the clock says otherwise."""
    office = open_office(tmp_path, database_url)
    office.engine.start_all([new("G-1"), new("G-2")], actor="ada")
    office.at("2021-01-04T08:00:00").engine.submit("G-2", "edit", actor="ada", given={"note": "earlier"})
    office.engine.submit("G-2", "submit", actor="ada")
    wanted = [("G-1", 1), ("G-2", 1), ("G-2", 2), ("G-2", 3)]
    assert [(entry.case, entry.seq) for entry in office.engine.history()] == wanted
    office.engine.seal(SecretKey.create("office.example"))
    office.database.close()
    assert check(database_url) == []


def test_a_reminder_leaves_the_deadline_that_it_reminds_of(tmp_path):
    """Of a recurring deadline, too, each due day comes after its reminder, and both are told."""
    office = open_office(tmp_path, None, read_workflows([DUTY / "duty.yaml"]).checked()["duty"])
    for path in (DUTY / "templates").iterdir():
        (tmp_path / "templates" / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    days = {"begins": date(2021, 2, 10), "ends": date(2023, 1, 31)}
    office.engine.start(NewCase(workflow="duty", key="D-1", data=days, links={}, sources={}), actor="ada")
    for moment in (
        "2021-01-28T00:00:00",
        "2021-02-11T00:00:00",
        "2022-01-28T00:00:00",
        "2022-02-11T00:00:00",
    ):
        office.at(moment).engine.drain()
        office.engine.submit("D-1", "remark", actor="ada", given={"note": moment})
    reports = office.rows("SELECT kind, substr(due_at, 1, 10), status FROM timers WHERE name = 'report'")
    assert reports[:4] == [
        ("reminder", "2021-01-26", "fired"),
        ("due", "2021-02-10", "fired"),
        ("reminder", "2022-01-26", "fired"),
        ("due", "2022-02-10", "fired"),
    ]
    assert office.rows("SELECT count(*) FROM outbox WHERE kind = 'due'") == [(4,)]  # two readers
    office.database.close()
