"""An office and its simulation side by side: what the engine wrote, what the simulation says it would."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tests.scenarios.runner import NOON, Player, _instant, _moment, load, workflows
from wirflow.definition.values import parse_all
from wirflow.reports.snapshot import snapshot
from wirflow.simulation import Simulation
from wirflow.store import outbox, timers, trail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from wirflow.engine import Engine
    from wirflow.simulation import Happening, World


class Salts:
    """Salts that come again in the same order."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count()

    def __call__(self) -> bytes:
        """The next salt."""
        return sha256(str(next(self._numbers)).encode()).digest()


def salted(salts: Salts) -> AbstractContextManager[Any]:
    """Let the engine take its salts from a source that is known."""
    return patch("wirflow.engine.engine._salt", salts)


def world_of(engine: Engine) -> World:
    """The world of an engine as it stands."""
    return snapshot(
        engine.database, now=engine.clock.now(), profile=engine.profile, templates=engine._templates
    )


def written(engine: Engine) -> dict[str, Any]:
    """All that an engine keeps: trails, cases, armed timers, notices."""
    found: dict[str, Any] = {"trails": {}, "cases": {}, "armed": {}}
    for key in sorted(world_of(engine).cases):
        stored = engine.look(key)
        with engine.database.reading() as session:
            found["trails"][key] = [(body, digest) for body, digest, _ in trail.read(session, key)]
            found["armed"][key] = [timer.identity for timer in timers.armed(session, stored.id).values()]
        found["cases"][key] = stored.case
    with engine.database.reading() as session:
        found["notices"] = [
            (item.case, item.seq, item.recipient, item.channel, item.template, item.kind, item.subject,
             item.body, item.message_id, item.state, item.error)
            for item in outbox.notices(session)
        ]  # fmt: skip
    return found


def foreseen(simulation: Simulation, happened: list[Happening], before: dict[str, Any]) -> dict[str, Any]:
    """The same of a simulation that began where `before` was written."""
    keys = sorted(simulation.cases)
    trails = {key: list(before["trails"].get(key, [])) for key in keys}
    notices = list(before["notices"])
    for item in happened:
        if item.entry is not None:
            trails[item.case].append((item.entry, item.digest))
        notices += [
            (item.case, len(trails[item.case]), one.recipient, one.channel, one.template, one.kind,
             one.subject, one.body, one.message_id, one.state, one.error)
            for one in item.notices
        ]  # fmt: skip
    return {
        "trails": trails,
        "cases": {key: simulation.cases[key] for key in keys},
        "armed": {key: [timer.identity for timer in simulation.armed(key)] for key in keys},
        "notices": notices,
    }


def simulated(simulation: Simulation, scenario: dict[str, Any]) -> list[Happening]:
    """A scenario's steps in a simulation, its outages included."""
    happened: list[Happening] = []
    up = True

    def on(moment: Any) -> None:
        if up:
            happened.extend(simulation.advance(moment))
        simulation.sleep(moment)

    for step in scenario["steps"]:
        on(_moment(step["at"]))
        if "scheduler" in step:
            up = step["scheduler"] == "up"
            on(simulation.now.instant)
        if "do" in step:
            key, event = step["do"].split()
            happened += simulation.act(
                key,
                event,
                actor=step["as"],
                given=parse_all(simulation.definitions[key].field_by_name, step.get("set", {})),
                occurred_at=_instant(date.fromisoformat(step["on"]), NOON) if "on" in step else None,
                reason=step.get("reason"),
            )
    if "until" in scenario:
        on(_moment(scenario["until"]))
    return happened


def both(name: str, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """A scenario, played by the engine and by the simulation from where its portfolio was taken over."""
    folder.mkdir(exist_ok=True)
    player = Player(folder, load(name))
    world, before = world_of(player.engine), written(player.engine)
    with salted(Salts()):
        player.play()
    simulation = Simulation(world, salts=Salts())
    happened = simulated(simulation, load(name))
    found = written(player.engine), foreseen(simulation, happened, before)
    player.database.close()
    return found


__all__ = ["Salts", "both", "foreseen", "salted", "simulated", "workflows", "world_of", "written"]
