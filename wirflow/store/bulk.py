"""Statements over many rows at once: sets of values to look for, rows to add, rows to change.

Each is one statement, whatever the number of rows.  SQLite runs a prepared
statement row after row, which is its fastest way.  PostgreSQL gets many rows as
one JSON text and takes them apart itself: measured with entries of a kilobyte,
that costs the client a fifth of psycopg's executemany, and both sides together
two thirds of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Boolean, ColumnElement, Integer, Table, bindparam
from sqlalchemy.ext.compiler import compiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column


class Among(ColumnElement[bool]):
    """Whether a column has one of several values, which are given together as one."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: Column[Any], name: str) -> None:
        """Say where to look.

        Args:
            column: a column of integers or of text.
            name: the parameter that holds the values, as `Session.listed` makes it.
        """
        self.column = column
        self.name = name

    def self_group(self, against: Any = None) -> Self:  # noqa: ARG002 - SQLAlchemy says against what
        """Itself: SQLite would be asked whether it equals 1, and then look at every row."""
        return self


@compiles(Among, "sqlite")
def _among_sqlite(element: Among, compiler: Any, **_: Any) -> str:
    column = compiler.process(element.column)
    return f"{column} IN (SELECT value FROM json_each({_given(element, compiler)}))"  # noqa: S608 - names are ours


@compiles(Among, "postgresql")
def _among_postgresql(element: Among, compiler: Any, **_: Any) -> str:
    kind = _kind(element.column)
    return f"{compiler.process(element.column)} = ANY (CAST({_given(element, compiler)} AS {kind}[]))"


def _given(element: Among, compiler: Any) -> str:
    """The parameter, as the database writes one."""
    return str(compiler.process(bindparam(element.name)))


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows that are added."""

    table: Table
    names: tuple[str, ...]
    """Columns, in the order of each row's values."""

    def one(self, mark: str) -> str:
        """The statement for one row, its values at marks such as `?` or `$`, which are numbered."""
        marks = ", ".join(_marks(mark, len(self.names)))
        return f"INSERT INTO {self.table.name} ({', '.join(self.names)}) VALUES ({marks})"  # noqa: S608 - names are ours

    def many(self) -> str:
        """The statement for all rows, as PostgreSQL takes them from one JSON text."""
        listed = ", ".join(self.names)
        kinds = ", ".join(f"{name} {_kind(self.table.c[name])}" for name in self.names)
        return (
            f"INSERT INTO {self.table.name} ({listed}) SELECT {listed}"  # noqa: S608 - names are ours
            f" FROM json_to_recordset(CAST($1 AS json)) AS new({kinds})"
        )

    def keys(self) -> tuple[str, ...]:
        """What the values of a row are called, in their order."""
        return self.names


@dataclass(frozen=True, slots=True)
class Update:
    """Rows that are changed."""

    table: Table
    names: tuple[str, ...]
    """Columns that are set, in the order of each row's first values."""
    by: tuple[str, ...]
    """Columns that find the row, in the order of its last values."""
    only: str = "1 = 1"
    """A condition in SQL: literal, so that partial indexes fit."""

    def one(self, mark: str) -> str:
        """As above."""
        marks = _marks(mark, len(self.names) + len(self.by))
        changes = ", ".join(f"{name} = {next(marks)}" for name in self.names)
        found = " AND ".join(f"{name} = {next(marks)}" for name in self.by)
        return f"UPDATE {self.table.name} SET {changes} WHERE {found} AND {self.only}"  # noqa: S608 - names are ours

    def many(self) -> str:
        """As above."""
        changes = ", ".join(f"{name} = new.{name}" for name in self.names)
        found = " AND ".join(f"{self.table.name}.{name} = new.by_{name}" for name in self.by)
        columns = self.table.c
        kinds = [f"{name} {_kind(columns[name])}" for name in self.names]
        kinds += [f"by_{name} {_kind(columns[name])}" for name in self.by]
        return (
            f"UPDATE {self.table.name} SET {changes}"  # noqa: S608 - names are ours
            f" FROM json_to_recordset(CAST($1 AS json)) AS new({', '.join(kinds)})"
            f" WHERE {found} AND {self.only}"
        )

    def keys(self) -> tuple[str, ...]:
        """What the values of a row are called, in their order."""
        return (*self.names, *(f"by_{name}" for name in self.by))


def _marks(mark: str, count: int) -> Iterator[str]:
    return (f"{mark}{number}" if mark == "$" else mark for number in range(1, count + 1))


def _kind(column: Any) -> str:
    return "integer" if isinstance(column.type, Integer) else "text"
