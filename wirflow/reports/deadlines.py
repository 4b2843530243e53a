"""A running deadline, as reports tell of it: when, by which law, for whom, and what happens then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wirflow.clock import civil_date
from wirflow.deadlines import Deadline
from wirflow.definition.model import Workflow
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from wirflow.definition.model import DeadlineSpec

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DueView:
    """An armed timer of a legal deadline: the deadline itself, or a reminder of it."""

    case: str
    title: Text
    """How the case is called."""
    workflow: Workflow
    name: str
    kind: str
    label: str
    due_at: datetime
    """When it fires, UTC."""
    event: str | None
    deadline: Deadline
    zone: str
    """The office's time zone."""
    people: tuple[str, ...] = ()
    """The names of those who hear of it."""
    overdue: bool = False
    """It is over, and what it asked for has not been done."""

    @property
    def identity(self) -> tuple[str, str, str, datetime]:
        """What makes it the same timer as `core.Timer.identity` means."""
        return (self.name, self.kind, self.label, self.due_at)

    @property
    def due(self) -> date:
        """The legal due day."""
        return self.deadline.due

    @cached_property
    def day(self) -> date:
        """The day on which something happens: the due day, or that of the reminder."""
        return self.due if self.kind == "due" else civil_date(self.due_at, self.zone)

    @cached_property
    def spec(self) -> DeadlineSpec | None:
        """What the workflow says of it."""
        return self.workflow.deadline_by_name.get(self.name)

    @property
    def heading(self) -> Text:
        """What a person calls the deadline."""
        return self.spec.title if self.spec else Text.same(self.name)

    @property
    def law(self) -> str:
        """The legal ground as the office names it, else that of the rule."""
        return (self.spec.law if self.spec else None) or self.deadline.law

    @property
    def happens(self) -> Text | None:
        """What happens by itself when it is due."""
        if self.event is None:
            return None
        titles = (item.title for item in self.workflow.transitions if item.event == self.event)
        return next(titles, Text.same(self.event))

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """Whose deadline it is: who is notified of it, else who is told when it fires."""
        return roles_of(self.workflow, self.name)

    @property
    def role_titles(self) -> tuple[Text, ...]:
        """The same in words."""
        known = self.workflow.role_by_name
        return tuple(known[role].title if role in known else Text.same(role) for role in self.roles)

    def next_json(self) -> Json:
        """The deadline as a case's `next_deadline` has it."""
        return {
            "name": self.name,
            "due": self.due.isoformat(),
            "fires": self.event,
            "rule": self.deadline.rule,
        }

    def to_json(self, lang: Lang) -> Json:
        """The deadline with the keys of the contract, and behind them whose it is and what it brings."""
        return {
            **deadline_json(self.deadline, lang),
            "law": self.law,
            "case": self.case,
            "workflow": self.workflow.name,
            "title": self.title.pick(lang),
            "name": self.name,
            "heading": self.heading.pick(lang),
            "kind": self.kind,
            "fires": self.event,
            "overdue": self.overdue,
            "fires_at": self.due_at.isoformat().replace("+00:00", "Z"),
            "roles": list(self.roles),
            "people": list(self.people),
        }

    def whole_json(self, lang: Lang) -> Json:
        """The same with the place whose holidays count, and with the derivation as a sentence."""
        return {**self.to_json(lang), **derivation_json(self.deadline, lang)}


def deadline_json(deadline: Deadline, lang: Lang) -> Json:
    """A deadline with the keys of the contract and no others, its words in one language."""
    data = deadline.to_json()
    return {
        "rule": data["rule"],
        "from": data["from"],
        "period": data["period"],
        "due": data["due"],
        "raw_end": data["raw_end"],
        "steps": [{"date": step["date"], "why": step["why"][lang]} for step in _steps(data)],
        "law": data["law"],
        "verified": data["verified"],
    }


def derivation_json(deadline: Deadline, lang: Lang) -> Json:
    """What is known of a deadline beside its contract: the land, and the derivation as a sentence."""
    return {"land": deadline.land, "text": deadline.explain().pick(lang)}


def roles_of(workflow: Workflow, name: str) -> tuple[str, ...]:
    """Whose deadline it is, by the workflow's own words."""
    spec = workflow.deadline_by_name.get(name)
    if spec is None:
        return ()
    if spec.notice:
        return spec.notice.to
    told = [
        role
        for transition in workflow.transitions
        if spec.fire is not None and transition.event == spec.fire
        for notice in transition.notices
        for role in notice.to
    ]
    return tuple(dict.fromkeys(told))


def _steps(data: dict[str, Any]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = data["steps"]
    return steps
