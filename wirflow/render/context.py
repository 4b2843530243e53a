"""What a template may name: the case, its facts, the event, the deadline, the reader, the office.

The engine, the preview and the check of templates all build it here, so that a
template which passes the check finds in an earnest letter what it found then.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from wirflow.clock import civil_date
from wirflow.definition import document, span
from wirflow.definition.document import Document
from wirflow.definition.field import Field, LinkedField
from wirflow.definition.model import CORRECT
from wirflow.definition.span import Span
from wirflow.definition.values import Value, item_of, show
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wirflow.definition.model import Workflow
    from wirflow.definition.values import Item

FIELDS: Final = "_fields"
"""Where the filter `show` finds the fields; no template can name it."""

READER: Final = "recipient"
"""What a template calls its reader."""

WIRFLOW: Final = "wirflow"
"""Who acts when nobody does."""

MAX_KNOWN: Final = 256
"""Workflows whose fields are kept."""

_fields: dict[str, dict[str, Field]] = {}

_EVENTS: Final = {
    "start": Text("Anlage", "Start"),
    CORRECT: Text("Berichtigung", "Correction"),
}


class Facts:
    """Named facts as a template sees them: `data.amount`.

    Not a dict, whose `items`, `keys` and `values` would hide fields of those names.
    """

    __slots__ = ("_facts",)

    def __init__(self, known: Mapping[str, object] | None = None, /, **facts: object) -> None:
        self._facts = facts if known is None else known

    def __getitem__(self, name: str) -> object:
        return self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


class Reader(Facts):
    """Who reads a notice; it remembers whether the template asked."""

    __slots__ = ("asked",)

    def __init__(self, /, **facts: object) -> None:
        super().__init__(**facts)
        self.asked = False

    def __getitem__(self, name: str) -> object:
        self.asked = True
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[str]:
        self.asked = True
        return super().__iter__()

    def __len__(self) -> int:
        self.asked = True
        return super().__len__()


class CaseLike(Protocol):
    """A case, as far as a notice speaks of it."""

    @property
    def key(self) -> str: ...  # noqa: D102 - see the class
    @property
    def state(self) -> str: ...  # noqa: D102 - see the class
    @property
    def since(self) -> datetime: ...  # noqa: D102 - see the class
    @property
    def data(self) -> Mapping[str, Value]: ...  # noqa: D102 - see the class


class LinkedLike(Protocol):
    """A linked case."""

    @property
    def key(self) -> str: ...  # noqa: D102 - see the class
    @property
    def state(self) -> str: ...  # noqa: D102 - see the class
    @property
    def data(self) -> Mapping[str, Value]: ...  # noqa: D102 - see the class


class EventLike(Protocol):
    """What happened."""

    @property
    def name(self) -> str: ...  # noqa: D102 - see the class
    @property
    def occurred_at(self) -> datetime: ...  # noqa: D102 - see the class
    @property
    def reason(self) -> str | None: ...  # noqa: D102 - see the class


class DeadlineLike(Protocol):
    """A legal deadline with its derivation."""

    @property
    def due(self) -> date: ...  # noqa: D102 - see the class
    @property
    def rule(self) -> str: ...  # noqa: D102 - see the class
    @property
    def law(self) -> str: ...  # noqa: D102 - see the class
    @property
    def verified(self) -> bool: ...  # noqa: D102 - see the class
    def explain(self) -> Text: ...  # noqa: D102 - see the class


class TimerLike(Protocol):
    """The reminder or the due date that a notice is about."""

    @property
    def name(self) -> str: ...  # noqa: D102 - see the class
    @property
    def kind(self) -> str: ...  # noqa: D102 - see the class
    @property
    def deadline(self) -> DeadlineLike | None: ...  # noqa: D102 - see the class


def notice_context(
    *,
    workflow: Workflow,
    case: CaseLike,
    linked: Mapping[str, LinkedLike],
    event: EventLike,
    timer: TimerLike | None = None,
    actor: str | None,
    recipient: str,
    role: str,
    office: str,
    zone: str,
    lang: Lang,
) -> dict[str, object]:
    """The context of one notice, as the language describes it.

    Args:
        workflow: the definition of the case.
        case: the case after the event.
        linked: the cases it is linked to, by the names of the links.
        event: what happened.
        timer: of a deadline's notice: its reminder or its due date, with the derivation.
        actor: the display name of who did it; None: wirflow itself.
        recipient: the display name of the reader.
        role: the title of the role in which the reader gets it.
        office: the name of the office.
        zone: its time zone; dates in the notice are its civil dates.
        lang: the language of the reader.
    """
    occurred_on = civil_date(event.occurred_at, zone)
    fields = workflow.field_by_name
    shown = {
        name: show(fields[name], case.data[name], lang) for name in workflow.called_by if name in case.data
    }
    facts: dict[str, object] = {"name": event.name, "title": _event_title(workflow, event.name).pick(lang)}
    facts |= {"actor": actor or WIRFLOW, "occurred_on": occurred_on}
    if event.reason:
        facts["reason"] = event.reason
    state = workflow.state_by_name.get(case.state)
    context: dict[str, object] = {
        "case": Facts(
            key=case.key,
            title=workflow.call(case.key, shown).pick(lang),
            state=case.state,
            state_title=state.title.pick(lang) if state else case.state,
            workflow=workflow.name,
            workflow_title=workflow.title.pick(lang),
            since=civil_date(case.since, zone),
        ),
        "data": Facts(_present(case.data)),
        "linked": Facts(
            {
                name: Facts(key=other.key, state=other.state, data=Facts(_present(other.data)))
                for name, other in linked.items()
            }
        ),
        "event": Facts(facts),
        READER: Reader(name=recipient, role=role),
        "office": Facts(name=office),
        FIELDS: fields_of(workflow),
    }
    if timer is not None and timer.deadline is not None:
        context["deadline"] = _deadline(workflow, timer, timer.deadline, occurred_on, lang)
    return context


def schema(workflow: Workflow, *, with_deadline: bool) -> dict[str, Any]:
    """The names that the context of a workflow's notices may have, as a tree; None is a leaf."""
    tree: dict[str, Any] = {
        "case": dict.fromkeys(
            ("key", "title", "state", "state_title", "workflow", "workflow_title", "since")
        ),
        "data": _names(workflow.fields),
        "linked": {
            link.name: {"key": None, "state": None, "data": _names(link.fields)} for link in workflow.links
        },
        "event": dict.fromkeys(("name", "title", "actor", "occurred_on", "reason")),
        "recipient": dict.fromkeys(("name", "role")),
        "office": {"name": None},
    }
    if with_deadline:
        tree["deadline"] = dict.fromkeys(
            ("name", "title", "kind", "due", "days_left", "law", "rule", "text", "verified")
        )
    return tree


def _names(fields: Iterable[Field | LinkedField]) -> dict[str, Any]:
    """Fields, with what spans and documents are made of."""
    return {item.name: dict.fromkeys(_PARTS[item.type]) if item.type in _PARTS else None for item in fields}


_PARTS: Final = {"span": (*span.PARTS, "days"), "document": document.PARTS}


def sample(workflow: Workflow, *, lang: Lang, with_deadline: bool) -> dict[str, object]:
    """A context in which every fact is there, to try a template on."""
    moment = datetime(2025, 1, 15, 12, tzinfo=UTC)
    samples = {
        name: {item.name: _sample(item) for item in fields}
        for name, fields in (
            ("", workflow.fields),
            *((link.name, _linked_fields(workflow, link.name)) for link in workflow.links),
        )
    }
    words = Text("Beispiel", "example").pick(lang)
    other: dict[str, object] = {
        name: Facts(key=words, state=words, data=Facts(**facts)) for name, facts in samples.items() if name
    }
    context: dict[str, object] = {
        "case": Facts(
            key=words,
            title=words,
            state=workflow.initial.name,
            state_title=workflow.initial.title.pick(lang),
            workflow=workflow.name,
            workflow_title=workflow.title.pick(lang),
            since=moment.date(),
        ),
        "data": Facts(**samples[""]),
        "linked": Facts(**other),
        "event": Facts(name=words, title=words, actor=words, occurred_on=moment.date(), reason=words),
        "recipient": Facts(name=words, role=words),
        "office": Facts(name=words),
        FIELDS: fields_of(workflow),
    }
    if with_deadline:
        context["deadline"] = Facts(
            name=words,
            title=words,
            kind="reminder",
            due=date(2025, 2, 15),
            days_left=31,
            law=words,
            rule=words,
            text=words,
            verified=True,
        )
    return context


def _present(data: Mapping[str, Value]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}


def fields_of(workflow: Workflow) -> dict[str, Field]:
    """Own fields, and those of linked cases under names that are not taken; nobody may change them."""
    known = _fields.get(workflow.hash)
    if known is None:
        if len(_fields) >= MAX_KNOWN:
            _fields.clear()
        known = _fields[workflow.hash] = _fields_of(workflow)
    return known


def _fields_of(workflow: Workflow) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for link in workflow.links:
        found |= {item.name: item for item in _linked_fields(workflow, link.name)}
    return found | workflow.field_by_name


def _linked_fields(workflow: Workflow, link: str) -> tuple[Field, ...]:
    fields = workflow.link_by_name[link].fields
    return tuple(
        Field(name=item.name, type=item.type, of=item.of, title=Text.same(item.name)) for item in fields
    )


def _deadline(
    workflow: Workflow, timer: TimerLike, deadline: DeadlineLike, counts_on: date, lang: Lang
) -> Facts:
    spec = workflow.deadline_by_name.get(timer.name)
    return Facts(
        name=timer.name,
        title=spec.title.pick(lang) if spec else timer.name,
        kind=timer.kind,
        due=deadline.due,
        # A term that is over has no days left, although its event counts on the day after.
        days_left=max(0, (deadline.due - counts_on).days),
        law=(spec.law if spec else None) or deadline.law,
        rule=deadline.rule,
        text=deadline.explain().pick(lang),
        verified=deadline.verified,
    )


def _event_title(workflow: Workflow, name: str) -> Text:
    for transition in workflow.transitions:
        if transition.event == name:
            return transition.title
    spec = workflow.deadline_by_name.get(name)
    return spec.title if spec else _EVENTS.get(name, Text.same(name))


def _sample(field: Field) -> Value:
    if field.type == "list":
        return (cast("Item", _sample(item_of(field))),) * max(1, field.min_items or 1)
    samples: dict[str, Value] = {
        "text": "Text",
        "integer": max(1, int(field.min or 1)),
        "money": max(Decimal("1.00"), field.min or Decimal("1.00")),
        "date": date(2025, 12, 31),
        "boolean": True,
        "choice": field.choices[0].name if field.choices else "text",
        "period": "P1M",
        "span": Span(date(2025, 1, 1), date(2025, 3, 31)),
        "document": Document("Beispiel.pdf", "0" * 64, 1, "application/pdf"),
    }
    return samples[field.type]
