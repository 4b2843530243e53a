"""Statements in the words of one database, put into words once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ClauseElement, Dialect

    from wirflow.store.bulk import Insert, Update


class Compiled(NamedTuple):
    """A statement for one database."""

    sql: str
    names: tuple[str, ...]
    """The parameters in the order in which the database takes them; none where it takes them by name."""
    fixed: Mapping[str, Any]
    """The values that stand in the statement itself."""


class Statements:
    """What was put into words for one database."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._compiled: dict[ClauseElement, Compiled] = {}
        self._one: dict[Insert | Update, str] = {}
        self._many: dict[Insert | Update, str] = {}

    def compiled(self, statement: ClauseElement) -> Compiled:
        """A statement with its parameters."""
        found = self._compiled.get(statement)
        if found is None:
            words: Any = statement.compile(dialect=self._dialect)
            names: Mapping[Any, str] = getattr(words, "bind_names", {})
            fixed = {name: bind.value for bind, name in names.items() if not bind.required}
            found = Compiled(str(words), tuple(getattr(words, "positiontup", None) or ()), fixed)
            self._compiled[statement] = found
        return found

    def one(self, statement: Insert | Update, mark: str) -> str:
        """A statement for one row, whose values stand at numbered marks (`$1`) or at equal ones (`?`)."""
        found = self._one.get(statement)
        if found is None:
            found = self._one[statement] = statement.one(mark)
        return found

    def many(self, statement: Insert | Update) -> str:
        """A statement that takes all its rows as one JSON text."""
        found = self._many.get(statement)
        if found is None:
            found = self._many[statement] = statement.many()
        return found
