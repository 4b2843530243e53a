"""The money of cases year by year: what is sure, what is not, what nobody knows, what it costs.

Which facts mean money, their definitions say (`money`).  An amount counts per
year; where a term begins or ends within one, month by month, and a month that is
not whole by its days.  What cannot be known is no number: it stays unknown.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from wirflow.clock import civil_date, start_of_day
from wirflow.core.firing import as_linked
from wirflow.definition.field import Field, FieldType
from wirflow.definition.guards import AbsentError, guards_for
from wirflow.definition.model import Counts, Money
from wirflow.simulation.course import happenings
from wirflow.simulation.simulation import Simulation
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wirflow.core.case import Case
    from wirflow.definition.guards import Scope
    from wirflow.definition.model import Workflow
    from wirflow.definition.values import Value
    from wirflow.simulation.plan import Step
    from wirflow.simulation.world import World

MAX_YEARS: Final = 50
"""How far ahead a forecast looks at most."""

_MONTHS: Final = 12
_CENT: Final = Decimal("0.01")
_BEFORE: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A line of money of one case: so much per year, from a day to a day."""

    case: str
    line: str
    title: Text
    counts: Counts
    amount: Decimal | None
    """Per year; None: unknown."""
    start: date | None
    """None: it has begun already."""
    end: date | None
    """None: it has no end, or nobody knows it; then the amount is unknown."""

    def touches(self, year: int) -> bool:
        """Whether any of its days lies in a year."""
        return (self.start is None or self.start.year <= year) and (self.end is None or year <= self.end.year)

    def in_year(self, year: int) -> Decimal | None:
        """What it comes to in a year that it touches; None: unknown."""
        if self.amount is None:
            return None
        share = sum(self._of_month(year, month) for month in range(1, _MONTHS + 1))
        exact = Fraction(self.amount) * share / _MONTHS
        return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(_CENT, ROUND_HALF_UP)

    def _of_month(self, year: int, month: int) -> Fraction:
        days = calendar.monthrange(year, month)[1]
        first, last = date(year, month, 1), date(year, month, days)
        begin, end = max(first, self.start or first), min(last, self.end or last)
        return Fraction(max((end - begin).days + 1, 0), days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a line of money of one case comes to in one year."""

    case: str
    line: str
    title: Text
    counts: Counts
    year: int
    amount: Decimal | None
    """None: unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Money by year and by certainty."""

    years: tuple[int, ...]
    shares: tuple[Share, ...]
    planned: bool
    """Each year is told as it would stand at its own end; else as the cases stand today."""

    def total(self, counts: Counts, year: int | None = None, case: str | None = None) -> Decimal:
        """What is known of one kind of money: in a year or in all, of a case or of all."""
        known = (share.amount for share in self._of(counts, year, case) if share.amount is not None)
        return sum(known, Decimal("0.00"))

    def unknown(self, counts: Counts, year: int | None = None, case: str | None = None) -> tuple[str, ...]:
        """The cases of which nobody knows how much it is."""
        found = (share.case for share in self._of(counts, year, case) if share.amount is None)
        return tuple(dict.fromkeys(found))

    def open(self, year: int | None = None, case: str | None = None) -> Decimal:
        """What a ceiling leaves that is neither approved nor, while it still may be, in prospect."""
        left = Decimal("0.00")
        places = {(share.case, share.year) for share in self._of("ceiling", year, case)}
        for key, when in places:
            taken = self.total("approved", when, key) + self.total("prospective", when, key)
            left += max(self.total("ceiling", when, key) - taken, Decimal(0))
        return left

    @property
    def cases(self) -> tuple[str, ...]:
        """The cases that have to do with money, in the order of their keys."""
        return tuple(sorted({share.case for share in self.shares}))

    def _of(self, counts: Counts, year: int | None, case: str | None) -> Iterator[Share]:
        return (
            share
            for share in self.shares
            if share.counts == counts and year in {None, share.year} and case in {None, share.case}
        )


def forecast(
    world: World,
    *,
    until: int | None = None,
    plan: Sequence[Step] | None = None,
    progress: Callable[[datetime], None] | None = None,
) -> Forecast:
    """The money of a world's cases.

    Args:
        world: the cases.
        until: the last year; the last that any line of money names if not given.
        plan: what people do.  None: the cases count as they stand.  With a plan, be it
            empty, each year counts as it would stand at its own end; what is only in
            prospect by then has not come about.
        progress: called with the instant that a plan has reached.
    """
    simulation = Simulation(world)
    terms = list(_terms(simulation, civil_date(world.now, world.profile.zone)))
    years = _years(terms, civil_date(world.now, world.profile.zone).year, until)
    shares: list[Share] = []
    if plan is None:
        shares = [share for year in years for share in _shares(terms, year)]
    else:
        left = sorted(plan, key=lambda step: step.at)
        for year in range(civil_date(world.now, world.profile.zone).year, (years[-1] if years else 0) + 1):
            end = start_of_day(date(year + 1, 1, 1), world.profile.zone) - _BEFORE
            for item in happenings(simulation, end, [step for step in left if step.at <= end]):
                if progress:
                    progress(item.recorded_at)
            left = [step for step in left if step.at > end]
            found = _shares(_terms(simulation, date(year, 12, 31)), year) if year in years else ()
            shares += [share for share in found if share.counts != "prospective"]
    return Forecast(years=years, shares=tuple(shares), planned=plan is not None)


def _years(terms: Sequence[Term], today: int, until: int | None) -> tuple[int, ...]:
    """From the first year in which anything is known to begin to the last that anything names."""
    begins = [term.start.year for term in terms if term.start]
    ends = [term.end.year for term in terms if term.end]
    first = max(today, min(begins, default=today))
    last = until if until is not None else max(ends, default=first - 1)
    return tuple(range(first, min(last, today + MAX_YEARS) + 1)) if terms else ()


def _shares(terms: Sequence[Term] | Iterator[Term], year: int) -> Iterator[Share]:
    for term in terms:
        if term.touches(year):
            yield Share(
                case=term.case,
                line=term.line,
                title=term.title,
                counts=term.counts,
                year=year,
                amount=term.in_year(year),
            )


def _terms(simulation: Simulation, today: date) -> Iterator[Term]:
    """The lines of money that count for the cases as they stand."""
    for key in sorted(simulation.cases):
        case, workflow = simulation.cases[key], simulation.definitions[key]
        if not workflow.money:
            continue
        scope = _scope(workflow, case, today, simulation)
        # A case in several states at once has them all in its state's name.
        places = set(case.state.split(" + "))
        for line in workflow.money:
            if places.intersection(line.states) and _holds(workflow, line, scope):
                yield _term(workflow, key, line, scope)


def _scope(workflow: Workflow, case: Case, today: date, simulation: Simulation) -> Scope:
    cases, pinned = simulation.cases, simulation.definitions
    linked = {name: as_linked(cases[key], pinned[key]) for name, key in case.links.items() if key in cases}
    return guards_for(workflow).scope(
        key=case.key,
        state=case.state,
        today=today,
        data=case.data,
        old=case.data,
        linked=linked,
        children=simulation.children(case.key),
    )


def _holds(workflow: Workflow, line: Money, scope: Scope) -> bool:
    try:
        return line.when is None or guards_for(workflow).holds(line.when, scope)
    except AbsentError:
        return False


def _term(workflow: Workflow, key: str, line: Money, scope: Scope) -> Term:
    amount = _value(workflow, line.amount, scope, "money")
    end = _value(workflow, line.until, scope, "date")
    start = _value(workflow, line.start, scope, "date")
    endless = line.until is not None and end is None
    return Term(
        case=key,
        line=line.name,
        title=line.title,
        counts=line.counts,
        amount=amount if isinstance(amount, Decimal) and not endless else None,
        start=start if isinstance(start, date) else None,
        end=end if isinstance(end, date) else None,
    )


def _value(workflow: Workflow, expr: str | None, scope: Scope, kind: FieldType) -> Value | None:
    """What an expression gives; None where a fact in it is absent."""
    if expr is None:
        return None
    try:
        return guards_for(workflow).value(expr, scope, Field(name=kind, type=kind, title=Text.same(kind)))
    except AbsentError:
        return None
