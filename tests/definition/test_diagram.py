"""A picture of a workflow shows every state and every way, and says nothing that the workflow does not."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, strategies as st

from wirflow.definition.diagram import dot, mermaid, svg
from wirflow.definition.model import DeadlineSpec, Role, State, Transition, Workflow
from wirflow.errors import UnknownNameError
from wirflow.text import Text


def text(name: str) -> Text:
    """A title that differs in the two languages."""
    return Text(f"{name} auf Deutsch", f"{name} in English")


WORKFLOW = Workflow(
    name="grant",
    title=text("grant"),
    subject=Text.same("{key}"),
    roles=(Role(name="clerk", title=text("clerk")), Role(name="lead", title=text("lead"))),
    fields=(),
    links=(),
    states=(
        State(name="draft", title=text("draft"), initial=True),
        State(name="end", title=text("end"), tone="waiting"),
        State(name="approved", title=text("approved"), tone="good"),
        State(name="expired", title=text("expired"), tone="bad", final=True),
    ),
    transitions=(
        Transition(event="submit", title=text("submit"), sources=("draft",), target="end", by=("clerk",)),
        Transition(
            event="approve", title=text("approve"), sources=("end",), target="approved", by=("lead", "clerk")
        ),
        # An alternative of the same event looks the same.
        Transition(event="approve", title=text("approve"), sources=("end",), target="approved", by=("lead",)),
        Transition(event="expire", title=text("expire"), sources=("approved", "end"), target="expired"),
        Transition(event="pull", title=text("pull"), sources=("draft",), target="expired"),
        Transition(event="note", title=text("note"), sources=("approved",), target=None, by=("lead",)),
        Transition(
            event="correct",
            title=text("correct"),
            sources=("draft", "end", "approved", "expired"),
            target=None,
            by=("lead",),
        ),
    ),
    deadlines=(
        DeadlineSpec(
            name="term",
            title=text("term"),
            states=("approved",),
            on="x",
            rule="no-roll",
            fire="expire",
        ),
        DeadlineSpec(name="proof", title=text("proof"), states=("expired",), on="x", rule="no-roll"),
    ),
)

ARROWS = {
    ("draft", "end"),
    ("end", "approved"),
    ("approved", "expired"),
    ("end", "expired"),
    ("draft", "expired"),
}


def mermaid_arrows(drawn: str) -> list[tuple[str, str, str]]:
    """The arrows of a Mermaid drawing."""
    return re.findall(r"^  s_(\w+) --> s_(\w+) : (.*)$", drawn, re.MULTILINE)


def dot_arrows(drawn: str) -> list[tuple[str, str, str]]:
    """The arrows of a DOT drawing."""
    return re.findall(r'^  "s_(\w+)" -> "s_(\w+)" \[(.*)\];$', drawn, re.MULTILINE)


@pytest.mark.parametrize("lang", ["de", "en"])
def test_every_state_and_every_way_is_drawn_once(lang):
    """Each state is one box and each way one arrow, with the titles of the language and of no other."""
    for drawn, arrows in (
        (mermaid(WORKFLOW, lang=lang), mermaid_arrows),
        (dot(WORKFLOW, lang=lang), dot_arrows),
    ):
        found = arrows(drawn)
        assert sorted((source, target) for source, target, _ in found) == sorted(ARROWS)
        for state in WORKFLOW.states:
            assert drawn.count(state.title.pick(lang)) == 1
        assert ("in English" in drawn) is (lang == "en")
    assert len(re.findall(r'^  state "[^"]*" as s_\w+$', mermaid(WORKFLOW, lang=lang), re.MULTILINE)) == 4
    assert len(re.findall(r'^  "s_\w+" \[label=', dot(WORKFLOW, lang=lang), re.MULTILINE)) == 4


def test_arrows_say_who_and_what_moves_a_case():
    """Roles, deadlines and signals stand on the arrows that they bring about, and only there."""
    labels = {(source, target): words for source, target, words in dot_arrows(dot(WORKFLOW, lang="en"))}
    assert "clerk in English" in labels["draft", "end"]
    assert "lead in English, clerk in English" in labels["end", "approved"]
    assert "deadline: term" in labels["approved", "expired"]
    assert "deadline" not in labels["end", "expired"]
    assert "by a signal" in labels["end", "expired"]
    assert "by a signal" not in labels["approved", "expired"]


def test_what_leads_nowhere_stands_in_its_state():
    """Events that only change facts and deadlines that only remind stand in the states where they are."""
    for drawn in (mermaid(WORKFLOW, lang="de"), dot(WORKFLOW, lang="de")):
        approved = next(line for line in drawn.splitlines() if "approved auf" in line and "note auf" in line)
        assert "↺" in approved
        assert any(
            "expired auf" in line and "Frist" in line and "proof auf" in line for line in drawn.splitlines()
        )
        assert drawn.count("correct auf Deutsch") == 1
        assert "In jedem offenen Zustand" in drawn


def test_initial_and_final_states_are_marked():
    """One arrow comes from the start, and whatever is final looks final."""
    assert re.findall(r"\[\*\] --> s_(\w+)", mermaid(WORKFLOW, lang="de")) == ["draft"]
    assert re.findall(r"s_(\w+) --> \[\*\]", mermaid(WORKFLOW, lang="de")) == ["expired"]
    drawn = dot(WORKFLOW, lang="de")
    assert re.findall(r'start -> "s_(\w+)"', drawn) == ["draft"]
    assert re.findall(r'^  "s_(\w+)" .*peripheries=2', drawn, re.MULTILINE) == ["expired"]


def test_where_a_case_stands_and_what_it_has_passed():
    """The current state and the way that led there are marked, in signs and not in colour alone."""
    for draw, arrows in ((mermaid, mermaid_arrows), (dot, dot_arrows)):
        plain = draw(WORKFLOW, lang="en")
        assert "▶" not in plain
        assert "✓" not in plain
        drawn = draw(WORKFLOW, lang="en", current="approved", path=("draft", "end"))
        assert drawn.count("▶") == 1
        assert re.search(r'"▶ approved', drawn)
        assert re.search(r'"✓ draft', drawn)
        passed = {(source, target) for source, target, words in arrows(drawn) if "✓" in words}
        assert passed == {("draft", "end"), ("end", "approved")}


@pytest.mark.parametrize("draw", [mermaid, dot, svg])
@pytest.mark.parametrize("more", [{"current": "aproved"}, {"path": ("draft", "aproved")}])
def test_an_unknown_state_is_an_error(draw, more):
    """A state that does not exist is named, with the one that was meant."""
    with pytest.raises(UnknownNameError, match="'approved'"):
        draw(WORKFLOW, lang="en", **more)


@given(words=st.text(max_size=40))
def test_titles_cannot_break_the_drawing(words):
    """Whatever a title holds, it stays inside its label, and the drawing has as many lines as before."""
    evil = replace(
        WORKFLOW,
        title=Text.same(words),
        states=tuple(replace(state, title=Text.same(words)) for state in WORKFLOW.states),
        transitions=tuple(replace(item, title=Text.same(words)) for item in WORKFLOW.transitions),
    )
    drawn = mermaid(evil, lang="en")
    assert len(drawn.splitlines()) == len(mermaid(WORKFLOW, lang="en").splitlines())
    assert len(mermaid_arrows(drawn)) == len(ARROWS)
    for line in drawn.splitlines():
        if line.startswith("  state "):
            assert re.fullmatch(r'  state "[^"]*" as \w+', line)
    drawn = dot(evil, lang="en")
    assert len(drawn.splitlines()) == len(dot(WORKFLOW, lang="en").splitlines())
    for line in drawn.splitlines():
        # Outside of strings no sign of a title is left.
        outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
        assert outside.isascii()
        assert '"' not in outside


def test_svg_shows_every_state_and_event():
    """The SVG is well-formed, holds each state's and event's words, and runs no script."""
    drawn = svg(WORKFLOW, lang="de", current="draft")
    root = ET.fromstring(drawn)  # noqa: S314 - drawn by ourselves a line ago
    words = " ".join(root.itertext())
    for state in WORKFLOW.states:
        assert state.title.de in words
    assert "▶" in words
    assert "script" not in drawn
