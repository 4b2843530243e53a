"""`wirflow interest`: what a grant bears that must be paid back, or was used too late."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.options import day
from wirflow.cli.screen import Format, FormatOption, Screen
from wirflow.cli.words import both
from wirflow.definition.values import show_date
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.deadlines import Interest
    from wirflow.text import Lang

app = typer.Typer(rich_markup_mode=None, add_completion=False)

COLUMNS = ("first", "last", "days", "base", "rate", "interest")


@app.command(
    cls=Command,
    help=both(
        "Berechnet Zinsen auf eine Zuwendung: fünf Prozentpunkte über dem Basiszinssatz (§ 49a VwVfG).",
        "Computes interest on a grant: five percentage points above the base rate (§ 49a VwVfG).",
    ),
)
def interest(
    ctx: typer.Context,
    amount: Annotated[
        str,
        typer.Argument(
            metavar="EURO", help=both("Der Betrag, etwa 50000.00", "The amount, such as 50000.00")
        ),
    ],
    *,
    start: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="DATE",
            help=both(
                "Tag der Zahlung oder der Unwirksamkeit; er selbst trägt keine Zinsen",
                "Day of payment or of lost effect; it bears no interest itself",
            ),
        ),
    ],
    until: Annotated[
        str,
        typer.Option(
            "--until",
            metavar="DATE",
            help=both("Letzter Tag, der Zinsen trägt", "Last day that bears interest"),
        ),
    ],
    format_: FormatOption = Format.TABLE,
) -> None:
    """Compute it."""
    from wirflow.deadlines import BASE_RATES, interest as compute  # noqa: PLC0415 - the help page needs none
    from wirflow.definition.field import Field  # noqa: PLC0415 - likewise
    from wirflow.definition.values import parse  # noqa: PLC0415 - likewise

    desk = desk_of(ctx)
    field = Field(name="amount", type="money", title=Text("Betrag", "amount"), min=Decimal(0))
    euros = parse(field, amount)
    assert isinstance(euros, Decimal)  # noqa: S101 - what a money field parses to
    rates = desk.office.base_rates if desk.has_office else BASE_RATES
    found = compute(euros, day("--from", start), day("--until", until), rates=rates)
    screen = Screen(desk.lang)
    rows = [
        {
            "first": part.first.isoformat(),
            "last": part.last.isoformat(),
            "days": part.days,
            "base": str(part.base),
            "rate": str(part.rate),
            "interest": str(part.interest),
        }
        for part in found.parts
    ]
    if format_ is Format.JSON:
        screen.json(
            {
                "amount": str(euros),
                "from": found.start.isoformat(),
                "until": found.until.isoformat(),
                "parts": rows,
                "total": str(found.total),
                "law": found.law,
            }
        )
    elif format_ is Format.CSV:
        screen.csv(COLUMNS, rows)
    else:
        _show(screen, found)


def _show(screen: Screen, found: Interest) -> None:
    lang = screen.lang
    right = {"no_wrap": True, "justify": "right"}
    table = screen.table(
        (Text("Von", "From"), {"no_wrap": True}),
        (Text("Bis", "To"), {"no_wrap": True}),
        (Text("Tage", "Days"), right),
        (Text("Basiszins %", "Base rate %"), right),
        (Text("Zinssatz %", "Rate %"), right),
        (Text("Zinsen €", "Interest €"), right),
    )
    for part in found.parts:
        table.add_row(
            show_date(part.first, lang),
            show_date(part.last, lang),
            str(part.days),
            _decimal(part.base, lang),
            _decimal(part.rate, lang),
            _decimal(part.interest, lang),
        )
    screen.show(table)
    screen.say()
    screen.block(found.explain().pick(lang))


def _decimal(number: Decimal, lang: Lang) -> str:
    """A number as people of either language write it: `1.015,89` or `1,015.89`."""
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,")) if lang == "de" else f"{number:,.2f}"
