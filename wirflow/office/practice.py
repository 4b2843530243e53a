"""Practice offices: a portfolio, people by function, and a clock that is moved from due time to due time."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from wirflow.core.decision import Refusal
from wirflow.errors import InputError
from wirflow.office import content, create, intake
from wirflow.office.settings import PersonSettings
from wirflow.text import Text

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from wirflow.office.office import Office
    from wirflow.scheduler import Tick
    from wirflow.text import Lang

PORTFOLIO: Final = "wiesbaden-20-V-33-0003"

EVENING: Final = time(18)
"""When a practice office's day is looked at: what was due that day has happened."""


def demo(folder: Path, *, lang: Lang, on: date | None = None) -> tuple[Office, Tick]:
    """A fresh practice office with the council paper's portfolio, played to the evening of a day.

    Args:
        folder: where to; a practice office made there earlier is replaced.
        lang: the language of the office.
        on: the day; the portfolio's own if not given.

    Raises:
        InputError: there is something else in that place, or the day is before the portfolio's.
    """
    from wirflow.definition.portfolio import read_portfolio  # noqa: PLC0415 - only a demo or an import reads it

    workflows = content.workflows(None)
    portfolio = read_portfolio(content.portfolio(PORTFOLIO), workflows).checked()
    day = on or portfolio.on
    if day < portfolio.on:
        raise InputError(
            Text(
                f"Die Sitzungsvorlage ist vom {portfolio.on:%d.%m.%Y}; davor gibt es nichts zu sehen.",
                f"The council paper is of {portfolio.on}; there is nothing to see before.",
            ),
            hint=Text("Nennen Sie einen späteren Tag.", "Name a later day."),
        )
    create.clear(folder)
    office = create.create(
        folder,
        lang=lang,
        name=portfolio.title.pick(lang),
        people={
            person.id: PersonSettings(
                name=person.name, email=person.email, roles=tuple(sorted(person.roles)), lang=person.lang
            )
            for person in portfolio.people
        },
        person=portfolio.people[0].id if portfolio.people else portfolio.recorder,
        today=f"{portfolio.on.isoformat()}T12:00:00",
        mark=True,
    )
    taken = intake.of_portfolio(portfolio, office.zone)
    office.engine.register(workflows.values())
    started = office.engine.start_all(taken.cases, actor=portfolio.recorder, occurred_at=taken.on)
    if isinstance(started, Refusal):
        raise InputError(started.texts[0], hint=started.hint)
    return office, office.play(datetime.combine(day, EVENING, ZoneInfo(office.zone)))
