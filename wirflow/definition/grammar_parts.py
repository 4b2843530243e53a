"""Pieces of the grammar that stand in several places of a definition."""

from __future__ import annotations

import re
from typing import Final

from wirflow.definition.shape import (
    EXPRESSION,
    IDENTIFIER,
    MAX_NAME,
    NAME,
    TITLE,
    Key,
    Many,
    Record,
    Table,
    Word,
    spelled,
)
from wirflow.text import Text

EVERYWHERE: Final = "*"
"""As a state: every state that is not final."""
"""As a state: every state that is not final."""

_PLACE: Final = re.compile(rf"{NAME.pattern}(?:\.{NAME.pattern})*", re.ASCII)
_MAX_PLACE: Final = 4 * MAX_NAME

TARGET: Final = Word(
    Text(
        "ein Zustand, ein innerer mit denen um ihn: review.formal",
        "a state, an inner one with those around it: review.formal",
    ),
    lambda scalar: _PLACE.fullmatch(scalar.text) is not None and len(scalar.text) <= _MAX_PLACE,
    "bad-name",
    IDENTIFIER.hint,
    spelled(_PLACE, _MAX_PLACE),
)
_STATE: Final = Word(
    Text('ein Zustand oder "*" für alle, die nicht final sind', 'a state, or "*" for all that are not final'),
    lambda scalar: scalar.text == EVERYWHERE or TARGET.test(scalar),
    "bad-name",
    IDENTIFIER.hint,
    spelled(re.compile(rf"\*|{_PLACE.pattern}", re.ASCII), _MAX_PLACE),
)
STATES: Final = Many(_STATE)
NAMES: Final = Many(IDENTIFIER)
ASSIGNMENTS: Final = Table(EXPRESSION, IDENTIFIER)

CALLED: Final = Key(
    TITLE,
    about=Text(
        "Wie es heißt; sonst der Name, mit Leerzeichen statt '_'.",
        "What a person calls it; else the name, with blanks for '_'.",
    ),
)

NOTICE: Final = Record(
    Text("eine Vorlage oder {template: …, to: [Rolle]}", "a template or {template: …, to: [role]}"),
    {
        "template": Key(
            IDENTIFIER,
            required=True,
            about=Text(
                "Name der Vorlage: templates/<Name>.de.j2 und .en.j2.",
                "Name of the template: templates/<name>.de.j2 and .en.j2.",
            ),
        ),
        "to": Key(
            NAMES,
            about=Text(
                "Rollen, die das Schreiben bekommen; sonst alle Rollen des Ablaufs.",
                "Roles that receive it; else all roles of the workflow.",
            ),
        ),
    },
    bare="template",
)
