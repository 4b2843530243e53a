"""The heartbeat: at each beat what is due happens, and what is written goes out.

APScheduler only keeps the beat, in memory.  Everything durable is in the
database, so a scheduler that was down for any time ends where one that was
never down would be, and any number of them may run beside each other.
"""

from __future__ import annotations

import logging
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, time
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from wirflow.clock import VirtualClock, stamp
from wirflow.errors import InputError, WirflowError
from wirflow.notices.deliver import Delivered
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from wirflow.engine import Engine
    from wirflow.notices.deliver import Deliverer

HEARTBEAT_SECONDS: Final = 30.0

SEAL_AT: Final = time(0, 30)
"""When the trail is sealed each day, in the office's time zone."""

BATCH: Final = 200
"""How many timers are fired before it is asked whether to stop."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tick:
    """What one beat did."""

    fired: int = 0
    refused: int = 0
    failed: int = 0
    delivered: Delivered = field(default_factory=Delivered)

    def add(self, other: Tick) -> None:
        """Count what another beat did, too."""
        self.fired += other.fired
        self.refused += other.refused
        self.failed += other.failed
        self.delivered.add(other.delivered)


class Scheduler:
    """Scheduler and worker of an office in one."""

    def __init__(
        self,
        engine: Engine,
        deliverer: Deliverer,
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        seal: Callable[[], object] | None = None,
        seal_at: time = SEAL_AT,
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            engine: whose timers are fired.
            deliverer: what hands its notices over.
            heartbeat_seconds: how long between two beats.
            seal: what seals the trail; None: nothing does.
            seal_at: when it does so each day, in the office's time zone.
        """
        self._engine = engine
        self._deliverer = deliverer
        self._heartbeat_seconds = heartbeat_seconds
        self._seal = seal
        self._seal_at = seal_at
        self._last_beat: datetime | None = None
        self._last_error: str | None = None
        self._stopping = False
        # Unlike an Event it may be used in a signal handler that interrupts its own waiting.
        self._wake: SimpleQueue[None] = SimpleQueue()

    def tick(self, progress: Callable[[int], None] | None = None) -> Tick:
        """One beat: fire what is due, then hand over what is written.

        Args:
            progress: called with the number of timers dealt with so far.

        Raises:
            WorldError: the database is away; what was done until then is kept.
        """
        tick = Tick()
        self._drain(tick, progress)
        tick.delivered = self._deliverer.deliver(stop=lambda: self._stopping)
        self._last_beat = self._engine.clock.now()
        self._last_error = None
        return tick

    def run(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Beat until `stop` is called or SIGTERM or SIGINT comes; what is overdue happens at once.

        A database that is briefly away is logged and tried again at the next beat.

        Args:
            progress: called during the first beat with the number of timers
                dealt with and the number that was due.
        """
        # Starting APScheduler costs 117 ms that only this command should pay.
        from apscheduler.schedulers import (  # type: ignore[import-untyped]  # noqa: PLC0415 - lazy; has no types
            background,
        )

        with _signals(self.stop):
            self._first_beat(progress)
            beats = background.BackgroundScheduler(
                timezone=UTC,
                # One thread: beat and seal take turns, and stopping waits for one of them.
                executors={"default": {"type": "threadpool", "max_workers": 1}},
                job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
            )
            self._schedule(beats)
            beats.start()
            try:
                self._wake.get()
            finally:
                beats.shutdown(wait=True)
        log.info("stopped")

    def stop(self) -> None:
        """Let `run` end after what it is doing; may be called from anywhere, and more than once."""
        self._stopping = True
        self._wake.put(None)

    def play(self, until: datetime) -> Tick:
        """Move a virtual clock to an instant as a scheduler that is never down would live through it.

        The clock goes from due time to due time, with a beat at each, and ends at `until`.

        Raises:
            InputError: the office lives by the real time, or `until` lies behind.
        """
        clock = self._engine.clock
        if not isinstance(clock, VirtualClock):
            raise InputError(
                Text("Die wirkliche Zeit lässt sich nicht vorstellen.", "Real time cannot be moved."),
                hint=Text(
                    "Nur ein Übungsamt hat eine stellbare Uhr.", "Only a practice office has such a clock."
                ),
            )
        if until < clock.now():
            raise InputError(Text("Die Uhr geht nur vorwärts.", "The clock only goes forward."))
        total = self.tick()
        while not self._stopping:
            moment = self._next()
            if moment is None or moment > until:
                clock.set(until)
                break
            clock.set(max(moment, clock.now()))
            total.add(self.tick())
        return total

    def health(self) -> Mapping[str, Any]:
        """How it goes: JSON values, for people and for monitoring.

        Raises:
            WorldError: the database is away.
        """
        backlog = self._engine.backlog()
        return {
            "last_beat": stamp(self._last_beat) if self._last_beat else None,
            "last_error": self._last_error,
            "due": backlog.due,
            "failed_timers": backlog.failed,
            "waiting_notices": backlog.waiting,
            "unknown_notices": backlog.unknown,
            "dead_notices": backlog.dead,
        }

    def _schedule(self, beats: Any) -> None:
        beats.add_job(self._beat, "interval", seconds=self._heartbeat_seconds, id="heartbeat")
        if self._seal is not None:
            zone = ZoneInfo(self._engine.profile.zone)
            at = self._seal_at
            beats.add_job(self._sealing, "cron", hour=at.hour, minute=at.minute, timezone=zone, id="seal")

    def _first_beat(self, progress: Callable[[int, int], None] | None) -> None:
        with self._logged("first beat"):
            due = self._engine.backlog().due
            if due:
                log.info("%d timers are overdue", due)
            most = due

            def told(done: int) -> None:
                nonlocal most
                most = max(most, done)
                if progress:
                    progress(done, most)

            self.tick(told)
            if most and not self._stopping:
                told(most)  # reminders that were sent as one are done, too

    def _beat(self) -> None:
        with self._logged("beat"):
            self.tick()

    def _sealing(self) -> None:
        with self._logged("seal"):
            if self._seal:
                self._seal()

    def _drain(self, tick: Tick, progress: Callable[[int], None] | None) -> None:
        before = 0
        while not self._stopping:
            told = None if progress is None else _counting_on(progress, before)
            drained = self._engine.drain(most=BATCH, progress=told)
            tick.fired += drained.fired
            tick.refused += drained.refused
            tick.failed += drained.failed
            before += drained.all
            if drained.all < BATCH:
                break

    def _next(self) -> datetime | None:
        """When a timer fires or a notice has its turn."""
        moments = (self._engine.next_due(), self._engine.next_attempt())
        return min((moment for moment in moments if moment), default=None)

    @contextmanager
    def _logged(self, what: str) -> Iterator[None]:
        """Nothing that goes wrong in one beat stops the next."""
        try:
            yield
        except WirflowError as error:
            self._last_error = error.explain(self._engine.profile.lang)
            log.warning("%s: %s", what, str(error).replace("\n", " "))
        except Exception as error:
            self._last_error = f"{type(error).__name__}: {error}"
            log.exception("%s", what)


def _counting_on(progress: Callable[[int], None], before: int) -> Callable[[int], None]:
    """Progress of one batch, told as that of all."""
    return lambda done: progress(before + done)


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """Let SIGTERM and SIGINT stop it, if this is the thread that hears them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: stop()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
