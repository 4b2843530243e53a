"""What an office takes in from files: portfolios (YAML) and lists of cases (CSV).  All of a file, or nothing."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from wirflow.definition.finding import Finding, Place
from wirflow.definition.values import parse
from wirflow.engine import NewCase
from wirflow.errors import DefinitionError, InputError, nearest
from wirflow.office.office import NOON
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from wirflow.definition.model import Workflow
    from wirflow.definition.portfolio import Portfolio

NOTE: Final = "note."
"""Under this name and a language, the remark on a case stands among its sources; no field has a dot."""

LINK: Final = "link:"
"""How the head of a column begins that names the other case of a link."""

_FIXED: Final = ("key", "workflow", "state")
_FORMULA: Final = ("'=", "'+", "'-", "'@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Cases to be started together."""

    cases: tuple[NewCase, ...]
    actor: str | None = None
    """Who records them; None: whoever imports them."""
    on: datetime | None = None
    """When the facts count; None: now."""


def read(path: Path, workflows: Mapping[str, Workflow], zone: str, existing: Mapping[str, str]) -> Intake:
    """What a file brings.

    Args:
        path: a `.csv` file, or else a portfolio.
        workflows: the workflows of the office.
        zone: its time zone.
        existing: cases that are there already, key → workflow.

    Raises:
        DefinitionError: something is wrong with it; holds all findings with their places.
        InputError: it cannot be read.
    """
    if path.suffix.lower() == ".csv":
        return Intake(cases=tuple(_Table(path, workflows).cases()))
    from wirflow.definition.portfolio import read_portfolio  # noqa: PLC0415 - a table needs no YAML

    return of_portfolio(read_portfolio(path, workflows, existing=existing).checked(), zone)


def of_portfolio(portfolio: Portfolio, zone: str) -> Intake:
    """The cases of a portfolio; they count at noon of its day."""
    cases = tuple(
        NewCase(
            workflow=item.workflow,
            key=item.key,
            data=item.data,
            links=item.links,
            sources={**item.sources, **_remark(item.note)},
            state=item.state,
        )
        for item in portfolio.cases
    )
    on = datetime.combine(portfolio.on, NOON, ZoneInfo(zone)).astimezone(UTC)
    return Intake(cases=cases, actor=portfolio.recorder, on=on)


def _remark(note: Text | None) -> dict[str, str]:
    return {f"{NOTE}de": note.de, f"{NOTE}en": note.en} if note else {}


class _Table:
    """A CSV file: one case in each line, under a head that names fields and links."""

    def __init__(self, path: Path, workflows: Mapping[str, Workflow]) -> None:
        self._path = path
        self._workflows = workflows
        self._findings: list[Finding] = []

    def cases(self) -> list[NewCase]:
        try:
            text = self._path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = Text.same(str(getattr(error, "strerror", None) or error))
            raise InputError(
                Text(f"{self._path} ist nicht lesbar.", f"{self._path} cannot be read."), hint=reason
            ) from error
        first = text.partition("\n")[0]
        reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
        try:
            head = [name.strip() for name in next(reader, [])]
            self._check_head(head)
            cases = [
                case
                for row in reader
                if any(cell.strip() for cell in row)
                and (case := self._case(head, row, reader.line_num)) is not None
            ]
        except csv.Error as error:
            self._find("bad-csv", reader.line_num, 1, Text.same(str(error)))
            cases = []
        if self._findings:
            count = len(self._findings)
            raise DefinitionError(
                Text(f"Fehler in {self._path}: {count}.", f"Errors in {self._path}: {count}."),
                findings=self._findings,
            )
        return cases

    def _check_head(self, head: list[str]) -> None:
        known = {
            *_FIXED,
            *(name for workflow in self._workflows.values() for name in workflow.field_by_name),
            *(f"{LINK}{name}" for workflow in self._workflows.values() for name in workflow.link_by_name),
        }
        for column, name in enumerate(head, 1):
            if name not in known:
                self._unknown("unknown-column", 1, column, Text("Die Spalte", "The column"), name, known)
            elif name in head[: column - 1]:
                text = Text(f"Die Spalte '{name}' kommt zweimal vor.", f"The column '{name}' comes twice.")
                self._find("duplicate-column", 1, column, text)
        for name in ("key", "workflow"):
            if name not in head:
                self._find(
                    "missing-column",
                    1,
                    1,
                    Text(f"Die Spalte '{name}' fehlt.", f"The column '{name}' is missing."),
                )

    def _case(self, head: list[str], row: list[str], line: int) -> NewCase | None:
        before = len(self._findings)
        if len(row) > len(head):
            text = Text("Die Zeile hat mehr Zellen als der Kopf.", "The line has more cells than the head.")
            self._find("too-many-cells", line, len(head) + 1, text)
        cells = {
            name: (column, cell.strip())
            for column, (name, cell) in enumerate(zip(head, row, strict=False), 1)
            if cell.strip()
        }
        key = cells.pop("key", (1, ""))[1]
        column, name = cells.pop("workflow", (1, ""))
        if not key or not name:
            missing = "workflow" if key else "key"
            self._find("missing-cell", line, 1, Text(f"'{missing}' fehlt.", f"'{missing}' is missing."))
            return None
        workflow = self._workflows.get(name)
        if workflow is None:
            self._unknown(
                "unknown-workflow", line, column, Text("Der Workflow", "The workflow"), name, self._workflows
            )
            return None
        state = self._state(workflow, line, cells.pop("state", None))
        data, links = {}, {}
        for title, (place, cell) in cells.items():
            if title.startswith(LINK):
                link = title.removeprefix(LINK)
                if link in workflow.link_by_name:
                    links[link] = cell
                else:
                    what = Text("Die Verknüpfung", "The link")
                    self._unknown("unknown-link", line, place, what, link, workflow.link_by_name)
            elif title in workflow.field_by_name:
                # Our own CSV puts an apostrophe before what a spreadsheet would take for a formula.
                words = cell[1:] if cell.startswith(_FORMULA) else cell
                try:
                    data[title] = parse(workflow.field_by_name[title], words)
                except InputError as error:
                    self._find("bad-value", line, place, error.message, error.hint)
            elif title not in _FIXED:
                what = Text("Das Feld", "The field")
                self._unknown("unknown-field", line, place, what, title, workflow.field_by_name)
        missing_fields = [item for item in workflow.fields if item.required and item.name not in data]
        for item in missing_fields:
            text = Text(
                f"Es fehlt: {item.title.de} ({item.name}).", f"Missing: {item.title.en} ({item.name})."
            )
            self._find("missing-field", line, 1, text)
        if len(self._findings) > before:
            return None
        return NewCase(
            workflow=workflow.name,
            key=key,
            data=data,
            links=links,
            sources={"": self._path.name},
            state=state,
        )

    def _state(self, workflow: Workflow, line: int, cell: tuple[int, str] | None) -> str | None:
        if cell is None:
            return None
        column, name = cell
        if name not in workflow.state_by_name:
            self._unknown(
                "unknown-state", line, column, Text("Der Zustand", "The state"), name, workflow.state_by_name
            )
        return name

    def _unknown(
        self, code: str, line: int, column: int, what: Text, name: str, known: Iterable[str]
    ) -> None:
        near = nearest(name, known)
        hint = Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?") if near else None
        self._find(
            code,
            line,
            column,
            Text(f"{what.de} '{name}' ist unbekannt.", f"{what.en} '{name}' is unknown."),
            hint,
        )

    def _find(self, code: str, line: int, column: int, message: Text, hint: Text | None = None) -> None:
        self._findings.append(Finding(code, Place(str(self._path), line, column), message, hint))
