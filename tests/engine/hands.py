"""What other processes do to an office in tests: each function is run by a process of its own."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import PEOPLE, ROLES
from wirflow.clock import VirtualClock
from wirflow.core.decision import Refusal
from wirflow.definition.field import Link
from wirflow.definition.model import Requirement, State, Transition, Workflow
from wirflow.engine import Engine, NewCase, Profile
from wirflow.engine.unit import Unit
from wirflow.render import Templates
from wirflow.store.database import Database
from wirflow.text import Text

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


def switch() -> Workflow:
    """A switch that must not be on while the other one is."""
    return Workflow(
        name="switch",
        title=Text.same("Switch"),
        subject=Text.same("{key}"),
        roles=ROLES,
        fields=(),
        links=(Link(name="other", workflow="switch", title=Text.same("Other")),),
        states=(
            State(name="off", title=Text.same("Off"), initial=True),
            State(name="on", title=Text.same("On")),
        ),
        transitions=(
            Transition(
                event="switch_on",
                title=Text.same("On"),
                sources=("off",),
                target="on",
                by=("clerk",),
                requires=(
                    Requirement(when='other.state != "on"', otherwise=Text.same("The other one is on.")),
                ),
            ),
        ),
        deadlines=(),
    )


def engine_on(url: str, folder: str, now: datetime | None = None) -> Engine:
    """An engine of its own on a database that is there."""
    clock = VirtualClock(now or datetime(2021, 1, 4, 9, tzinfo=UTC))
    profile = Profile(name="Amt", people=PEOPLE)
    return Engine(Database(url), clock, profile, Templates([Path(folder) / "templates"]))


def pair(number: int) -> list[NewCase]:
    """Two switches that look at each other."""
    names = (f"A-{number}", f"B-{number}")
    return [
        NewCase(workflow="switch", key=key, data={}, links={"other": other}, sources={})
        for key, other in (names, names[::-1])
    ]


def switch_on(url: str, folder: str, side: str, rounds: int, ends: Connection) -> None:
    """Try to switch one side on in each round, as soon as the other process is ready to do the same."""
    engine = engine_on(url, folder)
    engine.look(f"{side}-0")
    for number in range(rounds):
        ends.send("ready")
        ends.recv()
        ends.send(not isinstance(engine.submit(f"{side}-{number}", "switch_on", actor="ada"), Refusal))
    engine.database.close()


def drain(url: str, folder: str, now: datetime, ends: Connection) -> None:
    """Drain what is due; say how many were fired."""
    engine = engine_on(url, folder, now)
    ends.send("ready")
    ends.recv()
    ends.send(engine.drain().fired)
    engine.database.close()


def hang(url: str, folder: str, now: datetime, ends: Connection) -> None:
    """Claim and decide what is due, and hang before it is written."""

    def never(_self: Unit, *_: object) -> None:
        ends.send("claimed")
        while True:
            time.sleep(1)  # until it is killed

    Unit.flush = never  # type: ignore[method-assign] # in this process alone
    engine_on(url, folder, now).drain()
