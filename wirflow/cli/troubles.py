"""What a person reads when something is wrong: the message, the hint, and no traceback."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any, Final

from typer._click import exceptions as usage

from wirflow.errors import DefinitionError, nearest, reason
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from wirflow.errors import WirflowError

EXIT_WRONG_USE: Final = 2
EXIT_BROKEN: Final = 3

_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")

DEBUG_VARIABLE: Final = "WIRFLOW_DEBUG"


def tell(error: WirflowError, lang: Lang) -> int:
    """Say what is wrong and what to do about it; the exit code."""
    lines = [error.message.pick(lang)]
    if isinstance(error, DefinitionError) and error.findings:
        lines += [finding_line(finding, lang) for finding in error.findings]
    elif error.hint:
        lines.append(error.hint.pick(lang))
    complain("\n".join(lines), lang)
    _trace()
    return error.exit_code


def tell_unexpected(error: Exception, lang: Lang) -> int:
    """Say what nobody thought of, or that the command was called wrongly; the exit code."""
    if isinstance(error, usage.ClickException):
        return _tell_usage(error, lang)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        complain(f"{where}{reason(error).pick(lang)}", lang)
        _trace()
        return EXIT_BROKEN
    what = f"{type(error).__name__}: {error}".replace("\n", " ")
    words = Text(
        f"Das hätte nicht geschehen dürfen ({what}). Bitte melden Sie es;"
        f" mit {DEBUG_VARIABLE}=1 erscheint, wo es geschah. "
        "Hat jemand die Datenbank von Hand geändert? 'wirflow audit verify' sagt, was nicht stimmt.",
        f"This should not have happened ({what}). Please report it;"
        f" {DEBUG_VARIABLE}=1 shows where it happened. "
        "Did somebody change the database by hand? 'wirflow audit verify' tells what is wrong.",
    )
    complain(words.pick(lang), lang)
    _trace()
    return EXIT_BROKEN


def harmless(words: str) -> str:
    """Words in which nothing is left that a terminal could obey: what was typed comes back in errors."""
    return _CONTROL.sub(lambda match: ascii(match[0])[1:-1], words)


def complain(words: str, lang: Lang) -> None:
    """Write an error to stderr: the first line stands out."""
    first, _, rest = harmless(words).partition("\n")
    label = Text("Fehler", "Error").pick(lang)
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        label = f"\x1b[1;31m{label}\x1b[0m"
    lines = [f"{label}: {first}", *(f"  {line}" for line in rest.splitlines())]
    print("\n".join(lines), file=sys.stderr)  # noqa: T201 - this is a command line


def finding_line(finding: Any, lang: Lang) -> str:
    """A finding of a definition, or of the office's own rules, in one line."""
    if hasattr(finding, "line"):
        return str(finding.line(lang))
    return f"{finding.path}: {finding.message.pick(lang)}"


def _tell_usage(error: usage.ClickException, lang: Lang) -> int:
    if isinstance(error, usage.NoArgsIsHelpError):
        print(error.message, file=sys.stderr)  # noqa: T201 - the help page
        return EXIT_WRONG_USE
    complain(_usage(error).pick(lang), lang)
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "wirflow"
    more = Text(f"'{path} --help' hilft weiter.", f"'{path} --help' tells more.")
    print(f"  {more.pick(lang)}", file=sys.stderr)  # noqa: T201 - this is a command line
    return EXIT_WRONG_USE


def _usage(error: usage.ClickException) -> Text:
    """A wrong call in both languages; what Typer says in English only where nothing better is known."""
    if isinstance(error, usage.NoSuchOption):
        near = nearest(error.option_name, error.possibilities or _options(error))
        hint = Text(f"\nMeinten Sie '{near}'?", f"\nDid you mean '{near}'?") if near else Text.same("")
        return Text(
            f"Die Option '{error.option_name}' gibt es nicht.{hint.de}",
            f"There is no option '{error.option_name}'.{hint.en}",
        )
    if isinstance(error, usage.MissingParameter):
        name = _parameter(error)
        return Text(f"Es fehlt: {name}.", f"Missing: {name}.")
    if isinstance(error, usage.BadParameter):
        name = _parameter(error)
        typed, among, known = error.message.rstrip(".").partition(" is not one of ")
        if among:
            return Text(
                f"{name}: {typed} gibt es nicht.\nMöglich: {known}.",
                f"{name}: there is no {typed}.\nPossible: {known}.",
            )
        return _bad_number(name, error.message)
    return _usage_words(error)


def _bad_number(name: str, said: str) -> Text:
    """What Typer says in English of a number that is none, or is too large."""
    given, out_of, bounds = said.rstrip(".").partition(" is not in the range ")
    if out_of:
        return Text(
            f"{name}: {given} ist zu klein oder zu groß.\nMöglich: {bounds}.",
            f"{name}: {given} is too small or too large.\nPossible: {bounds}.",
        )
    given, no_number, _ = said.partition(" is not a valid int")
    if no_number:
        return Text(f"{name}: {given} ist keine ganze Zahl.", f"{name}: {given} is no whole number.")
    return Text.same(f"{name}: {said}")


def _usage_words(error: usage.ClickException) -> Text:
    if isinstance(error, usage.BadOptionUsage):
        return Text(
            f"Die Option '{error.option_name}' braucht einen Wert.",
            f"The option '{error.option_name}' needs a value.",
        )
    words = error.message
    if words.startswith("No such command"):
        return _unknown_command(words.split("'")[1], error)
    if words.startswith("Got unexpected extra argument"):
        extra = words.rpartition("(")[2].rstrip(")")
        return Text(f"Zu viel: {extra}.", f"Too much: {extra}.")
    return Text.same(words)


def _unknown_command(name: str, error: Any) -> Text:
    near = nearest(name, error.ctx.command.list_commands(error.ctx))
    hint = Text(f"\nMeinten Sie '{near}'?", f"\nDid you mean '{near}'?") if near else Text.same("")
    return Text(f"Den Befehl '{name}' gibt es nicht.{hint.de}", f"There is no command '{name}'.{hint.en}")


def _options(error: usage.UsageError) -> list[str]:
    command = error.ctx.command if error.ctx else None
    return [name for parameter in getattr(command, "params", ()) for name in parameter.opts]


def _parameter(error: usage.BadParameter) -> str:
    parameter: Any = error.param
    if parameter is None:
        return str(error.param_hint or "")
    options = [name for name in parameter.opts if name.startswith("-")]
    return str(options[0] if options else parameter.make_metavar(error.ctx))


def _trace() -> None:
    if os.environ.get(DEBUG_VARIABLE):
        import traceback  # noqa: PLC0415 - only for who asks

        traceback.print_exc()
