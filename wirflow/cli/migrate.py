"""`wirflow migrate`: lifts the database, takes over new versions, and moves running cases to them."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.options import AsOption  # noqa: TC001 - Typer reads the annotations
from wirflow.cli.screen import Format, FormatOption, Screen
from wirflow.cli.words import both
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wirflow.engine.migrating import Migrator, Move

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EXIT_STAYED: Final = 1


@app.command(
    cls=Command,
    help=both(
        "Hebt die Datenbank auf die Version dieses Programms, übernimmt geänderte Workflows für neue"
        " Vorgänge und plant, wie laufende Vorgänge auf die neueste Fassung kommen."
        " Erst --apply stellt sie um, jeden für sich; wer nicht kann, bleibt, und das Ende ist 1.",
        "Lifts the database to this program's version, takes over changed workflows for new cases, and"
        " plans how running cases come to the newest version."
        " Only --apply moves them, each on its own; one that cannot move stays, and the exit code is 1.",
    ),
)
def migrate(
    ctx: typer.Context,
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help=both("Laufende Vorgänge umstellen", "Move running cases"))
    ] = False,
    workflow: Annotated[
        str | None,
        typer.Option("--workflow", metavar="W", help=both("Nur dieser Workflow", "Only this workflow")),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--case", metavar="KEY", help=both("Nur dieser Vorgang", "Only this case"))
    ] = None,
    maps: Annotated[
        list[Path] | None,
        typer.Option(
            "--map",
            metavar="FILE",
            help=both(
                "Was anders heißt (YAML); je Workflow eine", "What has other names (YAML); one per workflow"
            ),
        ),
    ] = None,
    ended: Annotated[
        bool,
        typer.Option(
            "--all", help=both("Auch Vorgänge, die am Ende sind", "Cases that have come to an end, too")
        ),
    ] = False,
    person: AsOption = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help=both("Die Begründung", "Why"))
    ] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Lift it."""
    from wirflow.cli import moves  # noqa: PLC0415 - the help page needs none of it
    from wirflow.office import versions  # noqa: PLC0415 - likewise

    desk = desk_of(ctx)
    office = desk.writable_office
    actor = (office.person if person is None else person) if apply else person
    before = office.unchecked_database.migrate()
    after = office.unchecked_database.version()
    changed = versions.take_over(office)
    door = versions.migrator_of(office)
    known = door.versions()
    names = versions.read_maps(maps or (), known)
    keys = door.outdated(workflow=workflow, key=key, ended=ended)
    found = list(
        door.apply(keys, names, actor=actor, reason=reason)
        if apply and actor
        else door.plan(keys, names, actor=actor)
    )
    screen = Screen(desk.lang)
    if format_ is Format.JSON:
        screen.json(
            {
                "database": {"from": before, "to": after},
                "workflows": changed,
                "applied": apply,
                "versions": [moves.version_json(item) for item in door.versions()],
                "differences": moves.differences_json(known, names, found, desk.lang),
                "moves": [moves.move_json(item, desk.lang, applied=apply) for item in found],
            }
        )
    elif format_ is Format.CSV:
        screen.csv(moves.COLUMNS, [moves.move_row(item, desk.lang, applied=apply) for item in found])
    else:
        _lifted(screen, before, after, changed)
        if found:
            moves.show(screen, office, known, names, found, applied=apply)
        _rest(screen, door, workflow, key, found, ended=ended)
    if any(item.obstacles for item in found):
        raise typer.Exit(EXIT_STAYED)


def _lifted(screen: Screen, before: str | None, after: str | None, changed: Sequence[str]) -> None:
    if before == after:
        screen.say(
            Text(f"Die Datenbank hat schon Version {after}.", f"The database has version {after} already.")
        )
    else:
        old = before or "–"
        screen.say(Text(f"Datenbank: {old} → {after}.", f"Database: {old} → {after}."), style="green")
    if changed:
        listed = ", ".join(changed)
        screen.say(Text(f"Neue Fassungen: {listed}.", f"New versions: {listed}."), style="green")
    else:
        screen.say(Text("Kein Workflow hat sich geändert.", "No workflow has changed."))


def _rest(
    screen: Screen,
    door: Migrator,
    workflow: str | None,
    key: str | None,
    found: Sequence[Move],
    *,
    ended: bool,
) -> None:
    """What is not among the moves, though it was asked for or might be expected."""
    over = [] if ended else door.outdated(workflow=workflow, key=key, ended=True)
    over = [item for item in over if item not in {move.key for move in found}]
    if over:
        screen.say(
            Text(
                f"Am Ende und weiter auf älteren Fassungen: {len(over)} (--all stellt auch sie um).",
                f"At an end and still on older versions: {len(over)} (--all moves them, too).",
            ),
            style="dim",
        )
    elif key is not None and not found:
        screen.say(
            Text(f"{key} steht auf der neuesten Fassung.", f"{key} stands on the newest version."),
            style="green",
        )
