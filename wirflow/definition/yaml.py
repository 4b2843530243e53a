"""YAML text → a tree of nodes that know their places.

The syntax is YAML's, the meaning of scalars is that of the YAML 1.2 core
schema: only `true` and `false` are booleans; `on`, `no`, `12:30:00` and dates
stay text.  What a definition never needs and an attacker might use (aliases,
tags, several documents, deep nesting, duplicate keys) is refused with its
place.  This module is loaded before anything is known about a file, so it
imports neither pydantic nor CEL.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import yaml

from wirflow.definition.finding import Finding, Place
from wirflow.definition.syntax import explain
from wirflow.errors import reason
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 50
MAX_NODES: Final = 12_000
"""Scalars, lists and mappings of one file: twenty large definitions, read in a twentieth of a second."""
MAX_FINDINGS: Final = 100
"""Nobody reads more than these of one file."""
MAX_CHARACTERS: Final = 10
"""Forbidden characters that are named one by one; finding the line of each takes time."""

Kind = Literal["null", "boolean", "integer", "float", "string"]

_KINDS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("null", re.compile(r"~|null|Null|NULL|")),
    ("boolean", re.compile(r"true|True|TRUE|false|False|FALSE")),
    ("integer", re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")),
    (
        "float",
        re.compile(
            r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
        ),
    ),
)

_ESCAPE: Final = re.compile(r"\\(?:\r?\n[ \t]*|x.{2}|u.{4}|U.{8}|.)", re.DOTALL)

# C0 but tab and line ends, DEL, C1 with NEL, the two separators of Unicode, byte order marks,
# and the controls that turn the direction of writing: a reader would see another text than wirflow.
_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
    "|\r(?!\n)"
)
_LINE_BREAKS: Final = frozenset("\r\x0b\x0c\x85\u2028\u2029")
_TAB_INDENT: Final = re.compile(r"^ *\t[ \t]*(?=[^\s#])", re.MULTILINE)

_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(slots=True)
class Node:
    """A part of a file; lines and columns count from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Scalar(Node):
    """A single value, as its source text says it."""

    text: str
    plain: bool
    """Written without quotes, so that `true` is a boolean and `null` is nothing."""
    source: str
    """The text of the whole file."""
    start: int
    end: int
    """Where it stands in `source`, quotes included."""

    @property
    def kind(self) -> Kind:
        """What it is by the core schema of YAML 1.2."""
        if self.plain:
            for kind, pattern in _KINDS:
                if pattern.fullmatch(self.text):
                    return kind
        return "string"

    @property
    def empty(self) -> bool:
        """Nothing was written, or `null`."""
        return self.kind == "null"

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, in the file, of a character of `text`.

        Folding turns line ends and blanks into one another, but keeps every other
        character; so the n-th of those in `text` is the n-th of those in the file.
        """
        wanted = sum(not char.isspace() for char in self.text[:offset])
        if offset < len(self.text) and not self.text[offset].isspace():
            wanted += 1
        where = self.start
        for where, _ in zip(_solid(self.source, self.start, self.end), range(wanted), strict=False):  # noqa: B007 - the last one is the result
            pass
        begin = self.source.rfind("\n", 0, where) + 1
        return self.line + self.source.count("\n", self.start, where), where - begin + 1


@dataclass(slots=True)
class Sequence(Node):
    """A list."""

    items: list[Node]


@dataclass(slots=True)
class Mapping(Node):
    """Keys and values, in the order of the file."""

    entries: dict[str, tuple[Scalar, Node]]

    def get(self, key: str) -> Node | None:
        """The value of a key."""
        entry = self.entries.get(key)
        return entry[1] if entry else None


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, as far as it can be read."""

    file: str
    root: Node | None
    findings: tuple[Finding, ...]


def read_file(path: Path, name: str | None = None) -> Document:
    """Read a file; whatever is wrong with it is a finding and never an exception.

    Args:
        path: the file.
        name: what findings call it; the path if absent.
    """
    name = name or str(path)
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            return _refuse(name, "no-file", Text("Das ist keine Datei.", "This is not a file."))
        if info.st_size > MAX_BYTES:
            return _too_large(name)
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return _refuse(name, "no-file", Text("Die Datei gibt es nicht.", "There is no such file."))
    except (OSError, ValueError) as error:
        why = reason(error)
        return _refuse(
            name,
            "no-file",
            Text(f"Die Datei ist nicht lesbar: {why.de}.", f"The file cannot be read: {why.en}."),
        )
    return read_bytes(raw, name)


def read_bytes(raw: bytes, name: str) -> Document:
    """Read the bytes of a file."""
    if len(raw) > MAX_BYTES:
        return _too_large(name)
    hint = Text("Erwartet wird eine YAML-Datei in UTF-8.", "Expected is a YAML file in UTF-8.")
    if b"\0" in raw:
        before = raw[: raw.index(b"\0")].decode("utf-8", "replace")
        return _refuse(
            name,
            "binary",
            Text("Die Datei enthält Nullbytes und ist kein Text.", "The file has NUL bytes and is no text."),
            hint,
            at=_place(name, before, len(before)),
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        return _refuse(
            name,
            "encoding",
            Text("Die Datei ist nicht in UTF-8 geschrieben.", "The file is not written in UTF-8."),
            hint,
            at=_place(name, before, len(before)),
        )
    return read_text(text, name)


def read_text(text: str, name: str = "<text>") -> Document:
    """Read YAML text."""
    if len(text) > MAX_BYTES:
        return _too_large(name)
    # YAML permits a byte order mark in front, and some editors insist on it.
    text = text.removeprefix("\ufeff")
    findings = list(_characters(text, name))
    if findings:
        return Document(name, None, tuple(findings))
    composer = _Composer(text, name)
    root = composer.compose()
    return Document(name, root, tuple(sorted(composer.findings, key=lambda item: item.place)))


def plain(node: Node | None) -> object:
    """A tree as dicts, lists, text, `int`, `bool` and None; other numbers and dates stay text."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, (_, value) in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if not isinstance(node, Scalar) or node.empty:
        return None
    if node.kind == "boolean":
        return node.text.casefold() == "true"
    if node.kind == "integer" and re.fullmatch(r"[-+]?[0-9]{1,18}", node.text):
        return int(node.text)
    return node.text


class _Composer:
    """Builds the tree from the parser's events, with a stack of its own instead of recursion."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self.findings: list[Finding] = []
        self._stack: list[Sequence | Mapping] = []
        self._keys: list[Scalar | None] = []
        self._root: Node | None = None
        self._count = 0
        self._lines = text.count("\n") + 1

    def compose(self) -> Node | None:
        try:
            for event in yaml.parse(self._text, Loader=_LOADER):
                if not self._take(event) or len(self.findings) >= MAX_FINDINGS:
                    return None
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
            return None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            self._find("syntax", 1, 1, *explain(str(error)))
            return None
        if self._root is None and not self.findings:
            self._find(
                "empty",
                1,
                1,
                Text("Die Datei ist leer.", "The file is empty."),
                Text("Am Anfang steht 'wirflow: 1'.", "It starts with 'wirflow: 1'."),
            )
        return self._root

    def _take(self, event: yaml.Event) -> bool:
        """Whether reading goes on."""
        if isinstance(event, yaml.NodeEvent):
            return self._node(event)
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._keys.pop()
            self._stack.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            line, column = _position(event.start_mark)
            if self._count:
                self._find(
                    "documents",
                    line,
                    column,
                    Text("Hier beginnt ein zweites Dokument.", "A second document starts here."),
                    Text("Eine Datei enthält genau eines.", "A file holds exactly one."),
                )
                return False
            if event.version not in (None, (1, 2)):
                self._find(
                    "version",
                    line,
                    column,
                    Text(
                        "Die Datei ist nicht in YAML 1.2 geschrieben.", "The file is not written in YAML 1.2."
                    ),
                    Text("Die Zeile %YAML kann entfallen.", "The line %YAML can go."),
                )
        return True

    def _node(self, event: yaml.NodeEvent) -> bool:
        line, column = self._inside(*_position(event.start_mark))
        self._count += 1
        if self._count > MAX_NODES:
            self._find(
                "too-many",
                line,
                column,
                Text(
                    f"Die Datei hat mehr als {MAX_NODES} Einträge.",
                    f"The file has more than {MAX_NODES} entries.",
                ),
                Text("Teilen Sie sie auf.", "Split it."),
            )
            return False
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            self._find(
                "alias",
                line,
                column,
                Text(
                    f"Anker und Verweise gibt es hier nicht ('{sign}{event.anchor}').",
                    f"There are no anchors and aliases here ('{sign}{event.anchor}').",
                ),
                Text(
                    f"Schreiben Sie den Wert aus; Text, der mit {sign} beginnt, in Anführungszeichen.",
                    f"Write the value out; put text that starts with {sign} in quotes.",
                ),
            )
        tag = getattr(event, "tag", None)
        if tag:
            self._find(
                "tag",
                line,
                column,
                Text(f"Typangaben gibt es hier nicht ('{tag}').", f"There are no tags here ('{tag}')."),
                Text(
                    "Den Typ bestimmt das Feld; Text, der mit ! beginnt, steht in Anführungszeichen.",
                    "The field says the type; put text that starts with ! in quotes.",
                ),
            )
        node = self._make(event, line, column)
        self._hang(node)
        if isinstance(node, Scalar):
            return True
        assert isinstance(node, (Mapping, Sequence))  # noqa: S101 - what else a node may be
        self._stack.append(node)
        self._keys.append(None)
        if len(self._stack) <= MAX_DEPTH:
            return True
        self._find(
            "too-deep",
            line,
            column,
            Text(f"Tiefer als {MAX_DEPTH} Ebenen geschachtelt.", f"Nested deeper than {MAX_DEPTH} levels."),
        )
        return False

    def _make(self, event: yaml.NodeEvent, line: int, column: int) -> Node:
        if isinstance(event, yaml.MappingStartEvent):
            return Mapping(line, column, {})
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(line, column, [])
        start, end = _index(event.start_mark), _index(event.end_mark)
        text = event.value if isinstance(event, yaml.ScalarEvent) else ""
        is_plain = isinstance(event, yaml.ScalarEvent) and event.style in (None, "")
        return Scalar(line, column, text, is_plain, self._text, start, end)

    def _hang(self, node: Node) -> None:
        """Put a node where it belongs: as root, item, key or value."""
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is not None:
            self._keys[-1] = None
            # A duplicate's value is dropped: the first one counts for further checks.
            parent.entries.setdefault(key.text, (key, node))
        elif isinstance(node, Scalar):
            self._keys[-1] = node
            if node.text in parent.entries:
                first = parent.entries[node.text][0]
                self._find(
                    "duplicate-key",
                    node.line,
                    node.column,
                    Text(
                        f"Der Schlüssel '{_short(node.text)}' steht hier zum zweiten Mal.",
                        f"The key '{_short(node.text)}' stands here for the second time.",
                    ),
                    Text(f"Zuerst steht er in Zeile {first.line}.", f"It first stands in line {first.line}."),
                )
        else:
            # The value that follows is read under a name that no shape knows.
            self._keys[-1] = Scalar(node.line, node.column, "", False, self._text, 0, 0)
            self._find(
                "key-shape",
                node.line,
                node.column,
                Text("Ein Schlüssel ist ein einzelnes Wort.", "A key is a single word."),
                Text(
                    "Text, der mit [ oder { beginnt, steht in Anführungszeichen.",
                    "Text that starts with [ or { stands in quotes.",
                ),
            )

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        line, column = self._inside(*_position(error.problem_mark or error.context_mark))
        message, hint = explain(error.problem or str(error))
        opened = error.context_mark
        if opened and opened.line + 1 < line and error.context:
            since = Text(f"Begonnen in Zeile {opened.line + 1}.", f"It began in line {opened.line + 1}.")
            hint = Text(f"{hint.de} {since.de}", f"{hint.en} {since.en}") if hint else since
        self._find("syntax", line, column, message, hint)

    def _inside(self, line: int, column: int) -> tuple[int, int]:
        """A place in the file; the parser counts a line more where the last one does not end."""
        if line <= self._lines:
            return line, column
        return self._lines, len(self._text) - self._text.rfind("\n")

    def _find(self, code: str, line: int, column: int, message: Text, hint: Text | None = None) -> None:
        self.findings.append(Finding(code, Place(self._name, line, column), message, hint))


def _position(mark: Any) -> tuple[int, int]:
    """Line and column, from 1; the parser's own types say that a mark may be absent."""
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _index(mark: Any) -> int:
    return int(mark.index)


def _solid(source: str, start: int, end: int) -> Iterator[int]:
    """Where the characters of a scalar stand that are no blanks, quotes and escapes undone."""
    quote = source[start : start + 1]
    at = start
    if quote in {"|", ">"}:
        at = source.find("\n", start, end)
        at = end if at < 0 else at
    elif quote in {"'", '"'}:
        at, end = start + 1, end - 1
    else:
        quote = ""
    while at < end:
        step = 1
        if quote == "'" and source.startswith("''", at):
            step = 2
        elif quote == '"' and source[at] == "\\":
            escape = _ESCAPE.match(source, at, end)
            step = len(escape[0]) if escape else 1
            if escape and escape[0][1] in " \t\r\nntr_NLP":
                at += step
                continue
        if not source[at].isspace():
            yield at
        at += step


def _characters(text: str, name: str) -> Iterator[Finding]:
    for count, match in enumerate(_FORBIDDEN.finditer(text)):
        if count >= MAX_CHARACTERS:
            return
        code = f"U+{ord(match[0]):04X}"
        if match[0] in _LINE_BREAKS:
            yield Finding(
                "line-break",
                _place(name, text, match.start()),
                Text(
                    f"Dieses Zeilenende ist nicht erlaubt ({code}).",
                    f"This line break is not allowed ({code}).",
                ),
                Text("Zeilen enden mit LF oder CRLF.", "Lines end with LF or CRLF."),
            )
        else:
            yield Finding(
                "character",
                _place(name, text, match.start()),
                Text(
                    f"Dieses unsichtbare Zeichen ist nicht erlaubt ({code}).",
                    f"This invisible character is not allowed ({code}).",
                ),
                Text("Löschen Sie es und tippen Sie die Stelle neu.", "Delete it and type the passage anew."),
            )
    for count, match in enumerate(_TAB_INDENT.finditer(text)):
        if count >= MAX_CHARACTERS:
            return
        yield Finding(
            "tab",
            _place(name, text, match.start() + match[0].index("\t")),
            Text(
                "Eingerückt wird mit Leerzeichen, nicht mit Tabulatoren.",
                "Indent with spaces, not with tabs.",
            ),
            Text("Üblich sind zwei Leerzeichen je Ebene.", "Two spaces for each level are usual."),
        )


def _place(name: str, text: str, index: int) -> Place:
    return Place(name, text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"  # noqa: PLR2004 - a name's length


def _too_large(name: str) -> Document:
    return _refuse(
        name,
        "too-large",
        Text("Die Datei ist größer als 1 MiB.", "The file is larger than 1 MiB."),
        Text("Definitionen haben höchstens einige Kilobyte.", "Definitions have a few kilobytes at most."),
    )


def _refuse(
    name: str, code: str, message: Text, hint: Text | None = None, at: Place | None = None
) -> Document:
    return Document(name, None, (Finding(code, at or Place(name), message, hint),))
