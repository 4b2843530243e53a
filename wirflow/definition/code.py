"""What a kind of finding is: its code, what it means, how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

from wirflow.definition.finding import Severity
from wirflow.text import Text


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding."""

    name: str
    """Stable and short; it never changes its meaning."""
    means: Text
    mend: Text
    severity: Severity = "error"
    """What it is as a rule: some errors are mere warnings in some places."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Kinds of findings that belong together."""

    title: Text
    codes: tuple[Code, ...]


def code(name: str, means: tuple[str, str], mend: tuple[str, str], severity: Severity = "error") -> Code:
    """A kind of finding; each sentence in German and English."""
    return Code(name, Text(*means), Text(*mend), severity)


def unknown(noun: str, german: str, english: str, *, known: tuple[str, str]) -> Code:
    """The finding that a name does not exist."""
    return code(
        f"unknown-{noun}",
        (f"{german} dieses Namens gibt es nicht.", f"There is no {english} of this name."),
        (
            f"Schreiben Sie den Namen, wie er {known[0]} steht; der gemeinte ist meist genannt.",
            f"Write the name as it stands {known[1]}; the one that was meant is usually told.",
        ),
    )
