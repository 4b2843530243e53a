"""`wirflow check`: proves definitions sound."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.screen import Format, FormatOption, Screen
from wirflow.cli.words import both
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.office import Office

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EXIT_FINDINGS = 1

COLUMNS = ("severity", "file", "line", "column", "code", "message", "hint")


@app.command(
    cls=Command,
    help=both(
        "Prüft Workflows und Fallsammlungen; ohne Datei alle des Amts und seine eigenen Fristenregeln.",
        "Proves workflows and portfolios sound; without a file, all of the office and its own rules of law.",
    ),
)
def check(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help=both("Dateien", "Files"))
    ] = None,
    *,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Prove them."""
    from wirflow.office import checking  # noqa: PLC0415 - the help page needs none of it

    desk = desk_of(ctx)
    office: Office | None = desk.office if desk.has_office else None
    result = checking.check(office, list(files or ()))
    screen = Screen(desk.lang)
    found: list[dict[str, Any]] = [dict(finding.to_json(desk.lang)) for finding in result.findings]
    if format_ is Format.JSON:
        screen.json(found)
    elif format_ is Format.CSV:
        screen.csv(COLUMNS, found)
    else:
        for finding in result.findings:
            style = "red" if finding.severity == "error" else "yellow"
            screen.block(finding.line(desk.lang), rest="  ", style=style)
        errors = sum(finding.severity == "error" for finding in result.findings)
        hints = len(result.findings) - errors
        screen.say(
            Text(
                f"{result.files} Dateien geprüft: {errors} Fehler, {hints} Hinweise.",
                f"{result.files} files checked: {errors} errors, {hints} warnings.",
            ),
            style="red" if errors else "green",
        )
    if any(finding.severity == "error" for finding in result.findings):
        raise typer.Exit(EXIT_FINDINGS)
