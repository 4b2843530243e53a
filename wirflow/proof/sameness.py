"""When two moments are the same: nothing that can happen tells them apart."""

from __future__ import annotations

import itertools
from datetime import date
from typing import TYPE_CHECKING

from wirflow.deadlines import compute
from wirflow.errors import WirflowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wirflow.proof.world import Member, Node


def signature(members: Sequence[Member], node: Node) -> object:
    """What two moments have in common from which the same can happen.

    Days count by their order, and by what expressions can tell of their
    distances: neighbours, the periods that are added to them, their years.
    """
    days: set[date] = {node.today}
    periods: set[str] = set()
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
        if live:
            days |= member.domain.literals
        periods |= member.domain.periods
        years = years or member.domain.counts_years
        fine = fine or member.domain.fine
        rows.append((case.state, facts, timers, sorted(case.done), sorted(case.history.items())))
    order = sorted(days)
    rank = {day: place for place, day in enumerate(order)}

    def ranked(value: object) -> object:
        return ("day", rank[value]) if type(value) is date else value

    gaps = tuple(
        _gap(one, other, periods, years=years, fine=fine) for one, other in itertools.pairwise(order)
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


def _gap(one: date, other: date, periods: Iterable[str], *, years: bool, fine: bool) -> object:
    apart = (other - one).days
    return (
        min(apart, 2) if fine else 0,
        tuple(_compared(one, period, other) for period in sorted(periods)),
        years and one.year != other.year,
    )


_reached: dict[tuple[date, str], date] = {}


def _compared(one: date, period: str, other: date) -> int:
    reached = _reached.get((one, period))
    if reached is None:
        try:
            reached = compute("no-roll", one, period).due
        except (WirflowError, ValueError, OverflowError):
            reached = one
        _reached[one, period] = reached
    return (reached > other) - (reached < other)
