"""A snapshot of an office's cases and timers, read in one transaction: what a simulation starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.simulation import Armed, World
from wirflow.store import queries, timers
from wirflow.store.definitions import Definitions

if TYPE_CHECKING:
    from datetime import datetime

    from wirflow.core.profile import Profile
    from wirflow.render import Templates
    from wirflow.store.database import Database


def snapshot(database: Database, *, now: datetime, profile: Profile, templates: Templates) -> World:
    """All cases with the timers that run for them; nothing is written and nothing locked.

    Args:
        database: where the cases are.
        now: the instant at which the simulation begins.
        profile: the office.
        templates: its notices.
    """
    definitions = Definitions()
    with database.reading() as session:
        found = queries.all_cases(session, definitions)
        keys = {stored.id: stored.case.key for stored in found}
        armed = [
            (number, Armed(keys[case_id], timer))
            for case_id, running in timers.armed_of(session, keys).items()
            for number, timer in running.items()
        ]
        newest = {
            name: definitions.get(session, number) for name, number in definitions.names(session).items()
        }
    return World(
        now=now,
        cases={stored.case.key: stored.case for stored in found},
        definitions={stored.case.key: stored.workflow for stored in found},
        # Numbers rise in the order in which timers were armed.
        timers=tuple(item for _, item in sorted(armed, key=lambda pair: pair[0])),
        profile=profile,
        templates=templates,
        newest=newest,
    )
