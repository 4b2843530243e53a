"""A plan: who does what when.  Read from YAML, checked against the world in which it is to happen.

plan: bewilligt
title: {de: Der Plan gelingt, en: The plan succeeds}
steps:
  - {at: 2021-01-04, do: WIR-KO-2 submit, as: sachbearbeitung, set: {amount_requested: 60000}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from wirflow.core.opening import NewCase
from wirflow.definition.declare import WHAT
from wirflow.definition.finding import Finding, errors_in
from wirflow.definition.grammar import VERSION
from wirflow.definition.kin import kin
from wirflow.definition.log import Log, meant
from wirflow.definition.portfolio import CASE, CASE_KEY, DAY, TAG, build_case
from wirflow.definition.shape import FACT, IDENTIFIER, TEXT, TITLE, Key, Many, Part, Record, Table, Word, raw
from wirflow.definition.values import Value, parse, show_date
from wirflow.definition.yaml import Document, Scalar, read_file, read_text
from wirflow.errors import InputError
from wirflow.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from wirflow.definition.model import Workflow
    from wirflow.simulation.world import World

NINE: Final = time(9)
"""When somebody acts on a day of which no hour is said."""

NOON: Final = time(12)
"""When something counts on a day."""

_WORDS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Somebody acts on a case."""

    at: datetime
    """When they do it, UTC."""
    case: str
    event: str
    """`start` if the case begins."""
    actor: str
    given: Mapping[str, Value]
    occurred_at: datetime | None = None
    """When it counts, if that is earlier."""
    reason: str | None = None
    new: NewCase | None = None
    """The case that begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What people do, in the order in which it was written down."""

    name: str
    title: Text
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class PlanReading:
    """What a plan file says."""

    plan: Plan | None
    """None if there are errors."""
    findings: tuple[Finding, ...]

    def checked(self) -> Plan:
        """The plan, if nothing is wrong.

        Raises:
            DefinitionError: there are errors; holds all findings.
        """
        if self.plan is None:
            raise errors_in(self.findings)
        return self.plan


def _is_moment(scalar: Scalar) -> bool:
    try:
        _moment(scalar.text)
    except ValueError:
        return False
    return True


def _moment(words: str) -> datetime:
    """A day, or a day with an hour, as written; without a zone."""
    day, _, hour = words.partition(" ")
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(hour) if hour else NINE)


_AT: Final = Word(
    Text("ein Tag wie 2021-01-04 oder 2021-01-04 09:30", "a day such as 2021-01-04 or 2021-01-04 09:30"),
    _is_moment,
)
_DO: Final = Word(
    Text("ein Vorgang und ein Ereignis wie WIR-KO-2 submit", "a case and an event such as WIR-KO-2 submit"),
    lambda scalar: len(scalar.text.split()) == _WORDS,
)

NEW: Final = Record(
    Text("{key: …, workflow: …, data: …}", "{key: …, workflow: …, data: …}"),
    {
        "key": Key(CASE_KEY, required=True, about=Text("Das Aktenzeichen.", "The key of the case.")),
        **CASE.keys,
    },
)

STEP: Final = Record(
    Text("{at: …, do: Vorgang Ereignis, as: …}", "{at: …, do: case event, as: …}"),
    {
        "at": Key(
            _AT,
            required=True,
            about=Text(
                "Wann es getan wird; ohne Stunde um neun Uhr.", "When it is done; without an hour, at nine."
            ),
        ),
        "do": Key(_DO, about=Text("Der Vorgang und das Ereignis.", "The case and the event.")),
        "new": Key(
            NEW,
            about=Text(
                "Statt 'do': ein Vorgang, der beginnt, wie in einer Fallsammlung.",
                "Instead of 'do': a case that starts, written as in a portfolio.",
            ),
        ),
        "as": Key(
            TAG,
            required=True,
            about=Text("Wer es tut: eine Person aus wirflow.toml.", "Who does it: a person of wirflow.toml."),
        ),
        "on": Key(
            DAY,
            about=Text(
                "Der Tag, an dem es zählt, wenn er früher ist.",
                "The day on which it counts, if that is earlier.",
            ),
        ),
        "set": Key(Table(FACT, IDENTIFIER), about=Text("Die Angaben dazu.", "The facts that are given.")),
        "reason": Key(TEXT, about=Text("Die Begründung.", "The reason.")),
    },
)

PLAN: Final = Record(
    Text("ein Plan mit 'plan: Name' am Anfang", "a plan with 'plan: name' at its head"),
    {
        "wirflow": Key(VERSION, about=Text("Fassung der Sprache: 1.", "Version of the language: 1.")),
        "plan": Key(TAG, required=True, about=Text("Name des Plans.", "Name of the plan.")),
        "title": Key(TITLE, about=Text("Wie Menschen ihn nennen.", "What people call it.")),
        "steps": Key(
            Many(STEP),
            required=True,
            about=Text("Was getan wird, Schritt für Schritt.", "What is done, step by step."),
        ),
    },
)


def read_plan(path: Path, world: World) -> PlanReading:
    """Read a plan file and check it against the world in which it is to happen.

    Args:
        path: the file.
        world: its cases, their definitions, and the people of the office.
    """
    return _read(read_file(path), world)


def read_plan_text(text: str, world: World, file: str = "<text>") -> PlanReading:
    """Read a plan from text, as `read_plan` reads a file."""
    return _read(read_text(text, file), world)


def _read(document: Document, world: World) -> PlanReading:
    log = Log(document.file, list(document.findings))
    plan = None
    if document.root is not None:
        part = PLAN.fit(document.root, log)
        name = part.text("plan") or ""
        known = {key: workflow.name for key, workflow in world.definitions.items()}
        steps = [_step(item, world, known, log) for item in part.many("steps")]
        plan = Plan(name=name, title=part.title(name), steps=tuple(step for step in steps if step))
    findings = tuple(sorted(log.findings, key=lambda item: (item.place, item.code)))
    return PlanReading(None if log.errors else plan, findings)


def _step(part: Part, world: World, known: dict[str, str], log: Log) -> Step | None:
    at, do, actor, on = part.get("at"), part.get("do"), part.get("as"), part.get("on")
    zone = ZoneInfo(world.profile.zone)
    moment = _moment(at.text).replace(tzinfo=zone).astimezone(UTC) if at else None
    counts = datetime.combine(date.fromisoformat(on.text), NOON, zone).astimezone(UTC) if on else None
    if at and moment and moment < world.now:
        today = world.now.astimezone(zone).date()
        log.add(
            "past",
            at,
            Text(f"{at.text} ist vergangen.", f"{at.text} is past."),
            Text(
                f"Der Plan beginnt am {show_date(today, 'de')}, {world.now.astimezone(zone):%H:%M} Uhr.",
                f"The plan begins on {show_date(today, 'en')}, {world.now.astimezone(zone):%H:%M}.",
            ),
        )
    if on and moment and counts and counts > moment:
        log.add(
            "future",
            on,
            Text("Ein Ereignis zählt heute oder früher.", "An event counts today or earlier."),
            Text(f"Getan wird es am {at.text}.", f"It is done on {at.text}."),
        )
    if actor and actor.text not in world.profile.people:
        log.unknown("person", Text("Die Person", "The person"), actor, world.profile.people)
    started: Part | None = part.get("new")
    if (do is None) == (started is None) and not {"do", "new"} & part.wrong:
        log.add(
            "missing-key" if do is None else "wrong-value",
            part.node if do is None else part.key("new"),
            Text("Ein Schritt hat entweder 'do' oder 'new'.", "A step has either 'do' or 'new'."),
        )
    if started is not None:
        return _start(part, started, moment, world, known, log)
    case, event, workflow = _what(do, world, known, log) if do else ("", "", None)
    given = _given(part, workflow, log)
    if not moment or not do or not actor:
        return None
    return Step(
        at=moment,
        case=case,
        event=event,
        actor=actor.text,
        given=given,
        occurred_at=counts,
        reason=part.text("reason"),
    )


def _start(  # noqa: PLR0917 - one step and what it is checked against
    part: Part, started: Part, moment: datetime | None, world: World, known: dict[str, str], log: Log
) -> Step | None:
    """A step with which a case begins."""
    key, actor = started.get("key"), part.get("as")
    for name in ("on", "set", "reason"):
        if part.node_of(name):
            log.add(
                "wrong-value",
                part.key(name),
                Text(f"'{name}' gehört zu 'do'.", f"'{name}' belongs to 'do'."),
                Text("Neue Angaben stehen unter 'data'.", "The facts of a new case stand under 'data'."),
            )
    if key is None:
        return None
    new = build_case(key, started, world.newest, known, log)
    known.setdefault(key.text, new.workflow)
    if not moment or not actor:
        return None
    return Step(
        at=moment,
        case=new.key,
        event="start",
        actor=actor.text,
        given={},
        new=NewCase(
            workflow=new.workflow,
            key=new.key,
            data=new.data,
            links=new.links,
            sources=new.sources,
            note=new.note,
            state=new.state,
        ),
    )


def _what(do: Scalar, world: World, known: dict[str, str], log: Log) -> tuple[str, str, Workflow | None]:
    """Case and event of a step; what does not exist is found at its own place."""
    case, event = do.text.split()
    workflow = world.definitions.get(case)
    if workflow is None:
        # A case that a step starts, or that another one starts on its way.
        name = known.get(case) or kin(case, known, world.newest)
        workflow = world.newest.get(name or "")
        if name and workflow:
            known[case] = name
    if workflow is None:
        log.add(
            "unknown-case",
            do,
            Text(f"Der Vorgang '{case}' ist unbekannt.", f"The case '{case}' is unknown."),
            meant(case, world.cases),
            offset=do.text.index(case),
        )
    elif event not in workflow.events:
        log.add(
            "unknown-event",
            do,
            Text(f"{WHAT['event'].de} '{event}' ist unbekannt.", f"{WHAT['event'].en} '{event}' is unknown."),
            meant(event, workflow.events),
            offset=do.text.rindex(event),
        )
    return case, event, workflow


def _given(part: Part, workflow: Workflow | None, log: Log) -> dict[str, Value]:
    given: dict[str, Value] = {}
    if workflow is None:
        return given
    fields = workflow.field_by_name
    for name, value in part.many("set"):
        if name.text not in fields:
            log.unknown("field", WHAT["field"], name, fields)
            continue
        try:
            given[name.text] = parse(fields[name.text], raw(value))
        except InputError as error:
            log.add("wrong-value", value, error.message, error.hint)
    return given
