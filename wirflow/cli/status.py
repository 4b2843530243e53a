"""`wirflow status`: the portfolio, or one case whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from wirflow.cli import completion, tables
from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.options import day
from wirflow.cli.screen import Format, FormatOption, Screen, note
from wirflow.cli.words import both
from wirflow.definition.values import show_date
from wirflow.errors import InputError
from wirflow.text import Text, counted

if TYPE_CHECKING:
    from datetime import date

    from wirflow.cli.desk import Desk
    from wirflow.office import Office

PAGE: Final = 100
"""How many cases a table shows at once."""

NAMED: Final = 5
"""How many cases with failed timers are named below the portfolio."""

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    cls=Command,
    help=both(
        "Zeigt alle Vorgänge mit Stand und nächster Frist, oder einen ganz.",
        "Shows all cases with their states and next deadlines, or one of them whole.",
    ),
)
def status(
    ctx: typer.Context,
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="[KEY]", autocompletion=completion.case_keys, help=both("Ein Vorgang", "A case")
        ),
    ] = None,
    *,
    workflow: Annotated[
        str | None,
        typer.Option(
            "--workflow",
            metavar="W",
            autocompletion=completion.workflows,
            help=both("Nur dieser Workflow", "Only this workflow"),
        ),
    ] = None,
    state: Annotated[
        str | None, typer.Option("--state", metavar="S", help=both("Nur dieser Zustand", "Only this state"))
    ] = None,
    due: Annotated[
        str | None,
        typer.Option(
            "--due",
            metavar="P30D",
            help=both("Nur mit einer Frist in dieser Zeit", "Only with a deadline in that time"),
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="DATE", help=both("Wie es an diesem Tag stand", "As it stood on that day")
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            min=1,
            help=both(
                f"Höchstens N Vorgänge; ohne Angabe zeigt eine Tabelle {PAGE}",
                f"At most N cases; without it a table shows {PAGE}",
            ),
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            "--after",
            metavar="KEY",
            help=both(
                "Nur die nach diesem Schlüssel: die Seite danach", "Only those after this key: the page after"
            ),
        ),
    ] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Show it."""
    desk = desk_of(ctx)
    office = desk.office
    desk.warn_of_rules()
    then = _then(office, as_of)
    if key is not None:
        _one(desk, office, key, then, format_)
        return
    today = then or office.today
    # What is sifted afterwards is read whole.
    most = limit or (PAGE if format_ is Format.TABLE and not due and not then else None)
    views = office.reports.portfolio(
        workflow=workflow,
        state=state,
        due_until=_until(today, due) if due else None,
        as_of=then,
        most=most + 1 if most and not due and not then else None,
        after=after,
    )
    more = most is not None and len(views) > most
    views = views[:most]
    screen = Screen(desk.lang)
    if format_ is Format.JSON:
        screen.json([view.to_json(desk.lang) for view in views])
    elif format_ is Format.CSV:
        tables.portfolio_csv(screen, views)
    elif views:
        screen.show(tables.portfolio(screen, views, today))
        _footer(screen, office, len(views), today)
        if more:
            last = views[-1].case.key
            screen.say(Text(f"Es gibt weitere: --after {last}.", f"There are more: --after {last}."))
        if any(tables.is_outdated(view) for view in views):
            screen.say(
                Text(
                    f"{tables.OUTDATED} steht auf einer älteren Fassung: 'wirflow migrate'.",
                    f"{tables.OUTDATED} stands on an older version: 'wirflow migrate'.",
                ),
                style="dim",
            )
    else:
        note(Text("Keine Vorgänge.", "No cases."), desk.lang)


def _one(desk: Desk, office: Office, key: str, then: date | None, format_: Format) -> None:
    from wirflow.cli import sheet  # noqa: PLC0415 - the portfolio needs none of it

    view = office.reports.case(key, as_of=then)
    page = sheet.gather(office, view, then)
    screen = Screen(desk.lang)
    if format_ is Format.JSON:
        screen.json(sheet.to_json(page, desk.lang))
    elif format_ is Format.CSV:
        tables.portfolio_csv(screen, [view])
    else:
        sheet.show(screen, page)


def _footer(screen: Screen, office: Office, count: int, today: date) -> None:
    cases = counted(count, Text("Vorgang", "case"), Text("Vorgänge", "cases"))
    day_ = Text(show_date(today, "de"), show_date(today, "en"))
    screen.say()
    screen.say(Text(f"{cases.de} · Stand {day_.de}", f"{cases.en} · as of {day_.en}"), style="dim")
    failed = office.reports.failed()
    if failed:
        keys = office.reports.failed_cases(NAMED + 1)
        named = ", ".join(keys[:NAMED]) + (" …" if len(keys) > NAMED else "")
        words = counted(
            failed,
            Text("Frist oder Signal ist gescheitert", "deadline or signal has failed"),
            Text("Fristen oder Signale sind gescheitert", "deadlines or signals have failed"),
        )
        screen.say(
            Text(f"{words.de} ({named}): 'wirflow doctor'.", f"{words.en} ({named}): 'wirflow doctor'."),
            style="red",
        )


def _then(office: Office, typed: str | None) -> date | None:
    if typed is None:
        return None
    then = day("--as-of", typed)
    if then > office.today:
        raise InputError(
            Text(f"Der {then:%d.%m.%Y} liegt in der Zukunft.", f"{then} lies in the future."),
            hint=Text("'wirflow due' zeigt, was kommt.", "'wirflow due' shows what is coming."),
        )
    return then


def _until(today: date, typed: str) -> date:
    from wirflow.deadlines import compute  # noqa: PLC0415 - only this filter needs it

    return compute("no-roll", today, typed).due
