"""The door: everything that changes a case comes through here.

One event is one transaction: lock the case, gather the facts, decide, render
the notices, link the entry, write.  Either all of it is there or nothing.
People, deadlines, signals and imports all come this way.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeVar

from wirflow.audit.entry import SALT_BYTES
from wirflow.clock import civil_date, stamp
from wirflow.core.case import Case, Event, Facts, LinkedCase, Timer
from wirflow.core.decide import decide, refuse, start, warnings
from wirflow.core.decision import Decision, Refusal
from wirflow.core.firing import as_linked, event_of, facts_at, is_done, is_merged
from wirflow.core.letters import NewNotice, Notice, NoticeState
from wirflow.core.opening import NewCase, opening, sibling
from wirflow.core.writing import put_down
from wirflow.definition.model import Warn, Workflow
from wirflow.definition.values import CASE_KEY_PATTERN, Value
from wirflow.errors import ConflictError, InputError, UnknownNameError
from wirflow.store import backlog, cases, outbox, timers, trail
from wirflow.store.cases import StoredCase
from wirflow.store.definitions import Definitions
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection

    from wirflow.audit.entry import Entry
    from wirflow.audit.note import SecretKey
    from wirflow.clock import Clock
    from wirflow.core.profile import Profile
    from wirflow.definition.person import Person
    from wirflow.render import Templates
    from wirflow.store.backlog import Backlog
    from wirflow.store.database import Database, Session
    from wirflow.store.timers import DueTimer

_Result = TypeVar("_Result")

BATCH = 200
"""How many due timers are fired in one transaction: more gains little and locks for longer."""

ATTEMPTS = 5
"""How often a transaction is tried when other writers are in its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was written, or, of a trial, what would have been."""

    workflow: Workflow
    decision: Decision
    digest: str
    facts: Facts
    notices: tuple[NewNotice, ...]

    @property
    def case(self) -> Case:
        """The case after the event."""
        return replace(self.decision.case, digest=self.digest)

    @property
    def warnings(self) -> tuple[Warn, ...]:
        """What should be known about the case from now on, though nothing was refused."""
        return warnings(self.workflow, self.decision.case, self.facts)


@dataclass(slots=True)
class Drained:
    """What a drain of the due timers did."""

    fired: int = 0
    refused: int = 0
    failed: int = 0

    def add(self, other: Drained) -> None:
        """Count another drain in."""
        self.fired += other.fired
        self.refused += other.refused
        self.failed += other.failed

    @property
    def all(self) -> int:
        """How many timers were dealt with."""
        return self.fired + self.refused + self.failed


class Engine:
    """The one door to the cases of an office."""

    def __init__(self, database: Database, clock: Clock, profile: Profile, templates: Templates) -> None:
        self.database = database
        self.clock = clock
        self.profile = profile
        self._templates = templates
        self._definitions = Definitions()

    # -- what comes in ---------------------------------------------------------------

    def register(self, workflows: Iterable[Workflow]) -> None:
        """Keep the checked forms of definitions, so that cases can pin them."""
        with self.database.writing() as session:
            for workflow in workflows:
                self._definitions.register(session, workflow, self.clock.now())

    def start(
        self,
        new: NewCase,
        *,
        actor: str,
        occurred_at: datetime | None = None,
        connection: Connection | None = None,
        trial: bool = False,
    ) -> Outcome | Refusal:
        """Start one case.

        Raises:
            InputError: the key is taken, or the workflow or a linked case is unknown.
        """
        results = self.start_all(
            [new], actor=actor, occurred_at=occurred_at, connection=connection, trial=trial
        )
        return results if isinstance(results, Refusal) else results[0]

    def start_all(
        self,
        new: Sequence[NewCase],
        *,
        actor: str,
        occurred_at: datetime | None = None,
        connection: Connection | None = None,
        trial: bool = False,
    ) -> list[Outcome] | Refusal:
        """Start several cases, which may be linked to each other: all of them, or none.

        Raises:
            InputError: a key is taken, or a workflow or a linked case is unknown.
        """
        now = self.clock.now()
        moment = self._moment(occurred_at, now)
        try:
            with self._transaction(connection, trial=trial) as session:
                outcomes = self._start_all(session, new, actor, moment, now)
        except _Refused as refused:
            return refused.refusal
        if any(item.decision.signals for item in outcomes) and not trial and connection is None:
            self.drain(signals_only=True)
        return outcomes

    def _start_all(
        self, session: Session, new: Sequence[NewCase], actor: str, moment: datetime, now: datetime
    ) -> list[Outcome]:
        person = self._person(actor)
        siblings: dict[str, LinkedCase] = {}
        pinned: list[tuple[int, Workflow]] = []
        for item in new:
            number, workflow = self._latest(session, item.workflow)
            pinned.append((number, workflow))
            if not CASE_KEY_PATTERN.fullmatch(item.key):
                raise InputError(
                    Text(f"'{item.key}' ist kein Schlüssel.", f"'{item.key}' is no key."),
                    hint=Text(
                        "Bis zu 80 Buchstaben, Ziffern, '.', '/', '-' und '_', etwa WIR-KO-1.",
                        "Up to 80 letters, digits, '.', '/', '-' and '_', such as WIR-KO-1.",
                    ),
                )
            if item.key in siblings or cases.load(session, self._definitions, item.key):
                raise InputError(
                    Text(f"Es gibt schon einen Vorgang {item.key}.", f"There is a case {item.key} already."),
                    hint=Text("Wählen Sie einen anderen Schlüssel.", "Choose another key."),
                )
            siblings[item.key] = sibling(workflow, item)
        outcomes = []
        for item, (number, workflow) in zip(new, pinned, strict=True):
            blank, event = opening(item, person, moment)
            linked = self._linked(session, workflow, item.links, siblings)
            facts = self._facts(moment, linked, ())
            decision = start(workflow, blank, event, facts)
            if isinstance(decision, Refusal):
                raise _Refused(decision)
            outcomes.append(self._keep(session, None, number, workflow, decision, facts, now))
        return outcomes

    def submit(
        self,
        key: str,
        event: str,
        *,
        actor: str,
        given: Mapping[str, Value] | None = None,
        occurred_at: datetime | None = None,
        reason: str | None = None,
        connection: Connection | None = None,
        trial: bool = False,
    ) -> Outcome | Refusal:
        """Let a person act on a case.

        Args:
            key: which case.
            event: what they do.
            actor: who they are, as `wirflow.toml` names them.
            given: the facts they give.
            occurred_at: when it counts, if that is earlier than now.
            reason: why, where the workflow asks for it.
            connection: the caller's own, to commit together with its tables.
            trial: undo everything and only say what would happen.

        Raises:
            UnknownNameError: no such case, event or person.
            InputError: it counts in the future, or on a day before the case began.
            ConflictError: somebody else changed the case meanwhile.
        """
        moment = self._moment(occurred_at, self.clock.now())
        action = Event(
            name=event,
            kind="action",
            occurred_at=moment,
            actor=actor,
            roles=self._person(actor).roles,
            input=given or {},
            reason=reason,
        )
        once = partial(self._submit, key, action, connection, trial=trial)
        # Who brought a connection must repeat the whole of their transaction, not only our part.
        outcome = once() if connection is not None else _again(once)
        if isinstance(outcome, Outcome) and outcome.decision.signals and not trial and connection is None:
            self.drain(signals_only=True)
        return outcome

    def _submit(
        self, key: str, action: Event, connection: Connection | None, *, trial: bool
    ) -> Outcome | Refusal:
        with self._transaction(connection, trial=trial) as session:
            stored = self._locked(session, key)
            if action.name not in stored.workflow.events:
                raise UnknownNameError(Text("Das Ereignis", "The event"), action.name, stored.workflow.events)
            self._not_before_it_began(session, stored, action.occurred_at)
            facts, armed = self._gather(session, stored, action.occurred_at)
            decision = decide(stored.workflow, stored.case, action, facts)
            if isinstance(decision, Refusal):
                return decision
            now = self.clock.now()
            return self._keep(
                session, stored, stored.definition_id, stored.workflow, decision, facts, now, armed
            )

    # -- what happens by itself --------------------------------------------------------

    def drain(
        self,
        *,
        signals_only: bool = False,
        most: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Drained:
        """Fire what is due, in the order of the due times; a timer counts at its due time.

        Args:
            signals_only: only signals between cases, not deadlines.
            most: stop after so many.
            progress: called with the number of timers dealt with so far.
        """
        done = Drained()
        now = self.clock.now()
        while most is None or done.all < most:
            with self.database.reading() as session:
                size = BATCH if most is None else min(BATCH, most - done.all)
                batch = timers.due(session, now, size, signals_only=signals_only)
            if not batch:
                break
            done.add(_again(partial(self._fire_batch, batch, now)))
            if progress:
                progress(done.all)
        return done

    def next_due(self) -> datetime | None:
        """When the next timer fires."""
        with self.database.reading() as session:
            return timers.next_due(session)

    def next_attempt(self) -> datetime | None:
        """When the next notice has its turn, or a claim on one lapses."""
        with self.database.reading() as session:
            return backlog.next_attempt(session)

    def backlog(self) -> Backlog:
        """How much is waiting now."""
        with self.database.reading() as session:
            return backlog.count(session, self.clock.now())

    def rearm_failed(self) -> int:
        """Give all failed timers another try at the next drain; how many there were."""
        with self.database.writing() as session:
            return timers.rearm_failed(session)

    def _fire_batch(self, batch: Sequence[DueTimer], now: datetime) -> Drained:
        """Fire timers in one transaction, up to where one arms something that comes before the next."""
        done = Drained()
        earliest: datetime | None = None
        with self.database.writing() as session:
            for item, following in zip_longest(batch, batch[1:]):
                armed = self._fire(session, item, now, done)
                earliest = min((moment for moment in (earliest, armed) if moment), default=None)
                if earliest is not None and following is not None and stamp(earliest) < following.due_at:
                    break
        return done

    def _fire(self, session: Session, item: DueTimer, now: datetime, done: Drained) -> datetime | None:
        """Fire one timer; the due time of the earliest timer that this armed."""
        try:
            with session.savepoint():
                return self._fire_once(session, item, now, done)
        except Exception as error:
            if self.database.is_broken(error):
                raise
            # Whatever is wrong with one timer is not wrong with the others: a poisoned one is
            # set aside with its error and never blocks its batch.
            timers.end(session, [item.id], "failed", str(error) or type(error).__name__)
            done.failed += 1
            return None

    def _fire_once(self, session: Session, item: DueTimer, now: datetime, done: Drained) -> datetime | None:
        stored = cases.load_by_id(session, self._definitions, item.case_id)
        facts, armed = self._gather(session, stored, None)
        timer = armed.get(item.id)
        if timer is None:
            return None  # somebody else was faster
        if is_merged(timer, armed.values(), now) or is_done(timer, stored.case):
            timers.end(session, [item.id], "merged")
            return None
        facts = replace(facts, today=civil_date(timer.due_at, self.profile.zone))
        event = event_of(timer, stored.workflow)
        decision = decide(stored.workflow, stored.case, event, facts)
        refusal = decision if isinstance(decision, Refusal) else None
        if isinstance(decision, Refusal):
            decision = refuse(stored.workflow, stored.case, event, facts, decision)
        self._keep(session, stored, stored.definition_id, stored.workflow, decision, facts, now, armed)
        if refusal:
            timers.end(session, [item.id], "refused", str(refusal.texts[0]))
            done.refused += 1
        else:
            timers.end(session, [item.id], "fired")
            done.fired += 1
        new = [*(other.due_at for other in decision.arm), *(order.timer.due_at for order in decision.signals)]
        return min(new, default=None)

    # -- what is known -----------------------------------------------------------------

    def look(self, key: str) -> StoredCase:
        """A case as it stands.

        Raises:
            UnknownNameError: there is none of that key.
        """
        with self.database.reading() as session:
            return self._found(session, key, cases.load(session, self._definitions, key))

    def warnings(self, stored: StoredCase) -> tuple[Warn, ...]:
        """What should be known about a case now, though nothing is refused."""
        with self.database.reading() as session:
            linked = self._linked(session, stored.workflow, stored.case.links, {})
        return warnings(stored.workflow, stored.case, self._facts(self.clock.now(), linked, ()))

    def history(self, key: str | None = None) -> list[Entry]:
        """The trail of one case, or of all in recorded order."""
        with self.database.reading() as session:
            if key is not None:
                self._found(session, key, cases.load(session, self._definitions, key))
            return list(trail.entries_of(session, key))

    def workflow(self, name: str) -> Workflow:
        """The newest version of a workflow.

        Raises:
            UnknownNameError: it was never registered here.
        """
        with self.database.reading() as session:
            return self._latest(session, name)[1]

    # -- the outbox --------------------------------------------------------------------

    def claim_notices(self, most: int, lease_until: datetime) -> list[Notice]:
        """Take notices to deliver; each comes back as it stood before, so a lapsed claim can be told."""
        with self.database.writing() as session:
            found = outbox.claimable(session, self.clock.now(), most)
            outbox.claim(session, [notice.id for notice in found], lease_until)
            return found

    def settle_notice(
        self,
        notice: Notice,
        ending: NoticeState,
        *,
        again: datetime | None = None,
        error: str | None = None,
    ) -> bool:
        """Say how a delivery ended; False if the claim was lost meanwhile."""
        with self.database.writing() as session:
            held = notice.fence + 1
            return outbox.settle(
                session, notice.id, held, ending, now=self.clock.now(), again=again, error=error
            )

    def retry_notice(self, notice: Notice) -> bool:
        """Let a notice that was given up be sent once more, to the address that its reader has now."""
        reader = self.profile.people.get(notice.recipient)
        address = reader.email if reader else notice.address
        with self.database.writing() as session:
            return outbox.retry(session, notice.id, self.clock.now(), address)

    # -- sealing -----------------------------------------------------------------------

    def seal(self, key: SecretKey) -> str | None:
        """Give all new entries their place in the log and sign it; None if nothing is new."""
        from wirflow.audit.seal import seal  # noqa: PLC0415 - signing loads a large library

        with self.database.writing() as session:
            waiting, case_ids = trail.unsealed(session)
            frontier, _ = trail.frontier(session)
            if not waiting:
                return None
            now = self.clock.now()
            sealed = seal(waiting, frontier, key=key, at=now)
            trail.keep_seal(session, sealed, case_ids, now)
            return sealed.checkpoint

    def checkpoint(self) -> str | None:
        """The last signed checkpoint of the log."""
        with self.database.reading() as session:
            return trail.frontier(session)[1]

    # -- inside ------------------------------------------------------------------------

    def _transaction(self, connection: Connection | None, *, trial: bool) -> AbstractContextManager[Session]:
        return self.database.trying() if trial else self.database.writing(connection)

    def _moment(self, occurred_at: datetime | None, now: datetime) -> datetime:
        if occurred_at is None:
            return now
        if occurred_at > now:
            day = civil_date(occurred_at, self.profile.zone)
            raise InputError(
                Text(f"{day:%d.%m.%Y} liegt in der Zukunft.", f"{day.isoformat()} lies in the future."),
                hint=Text("Ein Ereignis zählt heute oder früher.", "An event counts today or earlier."),
            )
        return occurred_at

    def _not_before_it_began(self, session: Session, stored: StoredCase, moment: datetime) -> None:
        if moment >= stored.case.since:
            return
        # Who names a day means its beginning; the case may have begun at noon.
        first = civil_date(trail.began(session, stored.id), self.profile.zone)
        if civil_date(moment, self.profile.zone) < first:
            raise InputError(
                Text(
                    f"{stored.case.key} gibt es erst seit dem {first:%d.%m.%Y}.",
                    f"{stored.case.key} exists only since {first.isoformat()}.",
                ),
                hint=Text(
                    "Früher kann an ihm nichts zählen; das Datum eines Schreibens ist eine Angabe (--set).",
                    "Nothing can count for it before; the date of a letter is a fact (--set).",
                ),
            )

    def _person(self, actor: str) -> Person:
        person = self.profile.people.get(actor)
        if person is None:
            raise UnknownNameError(Text("Die Person", "The person"), actor, self.profile.people)
        return person

    def _latest(self, session: Session, name: str) -> tuple[int, Workflow]:
        found = self._definitions.latest(session, name)
        if found is None:
            raise UnknownNameError(
                Text("Der Workflow", "The workflow"), name, self._definitions.names(session)
            )
        return found

    def _locked(self, session: Session, key: str) -> StoredCase:
        return self._found(session, key, cases.load(session, self._definitions, key, lock=True))

    def _found(self, session: Session, key: str, stored: StoredCase | None) -> StoredCase:
        if stored is None:
            raise UnknownNameError(Text("Der Vorgang", "The case"), key, cases.keys(session))
        return stored

    def _gather(
        self, session: Session, stored: StoredCase, moment: datetime | None
    ) -> tuple[Facts, dict[int, Timer]]:
        """The facts of a decision, and the armed timers by their numbers."""
        armed = timers.armed(session, stored.id) if stored.workflow.deadlines or moment is None else {}
        linked = self._linked(session, stored.workflow, stored.case.links, {})
        return self._facts(moment or self.clock.now(), linked, tuple(armed.values())), armed

    def _facts(self, moment: datetime, linked: Mapping[str, LinkedCase], armed: tuple[Timer, ...]) -> Facts:
        return facts_at(self.profile, moment, linked, armed)

    def _linked(
        self,
        session: Session,
        workflow: Workflow,
        links: Mapping[str, str],
        siblings: Mapping[str, LinkedCase],
    ) -> dict[str, LinkedCase]:
        """The linked cases, kept from changing until the transaction ends."""
        if not links:
            return {}
        elsewhere = [key for key in links.values() if key not in siblings]
        found = cases.load_many(session, self._definitions, elsewhere)
        linked = {}
        for name, key in links.items():
            if name not in workflow.link_by_name:
                raise UnknownNameError(Text("Die Verknüpfung", "The link"), name, workflow.link_by_name)
            stored = found.get(key)
            if stored is None and key not in siblings:
                raise UnknownNameError(
                    Text("Der verknüpfte Vorgang", "The linked case"), key, cases.keys(session)
                )
            linked[name] = siblings[key] if stored is None else as_linked(stored.case, stored.workflow)
        return linked

    def _keep(  # noqa: PLR0917 - one decision and what it was made of
        self,
        session: Session,
        stored: StoredCase | None,
        definition_id: int,
        workflow: Workflow,
        decision: Decision,
        facts: Facts,
        now: datetime,
        armed: Mapping[int, Timer] | None = None,
    ) -> Outcome:
        """Write a decision: entry, case, timers, notices, signals."""
        written = put_down(workflow, decision, facts, self.profile, self._templates, _salt, now)
        targets = cases.load_many(session, self._definitions, [order.to for order in decision.signals])
        case = decision.case
        number = stored.id if stored else 0
        row = StoredCase(id=number, definition_id=definition_id, workflow=workflow, case=case)
        if stored:
            cases.change(session, row, stored.case.revision, written.digest)
        else:
            number = cases.add(session, row, written.digest)
        trail.add(session, number, written.body, written.entry, written.digest)
        cancelled = {timer.identity for timer in decision.cancel}
        timers.end(
            session, [id_ for id_, timer in (armed or {}).items() if timer.identity in cancelled], "cancelled"
        )
        timers.arm(session, number, decision.arm)
        for order in decision.signals:
            timers.arm(session, targets[order.to].id, [order.timer])
        outbox.add(session, number, case.revision, written.notices, now)
        cases.keep_secrets(session, number, case.revision, written.secrets)
        return Outcome(
            workflow=workflow,
            decision=decision,
            digest=written.digest,
            facts=facts,
            notices=written.notices,
        )


class _Refused(Exception):  # noqa: N818 - not an error: it undoes a transaction that a refusal ended
    """A refusal in the middle of several starts: none of them happens."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def _salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def _again(work: Callable[[], _Result]) -> _Result:
    """Do work once more if other writers were in its way; nothing of it was kept."""
    for _ in range(ATTEMPTS - 1):
        try:
            return work()
        except ConflictError:
            continue
    return work()
