"""Replay an event log of another system through wirflow's engine.

    python replay_log.py LOG OFFICE [--workflow NAME] [--as PERSON] [--flower | --least N] …

LOG is CSV or XES, also with `.gz` behind it; OFFICE is an office's folder
(`wirflow init`).  If the office has no workflow of that name, one is made from
the log: each activity is a state, and leads to what came next somewhere in the
log, at least N times; or, with `--flower`, anything may follow anything.

Each case is started when its first event happened, and each event is submitted
with the moment at which it counts.  What the rules refuse is told, and the rest
of the case goes on: that is a check of a log against rules.

In a practice office (`today` in wirflow.toml) the log is lived through in the
order of time, and what falls due in between happens in between.  With the real
clock each case is replayed as a whole, in one transaction, and recorded now.

What has been done with each line stands in a table of our own, `replayed`, and
commits together with it.  Stopped or killed, the program is simply run again:
it goes on where it was, and nothing is there twice.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from event_log import ACTIVITY, CASE, SHOWN, TIME, Event, read, stop  # beside this file
from sqlalchemy import Column, Integer, MetaData, Table, Text as Words, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from wirflow.clock import VirtualClock
from wirflow.core.decision import Refusal
from wirflow.definition.reader import read_workflows
from wirflow.engine import NewCase
from wirflow.errors import ConflictError, InputError, UnknownNameError, WirflowError, WorldError
from wirflow.office import Office
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from wirflow.definition.model import Workflow

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "ae", "Ö": "oe", "Ü": "ue"})

BEGUN, CLOSED, CLOSE = "begun", "closed", "log_ends"

ATTEMPTS = 5
"""How often a transaction is repeated if others were in its way."""

replayed = Table(
    "replayed",
    MetaData(),
    Column("case_key", Words, primary_key=True),
    Column("number", Integer, primary_key=True),  # of the event in its case, from 1; 0 is the start
    Column("said", Words, nullable=False),  # what the log said: the moment and the activity
    Column("refused", Words),  # why; nothing: it was taken
)

COLUMNS = tuple(replayed.columns.keys())


Outcomes = dict[tuple[str, int], str | None]
"""A case and which of its events → why it was refused; None: it was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What became of a log."""

    cases: int
    events: int
    before: int
    """How many of the events an earlier run had done."""
    refused: list[tuple[Event, str]]
    """What the rules refused, in the order of time."""


# -- a definition -----------------------------------------------------------------------


@cache
def slug(words: str) -> str:
    """Words as the language writes names: `T02 Prüfung (Außen)` is `t02_pruefung_aussen`."""
    plain = unicodedata.normalize("NFKD", words.translate(UMLAUTS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[:50].strip("_")


def names(events: Iterable[Event]) -> dict[str, str]:
    """Activity → event; each has a name of its own."""
    found: dict[str, str] = {}
    for activity in sorted({event.activity for event in events}):
        name = slug(activity)
        if not name or not name[0].isalpha():
            name = f"do_{name}".strip("_")
        taken = {CLOSE, BEGUN, CLOSED, *found.values()}
        tried = chain([name], (f"{name}_{number}" for number in count(2)))
        found[activity] = next(other for other in tried if other not in taken)
    return found


def known_to(workflow: Workflow, events: Iterable[Event]) -> dict[str, str]:
    """Activity → event of a workflow: the one with that title, in either language, or else with that name.

    Raises:
        InputError: an activity has none.
    """
    titles = {title: one.event for one in workflow.transitions for title in (one.title.de, one.title.en)}
    named = names(events)
    found = {activity: titles.get(activity, name) for activity, name in named.items()}
    stop(
        [
            Text(
                f"{workflow.name}: kein Ereignis heißt {activity!r} oder {named[activity]}.",
                f"{workflow.name}: no event is called {activity!r} or {named[activity]}.",
            )
            for activity, event in found.items()
            if event not in workflow.events
        ]
    )
    return found


def definition(
    events: Sequence[Event], name: str, *, role: str = "office", flower: bool = False, least: int = 1
) -> str:
    """A workflow in which what the log tells is possible.

    Args:
        events: the log, in the order of time.
        name: what the workflow is called.
        role: who may do everything.
        flower: anything at any time; otherwise only what once followed upon what.
        least: how often it has to have followed; what came more seldom will be refused.
    """
    known = names(events)
    before: dict[str, Counter[str]] = defaultdict(Counter)
    last: dict[str, str] = {}
    for event in events:
        before[event.activity][last.get(event.case, BEGUN)] += 1
        last[event.case] = known[event.activity]
    ways = {
        activity: sorted(state for state, often in found.items() if often >= least)
        # What is always seldom stays possible after what it followed most often, or nothing would lead there.
        or [found.most_common(1)[0][0]]
        for activity, found in before.items()
    }
    titles = {activity: json.dumps(activity, ensure_ascii=False) for activity in known}
    states = [] if flower else [f"  {own}: {{title: {titles[words]}}}" for words, own in known.items()]
    lines = [
        "wirflow: 1",
        f"workflow: {name}",
        f"roles: {{{role}: {{}}}}",
        "fields:",
        "  resource: {type: text}",
        "states:",
        f"  {BEGUN}: {{initial: true}}",
        *states,
        f"  {CLOSED}: {{final: true}}",
        "transitions:",
    ]
    for words, own in known.items():
        where = f"from: {BEGUN}" if flower else f"from: [{', '.join(ways[words])}], to: {own}"
        lines.append(
            f"  {own}: {{title: {titles[words]}, {where}, by: [{role}], input: {{resource: optional}}}}"
        )
    ends = BEGUN if flower else f"[{', '.join(sorted(known.values()))}]"
    lines.append(f"  {CLOSE}: {{from: {ends}, to: {CLOSED}, by: [{role}]}}")
    return "\n".join(lines) + "\n"


def workflow_for(
    office: Office, name: str, events: Sequence[Event], *, actor: str, flower: bool = False, least: int = 1
) -> Workflow:
    """The workflow of that name: the office's own, or one that is made from the log and written there.

    Raises:
        InputError: how to make one is said, but there is another one.
        DefinitionError: the one that is there has errors.
    """
    path = office.folder / "workflows" / f"{name}.yaml"
    there = path.read_text(encoding="utf-8") if path.exists() else None
    if there is None or flower or least > 1:
        person = office.settings.people.get(actor)
        role = next(iter(person.roles if person else ()), "office")
        made = definition(events, name, role=role, flower=flower, least=least)
        if there not in {None, made}:
            raise InputError(
                Text(f"{path} gibt es schon, und anders.", f"{path} is there already, and differs."),
                hint=Text(
                    "--flower und --least machen einen Workflow; nennen Sie ihn anders (--workflow).",
                    "--flower and --least make a workflow; give it another name (--workflow).",
                ),
            )
        path.write_text(made, encoding="utf-8")
    workflow = read_workflows([path]).checked()[name]
    office.engine.register([workflow])
    return workflow


# -- replaying --------------------------------------------------------------------------


def replay(office: Office, workflow: Workflow, events: Sequence[Event], *, actor: str) -> Replay:
    """Start the cases, and submit their events with the moments at which they count.

    Args:
        office: where to.
        workflow: of which workflow the cases are.
        events: the log, in the order of time.
        actor: who is on record for it, a person of `wirflow.toml`.

    Raises:
        InputError: there is no such person, the workflow does not know an activity, an event
            lies in the future, or what was replayed before was another log.
    """
    if actor not in office.profile.people:
        raise UnknownNameError(Text("Die Person", "The person"), actor, office.profile.people)
    known = known_to(workflow, events)
    replayed.create(office.database.engine, checkfirst=True)
    done = _done(office, events)
    left = [event for event in events if (event.case, event.number) not in done]
    clock = office.clock
    player = Player(office, workflow, known, actor)
    player.unbegun = {case: why for (case, number), why in done.items() if number == 0 and why}
    if isinstance(clock, VirtualClock):
        # Killed in the middle, an office did not write down where its clock stood.
        clock.set(max(clock.now(), office.engine.backlog().latest or clock.now()))
        try:
            for event in left:
                _live_until(office, clock, event.at)
                done |= player.again([event])
        finally:
            office.set_clock(clock.now())
    else:
        now = clock.now()
        stop(
            [
                Text(
                    f"{one.place}: {one.at} liegt in der Zukunft.", f"{one.place}: {one.at} is in the future."
                )
                for one in left
                if one.at > now
            ]
        )
        by_case: dict[str, list[Event]] = defaultdict(list)
        for event in left:
            by_case[event.case].append(event)
        for bundle in by_case.values():
            done |= player.again(bundle)
    outcomes = ((event, done[event.case, event.number]) for event in events)
    return Replay(
        cases=len({event.case for event in events}),
        events=len(events),
        before=len(events) - len(left),
        refused=[(event, why) for event, why in outcomes if why is not None],
    )


def _done(office: Office, events: Iterable[Event]) -> Outcomes:
    """What earlier runs have done of a log.

    Raises:
        InputError: it was another log.
    """
    with office.database.engine.connect() as connection:
        rows = connection.execute(select(replayed)).all()
    said = {(row.case_key, row.number): row.said for row in rows}
    stop(
        [
            Text(
                f"{event.place}: Nachgespielt wurde an dieser Stelle schon {before!r}.",
                f"{event.place}: In this place {before!r} was replayed before.",
            )
            for event in events
            if (before := said.get((event.case, event.number), event.said)) != event.said
        ]
    )
    return {(row.case_key, row.number): row.refused for row in rows}


def _live_until(office: Office, clock: VirtualClock, moment: datetime) -> None:
    """Let what is due by then happen at its own moment, and let the clock stand there."""
    if moment <= clock.now():
        return
    nexts = (office.engine.next_due(), office.engine.next_attempt())
    if any(next_one and next_one <= moment for next_one in nexts):
        office.scheduler.play(moment)
    else:
        clock.set(moment)


class Player:
    """Plays events of one case in one transaction."""

    def __init__(self, office: Office, workflow: Workflow, known: Mapping[str, str], actor: str) -> None:
        self._office, self._workflow, self._known, self._actor = office, workflow, known, actor
        self.unbegun: dict[str, str] = {}
        """Case → why it could not be started: one of that key may be there, and is none of the log's."""
        self._inputs: dict[str, set[str]] = defaultdict(set)
        for one in workflow.transitions:
            self._inputs[one.event].update(item.field for item in one.input)

    def again(self, bundle: Sequence[Event]) -> Outcomes:
        """Play them, and once more if others were in the way: nothing of it was kept then."""
        for _ in range(ATTEMPTS - 1):
            try:
                return self._play(bundle)
            except ConflictError:
                continue
        return self._play(bundle)

    def new(self, event: Event) -> NewCase:
        """The case that starts with an event, with what the log says of it (`case:…`)."""
        of_case = {key: value for key, value in event.facts.items() if key.startswith("case:")}
        data = self._facts(of_case, self._workflow.field_by_name)
        return NewCase(workflow=self._workflow.name, key=event.case, data=data, links={}, sources={})

    def given(self, event: Event) -> dict[str, Any]:
        """What the log says of the fields that an event takes."""
        return self._facts(event.facts, self._inputs[self._known[event.activity]])

    def _play(self, bundle: Sequence[Event]) -> Outcomes:
        done: Outcomes = {}
        rows = []
        with self._office.database.engine.begin() as connection:
            for event in bundle:
                if event.number == 1:
                    self._start(event, connection, rows)
                why = self.unbegun.get(event.case) or self._submit(event, connection)
                done[event.case, event.number] = why
                rows.append((event.case, event.number, event.said, why))
            connection.execute(replayed.insert(), [dict(zip(COLUMNS, row, strict=True)) for row in rows])
        return done

    def _start(
        self, event: Event, connection: Connection, rows: list[tuple[str, int, str, str | None]]
    ) -> None:
        """Start the case of an event, or remember why it cannot be."""
        start = partial(self._office.engine.start, self.new(event))
        why = self._told(partial(start, occurred_at=event.at, connection=connection))
        rows.append((event.case, 0, "", why))
        self.unbegun.pop(event.case, None)
        if why is not None:
            self.unbegun[event.case] = why

    def _submit(self, event: Event, connection: Connection) -> str | None:
        """Submit an event; why not, if it cannot be."""
        name = self._known[event.activity]
        submit = partial(self._office.engine.submit, event.case, name, given=self.given(event))
        return self._told(partial(submit, occurred_at=event.at, connection=connection))

    def _told(self, work: Callable[..., object]) -> str | None:
        """Do something; why not, if the rules refuse it or it cannot be."""
        lang = self._office.lang
        try:
            outcome = work(actor=self._actor)
        except InputError as error:
            return error.explain(lang)
        return outcome.explain(lang) if isinstance(outcome, Refusal) else None

    def _facts(self, said: Mapping[str, str], fields: Iterable[str]) -> dict[str, Any]:
        """What the log says of some fields: `org:resource` is `resource`, `case:end date` is `end_date`."""
        wanted = set(fields)
        found: dict[str, Any] = {}
        for key, value in said.items():
            name = slug(key.rpartition(":")[2])
            if name in wanted:
                found[name] = self._value(name, value)
        return found

    def _value(self, name: str, value: str) -> Any:
        """A moment of the log is a day of the office, where a day is wanted."""
        if self._workflow.field_by_name[name].type != "date":
            return value
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return value  # the engine says what is wrong with it
        return (at.astimezone(ZoneInfo(self._office.zone)) if at.tzinfo else at).date()


# -- the command ------------------------------------------------------------------------


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="replay_log.py", description="Replay an event log.")
    parser.add_argument("log", type=Path, help=".csv or .xes, also .gz")
    parser.add_argument("office", help="the folder of an office")
    parser.add_argument("--workflow", default="log", help="of which workflow the cases are (log)")
    parser.add_argument("--as", dest="actor", help="a person of wirflow.toml")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--flower", action="store_true", help="make a workflow in which anything may follow")
    way.add_argument("--least", type=int, default=1, help="make one of what followed at least so often (1)")
    parser.add_argument("--doubled", choices=["refuse", "keep", "drop"], default="refuse")
    parser.add_argument("--refused", type=Path, help="where to write what was refused, as CSV")
    for key, column in ((CASE, "case"), (ACTIVITY, "activity"), (TIME, "time")):
        parser.add_argument(f"--{column}", default=key, help=f"how the column is called ({key})")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Replay the log that is named; 1 if something was refused, 2 if the log is wrong, 3 if the world is."""
    asked = arguments(words)
    lang: Any = "en"
    try:
        office = Office.find(asked.office)
        lang = office.lang
        try:
            return _run(office, asked)
        finally:
            office.close()
    except WorldError as error:
        print(f"{error.explain(lang)}\n{AGAIN.pick(lang)}", file=sys.stderr)
        return error.exit_code
    except WirflowError as error:
        print(error.explain(lang), file=sys.stderr)
        return error.exit_code
    except IntegrityError:
        print(TWICE.pick(lang), file=sys.stderr)
        return 1
    except SQLAlchemyError as error:
        print(f"{getattr(error, 'orig', error)}\n{AGAIN.pick(lang)}", file=sys.stderr)
        return 3


AGAIN = Text(
    "Noch einmal aufgerufen, geht das Nachspielen weiter, wo es stand.",
    "Run it again: the replay goes on where it was.",
)

TWICE = Text(
    "Dieses Protokoll wird gerade noch einmal nachgespielt; das eine genügt.",
    "This log is being replayed by another one at the same time; one is enough.",
)


def _run(office: Office, asked: argparse.Namespace) -> int:
    actor = asked.actor or office.person
    columns = {CASE: asked.case, ACTIVITY: asked.activity, TIME: asked.time}
    events = read(asked.log, zone=office.zone, columns=columns, doubled=asked.doubled)
    workflow = workflow_for(
        office, asked.workflow, events, actor=actor, flower=asked.flower, least=asked.least
    )
    done = replay(office, workflow, events, actor=actor)
    before = f" ({done.before} of them before)" if done.before else ""
    print(f"{done.cases} cases, {done.events} events{before}, {len(done.refused)} refused")
    for event, why in done.refused[:SHOWN]:
        print(f"{event.case} {event.at.isoformat()} {event.activity}: {why.splitlines()[0]}")
    if len(done.refused) > SHOWN:
        print(f"… {len(done.refused) - SHOWN} more")
    if asked.refused:
        with asked.refused.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow([CASE, ACTIVITY, TIME, "place", "refused"])
            table.writerows([e.case, e.activity, e.at.isoformat(), e.place, why] for e, why in done.refused)
    return 1 if done.refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
