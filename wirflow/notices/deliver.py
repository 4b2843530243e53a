"""Working through the outbox: claim, send, say how it ended.

A claim that nobody settled means that a worker died between the two: then
the notice is sent again only where twice counts as once, and otherwise a
person has to look.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from wirflow.core.letters import NoticeState
from wirflow.errors import DeliveryError
from wirflow.notices.backoff import Backoff
from wirflow.notices.channel import UncertainError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wirflow.core.letters import Notice
    from wirflow.engine import Engine
    from wirflow.notices.channel import Channel

LEASE: Final = timedelta(minutes=10)
"""How long a claim holds: far longer than one attempt takes."""

SHORT_LEASE: Final = timedelta(minutes=1)
"""How long one holds where sending twice does no harm: what a dead worker had in hand is soon another's."""

BATCH: Final = 50
"""How many notices are claimed at once, where sending twice does no harm."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Delivered:
    """What became of the notices whose turn it was."""

    sent: int = 0
    retried: int = 0
    """Not taken; they will be tried again."""
    dead: int = 0
    """Given up: a person has to see to it."""
    unknown: int = 0
    """They may have arrived or not: a person has to look."""

    @property
    def all(self) -> int:
        """How many notices were dealt with."""
        return self.sent + self.retried + self.dead + self.unknown

    def add(self, other: Delivered) -> None:
        """Count what another round did, too."""
        self.sent += other.sent
        self.retried += other.retried
        self.dead += other.dead
        self.unknown += other.unknown


@dataclass(frozen=True, slots=True)
class _Ending:
    """How an attempt ended."""

    state: NoticeState
    error: str | None = None
    again: datetime | None = None


class Deliverer:
    """Hands over the notices of an office."""

    def __init__(
        self,
        engine: Engine,
        channels: Mapping[str, Channel],
        *,
        lease: timedelta | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """Prepare.

        Args:
            engine: whose outbox it is; its clock says what is due.
            channels: the ways out, by the names that the outbox uses.
            lease: how long a claim holds before another worker may take over; None: as long as is
                right for these channels.
            backoff: when to try again, and when to give up.
        """
        self._engine = engine
        self._channels = channels
        self._backoff = backoff or Backoff()
        # Where sending twice does harm, only one notice at a time is in the open:
        # a worker that dies, or a database that goes away, leaves one in doubt and not fifty.
        harmless = all(channel.idempotent for channel in channels.values())
        self._batch = BATCH if harmless else 1
        self._lease = lease or (SHORT_LEASE if harmless else LEASE)

    def deliver(self, *, most: int | None = None, stop: Callable[[], bool] | None = None) -> Delivered:
        """Hand over what is due.

        One notice that fails never stops the others.

        Args:
            most: stop after so many.
            stop: asked before each claim; True ends the round.

        Raises:
            WorldError: the database is away; what was claimed lapses and comes back.
        """
        done = Delivered()
        try:
            self._deliver(done, most, stop)
        finally:
            for channel in self._channels.values():
                channel.rest()
        return done

    def _deliver(self, done: Delivered, most: int | None, stop: Callable[[], bool] | None) -> None:
        while (most is None or done.all < most) and not (stop and stop()):
            size = self._batch if most is None else min(self._batch, most - done.all)
            claimed = self._engine.claim_notices(size, self._engine.clock.now() + self._lease)
            if not claimed:
                break
            for notice in claimed:
                self._settle(notice, self._attempt(notice), done)

    def _settle(self, notice: Notice, ending: _Ending, done: Delivered) -> None:
        kept = self._engine.settle_notice(notice, ending.state, again=ending.again, error=ending.error)
        if not kept:
            log.warning("%s: the claim had lapsed; another worker has the say", notice.key)
            return
        if ending.state == "sent":
            done.sent += 1
        elif ending.state == "pending":
            done.retried += 1
        elif ending.state == "dead":
            done.dead += 1
        else:
            done.unknown += 1

    def _attempt(self, notice: Notice) -> _Ending:
        """Try to hand one notice over; how that ended."""
        channel = self._channels.get(notice.channel)
        lapsed = notice.state == "sending"
        if lapsed and (channel is None or not channel.idempotent):
            return _Ending("unknown", self._words(_LAPSED))
        if channel is None:
            return _Ending("dead", self._words(_no_channel(notice, self._channels)))
        if lapsed and notice.attempts >= self._backoff.attempts:
            return _Ending("dead", self._words(_LAPSED))  # whoever tries it dies of it
        try:
            channel.send(notice, self._engine.clock.now())
        except DeliveryError as error:
            return self._failed(notice, channel, error)
        except Exception as error:
            # Whatever is wrong with one notice is not wrong with the others.
            log.exception("%s: channel %s failed", notice.key, channel.name)
            reason = f"{type(error).__name__}: {error}"
            words = Text(
                f"Fehler im Kanal {channel.name}: {reason}", f"Fault in channel {channel.name}: {reason}"
            )
            # Nobody knows how far it came.
            return self._failed(notice, channel, UncertainError(words))
        return _Ending("sent")

    def _failed(self, notice: Notice, channel: Channel, error: DeliveryError) -> _Ending:
        words = self._words(error)
        attempt = notice.attempts + 1
        if isinstance(error, UncertainError) and not channel.idempotent:
            return _Ending("unknown", words)
        if error.permanent or attempt >= self._backoff.attempts:
            return _Ending("dead", words)
        again = self._engine.clock.now() + self._backoff.wait(notice.key, attempt)
        return _Ending("pending", words, again)

    def _words(self, error: DeliveryError) -> str:
        """What is kept of an error: the language is that of the office, whose clerks will read it."""
        return error.explain(self._engine.profile.lang).replace("\n", " ")


_LAPSED = DeliveryError(
    Text(
        "Die Zustellung brach mittendrin ab; ob die Nachricht ankam, ist nicht bekannt.",
        "The delivery broke off midway; whether the notice arrived is not known.",
    ),
    hint=Text(
        "Fragen Sie nach; 'wirflow notices retry' sendet sie erneut.",
        "Ask; 'wirflow notices retry' sends it again.",
    ),
)


def _no_channel(notice: Notice, channels: Mapping[str, Channel]) -> DeliveryError:
    known = ", ".join(sorted(channels)) or "–"
    return DeliveryError(
        Text(
            f"Der Kanal '{notice.channel}' ist nicht eingerichtet.",
            f"The channel '{notice.channel}' is not set up.",
        ),
        permanent=True,
        hint=Text(
            f"Eingerichtet: {known}. Nach dem Einrichten in wirflow.toml: 'wirflow notices retry'.",
            f"Set up: {known}. Once wirflow.toml has it: 'wirflow notices retry'.",
        ),
    )
