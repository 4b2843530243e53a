"""What the reader and the checks find in a file: what is wrong, where, and what was meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from wirflow.errors import DefinitionError
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a definition."""

    code: str
    """Stable and short, such as `unknown-field`."""
    place: Place
    message: Text
    hint: Text | None = None
    severity: Severity = "error"
    trace: tuple[str, ...] = field(default=())
    """The shortest path of events that shows it."""

    def line(self, lang: Lang) -> str:
        """`file:line:column: message (hint) [code]`."""
        hint = f" {self.hint.pick(lang)}" if self.hint else ""
        path = f" ({' → '.join(self.trace)})" if self.trace else ""
        return f"{self.place}: {self.message.pick(lang)}{hint}{path} [{self.code}]"

    def to_json(self, lang: Lang) -> Mapping[str, object]:
        """The finding as data, its words in one language."""
        return {
            "code": self.code,
            "severity": self.severity,
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "message": self.message.pick(lang),
            "hint": self.hint.pick(lang) if self.hint else None,
            "trace": list(self.trace),
        }


def errors_in(findings: Sequence[Finding], file: str | None = None) -> DefinitionError:
    """The error that a file with findings is; it holds all of them and begins with the first.

    Args:
        findings: what is wrong with it, at least one thing.
        file: which file; None: that of the first finding.
    """
    first, count = findings[0], len(findings)
    where = file or first.place.file
    return DefinitionError(
        Text(f"Fehler in {where}: {count}.", f"Errors in {where}: {count}."),
        findings=findings,
        hint=Text(first.line("de"), first.line("en")),
    )
