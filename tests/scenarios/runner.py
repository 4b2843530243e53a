"""Plays a scenario file through the engine, on a virtual clock.

The format is meant for people who do not program; `docs/reference/scenarios.md`
describes it.  What a scenario expects and does not find is collected, so that a
failing one shows all differences at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from wirflow.clock import VirtualClock, civil_date
from wirflow.core.decision import Refusal
from wirflow.definition.person import Person
from wirflow.definition.portfolio import read_portfolio
from wirflow.definition.reader import read_workflows
from wirflow.definition.values import parse_all, to_json
from wirflow.engine import Engine, NewCase, Profile
from wirflow.render import Templates
from wirflow.store import outbox, timers
from wirflow.store.database import Database

ROOT = Path(__file__).parents[2]
ZONE = "Europe/Berlin"
NINE = time(9)
NOON = time(12)

Notice = tuple[str, str, str, str, str]
"""Case, template, role, kind, day on which it counts."""


@cache
def workflows():
    """The workflows that ship with wirflow, read once."""
    return read_workflows(sorted((ROOT / "workflows").glob("*.yaml"))).checked()


@dataclass
class Player:
    """An office in which a scenario is played."""

    folder: Path
    scenario: dict[str, Any]
    wrong: list[str] = field(default_factory=list)
    seen: int = 0
    up: bool = True

    def __post_init__(self) -> None:
        name = self.scenario["portfolio"]
        portfolio = read_portfolio(ROOT / "workflows" / "portfolios" / f"{name}.yaml", workflows()).checked()
        more = {
            key: Person(id=key, name=item["name"], email=item["email"], roles=frozenset(item["roles"]))
            for key, item in self.scenario.get("people", {}).items()
        }
        people = {
            item.id: Person(
                id=item.id, name=item.name, email=item.email, roles=frozenset(item.roles), lang=item.lang
            )
            for item in portfolio.people
        } | more
        self.database = Database(f"sqlite:///{self.folder / 'office.db'}")
        self.database.migrate()
        self.clock = VirtualClock(_instant(portfolio.on, NOON))
        profile = Profile(name="Amt für Zuwanderung und Integration", people=people)
        self.engine = Engine(self.database, self.clock, profile, Templates([ROOT / "templates"]))
        self.engine.register(workflows().values())
        new = [
            NewCase(
                workflow=case.workflow,
                key=case.key,
                data=case.data,
                links=case.links,
                sources=case.sources,
                note=case.note,
                state=case.state,
            )
            for case in portfolio.cases
        ]
        started = self.engine.start_all(new, actor=portfolio.recorder)
        assert isinstance(started, list), started

    def play(self) -> None:
        """All steps, then on to the end."""
        for number, step in enumerate(self.scenario["steps"], 1):
            where = f"step {number} ({step['at']})"
            self._advance(_moment(step["at"]))
            if "scheduler" in step:
                self.up = step["scheduler"] == "up"
                self._advance(self.clock.now())
            if "do" in step:
                self._do(where, step)
            for key, expected in step.get("expect", {}).items():
                self._expect(where, key, expected)
            if "notices" in step:
                self._notices(where, step["notices"] or [], exactly=step.get("exactly") == "true")
        if "until" in self.scenario:
            self._advance(_moment(self.scenario["until"]))

    def states(self) -> dict[str, str]:
        """Where every case stands."""
        with self.database.engine.connect() as connection:
            return dict(connection.exec_driver_sql("SELECT key, state FROM cases").all())

    def notices(self) -> list[Notice]:
        """All notices so far, in the order in which they were written."""
        with self.database.reading() as session:
            found = outbox.notices(session)
        days = {
            (entry.case, entry.seq): civil_date(datetime.fromisoformat(entry.occurred_at), ZONE).isoformat()
            for entry in self.engine.history()
        }
        people = self.engine.profile.people
        return [
            (item.case, item.template, role, item.kind, days[item.case, item.seq])
            for item in found
            for role in sorted(people[item.recipient].roles if item.recipient in people else [item.recipient])
        ]

    def _advance(self, moment: datetime) -> None:
        """To a moment, firing on the way what is due, as a scheduler does that never sleeps."""
        while self.up:
            due = self.engine.next_due()
            if due is None or due > moment:
                break
            self.clock.set(max(due, self.clock.now()))
            self.engine.drain()
        self.clock.set(max(moment, self.clock.now()))

    def _do(self, where: str, step: dict[str, Any]) -> None:
        key, event = step["do"].split()
        fields = self.engine.look(key).workflow.field_by_name
        result = self.engine.submit(
            key,
            event,
            actor=step["as"],
            given=parse_all(fields, step.get("set", {})),
            occurred_at=_instant(date.fromisoformat(step["on"]), NOON) if "on" in step else None,
            reason=step.get("reason"),
        )
        expected = step.get("refused")
        if isinstance(result, Refusal):
            words = result.explain("de") + "\n" + result.explain("en")
            if expected is None:
                self.wrong.append(f"{where}: {step['do']} was refused: {words}")
            elif expected != "true" and expected not in words:
                self.wrong.append(f"{where}: {step['do']} was refused, but not for {expected!r}: {words}")
        elif expected is not None:
            self.wrong.append(f"{where}: {step['do']} should have been refused for {expected!r}")

    def _expect(self, where: str, key: str, expected: dict[str, Any]) -> None:
        stored = self.engine.look(key)
        case, known = stored.case, stored.workflow.field_by_name
        with self.database.reading() as session:
            armed = timers.armed(session, stored.id).values()
        if "state" in expected and case.state != expected["state"]:
            self.wrong.append(f"{where}: {key} is {case.state}, not {expected['state']}")
        for name, value in parse_all(known, expected.get("data", {})).items():
            if case.data.get(name) != value:
                found = case.data.get(name)
                self.wrong.append(
                    f"{where}: {key}.{name} is {found and to_json(found)}, not {to_json(value)}"
                )
        due = {
            timer.name: timer.deadline.due.isoformat()
            for timer in armed
            if timer.kind == "due" and timer.deadline
        }
        for name, day in expected.get("due", {}).items():
            if due.get(name) != day:
                self.wrong.append(f"{where}: {key} has {name} due on {due.get(name)}, not {day}")
        if "warnings" in expected:
            warned = {item.name for item in self.engine.warnings(stored)}
            missing = set(expected["warnings"]) - warned
            if missing:
                self.wrong.append(
                    f"{where}: {key} does not warn of {sorted(missing)}, only of {sorted(warned)}"
                )

    def _notices(self, where: str, expected: list[dict[str, str]], *, exactly: bool) -> None:
        everything = self.notices()
        fresh = everything[self.seen :]
        self.seen = len(everything)
        left = list(fresh)
        for item in expected:
            wanted = (item["case"], item["template"], item["to"], item["kind"])
            hit = next((one for one in left if one[:4] == wanted and item.get("on", one[4]) == one[4]), None)
            if hit:
                left.remove(hit)
            else:
                near = [one for one in fresh if one[:2] == wanted[:2]]
                self.wrong.append(f"{where}: no notice {item}; near are {near}")
        if left and (exactly or not expected):
            self.wrong.append(f"{where}: notices that were not expected: {left}")


def load(name: str) -> dict[str, Any]:
    """A scenario file; every scalar is text."""
    path = ROOT / "tests" / "scenarios" / f"{name}.yaml"
    scenario: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but text
    return scenario


def played(name: str, folder: Path) -> Player:
    """A scenario, played to its end."""
    folder.mkdir(exist_ok=True)
    player = Player(folder, load(name))
    player.play()
    return player


def _moment(text: str) -> datetime:
    day, _, hour = text.partition(" ")
    return _instant(date.fromisoformat(day), time.fromisoformat(hour) if hour else NINE)


def _instant(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, ZoneInfo(ZONE)).astimezone(UTC)
