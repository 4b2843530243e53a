"""Administrative procedure and administrative courts: VwVfG and VwGO.

Sources: Verwaltungsverfahrensgesetz, § 31 (periods), § 41 (announcement; four
days from 1 January 2025 by the Postrechtsmodernisierungsgesetz of 15 July
2024), § 48 (4), § 49a; Verwaltungsgerichtsordnung, §§ 57, 58, 70, 74 with
§ 222 (2) ZPO.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from wirflow.deadlines.period import Period
from wirflow.deadlines.rule import Alternative, Rule, Version
from wirflow.text import Text

_POSTED: Final = Text("Aufgegeben", "Posted")
_ANNOUNCED: Final = Text("gilt als bekannt gegeben", "deemed to be announced")
_VWVFG_ROLL: Final = "§ 31 Abs. 3 Satz 1 VwVfG"
_COURT_ROLL: Final = "§ 57 Abs. 2 VwGO, § 222 Abs. 2 ZPO"
_FIRST_FOUR_DAYS: Final = date(2025, 1, 1)
_LAST_THREE_DAYS: Final = date(2024, 12, 31)

_NO_INSTRUCTION: Final = Alternative(
    Period(years=1),
    "§ 58 Abs. 2 Satz 1 VwGO",
    Text(
        "ohne richtige Rechtsbehelfsbelehrung gilt die Jahresfrist",
        "without a proper instruction on remedies the period is one year",
    ),
)

RULES: Final = (
    Rule(
        name="vwvfg-31",
        title=Text("Frist im Verwaltungsverfahren", "Period in administrative procedure"),
        jurisdiction="DE",
        roll="next",
        roll_law=_VWVFG_ROLL,
        facts=("named_day",),
        versions=(Version(law="§ 31 Abs. 1, 3 VwVfG, §§ 187, 188 BGB", verified=True),),
    ),
    Rule(
        name="vwvfg-31-4",
        title=Text("Zeitraum einer Leistung der Behörde", "Span of a benefit"),
        jurisdiction="DE",
        event=Text("Beginn", "Beginning"),
        count="from",
        versions=(
            Version(
                law="§ 31 Abs. 4 VwVfG, § 187 Abs. 2, § 188 BGB",
                verified=True,
                notes=Text(
                    "Endet auch an einem Sonntag, Feiertag oder Sonnabend.",
                    "Ends on a Sunday, a holiday or a Saturday too.",
                ),
            ),
        ),
        roll_law="§ 31 Abs. 4 VwVfG",
    ),
    Rule(
        name="vwvfg-31-5",
        title=Text("Von der Behörde gesetzter Termin", "Day appointed by the authority"),
        jurisdiction="DE",
        event=Text("Termin", "Appointed day"),
        count="day",
        roll_law="§ 31 Abs. 5 VwVfG",
        versions=(Version(law="§ 31 Abs. 5 VwVfG", verified=True),),
    ),
    Rule(
        name="vwvfg-31-6",
        title=Text("Frist nach Stunden", "Period by hours"),
        jurisdiction="DE",
        count="hours",
        facts=("at",),
        roll_law="§ 31 Abs. 6 VwVfG",
        versions=(
            Version(
                law="§ 31 Abs. 6 VwVfG",
                verified=True,
                notes=Text(
                    "Sonntage, Feiertage und Sonnabende zählen mit; die Uhrzeit 'at' ist nötig.",
                    "Sundays, holidays and Saturdays count; the time of day 'at' is needed.",
                ),
            ),
        ),
    ),
    Rule(
        name="vwvfg-31-7",
        title=Text("Verlängerung einer behördlichen Frist", "Extension of a period set by an authority"),
        jurisdiction="DE",
        event=Text("Ablauf der vorigen Frist", "Expiry of the earlier period"),
        roll="next",
        roll_law=_VWVFG_ROLL,
        facts=("named_day",),
        versions=(
            Version(
                law="§ 31 Abs. 7 VwVfG, § 190 BGB",
                verified=True,
                notes=Text(
                    "Auch rückwirkend, wenn die Frist schon abgelaufen ist.",
                    "Also retroactively, when the period has already expired.",
                ),
            ),
        ),
    ),
    Rule(
        name="vwvfg-41-2",
        title=Text("Bekanntgabe durch einfachen Brief", "Announcement by ordinary letter"),
        jurisdiction="DE",
        event=_POSTED,
        outcome=_ANNOUNCED,
        fixed=True,
        facts=("received_on",),
        versions=(
            Version(
                law="§ 41 Abs. 2 VwVfG",
                verified=True,
                period=Period(days=3),
                valid_until=_LAST_THREE_DAYS,
            ),
            Version(
                law="§ 41 Abs. 2 VwVfG",
                verified=True,
                period=Period(days=4),
                valid_from=_FIRST_FOUR_DAYS,
                notes=Text(
                    "Drei Tage bei Aufgabe bis 31.12.2024. Verschiebt sich nicht. Ein späterer wirklicher "
                    "Zugang geht vor. Landesrecht kann abweichen.",
                    "Three days if posted up to 2024-12-31. Does not move. A later real receipt wins. "
                    "The law of a Land may differ.",
                ),
            ),
        ),
    ),
    Rule(
        name="vwvfg-41-2a",
        title=Text("Bekanntgabe durch Abruf aus dem Netz", "Announcement by electronic retrieval"),
        jurisdiction="DE",
        event=Text("Abgerufen", "Retrieved"),
        outcome=_ANNOUNCED,
        fixed=True,
        versions=(
            Version(
                law="§ 41 Abs. 2a Satz 3 VwVfG",
                verified=True,
                period=Period(days=1),
                valid_from=date(2017, 1, 1),
            ),
        ),
    ),
    Rule(
        name="vwvfg-41-2a-retrieve",
        title=Text("Frist zum Abruf aus dem Netz", "Period for electronic retrieval"),
        jurisdiction="DE",
        event=Text("Benachrichtigt", "Notified"),
        fixed=True,
        versions=(
            Version(
                law="§ 41 Abs. 2a Satz 4 VwVfG",
                verified=True,
                period=Period(days=10),
                valid_from=date(2017, 1, 1),
                notes=Text(
                    "Danach endet die Bereitstellung; die Bekanntgabe ist nicht bewirkt.",
                    "After that the document is withdrawn and the announcement is not effected.",
                ),
            ),
        ),
    ),
    Rule(
        name="hvwvfg-41-2",
        title=Text("Bekanntgabe durch einfachen Brief in Hessen", "Announcement by ordinary letter in Hesse"),
        jurisdiction="HE",
        event=_POSTED,
        outcome=_ANNOUNCED,
        fixed=True,
        facts=("received_on",),
        versions=(
            Version(
                law="§ 41 Abs. 2 HVwVfG",
                verified=False,
                period=Period(days=3),
                notes=Text(
                    "Hessen hat ein eigenes Verwaltungsverfahrensgesetz; ob und ab wann auch dort vier Tage "
                    "gelten, ist nicht geprüft.",
                    "Hesse has an Administrative Procedure Act of its own; whether and since when four days "
                    "hold there too has not been checked.",
                ),
            ),
        ),
    ),
    Rule(
        name="vwvfg-48-4",
        title=Text("Jahresfrist für die Rücknahme", "One year for withdrawal"),
        jurisdiction="DE",
        event=Text("Kenntnis", "Knowledge"),
        fixed=True,
        roll="next",
        roll_law=_VWVFG_ROLL,
        versions=(
            Version(
                law="§ 48 Abs. 4 Satz 1 VwVfG",
                verified=True,
                period=Period(years=1),
                notes=Text(
                    "Gilt über § 49 Abs. 3 Satz 2 VwVfG auch für den Widerruf eines Zuwendungsbescheids.",
                    "Also for the revocation of an award (§ 49 (3) sentence 2 VwVfG).",
                ),
            ),
        ),
    ),
    Rule(
        name="vwgo-70",
        title=Text("Widerspruch", "Objection"),
        jurisdiction="DE",
        event=_POSTED,
        after="vwvfg-41-2",
        fixed=True,
        roll="next",
        roll_law=_COURT_ROLL,
        facts=("received_on", "announced_on", "no_instruction"),
        versions=(
            Version(
                law="§ 70 Abs. 1 VwGO",
                verified=True,
                period=Period(months=1),
                instead={"no_instruction": _NO_INSTRUCTION},
            ),
        ),
    ),
    Rule(
        name="vwgo-74",
        title=Text("Klage", "Action before the administrative court"),
        jurisdiction="DE",
        event=_POSTED,
        after="vwvfg-41-2",
        fixed=True,
        roll="next",
        roll_law=_COURT_ROLL,
        facts=("received_on", "announced_on", "no_instruction"),
        versions=(
            Version(
                law="§ 74 Abs. 1 VwGO",
                verified=True,
                period=Period(months=1),
                instead={"no_instruction": _NO_INSTRUCTION},
                notes=Text(
                    "Ein Widerspruchsbescheid wird zugestellt: dann 'announced_on' angeben.",
                    "A decision on an objection is served formally: give 'announced_on' then.",
                ),
            ),
        ),
    ),
)
