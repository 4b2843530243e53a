"""The scenarios of this house and where they are played: with what ships with wirflow."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from wirflow import scenario as stage
from wirflow.definition.reader import read_workflows
from wirflow.engine import Profile
from wirflow.render import Templates
from wirflow.scenario import Setting, read_scenario_text
from wirflow.scenario.grammar import moment
from wirflow.scenario.player import NOON

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "tests" / "scenarios"
ZONE = "Europe/Berlin"


@cache
def workflows():
    """The workflows that ship with wirflow, read once."""
    return read_workflows(sorted((ROOT / "workflows").glob("*.yaml"))).checked()


@cache
def setting() -> Setting:
    """The office of the council paper."""
    return Setting(
        workflows=workflows(),
        templates=Templates([ROOT / "templates"]),
        profile=Profile(name="Amt für Zuwanderung und Integration", people={}),
        portfolios={path.stem: path for path in (ROOT / "workflows" / "portfolios").glob("*.yaml")},
    )


class Player(stage.Player):
    """A scenario that is given as data, in an office whose portfolio was taken over."""

    def __init__(self, folder: Path, data: dict[str, Any]) -> None:
        # JSON is YAML; and a text that looks like a number is taken for what it says.
        reading = read_scenario_text(json.dumps(data), setting(), folder=SCENARIOS)
        super().__init__(reading.checked(), setting(), folder / "office.db")
        assert self.begin(), self.wrong

    @property
    def wrong(self) -> list[str]:
        """What came otherwise, in words."""
        return [item.message.en for item in self._wrong]


def load(name: str) -> dict[str, Any]:
    """A scenario file as data; every scalar is text."""
    path = SCENARIOS / f"{name}.yaml"
    data: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but text
    return data


def _moment(text: str) -> datetime:
    return _local(moment(text))


def _instant(day: date, hour: time) -> datetime:
    return _local(datetime.combine(day, hour))


def _local(moment_: datetime) -> datetime:
    return moment_.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


__all__ = ["NOON", "ROOT", "SCENARIOS", "Player", "load", "setting", "workflows"]
