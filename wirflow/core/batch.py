"""Deciding several events together, in memory: one event is a batch of one.

A batch holds cases, each with the definition that it pins and the timers that
are armed for it.  It decides starts, what people do, and timers that fire.
Each decision sees what those before it left, and gives back what has to be
written of it.  A decision that fails leaves nothing behind.

The engine reads into a batch, decides, and writes, in one transaction.  The
simulation holds all cases in one batch and writes nothing.  So what both of
them decide is the same by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from wirflow.core.case import Case, Facts, Timer
from wirflow.core.children import MAX_FAMILY, MAX_GENERATIONS, cannot_begin, key_taken, no_workflow, unfit
from wirflow.core.decide import decide, refuse, start
from wirflow.core.decision import Decision, Refusal
from wirflow.core.firing import as_linked, event_of, facts_at, is_done, is_merged
from wirflow.core.forwarding import forward
from wirflow.core.opening import child_of, opening, sibling
from wirflow.core.writing import Written, put_down
from wirflow.definition.model import PARENT, Workflow
from wirflow.definition.values import CASE_KEY_PATTERN, spellings
from wirflow.errors import InputError, UnknownNameError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from wirflow.core.case import Event, LinkedCase
    from wirflow.core.letters import Notice
    from wirflow.core.opening import NewCase
    from wirflow.core.profile import Profile
    from wirflow.core.writing import Salts
    from wirflow.definition.person import Person
    from wirflow.render import Templates

FIRST_NEW: Final = 2**62
"""Timers that a batch arms are numbered from here: after all that were there, in the order of arming."""


class Newcomers(Protocol):
    """What has to be known of the children that begin with an event."""

    def newest(self, workflow: str) -> Workflow | None:
        """The version that a new case pins; None: there is no such workflow."""
        ...

    def taken(self, keys: Collection[str]) -> Collection[str]:
        """Those of some keys that cases have already."""
        ...


@dataclass(slots=True)
class Held:
    """A case as a batch holds it: as it stands after the decisions so far."""

    workflow: Workflow
    case: Case
    armed: dict[int, Timer]
    """The timers that are armed for it, by their numbers."""

    def in_order(self) -> tuple[Timer, ...]:
        """The armed timers in the order in which they fire."""
        if len(self.armed) < 2:  # noqa: PLR2004 - one alone is in order
            return tuple(self.armed.values())
        found = sorted(self.armed.items(), key=lambda item: (item[1].due_at, item[0]))
        return tuple(timer for _, timer in found)


class Kept(Struct, frozen=True, kw_only=True):
    """One decision, as it entered a batch: what has to be written of it."""

    workflow: Workflow
    decision: Decision
    facts: Facts
    written: Written
    case: Case
    """The case after it, with the digest of its new entry."""
    fired: int | None
    """The number of the timer that brought it about."""
    cancelled: tuple[int, ...]
    armed: tuple[tuple[int, str, Timer], ...]
    """What it armed: number, key of the case, timer; its signals to other cases come last."""
    begun: tuple[Kept, ...] = ()
    """The children that began with it, those of each right after it."""

    def all(self) -> tuple[Kept, ...]:
        """The decision and those about the children that began with it."""
        return (self, *self.begun)


class _Ready(Struct, frozen=True):
    """A decision that is written down, before anything of it has entered the batch."""

    workflow: Workflow
    decision: Decision
    facts: Facts
    written: Written
    fired: int | None


class Batch:
    """Cases, and what is decided of them."""

    def __init__(  # noqa: PLR0917 - what a batch is made of
        self,
        profile: Profile,
        templates: Templates,
        salts: Salts,
        now: datetime,
        numbers: Iterator[int] | None = None,
        newcomers: Newcomers | None = None,
    ) -> None:
        """Prepare, without any case yet.

        Args:
            profile: the office.
            templates: its notices.
            salts: gives the salts of commitments to personal values.
            now: the instant at which it is decided and recorded.
            numbers: where the numbers of new timers come from.
            newcomers: what has to be known of the children that begin; None: none can.
        """
        self.profile = profile
        self.now = now
        self.held: dict[str, Held] = {}
        """Key → case."""
        self._templates = templates
        self._salts = salts
        self._numbers = count(FIRST_NEW) if numbers is None else numbers
        self._newcomers = newcomers
        self._children: dict[str, dict[str, None]] = {}

    # -- what it works on --------------------------------------------------------------

    def hold(self, workflow: Workflow, case: Case, armed: dict[int, Timer] | None = None) -> None:
        """Take a case in."""
        self.held[case.key] = Held(workflow, case, {} if armed is None else armed)
        if workflow.parent and PARENT in case.links:
            self._children.setdefault(case.links[PARENT], {})[case.key] = None

    def arm(self, key: str, timer: Timer) -> int:
        """Arm a timer for a case; its number."""
        number = next(self._numbers)
        self.held[key].armed[number] = timer
        return number

    def facts(self, key: str, moment: datetime) -> Facts:
        """What a decision of a case has to know that counts at a moment."""
        held = self.held[key]
        linked = self._linked(held.workflow, held.case.links, {}) if held.case.links else {}
        return facts_at(self.profile, moment, linked, held.in_order(), self.children(key))

    def children(self, key: str) -> list[LinkedCase]:
        """The held cases that belong to a case, as it sees them."""
        if not self.held[key].workflow.children:
            return []
        held = (self.held[child] for child in self._children.get(key, ()))
        return [as_linked(child.case, child.workflow) for child in held]

    def is_due(self, key: str, moment: datetime) -> bool:
        """Whether a held case has an armed timer that is due at a moment."""
        return any(timer.due_at <= moment for timer in self.held[key].armed.values())

    # -- what it decides ---------------------------------------------------------------

    def _check_twin(self, key: str, siblings: Mapping[str, str]) -> None:
        """See that no other case is called the same in capital or small letters."""
        held = (spelt for spelt in sorted(spellings(key)) if spelt in self.held)
        other = siblings.get(key.casefold()) or next(held, None)
        if other is not None:
            raise InputError(
                Text(
                    f"Es gibt schon einen Vorgang {other}; {key} unterscheidet sich nur in Groß- und"
                    " Kleinbuchstaben.",
                    f"There is a case {other} already; {key} differs only in capital and small letters.",
                ),
                hint=Text("Wählen Sie einen anderen Schlüssel.", "Choose another key."),
            )

    def start(
        self, new: Sequence[tuple[NewCase, Workflow]], person: Person, moment: datetime
    ) -> list[Kept] | Refusal:
        """Start several cases, which may be linked to each other: all of them, or none.

        Args:
            new: each case with the definition that it will pin.
            person: who starts them.
            moment: when that counts.

        Raises:
            InputError: a key is taken or is none.
            UnknownNameError: a link or a linked case is unknown.
            TemplateError: a notice cannot be written.
        """
        siblings: dict[str, LinkedCase] = {}
        folded: dict[str, str] = {}
        for item, workflow in new:
            _check_key(item.key)
            if item.key in siblings or item.key in self.held:
                raise InputError(
                    Text(f"Es gibt schon einen Vorgang {item.key}.", f"There is a case {item.key} already."),
                    hint=Text("Wählen Sie einen anderen Schlüssel.", "Choose another key."),
                )
            self._check_twin(item.key, folded)
            folded[item.key.casefold()] = item.key
            siblings[item.key] = sibling(workflow, item)
        known = {item.key: workflow for item, workflow in new}
        cases = [(self._of_a_kind(item, workflow, known), workflow) for item, workflow in new]
        siblings |= {item.key: replace(siblings[item.key], child=item.child) for item, _ in cases}
        rows: list[list[_Ready]] = []
        for item, workflow in cases:
            blank, event = opening(item, person, moment)
            own = [siblings[one.key] for one, _ in cases if one.links.get(PARENT) == item.key and one.child]
            linked = self._linked(workflow, item.links, siblings)
            facts = facts_at(self.profile, moment, linked, (), own)
            decision = start(workflow, blank, event, facts)
            if isinstance(decision, Refusal):
                return decision
            family = self._family(workflow, decision, facts, None, siblings)
            if isinstance(family, Refusal):
                return family
            rows.append(family)
        for row in rows:
            self.hold(row[0].workflow, row[0].decision.case)
        return [self._enter_all(row) for row in rows]

    def act(self, key: str, action: Event) -> Kept | Refusal:
        """Let a person act on a case.

        Raises:
            UnknownNameError: no such event.
            GuardError: an expression could not be evaluated.
            TemplateError: a notice cannot be written.
        """
        held = self.held[key]
        if action.name not in held.workflow.events:
            raise UnknownNameError(Text("Das Ereignis", "The event"), action.name, held.workflow.events)
        facts = self.facts(key, action.occurred_at)
        decision = decide(held.workflow, held.case, action, facts)
        if isinstance(decision, Refusal):
            return decision
        family = self._family(held.workflow, decision, facts, None)
        return family if isinstance(family, Refusal) else self._enter_all(family)

    def fire(self, key: str, number: int) -> Kept | None:
        """Fire an armed timer; None if it has no word of its own any more, and nothing is to be written.

        Raises:
            Exception: whatever is wrong with it; the batch is as it was, and `set_aside` takes it out.
        """
        held = self.held[key]
        timer = held.armed[number]
        if is_merged(timer, held.armed.values(), self.now) or is_done(timer, held.case):
            del held.armed[number]
            return None
        event = event_of(timer, held.workflow)
        facts = self.facts(key, timer.due_at)
        decision = decide(held.workflow, held.case, event, facts)
        family: list[_Ready] | Refusal = (
            decision
            if isinstance(decision, Refusal)
            else self._family(held.workflow, decision, facts, number)
            if not decision.silent
            else []
        )
        if isinstance(family, Refusal):
            refused = refuse(held.workflow, held.case, event, facts, family)
            family = [self._put_down(held.workflow, refused, facts, number, ())]
        if not family:
            del held.armed[number]
            return None
        return self._enter_all(family)

    def forward(self, key: str, notice: Notice) -> Kept:
        """Pass a notice on that nobody could receive, to those who have its role now."""
        held = self.held[key]
        decision, written = forward(held.workflow, held.case, notice, self.profile, self.now)
        return self._enter(_Ready(held.workflow, decision, self.facts(key, self.now), written, None))

    def set_aside(self, key: str, number: int) -> None:
        """Take a timer out that cannot be fired."""
        self.held[key].armed.pop(number, None)

    def keep(self, workflow: Workflow, decision: Decision, facts: Facts, *, fired: int | None = None) -> Kept:
        """Let a decision of a held case enter the batch, with its notices and its entry written.

        Args:
            workflow: the definition that the case pins from now on.
            decision: what was decided.
            facts: what it was decided on.
            fired: the number of the timer that brought it about.

        Raises:
            TemplateError: a notice cannot be written; nothing entered.
            InputError: a child that should begin with it cannot; likewise.
        """
        family = self._family(workflow, decision, facts, fired)
        if isinstance(family, Refusal):
            raise InputError(family.texts[0], hint=family.hint)
        return self._enter_all(family)

    # -- inside ------------------------------------------------------------------------

    def _family(
        self,
        workflow: Workflow,
        decision: Decision,
        facts: Facts,
        fired: int | None,
        there: Mapping[str, object] | None = None,
    ) -> list[_Ready] | Refusal:
        """A decision and those about the children that begin with it, written down; or why one cannot begin.

        `there` has the keys of cases that begin together with it.
        """
        if not decision.starts:
            return [self._put_down(workflow, decision, facts, fired, there or ())]
        rows: list[tuple[Workflow, Decision, Facts]] = [(workflow, decision, facts)]
        against = self._begin(rows, {*(there or ()), decision.case.key}, 1)
        if against is not None:
            return against
        keys = {*(there or ()), *(row.case.key for _, row, _ in rows)}
        first, *others = rows
        return [
            self._put_down(*first, fired, keys),
            *(self._put_down(*other, None, keys) for other in others),
        ]

    def _begin(
        self, rows: list[tuple[Workflow, Decision, Facts]], there: set[str], generation: int
    ) -> Refusal | None:
        """Decide about the children of the last row, and theirs; they join the rows."""
        workflow, parent, known = rows[-1]
        if not parent.starts:
            return None
        if generation > MAX_GENERATIONS or len(rows) > MAX_FAMILY:
            most = MAX_GENERATIONS if generation > MAX_GENERATIONS else MAX_FAMILY
            raise InputError(
                Text(
                    f"Mehr als {most} Vorgänge haben einander begonnen.",
                    f"More than {most} cases have started one another.",
                ),
                hint=Text("'wirflow check' zeigt die Schleife.", "'wirflow check' shows the loop."),
            )
        keys = [new.key for new in parent.starts]
        spelt = {one: key for key in keys for one in spellings(key)}
        found = {*self.held, *there}.intersection(spelt)
        found |= set(self._newcomers.taken(spelt)) if self._newcomers else set()
        taken = {spelt[one] for one in found}
        there |= set(keys)
        above = as_linked(parent.case, workflow)
        for new in parent.starts:
            own = self._newcomers.newest(new.workflow) if self._newcomers else None
            if own is None:
                return cannot_begin(new, no_workflow(new))
            against = key_taken(new) if new.key in taken else unfit(own, new)
            if against is not None:
                return cannot_begin(new, against)
            blank, event = opening(new, None, parent.event.occurred_at)
            event = replace(event, actor=parent.event.actor, roles=parent.event.roles)
            linked = self._linked(own, new.links, {**_behind(parent, known), above.key: above})
            facts = facts_at(self.profile, event.occurred_at, linked, ())
            decision = start(own, blank, event, facts)
            if isinstance(decision, Refusal):
                return cannot_begin(new, decision)
            rows.append((own, decision, facts))
            refusal = self._begin(rows, there, generation + 1)
            if refusal is not None:
                return refusal
        return None

    def _of_a_kind(self, new: NewCase, workflow: Workflow, siblings: Mapping[str, Workflow]) -> NewCase:
        """A new case with its kind, if it belongs to another one."""
        key = new.links.get(PARENT)
        if workflow.parent is None or key is None:
            return new
        parent = siblings.get(key) or (self.held[key].workflow if key in self.held else None)
        kind = child_of(parent, workflow.name) if parent else None
        if parent is not None and kind is None:
            raise InputError(
                Text(
                    f"{key} nimmt keine Untervorgänge '{workflow.name}' auf.",
                    f"{key} takes no children '{workflow.name}'.",
                ),
                hint=Text(
                    f"'{parent.name}' nennt sie nicht unter 'children'.",
                    f"'{parent.name}' does not name them under 'children'.",
                ),
            )
        return replace(new, child=kind)

    def _put_down(
        self,
        workflow: Workflow,
        decision: Decision,
        facts: Facts,
        fired: int | None,
        there: Collection[str],
    ) -> _Ready:
        """Write a decision down; all that can fail fails here."""
        written = put_down(workflow, decision, facts, self.profile, self._templates, self._salts, self.now)
        for order in decision.signals:
            if order.to not in self.held and order.to not in there:
                raise KeyError(order.to)
        return _Ready(workflow, decision, facts, written, fired)

    def _enter_all(self, family: Sequence[_Ready]) -> Kept:
        """Let a decision enter, and with it the children that begin."""
        for one in family[1:]:
            self.hold(one.workflow, one.decision.case)
        first, *others = [self._enter(one) for one in family]
        return replace(first, begun=tuple(others)) if others else first

    def _enter(self, ready: _Ready) -> Kept:
        decision = ready.decision
        case = replace(decision.case, digest=ready.written.digest)
        held = self.held[case.key]
        held.workflow, held.case = ready.workflow, case
        if ready.fired is not None:
            del held.armed[ready.fired]
        gone: tuple[int, ...] = ()
        if decision.cancel:
            cancelled = {timer.identity for timer in decision.cancel}
            gone = tuple(number for number, timer in held.armed.items() if timer.identity in cancelled)
            for number in gone:
                del held.armed[number]
        armed = [(self.arm(case.key, timer), case.key, timer) for timer in decision.arm]
        armed += [(self.arm(order.to, order.timer), order.to, order.timer) for order in decision.signals]
        return Kept(
            workflow=ready.workflow,
            decision=decision,
            facts=ready.facts,
            written=ready.written,
            case=case,
            fired=ready.fired,
            cancelled=gone,
            armed=tuple(armed),
        )

    def _linked(
        self, workflow: Workflow, links: Mapping[str, str], siblings: Mapping[str, LinkedCase]
    ) -> dict[str, LinkedCase]:
        linked = {}
        for name, key in links.items():
            if name not in workflow.link_by_name:
                raise UnknownNameError(Text("Die Verknüpfung", "The link"), name, workflow.link_by_name)
            if key in siblings:
                linked[name] = siblings[key]
            elif key in self.held:
                linked[name] = as_linked(self.held[key].case, self.held[key].workflow)
            else:
                raise UnknownNameError(Text("Der verknüpfte Vorgang", "The linked case"), key, self.held)
        return linked


def _behind(parent: Decision, facts: Facts) -> dict[str, LinkedCase]:
    """The cases behind the links of a parent, by their keys: a child may take those over."""
    return {parent.case.links[name]: case for name, case in facts.linked.items() if name in parent.case.links}


def _check_key(key: str) -> None:
    if not CASE_KEY_PATTERN.fullmatch(key):
        raise InputError(
            Text(f"'{key}' ist kein Schlüssel.", f"'{key}' is no key."),
            hint=Text(
                "Bis zu 80 Buchstaben, Ziffern, '.', '/', '-' und '_', etwa WIR-KO-1.",
                "Up to 80 letters, digits, '.', '/', '-' and '_', such as WIR-KO-1.",
            ),
        )
