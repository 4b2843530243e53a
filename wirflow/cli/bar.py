"""A progress bar on stderr, where that is a terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.text import Text as RichText

    from wirflow.text import Lang, Text


@contextmanager
def bar(title: Text, lang: Lang) -> Iterator[Callable[[int, int, float | None], None] | None]:
    """A bar that shows what is done of how much, how fast, and how long the rest takes.

    It appears with the first figures and goes away with the end; log lines go above it.

    Yields:
        what takes: done, total, and how many a second (None: not known); None without a terminal.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import (  # noqa: PLC0415 - likewise
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
    )
    from rich.text import Text as Words  # noqa: PLC0415 - likewise

    class Speed(ProgressColumn):
        """Speed and remaining time, as who counts them says."""

        def render(self, task: Task) -> RichText:
            """One line."""
            rate = task.fields.get("rate")
            if not rate:
                return Words("")
            left = round((task.total or 0) - task.completed) / rate
            return Words(f"{rate:,.0f}/s · {clock_of(left)}")

    columns = (TextColumn(title.pick(lang)), BarColumn(), MofNCompleteColumn(), Speed())
    shown = Progress(*columns, console=Console(stderr=True), transient=True)
    task = None

    def tell(done: int, total: int, rate: float | None) -> None:
        nonlocal task
        if task is None:
            task = shown.add_task("", total=total)
            shown.start()
        shown.update(task, completed=done, total=total, rate=rate)
        if done >= total:
            shown.stop()
            shown.remove_task(task)
            task = None

    try:
        yield tell
    finally:
        shown.stop()


def clock_of(seconds: float) -> str:
    """A span as a clock shows it: `1:05`, `2:00:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
