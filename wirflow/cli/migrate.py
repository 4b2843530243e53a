"""`wirflow migrate`: lifts the database, and takes over new versions of workflows."""

from __future__ import annotations

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.screen import Format, FormatOption, Screen
from wirflow.cli.words import both
from wirflow.text import Text

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    cls=Command,
    help=both(
        "Hebt die Datenbank auf die Version dieses Programms und übernimmt geänderte Workflows"
        " für neue Vorgänge."
        " Laufende Vorgänge behalten die Fassung, mit der sie begannen.",
        "Lifts the database to this program's version and takes over changed workflows for new cases."
        " Running cases keep the version with which they started.",
    ),
)
def migrate(ctx: typer.Context, *, format_: FormatOption = Format.TABLE) -> None:
    """Lift it."""
    desk = desk_of(ctx)
    office = desk.office
    before = office.unchecked_database.migrate()
    after = office.unchecked_database.version()
    known = {name: workflow.hash for name, workflow in office.reports.workflows().items()}
    files = office.workflows()
    changed = [name for name, workflow in files.items() if known.get(name) != workflow.hash]
    office.engine.register(files.values())
    screen = Screen(desk.lang)
    result = {"database": {"from": before, "to": after}, "workflows": changed}
    if format_ is Format.JSON:
        screen.json(result)
        return
    if format_ is Format.CSV:
        screen.csv(("from", "to", "workflows"), [{"from": before, "to": after, "workflows": changed}])
        return
    if before == after:
        screen.say(
            Text(f"Die Datenbank hat schon Version {after}.", f"The database has version {after} already.")
        )
    else:
        old = before or "–"
        screen.say(Text(f"Datenbank: {old} → {after}.", f"Database: {old} → {after}."), style="green")
    if changed:
        names = ", ".join(changed)
        screen.say(Text(f"Neue Fassungen: {names}.", f"New versions: {names}."), style="green")
    else:
        screen.say(Text("Kein Workflow hat sich geändert.", "No workflow has changed."))
