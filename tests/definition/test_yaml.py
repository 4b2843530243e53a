"""YAML text becomes nodes that know their places, by the rules of YAML 1.2."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, strategies as st

from wirflow.definition import yaml as yaml_module
from wirflow.definition.reader import read_workflow_text
from wirflow.definition.syntax import explain
from wirflow.definition.yaml import (
    MAX_DEPTH,
    MAX_FINDINGS,
    MAX_NODES,
    Document,
    Mapping,
    Scalar,
    plain,
    read_bytes,
    read_file,
    read_text,
)


def codes(document: Document) -> list[str]:
    """The findings as `code@line:column`."""
    return [f"{item.code}@{item.place.line}:{item.place.column}" for item in document.findings]


def scalar(text: str) -> Scalar:
    """The value of the key `a`."""
    root = read_text(text).root
    assert isinstance(root, Mapping)
    value = root.get("a")
    assert isinstance(value, Scalar)
    return value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("on", "string"),
        ("no", "string"),
        ("Yes", "string"),
        ("12:30:00", "string"),
        ("2021-12-31", "string"),
        ("1_000", "string"),
        ("0b1", "string"),
        ("<<", "string"),
        ("true", "boolean"),
        ("FALSE", "boolean"),
        ("~", "null"),
        ("", "null"),
        ("Null", "null"),
        ("0123", "integer"),
        ("-7", "integer"),
        ("0o17", "integer"),
        ("0xFF", "integer"),
        ("1.50", "float"),
        (".inf", "float"),
        ("1e3", "float"),
        ("'true'", "string"),
        ('"null"', "string"),
    ],
)
def test_scalars_are_resolved_by_the_core_schema_of_yaml_1_2(text, kind):
    """Only true and false are booleans; on, no, times and dates stay text."""
    assert scalar(f"a: {text}").kind == kind


def test_keys_called_on_and_no_stay_text():
    """`on:` and `no:` are keys like any other."""
    assert plain(read_text("on: 1\nno: 12:30:00\ny: [yes, null, true, 2021-12-31, 1.50, 0o7]\n").root) == {
        "on": 1,
        "no": "12:30:00",
        "y": ["yes", None, True, "2021-12-31", "1.50", "0o7"],
    }
    assert plain(None) is None


def test_order_is_kept():
    """Keys come out in the order of the file."""
    root = read_text("b: 1\na: 2\nc: 3\n").root
    assert isinstance(root, Mapping)
    assert list(root.entries) == ["b", "a", "c"]
    assert root.get("z") is None


@pytest.mark.parametrize(
    ("text", "word", "line", "column"),
    [
        ("a: foo && bar", "bar", 1, 11),
        ("a:   'foo ''x'' bar'", "bar", 1, 17),
        ('a: "foo \\"x\\" bar"', "bar", 1, 15),
        ('a: "\\u0041\\x41\\U00000041 bar"', "bar", 1, 26),
        ('a: "x\\ty\\n bar"', "bar", 1, 12),
        ('a: "foo \\\n    bar"', "bar", 2, 5),
        ("a: >-\n   foo\n\n   && bar\n", "bar", 4, 7),
        ("a: |\n  foo\n    bar\n", "bar", 3, 5),
        ("a: |2-\n  foo\n    bar", "bar", 3, 5),
        ("a: foo\n   bar", "bar", 2, 4),
        ("a: 'foo\n   bar'", "bar", 2, 4),
        ("a: äöü 🙂 bar", "bar", 1, 10),
        ("a: foo bar\r\nb: 1\r\n", "bar", 1, 8),
    ],
)
def test_every_character_of_a_scalar_has_its_place(text, word, line, column):
    """Line and column of a word are those of the file, however the scalar is written."""
    value = scalar(text)
    assert value.position(value.text.index(word)) == (line, column)


def test_the_place_behind_the_end_is_the_last_character():
    """A parser that misses something at the end points at the end."""
    assert scalar("a: 'x + '").position(4) == (1, 7)
    assert scalar("a: ''").position(0) == (1, 4)
    assert scalar("a: |\n").position(0) == (1, 4)


@given(
    st.lists(st.text("abcxyz", min_size=1, max_size=6), min_size=1, max_size=8, unique=True),
    st.sampled_from(["plain", "single", "double", "folded", "literal"]),
)
def test_places_point_at_the_words_themselves(words, style):
    """At the place of each word of a scalar the file has that word."""
    breaks = "\n   ".join(words)
    line = " ".join(words)
    text = {
        "plain": f"a: {line}.",
        "single": f"a: '{line}.'",
        "double": f'a: "{line}."',
        "folded": f"a: >-\n   {breaks}.",
        "literal": f"a: |\n   {breaks}.",
    }[style]
    value = scalar(text)
    lines = text.split("\n")
    offset = 0
    for word in words:
        offset = value.text.index(word, offset)
        row, column = value.position(offset)
        assert lines[row - 1][column - 1 :].startswith(word)
        offset += len(word)


def test_depth_is_bounded():
    """Fifty levels are read, fifty-one are not."""
    assert codes(read_text("[" * MAX_DEPTH + "]" * MAX_DEPTH)) == []
    assert codes(read_text("[" * (MAX_DEPTH + 1))) == [f"too-deep@1:{MAX_DEPTH + 1}"]


def test_the_number_of_entries_is_bounded():
    """A file with more entries than twenty large definitions is not read."""
    assert codes(read_text("- a\n" * (MAX_NODES - 1))) == []
    assert codes(read_text("- a\n" * MAX_NODES)) == [f"too-many@{MAX_NODES}:3"]


def test_findings_are_bounded():
    """A file full of mistakes is given up after a hundred."""
    assert len(read_text("a: 1\n" * 1000).findings) == MAX_FINDINGS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["empty@1:1"]),
        ("# nothing\n", ["empty@1:1"]),
        ("a: &x 1\nb: *x\n", ["alias@1:4", "alias@2:4"]),
        ("*x : 1\n", ["alias@1:1"]),
        ("a: !!int 1\nb: !own {}\n", ["tag@1:4", "tag@2:4"]),
        ("a: 1\n---\nb: 1\n", ["documents@2:1"]),
        ("%YAML 1.1\n---\na: 1\n", ["version@1:1"]),
        ("a: 1\nb: {a: 1, a: 2}\na: 3\n", ["duplicate-key@2:11", "duplicate-key@3:1"]),
        ("? {a: 1}\n: 2\n[1]: 3\n", ["key-shape@1:3", "key-shape@3:1"]),
        ("a:\n\tb: 1\n", ["tab@2:1"]),
        ("a: 1\rb: 2\n", ["line-break@1:5"]),
        ("a: 1\u2028b\u0085c\n", ["line-break@1:5", "line-break@1:7"]),
        ("a: \u202e1\n", ["character@1:4"]),
        ("a: 1\n\ufeff", ["character@2:1"]),
        ("a: \x07\n", ["character@1:4"]),
        ("a: \ud800\n", ["character@1:4"]),
        ("\x07" * 50, [f"character@1:{n}" for n in range(1, 11)]),
        ("\tb: 1\n" * 50, [f"tab@{n}:1" for n in range(1, 11)]),
        ("a: [b\nc: d", ["syntax@2:2"]),
        ("a: b: c", ["syntax@1:5"]),
        ("a: 'x", ["syntax@1:6"]),
    ],
)
def test_what_a_definition_never_needs_is_refused_with_its_place(text, expected):
    """Aliases, tags, several documents, strange keys and characters: each is a finding."""
    assert sorted(codes(read_text(text))) == sorted(expected)


def test_yaml_1_2_may_be_declared():
    """A version line, a document start and a byte order mark in front are no mistake."""
    document = read_text("\ufeff%YAML 1.2\n---\na: 1\n...\n")
    assert (codes(document), plain(document.root)) == ([], {"a": 1})


def test_bytes_that_are_no_text_are_refused(tmp_path):
    """NUL bytes, other encodings, size, folders and missing files are findings."""
    assert codes(read_bytes(b"a: 1\nb: \x00", "f")) == ["binary@2:4"]
    assert codes(read_bytes("a: ä".encode("latin-1"), "f")) == ["encoding@1:4"]
    assert codes(read_bytes("a: 1".encode("utf-16"), "f")) == ["binary@1:4"]
    assert codes(read_bytes(b"a" * (1024 * 1024 + 1), "f")) == ["too-large@1:1"]
    assert codes(read_text("a" * (1024 * 1024 + 1))) == ["too-large@1:1"]
    assert codes(read_file(tmp_path)) == ["no-file@1:1"]
    assert codes(read_file(tmp_path / "none.yaml")) == ["no-file@1:1"]
    assert codes(read_file(tmp_path / "nul\0.yaml")) == ["no-file@1:1"]
    large = tmp_path / "large.yaml"
    with large.open("wb") as stream:
        stream.truncate(50_000_000)
    assert codes(read_file(large)) == ["too-large@1:1"]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert codes(read_file(pipe)) == ["no-file@1:1"]


def test_a_file_keeps_the_name_it_is_given(tmp_path):
    """Findings call a file as the person did."""
    file = tmp_path / "a.yaml"
    file.write_text("a: 1\na: 2\n", encoding="utf-8")
    assert str(read_file(file, "a.yaml").findings[0].place) == "a.yaml:2:1"


def test_syntax_errors_speak_german_and_english():
    """A frequent mistake has its own words; a rare one keeps the parser's."""
    finding = read_text("a:\n  - [x\n  - y\nb: 1\n").findings[0]
    assert "fehlt" in finding.message.de
    assert finding.hint is not None
    assert "Begonnen in Zeile" in finding.hint.de
    assert "did not see this" in explain("did not see this")[0].de


def test_a_parser_without_marks_is_still_a_finding(monkeypatch):
    """Whatever the parser throws becomes a finding, never a traceback."""

    def broken(*_args, **_more):
        raise yaml_module.yaml.YAMLError("out of order")

    monkeypatch.setattr(yaml_module.yaml, "parse", broken)
    assert codes(read_text("a: 1")) == ["syntax@1:1"]
    assert "out of order" in read_text("a: 1").findings[0].message.en


def test_without_the_c_parser_the_same_is_said(monkeypatch):
    """The parser in Python is slower, but finds the same in the same places."""
    texts = [
        "a: [1, on]\nb: 'x'\n",
        "a: &x 1\nb: *x\n",
        "[" * 60,
        "a: 1\na: 2\n",
        "a: !!int 1\n",
        "a: [b\nc: d",
    ]
    before = [(codes(read_text(text)), plain(read_text(text).root)) for text in texts]
    monkeypatch.setattr(yaml_module, "_LOADER", yaml_module.yaml.BaseLoader)
    assert [(codes(read_text(text)), plain(read_text(text).root)) for text in texts] == before


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_no_input_ends_in_an_exception(raw):
    """Any text and any bytes give a tree, or findings."""
    document = read_text(raw) if isinstance(raw, str) else read_bytes(raw, "f")
    assert document.root is not None or document.findings


@pytest.mark.parametrize("text", ["---", "a: {b", "a: [\n  x,", "? a\n---"])
def test_no_finding_stands_below_the_end_of_a_file(text):
    """The parser counts one line more where the last one does not end; a person would look for it in vain."""
    found = read_workflow_text(text).findings
    assert found
    lines = text.split("\n")
    assert all(item.place.line <= len(lines) for item in found)
    assert all(item.place.column <= len(lines[item.place.line - 1]) + 1 for item in found)


@pytest.mark.parametrize("text", ["a: {b: Permit: first phase}", "a: [b, c: d: e]", "a: {b: c] }"])
def test_a_text_that_ends_a_bracket_too_early_is_told_to_stand_in_quotes(text):
    """What is missing is seldom the bracket: most often a text has a sign in it that means something."""
    finding = read_text(text).findings[0]
    assert finding.hint is not None
    assert "quotes" in finding.hint.en
