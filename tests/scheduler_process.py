"""A scheduler in a process of its own, for `test_scheduler`: says what it does, and waits where it is told.

    python tests/scheduler_process.py FOLDER first|beat|thread

On the first notice (`first`: in the beat at the start, `beat`: in a later one)
it prints "sending" and waits for a line on its standard input.  With `thread`
there is nothing to send, and another thread than the first one takes a SIGTERM.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.notices.sample import Recorder, write_notices
from tests.support import Office, open_office
from wirflow.notices.deliver import Deliverer
from wirflow.scheduler import Scheduler

if TYPE_CHECKING:
    from wirflow.core.letters import Notice


def wait(_item: Notice) -> None:
    """Say that a notice is being sent, and take as long as the test wants."""
    print("sending", flush=True)  # noqa: T201 - the test waits for it
    sys.stdin.readline()


class Loud(Scheduler):
    """A scheduler that says when it is told to stop."""

    def stop(self) -> None:
        """Say so, and stop."""
        super().stop()
        print("heard", flush=True)  # noqa: T201 - the test waits for it


class Late(Loud):
    """A scheduler to whose office something happens after its first beat."""

    office: Office

    def _first_beat(self, progress) -> None:
        super()._first_beat(progress)
        write_notices(self.office)


class Elsewhere(Loud):
    """A scheduler whose signal comes to another thread, while the first one waits."""

    def _wait(self) -> None:
        def take() -> None:
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

        threading.Timer(0, take).start()
        super()._wait()


def main() -> None:
    """Run until a signal comes."""
    folder, when = Path(sys.argv[1]), sys.argv[2]
    office = open_office(folder)
    channel = Recorder(idempotent=False)
    channel.before = wait
    deliverer = Deliverer(office.engine, {"file": channel})
    if when == "thread":
        scheduler = Elsewhere(office.engine, deliverer)
    elif when == "first":
        write_notices(office)
        scheduler = Loud(office.engine, deliverer)
    else:
        scheduler = Late(office.engine, deliverer, heartbeat_seconds=0.01)
        scheduler.office = office
    scheduler.run()
    print(f"sent {len(channel.got)}", flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main()
