"""`wirflow init`: an empty office."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.screen import Screen
from wirflow.cli.words import both
from wirflow.text import Text

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    cls=Command,
    help=both(
        "Legt ein leeres Amt an: wirflow.toml, workflows/, templates/, Datenbank und Schlüssel der Akte.",
        "Makes an empty office: wirflow.toml, workflows/, templates/, database and the keys of its trail.",
    ),
)
def init(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=both("Ordner", "Folder"))],
    *,
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="URL",
            help=both(
                "Adresse der Datenbank; sonst eine SQLite-Datei im Ordner",
                "Address of the database; else a SQLite file in the folder",
            ),
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help=both("Name des Amts", "Name of the office"))
    ] = None,
    land: Annotated[
        str,
        typer.Option("--land", metavar="HE", help=both("Wessen Feiertage zählen", "Whose holidays count")),
    ] = "HE",
) -> None:
    """Make it."""
    from wirflow.deadlines.workdays import place_code  # noqa: PLC0415 - the help page needs none of it
    from wirflow.office import content  # noqa: PLC0415 - likewise
    from wirflow.office.create import create  # noqa: PLC0415 - likewise

    desk = desk_of(ctx)
    office = create(folder, lang=desk.lang, name=name, database=database, land=place_code(land), unused=True)
    try:
        office.engine.register(content.workflows(office.folder).values())
        screen = Screen(desk.lang)
        screen.say(Text(f"Das Amt liegt in {office.folder}.", f"The office is in {office.folder}."))
        screen.say(Text("Als Nächstes:", "Next:"))
        for line, words in (
            (
                "wirflow.toml",
                Text("Personen, Rollen und Kanäle eintragen", "enter people, roles and channels"),
            ),
            (f"cd {folder}", Text("in den Ordner wechseln", "change to the folder")),
            ("wirflow new WORKFLOW KEY", Text("den ersten Vorgang anlegen", "start the first case")),
        ):
            screen.say(f"  {line:26} {words.pick(desk.lang)}", style="cyan")
        screen.say(
            Text(
                "audit.key unterschreibt die Akte: Sichern Sie die Datei und geben Sie sie nie heraus.",
                "audit.key signs the trail: back it up, and never give it away.",
            ),
            style="yellow",
        )
    finally:
        office.close()
