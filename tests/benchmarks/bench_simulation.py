"""Simulating: 1,000 cases of the council paper over five years, in memory."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.benchmarks.result import Result
from tests.scenarios.runner import ROOT, workflows
from wirflow.core.opening import NewCase
from wirflow.core.profile import Profile
from wirflow.definition.person import Person
from wirflow.definition.portfolio import read_portfolio
from wirflow.render import Templates
from wirflow.simulation import Armed, Simulation, World, happenings

if TYPE_CHECKING:
    from wirflow.definition.portfolio import Portfolio

CASES = 1000
ROUNDS = 3
BEGIN = datetime(2020, 12, 10, 11, tzinfo=UTC)
END = datetime(2025, 12, 31, 22, 59, tzinfo=UTC)


def many(cases: int) -> World:
    """As many cases as asked for: the council paper's portfolio, again and again under other keys."""
    path = ROOT / "workflows" / "portfolios" / "wiesbaden-20-V-33-0003.yaml"
    portfolio = read_portfolio(path, workflows()).checked()
    people = {
        item.id: Person(id=item.id, name=item.name, email=item.email, roles=frozenset(item.roles))
        for item in portfolio.people
    }
    empty = World(
        now=BEGIN,
        cases={},
        definitions={},
        timers=(),
        profile=Profile(name="Amt", people=people),
        templates=Templates([ROOT / "templates"]),
        newest=workflows(),
    )
    simulation = Simulation(empty)
    for number in range(-(-cases // len(portfolio.cases))):
        simulation.start_all(_copies(portfolio, number), actor=portfolio.recorder)
    return replace(
        empty,
        cases=simulation.cases,
        definitions=simulation.definitions,
        timers=tuple(Armed(key, timer) for key in simulation.cases for timer in simulation.armed(key)),
    )


def _copies(portfolio: Portfolio, number: int) -> list[NewCase]:
    return [
        NewCase(
            workflow=case.workflow,
            key=f"{case.key}.{number}",
            data=case.data,
            links={name: f"{key}.{number}" for name, key in case.links.items()},
            sources=case.sources,
            note=case.note,
            state=case.state,
        )
        for case in portfolio.cases
    ]


def measure() -> list[Result]:
    """Cases per second, each over five years of its life."""
    world = many(CASES)
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _item in happenings(Simulation(world), END):
            pass
        rates.append(len(world.cases) / (time.perf_counter() - start))
    return [Result("simulate five years of a case", None, 1, statistics.median(rates), None)]
