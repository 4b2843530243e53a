"""`wirflow test`: plays the office's scenarios and says what came otherwise, and what none of them tries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.screen import Format, FormatOption, Screen
from wirflow.cli.words import both
from wirflow.errors import InputError
from wirflow.text import Text, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wirflow.cli.desk import Desk
    from wirflow.definition.finding import Finding
    from wirflow.scenario import Coverage, Difference, Played, Run, Setting

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EXIT_OTHERWISE = 1

COLUMNS: Final = (
    *(
        "scenario",
        "file",
        "line",
        "column",
        "step",
        "at",
        "what",
        "case",
        "name",
        "expected",
        "found",
        "message",
    ),
)
COVERAGE_COLUMNS: Final = ("workflow", "kind", "name", "detail", "times", "text")

_KINDS: Final = {
    "transition": Text("Übergänge", "Transitions"),
    "deadline": Text("Fristen", "Deadlines"),
    "rule": Text("Ablehnungen", "Refusals"),
    "warning": Text("Hinweise", "Warnings"),
}


@app.command(
    cls=Command,
    help=both(
        "Spielt Szenarien mit den Workflows des Amts und zeigt, was anders kam;"
        " ohne Datei alle aus scenarios/.",
        "Plays scenarios against the office's workflows and shows what came otherwise;"
        " without a file, all of scenarios/.",
    ),
)
def rehearse(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help=both("Szenarien", "Scenarios"))
    ] = None,
    *,
    coverage: Annotated[
        bool,
        typer.Option(
            "--coverage",
            help=both("Auch zeigen, was kein Szenario erprobt", "Show, too, what no scenario tries"),
        ),
    ] = False,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Play them."""
    from wirflow.scenario import play_all, read_scenario  # noqa: PLC0415 - the help page needs none of it

    desk = desk_of(ctx)
    screen = Screen(desk.lang)
    table = format_ is Format.TABLE
    chosen = _chosen(desk, files or ())
    setting = _setting(desk)
    readings = [read_scenario(path, setting) for path in chosen]
    findings = [finding for reading in readings for finding in reading.findings]
    scenarios = [reading.scenario for reading in readings if reading.scenario]
    if table:
        _show_findings(screen, findings)
    run = play_all(scenarios, setting, progress=(lambda played: _show(screen, played)) if table else None)
    if format_ is Format.JSON:
        screen.json(
            {
                "scenarios": [_played_json(played, screen) for played in run.played],
                "findings": [dict(finding.to_json(desk.lang)) for finding in findings],
                "coverage": run.coverage.to_json(desk.lang),
            }
        )
    elif format_ is Format.CSV and coverage:
        screen.csv(COVERAGE_COLUMNS, run.coverage.to_json(desk.lang))
    elif format_ is Format.CSV:
        screen.csv(
            COLUMNS, [_row(played, item, screen) for played in run.played for item in played.differences]
        )
    else:
        _summary(screen, run, unreadable=len(readings) - len(scenarios))
        _coverage(screen, run.coverage, whole=coverage)
    broken = any(finding.severity == "error" for finding in findings)
    if broken or not all(played.ok for played in run.played):
        raise typer.Exit(EXIT_OTHERWISE)


def _chosen(desk: Desk, files: Sequence[Path]) -> list[Path]:
    """The files that are to be played.

    Raises:
        InputError: one is not there, or there are none.
    """
    for path in files:
        if not path.is_file():
            raise InputError(
                Text(f"Die Datei {path} gibt es nicht.", f"There is no file {path}."),
                hint=Text("Prüfen Sie den Pfad.", "Check the path."),
            )
    if files:
        return list(files)
    from wirflow.office.content import SCENARIOS  # noqa: PLC0415 - the help page needs none of it

    folder = desk.office.folder / SCENARIOS
    here = Path.cwd()
    found = [
        path.relative_to(here) if path.is_relative_to(here) else path
        for path in sorted(folder.glob("*.yaml"))
    ]
    if not found:
        raise InputError(
            Text(f"In {folder} ist kein Szenario.", f"There is no scenario in {folder}."),
            hint=Text(
                "Schreiben Sie eines dorthin, oder nennen Sie eine Datei: wirflow test DATEI.",
                "Write one there, or name a file: wirflow test FILE.",
            ),
        )
    return found


def _setting(desk: Desk) -> Setting:
    """The office in which they are played; without one, what ships with wirflow.

    Raises:
        DefinitionError: a workflow has errors.
    """
    from wirflow.engine import Profile  # noqa: PLC0415 - see above
    from wirflow.office import content  # noqa: PLC0415 - see above
    from wirflow.scenario import Setting  # noqa: PLC0415 - see above

    office = desk.office if desk.has_office else None
    folder = office.folder if office else None
    return Setting(
        workflows=content.workflows(folder),
        templates=office.templates if office else content.shipped_templates(),
        profile=office.profile if office else Profile(name="wirflow", people={}),
        portfolios={path.stem: path for path in content.portfolios(folder)},
    )


# -- what is shown ---------------------------------------------------------------------


def _show_findings(screen: Screen, findings: Sequence[Finding]) -> None:
    for finding in findings:
        style = "red" if finding.severity == "error" else "yellow"
        screen.block(finding.line(screen.lang), rest="  ", style=style)


def _show(screen: Screen, played: Played) -> None:
    """One scenario: whether it came as it is written, and if not, what came instead."""
    title = played.scenario.title.pick(screen.lang)
    sign, style = ("✓", "green") if played.ok else ("✗", "red")
    screen.block(f"{played.scenario.name}: {title}", first=f"{sign} ", rest="  ", style=style)
    for item in played.differences:
        lang = screen.lang
        screen.block(
            f"{item.place}: {item.when.pick(lang)}: {item.label.pick(lang)}",
            first="  ",
            rest="    ",
            style="bold",
        )
        wanted, came = Text("erwartet", "expected").pick(lang), Text("gekommen", "came").pick(lang)
        screen.block(f"{wanted}: {item.expected.pick(lang)}", first="    - ", rest="      ", style="green")
        screen.block(f"{came}: {item.found.pick(lang)}", first="    + ", rest="      ", style="red")


def _summary(screen: Screen, run: Run, *, unreadable: int) -> None:
    good = sum(played.ok for played in run.played)
    bad = len(run.played) - good
    found = sum(len(played.differences) for played in run.played)
    tried = counted(len(run.played), Text("Szenario", "scenario"), Text("Szenarien", "scenarios"))
    german = f"{tried.de} gespielt: {good} wie geschrieben"
    english = f"{tried.en} played: {good} as written"
    if bad:
        apart = counted(found, Text("Abweichung", "difference"), Text("Abweichungen", "differences"))
        german += f", {bad} anders ({apart.de})"
        english += f", {bad} otherwise ({apart.en})"
    if unreadable:
        german += f", {unreadable} nicht lesbar"
        english += f", {unreadable} not readable"
    screen.say(Text(f"{german}.", f"{english}."), style="red" if bad or unreadable else "green")


def _coverage(screen: Screen, coverage: Coverage, *, whole: bool) -> None:
    """How much of each workflow was tried; what never was, if that is asked for."""
    if not coverage.workflows:
        return
    right = {"justify": "right"}
    screen.heading(Text("Erprobt", "Tried"))
    table = screen.table(Text("Workflow", "Workflow"), *((words, right) for words in _KINDS.values()))
    for name in coverage.workflows:
        counts = [coverage.count(name, kind) for kind in ("transition", "deadline", "rule", "warning")]
        table.add_row(name, *(f"{reached}/{all_}" if all_ else "–" for reached, all_ in counts))
    screen.show(table)
    if coverage.idle:
        idle = ", ".join(coverage.idle)
        screen.say(Text(f"Ohne Szenario: {idle}.", f"Without a scenario: {idle}."), style="dim")
    if whole:
        _missed(screen, coverage)
    elif coverage.missed:
        screen.say(Text("Was fehlt, zeigt --coverage.", "--coverage shows what is missing."), style="dim")


def _missed(screen: Screen, coverage: Coverage) -> None:
    lang = screen.lang
    for name in coverage.workflows:
        missed = [goal for goal in coverage.missed if goal.workflow == name]
        if not missed:
            continue
        screen.heading(Text(f"{name}: nie erprobt", f"{name}: never tried"))
        for kind, words in _KINDS.items():
            for number, goal in enumerate(goal for goal in missed if goal.kind == kind):
                if not number:
                    screen.say(f"  {words.pick(lang)}")
                since = Text("aus", "from") if kind == "transition" else Text.same("")
                what = f"{goal.name} {since.pick(lang)} {goal.detail}".replace("  ", " ").strip()
                text = coverage.words.get(goal)
                screen.block(f"{what}: {text.pick(lang)}" if text else what, first="  - ", rest="    ")


def _played_json(played: Played, screen: Screen) -> dict[str, Any]:
    scenario = played.scenario
    return {
        "scenario": scenario.name,
        "title": scenario.title.pick(screen.lang),
        "file": scenario.place.file,
        "steps": len(scenario.steps),
        "ok": played.ok,
        "differences": [dict(item.to_json(screen.lang)) for item in played.differences],
    }


def _row(played: Played, item: Difference, screen: Screen) -> dict[str, object]:
    return {"scenario": played.scenario.name, **item.to_json(screen.lang)}
