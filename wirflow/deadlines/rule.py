"""A rule of law as data: what it counts, how long, where it is written, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from wirflow.deadlines.period import Period
from wirflow.errors import DeadlineError
from wirflow.text import Text

Count = Literal[
    "after",
    "from",
    "back",
    "day",
    "year-end",
    "days-191",
    "month-start",
    "month-middle",
    "month-end",
    "hours",
    "eu",
    "working-days",
]
"""How a rule counts.

- `after`: the event's day does not count (§ 187 (1) BGB).
- `from`: the first day counts (§ 187 (2) BGB).
- `back`: so many full days lie between the deadline and the event.
- `day`: the day itself, such as an appointed day (§ 31 (5) VwVfG).
- `year-end`: as `after`, from the end of the event's calendar year.
- `days-191`: days that need not run without a break (§ 191 BGB).
- `month-start`, `month-middle`, `month-end`: a day of the event's month (§ 192 BGB).
- `hours`: hours, whatever the days (§ 31 (6) VwVfG).
- `eu`: as `after`, with at least two working days (Regulation 1182/71).
- `working-days`: only working days count.
"""
COUNTS: tuple[Count, ...] = get_args(Count)

Roll = Literal["next", "none"]
"""What happens on a Saturday, Sunday or holiday: `next` working day, or `none`, nothing."""
ROLLS: tuple[Roll, ...] = get_args(Roll)


@dataclass(frozen=True, slots=True)
class Alternative:
    """The period that holds instead, if a fact such as `urgent` is given."""

    period: Period
    law: str
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A rule as it stood for events from one day until another, both included."""

    law: str
    verified: bool
    period: Period | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    notes: Text | None = None
    instead: Mapping[str, Alternative] = field(default_factory=dict)

    def holds_on(self, day: date) -> bool:
        """Whether an event of that day falls under this version."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


EVENT = Text("Ereignis", "Event")
"""What a period starts with, if a rule has no better word for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of the catalogue.

    Attributes:
        name: What a definition and the command line call it, such as `vwgo-74`.
        jurisdiction: `DE`, a Land's code, `EU`, or `office` for the office's own.
        event: What happened on the first day, as a participle that opens a note.
        count: How days are counted.
        roll: What happens on a day off.
        roll_law: The paragraph that says so.
        after: The rule by which the event itself is found first (delivery by post).
        fixed: Whether the law alone sets the period; else one that is given wins.
        facts: The facts that make a difference here.
        outcome: What happens on the due day; None if a period simply ends.
    """

    name: str
    title: Text
    jurisdiction: str
    versions: tuple[Version, ...]
    event: Text = EVENT
    count: Count = "after"
    roll: Roll = "none"
    roll_law: str = ""
    after: str | None = None
    fixed: bool = False
    facts: tuple[str, ...] = ()
    outcome: Text | None = None
    constant: Version | None = field(init=False)
    """The only version, if it has no limits in time: spares the search."""

    def __post_init__(self) -> None:
        first = self.versions[0]
        always = first.valid_from is None and first.valid_until is None
        object.__setattr__(self, "constant", first if always else None)

    def version_on(self, day: date) -> Version:
        """The version that holds for an event of that day.

        Raises:
            DeadlineError: the rule did not exist then.
        """
        for version in self.versions:
            if version.holds_on(day):
                return version
        spans = [f"{each.valid_from or '…'} - {each.valid_until or '…'}" for each in self.versions]
        raise DeadlineError(
            Text(
                f"Die Regel '{self.name}' galt am {day:%d.%m.%Y} nicht.",
                f"The rule '{self.name}' did not hold on {day}.",
            ),
            hint=Text(f"Sie gilt: {', '.join(spans)}.", f"It holds: {', '.join(spans)}."),
        )

    def misfit(self, period: Period) -> Text | None:
        """What the rule expects instead, if it cannot count such a period; else None."""
        if (self.count == "hours") != bool(period.hours):
            return Text(
                "Stunden zählt nur eine Regel nach Stunden (vwvfg-31-6).",
                "Only a rule by hours (vwvfg-31-6) counts hours.",
            )
        if self.count in _FORWARD_ONLY and (period.back or period.empty):
            return Text(
                "Die Regel zählt nur vorwärts, mindestens einen Tag.",
                "The rule counts forward only, one day or more.",
            )
        if self.count == "working-days" and period.total_months:
            return Text(
                "Arbeitstage zählen nach Tagen und Wochen.",
                "Working days are counted by days and weeks.",
            )
        if self.count in POINTS and not period.empty:
            return Text(
                "Die Regel nennt einen Tag und braucht keine Frist.",
                "The rule names a day and needs no period.",
            )
        return None

    @property
    def latest(self) -> Version:
        """The newest version: what a catalogue shows."""
        return self.versions[-1]

    @property
    def verified(self) -> bool:
        """Whether every version was compared with the text of the law."""
        return all(version.verified for version in self.versions)

    @property
    def law(self) -> str:
        """Where the newest version is written."""
        return self.latest.law

    @property
    def notes(self) -> Text | None:
        """What a clerk should know about the newest version."""
        return self.latest.notes

    @property
    def default_period(self) -> Period | None:
        """The period of the newest version."""
        return self.latest.period

    @property
    def needs_period(self) -> bool:
        """Whether a period must be given, because neither the law nor the way of counting has one."""
        return self.latest.period is None and self.count not in POINTS

    @property
    def rolls(self) -> bool:
        """Whether a day off moves the end to the next working day."""
        return self.roll == "next"

    @property
    def direction(self) -> Literal["forward", "back"]:
        """Whether the rule counts into the future or, from its event, into the past."""
        period = self.latest.period
        return "back" if self.count == "back" or (period is not None and period.back) else "forward"


MONTH_COUNTS = frozenset({"month-start", "month-middle", "month-end"})
"""Ways of counting that name a day of a month (§ 192 BGB)."""

POINTS = MONTH_COUNTS | {"day"}
"""Ways of counting that name a day and need no period."""

_FORWARD_ONLY = frozenset({"from", "year-end", "days-191", "hours"})
