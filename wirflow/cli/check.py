"""`wirflow check`: proves definitions sound."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.screen import Screen, note
from wirflow.cli.words import both
from wirflow.text import Text, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wirflow.definition.finding import Finding
    from wirflow.office import Office
    from wirflow.proof import Report as Tried
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
    deep: Annotated[
        bool,
        typer.Option("--deep", help=both("Verläufe weit länger durchprobieren", "Try runs for much longer")),
    ] = False,
    quick: Annotated[
        bool,
        typer.Option("--quick", help=both("Keine Verläufe durchprobieren", "Try no runs at all")),
    ] = False,
    bounds: Annotated[
        bool,
        typer.Option(
            "--bounds", help=both("Zeigen, wie viel durchprobiert wurde", "Show how much was tried")
        ),
    ] = False,
    counterexample: Annotated[
        Path | None,
        typer.Option(
            "--counterexample",
            metavar="FILE",
            help=both(
                "Den ersten Verlauf, der etwas widerlegt, als Szenario schreiben",
                "Write the first run that refutes something as a scenario",
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
    from wirflow.proof.claim import DEEP, QUICK  # noqa: PLC0415 - likewise

    effort = None if quick else DEEP if deep else QUICK
    result = checking.check(office, list(files or ()), effort)
    screen = Screen(desk.lang)
    found: list[dict[str, Any]] = [dict(finding.to_json(desk.lang)) for finding in result.findings]
    if report is Report.JSON:
        screen.json(found)
    elif report is Report.CSV:
        screen.csv(COLUMNS, found)
    elif report is Report.SARIF:
        screen.json(_sarif(result.findings, desk.lang))
    else:
        runs = {id(claim.finding): claim for claim in (result.report.claims if result.report else ())}
        for finding in result.findings:
            style = "red" if finding.severity == "error" else "yellow"
            claim = runs.get(id(finding))
            shown = replace(finding, trace=()) if claim and claim.story else finding
            screen.block(shown.line(desk.lang), rest="  ", style=style)
            for line in claim.story.lines if claim and claim.story else ():
                screen.block(f"  {line}", rest="    ")
        errors = sum(finding.severity == "error" for finding in result.findings)
        hints = len(result.findings) - errors
        read = counted(result.files, Text("Datei", "file"), Text("Dateien", "files"))
        wrong = counted(errors, Text("Fehler", "error"), Text("Fehler", "errors"))
        told = counted(hints, Text("Hinweis", "warning"), Text("Hinweise", "warnings"))
        screen.say(
            Text(f"{read.de} geprüft: {wrong.de}, {told.de}.", f"{read.en} checked: {wrong.en}, {told.en}."),
            style="red" if errors else "green",
        )
    _barred(result.barred, desk.lang)
    if result.report:
        _extents(screen, result.report, bounds=bounds)
    if counterexample is not None:
        _write(screen, counterexample, result.report)
    if any(finding.severity == "error" for finding in result.findings):
        raise typer.Exit(EXIT_FINDINGS)


def _barred(files: Sequence[str], lang: Lang) -> None:
    """Say on the other stream that no run was tried, because of files that nobody asked about."""
    if files:
        others = ", ".join(files)
        note(
            Text(
                f"Verläufe wurden nicht durchprobiert, weil andere Dateien fehlerhaft sind: {others}. "
                "wirflow check ohne Dateien zeigt alle Fehler.",
                f"No runs were tried, because other files have errors: {others}. "
                "wirflow check without files shows all errors.",
            ),
            lang,
        )


def _extents(screen: Screen, report: Tried, *, bounds: bool) -> None:
    """Say how far was looked: all of it on request, what is left open in any case."""
    if bounds:
        for extent in report.extents:
            screen.say(extent.text)
        return
    cut = ", ".join(extent.subject for extent in report.extents if not extent.whole and not extent.broken)
    if cut:
        screen.say(
            Text(
                f"Nur in Grenzen durchprobiert: {cut}. Mehr sagt --bounds, mehr versucht --deep.",
                f"Tried within bounds only: {cut}. --bounds says more, --deep tries more.",
            )
        )


def _write(screen: Screen, path: Path, report: Tried | None) -> None:
    """Write the first run that can be played as a scenario."""
    runs = [claim for claim in (report.claims if report else ()) if claim.story and claim.story.playable]
    # What an author stated comes before what the checker found by itself.
    runs.sort(key=lambda claim: not claim.finding.code.startswith("invariant"))
    if not runs or runs[0].story is None:
        screen.say(Text("Es gibt keinen Verlauf zu zeigen.", "There is no run to show."))
        return
    path.write_text(runs[0].story.scenario(path.stem), encoding="utf-8")
    screen.say(Text(f"Das Szenario steht in {path}.", f"The scenario is in {path}."))


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
