"""Scenarios are compared with one another, and what they try is counted."""

from __future__ import annotations

from tests.scenario.stage import APPROVED, HEAD, WORKFLOW, played, setting, told
from wirflow.definition.model import CORRECT
from wirflow.scenario import Goal, Tally, goals, play_all, read_scenario
from wirflow.text import Text

RUN = """\
  - {at: 2021-01-04, do: G-2 approve, as: leo, set: {ends: 2021-06-30}, refused: true}
  - {at: 2021-01-04, do: G-1 submit, as: duo, set: {amount: 5}}
  - {at: 2021-01-04, do: G-1 approve, as: duo, set: {ends: 2021-06-30}, refused: true}
"""


def written(folder, **texts: str):
    """Scenario files, read."""
    office = setting(folder)
    scenes = folder / "scenarios"
    scenes.mkdir(exist_ok=True)
    for name, text in texts.items():
        words = HEAD.replace("sample", name) + text
        (scenes / f"{name}.yaml").write_text(words, encoding="utf-8")
    return [read_scenario(scenes / f"{name}.yaml", office).checked() for name in texts], office


def test_what_ends_like_another_is_compared_with_it(tmp_path):
    """States and statutory notices that differ are told at `same_as`, each with both sides."""
    same = "same_as: {scenario: %s, states: true, statutory_notices: true}\n"
    (one, two, three), office = written(
        tmp_path,
        one=APPROVED + "until: 2021-06-15\n",
        two=APPROVED + "until: 2021-06-16\n" + same % "one",
        three="  - {at: 2021-01-05, new: {key: G-3, workflow: grant}}\n" + same % "one",
    )
    run = play_all([two, three], office)
    assert told(run.played[0].differences) == []
    assert told(run.played[1].differences) == [
        "5: end G-1 one: approved | draft",
        "5: end G-2 one: over | draft",
        "5: end G-3 one: nothing | draft",
        "5: end G-1 one (letter): to clerk, event, 2021-01-05 | nothing",
        "5: end G-2 one (letter): to lead, event, 2021-01-05 | nothing",
    ]
    other = play_all([one], office).played[0]
    assert other.ok
    more, office = written(
        tmp_path, less="  - {at: 2021-01-05, scheduler: up}\n", more=APPROVED + same % "less"
    )
    assert told(play_all(more, office).played[1].differences)[-1] == (
        "5: end G-2 less (letter): nothing | to lead, event, 2021-01-05"
    )


def test_it_may_be_compared_in_part(tmp_path):
    """Only what `same_as` names is compared."""
    scenarios, office = written(
        tmp_path,
        one=APPROVED,
        two="  - {at: 2021-01-05, scheduler: up}\nsame_as: {scenario: one}\n",
    )
    assert told(play_all(scenarios, office).played[1].differences) == []


def test_each_scenario_is_played_once(tmp_path):
    """Whoever is compared with is not played again, and progress is told of each that was asked for."""
    scenarios, office = written(
        tmp_path, one=APPROVED, two=APPROVED + "same_as: {scenario: one, states: true}\n"
    )
    seen = []
    run = play_all(scenarios, office, progress=seen.append)
    assert [item.scenario.name for item in seen] == ["one", "two"]
    assert tuple(seen) == run.played


def test_coverage_counts_what_was_tried(tmp_path):
    """Transitions, deadlines, rules and warnings count when they happen, fall due, refuse and hold."""
    scenarios, office = written(tmp_path, one=APPROVED + "until: 2021-07-02\n", two=RUN)
    coverage = play_all(scenarios, office).coverage
    hits = {(goal.kind, goal.name, goal.detail): count for goal, count in coverage.hits.items()}
    assert hits == {
        ("transition", "submit", "draft"): 1,
        ("transition", "approve", "draft"): 1,
        ("transition", "close", "draft"): 1,
        ("transition", "close", "approved"): 1,
        ("deadline", "end", ""): 1,
        ("deadline", "answer", ""): 1,
        ("rule", "approve", "1"): 1,
        ("rule", "approve", "2"): 1,
        ("rule", "approve", "not_by"): 1,
        ("warning", "no_amount", ""): 3,
    }
    assert coverage.missed == ()
    assert coverage.count("grant", "transition") == (4, 4)
    assert coverage.workflows == ("grant",)
    assert coverage.idle == ()


def test_coverage_names_what_nothing_tries(tmp_path):
    """What never happened is missed, in the order of the definition, with the words of rules and warnings."""
    scenarios, office = written(tmp_path, one=APPROVED)
    coverage = play_all(scenarios, office).coverage
    missed = [(goal.kind, goal.name, goal.detail) for goal in coverage.missed]
    assert missed == [
        ("transition", "submit", "draft"),
        ("transition", "close", "approved"),
        ("deadline", "end", ""),
        ("deadline", "answer", ""),
        ("rule", "approve", "1"),
        ("rule", "approve", "2"),
        ("rule", "approve", "not_by"),
        ("warning", "no_amount", ""),
    ]
    assert coverage.words[Goal("grant", "rule", "approve", "2")] == Text(
        "Das ist zu viel.", "That is too much."
    )
    assert coverage.words[Goal("grant", "rule", "approve", "not_by")].en == "Four eyes: submit"
    rows = coverage.to_json("de")
    assert rows[0] == {
        "workflow": "grant",
        "kind": "transition",
        "name": "submit",
        "detail": "draft",
        "text": None,
        "times": 0,
    }
    assert rows[-1]["text"] == "Ohne Betrag."


def test_a_workflow_without_a_scenario_is_idle(tmp_path):
    """It is named, and its goals are not counted against anybody."""
    _, office = written(tmp_path, one=APPROVED)
    coverage = play_all([], office).coverage
    assert (coverage.idle, coverage.hits, coverage.workflows) == (("grant",), {}, ())


def test_corrections_are_no_goal(tmp_path):
    """Nobody wrote them, so nobody need try them."""
    workflow = setting(tmp_path).workflows["grant"]
    assert CORRECT in workflow.events
    assert CORRECT not in {goal.name for goal, _ in goals(workflow)}


def entry(**more):
    """The body of an entry."""
    return {"event": "close", "kind": "deadline", "from": "approved", "to": "over", **more}


def test_refused_deadlines_count_as_rules(tmp_path):
    """A deadline whose event a rule refused fell due, and the rule was tried; the transition was not."""
    workflow = setting(tmp_path).workflows["grant"]
    refused = {"code": "rule", "texts": [{"de": "Der Betrag fehlt. (amount ist nicht bekannt.)", "en": "x"}]}
    tally = Tally()
    tally.entry(
        entry(event="approve", refused=refused, timer={"name": "end", "kind": "due"}, **{"from": "draft"}),
        workflow,
    )
    assert dict(tally.hits) == {Goal("grant", "deadline", "end"): 1, Goal("grant", "rule", "approve", "1"): 1}


def test_a_refusal_elsewhere_tries_no_rule(tmp_path):
    """What is refused for its state or its input says nothing of the rules."""
    workflow = setting(tmp_path).workflows["grant"]
    tally = Tally()
    texts = [Text("Der Betrag fehlt.", "x")]
    tally.refusal(workflow, "approve", "draft", "wrong-state", texts)
    tally.refusal(workflow, "approve", "over", "rule", texts)
    tally.refusal(workflow, "close", "draft", "rule", texts)
    assert not tally.hits


def test_automatic_steps_and_reminders(tmp_path):
    """A transition that took itself counts out of where it led; a reminder and a mere date do not."""
    workflow = setting(tmp_path).workflows["grant"]
    tally = Tally()
    tally.entry(
        entry(
            event="submit", kind="action", via=[{"event": "close", "from": "draft"}], **{"from": ["draft"]}
        ),
        workflow,
    )
    tally.entry(entry(event="end", kind="reminder", timer={"name": "end", "kind": "reminder"}), workflow)
    tally.entry(entry(event="answer", timer={"name": "answer", "kind": "due"}), workflow)
    tally.entry(entry(event="submit", kind="signal", **{"from": "over"}), workflow)
    assert dict(tally.hits) == {
        Goal("grant", "transition", "submit", "draft"): 1,
        Goal("grant", "transition", "close", "draft"): 1,
        Goal("grant", "deadline", "answer"): 1,
    }


def test_constraints_count_as_rules(tmp_path):
    """A rule between the facts of a case counts when it refuses something."""
    more = "constraints: [{when: 'amount < 900', else: {de: Höchstens 900., en: At most 900.}}]\n"
    steps = "  - {at: 2021-01-05, do: G-1 submit, as: ada, set: {amount: 950}, refused: At most 900}\n"
    found = played(tmp_path, steps, workflow=WORKFLOW + more)
    goal = Goal("grant", "rule", "constraints", "1")
    assert told(found.differences) == []
    assert found.tally.hits[goal] == 1
    assert goal in dict(goals(setting(tmp_path, WORKFLOW + more).workflows["grant"]))


def test_whoever_hears_of_an_overdue_deadline_may_be_expected(tmp_path):
    """An escalation is a notice to its own roles, of its own kind."""
    text = WORKFLOW.replace("fire: close\n    remind", "escalate: {after: P5D, to: lead}\n    remind")
    steps = """\
  - {at: 2021-01-05, do: G-1 approve, as: leo, set: {ends: 2021-01-10}}
  - {at: 2021-01-12, scheduler: up, notices: {case: G-1, template: letter, to: clerk, kind: event}}
  - at: 2021-01-17
    notices: {case: G-1, template: letter, to: lead, kind: escalation, on: 2021-01-16}
    exactly: true
"""
    assert told(played(tmp_path, steps, workflow=text).differences) == []
