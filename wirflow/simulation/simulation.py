"""Deciding over a virtual clock, in memory: what will happen if nobody, or a plan, acts.

The same pure core that the engine runs in its transactions is folded over a heap
of timers.  What comes out is what the engine would write if its clock moved from
due time to due time: the same entries byte for byte, the same notices.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from wirflow.audit.entry import SALT_BYTES
from wirflow.clock import civil_date
from wirflow.core.case import Event
from wirflow.core.decide import decide, refuse, start
from wirflow.core.decision import Decision, Refusal
from wirflow.core.firing import as_linked, event_of, facts_at, is_merged
from wirflow.core.opening import opening, sibling
from wirflow.core.writing import put_down
from wirflow.errors import InputError, UnknownNameError, WirflowError
from wirflow.simulation.happening import Happening
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wirflow.core.case import Case, Facts, LinkedCase, Timer
    from wirflow.core.opening import NewCase
    from wirflow.core.writing import Salts
    from wirflow.definition.model import Workflow
    from wirflow.definition.person import Person
    from wirflow.definition.values import Value
    from wirflow.simulation.world import World


def no_salt() -> bytes:
    """The salt of commitments that nobody will ever keep."""
    return bytes(SALT_BYTES)


@dataclass(slots=True)
class _Heap:
    """Timers by due time and number; those that were cancelled meanwhile are passed over."""

    items: list[tuple[datetime, int, str]]

    def push(self, timer: Timer, number: int, case: str) -> None:
        heapq.heappush(self.items, (timer.due_at, number, case))

    def top(self, armed: Mapping[str, Mapping[int, Timer]]) -> tuple[datetime, int, str] | None:
        """The next that is still armed."""
        while self.items and self.items[0][1] not in armed[self.items[0][2]]:
            heapq.heappop(self.items)
        return self.items[0] if self.items else None


class Simulation:
    """A world that lives on.  The snapshot that it came from stays as it was."""

    def __init__(self, world: World, *, salts: Salts = no_salt) -> None:
        """Prepare.

        Args:
            world: where it starts.
            salts: gives the salts of commitments to personal values.
        """
        self.now: Final = _Now(world.now)
        self.profile = world.profile
        self.cases: dict[str, Case] = dict(world.cases)
        """Every case as it stands now."""
        self.definitions: dict[str, Workflow] = dict(world.definitions)
        """Key → the definition that the case pins."""
        self._newest = world.newest
        self._templates = world.templates
        self._salts = salts
        self._number = 0
        self._armed: dict[str, dict[int, Timer]] = {key: {} for key in self.cases}
        self._legal, self._signals = _Heap([]), _Heap([])
        for case, timer in world.timers:
            self._arm(case, timer)

    # -- what people do ----------------------------------------------------------------

    def start_all(
        self, new: Sequence[NewCase], *, actor: str, occurred_at: datetime | None = None
    ) -> list[Happening] | Refusal:
        """Start several cases, which may be linked to each other: all of them, or none.

        Raises:
            InputError: a key is taken, or a workflow, a link, a linked case or the person is unknown.
        """
        moment = self._moment(occurred_at)
        person = self._person(actor)
        siblings: dict[str, LinkedCase] = {}
        pinned: dict[str, Workflow] = {}
        for item in new:
            if item.key in siblings or item.key in self.cases:
                raise InputError(
                    Text(f"Es gibt schon einen Vorgang {item.key}.", f"There is a case {item.key} already.")
                )
            if item.workflow not in self._newest:
                raise UnknownNameError(Text("Der Workflow", "The workflow"), item.workflow, self._newest)
            pinned[item.key] = self._newest[item.workflow]
            siblings[item.key] = sibling(pinned[item.key], item)
        decided: list[tuple[Workflow, Decision, Facts]] = []
        for item in new:
            workflow = pinned[item.key]
            blank, event = opening(item, person, moment)
            facts = facts_at(self.profile, moment, self._linked(workflow, item.links, siblings), ())
            decision = start(workflow, blank, event, facts)
            if isinstance(decision, Refusal):
                return decision
            decided.append((workflow, decision, facts))
        self.definitions |= pinned
        return [self._keep(workflow, decision, facts) for workflow, decision, facts in decided]

    def act(
        self,
        key: str,
        event: str,
        *,
        actor: str,
        given: Mapping[str, Value] | None = None,
        occurred_at: datetime | None = None,
        reason: str | None = None,
    ) -> list[Happening]:
        """Let a person act on a case; the first of what happens is that, the others are what it tells others.

        Raises:
            UnknownNameError: no such case, event or person.
            InputError: it counts in the future.
        """
        moment = self._moment(occurred_at)
        person = self._person(actor)
        if key not in self.cases:
            raise UnknownNameError(Text("Der Vorgang", "The case"), key, self.cases)
        workflow = self.definitions[key]
        if event not in workflow.events:
            raise UnknownNameError(Text("Das Ereignis", "The event"), event, workflow.events)
        action = Event(
            name=event,
            kind="action",
            occurred_at=moment,
            actor=actor,
            roles=person.roles,
            input=given or {},
            reason=reason,
        )
        facts = self._facts(key, moment)
        decision = decide(workflow, self.cases[key], action, facts)
        if isinstance(decision, Refusal):
            return [self._happening(workflow, self.cases[key], self.cases[key], action, refused=decision)]
        happened = [self._keep(workflow, decision, facts)]
        if decision.signals:
            # Told at once; deadlines that this made overdue wait for the scheduler's next beat.
            while (due := self._signals.top(self._armed)) and due[0] <= self.now.instant:
                happened += self._fire(*due)
        return happened

    # -- what happens by itself --------------------------------------------------------

    def advance(self, until: datetime) -> Iterator[Happening]:
        """Let the clock run to an instant; everything that falls due on the way happens, in order.

        What is overdue when it begins is caught up with first, as after an outage.
        """
        while (due := self._next()) and due[0] <= until:
            self.now.reach(due[0])
            yield from self._fire(*due)
        self.now.reach(until)

    def sleep(self, until: datetime) -> None:
        """Let the clock run while nothing happens: an outage of the scheduler."""
        self.now.reach(until)

    def armed(self, key: str) -> tuple[Timer, ...]:
        """The timers that run for a case, in the order in which they fire."""
        found = sorted(self._armed[key].items(), key=lambda item: (item[1].due_at, item[0]))
        return tuple(timer for _, timer in found)

    def _next(self) -> tuple[datetime, int, str] | None:
        tops = [top for heap in (self._legal, self._signals) if (top := heap.top(self._armed))]
        return min(tops, default=None)

    def _fire(self, _due: datetime, number: int, key: str) -> list[Happening]:
        """Fire one timer; a merged reminder leaves nothing behind."""
        workflow, case = self.definitions[key], self.cases[key]
        armed = self._armed[key]
        timer = armed[number]
        if is_merged(timer, armed.values(), self.now.instant):
            del armed[number]
            return []
        event: Event | None = None
        try:
            event = event_of(timer, workflow)
            facts = self._facts(key, timer.due_at)
            decision = decide(workflow, case, event, facts)
            if isinstance(decision, Refusal):
                decision = refuse(workflow, case, event, facts, decision)
            happened = [self._keep(workflow, decision, facts)]
        except Exception as error:  # noqa: BLE001 - as in the engine, one bad timer does not stop the others
            event = event or Event(
                name=timer.event or timer.name, kind="signal", occurred_at=timer.due_at, timer=timer
            )
            words = (
                error.message
                if isinstance(error, WirflowError)
                else Text.same(str(error) or type(error).__name__)
            )
            happened = [self._happening(workflow, case, case, event, error=words)]
        armed.pop(number, None)
        return happened

    # -- inside ------------------------------------------------------------------------

    def _moment(self, occurred_at: datetime | None) -> datetime:
        now = self.now.instant
        if occurred_at is not None and occurred_at > now:
            day = civil_date(occurred_at, self.profile.zone)
            raise InputError(
                Text(f"{day:%d.%m.%Y} liegt in der Zukunft.", f"{day.isoformat()} lies in the future.")
            )
        return occurred_at or now

    def _person(self, actor: str) -> Person:
        person = self.profile.people.get(actor)
        if person is None:
            raise UnknownNameError(Text("Die Person", "The person"), actor, self.profile.people)
        return person

    def _facts(self, key: str, moment: datetime) -> Facts:
        links = self.cases[key].links
        linked = self._linked(self.definitions[key], links, {}) if links else {}
        return facts_at(self.profile, moment, linked, self.armed(key))

    def _linked(
        self, workflow: Workflow, links: Mapping[str, str], siblings: Mapping[str, LinkedCase]
    ) -> dict[str, LinkedCase]:
        linked = {}
        for name, key in links.items():
            if name not in workflow.link_by_name:
                raise UnknownNameError(Text("Die Verknüpfung", "The link"), name, workflow.link_by_name)
            if key in siblings:
                linked[name] = siblings[key]
            elif key in self.cases:
                linked[name] = as_linked(self.cases[key], self.definitions[key])
            else:
                raise UnknownNameError(Text("Der verknüpfte Vorgang", "The linked case"), key, self.cases)
        return linked

    def _arm(self, key: str, timer: Timer) -> None:
        self._number += 1
        self._armed.setdefault(key, {})[self._number] = timer
        (self._signals if timer.kind == "signal" else self._legal).push(timer, self._number, key)

    def _keep(self, workflow: Workflow, decision: Decision, facts: Facts) -> Happening:
        """Keep a decision in memory: case and timers."""
        written = put_down(
            workflow, decision, facts, self.profile, self._templates, self._salts, self.now.instant
        )
        for order in decision.signals:
            if order.to not in self.cases:
                raise KeyError(order.to)
        case = replace(decision.case, digest=written.digest)
        self.cases[case.key] = case
        armed = self._armed.setdefault(case.key, {})
        cancelled = {timer.identity for timer in decision.cancel}
        for number in [number for number, timer in armed.items() if timer.identity in cancelled]:
            del armed[number]
        for timer in decision.arm:
            self._arm(case.key, timer)
        for order in decision.signals:
            self._arm(order.to, order.timer)
        happening = self._happening(workflow, decision.before, case, decision.event, refused=decision.refused)
        return replace(happening, notices=written.notices, entry=written.entry, digest=written.digest)

    def _happening(
        self,
        workflow: Workflow,
        before: Case | None,
        after: Case,
        event: Event,
        *,
        refused: Refusal | None = None,
        error: Text | None = None,
    ) -> Happening:
        timer = event.timer
        spec = workflow.deadline_by_name.get(timer.name) if timer and timer.deadline else None
        place = workflow.place(after.state)
        moved = before is not None and before.state != after.state
        law = None
        if timer and timer.deadline:
            law = (spec.law if spec else None) or timer.deadline.law
        title = spec.title if spec and timer and timer.event is None else _title(workflow, event)
        return Happening(
            at=event.occurred_at,
            recorded_at=self.now.instant,
            case=after.key,
            workflow=workflow.name,
            kind=event.kind,
            event=event.name,
            title=title,
            actor=event.actor,
            before=before.state if before else None,
            after=after.state,
            tone=place.tone,
            lapse=event.kind == "deadline"
            and moved
            and (place.final or place.tone == "bad")
            and place.tone != "good",
            deadline=timer.deadline if timer else None,
            law=law,
            # A signal's label is `key/revision/number`.
            origin=timer.label.rsplit("/", 2)[0] if timer and timer.kind == "signal" else None,
            reason=event.reason,
            refused=refused,
            error=error,
        )


class _Now:
    """A virtual clock that only moves forwards."""

    __slots__ = ("instant",)

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def reach(self, instant: datetime) -> None:
        self.instant = max(self.instant, instant)


def _title(workflow: Workflow, event: Event) -> Text:
    if event.kind in {"start", "import"}:
        return Text("Vorgang angelegt", "Case started")
    return next(
        (item.title for item in workflow.transitions if item.event == event.name), Text.same(event.name)
    )
