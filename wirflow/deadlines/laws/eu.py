"""Periods of the law of the European Union, for grants such as AMIF and ESF.

Source: Regulation (EEC, Euratom) No 1182/71 of 3 June 1971, articles 2 and 3.
"""

from __future__ import annotations

from typing import Final

from wirflow.deadlines.rule import Rule, Version
from wirflow.text import Text

RULES: Final = (
    Rule(
        name="eu-1182",
        title=Text("Frist des Unionsrechts", "Period of Union law"),
        jurisdiction="EU",
        count="eu",
        roll="next",
        roll_law="Art. 3 Abs. 4 VO (EWG, Euratom) 1182/71",
        versions=(
            Version(
                law="Art. 3 VO (EWG, Euratom) 1182/71",
                verified=False,
                notes=Text(
                    "Mindestens zwei Arbeitstage (Art. 3 Abs. 5); zurückgerechnete Fristen verschieben sich "
                    "nicht. Wochen und Monate enden am Tag, der dem Ereignistag entspricht; nach anderer "
                    "Lesart von Art. 3 Abs. 2 Buchst. c einen Tag später. Der frühere Tag wahrt die Frist in "
                    "jedem Fall.",
                    "At least two working days (article 3 (5)); periods counted back do not move. Weeks and "
                    "months end on the day that matches the event's; by another reading of article 3 (2) (c) "
                    "one day later. The earlier day is safe in any case.",
                ),
            ),
        ),
    ),
)
