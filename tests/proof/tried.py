"""Broken definitions, what is claimed of them, and an office in which their runs are played."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from wirflow.core.case import Case, Event
from wirflow.core.decide import decide, start
from wirflow.core.decision import Decision, Refusal
from wirflow.core.profile import Profile
from wirflow.definition.portfolio import read_portfolio
from wirflow.definition.reader import read_workflow_text, read_workflows
from wirflow.proof import prove
from wirflow.proof.world import facts_of
from wirflow.render import Templates
from wirflow.scenario import Setting, play, read_scenario_text

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))
SOUND = sorted((HERE / "sound").glob("*.yaml"))
OTHERS = [HERE / "companion.yaml", HERE / "award.yaml"]
SHIPPED = sorted((ROOT / "workflows").glob("*.yaml"))
PORTFOLIO = ROOT / "workflows" / "portfolios" / "wiesbaden-20-V-33-0003.yaml"
MARK = re.compile(r"([a-z-]+)@(\d+)")
HEAD = """wirflow: 1
workflow: small
title: {de: Klein, en: Small}
roles: {clerk: {}, lead: {}}
"""


def expected_of(path: Path) -> list[tuple[str, int, int]]:
    """What a broken file says about itself, behind `!!`."""
    return [
        (code, number, int(column))
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1)
        for code, column in MARK.findall(line.partition("!! ")[2])
    ]


@cache
def tried(path: Path):
    """What is read of a broken file, and what is claimed."""
    if path.stem.startswith("portfolio"):
        reading = read_workflows(OTHERS)
        read = read_portfolio(path, reading.checked())
        assert not read.findings
        return reading, prove(reading, portfolios=[read.checked()])
    reading = read_workflows([*OTHERS, path])
    assert not reading.findings
    return reading, prove(reading)


def small(text: str):
    """What is claimed of a definition that is written down here."""
    reading = read_workflow_text(HEAD + text)
    assert [item.line("en") for item in reading.findings] == []
    return prove(reading)


def codes(report) -> list[str]:
    """The codes of its findings."""
    return sorted(item.code for item in report.findings)


def played(claim, reading, folder: Path, portfolio: Path | None = None):
    """The run of a claim, played through the real engine; what came otherwise."""
    for lang, word in (("de", "Betreff"), ("en", "Subject")):
        (folder / f"letter.{lang}.j2").write_text(f"{word}: {{{{ case.key }}}}\n\nText\n", encoding="utf-8")
    setting = Setting(
        workflows=reading.workflows,
        templates=Templates([folder, ROOT / "templates"]),
        profile=Profile(name="Amt", people={}),
        portfolios={claim.story.portfolio: portfolio} if portfolio else {},
    )
    text = claim.story.scenario("run")
    scenario = read_scenario_text(text, setting).checked()
    return [item.message.en for item in play(scenario, setting).differences]


def replay(story):
    """Decide a run anew, with nothing of the checker in between."""
    workflow = story.members[0].subject.workflow
    first = story.steps[0]
    blank = Case(
        key="CASE", workflow=workflow.name, state="", since=first.at, data={}, links=story.end.cases[0].links
    )
    begun = Event(name="start", kind="start", occurred_at=first.at, actor="start", input=story.start)
    decision = start(workflow, blank, begun, facts_of(first.at, first.far))
    assert isinstance(decision, Decision)
    assert decision.case.state == first.place
    armed = {timer.identity: timer for timer in decision.arm}
    case = decision.case
    for step in story.steps[1:]:
        if step.kind == "wait":
            continue
        if step.kind == "deadline":
            assert step.timer.identity in armed
        event = Event(
            name=step.event,
            kind={"act": "action", "told": "signal"}.get(step.kind, step.kind),
            occurred_at=step.at,
            actor=step.actor,
            roles=frozenset({step.role}) if step.role else frozenset(),
            input=step.given,
            reason="…" if step.kind == "act" else None,
            timer=step.timer,
        )
        decided = decide(workflow, case, event, facts_of(step.at, step.far, armed.values()))
        assert isinstance(decided, Refusal) == (step.refused is not None)
        if isinstance(decided, Decision):
            case = decided.case
            for timer in decided.cancel:
                armed.pop(timer.identity, None)
            armed |= {timer.identity: timer for timer in decided.arm}
        assert case.state == step.place
