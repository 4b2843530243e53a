"""The commands, found by name and loaded one at a time; and what happens when something goes wrong."""

from __future__ import annotations

import io
import os
import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from wirflow.cli.desk import Desk
from wirflow.cli.words import both, pick
from wirflow.text import LANGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wirflow.text import Lang

COMMANDS: Final = {
    "demo": both(
        "Ein Übungsamt mit der Sitzungsvorlage 20-V-33-0003",
        "A practice office with council paper 20-V-33-0003",
    ),
    "init": both("Ein leeres Amt anlegen", "Make an empty office"),
    "status": both("Alle Vorgänge, oder einer ganz", "All cases, or one of them whole"),
    "due": both(
        "Was fällig wird, für wen, nach welcher Vorschrift", "What falls due, for whom, by which law"
    ),
    "do": both("Etwas an einem Vorgang tun", "Act on a case"),
    "new": both("Einen Vorgang anlegen", "Start a case"),
    "import": both(
        "Eine Fallsammlung (YAML) oder Vorgänge (CSV) übernehmen",
        "Take over a portfolio (YAML) or cases (CSV)",
    ),
    "simulate": both(
        "Was geschieht, wenn niemand oder ein Plan handelt", "What happens if nobody, or a plan, acts"
    ),
    "forecast": both("Das Geld nach Jahr und Gewissheit", "The money by year and by certainty"),
    "run": both("Fristen und Schreiben laufen lassen", "Let deadlines and notices run"),
    "notices": both("Der Postausgang", "The outbox"),
    "documents": both("Die Dateien der Vorgänge", "The files of the cases"),
    "deadline": both("Eine gesetzliche Frist berechnen und erklären", "Compute and explain a legal deadline"),
    "interest": both("Zinsen auf eine Zuwendung berechnen", "Compute interest on a grant"),
    "test": both(
        "Szenarien spielen und zeigen, was anders kam", "Play scenarios and show what came otherwise"
    ),
    "check": both("Workflows auf Fehler prüfen", "Prove workflows sound"),
    "diagram": both("Einen Workflow zeichnen", "Draw a workflow"),
    "audit": both("Die Akte: zeigen, versiegeln, prüfen, ausgeben", "The trail: show, seal, verify, export"),
    "migrate": both(
        "Datenbank und Workflows auf den neuesten Stand heben",
        "Lift database and workflows to the newest version",
    ),
    "copy": both("Die ganze Datenbank in eine andere kopieren", "Copy the whole database into another one"),
    "doctor": both("Ist das Amt gesund?", "Is the office in good health?"),
}
"""Every command with what it does, in the order of the help."""

_MODULES: Final = {"import": "imports"}
"""Where a command's name is no module's name."""

_HELP: Final = both(
    "Förderanträge und was daran hängt: Vorgänge, Fristen, Schreiben und eine Akte, die es beweist.",
    "Grant applications and what hangs on them: cases, legal deadlines, notices, and a trail that proves it.",
)
_LANG_HELP: Final = both("Sprache: de oder en", "Language: de or en")
_OFFICE_HELP: Final = both("Ordner des Amts", "Folder of the office")
_HEADINGS: Final = {
    "Usage:": "Aufruf:",
    "Options:": "Optionen:",
    "Commands:": "Befehle:",
    "Arguments:": "Argumente:",
    "[required]": "[nötig]",
    "Show this message and exit.": "Diese Hilfe zeigen",
    "[default: ": "[Vorgabe: ",
}

_SENTENCES: Final = {
    "Install completion for the current shell.": "Vervollständigung für diese Shell einrichten",
    "Show completion for the current shell, to copy it or customize the installation.": (
        "Vervollständigung für diese Shell zeigen"
    ),
}
"""What Typer says of its own options; where a line breaks in it depends on the terminal."""

_SHARED: Final = ("--lang", "--office")
"""Options that every command has, before and behind its name."""

_HELP_OPTIONS: Final = ("--help", "-h")

EXIT_BROKEN: Final = 3
EXIT_WRONG_USE: Final = 2
EXIT_INTERRUPTED: Final = 130


class Commands(TyperGroup):
    """The top of the command line: it lists every command and loads only the one that is called."""

    def list_commands(self, _ctx: Any) -> list[str]:
        """The names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One command, loaded and in the chosen language; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        lang = _desk(ctx).lang
        if cmd_name not in self.commands:
            self.commands[cmd_name] = load(cmd_name)
        return localized(self.commands[cmd_name], lang)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands, without loading any of them."""
        lang = _desk(ctx).lang
        with formatter.section("Commands"):
            formatter.write_dl([(name, pick(words, lang)) for name, words in COMMANDS.items()])

    def get_help(self, ctx: Any) -> str:
        """The help page in the chosen language."""
        return in_language(super().get_help(ctx), _desk(ctx).lang)


class Command(TyperCommand):
    """One command; its help page comes in the chosen language."""

    def get_help(self, ctx: Any) -> str:
        """The help page."""
        return in_language(super().get_help(ctx), _desk(ctx).lang)


class Group(TyperGroup):
    """Commands under one noun; without a verb, the first of them is meant."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the first verb in its place if none is given."""
        verbs = list(self.commands)
        place = 0
        while place < len(args) and args[place].partition("=")[0] in _SHARED:
            place += 1 if "=" in args[place] else 2
        if place >= len(args) or args[place] not in {*verbs, *_HELP_OPTIONS}:
            args = [*args[:place], verbs[0], *args[place:]]
        return super().parse_args(ctx, args)

    def format_commands(self, _ctx: Any, formatter: Any) -> None:
        """The list of verbs, each with all that is said of it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help or "") for name, command in self.commands.items()])

    def get_help(self, ctx: Any) -> str:
        """The help page."""
        return in_language(super().get_help(ctx), _desk(ctx).lang)


app = typer.Typer(
    cls=Commands,
    help=_HELP,
    rich_markup_mode=None,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": list(_HELP_OPTIONS), "max_content_width": 100},
)


@app.callback()
def _root(
    ctx: typer.Context,
    *,
    version: bool = typer.Option(False, "--version", help=both("Die Version zeigen", "Show the version")),
) -> None:
    if version:
        from importlib.metadata import version as installed  # noqa: PLC0415 - rarely asked

        print(f"wirflow {installed('wirflow')}")  # noqa: T201 - this is a command line
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        print(ctx.get_help(), file=sys.stderr)  # noqa: T201 - likewise
        raise typer.Exit(EXIT_WRONG_USE)


def load(name: str) -> Any:
    """A command from its module, which holds a Typer app of its own."""
    module = import_module(f"wirflow.cli.{_MODULES.get(name, name)}")
    command = get_command(module.app)
    command.name = name
    if not command.help:
        command.help = COMMANDS[name]
    _share_options(command)
    return command


def root() -> Any:
    """The whole command line as Typer's command, fresh, so that no call leaves a trace in the next."""
    command = get_command(app)
    _share_options(command)
    return command


def localized(command: Any, lang: Lang) -> Any:
    """A command with its help texts in one language, and so its subcommands."""
    command.help = _picked(command.help, lang)
    command.short_help = _picked(command.short_help, lang)
    for parameter in command.params:
        if isinstance(parameter, TyperOption | TyperArgument):
            parameter.help = _picked(parameter.help, lang)
    for child in getattr(command, "commands", {}).values():
        localized(child, lang)
    return command


def in_language(page: str, lang: Lang) -> str:
    """A help page with its headings in one language."""
    if lang == "de":
        for english, german in _HEADINGS.items():
            page = page.replace(english, german)
        for english, german in _SENTENCES.items():
            page = re.sub(r"\s+".join(map(re.escape, english.split())), german, page)
    return page


def _picked(words: str | None, lang: Lang) -> str | None:
    return pick(words, lang) if words else words


def _share_options(command: Any) -> None:
    """Give a command the options that every command has, so that they may stand before or behind it."""
    if isinstance(command, TyperGroup) and not isinstance(command, Commands):
        for child in command.commands.values():
            _share_options(child)
    command.params += [
        TyperOption(
            param_decls=["--office"],
            help=_OFFICE_HELP,
            metavar="DIR",
            expose_value=False,
            callback=_take_office,
            type=str,
            hidden=False,
        ),
        TyperOption(
            param_decls=["--lang"],
            help=_LANG_HELP,
            metavar="de|en",
            expose_value=False,
            callback=_take_lang,
            type=str,
        ),
    ]


def _take_office(ctx: Any, _parameter: Any, value: str | None) -> str | None:
    if value is not None:
        _desk(ctx).office_option = value
    return value


def _take_lang(ctx: Any, _parameter: Any, value: str | None) -> str | None:
    if value is not None:
        if value not in LANGS:
            raise typer.BadParameter(f"'{value}' is not one of 'de', 'en'.")
        _desk(ctx).lang_option = value
    return value


def _desk(ctx: Any) -> Desk:
    top = ctx.find_root()
    if not isinstance(top.obj, Desk):
        top.obj = Desk()
    return top.obj


def run(args: Sequence[str], desk: Desk | None = None) -> int:
    """Run one call and say its exit code; whatever goes wrong is told on stderr, and never as a traceback."""
    from wirflow.errors import WirflowError  # noqa: PLC0415 - see the table of start-up costs in the design

    desk = desk or Desk()
    desk.lang_option = _asked(args, "--lang")
    desk.office_option = _asked(args, "--office")
    try:
        desk.check_lang()
        command = localized(root(), desk.lang)
        code = command.main(args=list(args), prog_name="wirflow", standalone_mode=False, obj=desk)
        sys.stdout.flush()
    except WirflowError as error:
        from wirflow.cli.troubles import tell  # noqa: PLC0415 - only when something is wrong

        return tell(error, desk.lang)
    except (KeyboardInterrupt, typer.Abort):
        return EXIT_INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Who reads us has seen enough, and Typer leaves on its own over that; the rest goes nowhere.
        _silence()
        return 0
    except Exception as error:  # noqa: BLE001 - the last door: nothing may leave through it as a traceback
        from wirflow.cli.troubles import tell_unexpected  # noqa: PLC0415 - only when something is wrong

        return tell_unexpected(error, desk.lang)
    finally:
        desk.close()
    return code if isinstance(code, int) else 0


def leave() -> NoReturn:
    """Run the call of this process and end it."""
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a sign shows a question mark, and the command goes on.
            stream.reconfigure(errors="replace")
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        _silence()
    # Everything is written and closed: what the interpreter would tidy up, the system drops faster.
    os._exit(code)


def _asked(args: Sequence[str], option: str) -> str | None:
    """What an option is given, wherever it stands: help and errors need it before anything is parsed."""
    for position, word in enumerate(args):
        if word == option and position + 1 < len(args):
            return args[position + 1]
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return None


def _open_streams() -> None:
    """Give a closed output (`>&-`) something to write to, before a database takes its place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - until the end


def _silence() -> None:
    """Let nothing more go to a closed pipe, not even when the interpreter ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


__all__ = ["COMMANDS", "Command", "Group", "app", "cast", "leave", "load", "root", "run"]
