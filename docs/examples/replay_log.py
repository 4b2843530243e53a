"""Replay an event log of another system through wirflow's engine.

    python replay_log.py LOG.csv|LOG.xes OFFICE [--flower]

OFFICE is an office's folder (`wirflow init`).  A definition is made from the
log, unless the office has one of that name already: either what followed upon
what (each activity is a state), or, with `--flower`, anything at any time.
Then each case is started when its first event happened, and each event is
submitted with the moment at which it counts.  What the rules refuse is told,
and the rest of the case goes on: that is a check of a log against rules.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import iterparse

from wirflow.core.decision import Refusal
from wirflow.definition.reader import read_workflows
from wirflow.engine import NewCase
from wirflow.office import Office

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wirflow.definition.model import Workflow

CASE, ACTIVITY, TIME, RESOURCE = "case:concept:name", "concept:name", "time:timestamp", "org:resource"

UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "ae", "Ö": "oe", "Ü": "ue"}

CLOSE = "log_ends"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a log."""

    case: str
    activity: str
    at: datetime
    resource: str | None = None


@dataclass(slots=True)
class Replay:
    """What became of a log."""

    cases: int = 0
    events: int = 0
    refused: list[tuple[Event, str]] = field(default_factory=list)


# -- reading ----------------------------------------------------------------------------


def read(path: Path) -> list[Event]:
    """The events of a CSV or XES file, each case's in the order of time.

    Events of one case in one moment keep the order in which they stand in the file.
    """
    events = list(read_xes(path) if path.suffix == ".xes" else read_csv(path))
    return sorted(events, key=lambda event: event.at)


def read_csv(path: Path) -> Iterable[Event]:
    """A table with the columns `case:concept:name`, `concept:name`, `time:timestamp`, `org:resource`."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield Event(row[CASE], row[ACTIVITY], moment(row[TIME]), row.get(RESOURCE) or None)


def read_xes(path: Path) -> Iterable[Event]:
    """A log as IEEE 1849 describes it; what else it says is left out."""
    for _, trace in iterparse(path):  # noqa: S314 - a log of one's own; expat bounds what entities grow to
        if trace.tag.rpartition("}")[2] != "trace":
            continue
        case = attributes(trace)[ACTIVITY]
        for element in trace:
            if element.tag.rpartition("}")[2] == "event":
                own = attributes(element)
                yield Event(case, own[ACTIVITY], moment(own[TIME]), own.get(RESOURCE))
        trace.clear()


def attributes(element: Iterable[object]) -> dict[str, str]:
    """The attributes of a trace or an event of XES."""
    pairs = [getattr(child, "attrib", {}) for child in element]
    return {pair["key"]: pair["value"] for pair in pairs if "value" in pair}


def moment(text: str) -> datetime:
    """An instant; one that names no zone is taken for UTC."""
    at = datetime.fromisoformat(text.strip())
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# -- a definition -----------------------------------------------------------------------


def names(events: Iterable[Event]) -> dict[str, str]:
    """Activity → event: `T02 Prüfung (Außen)` is called `t02_pruefung_aussen`; each has a name of its own."""
    found: dict[str, str] = {}
    for activity in sorted({event.activity for event in events}):
        plain = "".join(UMLAUTS.get(letter, letter) for letter in activity)
        plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode().lower()
        name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:50].strip("_")
        if not name or not name[0].isalpha():
            name = f"do_{name}".strip("_")
        taken = {CLOSE, "begun", "closed", *found.values()}
        found[activity] = next(
            other
            for other in (name, *(f"{name}_{number}" for number in range(2, 1000)))
            if other not in taken
        )
    return found


def definition(events: Sequence[Event], name: str, *, flower: bool = False) -> str:
    """A workflow in which all that the log tells is possible.

    Args:
        events: the log, in the order of time.
        name: what the workflow is called.
        flower: anything at any time; otherwise only what once followed upon what.
    """
    known = names(events)
    before: dict[str, set[str]] = defaultdict(set)
    last: dict[str, str] = {}
    for event in events:
        before[event.activity].add(last.get(event.case, "begun"))
        last[event.case] = known[event.activity]
    lines = [
        "wirflow: 1",
        f"workflow: {name}",
        "roles:",
        "  office: {}",
        "fields:",
        "  resource: {type: text}",
        "states:",
        "  begun: {initial: true}",
    ]
    if not flower:
        lines += [
            f"  {own}: {{title: {json.dumps(words, ensure_ascii=False)}}}" for words, own in known.items()
        ]
    lines += ["  closed: {final: true}", "transitions:"]
    for words, own in known.items():
        where = "from: begun" if flower else f"from: [{', '.join(sorted(before[words]))}], to: {own}"
        title = json.dumps(words, ensure_ascii=False)
        lines.append(f"  {own}: {{title: {title}, {where}, by: [office], input: {{resource: optional}}}}")
    ends = "begun" if flower else f"[{', '.join(sorted(set(last.values())))}]"
    lines.append(f"  {CLOSE}: {{from: {ends}, to: closed, by: [office]}}")
    return "\n".join(lines) + "\n"


# -- replaying --------------------------------------------------------------------------


def replay(
    office: Office, workflow: str, events: Iterable[Event], *, actor: str, known: Mapping[str, str]
) -> Replay:
    """Start the cases, and submit their events with the moments at which they count.

    A case is one transaction here: that is fast, and a case is there whole or not at all.

    Args:
        office: where to.
        workflow: of which workflow the cases are.
        events: the log, in the order of time.
        actor: who is on record for it, a person of `wirflow.toml`.
        known: activity → event of the workflow.
    """
    engine, done = office.engine, Replay()
    by_case: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_case[event.case].append(event)
    for case, own in by_case.items():
        with office.database.engine.begin() as connection:
            new = NewCase(workflow=workflow, key=case, data={}, links={}, sources={})
            engine.start(new, actor=actor, occurred_at=own[0].at, connection=connection)
            done.cases += 1
            for event in own:
                outcome = engine.submit(
                    case,
                    known[event.activity],
                    actor=actor,
                    given={"resource": event.resource} if event.resource else {},
                    occurred_at=event.at,
                    connection=connection,
                )
                done.events += 1
                if isinstance(outcome, Refusal):
                    done.refused.append((event, outcome.explain(office.lang)))
            if CLOSE in engine.workflow(workflow).events:
                engine.submit(case, CLOSE, actor=actor, occurred_at=own[-1].at, connection=connection)
    return done


def workflow_for(office: Office, name: str, events: Sequence[Event], *, flower: bool = False) -> Workflow:
    """The workflow of that name: the office's own, or one that is made from the log and written there."""
    path = office.folder / "workflows" / f"{name}.yaml"
    if not path.exists():
        path.write_text(definition(events, name, flower=flower), encoding="utf-8")
    workflow = read_workflows([path]).checked()[name]
    office.engine.register([workflow])
    return workflow


def main(words: Sequence[str]) -> int:
    """Replay the log that is named; 1 if something was refused."""
    log, folder, *options = words
    office = Office.find(folder)
    events = read(Path(log))
    workflow_for(office, "log", events, flower="--flower" in options)
    done = replay(office, "log", events, actor=office.person, known=names(events))
    print(f"{done.cases} cases, {done.events} events, {len(done.refused)} refused")
    for event, why in done.refused[:20]:
        print(f"{event.case} {event.at.isoformat()} {event.activity}: {why.splitlines()[0]}")
    return 1 if done.refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
