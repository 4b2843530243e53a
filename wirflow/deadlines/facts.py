"""What is known about a case beside the day of the event, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from wirflow.errors import DeadlineError, UnknownNameError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wirflow.deadlines.rule import Rule

FACTS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "announced_on": Text(
            "Tag der Zustellung oder Bekanntgabe, wenn sie anders als durch einfachen Brief bewirkt wurde",
            "the day of service or announcement, where it was not effected by ordinary letter",
        ),
        "received_on": Text(
            "Tag, an dem der Brief wirklich zuging; nur ein späterer als der vermutete zählt",
            "the day on which the letter really arrived; only one later than the presumed day counts",
        ),
        "no_instruction": Text(
            "true, wenn die Rechtsbehelfsbelehrung fehlt oder unrichtig ist",
            "true where the instruction on remedies is missing or wrong",
        ),
        "named_day": Text(
            "true, wenn die Behörde unter Hinweis auf § 31 Abs. 3 VwVfG einen bestimmten Tag mitgeteilt hat",
            "true where the authority named a certain day with reference to § 31 (3) VwVfG",
        ),
        "urgent": Text("true in dringenden Fällen", "true in urgent cases"),
        "known_on": Text(
            "Tag, an dem das Ende des Arbeitsverhältnisses bekannt wurde",
            "the day on which the end of the employment became known",
        ),
        "award_ends": Text("letzter Tag des Bewilligungszeitraums", "the last day of the award's period"),
        "at": Text("Uhrzeit des Ereignisses, HH:MM", "the time of day of the event, HH:MM"),
        "suspended": Text(
            "Liste von [von, bis], deren Tage nicht zählen",
            "list of [from, until] whose days do not count",
        ),
    }
)
"""What can be told about a case beside the day of the event, and what it means."""


FLAG: Final = "flag"
SPANS: Final = "spans"
TIME: Final = "time"

SORTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "announced_on": "date",
        "received_on": "date",
        "no_instruction": FLAG,
        "named_day": FLAG,
        "urgent": FLAG,
        "known_on": "date",
        "award_ends": "date",
        "at": TIME,
        "suspended": SPANS,
    }
)
"""What each fact is: a `date`, a flag, a time of day, or spans of days."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a case, each by the name and with the meaning that `FACTS` has for it."""

    announced_on: date | None = None
    received_on: date | None = None
    no_instruction: bool = False
    named_day: bool = False
    urgent: bool = False
    known_on: date | None = None
    award_ends: date | None = None
    at: time | None = None
    suspended: tuple[tuple[date, date], ...] = ()


NO_FACTS: Final = Facts()


def read_facts(rule: Rule, given: Mapping[str, object]) -> Facts:
    """The facts of a case as values; those given as None are left out.

    Dates may be ISO texts and flags `true` or `false`, as they come from a command line.

    Raises:
        UnknownNameError: no such fact.
        DeadlineError: the rule does not ask for it, or its value is of the wrong kind.
    """
    facts: dict[str, Any] = {}
    for name, value in given.items():
        if name not in FACTS:
            raise UnknownNameError(Text("Die Angabe", "The fact"), name, FACTS)
        if value is None:
            continue
        if name not in rule.facts:
            asked = ", ".join(rule.facts)
            raise DeadlineError(
                Text(
                    f"Für die Regel '{rule.name}' spielt die Angabe '{name}' keine Rolle.",
                    f"The fact '{name}' makes no difference to the rule '{rule.name}'.",
                ),
                hint=Text(
                    f"Sie fragt nach: {asked}." if asked else "Sie fragt nach keinen Angaben.",
                    f"It asks for: {asked}." if asked else "It asks for no facts.",
                ),
            )
        try:
            facts[name] = _READERS.get(name, _flag)(value)
        except (TypeError, ValueError) as error:
            meaning = FACTS[name]
            raise DeadlineError(
                Text(
                    f"Die Angabe '{name}' passt nicht: {value!r}.",
                    f"The fact '{name}' does not fit: {value!r}.",
                ),
                hint=Text(f"Erwartet: {meaning.de}.", f"Expected: {meaning.en}."),
            ) from error
    return Facts(**facts)


def _flag(value: Any) -> bool:
    if value in ("true", "false"):
        return bool(value == "true")
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _date(value: Any) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError(value)
    return value


def _clock_time(value: Any) -> time:
    return value if isinstance(value, time) else time.fromisoformat(value)


def _spans(value: Any) -> tuple[tuple[date, date], ...]:
    if not isinstance(value, list | tuple):
        raise TypeError(value)
    spans = []
    for pair in value:
        first, last = (_date(day) for day in pair)
        if first > last:
            raise ValueError(value)
        spans.append((first, last))
    return tuple(spans)


_READERS: Final[dict[str, Callable[[Any], object]]] = {
    "announced_on": _date,
    "received_on": _date,
    "known_on": _date,
    "award_ends": _date,
    "at": _clock_time,
    "suspended": _spans,
}
