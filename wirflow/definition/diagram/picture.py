"""What a picture shows, before anything is said about how it looks.

A picture is made from a workflow once (`draft`); the writers (`mermaid`, `dot`,
`svg`) read it and nothing else.  Its words are in one language and on one line
each; what a writer's own signs are, that writer escapes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

from wirflow.definition.model import Tone
from wirflow.text import Lang

if TYPE_CHECKING:
    from collections.abc import Iterator


Mark = Literal[
    "title",
    "guard",
    "rules",
    "role",
    "eyes",
    "reason",
    "clock",
    "law",
    "bell",
    "due",
    "auto",
    "signal",
    "tell",
    "child",
    "mail",
    "pen",
    "again",
    "kin",
    "words",
]
"""What a line of words is about; a writer gives each its sign and its type."""

Kind = Literal["hand", "deadline", "auto", "signal"]
"""Who brings a way about: a person, a deadline, nobody, or another case."""

Visit = Literal["none", "left", "around", "here"]
"""A case never was in a state, has left it, is in one inside it, or stands in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a case's way, as its trail tells it."""

    event: str
    on: date
    """The civil day on which it counts."""
    source: str | None
    """Where the case stood before; None: it began with this step."""
    target: str
    """Where it stood afterwards; parallel states are joined by ` + `."""
    by_deadline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What one case did so far, and what runs for it."""

    key: str
    subject: str
    """How the case is called on screens."""
    place: str
    """Where it stands; parallel states are joined by ` + `."""
    steps: tuple[Step, ...] = ()
    due: tuple[tuple[str, date], ...] = ()
    """Names of the deadlines that run, with their due days."""
    outdated: bool = False
    """The case keeps a version of its workflow that is no longer the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of words, and the number of the note that tells more."""

    mark: Mark
    words: str
    note: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A state; one that has states inside is drawn around them."""

    name: str
    title: str
    parent: str | None
    tone: Tone
    initial: bool = False
    final: bool = False
    parallel: bool = False
    history: bool = False
    region: bool = False
    """It runs beside the other states of its parent."""
    rows: tuple[Line, ...] = ()
    """What happens in it and leads nowhere."""
    visit: Visit = "none"
    since: date | None = None
    """Since when the case stands in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What leads from some states to another; it is drawn as a plate with its words on the line."""

    name: str
    kind: Kind
    sources: tuple[str, ...]
    """Where the line comes from.  None: `origin` tells it in words."""
    target: str | None
    """Where it leads.  None: `goal` tells it in words."""
    lines: tuple[Line, ...]
    home: str | None
    """The state in which the plate stands; None: outside of all."""
    origin: str | None = None
    goal: str | None = None
    taken: tuple[date, ...] = ()
    """When the case took it."""
    taken_from: frozenset[str] = frozenset()
    """From which of the sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What has no room on a line, under the picture."""

    number: int
    head: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A workflow as boxes, ways and words."""

    name: str
    lang: Lang
    title: str
    subtitle: str
    boxes: tuple[Box, ...]
    """A state stands before the states inside it."""
    ways: tuple[Way, ...]
    panel: tuple[Line, ...] = ()
    """What may happen in every open state, and what runs in many; its titles are headings."""
    notes: tuple[Note, ...] = ()
    has_case: bool = False
    children: dict[str | None, tuple[Box, ...]] = field(init=False, default_factory=dict)
    """A state → those directly inside it; None → those at the top."""
    box: dict[str, Box] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for item in self.boxes:
            self.box[item.name] = item
            self.children[item.parent] = (*self.children.get(item.parent, ()), item)

    def around(self, name: str | None) -> Iterator[str]:
        """The states around a state, the innermost first."""
        parent = self.box[name].parent if name is not None else None
        while parent is not None:
            yield parent
            parent = self.box[parent].parent
