"""One transaction's batch: reads cases into it, and writes what it decided.

Each table is read with one statement and written with one, however many cases
there are.  Before it is read, each cluster is locked: that is the only lock,
and it is taken in one order by all, so nobody waits in a ring.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wirflow.core.batch import FIRST_NEW
from wirflow.definition.model import PARENT
from wirflow.store import cases, outbox, timers, trail
from wirflow.store.cases import StoredCase
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from wirflow.core.batch import Batch, Kept
    from wirflow.core.case import Timer
    from wirflow.definition.model import Workflow
    from wirflow.store.definitions import Definitions
    from wirflow.store.session import Session
    from wirflow.store.timers import DueTimer, Ending, Status


SOON: Final = timedelta(minutes=1)
"""What is due so soon is told to other processes, if the database can."""


class Unit:
    """A batch, and the rows from which it was read and to which it is written."""

    def __init__(self, session: Session, definitions: Definitions, batch: Batch) -> None:
        self.session = session
        self.batch = batch
        self.stored: dict[str, StoredCase] = {}
        """Key → the case as it was read."""
        self._definitions = definitions
        self._kept: list[Kept] = []
        self._begun: dict[str, int] = {}
        self._endings: dict[int, tuple[Ending, str | None]] = {}

    # -- reading -----------------------------------------------------------------------

    def open(self, key: str) -> StoredCase:
        """Lock a case's cluster and take the case in, with what a decision of it has to know.

        Args:
            key: which case.

        Raises:
            UnknownNameError: there is none of that key.
            ConflictError: it came into another cluster at this very moment.
        """
        session = self.session
        rows, armed = session.several(cases.to_open(session, key), timers.of_key(key))
        first = cases.complete(session, self._definitions, rows)
        # A case that is alone is its own lock: it was read when it was locked.
        found = {stored.case.key: stored for stored in first if stored.case.key == key}
        if not found:
            found = cases.load_many(session, self._definitions, [key])
        if key not in found:
            raise cases.unknown(session, Text("Der Vorgang", "The case"), key, listed_by="wirflow status")
        self._seen(found.values(), first)
        self._hold(found.values(), timers.from_rows(armed))
        return found[key]

    def open_several(self, keys: Iterable[str]) -> dict[str, StoredCase]:
        """Lock the clusters of several cases, and read those of them that are there."""
        wanted = set(keys)
        if not wanted:
            return {}
        roots = self._lock(wanted)
        found = cases.load_many(self.session, self._definitions, wanted)
        self._seen(found.values(), roots)
        for stored in found.values():
            self._take(stored, {})
        return found

    def open_due(self, due: Iterable[DueTimer]) -> dict[int, str]:
        """Take in the cases of timers whose clusters are locked already: number → key of the case."""
        session, numbers = self.session, {item.case_id for item in due}
        rows, armed = session.several(cases.of_numbers(session, numbers), timers.of_cases(session, numbers))
        found = cases.complete(session, self._definitions, rows)
        self._hold(found, timers.from_rows(armed))
        return {stored.id: stored.case.key for stored in found}

    def _lock(self, keys: Iterable[str]) -> list[StoredCase]:
        return cases.lock(self.session, self._definitions, keys)

    def _seen(self, found: Iterable[StoredCase], roots: list[StoredCase]) -> None:
        """See that the clusters that were locked are still those of the cases that were read."""
        if not self.session.locks:
            return
        locked = {root.id for root in roots}
        if any(stored.root not in locked for stored in found):
            raise cases.linked_meanwhile()

    def _hold(self, found: Collection[StoredCase], armed: Mapping[int, dict[int, Timer]]) -> None:
        """Take cases in with their timers and the cases to which they are linked."""
        held = {stored.case.key for stored in found}
        elsewhere = {key for stored in found for key in stored.case.links.values() if key not in held}
        linked = cases.load_many(self.session, self._definitions, elsewhere)
        for key in elsewhere:
            if key not in linked:
                raise cases.unknown(self.session, Text("Der verknüpfte Vorgang", "The linked case"), key)
        for stored in linked.values():
            self._take(stored, {})
        parents = [stored.id for stored in found if stored.workflow.children]
        if parents:
            for stored in cases.load_children(self.session, self._definitions, parents):
                if stored.case.key not in held:
                    self._take(stored, {})
        for stored in found:
            self._take(stored, armed.get(stored.id, {}))

    def _take(self, stored: StoredCase, armed: dict[int, Timer]) -> None:
        self.stored[stored.case.key] = stored
        self.batch.hold(stored.workflow, stored.case, armed)

    # -- writing -----------------------------------------------------------------------

    def keep(self, kept: Kept) -> None:
        """Have a decision written at the end, with the children that began with it."""
        self._kept += kept.all()
        for number in kept.cancelled:
            self._endings[number] = ("cancelled", None)
        for item in kept.begun:
            self._begun[item.case.key] = self._definitions.number(self.session, item.workflow.hash)

    def wake(self) -> None:
        """Tell those who fire timers if one was armed that is due before they would look by themselves."""
        soon = self.batch.now + SOON
        if any(timer.due_at <= soon for item in self._kept for _, _, timer in item.armed):
            self.session.wake()

    def end(self, number: int, ending: Ending, error: str | None = None) -> None:
        """Have it written how a timer ended."""
        self._endings[number] = (ending, error)

    def flush(self, new: Mapping[str, int] | None = None) -> None:
        """Write all that was decided: each table with one statement.

        Args:
            new: key → number of the definition, of cases that are not there yet.

        Raises:
            ConflictError: somebody else changed one of the cases meanwhile.
            Exception: whatever the database says against a row.
        """
        session, kept, stored = self.session, self._kept, self.stored
        new = {**(new or {}), **self._begun}
        last = {item.case.key: item for item in kept}
        if new:
            self._add(new, last)
        changed = [
            (stored[key], self._row(stored[key], item)) for key, item in last.items() if key not in new
        ]
        cases.change(session, changed)
        trail.add(session, [(stored[item.case.key].id, item.written) for item in kept])
        timers.end(
            session,
            [(number, *ending) for number, ending in self._endings.items() if number < FIRST_NEW],
        )
        timers.arm(
            session,
            [
                (stored[key].id, timer, self._status(number))
                for item in kept
                for number, key, timer in item.armed
            ],
        )
        self._judge(kept)
        outbox.add(
            session,
            [
                (stored[item.case.key].id, item.case.revision, notice)
                for item in kept
                for notice in item.written.notices
            ],
            self.batch.now,
        )
        cases.keep_secrets(
            session,
            [
                (stored[item.case.key].id, item.case.revision, secret)
                for item in kept
                for secret in item.written.secrets
            ],
        )
        for item in kept:
            # A migration says itself what has no value any more, under the names of both versions.
            if item.workflow.personal and item.decision.event.kind != "migration":
                changes = item.decision.changes.items()
                gone = [name for name, (_, new) in changes if new is None and name in item.workflow.personal]
                cases.drop_secrets(session, stored[item.case.key].id, item.case.revision, gone)
        session.settle()

    def _judge(self, kept: Iterable[Kept]) -> None:
        """Say which deadlines that fired before are overdue no longer, or once more: the last word counts."""
        verdicts: dict[tuple[str, str, date], bool] = {}
        for item in kept:
            decision = item.decision
            if decision.missed or decision.settled:
                verdicts |= {(item.case.key, *one): False for one in decision.settled}
                # One that has just fired says so itself.
                verdicts |= {
                    (item.case.key, *one): True
                    for one in decision.missed
                    if not (decision.left_overdue and one[0] == decision.event.name)
                }
        for verdict, write in ((False, timers.settle), (True, timers.miss)):
            write(
                self.session,
                [
                    (self.stored[key].id, name, due)
                    for (key, name, due), overdue in verdicts.items()
                    if overdue is verdict
                ],
            )

    def _status(self, number: int) -> Status:
        ending = self._endings.get(number)
        return ending[0] if ending else "armed"

    def _row(self, before: StoredCase, kept: Kept) -> StoredCase:
        return StoredCase(
            id=before.id,
            definition_id=before.definition_id
            if before.workflow is kept.workflow
            else self._definitions.number(self.session, kept.workflow.hash),
            workflow=kept.workflow,
            case=kept.case,
            cluster=before.cluster,
        )

    def _add(self, new: Mapping[str, int], last: Mapping[str, Kept]) -> None:
        """Write new cases, and let them be one cluster with those to which they are linked."""
        numbers = dict(zip(new, cases.numbers(self.session, len(new)), strict=True))
        roots = {key: stored.root for key, stored in self.stored.items()} | numbers
        together = _together(roots, {key: last[key].case.links.values() for key in new})
        clusters: dict[int, int] = {}
        for members in together:
            # Those that are all new are called by their first; the others are joined to what is there.
            there = members.difference(numbers.values())
            first = cases.merge(self.session, there) if there else min(members)
            clusters |= dict.fromkeys(members, first)
        for key, definition in new.items():
            kept = last[key]
            above = kept.case.links.get(PARENT) if kept.workflow.parent else None
            parent = None
            if above is not None:
                parent = numbers[above] if above in numbers else self.stored[above].id
            self.stored[key] = StoredCase(
                id=numbers[key],
                definition_id=definition,
                workflow=kept.workflow,
                case=kept.case,
                cluster=clusters.get(numbers[key]),
                parent=parent,
            )
        cases.add(self.session, [self.stored[key] for key in new])


def _together(roots: Mapping[str, int], links: Mapping[str, Iterable[str]]) -> list[set[int]]:
    """The clusters that links make one, each as the numbers of those that it was made of."""
    found: dict[int, set[int]] = {}
    for key, others in links.items():
        for other in others:
            one, two = (found.setdefault(roots[name], {roots[name]}) for name in (key, other))
            if one is not two:
                one |= two
                for number in two:
                    found[number] = one
    return list({id(members): members for members in found.values()}.values())


class Register:
    """What a transaction knows of the children that begin in it."""

    def __init__(self, session: Session, definitions: Definitions) -> None:
        self._session = session
        self._definitions = definitions

    def newest(self, workflow: str) -> Workflow | None:
        """The version that a new case pins; None: there is no such workflow."""
        found = self._definitions.latest(self._session, workflow)
        return found[1] if found else None

    def taken(self, keys: Collection[str]) -> Collection[str]:
        """Those of some keys that cases have already."""
        return cases.load_many(self._session, self._definitions, keys).keys()
