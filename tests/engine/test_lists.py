"""Lists and spans through the engine: kept by both databases, told by the trail, counted by the law."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.definition.test_lists import FACTS, TYPES
from tests.support import Office, new, open_office, replace
from wirflow.definition.reader import read_workflow_text
from wirflow.definition.span import Span
from wirflow.reports.cases import data_json
from wirflow.reports.rows import differences

if TYPE_CHECKING:
    from pathlib import Path

    from wirflow.definition.model import Workflow

NAMES = "  ends: {type: date}\n  names: {type: list, of: text, personal: true}"
NOTES = TYPES.replace("  ends: {type: date}", NAMES).replace(
    "transitions: {go: {from: a, to: b, by: [clerk]}}",
    """
corrections: {by: [clerk]}
transitions:
  go: {from: a, to: b, by: [clerk]}
  halt: {from: a, by: [clerk], set: {pauses: "pauses + [span(ends, today)]"}}
deadlines:
  over: {while: a, from: ends, period: P1M, rule: bgb-191, given: {suspended: pauses}, fire: go}
""",
)


def started(folder: Path, definition: Workflow, url: str | None = None, **data: object) -> Office:
    """An office with one case of the workflow."""
    office = open_office(folder, url, workflow=definition)
    case = replace(new("K-1", data=data), workflow=definition.name)
    assert isinstance(office.engine.start_all([case], actor="ada"), list)
    return office


def test_facts_come_back_from_both_databases_as_they_were(tmp_path, database_url):
    """A case with lists, spans and a personal list is read as it was given, now and as of that day."""
    definition = read_workflow_text(NOTES).checked()["w"]
    facts = {**FACTS, "names": ("Stelle 1", "Stelle, 2")}
    office = started(tmp_path, definition, database_url, **facts)
    stored = office.engine.look("K-1")
    assert stored.case.data == facts
    shown = json.loads(json.dumps(data_json(definition, stored.case)))
    assert shown["pauses"] == ["2021-01-01/2021-01-02"]
    assert shown["rates"] == ["20.50", "3.00"]
    assert shown["counts"] == []


def test_a_personal_list_is_only_committed_to(tmp_path):
    """The trail names no item of a personal list, and every item of another one."""
    definition = read_workflow_text(NOTES).checked()["w"]
    office = started(tmp_path, definition, names=("Geheim",), words=("offen",))
    (entry,) = office.engine.history("K-1")
    assert set(entry.body["changes"]["names"][1]) == {"commitment"}
    assert entry.body["changes"]["words"] == [None, ["offen"]]
    assert office.engine.look("K-1").case.data["names"] == ("Geheim",)


def test_suspended_days_move_a_deadline(tmp_path):
    """Of a month of 30 days 19 were suspended: it ends 19 days later (§ 191 BGB)."""
    definition = read_workflow_text(NOTES).checked()["w"]
    office = started(tmp_path, definition, ends=date(2021, 1, 1), pauses=())
    office.at("2021-01-20 10:00")
    outcome = office.engine.submit("K-1", "halt", actor="ada")
    assert outcome.decision.case.data["pauses"] == (Span(date(2021, 1, 1), date(2021, 1, 20)),)
    (before,), (after,) = outcome.decision.cancel, outcome.decision.arm
    assert before.deadline.due == date(2021, 1, 31)
    assert after.deadline.due - before.deadline.due == timedelta(days=19)


def test_a_correction_takes_a_list(tmp_path):
    """A whole list is put right by another one, and the trail has both."""
    definition = read_workflow_text(NOTES).checked()["w"]
    office = started(tmp_path, definition, words=("a", "b"))
    office.engine.submit("K-1", "correct", actor="ada", given={"words": ("a",)}, reason="Schreibfehler")
    assert office.engine.history("K-1")[-1].body["changes"]["words"] == [["a", "b"], ["a"]]
    assert office.engine.look("K-1").case.data["words"] == ("a",)


CLEARED = """
wirflow: 1
workflow: w
roles: {clerk: {}}
fields:
  note: {type: text}
  name: {type: text, personal: true}
  before: {type: text}
  ends: {type: date}
states: {a: {initial: true}, b: {final: true}}
transitions:
  edit: {from: a, by: [clerk], input: {note: optional, name: optional, ends: optional}}
  forget:
    from: a
    by: [clerk]
    requires: [{when: "has(note)", else: x}]
    set: {before: note}
    clear: [note, name, ends]
  close: {from: a, to: b, by: [clerk], when: "!has(note)"}
  lapse: {from: a, to: b}
deadlines:
  term: {while: a, on: ends, fire: lapse}
"""


def test_facts_are_made_absent(tmp_path, database_url):
    """`set` sees what `clear` takes away; a personal fact is gone for good, and its deadline with it."""
    definition = read_workflow_text(CLEARED).checked()["w"]
    data = {"note": "alt", "name": "Stelle", "ends": date(2021, 6, 1)}
    office = started(tmp_path, definition, database_url, **data)
    outcome = office.engine.submit("K-1", "forget", actor="ada")
    assert [timer.name for timer in outcome.decision.cancel] == ["term"]
    assert office.engine.look("K-1").case.data == {"before": "alt"}
    body = office.engine.history("K-1")[-1].body
    assert body["changes"] == {
        "before": [None, "alt"],
        "ends": ["2021-06-01", None],
        "name": [None, None],
        "note": ["alt", None],
    }
    office.engine.submit("K-1", "edit", actor="ada", given={"name": "Neu"})
    assert office.engine.look("K-1").case.data == {"before": "alt", "name": "Neu"}
    with office.database.reading() as session:
        assert differences(session) == []


ESCALATED = """
wirflow: 1
workflow: w
roles: {clerk: {}, lead: {}}
fields: {ends: {type: date}}
states: {a: {initial: true}}
transitions:
  call: {from: a, by: [clerk]}
  write: {from: a, by: [clerk]}
  look: {from: a, by: [clerk]}
deadlines:
  term:
    while: a
    on: ends
    notice: {template: ending, to: [clerk]}
    remind: [P1D]
    escalate: {after: P5D, to: [lead], unless: [call, write]}
"""


@pytest.mark.parametrize(("event", "heard"), [("look", True), ("call", False), ("write", False)])
def test_one_of_several_events_makes_an_escalation_needless(tmp_path, event, heard):
    """Any of the events in `unless` will do, and no other."""
    definition = read_workflow_text(ESCALATED).checked()["w"]
    office = started(tmp_path, definition, ends=date(2021, 1, 10))
    office.at("2021-01-12 09:00").engine.drain()
    office.engine.submit("K-1", event, actor="ada")
    office.at("2021-02-01 09:00").engine.drain()
    kinds = [entry.body["timer"]["kind"] for entry in office.engine.history("K-1") if "timer" in entry.body]
    assert ("escalation" in kinds) is heard


def test_a_correction_says_that_nothing_is_known(tmp_path):
    """What was recorded by mistake is absent afterwards; only a correction says so."""
    text = CLEARED.replace("roles: {clerk: {}}", "roles: {clerk: {}}\ncorrections: {by: [clerk]}").replace(
        "before: {type: text}", "before: {type: text, required: true}"
    )
    definition = read_workflow_text(text).checked()["w"]
    office = started(tmp_path, definition, note="alt", name="Stelle", before="x", ends=date(2021, 6, 1))

    def correct(event: str, *cleared: str) -> object:
        return office.engine.submit("K-1", event, actor="ada", cleared=cleared, reason="Irrtum")

    assert correct("correct", "before").code == "missing-input"
    assert correct("edit", "note").code == "missing-input"
    assert correct("correct", "nothing").code == "unknown-input"
    outcome = correct("correct", "name", "ends")
    assert [timer.name for timer in outcome.decision.cancel] == ["term"]
    assert office.engine.look("K-1").case.data == {"note": "alt", "before": "x"}
    with office.database.reading() as session:
        assert differences(session) == []
