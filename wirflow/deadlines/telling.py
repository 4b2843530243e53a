"""The words of each step: what a clerk reads in a table and in a file note."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Final

from wirflow.deadlines.case import Case, Step
from wirflow.deadlines.period import HALF_MONTH
from wirflow.deadlines.rule import MONTH_COUNTS
from wirflow.deadlines.spans import hours_end
from wirflow.deadlines.workdays import FIRST_YEAR, LAST_YEAR, WEEKEND
from wirflow.text import Text, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from wirflow.deadlines.period import Period
    from wirflow.deadlines.rule import Rule

_GERMAN_MONTHS: Final = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September"),
    *("Oktober", "November", "Dezember"),
)
_ENGLISH_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_LAST_LAW: Final = "§ 189 Abs. 1, 2 BGB"
_NOTHING: Final = Text("", "")
_CIVIL_COUNTS: Final = frozenset({"after", "from"})


def civil(day: date) -> Text:
    """A date as people write it: 28.01.2021, 28 January 2021."""
    return Text(f"{day:%d.%m.}{day.year:04}", f"{day.day} {_ENGLISH_MONTHS[day.month - 1]} {day.year}")


def month_name(day: date) -> Text:
    """The month of a day: Februar 2021, February 2021."""
    return Text(
        f"{_GERMAN_MONTHS[day.month - 1]} {day.year}",
        f"{_ENGLISH_MONTHS[day.month - 1]} {day.year}",
    )


def event_step(rule: Rule, day: date, period: Period) -> Step:
    """The day on which everything starts; of a day that is itself the deadline only the end is told."""
    if rule.count in MONTH_COUNTS:
        month = month_name(day)
        return Step(day, month, kind="event", phrase=month)
    if _named(rule, period):
        return Step(day, rule.event, kind="event", phrase=_NOTHING)
    on = civil(day)
    phrase = Text(f"{rule.event.de} am {on.de}", f"{rule.event.en} on {on.en}")
    return Step(day, rule.event, kind="event", phrase=phrase)


def part_steps(rule: Rule, day: date, period: Period) -> Iterator[Step]:
    """What the law takes the parts of months and years for, that the period was written with."""
    if rule.jurisdiction == "EU":
        return  # The regulation knows months of 30 days for that, and no half-years.
    for part in period.parts:
        why, law = part, "§ 189 Abs. 1 BGB"
        if part is HALF_MONTH and period.total_months:
            why, law = Text(f"{part.de} und zählen zuletzt", f"{part.en} and counts last"), _LAST_LAW
        yield Step(day, why, law, "part", Text(f"; {why.de} ({law})", f"; {why.en} ({law})"))


def _named(rule: Rule, period: Period) -> bool:
    """Whether the day is not counted from an event but named itself: in an award, by an authority."""
    return period.empty and rule.count == "after"


def raw_step(start: date, raw: date, case: Case) -> Step:
    """The end of the period before anything moves it."""
    law, on = _end_law(start, raw, case), civil(raw)
    if case.basis is not None:
        # Nothing was counted up to a day that its basis names.
        named = _named(case.rule, case.period) and not case.rule.roll_law
        law = case.basis if named else f"{case.basis}; {law}"
    if case.rule.outcome is not None:
        why, phrase = _outcome(case.rule.outcome, case.period, on)
    elif case.rule.count == "back":
        why, phrase = _full_days(case.period, on)
    elif _named(case.rule, case.period):
        why = Text("maßgebender Tag", "day that counts")
        phrase = Text(f"Maßgebend ist der {on.de}", f"The day that counts is {on.en}")
    elif case.period.empty:
        why = Text("maßgebender Tag", "day that counts")
        phrase = Text(f"; maßgebend ist der {on.de}", f"; the day that counts is {on.en}")
    else:
        why, phrase = _end(start, raw, case)
    if case.instead is not None:
        other = case.instead.why
        why = Text(f"{why.de}; {other.de}", f"{why.en}; {other.en}")
        phrase = Text(f"; {other.de}{phrase.de}", f"; {other.en}{phrase.en}")
    return Step(raw, why, law, "raw_end", Text(f"{phrase.de} ({law})", f"{phrase.en} ({law})"))


def _outcome(outcome: Text, period: Period, on: Text) -> tuple[Text, Text]:
    """What a rule of delivery presumes."""
    return (
        Text(f"{outcome.de} ({period.text.de})", f"{outcome.en} ({period.text.en})"),
        Text(f", {outcome.de} am {on.de}", f", {outcome.en} on {on.en}"),
    )


def _full_days(period: Period, on: Text) -> tuple[Text, Text]:
    """The last day after which so many full days lie before the event."""
    if period.empty:
        return (
            Text("letzter Tag vor dem Ereignis", "last day before the event"),
            Text(f"; spätester Tag ist der {on.de}", f"; the latest day is {on.en}"),
        )
    words = period.text
    return (
        Text(
            f"letzter Tag vor vollen {period.dative.de} Abstand",
            f"last day before full {words.en} in between",
        ),
        Text(
            f"; volle Tage dazwischen: {words.de}, spätester Tag ist daher der {on.de}",
            f"; full days in between: {words.en}, so the latest day is {on.en}",
        ),
    )


def _end(start: date, raw: date, case: Case) -> tuple[Text, Text]:
    """The end of a period, and which day its last month lacks, if any."""
    on, at, missing = civil(raw), _hour(start, case), _missing(start, raw, case)
    back = Text(" zurück", " back") if case.period.back else _NOTHING
    words, dative = case.period.text, case.period.dative
    why = Text(
        f"Ende der Frist: {words.de}{back.de}{at.de}", f"end of the period: {words.en}{back.en}{at.en}"
    )
    middle = _NOTHING
    if missing is not None:
        why = Text(f"{why.de}; {missing.de}", f"{why.en}; {missing.en}")
        middle = Text(f", da {_verb_last(missing.de)},", f", as {missing.en},")
    if case.rule.count == "days-191":
        days = counted(case.period.contiguous_days, Text("Tag", "day"), Text("Tage", "days"))
        middle = Text(f", gezählt als {days.de},", f", counted as {days.en},")
        why = Text(f"{why.de}, gezählt als {days.de}", f"{why.en}, counted as {days.en}")
    if case.rule.count == "working-days":
        middle = Text(", nur Arbeitstage gezählt,", ", only working days counted,")
        why = Text(f"{why.de}, nur Arbeitstage", f"{why.en}, working days only")
    phrase = Text(
        f"; die Frist von {dative.de}{back.de} endet{middle.de} am {on.de}{at.de}",
        f"; the period of {words.en}{back.en} ends{middle.en} on {on.en}{at.en}",
    )
    return why, phrase


def _verb_last(sentence: str) -> str:
    """A German main clause `der Februar hat keinen 31.` as it stands after "da"."""
    subject, _, rest = sentence.partition(" hat ")
    return f"{subject} {rest} hat"


def _missing(start: date, raw: date, case: Case) -> Text | None:
    """Which day the last month lacks, if that is why the end lies where it lies (§ 188 (3) BGB)."""
    if not _is_clamped(start, raw, case):
        return None
    wanted = start.day - (case.rule.count == "from")
    month = raw.month - 1
    return Text(
        f"der {_GERMAN_MONTHS[month]} hat keinen {wanted}.", f"{_ENGLISH_MONTHS[month]} has no day {wanted}"
    )


def _is_clamped(start: date, raw: date, case: Case) -> bool:
    if (
        case.rule.count not in {"after", "from", "eu"}
        or not case.period.total_months
        or case.period.total_days
    ):
        return False
    return raw.day < start.day - (case.rule.count == "from")


def _end_law(start: date, raw: date, case: Case) -> str:
    """The paragraph that decided: of the rule or, where it leans on the Civil Code, of that."""
    period, rule = case.period, case.rule
    if rule.jurisdiction == "EU" or period.empty:
        return case.law
    clamped = _is_clamped(start, raw, case)
    if rule.jurisdiction == "DE" and case.version.period is None and rule.count in _CIVIL_COUNTS:
        if clamped:
            return "§ 188 Abs. 2, 3 BGB"
        by_days = not period.total_months and period.total_days % 7
        return "§ 188 Abs. 1 BGB" if by_days else "§ 188 Abs. 2 BGB"
    return f"{case.law}, § 188 Abs. 3 BGB" if clamped else case.law


def _hour(start: date, case: Case) -> Text:
    """The time of day at which a period by hours ends."""
    if case.rule.count != "hours":
        return _NOTHING
    end = hours_end(start, case.facts.at or time(), case.period.hours)
    return Text(f" um {end:%H:%M} Uhr", f" at {end:%H:%M}")


def _aside(day: date, kind: str, why: Text, law: str) -> Step:
    """A step that the sentence tells as ", daher … am …"."""
    on, cited = civil(day), f" ({law})" if law else ""
    return Step(day, why, law, kind, Text(f"; {why.de}: {on.de}{cited}", f"; {why.en}: {on.en}{cited}"))


def announced_step(day: date) -> Step:
    """Service or announcement in a way that needs no presumption."""
    return _aside(day, "announced", Text("zugestellt oder bekannt gegeben", "served or announced"), "")


def received_step(day: date, law: str) -> Step:
    """A letter that really arrived later than the law presumes."""
    why = Text("wirklich erst später zugegangen", "really received only later")
    return _aside(day, "announced", why, law)


def known_step(day: date, law: str) -> Step:
    """The end of an employment became known too late for the ordinary period."""
    why = Text(
        "erst später bekannt geworden, daher drei Tage nach Kenntnis", "known only later, so three days after"
    )
    return _aside(day, "raw_end", why, law)


def capped_step(day: date, law: str) -> Step:
    """The end of the award's period sets an earlier end."""
    why = Text(
        "spätestens mit Ablauf des letzten Fristmonats nach dem Bewilligungszeitraum",
        "at the latest with the end of the period's last month after the award's period",
    )
    return _aside(day, "raw_end", why, law)


def year_end_step(day: date) -> Step:
    """The period begins with the end of the event's year."""
    return _aside(day, "start", Text("Schluss des Kalenderjahres", "end of the calendar year"), "")


def close(trace: list[Step], raw: date, due: date, case: Case) -> None:
    """Write down each day over which the end was moved, and the day that it became."""
    skipped = _skipped_steps(raw, due, case)
    trace.extend(skipped)
    law = case.rule.roll_law
    cited = f" ({law})" if law else ""
    on = civil(due)
    if skipped:
        passed = Text(
            _since_also(skipped[1:]),
            _listed([f"{step.why.en}, {civil(step.date).en}," for step in skipped[1:]], " after ", "and"),
        )
        why = Text("nächster Werktag", "next working day")
        phrase = Text(
            f", und daher{passed.de} am {on.de}{cited}", f", and therefore{passed.en} on {on.en}{cited}"
        )
        trace.append(Step(due, why, law, "due", phrase))
        return
    off = case.calendar.day_off_reason(due) if FIRST_YEAR <= due.year <= LAST_YEAR else None
    if off is None:
        trace.append(Step(due, Text("Fristende mit Ablauf des Tages", "ends with that day"), kind="due"))
        return
    why = Text(f"{off.de}; verschiebt sich nicht", f"{off.en}; does not move")
    if case.facts.named_day:
        law = "§ 31 Abs. 3 Satz 2 VwVfG"
        cited = f" ({law})"
    kind = off if off in WEEKEND else Text(f"Feiertag ({off.de})", f"holiday ({off.en})")
    phrase = Text(
        f"; dass er ein {kind.de} ist, verschiebt ihn nicht{cited}",
        f"; that it is a {kind.en} does not move it{cited}",
    )
    trace.append(Step(due, why, law, "due", phrase))


def lengthen(trace: list[Step], rolled: date, due: date, case: Case) -> None:
    """A period of two days or more got too few working days, so that its end moved on."""
    trace[-1] = trace[-1]._replace(kind="moved")
    trace.extend(step._replace(phrase=_NOTHING) for step in _skipped_steps(rolled, due, case))
    on, law = civil(due), "Art. 3 Abs. 5 VO (EWG, Euratom) 1182/71"
    why = Text("zweiter Arbeitstag", "second working day")
    phrase = Text(
        f"; mindestens zwei Arbeitstage enthält sie erst mit dem {on.de} ({law})",
        f"; at least two working days lie in it only with {on.en} ({law})",
    )
    trace.append(Step(due, why, law, "due", phrase))


def _skipped_steps(raw: date, due: date, case: Case) -> list[Step]:
    """A step for each day off from the raw end until the due day."""
    steps: list[Step] = []
    for number in range(raw.toordinal(), due.toordinal()):
        day = raw.fromordinal(number)
        why = case.calendar.day_off_reason(day)
        if why is not None:
            phrase = _NOTHING if steps else _apposition(why)
            steps.append(Step(day, why, case.rule.roll_law, "skipped", phrase))
    return steps


def _apposition(why: Text) -> Text:
    """What kind of day the raw end is, as an apposition in the dative case."""
    if why in WEEKEND:
        return Text(f", einem {why.de}", f", a {why.en}")
    return Text(f", einem Feiertag ({why.de})", f", a holiday ({why.en})")


def _since_also(steps: Sequence[Step]) -> str:
    """The days off after the first one, as a clause: „da auch der 26.12.2020 ein Feiertag (…) ist“."""
    if not steps:
        return ""
    days = [f"der {civil(step.date).de} {_nominative(step.why)}" for step in steps]
    listed = f"{', '.join(days[:-1])} und {days[-1]}" if days[1:] else days[0]
    return f", da auch {listed} ist,"


def _nominative(why: Text) -> str:
    return f"ein {why.de}" if why in WEEKEND else f"ein Feiertag ({why.de})"


def _listed(parts: Sequence[str], first: str, last: str) -> str:
    if not parts:
        return ""
    head = " ".join(parts[:-1])
    return f"{first}{head} {last} {parts[-1]}" if head else f"{first}{parts[0]}"


def sentence(steps: Sequence[Step], *, law: str, verified: bool) -> Text:
    """The steps as one sentence for a file note; what was not verified says so."""
    told = Text(
        "".join(step.phrase.de for step in steps) + ".",
        "".join(step.phrase.en for step in steps) + ".",
    )
    if verified:
        return told
    return Text(
        f"{told.de} Ungeprüft: Der Wortlaut ({law}) wurde nicht mit dem Gesetzestext verglichen.",
        f"{told.en} Unverified: the wording ({law}) has not been compared with the text of the law.",
    )
