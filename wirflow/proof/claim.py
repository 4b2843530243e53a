"""What the checker claims: a finding, and the run that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wirflow.definition.finding import Finding
from wirflow.proof.story import Story
from wirflow.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long is looked."""

    definition: int
    """Decisions for a definition."""
    invariant: int
    """Decisions for an invariant."""
    cases: int
    """Cases that are looked at closely together."""


MAX_LEFT: Final = 8
"""So many of what is left open are named."""
QUICK: Final = Effort(definition=2_500, invariant=16_000, cases=4)
DEEP: Final = Effort(definition=60_000, invariant=200_000, cases=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A finding, and the run that shows it."""

    finding: Finding
    story: Story | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How far was looked, and what follows from it."""

    subject: str
    """A workflow, or an invariant of a portfolio."""
    moments: int
    """Different moments that were found."""
    decisions: int
    depth: int
    """Steps of the longest run."""
    whole: bool
    """Every combination of the values that matter was tried."""
    cases: tuple[str, ...] = ()
    """The cases that were looked at closely."""
    broken: bool = False
    """An invariant that does not hold: then nothing more was tried."""
    left: tuple[Text, ...] = ()
    """What could neither be shown nor be ruled out."""

    @property
    def text(self) -> Text:
        """The same in words."""
        de = "vollständig innerhalb der Werte, auf die es ankommt" if self.whole else "in Grenzen"
        en = "complete within the values that matter" if self.whole else "bounded"
        if self.broken:
            de, en = "widerlegt", "refuted"
        more = len(self.left) - MAX_LEFT
        rest = Text(f" und {more} weitere", f" and {more} more") if more > 0 else Text.same("")
        some = self.left[:MAX_LEFT]
        open_de = f"; offen: {', '.join(item.de for item in some)}{rest.de}" if some else ""
        open_en = f"; open: {', '.join(item.en for item in some)}{rest.en}" if some else ""
        return Text(
            f"{self.subject}: {de}"
            f" ({self.moments} Lagen, {self.decisions} Entscheidungen, Tiefe {self.depth}{open_de})",
            f"{self.subject}: {en}"
            f" ({self.moments} moments, {self.decisions} decisions, depth {self.depth}{open_en})",
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What was proved and what was found."""

    claims: Sequence[Claim] = ()
    extents: Sequence[Extent] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, in the order of their places."""
        return tuple(sorted((item.finding for item in self.claims), key=lambda item: (item.place, item.code)))
