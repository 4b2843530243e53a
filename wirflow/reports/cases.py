"""A case, as reports tell of it: where it stands, what it knows, what comes next."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wirflow.clock import stamp
from wirflow.definition.values import show, to_json
from wirflow.reports.deadlines import DueView
from wirflow.store.cases import StoredCase
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wirflow.core.case import Case
    from wirflow.definition.model import State, Transition, Workflow

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A link to another case."""

    name: str
    title: Text
    key: str
    state: str
    state_title: Text
    tone: str
    case_title: Text


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """One case with its running deadlines."""

    stored: StoredCase
    deadlines: tuple[DueView, ...] = ()
    """Deadlines that are over and not met; then what is armed, reminders too, in the order of firing."""
    links: tuple[LinkView, ...] = field(default=())
    children: tuple[LinkView, ...] = ()
    """The cases that belong to it, by their kinds and keys; only where one case is looked at."""
    current: bool = True
    """It pins the newest version of its workflow."""

    @property
    def case(self) -> Case:
        """The snapshot."""
        return self.stored.case

    @property
    def workflow(self) -> Workflow:
        """The definition that it pins."""
        return self.stored.workflow

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.workflow.place(self.case.state)

    @cached_property
    def title(self) -> Text:
        """How it is called on screens."""
        return title_of(self.workflow, self.case)

    @cached_property
    def next_deadline(self) -> DueView | None:
        """The deadline that matters most: one that is over and not met, else the next to come."""
        return next((item for item in self.deadlines if item.kind == "due"), None)

    @property
    def actions(self) -> tuple[Transition, ...]:
        """What people may do now, guards aside."""
        return self.workflow.actions(self.case.state)

    def to_json(self, lang: Lang) -> Json:
        """The case with the keys of the contract, and the version that it pins behind them.

        An expected fact that is unknown is null.
        """
        due = self.next_deadline
        return {
            "key": self.case.key,
            "workflow": self.workflow.name,
            "title": self.title.pick(lang),
            "state": self.case.state,
            "since": stamp(self.case.since),
            "data": data_json(self.workflow, self.case),
            "next_deadline": due.next_json() if due else None,
            "actions": [item.event for item in self.actions],
        }


def data_json(workflow: Workflow, case: Case) -> Json:
    """The facts of a case in the order of its definition."""
    facts: Mapping[str, Any] = case.data
    return {
        item.name: to_json(facts[item.name]) if item.name in facts else None
        for item in workflow.fields
        if item.name in facts or item.expected
    }


def title_of(workflow: Workflow, case: Case) -> Text:
    """How a case is called on screens, in both languages."""
    words = {
        lang: {
            name: show(field_, case.data.get(name), lang) for name, field_ in workflow.field_by_name.items()
        }
        for lang in ("de", "en")
    }
    return Text(workflow.call(case.key, words["de"]).de, workflow.call(case.key, words["en"]).en)
