"""The door: everything that changes a case comes through here.

One event is one transaction: lock the case, gather the facts, decide, render
the notices, link the entry, write.  Either all of it is there or nothing.
People, deadlines, signals and imports all come this way; many deadlines that
are due are decided together, in one transaction for each batch of them.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec.structs import replace

from wirflow.audit.entry import SALT_BYTES
from wirflow.clock import civil_date
from wirflow.core.batch import Batch
from wirflow.core.case import Event
from wirflow.core.decide import warnings
from wirflow.core.decision import Refusal
from wirflow.core.firing import as_linked, facts_at
from wirflow.definition.document import Document, Unread
from wirflow.definition.values import checked, spellings
from wirflow.engine.draining import Drain, Drained, Poisoned, again
from wirflow.engine.outcome import Outcome
from wirflow.engine.unit import Register, Unit
from wirflow.errors import InputError, UnknownNameError
from wirflow.store import backlog, cases, outbox, timers, trail
from wirflow.store.definitions import Definitions
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection

    from wirflow.audit.entry import Entry
    from wirflow.audit.note import SecretKey
    from wirflow.clock import Clock
    from wirflow.core.batch import Kept
    from wirflow.core.case import LinkedCase
    from wirflow.core.letters import Notice, NoticeState
    from wirflow.core.opening import NewCase
    from wirflow.core.profile import Profile
    from wirflow.definition.model import Warn, Workflow
    from wirflow.definition.person import Person
    from wirflow.definition.values import Value
    from wirflow.render import Templates
    from wirflow.store.backlog import Backlog
    from wirflow.store.cases import StoredCase
    from wirflow.store.database import Database
    from wirflow.store.documents import Documents
    from wirflow.store.session import Session


SEALING: Final = 7_366_001
"""The number of the duty to seal the trail, among all that workers of one database agree upon."""


SEALED_AT_ONCE: Final = 50_000
"""How many entries are sealed in one transaction, with one checkpoint.

They take about 50 MB.  All that waits is put in order for each of them: so it must not be few.
"""


_Result = TypeVar("_Result")


_Files = list[tuple[Unread, Document]]
"""Files that are to be kept, each with what it was when the decision was made."""


class Engine:
    """The one door to the cases of an office."""

    def __init__(self, database: Database, clock: Clock, profile: Profile, templates: Templates) -> None:
        self.database = database
        self.clock = clock
        self.profile = profile
        self.documents: Documents | None = None
        """Where files of cases lie; without it (in a simulation, a scenario) documents are only named."""
        self._templates = templates
        self._definitions = Definitions()
        self._drain = Drain(database, self._unit)

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
        person = self._person(actor)
        measured = [self._measured(item.data) for item in new]
        new = [replace(item, data=data) for item, (data, _) in zip(new, measured, strict=True)]
        files = [pair for _, pairs in measured for pair in pairs]
        once = partial(self._start_all, new, files, person, moment, connection, trial=trial)
        told = {key for item in new for key in item.links.values()}
        found = self._attempt(once, told, connection, trial=trial)
        if isinstance(found, Refusal):
            return found
        if not trial and connection is None:
            self._settle(order.to for kept in found for one in kept.all() for order in one.decision.signals)
        return [Outcome.of(kept) for kept in found]

    def _start_all(
        self,
        new: Sequence[NewCase],
        files: _Files,
        person: Person,
        moment: datetime,
        connection: Connection | None,
        *,
        trial: bool,
    ) -> list[Kept] | Refusal:
        with self._transaction(connection, trial=trial) as session:
            pinned = [self._latest(session, item.workflow) for item in new]
            new = [
                replace(item, data=checked(workflow.field_by_name, item.data))
                for item, (_, workflow) in zip(new, pinned, strict=True)
            ]
            ours = {item.key for item in new}
            elsewhere = {key for item in new for key in item.links.values()} - ours
            # Keys that only capitals tell apart are taken in too, so that they are found to be taken.
            wanted = elsewhere.union(*(spellings(key) for key in ours))
            now, behind = self.clock.now(), True
            while behind:
                unit = self._unit(session, now)
                there = unit.open_several(wanted)
                roots = {stored.root for key, stored in there.items() if key in elsewhere}
                behind = bool(roots) and self._drain.before(session, now, moment, roots)
            for key in elsewhere.difference(there):
                raise cases.unknown(session, Text("Der verknüpfte Vorgang", "The linked case"), key)
            kept = unit.batch.start(
                [(item, workflow) for item, (_, workflow) in zip(new, pinned, strict=True)], person, moment
            )
            if isinstance(kept, Refusal):
                return kept
            self._shelve(files, trial=trial)
            for item in kept:
                unit.keep(item)
            try:
                unit.flush({item.key: number for item, (number, _) in zip(new, pinned, strict=True)})
            except self.database.duplicate_error as error:
                # Somebody was faster with the same key: whoever looks again sees it.
                raise cases.changed_meanwhile(item.key for item in new) from error
            unit.wake()
            return kept

    def submit(
        self,
        key: str,
        event: str,
        *,
        actor: str,
        given: Mapping[str, Value] | None = None,
        cleared: Iterable[str] = (),
        occurred_at: datetime | None = None,
        reason: str | None = None,
        connection: Connection | None = None,
        trial: bool = False,
    ) -> Outcome | Refusal:
        """Let a person act on a case.

        What was due in its cluster until then fires first, in the same transaction, also if the event
        is refused: who acts while no worker runs acts after the deadlines that have passed.

        Args:
            key: which case.
            event: what they do.
            actor: who they are, as `wirflow.toml` names them.
            given: the facts they give.
            cleared: of a correction: the facts of which nothing is known after all.
            occurred_at: when it counts, if that is earlier than now.
            reason: why, where the workflow asks for it.
            connection: the caller's own, to commit together with its tables.
            trial: undo everything and only say what would happen.

        Raises:
            UnknownNameError: no such case, event or person.
            InputError: it counts in the future, or on a day before the case began; or a deadline
                that comes first cannot be written.
            ConflictError: somebody else changed the case meanwhile.
        """
        moment = self._moment(occurred_at, self.clock.now())
        facts, files = self._measured(given or {})
        roles, gone = self._person(actor).roles, frozenset(cleared)

        def action(checked_facts: Mapping[str, Value]) -> Event:
            return Event(
                name=event,
                kind="action",
                occurred_at=moment,
                actor=actor,
                roles=roles,
                input=checked_facts,
                cleared=gone,
                reason=reason,
            )

        once = partial(self._submit, key, event, moment, action, facts, files, connection, trial=trial)
        kept = self._attempt(once, {key}, connection, trial=trial)
        if isinstance(kept, Refusal):
            return kept
        if not trial and connection is None:
            self._settle(order.to for one in kept.all() for order in one.decision.signals)
        return Outcome.of(kept)

    def _submit(  # noqa: PLR0917 - what `submit` took, made ready
        self,
        key: str,
        name: str,
        moment: datetime,
        action: Callable[[Mapping[str, Value]], Event],
        given: Mapping[str, Value],
        files: _Files,
        connection: Connection | None,
        *,
        trial: bool,
    ) -> Kept | Refusal:
        with self._transaction(connection, trial=trial) as session:
            unit, stored = self._opened(session, key, moment)
            if name in stored.workflow.events:
                self._not_before_it_began(session, stored, moment)
                given = checked(stored.workflow.field_by_name, given)
            kept = unit.batch.act(key, action(given))
            if not isinstance(kept, Refusal):
                self._shelve(files, trial=trial)
                unit.keep(kept)
                try:
                    unit.flush()
                except self.database.duplicate_error as error:
                    # As above: somebody was faster with the key of a child.
                    raise cases.changed_meanwhile(item.case.key for item in kept.begun) from error
                unit.wake()
            return kept

    # -- what happens by itself --------------------------------------------------------

    def drain(self, *, most: int | None = None, progress: Callable[[int], None] | None = None) -> Drained:
        """Fire what is due; a timer counts at its due time, however late it is.

        Timers of one case, and of cases that are linked to each other, fire in
        the order of their due times.  Any number of workers may do this at once.

        Args:
            most: stop after so many.
            progress: called with the number of timers dealt with so far.
        """
        return self._drain.run(self.clock.now(), most, progress)

    def is_due(self) -> bool:
        """Whether there is a timer whose moment has come, be it in the hands of another worker."""
        with self.database.peeking() as session:
            return timers.any_due(session, self.clock.now())

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
            linked = self._linked(session, stored.case.links)
            below = (
                cases.load_children(session, self._definitions, [stored.id])
                if stored.workflow.children
                else ()
            )
        children = [as_linked(item.case, item.workflow) for item in below]
        facts = facts_at(self.profile, self.clock.now(), linked, (), children)
        return warnings(stored.workflow, stored.case, facts)

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
        """Let a notice that was given up be sent once more, to the address that its reader has now.

        One that nobody could receive goes to those who have its role now.  False: it was sent, or is
        being sent, or still nobody has the role.
        """
        if notice.role is not None:
            return again(partial(self._forward, notice))
        reader = self.profile.people.get(notice.recipient)
        address = reader.email if reader else notice.address
        with self.database.writing() as session:
            return outbox.retry(session, notice.id, self.clock.now(), address)

    def _forward(self, notice: Notice) -> bool:
        if not any(notice.role in person.roles for person in self.profile.people.values()):
            return False
        with self.database.writing() as session:
            unit = self._unit(session, self.clock.now())
            unit.open(notice.case)
            # Only now nobody else can do the same.
            if not outbox.hand_on(session, notice.id, unit.batch.now):
                return False
            unit.keep(unit.batch.forward(notice.case, notice))
            unit.flush()
            return True

    # -- sealing -----------------------------------------------------------------------

    def seal(self, key: SecretKey) -> str | None:
        """Give all new entries their place in the log and sign it; None if nothing is new.

        One worker at a time does so; who finds another one at it has nothing to do.
        Of a great many entries so many at once as fit into little memory get a
        checkpoint, and others write in between.
        """
        from wirflow.audit.seal import seal  # noqa: PLC0415 - signing loads a large library

        checkpoint: str | None = None
        while True:
            with self.database.writing() as session:
                if not session.alone(SEALING):
                    return checkpoint
                waiting, case_ids = trail.unsealed(session, SEALED_AT_ONCE)
                if not waiting:
                    return checkpoint
                frontier, _ = trail.frontier(session)
                now = self.clock.now()
                sealed = seal(waiting, frontier, key=key, at=now)
                trail.keep_seal(session, sealed, case_ids, now)
            checkpoint = sealed.checkpoint
            if len(waiting) < SEALED_AT_ONCE:
                # What came meanwhile has its turn the next time.
                return checkpoint

    def checkpoint(self) -> str | None:
        """The last signed checkpoint of the log."""
        with self.database.reading() as session:
            return trail.frontier(session)[1]

    # -- inside ------------------------------------------------------------------------

    def _transaction(self, connection: Connection | None, *, trial: bool) -> AbstractContextManager[Session]:
        return self.database.trying() if trial else self.database.writing(connection)

    def _attempt(
        self,
        once: Callable[[], _Result],
        keys: Collection[str],
        connection: Connection | None,
        *,
        trial: bool,
    ) -> _Result:
        """Do something in a transaction, once more if somebody or something was in its way."""
        try:
            # Who brought a connection must repeat the whole of their transaction, not only our part.
            return once() if connection is not None else again(once)
        except Poisoned as poisoned:
            if trial or connection is not None:
                raise poisoned.told() from poisoned
        # What cannot be fired is set aside, as a worker would do, and does not stand in anybody's way.
        self._settle(keys)
        return again(once)

    def _opened(self, session: Session, key: str, moment: datetime) -> tuple[Unit, StoredCase]:
        """A case, locked, once all has fired that was due in its cluster until a moment."""
        now = self.clock.now()
        while True:
            unit = self._unit(session, now)
            stored = unit.open(key)
            # Of a case that is alone all timers are here; those of others have to be asked for.
            behind = stored.cluster is not None or unit.batch.is_due(key, moment)
            if not behind or not self._drain.before(session, now, moment, {stored.root}):
                return unit, stored

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

    def _measured(self, given: Mapping[str, Value]) -> tuple[Mapping[str, Value], _Files]:
        """What is given with the files read that it names, and those files.

        Raises:
            InputError: a file cannot be read or is too large, or nobody kept a document before.
        """
        found, files = dict(given), []
        if self.documents is None or not any(isinstance(value, Document) for value in given.values()):
            return given, []
        for name, value in given.items():
            if isinstance(value, Unread):
                found[name] = document = self.documents.measure(value)
                files.append((value, document))
            elif isinstance(value, Document) and not self.documents.holds(value):
                raise InputError(
                    Text(f"Die Datei {value.name} liegt hier nicht.", f"The file {value.name} is not here."),
                    hint=Text("Geben Sie ihren Pfad an: @pfad.pdf.", "Give its path: @path.pdf."),
                )
        return found, files

    def _shelve(self, files: _Files, *, trial: bool) -> None:
        """Keep files before the entry that names them commits; a trial keeps nothing.

        Raises:
            InputError: a file is another one than when the decision was made.
        """
        if self.documents is None or trial:
            return
        for file, document in files:
            if self.documents.keep(file) != document:
                raise InputError(
                    Text(
                        f"Die Datei {document.name} wurde inzwischen verändert; nichts wurde eingetragen.",
                        f"The file {document.name} was changed meanwhile; nothing was recorded.",
                    ),
                    hint=Text("Versuchen Sie es noch einmal.", "Try again."),
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

    def _found(self, session: Session, key: str, stored: StoredCase | None) -> StoredCase:
        if stored is None:
            raise cases.unknown(session, Text("Der Vorgang", "The case"), key, listed_by="wirflow status")
        return stored

    def _linked(self, session: Session, links: Mapping[str, str]) -> dict[str, LinkedCase]:
        """The linked cases by the names of the links."""
        found = cases.load_many(session, self._definitions, links.values())
        there = {name: found[key] for name, key in links.items() if key in found}
        return {name: as_linked(other.case, other.workflow) for name, other in there.items()}

    def _unit(self, session: Session, now: datetime) -> Unit:
        """The batch of a transaction."""
        register = Register(session, self._definitions)
        batch = Batch(self.profile, self._templates, _salt, now, newcomers=register)
        return Unit(session, self._definitions, batch)

    def _settle(self, told: Iterable[str]) -> None:
        """Let what was told to cases reach them at once, after what was due in their clusters before."""
        keys = set(told)
        if keys:
            self._drain.settle(self.clock.now(), keys)


def _salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)
