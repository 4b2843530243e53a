"""Definitions are proved sound, and broken ones are caught for the right reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wirflow.definition.check import check
from wirflow.definition.paths import Paths
from wirflow.definition.reader import Reading, read_workflow_text, read_workflows
from wirflow.errors import UnknownNameError
from wirflow.text import Text

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))
EXPECTED = re.compile(r"([a-z-]+)@(?:(\d+):)?(\d+)")
HEAD = "wirflow: 1\nworkflow: {name}\nroles: {{clerk: {{}}}}\nlinks: {{next: {{workflow: {next}}}}}\n"
BODY = "states: {draft: {initial: true}, done: {final: true}}\ntransitions:\n"


def templates(name, _workflow, _with_deadline):
    """There is one template, `letter`, and nothing is wrong with it."""
    return (
        () if name == "letter" else (Text(f"Die Vorlage {name} fehlt.", f"The template {name} is missing."),)
    )


def expected_of(path: Path) -> list[tuple[str, int, int]]:
    """What a broken file says about itself, behind `!!`."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        for code, row, column in EXPECTED.findall(line.partition("!! ")[2]):
            found.append((code, int(row or number), int(column)))
    return sorted(found, key=lambda item: (item[1], item[2], item[0]))


def found_in(path: Path) -> list[tuple[str, int, int]]:
    """What reader and checks find in a file."""
    reading = read_workflows([HERE / "companion.yaml", path])
    findings = (*reading.findings, *check(reading, template_problems=templates))
    assert {item.place.file for item in findings} == {str(path)}
    assert all(item.message.de != item.message.en for item in findings)
    rows = [(item.code, item.place.line, item.place.column) for item in findings]
    return sorted(rows, key=lambda item: (item[1], item[2], item[0]))


@pytest.mark.parametrize("path", BROKEN, ids=[path.stem for path in BROKEN])
def test_a_broken_definition_is_caught_for_the_right_reason(path):
    """Each broken file gives exactly the findings that it names, at their places."""
    expected = expected_of(path)
    assert expected
    assert found_in(path) == expected


def test_there_are_many_broken_definitions():
    """Most kinds of findings have their example."""
    assert len(BROKEN) >= 30
    assert len({code for path in BROKEN for code, _, _ in expected_of(path)}) >= 40


def test_sound_definitions_have_no_findings():
    """What uses every key rightly is accepted, with the templates of both kinds."""
    reading = read_workflows([HERE / "companion.yaml", HERE / "sound.yaml"])
    assert reading.findings == ()
    assert check(reading, template_problems=templates) == ()
    assert check(reading) == ()


def test_the_shipped_workflows_are_sound():
    """What ships with wirflow is proved, without a warning."""
    root = HERE.parent.parent
    reading = read_workflows(sorted((root / "workflows").glob("*.yaml")))
    assert [item.line("en") for item in check(reading)] == []


def test_templates_are_tried_for_events_and_for_deadlines():
    """Each template is tried once for each kind of notice; what is wrong stands at its name."""
    tried = []

    def problems(name, workflow, with_deadline):
        tried.append((name, workflow.name, with_deadline))
        return [Text("krumm", "bent")] if with_deadline else []

    reading = read_workflows([HERE / "companion.yaml", HERE / "sound.yaml"])
    findings = check(reading, template_problems=problems)
    assert tried == [("letter", "sound", False), ("letter", "sound", True)]
    assert [(item.code, item.message.en) for item in findings] == [("template", "bent")]
    line = (HERE / "sound.yaml").read_text(encoding="utf-8").split("\n")[findings[0].place.line - 1]
    assert line[findings[0].place.column - 1 :].startswith("letter, to: [clerk, lead]")


def test_a_rule_of_fixed_length_takes_no_period():
    """Where the law alone sets the period, a definition cannot."""
    text = HEAD.format(name="a", next="a") + BODY
    text += "  go: {from: draft, to: done, by: clerk, input: [x]}\nfields: {x: {type: date}}\n"
    text += "deadlines: {d: {while: draft, from: x, rule: vwvfg-41-2, period: P9D}}\n"
    findings = check(read_workflow_text(text))
    assert [item.code for item in findings] == ["fixed-period"]


def test_rules_come_from_whoever_checks():
    """An office's own rules are known if its catalogue is given."""

    def none(name):
        raise UnknownNameError(Text("Die Regel", "The rule"), name, ["no-rolls"])

    reading = read_workflows([HERE / "companion.yaml", HERE / "sound.yaml"])
    findings = check(reading, known_rules=none)
    assert {item.code for item in findings} == {"unknown-rule"}
    assert len(findings) == 4
    assert findings[0].hint == Text("Meinten Sie 'no-rolls'?", "Did you mean 'no-rolls'?")


TELL = "{to: next, event: go}"


def workflow(name: str, other: str, tell: str = TELL) -> str:
    """A workflow whose event `go` tells another one something."""
    go = f"  go: {{from: draft, to: done, by: clerk, tell: {tell}}}\n"
    return HEAD.format(name=name, next=other) + BODY + go


def read(folder: Path, **texts: str) -> Reading:
    """Several definitions read together."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return read_workflows([folder / f"{name}.yaml" for name in texts])


def test_a_circle_of_signals_is_told_once_with_its_way(tmp_path):
    """A tells b, b tells c, c tells a: one warning, at the first of them, with the round trip."""
    reading = read(tmp_path, b=workflow("b", "c"), c=workflow("c", "a"), a=workflow("a", "b"))
    findings = check(reading)
    assert [(item.code, item.severity) for item in findings] == [("signal-cycle", "warning")]
    assert findings[0].place.file == str(tmp_path / "a.yaml")
    assert findings[0].trace == ("a.go", "b.go", "c.go", "a.go")


def test_a_condition_ends_a_circle_of_signals(tmp_path):
    """Signals that have a condition come to rest, be it their own or that of their transition."""
    told = "{to: next, event: go, when: has(next)}"
    assert check(read(tmp_path, a=workflow("a", "b", told), b=workflow("b", "a"))) == ()
    sometimes = workflow("a", "b").replace("by: clerk", "by: clerk, when: has(next)")
    assert check(read(tmp_path, a=sometimes, b=workflow("b", "a"))) == ()


def test_a_detour_ends_where_it_was():
    """A circle that does not come back to its start is told by those who are in it."""
    text = HEAD.format(name="a", next="a") + BODY
    text += "  first: {from: draft, to: done, by: clerk, tell: {to: next, event: go}}\n"
    text += "  go: {from: draft, to: done, by: clerk, tell: [{to: next, event: go}, {to: next, event: on}]}\n"
    text += "  on: {from: draft, to: done, by: clerk, tell: {to: next, event: go}}\n"
    traces = [item.trace for item in check(read_workflow_text(text))]
    assert traces == [("a.go", "a.go"), ("a.go", "a.on", "a.go")]


def test_what_an_unreadable_file_tells_is_not_known(tmp_path):
    """While a file cannot be read, its silence proves nothing about the others."""
    silent = HEAD.format(name="a", next="a") + BODY + "  go: {from: draft, to: done}\n"
    assert {item.code for item in check(read(tmp_path, a=silent))} >= {"never-usable", "no-way-out"}
    broken = "wirflow: 1\nworkflow: b\nstates: {}\n"
    assert [item.code for item in check(read(tmp_path, a=silent, b=broken))] == ["unused-role"]


def test_known_workflows_tell_too(tmp_path):
    """An event that only a workflow from elsewhere tells is usable; without that one it is not."""
    told = HEAD.format(name="a", next="a") + BODY + "  go: {from: draft, to: done}\n"
    both = read(tmp_path, a=told, b=workflow("b", "a"))
    alone = read(tmp_path, a=told)
    assert "never-usable" in {item.code for item in check(alone)}
    assert [item.code for item in check(alone, known=both.workflows)] == ["unused-role"]


def test_a_signal_to_a_workflow_that_cannot_be_read_is_not_judged(tmp_path):
    """What a broken workflow takes, nobody knows."""
    broken = "wirflow: 1\nworkflow: b\nstates: {x: {}}\n"
    reading = read(tmp_path, a=workflow("a", "b"), b=broken)
    assert [item.code for item in reading.findings] == ["initial-state"]
    assert check(reading) == ()


def test_fields_that_other_workflows_read_are_used():
    """A field may be there for the guards of linked cases only; and a subject uses what it names."""
    a = (
        HEAD.format(name="a", next="a")
        + "fields: {seen: {type: date}, shown: {type: text}, idle: {type: date}}\n"
    )
    a += "subject: '{shown}'\n" + BODY + "  go: {from: draft, to: done, by: clerk}\n"
    reading = read_workflow_text(a)
    assert [item.message.en for item in check(reading)] == [
        "No event takes the field 'seen' and no expression reads it.",
        "No event takes the field 'idle' and no expression reads it.",
    ]
    b = HEAD.format(name="b", next="a") + BODY
    b += "  go: {from: draft, to: done, by: clerk, when: has(next.seen) && key != next.key}\n"
    reader = read_workflow_text(b, known=dict(reading.workflows)).checked()
    assert [item.place.column for item in check(reading, known=reader)] == [51]


def test_paths_are_the_shortest():
    """The way to a state is the one with the fewest events, and ends are found backwards."""
    text = (
        HEAD.format(name="a", next="a")
        + "states: {a: {initial: true}, b: {}, c: {}, d: {final: true}, e: {}}\n"
    )
    text += "transitions:\n  slow: {from: a, to: b, by: clerk}\n  more: {from: b, to: c, by: clerk}\n"
    text += "  fast: {from: a, to: c, by: clerk}\n  end: {from: c, to: d, by: clerk}\n"
    paths = Paths(read_workflow_text(text).workflows["a"], frozenset())
    assert paths.shortest == {"a": (), "b": ("slow",), "c": ("fast",), "d": ("fast", "end")}
    assert paths.ending == {"a", "b", "c", "d"}
