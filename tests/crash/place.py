"""Where each process stands: what it does, and how far its transaction is, in memory that all of them share.

A process that is killed says nothing any more.  So each writes two bytes as it
goes, and whoever killed it reads what they were in the end.
"""

from __future__ import annotations

import mmap
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from tests.crash.driver import watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOING = (
    "starting",
    "idle",
    "firing",
    "delivering",
    "claiming a notice",
    "handing a notice over",
    "settling a notice",
    "sealing",
    "acting",
    "opening cases",
)
"""What a process does."""

IDLE = DOING.index("idle")

INSIDE = ("", "reading", "writing", "committing")
"""How far its transaction is: there is none; nothing is written yet; something is; it is being kept."""

CHANGES = frozenset({"INSERT", "UPDATE", "DELETE", "WITH"})


class Board:
    """Two bytes for each process."""

    def __init__(self, size: int) -> None:
        """Make room.

        Args:
            size: how many processes there may be at once.
        """
        self._memory = mmap.mmap(-1, 2 * size)
        self._free = list(range(size))

    def take(self) -> int:
        """A place on the board for a process that is about to be forked."""
        slot = self._free.pop()
        self._memory[2 * slot : 2 * slot + 2] = b"\0\0"
        return slot

    def give(self, slot: int) -> tuple[str, str]:
        """Where a process stood that is no more: what it did, and how far its transaction was."""
        self._free.append(slot)
        return self.look(slot)

    def look(self, slot: int) -> tuple[str, str]:
        """Where a process stands."""
        doing, inside = self._memory[2 * slot : 2 * slot + 2]
        return DOING[doing], INSIDE[inside]

    @contextmanager
    def told(self, slot: int) -> Iterator[None]:
        """In the process itself: from now on it writes where it stands."""
        from wirflow.engine import Engine  # noqa: PLC0415 - in the child only
        from wirflow.notices.deliver import Deliverer  # noqa: PLC0415 - likewise
        from wirflow.notices.file import FileChannel  # noqa: PLC0415 - likewise
        from wirflow.notices.smtp import SmtpChannel  # noqa: PLC0415 - likewise
        from wirflow.scheduler import Scheduler  # noqa: PLC0415 - likewise

        for owner, name, doing in (
            (Scheduler, "run", "idle"),
            (Engine, "drain", "firing"),
            (Deliverer, "deliver", "delivering"),
            (Engine, "claim_notices", "claiming a notice"),
            (FileChannel, "send", "handing a notice over"),
            (SmtpChannel, "send", "handing a notice over"),
            (Engine, "settle_notice", "settling a notice"),
            (Engine, "seal", "sealing"),
            (Engine, "submit", "acting"),
            (Engine, "start_all", "opening cases"),
        ):
            setattr(owner, name, self._placed(getattr(owner, name), slot, DOING.index(doing)))

        def watch(where: str, _connection: Any) -> None:
            when, word = where.split(maxsplit=1)
            place = 2 * slot + 1
            if word in {"COMMIT", "ROLLBACK"}:
                self._memory[place] = 3 * (when == "before" and word == "COMMIT")
            elif word == "LISTEN" or when == "after":
                return  # who listens is in no transaction
            elif word in CHANGES:
                self._memory[place] = 2
            elif not self._memory[place]:
                self._memory[place] = 1

        with watched(watch):
            yield

    def _placed(self, work: Callable[..., Any], slot: int, doing: int) -> Callable[..., Any]:
        memory = self._memory

        @wraps(work)
        def placed(*given: Any, **more: Any) -> Any:
            before, memory[2 * slot] = memory[2 * slot], doing
            try:
                return work(*given, **more)
            finally:
                memory[2 * slot] = before or IDLE

        return placed
