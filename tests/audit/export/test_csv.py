"""CSV reads back in any reader, and runs in none."""

from __future__ import annotations

import csv as reader
import io
import json

import pytest
from hypothesis import given, strategies as st

from tests.audit.export.sample import NASTY, entry, plain, trails
from wirflow.audit.export import csv


def written(entries, **options):
    """What is written, as text."""
    out = io.StringIO(newline="")
    csv.write(entries, out, **options)
    return out.getvalue()


def test_one_line_for_each_entry():
    """The head names the columns, and each entry has one line that ends with CRLF."""
    lines = written(plain()).split("\r\n")
    assert (
        lines[0]
        == "leaf,case,seq,workflow,event,kind,actor,from,to,occurred_at,recorded_at,reason,changes,digest"
    )
    assert lines[1].startswith("0,FA-1,1,grant,start,start,clerk,,draft,2021-12-31T23:00:01.000000Z,")
    assert lines[5].startswith(",FA-2,2,grant,note,action,clerk,draft,draft,")
    assert lines[6:] == [""]


def test_a_german_excel_reads_it():
    """For Excel there is a byte order mark in front and a semicolon between cells."""
    text = written(plain(), excel=True)
    assert text.encode().startswith(b"\xef\xbb\xbfleaf;case;seq;")
    assert {line.count(";") for line in text.split("\r\n")[:-1]} == {13}


@given(trails(), st.booleans())
def test_reads_back_and_runs_nothing(entries, excel):
    """Whatever entries say, the cells read back, and none begins as a formula does."""
    text = written(entries, excel=excel).removeprefix("\ufeff")
    head, *rows = reader.reader(io.StringIO(text, newline=""), delimiter=";" if excel else ",")
    assert len(rows) == len(entries)
    for row, one in zip(rows, entries, strict=True):
        cells = dict(zip(head, row, strict=True))
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in row)
        assert cells["case"].removeprefix("'") == one.case.removeprefix("'")
        assert cells["digest"] == one.digest
        assert json.loads(cells["changes"] or "{}") == (one.body.get("changes") or {})


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_is_made_text(start):
    """A cell that a spreadsheet would run gets an apostrophe; other cells stay as they are."""
    rows = list(reader.reader(io.StringIO(written([entry(reason=start + "cmd", to="a=b")]), newline="")))
    cells = dict(zip(*rows, strict=True))
    assert (cells["reason"], cells["to"]) == ("'" + start + "cmd", "a=b")


def test_nasty_text_survives():
    """Quotes, separators and line ends in a text stay in their cell."""
    rows = list(reader.reader(io.StringIO(written([entry(reason=NASTY)]), newline="")))
    assert rows[1][11] == "'" + NASTY
