"""Scenarios: futures of an office, told by people who do not program, and played through the real engine.

setting = Setting(workflows=…, templates=…, profile=…, portfolios=…)
reading = read_scenario(path, setting)
run = play_all([reading.checked()], setting)
run.played[0].differences
run.coverage.missed
"""

from wirflow.scenario.coverage import Coverage, Goal, Tally, goals
from wirflow.scenario.difference import Difference
from wirflow.scenario.grammar import SCENARIO
from wirflow.scenario.player import Played, Player, Written, play
from wirflow.scenario.reader import ScenarioReading, read_scenario, read_scenario_text
from wirflow.scenario.scenario import Act, Expected, SameAs, Scenario, Setting, Step, Wanted
from wirflow.scenario.suite import Run, play_all

__all__ = [
    "SCENARIO",
    "Act",
    "Coverage",
    "Difference",
    "Expected",
    "Goal",
    "Played",
    "Player",
    "Run",
    "SameAs",
    "Scenario",
    "ScenarioReading",
    "Setting",
    "Step",
    "Tally",
    "Wanted",
    "Written",
    "goals",
    "play",
    "play_all",
    "read_scenario",
    "read_scenario_text",
]
