"""`wirflow new`: starts a case."""

from __future__ import annotations

from typing import Annotated

import typer

from wirflow.cli import completion
from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.options import AsOption, DryRunOption, OnOption, SetOption, day, pairs, values
from wirflow.cli.screen import Format, FormatOption
from wirflow.cli.words import both

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    cls=Command,
    help=both(
        "Legt einen Vorgang an, nach dem Workflow, wie die Dateien ihn jetzt beschreiben.",
        "Starts a case, by the workflow as the files say it now.",
    ),
)
def new(
    ctx: typer.Context,
    workflow: Annotated[
        str,
        typer.Argument(
            metavar="WORKFLOW", autocompletion=completion.workflows, help=both("Der Workflow", "The workflow")
        ),
    ],
    key: Annotated[str, typer.Argument(metavar="KEY", help=both("Der Schlüssel", "The key"))],
    *,
    given: SetOption = None,
    links: Annotated[
        list[str] | None,
        typer.Option(
            "--link",
            metavar="NAME=KEY",
            help=both("Ein verknüpfter Vorgang; mehrfach möglich", "A linked case; may be repeated"),
        ),
    ] = None,
    person: AsOption = None,
    on: OnOption = None,
    dry_run: DryRunOption = False,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Start it."""
    from wirflow.cli import acting  # noqa: PLC0415 - the help page needs none of it
    from wirflow.core.decision import Refusal  # noqa: PLC0415 - likewise
    from wirflow.office import starting  # noqa: PLC0415 - likewise

    desk = desk_of(ctx)
    office = desk.writable_office
    acting.look_at_clock(office, desk.lang)
    definition = starting.newest(office, workflow)
    outcome = starting.start(
        office,
        definition,
        key=key,
        data=values(definition.field_by_name, pairs("--set", given)),
        links=pairs("--link", links),
        actor=office.person if person is None else person,
        occurred_at=office.at(day("--on", on)) if on is not None else None,
        trial=dry_run,
    )
    if isinstance(outcome, Refusal):
        raise typer.Exit(acting.refused(outcome, desk.lang, format_, definition))
    acting.report(office, outcome, desk.lang, format_, trial=dry_run)
