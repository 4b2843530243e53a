"""`wirflow run`: scheduler and worker."""

from __future__ import annotations

import gc
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.options import day
from wirflow.cli.screen import Format, FormatOption, Screen, note
from wirflow.cli.words import both
from wirflow.errors import InputError
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from wirflow.office import Office
    from wirflow.scheduler import Tick

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EXIT_FAILED = 1


@app.command(
    cls=Command,
    help=both(
        "Lässt geschehen, was fällig ist, und stellt Schreiben zu, bis es beendet wird (Strg-C, SIGTERM).",
        "Lets happen what is due and delivers notices; runs until it is stopped (Ctrl-C, SIGTERM).",
    ),
)
def run(
    ctx: typer.Context,
    *,
    once: Annotated[
        bool, typer.Option("--once", help=both("Einmal, dann Schluss", "Once, then stop"))
    ] = False,
    on: Annotated[
        str | None,
        typer.Option(
            "--on",
            metavar="DATE",
            help=both(
                "Im Übungsamt: die Uhr bis zu diesem Tag vorstellen",
                "In a practice office: move its clock to this day",
            ),
        ),
    ] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Let it run."""
    gc.enable()  # the start-up left it off, and this command may run for years
    from wirflow.office.practice import EVENING  # noqa: PLC0415 - the help page needs none of it

    desk = desk_of(ctx)
    office = desk.office
    if on is not None:
        if not once:
            raise InputError(
                Text("--on geht nur mit --once.", "--on goes only with --once."),
                hint=Text("'wirflow run --once --on DATUM'", "'wirflow run --once --on DATE'"),
            )
        tick = office.play(datetime.combine(day("--on", on), EVENING, ZoneInfo(office.zone)))
    elif once:
        tick = office.scheduler.tick()
        office.seal()
    else:
        _forever(office, desk.lang)
        return
    _tell(Screen(desk.lang), office, tick, format_)
    if tick.failed or tick.delivered.dead or tick.delivered.unknown:
        raise typer.Exit(EXIT_FAILED)


def _forever(office: Office, lang: Lang) -> None:
    """Beat until it is stopped.

    A practice office's clock stands still, so nothing more would ever happen there.
    """
    if office.practice:
        raise InputError(
            Text("Die Uhr eines Übungsamts steht still.", "A practice office's clock stands still."),
            hint=Text(
                "'wirflow run --once --on DATUM' stellt sie vor.", "'wirflow run --once --on DATE' moves it."
            ),
        )

    def told(done: int, of: int) -> None:
        note(Text(f"Nachgeholt: {done} von {of}", f"Caught up: {done} of {of}"), lang)

    note(
        Text(f"{office.name}: läuft. Beenden mit Strg-C.", f"{office.name}: running. Stop with Ctrl-C."), lang
    )
    office.scheduler.run(progress=told)
    office.seal()
    note(Text("Beendet.", "Stopped."), lang)


def _tell(screen: Screen, office: Office, tick: Tick, format_: Format) -> None:
    """What was done, in numbers."""
    numbers: dict[str, Any] = {
        "today": office.today.isoformat(),
        "fired": tick.fired,
        "refused": tick.refused,
        "failed": tick.failed,
        "sent": tick.delivered.sent,
        "retried": tick.delivered.retried,
        "unknown": tick.delivered.unknown,
        "dead": tick.delivered.dead,
    }
    if format_ is Format.JSON:
        screen.json(numbers)
        return
    if format_ is Format.CSV:
        screen.csv(list(numbers), [numbers])
        return
    words = {
        "fired": Text(
            "Fristen, Erinnerungen und Signale ausgelöst", "deadlines, reminders and signals fired"
        ),
        "refused": Text("von einer Regel abgelehnt", "refused by a rule"),
        "failed": Text("gescheitert ('wirflow doctor')", "failed ('wirflow doctor')"),
        "sent": Text("Schreiben zugestellt", "notices delivered"),
        "retried": Text("Schreiben später noch einmal", "notices to be tried again"),
        "unknown": Text("Schreiben ungewiss ('wirflow notices')", "notices uncertain ('wirflow notices')"),
        "dead": Text(
            "Schreiben nicht zustellbar ('wirflow notices')", "notices undeliverable ('wirflow notices')"
        ),
    }
    bad = {"failed", "unknown", "dead"}
    shown = [name for name in words if numbers[name]]
    for name in shown:
        screen.say(
            f"{numbers[name]:>6} {words[name].pick(screen.lang)}", style="red" if name in bad else None
        )
    if not shown:
        screen.say(Text("Nichts war fällig.", "Nothing was due."))
