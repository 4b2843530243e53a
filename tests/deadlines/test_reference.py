"""The page in the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from wirflow.deadlines import FACTS, LANDS, Catalogue
from wirflow.deadlines.reference import COUNT_MEANINGS, reference
from wirflow.deadlines.rule import Count

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "deadlines.md"
REMAKE = "python -c \"from wirflow.deadlines.reference import reference; print(reference(), end='')\""


def test_the_page_is_up_to_date():
    """The page in docs/ is what the catalogue says today."""
    assert PAGE.read_text("utf-8") == reference(), f"remake it: {REMAKE} > {PAGE}"


def test_the_page_names_everything():
    """Every rule, fact, Land and way of counting is on the page, and what is unverified says so."""
    page = reference()
    for name in (*Catalogue.default().rules, *FACTS, *LANDS, *get_args(Count)):
        assert f"`{name}`" in page
    assert set(COUNT_MEANINGS) == set(get_args(Count))
    for rule in Catalogue.default().rules.values():
        section = page.split(f"### {rule.name}\n")[1].split("\n#")[0]
        assert ("not verified" in section) == (not rule.verified)


def test_an_office_can_have_its_own_page():
    """The page of a catalogue with own rules lists them."""
    office = Catalogue.default().with_office({"mine": {"title": "Mitzeichnung", "law": "AGA"}})
    assert "### mine" in reference(office)
