"""What an office takes in from files: portfolios (YAML) and lists of cases (CSV).

All of a file, or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import structs

from wirflow.definition.document import Unread
from wirflow.engine import NewCase
from wirflow.errors import InputError
from wirflow.office.office import NOON
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wirflow.definition.model import Workflow
    from wirflow.definition.portfolio import Portfolio


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Cases to be started together."""

    cases: tuple[NewCase, ...]
    actor: str | None = None
    """Who records them; None: whoever imports them."""
    on: datetime | None = None
    """When the facts count; None: now."""


def read(path: Path, workflows: Mapping[str, Workflow], zone: str, existing: Mapping[str, str]) -> Intake:
    """What a file brings.

    Args:
        path: a `.csv` file, or else a portfolio.
        workflows: the workflows of the office.
        zone: its time zone.
        existing: cases that are there already, key → workflow.

    Raises:
        DefinitionError: something is wrong with it; holds all findings with their places.
        InputError: it cannot be read.
    """
    if not path.is_file():
        raise InputError(
            Text(f"Die Datei {path} gibt es nicht.", f"There is no file {path}."),
            hint=Text("Prüfen Sie den Pfad.", "Check the path."),
        )
    if path.suffix.lower() == ".csv":
        from wirflow.office.table import read_table  # noqa: PLC0415 - one of two forms

        return Intake(cases=_beside(read_table(path, workflows, existing), path.parent))
    from wirflow.definition.portfolio import read_portfolio  # noqa: PLC0415 - one of two forms

    taken = of_portfolio(read_portfolio(path, workflows, existing=existing).checked(), zone)
    return replace(taken, cases=_beside(taken.cases, path.parent))


def _beside(cases: tuple[NewCase, ...], folder: Path) -> tuple[NewCase, ...]:
    """Cases with the files that they name taken from the folder in which their own file lies."""
    return tuple(
        structs.replace(
            case,
            data={
                name: value.within(folder) if isinstance(value, Unread) else value
                for name, value in case.data.items()
            },
        )
        for case in cases
    )


def of_portfolio(portfolio: Portfolio, zone: str) -> Intake:
    """The cases of a portfolio; they count at noon of its day."""
    cases = tuple(
        NewCase(
            workflow=item.workflow,
            key=item.key,
            data=item.data,
            links=item.links,
            sources=item.sources,
            note=item.note,
            state=item.state,
            found=True,
        )
        for item in portfolio.cases
    )
    on = datetime.combine(portfolio.on, NOON, ZoneInfo(zone)).astimezone(UTC)
    return Intake(cases=cases, actor=portfolio.recorder, on=on)
