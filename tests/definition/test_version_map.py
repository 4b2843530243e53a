"""Maps between versions are read whole, or refused with all their places."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from tests.support import field, grant
from wirflow.definition.model import Assignment
from wirflow.definition.version_map import MapReading, read_version_map, read_version_map_text
from wirflow.errors import DefinitionError

OLD = grant()
NEW = replace(
    OLD,
    fields=(*OLD.fields, field("office", "text")),
    states=tuple(replace(item, name="granted") if item.name == "approved" else item for item in OLD.states),
)

GOOD = """\
wirflow: 1
workflow: grant
states: {approved: granted}
fields: {unit: office, holder: null}
links: {partner: partner}
events: {submit: null}
deadlines: {proof: award_end}
set:
  note: '"was " + state'
  amount: "old.amount + amount"
"""


def read(text: str, *older) -> MapReading:
    """A map of the grant workflow."""
    return read_version_map_text(text, {"grant": NEW}, {"grant": older or (OLD,)})


def codes(reading: MapReading) -> list[str]:
    """The findings as `code@line:column`."""
    return [f"{item.code}@{item.place.line}:{item.place.column}" for item in reading.findings]


def test_a_map_says_what_has_other_names():
    """Names, dropped things and expressions come out as they were written, in their order."""
    found = read(GOOD).checked()
    assert found.states == {"approved": "granted"}
    assert found.fields == {"unit": "office", "holder": None}
    assert (found.links, found.events) == ({"partner": "partner"}, {"submit": None})
    assert found.deadlines == {"proof": "award_end"}
    assert found.set == (
        Assignment(field="note", value='"was " + state'),
        Assignment(field="amount", value="old.amount + amount"),
    )


def test_a_file_is_read_like_its_text(tmp_path):
    """With the name of the file in every place."""
    path = tmp_path / "map.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert read_version_map(path, {"grant": NEW}, {"grant": (OLD,)}).checked() == read(GOOD).checked()
    path.write_text("workflow: grand", encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        read_version_map(path, {"grant": NEW}, {}).checked()
    assert caught.value.findings[0].place.file == str(path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("states: {}", ["missing-key@1:1"]),
        ("workflow: grand", ["unknown-workflow@1:11"]),
        ("workflow: grant\nstate: {}", ["unknown-key@2:1"]),
        ("workflow: grant\nstates: {aproved: granted}", ["unknown-state@2:10"]),
        ("workflow: grant\nstates: {approved: approved}", ["unknown-state@2:20"]),
        ("workflow: grant\nstates: {approved: null}", ["no-value@2:20"]),
        ("workflow: grant\nfields: {office: unit}", ["unknown-field@2:10"]),
        ("workflow: grant\nfields: {unit: offize}", ["unknown-field@2:16"]),
        ("workflow: grant\nfields:\n  unit:", ["no-value@3:8"]),
        ("workflow: grant\nlinks: {other: null}", ["unknown-link@2:9"]),
        ("workflow: grant\nevents: {submitt: null}", ["unknown-event@2:10"]),
        ("workflow: grant\ndeadlines: {proof: null}", ["no-value@2:20"]),
        ("workflow: grant\ndeadlines: {prof: proof}", ["unknown-deadline@2:13"]),
        ("workflow: grant\nset: {offize: unit}", ["unknown-field@2:7"]),
        ("workflow: grant\nset: {note: old.unitt}", ["unknown-field@2:13"]),
        ("workflow: grant\nset: {note: old.office}", ["unknown-field@2:13"]),
        ("workflow: grant\nset: {amount: unit}", ["wrong-type@2:15"]),
        ("workflow: grant\nset: {note: \"state == 'granted' ? '' : ''\"}", ["not-a-choice@2:23"]),
        ("wirflow: 2\nworkflow: grant", ["version@1:10"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, found):
    """Each error once, where it stands; nothing of such a map is used."""
    reading = read(text)
    assert codes(reading) == found
    assert reading.map is None


def test_an_expression_has_to_make_sense_for_one_of_the_versions():
    """Cases may come from several: what only one of them knows is no error of the map."""
    older = replace(OLD, fields=(*OLD.fields, field("legacy", "text")))
    text = "workflow: grant\nset: {note: old.legacy}"
    assert codes(read(text)) == ["unknown-field@2:13"]
    assert codes(read(text, older, OLD)) == []


@given(text=st.text(max_size=200))
def test_no_text_breaks_the_reader(text):
    """Whatever stands in a map, it is read or refused."""
    reading = read(f"workflow: grant\n{text}")
    assert (reading.map is None) == any(item.severity == "error" for item in reading.findings)
