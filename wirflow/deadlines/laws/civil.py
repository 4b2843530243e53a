"""Periods of the Civil Code, §§ 186 to 193 BGB.

Sources: Bürgerliches Gesetzbuch in the version of 2 January 2002.  The wording
of these paragraphs has stood since 1900; § 193 has named the Saturday since
1965.
"""

from __future__ import annotations

from typing import Final

from wirflow.deadlines.rule import Rule, Version
from wirflow.text import Text

_ROLL_LAW: Final = "§ 193 BGB"

RULES: Final = (
    Rule(
        name="bgb-188",
        title=Text("Frist, deren Ereignistag nicht mitzählt", "Period that excludes the day of its event"),
        jurisdiction="DE",
        versions=(
            Version(
                law="§ 187 Abs. 1, § 188 BGB",
                verified=True,
                notes=Text(
                    "Nur das Ende der Frist nach § 188; für Erklärungen und Leistungen gilt bgb-193.",
                    "The bare end by § 188; for declarations and payments use bgb-193.",
                ),
            ),
        ),
    ),
    Rule(
        name="bgb-188-start",
        title=Text("Frist, deren erster Tag mitzählt", "Period that includes its first day"),
        jurisdiction="DE",
        event=Text("Beginn", "Beginning"),
        count="from",
        versions=(
            Version(
                law="§ 187 Abs. 2, § 188 BGB",
                verified=True,
                notes=Text(
                    "Laufzeiten und Lebensalter: das Ende liegt einen Tag vor dem gleichen Tag.",
                    "Terms of contracts and ages: the end lies one day before the same day.",
                ),
            ),
        ),
    ),
    Rule(
        name="bgb-190",
        title=Text(
            "Verlängerung ab Ablauf der vorigen Frist", "Extension from the expiry of the earlier period"
        ),
        jurisdiction="DE",
        event=Text("Ablauf der vorigen Frist", "Expiry of the earlier period"),
        roll="next",
        roll_law=_ROLL_LAW,
        versions=(
            Version(
                law="§ 190 BGB",
                verified=True,
                notes=Text(
                    "Endete die vorige Frist an einem freien Tag, so ist ihr Ablauf der nächste Werktag, "
                    "auf den § 193 sie verschob.",
                    "If the earlier period ended on a day off, it expired on the working day to which "
                    "§ 193 moved it.",
                ),
            ),
        ),
    ),
    Rule(
        name="bgb-191",
        title=Text(
            "Zeitraum, der nicht zusammenhängend verlaufen muss",
            "Span that need not run without a break",
        ),
        jurisdiction="DE",
        count="days-191",
        facts=("suspended",),
        versions=(
            Version(
                law="§ 191 BGB",
                verified=True,
                notes=Text(
                    "Der Monat zählt 30, das Jahr 365 Tage; unterbrochene Tage zählen nicht.",
                    "A month counts 30 days, a year 365; days of a break do not count.",
                ),
            ),
        ),
    ),
    Rule(
        name="bgb-192-start",
        title=Text("Anfang des Monats", "Beginning of the month"),
        jurisdiction="DE",
        count="month-start",
        versions=(Version(law="§ 192 BGB", verified=True),),
    ),
    Rule(
        name="bgb-192-middle",
        title=Text("Mitte des Monats", "Middle of the month"),
        jurisdiction="DE",
        count="month-middle",
        versions=(Version(law="§ 192 BGB", verified=True),),
    ),
    Rule(
        name="bgb-192-end",
        title=Text("Ende des Monats", "End of the month"),
        jurisdiction="DE",
        count="month-end",
        versions=(Version(law="§ 192 BGB", verified=True),),
    ),
    Rule(
        name="bgb-193",
        title=Text("Frist für eine Erklärung oder Leistung", "Period for a declaration or a payment"),
        jurisdiction="DE",
        roll="next",
        roll_law=_ROLL_LAW,
        versions=(
            Version(
                law="§ 187 Abs. 1, §§ 188, 193 BGB",
                verified=True,
                notes=Text(
                    "Ein bestimmter Tag ist die Frist P0D.",
                    "A certain day is the period P0D.",
                ),
            ),
        ),
    ),
    Rule(
        name="no-roll",
        title=Text("Frist, die sich nicht verschiebt", "Period that never moves"),
        jurisdiction="DE",
        versions=(
            Version(
                law="§ 187 Abs. 1, § 188 BGB",
                verified=True,
                notes=Text(
                    "Rechnet auch zurück (-P4D); ein freier Tag bleibt das Ende.",
                    "Counts back too (-P4D); a day off stays the end.",
                ),
            ),
        ),
    ),
)
