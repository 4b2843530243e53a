"""Staff: staff council, fixed-term contracts, registration as a job-seeker.

Sources: Teilzeit- und Befristungsgesetz of 21 December 2000, §§ 14, 15, 17;
§ 38 (1) SGB III as in force since 2009; Hessisches Personalvertretungsgesetz of
24 March 1988, § 69 (2); its successor of 28 March 2023 is unverified.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from wirflow.deadlines.period import Period
from wirflow.deadlines.rule import Alternative, Rule, Version
from wirflow.text import Text

_TZBFG_SINCE: Final = date(2001, 1, 1)
_TWO_WEEKS: Final = Period(weeks=2)
_URGENT: Final = Alternative(
    Period(weeks=1),
    "§ 69 Abs. 2 HPVG 1988",
    Text("in dringenden Fällen abgekürzt", "shortened in urgent cases"),
)

RULES: Final = (
    Rule(
        name="hpvg-69",
        title=Text("Entscheidung des Personalrats in Hessen", "Decision of the staff council in Hesse"),
        jurisdiction="HE",
        event=Text("Zustimmung beantragt", "Consent requested"),
        fixed=True,
        roll="next",
        roll_law="§ 193 BGB",
        facts=("urgent",),
        versions=(
            Version(
                law="§ 69 Abs. 2 HPVG 1988",
                verified=True,
                period=_TWO_WEEKS,
                valid_until=date(2023, 4, 5),
                instead={"urgent": _URGENT},
                notes=Text(
                    "Verglichen mit dem Wortlaut des Abs. 2: zwei Wochen nach Antragstellung, in dringenden "
                    "Fällen auf eine Woche abkürzbar.",
                    "Compared with the wording of para. 2: two weeks after the request, in urgent cases "
                    "one week.",
                ),
            ),
            Version(
                law="HPVG vom 28.03.2023",
                verified=False,
                period=_TWO_WEEKS,
                valid_from=date(2023, 4, 6),
                notes=Text(
                    "Bis 05.04.2023 galt § 69 HPVG von 1988. Dauer und Paragraf des neuen Gesetzes sind "
                    "nicht geprüft; eine Abkürzung in dringenden Fällen ist dort nicht hinterlegt.",
                    "Up to 2023-04-05 § 69 HPVG of 1988 held. Length and paragraph of the new act have not "
                    "been checked; no shortening in urgent cases is recorded for it.",
                ),
            ),
        ),
    ),
    Rule(
        name="tzbfg-14-2",
        title=Text("Befristung ohne Sachgrund", "Fixed term without a reason"),
        jurisdiction="DE",
        event=Text("Vertragsbeginn", "Contract begins"),
        count="from",
        fixed=True,
        versions=(
            Version(
                law="§ 14 Abs. 2 Satz 1 TzBfG",
                verified=True,
                period=Period(years=2),
                valid_from=_TZBFG_SINCE,
                notes=Text(
                    "Längste Gesamtdauer, einschließlich höchstens dreier Verlängerungen.",
                    "The longest total, with three prolongations at the most.",
                ),
            ),
        ),
    ),
    Rule(
        name="tzbfg-15-1",
        title=Text("Ende eines kalendermäßig befristeten Vertrags", "End of a contract for a fixed time"),
        jurisdiction="DE",
        event=Text("Vertragsbeginn", "Contract begins"),
        count="from",
        versions=(Version(law="§ 15 Abs. 1 TzBfG", verified=True, valid_from=_TZBFG_SINCE),),
    ),
    Rule(
        name="tzbfg-15-2",
        title=Text(
            "Frühestes Ende eines zweckbefristeten Vertrags", "Earliest end of a contract for a purpose"
        ),
        jurisdiction="DE",
        event=Text("Unterrichtung zugegangen", "Notice received"),
        fixed=True,
        versions=(
            Version(law="§ 15 Abs. 2 TzBfG", verified=True, period=_TWO_WEEKS, valid_from=_TZBFG_SINCE),
        ),
    ),
    Rule(
        name="tzbfg-17",
        title=Text("Klage gegen die Befristung", "Action against a fixed term"),
        jurisdiction="DE",
        event=Text("Vereinbartes Vertragsende", "Agreed end of the contract"),
        fixed=True,
        roll="next",
        roll_law="§ 46 Abs. 2 ArbGG, § 222 Abs. 2 ZPO",
        versions=(
            Version(law="§ 17 Satz 1 TzBfG", verified=True, period=Period(weeks=3), valid_from=_TZBFG_SINCE),
        ),
    ),
    Rule(
        name="sgb3-38",
        title=Text("Frühzeitige Arbeitsuchendmeldung", "Early registration as a job-seeker"),
        jurisdiction="DE",
        event=Text("Ende des Arbeitsverhältnisses", "Employment ends"),
        fixed=True,
        roll="next",
        roll_law="§ 26 Abs. 3 SGB X",
        facts=("known_on",),
        versions=(
            Version(
                law="§ 38 Abs. 1 SGB III",
                verified=True,
                period=Period(months=3, back=True),
                valid_from=date(2009, 1, 1),
                notes=Text(
                    "Drei Monate vor dem Ende; wird es später bekannt ('known_on'), drei Tage nach Kenntnis.",
                    "Three months before the end; if known only later ('known_on'), three days after.",
                ),
            ),
        ),
    ),
)
