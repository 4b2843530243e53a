"""Deciding what an event does to a case.  Values in, values out; nothing is executed.

    decision = decide(workflow, case, event, facts)

gives a `Decision` or, if the rules say no, a `Refusal`.  `start` gives the
first decision of a case, `refuse` puts on record what a deadline or a signal
wanted and was refused, and `warnings` tells what should be known meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field as dataclass_field
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from wirflow.core.agenda import agenda
from wirflow.core.asking import holds, scope_of
from wirflow.core.case import ENTRY, Case, Done, Timer
from wirflow.core.children import about_to_begin, started
from wirflow.core.decision import Decision, NoticeKind, NoticeOrder, Refusal, SignalOrder, Step
from wirflow.core.machine import machine_for, moved, remembered
from wirflow.core.opening import NewCase
from wirflow.core.overdue import changed, overdue
from wirflow.core.telling import heard, signals_of
from wirflow.definition.guards import AbsentError, guards_for
from wirflow.definition.model import CORRECT, PARENT, SEPARATOR
from wirflow.definition.usage import minds_children
from wirflow.definition.values import Value, from_json, parse, takes
from wirflow.errors import EndlessError, InputError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from wirflow.core.case import Event, Facts
    from wirflow.definition.field import Field
    from wirflow.definition.model import Transition, Warn, Workflow
    from wirflow.text import Lang


MAX_AUTOMATIC = 100
"""How many automatic transitions may follow one event before they are taken for a loop."""


def decide(workflow: Workflow, case: Case, event: Event, facts: Facts) -> Decision | Refusal:
    """What an event does to a case.

    Args:
        workflow: the definition that the case pins.
        case: the case as it stands.
        event: an action of a person, a deadline that fell due, a reminder or a signal.
        facts: linked cases, armed timers, zone and Land.

    Raises:
        GuardError: an expression could not be evaluated (overflow, a bad literal).
    """
    if event.timer and event.timer.event is None:
        if event.timer.kind == "signal":
            return _hear(workflow, case, event, facts)
        return _remind(workflow, case, event, facts)
    chosen = _choose(workflow, case, event, facts)
    if isinstance(chosen, Refusal):
        return chosen
    number, transition = chosen
    refusal = _permission(workflow, case, event, transition) or _input(workflow, event, transition)
    if refusal:
        return refusal
    acted = {
        "actors": {**case.actors, event.name: event.actor} if event.actor else case.actors,
        "times": {**case.times, event.name: event.occurred_at}
        if event.name in workflow.watched
        else case.times,
        "done": _done(case, event),
        "revision": case.revision + 1,
    }
    effects = _Effects()
    given = {**event.input, **dict.fromkeys(event.cleared)}
    after = _take(workflow, number, case, event, facts, given, effects, **acted)
    return after if isinstance(after, Refusal) else _settle(workflow, case, after, event, facts, effects)


def start(workflow: Workflow, case: Case, event: Event, facts: Facts) -> Decision | Refusal:
    """The first decision of a case: its facts are complete, and its deadlines are armed.

    Args:
        workflow: the definition that it will pin.
        case: key, links and sources; state and facts come from the event.
        event: of kind `start`, or `import` with the state in which the case is found.
        facts: as for `decide`.
    """
    data = {
        item.name: from_json(item.kind, item.default) for item in workflow.fields if item.default is not None
    }
    data |= event.input
    missing = [item for item in workflow.fields if item.required and item.name not in data]
    if missing:
        return _missing(missing)
    state = event.state or workflow.initial.name
    actors = {event.name: event.actor} if event.actor else {}
    after = replace(case, state=state, since=event.occurred_at, data=data, actors=actors, revision=1)
    return _settle(workflow, None, after, event, facts, _Effects())


def refuse(workflow: Workflow, case: Case, event: Event, facts: Facts, refusal: Refusal) -> Decision:
    """The decision that puts a refused deadline or signal on record and has done with it."""
    after = replace(case, done=_done(case, event), revision=case.revision + 1)
    return _decision(workflow, case, after, event, facts, _Effects(), refused=refusal)


def settle(workflow: Workflow, before: Case, after: Case, event: Event, facts: Facts) -> Decision | Refusal:
    """What follows by itself from how a case was put: automatic transitions, constraints, deadlines."""
    return _settle(workflow, before, after, event, facts, _Effects())


def warnings(workflow: Workflow, case: Case, facts: Facts) -> tuple[Warn, ...]:
    """What should be known about a case though nothing is refused."""
    if not workflow.warnings:
        return ()
    scope = scope_of(workflow, case, facts, case.data, case.data)
    guards = guards_for(workflow)
    active = set(workflow.active(case.state))
    return tuple(
        item
        for item in workflow.warnings
        if not active.isdisjoint(item.states) and holds(guards, item.when, scope)
    )


def possible(workflow: Workflow, state: str) -> tuple[str, ...]:
    """The events that people can bring about in a state, guards aside."""
    return tuple(item.event for item in workflow.actions(state))


def _remind(workflow: Workflow, case: Case, event: Event, facts: Facts) -> Decision | Refusal:
    """A reminder, or a deadline that fires nothing: the state stays, people hear of it."""
    timer = event.timer
    spec = workflow.deadline_by_name.get(timer.name) if timer else None
    effects = _Effects()
    if spec and timer:
        notice = spec.escalate.notice if spec.escalate and timer.kind == "escalation" else spec.notice
        kind: NoticeKind = (
            "escalation" if timer.kind == "escalation" else "reminder" if timer.kind == "reminder" else "due"
        )
        if notice:
            order = NoticeOrder(template=notice.template, roles=notice.to, kind=kind, timer=timer)
            effects.notices.append(order)
    after = replace(case, done=_done(case, event), revision=case.revision + 1)
    return _settle(workflow, case, after, event, facts, effects)


def _hear(workflow: Workflow, case: Case, event: Event, facts: Facts) -> Decision | Refusal:
    """A child changed: what follows by itself, which may be nothing at all."""
    effects = _Effects()
    decided = _settle(workflow, case, replace(case, revision=case.revision + 1), event, facts, effects)
    if isinstance(decided, Refusal) and effects.via:
        return decided
    if isinstance(decided, Refusal) or not (decided.via or decided.arm or decided.cancel):
        return Decision(before=case, case=case, event=event, changes={}, silent=True)
    return decided


@dataclass(slots=True)
class _Effects:
    """What a decision orders, collected over its transitions."""

    notices: list[NoticeOrder] = dataclass_field(default_factory=list)
    signals: list[SignalOrder] = dataclass_field(default_factory=list)
    starts: list[NewCase] = dataclass_field(default_factory=list)
    via: list[Step] = dataclass_field(default_factory=list)

    def seen(self, facts: Facts) -> Facts:
        """The facts with the children that are about to begin."""
        if not self.starts:
            return facts
        known = {child.key for child in facts.children}
        new = about_to_begin(item for item in self.starts if item.key not in known)
        return replace(facts, children=(*facts.children, *new))


def _take(  # noqa: PLR0917 - one transition and what it works on
    workflow: Workflow,
    number: int,
    case: Case,
    event: Event,
    facts: Facts,
    given: Mapping[str, Value | None],
    effects: _Effects,
    **acted: Any,
) -> Case | Refusal:
    """The case after one transition, or why it is not taken; its notices and signals join the effects.

    `acted` is what else changes in the case, because somebody brought it about.
    """
    transition = workflow.transitions[number]
    data = _merge(case.data, given)
    refusal = _rules(workflow, transition, case, facts, data)
    if refusal:
        return refusal
    assigned = _assign(workflow, transition, case, facts, data)
    if isinstance(assigned, Refusal):
        return assigned
    state = moved(workflow, machine_for(workflow), case.state, number, case.history)
    left = dict(remembered(workflow, case.state, state)) if state != case.state else {}
    after = replace(
        case,
        state=state,
        since=event.occurred_at if state != case.state else case.since,
        data=assigned,
        history={**case.history, **left} if left else case.history,
        **acted,
    )
    if transition.start:
        scope = scope_of(workflow, case, facts, after.data, case.data)
        new = started(workflow, transition, after, facts, scope)
        if isinstance(new, Refusal):
            return new
        effects.starts += new
    effects.notices += [
        NoticeOrder(template=item.template, roles=item.to, kind="event", timer=event.timer)
        for item in transition.notices
    ]
    if transition.tell:
        effects.signals += signals_of(workflow, transition, case, after, event, facts, len(effects.signals))
    return after


def _settle(  # noqa: PLR0917 - as above
    workflow: Workflow, before: Case | None, case: Case, event: Event, facts: Facts, effects: _Effects
) -> Decision | Refusal:
    """Take the automatic transitions that are open now, see that the constraints hold, and decide.

    Raises:
        EndlessError: automatic transitions follow one another without end.
    """
    for _ in range(MAX_AUTOMATIC):
        facts = effects.seen(facts)
        number = _automatic(workflow, case, facts)
        if number is None:
            break
        after = _take(workflow, number, case, event, facts, {}, effects)
        if isinstance(after, Refusal):
            break
        effects.via.append(
            Step(event=workflow.transitions[number].event, source=case.state, target=after.state)
        )
        case = after
    else:
        raise EndlessError(
            Text(
                f"Mehr als {MAX_AUTOMATIC} automatische Übergänge folgen aufeinander.",
                f"More than {MAX_AUTOMATIC} automatic transitions follow one another.",
            ),
            hint=Text("'wirflow check' zeigt die Schleife.", "'wirflow check' shows the loop."),
        )
    broken = _broken(workflow, case, facts, before.data if before else {})
    if broken:
        return broken
    return _decision(workflow, before, case, event, facts, effects)


def _automatic(workflow: Workflow, case: Case, facts: Facts) -> int | None:
    """The first automatic transition that is open, inner states before those around them."""
    if not workflow.automatic:
        return None
    active = workflow.active(case.state)
    scope = scope_of(workflow, case, facts, case.data, case.data)
    guards = guards_for(workflow)
    for name in active:
        for number, transition in workflow.automatic:
            if name not in transition.sources:
                continue
            open_now = (
                _is_over(workflow, case.state, name)
                if transition.when is None
                else holds(guards, transition.when, scope)
            )
            if open_now:
                return number
    return None


def _is_over(workflow: Workflow, place: str, name: str) -> bool:
    """Whether all that is inside a state has come to a final state; nothing inside: at once."""
    inside = [leaf for leaf in place.split(SEPARATOR) if leaf.startswith(f"{name}.")]
    return all(workflow.state_by_name[leaf].final for leaf in inside)


def _broken(workflow: Workflow, case: Case, facts: Facts, old: Mapping[str, Value]) -> Refusal | None:
    """The constraints between facts that do not hold; one that touches an absent fact is not broken."""
    if not workflow.constraints:
        return None
    scope = scope_of(workflow, case, facts, case.data, old)
    guards = guards_for(workflow)
    against = []
    for item in workflow.constraints:
        try:
            if not guards.holds(item.when, scope):
                against.append(item.otherwise)
        except AbsentError:
            continue
    return Refusal(code="rule", texts=tuple(against)) if against else None


def _choose(workflow: Workflow, case: Case, event: Event, facts: Facts) -> tuple[int, Transition] | Refusal:
    """The transition that an event takes: the first alternative whose `when` holds."""
    alternatives = workflow.open_transitions(case.state, event.name)
    if not alternatives:
        return _wrong_state(workflow, case, event)
    first = alternatives[0]
    if event.kind == "action" and not any(item.by for _, item in alternatives):
        return first  # nobody may: that is said before any condition
    if len(alternatives) == 1 and first[1].when is None:
        return first
    guards = guards_for(workflow)
    scope = scope_of(workflow, case, facts, _merge(case.data, event.input), case.data)
    for number, transition in alternatives:
        if transition.when is None or holds(guards, transition.when, scope):
            return number, transition
    conditions = " | ".join(transition.when or "" for _, transition in alternatives)
    title = first[1].title
    return Refusal(
        code="no-alternative",
        texts=(
            Text(
                f"'{title.de}' ist jetzt nicht möglich: keine der Bedingungen ist erfüllt ({conditions}).",
                f"'{title.en}' is not possible now: none of its conditions holds ({conditions}).",
            ),
        ),
    )


def _wrong_state(workflow: Workflow, case: Case, event: Event) -> Refusal:
    here = workflow.place(case.state).title
    titles = [item for item in workflow.transitions if item.event == event.name]
    title = titles[0].title if titles else Text.same(event.name)
    sources = dict.fromkeys(source for item in titles for source in item.sources)
    there = [workflow.place(name).title for name in sources]
    now = possible(workflow, case.state)
    return Refusal(
        code="wrong-state",
        texts=(
            Text(
                f"'{title.de}' ist im Zustand '{here.de}' nicht möglich, nur in: {_list(there, 'de')}.",
                f"'{title.en}' is not possible in state '{here.en}', only in: {_list(there, 'en')}.",
            ),
        ),
        hint=Text(f"Jetzt möglich: {', '.join(now)}.", f"Possible now: {', '.join(now)}.") if now else None,
    )


def _list(texts: list[Text], lang: Lang) -> str:
    return ", ".join(text.pick(lang) for text in texts)


def _permission(workflow: Workflow, case: Case, event: Event, transition: Transition) -> Refusal | None:
    """Whether this person may do this; deadlines and signals need no permission."""
    if event.kind != "action":
        return None
    title = transition.title
    if not transition.by:
        text = Text(
            f"'{title.de}' geschieht von selbst: niemand kann es auslösen.",
            f"'{title.en}' happens by itself: nobody can bring it about.",
        )
        return Refusal(code="wrong-role", texts=(text,))
    if not event.roles.intersection(transition.by):
        roles = [workflow.role_by_name[name].title for name in transition.by]
        needed = Text(" oder ".join(role.de for role in roles), " or ".join(role.en for role in roles))
        text = Text(
            f"'{title.de}' darf nur: {needed.de}. {event.actor} hat diese Rolle nicht.",
            f"'{title.en}' may be done only by: {needed.en}. {event.actor} does not have that role.",
        )
        return Refusal(code="wrong-role", texts=(text,))
    for other in transition.not_by:
        if event.actor and case.actors.get(other) == event.actor:
            done = next(
                (item.title for item in workflow.transitions if item.event == other), Text.same(other)
            )
            text = Text(
                f"Vier-Augen-Prinzip: {event.actor} hat '{done.de}' ausgeführt;"
                f" '{title.de}' muss jemand anderes tun.",
                f"Four eyes: {event.actor} did '{done.en}'; somebody else has to do '{title.en}'.",
            )
            return Refusal(code="four-eyes", texts=(text,))
    return None


def _input(workflow: Workflow, event: Event, transition: Transition) -> Refusal | None:
    """Whether an event brings what its transition takes, and nothing else."""
    if not (event.input or event.cleared or transition.input or transition.reason):
        return None
    taken = {item.field for item in transition.input}
    unknown = [name for name in (*event.input, *sorted(event.cleared)) if name not in taken]
    if unknown:
        names, known = ", ".join(unknown), ", ".join(item.field for item in transition.input) or "–"
        text = Text(
            f"'{transition.title.de}' nimmt diese Angaben nicht: {names}.",
            f"'{transition.title.en}' does not take these fields: {names}.",
        )
        hint = Text(f"Es nimmt: {known}.", f"It takes: {known}.")
        return Refusal(code="unknown-input", texts=(text,), hint=hint, fields=tuple(unknown))
    fields = workflow.field_by_name
    kept = [name for name in sorted(event.cleared) if event.name != CORRECT or fields[name].required]
    if kept:
        return _missing([fields[name] for name in kept])
    missing = [item.field for item in transition.input if item.required and item.field not in event.input]
    if missing:
        return _missing([workflow.field_by_name[name] for name in missing])
    if transition.reason and event.kind == "action" and not (event.reason or "").strip():
        text = Text(
            f"'{transition.title.de}' braucht eine Begründung.", f"'{transition.title.en}' needs a reason."
        )
        hint = Text("Geben Sie sie mit --reason an.", "Give it with --reason.")
        return Refusal(code="no-reason", texts=(text,), hint=hint)
    return None


def _missing(fields: list[Field]) -> Refusal:
    return Refusal(
        code="missing-input",
        texts=tuple(
            Text(
                f"Es fehlt: {item.title.de} ({item.name}). {takes(item).de}",
                f"Missing: {item.title.en} ({item.name}). {takes(item).en}",
            )
            for item in fields
        ),
        fields=tuple(item.name for item in fields),
    )


def _rules(
    workflow: Workflow, transition: Transition, case: Case, facts: Facts, data: Mapping[str, Value]
) -> Refusal | None:
    """All the rules that stand against a transition, not only the first."""
    if not transition.requires:
        return None
    scope = scope_of(workflow, case, facts, data, case.data)
    guards = guards_for(workflow)
    against: list[Text] = []
    for rule in transition.requires:
        try:
            if not guards.holds(rule.when, scope):
                against.append(rule.otherwise)
        except AbsentError as absent:
            name = _title_of(workflow, absent)
            text = Text(
                f"{rule.otherwise.de} ({name.de} ist nicht bekannt.)",
                f"{rule.otherwise.en} ({name.en} is not known.)",
            )
            against.append(text)
    return Refusal(code="rule", texts=tuple(against)) if against else None


def _assign(
    workflow: Workflow, transition: Transition, case: Case, facts: Facts, data: Mapping[str, Value]
) -> Mapping[str, Value] | Refusal:
    """The facts after `set`, in order, and `clear`; each assignment sees those before it."""
    for item in transition.set:
        field = workflow.field_by_name[item.field]
        scope = scope_of(workflow, case, facts, data, case.data)
        try:
            value = parse(field, guards_for(workflow).value(item.value, scope, field))
        except AbsentError as absent:
            name = _title_of(workflow, absent)
            text = Text(
                f"{field.title.de} lässt sich nicht bestimmen: {name.de} ist nicht bekannt.",
                f"{field.title.en} cannot be computed: {name.en} is not known.",
            )
            return Refusal(code="rule", texts=(text,), fields=(absent.name,))
        except InputError as error:
            return Refusal(
                code="out-of-bounds", texts=(error.message,), hint=error.hint, fields=(field.name,)
            )
        data = {**data, item.field: value}
    if transition.clear:
        data = {name: value for name, value in data.items() if name not in transition.clear}
    return data


def _decision(  # noqa: PLR0917 - as above
    workflow: Workflow,
    before: Case | None,
    after: Case,
    event: Event,
    facts: Facts,
    effects: _Effects,
    *,
    refused: Refusal | None = None,
) -> Decision:
    """A decision with its changes and with the agenda computed anew."""
    changes = _changes(before.data if before else {}, after.data)
    if changes and before is not None and event.kind != "migration":
        # What somebody changed does not stand any more where it was found.
        entry = f"{ENTRY}{after.revision}"
        after = replace(after, sources={**after.sources, **dict.fromkeys(changes, entry)})
    armed = {timer.identity: timer for timer in facts.armed}
    wanted: dict[tuple[object, ...], Timer] = {}
    if workflow.deadlines:
        wanted = {timer.identity: timer for timer in agenda(workflow, after, facts, event.occurred_at)}
    missed: tuple[tuple[str, date], ...] = ()
    settled: tuple[tuple[str, date], ...] = ()
    # A move to another version compares its cases by their own versions.
    if workflow.lasting and after.done and before and not refused and event.kind != "migration":
        was, now = overdue(workflow, before, facts.armed), overdue(workflow, after, wanted.values())
        missed, settled = changed(was, now)
    fired = event.timer.identity if event.timer else None
    moved_on = before is None or before.state != after.state
    signals = list(effects.signals)
    above = facts.linked.get(PARENT) if workflow.parent else None
    if above and above.minds and (moved_on or changes) and event.origin is None and not refused:
        signals.append(heard(after, event, above.key, len(signals)))
    if effects.starts and minds_children(workflow):
        # How its new children stand is not known before they have begun.
        signals.append(heard(after, event, after.key, len(signals)))
    return Decision(
        before=before,
        case=after,
        event=event,
        changes=changes,
        arm=tuple(timer for identity, timer in wanted.items() if identity not in armed),
        cancel=tuple(
            timer for identity, timer in armed.items() if identity not in wanted and identity != fired
        ),
        notices=tuple(effects.notices),
        signals=tuple(signals),
        starts=tuple(effects.starts),
        via=tuple(effects.via),
        missed=missed,
        settled=settled,
        refused=refused,
        moved=moved_on,
    )


def _changes(
    old: Mapping[str, Value], new: Mapping[str, Value]
) -> dict[str, tuple[Value | None, Value | None]]:
    """Field → (old, new) of each fact that is another one than before."""
    if old is new:
        return {}  # facts are never changed in place, and most deadlines change none
    return {
        name: (old.get(name), new.get(name))
        for name in (*old, *(name for name in new if name not in old))
        if old.get(name) != new.get(name)
    }


def _done(case: Case, event: Event) -> Mapping[str, Done]:
    """How far each deadline has been dealt with, after this event."""
    timer = event.timer
    if timer is None or timer.deadline is None:
        return case.done
    return {**case.done, timer.name: Done(due=timer.deadline.due, until=timer.due_at)}


def _merge(data: Mapping[str, Value], given: Mapping[str, Value | None]) -> Mapping[str, Value]:
    if not given:
        return data
    return {name: value for name, value in {**data, **given}.items() if value is not None}


def _title_of(workflow: Workflow, absent: AbsentError) -> Text:
    """What a person calls a name of an expression: `award_ends`, `partner.unit`, or a fact of a child."""
    name = absent.name
    if absent.child is not None:
        return Text.same(f"{absent.child}: {name.rpartition('.')[2]}")
    field = workflow.field_by_name.get(name.removeprefix("old."))
    if field:
        return Text(f"{field.title.de} ({name})", f"{field.title.en} ({name})")
    link, _, _ = name.partition(".")
    if link in workflow.link_by_name:
        title = workflow.link_by_name[link].title
        return Text(f"{title.de} ({name})", f"{title.en} ({name})")
    return Text.same(name)
