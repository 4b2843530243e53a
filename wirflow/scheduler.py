"""The heartbeat: at each beat what is due happens, and what is written goes out.

APScheduler only keeps the beat, in memory.  Everything durable is in the
database, so a scheduler that was down for any time ends where one that was
never down would be, and any number of them may run beside each other.
"""

from __future__ import annotations

import logging
import signal
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, time, timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from wirflow.clock import SystemClock, VirtualClock, stamp, stopwatch
from wirflow.engine.draining import BATCH as ENGINE_BATCH
from wirflow.errors import InputError, WirflowError
from wirflow.notices.deliver import Delivered
from wirflow.text import Text
from wirflow.watch.logs import error_fields
from wirflow.watch.progress import Backlog
from wirflow.watch.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from wirflow.engine import Engine
    from wirflow.notices.deliver import Deliverer
    from wirflow.watch.progress import Progress

HEARTBEAT_SECONDS: Final = 30.0

SEAL_AT: Final = time(0, 30)
"""When the trail is sealed each day, in the office's time zone."""

BATCH: Final = ENGINE_BATCH
"""How many timers are fired before it is asked whether to stop."""

TURN_SECONDS: Final = 5.0
"""During a backlog, firing and handing over take turns of so many seconds."""

AGAIN_SECONDS: Final = 1.0
"""How soon it looks again, if something is due that another worker has in hand: that one may have died."""

SIGNAL_SECONDS: Final = 0.5
"""After how long a signal is heard at the latest, whichever thread it came to."""

SILENT_BEATS: Final = 3
"""After how many beats without a sign of life a worker counts as dead."""

CLOCK_SLACK_SECONDS: Final = 2.0
"""How far a clock may go back without being told: time servers move it by so little."""

PROGRESS_SECONDS: Final = 5.0
"""How often a backlog is logged."""

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
        self._stopping = False
        self._signal: str | None = None
        self._latest: datetime | None = None
        self._behind = False
        self._failed = False
        self._beats: Any = None
        self._beating = False
        self._told = False
        self.pulse = Pulse()
        """What this worker has done, for who watches it."""
        # Unlike an Event it may be used in a signal handler that interrupts its own waiting.
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._ended = threading.Event()

    @property
    def silent_after(self) -> float:
        """After how many seconds without a sign of life this worker is to be taken for dead."""
        return SILENT_BEATS * max(self._heartbeat_seconds, HEARTBEAT_SECONDS)

    def tick(self, progress: Callable[[Progress], None] | None = None) -> Tick:
        """One beat: fire what is due, then hand over what is written.

        Args:
            progress: called after each batch with how far the backlog is.

        Raises:
            WorldError: the database is away; what was done until then is kept.
        """
        tick, began = Tick(), stopwatch()
        self._drain(tick, progress)
        while self._deliver(tick) and not self._stopping:
            # What fell due meanwhile does not wait for all that is to be handed over.
            self._drain(tick, progress)
        self.pulse.beat(self._engine.clock.now())
        done = {
            **{kind: getattr(tick, kind) for kind in ("fired", "refused", "failed")},
            **{ending: getattr(tick.delivered, ending) for ending in ("sent", "retried", "unknown", "dead")},
        }
        level = logging.INFO if any(done.values()) else logging.DEBUG
        log.log(level, "beat", extra={**done, "seconds": round(stopwatch() - began, 3)})
        if tick.failed:
            log.warning("timers-failed", extra={"failed": tick.failed})
        return tick

    def run(self, progress: Callable[[Progress], None] | None = None) -> None:
        """Beat until `stop` is called or SIGTERM or SIGINT comes; what is overdue happens at once.

        A database that is briefly away is logged and tried again at the next beat.

        Args:
            progress: called after each batch with how far the backlog is.
        """
        # Starting APScheduler costs 117 ms that only this command should pay.
        from apscheduler.schedulers import (  # type: ignore[import-untyped]  # noqa: PLC0415 - lazy; has no types
            background,
        )

        log.info("start", extra={"heartbeat": self._heartbeat_seconds})
        with _signals(self._heard):
            self._first_beat(progress)
            beats = background.BackgroundScheduler(
                timezone=UTC,
                # One thread: beat and seal take turns, and stopping waits for one of them.
                executors={"default": {"type": "threadpool", "max_workers": 1}},
                job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
            )
            self._beats = beats
            self._schedule(beats, progress)
            beats.start()
            listener = self._listener(lambda: self._wake_up(beats, progress))
            try:
                self._wait()
            finally:
                self._stopping = True
                self._ended.set()
                log.info("stopping", extra={"signal": self._signal})
                # Without jobs first: APScheduler looks for one that it has just begun, and finds it no
                # more where it was shut down meanwhile; its thread ends with a traceback then.
                beats.pause()
                beats.remove_all_jobs()
                beats.shutdown(wait=True)
                if listener is not None:
                    listener.join()
        log.info("stopped", extra={"signal": self._signal, **self.pulse.timers, **self.pulse.notices})

    def _wait(self) -> None:
        """Wait until somebody says stop.

        The system may hand a signal to any thread, as it does where the process was stopped and
        went on just before; Python runs its handler here, but wakes nobody for it.
        """
        while True:
            with suppress(Empty):
                self._wake.get(timeout=SIGNAL_SECONDS)
                return

    def stop(self) -> None:
        """Let `run` end after what it is doing; may be called from anywhere, and more than once."""
        self._stopping = True
        self._wake.put(None)

    def seal_at_last(self) -> None:
        """Seal what is new, by who leaves.

        Nothing depends on it: what cannot be sealed now is told in the log, and is sealed by whoever
        does so next.
        """
        try:
            if self._seal:
                self._seal()
        except WirflowError:
            # This thread has not asked the database since its first beat, and its connection may be
            # older than the server that runs now.  It is thrown away; the second try has a new one.
            self._sealing()

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

    def standing(self) -> dict[str, Any]:
        """What stands in the database, whoever did it: JSON values.

        Raises:
            WorldError: the database is away.
        """
        backlog = self._engine.backlog()
        return {
            "due": backlog.due,
            "lag_seconds": self._lag(backlog.oldest),
            "failed_timers": backlog.failed,
            "pending_notices": backlog.pending,
            "sending_notices": backlog.sending,
            "unknown_notices": backlog.unknown,
            "dead_notices": backlog.dead,
        }

    def health(self) -> Mapping[str, Any]:
        """How it goes: JSON values, for people and for monitoring.

        Raises:
            WorldError: the database is away.
        """
        return {
            "last_beat": self.pulse.last_beat_stamp,
            "last_error": self.pulse.last_error,
            **self.standing(),
        }

    def _schedule(self, beats: Any, progress: Callable[[Progress], None] | None = None) -> None:
        beats.add_job(
            self._beat, "interval", args=(progress,), seconds=self._heartbeat_seconds, id="heartbeat"
        )
        if self._seal is not None:
            zone = ZoneInfo(self._engine.profile.zone)
            at = self._seal_at
            beats.add_job(self._sealing, "cron", hour=at.hour, minute=at.minute, timezone=zone, id="seal")

    def _first_beat(self, progress: Callable[[Progress], None] | None) -> None:
        # Before APScheduler starts: what is overdue waits for nothing.
        self._beat(progress)

    def _beat(self, progress: Callable[[Progress], None] | None = None) -> None:
        before, self._failed = self._failed, True
        again = not before
        self._beating, self._told = True, False
        with self._logged("beat"):
            self.tick(progress)
            again = self._engine.is_due()
            self._failed = False
        self._beating = False
        # What it was told of in its middle it may have looked for too early.
        again = again or (self._told and not self._failed)
        # A connection that broke is noticed by who uses it, and is thrown away: the next try has a new one.
        # Only one such try: a server that stays away is not asked, and not logged, every second.
        if again and self._beats is not None:
            self._soon(self._beats, progress, AGAIN_SECONDS)

    def _wake_up(self, beats: Any, progress: Callable[[Progress], None] | None) -> None:
        """Something was armed that is due at once; a beat that goes on is followed by another one.

        APScheduler would skip what comes in the middle of a beat, with a warning each time.
        """
        self._told = True
        if not self._beating:
            self._soon(beats, progress)

    def _soon(self, beats: Any, progress: Callable[[Progress], None] | None, seconds: float = 0.0) -> None:
        """Beat once more before the next heartbeat; who is told twice beats once."""
        if not self._stopping:
            at = SystemClock().now() + timedelta(seconds=seconds)
            beats.add_job(self._beat, "date", args=(progress,), run_date=at, id="soon", replace_existing=True)

    def _listener(self, heard: Callable[[], None]) -> threading.Thread | None:
        """A thread that hears when another process has armed something that is due at once."""
        listen = self._engine.database.listen
        if listen is None:
            return None

        away = False

        def back() -> None:
            # What fell due meanwhile, or was told while nobody listened, waits for no heartbeat.
            nonlocal away
            if away:
                away = False
                heard()

        def hear() -> None:
            nonlocal away
            while not self._stopping:
                try:
                    listen(heard, lambda: self._stopping, back)
                except Exception as error:  # noqa: BLE001 - whatever it is, the next try is a second later
                    # A server that is away is the business of the beat; nothing depends on being told.
                    away = True
                    log.debug("not-listening", extra={"error": str(error)})
                    self._ended.wait(AGAIN_SECONDS)

        thread = threading.Thread(target=hear, name="wirflow-listen", daemon=True)
        thread.start()
        return thread

    def _sealing(self) -> None:
        with self._logged("seal"):
            if self._seal and self._seal():
                log.info("sealed")

    def _heard(self, name: str) -> None:
        self._signal = name
        self.stop()

    def _between_notices(self) -> bool:
        """Asked between two notices: also a long queue is a sign of life."""
        self.pulse.alive()
        return self._stopping

    def _lag(self, oldest: datetime | None) -> float:
        """Seconds that the oldest due timer has been waiting."""
        if oldest is None:
            return 0.0
        return max(0.0, (self._engine.clock.now() - oldest).total_seconds())

    def _look_at_clock(self, written: datetime | None) -> None:
        """Tell a clock that was set back, once: what is due only then has to wait for it.

        Args:
            written: when the last entry was written, by whatever clock that was.
        """
        now = self._engine.clock.now()
        latest = max((moment for moment in (self._latest, written) if moment), default=now)
        behind = (latest - now).total_seconds()
        self._latest = max(latest, now)
        if behind > CLOCK_SLACK_SECONDS and not self._behind:
            log.warning("clock-back", extra={"seconds": round(behind, 1), "latest": stamp(latest)})
        self._behind = behind > CLOCK_SLACK_SECONDS

    def _drain(self, tick: Tick, progress: Callable[[Progress], None] | None) -> None:
        standing = self._engine.backlog()
        self._look_at_clock(standing.latest)
        follow = Backlog(standing.due, count=lambda: self._engine.backlog().due, seconds=stopwatch)
        long_one = standing.due > BATCH
        if long_one:
            log.info("backlog", extra={"due": standing.due, "lag_seconds": self._lag(standing.oldest)})
        done, logged_at = 0, stopwatch()
        delivered_at = logged_at
        while not self._stopping:
            began = stopwatch()
            drained = self._engine.drain(most=BATCH)
            ended = stopwatch()
            tick.fired += drained.fired
            tick.refused += drained.refused
            tick.failed += drained.failed
            done += drained.all
            counts = {"fired": drained.fired, "refused": drained.refused, "failed": drained.failed}
            over = drained.all < BATCH
            if not done:
                break
            self.pulse.batch(ended - began, **counts)
            log.debug("batch", extra={**counts, "seconds": round(ended - began, 4)})
            far = follow.over(done) if over else follow.now(done)
            if progress:
                progress(far)
            if long_one and (ended - logged_at >= PROGRESS_SECONDS or not far.left):
                logged_at = ended
                log.info("progress", extra=far.json())
            if over:
                break
            if ended - delivered_at >= TURN_SECONDS:
                self._deliver(tick)
                delivered_at = stopwatch()

    def _deliver(self, tick: Tick) -> bool:
        """Hand over what is written, for one turn; whether the turn was over before all of it was."""
        end, begun, over = stopwatch() + TURN_SECONDS, False, False

        def stop() -> bool:
            # However short a turn is, something is handed over in it.
            nonlocal begun, over
            over, begun = begun and stopwatch() >= end, True
            return self._between_notices() or over

        done = self._deliverer.deliver(stop=stop)
        tick.delivered.add(done)
        self.pulse.delivered(sent=done.sent, retried=done.retried, unknown=done.unknown, dead=done.dead)
        return over

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
            self.pulse.broken(error.explain(self._engine.profile.lang))
            log.warning("%s-failed", what, extra=error_fields(error))
        except Exception as error:
            self.pulse.broken(type(error).__name__)
            log.exception("%s-failed", what)


@contextmanager
def _signals(stop: Callable[[str], None]) -> Iterator[None]:
    """Let SIGTERM and SIGINT stop it, if this is the thread that hears them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {
        number: signal.signal(number, lambda heard, _: stop(signal.Signals(heard).name)) for number in numbers
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
