"""Where a command's output goes: a table for people, one JSON document or CSV for programs."""

from __future__ import annotations

import os
import re
import sys
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from wirflow.cli.words import both
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console, RenderableType
    from rich.table import Table

WIDE: Final = 110
"""From this width on a table gets its wide form."""

PIPE_WIDTH: Final = 140
"""How wide tables are where there is no terminal."""

TONES: Final = {"neutral": "", "waiting": "yellow", "good": "green", "bad": "red"}
"""The colour of a state by its tone."""


class Format(StrEnum):
    """What a command prints."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help=both("Ausgabe: table, json oder csv", "Output: table, json or csv"),
        show_choices=False,
        metavar="FORMAT",
    ),
]
"""The option that every command has which prints data."""


class Screen:
    """The output of one command, in one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    @cached_property
    def console(self) -> Console:
        """Where tables go; colours only on a terminal, and never with NO_COLOR."""
        from rich.console import Console  # noqa: PLC0415 - JSON and CSV need none

        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
        return Console(highlight=False, soft_wrap=False, width=width)

    @property
    def wide(self) -> bool:
        """Whether there is room for the wide form of a table."""
        return self.console.width >= WIDE

    def say(self, words: Text | str = "", *, style: str | None = None) -> None:
        """A line of text; no markup in it is obeyed."""
        text = words.pick(self.lang) if isinstance(words, Text) else words
        self.console.print(text, style=style, markup=False)

    def block(self, words: str, *, first: str = "", rest: str = "", style: str | None = None) -> None:
        """A paragraph, broken at the width of the screen, its lines behind a sign or an indent."""
        import textwrap  # noqa: PLC0415 - JSON and CSV need none

        width = max(self.console.width, 40)
        lines = [
            line
            for part in words.splitlines() or [""]
            for line in textwrap.wrap(part, width, initial_indent=rest, subsequent_indent=rest)
            or [rest.rstrip()]
        ]
        lines[0] = first + lines[0][len(rest) :]
        for line in lines:
            self.say(line, style=style)

    def heading(self, words: Text | str) -> None:
        """A heading with a blank line above it."""
        self.say()
        self.say(words, style="bold")

    def show(self, table: RenderableType) -> None:
        """A table; the blanks at the ends of its lines are left out where they mean nothing."""
        if self.console.is_terminal:
            self.console.print(table)
            return
        with self.console.capture() as capture:
            self.console.print(table)
        for line in capture.get().splitlines():
            print(line.rstrip())  # noqa: T201 - this is a command line

    def table(self, *columns: Text | tuple[Text, Mapping[str, Any]], title: Text | None = None) -> Table:
        """An empty table in the house's form; a column may come with what Rich is to know of it."""
        from rich import box  # noqa: PLC0415 - JSON and CSV need none
        from rich.table import Table  # noqa: PLC0415 - likewise

        table = Table(
            box=box.SIMPLE_HEAD,
            title=title.pick(self.lang) if title else None,
            title_justify="left",
            title_style="bold",
            pad_edge=False,
            show_edge=False,
            header_style="bold",
        )
        for column in columns:
            words, more = column if isinstance(column, tuple) else (column, {})
            table.add_column(words.pick(self.lang), **more)
        return table

    def json(self, document: object) -> None:
        """One JSON document, and nothing else."""
        import json  # noqa: PLC0415 - tables need none

        print(json.dumps(document, ensure_ascii=False, indent=2))  # noqa: T201 - this is a command line

    def csv(self, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
        """Lines of RFC 4180 under a head."""
        import csv  # noqa: PLC0415 - tables need none

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_cell(row.get(name)) for name in columns])


def note(words: Text, lang: Lang) -> None:
    """A message beside the data, on stderr."""
    print(words.pick(lang), file=sys.stderr)  # noqa: T201 - this is a command line


_number: Final = re.compile(r"[+-][0-9]+([.,][0-9]+)?").fullmatch
"""A number with a sign is no formula: it stays the number that the next program reads."""


def _cell(value: object) -> object:
    """A value as one cell: lists joined, nothing as empty, and no formula for a spreadsheet to run."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return _cell(" ".join(str(item) for item in value))
    if isinstance(value, dict):
        return _cell(" ".join(f"{name}={item}" for name, item in value.items()))
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) and not _number(value):
        return f"'{value}"
    return value
