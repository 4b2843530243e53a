"""Scenarios are played through the real engine, and everything that comes otherwise is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.scenario.stage import APPROVED, HEAD, WORKFLOW, played, setting, told
from wirflow.errors import DatabaseError
from wirflow.scenario import Player, Written, play, read_scenario_text
from wirflow.scenario.scenario import stands
from wirflow.text import LANGS, Text


def test_what_comes_as_it_is_written_is_no_difference(tmp_path):
    """States, facts, deadlines, warnings, refusals and notices that come about leave nothing to tell."""
    found = played(
        tmp_path,
        """\
  - at: 2021-01-05
    do: G-1 approve
    as: leo
    set: {ends: 2021-06-30}
    on: 2021-01-04
  - {at: 2021-01-05, do: G-2 approve, as: leo, set: {ends: 2021-06-30}, refused: true}
  - at: "2021-01-05 18:00"
    expect:
      G-1: {state: approved, data: {amount: "500,00", ends: 2021-06-30}, due: {end: 2021-06-30}}
      G-2: {state: over, due: {end: none}}
    notices:
      - {case: G-1, template: letter, to: clerk, kind: event, on: 2021-01-04}
      - {case: G-2, template: letter, to: lead, kind: event}
    exactly: true
  - at: 2021-07-01
    expect: {G-1: {state: over}}
""",
    )
    assert told(found.differences) == []
    assert found.ok
    assert found.states == {"G-1": "over", "G-2": "over"}
    assert found.workflows == {"grant"}


def test_each_difference_stands_at_its_line_with_both_sides(tmp_path):
    """All that comes otherwise is collected, each at the place that expected it."""
    found = played(
        tmp_path,
        APPROVED
        + """\
  - at: 2021-01-06
    expect:
      G-1:
        state: draft
        data: {amount: 400}
        due: {end: 2021-07-31}
        warnings: [no_amount]
      G-2: {data: {amount: 1}, due: {end: 2021-01-31}}
""",
    )
    assert told(found.differences) == [
        "8: state G-1 : draft | approved",
        "9: data G-1 amount: 400.00 | 500.00",
        "10: due G-1 end: 2021-07-31 | 2021-06-30",
        "11: warning G-1 no_amount: holds | only: nothing",
        "12: data G-2 amount: 1.00 | nothing",
        "12: due G-2 end: 2021-01-31 | does not run",
    ]
    assert {item.step for item in found.differences} == {2}
    assert [item.place.column for item in found.differences][:2] == [16, 24]


def test_a_deadline_that_should_not_run_is_told(tmp_path):
    """`none` expects that a deadline is not armed; a warning that holds is found among others."""
    steps = APPROVED + "  - {at: 2021-01-06, expect: {G-1: {due: {end: none}}, G-2: {warnings: no_amount}}}\n"
    assert told(played(tmp_path, steps).differences) == [
        "5: due G-1 end: does not run | 2021-06-30",
        "5: warning G-2 no_amount: holds | only: nothing",
    ]


def test_refusals_are_compared_in_either_language(tmp_path):
    """A refusal has to come, and with its words, small or capital; what is refused unexpectedly is told."""
    act = "  - {at: 2021-01-05, do: %s, as: %s, set: {%s}%s}\n"
    approve = ("G-2 approve", "leo", "ends: 2021-06-30")
    found = played(
        tmp_path,
        act % (*approve, ", refused: Der Betrag fehlt")
        + act % (*approve, ", refused: AMOUNT is missing")
        + act % (*approve, "")
        + act % (*approve, ", refused: Vier-Augen")
        + act % ("G-2 submit", "ada", "amount: 5", ", refused: true")
        + act % ("G-2 submit", "leo", "amount: 5", ", refused: Clerk"),
    )
    lines = told(found.differences)
    assert [line.partition(":")[0] for line in lines] == ["6", "7", "8"]
    assert lines[0].startswith("6: act G-2 approve: done | The amount is missing.")
    assert lines[1].startswith("7: refusal G-2 approve: refused: “Vier-Augen” | The amount is missing.")
    assert lines[2] == "8: refusal G-2 submit: refused | done"


def test_notices_are_matched_one_by_one(tmp_path):
    """What is missing is shown with what is near, what is too many only if nothing else may come."""
    notice = "      - {case: G-1, template: letter, to: %s, kind: %s%s}\n"
    steps = APPROVED + "  - at: 2021-01-06\n    notices:\n"
    wrong = steps + notice % ("clerk", "reminder", "") + notice % ("clerk", "event", ", on: 2021-01-05")
    assert told(played(tmp_path, wrong).differences) == ["7: notice G-1 letter: to clerk, reminder | nothing"]
    late = steps + notice % ("clerk", "event", ", on: 2021-01-06")
    near = "to clerk, event, 2021-01-06 | to clerk, event, 2021-01-05"
    assert told(played(tmp_path, late).differences) == [f"7: notice G-1 letter: {near}"]
    exact = steps + notice % ("clerk", "event", "") + "    exactly: true\n"
    over = ["5: notice G-2 letter: nothing | to lead, event, 2021-01-05"]
    assert told(played(tmp_path, exact).differences) == over
    none = APPROVED + "  - {at: 2021-01-06, notices: []}\n"
    assert len(played(tmp_path, none).differences) == 2


def test_a_role_hears_once_however_many_people_have_it(tmp_path):
    """A notice to a role counts once, and only for the roles to which it was written."""
    found = played(tmp_path, APPROVED)
    assert found.notices == (
        Written("G-1", "letter", "clerk", "event", date(2021, 1, 5)),
        Written("G-2", "letter", "lead", "event", date(2021, 1, 5)),
    )


def test_reminders_are_no_statutory_notices(tmp_path):
    """Notices of events and of deadlines that are over count as statutory, reminders do not."""
    found = played(tmp_path, APPROVED, "until: 2021-07-02\n")
    assert {item.kind for item in found.notices} == {"event", "due", "reminder"}
    assert {item.kind for item in found.statutory} == {"event", "due"}


def test_while_the_scheduler_is_down_nothing_falls_due(tmp_path):
    """When it comes up it catches up."""
    found = played(
        tmp_path,
        APPROVED
        + """\
  - {at: 2021-06-01, scheduler: down}
  - {at: 2021-07-05, expect: {G-1: {state: approved}}}
  - {at: 2021-07-06, scheduler: up, expect: {G-1: {state: over}}}
""",
    )
    assert told(found.differences) == []


def test_a_case_may_start_in_a_scenario(tmp_path):
    """`new` starts a case, in the initial state or where it is found; what forbids it is told."""
    found = played(
        tmp_path,
        """\
  - {at: 2021-01-05, new: {key: G-3, workflow: grant, data: {amount: 7}}, expect: {G-3: {state: draft}}}
  - at: 2021-01-06
    new: {key: G-4, workflow: grant, state: approved, links: {partner: G-3}}
    expect: {G-4: {state: approved}, G-3: {data: {amount: 7}}}
""",
    )
    assert told(found.differences) == []
    assert list(found.states) == ["G-1", "G-2", "G-3", "G-4"]


def test_without_a_portfolio_it_begins_with_its_first_step(tmp_path):
    """The people are those of the office then, and a role that nobody has hears all the same."""
    office = setting(tmp_path)
    steps = "  - {at: 2021-01-05, new: {key: X, workflow: grant, data: {amount: 1}}}\n"
    steps += "  - {at: 2021-01-05, do: X approve, as: eva, set: {ends: 2021-01-31}}\n"
    reading = read_scenario_text(f"scenario: bare\nsteps:\n{steps}until: 2021-02-02\n", office)
    found = play(reading.checked(), office)
    assert told(found.differences) == []
    assert found.states == {"X": "over"}
    assert ("X", "letter", "lead", "event", date(2021, 2, 1)) in found.notices


@pytest.mark.parametrize("until", ["until: 2021-02-02\n", ""])
def test_a_scenario_may_be_empty(tmp_path, until):
    """Nothing happens in it, and nothing is wrong."""
    office = setting(tmp_path)
    reading = read_scenario_text(f"scenario: idle\nsteps: []\n{until}", office)
    assert play(reading.checked(), office).ok


def test_what_the_engine_cannot_do_is_a_difference(tmp_path):
    """An error of the engine ends the step and not the scenario."""
    office = setting(tmp_path)
    scenario = read_scenario_text(
        HEAD
        + "  - {at: 2021-01-05, do: G-1 submit, as: ada, set: {amount: 3}, expect: {G-1: {state: draft}}}\n"
        + "  - {at: 2021-01-06, new: {key: G-3, workflow: grant}}\n",
        office,
    ).checked()
    first, second = scenario.steps
    acted = replace(first, act=replace(first.act, key="G-9"))
    seen = replace(first, act=None, expected=(replace(first.expected[0], key="G-9"),))
    known = replace(second, start=replace(second.start, key="G-1"))
    refused = replace(second, start=replace(second.start, links={"nobody": "G-1"}))
    found = play(replace(scenario, steps=(acted, seen, known, refused)), office)
    assert [(item.what, item.key) for item in found.differences] == [
        ("act", "G-9"),
        ("state", "G-9"),
        ("act", "G-1"),
        ("act", "G-3"),
    ]


def test_a_timer_that_fails_is_a_difference(tmp_path):
    """A notice that cannot be written sets its timer aside; a scenario does not pass over it."""
    office = setting(tmp_path)
    for lang, word in (("de", "Betreff"), ("en", "Subject")):
        broken = f"{word}: {{{{ case.key }}}}\n\n{{{{ event.reason }}}}\n"
        (tmp_path / f"late.{lang}.j2").write_text(broken, encoding="utf-8")
    text = WORKFLOW.replace(
        "remind: [P1M]\n    notice: {template: letter", "remind: [P1M]\n    notice: {template: late"
    )
    office = replace(office, workflows=setting(tmp_path, text).workflows)
    scenario = read_scenario_text(f"{HEAD}{APPROVED}until: 2021-06-15\n", office).checked()
    found = play(scenario, office)
    assert [(item.what, item.key, item.name) for item in found.differences] == [("timer", "G-1", "end")]
    assert found.differences[0].expected == Text("ohne Störung", "no failure")


def test_a_portfolio_that_cannot_be_taken_over_ends_it(tmp_path):
    """What forbids the beginning is told once, and no step is played."""
    office = setting(tmp_path)
    scenario = read_scenario_text(HEAD + APPROVED, office).checked()
    portfolio = scenario.portfolio
    unknown = replace(scenario, portfolio=replace(portfolio, recorder="nobody"))
    assert [(item.what, item.step) for item in play(unknown, office).differences] == [("start", 0)]
    needy = replace(
        office,
        workflows=setting(
            tmp_path, WORKFLOW.replace("ends: {type: date}", "ends: {type: date, required: true}")
        ).workflows,
    )
    assert [item.name for item in play(scenario, needy).differences] == ["two"]


def test_a_broken_world_is_no_difference(tmp_path):
    """When the database is away, nothing can be said of the scenario."""
    office = setting(tmp_path)
    scenario = read_scenario_text(HEAD + APPROVED, office).checked()
    player = Player(scenario, office, tmp_path / "office.db")
    player.database.migrate()

    def away(*_args, **_more):
        raise DatabaseError(Text("weg", "away"))

    for name in ("start_all", "submit", "start", "look"):
        setattr(player.engine, name, away)
    step = scenario.steps[0]
    with pytest.raises(DatabaseError):
        player.begin()
    with pytest.raises(DatabaseError):
        player._act(step.act)
    with pytest.raises(DatabaseError):
        player._start(step, scenario.portfolio.cases[0])
    player.close()


@pytest.mark.parametrize(
    ("place", "wanted", "holds"),
    [
        ("approved", "approved", True),
        ("approved", "app", False),
        ("review.formal", "review", True),
        ("review", "review.formal", False),
        ("a.x + b.y", "b", True),
        ("a.x + b.y", "b.y + a", True),
        ("a.x + b.y", "a.y + b", False),
    ],
)
def test_an_outer_state_means_the_inner_ones(place, wanted, holds):
    """A case is in a state if it is in one inside it; of several it has to be in all."""
    assert stands(place, wanted) is holds


def test_a_difference_is_told_in_both_languages_and_as_data(tmp_path):
    """Message, label and JSON say where, what was expected, and what came."""
    found = played(tmp_path, "  - {at: 2021-01-05, expect: {G-1: {state: over}}}\n").differences[0]
    english = "step 1 (2021-01-05 09:00): G-1: state: expected over, came draft"
    german = "Schritt 1 (2021-01-05 09:00): G-1: Zustand: erwartet over, gekommen draft"
    assert (found.message.en, found.message.de) == (english, german)
    rows = [found.to_json(lang) for lang in LANGS]
    assert rows[0] == {**rows[1], "message": german}
    assert rows[1] == {
        "file": "<text>",
        "line": 4,
        "column": 44,
        "step": 1,
        "at": "2021-01-05T09:00",
        "what": "state",
        "case": "G-1",
        "name": None,
        "expected": "over",
        "found": "draft",
        "message": english,
    }
    assert replace(found, step=0, at=None).when.en == "start"
    assert replace(found, step=0, at=None, what="end").when.de == "Ende"
    assert replace(found, at=None).when.de == "Schritt 1"
