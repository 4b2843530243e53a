"""An event log of the kind that offices keep: made-up permits, with the shape and the faults of real ones.

1,434 cases, 8,577 events, 27 activities: loops, several events in one second,
umlauts, cases that overlap, clocks that differ, and lines in no order at all.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import Element, ElementTree, SubElement

if TYPE_CHECKING:
    from pathlib import Path

CASES = 1434
EVENTS = 8577

ACTIVITIES = (
    "Eingang bestätigen",
    "T02 Vollständigkeit prüfen",
    "T03 Zuständigkeit klären",
    "T04 Gebühr festsetzen",
    "T05 Empfangsbestätigung drucken und absenden",
    "T06 Weitergabe nötig?",
    "T07-1 Internen Rat einholen",
    "T07-2 Internen Rat entwerfen",
    "T07-3 Rat (Aufsicht) abwarten",
    "T07-4 Externen Rat einholen",
    "T07-5 Externen Rat einarbeiten",
    "T08 Rat in den Bescheid aufnehmen",
    "T09-1 Verlängerung der Frist prüfen",
    "T09-2 Frist verlängern",
    "T09-3 Verlängerung mitteilen",
    "T10 Mängelbescheid entwerfen",
    "T11 Mängelbescheid erlassen",
    "T12 Nachgereichte Unterlagen prüfen",
    "T13 Nicht gefördert: Rückgabe",
    "T14 Öffentlich bekannt machen",
    "T15 Einwände sammeln / erörtern",
    "T16 Außenprüfung",
    "T17 Bericht über die Außenprüfung",
    "T18 Bescheid entwerfen",
    "T19 Bescheid unterzeichnen",
    "T20 Bescheid zustellen",
    "T21 Akte schließen",
)

RESOURCES = tuple(f"Stelle {number:02d}" for number in range(1, 49))


class Line(NamedTuple):
    """One event."""

    case: str
    activity: str
    at: datetime
    resource: str


def made_up(seed: int = 20) -> list[Line]:
    """The log, in the order in which its lines stand."""
    random = Random(seed)  # noqa: S311 - a seed is meant to be repeated
    lengths = [2] * CASES
    for _ in range(EVENTS - 2 * CASES):
        # Long cases grow longer: a few have many loops.
        one, other = random.randrange(CASES), random.randrange(CASES)
        lengths[max(one, other, key=lambda number: min(lengths[number], 25))] += 1
    lines = []
    for number, length in enumerate(lengths):
        at = datetime(2010, 10, 1, 8, tzinfo=UTC) + timedelta(minutes=random.randrange(480 * 1000))
        place = 0
        for step in range(length):
            activity = ACTIVITIES[place]
            lines.append(Line(f"case-{number:05d}", activity, at, random.choice(RESOURCES)))
            # Mostly on to the next ones, now and then back: a loop.
            place = (
                0
                if step == 0 and place
                else min(max(1, place + random.choice((1, 1, 1, 2, 3, 5, -1, -2, -4))), len(ACTIVITIES) - 1)
            )
            at += random.choice(
                (timedelta(0), timedelta(seconds=1), timedelta(milliseconds=3), timedelta(days=2))
            )
    for number, activity in enumerate(ACTIVITIES):  # none is missing
        lines[-1 - number * 7] = lines[-1 - number * 7]._replace(activity=activity)
    # Cases come in no order; what one case did in one second stands in the order in which it was done.
    order = [line.case for line in lines]
    random.shuffle(order)
    waiting = {case: iter([line for line in lines if line.case == case]) for case in set(order)}
    return [next(waiting[case]) for case in order]


def write_csv(lines: list[Line], path: Path) -> None:
    """As spreadsheets write it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case:concept:name", "concept:name", "time:timestamp", "org:resource"])
        writer.writerows([line.case, line.activity, line.at.isoformat(), line.resource] for line in lines)


def write_xes(lines: list[Line], path: Path) -> None:
    """As IEEE 1849 writes it: events by case, times with the zone of the office."""
    log = Element("log", {"xes.version": "1.0", "xmlns": "http://www.xes-standard.org/"})
    traces: dict[str, Element] = {}
    for line in lines:
        if line.case not in traces:
            traces[line.case] = SubElement(log, "trace")
            SubElement(traces[line.case], "string", {"key": "concept:name", "value": line.case})
        event = SubElement(traces[line.case], "event")
        SubElement(event, "string", {"key": "concept:name", "value": line.activity})
        SubElement(event, "string", {"key": "org:resource", "value": line.resource})
        SubElement(event, "date", {"key": "time:timestamp", "value": line.at.isoformat()})
    ElementTree(log).write(path, encoding="utf-8", xml_declaration=True)
