"""What the reader finds: in the syntax of a file, in its keys and values, in its expressions."""

from __future__ import annotations

from typing import Final

from wirflow.definition.code import Chapter, code, unknown
from wirflow.text import Text

FILE: Final = Chapter(
    Text("Die Datei und ihre Schreibweise", "The file and its syntax"),
    (
        code(
            "no-file",
            ("Die Datei fehlt oder ist nicht lesbar.", "The file is missing or cannot be read."),
            ("Prüfen Sie Pfad und Rechte.", "Check the path and the permissions."),
        ),
        code(
            "too-large",
            ("Die Datei ist größer als 1 MiB.", "The file is larger than 1 MiB."),
            ("Teilen Sie sie auf.", "Split it."),
        ),
        code(
            "too-many",
            ("Die Datei hat mehr als 12.000 Einträge.", "The file has more than 12,000 entries."),
            ("Teilen Sie sie auf.", "Split it."),
        ),
        code(
            "too-deep",
            (
                "YAML ist tiefer als 50 Ebenen geschachtelt, oder ein Ausdruck tiefer als 32.",
                "YAML is nested deeper than 50 levels, or an expression deeper than 32.",
            ),
            ("Schreiben Sie es flacher.", "Write it flatter."),
        ),
        code(
            "empty",
            ("In der Datei steht nichts.", "Nothing stands in the file."),
            ("Ein Workflow beginnt mit 'wirflow: 1'.", "A workflow starts with 'wirflow: 1'."),
        ),
        code(
            "binary",
            ("Die Datei enthält Nullbytes und ist kein Text.", "The file has NUL bytes and is no text."),
            ("Speichern Sie sie als Text in UTF-8.", "Save it as text in UTF-8."),
        ),
        code(
            "encoding",
            ("Die Datei ist nicht in UTF-8 geschrieben.", "The file is not written in UTF-8."),
            ("Speichern Sie sie in UTF-8.", "Save it in UTF-8."),
        ),
        code(
            "syntax",
            ("Das ist kein YAML, oder kein Ausdruck.", "This is no YAML, or no expression."),
            (
                "Meist fehlt ein Anführungszeichen oder eine Klammer, oder die Einrückung ist falsch.",
                "Most often a quotation mark or a bracket is missing, or the indentation is wrong.",
            ),
        ),
        code(
            "alias",
            ("Anker und Verweise gibt es hier nicht.", "There are no anchors and aliases here."),
            (
                "Schreiben Sie den Wert aus; Text, der mit * oder & beginnt, steht in Anführungszeichen.",
                "Write the value out; text that starts with * or & stands in quotes.",
            ),
        ),
        code(
            "tag",
            ("Typangaben gibt es hier nicht.", "There are no tags here."),
            (
                "Lassen Sie sie weg; Text, der mit ! beginnt, steht in Anführungszeichen.",
                "Leave it out; text that starts with ! stands in quotes.",
            ),
        ),
        code(
            "documents",
            ("In der Datei beginnt ein zweites Dokument.", "A second document starts in the file."),
            ("Eine Datei enthält genau eines.", "A file holds exactly one."),
        ),
        code(
            "tab",
            ("Ein Tabulator steht, wo Leerzeichen einrücken.", "A tab stands where blanks indent."),
            ("Üblich sind zwei Leerzeichen je Ebene.", "Two blanks for each level are usual."),
        ),
        code(
            "character",
            (
                "Ein unsichtbares Zeichen, oder eines, das die Schreibrichtung wendet.",
                "An invisible character, or one that turns the direction of writing.",
            ),
            ("Löschen Sie es und tippen Sie die Stelle neu.", "Delete it and type the passage anew."),
        ),
        code(
            "line-break",
            ("Ein Zeilenende, das YAML nicht kennt.", "A line break that YAML does not know."),
            ("Zeilen enden mit LF oder CRLF.", "Lines end with LF or CRLF."),
        ),
        code(
            "duplicate-key",
            ("Ein Schlüssel steht zweimal.", "A key stands twice."),
            ("Fassen Sie beide zusammen, oder benennen Sie einen um.", "Join the two, or rename one."),
        ),
        code(
            "key-shape",
            ("Ein Schlüssel ist eine Liste oder Gruppe.", "A key is a list or a mapping."),
            (
                "Text, der mit [ oder { beginnt, steht in Anführungszeichen.",
                "Text that starts with [ or { stands in quotes.",
            ),
        ),
        code(
            "version",
            ("'wirflow: 1' oder YAML 1.2 ist nicht gemeint.", "It is not 'wirflow: 1', or not YAML 1.2."),
            ("Schreiben Sie: wirflow: 1.", "Write: wirflow: 1."),
        ),
    ),
)

SHAPE: Final = Chapter(
    Text("Schlüssel, Namen und Werte", "Keys, names and values"),
    (
        code(
            "unknown-key",
            ("Diesen Schlüssel gibt es hier nicht.", "There is no such key here."),
            (
                "Das JSON Schema ('wirflow check --schema') lässt den Editor die richtigen vorschlagen.",
                "With the JSON Schema ('wirflow check --schema') an editor offers the right ones.",
            ),
        ),
        code(
            "missing-key",
            ("Ein nötiger Schlüssel fehlt.", "A required key is missing."),
            ("Schreiben Sie ihn dazu.", "Add it."),
        ),
        code(
            "wrong-shape",
            (
                "Eine Liste, wo ein Wert erwartet wird, und dergleichen.",
                "A list where a value is expected, and the like.",
            ),
            ("Die Meldung nennt, was hier stehen kann.", "The message tells what may stand here."),
        ),
        code(
            "no-value",
            ("Hinter dem Schlüssel steht nichts.", "Nothing stands behind the key."),
            (
                "Schreiben Sie den Wert dazu, oder löschen Sie die Zeile.",
                "Add the value, or delete the line.",
            ),
        ),
        code(
            "wrong-value",
            ("Dieser Wert ist hier nicht möglich.", "This value is not possible here."),
            ("Die Meldung nennt, was möglich ist.", "The message tells what is possible."),
        ),
        code(
            "wrong-type",
            (
                "Ein Feld oder ein Ausdruck ist von einem anderen Typ als gebraucht.",
                "A field or an expression is of another type than needed.",
            ),
            ("Nehmen Sie ein Feld des genannten Typs.", "Take a field of the type that is told."),
        ),
        code(
            "wrong-limit",
            (
                "Eine Grenze wie min, choices oder max_items steht bei einem anderen Typ oder über Kreuz.",
                "A limit such as min, choices or max_items stands at another type, or is crossed.",
            ),
            ("Löschen Sie die Grenze, oder ändern Sie den Typ.", "Delete the limit, or change the type."),
        ),
        code(
            "wrong-subject",
            ("Aus 'subject' lässt sich kein Titel bilden.", "No title can be made of 'subject'."),
            (
                "Möglich sind {key} und {Feld}, sonst nichts in Klammern.",
                "Only {key} and {field} may stand in braces.",
            ),
        ),
        code(
            "bad-name",
            ("Das ist kein Name.", "This is no name."),
            (
                "Namen bestehen aus a-z, Ziffern und _, beginnen mit einem Buchstaben und enden nicht mit _.",
                "Names are made of a-z, digits and _, begin with a letter and do not end in _.",
            ),
        ),
        code(
            "bad-date",
            ("Das ist kein Tag des Kalenders.", "This is no day of the calendar."),
            ('Schreiben Sie ihn so: date("2025-12-31").', 'Write it like this: date("2025-12-31").'),
        ),
        code(
            "bad-period",
            ("Das ist kein Zeitraum, oder hier nicht möglich.", "This is no period, or not possible here."),
            ("Etwa P6M, P2W oder P10D.", "Such as P6M, P2W or P10D."),
        ),
        code(
            "reserved-name",
            ("Der Name hat schon eine Bedeutung.", "The name has a meaning already."),
            ("Wählen Sie einen anderen.", "Choose another."),
        ),
        code(
            "name-taken",
            ("Etwas anderes heißt schon so.", "Something else is called so already."),
            ("Wählen Sie einen anderen Namen.", "Choose another name."),
        ),
        code(
            "not-a-child",
            (
                "Vorgänge dieses Ablaufs gehören nicht zu solchen wie diesem.",
                "Cases of that workflow do not belong to ones like this.",
            ),
            (
                "Schreiben Sie dort 'parent: {workflow: …}' mit dem Namen dieses Ablaufs.",
                "Write there 'parent: {workflow: …}' with the name of this workflow.",
            ),
        ),
        code(
            "duplicate-item",
            ("Etwas steht zweimal in einer Liste.", "Something stands twice in a list."),
            ("Streichen Sie eines.", "Delete one."),
            "warning",
        ),
        code(
            "duplicate-workflow",
            ("Zwei Dateien bestimmen denselben Workflow.", "Two files define the same workflow."),
            ("Benennen Sie einen um.", "Rename one of them."),
        ),
        code(
            "initial-state",
            (
                "Kein Zustand ist der Anfang, oder mehrere sind es.",
                "No state is the initial one, or several are.",
            ),
            ("Genau einer hat 'initial: true'.", "Exactly one has 'initial: true'."),
        ),
        code(
            "on-or-from",
            (
                "Eine Frist hat 'on' und 'from', keines von beiden, oder 'on' mit einer Dauer.",
                "A deadline has both 'on' and 'from', neither, or 'on' with a period.",
            ),
            (
                "'on' nennt ein Feld mit dem letzten Tag, 'from' eines, ab dem gerechnet wird.",
                "'on' names a field with the last day, 'from' one from which is counted.",
            ),
        ),
        code(
            "no-recipient",
            ("Ein Schreiben geht an niemanden.", "A notice goes to nobody."),
            ("Nennen Sie Rollen: to: [clerk].", "Name roles: to: [clerk]."),
        ),
        code(
            "always-or-eventually",
            (
                "Eine Zusicherung hat beides, keines von beiden, oder 'given' ohne 'eventually'.",
                "An invariant has both 'always' and 'eventually', neither, or 'given' without 'eventually'.",
            ),
            (
                "'always' sagt, was immer gilt; 'eventually', was spätestens an einem Tag gilt.",
                "'always' says what holds at all times; 'eventually' what holds on a day at the latest.",
            ),
        ),
        unknown("workflow", "Einen Workflow", "workflow", known=("in seiner Datei", "in its file")),
        unknown("state", "Einen Zustand", "state", known=("unter 'states'", "under 'states'")),
        unknown("role", "Eine Rolle", "role", known=("unter 'roles'", "under 'roles'")),
        unknown("field", "Ein Feld", "field", known=("unter 'fields'", "under 'fields'")),
        unknown("link", "Eine Verknüpfung", "link", known=("unter 'links'", "under 'links'")),
        unknown(
            "child",
            "Eine Art von Untervorgängen",
            "kind of children",
            known=("unter 'children'", "under 'children'"),
        ),
        unknown("event", "Ein Ereignis", "event", known=("unter 'transitions'", "under 'transitions'")),
        unknown(
            "fact",
            "Eine Tatsache",
            "fact of law",
            known=("auf der Seite über Fristen", "on the page about deadlines"),
        ),
    ),
)

EXPRESSION: Final = Chapter(
    Text("Ausdrücke", "Expressions"),
    (
        code(
            "too-long",
            ("Ein Ausdruck hat mehr als 2.000 Zeichen.", "An expression has more than 2,000 characters."),
            ("Teilen Sie ihn auf mehrere Regeln auf.", "Split it into several rules."),
        ),
        code(
            "unknown-name",
            ("Weder Feld noch Verknüpfung heißt so.", "No field and no link is called so."),
            (
                "Text steht in Anführungszeichen; Felder stehen ohne.",
                "Text stands in quotes; fields stand without.",
            ),
        ),
        code(
            "unknown-function",
            ("Diese Funktion gibt es nicht.", "There is no such function."),
            (
                "Die Seite über die Sprache nennt alle Funktionen.",
                "The page about the language names all functions.",
            ),
        ),
        code(
            "not-a-choice",
            (
                "Verglichen wird mit etwas, das das Feld nie sein kann.",
                "It is compared with what the field can never be.",
            ),
            ("Nehmen Sie einen der Werte unter 'choices'.", "Take one of the values under 'choices'."),
        ),
        code(
            "out-of-range",
            (
                "Ein fester Wert führt über die Grenzen von Zahlen oder Daten hinaus.",
                "A literal leads out of the bounds of numbers or dates.",
            ),
            ("Nehmen Sie einen kleineren.", "Take a smaller one."),
        ),
    ),
)
