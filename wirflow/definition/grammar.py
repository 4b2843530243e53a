"""The grammar of the language: which keys a definition has, what stands under each, and what it is for.

Reader, JSON Schema and reference are made of it: what is said here is said once.
"""

from __future__ import annotations

from typing import Final, get_args

from wirflow.definition.field import FieldType, ItemType
from wirflow.definition.grammar_children import CHILDREN, PARENT, START
from wirflow.definition.grammar_deadlines import DEADLINE
from wirflow.definition.grammar_parts import ASSIGNMENTS, CALLED, NAMES, NOTICE, STATES, TARGET
from wirflow.definition.invariant import INVARIANTS
from wirflow.definition.model import Counts, Tone
from wirflow.definition.shape import (
    BOOLEAN,
    COUNT,
    EXPRESSION,
    FACT,
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
OWN_WORDS: Final = frozenset({"old", "today", "state", "key", "has", "active", "children", "each"})
"""Names that expressions have of themselves."""

_ROLE: Final = Record(Text("{title: …}", "{title: …}"), {"title": CALLED})

_CHOICE: Final = Record(Text("{title: …}", "{title: …}"), {"title": CALLED})

_FIELD: Final = Record(
    Text("{type: …, title: …}", "{type: …, title: …}"),
    {
        "type": Key(
            one_of(*get_args(FieldType)),
            required=True,
            about=Text("Was ein Wert ist; Geld ist genau.", "What a value is; money is exact."),
        ),
        "of": Key(
            one_of(*get_args(ItemType)),
            about=Text(
                "Bei list: was jeder Wert ist; 'choices', 'min', 'max' und 'max_length' gelten je Wert.",
                "For list: what each item is; 'choices', 'min', 'max', 'max_length' hold for each item.",
            ),
        ),
        "min_items": Key(
            COUNT, about=Text("Bei list: mindestens so viele Werte.", "For list: at least so many items.")
        ),
        "max_items": Key(
            COUNT, about=Text("Bei list: höchstens so viele Werte.", "For list: at most so many items.")
        ),
        "title": CALLED,
        "required": Key(
            BOOLEAN,
            about=Text("Ohne diese Angabe beginnt kein Vorgang.", "No case starts without it."),
        ),
        "expected": Key(
            BOOLEAN,
            about=Text(
                "Solange die Angabe fehlt, gilt sie als unbekannt, nie als null oder leer.",
                "While it is absent it is shown as unknown, never as zero or as nothing.",
            ),
        ),
        "personal": Key(
            BOOLEAN,
            about=Text(
                "Personenbezogen und löschbar; die Akte behält nur einen Fingerabdruck davon.",
                "Personal and erasable; the trail keeps only a commitment to it.",
            ),
        ),
        "choices": Key(
            Table(_CHOICE, IDENTIFIER, listed=True),
            about=Text(
                "Nur bei choice: die möglichen Werte, als Liste oder je mit einem Titel.",
                "Only for choice: the possible values, as a list or each with a title.",
            ),
        ),
        "default": Key(
            FACT, about=Text("Was ein neuer Vorgang hat, wenn nichts gesagt wird.", "What a new case has.")
        ),
        "min": Key(
            NUMBER, about=Text("Bei money und integer: das Mindeste.", "For money and integer: the least.")
        ),
        "max": Key(
            NUMBER, about=Text("Bei money und integer: das Höchste.", "For money and integer: the most.")
        ),
        "max_length": Key(
            LENGTH,
            about=Text("Bei text: höchstens so viele Zeichen.", "For text: at most so many characters."),
        ),
    },
)

_LINK: Final = Record(
    Text("{workflow: …, title: …}", "{workflow: …, title: …}"),
    {
        "workflow": Key(
            IDENTIFIER,
            required=True,
            about=Text(
                "Von welchem Ablauf der verknüpfte Vorgang ist.", "Of which workflow the linked case is."
            ),
        ),
        "title": CALLED,
    },
)

_STATE_ITEM: Final = Record(
    Text(
        "{title: …, initial: true, final: true, tone: …}", "{title: …, initial: true, final: true, tone: …}"
    ),
    {
        "title": CALLED,
        "initial": Key(
            BOOLEAN,
            about=Text(
                "Hier beginnt ein Vorgang; genau ein Zustand.", "A case starts here; exactly one state."
            ),
        ),
        "final": Key(
            BOOLEAN,
            about=Text(
                "Hier ist der Vorgang zu Ende; nur 'reopens' führt hinaus.",
                "Here the case is over; only 'reopens' leads out.",
            ),
        ),
        "tone": Key(
            one_of(*get_args(Tone)),
            about=Text("Wie der Zustand gefärbt ist.", "How the state is coloured."),
        ),
    },
)

# A state may have states inside it: the shape contains itself.
_STATE_ITEM.keys["parallel"] = Key(
    BOOLEAN,
    about=Text(
        "Die Zustände darin sind Bereiche, die alle zugleich laufen.",
        "The states inside are regions that all run at once.",
    ),
)
_STATE_ITEM.keys["history"] = Key(
    BOOLEAN,
    about=Text(
        "Wer zurückkehrt, findet ihn, wie er verlassen wurde.", "Who comes back finds it as it was left."
    ),
)
_STATE_ITEM.keys["states"] = Key(
    Table(_STATE_ITEM, IDENTIFIER),
    about=Text(
        "Zustände in diesem; anderswo heißen sie mit ihm zusammen, etwa review.formal.",
        "States inside this one; elsewhere they are called together with it, such as review.formal.",
    ),
)

_SIGNAL: Final = Record(
    Text("{to: Verknüpfung, event: Ereignis}", "{to: link, event: event}"),
    {
        "to": Key(
            IDENTIFIER,
            required=True,
            about=Text(
                "Wer es erfährt: eine Verknüpfung, eine Art von Untervorgängen oder children, alle.",
                "Who is told: a link, a kind of children, or children, all of them.",
            ),
        ),
        "event": Key(
            IDENTIFIER,
            required=True,
            about=Text("Das Ereignis im anderen Vorgang.", "The event in the other case."),
        ),
        "when": Key(EXPRESSION, about=Text("Nur wenn das gilt (CEL).", "Only if this holds (CEL).")),
        "with": Key(
            ASSIGNMENTS,
            about=Text(
                "Angaben für den anderen Vorgang: dessen Feld und ein Ausdruck über diesen.",
                "Facts for the other case: its field and an expression over this one.",
            ),
        ),
    },
)

_REQUIREMENT: Final = Record(
    Text("{when: Bedingung, else: Begründung}", "{when: condition, else: reason}"),
    {
        "when": Key(
            EXPRESSION,
            required=True,
            about=Text("Was gelten muss (CEL).", "What has to hold (CEL)."),
        ),
        "else": Key(
            TITLE,
            required=True,
            about=Text(
                "Was die Person liest, wenn es nicht gilt.", "What the person reads if it does not hold."
            ),
        ),
    },
)

_TRANSITION: Final = Record(
    Text("{from: …, to: …, by: …}", "{from: …, to: …, by: …}"),
    {
        "title": CALLED,
        "from": Key(
            STATES,
            required=True,
            about=Text(
                'In welchen Zuständen es möglich ist; "*" für alle, die nicht final sind.',
                'In which states it is possible; "*" for all that are not final.',
            ),
        ),
        "to": Key(
            TARGET,
            about=Text(
                "Der neue Zustand; fehlt er, bleibt der Vorgang, wo er ist.",
                "The new state; without it the case stays where it is.",
            ),
        ),
        "by": Key(
            NAMES,
            about=Text(
                "Rollen, die es dürfen; fehlen sie, geschieht es nur durch Fristen und andere Vorgänge.",
                "Roles that may do it; without them only deadlines and other cases do.",
            ),
        ),
        "not_by": Key(
            NAMES,
            about=Text(
                "Vier Augen: nicht, wer zuletzt dieses Ereignis ausgeführt hat ('start' gehört dazu).",
                "Four eyes: not who did this event last ('start' is one, too).",
            ),
        ),
        "when": Key(
            EXPRESSION,
            about=Text(
                "Wählt unter mehreren Möglichkeiten desselben Ereignisses (CEL).",
                "Chooses among several alternatives of the same event (CEL).",
            ),
        ),
        "input": Key(
            Table(one_of("required", "optional"), IDENTIFIER, listed=True),
            about=Text(
                "Felder, die das Ereignis aufnimmt; in einer Liste sind alle nötig.",
                "Fields that the event takes; in a list all of them are required.",
            ),
        ),
        "requires": Key(
            Many(_REQUIREMENT),
            about=Text(
                "Regeln, die das Ereignis ablehnen, je mit ihrer Begründung.",
                "Rules that refuse the event, each with its reason.",
            ),
        ),
        "set": Key(
            ASSIGNMENTS,
            about=Text(
                "Felder, die daraus folgen, je mit einem Ausdruck (CEL); der Reihe nach.",
                "Fields that follow from it, each with an expression (CEL); in order.",
            ),
        ),
        "clear": Key(
            NAMES,
            about=Text(
                "Felder, die danach fehlen; 'set' sieht sie noch.",
                "Fields that are absent afterwards; 'set' still sees them.",
            ),
        ),
        "notices": Key(
            Many(NOTICE), about=Text("Wer davon ein Schreiben bekommt.", "Who is written to about it.")
        ),
        "tell": Key(
            Many(_SIGNAL),
            about=Text(
                "Ereignisse in verknüpften Vorgängen und Untervorgängen.",
                "Events in linked cases and in children.",
            ),
        ),
        "start": Key(
            Many(START),
            about=Text("Untervorgänge, die damit beginnen.", "Children that are started with it."),
        ),
        "automatic": Key(
            BOOLEAN,
            about=Text(
                "Geschieht von selbst, sobald 'when' gilt; ohne 'when', sobald alles darin am Ende ist.",
                "Happens by itself as soon as 'when' holds; without 'when', once all inside is over.",
            ),
        ),
        "reopens": Key(
            BOOLEAN,
            about=Text("Darf aus einem finalen Zustand führen.", "May lead out of a final state."),
        ),
        "reason": Key(
            BOOLEAN,
            about=Text("Die Person muss es begründen.", "The person has to give a reason."),
        ),
    },
)
_WARNING: Final = Record(
    Text("{while: …, when: …, text: …}", "{while: …, when: …, text: …}"),
    {
        "while": Key(
            STATES,
            required=True,
            about=Text(
                'In welchen Zuständen gewarnt wird; "*" für alle, die nicht final sind.',
                'In which states it is shown; "*" for all that are not final.',
            ),
        ),
        "when": Key(
            EXPRESSION,
            required=True,
            about=Text("Gewarnt wird, solange das gilt (CEL).", "Shown as long as this holds (CEL)."),
        ),
        "text": Key(TITLE, required=True, about=Text("Was zu wissen ist.", "What should be known.")),
        "source": Key(TEXT, about=Text("Wo es geschrieben steht.", "Where it is written.")),
    },
)

_MONEY: Final = Record(
    Text("{counts: …, amount: …, from: …, until: …}", "{counts: …, amount: …, from: …, until: …}"),
    {
        "title": CALLED,
        "counts": Key(
            one_of(*get_args(Counts)),
            required=True,
            about=Text(
                "Als was es in der Vorausschau zählt: wie gewiss es ist, als Kosten, als Höchstbetrag.",
                "What it counts as in the forecast: by its certainty, as a cost, or as the ceiling.",
            ),
        ),
        "while": Key(
            STATES,
            about=Text(
                'In welchen Zuständen es zählt; "*" für alle, die nicht final sind. Vorgabe: in allen.',
                'In which states it counts; "*" for all that are not final. Default: in all.',
            ),
        ),
        "when": Key(
            EXPRESSION,
            about=Text("Zählt nur, solange das gilt (CEL).", "Counts only while this holds (CEL)."),
        ),
        "amount": Key(
            EXPRESSION,
            required=True,
            about=Text(
                "Der Betrag je Jahr (CEL). Fehlt eine Angabe darin, ist er unbekannt und nicht null.",
                "The amount per year (CEL). While a fact in it is absent it is unknown, not zero.",
            ),
        ),
        "from": Key(
            EXPRESSION,
            about=Text(
                "Der erste Tag (CEL). Fehlt er, hat es schon begonnen.",
                "The first day (CEL). While it is absent, it has begun already.",
            ),
        ),
        "until": Key(
            EXPRESSION,
            about=Text(
                "Der letzte Tag (CEL). Ist er unbekannt, ist auch der Betrag unbekannt.",
                "The last day (CEL). While it is unknown, so is the amount.",
            ),
        ),
    },
)

_CORRECTIONS: Final = Record(
    Text("{by: [Rolle]}", "{by: [role]}"),
    {
        "by": Key(
            NAMES,
            required=True,
            about=Text("Rollen, die Angaben berichtigen dürfen.", "Roles that may put facts right."),
        )
    },
)

VERSION: Final = Word(
    Text("1, die Fassung der Sprache", "1, the version of the language"),
    lambda scalar: scalar.text == "1",
    "version",
    like={"enum": [1, "1"]},
)

LANGUAGE: Final = Key(
    VERSION, required=True, about=Text("Fassung der Sprache: 1.", "Version of the language: 1.")
)

WORKFLOW: Final = Record(
    Text("eine Definition mit 'wirflow: 1' am Anfang", "a definition with 'wirflow: 1' at its head"),
    {
        "wirflow": LANGUAGE,
        "workflow": Key(
            IDENTIFIER,
            required=True,
            about=Text(
                "Name des Ablaufs in Befehlen und Verknüpfungen.",
                "Name of the workflow in commands and links.",
            ),
        ),
        "title": CALLED,
        "subject": Key(
            TITLE,
            about=Text(
                "Wie ein Vorgang heißt; {key} und {Feld} werden eingesetzt.",
                "What a case is called; {key} and {field} are filled in.",
            ),
        ),
        "roles": Key(
            Table(_ROLE, IDENTIFIER),
            about=Text(
                "Wer beteiligt ist; wer welche Rolle hat, steht in wirflow.toml.",
                "Who takes part; who has which role stands in wirflow.toml.",
            ),
        ),
        "corrections": Key(
            _CORRECTIONS,
            about=Text(
                "Erlaubt das Ereignis 'correct', das Angaben berichtigt.",
                "Allows the event 'correct', which puts facts right.",
            ),
        ),
        "fields": Key(
            Table(_FIELD, IDENTIFIER),
            about=Text("Die Angaben eines Vorgangs, je mit ihrem Typ.", "The typed facts of a case."),
        ),
        "links": Key(
            Table(_LINK, IDENTIFIER),
            about=Text(
                "Andere Vorgänge, in die Bedingungen sehen und denen etwas mitgeteilt wird.",
                "Other cases that conditions look at and that are told something.",
            ),
        ),
        "parent": Key(
            PARENT,
            about=Text(
                "Von welchem Ablauf der Vorgang ist, zu dem ein solcher gehört.",
                "Of which workflow the case is that such a case belongs to.",
            ),
        ),
        "children": Key(
            Table(CHILDREN, IDENTIFIER),
            about=Text(
                "Vorgänge, die zu diesem gehören, nach Arten.", "Cases that belong to this one, by kinds."
            ),
        ),
        "states": Key(
            Table(_STATE_ITEM, IDENTIFIER),
            required=True,
            about=Text("Wo ein Vorgang stehen kann.", "Where a case may stand."),
        ),
        "transitions": Key(
            Table(Many(_TRANSITION), IDENTIFIER),
            about=Text(
                "Was geschehen kann: je Ereignis eine Möglichkeit oder mehrere, die der Reihe nach gelten.",
                "What may happen: for each event one alternative, or several that are tried in order.",
            ),
        ),
        "deadlines": Key(
            Table(DEADLINE, IDENTIFIER),
            about=Text("Fristen: was von selbst geschieht, und wann.", "What happens by itself, and when."),
        ),
        "constraints": Key(
            Many(_REQUIREMENT),
            about=Text(
                "Was zwischen den Angaben immer gelten muss, je mit seiner Begründung.",
                "What always has to hold between the facts, each with its reason.",
            ),
        ),
        "warnings": Key(
            Table(_WARNING, IDENTIFIER),
            about=Text(
                "Was zu wissen ist, obwohl nichts abgelehnt wird.",
                "What should be known though nothing is refused.",
            ),
        ),
        "invariants": INVARIANTS,
        "money": Key(
            Table(_MONEY, IDENTIFIER),
            about=Text(
                "Geld je Jahr für die Vorausschau: was sicher ist, was aussteht, was es kostet.",
                "Money per year for the forecast: what is certain, what is to come, what it costs.",
            ),
        ),
    },
)
