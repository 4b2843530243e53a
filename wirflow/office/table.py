"""Cases from a CSV file: one in each line, under a head that names fields and links.

Columns: `key` and `workflow`, `state` if the case is found in one, `link:<name>`
for the key of a linked case, and the names of fields.  Separator is `;` or `,`,
whichever the head has more of.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wirflow.definition.finding import Finding, Place
from wirflow.definition.model import Workflow
from wirflow.definition.values import Value, parse
from wirflow.engine import NewCase
from wirflow.errors import DefinitionError, InputError, because, nearest
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LINK: Final = "link:"
"""How the head of a column begins that names the other case of a link."""

MAX_BYTES: Final = 16 * 1024 * 1024
"""The largest table that is read: some 100,000 cases, and no file that fills the memory."""

_FIXED: Final = ("key", "workflow", "state")
_NEEDED: Final = ("key", "workflow")
_FORMULA: Final = ("'=", "'+", "'-", "'@")
"""Our own CSV puts an apostrophe before what a spreadsheet would take for a formula."""

_WORKFLOW: Final = Text("Der Workflow", "The workflow")
_STATE: Final = Text("Der Zustand", "The state")
_LINKED: Final = Text("Die Verknüpfung", "The link")
_CASE: Final = Text("Der Vorgang", "The case")
_FIELD: Final = Text("Das Feld", "The field")
_COLUMN: Final = Text("Die Spalte", "The column")


def read_table(
    path: Path, workflows: Mapping[str, Workflow], existing: Mapping[str, str]
) -> tuple[NewCase, ...]:
    """The cases of a CSV file.

    Args:
        path: the file, in UTF-8.
        workflows: the workflows of the office.
        existing: cases that are there already, key → workflow.

    Raises:
        DefinitionError: something is wrong with it; holds all findings with their places.
        InputError: it cannot be read.
    """
    table = _Table(path, workflows, existing)
    text = _read(path)
    cases = table.cases(text) if isinstance(text, str) else table.refused(text)
    if table.findings:
        count = len(table.findings)
        raise DefinitionError(
            Text(f"Fehler in {path}: {count}.", f"Errors in {path}: {count}."), findings=table.findings
        )
    return cases


def _read(path: Path) -> str | tuple[str, int, int, Text]:
    """What the file holds; or code, line, column and words of why it is no table."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            Text(f"{path} ist nicht lesbar.", f"{path} cannot be read."), hint=because(error)
        ) from error
    if len(raw) > MAX_BYTES:
        return (
            "too-large",
            1,
            1,
            Text(
                "Die Datei ist größer als 16 MiB. Teilen Sie sie.",
                "The file is larger than 16 MiB. Split it.",
            ),
        )
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8")
        last = good.rpartition("\n")[2]
        return (
            "encoding",
            good.count("\n") + 1,
            len(last) + 1,
            Text(
                "Die Datei ist nicht in UTF-8 geschrieben. Speichern Sie sie als „CSV UTF-8“.",
                "The file is not written in UTF-8. Save it as 'CSV UTF-8'.",
            ),
        )


@dataclass(slots=True)
class _Cell:
    """A cell with the place where it stands."""

    words: str
    line: int
    column: int


@dataclass(slots=True)
class _Table:
    path: Path
    workflows: Mapping[str, Workflow]
    existing: Mapping[str, str]
    findings: list[Finding] = field(default_factory=list)

    def refused(self, why: tuple[str, int, int, Text]) -> tuple[NewCase, ...]:
        """No cases: the file as a whole is none that can be read."""
        code, line, column, words = why
        self._find(code, _Cell("", line, column), words)
        return ()

    def cases(self, text: str) -> tuple[NewCase, ...]:
        first = text.partition("\n")[0]
        reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
        rows: list[dict[str, _Cell]] = []
        try:
            head = [name.strip() for name in next(reader, [])]
            if not self._head_fits(head):
                return ()
            rows = [cells for row in reader if (cells := self._cells(head, row, reader.line_num))]
        except csv.Error as error:
            words = (
                Text("Eine Zelle ist zu lang.", "A cell is too long.")
                if "field larger" in str(error)
                else Text(f"Das ist kein CSV ({error}).", f"This is no CSV ({error}).")
            )
            self._find("bad-csv", _Cell("", reader.line_num, 1), words)
        keys = {cells["key"].words for cells in rows if "key" in cells} | set(self.existing)
        self._check_keys(rows)
        return tuple(case for cells in rows if (case := self._case(cells, keys)) is not None)

    def _head_fits(self, head: list[str]) -> bool:
        known = {
            *_FIXED,
            *(name for workflow in self.workflows.values() for name in workflow.field_by_name),
            *(f"{LINK}{name}" for workflow in self.workflows.values() for name in workflow.link_by_name),
        }
        for column, name in enumerate(head, 1):
            cell = _Cell(name, 1, column)
            if name not in known:
                self._unknown("unknown-column", cell, _COLUMN, known)
            elif name in head[: column - 1]:
                text = Text(f"Die Spalte '{name}' kommt zweimal vor.", f"The column '{name}' comes twice.")
                self._find("duplicate-column", cell, text)
        for name in _NEEDED:
            if name not in head:
                text = Text(f"Die Spalte '{name}' fehlt.", f"The column '{name}' is missing.")
                self._find("missing-column", _Cell("", 1, 1), text)
        return not self.findings

    def _cells(self, head: list[str], row: list[str], line: int) -> dict[str, _Cell]:
        """The cells of a line that hold something, by their columns."""
        if len(row) > len(head):
            text = Text("Die Zeile hat mehr Zellen als der Kopf.", "The line has more cells than the head.")
            self._find("too-many-cells", _Cell("", line, len(head) + 1), text)
        return {
            name: _Cell(words.strip(), line, column)
            for column, (name, words) in enumerate(zip(head, row, strict=False), 1)
            if words.strip()
        }

    def _check_keys(self, rows: Iterable[dict[str, _Cell]]) -> None:
        seen = set(self.existing)
        for cells in rows:
            cell = cells.get("key")
            if cell is not None and cell.words in seen:
                text = Text(
                    f"Einen Vorgang '{cell.words}' gibt es schon.", f"There is a case '{cell.words}' already."
                )
                self._find("duplicate-key", cell, text)
            elif cell is not None:
                seen.add(cell.words)

    def _case(self, cells: dict[str, _Cell], keys: set[str]) -> NewCase | None:
        before = len(self.findings)
        for name in _NEEDED:
            if name not in cells:
                line = next(iter(cells.values())).line
                text = Text(f"'{name}' fehlt.", f"'{name}' is missing.")
                self._find("missing-cell", _Cell("", line, 1), text)
        if len(self.findings) > before:
            return None
        workflow = self.workflows.get(cells["workflow"].words)
        if workflow is None:
            self._unknown("unknown-workflow", cells["workflow"], _WORKFLOW, self.workflows)
            return None
        state = cells.get("state")
        if state is not None and state.words not in workflow.state_by_name:
            self._unknown("unknown-state", state, _STATE, workflow.state_by_name)
        links = dict(self._links(workflow, cells, keys))
        data = dict(self._data(workflow, cells))
        for item in workflow.fields:
            if item.required and item.default is None and item.name not in cells:
                text = Text(
                    f"Es fehlt: {item.title.de} ({item.name}).", f"Missing: {item.title.en} ({item.name})."
                )
                self._find("missing-field", cells["key"], text)
        if len(self.findings) > before:
            return None
        return NewCase(
            workflow=workflow.name,
            key=cells["key"].words,
            data=data,
            links=links,
            sources={"": self.path.name},
            state=state.words if state else None,
            found=True,
        )

    def _links(
        self, workflow: Workflow, cells: dict[str, _Cell], keys: set[str]
    ) -> Iterator[tuple[str, str]]:
        for column, cell in cells.items():
            if not column.startswith(LINK):
                continue
            name = column.removeprefix(LINK)
            if name not in workflow.link_by_name:
                self._unknown(
                    "unknown-link", _Cell(name, cell.line, cell.column), _LINKED, workflow.link_by_name
                )
            elif cell.words not in keys:
                self._unknown("unknown-case", cell, _CASE, keys)
            yield name, cell.words

    def _data(self, workflow: Workflow, cells: dict[str, _Cell]) -> Iterator[tuple[str, Value]]:
        for name, cell in cells.items():
            if name in _FIXED or name.startswith(LINK):
                continue
            if name not in workflow.field_by_name:
                self._unknown(
                    "unknown-field", _Cell(name, cell.line, cell.column), _FIELD, workflow.field_by_name
                )
                continue
            words = cell.words[1:] if cell.words.startswith(_FORMULA) else cell.words
            try:
                yield name, parse(workflow.field_by_name[name], words)
            except InputError as error:
                self._find("bad-value", cell, error.message, error.hint)

    def _unknown(self, code: str, cell: _Cell, what: Text, known: Iterable[str]) -> None:
        near = nearest(cell.words, known)
        hint = Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?") if near else None
        text = Text(f"{what.de} '{cell.words}' ist unbekannt.", f"{what.en} '{cell.words}' is unknown.")
        self._find(code, cell, text, hint)

    def _find(self, code: str, cell: _Cell, message: Text, hint: Text | None = None) -> None:
        self.findings.append(Finding(code, Place(str(self.path), cell.line, cell.column), message, hint))
