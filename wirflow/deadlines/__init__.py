"""Legal deadlines that explain themselves.

    from wirflow.deadlines import compute

    deadline = compute("vwgo-74", date(2021, 1, 28))
    deadline.due            # 2021-03-01
    deadline.explain().de   # Aufgegeben am 28.01.2021, gilt als bekannt gegeben am …

`Period` is a length of time, `Calendar` knows the working days of a place,
`Catalogue` the rules of law, and `compute` joins them to a `Deadline`; `chain`
puts several in a row, `month_calendar` lays one out, `interest` is what a late
grant costs.  The room knows no clock, no case and no database.
"""

from __future__ import annotations

from wirflow.deadlines.case import Step
from wirflow.deadlines.catalogue import Catalogue
from wirflow.deadlines.deadline import Deadline, chain, compute
from wirflow.deadlines.facts import FACTS
from wirflow.deadlines.interest import BASE_RATES, Interest, InterestPart, interest
from wirflow.deadlines.month import Mark, Month, MonthDay, month_calendar
from wirflow.deadlines.period import Period
from wirflow.deadlines.rule import Alternative, Rule, Version
from wirflow.deadlines.spans import hours_end
from wirflow.deadlines.workdays import FIRST_YEAR, LAND_NAMES, LANDS, LAST_YEAR, PLACES, REGIONS, Calendar

__all__ = [
    "BASE_RATES",
    "FACTS",
    "FIRST_YEAR",
    "LANDS",
    "LAND_NAMES",
    "LAST_YEAR",
    "PLACES",
    "REGIONS",
    "Alternative",
    "Calendar",
    "Catalogue",
    "Deadline",
    "Interest",
    "InterestPart",
    "Mark",
    "Month",
    "MonthDay",
    "Period",
    "Rule",
    "Step",
    "Version",
    "chain",
    "compute",
    "hours_end",
    "interest",
    "month_calendar",
]
