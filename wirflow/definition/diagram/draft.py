"""Workflow → picture: what is drawn apart, what is drawn as one, and where the words go.

- What changes only facts stands in its state, and what is possible everywhere
  in one panel: ten loops say less than ten lines.
- Ways with the same ends and the same cause share a plate.
- Sources that are all there is inside a state become that state; sources that
  are all open states become words.
- Of a rule that is long, and of the rules that refuse, a note under the picture
  says the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Final

from wirflow.definition.diagram import words as say
from wirflow.definition.diagram.names import one_line
from wirflow.definition.diagram.picture import Box, Kind, Line, Note, Picture, Way
from wirflow.definition.diagram.words import Words
from wirflow.definition.model import Transition
from wirflow.errors import UnknownNameError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wirflow.definition.diagram.picture import Course, Step, Visit
    from wirflow.definition.model import DeadlineSpec, State, Workflow
    from wirflow.text import Lang

LONGEST_GUARD: Final = 70
"""Signs of a guard that stand on a plate; a note tells the whole of a longer one."""

_MANY: Final = 4
"""From so many states on, all that are open are told in words, and what runs in them is told once."""
_FEW: Final = 2
"""So many exceptions can still be told."""


def draft(
    workflow: Workflow,
    lang: Lang,
    course: Course | None = None,
    *,
    others: Mapping[str, Workflow] | None = None,
) -> Picture:
    """Make the picture of a workflow.

    Args:
        workflow: what to draw.
        lang: the language of its words.
        course: what a case did so far; None: no case is marked.
        others: workflows to which this one links, for the titles of what it tells them.

    Raises:
        UnknownNameError: the course names a state that does not exist.
    """
    return _Draft(workflow, lang, course, others or {}).picture()


@dataclass(slots=True)
class _Section:
    """What one transition says on its plate."""

    number: int
    item: Transition
    kind: Kind
    sources: tuple[str, ...]
    """All of them, as the definition says it."""
    lines: tuple[Line, ...]


@dataclass(slots=True)
class _Plate:
    """A way as it grows."""

    kind: Kind
    sources: tuple[str, ...]
    target: str
    sections: list[_Section] = field(default_factory=list)
    taken: list[date] = field(default_factory=list)
    taken_from: set[str] = field(default_factory=set)


class _Draft:
    def __init__(
        self, workflow: Workflow, lang: Lang, course: Course | None, others: Mapping[str, Workflow]
    ) -> None:
        self._workflow = workflow
        self._lang: Lang = lang
        self._course = course
        self._words = Words(workflow, lang, others)
        self._notes: list[Note] = []
        self._numbers = count(1)
        self._known_notes: dict[tuple[str, ...], int] = {}
        if course is not None:
            for place in (course.place, *(step.target for step in course.steps)):
                _known(workflow, place)
        self._active = set(workflow.active(course.place)) if course else set()
        self._due = dict(reversed(course.due)) if course else {}
        self._everywhere = _everywhere(workflow)
        self._told: set[str] = set()
        """The deadlines that stand on a plate."""
        self._wide: dict[Line, list[Line]] = {}
        """States in which the same reminders run → the reminders."""
        self._rows: dict[str, dict[Line, None]] = {state.name: {} for state in workflow.states}
        self._plates: dict[tuple[Kind, tuple[str, ...], str], _Plate] = {}

    def picture(self) -> Picture:
        """All of it."""
        for number, item in enumerate(self._workflow.transitions):
            self._place(number, item)
        for spec in self._workflow.deadlines:
            self._reminder(spec)
        self._walk()
        ways = tuple(self._way(number, plate) for number, plate in enumerate(self._plates.values()))
        return Picture(
            name=self._workflow.name,
            lang=self._lang,
            title=self._title(),
            subtitle=self._subtitle(),
            boxes=tuple(self._box(state) for state in self._workflow.states),
            ways=ways,
            panel=self._panel(),
            notes=tuple(self._notes),
            has_case=self._course is not None,
        )

    # -- headings ----------------------------------------------------------------------

    def _title(self) -> str:
        title = one_line(self._workflow.title.pick(self._lang))
        return f"{title}: {one_line(self._course.subject)}" if self._course else title

    def _subtitle(self) -> str:
        flow = self._workflow
        states = sum(not flow.inside.get(state.name) for state in flow.states)
        version = f"{Text('Fassung', 'version').pick(self._lang)} {flow.hash[:8]}"
        if self._course is not None:
            old = Text("nicht die neueste", "not the newest").pick(self._lang)
            case = f"{Text('Vorgang', 'Case').pick(self._lang)} {one_line(self._course.key)}"
            return f"{case} · {flow.name} · {version}" + (f" ({old})" if self._course.outdated else "")
        parts = [
            (states, Text("Zustand", "state"), Text("Zustände", "states")),
            (len(flow.events), Text("Ereignis", "event"), Text("Ereignisse", "events")),
            (len(flow.deadlines), Text("Frist", "deadline"), Text("Fristen", "deadlines")),
        ]
        told = [f"{number} {(one if number == 1 else many).pick(self._lang)}" for number, one, many in parts]
        return " · ".join([flow.name, *told, version])

    # -- transitions -------------------------------------------------------------------

    def _place(self, number: int, item: Transition) -> None:
        """Give a transition its plates, or the states in which it stays their rows."""
        if item.target is None:
            if item.event not in self._everywhere:
                for source in self._joined(item.sources):
                    self._rows[source][self._row("pen", item)] = None
            return
        loops = [source for source in item.sources if source == item.target]
        for source in loops:
            self._rows[source][self._row("again", item)] = None
        # Ways that go into or out of a state around are drawn apart from those that do not.
        related: dict[str, list[str]] = {}
        for source in item.sources:
            if source != item.target:
                related.setdefault(_relation(source, item.target), []).append(source)
        for sources in related.values():
            self._split(number, item, sources)

    def _split(self, number: int, item: Transition, sources: Sequence[str]) -> None:
        """One plate for people, and one for the deadlines."""
        target = item.target or ""
        firing: dict[tuple[str, ...], list[str]] = {}
        for source in sources:
            names = tuple(spec.name for spec in self._firing(item.event, source))
            firing.setdefault(names, []).append(source)
        if item.by or item.automatic:
            kind: Kind = "hand" if item.by else "auto"
            self._add(kind, sources, target, number, item, ())
        for names, some in firing.items():
            if names:
                self._told.update(names)
                self._add("deadline", some, target, number, item, names)
            elif not item.by and not item.automatic:
                self._add("signal", some, target, number, item, ())

    def _add(  # noqa: PLR0917 - it is called in three places, a line each
        self,
        kind: Kind,
        sources: Sequence[str],
        target: str,
        number: int,
        item: Transition,
        deadlines: tuple[str, ...],
    ) -> None:
        joined = self._joined(sources, but=target)
        key = (kind, joined, target)
        plate = self._plates.setdefault(key, _Plate(kind, joined, target))
        section = _Section(
            number, item, kind, tuple(sources), tuple(self._lines(item, kind, sources, deadlines))
        )
        plate.sections.append(section)

    def _joined(self, sources: Sequence[str], but: str | None = None) -> tuple[str, ...]:
        """Sources, with a state in the place of all that is directly inside it."""
        found = set(sources)
        for state in reversed(self._workflow.states):
            inside = {child.name for child in self._workflow.inside.get(state.name, ())}
            around = but is not None and (but == state.name or but.startswith(f"{state.name}."))
            if len(inside) > 1 and inside <= found and not around:
                found = (found - inside) | {state.name}
        # A state inside another source says nothing that the other one does not.
        return tuple(
            state.name
            for state in self._workflow.states
            if state.name in found and not any(state.name.startswith(f"{one}.") for one in found)
        )

    def _lines(
        self, item: Transition, kind: Kind, sources: Sequence[str], deadlines: tuple[str, ...]
    ) -> Iterator[Line]:
        """Everything that stands on a plate for one transition."""
        words = self._words
        yield Line(mark="title", words=one_line(item.title.pick(self._lang)))
        if kind == "auto":
            joins = item.when is None and any(self._workflow.inside.get(source) for source in sources)
            yield Line(mark="auto", words=(say.ALL_DONE if joins else say.AUTOMATIC).pick(self._lang))
        elif kind == "signal":
            yield Line(mark="signal", words=say.SIGNAL.pick(self._lang))
        if item.when is not None:
            yield self._guard(item, item.when)
        for name in deadlines:
            spec = self._workflow.deadline_by_name[name]
            inner = [name for name in spec.states if any(name.startswith(f"{one}.") for one in sources)]
            for line in words.deadline(spec, self._due_in(spec, sources)):
                yield self._cut(item.title, self._within(line, inner))
        if kind == "hand":
            yield from words.movers(item)
        if item.requires:
            rules = [one_line(rule.otherwise.pick(self._lang)) for rule in item.requires]
            number = self._note(item.title, *rules)
            yield Line(mark="rules", words=words.rules(len(rules)), note=number)
        for line in words.effects(item):
            yield self._cut(item.title, line)

    def _within(self, line: Line, states: Sequence[str]) -> Line:
        """The name of a deadline, with its states if these are fewer than those that the plate leaves."""
        if line.mark != "clock" or not states:
            return line
        told = ", ".join(self._words.state(name) for name in states)
        return Line(mark=line.mark, words=f"{line.words} ({told})", note=line.note)

    def _guard(self, item: Transition, when: str) -> Line:
        whole = self._words.guard(when)
        if len(whole) <= LONGEST_GUARD:
            return Line(mark="guard", words=whole)
        short = whole[: LONGEST_GUARD - 10].rsplit(" ", 1)[0] + " …"
        return Line(mark="guard", words=short, note=self._note(item.title, f"[{whole}]"))

    def _cut(self, title: Text, line: Line) -> Line:
        """A line without its condition, if that is long; a note tells it then."""
        words, bracket, condition = line.words.partition("[")
        if not bracket or len(condition) <= LONGEST_GUARD // 2 or not condition.endswith("]"):
            return line
        note = self._note(title, words + bracket + condition)
        return Line(mark=line.mark, words=f"{words}[…]", note=note)

    def _note(self, title: Text, *lines: str) -> int:
        """The number of a note; what was said already is not said again."""
        head = one_line(title.pick(self._lang))
        known = self._known_notes.get((head, *lines))
        if known is not None:
            return known
        number = next(self._numbers)
        self._known_notes[head, *lines] = number
        self._notes.append(Note(number=number, head=head, lines=tuple(dict.fromkeys(lines))))
        return number

    def _row(self, mark: str, item: Transition) -> Line:
        """One line for what leads nowhere: its title and who does it."""
        title = one_line(item.title.pick(self._lang))
        fired = [spec for spec in self._workflow.deadlines if spec.fire == item.event]
        if item.by:
            mover = self._words.roles(item.by)
        elif item.automatic:
            mover = say.AUTOMATIC.pick(self._lang)
        elif fired:
            mover = ", ".join(one_line(spec.title.pick(self._lang)) for spec in fired)
        else:
            mover = say.SIGNAL.pick(self._lang)
        note = None
        if item.requires:
            note = self._note(
                item.title, *(one_line(rule.otherwise.pick(self._lang)) for rule in item.requires)
            )
        # What follows elsewhere is no smaller because the case itself stays where it is.
        more = [line.words for line in self._words.movers(item) if line.mark == "eyes"]
        signs = {"child": "+ ", "tell": "→ "}
        more += [signs[line.mark] + line.words for line in self._words.effects(item) if line.mark in signs]
        words = "; ".join([mover, *more])
        return Line(mark="again" if mark == "again" else "pen", words=f"{title} ({words})", note=note)

    def _panel(self) -> tuple[Line, ...]:
        """What may happen everywhere, and what runs in many states, each under its heading."""
        found = dict.fromkeys(
            self._row("pen", item) for item in self._workflow.transitions if item.event in self._everywhere
        )
        heading = Line(mark="title", words=say.ANYWHERE.pick(self._lang))
        many = [line for states, lines in self._wide.items() for line in (states, *lines)]
        return (*((heading, *found) if found else ()), *many)

    # -- deadlines ---------------------------------------------------------------------

    def _firing(self, event: str, source: str) -> Iterator[DeadlineSpec]:
        for spec in self._workflow.deadlines:
            if spec.fire == event and any(_meet(source, state) for state in spec.states):
                yield spec

    def _due_in(self, spec: DeadlineSpec, sources: Sequence[str]) -> date | None:
        return None if self._active.isdisjoint(sources) else self._due.get(spec.name)

    def _reminder(self, spec: DeadlineSpec) -> None:
        """A deadline that stands on no plate, for it leads nowhere, stands in its states."""
        if spec.name in self._told:
            return
        states = self._joined(spec.states)
        if len(states) >= _MANY:
            told = ", ".join(self._words.state(name) for name in states)
            heading = Line(mark="title", words=say.IN.pick(self._lang) + told)
            self._wide.setdefault(heading, []).extend(
                self._cut(spec.title, line)
                for line in self._words.deadline(spec, self._due_in(spec, spec.states))
            )
            return
        for source in states:
            for line in self._words.deadline(spec, self._due_in(spec, [source])):
                self._rows[source][self._cut(spec.title, line)] = None

    # -- the way of a case -------------------------------------------------------------

    def _walk(self) -> None:
        for step in self._course.steps if self._course else ():
            plate = self._taken(step)
            if plate is not None:
                plate.taken.append(step.on)
                left = set(self._workflow.active(step.source or ""))
                plate.taken_from |= {name for name in plate.sources if name in left}

    def _taken(self, step: Step) -> _Plate | None:
        """The plate of a step: of its event, with ends that fit, and of its cause."""
        if step.source is None:
            return None
        left, entered = set(self._workflow.active(step.source)), set(self._workflow.active(step.target))
        fitting = [
            plate
            for plate in self._plates.values()
            if plate.target in entered or self._workflow.state_by_name[plate.target].history
            for section in plate.sections
            if section.item.event == step.event and left & set(section.sources)
        ]
        by_cause = [plate for plate in fitting if (plate.kind == "deadline") == step.by_deadline]
        # Of a state and those inside it, the innermost takes the event.
        return next(iter([*sorted(by_cause, key=_depth), *sorted(fitting, key=_depth)]), None)

    def _visit(self, state: State) -> Visit:
        if self._course is None:
            return "none"
        if state.name in self._active:
            return "around" if self._workflow.inside.get(state.name) else "here"
        return (
            "left"
            if any(state.name in self._workflow.active(step.target) for step in self._course.steps)
            else "none"
        )

    def _since(self, state: State) -> date | None:
        """Since when the case stands in a state without a break."""
        since: date | None = None
        for step in self._course.steps if self._course else ():
            if state.name not in self._workflow.active(step.target):
                since = None
            elif since is None:
                since = step.on
        return since

    # -- boxes and ways ----------------------------------------------------------------

    def _box(self, state: State) -> Box:
        visit = self._visit(state)
        return Box(
            name=state.name,
            title=one_line(state.title.pick(self._lang)),
            parent=state.parent,
            tone=state.tone,
            initial=state.initial,
            final=state.final,
            parallel=state.parallel,
            history=state.history,
            region=state.parent is not None and self._workflow.state_by_name[state.parent].parallel,
            rows=tuple(self._rows[state.name]),
            visit=visit,
            since=self._since(state) if visit == "here" else None,
        )

    def _way(self, number: int, plate: _Plate) -> Way:
        sources, origin, goal = plate.sources, None, None
        target: str | None = plate.target
        relation = _relation(sources[0], plate.target)
        if relation == "out":
            # From a state to one inside it: it begins wherever one stands in there.
            sources, origin = (), say.FROM_INSIDE.pick(self._lang)
            home: str | None = plate.sources[0]
        else:
            home = _common([*sources, plate.target])
            if relation == "in" and self._workflow.state_by_name[plate.target].parallel:
                target, goal = None, f"→ {self._words.state(plate.target)}"
            elif relation == "in":
                home = plate.target
            told = self._all_but_few(sources, plate.target)
            if told is not None:
                sources, origin = (), told
        lines = dict.fromkeys(line for section in plate.sections for line in section.lines)
        # Alternatives of one event say their title once.
        return Way(
            name=f"w_{number + 1}",
            kind=plate.kind,
            sources=sources,
            target=target,
            lines=tuple(lines),
            home=home,
            origin=origin,
            goal=goal,
            taken=tuple(plate.taken),
            taken_from=frozenset(plate.taken_from),
        )

    def _all_but_few(self, sources: Sequence[str], target: str) -> str | None:
        """Words for sources that are all open states, or nearly all of them."""
        top = [state.name for state in self._workflow.inside[None] if not state.final]
        others = [name for name in top if name != target]
        if len(sources) < _MANY or not set(sources) <= set(top):
            return None
        missing = [name for name in others if name not in sources]
        if not missing:
            return (say.FROM_ANYWHERE if target not in top else say.FROM_ANY_OTHER).pick(self._lang)
        if len(missing) <= _FEW and len(sources) > _MANY:
            told = ", ".join(self._words.state(name) for name in missing)
            return say.FROM_ANYWHERE.pick(self._lang) + say.EXCEPT.pick(self._lang) + told
        return None


def _known(workflow: Workflow, place: str) -> None:
    for leaf in workflow.active(place):
        if leaf not in workflow.state_by_name:
            raise UnknownNameError(Text("Der Zustand", "The state"), leaf, workflow.state_by_name)


def _everywhere(workflow: Workflow) -> set[str]:
    """The events that only change facts, wherever a case is as long as it is open."""
    running = {state.name for state in workflow.inside[None] if not state.final}
    found = set()
    for event in workflow.events:
        items = [item for item in workflow.transitions if item.event == event]
        stays = all(item.target is None for item in items) and len(running) > 1
        if stays and running <= {name for item in items for name in item.sources}:
            found.add(event)
    return found


def _relation(source: str, target: str) -> str:
    """Whether a way goes into a state around (`in`), out of one around to one inside (`out`), or neither."""
    if source.startswith(f"{target}."):
        return "in"
    return "out" if target.startswith(f"{source}.") else "past"


def _meet(one: str, other: str) -> bool:
    """Whether a case can be in both, because one is the other or around it."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _common(names: Iterable[str]) -> str | None:
    """The innermost state that is around all of these."""
    chains = [name.split(".")[:-1] for name in names]
    shared: list[str] = []
    for parts in zip(*chains, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return ".".join(shared) or None


def _depth(plate: _Plate) -> int:
    return -max(name.count(".") for name in plate.sources)
