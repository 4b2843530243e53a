"""The law of the simulation: it writes what the engine would write, byte for byte."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.engine.test_laws import START, STEPS, advance, office_in
from tests.scenarios.runner import NOON, ROOT, Player, _instant, load, workflows
from tests.simulation.mirror import Salts, both, foreseen, salted, world_of, written
from tests.support import new, open_office, replace
from wirflow.core.opening import NewCase
from wirflow.definition.portfolio import read_portfolio
from wirflow.simulation import Simulation

NAMES = sorted(path.stem for path in (ROOT / "tests" / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_leaves_the_same_trail(name, tmp_path):
    """For every scenario the engine and the simulation give the same bytes, cases, timers and notices."""
    engine, simulation = both(name, tmp_path)
    assert simulation == engine
    assert any(len(entries) > 1 for entries in engine["trails"].values())


def test_a_portfolio_is_taken_over_with_the_same_bytes(tmp_path):
    """Starting linked cases together gives the first entries that the engine gives, and the same timers."""
    name = load(NAMES[0])["portfolio"]
    portfolio = read_portfolio(ROOT / "workflows" / "portfolios" / f"{name}.yaml", workflows()).checked()
    with salted(Salts()):
        player = Player(tmp_path, load(NAMES[0]))
    empty = replace(
        world_of(player.engine), now=_instant(portfolio.on, NOON), cases={}, definitions={}, timers=()
    )
    simulation = Simulation(empty, salts=Salts())
    cases = [
        NewCase(
            workflow=case.workflow,
            key=case.key,
            data=case.data,
            links=case.links,
            sources=case.sources,
            note=case.note,
            state=case.state,
            found=True,
        )
        for case in portfolio.cases
    ]
    happened = simulation.start_all(cases, actor=portfolio.recorder)
    assert foreseen(simulation, happened, {"trails": {}, "notices": []}) == written(player.engine)
    player.database.close()


@given(steps=STEPS)
@settings(max_examples=40, deadline=None)
def test_any_sequence_of_events_leaves_the_same_trail(steps):
    """Whatever people do, and whenever a scheduler sleeps, the simulation writes what the engine writes."""
    with tempfile.TemporaryDirectory() as folder:
        office = office_in(folder)
        world, before = world_of(office.engine), written(office.engine)
        simulation = Simulation(world, salts=Salts())
        happened = []
        moment = START
        with salted(Salts()):
            for days, key, (event, values), person, asleep in steps:
                moment += timedelta(days=days)
                if asleep:
                    simulation.sleep(moment)
                else:
                    advance(office, moment)
                    happened += simulation.advance(moment)
                office.clock.set(moment)
                office.engine.submit(key, event, actor=person, given=values)
                happened += simulation.act(key, event, actor=person, given=values)
            end = moment + timedelta(days=900)
            advance(office, end)
            happened += simulation.advance(end)
        assert foreseen(simulation, happened, before) == written(office.engine)
        office.database.close()


def test_a_broken_timer_fails_in_both(tmp_path):
    """A timer whose notice cannot be written leaves no entry and stops no other, here as in the engine."""
    office = open_office(tmp_path)
    for key in ("G-1", "G-2"):
        office.engine.start(
            new(key, state="approved", data={"award_ends": datetime(2021, 6, 30, tzinfo=UTC).date()}),
            actor="ada",
        )
    (tmp_path / "templates" / "ending.de.j2").write_text("Betreff: {{ nothing }}\n\nx\n", encoding="utf-8")
    world, before = world_of(office.engine), written(office.engine)
    simulation = Simulation(world)
    end = datetime(2022, 6, 1, tzinfo=UTC)
    happened = list(simulation.advance(end))
    advance(office, end)
    assert foreseen(simulation, happened, before) == written(office.engine)
    failed = office.rows("SELECT count(*) FROM timers WHERE status = 'failed'")[0][0]
    assert failed == sum(item.error is not None for item in happened) > 0
    assert {item.case for item in happened if item.lapse} == {"G-1", "G-2"}


def test_a_simulation_leaves_its_snapshot_and_the_database_alone(tmp_path):
    """Simulating twice from one snapshot gives the same, and the office's tables stay as they are."""
    office = open_office(tmp_path)
    office.engine.start(
        new(state="approved", data={"award_ends": datetime(2021, 6, 30, tzinfo=UTC).date()}), actor="ada"
    )
    world, before = world_of(office.engine), Path(tmp_path, "office.db").read_bytes()
    end = datetime(2022, 6, 1, tzinfo=UTC)
    first, second = list(Simulation(world).advance(end)), list(Simulation(world).advance(end))
    assert first == second
    assert first
    assert Path(tmp_path, "office.db").read_bytes() == before
    assert world_of(office.engine).cases == world.cases
