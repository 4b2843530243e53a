"""`wirflow import`: a portfolio (YAML) or cases (CSV), all or nothing."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from wirflow.cli import tables
from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.options import AsOption, OnOption, day
from wirflow.cli.screen import Format, FormatOption, Screen
from wirflow.cli.words import both
from wirflow.text import Text, counted

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EXIT_REFUSED = 1


@app.command(
    "import",
    cls=Command,
    help=both(
        "Übernimmt eine Fallsammlung (YAML) oder Vorgänge (CSV): alle oder keinen."
        " CSV-Spalten: key, workflow, state, link:NAME und Felder.",
        "Takes over a portfolio (YAML) or cases (CSV): all of them or none."
        " CSV columns: key, workflow, state, link:NAME and fields.",
    ),
)
def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=both("Die Datei", "The file"))],
    *,
    person: AsOption = None,
    on: OnOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Take it over."""
    from wirflow.core.decision import Refusal  # noqa: PLC0415 - the help page needs none of it
    from wirflow.office import intake  # noqa: PLC0415 - likewise

    desk = desk_of(ctx)
    office = desk.writable_office
    workflows = office.workflows()
    taken = intake.read(file, workflows, office.zone, office.reports.workflow_of_keys())
    actor = person or (taken.actor if taken.actor in office.settings.people else None) or office.person
    office.engine.register(workflows.values())
    started = office.engine.start_all(
        taken.cases, actor=actor, occurred_at=office.at(day("--on", on)) if on is not None else taken.on
    )
    screen = Screen(desk.lang)
    if isinstance(started, Refusal):
        from wirflow.cli.troubles import complain  # noqa: PLC0415 - only when something is wrong

        complain(started.explain(desk.lang), desk.lang)
        raise typer.Exit(EXIT_REFUSED)
    views = office.reports.of_keys(case.key for case in taken.cases)
    if format_ is Format.JSON:
        screen.json([view.to_json(desk.lang) for view in views])
    elif format_ is Format.CSV:
        tables.portfolio_csv(screen, views)
    else:
        screen.show(tables.portfolio(screen, views, office.today))
        screen.say()
        number = counted(len(views), Text("Vorgang", "case"), Text("Vorgänge", "cases"))
        screen.say(Text(f"{number.de} übernommen.", f"{number.en} taken over."))
