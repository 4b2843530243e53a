"""`wirflow copy`: the whole database into another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from wirflow.cli.app import Command
from wirflow.cli.bar import bar
from wirflow.cli.desk import desk_of
from wirflow.cli.screen import Format, FormatOption, Screen, note
from wirflow.cli.words import both
from wirflow.text import Text, counted

if TYPE_CHECKING:
    from wirflow.office.copying import Move

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EXIT_MOVED_ON = 1


@app.command(
    cls=Command,
    help=both(
        "Kopiert die ganze Datenbank in eine leere, etwa von SQLite nach PostgreSQL, und vergleicht beide."
        " Endet mit 1, wenn die Quelle sich inzwischen geändert hat.",
        "Copies the whole database into an empty one, such as from SQLite to PostgreSQL, and compares both."
        " Ends with 1 if the source was changed meanwhile.",
    ),
)
def copy(
    ctx: typer.Context,
    *,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="URL",
            help=both(
                "Die leere Zieldatenbank, etwa postgresql+psycopg://host/name",
                "The empty target database, such as postgresql+psycopg://host/name",
            ),
        ),
    ],
    format_: FormatOption = Format.TABLE,
) -> None:
    """Copy it."""
    from wirflow.office import copying  # noqa: PLC0415 - the help page needs none of it

    desk = desk_of(ctx)
    with bar(Text("Kopieren", "Copying"), desk.lang) as tell:
        move = copying.copy(
            desk.office, to, None if tell is None else lambda done, total: tell(done, total, None)
        )
    screen = Screen(desk.lang)
    if format_ is Format.JSON:
        screen.json({"to": move.url, "moved_on": move.moved_on, "rows": move.rows})
    elif format_ is Format.CSV:
        screen.csv(("table", "rows"), [{"table": name, "rows": rows} for name, rows in move.rows.items()])
    else:
        _show(screen, move)
    if move.moved_on:
        note(
            Text(
                "Die Quelle hat sich inzwischen geändert; das steht nicht in der Kopie."
                " Halten Sie alle Worker an und kopieren Sie in eine neue, leere Datenbank.",
                "The source was changed meanwhile; that is not in the copy."
                " Stop all workers, and copy into a new, empty database.",
            ),
            desk.lang,
        )
        raise typer.Exit(EXIT_MOVED_ON)


def _show(screen: Screen, move: Move) -> None:
    right: dict[str, Any] = {"justify": "right"}
    table = screen.table(Text("Tabelle", "Table"), (Text("Zeilen", "Rows"), right))
    for name, rows in move.rows.items():
        table.add_row(name, str(rows))
    screen.show(table)
    screen.say()
    cases = counted(move.rows["cases"], Text("Vorgang", "case"), Text("Vorgängen", "cases"))
    screen.say(
        Text(
            f"Verglichen: Stand und letzter Hash von {cases.de} und alle Zeilen sind gleich.",
            f"Compared: state and last digest of {cases.en}, and all rows, are the same on both sides.",
        ),
        style="green",
    )
    if move.moved_on:
        return
    if move.by_environment:
        screen.say(
            Text(
                f"Setzen Sie nun WIRFLOW_DATABASE auf {move.url}.", f"Now set WIRFLOW_DATABASE to {move.url}."
            )
        )
    else:
        screen.say(
            Text(
                f'Tragen Sie nun in wirflow.toml unter [office] ein: database = "{move.url}"',
                f'Now enter in wirflow.toml under [office]: database = "{move.url}"',
            )
        )
