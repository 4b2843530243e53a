"""The facts that expressions see: of the case, of linked cases, of its children."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wirflow.definition.cel import bound
from wirflow.definition.document import Document
from wirflow.definition.span import Span
from wirflow.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wirflow.definition.values import Value


class AbsentError(Exception):
    """An expression needed a fact that is absent; `name` is its dotted name, `child` whose it is."""

    def __init__(self, name: str, child: str | None = None) -> None:
        super().__init__(name)
        self.name = name
        self.child = child


class GuardError(InputError):
    """An expression could not be evaluated: a number too large, a division by zero, an impossible date."""


class Linked(Protocol):
    """A linked case, as far as expressions see it."""

    @property
    def key(self) -> str:
        """Its key."""
        ...

    @property
    def state(self) -> str:
        """The state in which it is."""
        ...

    @property
    def data(self) -> Mapping[str, Value]:
        """Its facts."""
        ...


class Child(Linked, Protocol):
    """A child of a case, as far as expressions see it; one that has not begun yet has no state."""

    @property
    def workflow(self) -> str:
        """The name of its workflow."""
        ...

    @property
    def child(self) -> str | None:
        """Of which kind it is."""
        ...

    @property
    def final(self) -> bool:
        """Whether it is over."""
        ...


class Scope:
    """The facts that expressions of one decision see; each is turned into a CEL value at most once."""

    __slots__ = ("_active", "_bound", "_sources", "children")

    def __init__(
        self,
        sources: Mapping[str, Mapping[str, Value]],
        active: Sequence[str] = (),
        children: Sequence[Child] = (),
    ) -> None:
        self._sources = sources
        self._active = active
        self._bound: dict[str, object] = {"active": list(active)}
        self.children = children

    def within(self, name: str, facts: Mapping[str, Value]) -> Scope:
        """The same facts with those of one more case, or the like, under a name."""
        return Scope({**self._sources, name: facts}, self._active, self.children)

    def bind(self, name: str) -> object | None:
        """The CEL value of a dotted name; None if it is absent."""
        if name in self._bound:
            return self._bound[name]
        found = self._bound[name] = bound(self._value(name))
        return found

    def _value(self, name: str) -> Value | None:
        owner, _, fact = name.rpartition(".")
        source = self._sources.get(owner)
        if source is not None:
            return source.get(fact)
        # What a span or a document is made of: `suspension.begin`, `old.letter.sha256`.
        whole = self._value(owner) if owner else None
        return getattr(whole, fact) if isinstance(whole, Span | Document) else None

    def has(self, name: str) -> bool:
        """Whether a fact is there, or a case linked."""
        return self.bind(name) is not None or (name != "old" and name in self._sources)
