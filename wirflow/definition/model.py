"""What a workflow says, checked and frozen.

The reader makes these values from YAML; everything else only reads them.  A
stored `Workflow` is complete in itself: it carries the fields of the workflows
it links to, so that its expressions can be compiled without any other file.

Names of expressions: `when` and the values of `set` and `with` are CEL source
text; `guards` compiles them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from string import Formatter
from typing import TYPE_CHECKING, Final, Literal

from wirflow.definition.field import Children, Field, Link
from wirflow.definition.form import read, write
from wirflow.text import LANGS, Lang, Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from wirflow.definition.field import LinkedField

Tone = Literal["neutral", "waiting", "good", "bad"]

Counts = Literal["approved", "prospective", "at_risk", "cost", "ceiling"]
"""What money counts as in a forecast: by its certainty, as a cost, or as the most there could be."""

PARENT = "parent"
"""The link of a child to the case that it belongs to."""

CHILDREN = "children"
"""All children of a case, of whatever kind."""

HEARD = "child_changed"
"""What a case hears of its children: it only looks whether something follows by itself."""

EACH_YEAR: Final[Mapping[str, str]] = {
    "each.number": "integer",
    "each.year": "integer",
    "each.first": "date",
    "each.last": "date",
}
"""What the facts of a child may be made of that is started for a year, with the types."""

SEPARATOR = " + "
"""Stands between the states of a case that is in several at once."""

CORRECT = "correct"
"""The event by which a recorded fact is put right; a workflow allows it with `corrections`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Who takes part.  People are given roles in `wirflow.toml`."""

    name: str
    title: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a case may stand; a state may have states inside it."""

    name: str
    """Of a nested state with its parents: `review.formal`."""
    title: Text
    initial: bool = False
    final: bool = False
    tone: Tone = "neutral"
    """How it is coloured."""
    parent: str | None = None
    parallel: bool = False
    """The states inside it are regions, all of them active at once."""
    history: bool = False
    """Who comes back finds it as it was left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A field that an event takes."""

    field: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A rule that refuses an event, and what it says to the person."""

    when: str
    otherwise: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A field and the expression that gives its value."""

    field: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A template and the roles that receive it."""

    template: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """An event told to a linked case, or to children, durable and exactly once."""

    to: str
    """The name of a link, of a kind of children, or `children`."""
    event: str
    when: str | None = None
    values: tuple[Assignment, ...] = ()
    """Fields of the *other* case and expressions over this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Years:
    """The calendar years from one day to another, both included."""

    first: str
    last: str
    """Expressions that give dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A link of a child and the link of its parent that it takes over."""

    name: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Child cases that a transition starts: one, or one for each year or item."""

    children: str
    """Of which kind."""
    when: str | None = None
    years: Years | None = None
    """One for each of these years."""
    each: str | None = None
    """One for each item of this list."""
    values: tuple[Assignment, ...] = ()
    """Fields of the child and expressions over the parent; `each.year` and its like among them."""
    links: tuple[Passed, ...] = ()
    key: str | None = None
    """How it is called: text with `{key}`, `{year}`, `{item}` and `{number}` in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What one event does in some states.

    Several transitions may share an event; the first whose `when` holds is taken.
    """

    event: str
    title: Text
    sources: tuple[str, ...]
    target: str | None
    """None: the case stays where it is, and only its facts change."""
    by: tuple[str, ...] = ()
    """Roles that may do it.  Empty: only a deadline or a signal does."""
    not_by: tuple[str, ...] = ()
    """Events whose last actor may not do this one: four eyes."""
    when: str | None = None
    input: tuple[Input, ...] = ()
    requires: tuple[Requirement, ...] = ()
    set: tuple[Assignment, ...] = ()
    clear: tuple[str, ...] = ()
    """Fields that are absent from then on; `set` still sees them."""
    notices: tuple[Notice, ...] = ()
    tell: tuple[Signal, ...] = ()
    start: tuple[Start, ...] = ()
    automatic: bool = False
    """Nobody brings it about: it is taken as soon as `when` holds, or, without one, as soon as
    all that is inside its source has come to a final state."""
    reopens: bool = False
    """May lead out of a final state."""
    reason: bool = False
    """The actor has to give a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A fact of law (`received_on`, `no_instruction` …) and the field that tells it."""

    fact: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Who else hears of a deadline that is over, and when."""

    after: str
    """ISO period after the due day."""
    notice: Notice
    unless: tuple[str, ...] = ()
    """Events that make it needless, if one of them happened since the reminders began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineSpec:
    """A date at which something is due or a right is lost.

    Either `on` names a date field that is the deadline itself, or `start` names
    the field from which `rule` (and `period`) compute it.
    """

    name: str
    title: Text
    states: tuple[str, ...]
    """`while`: the states in which it runs."""
    on: str | None = None
    start: str | None = None
    """`from` in YAML."""
    rule: str
    period: str | None = None
    when: str | None = None
    """Runs only as long as this holds."""
    law: str | None = None
    """The legal ground as the office names it, where the rule alone does not say it."""
    edge: Literal["start_of_day", "end_of_day"] = "end_of_day"
    """`fires`: a term ends when its day is over; a window opens when its day begins."""
    fire: str | None = None
    """The event that happens when it is due."""
    remind: tuple[str, ...] = ()
    """ISO periods before the due day, longest first."""
    notice: Notice | None = None
    """Sent with each reminder, and when it is due if nothing is fired."""
    escalate: Escalation | None = None
    every: str | None = None
    """ISO period after which it falls due again, and again, as long as it runs."""
    given: tuple[Given, ...] = ()
    """What the rule should know of the case beside the day of the event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn:
    """Something that a person should know as long as it holds, though nothing is refused."""

    name: str
    states: tuple[str, ...]
    when: str
    text: Text
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Money that a case brings or costs year by year, for the forecast."""

    name: str
    title: Text
    counts: Counts
    states: tuple[str, ...]
    """`while`: the states in which it counts; all of them if nothing is said."""
    when: str | None = None
    amount: str
    """An amount per year; while a fact in it is absent, the amount is unknown and not zero."""
    start: str | None = None
    """`from` in YAML, a date: the first day.  None or absent: it has begun already."""
    until: str | None = None
    """A date: the last day.  None: it has no end; absent: what is in between is unknown."""


_format = Formatter()


class _Named(dict[str, str]):
    """The facts of a case as the words of its subject; one that is not known is a question mark."""

    def __missing__(self, name: str) -> str:
        return "?"


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """One definition: what a kind of case is, and what may happen to it."""

    name: str
    title: Text
    subject: Text
    """How a case is called on screens: text with `{field}` and `{key}` in it."""
    roles: tuple[Role, ...]
    fields: tuple[Field, ...]
    links: tuple[Link, ...]
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    deadlines: tuple[DeadlineSpec, ...]
    warnings: tuple[Warn, ...] = ()
    money: tuple[Money, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    """What has to hold between the facts of a case after every event; an absent fact breaks none."""
    children: tuple[Children, ...] = ()
    language: int = field(default=1)
    """Version of the language (`wirflow: 1`)."""

    @cached_property
    def form(self) -> bytes:
        """The checked form as JSON: what the store keeps."""
        return write(self)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the checked form, in hex: what a case pins."""
        return hashlib.sha256(self.form).hexdigest()

    @classmethod
    def from_form(cls, form: bytes | str) -> Workflow:
        """The workflow whose checked form this is; it keeps that form, and so its hash.

        Raises:
            msgspec.ValidationError: it is the form of no workflow.
        """
        workflow = read(form, cls)
        # A cached property: an earlier wirflow may have written the same definition with other words.
        workflow.__dict__["form"] = form.encode() if isinstance(form, str) else form
        return workflow

    @cached_property
    def field_by_name(self) -> dict[str, Field]:
        """Fields by their names, in the order of the definition."""
        return {item.name: item for item in self.fields}

    @cached_property
    def field_types(self) -> tuple[tuple[str, str], ...]:
        """Fields with their kinds, in the order of the definition."""
        return tuple((item.name, item.kind) for item in self.fields)

    @cached_property
    def state_by_name(self) -> dict[str, State]:
        """States by their names, in the order of the definition."""
        return {item.name: item for item in self.states}

    @cached_property
    def link_by_name(self) -> dict[str, Link]:
        """Links by their names, in the order of the definition."""
        return {item.name: item for item in self.links}

    @cached_property
    def children_by_name(self) -> dict[str, Children]:
        """Kinds of children by their names, in the order of the definition."""
        return {item.name: item for item in self.children}

    @cached_property
    def parent(self) -> Link | None:
        """The link to the case that a case of this workflow belongs to."""
        return next((item for item in self.links if item.is_parent), None)

    def reached(self, name: str) -> tuple[str, ...]:
        """The workflows of the cases that a signal to a link or to children may reach."""
        if name in self.link_by_name:
            return (self.link_by_name[name].workflow,)
        found = (item.workflow for item in self.children if name in {item.name, CHILDREN})
        return tuple(dict.fromkeys(found))

    def each(self, start: Start) -> Mapping[str, str]:
        """The names, with their types, that tell the children of one start apart."""
        if start.years is not None:
            return EACH_YEAR
        if start.each is None:
            return {}
        field = self.field_by_name.get(start.each)
        return {"each.number": "integer", "each.item": (field.of if field else None) or "text"}

    def fields_of(self, name: str) -> tuple[LinkedField, ...]:
        """The facts of the cases behind a link, or of children; those that differ in type left away."""
        if name in self.link_by_name:
            return self.link_by_name[name].fields
        found: dict[str, list[LinkedField]] = {}
        for group in self.children:
            for item in group.fields if name in {group.name, CHILDREN} else ():
                found.setdefault(item.name, []).append(item)
        return tuple(
            replace(items[0], choices=tuple(dict.fromkeys(one for item in items for one in item.choices)))
            for items in found.values()
            if len({item.kind for item in items}) == 1
        )

    @cached_property
    def role_by_name(self) -> dict[str, Role]:
        """Roles by their names, in the order of the definition."""
        return {item.name: item for item in self.roles}

    @cached_property
    def deadline_by_name(self) -> dict[str, DeadlineSpec]:
        """Deadlines by their names, in the order of the definition."""
        return {item.name: item for item in self.deadlines}

    @cached_property
    def lasting(self) -> tuple[DeadlineSpec, ...]:
        """Deadlines that bring nothing about and do not come again: once over, they stay overdue."""
        return tuple(item for item in self.deadlines if item.fire is None and item.every is None)

    @cached_property
    def watched(self) -> frozenset[str]:
        """Events whose last time a case remembers."""
        return frozenset(event for item in self.deadlines if item.escalate for event in item.escalate.unless)

    @cached_property
    def inside(self) -> dict[str | None, tuple[State, ...]]:
        """A state → the states directly inside it; None → those at the top."""
        table: dict[str | None, tuple[State, ...]] = {}
        for state in self.states:
            table[state.parent] = (*table.get(state.parent, ()), state)
        return table

    @cached_property
    def initial(self) -> State:
        """The state in which a case starts, as `place` shows it."""
        top = next(state for state in self.inside[None] if state.initial)
        return self.place(SEPARATOR.join(self.leaves(top.name)))

    def leaves(self, name: str) -> tuple[str, ...]:
        """The innermost states that are active when a state is entered from outside."""
        children = self.inside.get(name, ())
        if not children:
            return (name,)
        entered = (
            children
            if self.state_by_name[name].parallel
            else [next(item for item in children if item.initial)]
        )
        return tuple(leaf for child in entered for leaf in self.leaves(child.name))

    def whole(self, leaves: Iterable[str], inside: Collection[str] = ()) -> str:
        """A place in which all regions run: who enters one of them enters the others, too.

        Args:
            leaves: the innermost states; those of regions that were not entered are added.
            inside: states in which the case is already, so that their regions run.
        """
        known = list(leaves)
        for name in reversed(self.active(SEPARATOR.join(known))):
            if self.state_by_name[name].parallel and name not in inside:
                for region in self.inside[name]:
                    if not any(leaf == region.name or leaf.startswith(f"{region.name}.") for leaf in known):
                        known += self.leaves(region.name)
        order = {state.name: number for number, state in enumerate(self.states)}
        return SEPARATOR.join(sorted(known, key=order.__getitem__))

    def active(self, place: str) -> tuple[str, ...]:
        """All states in which a case is, the innermost first.

        Args:
            place: `approved`, `review.formal`, or `hearing.legal.open + hearing.budget.done`.
        """
        known = self._active.get(place)
        if known is None:
            depths: dict[str, int] = {}
            for leaf in place.split(SEPARATOR):
                parts = leaf.split(".")
                depths |= {".".join(parts[:depth]): depth for depth in range(1, len(parts) + 1)}
            known = self._active[place] = tuple(sorted(depths, key=lambda name: -depths[name]))
        return known

    def place(self, place: str) -> State:
        """Where a case stands, as one state: parallel ones are shown together.

        Raises:
            KeyError: there is no such state.
        """
        known = self.state_by_name.get(place)
        if known is not None and known.parent is None:
            return known
        leaves = [self.state_by_name[leaf] for leaf in place.split(SEPARATOR)]
        tones = {leaf.tone for leaf in leaves}
        return State(
            name=place,
            title=Text(*(" + ".join(self._path(leaf, lang) for leaf in leaves) for lang in LANGS)),
            tone=next((tone for tone in ("bad", "waiting", "neutral", "good") if tone in tones), "neutral"),
        )

    def _path(self, state: State, lang: Lang) -> str:
        words = state.title.pick(lang)
        return (
            words
            if state.parent is None
            else f"{self._path(self.state_by_name[state.parent], lang)}: {words}"
        )

    @cached_property
    def _active(self) -> dict[str, tuple[str, ...]]:
        return {}

    @cached_property
    def events(self) -> tuple[str, ...]:
        """All events, in the order of the definition."""
        return tuple(dict.fromkeys(item.event for item in self.transitions))

    @cached_property
    def personal(self) -> frozenset[str]:
        """Names of the erasable fields."""
        return frozenset(item.name for item in self.fields if item.personal)

    @cached_property
    def _from_state(self) -> dict[tuple[str, str], tuple[tuple[int, Transition], ...]]:
        table: dict[tuple[str, str], tuple[tuple[int, Transition], ...]] = {}
        for number, transition in enumerate(self.transitions):
            for source in transition.sources:
                state = self.state_by_name[source]
                if state.final and not state.parent and transition.target and not transition.reopens:
                    continue  # `check` says so; whoever did not check is safe all the same
                place = (source, transition.event)
                table[place] = (*table.get(place, ()), (number, transition))
        return table

    def open_transitions(self, place: str, event: str) -> tuple[tuple[int, Transition], ...]:
        """An event's transitions where a case stands, with their numbers, in the order of trying.

        Those of an inner state come before those of the states around it.
        """
        known = self._open.get((place, event))
        if known is None:
            table = self._from_state
            known = tuple(
                dict(pair for name in self.active(place) for pair in table.get((name, event), ())).items()
            )
            self._open[place, event] = known
        return known

    @cached_property
    def _open(self) -> dict[tuple[str, str], tuple[tuple[int, Transition], ...]]:
        return {}

    @cached_property
    def automatic(self) -> tuple[tuple[int, Transition], ...]:
        """The transitions that nobody brings about, with their numbers."""
        return tuple((number, item) for number, item in enumerate(self.transitions) if item.automatic)

    def actions(self, place: str) -> tuple[Transition, ...]:
        """What people may do where a case stands, guards aside: one transition per event."""
        active = set(self.active(place))
        found: dict[str, Transition] = {}
        for transition in self.transitions:
            if transition.by and not active.isdisjoint(transition.sources):
                found.setdefault(transition.event, transition)
        return tuple(found.values())

    @cached_property
    def called_by(self) -> frozenset[str]:
        """The fields that the name of a case on screens is made of."""
        parts = [*_format.parse(self.subject.de), *_format.parse(self.subject.en)]
        return frozenset(name for _, name, _, _ in parts if name in self.field_by_name)

    def call(self, key: str, data: dict[str, str]) -> Text:
        """How a case is called on screens, given its facts as readable text."""
        facts = _Named({**data, "key": data.get("key", key)})
        return Text(self.subject.de.format_map(facts), self.subject.en.format_map(facts))
