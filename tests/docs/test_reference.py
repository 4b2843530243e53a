"""The reference pages: what the code has is on them."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import tomllib
from typing import get_args

import pytest

from tests.docs.blocks import ROOT, blocks
from wirflow import errors
from wirflow.core.decision import RefusalCode
from wirflow.deadlines import office as own
from wirflow.office import settings
from wirflow.render import sandbox

REFERENCE = ROOT / "docs" / "reference"

SOURCES = sorted((ROOT / "wirflow").rglob("*.py"))

# The first argument of these calls is a code, or the noun that `unknown-` is put before.
_CODES = {"add", "_finding", "_find", "_refuse", "_unknown"}
_NOUNS = {"unknown", "_known", "_all_known"}

ERRORS = [
    kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.WirflowError)
]

_CODE = re.compile(r"[a-z]+(?:-[a-z]+)*")
_ROOMS = ("wirflow/definition/", "wirflow/office/", "wirflow/scenario/", "wirflow/simulation/")


def page(name: str) -> str:
    """The text of a reference page."""
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def word_of(node: ast.AST) -> list[str]:
    """The text that a piece of source is, if it is one."""
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def codes() -> set[str]:
    """Every code that a finding can have, as the source says it."""
    found = set()
    for path in SOURCES:
        if not any(room in path.as_posix() for room in _ROOMS):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            texts = [word for item in call.args for word in word_of(item)]
            named = [word for item in call.keywords if item.arg == "code" for word in word_of(item.value)]
            if name in _CODES and texts:
                found.add(texts[0])
            elif name in _NOUNS and texts:
                found.add(f"unknown-{texts[0]}")
            elif name in {"Problem", "Word", "Finding"}:
                found |= {text for text in texts if _CODE.fullmatch(text)}
            found |= set(named)
    return {code for code in found if _CODE.fullmatch(code)}


def test_every_error_is_on_its_page_with_its_exit_code():
    """Each class of the error tree stands in the table, with the code with which a command ends."""
    table = page("errors")
    assert len(ERRORS) > 5
    for kind in ERRORS:
        assert f"| `{kind.__name__}` | {kind.exit_code} |" in table, kind


def test_every_error_of_a_single_room_is_named():
    """An error class that is declared elsewhere in the package is named as well."""
    names = {
        node.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(getattr(errors, getattr(base, "id", ""), None) in ERRORS for base in node.bases)
    }
    assert "TemplateError" in names
    missing = {name for name in names if f"{name}`" not in page("errors")}
    assert missing == set()


def test_every_refusal_is_on_its_page():
    """Each code of a refusal stands in the table."""
    for code in get_args(RefusalCode):
        assert f"| `{code}` |" in page("errors"), code


def test_every_finding_is_on_its_page():
    """Each code that the reader, the checks and the imports can give stands on the page of findings."""
    known = codes()
    assert {"unknown-field", "unreachable", "syntax", "not-a-choice", "bad-csv", "version"} <= known
    section = page("errors").partition("## Findings of a check")[2]
    assert {code for code in known if f"`{code}`" not in section} == set()


def test_no_finding_on_the_page_is_made_up():
    """Each code in the tables of findings stands in the source."""
    section = page("errors").partition("## Findings of a check")[2]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    told = {code for row in rows for code in re.findall(r"`([a-z-]+)`", row)}
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    written = {code for code in told if f'"{code}"' in source} | codes()
    assert told - written == set()


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        ("office", settings.OfficeSettings),
        ("people.<id>", settings.PersonSettings),
        ("notices", settings.NoticeSettings),
        ("smtp", settings.SmtpSettings),
        ("documents", settings.DocumentSettings),
    ],
)
def test_every_setting_is_in_its_section(section, kind):
    """Each key of `wirflow.toml` stands in the table of its section, and no other."""
    body = page("configuration").partition(f"## `[{section}]`\n")[2].partition("\n## ")[0]
    told = set(re.findall(r"^\| `([a-z_]+)` \|", body, re.MULTILINE))
    known = {{"sender": "from"}.get(item.name, item.name) for item in dataclasses.fields(kind)}
    assert told == known


def test_every_section_and_variable_is_told():
    """No section of `wirflow.toml`, no variable of the environment and no key of an own rule is left out."""
    text = page("configuration")
    for item in dataclasses.fields(settings.Settings):
        assert f"[{item.name}" in text, item.name
    for key in (*own._RULE_KEYS, *own._DAY_KEYS):
        assert f"`{key}`" in text, key
    variables = {
        name
        for path in SOURCES
        for name in re.findall(r'"(WIRFLOW_[A-Z]+)"', path.read_text(encoding="utf-8"))
    }
    assert {"WIRFLOW_LANG", "WIRFLOW_DATABASE"} <= variables
    for name in variables:
        assert f"| `{name}` |" in text, name


def test_the_example_of_the_settings_is_read(tmp_path):
    """The whole example is a `wirflow.toml` without errors, its rules and days off included."""
    example = next(block.text for block in blocks(REFERENCE / "configuration.md") if block.lang == "toml")
    (tmp_path / settings.FILE).write_text(example, encoding="utf-8")
    read = settings.read(tmp_path)
    assert own.check_office(read.rules, read.holidays, known={}) == ()
    assert set(tomllib.loads(example)) == {item.name for item in dataclasses.fields(settings.Settings)}


def test_every_name_and_filter_of_templates_is_told():
    """What the context of a notice can have, and each filter, stands on the page of templates."""
    from tests.support import grant  # noqa: PLC0415 - only this test needs a workflow
    from wirflow.render.context import schema  # noqa: PLC0415 - likewise

    text = page("templates")
    tree = schema(grant(), with_deadline=True)
    for owner in ("case", "event", "deadline", "recipient", "office"):
        for name in tree[owner]:
            assert f"`{owner}.{name}`" in text, name
    assert set(tree) == {"case", "event", "deadline", "recipient", "office", "data", "linked"}
    for name in (*sandbox.KEPT, "money", "date", "show"):
        assert re.search(rf"`{name}[`(]", text), name
