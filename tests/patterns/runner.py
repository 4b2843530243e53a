"""Where patterns are played: by the engine and by the simulation, in an office that has only them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.simulation.mirror import Salts, foreseen, salted, world_of, written
from wirflow.core.opening import NewCase
from wirflow.definition.reader import Reading, read_workflows
from wirflow.engine import Profile
from wirflow.render import Templates
from wirflow.reports.trail import Trail
from wirflow.scenario import Player, Scenario, Setting, read_scenario
from wirflow.simulation import Happening, Simulation

HERE = Path(__file__).parent
REAL = HERE / "real"
ZONE = ZoneInfo("Europe/Berlin")


@cache
def reading(folder: Path) -> Reading:
    """The definitions of a folder."""
    return read_workflows(sorted(folder.glob("*.yaml")))


@cache
def setting(folder: Path) -> Setting:
    """An office that has the definitions of a folder and no others."""
    return Setting(
        workflows=reading(folder).checked(),
        templates=Templates([folder / "templates"]),
        profile=Profile(name="Amt", people={}),
        portfolios={},
    )


def scenarios(folder: Path) -> list[str]:
    """The names of the scenarios of a folder."""
    return sorted(path.stem for path in (folder / "scenarios").glob("*.yaml"))


def scenario(folder: Path, name: str) -> Scenario:
    """A scenario of a folder."""
    return read_scenario(folder / "scenarios" / f"{name}.yaml", setting(folder)).checked()


def both(folder: Path, name: str, place: Path) -> tuple[list[str], dict[str, Any], dict[str, Any]]:
    """What came otherwise than a scenario says; what the engine wrote; what the simulation would."""
    one = scenario(folder, name)
    player = Player(one, setting(folder), place / "office.db")
    world, before = world_of(player.engine), written(player.engine)
    with salted(Salts()):
        played = player.play()
    simulation = Simulation(world, salts=Salts())
    happened = simulated(simulation, one)
    found = written(player.engine), foreseen(simulation, happened, before)
    assert Trail(player.engine.database).rows(now=player.engine.clock.now()) == []
    player.close()
    return [f"{item.place}: {item.message.en}" for item in played.differences], *found


def empty(folder: Path, name: str, place: Path) -> Simulation:
    """The office of a scenario before anything has happened, to be simulated."""
    player = Player(scenario(folder, name), setting(folder), place / "office.db")
    world = world_of(player.engine)
    player.close()
    return Simulation(world)


def new(key: str, workflow: str, **links: str) -> NewCase:
    """A case that is to start."""
    return NewCase(key=key, workflow=workflow, data={}, links=links, sources={}, note=None, state=None)


def simulated(simulation: Simulation, one: Scenario) -> list[Happening]:
    """The steps of a scenario, in a simulation."""
    happened: list[Happening] = []
    people = simulation.profile.people
    for step in one.steps:
        happened += simulation.advance(_instant(step.at))
        if case := step.start:
            new = NewCase(
                workflow=case.workflow,
                key=case.key,
                data=case.data,
                links=case.links,
                sources=case.sources,
                note=case.note,
                state=case.state,
            )
            started = simulation.start_all([new], actor=next(iter(people)))
            assert isinstance(started, list), started
            happened += started
        if act := step.act:
            counts = _instant(datetime.combine(act.on, time(12))) if act.on else None
            happened += simulation.act(
                act.key,
                act.event,
                actor=act.actor,
                given=act.given,
                occurred_at=counts,
                reason=act.reason,
            )
    if one.until:
        happened += simulation.advance(_instant(one.until))
    return happened


def _instant(local: datetime) -> datetime:
    return local.replace(tzinfo=ZONE).astimezone(UTC)
