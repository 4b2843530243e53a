"""XES has what IEEE 1849 requires, and is XML whatever entries say."""

from __future__ import annotations

import io
from datetime import datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from tests.audit.export.sample import NASTY, entries_of, entry, plain, trails
from tests.audit.trail import chain
from wirflow.audit.export import xes

NS = "{http://www.xes-standard.org/}"
KINDS = {"string": str, "date": datetime.fromisoformat, "int": int}


def parsed(entries, **options):
    """The log's element, after its whole structure was checked."""
    out = io.BytesIO()
    xes.write(entries, out, **options)
    assert out.getvalue().startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<log ')
    log = ET.fromstring(out.getvalue())  # noqa: S314 - likewise
    check(log)
    return log


def check(log):
    """The shape that the standard's schema gives a log: kinds, order and required attributes."""
    order = ["extension", "global", "string", "trace"]
    tags = [child.tag.removeprefix(NS) for child in log]
    assert log.tag == NS + "log"
    assert set(log.attrib) == {"xes.version", "xes.features"}
    assert float(log.get("xes.version")) == 1849.2016
    assert tags == sorted(tags, key=order.index)
    prefixes = set()
    for extension in log.iter(NS + "extension"):
        assert set(extension.attrib) == {"name", "prefix", "uri"}
        prefixes.add(extension.get("prefix"))
    assert prefixes == {"concept", "lifecycle", "org", "time"}
    for kind, convert in KINDS.items():
        for attribute in log.iter(NS + kind):
            assert set(attribute.attrib) == {"key", "value"}
            assert convert(attribute.get("value")) is not None
            prefix, colon, _ = attribute.get("key").partition(":")
            assert not colon or prefix in prefixes
    for scope in log.iter(NS + "global"):
        for element in log.iter(NS + scope.get("scope")):
            assert values(scope).keys() <= values(element).keys()
    for element in log.iter():
        assert len(values(element)) == sum(child.tag.removeprefix(NS) in KINDS for child in element)


def values(element):
    """An element's own attributes by key."""
    return {child.get("key"): child.get("value") for child in element if child.tag.removeprefix(NS) in KINDS}


def test_cases_are_traces():
    """Each case is a trace of its events in order, with what happened, when, and by whom."""
    log = parsed(plain(), name="Amt")
    assert values(log) == {"concept:name": "Amt", "lifecycle:model": "standard"}
    traces = log.findall(NS + "trace")
    assert [(values(trace)["concept:name"], len(trace.findall(NS + "event"))) for trace in traces] == [
        ("FA-1", 3),
        ("FA-2", 2),
    ]
    first, last = traces[0].find(NS + "event"), traces[1].findall(NS + "event")[-1]
    one = plain()[0]
    assert values(first) == {
        "concept:name": "start",
        "lifecycle:transition": "complete",
        "time:timestamp": "2021-12-31T23:00:01.000000Z",
        "org:resource": "clerk",
        "workflow": "grant",
        "kind": "start",
        "to": "draft",
        "recorded_at": "2021-12-31T23:00:01.500000Z",
        "seq": "1",
        "leaf": "0",
        "digest": one.digest,
    }
    assert "leaf" not in values(last)


@given(trails())
def test_any_text_is_xml(entries):
    """Whatever entries say, the log parses, and has as many events as there are entries."""
    log = parsed(entries)
    assert len(log.findall(f"{NS}trace/{NS}event")) == len(entries)


def test_nasty_text_survives():
    """Markup and line ends are kept; only what XML 1.0 cannot carry is replaced."""
    (event,) = parsed([entry(reason=NASTY)]).iter(NS + "event")
    expected = "".join("\ufffd" if sign in "\x00\x0b\x1b\ufffe" else sign for sign in NASTY)
    assert values(event)["reason"] == expected


def test_cases_must_come_one_after_the_other():
    """Entries that are not sorted by case would tear a trace apart and are refused."""
    with pytest.raises(ValueError, match="'FA-1' comes back"):
        parsed(entries_of(chain("FA-1", 1), chain("FA-2", 1), chain("FA-1", 1)))
