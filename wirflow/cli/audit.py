"""`wirflow audit`: the trail."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wirflow.cli import completion
from wirflow.cli.app import Command, Group
from wirflow.cli.desk import desk_of
from wirflow.cli.screen import Format, FormatOption, Screen, note
from wirflow.cli.words import both
from wirflow.errors import InputError, UnknownNameError, because
from wirflow.text import Text, counted

if TYPE_CHECKING:
    from wirflow.audit.verify import Report

app = typer.Typer(
    cls=Group,
    rich_markup_mode=None,
    add_completion=False,
    help=both(
        "Die Akte: was geschah, und dass es so geschah. Ohne Verb: zeigen.",
        "The trail: what happened, and that it happened so. Without a verb: show.",
    ),
)

EXIT_FINDINGS = 1

COLUMNS = ("leaf", "case", "seq", "event", "actor", "from", "to", "occurred_at", "recorded_at", "digest")


@app.command(
    cls=Command, help=both("Die Einträge, alle oder die eines Vorgangs", "The entries, all or a case's")
)
def show(
    ctx: typer.Context,
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="[KEY]", autocompletion=completion.case_keys, help=both("Ein Vorgang", "A case")
        ),
    ] = None,
    *,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Show them."""
    desk = desk_of(ctx)
    office = desk.office
    history = office.engine.history(key)
    screen = Screen(desk.lang)
    if format_ is Format.JSON:
        screen.json([entry.json() for entry in history])
    elif format_ is Format.CSV:
        screen.csv(COLUMNS, [entry.json() for entry in history])
    elif history:
        from wirflow.cli.sheet import history_table  # noqa: PLC0415 - JSON needs none

        screen.show(history_table(screen, office, history, keys=True, digests=True))
    else:
        note(Text("Keine Einträge.", "No entries."), desk.lang)


@app.command(
    cls=Command,
    help=both(
        "Neue Einträge versiegeln und den unterschriebenen Prüfpunkt ausgeben",
        "Seal new entries and print the signed checkpoint",
    ),
)
def seal(ctx: typer.Context) -> None:
    """Seal them."""
    desk = desk_of(ctx)
    office = desk.writable_office
    if office.secret_key is None:
        raise InputError(
            Text("Das Amt hat keinen Schlüssel (audit.key).", "The office has no key (audit.key)."),
            hint=Text("Spielen Sie ihn aus der Sicherung zurück.", "Restore it from your backup."),
        )
    made = office.seal()
    if made is None:
        note(Text("Alles ist schon versiegelt.", "Everything is sealed already."), desk.lang)
    sys.stdout.write(made or office.engine.checkpoint() or "")


@app.command(
    cls=Command,
    help=both(
        "Die Akte des Amts prüfen, oder ein Bündel, ohne Amt und ohne Netz",
        "Verify the office's trail, or a bundle, without office or network",
    ),
)
def verify(
    ctx: typer.Context,
    bundle: Annotated[
        Path | None, typer.Argument(metavar="[BUNDLE]", help=both("Ein Bündel (.zip)", "A bundle (.zip)"))
    ] = None,
    *,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="KEY",
            help=both(
                "Der öffentliche Schlüssel des Amts oder seine Datei, wie Sie ihn anderswo erhielten",
                "The office's public key or its file, as you learned it elsewhere",
            ),
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint",
            metavar="FILE",
            help=both(
                "Ein früherer Prüfpunkt, den Sie verwahrt haben", "An earlier checkpoint that you kept"
            ),
        ),
    ] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Verify it."""
    from wirflow.audit.verify import verify_bundle  # noqa: PLC0415 - the help page needs none of it
    from wirflow.office import trail  # noqa: PLC0415 - likewise

    desk = desk_of(ctx)
    earlier = _text(checkpoint) if checkpoint else None
    trusted = _text(Path(key)).strip() if key and Path(key).is_file() else key
    if bundle is None:
        report = trail.verify(desk.office, earlier=earlier)
    else:
        report = verify_bundle(bundle, trusted_key=trusted, earlier_checkpoint=earlier)
    screen = Screen(desk.lang)
    if format_ is Format.JSON:
        screen.json(report.json())
    elif format_ is Format.CSV:
        rows = [{**found.json(), "text": found.text.pick(desk.lang)} for found in report.findings]
        screen.csv(("code", "case", "seq", "leaf", "text"), rows)
    else:
        _tell(screen, report)
    if not report.ok:
        raise typer.Exit(EXIT_FINDINGS)


@app.command(
    cls=Command,
    help=both(
        "Die Akte ausgeben: jsonl (vollständig), csv, xes, ocel, report (zum Lesen)"
        " oder bundle (beweist sich selbst)",
        "Export the trail: jsonl (complete), csv, xes, ocel, report (to read) or bundle (proves itself)",
    ),
)
def export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=both("Wohin", "Where to"))],
    *,
    kind: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="FORMAT",
            help=both("jsonl, csv, xes, ocel, report oder bundle", "jsonl, csv, xes, ocel, report or bundle"),
        ),
    ] = "jsonl",
    case: Annotated[
        str | None, typer.Option("--case", metavar="KEY", help=both("Nur dieser Vorgang", "Only this case"))
    ] = None,
    excel: Annotated[
        bool, typer.Option("--excel", help=both("CSV für ein deutsches Excel", "CSV for a German Excel"))
    ] = False,
    reveal: Annotated[
        bool,
        typer.Option(
            "--reveal", help=both("Im Bündel: mit den Personendaten", "In a bundle: with the personal data")
        ),
    ] = False,
    documents: Annotated[
        bool,
        typer.Option(
            "--documents",
            help=both(
                "Im Bündel: mit den Dateien; die personenbezogenen nur mit --reveal",
                "In a bundle: with the files; the personal ones only with --reveal",
            ),
        ),
    ] = False,
) -> None:
    """Write it."""
    from wirflow.office import trail  # noqa: PLC0415 - the help page needs none of it

    desk = desk_of(ctx)
    office = desk.office
    if kind not in trail.KINDS:
        raise UnknownNameError(Text("Die Form", "The form"), kind, trail.KINDS)
    if case is not None:
        office.reports.case(case)
    if kind == "bundle":
        if case is not None:
            raise InputError(
                Text("Ein Bündel enthält die ganze Akte.", "A bundle holds the whole trail."),
                hint=Text("Lassen Sie --case weg.", "Leave --case out."),
            )
        if office.unchecked_database.file.writable:
            office.seal()
        else:
            note(
                Text(
                    "Hier darf nur gelesen werden: Was noch nicht versiegelt ist, steht so auch im Bündel.",
                    "Nothing can be written here: what is not sealed yet stays so in the bundle.",
                ),
                desk.lang,
            )
        trail.export_bundle(office, file, reveal=reveal, with_documents=documents)
    else:
        trail.export(office, kind, file, case, desk.lang, excel=excel)
    note(Text(f"Geschrieben: {file}", f"Written: {file}"), desk.lang)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            Text(f"{path} ist nicht lesbar.", f"{path} cannot be read."),
            hint=because(error),
        ) from error


def _tell(screen: Screen, report: Report) -> None:
    lang = screen.lang
    for found in report.findings:
        place = "/".join(str(part) for part in (found.case, found.seq) if part is not None)
        screen.block(
            f"{place}: {found.text.pick(lang)}" if place else found.text.pick(lang),
            first="✗ ",
            rest="  ",
            style="red",
        )
    counts: dict[str, Any] = report.json()["counts"]
    entries = counted(counts["entries"], Text("Eintrag", "entry"), Text("Einträge", "entries"))
    cases = counted(counts["cases"], Text("Vorgang", "case"), Text("Vorgängen", "cases"))
    points = counted(
        counts["checkpoints"], Text("Prüfpunkt", "checkpoint"), Text("Prüfpunkte", "checkpoints")
    )
    numbers = Text(
        f"{entries.de} in {cases.de}, {counts['sealed']} versiegelt, {points.de}.",
        f"{entries.en} in {cases.en}, {counts['sealed']} sealed, {points.en}.",
    )
    screen.say(numbers)
    if not report.ok:
        found_ = counted(len(report.findings), Text("Befund", "finding"), Text("Befunde", "findings"))
        screen.say(Text(f"{found_.de}.", f"{found_.en}."), style="bold red")
        return
    screen.say(Text("Die Akte stimmt.", "The trail verifies."), style="bold green")
    if not report.key_trusted:
        screen.block(
            Text(
                "Geprüft mit dem Schlüssel im Bündel selbst; erst --key beweist, wer unterschrieben hat.",
                "Verified with the bundle's own key; only --key proves who signed.",
            ).pick(lang),
            style="yellow",
        )
