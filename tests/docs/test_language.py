"""The reference of the language: its keys are the reader's keys, and its examples are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

import pytest
import yaml

from tests.docs.blocks import ROOT, blocks, written_in
from wirflow.definition import cel, grammar, reader
from wirflow.definition.check import check
from wirflow.definition.field import FieldType
from wirflow.definition.portfolio import CASE, PERSON, PORTFOLIO, read_portfolio_text
from wirflow.definition.reader import read_workflow_text, read_workflows
from wirflow.definition.shape import Many, Record, Table
from wirflow.definition.yaml import read_text

if TYPE_CHECKING:
    from pathlib import Path

LANGUAGE = ROOT / "docs" / "reference" / "language.md"
PORTFOLIOS = ROOT / "docs" / "reference" / "portfolio.md"

_ROW = re.compile(r"^\| `([a-z_]+)` \|", re.MULTILINE)


def records(shape: Any, seen: tuple[int, ...] = ()) -> list[Record]:
    """All records that a shape is made of, itself included; one that contains itself comes once."""
    if isinstance(shape, Many | Table):
        return records(shape.item, seen)
    if not isinstance(shape, Record) or id(shape) in seen:
        return []
    inside = (*seen, id(shape))
    return [shape, *(one for key in shape.keys.values() for one in records(key.shape, inside))]


def sections(page: Path) -> dict[str, set[str]]:
    """Heading → the keys in its tables."""
    parts = re.split(r"^##+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        title: set(_ROW.findall(body))
        for title, body in zip(parts[1::2], parts[2::2], strict=True)
        if _ROW.search(body)
    }


def keys_of(*shapes: Any) -> set[frozenset[str]]:
    """The key sets of all records of some shapes."""
    return {frozenset(record.keys) for shape in shapes for record in records(shape)}


def test_the_language_page_names_each_key_in_its_place_and_no_other():
    """Every mapping that the reader knows has a section with exactly its keys, and no section has others."""
    tables = sections(LANGUAGE)
    del tables["Expressions"]
    # The table of types stands under the keys of a field.
    tables["Fields"] -= set(get_args(FieldType))
    told = {frozenset(keys) for keys in tables.values()}
    known = keys_of(grammar.WORKFLOW)
    known.discard(frozenset({"de", "en"}))
    assert told == known


def test_the_portfolio_page_names_each_key_in_its_place_and_no_other():
    """The same holds for portfolios."""
    assert {frozenset(keys) for keys in sections(PORTFOLIOS).values()} >= keys_of(PORTFOLIO, CASE, PERSON)


def test_the_language_page_names_each_function_of_expressions():
    """Whatever an expression may call stands on the page."""
    page = LANGUAGE.read_text(encoding="utf-8")
    for name in (*cel.FUNCTIONS, *cel.METHODS):
        assert f"{name}(" in page, name
    for name in grammar.OWN_WORDS:
        assert f"`{name}" in page, name


@pytest.mark.parametrize("block", [block for block in blocks(LANGUAGE) if block.lang == "yaml"], ids=str)
def test_each_example_of_the_language_is_read(block):
    """An example, put into the workflow at the head of the page, is a workflow without errors."""
    whole: dict[str, Any] = {}
    for part in blocks(LANGUAGE):
        if part.lang == "yaml":
            whole = merged(whole, plain(part.text))
        if part is block:
            break
    reading = read_workflow_text(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False), str(block))
    assert [str(item.line("en")) for item in reading.errors] == []
    assert [item.line("en") for item in check(reading) if item.severity == "error"] == []


def shipped():
    """The workflows that ship with wirflow."""
    return read_workflows(sorted((ROOT / "workflows").glob("*.yaml"))).checked()


WHOLE = [
    block
    for block in written_in("yaml")
    if re.match(r"(#.*\n)*wirflow: 1\n", block.text) and block.page != LANGUAGE
]


@pytest.mark.parametrize("block", WHOLE, ids=str)
def test_each_file_on_a_page_is_read(block):
    """A block that is a whole workflow or portfolio has no errors."""
    if re.search(r"^portfolio:", block.text, re.MULTILINE):
        known = {**shipped(), **on_page(block)}
        findings = read_portfolio_text(block.text, known, str(block)).findings
    else:
        # Parents and children stand on one page, and know one another.
        texts = [
            other.text
            for other in blocks(block.page)
            if other in WHOLE and other != block and re.search(r"^workflow:", other.text, re.MULTILINE)
        ]
        documents = [read_text(block.text, str(block)), *(read_text(text, "beside") for text in texts)]
        read = reader._read(documents, shipped())
        findings = [item for item in read.findings if item.place.file == str(block)]
    assert [item.line("en") for item in findings if item.severity == "error"] == []


def on_page(block):
    """The workflows that stand on the page of a block."""
    texts = [
        other.text
        for other in blocks(block.page)
        if other.lang == "yaml" and re.search(r"^workflow:", other.text, re.MULTILINE)
    ]
    found = {}
    for text in texts:
        found |= dict(read_workflow_text(text, known=shipped()).workflows)
    return found


def plain(text: str) -> Any:
    """YAML as mappings and lists of texts."""
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but text


def merged(old: Any, new: Any) -> Any:
    """The new keys over the old ones, mappings joined."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {key: merged(old.get(key), value) for key, value in new.items()}
    return new
