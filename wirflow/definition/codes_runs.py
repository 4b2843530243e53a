"""What is found by trying every run: `wirflow.proof`."""

from __future__ import annotations

from typing import Final

from wirflow.definition.code import Chapter, code
from wirflow.text import Text

RUNS: Final = Chapter(
    Text("Verläufe", "Runs"),
    (
        code(
            "never-reached",
            (
                "In diesen Zustand kommt kein Verlauf, obwohl ein Ereignis dorthin führt.",
                "No run comes into this state, though an event leads there.",
            ),
            (
                "Die Bedingungen auf dem Weg dorthin schließen einander aus; lockern Sie eine.",
                "The conditions on the way there exclude one another; loosen one.",
            ),
        ),
        code(
            "never-taken",
            (
                "Die Bedingungen dieses Ereignisses treffen in keinem Verlauf zusammen.",
                "The conditions of this event come together in no run.",
            ),
            (
                "Sehen Sie nach, was die Ereignisse davor aus den Angaben machen.",
                "Look at what the events before it make of the facts.",
            ),
        ),
        code(
            "never-true",
            ("Keine Angaben erfüllen diese Bedingung.", "No facts satisfy this condition."),
            ("Meist ist ein Vergleich verkehrt herum.", "Mostly a comparison is the wrong way round."),
        ),
        code(
            "always-true",
            ("Diese Bedingung lehnt nie etwas ab.", "This condition never refuses anything."),
            ("Streichen Sie sie, oder prüfen Sie, was gemeint war.", "Delete it, or see what was meant."),
            "warning",
        ),
        code(
            "hidden",
            (
                "Wo diese Möglichkeit gelten würde, gilt schon eine frühere.",
                "Wherever this alternative would hold, an earlier one holds already.",
            ),
            ("Stellen Sie die engere Bedingung voran.", "Put the narrower condition first."),
        ),
        code(
            "deadline-never-runs",
            (
                "Die Bedingung dieser Frist trifft in keinem ihrer Zustände zu.",
                "The condition of this deadline holds in none of its states.",
            ),
            ("Ändern Sie 'when' oder 'while'.", "Change 'when' or 'while'."),
        ),
        code(
            "deadline-never-due",
            (
                "Diese Frist läuft, aber bevor sie fällig wird, ist der Vorgang immer schon weiter.",
                "This deadline runs, but before it falls due the case has always moved on.",
            ),
            (
                "Streichen Sie sie, oder ändern Sie, was ihr zuvorkommt.",
                "Delete it, or change what comes before it.",
            ),
            "warning",
        ),
        code(
            "deadline-refused",
            (
                "Was diese Frist auslöst, wird in jedem Verlauf abgelehnt.",
                "What this deadline fires is refused in every run.",
            ),
            (
                "Nehmen Sie die Bedingung in das 'when' der Frist auf, oder lassen Sie sie weg.",
                "Put the condition into the 'when' of the deadline, or leave it out.",
            ),
        ),
        code(
            "dead-end",
            (
                "Hier kann ein Vorgang stecken bleiben: Jeder Weg hinaus wird abgelehnt.",
                "A case can be stuck here: each way out is refused.",
            ),
            (
                "Lassen Sie einen Weg ohne Bedingung, oder schließen Sie die Lücke zwischen den Bedingungen.",
                "Leave one way without a condition, or close the gap between the conditions.",
            ),
        ),
        code(
            "read-before-set",
            (
                "Eine Bedingung braucht eine Angabe, die erst ein späteres Ereignis ausfüllt.",
                "A condition needs a fact that only a later event fills.",
            ),
            (
                "Nehmen Sie sie als Angabe auf, oder fragen Sie mit has(), ob sie da ist.",
                "Take it as input, or ask with has() whether it is there.",
            ),
            "warning",
        ),
        code(
            "signal-refused",
            (
                "Der andere Vorgang nimmt das Ereignis nie an, wenn es gesagt wird.",
                "The other case never takes the event when it is told.",
            ),
            (
                "Sagen Sie es in Zuständen, in denen er es annimmt.",
                "Tell it in states in which that case takes it.",
            ),
        ),
        code(
            "nobody-hears",
            ("Keine Person hat eine der Rollen.", "No person has one of the roles."),
            ("Geben Sie jemandem die Rolle.", "Give somebody the role."),
            "warning",
        ),
        code(
            "invariant",
            ("Ein Verlauf bricht die Zusicherung.", "A run breaks the invariant."),
            (
                "Der Verlauf steht dabei; --counterexample schreibt ihn als Szenario.",
                "The run stands beside it; --counterexample writes it as a scenario.",
            ),
        ),
        code(
            "invariant-late",
            ("An dem Tag gilt die Zusicherung nicht.", "On the day the invariant does not hold."),
            ("Der Verlauf steht dabei.", "The run stands beside it."),
        ),
        code(
            "invariant-undecided",
            (
                "Die Zusicherung ließ sich in der Zeit weder beweisen noch widerlegen.",
                "The invariant could neither be proved nor refuted in time.",
            ),
            ("Mehr versucht: wirflow check --deep.", "More is tried by wirflow check --deep."),
            "warning",
        ),
    ),
)
