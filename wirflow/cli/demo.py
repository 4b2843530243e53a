"""`wirflow demo`: a fresh practice office, played to a day."""

from __future__ import annotations

from datetime import MAXYEAR, date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wirflow.cli import sheet, tables
from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.options import day
from wirflow.cli.screen import Format, FormatOption, Screen
from wirflow.cli.words import both
from wirflow.definition.values import show_date
from wirflow.text import Text, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wirflow.cli.screen import Screen as AnyScreen
    from wirflow.core.letters import Notice
    from wirflow.office import Office
    from wirflow.reports import CaseView, DueView

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    cls=Command,
    help=both(
        "Legt ein Übungsamt mit der Sitzungsvorlage 20-V-33-0003 an, spielt es bis zu einem Tag"
        " und zeigt, wo alles steht und was kommt.",
        "Makes a practice office with council paper 20-V-33-0003, plays it to a day"
        " and shows where everything stands and what is coming.",
    ),
)
def demo(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=both("Ordner", "Folder"))] = Path(
        "wirflow-demo"
    ),
    *,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help=both("Bis zu diesem Tag", "Up to this day"))
    ] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Make it, play it, show it."""
    from wirflow.office import practice  # noqa: PLC0415 - the help page needs none of it

    desk = desk_of(ctx)
    office, played = practice.demo(folder, lang=desk.lang, on=day("--on", on) if on is not None else None)
    try:
        reports = office.reports
        views = reports.portfolio()
        coming = reports.due(_horizon(office.today))
        notices = reports.notices()
        if format_ is Format.JSON:
            Screen(desk.lang).json(
                {
                    "office": str(office.folder),
                    "today": office.today.isoformat(),
                    "cases": [view.to_json(desk.lang) for view in views],
                    "warnings": _warnings_json(office, views, desk.lang),
                    "notices": [tables.notice_json(notice) for notice in notices],
                    "coming": [due.to_json(desk.lang) for due in coming],
                }
            )
            return
        if format_ is Format.CSV:
            tables.portfolio_csv(Screen(desk.lang), views)
            return
        _show(Screen(desk.lang), office, folder, views, coming, notices, played.fired)
    finally:
        office.close()


def _horizon(today: date) -> date:
    """Until when the demo looks ahead: the end of 2021, or a year from a later day."""
    end = date(2021, 12, 31)
    return end if today < end else today.replace(year=min(today.year + 1, MAXYEAR), day=min(today.day, 28))


def _show(  # noqa: PLR0917 - the parts of one page
    screen: AnyScreen,
    office: Office,
    folder: Path,
    views: Sequence[CaseView],
    coming: Sequence[DueView],
    notices: Sequence[Notice],
    fired: int,
) -> None:
    lang, today = screen.lang, office.today
    screen.say(office.name, style="bold")
    screen.say(Text(f"Stand: {show_date(today, 'de')}", f"As of {show_date(today, 'en')}"))
    screen.say()
    screen.show(tables.portfolio(screen, views, today))
    screen.heading(Text("Was man wissen muss", "What to know"))
    screen.show(tables.warnings(screen, [(view, office.engine.warnings(view.stored)) for view in views]))
    history = [entry for entry in office.engine.history() if entry.kind in {"deadline", "signal"}]
    if history:
        screen.heading(Text("Was von selbst geschah", "What happened by itself"))
        screen.show(sheet.history_table(screen, office, history, keys=True))
    if notices:
        screen.heading(
            Text(f"Schreiben, die hinausgingen ({len(notices)})", f"Notices that went out ({len(notices)})")
        )
        screen.show(tables.letters(screen, notices, office.zone))
    until = show_date(_horizon(today), lang)
    screen.heading(Text(f"Was bis zum {until} kommt", f"What is coming until {until}"))
    screen.show(tables.deadlines(screen, coming, today))
    screen.say()
    if fired:
        what = counted(
            fired,
            Text("Frist, Erinnerung oder Signal", "deadline, reminder or signal"),
            Text("Fristen, Erinnerungen und Signale", "deadlines, reminders and signals"),
        )
        screen.say(Text(f"Von selbst ausgelöst: {what.de}.", f"Fired by themselves: {what.en}."))
    screen.say(
        Text(f"Das Übungsamt liegt in {office.folder}.", f"The practice office is in {office.folder}.")
    )
    screen.say(Text("Weiter geht es zum Beispiel so:", "Go on like this, for example:"))
    for line in (
        f"cd {folder}",
        "wirflow status WIR-KO-1",
        "wirflow do WIR-KO-2 submit --set amount_requested=60000 --as sachbearbeitung --dry-run",
        "wirflow due --until 2021-12-31 --explain",
        "wirflow run --once --on 2022-01-01",
    ):
        screen.say(f"  {line}", style="cyan")


def _warnings_json(office: Office, views: Sequence[CaseView], lang: str) -> list[dict[str, str | None]]:
    return [
        {
            "case": view.case.key,
            "name": warning.name,
            "text": warning.text.de if lang == "de" else warning.text.en,
            "source": warning.source,
        }
        for view in views
        for warning in office.engine.warnings(view.stored)
    ]
