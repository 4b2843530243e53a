"""Portfolios are read with their sections, or refused with all their places."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from wirflow.definition.person import Person
from wirflow.definition.portfolio import PortfolioReading, read_portfolio, read_portfolio_text
from wirflow.definition.reader import read_workflows
from wirflow.errors import DefinitionError
from wirflow.text import Text

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

GOOD = """\
wirflow: 1
portfolio: paper-1
title: {de: Vorlage, en: Paper}
source: "20-V-1"
on: 2020-12-10
as: office
people:
  office: {name: Amt, email: amt@office.example, roles: [clerk], lang: en}
  desk: {name: Sachbearbeitung}
cases:
  K-1:
    workflow: sound
    state: approved
    section: "1.3"
    links: {partner: K-2, other: O-1}
    data: {name: "Stelle 1", amount: 50.000, ends: 2021-12-31, urgent: true, tick: no}
    sections: {ends: "1.4"}
    note: {de: Hinweis, en: Remark}
  K-2:
    workflow: sound
    data: {name: Stelle 2}
  O-1: {workflow: other, section: "2"}
"""


@pytest.fixture(scope="module", name="workflows")
def sound_workflows():
    """The workflows of the office."""
    return read_workflows([HERE / "companion.yaml", HERE / "sound.yaml"]).checked()


def codes(reading: PortfolioReading) -> list[str]:
    """The findings as `code@line:column`."""
    return [f"{item.code}@{item.place.line}:{item.place.column}" for item in reading.findings]


def test_facts_come_out_as_values_with_their_sections(workflows):
    """Every fact is a value of its field's type and says where it was found."""
    portfolio = read_portfolio_text(GOOD, workflows).checked()
    assert (portfolio.name, portfolio.title, portfolio.on) == (
        "paper-1",
        Text("Vorlage", "Paper"),
        date(2020, 12, 10),
    )
    assert portfolio.recorder == "office"
    assert portfolio.people == (
        Person(id="office", name="Amt", email="amt@office.example", roles=frozenset({"clerk"}), lang="en"),
        Person(id="desk", name="Sachbearbeitung"),
    )
    first, second, third = portfolio.cases
    assert (first.key, first.workflow, first.state) == ("K-1", "sound", "approved")
    assert first.links == {"partner": "K-2", "other": "O-1"}
    assert first.data == {
        "name": "Stelle 1",
        "amount": Decimal("50000.00"),
        "ends": date(2021, 12, 31),
        "urgent": True,
        "tick": "no",
    }
    assert first.sources["ends"] == "20-V-1, 1.4"
    assert first.sources["amount"] == "20-V-1, 1.3"
    assert first.note == Text("Hinweis", "Remark")
    assert (second.state, second.links, second.sources) == (None, {}, {"name": "20-V-1"})
    assert (third.data, third.sources, third.note) == ({}, {}, None)


def test_without_a_source_nothing_is_cited(workflows):
    """A portfolio may come from nowhere; its title is its name then."""
    text = GOOD.replace('source: "20-V-1"\n', "").replace("title: {de: Vorlage, en: Paper}\n", "")
    portfolio = read_portfolio_text(text, workflows).checked()
    assert portfolio.title == Text.same("Paper-1")
    assert portfolio.cases[0].sources["name"] == "1.3"
    assert portfolio.cases[1].sources == {}


def test_cases_of_the_office_may_be_linked(workflows):
    """A link may lead to a case that is there already, of the right kind."""
    text = GOOD.replace("K-2, other: O-1", "K-9, other: O-9")
    known = {"K-9": "sound", "O-9": "other"}
    assert read_portfolio_text(text, workflows, existing=known).findings == ()
    assert codes(read_portfolio_text(text, workflows)) == ["unknown-case@15:22", "unknown-case@15:34"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("workflow: other", "workflow: othr", ["unknown-workflow@22:19"]),
        ("state: approved", "state: aproved", ["unknown-state@13:12"]),
        ("amount: 50.000", "amont: 50.000", ["unknown-field@16:30"]),
        ("amount: 50.000", "amount: fünfzig", ["wrong-value@16:38"]),
        ("amount: 50.000", "amount: 200000", ["wrong-value@16:38"]),
        ("amount: 50.000", "amount: [1]", ["wrong-value@16:38"]),
        ("amount: 50.000", "amount: ", ["no-value@16:38"]),
        ("tick: no", "tick: nein", ["wrong-value@16:84"]),
        ('name: "Stelle 1", ', "", ["missing-field@11:3"]),
        ('name: "Stelle 1"', "name: [x]", ["wrong-value@16:18"]),
        ("partner: K-2", "partnr: K-2", ["unknown-link@15:13"]),
        ("partner: K-2", "partner: K-3", ["unknown-case@15:22"]),
        ("partner: K-2", "partner: O-1", ["wrong-type@15:22"]),
        ("partner: K-2", "partner: K 2", ["bad-name@15:22"]),
        ('sections: {ends: "1.4"}', 'sections: {opens: "1.4"}', ["unknown-field@17:16"]),
        ("roles: [clerk]", "roles: [clerc]", ["unknown-role@8:58"]),
        ("lang: en", "lang: fr", ["wrong-value@8:72"]),
        ("email: amt@office.example", "email: amt", ["wrong-value@8:30"]),
        ("as: office", "as: offise", ["unknown-person@6:5"]),
        ("as: office\n", "", ["missing-key@1:1"]),
        ("on: 2020-12-10", "on: 10.12.2020", ["wrong-value@5:5"]),
        ("on: 2020-12-10", "on: 2020-13-10", ["wrong-value@5:5"]),
        ("portfolio: paper-1", "portfolio: paper 1", ["bad-name@2:12"]),
        ("wirflow: 1", "wirflow: 1.0", ["version@1:10"]),
        ("  K-2:\n", "  K-1:\n", ["duplicate-key@19:3", "unknown-case@15:22"]),
        ("  O-1: {", "  -O-1: {", ["bad-name@22:3", "unknown-case@15:34"]),
        ("    workflow: sound\n    state: approved\n", "    state: x\n", ["missing-key@12:5"]),
        ("cases:", "cases: [", ["syntax@12:13"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(workflows, old, new, expected):
    """Unknown names, wrong values and missing facts: each at its place."""
    assert old in GOOD
    assert sorted(codes(read_portfolio_text(GOOD.replace(old, new, 1), workflows))) == sorted(expected)


def test_a_portfolio_with_errors_is_none_at_all(workflows):
    """All or nothing: with errors there is no portfolio, and the error holds all findings."""
    reading = read_portfolio_text(GOOD.replace("K-2", "K-3").replace("Stelle 2", "''"), workflows)
    assert reading.portfolio is None
    with pytest.raises(DefinitionError) as caught:
        reading.checked()
    assert caught.value.findings == reading.findings


def test_an_unknown_recorder_is_only_a_warning(workflows):
    """`wirflow.toml` may know more people than the file."""
    reading = read_portfolio_text(GOOD.replace("as: office", "as: lead"), workflows)
    assert [item.severity for item in reading.findings] == ["warning"]
    assert reading.checked().recorder == "lead"


LINES = GOOD.split("\n")
WORDS = sorted({word for line in LINES for word in line.split()} | {"[", "{}", "~", "x", "'", "&a", ": "})


@settings(max_examples=100, deadline=None)
@given(edits=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9), st.sampled_from(WORDS)), min_size=1))
def test_any_mutation_gives_findings_or_a_portfolio(workflows, edits):
    """Whatever a person does to a portfolio, wirflow answers with its cases or with places."""
    rows = [line.split(" ") for line in LINES]
    for row, column, word in edits:
        words = rows[row % len(rows)]
        words[column % len(words)] = word
    reading = read_portfolio_text("\n".join(" ".join(row) for row in rows), workflows)
    errors = [item for item in reading.findings if item.severity == "error"]
    assert (reading.portfolio is None) == bool(errors)


def test_the_shipped_portfolios_are_read():
    """The council paper's portfolio fits the shipped workflows, fact by fact, each with its section."""
    workflows = read_workflows(sorted((ROOT / "workflows").glob("*.yaml"))).checked()
    paths = sorted((ROOT / "workflows" / "portfolios").glob("*.yaml"))
    assert paths
    for path in paths:
        reading = read_portfolio(path, workflows)
        assert [item.line("en") for item in reading.findings] == []
        assert all(set(item.sources) == set(item.data) for item in reading.checked().cases)


def test_an_invariant_at_a_place_that_is_wrong_already_is_not_read_on():
    """Where a tag is refused, what is asked of a case that there is not raises nothing."""
    head = "wirflow: 1\nportfolio: p\non: 2021-01-04\nas: x\ncases: {}\n"
    text = head + "invariants: {w: {always: ! 'cases[\"\"].final'}}\n"
    assert "tag" in [item.code for item in read_portfolio_text(text, {}).findings]
