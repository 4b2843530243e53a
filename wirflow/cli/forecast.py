"""`wirflow forecast`: the money by year and by certainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.screen import Format, FormatOption, Screen, note
from wirflow.cli.simulate import PlanOption, SvgOption, plan_of, progress, world_of
from wirflow.cli.words import both
from wirflow.clock import start_of_day
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.simulation import Forecast

app = typer.Typer(rich_markup_mode=None, add_completion=False)

COLUMNS = ("year", "approved", "prospective", "at_risk", "open", "ceiling", "cost", "unknown")

_STYLES = {"approved": "green", "prospective": "yellow", "at_risk": "red"}


@app.command(
    cls=Command,
    help=both(
        "Zeigt das Geld nach Jahr und Gewissheit, wie die Vorgänge heute stehen; mit --plan, was am Ende"
        " jedes Jahres daraus geworden wäre.",
        "Shows the money by year and by certainty, as the cases stand today; with --plan, what would have"
        " become of it by the end of each year.",
    ),
)
def forecast(
    ctx: typer.Context,
    *,
    until: Annotated[
        int | None,
        typer.Option(
            "--until", metavar="YEAR", min=1, max=9998, help=both("Bis zu diesem Jahr", "Up to this year")
        ),
    ] = None,
    plan: PlanOption = None,
    svg: SvgOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Forecast it."""
    from datetime import date  # noqa: PLC0415 - the help page needs none of it

    from wirflow.reports import forecast as report  # noqa: PLC0415 - likewise
    from wirflow.simulation import forecast as foresee  # noqa: PLC0415 - likewise

    desk = desk_of(ctx)
    office = desk.office
    world = world_of(office)
    chosen = plan_of(plan, world) if plan else None
    last = until or foresee(world).years[-1:] or (office.today.year,)
    end = start_of_day(date((last if isinstance(last, int) else last[0]) + 1, 1, 1), office.zone)
    with progress(world.now, end) as told:
        found = foresee(world, until=until, plan=chosen.steps if chosen else None, progress=told)
    screen = Screen(desk.lang)
    if svg:
        words = Text("Geld nach Jahr und Gewissheit", "Money by year and certainty")
        heading = (
            f"{words.pick(desk.lang)} · {chosen.title.pick(desk.lang)}" if chosen else words.pick(desk.lang)
        )
        svg.write_text(report.chart(found, desk.lang, title=heading), encoding="utf-8")
        note(Text(f"Bild: {svg}", f"Picture: {svg}"), desk.lang)
    if format_ is Format.JSON:
        screen.json(report.to_json(found, desk.lang))
    elif format_ is Format.CSV:
        rows = report.rows(found)
        screen.csv(
            COLUMNS,
            [
                {**row, "unknown": [f"{kind}:{key}" for kind, keys in row["unknown"].items() for key in keys]}
                for row in rows
            ],
        )
    elif not found.years:
        note(Text("Kein Vorgang hat mit Geld zu tun.", "No case has to do with money."), desk.lang)
    else:
        _show(screen, found)


def _show(screen: Screen, found: Forecast) -> None:
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    from wirflow.reports import forecast as report  # noqa: PLC0415 - likewise

    # In a year that is over, what was in prospect has come about or has not.
    columns = [name for name in report.TITLES if not (found.planned and name == "prospective")]
    right = {"justify": "right", "no_wrap": not screen.wide}
    table = screen.table(
        (Text("Jahr", "Year"), {"no_wrap": True}),
        *((report.title_of(name, found), right) for name in columns),
    )
    for year in (*found.years, None):
        if year is None:
            table.add_section()
        cells = []
        for name in columns:
            words = report.amount(found, name, year, screen.lang)
            unknown = report.UNKNOWN.pick(screen.lang) in words
            bold = "bold " if year is None else ""
            cells.append(Styled(words, style=bold + ("yellow" if unknown else _STYLES.get(name, ""))))
        whole = Text("Summe", "Total").pick(screen.lang)
        table.add_row(Styled(str(year or whole), style="bold"), *cells)
    screen.show(table)
    unknown_keys = found.unknown("cost")
    if unknown_keys:
        keys = ", ".join(unknown_keys)
        screen.say()
        screen.block(
            Text(f"Unbekannt ist nicht null: {keys}.", f"Unknown is not zero: {keys}.").pick(screen.lang),
            style="yellow",
        )
