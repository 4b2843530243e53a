"""A difference between what a scenario says and what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from wirflow.definition.finding import Place
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Mapping


What = Literal["start", "act", "refusal", "state", "data", "due", "warning", "notice", "timer", "end"]

_LABELS: Final[Mapping[What, Text]] = {
    "start": Text("Beginn", "start"),
    "act": Text("Ereignis", "event"),
    "refusal": Text("Ablehnung", "refusal"),
    "state": Text("Zustand", "state"),
    "data": Text("Angabe", "fact"),
    "due": Text("Frist", "deadline"),
    "warning": Text("Hinweis", "warning"),
    "notice": Text("Schreiben", "notice"),
    "timer": Text("Zeitgeber", "scheduler"),
    "end": Text("Ende wie in", "end as in"),
}

NOTHING: Final = Text("nichts", "nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that came otherwise."""

    place: Place
    step: int
    """From 1; 0: at no step, but at the beginning or the end."""
    at: datetime | None
    """When, in the office's own time."""
    what: What
    key: str
    """The case; empty if it is about none in particular."""
    name: str
    """The event, field, deadline, warning or template."""
    expected: Text
    found: Text

    @property
    def label(self) -> Text:
        """What it is about: `WIR-KO-1: Zustand`, `WIR-KO-1: Frist award_end`."""
        words = _LABELS[self.what]
        head = f"{self.key}: " if self.key else ""
        tail = f" {self.name}" if self.name else ""
        return Text(f"{head}{words.de}{tail}", f"{head}{words.en}{tail}")

    @property
    def when(self) -> Text:
        """At which step it showed."""
        if not self.step:
            return Text("Ende", "end") if self.what == "end" else Text("Beginn", "start")
        moment = f" ({self.at:%Y-%m-%d %H:%M})" if self.at else ""
        return Text(f"Schritt {self.step}{moment}", f"step {self.step}{moment}")

    @property
    def message(self) -> Text:
        """All of it in one line."""
        de, en = _line(self.found.de), _line(self.found.en)
        return Text(
            f"{self.when.de}: {self.label.de}: erwartet {_line(self.expected.de)}, gekommen {de}",
            f"{self.when.en}: {self.label.en}: expected {_line(self.expected.en)}, came {en}",
        )

    def to_json(self, lang: Lang) -> Mapping[str, object]:
        """The difference as data, its words in one language."""
        return {
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "step": self.step or None,
            "at": self.at.isoformat(timespec="minutes") if self.at else None,
            "what": self.what,
            "case": self.key or None,
            "name": self.name or None,
            "expected": self.expected.pick(lang),
            "found": self.found.pick(lang),
            "message": self.message.pick(lang),
        }


def _line(words: str) -> str:
    return " ".join(words.split())
