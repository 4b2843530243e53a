"""What every way out of the house has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wirflow.errors import DeliveryError

if TYPE_CHECKING:
    from datetime import datetime

    from wirflow.core.letters import Notice


class Channel(Protocol):
    """A way to hand notices over."""

    @property
    def name(self) -> str:
        """The name by which the outbox knows it."""
        ...

    @property
    def idempotent(self) -> bool:
        """Whether the same notice may be handed over twice and still arrives once."""
        ...

    def send(self, notice: Notice, now: datetime, /) -> None:
        """Hand one notice over; when this returns, it has arrived.

        Raises:
            UncertainError: it may have arrived or not.
            DeliveryError: it has not arrived; `permanent` says whether trying again is in vain.
        """
        ...

    def rest(self) -> None:
        """Let go of what was kept open from one notice to the next: for now there are no more."""
        ...


class UncertainError(DeliveryError):
    """A notice was handed over, and the answer was lost: it may have arrived or not.

    On a channel that is not idempotent a person has to look; it is never sent
    a second time blindly.
    """
