"""A run as people read it: a line for each step, and a scenario that can be played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import yaml

from wirflow.definition.document import Document
from wirflow.definition.span import Span
from wirflow.definition.values import Value, to_json
from wirflow.proof.answers import KIDS, Question
from wirflow.proof.world import NINE, ZONE, Member, Node, Step
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.core.case import LinkedCase
    from wirflow.proof.search import Exploration

KINDS = {"act": "do", "told": "tell"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One run."""

    members: tuple[Member, ...]
    steps: tuple[Step, ...]
    end: Node
    portfolio: str | None = None
    """The portfolio with which it begins; None: its one case starts anew."""
    start: Mapping[str, Value] = field(default_factory=dict)
    """Without a portfolio: the facts with which the case starts."""

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each step, in words of the definition."""
        return tuple(line for step in self.steps if (line := self._line(step)))

    @property
    def playable(self) -> bool:
        """Whether the real engine can play it: nothing in it is told by a case that is not there."""
        if any(step.kind == "told" for step in self.steps):
            return False
        far: dict[str, LinkedCase] = {}
        for step in self.steps:
            for link, case in step.far.items():
                if self.portfolio or link == KIDS or not _agree(far.setdefault(link, case), case):
                    return False
        return True

    def scenario(self, name: str) -> str:
        """The run as a scenario file: what is written can be played with `wirflow test`."""
        document: dict[str, Any] = {"scenario": name}
        if self.portfolio:
            document["portfolio"] = self.portfolio
        else:
            people = {
                str(step.actor): {"name": str(step.actor), "roles": [step.role]}
                for step in self.steps
                if step.kind == "act"
            }
            # Who stands first starts the case.
            document["people"] = {"start": {"name": "start", "roles": []}, **people}
        steps: list[dict[str, Any]] = [] if self.portfolio else list(self._openings())
        for step in self.steps:
            steps += self._acted(step)
        places = {
            member.key: {"state": case.state}
            for member, case in zip(self.members, self.end.cases, strict=True)
        }
        steps.append({"at": _moment(self.end.now), "expect": places})
        document["steps"] = steps
        return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=110)

    # -- inside ------------------------------------------------------------------------

    def _openings(self) -> Sequence[dict[str, Any]]:
        """The case, and the cases behind its links, as they start."""
        member, first = self.members[0], self.steps[0]
        case = self.end.cases[0]
        far: dict[str, dict[str, Value]] = {}
        states: dict[str, str] = {}
        for step in self.steps:
            for link, other in step.far.items():
                far.setdefault(link, {}).update(other.data)
                if other.state:
                    states[link] = other.state
        found = []
        links = {link: key for link, key in case.links.items() if link != KIDS}
        for link, key in links.items():
            workflow = member.subject.world.get(member.subject.lean.link_by_name[link].workflow)
            if workflow is None:
                continue
            data = dict(far.get(link, {}))
            for item in workflow.fields:
                if item.required and item.name not in data:
                    data[item.name] = _some(item.type, [choice.name for choice in item.choices])
            new: dict[str, Any] = {"key": key, "workflow": workflow.name}
            if link in states:
                new["state"] = states[link]
            found.append({"at": _moment(first.at), "new": {**new, "data": _plain(data)}})
        new = {"key": member.key, "workflow": member.subject.workflow.name, "data": _plain(self.start)}
        if links:
            new["links"] = links
        return [*found, {"at": _moment(first.at), "new": new}]

    def _acted(self, step: Step) -> Sequence[dict[str, Any]]:
        if step.kind != "act":
            return ()
        row: dict[str, Any] = {
            "at": _moment(step.at),
            "do": f"{step.key} {step.event}",
            "as": step.actor,
        }
        if step.given:
            row["set"] = _plain(step.given)
        if self._needs_reason(step):
            row["reason"] = "…"
        return (row,)

    def _needs_reason(self, step: Step) -> bool:
        member = next(item for item in self.members if item.key == step.key)
        return step.number is not None and member.subject.lean.transitions[step.number].reason

    def _line(self, step: Step) -> str:
        day = _moment(step.at)[:10]
        if step.kind == "wait":
            return f"{day} {self.portfolio or ''}".rstrip()
        far = "".join(
            f" [{self._answers(step.key, case.data)}]"
            if link == KIDS
            else f" [{link}{': ' + case.state if case.state else ''}{_braces(case.data)}]"
            for link, case in step.far.items()
            if case.state or case.data
        )
        if step.kind == "start":
            return f"{day} {step.key} start{_braces(self.start)}{far} ⇒ {step.place}"
        who = f" {step.actor}:" if step.actor else ""
        what = f"{step.timer.name}: {step.event}" if step.kind == "deadline" and step.timer else step.event
        given = _braces(step.given)
        end = "✗" if step.refused else f"⇒ {step.place}"
        return f"{day}{who} {step.key} {what}{given}{far} {end}"

    def _answers(self, key: str, data: Mapping[str, Value]) -> str:
        """What the children say, each answer behind its question."""
        member = next(item for item in self.members if item.key == key)
        fields = member.subject.workflow.link_by_name[KIDS].fields
        words = {item.name: item.words for item in fields if isinstance(item, Question)}
        return ", ".join(f"{words.get(name, name)}: {_word(value)}" for name, value in data.items())


def _agree(one: LinkedCase, other: LinkedCase) -> bool:
    """Whether two sights of a linked case can be of the same one."""
    same = one.state == other.state or not one.state or not other.state
    return same and one.data == other.data


def _moment(moment: datetime) -> str:
    local = moment.astimezone(ZoneInfo(ZONE))
    if local.time() == NINE:
        return local.date().isoformat()
    return f"{local:%Y-%m-%d %H:%M}"


def _plain(data: Mapping[str, Value]) -> dict[str, Any]:
    return {name: to_json(value) for name, value in data.items()}


def _braces(data: Mapping[str, Value]) -> str:
    if not data:
        return ""
    return " {" + ", ".join(f"{name}: {_word(value)}" for name, value in data.items()) + "}"


def _word(value: Value) -> str:
    """A value as a scenario would write it on one line; of a document its name."""
    if isinstance(value, Document):
        return value.name
    if isinstance(value, tuple):
        return f"[{', '.join(_word(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(to_json(value))


def _some(kind: str, choices: Sequence[str]) -> Value:
    """Any value of a type: a fact that has to be there and that nobody reads."""
    if kind == "choice":
        return choices[0]
    plain: dict[str, Value] = {
        "text": "x",
        "integer": 1,
        "money": Decimal("1.00"),
        "date": date(2021, 1, 4),
        "boolean": False,
        "period": "P6M",
        "span": Span(date(2021, 1, 4), date(2021, 1, 4)),
        "document": Document("a.pdf", "0" * 64, 1, "application/pdf"),
        "list": (),
    }
    return plain[kind]


def told(lines: Sequence[str]) -> Text:
    """How a run is put into a message."""
    return Text("; ".join(lines), "; ".join(lines))


def path_of(state: str) -> tuple[str, ...]:
    """Where a state stands in its file."""
    return tuple(part for step in state.split(".") for part in ("states", step))


def story_of(
    members: Sequence[Member],
    found: Exploration,
    place: int,
    facts: Mapping[str, Value] | None = None,
    portfolio: str | None = None,
) -> Story:
    """The run to a place, with the facts of the start that were chosen on the way."""
    steps = found.way(place)
    end = found.places[place].node
    start: dict[str, Value] = {}
    if portfolio is None:
        start = start_of(members[0], steps, facts)
    return Story(members=tuple(members), steps=steps, end=end, portfolio=portfolio, start=start)


def start_of(
    member: Member, steps: Sequence[Step], facts: Mapping[str, Value] | None = None
) -> dict[str, Value]:
    """The facts with which a case starts: those that it needs, and those that turned out to matter."""
    workflow, domain = member.subject.workflow, member.domain
    start: dict[str, Value] = {}
    for item in workflow.fields:
        if item.required:
            values = (
                domain.dates(item.name, domain.first, {}) if item.type == "date" else domain.values(item.name)
            )
            start[item.name] = values[0]
    for step in steps:
        start |= {name: value for name, value in step.chosen.items() if value is not None}
    return start | dict(facts or {})
