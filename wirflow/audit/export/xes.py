"""XES (IEEE 1849), for process mining: a log of traces, one for each case.

Uses the standard's extensions concept (names), lifecycle (every event is
complete), org (who) and time (when it counted).
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from wirflow.audit.export.by_case import by_case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wirflow.audit.entry import Entry

NAMESPACE: Final = "http://www.xes-standard.org/"

_EXTENSIONS: Final = (
    ("Concept", "concept"),
    ("Lifecycle", "lifecycle"),
    ("Organizational", "org"),
    ("Time", "time"),
)
# Characters that XML 1.0 cannot carry, not even escaped.
_illegal = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").sub


def write(entries: Iterable[Entry], out: BinaryIO, *, name: str = "wirflow") -> None:
    """Write a log as XML in UTF-8.

    Args:
        entries: Sorted by case; within a case by number.
        out: Where to.
        name: The log's name.

    Raises:
        ValueError: The entries are not sorted by case.
    """
    xml = XMLGenerator(out, "utf-8", short_empty_elements=True)
    xml.startDocument()
    with _element(xml, "log", {"xes.version": "1849.2016", "xes.features": "", "xmlns": NAMESPACE}):
        for title, prefix in _EXTENSIONS:
            uri = f"{NAMESPACE}{prefix}.xesext"
            _leaf(xml, "extension", {"name": title, "prefix": prefix, "uri": uri})
        with _element(xml, "global", {"scope": "trace"}):
            _attribute(xml, "string", "concept:name", "")
        with _element(xml, "global", {"scope": "event"}):
            _attribute(xml, "string", "concept:name", "")
            _attribute(xml, "string", "lifecycle:transition", "complete")
            _attribute(xml, "date", "time:timestamp", "1970-01-01T00:00:00.000000Z")
        _attribute(xml, "string", "concept:name", name)
        _attribute(xml, "string", "lifecycle:model", "standard")
        for case, group in by_case(entries):
            _trace(xml, case, group)
    xml.endDocument()


def _trace(xml: XMLGenerator, case: str, entries: Iterable[Entry]) -> None:
    with _element(xml, "trace", {}):
        _attribute(xml, "string", "concept:name", case)
        for entry in entries:
            with _element(xml, "event", {}):
                _attribute(xml, "string", "concept:name", entry.event)
                _attribute(xml, "string", "lifecycle:transition", "complete")
                _attribute(xml, "date", "time:timestamp", entry.occurred_at)
                _attribute(xml, "string", "org:resource", entry.actor)
                _attribute(xml, "string", "workflow", entry.body.get("workflow"))
                _attribute(xml, "string", "kind", entry.kind)
                _attribute(xml, "string", "from", entry.from_)
                _attribute(xml, "string", "to", entry.to)
                _attribute(xml, "date", "recorded_at", entry.recorded_at)
                _attribute(xml, "string", "reason", entry.body.get("reason"))
                _attribute(xml, "int", "seq", entry.seq)
                _attribute(xml, "int", "leaf", entry.leaf)
                _attribute(xml, "string", "digest", entry.digest)


def _attribute(xml: XMLGenerator, kind: str, key: str, value: Any) -> None:
    """One attribute of the standard's kinds; none where there is no value."""
    if value is not None:
        _leaf(xml, kind, {"key": key, "value": _illegal("\ufffd", str(value))})


def _leaf(xml: XMLGenerator, name: str, attributes: dict[str, str]) -> None:
    with _element(xml, name, attributes):
        pass


@contextmanager
def _element(xml: XMLGenerator, name: str, attributes: dict[str, str]) -> Iterator[None]:
    xml.startElement(name, AttributesImpl(attributes))
    yield
    xml.endElement(name)
    xml.ignorableWhitespace("\n")
