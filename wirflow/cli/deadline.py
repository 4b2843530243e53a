"""`wirflow deadline`: computes a legal deadline and explains it, without any case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from wirflow.cli import completion
from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.options import day, pairs
from wirflow.cli.screen import Format, FormatOption, Screen
from wirflow.cli.words import both
from wirflow.definition.values import show_date
from wirflow.errors import InputError
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from wirflow.cli.desk import Desk
    from wirflow.deadlines import Catalogue, Deadline, Rule
    from wirflow.deadlines.month import Month

app = typer.Typer(rich_markup_mode=None, add_completion=False)

RULE_COLUMNS: Final = ("name", "title", "law", "jurisdiction", "period", "rolls", "verified")
COLUMNS: Final = ("rule", "from", "period", "due", "raw_end", "law", "verified", "land", "text")

_MARKS: Final = {
    "due": ("reverse bold red", Text("Fristende", "due")),
    "event": ("reverse bold cyan", Text("Ereignis", "event")),
    "skipped": ("bold yellow strike", Text("übersprungen", "skipped")),
    "step": ("bold magenta", Text("Zwischenschritt", "step")),
    "holiday": ("red", Text("Feiertag", "holiday")),
    "weekend": ("dim", Text("Wochenende", "weekend")),
    "period": ("", Text("", "")),
    "": ("dim", Text("", "")),
}
_SIGNS: Final = {"due": "●", "event": "○", "skipped": "×", "step": "·", "holiday": "*"}  # noqa: RUF001 - a cross
_SHOWN_MARKS: Final = ("event", "step", "skipped", "due", "holiday")


@app.command(
    cls=Command,
    help=both(
        "Berechnet eine gesetzliche Frist und erklärt sie. --list zeigt alle Regeln.",
        "Computes a legal deadline and explains it. --list shows all rules.",
    ),
)
def deadline(
    ctx: typer.Context,
    rule: Annotated[
        str | None,
        typer.Argument(
            metavar="[RULE]",
            autocompletion=completion.rules,
            help=both("Die Regel, etwa vwgo-74", "The rule, such as vwgo-74"),
        ),
    ] = None,
    *,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help=both("Tag des Ereignisses", "Day of the event")),
    ] = None,
    period: Annotated[
        str | None,
        typer.Option(
            "--period",
            metavar="P1M",
            help=both("Die Frist, wo das Gesetz sie nicht nennt", "How long, where the law does not say"),
        ),
    ] = None,
    land: Annotated[
        str | None,
        typer.Option("--land", metavar="HE", help=both("Wessen Feiertage zählen", "Whose holidays count")),
    ] = None,
    then: Annotated[
        list[str] | None,
        typer.Option(
            "--then",
            metavar="RULE[:P1M]",
            help=both(
                "Eine Frist, die am Ende der vorigen beginnt; mehrfach möglich",
                "A deadline from the end of the one before; may be repeated",
            ),
        ),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--given",
            metavar="NAME=VALUE",
            help=both("Eine Tatsache, etwa received_on=2021-02-03", "A fact, such as received_on=2021-02-03"),
        ),
    ] = None,
    listing: Annotated[
        bool, typer.Option("--list", help=both("Alle Regeln zeigen", "Show all rules"))
    ] = False,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Compute it."""
    from wirflow.deadlines import Catalogue, compute  # noqa: PLC0415 - the help page needs none of it

    desk = desk_of(ctx)
    office = desk.office if desk.has_office else None
    catalogue = (office.catalogue if office else None) or Catalogue.default()
    place = land or (office.land if office else "HE")
    screen = Screen(desk.lang)
    if listing:
        _list(screen, catalogue, format_)
        return
    if rule is None or start is None:
        raise _incomplete(rule, catalogue)
    found = catalogue.get(rule)
    computed = [
        compute(
            found.name,
            day("--from", start),
            period,
            land=place,
            catalogue=catalogue,
            given=pairs("--given", given),
        )
    ]
    for link in then or ():
        name, _, length = link.partition(":")
        computed.append(compute(name, computed[-1].due, length or None, land=place, catalogue=catalogue))
    if format_ is Format.TABLE:
        for position, each in enumerate(computed):
            if position:
                screen.say()
            _show(screen, desk, catalogue, each)
        return
    from wirflow.reports.deadlines import deadline_json, derivation_json  # noqa: PLC0415 - tables need none

    documents = [deadline_json(each, desk.lang) for each in computed]
    if format_ is Format.JSON:
        screen.json(documents if then else documents[0])
    else:
        more = [derivation_json(each, desk.lang) for each in computed]
        screen.csv(COLUMNS, [{**one, **other} for one, other in zip(documents, more, strict=True)])


def _incomplete(rule: str | None, catalogue: Catalogue) -> InputError:
    """What is missing, with the choices."""
    if rule is None:
        names = ", ".join(catalogue.rules)
        return InputError(
            Text("Welche Regel?", "Which rule?"),
            hint=Text(
                f"Möglich: {names}. 'wirflow deadline --list' erklärt sie.",
                f"Possible: {names}. 'wirflow deadline --list' explains them.",
            ),
        )
    catalogue.get(rule)
    return InputError(
        Text("Es fehlt der Tag des Ereignisses.", "The day of the event is missing."),
        hint=Text(
            f"'wirflow deadline {rule} --from 2021-01-28'", f"'wirflow deadline {rule} --from 2021-01-28'"
        ),
    )


def _show(screen: Screen, desk: Desk, catalogue: Catalogue, found: Deadline) -> None:
    from rich.columns import Columns  # noqa: PLC0415 - JSON needs none
    from rich.text import Text as Styled  # noqa: PLC0415 - likewise

    from wirflow.deadlines.month import month_calendar  # noqa: PLC0415 - likewise

    lang = desk.lang
    rule = catalogue.get(found.rule)
    screen.say(Text(f"{rule.title.de} ({rule.name})", f"{rule.title.en} ({rule.name})"), style="bold")
    line = Styled.assemble(
        (show_date(found.due, lang), "bold red"), f" · {found.law} · {_place(found.land, lang)}"
    )
    if not found.verified:
        line.append(Text(" · ungeprüft", " · unverified").pick(lang), style="yellow")
    screen.console.print(Text("Fristende: ", "Due: ").pick(lang), line, sep="")
    screen.say()
    table = screen.table(
        (Text("Tag", "Day"), {"no_wrap": True}), (Text("Warum", "Why"), {"overflow": "fold"})
    )
    for step in found.steps:
        weekday = _WEEKDAYS[step.date.weekday()].pick(lang)
        cited = f" ({step.law})" if step.law else ""
        table.add_row(f"{weekday} {show_date(step.date, lang)}", f"{step.why.pick(lang)}{cited}")
    screen.show(table)
    screen.say()
    months = [_month(month, lang) for month in month_calendar(found, catalogue=catalogue)]
    screen.show(Columns(months, padding=(0, 4)))
    legend = Styled("  ").join(
        Styled.assemble(
            (_SIGNS[mark], _MARKS[mark][0].replace("reverse ", "").replace(" strike", "")),
            f" {_MARKS[mark][1].pick(lang)}",
        )
        for mark in _SHOWN_MARKS
    )
    screen.console.print(legend)
    screen.say()
    screen.block(found.explain().pick(lang))
    if rule.notes:
        screen.block(rule.notes.pick(lang), style="dim")


_WEEKDAYS: Final = tuple(
    Text(german, english)
    for german, english in (
        ("Mo", "Mon"),
        ("Di", "Tue"),
        ("Mi", "Wed"),
        ("Do", "Thu"),
        ("Fr", "Fri"),
        ("Sa", "Sat"),
        ("So", "Sun"),
    )
)


def _place(land: str, lang: Lang) -> str:
    from wirflow.deadlines import LAND_NAMES  # noqa: PLC0415 - the help page needs none of it

    code, _, region = land.partition("-")
    name = LAND_NAMES[code].pick(lang) if code in LAND_NAMES else code
    return f"{name} ({region})" if region else name


def _month(month: Month, lang: Lang) -> Any:
    """A month as a small calendar: two figures and a sign for each day."""
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    width = 4
    page = Styled(month.title.pick(lang).center(7 * width) + "\n", style="bold", end="", no_wrap=True)
    page.append("".join(f"{name.pick(lang)[:2]:>3} " for name in _WEEKDAYS), style="not bold dim")
    for week in month.weeks:
        page.append("\n")
        for cell in week:
            if cell is None:
                page.append(" " * width)
                continue
            style = _MARKS[cell.mark][0]
            page.append(
                f"{cell.date.day:>3}", style=f"not bold {style}".strip() if "bold" not in style else style
            )
            page.append(
                _SIGNS.get(cell.mark, " "),
                style=style.replace("reverse ", "").replace(" strike", "") or "not bold",
            )
    return page


def _list(screen: Screen, catalogue: Catalogue, format_: Format) -> None:
    """The catalogue of rules."""
    rows = [_rule_json(rule, screen.lang) for rule in catalogue.rules.values()]
    if format_ is Format.JSON:
        screen.json(rows)
        return
    if format_ is Format.CSV:
        screen.csv(RULE_COLUMNS, rows)
        return
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    table = screen.table(
        (Text("Regel", "Rule"), {"no_wrap": True, "style": "cyan"}),
        (Text("Bedeutung", "Meaning"), {"overflow": "fold"}),
        (Text("Frist", "Period"), {"no_wrap": True}),
        (Text("Recht", "Law"), {"overflow": "fold", "style": "dim"}),
    )
    for row in rows:
        law = Styled(row["law"])
        if not row["verified"]:
            law.append(Text(" (ungeprüft)", " (unverified)").pick(screen.lang), style="not dim yellow")
        table.add_row(row["name"], row["title"], row["period"] or "", law)
    screen.show(table)


def _rule_json(rule: Rule, lang: Lang) -> dict[str, Any]:
    return {
        "name": rule.name,
        "title": rule.title.pick(lang),
        "law": rule.law,
        "jurisdiction": rule.jurisdiction,
        "period": str(rule.default_period) if rule.default_period else None,
        "needs_period": rule.needs_period,
        "rolls": rule.rolls,
        "direction": rule.direction,
        "verified": rule.verified,
        "facts": list(rule.facts),
        "notes": rule.notes.pick(lang) if rule.notes else None,
    }
