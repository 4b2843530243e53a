"""The words of an expression, before CEL sees it: its names, its nesting, its presence tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MAX_LENGTH: Final = 2_000
"""Characters in an expression; a longer one is several rules and should be written as such."""
MAX_DEPTH: Final = 32
"""Levels of nesting: brackets, and steps of a chain of operators.  CEL's parser has the same bound."""

_TOKEN: Final = re.compile(
    r"(?P<space>\s+|//[^\n]*)"
    r"|(?P<string>(?:[bB]?[rR]|[rR][bB])(?:\"\"\".*?\"\"\"|'''.*?'''|\"[^\"\n]*\"|'[^'\n]*')"
    r"|[bB]?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''"
    r"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'))"
    r"|(?P<number>(?:\d+(?:\.\d+)?|\.\d+)\w*)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||.)",
    re.DOTALL | re.ASCII,
)

JOINS: Final = ("all", "exists", "count")
"""What may be asked of the children of a case: `report.all(r, r.final)`."""
MAX_JOINS: Final = 8
"""Questions about children in one expression."""

_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")
_CONSTANTS: Final = frozenset({"true", "false", "null", "in"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an expression."""

    column: int
    """Offset in the expression, from 0, in characters."""
    message: Text
    hint: Text | None = None
    code: str = "syntax"
    """`syntax`, `too-long`, `too-deep`, `unknown-field`, `unknown-function`, `wrong-type`, `not-a-choice`,
    `bad-date` or `bad-period`."""


class Token(NamedTuple):
    """A word, a sign, a number or a string of an expression, and its offset."""

    kind: str
    text: str
    start: int


class Name(NamedTuple):
    """A dotted name and where it stands: in the text, and its first and last token."""

    name: str
    start: int
    first: int
    last: int


class Join(NamedTuple):
    """A question about the children of a case: `report.all(r, r.final)`, or `size(report)`."""

    how: str
    """`all`, `exists`, `count` or `size`."""
    group: str
    """The children that are meant; `children`: all of them."""
    name: str
    """What one of them is called in the body; empty for `size`."""
    named_at: int
    body: str
    body_at: int
    """Where the body begins in the expression."""
    variable: str
    """What stands for it before CEL."""
    start: int

    @property
    def counts(self) -> bool:
        """Whether it gives a number, not a truth value."""
        return self.how in {"count", "size"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the words of an expression say, before CEL sees it."""

    text: str
    """With every `has(x)` and every join as one variable, comments blank; as long as the source."""
    tokens: Sequence[Token]
    values: Sequence[Name]
    presences: Sequence[Name]
    calls: Sequence[tuple[str, int]]
    methods: Sequence[tuple[str, int]]
    joins: Sequence[Join] = ()

    def token(self, index: int) -> str:
        """The text of a token, or nothing beyond the ends."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""


def bounds(expr: str) -> Problem | None:
    """What keeps an expression from the parser: its length, its nesting, characters that no one can see."""
    if not expr.strip():
        return Problem(0, Text("Der Ausdruck ist leer.", "The expression is empty."))
    if len(expr) > MAX_LENGTH:
        return Problem(
            MAX_LENGTH,
            Text(
                f"Der Ausdruck hat {len(expr)} Zeichen; höchstens {MAX_LENGTH} sind erlaubt.",
                f"The expression has {len(expr)} characters; at most {MAX_LENGTH} are allowed.",
            ),
            Text("Teilen Sie ihn in mehrere Regeln.", "Split it into several rules."),
            "too-long",
        )
    depth = 0
    for token in tokens_of(expr):
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if depth > MAX_DEPTH:
            return too_deep(token.start)
        if token.kind == "sign" and not token.text.isprintable():
            return Problem(
                token.start, Text("Hier steht ein Steuerzeichen.", "There is a control character here.")
            )
    return None


def tokens_of(expr: str) -> Iterator[Token]:
    """The tokens of an expression without spaces and comments; what CEL does not know is a `sign`."""
    for match in _TOKEN.finditer(expr):
        if match.lastgroup != "space":
            yield Token(str(match.lastgroup), match[0], match.start())


def presence(name: str) -> str:
    """The variable that stands for `has(name)`: as long, and like no name of a definition.

    Names have no capitals, so a `D` for the dot keeps `a.b_c` and `a_b.c` apart.
    """
    return f"has_{name.replace('.', 'D')}_"


def join_variable(number: int, *, counts: bool) -> str:
    """The variable that stands for a join; no name of a definition ends in `_`."""
    return f"n_{number}_" if counts else f"b_{number}_"


def read(expr: str, groups: Collection[str] = ()) -> Reading:
    """Find the names of an expression, and make each `has(x)` and each join one variable.

    Args:
        expr: CEL source text.
        groups: names that stand for children, whose number `size(…)` gives.
    """
    tokens = list(tokens_of(expr))
    text = _blanked(expr)
    values: list[Name] = []
    presences: list[Name] = []
    calls: list[tuple[str, int]] = []
    methods: list[tuple[str, int]] = []
    joins: list[Join] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        index += 1
        if token.kind != "name" or token.text in _CONSTANTS:
            continue
        following = _text(tokens, index)
        join = _join(expr, tokens, index - 1, groups, len(joins))
        if join is not None and _text(tokens, index - 2) != ".":
            found, index = join
            joins.append(found)
            end = tokens[index - 1].start + 1
            text = text[: token.start] + found.variable.ljust(end - token.start) + text[end:]
            continue
        if _text(tokens, index - 2) == ".":
            if following == "(":
                methods.append((token.text, token.start))
            continue
        if following == "(":
            inner = _path(tokens, index + 1) if token.text == "has" else None
            if inner is None or _text(tokens, inner.last + 1) != ")":
                calls.append((token.text, token.start))
                continue
            presences.append(inner)
            end = tokens[inner.last + 1].start + 1
            text = text[: token.start] + presence(inner.name).ljust(end - token.start) + text[end:]
            index = inner.last + 2
            continue
        path = _path(tokens, index - 1)
        if path is not None:
            values.append(path)
            index = path.last + 1
    return Reading(text, tokens, values, presences, calls, methods, joins)


def _join(
    expr: str, tokens: Sequence[Token], first: int, groups: Collection[str], number: int
) -> tuple[Join, int] | None:
    """The join that begins with this token, and the index after it; None if there is none."""
    token = tokens[first]
    if token.text == "size" and _text(tokens, first + 1) == "(" and _text(tokens, first + 3) == ")":
        group = tokens[first + 2]
        if group.text not in groups:
            return None
        variable = join_variable(number, counts=True)
        return Join("size", group.text, "", 0, "", 0, variable, token.start), first + 4
    how = _text(tokens, first + 2)
    if _text(tokens, first + 1) != "." or how not in JOINS or _text(tokens, first + 3) != "(":
        return None
    if first + 6 >= len(tokens) or tokens[first + 4].kind != "name" or _text(tokens, first + 5) != ",":
        return None
    depth, last = 1, first + 6
    while last < len(tokens):
        depth += (tokens[last].text in _OPENING) - (tokens[last].text in _CLOSING)
        if not depth:
            break
        last += 1
    if depth or last == first + 6:
        return None
    begin, end = tokens[first + 6].start, tokens[last].start
    variable = join_variable(number, counts=how == "count")
    name = tokens[first + 4]
    return Join(
        how, token.text, name.text, name.start, expr[begin:end], begin, variable, token.start
    ), last + 1


def _blanked(expr: str) -> str:
    """The expression on one line and without its comments, every word where it was."""
    parts = [
        " " * len(match[0]) if match.lastgroup == "space" else match[0] for match in _TOKEN.finditer(expr)
    ]
    return "".join(parts)


def _text(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].text if 0 <= index < len(tokens) else ""


def _path(tokens: Sequence[Token], first: int) -> Name | None:
    """The dotted name that begins with this token; a method's name at its end is not part of it."""
    if first >= len(tokens) or tokens[first].kind != "name":
        return None
    last = first
    parts = [tokens[first].text]
    while (
        _text(tokens, last + 1) == "."
        and last + 2 < len(tokens)
        and tokens[last + 2].kind == "name"
        and _text(tokens, last + 3) != "("
    ):
        last += 2
        parts.append(tokens[last].text)
    return Name(".".join(parts), tokens[first].start, first, last)


def compared(reading: Reading, item: Name) -> Iterator[Token]:
    """The strings with which a name is compared, unless one side is more than the string or the name."""
    before, after = reading.token(item.first - 1), reading.token(item.last + 1)
    if after in {"==", "!="} and before != "+" and reading.token(item.last + 3) != "+":
        yield from reading.tokens[item.last + 2 : item.last + 3]
    elif before in {"==", "!="} and after not in {".", "+"} and reading.token(item.first - 3) != "+":
        yield from reading.tokens[max(0, item.first - 2) : item.first - 1]
    elif after == "in" and before != "+" and reading.token(item.last + 2) == "[":
        for token in reading.tokens[item.last + 3 :]:
            if token.text == "]":
                return
            yield token


def members(reading: Reading, item: Name) -> Iterator[Token]:
    """The strings that a list is said to hold: `"a" in kinds`, `kinds == ["a", "b"]`, `["a"] == kinds`."""
    before, after = reading.token(item.first - 1), reading.token(item.last + 1)
    if before == "in" and reading.token(item.first - 3) != "+":
        yield from reading.tokens[max(0, item.first - 2) : item.first - 1]
    elif after in {"==", "!=", "+"} and reading.token(item.last + 2) == "[":
        for token in reading.tokens[item.last + 3 :]:
            if token.text == "]":
                return
            yield token
    elif before in {"==", "!=", "+"} and reading.token(item.first - 2) == "]":
        for token in reversed(reading.tokens[: item.first - 2]):
            if token.text == "[":
                return
            yield token


def too_deep(column: int) -> Problem:
    """The problem of an expression that is nested too deeply."""
    return Problem(
        column,
        Text(
            f"Der Ausdruck ist tiefer als {MAX_DEPTH} Ebenen verschachtelt.",
            f"The expression is nested more than {MAX_DEPTH} levels deep.",
        ),
        Text("Teilen Sie ihn in mehrere Regeln.", "Split it into several rules."),
        "too-deep",
    )
