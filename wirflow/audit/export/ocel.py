"""OCEL 2.0 (JSON), for object-centric process mining.

A case is an object of its workflow's type, its fields are attributes that
change over time, its links to other cases are object-to-object relations, and
each entry is an event that relates to its case, to the cases it signals and to those it starts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from wirflow.audit.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wirflow.audit.entry import Entry

UNKNOWN_TYPE: Final = "case"
"""The type of a case that is linked or signalled but has no entry in the export."""

_EVENT_ATTRIBUTES: Final = (
    ("seq", "integer"),
    ("leaf", "integer"),
    ("kind", "string"),
    ("actor", "string"),
    ("from", "string"),
    ("to", "string"),
    ("recorded_at", "time"),
    ("reason", "string"),
    ("digest", "string"),
)


class Link(NamedTuple):
    """A case's link to another: `name` is what the workflow calls it."""

    case: str
    name: str
    other: str


@dataclass(slots=True)
class _Object:
    type: str = UNKNOWN_TYPE
    attributes: list[dict[str, Any]] = field(default_factory=list)
    relationships: list[dict[str, str]] = field(default_factory=list)


def write(entries: Iterable[Entry], out: BinaryIO, *, links: Iterable[Link] = ()) -> None:
    """Write a log as one JSON document in UTF-8.

    Events are written as they come; objects and types are kept until the end, because
    the format tells each object once.

    Args:
        entries: In any order; within a case by number.
        out: Where to.
        links: The links between cases.
    """
    objects: dict[str, _Object] = {}
    events: set[str] = set()
    out.write(b'{"events":[')
    for number, entry in enumerate(entries):
        events.add(entry.event)
        _remember(objects, entry)
        out.write((b",\n" if number else b"\n") + canonical(_event(objects, entry)))
    for link in links:
        objects.setdefault(link.other, _Object())
        relation = {"objectId": link.other, "qualifier": link.name}
        objects.setdefault(link.case, _Object()).relationships.append(relation)
    out.write(b'],\n"objects":[')
    for number, (case, kept) in enumerate(objects.items()):
        known = {"type": kept.type, "attributes": kept.attributes, "relationships": kept.relationships}
        out.write((b",\n" if number else b"\n") + canonical({"id": case, **known}))
    out.write(b'],\n"eventTypes":' + canonical(_event_types(events)))
    out.write(b',\n"objectTypes":' + canonical(_object_types(objects)) + b"}\n")


def _event(objects: dict[str, _Object], entry: Entry) -> dict[str, Any]:
    values = entry.json() | {"kind": entry.kind, "reason": entry.body.get("reason")}
    relations = [{"objectId": entry.case, "qualifier": "case"}]
    for other in _signalled(entry):
        objects.setdefault(other, _Object())
        relations.append({"objectId": other, "qualifier": "signal"})
    for child in _started(entry):
        objects.setdefault(child, _Object())
        relations.append({"objectId": child, "qualifier": "child"})
    return {
        "id": f"{entry.case}#{entry.seq}",
        "type": entry.event,
        "time": entry.occurred_at,
        "attributes": [
            {"name": name, "value": values[name]} for name, _ in _EVENT_ATTRIBUTES if values[name] is not None
        ],
        "relationships": relations,
    }


def _signalled(entry: Entry) -> list[str]:
    """The other cases to which an entry sent signals, each once."""
    signals = entry.body.get("signals") or ()
    named = [signal.get("case") for signal in signals if isinstance(signal, dict)]
    return [other for other in dict.fromkeys(named) if isinstance(other, str) and other != entry.case]


def _started(entry: Entry) -> list[str]:
    """The child cases that an entry started."""
    rows = entry.body.get("starts") or ()
    named = [row.get("case") for row in rows if isinstance(row, dict)]
    return [child for child in dict.fromkeys(named) if isinstance(child, str)]


def _remember(objects: dict[str, _Object], entry: Entry) -> None:
    """What an entry says of its case: its type, and the fields that it changed."""
    kept = objects.setdefault(entry.case, _Object())
    kept.type = str(entry.body.get("workflow") or UNKNOWN_TYPE)
    for name, (_, new) in (entry.body.get("changes") or {}).items():
        kept.attributes.append({"name": name, "time": entry.occurred_at, "value": _value(new)})


def _value(value: object) -> str:
    """A field's value as text: one type for all, because a field may be empty or only committed to."""
    if value is None:
        return ""
    return value if isinstance(value, str) else canonical(value).decode()


def _event_types(events: set[str]) -> list[dict[str, Any]]:
    attributes = [{"name": name, "type": kind} for name, kind in _EVENT_ATTRIBUTES]
    return [{"name": event, "attributes": attributes} for event in sorted(events)]


def _object_types(objects: dict[str, _Object]) -> list[dict[str, Any]]:
    names: dict[str, set[str]] = {}
    for kept in objects.values():
        names.setdefault(kept.type, set()).update(attribute["name"] for attribute in kept.attributes)
    return [
        {"name": kind, "attributes": [{"name": name, "type": "string"} for name in sorted(attributes)]}
        for kind, attributes in sorted(names.items())
    ]
