"""The facts of a case, and the other cases whose facts its definition may look at."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from wirflow.definition.listing import kind_of
from wirflow.text import Text

ItemType = Literal["text", "integer", "money", "date", "boolean", "choice", "period", "span"]
"""What an item of a list may be."""

FieldType = Literal[
    "text", "integer", "money", "date", "boolean", "choice", "period", "span", "document", "list"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value that a `choice` field may take."""

    name: str
    title: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A typed fact of a case."""

    name: str
    type: FieldType
    title: Text
    of: ItemType | None = None
    """Of a list: what its items are; `choices`, `min`, `max` and `max_length` are theirs then."""
    required: bool = False
    """A case cannot be started without it."""
    expected: bool = False
    """While it is absent it is shown as unknown, never as zero or as nothing."""
    personal: bool = False
    """Erasable: the trail keeps only a commitment to it."""
    choices: tuple[Choice, ...] = ()
    default: str | int | bool | list[str | int | bool] | None = None
    """As JSON: money, dates and spans as text."""
    min: Decimal | None = None
    max: Decimal | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None

    @property
    def kind(self) -> str:
        """The type with that of its items: `money`, `list of money`."""
        return kind_of(self.type, self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedField:
    """A fact of a linked case, as far as expressions have to know it."""

    name: str
    type: FieldType
    of: ItemType | None = None
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The type with that of its items: `money`, `list of money`."""
        return kind_of(self.type, self.of)


def linked_field(item: Field) -> LinkedField:
    """A field as the workflows that link to its own see it."""
    choices = tuple(choice.name for choice in item.choices)
    return LinkedField(name=item.name, type=item.type, of=item.of, choices=choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Another case that guards may look at and that signals may reach."""

    name: str
    workflow: str
    title: Text
    fields: tuple[LinkedField, ...] = ()
    is_parent: bool = False
    """It leads to the case of which this one is a child."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Children:
    """A kind of cases that belong to a case: it starts them, waits for them, tells them something."""

    name: str
    workflow: str
    title: Text
    fields: tuple[LinkedField, ...] = ()
