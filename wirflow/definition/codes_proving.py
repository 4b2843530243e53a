"""What is found beyond a single file: by proofs, in cases and scenarios, in an office."""

from __future__ import annotations

from typing import Final

from wirflow.definition.code import Chapter, code, unknown
from wirflow.text import Text

PROOF: Final = Chapter(
    Text("Beweise", "Proofs"),
    (
        code(
            "unreachable",
            ("Diesen Zustand erreicht kein Vorgang.", "No case ever reaches this state."),
            (
                "Lassen Sie ein Ereignis dorthin führen, oder streichen Sie den Zustand.",
                "Let an event lead there, or delete the state.",
            ),
        ),
        code(
            "no-way-out",
            (
                "Aus diesem Zustand führt nichts, was jemand tut oder was von selbst geschieht.",
                "Nothing that anybody does and nothing that happens by itself leads out of this state.",
            ),
            ("Ist er ein Ende, schreiben Sie: final: true.", "If it is an end, write: final: true."),
        ),
        code(
            "no-end",
            ("Von hier führt kein Weg zu einem Ende.", "No way leads from here to an end."),
            (
                "Lassen Sie ein Ereignis zu einem finalen Zustand führen.",
                "Let an event lead to a final state.",
            ),
            "warning",
        ),
        code(
            "never-usable",
            ("Dieses Ereignis löst nichts und niemand aus.", "Nobody and nothing brings this event about."),
            (
                "Nennen Sie Rollen ('by'), oder lassen Sie eine Frist oder einen Vorgang es auslösen.",
                "Name roles ('by'), or let a deadline or another case bring it about.",
            ),
            "warning",
        ),
        code(
            "shadowed",
            ("Eine frühere Möglichkeit gewinnt immer.", "An earlier alternative always wins."),
            ("Geben Sie ihr ein 'when', oder ordnen Sie um.", "Give it a 'when', or change the order."),
        ),
        code(
            "crosses-regions",
            (
                "Ein Übergang führt von einem Bereich eines parallelen Zustands in einen anderen.",
                "A transition leads from one region of a parallel state into another.",
            ),
            (
                "Lassen Sie ihn in seinem Bereich, oder den äußeren Zustand verlassen.",
                "Let it stay in its region, or leave the state around it.",
            ),
        ),
        code(
            "final-left",
            ("Ein Ereignis führt aus einem Ende hinaus.", "An event leads out of an end."),
            ("Ist das gewollt, schreiben Sie: reopens: true.", "If so intended, write: reopens: true."),
        ),
        code(
            "reopens-nothing",
            (
                "'reopens' steht, wo aus keinem Ende hinausgeführt wird.",
                "'reopens' stands where no end is left.",
            ),
            ("Es kann entfallen.", "It can go."),
            "warning",
        ),
        code(
            "unknown-rule",
            ("Diese Regel des Rechts gibt es nicht.", "There is no such rule of law."),
            (
                "Die Seite über Fristen nennt alle; eigene stehen in wirflow.toml.",
                "The page about deadlines names all; own ones stand in wirflow.toml.",
            ),
        ),
        code(
            "missing-period",
            (
                "Die Regel bestimmt keine Dauer, und keine ist genannt.",
                "The rule sets no period, and none is given.",
            ),
            ("Etwa: period: P1M.", "For instance: period: P1M."),
        ),
        code(
            "fixed-period",
            ("Die Dauer bestimmt allein das Gesetz.", "The law alone sets the period."),
            ("Streichen Sie 'period'.", "Delete 'period'."),
        ),
        code(
            "fact-without-use",
            (
                "'given' sagt etwas, wonach die Vorschrift nicht fragt; so ließe sich nicht rechnen.",
                "'given' tells what the rule of law does not ask for; so nothing could be computed.",
            ),
            (
                "Streichen Sie es, oder wählen Sie eine Regel, die danach fragt.",
                "Delete it, or choose a rule that asks for it.",
            ),
        ),
        code(
            "cannot-fire",
            (
                "Die Frist läuft in einem Zustand, in dem es ihr Ereignis nicht gibt.",
                "The deadline runs in a state in which its event does not exist.",
            ),
            (
                "Nehmen Sie den Zustand in 'from' auf, oder aus 'while'.",
                "Add the state to 'from', or take it out of 'while'.",
            ),
        ),
        code(
            "missing-input",
            (
                "Eine Frist oder ein anderer Vorgang kann nicht geben, was das Ereignis verlangt.",
                "A deadline or another case cannot give what the event requires.",
            ),
            (
                "Verlangen Sie es nicht, oder geben Sie es in 'with' mit.",
                "Do not require it, or give it in 'with'.",
            ),
        ),
        code(
            "not-an-input",
            ("Gegeben wird, was das Ereignis nicht nimmt.", "Given is what the event does not take."),
            ("Nehmen Sie das Feld in sein 'input' auf.", "Add the field to its 'input'."),
        ),
        code(
            "automatic-cycle",
            (
                "Automatische Übergänge folgen aufeinander ohne Ende; das Ereignis scheitert.",
                "Automatic transitions follow one another without end; the event fails.",
            ),
            (
                "Geben Sie einem von ihnen ein 'when', das einmal nicht mehr gilt.",
                "Give one of them a 'when' that at some point holds no longer.",
            ),
        ),
        code(
            "signal-cycle",
            (
                "Vorgänge stoßen sich ohne Bedingung immer wieder an.",
                "Cases set each other off again and again, without a condition.",
            ),
            ("Geben Sie einem der Signale ein 'when'.", "Give one of the signals a 'when'."),
            "warning",
        ),
        code(
            "start-cycle",
            (
                "Vorgänge beginnen einander ohne Bedingung immer wieder.",
                "Cases start one another again and again, without a condition.",
            ),
            ("Geben Sie einem der Anfänge ein 'when'.", "Give one of the starts a 'when'."),
        ),
        code(
            "template",
            (
                "Eine Vorlage fehlt, oder nennt, was es nicht gibt.",
                "A template is missing, or names what is not there.",
            ),
            (
                "Beide Sprachen gehören dazu: templates/<Name>.de.j2 und .en.j2.",
                "It takes both languages: templates/<name>.de.j2 and .en.j2.",
            ),
        ),
        code(
            "unused-role",
            ("Diese Rolle darf nichts und erfährt nichts.", "This role may do nothing and hears of nothing."),
            ("Streichen Sie sie, oder geben Sie ihr etwas zu tun.", "Delete it, or give it something to do."),
            "warning",
        ),
        code(
            "unused-field",
            (
                "Kein Ereignis nimmt dieses Feld auf, und kein Ausdruck liest es.",
                "No event takes this field and no expression reads it.",
            ),
            (
                "Streichen Sie es, oder nehmen Sie es in ein 'input' auf.",
                "Delete it, or add it to an 'input'.",
            ),
            "warning",
        ),
    ),
)

CASES: Final = Chapter(
    Text("Fallsammlungen, Szenarien und Pläne", "Portfolios, scenarios and plans"),
    (
        unknown("case", "Einen Vorgang", "case", known=("in der Fallsammlung", "in the portfolio")),
        unknown("person", "Eine Person", "person", known=("unter 'people'", "under 'people'")),
        unknown("portfolio", "Eine Fallsammlung", "portfolio", known=("in ihrer Datei", "in its file")),
        unknown("scenario", "Ein Szenario", "scenario", known=("im selben Ordner", "in the same folder")),
        unknown("deadline", "Eine Frist", "deadline", known=("im Workflow", "in the workflow")),
        unknown("warning", "Einen Hinweis", "warning", known=("im Workflow", "in the workflow")),
        unknown(
            "template",
            "Ein Schreiben",
            "notice",
            known=(
                "unter 'notices' oder 'notice' des Workflows",
                "under 'notices' or 'notice' of the workflow",
            ),
        ),
        code(
            "missing-field",
            (
                "Ohne diese Angabe kann der Vorgang nicht beginnen.",
                "The case cannot start without this fact.",
            ),
            (
                "Schreiben Sie sie unter 'data', bei einem Untervorgang unter 'with'.",
                "Write it under 'data'; of a child that is started, under 'with'.",
            ),
        ),
        code(
            "back-in-time",
            (
                "Ein Schritt liegt vor dem vorigen, oder etwas zählt später, als es geschieht.",
                "A step lies before the one above it, or something counts later than it happens.",
            ),
            ("Ordnen Sie die Schritte nach der Zeit.", "Put the steps in the order of time."),
        ),
        code(
            "idle-step",
            ("In diesem Schritt geschieht nichts.", "Nothing happens in this step."),
            (
                "Ein Schritt hat 'do', 'expect', 'notices', 'new' oder 'scheduler'.",
                "A step has 'do', 'expect', 'notices', 'new' or 'scheduler'.",
            ),
        ),
        code(
            "past",
            ("Ein Schritt des Plans liegt in der Vergangenheit.", "A step of the plan lies in the past."),
            ("Ein Plan beginnt heute oder später.", "A plan begins today or later."),
        ),
        code(
            "future",
            ("Etwas zählt später, als es geschieht.", "Something counts later than it happens."),
            ("'on' nennt einen früheren Tag als 'at'.", "'on' names an earlier day than 'at'."),
        ),
    ),
)

OFFICE: Final = Chapter(
    Text("Das Amt und seine Tabellen", "The office and its tables"),
    (
        code(
            "own-rule",
            (
                "Eine eigene Fristenregel oder ein eigener freier Tag in wirflow.toml ist falsch.",
                "A rule of law or a day off of the office's own in wirflow.toml is wrong.",
            ),
            ("Die Meldung nennt den Schlüssel.", "The message names the key."),
        ),
        code(
            "unknown-role-of-person",
            (
                "Eine Person hat in wirflow.toml eine Rolle, die in keinem Workflow vorkommt.",
                "In wirflow.toml a person has a role that no workflow has.",
            ),
            (
                "Schreiben Sie die Rolle wie im Workflow unter 'roles', oder streichen Sie sie.",
                "Write the role as the workflow does under 'roles', or strike it out.",
            ),
        ),
        code(
            "bad-csv",
            ("Die Datei ist kein CSV.", "The file is no CSV."),
            ("Speichern Sie sie als CSV in UTF-8.", "Save it as CSV in UTF-8."),
        ),
        code(
            "missing-column",
            ("Eine nötige Spalte fehlt.", "A required column is missing."),
            ("Nötig sind 'key' und 'workflow'.", "Required are 'key' and 'workflow'."),
        ),
        unknown("column", "Eine Spalte", "column", known=("in einem Workflow", "in a workflow")),
        code(
            "duplicate-column",
            ("Eine Spalte kommt zweimal vor.", "A column comes twice."),
            ("Streichen Sie eine.", "Delete one."),
        ),
        code(
            "missing-cell",
            ("In einer Zeile fehlt, was jede braucht.", "A line lacks what each needs."),
            ("Schreiben Sie Aktenzeichen und Workflow dazu.", "Add the key of the case and its workflow."),
        ),
        code(
            "too-many-cells",
            ("Eine Zeile hat mehr Zellen als der Kopf.", "A line has more cells than the head."),
            (
                "Text mit Trennzeichen steht in Anführungszeichen.",
                "Text with a separator in it stands in quotes.",
            ),
        ),
        code(
            "bad-value",
            ("Ein Wert ist für sein Feld nicht möglich.", "A value is not possible for its field."),
            ("Die Meldung nennt, was möglich ist.", "The message tells what is possible."),
        ),
    ),
)
