"""`wirflow check`: proves definitions sound."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.screen import Screen
from wirflow.cli.words import both
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wirflow.definition.finding import Finding
    from wirflow.office import Office
    from wirflow.text import Lang

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EXIT_FINDINGS = 1


class Report(StrEnum):
    """What the findings are written as."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    SARIF = "sarif"


class File(StrEnum):
    """The kinds of files that have a JSON Schema."""

    WORKFLOW = "workflow"
    PORTFOLIO = "portfolio"
    SCENARIO = "scenario"


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
    report: Annotated[
        Report,
        typer.Option(
            "--format",
            metavar="FORMAT",
            show_choices=False,
            help=both("Ausgabe: table, json, csv oder sarif", "Output: table, json, csv or sarif"),
        ),
    ] = Report.TABLE,
    schema: Annotated[
        File | None,
        typer.Option(
            "--schema",
            metavar="KIND",
            show_choices=False,
            help=both(
                "Nur das JSON Schema ausgeben: workflow, portfolio oder scenario",
                "Only print the JSON Schema: workflow, portfolio or scenario",
            ),
        ),
    ] = None,
) -> None:
    """Prove them."""
    desk = desk_of(ctx)
    if schema is not None:
        Screen(desk.lang).json(_schema(schema, desk.lang))
        return
    from wirflow.office import checking  # noqa: PLC0415 - the help page needs none of it

    office: Office | None = desk.office if desk.has_office else None
    result = checking.check(office, list(files or ()))
    screen = Screen(desk.lang)
    found: list[dict[str, Any]] = [dict(finding.to_json(desk.lang)) for finding in result.findings]
    if report is Report.JSON:
        screen.json(found)
    elif report is Report.CSV:
        screen.csv(COLUMNS, found)
    elif report is Report.SARIF:
        screen.json(_sarif(result.findings, desk.lang))
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


def _schema(kind: File, lang: Lang) -> dict[str, Any]:
    """The JSON Schema of a kind of files."""
    from wirflow.definition.json_schema import json_schema  # noqa: PLC0415 - only for who asks

    if kind is File.SCENARIO:
        from wirflow.scenario.grammar import SCENARIO  # noqa: PLC0415 - likewise

        return json_schema(kind, lang, grammar=SCENARIO)
    return json_schema(kind, lang)


def _sarif(findings: Iterable[Finding], lang: Lang) -> dict[str, Any]:
    from importlib.metadata import version  # noqa: PLC0415 - only for who asks

    from wirflow.definition.sarif import sarif  # noqa: PLC0415 - likewise

    return sarif(findings, lang, version=version("wirflow"))
