"""The vectors that were handed to us, and what their results tell."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from wirflow.deadlines import compute

VECTORS = list(csv.DictReader(Path(__file__).with_name("vectors.csv").read_text("utf-8").splitlines()))


@pytest.mark.parametrize(
    "row", VECTORS, ids=[f"{row['rule']}:{row['from']}:{row['land']}" for row in VECTORS]
)
def test_each_vector_falls_due_on_its_day(row):
    """A deadline of the list of vectors falls on the day that the list names."""
    deadline = compute(row["rule"], date.fromisoformat(row["from"]), row["period"] or None, land=row["land"])
    assert deadline.due.isoformat() == row["due"], deadline.explain().en
