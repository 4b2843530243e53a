"""Processes that get ready, wait for each other, and work at the same time."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


class Hand(Protocol):
    """One of a crew; it is made in a process of its own."""

    def prepare(self, *given: Any) -> None:
        """Get ready for a round; this is not measured."""

    def work(self) -> None:
        """What is measured."""


class Crew:
    """As many processes as there are hands, each with its own connection to the database."""

    def __init__(self, count: int, hand: type[Hand], *given: Any) -> None:
        """Let them come: `hand(number, count, *given)` in each process."""
        context = multiprocessing.get_context("spawn")
        self._ends: list[Connection] = []
        self._processes = []
        for number in range(count):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, hand, number, count, given), daemon=True)
            process.start()
            there.close()
            self._ends.append(here)
            self._processes.append(process)
        self._all("hello")

    def round(self, *given: Any) -> float:
        """Get ready, then work; the seconds from the first start to the last end."""
        self._all("prepare", *given)
        moments = self._all("work")
        return max(end for _, end in moments) - min(start for start, _ in moments)

    def memory(self) -> float:
        """The most memory that one of them ever had, in MB."""
        return float(max(self._all("memory")))

    def close(self) -> None:
        """Let them go."""
        for end in self._ends:
            end.send(("bye",))
        for process in self._processes:
            process.join()

    def _all(self, *words: Any) -> list[Any]:
        for end in self._ends:
            end.send(words)
        answers = [end.recv() for end in self._ends]
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return answers


def _serve(pipe: Connection, kind: type[Hand], number: int, count: int, given: tuple[Any, ...]) -> None:
    hand = None
    while True:
        word, *more = pipe.recv()
        try:
            if word == "hello":
                hand = kind(number, count, *given)  # type: ignore[call-arg] # a protocol says nothing of it
                pipe.send(None)
            elif word == "prepare":
                pipe.send(hand.prepare(*more))
            elif word == "work":
                start = time.monotonic()
                hand.work()
                pipe.send((start, time.monotonic()))
            elif word == "memory":
                pipe.send(_peak())
            else:
                return
        except BaseException as error:
            pipe.send(RuntimeError(f"{type(error).__name__}: {error}"))
            raise


def _peak() -> float:
    """The most memory that this process ever had, in MB.

    `ru_maxrss` would be that of whoever started it, if that one was larger.
    """
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
