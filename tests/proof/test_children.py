"""What the checker says of workflows that have children: it takes them to stand in any way, at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.core import family
from wirflow.definition import reader
from wirflow.definition.check import check
from wirflow.definition.yaml import read_text
from wirflow.proof import prove
from wirflow.proof.abstract import plainly
from wirflow.proof.answers import KIDS

if TYPE_CHECKING:
    from wirflow.definition.reader import Reading


def reading(*texts: str) -> Reading:
    """The definitions of some texts that know one another."""
    return reader._read([read_text(text, f"<{number}>") for number, text in enumerate(texts)], {})


def codes(*texts: str) -> list[str]:
    """What is found in them, warnings about roles aside."""
    read = reading(*texts)
    assert [item.line("en") for item in read.errors] == []
    found = [*check(read), *prove(read).findings]
    return [item.code for item in found if item.code != "unused-role"]


def test_a_family_has_no_findings():
    """What waits for children is reached and left; what they are told they take."""
    assert codes(family.GRANT, family.REPORT, family.OPINION) == []


def test_questions_become_facts_of_one_linked_case():
    """The same words are the same fact; what starts children needs its days."""
    plain = plainly(family.family()["grant"])
    link = plain.link_by_name[KIDS]
    assert [item.type for item in link.fields] == ["boolean"] * 3
    prove_ = next(item for item in plain.transitions if item.event == "prove")
    assert prove_.when == f"{KIDS}.report_all_r_r_final_1"
    approve = next(item for item in plain.transitions if item.event == "approve")
    assert [rule.when for rule in approve.requires][1:] == ["has(starts)", "has(ends)"]
    assert approve.start == ()
    quiet = family.family()["opinion"]
    assert plainly(quiet) is quiet


def test_what_no_children_can_bring_about_is_found():
    """A condition that contradicts itself stays impossible, whatever children say."""
    grant = family.GRANT.replace(
        'when: "report.all(r, r.final)"', 'when: "report.all(r, r.final) && amount > 5 && amount < 3"'
    )
    assert "never-true" in codes(grant, family.REPORT, family.OPINION)


def test_a_signal_that_no_child_takes_is_found():
    """All kinds of children are asked."""
    opinion = family.OPINION.replace("drop: {from: open, to: dropped}", "drop: {from: dropped, to: given}")
    opinion = opinion.replace("dropped: {final: true}", "dropped: {}")
    skip = "skip: {from: open, to: dropped, by: clerk}"
    opinion = opinion.replace("give: {from: open", f"{skip}\n  give: {{from: open")
    grant = family.GRANT.replace("tell: [{to: children, event: drop}]", "tell: [{to: children, event: dorp}]")
    assert codes(grant, family.REPORT, family.OPINION).count("unknown-event") == 2
    assert codes(family.GRANT, family.REPORT, opinion) == []


def test_no_invariant_speaks_of_children():
    """No run that is looked at has any: the author is told."""
    text = family.GRANT + 'invariants:\n  calm: {always: "report.all(r, r.final)"}\n'
    assert [item.code for item in reading(text, family.REPORT, family.OPINION).findings] == ["unknown-child"]


@pytest.mark.parametrize("rule", ['state != "proven" || has(amount)', 'state != "proven"'])
def test_a_run_that_children_lead_is_told_and_not_played(rule):
    """It says what they say; the engine would need the children themselves."""
    text = family.GRANT + f"invariants:\n  calm: {{always: '{rule}'}}\n"
    read = reading(text, family.REPORT, family.OPINION)
    claims = [item for item in prove(read).claims if item.finding.code == "invariant"]
    assert len(claims) == 1
    assert claims[0].story
    assert "[" in claims[0].story.lines[-1]
    assert "report.all(r, r.final): true" in claims[0].story.lines[-1]
    assert "children_" not in claims[0].finding.line("en")
    assert not claims[0].story.playable
