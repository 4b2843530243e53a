"""The grammar of the language: which keys a definition has, and what stands under each."""

from __future__ import annotations

from typing import Final, get_args

from wirflow.definition.model import FieldType, Tone
from wirflow.definition.shape import (
    BOOLEAN,
    EXPRESSION,
    IDENTIFIER,
    LENGTH,
    NUMBER,
    TEXT,
    TITLE,
    Key,
    Many,
    Record,
    Table,
    Word,
    one_of,
)
from wirflow.text import Text

EVERYWHERE: Final = "*"
"""As a state: every state that is not final."""

CEL_KEYWORDS: Final = frozenset(
    {
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
    }
    | {"namespace", "null", "package", "return", "true", "var", "void", "while"}
)
OWN_WORDS: Final = frozenset({"old", "today", "state", "key", "has"})
"""Names that expressions have of themselves."""

_STATE: Final = Word(
    Text('ein Zustand oder "*" für alle, die nicht final sind', 'a state, or "*" for all that are not final'),
    lambda scalar: scalar.text == EVERYWHERE or IDENTIFIER.test(scalar),
    "bad-name",
    IDENTIFIER.hint,
)
_STATES: Final = Many(_STATE)
_NAMES: Final = Many(IDENTIFIER)
_ASSIGNMENTS: Final = Table(EXPRESSION, IDENTIFIER)

_NOTICE: Final = Record(
    Text("eine Vorlage oder {template: …, to: [Rolle]}", "a template or {template: …, to: [role]}"),
    {"template": Key(IDENTIFIER, required=True), "to": Key(_NAMES)},
    bare="template",
)

_ROLE: Final = Record(Text("{title: …}", "{title: …}"), {"title": Key(TITLE)})

_FIELD: Final = Record(
    Text("{type: …, title: …}", "{type: …, title: …}"),
    {
        "type": Key(one_of(*get_args(FieldType)), required=True),
        "title": Key(TITLE),
        "required": Key(BOOLEAN),
        "expected": Key(BOOLEAN),
        "personal": Key(BOOLEAN),
        "choices": Key(
            Table(Record(Text("{title: …}", "{title: …}"), {"title": Key(TITLE)}), IDENTIFIER, listed=True)
        ),
        "default": Key(TEXT),
        "min": Key(NUMBER),
        "max": Key(NUMBER),
        "max_length": Key(LENGTH),
    },
)

_LINK: Final = Record(
    Text("{workflow: …, title: …}", "{workflow: …, title: …}"),
    {"workflow": Key(IDENTIFIER, required=True), "title": Key(TITLE)},
)

_STATE_ITEM: Final = Record(
    Text(
        "{title: …, initial: true, final: true, tone: …}", "{title: …, initial: true, final: true, tone: …}"
    ),
    {
        "title": Key(TITLE),
        "initial": Key(BOOLEAN),
        "final": Key(BOOLEAN),
        "tone": Key(one_of(*get_args(Tone))),
    },
)

_SIGNAL: Final = Record(
    Text("{to: Verknüpfung, event: Ereignis}", "{to: link, event: event}"),
    {
        "to": Key(IDENTIFIER, required=True),
        "event": Key(IDENTIFIER, required=True),
        "when": Key(EXPRESSION),
        "with": Key(_ASSIGNMENTS),
    },
)

_REQUIREMENT: Final = Record(
    Text("{when: Bedingung, else: Begründung}", "{when: condition, else: reason}"),
    {"when": Key(EXPRESSION, required=True), "else": Key(TITLE, required=True)},
)

_TRANSITION: Final = Record(
    Text("{from: …, to: …, by: …}", "{from: …, to: …, by: …}"),
    {
        "title": Key(TITLE),
        "from": Key(_STATES, required=True),
        "to": Key(IDENTIFIER),
        "by": Key(_NAMES),
        "not_by": Key(_NAMES),
        "when": Key(EXPRESSION),
        "input": Key(Table(one_of("required", "optional"), IDENTIFIER, listed=True)),
        "requires": Key(Many(_REQUIREMENT)),
        "set": Key(_ASSIGNMENTS),
        "notices": Key(Many(_NOTICE)),
        "tell": Key(Many(_SIGNAL)),
        "reopens": Key(BOOLEAN),
        "reason": Key(BOOLEAN),
    },
)

_DEADLINE: Final = Record(
    Text(
        "{while: …, on: …} oder {while: …, from: …, rule: …}",
        "{while: …, on: …} or {while: …, from: …, rule: …}",
    ),
    {
        "title": Key(TITLE),
        "while": Key(_STATES, required=True),
        "when": Key(EXPRESSION),
        "on": Key(IDENTIFIER),
        "from": Key(IDENTIFIER),
        "period": Key(TEXT),
        "rule": Key(TEXT),
        "law": Key(TEXT),
        "fires": Key(one_of("end_of_day", "start_of_day")),
        "fire": Key(IDENTIFIER),
        "remind": Key(Many(TEXT)),
        "notice": Key(_NOTICE),
    },
)

_WARNING: Final = Record(
    Text("{while: …, when: …, text: …}", "{while: …, when: …, text: …}"),
    {
        "while": Key(_STATES, required=True),
        "when": Key(EXPRESSION, required=True),
        "text": Key(TITLE, required=True),
        "source": Key(TEXT),
    },
)

VERSION: Final = Word(
    Text("1, die Fassung der Sprache", "1, the version of the language"),
    lambda scalar: scalar.text == "1",
    "version",
)

WORKFLOW: Final = Record(
    Text("eine Definition mit 'wirflow: 1' am Anfang", "a definition with 'wirflow: 1' at its head"),
    {
        "wirflow": Key(VERSION, required=True),
        "workflow": Key(IDENTIFIER, required=True),
        "title": Key(TITLE),
        "subject": Key(TITLE),
        "roles": Key(Table(_ROLE, IDENTIFIER)),
        "corrections": Key(Record(Text("{by: [Rolle]}", "{by: [role]}"), {"by": Key(_NAMES, required=True)})),
        "fields": Key(Table(_FIELD, IDENTIFIER)),
        "links": Key(Table(_LINK, IDENTIFIER)),
        "states": Key(Table(_STATE_ITEM, IDENTIFIER), required=True),
        "transitions": Key(Table(Many(_TRANSITION), IDENTIFIER)),
        "deadlines": Key(Table(_DEADLINE, IDENTIFIER)),
        "warnings": Key(Table(_WARNING, IDENTIFIER)),
    },
)
