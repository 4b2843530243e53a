"""The grammar of parents and children: what a case belongs to, and which cases belong to it."""

from __future__ import annotations

from typing import Final

from wirflow.definition.grammar_parts import ASSIGNMENTS, CALLED
from wirflow.definition.shape import EXPRESSION, IDENTIFIER, TEXT, Key, Record, Table
from wirflow.text import Text

PARENT: Final = Record(
    Text("{workflow: …, title: …}", "{workflow: …, title: …}"),
    {
        "workflow": Key(
            IDENTIFIER,
            required=True,
            about=Text(
                "Zu welchem Ablauf der übergeordnete Vorgang gehört.",
                "Of which workflow the case is that it belongs to.",
            ),
        ),
        "title": CALLED,
    },
    bare="workflow",
)

CHILDREN: Final = Record(
    Text("{workflow: …, title: …}", "{workflow: …, title: …}"),
    {
        "workflow": Key(
            IDENTIFIER,
            required=True,
            about=Text(
                "Zu welchem Ablauf diese Untervorgänge gehören.", "Of which workflow these children are."
            ),
        ),
        "title": CALLED,
    },
    bare="workflow",
)

_YEARS: Final = Record(
    Text("{from: Datum, until: Datum}", "{from: date, until: date}"),
    {
        "from": Key(
            EXPRESSION,
            required=True,
            about=Text("Der erste Tag (CEL).", "The first day (CEL)."),
        ),
        "until": Key(
            EXPRESSION,
            required=True,
            about=Text("Der letzte Tag (CEL).", "The last day (CEL)."),
        ),
    },
)

START: Final = Record(
    Text("eine Art von Untervorgängen oder {child: …}", "a kind of children or {child: …}"),
    {
        "child": Key(
            IDENTIFIER,
            required=True,
            about=Text(
                "Welche Art von Untervorgang beginnt; erklärt unter 'children'.",
                "Which kind of child is started; declared under 'children'.",
            ),
        ),
        "when": Key(EXPRESSION, about=Text("Nur wenn das gilt (CEL).", "Only if this holds (CEL).")),
        "each_year": Key(
            _YEARS,
            about=Text(
                "Je Kalenderjahr von einem Tag bis zu einem anderen einer.",
                "One for each calendar year from one day to another.",
            ),
        ),
        "each": Key(
            IDENTIFIER,
            about=Text(
                "Je Eintrag dieses Listenfeldes einer.", "One for each item of this field, which is a list."
            ),
        ),
        "with": Key(
            ASSIGNMENTS,
            about=Text(
                "Angaben des Untervorgangs: sein Feld und ein Ausdruck über diesen Vorgang.",
                "Facts of the child: its field and an expression over this case.",
            ),
        ),
        "links": Key(
            Table(IDENTIFIER, IDENTIFIER),
            about=Text(
                "Verknüpfungen des Untervorgangs: ihr Name und die Verknüpfung dieses Vorgangs.",
                "Links of the child: their name and the link of this case.",
            ),
        ),
        "key": Key(
            TEXT,
            about=Text(
                "Sein Aktenzeichen aus {key}, {year}, {item}, {number}; sonst {key}/<Name>.",
                "Its key, made of {key}, {year}, {item}, {number}; else {key}/<name>.",
            ),
        ),
    },
    bare="child",
)
