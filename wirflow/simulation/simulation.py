"""Deciding over a virtual clock, in memory: what will happen if nobody, or a plan, acts.

The same batch that the engine loads, decides and writes in its transactions holds
all cases here, and is folded over a heap of timers.  What comes out is what the
engine would write if its clock moved from due time to due time: the same entries
byte for byte, the same notices.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Final

from msgspec import structs

from wirflow.audit.entry import SALT_BYTES
from wirflow.clock import civil_date
from wirflow.core.batch import Batch
from wirflow.core.case import Event
from wirflow.core.decision import Refusal
from wirflow.core.firing import kind_of
from wirflow.core.opening import opening
from wirflow.definition.model import HEARD
from wirflow.errors import InputError, UnknownNameError, WirflowError
from wirflow.simulation.happening import Happening
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wirflow.core.batch import Kept
    from wirflow.core.case import Case, LinkedCase, Timer
    from wirflow.core.opening import NewCase
    from wirflow.core.writing import Salts
    from wirflow.definition.model import Workflow
    from wirflow.definition.person import Person
    from wirflow.definition.values import Value
    from wirflow.simulation.world import World


def no_salt() -> bytes:
    """The salt of commitments that nobody will ever keep."""
    return bytes(SALT_BYTES)


Due = tuple[datetime, int, str]
"""A timer by its due time, its number and its case's key: the order in which timers fire."""


class Simulation:
    """A world that lives on.  The snapshot that it came from stays as it was."""

    def __init__(self, world: World, *, salts: Salts = no_salt) -> None:
        """Prepare.

        Args:
            world: where it starts.
            salts: gives the salts of commitments to personal values.
        """
        self._newest = world.newest
        self._batch = Batch(world.profile, world.templates, salts, world.now, count(1), self)
        self.now: Final = _Now(self._batch)
        self.profile = world.profile
        self.cases: dict[str, Case] = dict(world.cases)
        """Every case as it stands now."""
        self.definitions: dict[str, Workflow] = dict(world.definitions)
        """Key → the definition that the case pins."""
        self._due: list[Due] = []
        """A heap; those that were cancelled meanwhile are passed over."""
        self._clusters: dict[str, set[str]] = {}
        """Key → the keys of all cases that are linked to it, be it by way of others."""
        for key, case in world.cases.items():
            self._batch.hold(world.definitions[key], case)
        for case in world.cases.values():
            self._link(case)
        for key, timer in world.timers:
            heapq.heappush(self._due, (timer.due_at, self._batch.arm(key, timer), key))

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
        pinned = []
        for item in new:
            if item.workflow not in self._newest:
                raise UnknownNameError(Text("Der Workflow", "The workflow"), item.workflow, self._newest)
            pinned.append((item, self._newest[item.workflow]))
        found = self._batch.start(pinned, person, moment)
        if isinstance(found, Refusal):
            return found
        for kept in found:
            self._link(kept.case)
        happened = [happening for kept in found for happening in self._keep(kept)]
        told = [order.to for kept in found for one in kept.all() for order in one.decision.signals]
        return [*happened, *self._settle(told)]

    def begin(self, new: NewCase, *, actor: str) -> list[Happening]:
        """Start a case, as a step of a plan does: what is refused is told, like what is done.

        Raises:
            UnknownNameError: no such workflow or person.
        """
        found = self.start_all([new], actor=actor)
        if not isinstance(found, Refusal):
            return found
        workflow = self._newest[new.workflow]
        blank, event = opening(new, self._person(actor), self.now.instant)
        blank = structs.replace(blank, state=new.state or workflow.initial.name)
        return [self._happening(workflow, blank, blank, event, refused=found)]

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
        held = self._batch.held.get(key)
        if held is None:
            raise UnknownNameError(Text("Der Vorgang", "The case"), key, self._batch.held)
        action = Event(
            name=event,
            kind="action",
            occurred_at=moment,
            actor=actor,
            roles=person.roles,
            input=given or {},
            reason=reason,
        )
        before = held.case
        kept = self._batch.act(key, action)
        if isinstance(kept, Refusal):
            return [self._happening(held.workflow, before, before, action, refused=kept)]
        happened = self._keep(kept)
        told = [order.to for one in kept.all() for order in one.decision.signals]
        return [*happened, *self._settle(told)]

    def _settle(self, told: Iterable[str]) -> Iterator[Happening]:
        """Let what was told reach its cases at once, after what was due before it in their clusters.

        What else is overdue waits for the scheduler's next beat.
        """
        keys = {key for other in told for key in self._clusters[other]}
        while keys and (due := self._next_of(keys)) and due[0] <= self.now.instant:
            yield from self._fire(*due)
            keys |= self._clusters[due[2]]

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
        return self._batch.held[key].in_order()

    def children(self, key: str) -> list[LinkedCase]:
        """The cases that belong to a case, as it sees them."""
        return self._batch.children(key)

    def _next(self) -> Due | None:
        """What fires next of all."""
        held = self._batch.held
        while self._due and self._due[0][1] not in held[self._due[0][2]].armed:
            heapq.heappop(self._due)
        return self._due[0] if self._due else None

    def _next_of(self, keys: set[str]) -> Due | None:
        """What fires next of some cases."""
        held = self._batch.held
        return min(
            ((timer.due_at, number, key) for key in keys for number, timer in held[key].armed.items()),
            default=None,
        )

    def _fire(self, _due: datetime, number: int, key: str) -> list[Happening]:
        """Fire one timer; a merged reminder leaves nothing behind."""
        held = self._batch.held[key]
        timer, workflow, case = held.armed[number], held.workflow, held.case
        try:
            kept = self._batch.fire(key, number)
        except Exception as error:  # noqa: BLE001 - as in the engine, one bad timer does not stop the others
            self._batch.set_aside(key, number)
            event = Event(
                name=timer.event or timer.name,
                kind=kind_of(timer),
                occurred_at=timer.due_at,
                timer=timer,
            )
            words = (
                error.message
                if isinstance(error, WirflowError)
                else Text.same(str(error) or type(error).__name__)
            )
            return [self._happening(workflow, case, case, event, error=words)]
        return [] if kept is None else self._keep(kept)

    # -- what its batch asks for -------------------------------------------------------

    def newest(self, workflow: str) -> Workflow | None:
        """The version that a new case pins; None: there is no such workflow."""
        return self._newest.get(workflow)

    def taken(self, _keys: Collection[str]) -> Collection[str]:
        """Nothing that the batch would not know: it holds all cases."""
        return ()

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

    def _link(self, case: Case) -> None:
        """Let a case be one cluster with those to which it is linked."""
        self._clusters.setdefault(case.key, {case.key})
        for other in case.links.values():
            one, two = (self._clusters.setdefault(key, {key}) for key in (case.key, other))
            if one is not two:
                one |= two
                for key in two:
                    self._clusters[key] = one

    def _keep(self, kept: Kept) -> list[Happening]:
        """Remember what a decision left, and tell it, with the children that began with it."""
        for one in kept.begun:
            self._link(one.case)
        return [self._keep_one(one) for one in kept.all()]

    def _keep_one(self, kept: Kept) -> Happening:
        self.cases[kept.case.key], self.definitions[kept.case.key] = kept.case, kept.workflow
        for number, key, timer in kept.armed:
            heapq.heappush(self._due, (timer.due_at, number, key))
        decision = kept.decision
        happening = self._happening(
            kept.workflow, decision.before, kept.case, decision.event, refused=decision.refused
        )
        written = kept.written
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
            origin=timer.label.rsplit("/", 2)[0]
            if timer and timer.kind == "signal"
            else event.origin.case
            if event.origin
            else None,
            reason=event.reason,
            refused=refused,
            error=error,
        )


class _Now:
    """A virtual clock that only moves forwards: the present of a batch."""

    __slots__ = ("_batch",)

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    @property
    def instant(self) -> datetime:
        return self._batch.now

    def reach(self, instant: datetime) -> None:
        self._batch.now = max(self._batch.now, instant)


def _title(workflow: Workflow, event: Event) -> Text:
    if event.kind in {"start", "import"}:
        return Text("Vorgang angelegt", "Case started")
    if event.name == HEARD:
        return Text("Ein Untervorgang hat sich geändert", "A child changed")
    return next(
        (item.title for item in workflow.transitions if item.event == event.name), Text.same(event.name)
    )
