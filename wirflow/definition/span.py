"""A span of days: from its first day to its last, both of them in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

PARTS: Final = ("begin", "end")
"""What a span is made of, by the names that files, expressions and templates use."""

_BETWEEN: Final = re.compile(r"\s*(?:/|–|\bbis\b|\bto\b|\s-\s|(?<=\d{4})-(?=\d{1,2}\.\d{1,2}\.\d{4}))\s*")
"""What stands between its days: `2021-03-01/2021-05-31`, `1.3.2021-31.5.2021`, `1.3.2021 bis 31.5.2021`."""
_GERMAN: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Days without a gap, such as those during which a limitation period is suspended (§ 209 BGB)."""

    begin: date
    end: date

    def __post_init__(self) -> None:
        """See that it does not end before it begins.

        Raises:
            ValueError: it does.
        """
        if self.end < self.begin:
            msg = f"{self.end} is before {self.begin}"
            raise ValueError(msg)

    def __str__(self) -> str:
        """As ISO 8601 writes an interval: how it is kept."""
        return f"{self.begin.isoformat()}/{self.end.isoformat()}"

    @property
    def days(self) -> int:
        """How many days it has; a single day has one."""
        return (self.end - self.begin).days + 1

    @classmethod
    def read(cls, raw: object) -> Self:
        """The span that a person or a file gave: a text, or its days by their names.

        Raises:
            ValueError: it is none.
        """
        if isinstance(raw, cls):
            return raw
        if isinstance(raw, Mapping):
            if set(raw) != set(PARTS):
                raise ValueError(raw)
            return cls(read_day(raw["begin"]), read_day(raw["end"]))
        # One blank for each run of them: the pattern would try every beginning of a long one.
        parts = _BETWEEN.split(" ".join(str(raw).split()))
        if len(parts) != len(PARTS):
            raise ValueError(raw)
        return cls(read_day(parts[0]), read_day(parts[1]))


def read_day(raw: object) -> date:
    """A date as typed: `2021-12-31`, `31.12.2021`.

    Raises:
        ValueError: it is none.
    """
    if isinstance(raw, date):
        return raw
    text = str(raw).strip()
    if german := _GERMAN.fullmatch(text):
        day, month, year = map(int, german.groups())
        return date(year, month, day)
    return date.fromisoformat(text)
