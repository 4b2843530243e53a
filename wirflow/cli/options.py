"""Options that several commands share, and how what is typed becomes values."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

import typer

from wirflow.cli import completion
from wirflow.cli.words import both
from wirflow.errors import InputError, UnknownNameError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wirflow.definition.field import Field
    from wirflow.definition.values import Value

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="FIELD=VALUE", help=both("Eine Angabe; mehrfach möglich", "A fact; may be repeated")
    ),
]
AsOption = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="PERSON", autocompletion=completion.people, help=both("Wer handelt", "Who acts")
    ),
]
OnOption = Annotated[
    str | None,
    typer.Option("--on", metavar="DATE", help=both("Tag, an dem es zählt", "Day on which it counts")),
]
DryRunOption = Annotated[
    bool,
    typer.Option("--dry-run", help=both("Nur zeigen, was geschähe", "Only show what would happen")),
]

_EXAMPLE: Final = Text("Zum Beispiel 2021-12-31 oder 31.12.2021.", "For example 2021-12-31 or 31.12.2021.")


def day(option: str, typed: str) -> date:
    """A date as typed: `2021-12-31`, `31.12.2021`.

    Raises:
        InputError: it is no date.
    """
    parts = typed.strip().split(".")
    try:
        if len(parts) == 3:  # noqa: PLR2004 - day, month, year
            return date(int(parts[2]), int(parts[1]), int(parts[0]))
        return date.fromisoformat(typed.strip())
    except ValueError as error:
        raise InputError(
            Text(f"{option}: '{typed}' ist kein Datum.", f"{option}: '{typed}' is no date."), hint=_EXAMPLE
        ) from error


def pairs(option: str, typed: Iterable[str] | None) -> dict[str, str]:
    """`name=value` as typed, several of them.

    Raises:
        InputError: one has no `=`, or a name comes twice.
    """
    found: dict[str, str] = {}
    for item in typed or ():
        name, equals, value = item.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InputError(
                Text(
                    f"{option}: '{item}' hat keine Form NAME=WERT.",
                    f"{option}: '{item}' is not of the form NAME=VALUE.",
                ),
                hint=Text(f"Zum Beispiel {option} amount=50000.", f"For example {option} amount=50000."),
            )
        if name in found:
            raise InputError(
                Text(f"{option}: '{name}' kommt zweimal vor.", f"{option}: '{name}' comes twice."),
                hint=Text("Nennen Sie es einmal.", "Name it once."),
            )
        found[name] = value
    return found


def values(fields: Mapping[str, Field], typed: Mapping[str, str]) -> dict[str, Value]:
    """What was typed for fields as values; everything that is wrong with it at once.

    Raises:
        InputError: a field is unknown or a value is wrong.
    """
    from wirflow.definition.values import parse  # noqa: PLC0415 - few commands take values

    found: dict[str, Value] = {}
    wrong: list[InputError] = []
    for name, words in typed.items():
        try:
            if name not in fields:
                raise UnknownNameError(Text("Das Feld", "The field"), name, fields)
            found[name] = parse(fields[name], words)
        except InputError as error:
            wrong.append(error)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        raise InputError(
            Text(f"{len(wrong)} Angaben gehen nicht.", f"{len(wrong)} facts are not possible."),
            hint=Text(
                "\n".join(error.explain("de").replace("\n", " ") for error in wrong),
                "\n".join(error.explain("en").replace("\n", " ") for error in wrong),
            ),
        )
    return found
