"""What will happen: the engine's own decisions, folded over a virtual clock, without a database.

course = simulate(world, until, plan)
course.lapses
"""

from wirflow.simulation.course import Course, happenings, simulate
from wirflow.simulation.happening import Happening
from wirflow.simulation.money import Forecast, Share, forecast
from wirflow.simulation.plan import Plan, PlanReading, Step, read_plan
from wirflow.simulation.simulation import Simulation
from wirflow.simulation.world import Armed, World

__all__ = [
    "Armed",
    "Course",
    "Forecast",
    "Happening",
    "Plan",
    "PlanReading",
    "Share",
    "Simulation",
    "Step",
    "World",
    "forecast",
    "happenings",
    "read_plan",
    "simulate",
]
