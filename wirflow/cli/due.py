"""`wirflow due`: what is due, for whom, by which law."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from wirflow.cli import tables
from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.options import day
from wirflow.cli.screen import Format, FormatOption, Screen, note
from wirflow.cli.words import both
from wirflow.definition.values import show_date
from wirflow.text import Text

app = typer.Typer(rich_markup_mode=None, add_completion=False)

AHEAD = timedelta(days=366)
"""How far it looks if nobody says how far."""

COLUMNS = (
    *("due", "case", "workflow", "title", "name", "heading", "kind", "fires", "fires_at"),
    *("roles", "people", "law", "rule", "from", "period", "raw_end", "verified", "text"),
)


@app.command(
    cls=Command,
    help=both(
        "Zeigt, was fällig wird: wann, für wen, nach welcher Vorschrift. Ohne --until ein Jahr weit.",
        "Shows what falls due: when, for whom, by which law. Without --until, a year ahead.",
    ),
)
def due(
    ctx: typer.Context,
    *,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help=both("Bis zu diesem Tag", "Up to this day"))
    ] = None,
    reminders: Annotated[
        bool, typer.Option("--reminders", help=both("Auch Erinnerungen", "Reminders too"))
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help=both("Mit der Fristberechnung", "With the derivation"))
    ] = False,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Show it."""
    desk = desk_of(ctx)
    office = desk.office
    desk.warn_of_rules()
    last = day("--until", until) if until is not None else office.today + AHEAD
    found = office.reports.due(last, reminders=reminders)
    screen = Screen(desk.lang)
    if format_ is Format.JSON:
        screen.json([item.to_json(desk.lang) for item in found])
    elif format_ is Format.CSV:
        screen.csv(COLUMNS, [item.whole_json(desk.lang) for item in found])
    elif found:
        screen.show(tables.deadlines(screen, found, office.today, explain=explain))
    else:
        words = show_date(last, desk.lang)
        note(Text(f"Bis zum {words} ist nichts fällig.", f"Nothing is due until {words}."), desk.lang)
