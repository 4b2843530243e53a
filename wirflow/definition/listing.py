"""Lists as one line: how the items of a list are typed, and written so that they read back the same."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Final

from wirflow.errors import InputError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_ITEMS: Final = 1_000
"""Items of a list: what is longer is cases of their own."""

LIST_OF: Final = "list of "
"""How the kind of a list begins."""

_AMBIGUOUS: Final = re.compile(r"\d,\d{1,2}(?![\d.])")
"""Of amounts: a comma that may stand between two of them, or before the cents of one."""
_BREAKS: Final = frozenset("\n\r\t")


def kind_of(type_: str, of: str | None) -> str:
    """A type with that of its items, as one word: `money`, `list of money`."""
    # A list that does not say what it holds has its finding already; the rest is looked at all the same.
    return f"{LIST_OF}{of or 'text'}" if type_ == "list" else type_


def split(words: str, kind: str) -> list[object]:
    """The items of a list as typed: `a, b, "c, d"`, one in each line, or as JSON.

    Amounts with German commas are told apart by `;`: `1.000,00; 20,50`.

    Args:
        words: what was typed; nothing, or `[]`, is the empty list.
        kind: what the items are.

    Raises:
        InputError: it is not clear where an item ends.
    """
    text = words.strip()
    if text.startswith("["):
        try:
            found: object = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list):
            return found
    if not text:
        return []
    # Only text may hold a ';' of its own.
    between = ";" if ";" in text and kind not in {"text", "choice"} else ","
    if kind == "money" and between == "," and '"' not in text and _AMBIGUOUS.search(text):
        raise InputError(
            Text(
                f"Trennt das Komma in '{text}' Beträge oder Cent?",
                f"Does the comma in '{text}' part amounts or cents?",
            ),
            hint=Text(
                "Trennen Sie Beträge mit ';', auch einen einzelnen: 1.000,00; 20,50 oder 20,50;",
                "Part amounts by ';', a single one too: 1.000,00; 20,50 or 20,50;",
            ),
        )
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=between, skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise InputError(
            Text(f"In '{text}' fehlt ein Anführungszeichen.", f"A quote is missing in '{text}'."),
            hint=Text(
                'Ein Anführungszeichen am Anfang gehört zu einem am Ende: "a, b", c.',
                'A quote at the beginning belongs to one at the end: "a, b", c.',
            ),
        ) from error
    items: list[object] = [item for row in rows for item in row]
    # 'a,' may be a slip of somebody who deletes the last item; nothing between commas is one.
    return items[:-1] if items[-1] == "" else items


def joined(items: Sequence[str | int | bool]) -> str:
    """The items as one line that `split` reads as the same ones."""
    words = [_word(item) for item in items]
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(words)
    line = out.getvalue()
    plain = all(word and word == word.strip() and not set(word) & _BREAKS for word in words)
    return line if plain and not line.startswith("[") else json.dumps(words, ensure_ascii=False)


def _word(item: object) -> str:
    return ("false", "true")[item] if isinstance(item, bool) else str(item)


def listed(words: Iterable[str]) -> str:
    """Items as a person reads them: `a, b`, or `a; b` where one has a comma of its own."""
    found = list(words)
    return ("; " if any("," in word for word in found) else ", ").join(found)
