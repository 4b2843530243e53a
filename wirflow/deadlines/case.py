"""What a computation takes, and the steps that it leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wirflow.text import Text

if TYPE_CHECKING:
    from datetime import date

    from wirflow.deadlines.facts import Facts
    from wirflow.deadlines.period import Period
    from wirflow.deadlines.rule import Alternative, Rule, Version
    from wirflow.deadlines.workdays import Calendar


class Step(NamedTuple):
    """One step of the way to a deadline.

    `kind` is `event`, `part` (what a half month or year is), `announced`, `start`,
    `raw_end`, `skipped` (a day over which the end was moved), `moved` or `due`;
    `law` the paragraph behind the step; `phrase` its part of the sentence that
    `Deadline.explain` tells.
    """

    date: date
    why: Text
    law: str = ""
    kind: str = "recorded"
    phrase: Text = Text("", "")


class Case(NamedTuple):
    """What a computation needs beside the day on which it starts."""

    rule: Rule
    version: Version
    period: Period
    calendar: Calendar
    facts: Facts
    instead: Alternative | None
    """Which other period a fact brought in."""
    delivery: Case | None
    """How the event itself is found first, such as by delivery by post."""
    basis: str | None = None
    """Where the period is written, if not in the rule: the award."""

    @property
    def law(self) -> str:
        """The paragraph that sets the period."""
        return self.version.law if self.instead is None else self.instead.law
