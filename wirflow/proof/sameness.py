"""When two moments are the same: nothing that can happen tells them apart."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from typing import TYPE_CHECKING

from wirflow.proof.domain import moved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wirflow.proof.world import Member, Node


def signature(members: Sequence[Member], node: Node) -> object:
    """What two moments have in common from which the same can happen.

    Days count by their order, and by what expressions can tell of their
    distances: neighbours, the periods that are added to them, their years.
    """
    days: set[date] = {node.today}
    periods: set[str] = set()
    spans: set[int] = set()
    years = fine = False
    rows = []
    for number, member in enumerate(members):
        case, open_ = node.cases[number], node.undecided[number]
        live = member.live(case.state)
        facts: list[tuple[str, object]] = []
        for name in sorted(live):
            if name in open_:
                facts.append((name, "?"))
            elif name in case.data:
                facts.append((name, case.data[name] if member.valued(name) else "there"))
            elif name in case.links:
                facts.append((name, "linked"))
        days |= {value for _, value in facts if type(value) is date}
        timers = [(timer.name, timer.due_at.date()) for timer in node.armed[number]]
        days |= {due for _, due in timers}
        if live or member.timed or member.subject.asks_today:
            days |= member.domain.literals
        periods |= member.domain.periods
        spans |= member.domain.spans
        years = years or member.domain.counts_years
        fine = fine or member.domain.fine
        rows.append((case.state, facts, timers, sorted(case.done), sorted(case.history.items())))
    order = sorted(days)
    rank = {day: place for place, day in enumerate(order)}

    def ranked(value: object) -> object:
        return ("day", rank[value]) if type(value) is date else value

    gaps = (
        tuple(_gap(one, other, years=years, fine=fine) for one, other in itertools.pairwise(order)),
        tuple(_placed(order, _moved(day, period) or day) for period in sorted(periods) for day in order),
        tuple(_placed(order, day + timedelta(days=span)) for span in sorted(spans) for day in order),
    )
    return (
        tuple(
            (
                state,
                tuple((name, ranked(value)) for name, value in facts),
                tuple((name, rank[due]) for name, due in timers),
                tuple(done),
                tuple(history),
            )
            for state, facts, timers, done, history in rows
        ),
        tuple((to, timer.name, tuple(sorted(timer.payload.items()))) for to, timer in node.pending),
        rank[node.today],
        gaps,
    )


def _gap(one: date, other: date, *, years: bool, fine: bool) -> object:
    apart = (other - one).days
    return min(apart, 2) if fine else 0, min(other.year - one.year, 2) if years else 0


def _placed(order: Sequence[date], day: date) -> int:
    """Where a day lies among others: before, on or after each."""
    return 2 * bisect_left(order, day) + (bisect_right(order, day) > bisect_left(order, day))


_reached: dict[tuple[date, str], date | None] = {}


def _moved(day: date, period: str) -> date | None:
    if (day, period) not in _reached:
        _reached[day, period] = moved(day, period)
    return _reached[day, period]
