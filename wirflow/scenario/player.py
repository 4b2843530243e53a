"""Plays a scenario through the real engine, on a fresh database and a virtual clock.

What comes otherwise than the scenario says is collected, so that one that fails
shows all its differences at once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import structs

from wirflow.clock import VirtualClock, civil_date, unstamp
from wirflow.core.decision import Refusal
from wirflow.definition.values import to_json
from wirflow.engine import Engine, NewCase
from wirflow.errors import WirflowError, WorldError
from wirflow.scenario.coverage import Tally
from wirflow.scenario.difference import NOTHING, Difference, What
from wirflow.scenario.reader import people_of
from wirflow.scenario.scenario import ANY, Act, Expected, Scenario, Setting, Step, Wanted, stands
from wirflow.store.database import Database
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wirflow.audit.entry import Entry
    from wirflow.definition.finding import Place
    from wirflow.definition.model import Notice, Workflow
    from wirflow.definition.portfolio import PortfolioCase

NOON: Final = time(12)
"""When something counts on a day of which no hour is said."""

_DONE: Final = Text("ausgeführt", "done")
_REFUSED: Final = Text("abgelehnt", "refused")
_HOLDS: Final = Text("gilt", "holds")
_IDLE: Final = Text("läuft nicht", "does not run")
_WORKS: Final = Text("ohne Störung", "no failure")


class Written(NamedTuple):
    """A notice, as a scenario sees it: one for each role that receives it."""

    case: str
    template: str
    to: str
    kind: str
    on: date

    @property
    def words(self) -> Text:
        """To whom it went, why and when."""
        return Text(f"an {self.to}, {self.kind}, {self.on}", f"to {self.to}, {self.kind}, {self.on}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How a scenario went."""

    scenario: Scenario
    differences: tuple[Difference, ...]
    states: Mapping[str, str]
    """Where every case stands at the end."""
    notices: tuple[Written, ...]
    """In the order in which they were written."""
    workflows: frozenset[str]
    """The workflows of its cases."""
    tally: Tally

    @property
    def ok(self) -> bool:
        """Whether everything came as it is written."""
        return not self.differences

    @property
    def statutory(self) -> list[Written]:
        """The notices that are no mere reminders, in an order of their own."""
        return sorted(notice for notice in self.notices if notice.kind != "reminder")


def play(scenario: Scenario, setting: Setting) -> Played:
    """Play a scenario to its end, on a database that is thrown away.

    Raises:
        WorldError: there is no room for a database.
    """
    with tempfile.TemporaryDirectory(prefix="wirflow-test-") as folder:
        player = Player(scenario, setting, Path(folder) / "office.db")
        try:
            return player.play()
        finally:
            player.close()


class Player:
    """An office in which a scenario is played."""

    def __init__(self, scenario: Scenario, setting: Setting, path: Path) -> None:
        """Prepare the office; nothing has happened yet.

        Args:
            scenario: what is played.
            setting: the workflows, templates and the place of the office.
            path: where its database is made.
        """
        self.scenario = scenario
        self._setting = setting
        self._zone = ZoneInfo(setting.profile.zone)
        self._wrong: list[Difference] = []
        self._step: Step | None = None
        self._up = True
        self._begun = False
        self._seen = 0
        self._failed: set[int] = set()
        self.tally = Tally()
        # Notices are only counted here: one channel that everybody has keeps one notice one.
        profile = replace(setting.profile, people=people_of(scenario, setting), channels=("file",))
        self.clock = VirtualClock(self._beginning())
        self.database = Database(f"sqlite:///{path}")
        self.database.migrate()
        self.engine = Engine(self.database, self.clock, profile, setting.templates)
        self.engine.register(setting.workflows.values())

    def close(self) -> None:
        """Give the database back."""
        self.database.close()

    def play(self) -> Played:
        """All steps, then on to the end."""
        if self.begin():
            for step in self.scenario.steps:
                self._step = step
                self._take(step)
            if self.scenario.until:
                self._advance(self._instant(self.scenario.until))
        history = self.engine.history()
        for entry in history:
            self.tally.entry(entry.body, self._workflow(entry))
        return Played(
            scenario=self.scenario,
            differences=tuple(self._wrong),
            states={entry.case: str(entry.to) for entry in history},
            notices=tuple(self.notices(history)),
            workflows=frozenset(entry.body["workflow"] for entry in history),
            tally=self.tally,
        )

    def notices(self, history: Sequence[Entry] | None = None) -> list[Written]:
        """All notices so far, in the order in which they were written; one for each role that hears of it."""
        from wirflow.store import outbox  # noqa: PLC0415 - beside the engine's own

        with self.database.reading() as session:
            found = outbox.notices(session)
        entries = {(entry.case, entry.seq): entry for entry in history or self.engine.history()}
        people = self.engine.profile.people
        rows: dict[tuple[int, Written], None] = {}
        for item in found:
            entry = entries[item.case, item.seq]
            on = civil_date(unstamp(entry.occurred_at), str(self._zone))
            meant = _readers(self._workflow(entry), entry, item.template, item.kind)
            person = people.get(item.recipient)
            roles = sorted(person.roles & meant or person.roles) if person else [_role(item.recipient)]
            for role in roles:
                rows[item.seq, Written(item.case, item.template, role, item.kind, on)] = None
        return [written for _, written in rows]

    # -- what happens ------------------------------------------------------------------

    def begin(self) -> bool:
        """Take over the portfolio, if that was not done yet; whether it was possible."""
        portfolio = self.scenario.portfolio
        if portfolio is None or self._begun:
            return not self._wrong
        self._begun = True
        new = [structs.replace(_as_new(case), found=True) for case in portfolio.cases]
        try:
            started = self.engine.start_all(new, actor=portfolio.recorder)
        except WorldError:
            raise
        except WirflowError as error:
            self._differ("start", self.scenario.place, "", portfolio.name, _DONE, _told(error))
            return False
        if isinstance(started, Refusal):
            self._differ("start", self.scenario.place, "", portfolio.name, _DONE, _told(started))
            return False
        return True

    def _take(self, step: Step) -> None:
        self._advance(self._instant(step.at))
        if step.scheduler:
            self._up = step.scheduler == "up"
            self._advance(self.clock.now())
        if step.start:
            self._start(step, step.start)
        if step.act:
            self._act(step.act)
        for expected in step.expected:
            self._expect(expected)
        if step.notices is not None:
            self._compare(step, step.notices)
        self._count_warnings()

    def _advance(self, moment: datetime) -> None:
        """To a moment, firing on the way what is due, as a scheduler does that never sleeps."""
        failed = 0
        while self._up:
            due = self.engine.next_due()
            if due is None or due > moment:
                break
            self.clock.set(max(due, self.clock.now()))
            failed += self.engine.drain().failed
        self.clock.set(max(moment, self.clock.now()))
        if failed:
            self._tell_failures()

    def _tell_failures(self) -> None:
        """A timer that was set aside with an error is a difference, wherever it shows."""
        from wirflow.reports import Reports  # noqa: PLC0415 - most plays have no failures

        place = self._step.place if self._step else self.scenario.place
        reports = Reports(self.database, zone=str(self._zone), people={})
        for row in reports.troubles():
            if row.status == "failed" and row.id not in self._failed:
                self._failed.add(row.id)
                self._differ("timer", place, row.case, row.name, _WORKS, row.error or Text.same(row.status))

    def _start(self, step: Step, case: PortfolioCase) -> None:
        portfolio = self.scenario.portfolio
        somebody = portfolio.recorder if portfolio else next(iter(self.engine.profile.people), "")
        recorder = step.recorder or somebody
        try:
            started = self.engine.start(_as_new(case), actor=recorder)
        except WorldError:
            raise
        except WirflowError as error:
            self._begun_or_not(step, case.key, error)
            return
        self._begun_or_not(step, case.key, started if isinstance(started, Refusal) else None)

    def _begun_or_not(self, step: Step, key: str, against: Refusal | WirflowError | None) -> None:
        """Compare whether a case began with whether it should have."""
        wanted = step.start_refused
        if against is None:
            if wanted is not None:
                self._differ("refusal", step.place, key, "start", _words(wanted), _DONE)
        elif wanted is None:
            self._differ("act", step.place, key, "start", _DONE, _told(against))
        elif not _says(against, wanted):
            self._differ("refusal", step.place, key, "start", _words(wanted), _told(against))

    def _act(self, act: Act) -> None:
        try:
            stored = self.engine.look(act.key)
            result = self.engine.submit(
                act.key,
                act.event,
                actor=act.actor,
                given=act.given,
                occurred_at=self._instant(datetime.combine(act.on, NOON)) if act.on else None,
                reason=act.reason,
            )
        except WorldError:
            raise
        except WirflowError as error:
            self._differ("act", act.place, act.key, act.event, _DONE, _told(error))
            return
        if not isinstance(result, Refusal):
            if act.refused is not None:
                self._differ("refusal", act.place, act.key, act.event, _words(act.refused), _DONE)
            return
        self.tally.refusal(stored.workflow, act.event, stored.case.state, result.code, result.texts)
        if act.refused is None:
            self._differ("act", act.place, act.key, act.event, _DONE, _told(result))
        elif not _says(result, act.refused):
            self._differ("refusal", act.place, act.key, act.event, _words(act.refused), _told(result))

    # -- what has to be so --------------------------------------------------------------

    def _expect(self, expected: Expected) -> None:
        from wirflow.store import timers  # noqa: PLC0415 - beside the engine's own

        try:
            stored = self.engine.look(expected.key)
        except WorldError:
            raise
        except WirflowError as error:
            self._differ(expected.what, expected.place, expected.key, expected.name, _HOLDS, _told(error))
            return
        wanted, found = _shown(expected.value), NOTHING
        if expected.what == "state":
            found = Text.same(stored.case.state)
            wanted = found if stands(stored.case.state, str(expected.value)) else wanted
        elif expected.what == "data":
            found = _shown(stored.case.data.get(expected.name))
        elif expected.what == "due":
            with self.database.reading() as session:
                armed = timers.armed(session, stored.id).values()
            days = {item.name: item.deadline.due for item in armed if item.kind == "due" and item.deadline}
            wanted = wanted if expected.value else _IDLE
            found = Text.same(days[expected.name].isoformat()) if expected.name in days else _IDLE
        else:
            names = [item.name for item in self.engine.warnings(stored)]
            listed = Text.same(", ".join(names)) if names else NOTHING
            wanted, found = _HOLDS, _HOLDS if expected.name in names else _only(listed)
        if wanted != found:
            self._differ(expected.what, expected.place, expected.key, expected.name, wanted, found)

    def _compare(self, step: Step, wanted: Sequence[Wanted]) -> None:
        everything = self.notices()
        fresh = everything[self._seen :]
        self._seen = len(everything)
        left = list(fresh)
        missing = []
        for item in wanted:
            hit = next((one for one in left if _is(item, one)), None)
            if hit:
                left.remove(hit)
            else:
                missing.append(item)
        for item in missing:
            near = [one.words for one in left if (one.case, one.template) == (item.case, item.template)]
            found = (
                Text("; ".join(one.de for one in near), "; ".join(one.en for one in near))
                if near
                else NOTHING
            )
            day = f", {item.on}" if item.on else ""
            words = Text(f"an {item.to}, {item.kind}{day}", f"to {item.to}, {item.kind}{day}")
            self._differ("notice", item.place, item.case, item.template, words, found)
        if step.exactly or not wanted:
            for one in left:
                self._differ("notice", step.place, one.case, one.template, NOTHING, one.words)

    def _count_warnings(self) -> None:
        """Which warnings hold now, in any case: for the coverage."""
        for key in dict.fromkeys(entry.case for entry in self.engine.history()):
            stored = self.engine.look(key)
            for warning in self.engine.warnings(stored):
                self.tally.warning(stored.workflow.name, warning.name)

    def _differ(self, what: What, place: Place, key: str, name: str, expected: Text, found: Text) -> None:  # noqa: PLR0917 - the parts of one difference
        step = self._step
        self._wrong.append(
            Difference(
                place=place,
                step=step.number if step else 0,
                at=step.at if step else None,
                what=what,
                key=key,
                name=name,
                expected=expected,
                found=found,
            )
        )

    # -- time and names -----------------------------------------------------------------

    def _beginning(self) -> datetime:
        """When it begins: noon of the portfolio's day, or else the first step."""
        scenario = self.scenario
        if scenario.portfolio:
            return self._instant(datetime.combine(scenario.portfolio.on, NOON))
        moments = [step.at for step in scenario.steps[:1]] or [scenario.until or datetime(2000, 1, 1, 12)]  # noqa: DTZ001 - in the office's own time
        return self._instant(moments[0])

    def _instant(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self._zone).astimezone(UTC)

    def _workflow(self, entry: Entry) -> Workflow:
        return self._setting.workflows[entry.body["workflow"]]


def _as_new(case: PortfolioCase) -> NewCase:
    return NewCase(
        workflow=case.workflow,
        key=case.key,
        data=case.data,
        links=case.links,
        sources=case.sources,
        note=case.note,
        state=case.state,
    )


def _readers(workflow: Workflow, entry: Entry, template: str, kind: str) -> frozenset[str]:
    """The roles to which an entry's notice was written."""
    notices: list[Notice | None] = []
    if kind == "event":
        events = {entry.event, *(step["event"] for step in entry.body.get("via", ()))}
        notices += [one for item in workflow.transitions if item.event in events for one in item.notices]
    else:
        timer = entry.body.get("timer")
        spec = workflow.deadline_by_name.get(timer["name"]) if timer else None
        if spec and kind == "escalation":
            notices.append(spec.escalate.notice if spec.escalate else None)
        elif spec:
            notices.append(spec.notice)
    return frozenset(role for one in notices if one and one.template == template for role in one.to)


def _role(recipient: str) -> str:
    """The role that a notice is for which nobody receives."""
    return recipient.removeprefix("role:")


def _is(wanted: Wanted, written: Written) -> bool:
    same = (wanted.case, wanted.template, wanted.to, wanted.kind) == written[:4]
    return same and wanted.on in {None, written.on}


def _says(refusal: Refusal | WirflowError, words: str) -> bool:
    """Whether a refusal has these words in one of its languages, with small or capital letters."""
    return any(words.casefold() in refusal.explain(lang).casefold() for lang in ("de", "en"))


def _words(refused: str) -> Text:
    return _REFUSED if refused == ANY else Text(f"abgelehnt: „{refused}“", f"refused: “{refused}”")


def _told(what: Refusal | WirflowError) -> Text:
    """A refusal or an error in its own words."""
    return Text(what.explain("de"), what.explain("en"))


def _shown(value: object) -> Text:
    return NOTHING if value is None else Text.same(str(to_json(value)))  # type: ignore[arg-type] # a value of a field or a state


def _only(listed: Text) -> Text:
    return Text(f"nur: {listed.de}", f"only: {listed.en}")
