"""The page of findings: made of the catalogue, which has exactly the codes of the source."""

from __future__ import annotations

from tests.docs.findings import PAGE, examples, page
from tests.docs.test_reference import SOURCES, codes
from wirflow.definition.codes import CHAPTERS, CODES


def test_the_page_is_up_to_date():
    """`docs/reference/findings.md` is what `python -m tests.docs.findings` makes of the catalogue."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_each_code_of_the_source_is_in_the_catalogue():
    """No finding is made whose meaning nobody wrote down: add it to `wirflow/definition/codes_*.py`."""
    assert codes() - set(CODES) == set()


def test_no_code_of_the_catalogue_is_made_up():
    """Each code stands in the source outside of the catalogue, whole or as the noun behind `unknown-`."""
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in SOURCES if not path.name.startswith("codes_")
    )
    assert [
        code
        for code in CODES
        if f'"{code}"' not in source
        and f'"{code.removeprefix("unknown-")}"' not in source
        and code not in codes()
    ] == []


def test_each_code_says_what_it_means_and_how_to_mend_it():
    """In both languages, in whole sentences, and only once."""
    rows = [code for chapter in CHAPTERS for code in chapter.codes]
    assert len({code.name for code in rows}) == len(rows)
    for code in rows:
        for text in (code.means, code.mend):
            assert text.de != text.en
            assert text.de.endswith(".")
            assert text.en.endswith(".")


def test_most_codes_of_definitions_have_an_example():
    """The broken files of the tests show them."""
    shown = [code for chapter in CHAPTERS[:4] for code in chapter.codes if code.name in examples()]
    assert len(shown) >= 45
