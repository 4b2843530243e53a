"""Shapes: what may stand where in a file, as data.

A shape fits a node of YAML or notes everything that is wrong with it.  What
fits becomes a value that is easy to build from: `Text`, `Scalar` (with its
place), lists, and `Part` for a mapping of known keys.  What does not fit becomes
None and is left out, so that the rest of the file can still be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping as Fields
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Protocol

from wirflow.definition.log import Log, meant
from wirflow.definition.yaml import Mapping, Node, Scalar, Sequence
from wirflow.errors import nearest
from wirflow.text import Text

MAX_NAME: Final = 60
NAME: Final = re.compile(r"[a-z](?:[a-z0-9_]*[a-z0-9])?", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,15}(?:\.[0-9]{1,6})?", re.ASCII)
_COUNT: Final = re.compile(r"[0-9]{1,3}|1000", re.ASCII)
_LENGTH: Final = re.compile(r"[1-9][0-9]{0,3}|10000", re.ASCII)
_ANY_TEXT: Final[Fields[str, object]] = {"type": ["string", "number", "boolean"], "pattern": r"\S"}
_YES: Final = frozenset({"yes", "on", "ja", "y", "1", "wahr"})


class Shape(Protocol):
    """What may stand in a place."""

    @property
    def expected(self) -> Text:
        """What it is, in words, as the object of "expected is"."""
        ...

    def fit(self, node: Node, log: Log) -> Any:
        """The value that a node gives; None if it does not fit, with the reason in the log."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """A mapping whose keys were all known; a key that was absent or wrong gives None."""

    node: Node
    values: dict[str, Any]

    def get(self, key: str) -> Any:
        """The fitted value of a key."""
        return self.values.get(key)

    def text(self, key: str) -> str | None:
        """The text of a scalar."""
        value = self.values.get(key)
        return value.text if isinstance(value, Scalar) else None

    def many(self, key: str) -> list[Any]:
        """The items of a list or table; none if it is absent."""
        return self.values.get(key) or []

    def title(self, name: str, key: str = "title") -> Text:
        """What a person reads there; made of a name if nothing is said."""
        title: Text | None = self.values.get(key)
        return title or Text.same(name.replace("_", " ").capitalize())

    def yes(self, key: str) -> bool:
        """Whether a key says `true`."""
        return self.text(key) == "true"

    @property
    def wrong(self) -> frozenset[str]:
        """Keys that stand there with something that did not fit."""
        return frozenset(key for key, value in self.values.items() if value is None)

    def node_of(self, key: str) -> Node | None:
        """What stands under a key, as it was written."""
        return self.node.get(key) if isinstance(self.node, Mapping) else None

    def keys(self, key: str) -> frozenset[str]:
        """The names of a table, those included that did not fit."""
        table = self.node_of(key)
        return frozenset(table.entries) if isinstance(table, Mapping) else frozenset()

    def key(self, key: str) -> Node:
        """The key itself, to show where it stands; the part if it is absent."""
        entry = self.node.entries.get(key) if isinstance(self.node, Mapping) else None
        return entry[0] if entry else self.node


@dataclass(frozen=True, slots=True)
class Word:
    """A single value: any text, or what `test` accepts.

    `like` says the same as JSON Schema, as far as that can say it.
    """

    expected: Text
    test: Callable[[Scalar], bool] = field(default=lambda _: True)
    code: str = "wrong-value"
    hint: Callable[[str], Text | None] = field(default=lambda _: None)
    like: Fields[str, object] = field(default_factory=lambda: _ANY_TEXT)

    def fit(self, node: Node, log: Log) -> Scalar | None:
        """The scalar itself."""
        if not isinstance(node, Scalar):
            _shapeless(node, log, self.expected)
            return None
        if node.empty or not node.text.strip():
            _valueless(node, log, self.expected)
            return None
        if self.test(node):
            return node
        hint = self.hint(node.text)
        log.add(
            self.code,
            node,
            Text(
                f"'{_short(node.text)}' geht hier nicht: Erwartet wird {self.expected.de}.",
                f"'{_short(node.text)}' is not possible here: expected is {self.expected.en}.",
            ),
            hint,
        )
        return None


@dataclass(frozen=True, slots=True)
class Fact:
    """The value of a field: a single one, a list of them, or its parts by their names.

    What it gives is the node itself, so that a finding can show its place; `raw` gives the value.
    """

    expected: Text = field(
        default=Text("ein Wert, eine Liste oder {begin: …, end: …}", "a value, a list or {begin: …, end: …}")
    )

    def fit(self, node: Node, log: Log) -> Node | None:
        """The node."""
        if isinstance(node, Sequence):
            fine = [isinstance(item, Sequence) or self.fit(item, log) is not None for item in node.items]
            nested = next((item for item in node.items if isinstance(item, Sequence)), None)
            if nested is not None:
                _shapeless(nested, log, TEXT.expected)
            return node if all(fine) and nested is None else None
        if isinstance(node, Mapping):
            inside = [TEXT.fit(value, log) for _, value in node.entries.values() if not log.full]
            return node if all(inside) else None
        return TEXT.fit(node, log)


def raw(node: Node) -> object:
    """The value that a `Fact` fitted: a text, a list, or a table of texts."""
    if isinstance(node, Sequence):
        return [raw(item) for item in node.items]
    if isinstance(node, Mapping):
        return {name: raw(value) for name, (_, value) in node.entries.items()}
    return node.text if isinstance(node, Scalar) else None


@dataclass(frozen=True, slots=True)
class Title:
    """What a person reads: one text for both languages, or `{de: …, en: …}`."""

    expected: Text = field(
        default=Text("ein Text oder {de: …, en: …}", "a text or {de: …, en: …}"),
    )

    def fit(self, node: Node, log: Log) -> Text | None:
        """The text in both languages."""
        if isinstance(node, Mapping):
            part = BOTH.fit(node, log)
            german, english = part.text("de"), part.text("en")
            return Text(german.strip(), english.strip()) if german and english else None
        scalar = Word(self.expected).fit(node, log)
        return Text.same(scalar.text.strip()) if scalar else None


@dataclass(frozen=True, slots=True)
class Many:
    """A list; a single item may stand without its brackets."""

    item: Shape

    @property
    def expected(self) -> Text:
        """The item or a list of it."""
        return Text(
            f"{self.item.expected.de} oder eine Liste davon", f"{self.item.expected.en} or a list of them"
        )

    def fit(self, node: Node, log: Log) -> list[Any] | None:
        """The items that fit."""
        if isinstance(node, Scalar) and node.empty:
            _valueless(node, log, self.expected)
            return None
        items = node.items if isinstance(node, Sequence) else [node]
        return [value for item in items if not log.full and (value := self.item.fit(item, log)) is not None]


@dataclass(frozen=True, slots=True)
class Table:
    """Named things in an order: `name: …` each.

    Attributes:
        item: what stands under each name.
        key: what a name is.
        listed: whether a list of bare names may stand instead; their value is None then.
    """

    item: Shape
    key: Word
    listed: bool = False

    @property
    def expected(self) -> Text:
        """Names with something under each."""
        if self.listed:
            return Text(
                "eine Liste von Namen oder 'Name: …' je Zeile", "a list of names or 'name: …' on each line"
            )
        return Text("'Name: …' je Zeile", "'name: …' on each line")

    def fit(self, node: Node, log: Log) -> list[tuple[Scalar, Any]] | None:
        """Names and what stands under them, as far as both fit."""
        if isinstance(node, Mapping):
            rows = []
            for key, value in node.entries.values():
                if log.full:
                    break
                name = self.key.fit(key, log)
                item = self.item.fit(value, log)
                if name is not None and item is not None:
                    rows.append((name, item))
            return rows
        if self.listed and isinstance(node, Sequence):
            names = [name for item in node.items if not log.full and (name := self.key.fit(item, log))]
            twice(names, log)
            return [(name, None) for name in {name.text: name for name in reversed(names)}.values()][::-1]
        _shapeless(node, log, self.expected)
        return None


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a record: what stands under it, and whether it must be there."""

    shape: Shape
    required: bool = False
    about: Text | None = None
    """What it is for, in a sentence: editors show it."""


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping whose keys are known.

    Attributes:
        keys: the keys.
        bare: the key that is meant if a single value stands instead of the mapping.
    """

    expected: Text
    keys: dict[str, Key]
    bare: str | None = None

    def fit(self, node: Node, log: Log) -> Part:
        """The part; empty if there is none."""
        required = [name for name, key in self.keys.items() if key.required]
        if isinstance(node, Scalar):
            if self.bare and not node.empty:
                value = self.keys[self.bare].shape.fit(node, log)
                return Part(node, {self.bare: value})
            if node.empty and not required:
                return Part(node, {})
        if not isinstance(node, Mapping):
            _shapeless(node, log, self.expected)
            return Part(node, {})
        values = {}
        for name, (key, value) in node.entries.items():
            if log.full:
                break
            known = self.keys.get(name)
            if known is None:
                log.add(
                    "unknown-key",
                    key,
                    Text(
                        f"Den Schlüssel '{_short(name)}' gibt es hier nicht.",
                        f"There is no key '{_short(name)}' here.",
                    ),
                    _COMMA if _unwritten(value) else meant(name, self.keys),
                )
            else:
                values[name] = known.shape.fit(value, log)
        for name in required:
            if name not in values:
                expected = self.keys[name].shape.expected
                log.add(
                    "missing-key",
                    node,
                    Text(f"Hier fehlt der Schlüssel '{name}'.", f"The key '{name}' is missing here."),
                    Text(f"Erwartet wird {expected.de}.", f"Expected is {expected.en}."),
                )
        return Part(node, values)


def one_of(*words: str) -> Word:
    """One of a few words."""
    listed = ", ".join(words)
    return Word(
        Text(f"eines von: {listed}", f"one of: {listed}"),
        lambda scalar: scalar.text in words,
        hint=lambda text: meant(text, words) if nearest(text[:MAX_NAME], words) else None,
        like={"enum": list(words)},
    )


def spelled(pattern: re.Pattern[str], longest: int | None = None) -> dict[str, object]:
    """JSON Schema of a text that wholly matches a pattern."""
    found: dict[str, object] = {"type": "string", "pattern": f"^(?:{pattern.pattern})$"}
    return found if longest is None else {**found, "maxLength": longest}


def decimal(scalar: Scalar) -> Decimal:
    """The number that `NUMBER` accepted."""
    return Decimal(scalar.text)


def twice(names: list[Scalar], log: Log) -> None:
    """Note names that stand in a list a second time."""
    seen: set[str] = set()
    for name in names:
        if name.text in seen:
            log.add(
                "duplicate-item",
                name,
                Text(f"'{name.text}' steht hier zweimal.", f"'{name.text}' stands here twice."),
                severity="warning",
            )
        seen.add(name.text)


def _is_name(scalar: Scalar) -> bool:
    return len(scalar.text) <= MAX_NAME and NAME.fullmatch(scalar.text) is not None


def _repaired(text: str) -> Text | None:
    """The name that someone meant who wrote capitals, hyphens or umlauts."""
    table = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
    plain = "".join(table.get(char, char) for char in text[: MAX_NAME * 2].casefold())
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_0123456789")[:MAX_NAME].strip("_")
    if not NAME.fullmatch(name):
        return None
    return Text(f"Möglich wäre '{name}'.", f"Possible would be '{name}'.")


def _as_boolean(text: str) -> Text:
    word = "true" if text.casefold() in _YES else "false"
    return Text(f"Meinten Sie '{word}'?", f"Did you mean '{word}'?")


TEXT: Final = Word(Text("ein Text", "a text"))
EXPRESSION: Final = Word(Text("ein Ausdruck (CEL)", "an expression (CEL)"))
IDENTIFIER: Final = Word(
    Text(
        f"ein Name aus kleinen Buchstaben a-z, Ziffern und _, höchstens {MAX_NAME} Zeichen",
        f"a name of small letters a-z, digits and _, at most {MAX_NAME} characters",
    ),
    _is_name,
    "bad-name",
    _repaired,
    spelled(NAME, MAX_NAME),
)
BOOLEAN: Final = Word(
    Text("true oder false", "true or false"),
    lambda scalar: scalar.text in {"true", "false"},
    hint=_as_boolean,
    like={"type": ["boolean", "string"], "pattern": "^(?:true|false)$"},
)
FACT: Final = Fact()
NUMBER: Final = Word(
    Text("eine Zahl", "a number"),
    lambda scalar: _NUMBER.fullmatch(scalar.text) is not None,
    like={**spelled(_NUMBER), "type": ["number", "string"]},
)
COUNT: Final = Word(
    Text("eine ganze Zahl von 0 bis 1000", "a whole number from 0 to 1000"),
    lambda scalar: _COUNT.fullmatch(scalar.text) is not None,
    like={**spelled(_COUNT), "type": ["integer", "string"], "minimum": 0, "maximum": 1000},
)
LENGTH: Final = Word(
    Text("eine ganze Zahl von 1 bis 10000", "a whole number from 1 to 10000"),
    lambda scalar: _LENGTH.fullmatch(scalar.text) is not None,
    like={**spelled(_LENGTH), "type": ["integer", "string"], "minimum": 1, "maximum": 10000},
)
TITLE: Final = Title()

BOTH: Final = Record(
    TITLE.expected,
    {
        "de": Key(TEXT, required=True, about=Text("Der deutsche Wortlaut.", "The German wording.")),
        "en": Key(TEXT, required=True, about=Text("Der englische Wortlaut.", "The English wording.")),
    },
)


_COMMA: Final = Text(
    "Ist das der Rest eines Textes? Text mit Komma steht in Anführungszeichen.",
    "Is this the rest of a text? Text with a comma stands in quotes.",
)


def _unwritten(node: Node) -> bool:
    """Whether nothing stands after a key: in braces, the sign of a text with a comma in it."""
    return isinstance(node, Scalar) and node.empty and node.start == node.end


def _shapeless(node: Node, log: Log, expected: Text) -> None:
    if isinstance(node, Scalar) and node.empty:
        _valueless(node, log, expected)
        return
    found = {
        Mapping: Text("eine Gruppe von Schlüsseln", "a group of keys"),
        Sequence: Text("eine Liste", "a list"),
        Scalar: Text("ein einzelner Wert", "a single value"),
    }[type(node)]
    log.add(
        "wrong-shape",
        node,
        Text(
            f"Hier steht {found.de}; erwartet wird {expected.de}.",
            f"Here is {found.en}; expected is {expected.en}.",
        ),
    )


def _valueless(node: Node, log: Log, expected: Text) -> None:
    log.add(
        "no-value",
        node,
        Text("Hier steht kein Wert.", "There is no value here."),
        Text(f"Erwartet wird {expected.de}.", f"Expected is {expected.en}."),
    )


def _short(text: str) -> str:
    return text if len(text) <= MAX_NAME else text[: MAX_NAME - 1] + "…"
