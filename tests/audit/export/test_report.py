"""The report reads well in both languages, and nothing in it becomes markup."""

from __future__ import annotations

import io
import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st
from markdown_it import MarkdownIt

from tests.audit.export.sample import NASTY, entry, plain, trails
from wirflow.audit.entry import KINDS
from wirflow.audit.export import report
from wirflow.text import LANGS

BERLIN = ZoneInfo("Europe/Berlin")


def told(entries, lang="de", **options):
    """The report."""
    out = io.StringIO()
    report.write(entries, out, lang=lang, zone=BERLIN, **options)
    return out.getvalue()


FULL = {
    "kind": "action",
    "event": "approve",
    "from": "submitted",
    "to": "approved",
    "recorded_at": "2022-01-03T08:30:00.000000Z",
    "reason": "Bescheid vom 30.12.",
    "changes": {
        "amount": ["1.00", "50000.00"],
        "holder": [{"commitment": "0" * 64}, None],
        "years": [None, 3],
        "unit": ["", "Amt 5"],
    },
    "timers": {"armed": [{"name": "award_end", "due": "2024-12-31"}], "cancelled": ["objection"]},
    "notices": [{"to": "lead", "channel": "mail", "template": "award", "sha256": "0" * 64}],
}


def test_german():
    """A German report tells who did what when, in the office's time, with German labels."""
    one = entry(**FULL)
    assert told([one]) == (
        "# Verlauf der Vorgänge\n"
        "\n## FA-1 · grant\n"
        "\n### 1. 01.01.2022, 00:00 Uhr: approve\n\n"
        "- Durch: clerk (Handlung)\n"
        "- Stand: submitted → approved\n"
        "- Erfasst: 03.01.2022, 09:30 Uhr\n"
        "- Begründung: Bescheid vom 30.12.\n"
        "- amount: 1.00 → 50000.00\n"
        "- holder: (personenbezogen, hier nicht genannt) → (leer)\n"
        "- unit: (leer) → Amt 5\n"
        "- years: 3\n"
        "- Frist gesetzt: award_end, 2024-12-31\n"
        "- Frist aufgehoben: objection\n"
        "- Benachrichtigung: lead, mail, award\n"
        f"- Prüfsumme: `{one.digest}`\n"
    )


def test_english_with_titles():
    """An English report has English labels, and the titles that the definition gives."""
    one = entry(**FULL, actor=None)
    titles = {("grant", "event", "approve"): "Approve", ("grant", "field", "amount"): "Amount per year"}
    text = told([one], "en", name=lambda *key: titles.get(key, key[2]))
    assert "### 1. 1 January 2022, 00:00: Approve\n\n- By: action\n- State: submitted → approved\n" in text
    assert "- Recorded: 3 January 2022, 09:30\n" in text
    assert "- Amount per year: 1.00 → 50000.00\n" in text


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_to_tell(lang):
    """A report without entries says so."""
    assert re.search(r"\n(Es gibt keine Einträge|There are no entries)\.\n$", told([], lang))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_name(kind):
    """Each kind of entry is told in both languages."""
    one = entry(kind=kind, to=None)
    assert told([one], "de") != told([one], "en")
    assert "Stand:" not in told([one])


def test_one_heading_for_each_case_and_entry():
    """Cases follow one another, each with its entries numbered."""
    assert re.findall(r"^##+ (FA-\d|\d)", told(plain()), re.MULTILINE) == [
        "FA-1",
        "1",
        "2",
        "3",
        "FA-2",
        "1",
        "2",
    ]


@given(trails(), st.sampled_from(LANGS))
def test_no_text_becomes_markup(entries, lang):
    """Whatever entries say, the report has its own headings and list items, and no other markup."""
    tokens = MarkdownIt("commonmark", {"html": True}).parse(told(entries, lang))
    cases = len({one.case for one in entries})
    assert sum(token.type == "heading_open" for token in tokens) == 1 + cases + len(entries)
    assert {token.type.partition("_")[0] for token in tokens} <= {
        "heading",
        "inline",
        "paragraph",
        "bullet",
        "list",
    }
    inline = {child.type for token in tokens for child in token.children or ()}
    assert inline <= {"text", "code_inline", "text_special"}


def test_nasty_text_is_told_safely():
    """Line breaks become blanks, and what a terminal would obey is replaced."""
    text = told([entry(reason=NASTY)])
    assert "\x1b" not in text
    assert "\\<b\\>\\&amp;" in text
    assert "next line" in text
