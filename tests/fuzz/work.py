"""The processes that read mutants, each of them replaced if a file ends it."""

from __future__ import annotations

import faulthandler
import multiprocessing as mp
import queue
import signal
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.fuzz.kinds import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fuzz.run import Run

CHUNK: Final = 250
CAP: Final = 5.0
"""Seconds for one file: a hundred times what the largest takes."""
HARD: Final = 24 * CAP
"""Seconds on the wall after which a process that does not even listen is ended."""


class HangError(Exception):
    """A file took too long."""


def capped(work: Callable[[], object], seconds: float = CAP) -> object:
    """Do something that must not take long.

    Raises:
        HangError: it does.
    """

    def late(*_: object) -> None:
        raise HangError(f"more than {seconds} s")

    # The time of the process, not of the wall: a busy machine is no hang.
    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def signature(error: BaseException) -> str:
    """What makes two failures the same: the exception, and where in wirflow it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [row for row in frames if "/wirflow/" in row.filename or "/laws/" in row.filename]
    last = (own or list(frames))[-1]
    said = str(error)[:60] if isinstance(error, AssertionError) else ""
    if isinstance(error, HangError):
        return "HangError"
    return f"{type(error).__name__} {Path(last.filename).name}:{last.name}:{last.lineno} {said}".strip()


def failing(stage: Stage, kind: str, raw: bytes, number: int) -> BaseException | None:
    """Why a file fails; None if it does not."""
    try:
        capped(lambda: stage.judge(kind, raw, number))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return error
    return None


def work(seed: int, todo: Any, done: Any, current: Any) -> None:
    """One process: takes chunks of numbers until there are none."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        while True:
            try:
                chunk = todo.get(timeout=1)
            except queue.Empty:
                continue
            if chunk is None:
                return
            sound, failures = 0, []
            for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
                current.value = number
                kind, raw = stage.mutant(seed, number)
                faulthandler.dump_traceback_later(HARD, exit=True)
                error = failing(stage, kind, raw, number)
                faulthandler.cancel_dump_traceback_later()
                if error is not None:
                    failures.append((number, kind, signature(error)))
                elif error is None:
                    sound += 1
            done.put((chunk, sound, failures))


class Pool:
    """Processes that work on chunks; one that is ended by a file is replaced."""

    def __init__(self, seed: int, workers: int, chunks: list[int]) -> None:
        self._context = mp.get_context("spawn")
        self._seed = seed
        self._left = list(reversed(chunks))
        self._todo = self._context.Queue()
        self._done = self._context.Queue()
        self._busy: list[tuple[Any, Any]] = []
        self.open = len(chunks)
        self.finished = 0
        for _ in range(workers):
            self._hire()
            self._give()
            self._give()

    def _hire(self) -> None:
        current = self._context.Value("q", -1)
        process = self._context.Process(
            target=work, args=(self._seed, self._todo, self._done, current), daemon=True
        )
        process.start()
        self._busy.append((process, current))

    def _give(self) -> None:
        if self._left:
            self._todo.put(self._left.pop())

    def wait(self, run: Run) -> list[tuple[int, str, str]]:
        """What failed since the last time."""
        found: list[tuple[int, str, str]] = []
        try:
            chunk, _, failures = self._done.get(timeout=2)
        except queue.Empty:
            pass
        else:
            run.done.add(chunk)
            self.open -= 1
            self.finished += 1
            found += failures
            self._give()
        for process, current in list(self._busy):
            if not process.is_alive():
                self._busy.remove((process, current))
                number = current.value
                if number < 0:
                    raise RuntimeError("no process can be started")
                found.append((number, "any", f"killed {process.exitcode}: number {number}"))
                run.done.add(number // CHUNK)  # the rest of its chunk is left
                self.open -= 1
                self._hire()
                self._give()
        return found

    def close(self) -> None:
        """End them."""
        for process, _ in self._busy:
            process.terminate()
        for process, _ in self._busy:
            process.join(5)
