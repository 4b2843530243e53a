"""What else the checker proves, shows and says of itself."""

from __future__ import annotations

import pytest
import yaml

from tests.proof.tried import HEAD, HERE, codes, played, small, tried
from wirflow.definition.portfolio import read_portfolio_text
from wirflow.definition.reader import read_workflow_text, read_workflows
from wirflow.proof import DEEP, QUICK, Effort, prove

AWARD = read_workflows([HERE / "award.yaml"]).checked()
TWO = """wirflow: 1
portfolio: two
on: 2021-01-04
as: amt
cases:
  A-1: {workflow: award, data: {holder: X}}
  A-2: {workflow: award, data: {holder: Y}}
invariants:
  one: {INVARIANT}
"""


def stated(invariant: str):
    """The findings about an invariant of a portfolio."""
    read = read_portfolio_text(TWO.replace("{INVARIANT}", invariant), AWARD)
    return [(item.code, item.place.line, item.place.column) for item in read.findings]


@pytest.mark.parametrize(
    ("invariant", "code", "column"),
    [
        ('{always: \'cases["A-3"].state == "over"\'}', "unknown-case", 18),
        ('{always: \'cases["A-1"].state == "ended"\'}', "not-a-choice", 40),
        ("{always: 'cases[\"A-1\"].ends > 3'}", "wrong-type", 36),
        ("{always: 'cases[\"A-1\"].endz == today'}", "unknown-field", 18),
        ("{eventually: 'cases[\"A-1\"].final'}", "wrong-value", 21),
        ("{eventually: final by 2021-02-30}", "wrong-value", 21),
        ("{always: 'true', eventually: final by 2021-02-03}", "always-or-eventually", 3),
        ("{always: 'true', given: whoever_acts}", "always-or-eventually", 25),
        ("{}", "always-or-eventually", 3),
    ],
)
def test_an_invariant_that_asks_for_what_there_is_not_is_found(invariant, code, column):
    """Names, types and states of cases are checked when a portfolio is read, with their columns."""
    assert stated(invariant) == [(code, 9, column)]


def test_a_definition_types_its_invariants():
    """What an invariant of a definition reads has to be there."""
    text = "states: {a: {initial: true, final: true}}\ninvariants:\n  i: {always: 'final && amount > 3'}\n"
    reading = read_workflow_text(HEAD + text)
    assert [item.code for item in reading.findings] == ["unknown-field"]


NESTED = """
states:
  open:
    initial: true
    parallel: true
    states:
      legal: {states: {asked: {initial: true}, given: {final: true}}}
      money: {states: {due: {initial: true}, paid: {final: true}}}
  done: {final: true}
transitions:
  say: {from: open.legal.asked, to: open.legal.given, by: [clerk]}
  pay: {from: open.money.due, to: open.money.paid, by: [lead]}
  join: {from: open, to: done, automatic: true}
"""


def test_regions_and_joins_are_walked_through():
    """Nested states, regions and automatic transitions need nothing of the checker's own."""
    report = small(NESTED + "invariants:\n  never: {always: '!final'}\n")
    assert codes(report) == ["invariant"]
    assert [step.event for step in report.claims[0].story.steps] in (
        ["start", "say", "pay"],
        ["start", "pay", "say"],
    )


def test_constraints_keep_an_invariant():
    """What a constraint refuses breaks no invariant."""
    fields = "fields: {amount: {type: money, min: 0}}\n"
    body = """
states: {a: {initial: true}, b: {final: true}}
transitions:
  raise_it: {from: a, by: [clerk], input: [amount]}
  end: {from: a, to: b, by: [lead]}
invariants: {low: {always: "amount <= 500"}}
"""
    assert codes(small(fields + body)) == ["invariant"]
    kept = "constraints: [{when: 'amount <= 500', else: Zu viel.}]\n"
    assert codes(small(fields + kept + body)) == []


def test_four_eyes_leave_nobody_in_an_office_of_one():
    """In a portfolio only its people act: one person cannot do what needs two."""
    body = """
states: {a: {initial: true}, b: {}, c: {final: true}}
transitions:
  one: {from: a, to: b, by: [clerk]}
  two: {from: b, to: c, by: [clerk], not_by: one}
"""
    workflows = read_workflow_text(HEAD + body)
    people = "people:\n  amt: {name: Amt, roles: [clerk]}\n"
    text = TWO.replace("award", "small").replace("{holder: X}", "{}").replace("{holder: Y}", "{}")
    text = text.replace("cases:", people + "cases:", 1)
    stated = text.replace("{INVARIANT}", "{always: '!cases[\"A-1\"].final'}")
    alone = read_portfolio_text(stated, workflows.workflows).checked()
    assert codes(prove(workflows, portfolios=[alone])) == []
    more = stated.replace("cases:", "  amt2: {name: Zweite, roles: [clerk]}\ncases:", 1)
    both = read_portfolio_text(more, workflows.workflows).checked()
    assert codes(prove(workflows, portfolios=[both])) == ["invariant"]


def test_an_invariant_over_links_is_proved_for_the_cases_of_a_portfolio():
    """What a definition promises of the case behind a link, each case of a portfolio has to keep."""
    body = """
links: {other: {workflow: small}}
states: {a: {initial: true}, b: {final: true}}
transitions:
  go:
    from: a
    to: b
    by: [clerk]
    requires: [{when: "!has(other) || other.state == 'b'", else: Erst der andere.}]
invariants:
  after: {always: "state != 'b' || !has(other) || other.state == 'b'"}
  before: {always: "state != 'b' || !has(other) || other.state == 'a'"}
"""
    reading = read_workflow_text(HEAD + body)
    text = TWO.replace("{workflow: award, data: {holder: X}}", "{workflow: small, links: {other: A-2}}")
    text = text.replace("{workflow: award, data: {holder: Y}}", "{workflow: small}").split("invariants:")[0]
    portfolio = read_portfolio_text(text, reading.workflows).checked()
    report = prove(reading, portfolios=[portfolio])
    assert [(item.code, item.message.en) for item in report.findings] == [
        ("invariant", "This does not always hold: A-1: Before.")
    ]
    assert [step.key for step in report.claims[0].story.steps if step.kind == "act"] == ["A-2", "A-1"]


def test_what_cannot_be_decided_in_time_is_said():
    """An effort that is too small proves nothing, and says so."""
    fields = "fields: {m: {type: money, min: 0, default: 0}, n: {type: money, min: 0, default: 0}}\n"
    body = """
states: {a: {initial: true}, b: {final: true}}
transitions:
  first: {from: a, by: [clerk], input: [m], requires: [{when: "m <= n || m > old.m", else: Nein.}]}
  second: {from: a, by: [clerk], input: [n], requires: [{when: "n <= m || n > old.n", else: Nein.}]}
  end: {from: a, to: b, by: [lead], requires: [{when: "m >= n", else: Nein.}]}
invariants: {more: {always: "state != 'b' || m >= n"}}
"""
    reading = read_workflow_text(HEAD + fields + body)
    tiny = prove(reading, effort=Effort(definition=5, invariant=5, cases=1))
    assert not any(item.whole for item in tiny.extents)
    assert not [item for item in tiny.findings if item.severity == "error"]


def test_the_report_says_how_far_it_looked():
    """Bounds stand in words, in both languages; a small definition is tried to the end."""
    report = small(
        "states: {a: {initial: true}, b: {final: true}}\ntransitions: {go: {from: a, to: b, by: [clerk]}}\n"
    )
    extent = report.extents[0]
    assert extent.whole
    assert "complete" in extent.text.en
    assert "vollständig" in extent.text.de
    assert DEEP.definition > QUICK.definition


def test_a_run_is_told_step_by_step():
    """A line for each step: the day, who, what with which facts, and where the case stands then."""
    fields = "fields: {amount: {type: money, min: 0}}\n"
    body = """
states: {a: {initial: true}, b: {final: true}}
transitions: {go: {from: a, to: b, by: [clerk], input: [amount], reason: true}}
invariants: {never: {always: "!final"}}
"""
    report = small(fields + body)
    assert report.findings[0].trace == (
        "2021-01-04 CASE start ⇒ a",
        "2021-01-04 clerk: CASE go {amount: 100.00} ⇒ b",
    )
    assert "reason: …" in report.claims[0].story.scenario("x")


LINKED = """
fields:
  kind: {type: choice, choices: [a, b], required: true}
  paid: {type: money}
  name: {type: text, required: true}
  count: {type: integer, required: true}
  cost: {type: money, required: true}
  day: {type: date, required: true}
  urgent: {type: boolean, required: true}
  length: {type: period, required: true}
links:
  partner: {workflow: small}
states:
  open: {initial: true}
  done: {final: true}
transitions:
  close:
    from: open
    to: done
    by: [clerk]
    reason: true
    input: {paid: required}
    requires:
      - when: has(partner) && partner.state == 'done' && partner.kind == 'b' && paid > 5
        else: {de: Nein., en: No.}
invariants:
  never_done: {always: 'state != "done"'}
"""


def test_a_run_that_needs_another_case_tells_of_it_and_can_be_played(tmp_path):
    """The other case stands in brackets; the scenario starts it as it has to be, with all that it needs."""
    reading = read_workflow_text(HEAD + LINKED)
    (claim,) = prove(reading).claims
    start, closed = claim.story.lines
    assert closed == "2021-01-04 clerk: CASE close {paid: 105.00} [partner: done {kind: b}] ⇒ done"
    assert start.endswith("⇒ open")
    assert claim.story.playable
    steps = yaml.safe_load(claim.story.scenario("run"))["steps"]
    partner, case, acted, expected = steps
    assert partner["new"]["state"] == "done"
    assert partner["new"]["data"].keys() >= {"kind", "name", "count", "cost", "day", "urgent", "length"}
    assert case["new"]["links"] == {"partner": partner["new"]["key"]}
    assert acted["reason"] == "…"
    assert expected["expect"] == {"CASE": {"state": "done"}}
    assert played(claim, reading, tmp_path) == []


def test_a_refusal_is_told_with_its_sign():
    """A deadline that is refused ends its line with a cross, and the case stands where it stood."""
    claims = tried(HERE / "broken" / "deadline_refused.yaml")[1].claims
    (story,) = [claim.story for claim in claims if claim.finding.code == "deadline-refused"]
    assert story.lines == (
        "2021-01-04 CASE start {ends: 2021-02-18} ⇒ draft",
        "2021-02-19 CASE term: lapse ✗",
    )
