"""Firing what is due, batch by batch: each batch is claimed, decided and written in one transaction."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from wirflow.clock import stamp
from wirflow.errors import ConflictError, InputError, WirflowError
from wirflow.store import cases, timers
from wirflow.store.timers import Reached
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from wirflow.engine.unit import Unit
    from wirflow.store.database import Database
    from wirflow.store.session import Session
    from wirflow.store.timers import DueTimer

    Units = Callable[[Session, datetime], Unit]

BATCH: Final = 500
"""How many due timers are fired in one transaction: more gains little and locks for longer."""

NEWEST: Final = 4
"""Of a backlog, each fourth batch begins with what fell due last: new work does not wait for all of it."""

AFRESH: Final = 16
"""After so many batches it is looked at the oldest again: a batch may have left some of it, and so may
a worker that died, and something may have been recorded late."""

ATTEMPTS: Final = 5
"""How often a transaction is tried when other writers are in its way."""

_Result = TypeVar("_Result")


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


class Poisoned(Exception):  # noqa: N818 - not an error of its own: it undoes a batch of which one row cannot be written
    """A batch cannot be read, or the database does not take what it wrote; its cause says why."""

    def __init__(self, due: Sequence[DueTimer]) -> None:
        super().__init__(len(due))
        self.due = due

    def told(self) -> InputError:
        """For whoever wanted something in a transaction of which this was a part."""
        words = _words(self.__cause__)
        return InputError(
            Text(
                f"Eine Frist, die vorher kommt, lässt sich nicht eintragen: {words.de}",
                f"A deadline that comes first cannot be written: {words.en}",
            ),
            hint=Text(
                "'wirflow run --once' legt sie beiseite; 'wirflow doctor' nennt sie.",
                "'wirflow run --once' sets it aside; 'wirflow doctor' names it.",
            ),
        )


class Drain:
    """What is due in one database, fired in order."""

    def __init__(self, database: Database, units: Units) -> None:
        """Prepare.

        Args:
            database: where the timers are.
            units: makes the batch of a transaction that decides at an instant.
        """
        self._database = database
        self._units = units
        self._turn = 0
        self._reached: Reached | None = None
        """Where to go on from; None: from the oldest."""

    def run(self, now: datetime, most: int | None, progress: Callable[[int], None] | None) -> Drained:
        """Fire what is due at an instant, in the order of the due times of each cluster.

        Args:
            now: what counts as due.
            most: stop after so many.
            progress: called with the number of timers dealt with so far.
        """
        done = Drained()
        if not self._any_due(now):
            self._turn = 0
            return done
        size = BATCH
        while most is None or done.all < most:
            wanted = size if most is None else min(size, most - done.all)
            # The turns go on over several drains: whoever drains a backlog does it bit by bit.
            self._turn = (self._turn + 1) % AFRESH
            newest = self._turn % NEWEST == 0 and size == BATCH
            if self._turn == 0:
                self._reached = None
            try:
                found = again(partial(self._batch, now, wanted, newest=newest))
            except Poisoned as poisoned:
                # Nothing was written.  Half as many, and so on, until it is there alone.
                self._reached = None
                if len(poisoned.due) > 1:
                    size = max(1, len(poisoned.due) // 2)
                    continue
                found = self._set_aside(poisoned), None
            if found is None and self._reached is not None:
                self._reached = None
                continue
            if found is None:
                self._turn = 0
                break
            did, reached = found
            if not newest:
                self._reached = reached
            done.add(did)
            size = min(BATCH, size * 2)
            if progress:
                progress(done.all)
        return done

    def _any_due(self, now: datetime) -> bool:
        if self._reached is not None:
            with self._database.peeking() as session:
                if timers.any_due(session, now, self._reached):
                    return True
            self._reached = None
        with self._database.peeking() as session:
            return timers.any_due(session, now)

    def settle(self, now: datetime, keys: Iterable[str]) -> Drained:
        """Fire what is due in the clusters of some cases, before anybody looks at them again."""
        done = Drained()
        wanted, size = list(keys), BATCH
        while True:
            try:
                found = again(partial(self._batch, now, size, keys=wanted))
            except Poisoned as poisoned:
                if len(poisoned.due) > 1:
                    size = max(1, len(poisoned.due) // 2)
                    continue
                found = self._set_aside(poisoned), None
            if found is None:
                return done
            size = min(BATCH, size * 2)
            done.add(found[0])

    def _batch(
        self, now: datetime, most: int, *, newest: bool = False, keys: Sequence[str] | None = None
    ) -> tuple[Drained, Reached | None] | None:
        """One batch in one transaction, and where the next may go on; None if nothing is free to be fired."""
        with _uncollected(), self._database.writing() as session:
            within = None if keys is None else cases.lock_roots(session, keys)
            due = timers.claim(session, now, most, newest=newest, within=within, reached=self._reached)
            if not due:
                return None
            _, done = self._fire(session, now, due)
            # On SQLite what was fired lies in nobody's way.
            return done, None if session.sqlite else _reached(due)

    def before(self, session: Session, now: datetime, moment: datetime, roots: Collection[int]) -> bool:
        """Fire what is due in some clusters before something that is about to happen in them.

        All of it becomes part of the transaction in which that happens.  What fires may arm what is
        due before it, too: so it is to be asked again, until there is nothing left.

        Args:
            session: the transaction, which holds the locks of these clusters.
            now: when all of it is recorded.
            moment: when that counts which is about to happen.
            roots: the numbers of the clusters.

        Returns:
            Whether there was anything.

        Raises:
            Poisoned: the database does not take it.
        """
        due = timers.claim(session, moment, BATCH, within=roots)
        if not due:
            return False
        unit, _ = self._fire(session, now, due)
        unit.wake()
        return True

    def _fire(self, session: Session, now: datetime, due: Sequence[DueTimer]) -> tuple[Unit, Drained]:
        unit = self._units(session, now)
        try:
            done = _decide(unit, due, unit.open_due(due))
            unit.flush()
        except Exception as error:
            if self._database.is_broken(error):
                raise
            raise Poisoned(due) from error
        return unit, done

    def _set_aside(self, poisoned: Poisoned) -> Drained:
        """Whatever is wrong with one timer is not wrong with others: it keeps its error, and they go on."""
        words = _words(poisoned.__cause__).kept()
        with self._database.writing() as session:
            timers.end(session, [(poisoned.due[0].id, "failed", words)])
        return Drained(failed=1)


def _reached(due: Sequence[DueTimer]) -> Reached:
    """Up to where clusters were claimed: the last that has its first timer here.

    Timers of clusters that were claimed earlier may be due later than that, and are asked for with them.
    """
    first: dict[int, DueTimer] = {}
    for item in due:
        first.setdefault(item.root, item)
    last = next(reversed(first.values()))
    return Reached(last.due_at, last.id)


def _decide(unit: Unit, due: Sequence[DueTimer], keys: Mapping[int, str]) -> Drained:
    """Fire timers in memory, each cluster's up to where one arms something that comes before the next."""
    done = Drained()
    batch = unit.batch
    before: dict[int, str] = {}
    for item in due:
        key = keys[item.case_id]
        if item.id not in batch.held[key].armed or before.get(item.root, item.due_at) < item.due_at:
            continue  # cancelled by an earlier one; or something has its turn first, in the next batch
        try:
            kept = batch.fire(key, item.id)
        except Exception as error:  # noqa: BLE001 - a poisoned timer is set aside, and never blocks its batch
            batch.set_aside(key, item.id)
            unit.end(item.id, "failed", _words(error).kept())
            done.failed += 1
            continue
        if kept is None:
            unit.end(item.id, "merged")
            continue
        unit.keep(kept)
        refusal = kept.decision.refused
        if refusal:
            unit.end(item.id, "refused", refusal.texts[0].kept())
            done.refused += 1
        else:
            unit.end(item.id, "overdue" if kept.decision.left_overdue else "fired")
            done.fired += 1
        armed = [timer for one in kept.all() for _, _, timer in one.armed]
        if armed:
            earliest = stamp(min(timer.due_at for timer in armed))
            before[item.root] = min(earliest, before.get(item.root, earliest))
    return done


def _words(error: BaseException | None) -> Text:
    """What is kept of an error, for whoever looks after the office, in whichever language."""
    if isinstance(error, WirflowError):
        return Text(error.explain("de"), error.explain("en"))
    return Text.same(str(error) or type(error).__name__)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector for the span of a batch, if it was on.

    All that a batch makes lives to its end, and hardly any of it is a cycle: the collector would
    look at tens of thousands of objects again and again, and find nothing to free.  What is let
    go of is freed all the same, and what few cycles there are go between two batches.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def again(work: Callable[[], _Result]) -> _Result:
    """Do work once more if other writers were in its way; nothing of it was kept."""
    for _ in range(ATTEMPTS - 1):
        try:
            return work()
        except ConflictError:
            continue
    return work()
