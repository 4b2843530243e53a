"""The municipal council: notice of its sessions.

Source: Hessische Gemeindeordnung, § 58 (1) sentences 2 and 3, compared with the
wording in force since 24 December 2011; earlier wordings were not at hand.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from wirflow.deadlines.period import Period
from wirflow.deadlines.rule import Alternative, Rule, Version
from wirflow.text import Text

_URGENT: Final = Alternative(
    Period(),
    "§ 58 Abs. 1 HGO",
    Text("abgekürzt: am Tag vor der Sitzung", "shortened: on the day before the session"),
)
_FULL_DAYS: Final = Text(
    "Letzter Tag für den Zugang der Ladung: zwischen ihm und der Sitzung liegen drei volle Tage. "
    "Ein freier Tag verschiebt nichts.",
    "The last day for the notice to arrive: three full days lie between it and the session. "
    "A day off moves nothing.",
)

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
                valid_until=date(2011, 12, 23),
                instead={"urgent": _URGENT},
                notes=_FULL_DAYS,
            ),
            Version(
                law="§ 58 Abs. 1 HGO",
                verified=True,
                period=Period(days=3),
                valid_from=date(2011, 12, 24),
                instead={"urgent": _URGENT},
                notes=Text(
                    f"{_FULL_DAYS.de} Verglichen mit dem Wortlaut der Fassung ab 24.12.2011, Abs. 1 Satz 2 "
                    "und 3.",
                    f"{_FULL_DAYS.en} Compared with the wording in force since 2011-12-24, para. 1 "
                    "sentences 2 and 3.",
                ),
            ),
        ),
    ),
)
