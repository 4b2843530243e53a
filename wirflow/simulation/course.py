"""The course that things take: everything that happens, in order, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from wirflow.core.case import Case, Timer
from wirflow.definition.model import Workflow
from wirflow.simulation.happening import Happening
from wirflow.simulation.simulation import Simulation, no_salt
from wirflow.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wirflow.core.letters import NewNotice
    from wirflow.core.writing import Salts
    from wirflow.simulation.plan import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What happens to a world until an instant."""

    world: World
    """Where it began."""
    until: datetime
    happenings: tuple[Happening, ...]
    """In the order in which they are written."""
    cases: Mapping[str, Case]
    """Every case as it stands at the end."""
    definitions: Mapping[str, Workflow]
    """Key → the definition that the case pins."""
    armed: Mapping[str, tuple[Timer, ...]]
    """What still runs at the end, by case."""

    @property
    def transitions(self) -> tuple[Happening, ...]:
        """Cases that came into another state."""
        return tuple(item for item in self.happenings if item.moved)

    @property
    def lapses(self) -> tuple[Happening, ...]:
        """Deadlines that passed unused and took a case to an end or to a bad place."""
        return tuple(item for item in self.happenings if item.lapse)

    @property
    def refusals(self) -> tuple[Happening, ...]:
        """What a rule stood against: steps of the plan, deadlines, signals."""
        return tuple(item for item in self.happenings if item.refused)

    @property
    def failures(self) -> tuple[Happening, ...]:
        """Timers that could not be fired: a broken template, an expression without a value."""
        return tuple(item for item in self.happenings if item.error)

    @property
    def notices(self) -> tuple[tuple[Happening, NewNotice], ...]:
        """Everything that is written to somebody, with what it is about."""
        return tuple((item, notice) for item in self.happenings for notice in item.notices)

    def trail(self, key: str) -> tuple[tuple[bytes, str], ...]:
        """The entries that the engine would add to a case's trail, with their digests."""
        return tuple(
            (item.entry, item.digest)
            for item in self.happenings
            if item.case == key and item.entry is not None and item.digest is not None
        )


def happenings(simulation: Simulation, until: datetime, plan: Sequence[Step] = ()) -> Iterator[Happening]:
    """What happens until an instant, one after another; nothing of it is kept here.

    Args:
        simulation: the world as it lives on.
        until: the last instant.
        plan: what people do, in the order of its moments; a step after the end is left out.

    Raises:
        UnknownNameError: a step names a case, event or person that does not exist.
    """
    # `sorted` is stable: of two steps of one moment, the first comes first.
    for step in sorted(plan, key=lambda step: step.at):
        if step.at > until:
            break
        yield from simulation.advance(step.at)
        if step.new is not None:
            yield from simulation.begin(step.new, actor=step.actor)
            continue
        yield from simulation.act(
            step.case,
            step.event,
            actor=step.actor,
            given=step.given,
            occurred_at=step.occurred_at,
            reason=step.reason,
        )
    yield from simulation.advance(until)


def simulate(
    world: World,
    until: datetime,
    plan: Sequence[Step] = (),
    *,
    salts: Salts = no_salt,
    progress: Callable[[datetime], None] | None = None,
) -> Course:
    """What happens to a world until an instant if nobody, or a plan, acts.

    Args:
        world: where it starts; it stays as it is.
        until: the last instant.
        plan: what people do.
        salts: gives the salts of commitments to personal values.
        progress: called with the instant that was reached.

    Raises:
        UnknownNameError: a step names a case, event or person that does not exist.
    """
    simulation = Simulation(world, salts=salts)
    found: list[Happening] = []
    for item in happenings(simulation, until, plan):
        found.append(item)
        if progress:
            progress(item.recorded_at)
    return Course(
        world=world,
        until=until,
        happenings=tuple(found),
        cases=simulation.cases,
        definitions=simulation.definitions,
        armed={key: simulation.armed(key) for key in simulation.cases},
    )
