"""`wirflow run`: scheduler and worker."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from wirflow.cli.app import Command
from wirflow.cli.bar import bar
from wirflow.cli.desk import desk_of
from wirflow.cli.options import day
from wirflow.cli.screen import Format, FormatOption, Screen, note
from wirflow.cli.words import both
from wirflow.errors import InputError, UnknownNameError
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wirflow.office import Office
    from wirflow.scheduler import Tick
    from wirflow.watch.progress import Progress

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
    metrics: Annotated[
        str | None,
        typer.Option(
            "--metrics",
            metavar="HOST:PORT",
            help=both(
                "Zahlen für Prometheus (/metrics) und Gesundheit (/health) unter dieser Adresse",
                "Figures for Prometheus (/metrics) and health (/health) at this address",
            ),
        ),
    ] = None,
    log: Annotated[
        str | None,
        typer.Option(
            "--log",
            metavar="json|text",
            help=both(
                "Protokoll auf stderr; sonst text auf einem Terminal, json anderswo",
                "Log on stderr; else text on a terminal, json elsewhere",
            ),
        ),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(
            "--log-level",
            metavar="LEVEL",
            help=both(
                "Ab welcher Stufe: debug, info, warning, error",
                "From which level: debug, info, warning, error",
            ),
        ),
    ] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Let it run."""
    gc.enable()  # the start-up left it off, and this command may run for years
    from wirflow.office.practice import EVENING  # noqa: PLC0415 - the help page needs none of it
    from wirflow.watch import logs  # noqa: PLC0415 - likewise

    desk = desk_of(ctx)
    office = desk.writable_office
    form = _chosen("--log", log, logs.FORM_VARIABLE, logs.FORMS)
    level = _chosen("--log-level", log_level, logs.LEVEL_VARIABLE, logs.LEVELS)
    if metrics is not None and once:
        raise InputError(
            Text("--metrics geht nicht mit --once.", "--metrics does not go with --once."),
            hint=Text("Es ist zu Ende, bevor jemand fragt.", "It is over before anybody asks."),
        )
    if on is not None and not once:
        raise InputError(
            Text("--on geht nur mit --once.", "--on goes only with --once."),
            hint=Text("'wirflow run --once --on DATUM'", "'wirflow run --once --on DATE'"),
        )
    if not once:
        with _leaving_at_once():
            _forever(
                office,
                desk.lang,
                metrics,
                form or ("text" if sys.stderr.isatty() else "json"),
                level or "info",
            )
        return
    # What a single beat did is told on the screen: the log is for faults.
    with _logging(office, form or "text", level or "error"):
        if on is not None:
            tick = office.play(datetime.combine(day("--on", on), EVENING, ZoneInfo(office.zone)))
        else:
            with _showing(desk.lang) as told:
                tick = office.scheduler.tick(told)
            office.seal()
    _tell(Screen(desk.lang), office, tick, format_)
    if tick.failed or tick.delivered.dead or tick.delivered.unknown:
        raise typer.Exit(EXIT_FAILED)


@contextmanager
def _leaving_at_once() -> Iterator[None]:
    """Until the scheduler listens for SIGTERM there is nothing to finish: it ends at once, and with 0."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _same(words: Text) -> tuple[Text, Text]:
    return words, words


def _chosen(option: str, typed: str | None, variable: str, known: Sequence[str]) -> Any:
    """A choice by option or environment; None: nobody chose.

    Raises:
        UnknownNameError: there is no such choice.
    """
    for name, value in ((option, typed), (variable, os.environ.get(variable) or None)):
        if value is not None:
            if value not in known:
                raise UnknownNameError(Text.same(name), value, known)
            return value
    return None


@contextmanager
def _logging(office: Office, form: Any, level: str) -> Iterator[str]:
    """Log while it runs.

    Yields:
        by what name this worker is known.
    """
    from wirflow.watch import logs  # noqa: PLC0415 - the help page needs none of it

    worker = logs.worker_name()
    logs.set_up(form=form, level=level, clock=office.clock, worker=worker)
    try:
        yield worker
    finally:
        logs.tear_down()


def _forever(office: Office, lang: Lang, metrics: str | None, form: str, level: str) -> None:
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
    from wirflow.watch.server import Watch, address  # noqa: PLC0415 - the help page needs none of it

    at = None if metrics is None else address(metrics)
    scheduler = office.scheduler

    def say(german: str, english: str) -> None:
        if form == "text":  # who reads JSON is no person
            note(Text(german, english), lang)

    with ExitStack() as stack:
        worker = stack.enter_context(_logging(office, form, level))
        if at is not None:
            watch = Watch(
                at,
                pulse=scheduler.pulse,
                standing=scheduler.standing,
                worker=worker,
                silent_after=scheduler.silent_after,
            )
            stack.callback(watch.close)
            watch.start()
            say(f"Zahlen: {watch.address.url}/metrics", f"Figures: {watch.address.url}/metrics")
        say(f"{office.name}: läuft. Beenden mit Strg-C.", f"{office.name}: running. Stop with Ctrl-C.")
        scheduler.run(progress=stack.enter_context(_showing(lang)))
        scheduler.seal_at_last()
        say("Beendet.", "Stopped.")


@contextmanager
def _showing(lang: Lang) -> Iterator[Callable[[Progress], None] | None]:
    """A bar for a backlog that is longer than a batch, where there is a terminal."""
    from wirflow.scheduler import BATCH  # noqa: PLC0415 - the help page needs none of it

    with bar(Text("Nachholen", "Catching up"), lang) as tell:

        def told(far: Progress) -> None:
            if tell is not None and far.total > BATCH:
                tell(far.done, far.total, far.rate)

        yield None if tell is None else told


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
        "fired": (
            Text("Frist, Erinnerung oder Signal ausgelöst", "deadline, reminder or signal fired"),
            Text("Fristen, Erinnerungen und Signale ausgelöst", "deadlines, reminders and signals fired"),
        ),
        "refused": _same(Text("von einer Regel abgelehnt", "refused by a rule")),
        "failed": _same(Text("gescheitert ('wirflow doctor')", "failed ('wirflow doctor')")),
        "sent": (
            Text("Schreiben zugestellt", "notice delivered"),
            Text("Schreiben zugestellt", "notices delivered"),
        ),
        "retried": (
            Text("Schreiben später noch einmal", "notice to be tried again"),
            Text("Schreiben später noch einmal", "notices to be tried again"),
        ),
        "unknown": (
            Text("Schreiben ungewiss ('wirflow notices')", "notice uncertain ('wirflow notices')"),
            Text("Schreiben ungewiss ('wirflow notices')", "notices uncertain ('wirflow notices')"),
        ),
        "dead": (
            Text(
                "Schreiben nicht zustellbar ('wirflow notices')", "notice undeliverable ('wirflow notices')"
            ),
            Text(
                "Schreiben nicht zustellbar ('wirflow notices')", "notices undeliverable ('wirflow notices')"
            ),
        ),
    }
    bad = {"failed", "unknown", "dead"}
    shown = [name for name in words if numbers[name]]
    for name in shown:
        screen.say(
            f"{numbers[name]:>6} {words[name][numbers[name] != 1].pick(screen.lang)}",
            style="red" if name in bad else None,
        )
    if not shown:
        screen.say(Text("Nichts war fällig.", "Nothing was due."))
