"""`wirflow documents`: the files of the cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from wirflow.cli import completion
from wirflow.cli.app import Command, Group
from wirflow.cli.desk import desk_of
from wirflow.cli.screen import Format, FormatOption, Screen, note
from wirflow.cli.words import both
from wirflow.text import Text, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wirflow.reports.documents import Named

app = typer.Typer(
    cls=Group,
    rich_markup_mode=None,
    add_completion=False,
    help=both(
        "Die Dateien der Vorgänge: Liste, ausgeben, prüfen, aufräumen. Ohne Verb: die Liste.",
        "The files of the cases: list, get, verify, prune. Without a verb: the list.",
    ),
)

COLUMNS: Final = ("case", "field", "seq", "current", "state", "name", "sha256", "size", "media_type")
STRAY_COLUMNS: Final = ("path", "size", "removed")
EXIT_FINDINGS: Final = 1

_STATES: Final = {
    "kept": Text("da", "kept"),
    "missing": Text("fehlt", "missing"),
    "changed": Text("verändert", "changed"),
}

CaseArgument = Annotated[
    str | None,
    typer.Argument(metavar="[KEY]", autocompletion=completion.case_keys, help=both("Ein Vorgang", "A case")),
]


@app.command(
    "list", cls=Command, help=both("Alle Dateien, oder die eines Vorgangs", "All files, or those of a case")
)
def list_(ctx: typer.Context, key: CaseArgument = None, *, format_: FormatOption = Format.TABLE) -> None:
    """List them."""
    from wirflow.office import documents  # noqa: PLC0415 - the help page needs none of it

    desk = desk_of(ctx)
    if key is not None:
        desk.office.reports.case(key)
    _show(Screen(desk.lang), documents.listed(desk.office, key), format_)


@app.command(cls=Command, help=both("Eine Datei ausgeben", "Give a file out"))
def get(
    ctx: typer.Context,
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY", autocompletion=completion.case_keys, help=both("Der Vorgang", "The case")
        ),
    ],
    name: Annotated[str, typer.Argument(metavar="FIELD", help=both("Das Feld", "The field"))],
    to: Annotated[
        Path,
        typer.Argument(
            metavar="[TO]",
            help=both(
                "Wohin: ein Ordner, eine Datei oder - für die Ausgabe; sonst hierher",
                "Where to: a folder, a file, or - for stdout; else here",
            ),
        ),
    ] = Path(),
    *,
    entry: Annotated[
        int | None,
        typer.Option(
            "--entry",
            metavar="N",
            min=1,
            help=both("Die Fassung, die der Eintrag N nennt", "The one that entry N names"),
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help=both("Auch überschreiben", "Overwrite, too"))
    ] = False,
) -> None:
    """Write it."""
    from wirflow.office import documents  # noqa: PLC0415 - the help page needs none of it

    desk = desk_of(ctx)
    found = documents.one(desk.office, key, name, entry)
    written = documents.give_out(desk.office, found, to, overwrite=force)
    if written is not None:
        note(Text(f"Geschrieben: {written}", f"Written: {written}"), desk.lang)


@app.command(
    cls=Command,
    help=both(
        "Jede Datei lesen und mit der Akte vergleichen", "Read every file and compare it with the trail"
    ),
)
def verify(ctx: typer.Context, key: CaseArgument = None, *, format_: FormatOption = Format.TABLE) -> None:
    """Compare them."""
    from wirflow.office import documents  # noqa: PLC0415 - the help page needs none of it

    desk = desk_of(ctx)
    if key is not None:
        desk.office.reports.case(key)
    rows = documents.listed(desk.office, key, read=True)
    lost = [row for row in rows if row.state != "kept"]
    screen = Screen(desk.lang)
    if format_ is not Format.TABLE or lost:
        _show(screen, rows if format_ is not Format.TABLE else lost, format_)
    if format_ is Format.TABLE:
        files = counted(len(rows), Text("Datei", "file"), Text("Dateien", "files"))
        gone = counted(
            len(lost),
            Text("fehlt oder wurde verändert", "is missing or was changed"),
            Text("fehlen oder wurden verändert", "are missing or were changed"),
        )
        screen.say(Text(f"{files.de} verglichen, {gone.de}.", f"{files.en} compared, {gone.en}."))
    if lost:
        raise typer.Exit(EXIT_FINDINGS)


@app.command(
    cls=Command,
    help=both(
        "Dateien entfernen, die kein Eintrag nennt; die des letzten Tages bleiben",
        "Remove files that no entry names; those of the last day stay",
    ),
)
def prune(
    ctx: typer.Context,
    *,
    young: Annotated[
        bool,
        typer.Option(
            "--young",
            help=both(
                "Auch die des letzten Tages; nur wenn gerade niemand etwas einträgt",
                "Those of the last day, too; only while nobody records anything",
            ),
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=both("Nur zeigen, welche", "Only show which"))
    ] = False,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Remove them."""
    from wirflow.office import documents  # noqa: PLC0415 - the help page needs none of it

    desk = desk_of(ctx)
    office = desk.office if dry_run else desk.writable_office
    found = documents.prune(office, young=young, dry_run=dry_run)
    rows = [{"path": str(item.path), "size": item.size, "removed": not dry_run} for item in found]
    screen = Screen(desk.lang)
    if format_ is Format.JSON:
        screen.json(rows)
    elif format_ is Format.CSV:
        screen.csv(STRAY_COLUMNS, rows)
    else:
        for row in rows:
            screen.say(str(row["path"]))
        done = Text("entfernt", "removed") if not dry_run else Text("zu entfernen", "to be removed")
        files = counted(len(rows), Text("Datei", "file"), Text("Dateien", "files"))
        screen.say(Text(f"{files.de} {done.de}.", f"{files.en} {done.en}."))


def _show(screen: Screen, rows: Sequence[Named], format_: Format) -> None:
    from wirflow.definition.values import show_size  # noqa: PLC0415 - the help page needs none of it

    if format_ is Format.JSON:
        screen.json([row.json() for row in rows])
    elif format_ is Format.CSV:
        screen.csv(COLUMNS, [row.json() for row in rows])
    elif rows:
        table = screen.table(
            Text("Vorgang", "Case"),
            Text("Feld", "Field"),
            (Text("Eintrag", "Entry"), {"justify": "right"}),
            (Text("Datei", "File"), {"overflow": "fold"}),
            (Text("Größe", "Size"), {"justify": "right"}),
            Text("SHA-256", "SHA-256"),
            Text("Stand", "State"),
        )
        for row in rows:
            state = _STATES[row.state]
            past = Text(f"{state.de}, früher", f"{state.en}, earlier")
            table.add_row(
                row.case,
                row.field,
                str(row.seq),
                row.document.name,
                show_size(row.document.size, screen.lang),
                row.document.sha256[:12],
                (state if row.current else past).pick(screen.lang),
            )
        screen.show(table)
    else:
        note(Text("Keine Dateien.", "No files."), screen.lang)
