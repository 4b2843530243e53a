"""Asking expressions: what they read, whether they hold, and whether few values tell all they can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Final

from wirflow.definition.cel import bound
from wirflow.definition.document import Document
from wirflow.definition.expression import read
from wirflow.definition.guards import AbsentError, GuardError, Scope, guards_for
from wirflow.definition.listing import LIST_OF
from wirflow.definition.span import Span
from wirflow.definition.values import Value

if TYPE_CHECKING:
    from wirflow.definition.model import Workflow

Facts = Mapping[str, Value]
"""Dotted names as expressions write them → values; a link that is set is True; the absent is not there."""

_OPAQUE: Final = frozenset(
    {"+", "-", "*", "/", "%", "days", "size", "contains", "startsWith", "endsWith", "?"}
)
"""Words with which an expression computes: a few values of each field do not tell all that it can say."""

_COMPOUND: Final = frozenset({"span", "document"})
"""Kinds of values that have parts; of them, as of lists, a few do not tell all either."""


MAX_OPEN: Final = 6
"""Facts of which both is supposed: that they are there, and that they are not."""


class Flat(Scope):
    """Facts by their dotted names, as one expression sees them."""

    __slots__ = ("_facts",)

    def __init__(self, facts: Facts) -> None:
        super().__init__({})
        self._facts = facts

    def bind(self, name: str) -> object | None:
        """The CEL value of a dotted name; None if it is absent."""
        whole = self._facts.get(name.rpartition(".")[0])
        if isinstance(whole, Span | Document):
            return bound(getattr(whole, name.rpartition(".")[2]))
        return bound(self._facts.get(name))

    def has(self, name: str) -> bool:
        """Whether a fact is there, or a case linked."""
        return name in self._facts or isinstance(self._facts.get(name.rpartition(".")[0]), Span | Document)


class _Partly(Flat):
    """Some facts; of the others it is only supposed whether they are there."""

    __slots__ = ("_there",)

    def __init__(self, facts: Facts, there: frozenset[str]) -> None:
        super().__init__(facts)
        self._there = there

    def has(self, name: str) -> bool:
        return super().has(name) or name in self._there


class Oracle:
    """The expressions of one workflow; what was asked once is remembered."""

    def __init__(self, workflow: Workflow) -> None:
        self._guards = guards_for(workflow)
        self._names: dict[str, tuple[str, ...]] = {}
        self._parts: dict[tuple[str, bool], tuple[str, ...]] = {}
        self._values: dict[str, frozenset[str]] = {}
        self._clear: dict[str, bool] = {}
        self._known: dict[str, tuple[tuple[str, ...], dict[tuple[object, ...], bool | None]]] = {}

    def names(self, expr: str) -> tuple[str, ...]:
        """The dotted names that an expression touches, be it in `has()`."""
        known = self._names.get(expr)
        if known is None:
            known = self._names[expr] = tuple(sorted(self._guards.names(expr)))
        return known

    def fact(self, name: str) -> str:
        """The fact that a name belongs to: of `pause.begin` it is `pause`."""
        return self._guards.fact(name)

    def values(self, expr: str) -> frozenset[str]:
        """The dotted names whose values an expression reads, not only whether they are there."""
        known = self._values.get(expr)
        if known is None:
            fact = self._guards.fact
            known = self._values[expr] = frozenset(fact(item.name) for item in read(expr).values)
        return known

    def is_clear(self, expr: str) -> bool:
        """Whether an expression only compares, so that few values show all it can say."""
        known = self._clear.get(expr)
        if known is None:
            words = {token.text for token in read(expr).tokens if token.kind != "string"}
            # Whether something is there, all that is tried shows; only what is in it may hide more.
            kinds = (self._guards.kind(name) or "" for name in self.values(expr))
            plain = not any(kind in _COMPOUND or kind.startswith(LIST_OF) for kind in kinds)
            known = self._clear[expr] = plain and words.isdisjoint(_OPAQUE)
        return known

    def parts(self, expr: str, *, wanted: bool) -> tuple[str, ...]:
        """The parts of an expression that each have to say `wanted` for the whole to say so.

        `a && b` holds if both do; `a || b` fails if both do.
        """
        known = self._parts.get((expr, wanted))
        if known is None:
            known = self._parts[expr, wanted] = tuple(_split(expr, "&&" if wanted else "||"))
        return known

    def holds_whatever(self, expr: str, facts: Facts) -> bool:
        """Whether an expression holds whatever the facts are that are not given."""
        open_ = [item.name for item in read(expr).presences if item.name not in facts]
        if len(open_) > MAX_OPEN:
            return False
        try:
            return all(
                self._guards.holds(expr, _Partly(facts, frozenset(there)))
                for count in range(len(open_) + 1)
                for there in combinations(open_, count)
            )
        except (AbsentError, GuardError):
            return False

    def holds_there(self, expr: str, facts: Facts, there: frozenset[str]) -> bool:
        """Whether an expression holds if these facts are there, whatever they say.

        Raises:
            AbsentError: that depends on what they say, or on a fact that is not there.
            GuardError: it cannot be evaluated.
        """
        return self._guards.holds(expr, _Partly(facts, there))

    def ask(self, expr: str, facts: Facts) -> bool | None:
        """Whether an expression holds; None if it needs a fact that is absent, or cannot be evaluated."""
        asked = self._known.get(expr)
        if asked is None:
            asked = self._known[expr] = (self.names(expr), {})
        names, known = asked
        get = facts.get
        key = tuple([get(name) for name in names])
        if key in known:
            return known[key]
        answer: bool | None
        try:
            answer = self._guards.holds(expr, Flat(facts))
        except (AbsentError, GuardError):
            answer = None
        known[key] = answer
        return answer


def _split(expr: str, sign: str) -> Iterator[str]:
    """The operands of the outermost `&&` (or `||`), or the whole if something else is outermost."""
    reading = read(expr)
    depth, begin, parts = 0, 0, []
    for token in reading.tokens:
        if token.kind == "sign":
            depth += (token.text in "([{") - (token.text in ")]}")
        if depth == 0 and token.text in {"?", "||" if sign == "&&" else ""}:
            yield expr
            return
        if depth == 0 and token.text == sign and token.kind == "sign":
            parts.append(expr[begin : token.start])
            begin = token.start + len(sign)
    parts.append(expr[begin:])
    if len(parts) == 1:
        yield expr
        return
    for part in parts:
        yield from _split(part, sign)
