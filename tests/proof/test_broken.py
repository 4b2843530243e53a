"""Broken definitions are caught for the right reason, and every run that is shown is a real one."""

from __future__ import annotations

import pytest

from tests.proof.tried import BROKEN, HERE, PORTFOLIO, SHIPPED, SOUND, expected_of, played, replay, tried
from wirflow.definition.check import check
from wirflow.definition.portfolio import read_portfolio
from wirflow.definition.reader import read_workflows
from wirflow.proof import prove

ALONE = [path for path in BROKEN if not path.stem.startswith("portfolio")]


@pytest.mark.parametrize("path", BROKEN, ids=[path.stem for path in BROKEN])
def test_a_broken_definition_is_caught_for_the_right_reason(path):
    """Each broken file gives exactly the findings that it names, at their places."""
    _, report = tried(path)
    found = [
        (item.code, item.place.line, item.place.column)
        for item in report.findings
        if item.place.file == str(path)
    ]
    assert sorted(found) == sorted(expected_of(path))


@pytest.mark.parametrize("path", SOUND, ids=[path.stem for path in SOUND])
def test_a_sound_definition_is_not_called_broken(path):
    """What looks broken and is not gives no finding at all."""
    reading, report = tried(path)
    assert [item.line("en") for item in (*check(reading), *report.findings)] == []


def test_there_are_many_broken_definitions():
    """Each kind of finding has its example."""
    assert len(BROKEN) >= 16
    assert {code for path in BROKEN for code, _, _ in expected_of(path)} == {
        "always-true",
        "automatic-cycle",
        "dead-end",
        "deadline-never-due",
        "deadline-never-runs",
        "deadline-refused",
        "hidden",
        "invariant",
        "invariant-late",
        "never-reached",
        "never-taken",
        "never-true",
        "read-before-set",
        "signal-refused",
    }


@pytest.mark.parametrize("path", ALONE, ids=[path.stem for path in ALONE])
def test_what_is_broken_here_passes_the_structural_checks(path):
    """The graph of each is sound: only trying its runs shows what is wrong."""
    reading, _ = tried(path)
    assert not [item for item in check(reading) if item.severity == "error"]


@pytest.mark.parametrize("path", BROKEN, ids=[path.stem for path in BROKEN])
def test_every_finding_speaks_both_languages(path):
    """Each message and hint is said in German and in English."""
    _, report = tried(path)
    for item in report.findings:
        assert item.message.de != item.message.en
        assert item.hint is None or item.hint.de != item.hint.en


def test_a_notice_that_nobody_receives_is_found_where_it_is_written():
    """The place is the notice in the definition; with somebody in the role there is no such finding."""
    _, report = tried(HERE / "broken" / "portfolio_nobody.yaml")
    assert [(item.code, item.place.line) for item in report.findings] == [("nobody-hears", 17)]
    _, report = tried(HERE / "broken" / "portfolio_invariant.yaml")
    assert [item.code for item in report.findings] == ["invariant"]


@pytest.mark.parametrize("path", ALONE, ids=[path.stem for path in ALONE])
def test_each_run_replays_through_the_core(path):
    """Every step of a shown run does under the whole definition what the run says."""
    _, report = tried(path)
    for claim in report.claims:
        if claim.story:
            replay(claim.story)


@pytest.mark.parametrize("path", BROKEN, ids=[path.stem for path in BROKEN])
def test_each_run_plays_in_the_real_engine(path, tmp_path):
    """The scenario of a run, played with a database and a scheduler, ends where the run says."""
    reading, report = tried(path)
    portfolio = path if path.stem.startswith("portfolio") else None
    runs = [claim for claim in report.claims if claim.story]
    assert runs or path.stem in {"signal_refused", "portfolio_nobody", "always_true", "automatic_flip"}
    for claim in runs:
        if any(item.children for item in reading.workflows.values()):
            assert not claim.story.playable  # the engine would need the children themselves
            continue
        assert claim.story.playable
        assert played(claim, reading, tmp_path, portfolio) == []


def test_the_shipped_workflows_and_their_portfolio_are_proved():
    """No run of them breaks anything, and the promises of the council paper are proved to the end."""
    reading = read_workflows(SHIPPED)
    portfolio = read_portfolio(PORTFOLIO, reading.checked()).checked()
    report = prove(reading, portfolios=[portfolio])
    assert [item.line("en") for item in report.findings] == []
    assert [item.text.en for item in report.extents if not item.whole] == []
    assert {*reading.workflows, f"{portfolio.name}: posts_in_one_unit"} <= {
        item.subject for item in report.extents
    }


def test_the_posts_part_if_nothing_keeps_them_together(tmp_path):
    """Without the rule that mends it, the checker shows how both coordination posts come apart."""
    old = (SHIPPED[1].parent / "grant_application.yaml").read_text(encoding="utf-8")
    begin = old.index("    requires:\n      # What was a condition")
    end = old.index("  submit:", begin)
    loose = tmp_path / "grant_application.yaml"
    loose.write_text(old[:begin] + "\n" + old[end:], encoding="utf-8")
    reading = read_workflows([loose, *(path for path in SHIPPED if path.name != loose.name)])
    portfolio = read_portfolio(PORTFOLIO, reading.checked()).checked()
    report = prove(reading, portfolios=[portfolio], only=())
    assert [item.code for item in report.findings] == ["invariant"]
    claim = report.claims[0]
    assert [step.event for step in claim.story.steps if step.kind == "act"][-2:] == ["approve", "relocate"]
    assert played(claim, reading, tmp_path, PORTFOLIO) == []
