"""OCEL has what version 2.0 requires, and its references lead somewhere."""

from __future__ import annotations

import io
import json
from datetime import datetime

from hypothesis import given

from tests.audit.export.sample import entry, plain, trails
from wirflow.audit.export import ocel
from wirflow.audit.export.ocel import Link

TYPES = {"string": str, "integer": int, "time": str}


def parsed(entries, **options):
    """The log, after its whole structure was checked."""
    out = io.BytesIO()
    ocel.write(entries, out, **options)
    log = json.loads(out.getvalue())
    check(log)
    return log


def check(log):
    """What OCEL 2.0 asks of a log: its parts, declared types and attributes, resolvable references."""
    assert log.keys() == {"objectTypes", "eventTypes", "objects", "events"}
    ids = [item["id"] for item in log["objects"]]
    assert len(ids) == len(set(ids))
    for kind, parts in (("objectTypes", "objects"), ("eventTypes", "events")):
        declared = {
            item["name"]: {one["name"]: one["type"] for one in item["attributes"]} for item in log[kind]
        }
        assert len(declared) == len(log[kind])
        for item in log[parts]:
            assert item.keys() >= {"id", "type", "attributes", "relationships"}
            for attribute in item["attributes"]:
                assert isinstance(attribute["value"], TYPES[declared[item["type"]][attribute["name"]]])
                assert parts == "events" or datetime.fromisoformat(attribute["time"])
            for relation in item["relationships"]:
                assert relation.keys() == {"objectId", "qualifier"}
                assert relation["objectId"] in ids
    for event in log["events"]:
        assert datetime.fromisoformat(event["time"])
    events = [event["id"] for event in log["events"]]
    assert len(events) == len(set(events))


def test_cases_are_objects_and_entries_events():
    """A case is an object of its workflow's type, and each entry an event that relates to it."""
    log = parsed(plain())
    assert [(item["id"], item["type"]) for item in log["objects"]] == [("FA-1", "grant"), ("FA-2", "grant")]
    assert [event["id"] for event in log["events"]] == ["FA-1#1", "FA-1#2", "FA-1#3", "FA-2#1", "FA-2#2"]
    assert log["events"][0]["relationships"] == [{"objectId": "FA-1", "qualifier": "case"}]
    assert log["objects"][0]["attributes"][0] == {
        "name": "amount",
        "time": "2021-12-31T23:00:01.000000Z",
        "value": "50000.00",
    }
    assert {item["name"] for item in log["eventTypes"]} == {"start", "note"}


def test_links_and_signals_are_relations():
    """Linked cases relate as objects, signalled cases relate to the event; unknown ones are objects too."""
    told = entry(signals=[{"case": "FA-7", "event": "x"}, {"case": "FA-7"}, {"case": "FA-1"}, {"to": 1}, "x"])
    log = parsed([told], links=[Link("FA-1", "partner", "FA-2"), Link("FA-3", "partner", "FA-1")])
    assert log["events"][0]["relationships"] == [
        {"objectId": "FA-1", "qualifier": "case"},
        {"objectId": "FA-7", "qualifier": "signal"},
    ]
    relations = {item["id"]: (item["type"], item["relationships"]) for item in log["objects"]}
    assert relations == {
        "FA-1": ("grant", [{"objectId": "FA-2", "qualifier": "partner"}]),
        "FA-2": ("case", []),
        "FA-3": ("case", [{"objectId": "FA-1", "qualifier": "partner"}]),
        "FA-7": ("case", []),
    }


def test_values_are_text():
    """A field's value is text whatever its type, and empty where it was removed."""
    commitment = {"commitment": "0" * 64}
    log = parsed([entry(changes={"a": ["x", None], "b": [None, True], "c": [1, 2], "d": [None, commitment]})])
    values = {one["name"]: one["value"] for one in log["objects"][0]["attributes"]}
    assert values == {"a": "", "b": "true", "c": "2", "d": '{"commitment":"' + "0" * 64 + '"}'}


@given(trails())
def test_any_text_makes_a_log(entries):
    """Whatever entries say, the log has the standard's structure and all events."""
    assert len(parsed(entries)["events"]) == len(entries)


def test_an_event_relates_to_the_cases_that_it_starts():
    """A child that has no entry in the export is an object, too."""
    begun = entry(starts=[{"case": "FA-1/report"}, {"case": "FA-1/report"}, 7, {"child": "x"}])
    log = parsed([begun])
    assert log["events"][0]["relationships"][1:] == [{"objectId": "FA-1/report", "qualifier": "child"}]
    assert {item["id"] for item in log["objects"]} == {"FA-1", "FA-1/report"}
