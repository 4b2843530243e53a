"""The program that reads event logs: a log is taken as it stands, or what is wrong is told."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.examples.example import load
from tests.examples.permit_log import EVENTS, made_up, write_csv, write_xes
from wirflow.errors import InputError

log = load("event_log")

HEAD = "case:concept:name,concept:name,time:timestamp,org:resource\n"


@pytest.fixture
def table(tmp_path):
    """Writes a table of some lines; gives its path."""

    def write(lines: str, *, head: str = HEAD, encoding: str = "utf-8"):
        path = tmp_path / "log.csv"
        path.write_bytes((head + lines).encode(encoding))
        return path

    return write


@pytest.fixture
def xes(tmp_path):
    """Writes a log of some traces; gives its path."""

    def write(traces: str):
        path = tmp_path / "log.xes"
        path.write_text(f'<log xmlns="http://www.xes-standard.org/">{traces}</log>', encoding="utf-8")
        return path

    return write


def told(path, **more) -> list[str]:
    """What is said of a log that is wrong, in German, without the hint."""
    with pytest.raises(InputError) as caught:
        log.read(path, **more)
    assert caught.value.hint.en == "Nothing was replayed."
    assert len(caught.value.message.en.splitlines()) == len(caught.value.message.de.splitlines())
    return caught.value.message.de.splitlines()


def test_both_formats_say_the_same(tmp_path):
    """A log that was written as CSV and as XES, packed or not, is read as the same events."""
    lines = made_up()
    write_csv(lines, tmp_path / "log.csv")
    write_xes(lines, tmp_path / "log.xes")
    for name in ("log.csv", "log.xes"):
        packed = gzip.compress((tmp_path / name).read_bytes())
        (tmp_path / f"{name}.gz").write_bytes(packed)
    read = [
        sorted(
            (
                (event.case, event.number, event.said, event.facts["org:resource"], event.last)
                for event in log.read(tmp_path / name, doubled="keep")
            ),
        )
        for name in ("log.csv", "log.xes", "log.csv.gz", "log.xes.gz")
    ]
    assert read[0] == read[1] == read[2] == read[3]
    assert len(read[0]) == EVENTS
    assert {line.activity for line in lines} == {said.partition(" ")[2] for _, _, said, _, _ in read[0]}


def test_order_is_that_of_time_and_then_of_the_file(table):
    """Lines in no order come in the order of their instants, in any zones; equal ones as they stand."""
    path = table(
        "B,zweitens,2011-03-27T03:00:00+02:00,\n"
        "A,x,2011-03-27T00:59:59.5Z,\n"
        "B,drittens,2011-03-27 01:00:00.000+00:00,\n"
        "B,erstens,2011-03-26 23:30,\n"
    )
    events = log.read(path, zone="Europe/Berlin")
    assert [(event.case, event.activity, event.number, event.last) for event in events] == [
        ("B", "erstens", 1, False),
        ("A", "x", 1, True),
        ("B", "zweitens", 2, False),
        ("B", "drittens", 3, True),
    ]
    assert events[2].at == datetime(2011, 3, 27, 3, tzinfo=timezone(timedelta(hours=2)))


def test_a_moment_without_a_zone_is_one_of_the_office(table):
    """What names no zone is read in the zone that is given, summer time included."""
    path = table("A,x,2011-07-01T12:00:00,\nA,x,2011-12-01T12:00:00,\n")
    hours = [event.at.astimezone(UTC).hour for event in log.read(path, zone="Europe/Berlin")]
    assert hours == [10, 11]


def test_a_german_spreadsheet_is_read(table):
    """Semicolons, a byte order mark, quotes with line breaks, and columns that are called otherwise."""
    path = table(
        'K-1;"Prüfen; (außen)";2011-01-01T10:00:00Z;"zwei\nZeilen"\n\n',
        head="Vorgang;Schritt;Zeit;Notiz\n",
        encoding="utf-8-sig",
    )
    columns = {log.CASE: "Vorgang", log.ACTIVITY: "Schritt", log.TIME: "Zeit"}
    (event,) = log.read(path, columns=columns)
    assert (event.case, event.activity, event.facts) == ("K-1", "Prüfen; (außen)", {"Notiz": "zwei\nZeilen"})


def test_all_that_is_wrong_is_told_with_its_line(table):
    """Empty cells, moments that are none, control characters, torn lines: each with its line, at once."""
    path = table(
        "A,gut,2011-01-01T10:00:00Z,\n"
        ",x,2011-01-01T10:00:00Z,\n"
        "A,  ,2011-01-01T10:00:00Z,\n"
        "A,x,14.04.2011 10:00,\n"
        "A,x,2011-02-30T10:00:00Z,\n"
        "A,x,0001-01-01T00:00:00+02:00,\n"
        "A,x\n"
        "A,x,2011-01-01T10:00:00Z,,\n"
        "A,x\x07y,2011-01-01T10:00:00Z,\n"
    )
    assert [line.removeprefix("log.csv:")[:28] for line in told(path)] == [
        "3: case:concept:name ist lee",
        "4: concept:name ist leer.",
        "5: '14.04.2011 10:00' ist ke",
        "6: '2011-02-30T10:00:00Z' is",
        "7: '0001-01-01T00:00:00+02:0",
        "8: 2 Felder statt 4.",
        "9: 5 Felder statt 4.",
        "10: 'x\\x07y' hat Steuerzeich",
    ]


def test_of_very_much_that_is_wrong_a_screenful_is_told(table):
    """Twenty findings are shown, and how many more there are."""
    lines = told(table("A,x,gestern,\n" * 100))
    assert len(lines) == 21
    assert lines[-1] == "… und 80 weitere."


def test_a_column_that_is_missing_is_named_with_those_that_are_there(table):
    """Who exports other columns learns which are wanted and which there are."""
    assert told(table("A,x,2011-01-01\n", head="case:concept:name,activity,when\n")) == [
        "log.csv:1: Die Spalte concept:name fehlt; es gibt: case:concept:name, activity, when.",
        "log.csv:1: Die Spalte time:timestamp fehlt; es gibt: case:concept:name, activity, when.",
    ]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("log.csv", b"", "fehlt"),
        ("log.csv", HEAD.encode(), "kein Ereignis"),
        ("log.csv", HEAD.encode() + "A,Prüfen,2011-01-01,\n".encode("cp1252"), "UTF-8"),
        ("log.csv", HEAD.encode() + b'A,"x,2011-01-01,\n', "kein CSV"),
        ("log.xes", b"", "kein XES"),
        ("log.xes", b"<log><trace>", "kein XES"),
        ("log.xes", b"<log/>", "kein Ereignis"),
    ],
)
def test_a_file_that_is_no_log_says_so(tmp_path, name, content, word):
    """Empty files, other encodings and torn files are told, and nothing is replayed."""
    (tmp_path / name).write_bytes(content)
    assert word in told(tmp_path / name)[0]


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    """A missing, a torn and a strange file are told by their names."""
    (tmp_path / "torn.csv.gz").write_bytes(gzip.compress(HEAD.encode() * 99)[:40])
    (tmp_path / "no.xes.gz").write_bytes(b"plain")
    for name in ("missing.csv", "torn.csv.gz", "no.xes.gz", "log.xlsx"):
        with pytest.raises(InputError, match=name):
            log.read(tmp_path / name)


def test_doubled_lines_are_refused_kept_or_dropped_as_is_said(table):
    """A line that agrees with an earlier one in everything is told; one that differs is its own."""
    path = table(
        "A,x,2011-01-01T10:00:00Z,eins\nA,x,2011-01-01T11:00:00+01:00,eins\nA,x,2011-01-01T10:00:00Z,zwei\n"
    )
    assert told(path) == ["log.csv:3: steht schon da (log.csv:2); --doubled keep oder drop sagt, was gilt."]
    assert [event.number for event in log.read(path, doubled="keep")] == [1, 2, 3]
    assert [event.facts["org:resource"] for event in log.read(path, doubled="drop")] == ["eins", "zwei"]


def test_an_xes_log_says_where_something_is_missing(xes):
    """A trace without a name, an event without an activity or a moment: each is told by its place."""
    event = (
        '<event><string key="concept:name" value="x"/><date key="time:timestamp" value="2011-01-01"/></event>'
    )
    path = xes(
        f"<trace>{event}</trace>"
        '<trace><string key="concept:name" value="A-1"/>'
        '<event><date key="time:timestamp" value="2011-01-01"/></event>'
        '<event><string key="concept:name" value="x"/></event></trace>'
    )
    assert told(path) == [
        "log.xes, trace 1, event 1: case:concept:name ist leer.",
        "log.xes, A-1, event 1: concept:name ist leer.",
        "log.xes, A-1, event 2: time:timestamp ist leer.",
    ]


def test_what_else_a_log_says_is_kept(xes):
    """Attributes of a trace are facts of its case, those of an event its own; nested ones are left."""
    path = xes(
        '<global scope="event"><string key="concept:name" value="UNKNOWN"/></global>'
        '<trace><string key="concept:name" value="A-1"/><string key="channel" value="Post">'
        '<string key="inner" value="?"/></string><string key="group" value=""/>'
        '<event><string key="concept:name" value="x"/><date key="time:timestamp" value="2011-01-01T00:00Z"/>'
        '<string key="org:resource" value="S 1"/></event></trace>'
    )
    (event,) = log.read(path)
    assert event.facts == {"case:channel": "Post", "org:resource": "S 1"}
