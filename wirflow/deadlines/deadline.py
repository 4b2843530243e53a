"""A legal deadline: its day, and on demand the way that leads there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from wirflow.deadlines import telling
from wirflow.deadlines.case import Case, Step
from wirflow.deadlines.catalogue import Catalogue
from wirflow.deadlines.facts import NO_FACTS, read_facts
from wirflow.deadlines.period import Period
from wirflow.deadlines.reckon import reckon
from wirflow.errors import DeadlineError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wirflow.deadlines.rule import Rule

_sorted = msgspec.json.Encoder(order="sorted").encode

_POINT: Final = Period()


@dataclass(frozen=True, slots=True)
class Deadline:
    """The result of a rule: a day that ends a period, with the law behind it.

    Attributes:
        rule: The rule's name.
        start: The day of the event.
        period: The period that was counted; None where the rule names a day.
        due: The last day; the deadline ends with it.
        raw_end: The end before Saturdays, Sundays and holidays moved it.
        law: The paragraphs of the rule.
        verified: Whether the rule was compared with the text of the law.
        land: The place whose holidays count.
    """

    rule: str
    start: date
    period: Period | None
    due: date
    raw_end: date
    law: str
    verified: bool
    land: str
    _case: Case | None = field(default=None, repr=False, compare=False)
    _told: tuple[tuple[Step, ...], Text] | None = field(default=None, repr=False, compare=False)
    _written: bytes = field(default=b"", repr=False, compare=False)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Event, announcement, raw end, each day over which it moved, due day; made when asked for."""
        return self._tell()[0]

    def explain(self) -> Text:
        """The derivation as a sentence for the file, in German and in English."""
        return self._tell()[1]

    def _tell(self) -> tuple[tuple[Step, ...], Text]:
        told = self._told
        if told is None:
            if self._case is None:
                raise DeadlineError(
                    Text("Diese Frist trägt keine Herleitung.", "This deadline carries no derivation."),
                    hint=Text("Sie ist mit compute() zu berechnen.", "Compute it with compute()."),
                )
            trace: list[Step] = []
            reckon(self.start, self._case, trace)
            steps = tuple(trace)
            told = steps, telling.sentence(steps, law=self.law, verified=self.verified)
            object.__setattr__(self, "_told", told)
        return told

    def to_json(self) -> dict[str, object]:
        """The deadline as the contract of the command line has it; dates are ISO texts."""
        text = self.explain()
        return {
            "rule": self.rule,
            "from": self.start.isoformat(),
            "period": None if self.period is None else str(self.period),
            "due": self.due.isoformat(),
            "raw_end": self.raw_end.isoformat(),
            "steps": [{"date": step.date.isoformat(), "why": _both(_cited(step))} for step in self.steps],
            "law": self.law,
            "verified": self.verified,
            "land": self.land,
            "text": _both(text),
        }

    @property
    def written(self) -> bytes:
        """What `to_json` says as JSON with sorted keys, which is its canonical form; made once for all."""
        if not self._written:
            object.__setattr__(self, "_written", _sorted(self.to_json()))
        return self._written

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Deadline:
        """The deadline that `to_json` wrote, with its steps and its text as they were.

        Raises:
            DeadlineError: the data is no such deadline.
        """
        try:
            steps = tuple(
                Step(date.fromisoformat(step["date"]), _text(step["why"])) for step in data["steps"]
            )
            period = data["period"]
            return cls(
                rule=str(data["rule"]),
                start=date.fromisoformat(data["from"]),
                period=None if period is None else Period.parse(str(period)),
                due=date.fromisoformat(data["due"]),
                raw_end=date.fromisoformat(data["raw_end"]),
                law=str(data["law"]),
                verified=data["verified"] is True,
                land=str(data["land"]),
                _told=(steps, _text(data["text"])),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DeadlineError(
                Text("Die Daten sind keine Frist.", "The data is no deadline."),
                hint=Text(f"Es fehlt oder stört: {error}.", f"Missing or wrong: {error}."),
            ) from error


def _both(text: Text) -> dict[str, str]:
    return {"de": text.de, "en": text.en}


def _text(value: Any) -> Text:
    if not isinstance(value, Mapping):
        raise TypeError(value)
    return Text(value["de"], value["en"])


def _cited(step: Step) -> Text:
    """A step's reason with its paragraph, for those who store no more than the reason."""
    if not step.law:
        return step.why
    return Text(f"{step.why.de} ({step.law})", f"{step.why.en} ({step.law})")


def compute(
    rule: str,
    start: date,
    period: Period | str | None = None,
    *,
    land: str = "HE",
    catalogue: Catalogue | None = None,
    given: Mapping[str, object] | None = None,
    law: str | None = None,
) -> Deadline:
    """The deadline that a rule of law sets for an event.

    Args:
        rule: A rule's name, such as `vwgo-74`.
        start: The day of the event, in the office's time zone.
        period: How long, if the law leaves it to the authority or the award.
        land: The place whose holidays count, such as `HE` or `BY-Augsburg`.
        catalogue: Where rules and days off come from; the shipped one by default.
        given: Facts that make a difference, see `wirflow.deadlines.rule.FACTS`.
        law: Where the period is written, if not in the rule: "ANBest-P, as named in the award".

    Raises:
        UnknownNameError: no such rule, Land or fact.
        DeadlineError: no period, an impossible one, or a date without known holidays.
    """
    catalogue = catalogue or Catalogue.default()
    found = catalogue.get(rule)
    if type(start) is not date and (not isinstance(start, date) or isinstance(start, datetime)):
        raise DeadlineError(
            Text(f"{start!r} ist kein Tag.", f"{start!r} is no day."),
            hint=Text("Erwartet wird ein Datum ohne Uhrzeit.", "Expected is a date without a time."),
        )
    version = found.constant or found.version_on(start)
    facts = read_facts(found, given) if given else NO_FACTS
    instead = None
    if facts is not NO_FACTS:
        instead = next((other for fact, other in version.instead.items() if getattr(facts, fact)), None)
    if isinstance(period, str):
        period = Period.parse(period)
    length = _period_of(found, version.period if instead is None else instead.period, period)
    if found.count == "hours" and facts.at is None:
        raise DeadlineError(
            Text(
                "Für eine Frist nach Stunden fehlt die Uhrzeit.", "A period by hours lacks the time of day."
            ),
            hint=Text("Sie ist als 'at' anzugeben, wie 14:30.", "Give it as 'at', such as 14:30."),
        )
    calendar = catalogue.calendar(land)
    verified, delivery = version.verified, None
    if found.after is not None:
        by = catalogue.get(found.after)
        known = by.constant or by.version_on(start)
        verified = verified and known.verified
        delivery = Case(by, known, known.period or _POINT, calendar, facts, None, None)
    case = Case(found, version, length, calendar, facts, instead, delivery, law)
    raw_end, due = reckon(start, case)
    counted = None if length.empty and period is None else length
    cited = law or case.law
    if law is None and length.parts and found.jurisdiction != "EU":
        cited = f"{cited}, § 189 BGB"
    return Deadline(rule, start, counted, due, raw_end, cited, verified, calendar.place, case)


def _period_of(rule: Rule, legal: Period | None, period: Period | None) -> Period:
    """The period that counts: the law's own, or the one that is given."""
    if period is None:
        if rule.needs_period:
            raise DeadlineError(
                Text(
                    f"Die Regel '{rule.name}' braucht eine Frist.", f"The rule '{rule.name}' needs a period."
                ),
                hint=Text(
                    "Zum Beispiel P2W für zwei Wochen oder P1M.", "For example P2W for two weeks or P1M."
                ),
            )
        return legal or _POINT
    if rule.count == "back":
        # "three full days before" is said with and without the sign.
        period = replace(period, back=False)
    if rule.fixed and period != legal:
        raise DeadlineError(
            Text(
                f"Die Frist der Regel '{rule.name}' steht im Gesetz: {legal}, nicht {period}.",
                f"The law itself sets the period of the rule '{rule.name}': {legal}, not {period}.",
            ),
            hint=Text("Die Frist ist wegzulassen.", "Leave the period out."),
        )
    expected = rule.misfit(period)
    if expected is not None:
        raise DeadlineError(
            Text(
                f"Die Frist {period} passt nicht zur Regel '{rule.name}'.",
                f"The period {period} does not fit the rule '{rule.name}'.",
            ),
            hint=expected,
        )
    return period


def chain(
    links: Iterable[tuple[str, Period | str | None]],
    start: date,
    *,
    land: str = "HE",
    catalogue: Catalogue | None = None,
) -> tuple[Deadline, ...]:
    """Deadlines of which each starts on the day on which the one before is due.

    Raises:
        WirflowError: as `compute`.
    """
    deadlines: list[Deadline] = []
    for rule, period in links:
        deadlines.append(compute(rule, start, period, land=land, catalogue=catalogue))
        start = deadlines[-1].due
    return tuple(deadlines)
