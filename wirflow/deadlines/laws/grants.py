"""Grants: use of funds, proof of use, retention.

Sources: § 49a VwVfG; the general conditions for project grants of the Federation
(ANBest-P, annex 2 to the administrative rules on § 44 BHO), whose text was not
at hand, so nothing here that rests on it is marked as verified; § 147 AO.
What the award says wins: a period that is given replaces these.
"""

from __future__ import annotations

from typing import Final

from wirflow.deadlines.period import Period
from wirflow.deadlines.rule import Rule, Version
from wirflow.text import Text

_ROLL_LAW: Final = "§ 31 Abs. 3 Satz 1 VwVfG"
_AWARD_WINS: Final = Text(
    "Maßgeblich ist der Zuwendungsbescheid; nennt er eine Frist, so ist sie anzugeben.",
    "The award decides; if it names a period, give that one.",
)

RULES: Final = (
    Rule(
        name="anbest-p",
        title=Text("Verwendungsnachweis", "Proof of use"),
        jurisdiction="DE",
        event=Text("Zuwendungszweck erfüllt", "Purpose fulfilled"),
        roll="next",
        roll_law=_ROLL_LAW,
        facts=("award_ends", "named_day"),
        versions=(
            Version(
                law="Nr. 6.1 ANBest-P",
                verified=False,
                period=Period(months=6),
                notes=Text(
                    f"{_AWARD_WINS.de} Mit 'award_ends' endet die Frist spätestens mit dem sechsten Monat "
                    "nach dem Bewilligungszeitraum.",
                    f"{_AWARD_WINS.en} With 'award_ends' the period ends at the latest with the sixth month "
                    "after the award's period.",
                ),
            ),
        ),
    ),
    Rule(
        name="anbest-p-interim",
        title=Text("Zwischennachweis", "Interim proof of use"),
        jurisdiction="DE",
        event=Text("Ausgaben im Haushaltsjahr", "Spending in the budget year"),
        count="year-end",
        roll="next",
        roll_law=_ROLL_LAW,
        facts=("named_day",),
        versions=(
            Version(law="Nr. 6.1 ANBest-P", verified=False, period=Period(months=4), notes=_AWARD_WINS),
        ),
    ),
    Rule(
        name="anbest-p-use",
        title=Text("Verwendung abgerufener Mittel", "Use of funds that were drawn"),
        jurisdiction="DE",
        event=Text("Ausgezahlt", "Paid out"),
        roll="next",
        roll_law=_ROLL_LAW,
        facts=("named_day",),
        versions=(
            Version(
                law="Nr. 1.4 ANBest-P",
                verified=False,
                period=Period(weeks=6),
                notes=Text(
                    f"{_AWARD_WINS.de} Ältere Fassungen nennen zwei Monate.",
                    f"{_AWARD_WINS.en} Older versions name two months.",
                ),
            ),
        ),
    ),
    Rule(
        name="anbest-p-retention",
        title=Text("Aufbewahrung der Belege", "Retention of vouchers"),
        jurisdiction="DE",
        event=Text("Verwendungsnachweis vorgelegt", "Proof of use submitted"),
        versions=(Version(law="Nr. 6 ANBest-P", verified=False, period=Period(years=5), notes=_AWARD_WINS),),
    ),
    Rule(
        name="ao-147",
        title=Text("Aufbewahrung von Büchern", "Retention of books"),
        jurisdiction="DE",
        event=Text("Entstanden", "Made"),
        count="year-end",
        versions=(
            Version(
                law="§ 147 Abs. 3, 4 AO",
                verified=True,
                period=Period(years=10),
                notes=Text(
                    "Läuft ab dem Schluss des Kalenderjahres. Für andere Unterlagen kürzer anzugeben.",
                    "Runs from the end of the calendar year. Give the shorter period for other documents.",
                ),
            ),
        ),
    ),
    Rule(
        name="vwvfg-49a-4",
        title=Text("Alsbaldige Verwendung einer Leistung", "Prompt use of a grant"),
        jurisdiction="DE",
        event=Text("Ausgezahlt", "Paid out"),
        roll="next",
        roll_law=_ROLL_LAW,
        facts=("named_day",),
        versions=(
            Version(
                law="§ 49a Abs. 4 VwVfG",
                verified=True,
                notes=Text(
                    "Die Frist nennt der Bescheid; danach Zinsen: 5 Prozentpunkte über dem Basiszinssatz.",
                    "The award names the period; interest of 5 points above the base rate from then on.",
                ),
            ),
        ),
    ),
)
