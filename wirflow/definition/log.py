"""Where findings are collected while a file is read, and where a path of keys stands in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wirflow.definition.finding import Finding, Place, Severity
from wirflow.definition.yaml import MAX_FINDINGS, Mapping, Node, Scalar, Sequence
from wirflow.errors import nearest
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

_LISTED = 12


@dataclass(slots=True)
class Log:
    """The findings of one file, in the order in which they were found."""

    file: str
    findings: list[Finding] = field(default_factory=list)
    silent: frozenset[Place] = field(init=False)
    """Where the syntax is wrong already, so that nothing more is to be said."""

    def __post_init__(self) -> None:
        self.silent = frozenset(item.place for item in self.findings)

    @property
    def errors(self) -> int:
        """How many of the findings forbid to use the file."""
        return sum(item.severity == "error" for item in self.findings)

    @property
    def full(self) -> bool:
        """Whether nobody would read more, so that looking on is a waste of time."""
        return len(self.findings) >= MAX_FINDINGS

    def place(self, node: Node) -> Place:
        """Where a node stands."""
        return Place(self.file, node.line, node.column)

    def add(
        self,
        code: str,
        node: Node,
        message: Text,
        hint: Text | None = None,
        *,
        severity: Severity = "error",
        offset: int | None = None,
    ) -> None:
        """Note that something is wrong.

        Args:
            code: stable name of the finding.
            node: where it stands.
            message: what is wrong.
            hint: what was expected, or meant.
            severity: an error, or a warning.
            offset: which character of a scalar is meant; None: the scalar.
        """
        place = self.place(node)
        if offset is not None and isinstance(node, Scalar):
            place = Place(self.file, *node.position(offset))
        if place not in self.silent and not self.full:
            self.findings.append(Finding(code, place, message, hint, severity))

    def unknown(
        self, kind: str, what: Text, name: Scalar, known: Iterable[str], *, severity: Severity = "error"
    ) -> None:
        """Note that a name does not exist, with the one that was probably meant.

        Args:
            kind: of what, for the code: `field` gives `unknown-field`.
            what: the same in words, with its article: "Das Feld", "The field".
            name: the name, where it stands.
            known: the names that exist.
            severity: an error, or a warning.
        """
        self.add(
            f"unknown-{kind}",
            name,
            Text(f"{what.de} '{name.text}' ist unbekannt.", f"{what.en} '{name.text}' is unknown."),
            meant(name.text, known),
            severity=severity,
        )


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read, as far as later checks need it to say where something stands."""

    file: str
    root: Node | None = None

    def place_of(self, *path: str | int) -> Place:
        """Where a path of keys and indices stands; where it ends, the last part that exists.

        A number selects an item of a list; on what stands alone instead of in a
        list, it is ignored.  A single value is shown itself, a list or mapping by its key.

            source.place_of("transitions", "approve", 0, "by", 1)
        """
        node = self.root
        shown = node
        for step in path:
            if isinstance(node, Mapping) and isinstance(step, str):
                entry = node.entries.get(step)
                if entry is None:
                    break
                node = entry[1]
                shown = node if isinstance(node, Scalar) and not node.empty else entry[0]
            elif isinstance(node, Sequence) and isinstance(step, int):
                if step >= len(node.items):
                    break
                node = shown = node.items[step]
            elif isinstance(step, str):
                break
        return Place(self.file, shown.line, shown.column) if shown else Place(self.file)


def meant(name: str, known: Iterable[str]) -> Text | None:
    """The hint that names the near one of the known names, or else all of them."""
    names = list(known)
    near = nearest(name[:200], names)
    if near:
        return Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?")
    if not names:
        return Text("Es gibt hier noch keine.", "There are none here yet.")
    listed = ", ".join(names[:_LISTED]) + (" …" if len(names) > _LISTED else "")
    return Text(f"Bekannt sind: {listed}.", f"Known are: {listed}.")
