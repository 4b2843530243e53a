"""What the checker sees of which facts are there, before it tries any value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wirflow.definition import reader
from wirflow.definition.invariant import asked_of
from wirflow.definition.yaml import read_text
from wirflow.proof import prove
from wirflow.proof.oracle import Oracle
from wirflow.proof.presence import keeps
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.definition.reader import Reading

BENEFIT = """
wirflow: 1
workflow: benefit
roles: {clerk: {}}
fields:
  income: {type: money, min: 0}
  members: {type: integer, min: 1, max: 15, required: true}
  decided_on: {type: date}
  pause: {type: span}
states:
  applied: {initial: true}
  granted: {}
  paused: {}
  refused: {final: true}
  ended: {final: true}
transitions:
  decide:
    - from: applied
      to: granted
      by: clerk
      when: "income <= 1500 + 300 * members"
      input: [income, decided_on]
    - {from: applied, to: refused, by: clerk, input: {income: required, decided_on: optional}}
  pause: {from: granted, to: paused, by: clerk, input: [pause]}
  resume: {from: paused, to: granted, by: clerk}
  end: {from: granted, to: ended, by: clerk}
"""


def benefit(rule: str, text: str = BENEFIT) -> Reading:
    """The definition with an invariant."""
    return reader._read([read_text(f"{text}invariants:\n  said: {{always: '{rule}'}}\n", "<1>")], {})


def kept(rule: str, text: str = BENEFIT) -> int | None:
    """What is seen of a rule at once."""
    read = benefit(rule, text)
    workflow = read.checked()["benefit"]
    return keeps(workflow, Oracle(asked_of(workflow)), read.invariants["benefit"][0])


@pytest.mark.parametrize(
    "rule",
    [
        'state != "granted" || has(decided_on)',
        'state != "paused" || (has(decided_on) && has(pause))',
        'state != "applied" || !final',
        "has(members)",
        'state == "applied" || has(income)',
        'state != "applied" || has(income) || true',
    ],
)
def test_what_only_asks_which_facts_are_there_is_seen_at_once(rule):
    """Where a case stands and what is there suffice: no decision has to be tried."""
    assert kept(rule)
    extent = prove(benefit(rule)).extents[1]
    assert (extent.whole, extent.broken, extent.decisions) == (True, False, 0)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ('state != "refused" || has(decided_on)', BENEFIT),
        ('state != "granted" || !has(pause)', BENEFIT),
        (
            'state != "granted" || has(decided_on)',
            BENEFIT.replace(
                "resume: {from: paused, to: granted", "resume: {from: paused, to: granted, clear: decided_on"
            ),
        ),
    ],
)
def test_what_a_run_breaks_is_not_seen_as_kept(rule, text):
    """The full search then finds the run."""
    assert kept(rule, text) is None
    assert "invariant" in [item.finding.code for item in prove(benefit(rule, text)).claims]


@pytest.mark.parametrize(
    "rule",
    ['state != "granted" || income <= 6000', "pause.days < 9", 'key == "a"', 'today > date("1999-01-01")'],
)
def test_what_asks_for_values_is_left_to_the_search(rule):
    """Nothing is claimed of what a fact says."""
    assert kept(rule) is None


def test_a_sum_with_a_product_can_be_exceeded():
    """Both ways of a case are found though the limit is computed from another fact."""
    report = prove(benefit("has(members)"))
    assert [claim.finding.code for claim in report.claims] == []
    assert [extent.whole for extent in report.extents] == [True, True]


COMMITTEE = """
wirflow: 1
workflow: committee
roles: {clerk: {}}
fields:
  yes: {type: integer}
  no: {type: integer}
children: {vote: vote}
states:
  open: {initial: true}
  chosen: {final: true}
  dropped: {final: true}
transitions:
  decide:
    - from: open
      to: chosen
      by: clerk
      when: "vote.count(v, v.state == 'yes') * 2 > size(vote)"
      set: {yes: "vote.count(v, v.state == 'yes')", no: "vote.count(w, w.state == 'no')"}
    - {from: open, to: dropped, by: clerk}
"""
VOTE = """
wirflow: 1
workflow: vote
parent: committee
roles: {clerk: {}}
states: {open: {initial: true}, yes: {final: true}, no: {final: true}}
transitions:
  agree: {from: open, to: yes, by: clerk}
  refuse: {from: open, to: no, by: clerk}
"""


@pytest.mark.parametrize(
    ("rule", "broken"),
    [('state != "chosen" || yes > no', False), ('state != "chosen" || yes > no + 1', True)],
)
def test_children_do_not_contradict_themselves(rule, broken):
    """More than half are more than the others; but nobody says by how many."""
    text = f"{COMMITTEE}invariants:\n  majority: {{always: '{rule}'}}\n"
    read = reader._read([read_text(text, "<1>"), read_text(VOTE, "<2>")], {})
    found = [claim for claim in prove(read).claims if claim.finding.code == "invariant"]
    assert bool(found) is broken
    for claim in found:
        assert "vote.count(v, v.state == 'yes'): " in claim.finding.line("en")


@pytest.mark.parametrize(
    "question",
    [
        "vote.all(v, v.final) && vote.count(v, v.final) < size(vote)",
        "vote.exists(v, v.final) && vote.count(w, w.final) == 0",
        "vote.exists(v, v.final) && size(vote) == 0",
        "vote.count(v, v.final) > size(vote)",
        "vote.count(v, v.state == 'yes') == size(vote) && vote.count(v, v.state == 'no') > 0",
        "vote.count(v, v.final) < 0",
    ],
)
def test_an_answer_that_cannot_be_leads_nowhere(question):
    """A transition that waits for it is never shown by a run."""
    text = COMMITTEE.replace("vote.count(v, v.state == 'yes') * 2 > size(vote)", question)
    read = reader._read([read_text(text, "<1>"), read_text(VOTE, "<2>")], {})
    report = prove(read)
    found = {claim.finding.code for claim in report.claims}
    assert found >= {"never-reached", "never-taken"}


def test_a_constraint_about_the_start_leaves_the_rest_sure():
    """Where it holds whatever the facts are it stands in nobody's way: no dead end is left in doubt."""
    rule = "constraints:\n  - {when: \"state != 'applied' || !has(decided_on)\", else: Not yet.}\n"
    report = prove(benefit("has(members)", BENEFIT + rule))
    assert [claim.finding.code for claim in report.claims] == []
    assert report.extents[0].whole
    never = "constraints:\n  - {when: \"state == 'applied'\", else: Never.}\n"
    assert not prove(benefit("has(members)", BENEFIT + never)).extents[0].whole


def test_what_is_left_open_is_named_up_to_a_number():
    """A hundred places in doubt are no news behind the eighth."""
    extent = prove(benefit("has(members)")).extents[0]
    many = replace(extent, left=tuple(Text.same(f"place {number}") for number in range(20)))
    assert "place 7 and 12 more" in many.text.en
    assert "place 8" not in many.text.de
