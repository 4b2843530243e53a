"""The contract of the JSON keys: programs rely on it."""

from __future__ import annotations

import csv
import io
import re

import pytest

CASE = ["key", "workflow", "title", "state", "since", "data", "next_deadline", "actions"]
DEADLINE = ["rule", "from", "period", "due", "raw_end", "steps", "law", "verified"]
DUE = [
    *("case", "workflow", "title", "name", "heading", "kind", "fires", "overdue", "fires_at", "roles"),
    "people",
]
NOTICE = ["key", "case", "to", "channel", "subject", "state", "attempts"]
ENTRY = ["leaf", "case", "seq", "event", "actor", "from", "to", "occurred_at", "recorded_at", "digest"]


@pytest.mark.usefixtures("demo")
def test_a_case_has_exactly_its_keys(wirflow):
    """`status` gives a list of cases, each with these keys in this order."""
    cases = wirflow("status --format json").json

    assert len(cases) == 16
    assert all(list(case) == CASE for case in cases)
    by_key = {case["key"]: case for case in cases}
    assert by_key["WIR-KO-1"]["next_deadline"] == {
        "name": "award_end",
        "due": "2021-12-31",
        "fires": "expire",
        "rule": "no-roll",
    }
    assert by_key["POS-SB"]["next_deadline"] is None
    assert by_key["WIR-KO-1"]["actions"]


@pytest.mark.usefixtures("demo")
def test_one_case_begins_with_the_same_keys(wirflow):
    """`status KEY` gives one object: the case, and everything else behind it."""
    case = wirflow("status WIR-KO-1 --format json").json

    assert list(case)[: len(CASE)] == CASE
    assert {link["key"] for link in case["links"]} >= {"WIR-KO-2", "VN-KO-1"}
    assert "cost_unknown" in {item["name"] for item in case["warnings"]}
    assert case["sources"]["amount_per_year"] == "20-V-33-0003, 1.3"
    assert case["note"].startswith("Ab 2021")


@pytest.mark.usefixtures("demo")
def test_values_are_exact(wirflow):
    """Money is text with two places, dates are ISO, and an expected fact that is unknown is null."""
    data = wirflow("status WIR-KO-1 --format json").json["data"]

    assert data["amount_per_year"] == "50000.00"
    assert data["award_ends"] == "2021-12-31"
    assert data["costs_above_grant"] is None
    assert "amount_requested" not in data


@pytest.mark.usefixtures("demo")
def test_a_deadline_has_its_keys(wirflow):
    """`deadline` tells these and no others; `due` and `status KEY` say behind them whose deadline it is."""
    computed = wirflow("deadline vwgo-74 --from 2021-01-28 --format json").json
    due = wirflow("due --format json").json[0]
    whole = wirflow("status WIR-KO-1 --format json").json["deadlines"][0]
    assert list(computed) == DEADLINE
    assert list(due) == DEADLINE + DUE
    assert list(whole) == DEADLINE + DUE + ["land", "text"]
    for document in (computed, due, whole):
        assert all(list(step) == ["date", "why"] for step in document["steps"])


@pytest.mark.usefixtures("later")
def test_a_notice_has_exactly_its_keys(wirflow):
    """`notices` gives a list of notices with these keys and no others; `notices show` tells all of one."""
    notices = wirflow("notices --format json").json

    assert notices
    assert all(list(item) == NOTICE for item in notices)
    one = wirflow(f"notices show {notices[0]['key']} --format json").json
    assert list(one)[: len(NOTICE)] == NOTICE
    assert {"id", "address", "created_at", "sent_at", "error", "body"} <= set(one)


@pytest.mark.usefixtures("demo")
def test_an_entry_has_exactly_its_keys(wirflow):
    """`audit show` gives a list of entries with these keys and no others."""
    entries = wirflow("audit --format json").json

    assert len(entries) == 16
    assert all(list(item) == ENTRY for item in entries)


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "status WIR-KO-1",
        "due",
        "notices",
        "audit",
        "audit verify",
        "check",
        "doctor",
        "migrate",
        "deadline --list",
        "deadline vwgo-74 --from 2021-01-28",
        "run --once",
        "do WIR-KO-2 submit --set amount_requested=60000 --as sachbearbeitung --dry-run",
        "new proof_of_use X-1 --set purpose=Boote --dry-run",
    ],
)
@pytest.mark.parametrize("lang", ["de", "en"])
@pytest.mark.usefixtures("demo")
def test_json_is_one_document_and_csv_is_a_table(wirflow, command, lang):
    """Stdout is one JSON document, or lines of equal length under a head; nothing else is mixed in."""
    assert wirflow(f"{command} --format json --lang {lang}").json is not None

    said = wirflow(f"{command} --format csv --lang {lang}")
    rows = list(csv.reader(io.StringIO(said.out)))
    assert rows
    assert {len(row) for row in rows} == {len(rows[0])}
    assert said.err == ""


@pytest.mark.usefixtures("demo")
def test_words_come_in_the_chosen_language(wirflow):
    """Titles and reasons are in the language asked for; names never change."""
    german = wirflow("due --format json --lang de").json[0]
    english = wirflow("due --format json --lang en").json[0]

    assert german["heading"] != english["heading"]
    assert german["name"] == english["name"]
    assert german["steps"][-1]["why"] != english["steps"][-1]["why"]


@pytest.mark.usefixtures("demo")
def test_no_colour_reaches_a_pipe(wirflow):
    """Without a terminal there are no escape codes in a table."""
    assert not re.search(r"\x1b\[", wirflow("status").out)
