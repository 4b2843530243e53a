"""Where an office is, and which language it speaks: all that a help page has to know of it."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Final

from wirflow.errors import InputError
from wirflow.text import LANGS, Lang, Text

FILE: Final = "wirflow.toml"
SECRET_KEY: Final = "audit.key"  # noqa: S105 - the name of a file
PUBLIC_KEY: Final = "audit.pub"
OUTBOX: Final = "outbox"

OFFICE_VARIABLE: Final = "WIRFLOW_OFFICE"


def find(start: str | None = None) -> Path | None:
    """The folder of the office: the given one, that of `WIRFLOW_OFFICE`, the one here or above, or None.

    Raises:
        InputError: an office was named and is none.
    """
    named = start or os.environ.get(OFFICE_VARIABLE)
    if named:
        folder = Path(named)
        folder = folder.parent if folder.name == FILE else folder
        if not (folder / FILE).is_file():
            raise InputError(
                Text(
                    f"{folder} ist kein Amt: es fehlt {FILE}.", f"{folder} is no office: {FILE} is missing."
                ),
                hint=Text(
                    "'wirflow init DIR' legt eines an, 'wirflow demo' ein Übungsamt.",
                    "'wirflow init DIR' makes one, 'wirflow demo' a practice office.",
                ),
            )
        return folder.resolve()
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / FILE).is_file()), None)


def peek_lang(folder: Path) -> Lang | None:
    """The language of an office as far as it can be read without judging the rest of the file."""
    try:
        with (folder / FILE).open("rb") as file:
            lang = tomllib.load(file)["office"]["lang"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return next((known for known in LANGS if known == lang), None)
