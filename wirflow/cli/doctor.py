"""`wirflow doctor`: the health of an office."""

from __future__ import annotations

from typing import Annotated

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.screen import Format, FormatOption, Screen, note
from wirflow.cli.words import both
from wirflow.text import Text, counted

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EXIT_FINDINGS = 1

_SIGNS = {"good": ("✓", "green"), "note": ("!", "yellow"), "bad": ("✗", "red")}


@app.command(
    cls=Command,
    help=both(
        "Prüft Datenbank, Fristen, Schreiben, Rollen, Uhr, Workflows und Akte."
        " Endet mit 1, wenn etwas nicht stimmt.",
        "Examines database, deadlines, notices, roles, clock, workflows and trail."
        " Ends with 1 if something is wrong.",
    ),
)
def doctor(
    ctx: typer.Context,
    *,
    rearm: Annotated[
        bool,
        typer.Option(
            "--rearm",
            help=both("Gescheiterte Fristen noch einmal versuchen", "Let failed deadlines try again"),
        ),
    ] = False,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Examine it."""
    from wirflow.office import health  # noqa: PLC0415 - the help page needs none of it

    desk = desk_of(ctx)
    office = desk.writable_office if rearm else desk.office
    _ = office.profile  # a wirflow.toml that names no Land would be found on the day of a deadline only
    if rearm:
        count = office.engine.rearm_failed()
        words = counted(
            count,
            Text(
                "Frist oder Signal ist wieder scharf; 'wirflow run' löst es aus.",
                "deadline or signal is armed again; 'wirflow run' fires it.",
            ),
            Text(
                "Fristen oder Signale sind wieder scharf; 'wirflow run' löst sie aus.",
                "deadlines or signals are armed again; 'wirflow run' fires them.",
            ),
        )
        note(words, desk.lang)
    signs = health.examine(office)
    screen = Screen(desk.lang)
    if format_ is Format.JSON:
        screen.json([sign.to_json(desk.lang) for sign in signs])
    elif format_ is Format.CSV:
        screen.csv(("name", "grade", "text", "hint", "details"), [sign.to_json(desk.lang) for sign in signs])
    else:
        for sign in signs:
            mark, style = _SIGNS[sign.grade]
            hint = f" {sign.hint.pick(desk.lang)}" if sign.hint else ""
            screen.block(f"{sign.text.pick(desk.lang)}{hint}", first=f"{mark} ", rest="  ", style=style)
            for line in sign.details:
                screen.block(line.pick(desk.lang), first="    ", rest="      ")
    if any(sign.grade == "bad" for sign in signs):
        raise typer.Exit(EXIT_FINDINGS)
