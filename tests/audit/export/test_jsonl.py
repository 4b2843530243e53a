"""JSON Lines hold everything."""

from __future__ import annotations

import io
import json
from hashlib import sha256

from hypothesis import given

from tests.audit.export.sample import trails
from wirflow.audit.canonical import canonical
from wirflow.audit.export import jsonl


@given(trails())
def test_nothing_is_lost(entries):
    """Each line gives back the entry's place, and bytes that have its digest."""
    out = io.BytesIO()
    jsonl.write(entries, out)
    lines = [json.loads(line) for line in out.getvalue().split(b"\n")[:-1]]
    assert [(line["leaf"], line["case"], line["seq"]) for line in lines] == [
        (entry.leaf, entry.case, entry.seq) for entry in entries
    ]
    for line, entry in zip(lines, entries, strict=True):
        assert line["entry"] == entry.body
        assert sha256(canonical(line["entry"])).hexdigest() == line["digest"] == entry.digest
