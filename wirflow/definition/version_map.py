"""A map between versions of a workflow: what an old state, field or event is called in the new one.

    reading = read_version_map(Path("map.yaml"), newest, older)
    reading.checked()       # a VersionMap, or a DefinitionError with file:line:column

What keeps its name needs no line in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wirflow.definition.declare import WHAT
from wirflow.definition.finding import Finding, errors_in
from wirflow.definition.grammar import LANGUAGE
from wirflow.definition.guards import Guards
from wirflow.definition.log import Log
from wirflow.definition.model import SEPARATOR, Assignment
from wirflow.definition.shape import EXPRESSION, IDENTIFIER, TEXT, Key, Part, Record, Table
from wirflow.definition.yaml import Document, Scalar, read_file, read_text
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from wirflow.definition.model import Workflow
    from wirflow.definition.yaml import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionMap:
    """How running cases come from older versions of a workflow to its newest."""

    workflow: str
    states: Mapping[str, str] = field(default_factory=dict)
    """Old name → new name; what is not named keeps its name, here and below."""
    fields: Mapping[str, str | None] = field(default_factory=dict)
    """None: the fact is dropped."""
    links: Mapping[str, str | None] = field(default_factory=dict)
    """None: the link is dropped."""
    events: Mapping[str, str | None] = field(default_factory=dict)
    """Whoever did the old event did the new one: four eyes go on seeing.  None: nobody did."""
    deadlines: Mapping[str, str] = field(default_factory=dict)
    """What was dealt with of the old deadline is dealt with of the new one."""
    set: tuple[Assignment, ...] = ()
    """New fields and the expressions that give them, over the new facts and `old.` ones, in order."""


@dataclass(frozen=True, slots=True)
class MapReading:
    """What a map says."""

    map: VersionMap | None
    """None if there are errors."""
    findings: tuple[Finding, ...]

    def checked(self) -> VersionMap:
        """The map, if nothing is wrong.

        Raises:
            DefinitionError: there are errors; holds all findings.
        """
        if self.map is None:
            raise errors_in(self.findings)
        return self.map


@dataclass(frozen=True, slots=True)
class _NameOrNull:
    """A name, or `null` in so many letters."""

    expected: Text = field(default=Text("ein Name oder null", "a name or null"))

    def fit(self, node: Node, log: Log) -> Scalar | None:
        """The scalar itself; that of `null` is `empty`."""
        if isinstance(node, Scalar) and node.empty and node.text:
            return node
        return IDENTIFIER.fit(node, log)


_NAME_OR_NULL: Final = _NameOrNull()

VERSION_MAP: Final = Record(
    Text("eine Zuordnung mit 'workflow: Name' am Anfang", "a map with 'workflow: name' at its head"),
    {
        "wirflow": Key(LANGUAGE.shape, about=LANGUAGE.about),
        "workflow": Key(
            IDENTIFIER,
            required=True,
            about=Text(
                "Der Ablauf, dessen Fassungen gemeint sind.", "The workflow whose versions are meant."
            ),
        ),
        "states": Key(
            Table(TEXT, TEXT), about=Text("Zustände: alter und neuer Name.", "States: old and new name.")
        ),
        "fields": Key(
            Table(_NAME_OR_NULL, IDENTIFIER),
            about=Text(
                "Felder: alter und neuer Name; null: die Angabe fällt weg.",
                "Fields: old and new name; null: the fact is dropped.",
            ),
        ),
        "links": Key(
            Table(_NAME_OR_NULL, IDENTIFIER),
            about=Text(
                "Verknüpfungen: alter und neuer Name; null: sie fällt weg.",
                "Links: old and new name; null: the link is dropped.",
            ),
        ),
        "events": Key(
            Table(_NAME_OR_NULL, IDENTIFIER),
            about=Text(
                "Ereignisse, für das Vier-Augen-Prinzip; null: niemand gilt als Handelnder.",
                "Events, for four eyes; null: nobody counts as the one who acted.",
            ),
        ),
        "deadlines": Key(
            Table(IDENTIFIER, IDENTIFIER),
            about=Text(
                "Fristen: alter und neuer Name; was erledigt war, bleibt erledigt.",
                "Deadlines: old and new name; what was dealt with stays dealt with.",
            ),
        ),
        "set": Key(
            Table(EXPRESSION, IDENTIFIER),
            about=Text(
                "Neue Felder und der Ausdruck, der sie bestimmt; 'old.' führt zu den alten Angaben.",
                "New fields and the expression that gives them; 'old.' leads to the old facts.",
            ),
        ),
    },
)


def read_version_map(
    path: Path, newest: Mapping[str, Workflow], older: Mapping[str, Sequence[Workflow]]
) -> MapReading:
    """Read a map and check it against the versions that are kept.

    Args:
        path: the file.
        newest: the version of each workflow to which cases go.
        older: the versions of each workflow from which they come.
    """
    return _read(read_file(path), newest, older)


def read_version_map_text(
    text: str, newest: Mapping[str, Workflow], older: Mapping[str, Sequence[Workflow]], file: str = "<text>"
) -> MapReading:
    """Read a map from text, as `read_version_map` reads a file."""
    return _read(read_text(text, file), newest, older)


def _read(
    document: Document, newest: Mapping[str, Workflow], older: Mapping[str, Sequence[Workflow]]
) -> MapReading:
    log = Log(document.file, list(document.findings))
    found = None
    if document.root is not None:
        part = VERSION_MAP.fit(document.root, log)
        name = part.get("workflow")
        if name is not None and name.text not in newest:
            log.unknown("workflow", WHAT["workflow"], name, newest)
        elif name is not None:
            found = _Builder(part, newest[name.text], older.get(name.text, ()), log).map()
    findings = tuple(sorted(log.findings, key=lambda item: (item.place, item.code)))
    return MapReading(None if log.errors else found, findings)


class _Builder:
    def __init__(self, part: Part, new: Workflow, older: Sequence[Workflow], log: Log) -> None:
        self._part = part
        self._new = new
        self._older = older
        self._log = log

    def map(self) -> VersionMap:
        new, older = self._new, self._older
        return VersionMap(
            workflow=new.name,
            states=self._states(),
            fields=self._names(
                "fields",
                "field",
                WHAT["field"],
                [name for one in older for name in one.field_by_name],
                new.field_by_name,
            ),
            links=self._names(
                "links",
                "link",
                WHAT["link"],
                [name for one in older for name in one.link_by_name],
                new.link_by_name,
            ),
            events=self._names(
                "events", "event", WHAT["event"], [name for one in older for name in one.events], new.events
            ),
            deadlines={
                name: to
                for name, to in self._names(
                    "deadlines",
                    "deadline",
                    Text("Die Frist", "The deadline"),
                    [name for one in older for name in one.deadline_by_name],
                    new.deadline_by_name,
                ).items()
                if to is not None
            },
            set=tuple(self._assignments()),
        )

    def _states(self) -> dict[str, str]:
        known = dict.fromkeys(name for one in self._older for name in one.state_by_name)
        for name, to in self._part.many("states"):
            for scalar, names in ((name, known), (to, self._new.state_by_name)):
                if any(leaf not in names for leaf in scalar.text.split(SEPARATOR)):
                    self._log.unknown("state", WHAT["state"], scalar, names)
        return {name.text: to.text for name, to in self._part.many("states")}

    def _names(
        self, key: str, kind: str, what: Text, known: Iterable[str], new: Iterable[str]
    ) -> dict[str, Any]:
        """Old and new names of one kind, those that do not exist noted; `null` is None."""
        was, now = dict.fromkeys(known), dict.fromkeys(new)
        found = {}
        for name, to in self._part.many(key):
            if name.text not in was:
                self._log.unknown(kind, what, name, was)
            if not to.empty and to.text not in now:
                self._log.unknown(kind, what, to, now)
            found[name.text] = None if to.empty else to.text
        return found

    def _assignments(self) -> Iterable[Assignment]:
        fields = self._new.field_by_name
        for name, value in self._part.many("set"):
            if name.text not in fields:
                self._log.unknown("field", WHAT["field"], name, fields)
                continue
            # Cases may come from several versions: an expression has to make sense for one of them.
            tries = [
                Guards(self._new, before).problems(value.text, fields[name.text].kind)
                for before in self._older or (self._new,)
            ]
            if all(tries):
                for problem in tries[-1]:
                    self._log.add(problem.code, value, problem.message, problem.hint, offset=problem.column)
            yield Assignment(field=name.text, value=value.text)
