"""The municipal council: notice of its sessions.

Source: Hessische Gemeindeordnung, § 58 (1); its text was not at hand, so the rule
is not marked as verified.
"""

from __future__ import annotations

from typing import Final

from wirflow.deadlines.period import Period
from wirflow.deadlines.rule import Alternative, Rule, Version
from wirflow.text import Text

RULES: Final = (
    Rule(
        name="hgo-58",
        title=Text("Ladung zur Sitzung der Gemeindevertretung", "Notice of a council session"),
        jurisdiction="HE",
        event=Text("Sitzung", "Session"),
        count="back",
        fixed=True,
        facts=("urgent",),
        roll_law="§ 58 Abs. 1 HGO",
        versions=(
            Version(
                law="§ 58 Abs. 1 HGO",
                verified=False,
                period=Period(days=3),
                instead={
                    "urgent": Alternative(
                        Period(),
                        "§ 58 Abs. 1 HGO",
                        Text("abgekürzt: am Tag vor der Sitzung", "shortened: on the day before the session"),
                    )
                },
                notes=Text(
                    "Letzter Tag für den Zugang der Ladung: zwischen ihm und der Sitzung liegen drei "
                    "volle Tage. Ein freier Tag verschiebt nichts.",
                    "The last day for the notice to arrive: three full days lie between it and the session. "
                    "A day off moves nothing.",
                ),
            ),
        ),
    ),
)
