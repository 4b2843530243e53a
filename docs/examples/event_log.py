"""Read an event log of another system: CSV as spreadsheets write it, or XES; `.gz` may stand behind.

A log says of each event which case, which activity and when, and anything else
besides.  All that is wrong with it is told at once, with the line or the place.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError, iterparse
from zoneinfo import ZoneInfo

from wirflow.errors import InputError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

CASE, ACTIVITY, TIME = "case:concept:name", "concept:name", "time:timestamp"
"""What tools for process mining call the three things that a log has to say."""

SHOWN = 20
"""How much of what is wrong is told one by one."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a log."""

    case: str
    activity: str
    at: datetime
    facts: Mapping[str, str] = field(default_factory=dict)
    """What else the log says, of the event (`org:resource`) and of its case (`case:channel`)."""
    place: str = ""
    """Where it stands in the log."""
    number: int = 0
    """Which one of its case it is, from 1 in the order of time."""
    last: bool = False
    """Whether it is the last one of its case."""

    @property
    def said(self) -> str:
        """By what it is known again when the log is replayed once more."""
        return f"{self.at.astimezone(UTC).isoformat()} {self.activity}"


def read(
    path: Path, *, zone: str = "UTC", columns: Mapping[str, str] | None = None, doubled: str = "refuse"
) -> list[Event]:
    """The events of a log in the order of time.

    Events of one moment keep the order in which they stand in the file.

    Args:
        path: `….csv` or `….xes`, also compressed (`….gz`).
        zone: the time zone of moments that name none.
        columns: of CSV: `case:concept:name`, `concept:name`, `time:timestamp` → what they are called there.
        doubled: of lines that agree in everything: `refuse` them, `keep` both, or `drop` the second.

    Raises:
        InputError: the log cannot be read; all that is wrong with it is told at once.
    """
    packed = path.suffix.lower() == ".gz"
    kind = (path.with_suffix("") if packed else path).suffix.lower()
    if kind not in {".csv", ".xes"}:
        raise InputError(Text(f"{path} ist weder .csv noch .xes.", f"{path} is neither .csv nor .xes."))
    reader = _Reader(path.name, ZoneInfo(zone))
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            found = list(reader.xes(file) if kind == ".xes" else reader.csv(file, columns or {}))
    except (OSError, EOFError, zlib.error) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise InputError(
            Text(f"{path} ist nicht zu lesen: {words}", f"{path} cannot be read: {words}")
        ) from error
    found = _doubles(found, doubled, reader.wrong)
    if not found and not reader.wrong:
        reader.say("", "kein Ereignis.", "no event.")
    stop(reader.wrong)
    found.sort(key=lambda event: event.at)
    return _numbered(found)


class _Reader:
    """Reads one log, and gathers what is wrong with it."""

    def __init__(self, name: str, zone: ZoneInfo) -> None:
        self.wrong: list[Text] = []
        self._name, self._zone = name, zone

    def say(self, place: str, de: str, en: str) -> None:
        """Something is wrong, and where."""
        self.wrong.append(Text(f"{self._name}{place}: {de}", f"{self._name}{place}: {en}"))

    def csv(self, file: Any, columns: Mapping[str, str]) -> Iterator[Event]:
        """The lines of a table, parted by `,` or, as German spreadsheets do, by `;`."""
        try:
            with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
                head = text.readline()
                mark = ";" if head.count(";") > head.count(",") else ","
                names = next(csv.reader([head], delimiter=mark), [])
                wanted = [columns.get(key, key) for key in (CASE, ACTIVITY, TIME)]
                missing = [column for column in wanted if column not in names]
                for column in missing:
                    known = ", ".join(names)
                    self.say(
                        ":1",
                        f"Die Spalte {column} fehlt; es gibt: {known}.",
                        f"The column {column} is missing; there are: {known}.",
                    )
                if missing:
                    return
                rows = csv.reader(text, delimiter=mark, strict=True)
                for row in rows:
                    place = f":{rows.line_num + 1}"
                    if not row:
                        continue
                    if len(row) != len(names):
                        self.say(
                            place,
                            f"{len(row)} Felder statt {len(names)}.",
                            f"{len(row)} fields instead of {len(names)}.",
                        )
                        continue
                    said = dict(zip(names, row, strict=True))
                    three = [said.pop(column) for column in wanted]
                    yield from self._event(place, three, said)
        except (UnicodeDecodeError, csv.Error) as error:
            self.say("", f"Das ist kein CSV in UTF-8: {error}", f"This is no CSV in UTF-8: {error}")

    def xes(self, file: Any) -> Iterator[Event]:
        """A log as IEEE 1849 describes it."""
        traces = 0
        try:
            for _, trace in iterparse(file):  # noqa: S314 - expat bounds what entities grow to
                if trace.tag.rpartition("}")[2] != "trace":
                    continue
                traces += 1
                of_case = _attributes(trace)
                case = of_case.pop(ACTIVITY, "")
                shared = {f"case:{key}": value for key, value in of_case.items()}
                events = (element for element in trace if element.tag.rpartition("}")[2] == "event")
                for number, element in enumerate(events, 1):
                    own = _attributes(element)
                    place = f", {case or f'trace {traces}'}, event {number}"
                    three = [case, own.pop(ACTIVITY, ""), own.pop(TIME, "")]
                    yield from self._event(place, three, shared | own)
                trace.clear()
        except ParseError as error:
            self.say("", f"Das ist kein XES: {error}", f"This is no XES: {error}")

    def _event(self, place: str, three: Sequence[str], facts: Mapping[str, str]) -> Iterator[Event]:
        """One event, or what is wrong with it."""
        case, activity, time = (value.strip() for value in three)
        for value, key in ((case, CASE), (activity, ACTIVITY), (time, TIME)):
            if not value:
                self.say(place, f"{key} ist leer.", f"{key} is empty.")
                return
            if not value.isprintable():
                self.say(place, f"{value!r} hat Steuerzeichen.", f"{value!r} has control characters.")
                return
        try:
            at = datetime.fromisoformat(time)
            at = at if at.tzinfo else at.replace(tzinfo=self._zone)
            at.astimezone(UTC)
        except (ValueError, OverflowError):
            self.say(
                place,
                f"{time!r} ist kein Zeitpunkt; erwartet wird etwa 2011-04-14T10:00:00+02:00.",
                f"{time!r} is no moment; expected is one like 2011-04-14T10:00:00+02:00.",
            )
            return
        yield Event(
            case, activity, at, {key: value for key, value in facts.items() if value}, self._name + place
        )


def _attributes(element: Iterable[Any]) -> dict[str, str]:
    """The attributes of a trace or an event of XES."""
    pairs = [child.attrib for child in element]
    return {pair["key"]: pair["value"] for pair in pairs if pair.get("value") and "key" in pair}


def _doubles(events: list[Event], doubled: str, wrong: list[Text]) -> list[Event]:
    """The events without those that agree with an earlier one in everything."""
    if doubled == "keep":
        return events
    seen: dict[object, str] = {}
    found = []
    for event in events:
        identity = (event.case, event.said, tuple(sorted(event.facts.items())))
        first = seen.setdefault(identity, event.place)
        if first == event.place:
            found.append(event)
        elif doubled == "refuse":
            wrong.append(
                Text(
                    f"{event.place}: steht schon da ({first}); --doubled keep oder drop sagt, was gilt.",
                    f"{event.place}: is there already ({first}); say --doubled keep or drop.",
                )
            )
    return found


def _numbered(events: Sequence[Event]) -> list[Event]:
    """Each event with its place in its case."""
    counted: Counter[str] = Counter()
    lengths = Counter(event.case for event in events)
    found = []
    for event in events:
        counted[event.case] += 1
        number = counted[event.case]
        found.append(replace(event, number=number, last=number == lengths[event.case]))
    return found


def stop(wrong: Sequence[Text]) -> None:
    """Nothing is replayed of a log with which something is wrong."""
    if not wrong:
        return
    more = len(wrong) - SHOWN
    de, en = ([text.pick(lang) for text in wrong[:SHOWN]] for lang in ("de", "en"))
    if more > 0:
        de, en = [*de, f"… und {more} weitere."], [*en, f"… and {more} more."]
    raise InputError(
        Text("\n".join(de), "\n".join(en)),
        hint=Text("Es wurde nichts nachgespielt.", "Nothing was replayed."),
    )
