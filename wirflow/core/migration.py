"""Moving a running case to another version of its workflow.  Values in, values out, as in `decide`.

    decision = Migration(old, new, version_map).decide(case, event, facts, armed)

gives a `Decision`, or `Unmapped` with everything that stands against it.  What
keeps its name comes along by itself; what does not, the map has to say.  The
case's deadlines are computed anew; what was dealt with stays dealt with.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from msgspec.structs import replace

from wirflow.clock import end_of_day, start_of_day
from wirflow.core.agenda import agenda, deadline_of
from wirflow.core.case import ENTRY, Case, Done, Timer
from wirflow.core.decide import settle
from wirflow.core.decision import Decision, Refusal
from wirflow.core.overdue import changed, overdue
from wirflow.deadlines import compute
from wirflow.definition.guards import AbsentError, Guards
from wirflow.definition.model import SEPARATOR
from wirflow.definition.values import Value, from_json, parse, to_json
from wirflow.definition.version_map import VersionMap
from wirflow.errors import InputError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, datetime

    from wirflow.core.case import Event, Facts
    from wirflow.definition.field import Field
    from wirflow.definition.model import DeadlineSpec, Workflow

MIGRATE: Final = "migrate"
"""The event of a migration, as the trail names it."""

StepKind = Literal["armed", "moved", "changed", "cancelled"]

_START: Final = "start"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One thing that stands against a migration, and what would remove it."""

    code: str
    text: Text
    hint: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """The case stays as it is."""

    obstacles: tuple[Obstacle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerStep:
    """What becomes of one timer of a case."""

    what: StepKind
    timer: Timer
    """As it is armed; of a cancelled one: as it was."""
    before: Timer | None = None
    """Of a moved or changed one: as it was."""
    overdue: bool = False
    """Its moment has passed already: it fires at once."""


class Migration:
    """The way from one version of a workflow to another, for any number of cases."""

    def __init__(self, old: Workflow, new: Workflow, version_map: VersionMap | None = None) -> None:
        """Prepare, without looking at a case yet.

        Args:
            old: the version that the cases pin.
            new: the version to which they go.
            version_map: what does not keep its name.
        """
        self.old = old
        self.new = new
        self.map = version_map or VersionMap(workflow=new.name)

    def decide(
        self,
        case: Case,
        event: Event,
        facts: Facts,
        armed: Collection[Timer],
        failed: Collection[Timer] = (),
    ) -> Decision | Unmapped:
        """What the migration does to a case, or what stands against it.

        Args:
            case: as it stands.
            event: of kind `migration`, at the present instant.
            facts: linked cases by the names of the old version, zone and Land.
            armed: all timers that are armed, signals included.
            failed: the timers that were set aside; those of deadlines are given up and computed anew.
        """
        found: list[Obstacle] = []
        if any(timer.due_at <= event.occurred_at for timer in armed):
            found.append(_OVERDUE)
        state = self.place(case.state)
        if state is None:
            found.append(self._no_state(case.state))
        links = self._links(case.links, found)
        self._children(facts, found)
        facts = self.relinked(facts)
        data = self._data(case, facts, found)
        self._four_eyes(case, found)
        if found or state is None:
            return Unmapped(obstacles=tuple(dict.fromkeys(found)))
        after = replace(
            case,
            state=state,
            data=data,
            links={to: case.links[name] for name, to in links.items()},
            actors=_renamed(case.actors, self.map.events),
            times=_renamed(case.times, self.map.events),
            history=self._history(case),
            sources=_renamed(case.sources, self.map.fields),
            revision=case.revision + 1,
        )
        try:
            after = replace(after, done=self._done(case, after, facts))
            decision = settle(self.new, case, after, event, facts)
        except InputError as error:
            return Unmapped(obstacles=(Obstacle(code="error", text=error.message, hint=error.hint),))
        if isinstance(decision, Refusal):
            return Unmapped(
                obstacles=tuple(
                    Obstacle(code="constraint", text=text, hint=decision.hint or _SET)
                    for text in decision.texts
                )
            )
        return self._complete(case, decision, facts, armed, failed)

    def steps(self, decision: Decision) -> tuple[TimerStep, ...]:
        """What becomes of each timer, in the order in which they fire."""
        gone = {
            (self.map.deadlines.get(timer.name, timer.name), timer.kind, timer.label): timer
            for timer in decision.cancel
        }
        steps = []
        for timer in decision.arm:
            before = gone.pop((timer.name, timer.kind, timer.label), None)
            what: StepKind = (
                "armed" if before is None else "moved" if before.due_at != timer.due_at else "changed"
            )
            overdue = timer.due_at <= decision.event.occurred_at
            steps.append(TimerStep(what=what, timer=timer, before=before, overdue=overdue))
        steps += [TimerStep(what="cancelled", timer=timer) for timer in gone.values()]
        return tuple(sorted(steps, key=lambda step: (step.timer.due_at, step.timer.name, step.timer.kind)))

    def relinked(self, facts: Facts) -> Facts:
        """The facts with the linked cases under the names of the new version."""
        return replace(facts, linked=_renamed(facts.linked, self.map.links))

    # -- states -----------------------------------------------------------------------

    def place(self, place: str) -> str | None:
        """Where a case stands in the new version; None if the new version has no such place."""
        named = self.map.states.get(place)
        parts = [named] if named else [self._renamed_state(leaf) for leaf in place.split(SEPARATOR)]
        known = self.new.state_by_name
        names = [name for part in parts for name in part.split(SEPARATOR)]
        if any(name not in known for name in names):
            return None
        leaves = {leaf for name in names for leaf in self.new.leaves(name)}
        active = set(self.new.active(SEPARATOR.join(leaves)))
        tops = [state.name for state in self.new.inside[None] if state.name in active]
        if len(tops) != 1 or not self._whole(tops[0], active):
            return None
        return SEPARATOR.join(name for name in known if name in leaves)

    def _renamed_state(self, leaf: str) -> str:
        """A state by the name that it, or else the nearest state around it, has in the map."""
        parts = leaf.split(".")
        for depth in range(len(parts), 0, -1):
            to = self.map.states.get(".".join(parts[:depth]))
            if to is not None:
                return ".".join([to, *parts[depth:]])
        return leaf

    def _whole(self, name: str, active: Collection[str]) -> bool:
        """Whether all regions of a parallel state are active, and of any other state exactly one child."""
        children = self.new.inside.get(name, ())
        inside = [child.name for child in children if child.name in active]
        wanted = len(children) if self.new.state_by_name[name].parallel else min(len(children), 1)
        return len(inside) == wanted and all(self._whole(child, active) for child in inside)

    def _no_state(self, place: str) -> Obstacle:
        title = self.old.place(place).title
        known = ", ".join(state.name for state in self.new.states if state.name not in self.new.inside)
        return Obstacle(
            code="state",
            text=Text(
                f"Den Zustand '{title.de}' ({place}) gibt es in der neuen Fassung nicht.",
                f"The new version has no state '{title.en}' ({place}).",
            ),
            hint=Text(
                f"In die Zuordnung: states: {{{place}: …}}, mit einem von: {known}.",
                f"Into the map: states: {{{place}: …}}, with one of: {known}.",
            ),
        )

    def _history(self, case: Case) -> dict[str, str]:
        """What states remember of how they were left, as far as the new version has those states."""
        found = {}
        for name, inside in case.history.items():
            to = self._renamed_state(name)
            leaves = [self._renamed_state(leaf) for leaf in inside.split(SEPARATOR)]
            state = self.new.state_by_name.get(to)
            if (
                state is not None
                and state.history
                and all(leaf in self.new.state_by_name and leaf not in self.new.inside for leaf in leaves)
            ):
                found[to] = SEPARATOR.join(leaves)
        return found

    def _children(self, facts: Facts, found: list[Obstacle]) -> None:
        """The kinds of children that a case has and that the new version does not know."""
        for child in facts.children:
            kind = self.new.children_by_name.get(child.child or "")
            if kind is None or kind.workflow != child.workflow:
                found.append(
                    Obstacle(
                        code="child",
                        text=Text(
                            f"Die neue Fassung kennt keine Untervorgänge '{child.child}' wie {child.key}.",
                            f"The new version has no children '{child.child}' such as {child.key}.",
                        ),
                        hint=Text(
                            f"Behalten Sie '{child.child}' unter 'children'.",
                            f"Keep '{child.child}' under 'children'.",
                        ),
                    )
                )
                return

    # -- links and people ---------------------------------------------------------------

    def _links(self, links: Mapping[str, str], found: list[Obstacle]) -> dict[str, str]:
        """Old link → new link, of those that are set and stay."""
        kept: dict[str, str] = {}
        for name in links:
            to = self.map.links.get(name, name)
            if to is None:
                continue
            title = self.old.link_by_name[name].title
            link = self.new.link_by_name.get(to)
            if link is None:
                found.append(
                    Obstacle(
                        code="link",
                        text=Text(
                            f"Die Verknüpfung '{title.de}' ({name}) gibt es in der neuen Fassung nicht.",
                            f"The new version has no link '{title.en}' ({name}).",
                        ),
                        hint=_map_hint("links", name),
                    )
                )
            elif link.workflow != self.old.link_by_name[name].workflow or to in kept.values():
                found.append(
                    Obstacle(
                        code="link",
                        text=Text(
                            f"Die Verknüpfung '{title.de}' ({name}) passt nicht zu '{to}' der neuen Fassung.",
                            f"The link '{title.en}' ({name}) does not fit '{to}' of the new version.",
                        ),
                        hint=_map_hint("links", name),
                    )
                )
            else:
                kept[name] = to
        return kept

    def _four_eyes(self, case: Case, found: list[Obstacle]) -> None:
        """An event that is gone and one that four eyes newly ask for may be the same under another name."""
        known = {_START, *self.new.events, *self.map.events}
        gone = [name for name in case.actors if name not in known]
        familiar = {_START, *self.old.events, *self.map.events.values()}
        asked = [name for item in self.new.transitions for name in item.not_by if name not in familiar]
        if gone and asked:
            was, now = gone[0], asked[0]
            found.append(
                Obstacle(
                    code="four-eyes",
                    text=Text(
                        f"Vier-Augen-Prinzip: Die neue Fassung fragt, wer '{now}' ausgeführt hat;"
                        f" die alte weiß es nur von '{was}'.",
                        f"Four eyes: the new version asks who did '{now}';"
                        f" the old one knows it only of '{was}'.",
                    ),
                    hint=Text(
                        f"In die Zuordnung: events: {{{was}: {now}}},"
                        f" oder {{{was}: null}}, wenn es etwas anderes war.",
                        f"Into the map: events: {{{was}: {now}}},"
                        f" or {{{was}: null}} if that was something else.",
                    ),
                )
            )

    # -- facts --------------------------------------------------------------------------

    @cached_property
    def _guards(self) -> Guards:
        return Guards(self.new, self.old)

    def _data(self, case: Case, facts: Facts, found: list[Obstacle]) -> dict[str, Value]:
        """The facts under their new names, as values that the new version takes."""
        computed = {item.field for item in self.map.set}
        data: dict[str, Value] = {}
        for name, value in case.data.items():
            to = self.map.fields.get(name, name)
            field = self.new.field_by_name.get(to) if to else None
            obstacle = None
            if to is None:
                continue
            if field is None:
                obstacle = self._no_field(name)
            elif to in data and to not in computed:
                obstacle = _both(field)
            elif name in self.old.personal and to not in self.new.personal and to not in computed:
                obstacle = _revealed(self.old.field_by_name[name], field)
            else:
                try:
                    data[to] = _converted(self.old.field_by_name[name], field, value)
                except InputError as error:
                    # What is computed anyway need not come along.
                    obstacle = None if to in computed else _wrong_value(name, field, error)
            if obstacle:
                found.append(obstacle)
        self._default(data)
        self._compute(case, data, facts, found)
        flagged = {self.map.fields.get(name, name) for name in case.data}
        found += [
            _required(field)
            for field in self.new.fields
            if field.required and field.name not in data and field.name not in flagged | computed
        ]
        return {field.name: data[field.name] for field in self.new.fields if field.name in data}

    def _default(self, data: dict[str, Value]) -> None:
        """Fields that the old version did not have, or that must be there now, begin with their default."""
        familiar = {self.map.fields.get(name, name) for name in self.old.field_by_name}
        for field in self.new.fields:
            needed = field.name not in data and (field.name not in familiar or field.required)
            if needed and field.default is not None:
                data[field.name] = from_json(field.kind, field.default)

    def _compute(self, case: Case, data: dict[str, Value], facts: Facts, found: list[Obstacle]) -> None:
        for item in self.map.set:
            field = self.new.field_by_name[item.field]
            scope = self._guards.scope(
                key=case.key,
                state=case.state,
                today=facts.today,
                data=data,
                old=case.data,
                linked=facts.linked,
                children=facts.children,
            )
            try:
                data[item.field] = self._guards.value(item.value, scope, field)
            except AbsentError as absent:
                found.append(
                    Obstacle(
                        code="set",
                        text=Text(
                            f"{field.title.de} ({field.name}) lässt sich nicht bestimmen:"
                            f" {absent.name} ist nicht bekannt.",
                            f"{field.title.en} ({field.name}) cannot be computed:"
                            f" {absent.name} is not known.",
                        ),
                        hint=Text(
                            f"Im Ausdruck etwa: has({absent.name}) ? {absent.name} : …",
                            f"In the expression, for instance: has({absent.name}) ? {absent.name} : …",
                        ),
                    )
                )
            except InputError as error:
                found.append(Obstacle(code="set", text=error.message, hint=error.hint))

    def _no_field(self, name: str) -> Obstacle:
        title = self.old.field_by_name[name].title
        return Obstacle(
            code="field",
            text=Text(
                f"Die Angabe '{title.de}' ({name}) hat in der neuen Fassung kein Feld.",
                f"The fact '{title.en}' ({name}) has no field in the new version.",
            ),
            hint=_map_hint("fields", name),
        )

    # -- deadlines ----------------------------------------------------------------------

    def _done(self, case: Case, after: Case, facts: Facts) -> dict[str, Done]:
        """How far each deadline has been dealt with, by its new name and its new day."""
        done = {}
        for name, item in case.done.items():
            to = self.map.deadlines.get(name, name)
            was, now = self.old.deadline_by_name.get(name), self.new.deadline_by_name.get(to)
            done[to] = self._carried(item, was, now, case, after, facts) if was and now else item
        return done

    def _carried(  # noqa: PLR0917 - one deadline in both versions
        self, item: Done, was: DeadlineSpec, now: DeadlineSpec, case: Case, after: Case, facts: Facts
    ) -> Done:
        if was.every or now.every:
            return item  # it counts its days by itself
        before = deadline_of(self.old, was, case, facts)
        new = deadline_of(self.new, now, after, facts)
        if before is None or new is None or before.due != item.due or item.until < _end(was, item.due, facts):
            return item  # another day than the present one, or only reminders of it
        until = max(item.until, _end(now, new.due, facts))
        if now.escalate and (
            was.escalate is None or item.until >= _moment(item.due, was.escalate.after, facts)
        ):
            until = max(until, _moment(new.due, now.escalate.after, facts))
        return Done(due=new.due, until=until)

    def _complete(
        self,
        case: Case,
        decision: Decision,
        facts: Facts,
        armed: Iterable[Timer],
        failed: Iterable[Timer],
    ) -> Decision:
        """The decision with everything in which the versions differ, not only what an event would change."""
        after = replace(decision.case, sources=self._sources(case, decision.case))
        wanted = {
            timer.identity: timer for timer in agenda(self.new, after, facts, decision.event.occurred_at)
        }
        legal = {timer.identity: timer for timer in armed if timer.kind != "signal"}
        kept = {
            identity
            for identity, timer in legal.items()
            if identity in wanted and _alike(timer, wanted[identity])
        }
        armed_before = [*legal.values(), *(timer for timer in failed if timer.kind != "signal")]
        was, now = overdue(self.old, case, armed_before), overdue(self.new, after, wanted.values())
        missed, settled = changed(was, now)
        return replace(
            decision,
            case=after,
            changes=self._changes(case.data, after.data),
            missed=missed,
            settled=settled,
            arm=tuple(timer for identity, timer in wanted.items() if identity not in kept),
            cancel=(
                *(timer for identity, timer in legal.items() if identity not in kept),
                *(timer for timer in failed if timer.kind != "signal"),
            ),
            previous=self.old,
        )

    def _sources(self, before: Case, after: Case) -> dict[str, str]:
        """Where each fact stands: what only has another name stands where it was found."""
        brought = _renamed(before.data, self.map.fields)
        entry = f"{ENTRY}{after.revision}"
        made = {
            name: entry
            for name, value in after.data.items()
            if name not in brought or to_json(brought[name]) != to_json(value)
        }
        return {name: source for name, source in after.sources.items() if name not in made} | made

    def _changes(
        self, old: Mapping[str, Value], new: Mapping[str, Value]
    ) -> dict[str, tuple[Value | None, Value | None]]:
        """Field → (old, new); what becomes personal changes too: from now on it is only committed to."""
        hidden = self.new.personal - self.old.personal
        return {
            name: (old.get(name), new.get(name))
            for name in dict.fromkeys([*old, *new])
            if not _same(old.get(name), new.get(name)) or (name in hidden and name in new)
        }


_OVERDUE: Final = Obstacle(
    code="overdue",
    text=Text(
        "Eine Frist oder ein Signal ist fällig und zählt noch nach der alten Fassung.",
        "A deadline or a signal is due and still counts by the old version.",
    ),
    hint=Text("Lassen Sie erst 'wirflow run --once' laufen.", "Let 'wirflow run --once' run first."),
)
_SET: Final = Text(
    "Mit 'set' in der Zuordnung lässt sich die Angabe ändern.", "'set' in the map can change the fact."
)


def _renamed(by_name: Mapping[str, _T], names: Mapping[str, str | None]) -> dict[str, _T]:
    found = {}
    for name, item in by_name.items():
        to = names.get(name, name)
        if to is not None:
            found[to] = item
    return found


def _converted(old: Field, new: Field, value: Value) -> Value:
    """A value as the new field takes it.

    Raises:
        InputError: it does not.
    """
    parsed = parse(new, to_json(value))
    return value if old.kind == new.kind else parsed


def _same(one: Value | None, other: Value | None) -> bool:
    """Whether two values are kept alike: 1, true and 1.00 are equal, but not the same."""
    return type(one) is type(other) and one == other


def _alike(one: Timer, other: Timer) -> bool:
    """Whether two timers of the same moment also do the same by the same law."""
    return one.event == other.event and one.deadline == other.deadline


def _end(spec: DeadlineSpec, due: date, facts: Facts) -> datetime:
    return (start_of_day if spec.edge == "start_of_day" else end_of_day)(due, facts.zone)


def _moment(due: date, after: str, facts: Facts) -> datetime:
    return end_of_day(compute("no-roll", due, after).due, facts.zone)


def _map_hint(key: str, name: str) -> Text:
    return Text(
        f"In die Zuordnung: {key}: {{{name}: neuer Name}}, oder {{{name}: null}}, wenn es wegfällt.",
        f"Into the map: {key}: {{{name}: new name}}, or {{{name}: null}} to drop it.",
    )


def _both(field: Field) -> Obstacle:
    return Obstacle(
        code="field",
        text=Text(
            f"Zwei Angaben führen zu '{field.title.de}' ({field.name}).",
            f"Two facts lead to '{field.title.en}' ({field.name}).",
        ),
        hint=Text(
            f"Bestimmen Sie sie in der Zuordnung: set: {{{field.name}: …}}.",
            f"Compute it in the map: set: {{{field.name}: …}}.",
        ),
    )


def _revealed(old: Field, new: Field) -> Obstacle:
    return Obstacle(
        code="personal",
        text=Text(
            f"{old.title.de} ({old.name}) ist personenbezogen;"
            f" in '{new.name}' stünde die Angabe unlöschbar in der Akte.",
            f"{old.title.en} ({old.name}) is personal; in '{new.name}' it would stand in the trail for ever.",
        ),
        hint=Text(
            f"Geben Sie '{new.name}' in der neuen Fassung 'personal: true',"
            f" oder in die Zuordnung: fields: {{{old.name}: null}}.",
            f"Give '{new.name}' 'personal: true' in the new version,"
            f" or into the map: fields: {{{old.name}: null}}.",
        ),
    )


def _wrong_value(name: str, field: Field, error: InputError) -> Obstacle:
    way = Text(
        f"In der Zuordnung: set: {{{field.name}: …}} oder fields: {{{name}: null}}.",
        f"In the map: set: {{{field.name}: …}} or fields: {{{name}: null}}.",
    )
    takes = error.hint
    hint = Text(f"{takes.de} {way.de}", f"{takes.en} {way.en}") if takes else way
    return Obstacle(code="value", text=error.message, hint=hint)


def _required(field: Field) -> Obstacle:
    return Obstacle(
        code="required",
        text=Text(
            f"Die neue Fassung verlangt '{field.title.de}' ({field.name}).",
            f"The new version requires '{field.title.en}' ({field.name}).",
        ),
        hint=Text(
            f"In der Zuordnung: set: {{{field.name}: …}}; oder ein 'default' in der neuen Fassung.",
            f"In the map: set: {{{field.name}: …}}; or a 'default' in the new version.",
        ),
    )
