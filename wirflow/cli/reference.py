"""The reference page of the command line, made from the commands: `python -m wirflow.cli.reference`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from typer.core import TyperArgument, TyperGroup, TyperOption

from wirflow.cli.app import COMMANDS, load, localized
from wirflow.cli.words import pick

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = "docs/reference/commands.md"

_HEAD: Final = """\
<!-- Made by `python -m wirflow.cli.reference`; a test compares. -->

# Commands

Every command takes `--office DIR` (else `WIRFLOW_OFFICE`, else the present folder or one above it) and
`--lang de|en` (else `WIRFLOW_LANG`, else the office's language). Data goes to stdout, messages to stderr.
With `--format json` stdout is one JSON document and nothing else. `NO_COLOR` is honoured.
`wirflow --install-completion` sets up the shell.

| exit code | means |
|---|---|
| 0 | done |
| 1 | refused by a rule, or there are findings |
| 2 | wrong use or bad input |
| 3 | the world is broken: database, disk, network |
| 130 | interrupted |

`WIRFLOW_DEBUG=1` shows where an error happened; `WIRFLOW_DATABASE` overrides the database of `wirflow.toml`.

## JSON

| thing | keys |
|---|---|
| case | `key, workflow, title, state, since, data, next_deadline {name, due, fires, rule}, actions` |
| deadline | `rule, from, period, due, raw_end, steps [{date, why}], law, verified` |
| notice | `key, case, to, channel, subject, state, attempts` |
| entry of the trail | `leaf, case, seq, event, actor, from, to, occurred_at, recorded_at, digest` |

Money is text with two places (`"50000.00"`), a date is `YYYY-MM-DD`, an instant is UTC with microseconds and
`Z`. Each thing has exactly these keys, in this order. Only where one would not know what is meant, more stand
behind them: `due` tells of each deadline whose it is and what it brings (`case, workflow, title, name,
heading, kind, fires, overdue, fires_at, roles, people`); and a view of one thing tells everything that is
known of it (`status KEY`, `notices show`).

A fact that a workflow expects and that nobody knows is `null`; `fires` is the event that a deadline
brings about, or `null` if it only reminds. `status KEY` tells the case's keys first and everything else
behind them, among it `definition {hash, current}`: the version that it pins, and whether that is the newest.
"""

_SHARED: Final = frozenset({"--office", "--lang", "--help"})


def page() -> str:
    """The whole page, in English."""
    return "\n".join([_HEAD, *_commands()]) + "\n"


def _commands() -> Iterator[str]:
    for name in COMMANDS:
        command = localized(load(name), "en")
        if isinstance(command, TyperGroup):
            yield f"## `wirflow {name}`\n\n{command.help}\n"
            for verb, child in command.commands.items():
                yield from _command(f"wirflow {name} {verb}", child, level=3)
        else:
            yield from _command(f"wirflow {name}", command, level=2)


def _command(path: str, command: Any, *, level: int) -> Iterator[str]:
    parameters = [item for item in command.params if _SHARED.isdisjoint(item.opts)]
    arguments = [item for item in parameters if isinstance(item, TyperArgument)]
    options = [item for item in parameters if isinstance(item, TyperOption)]
    usage = " ".join([path, *(_placed(item) for item in arguments), *(["[OPTIONS]"] if options else [])])
    yield f"{'#' * level} `{usage}`\n\n{command.help}\n"
    if parameters:
        yield "| | means |\n|---|---|"
        for item in parameters:
            words = pick(item.help or "", "en")
            default = _default(item)
            yield f"| `{_name(item)}` | {words}{default} |"
        yield ""


def _placed(argument: Any) -> str:
    metavar = str(argument.metavar)
    return metavar if argument.required or metavar.startswith("[") else f"[{metavar}]"


def _name(item: Any) -> str:
    if isinstance(item, TyperArgument):
        return str(item.metavar)
    flag = "" if item.is_flag else f" {item.metavar}"
    return f"{item.opts[0]}{flag}"


def _default(item: Any) -> str:
    default = item.default
    if default in {None, False, ""} or item.required or isinstance(default, list | tuple):
        return ""
    return f" (default `{getattr(default, 'value', default)}`)"


if __name__ == "__main__":
    sys.stdout.write(page())
