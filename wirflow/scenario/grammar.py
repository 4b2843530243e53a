"""The grammar of a scenario file: its keys, what stands under each, and what it is for."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import TYPE_CHECKING, Final, get_args

from wirflow.core.decision import NoticeKind
from wirflow.definition.portfolio import CASE, CASE_KEY, DAY, PERSON, TAG
from wirflow.definition.shape import (
    BOOLEAN,
    FACT,
    IDENTIFIER,
    TEXT,
    TITLE,
    Key,
    Many,
    Record,
    Table,
    Word,
    one_of,
    spelled,
)
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.definition.yaml import Scalar

NOTHING: Final = "none"
"""As the day of a deadline: it does not run."""

NINE: Final = time(9)
"""When something happens on a day of which no hour is said."""

_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9]{2}:[0-9]{2})?", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_PLACE: Final = re.compile(r"[a-z][a-z0-9_.]{0,240}(?: \+ [a-z][a-z0-9_.]{0,240}){0,20}")
_ACT: Final = re.compile(r"(\S{1,80}) +([a-z][a-z0-9_]{0,59})")


def moment(text: str) -> datetime:
    """A moment as a scenario writes it, in the office's own time: `2020-12-11` is at nine."""
    day, _, hour = text.partition(" ")
    found = datetime.fromisoformat(day)
    return datetime.combine(found, time.fromisoformat(hour) if hour else NINE)


def _is_moment(scalar: Scalar) -> bool:
    if not _MOMENT.fullmatch(scalar.text):
        return False
    try:
        moment(scalar.text)
    except ValueError:
        return False
    return True


MOMENT: Final = Word(
    Text(
        'ein Datum wie 2020-12-10 oder ein Zeitpunkt wie "2020-12-10 09:30"',
        'a date such as 2020-12-10 or a moment such as "2020-12-10 09:30"',
    ),
    _is_moment,
    like=spelled(_MOMENT),
)
DUE: Final = Word(
    Text("ein Datum wie 2020-12-10, oder none", "a date such as 2020-12-10, or none"),
    lambda scalar: scalar.text == NOTHING or DAY.test(scalar),
    like=spelled(re.compile(rf"{NOTHING}|{_DAY.pattern}")),
)
ACT: Final = Word(
    Text("Aktenzeichen und Ereignis, etwa WIR-KO-2 submit", "case key and event, such as WIR-KO-2 submit"),
    lambda scalar: _ACT.fullmatch(scalar.text) is not None,
    like=spelled(_ACT),
)

PLACE: Final = Word(
    Text(
        "ein Zustand, innere mit Punkt, mehrere mit ' + '",
        "a state, inner ones with a dot, several with ' + '",
    ),
    lambda scalar: _PLACE.fullmatch(scalar.text) is not None,
    "bad-name",
    like=spelled(_PLACE),
)

EXPECTED: Final = Record(
    Text("{state: …, data: …, due: …, warnings: […]}", "{state: …, data: …, due: …, warnings: […]}"),
    {
        "state": Key(
            PLACE,
            about=Text(
                "Wo der Vorgang steht; ein äußerer Zustand meint auch die inneren.",
                "Where the case stands; an outer state means the inner ones, too.",
            ),
        ),
        "data": Key(
            Table(FACT, IDENTIFIER),
            about=Text("Angaben, die er hat: Feld und Wert.", "Facts that it has: field and value."),
        ),
        "due": Key(
            Table(DUE, IDENTIFIER),
            about=Text(
                "Fristen und ihr letzter Tag; none: die Frist läuft nicht.",
                "Deadlines and their last day; none: the deadline does not run.",
            ),
        ),
        "warnings": Key(Many(IDENTIFIER), about=Text("Hinweise, die gelten.", "Warnings that hold.")),
    },
)

NOTICE: Final = Record(
    Text("{case: …, template: …, to: …, kind: …}", "{case: …, template: …, to: …, kind: …}"),
    {
        "case": Key(CASE_KEY, required=True, about=Text("Der Vorgang.", "The case.")),
        "template": Key(
            IDENTIFIER, required=True, about=Text("Die Vorlage des Schreibens.", "Its template.")
        ),
        "to": Key(
            IDENTIFIER, required=True, about=Text("Die Rolle, die es bekommt.", "The role that receives it.")
        ),
        "kind": Key(
            one_of(*get_args(NoticeKind)),
            required=True,
            about=Text(
                "Ob ein Ereignis, ein Fristende oder eine Erinnerung dazu führte.",
                "Whether an event, the end of a deadline or a reminder led to it.",
            ),
        ),
        "on": Key(DAY, about=Text("Der Tag, an dem es zählt.", "The day on which it counts.")),
    },
)

NEW: Final = Record(
    Text("{key: …, workflow: …, data: …}", "{key: …, workflow: …, data: …}"),
    {
        "key": Key(CASE_KEY, required=True, about=Text("Das Aktenzeichen.", "The key of the case.")),
        **CASE.keys,
    },
)

STEP: Final = Record(
    Text("{at: …, do: …} oder {at: …, expect: …}", "{at: …, do: …} or {at: …, expect: …}"),
    {
        "at": Key(
            MOMENT,
            required=True,
            about=Text(
                "Wann; ein Tag allein meint 09:00. Bis dahin ist geschehen, was fällig war.",
                "When; a mere day means 09:00. Until then what was due has happened.",
            ),
        ),
        "scheduler": Key(
            one_of("up", "down"),
            about=Text(
                "Ob der Zeitgeber von hier an läuft; läuft er wieder, holt er alles nach.",
                "Whether the scheduler runs from here on; when it is up again it catches up.",
            ),
        ),
        "new": Key(
            NEW,
            about=Text(
                "Ein Vorgang beginnt, geschrieben wie in einer Fallsammlung.",
                "A case starts, written as in a portfolio.",
            ),
        ),
        "do": Key(
            ACT,
            about=Text("Was jemand tut: Aktenzeichen und Ereignis.", "What somebody does: key and event."),
        ),
        "as": Key(
            TAG, about=Text("Wer es tut, oder den Vorgang anlegt.", "Who does it, or starts the case.")
        ),
        "on": Key(
            DAY, about=Text("Der frühere Tag, an dem es zählt.", "The earlier day on which it counts.")
        ),
        "set": Key(
            Table(FACT, IDENTIFIER),
            about=Text("Die Angaben dazu: Feld und Wert.", "What is given with it: field and value."),
        ),
        "reason": Key(TEXT, about=Text("Die Begründung dazu.", "The reason for it.")),
        "refused": Key(
            TEXT,
            about=Text(
                "Es muss abgelehnt werden, mit diesen Worten; true: mit irgendwelchen.",
                "It has to be refused, with these words; true: with any.",
            ),
        ),
        "expect": Key(
            Table(EXPECTED, CASE_KEY),
            about=Text("Was dann gilt, je Vorgang.", "What is so then, for each case."),
        ),
        "notices": Key(
            Many(NOTICE),
            about=Text(
                "Schreiben seit dem letzten Schritt, der welche nennt; []: keine.",
                "Notices since the last step that names some; []: none.",
            ),
        ),
        "exactly": Key(BOOLEAN, about=Text("Und keine anderen Schreiben.", "And no other notices.")),
    },
)

SAME_AS: Final = Record(
    Text("{scenario: …, states: true}", "{scenario: …, states: true}"),
    {
        "scenario": Key(
            TAG,
            required=True,
            about=Text("Das andere Szenario im selben Ordner.", "The other scenario in the same folder."),
        ),
        "states": Key(BOOLEAN, about=Text("Alle Vorgänge stehen gleich.", "All cases stand alike.")),
        "statutory_notices": Key(
            BOOLEAN,
            about=Text(
                "Dieselben Schreiben gingen hinaus, Erinnerungen ausgenommen.",
                "The same notices went out, reminders aside.",
            ),
        ),
    },
)

SCENARIO: Final = Record(
    Text("ein Szenario mit 'scenario: Name' am Anfang", "a scenario with 'scenario: name' at its head"),
    {
        "scenario": Key(TAG, required=True, about=Text("Name des Szenarios.", "Name of the scenario.")),
        "title": Key(TITLE, about=Text("Worum es geht.", "What it is about.")),
        "portfolio": Key(
            TAG, about=Text("Die Fallsammlung, mit der es beginnt.", "The portfolio with which it begins.")
        ),
        "people": Key(
            Table(PERSON, TAG),
            about=Text(
                "Weitere Beteiligte neben denen der Fallsammlung.",
                "More people beside those of the portfolio.",
            ),
        ),
        "steps": Key(
            Many(STEP), required=True, about=Text("Was der Reihe nach geschieht.", "What happens, in order.")
        ),
        "until": Key(
            MOMENT,
            about=Text("Bis wann die Uhr am Ende weiterläuft.", "To when the clock runs on at the end."),
        ),
        "same_as": Key(
            SAME_AS, about=Text("Es endet wie ein anderes Szenario.", "It ends like another scenario.")
        ),
    },
)
