"""What scenarios exercise of the workflows, and what never.

Counted are the transitions (an event out of a state), the deadlines that fell
due, the rules that refused somebody, and the warnings that held at some step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from wirflow.audit.entry import state_name
from wirflow.definition.model import CORRECT
from wirflow.scenario.scenario import stands
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wirflow.definition.model import Transition, Workflow

Kind = Literal["transition", "deadline", "rule", "warning"]

FOUR_EYES = "not_by"
"""What a rule of four eyes is called among the rules of an event."""

CONSTRAINTS = "constraints"
"""Stands for an event where a rule is one between the facts of a case, after whatever event."""


@dataclass(frozen=True, slots=True, order=True)
class Goal:
    """One thing of a workflow that a scenario may exercise."""

    workflow: str
    kind: Kind
    name: str
    """The event, deadline or warning; of a rule, the event that it refuses."""
    detail: str = ""
    """Of a transition: the state. Of a rule: its number among those of its event, from 1, or `not_by`."""


@dataclass(slots=True)
class Tally:
    """How often each goal was reached."""

    hits: Counter[Goal] = field(default_factory=Counter)

    def entry(self, body: Mapping[str, Any], workflow: Workflow) -> None:
        """Count what an entry of the trail shows."""
        name, event, kind = workflow.name, body["event"], body["kind"]
        timer = body.get("timer")
        place = state_name(body["from"]) or ""
        if timer and kind == "deadline":
            self.hits[Goal(name, "deadline", timer["name"])] += 1
        refused = body.get("refused")
        if refused:
            texts = [Text(row["de"], row["en"]) for row in refused["texts"]]
            self.refusal(workflow, event, place, refused["code"], texts)
        elif kind in {"action", "signal"} or _fires(workflow, timer):
            self._transition(workflow, event, place)
        for step in body.get("via", ()):
            self._transition(workflow, step["event"], step["from"])

    def _transition(self, workflow: Workflow, event: str, place: str) -> None:
        """Count a transition out of the innermost state in which the case was."""
        found = [name for name in _sources(workflow, event) if stands(place, name)]
        if found:
            self.hits[Goal(workflow.name, "transition", event, max(found, key=len))] += 1

    def refusal(self, workflow: Workflow, event: str, place: str, code: str, texts: Iterable[Text]) -> None:
        """Count the rules that refused an event where a case stood."""
        if code == "four-eyes":
            self.hits[Goal(workflow.name, "rule", event, FOUR_EYES)] += 1
        elif code == "rule":
            words = [text.de for text in texts]
            for number, transition, otherwise in _rules(workflow):
                here = any(stands(place, name) for name in transition.sources)
                if transition.event == event and here and _among(otherwise.de, words):
                    self.hits[Goal(workflow.name, "rule", event, str(number))] += 1
            for number, rule in enumerate(workflow.constraints, 1):
                if _among(rule.otherwise.de, words):
                    self.hits[Goal(workflow.name, "rule", CONSTRAINTS, str(number))] += 1

    def warning(self, workflow: str, name: str) -> None:
        """Count a warning that holds."""
        self.hits[Goal(workflow, "warning", name)] += 1


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which goals of some workflows were reached, and how often."""

    hits: Mapping[Goal, int]
    """Goal → how often; in the order of the definitions."""
    words: Mapping[Goal, Text]
    """Of rules and warnings: what they say."""
    idle: tuple[str, ...]
    """Workflows of which no scenario has a case."""

    @property
    def missed(self) -> tuple[Goal, ...]:
        """What no scenario exercises."""
        return tuple(goal for goal, count in self.hits.items() if not count)

    @property
    def workflows(self) -> tuple[str, ...]:
        """The workflows that were played."""
        return tuple(dict.fromkeys(goal.workflow for goal in self.hits))

    def count(self, workflow: str, kind: Kind) -> tuple[int, int]:
        """How many goals of a kind were reached, and how many there are."""
        counts = [
            count for goal, count in self.hits.items() if (goal.workflow, goal.kind) == (workflow, kind)
        ]
        return sum(count > 0 for count in counts), len(counts)

    def to_json(self, lang: Lang) -> list[dict[str, object]]:
        """Each goal as data."""
        return [
            {
                "workflow": goal.workflow,
                "kind": goal.kind,
                "name": goal.name,
                "detail": goal.detail or None,
                "text": self.words[goal].pick(lang) if goal in self.words else None,
                "times": count,
            }
            for goal, count in self.hits.items()
        ]


def coverage(workflows: Mapping[str, Workflow], played: Iterable[str], tallies: Iterable[Tally]) -> Coverage:
    """What several plays exercised together.

    Args:
        workflows: those of the office.
        played: those of which a case took part.
        tallies: what each play exercised.
    """
    taken = set(played)
    total: Counter[Goal] = Counter()
    for tally in tallies:
        total.update(tally.hits)
    words: dict[Goal, Text] = {}
    hits: dict[Goal, int] = {}
    for name, workflow in workflows.items():
        if name not in taken:
            continue
        for goal, text in goals(workflow):
            hits[goal] = total[goal]
            if text:
                words[goal] = text
    return Coverage(hits, words, tuple(name for name in workflows if name not in taken))


def goals(workflow: Workflow) -> Iterator[tuple[Goal, Text | None]]:
    """What can be exercised of a workflow, with its words; but not `correct`, which nobody wrote."""
    name = workflow.name
    for event in workflow.events:
        for state in _sources(workflow, event) if event != CORRECT else ():
            yield Goal(name, "transition", event, state), None
    for spec in workflow.deadlines:
        yield Goal(name, "deadline", spec.name), None
    eyes: set[str] = set()
    for number, transition, text in _rules(workflow):
        yield Goal(name, "rule", transition.event, str(number)), text
    for transition in workflow.transitions:
        if transition.not_by and transition.event not in eyes:
            eyes.add(transition.event)
            others = ", ".join(transition.not_by)
            yield (
                Goal(name, "rule", transition.event, FOUR_EYES),
                Text(f"Vier-Augen-Prinzip: {others}", f"Four eyes: {others}"),
            )
    for number, rule in enumerate(workflow.constraints, 1):
        yield Goal(name, "rule", CONSTRAINTS, str(number)), rule.otherwise
    for warning in workflow.warnings:
        yield Goal(name, "warning", warning.name), warning.text


def _fires(workflow: Workflow, timer: Mapping[str, Any] | None) -> bool:
    """Whether a timer brought an event about, and was no mere reminder."""
    spec = workflow.deadline_by_name.get(timer["name"]) if timer else None
    return bool(spec and timer and timer["kind"] == "due" and spec.fire)


def _sources(workflow: Workflow, event: str) -> tuple[str, ...]:
    """The states out of which an event leads, as far as it may."""
    found = (
        state
        for item in workflow.transitions
        if item.event == event
        for state in item.sources
        if item.reopens or item.target is None or not workflow.state_by_name[state].final
    )
    return tuple(dict.fromkeys(found))


def _rules(workflow: Workflow) -> Iterator[tuple[int, Transition, Text]]:
    """The rules of all events, numbered within their event."""
    numbers: Counter[str] = Counter()
    for transition in workflow.transitions:
        for rule in transition.requires:
            numbers[transition.event] += 1
            yield numbers[transition.event], transition, rule.otherwise


def _among(otherwise: str, words: Iterable[str]) -> bool:
    """Whether a rule's words are among those of a refusal, which may add what was not known."""
    return any(text == otherwise or text.startswith(f"{otherwise} (") for text in words)
