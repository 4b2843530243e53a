"""The grammar of deadlines: when something is due, by which rule, and who hears of it."""

from __future__ import annotations

from typing import Final

from wirflow.definition.grammar_parts import CALLED, NAMES, NOTICE, STATES
from wirflow.definition.shape import EXPRESSION, IDENTIFIER, TEXT, Key, Many, Record, Table, one_of
from wirflow.text import Text

_ESCALATION: Final = Record(
    Text("{after: P5D, to: [Rolle]}", "{after: P5D, to: [role]}"),
    {
        "after": Key(
            TEXT,
            required=True,
            about=Text(
                "Wie lange nach dem letzten Tag, etwa P5D.", "How long after the last day, such as P5D."
            ),
        ),
        "to": Key(NAMES, required=True, about=Text("Rollen, die es erfahren.", "Roles that hear of it.")),
        "unless": Key(
            NAMES,
            about=Text(
                "Nicht, wenn eines dieser Ereignisse seit der ersten Erinnerung geschehen ist.",
                "Not if one of these events has happened since the first reminder.",
            ),
        ),
        "template": Key(
            TEXT,
            about=Text(
                "Das Schreiben; sonst das der Erinnerungen.", "The notice; else that of the reminders."
            ),
        ),
    },
)

DEADLINE: Final = Record(
    Text(
        "{while: …, on: …} oder {while: …, from: …, rule: …}",
        "{while: …, on: …} or {while: …, from: …, rule: …}",
    ),
    {
        "title": CALLED,
        "while": Key(
            STATES,
            required=True,
            about=Text(
                'In welchen Zuständen sie läuft; "*" für alle, die nicht final sind.',
                'In which states it runs; "*" for all that are not final.',
            ),
        ),
        "when": Key(
            EXPRESSION,
            about=Text("Sie läuft nur, solange das gilt (CEL).", "It runs only as long as this holds (CEL)."),
        ),
        "on": Key(
            IDENTIFIER,
            about=Text(
                "Datumsfeld, das selbst der letzte Tag ist.", "Date field that is the last day itself."
            ),
        ),
        "from": Key(
            IDENTIFIER,
            about=Text("Datumsfeld, ab dem gerechnet wird.", "Date field from which is counted."),
        ),
        "period": Key(
            TEXT,
            about=Text(
                "Dauer nach ISO 8601 wie P6M, oder ein Feld vom Typ period.",
                "A period of ISO 8601 such as P6M, or a field of type period.",
            ),
        ),
        "rule": Key(
            TEXT,
            about=Text(
                "Nach welcher Vorschrift gerechnet wird, etwa vwvfg-31 oder no-roll.",
                "The rule of law by which is counted, such as vwvfg-31 or no-roll.",
            ),
        ),
        "law": Key(
            TEXT,
            about=Text(
                "Die Rechtsgrundlage, wie das Amt sie nennt.", "The legal ground, as the office names it."
            ),
        ),
        "fires": Key(
            one_of("end_of_day", "start_of_day"),
            about=Text(
                "Ob die Frist mit ihrem Tag endet (üblich) oder mit ihm beginnt.",
                "Whether it is over at the end of its day (usual) or opens with its beginning.",
            ),
        ),
        "fire": Key(
            IDENTIFIER, about=Text("Das Ereignis, das sie auslöst.", "The event that it brings about.")
        ),
        "remind": Key(
            Many(TEXT),
            about=Text(
                "Wie lange vorher erinnert wird, etwa [P6M, P1M, P2W].",
                "How long before people are reminded, such as [P6M, P1M, P2W].",
            ),
        ),
        "every": Key(
            TEXT,
            about=Text(
                "Nach welcher Dauer sie wiederkehrt, etwa P1Y.",
                "The period after which it recurs, such as P1Y.",
            ),
        ),
        "given": Key(
            Table(IDENTIFIER, IDENTIFIER),
            about=Text(
                "Was die Regel sonst wissen soll: Tatsache und Feld, etwa received_on: letter_came_on.",
                "What else the rule should know: fact and field, such as received_on: letter_came_on.",
            ),
        ),
        "escalate": Key(
            _ESCALATION,
            about=Text("Wer davon erfährt, wenn sie verstrichen ist.", "Who hears of it when it is over."),
        ),
        "notice": Key(
            NOTICE,
            about=Text(
                "Das Schreiben zu jeder Erinnerung und, wenn nichts ausgelöst wird, zum Tag selbst.",
                "Sent with each reminder, and on the day itself if nothing is fired.",
            ),
        ),
    },
)
