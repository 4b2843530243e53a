"""Scenario files → scenarios: everything that is wrong with one, at once.

reading = read_scenario(Path("scenarios/late-letter.yaml"), setting)
reading.scenario        # None if anything is wrong
reading.findings        # all of it, with file:line:column
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from wirflow.definition.declare import WHAT
from wirflow.definition.finding import Finding, errors_in
from wirflow.definition.kin import kin
from wirflow.definition.log import Log
from wirflow.definition.portfolio import build_case, build_person, read_portfolio
from wirflow.definition.shape import raw
from wirflow.definition.values import Value, parse
from wirflow.definition.yaml import Document, Scalar, read_file, read_text
from wirflow.errors import InputError
from wirflow.scenario.grammar import NOTHING, SCENARIO, moment
from wirflow.scenario.scenario import ANY, TOGETHER, Act, Expected, SameAs, Scenario, Setting, Step, Wanted
from wirflow.text import Text

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wirflow.definition.finding import Place
    from wirflow.definition.model import Workflow
    from wirflow.definition.person import Person
    from wirflow.definition.portfolio import Portfolio
    from wirflow.definition.shape import Part

_CASE: Final = Text("Der Vorgang", "The case")
_OF_AN_ACT: Final = ("as", "on", "set", "reason", "refused")
_OF_A_START: Final = ("as", "refused")
_OF_A_STEP: Final = ("scheduler", "new", "do", "expect", "notices")


@dataclass(frozen=True, slots=True)
class ScenarioReading:
    """What a scenario file says."""

    file: str
    scenario: Scenario | None
    """None if there are errors."""
    findings: tuple[Finding, ...]

    def checked(self) -> Scenario:
        """The scenario, if nothing is wrong.

        Raises:
            DefinitionError: there are errors; holds all findings.
        """
        if self.scenario is None:
            raise errors_in(self.findings, self.file)
        return self.scenario


def read_scenario(path: Path, setting: Setting) -> ScenarioReading:
    """Read a scenario file and check it against the office in which it is to be played."""
    return _read(read_file(path), setting, path.parent)


def read_scenario_text(
    text: str, setting: Setting, file: str = "<text>", *, folder: Path | None = None
) -> ScenarioReading:
    """Read a scenario from text, as `read_scenario` reads a file.

    Args:
        text: what it says.
        setting: the office.
        file: what findings call it.
        folder: where the scenarios are to which it compares itself.
    """
    return _read(read_text(text, file), setting, folder)


def _read(document: Document, setting: Setting, folder: Path | None) -> ScenarioReading:
    log = Log(document.file, list(document.findings))
    others: tuple[Finding, ...] = ()
    scenario = None
    if document.root is not None:
        part = SCENARIO.fit(document.root, log)
        portfolio, others = _portfolio(part.get("portfolio"), setting, log)
        # Who takes part is not known if the portfolio is not: then names are not judged.
        if part.get("portfolio") is None or portfolio:
            scenario = _Builder(part, setting, portfolio, log).scenario(folder)
    own = sorted(log.findings, key=lambda item: (item.place, item.code))
    broken = log.errors or any(item.severity == "error" for item in others)
    return ScenarioReading(document.file, None if broken else scenario, (*own, *others))


def _portfolio(
    name: Scalar | None, setting: Setting, log: Log
) -> tuple[Portfolio | None, tuple[Finding, ...]]:
    """The portfolio of that name, and what is wrong with it."""
    if name is None:
        return None, ()
    path = setting.portfolios.get(name.text)
    if path is None:
        log.unknown("portfolio", Text("Die Fallsammlung", "The portfolio"), name, setting.portfolios)
        return None, ()
    reading = read_portfolio(path, setting.workflows)
    return reading.portfolio, reading.findings if reading.portfolio is None else ()


class _Builder:
    def __init__(self, part: Part, setting: Setting, portfolio: Portfolio | None, log: Log) -> None:
        self._part = part
        self._setting = setting
        self._portfolio = portfolio
        self._log = log
        self._own = tuple(
            build_person(key, item, setting.workflows, log) for key, item in part.many("people")
        )
        named = (*(portfolio.people if portfolio else ()), *self._own)
        self._people = {person.id for person in named} or set(setting.profile.people)
        self._cases = {case.key: case.workflow for case in portfolio.cases} if portfolio else {}
        self._now: datetime | None = None

    def scenario(self, folder: Path | None) -> Scenario | None:
        part = self._part
        name = part.text("scenario")
        steps = tuple(self._step(number, item) for number, item in enumerate(part.many("steps"), 1))
        until = self._moment(part.get("until"))
        same_as = self._same_as(part.get("same_as"), folder)
        if name is None:
            return None
        return Scenario(
            name=name,
            title=part.title(name),
            place=self._log.place(part.key("scenario")),
            portfolio=self._portfolio,
            people=self._own,
            steps=tuple(step for step in steps if step),
            until=until,
            same_as=same_as,
            folder=folder,
        )

    # -- steps -------------------------------------------------------------------------

    def _step(self, number: int, part: Part) -> Step | None:
        at = self._moment(part.get("at"))
        if not any(part.node_of(key) for key in _OF_A_STEP):
            self._log.add(
                "idle-step",
                part.node,
                Text("In diesem Schritt geschieht nichts.", "Nothing happens in this step."),
                Text(
                    "Möglich: do, expect, notices, new, scheduler.",
                    "Possible: do, expect, notices, new, scheduler.",
                ),
            )
        if part.node_of("exactly") and not part.node_of("notices"):
            self._without(part, "exactly", "notices")
        # A case that starts in this step may be spoken of in it.
        new: Part | None = part.get("new")
        start = None
        if new and (key := new.get("key")) is not None:
            start = build_case(key, new, self._setting.workflows, self._cases, self._log)
            if key.text in self._cases and part.get("refused") is None:
                self._log.add(
                    "name-taken",
                    key,
                    Text(f"Den Vorgang {key.text} gibt es schon.", f"The case {key.text} exists already."),
                )
            known = start.workflow if start.workflow in self._setting.workflows else ""
            self._cases[key.text] = self._cases.get(key.text, known)
        recorder = self._recorder(part) if new else None
        act = self._act(part, at)
        expected = [row for key, item in part.many("expect") for row in self._expected(key, item)]
        notices = None
        if part.get("notices") is not None:
            notices = tuple(row for item in part.get("notices") if (row := self._wanted(item)))
        if at is None:
            return None
        scheduler = part.text("scheduler")
        return Step(
            number=number,
            at=at,
            place=self._log.place(part.key("at")),
            scheduler="up" if scheduler == "up" else "down" if scheduler else None,
            start=start,
            recorder=recorder,
            start_refused=_wanted_words(part) if new and part.node_of("do") is None else None,
            act=act,
            expected=tuple(expected),
            notices=notices,
            exactly=part.yes("exactly"),
        )

    def _moment(self, node: Scalar | None) -> datetime | None:
        """A moment that is not before the ones above it; a mere day may be the day of the last one."""
        if node is None:
            return None
        found = moment(node.text)
        before = self._now
        first = self._portfolio.on if self._portfolio else None
        if (first and found.date() < first) or (
            before and found < before and (" " in node.text or found.date() < before.date())
        ):
            since = before or first
            self._log.add(
                "back-in-time",
                node,
                Text("Die Uhr geht nur vorwärts.", "The clock only goes forward."),
                Text(f"Zuletzt war {since:%d.%m.%Y %H:%M}.", f"Last was {since:%Y-%m-%d %H:%M}.")
                if since
                else None,
            )
        self._now = max(found, before) if before else found
        return self._now

    def _act(self, part: Part, at: datetime | None) -> Act | None:
        node: Scalar | None = part.get("do")
        if part.node_of("do") is None:
            of_a_start = _OF_A_START if part.node_of("new") else ()
            for key in _OF_AN_ACT:
                if part.node_of(key) and key not in of_a_start:
                    self._without(part, key, "do")
            return None
        actor: Scalar | None = part.get("as")
        if actor is None and "as" not in part.wrong:
            self._log.add(
                "missing-key",
                part.key("do"),
                Text("Hier fehlt der Schlüssel 'as'.", "The key 'as' is missing here."),
                Text(
                    f"Wer tut es? Etwa: as: {self._somebody}.",
                    f"Who does it? For instance: as: {self._somebody}.",
                ),
            )
        if not part.node_of("new"):
            self._recorder(part)
        day = part.text("on")
        on = date.fromisoformat(day) if day else None
        if on and at and on > at.date():
            self._log.add(
                "back-in-time",
                part.get("on"),
                Text(
                    "Es kann nicht später zählen, als es geschieht.", "It cannot count later than it happens."
                ),
                Text("'on' nennt einen früheren Tag als 'at'.", "'on' names an earlier day than 'at'."),
            )
        if node is None:
            return None
        key, event = node.text.split()
        workflow = self._workflow_of(node, key)
        if workflow is None:
            return None
        if event not in workflow.events:
            column = node.text.rindex(event)
            self._unknown_at(node, column, event, "event", workflow.events)
        return Act(
            key=key,
            event=event,
            actor=actor.text if actor else "",
            given=self._values(part, "set", workflow),
            on=on,
            reason=part.text("reason"),
            refused=_wanted_words(part),
            place=self._log.place(node),
        )

    def _recorder(self, part: Part) -> str | None:
        """Who does it."""
        actor: Scalar | None = part.get("as")
        if actor is not None and actor.text not in self._people:
            self._log.unknown("person", Text("Die Person", "The person"), actor, sorted(self._people))
        return actor.text if actor else None

    @property
    def _somebody(self) -> str:
        return min(self._people, default="clerk")

    def _expected(self, key: Scalar, part: Part) -> list[Expected]:
        workflow = self._workflow_of(key, key.text)
        if workflow is None:
            return []
        found: list[Expected] = []

        def expect(what: str, name: str, value: Value | None, place: Place) -> None:
            found.append(Expected(key=key.text, what=what, name=name, value=value, place=place))  # type: ignore[arg-type] # the four literals below

        state: Scalar | None = part.get("state")
        if state is not None:
            self._check_place(state, workflow)
            expect("state", "", state.text, self._log.place(state))
        for name, value in self._values(part, "data", workflow).items():
            expect("data", name, value, self._place_in(part, "data", name))
        for name, day in part.many("due"):
            if self._known("deadline", name, workflow.deadline_by_name):
                due = None if day.text == NOTHING else date.fromisoformat(day.text)
                expect("due", name.text, due, self._log.place(day))
        for name in part.many("warnings"):
            if self._known("warning", name, [item.name for item in workflow.warnings]):
                expect("warning", name.text, None, self._log.place(name))
        return found

    def _check_place(self, state: Scalar, workflow: Workflow) -> None:
        for name in state.text.split(TOGETHER):
            if name not in workflow.state_by_name:
                self._unknown_at(state, state.text.index(name), name, "state", workflow.state_by_name)

    def _wanted(self, part: Part) -> Wanted | None:
        key: Scalar | None = part.get("case")
        workflow = self._workflow_of(key, key.text) if key else None
        template, role, kind, day = (part.get(name) for name in ("template", "to", "kind", "on"))
        if workflow is None:
            return None
        if template is not None:
            self._known("template", template, _templates(workflow))
        if role is not None:
            self._known("role", role, workflow.role_by_name)
        if key is None or template is None or role is None or kind is None:
            return None
        return Wanted(
            case=key.text,
            template=template.text,
            to=role.text,
            kind=kind.text,
            on=date.fromisoformat(day.text) if day else None,
            place=self._log.place(key),
        )

    def _same_as(self, part: Part | None, folder: Path | None) -> SameAs | None:
        name: Scalar | None = part.get("scenario") if part else None
        if part is None or name is None:
            return None
        known = sorted(path.stem for path in folder.glob("*.yaml")) if folder else []
        if not self._known("scenario", name, known):
            return None
        return SameAs(
            scenario=name.text,
            states=part.yes("states"),
            statutory_notices=part.yes("statutory_notices"),
            place=self._log.place(name),
        )

    # -- names and values --------------------------------------------------------------

    def _workflow_of(self, node: Scalar, key: str) -> Workflow | None:
        """The workflow of a case; None if there is no such case, or nothing is known of it."""
        if key not in self._cases:
            # A case that is there starts others, which may then be spoken of.
            name = kin(key, self._cases, self._setting.workflows)
            if name is None:
                self._unknown_at(node, 0, key, "case", self._cases)
                return None
            self._cases[key] = name
        return self._setting.workflows.get(self._cases[key])

    def _known(self, kind: str, name: Scalar, known: object) -> bool:
        names = list(known)  # type: ignore[call-overload] # names, or a table by names
        if name.text in names:
            return True
        self._log.unknown(kind, _WORDS[kind], name, names)
        return False

    def _unknown_at(self, node: Scalar, offset: int, name: str, kind: str, known: object) -> None:
        line, column = node.position(offset)
        at = Scalar(line, column, name, node.plain, node.source, node.start, node.end)
        self._log.unknown(kind, _WORDS[kind], at, list(known))  # type: ignore[call-overload] # likewise

    def _values(self, part: Part, key: str, workflow: Workflow) -> dict[str, Value]:
        found = {}
        for name, value in part.many(key):
            if not self._known("field", name, workflow.field_by_name):
                continue
            try:
                found[name.text] = parse(workflow.field_by_name[name.text], raw(value))
            except InputError as error:
                self._log.add("wrong-value", value, error.message, error.hint)
        return found

    def _place_in(self, part: Part, key: str, name: str) -> Place:
        value = next(value for row, value in part.many(key) if row.text == name)
        return self._log.place(value)

    def _without(self, part: Part, key: str, other: str) -> None:
        self._log.add(
            "missing-key",
            part.key(key),
            Text(f"'{key}' steht hier ohne '{other}'.", f"'{key}' stands here without '{other}'."),
            Text(f"Gehört es zu einem Schritt mit '{other}'?", f"Does it belong to a step with '{other}'?"),
        )


_WORDS: Final = {
    **WHAT,
    "case": _CASE,
    "deadline": Text("Die Frist", "The deadline"),
    "warning": Text("Der Hinweis", "The warning"),
    "template": Text("Die Vorlage", "The template"),
    "scenario": Text("Das Szenario", "The scenario"),
}


def _wanted_words(part: Part) -> str | None:
    """The words with which it has to be refused."""
    refused = part.text("refused")
    return ANY if refused == "true" else refused


def _templates(workflow: Workflow) -> list[str]:
    """The templates that a workflow writes."""
    named = [notice.template for item in workflow.transitions for notice in item.notices]
    for spec in workflow.deadlines:
        others = (spec.notice, spec.escalate.notice if spec.escalate else None)
        named += [notice.template for notice in others if notice]
    return list(dict.fromkeys(named))


def people_of(scenario: Scenario, setting: Setting) -> dict[str, Person]:
    """Who takes part: the people of the portfolio and the scenario, or else those of the office."""
    named = (*(scenario.portfolio.people if scenario.portfolio else ()), *scenario.people)
    return {person.id: person for person in named} or dict(setting.profile.people)
