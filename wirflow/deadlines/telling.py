"""The words of each step: what a clerk reads in a table and in a file note."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Final

from wirflow.deadlines.case import Case, Step
from wirflow.deadlines.spans import hours_end
from wirflow.deadlines.workdays import FIRST_YEAR, LAST_YEAR, WEEKEND
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from wirflow.deadlines.rule import Rule

_GERMAN_MONTHS: Final = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September"),
    *("Oktober", "November", "Dezember"),
)
_ENGLISH_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_NOTHING: Final = Text("", "")


def civil(day: date) -> Text:
    """A date as people write it: 28.01.2021, 28 January 2021."""
    return Text(f"{day:%d.%m.}{day.year:04}", f"{day.day} {_ENGLISH_MONTHS[day.month - 1]} {day.year}")


def event_step(rule: Rule, day: date) -> Step:
    """The day on which everything starts."""
    on = civil(day)
    return Step(
        day,
        rule.event,
        kind="event",
        phrase=Text(f"{rule.event.de} am {on.de}", f"{rule.event.en} on {on.en}"),
    )


def raw_step(start: date, raw: date, case: Case) -> Step:
    """The end of the period before anything moves it."""
    rule, period, on = case.rule, case.period, civil(raw)
    law = _end_law(start, raw, case)
    if rule.outcome is not None:
        return Step(
            raw,
            Text(f"{rule.outcome.de} ({period.text.de})", f"{rule.outcome.en} ({period.text.en})"),
            law,
            "raw_end",
            Text(f", {rule.outcome.de} am {on.de} ({law})", f", {rule.outcome.en} on {on.en} ({law})"),
        )
    if rule.count == "back":
        return Step(
            raw,
            Text(
                f"letzter Tag, nach dem {period.text.de} voll dazwischenliegen",
                f"last day after which {period.text.en} lie fully in between",
            ),
            law,
            "raw_end",
            Text(
                f"; volle Tage dazwischen ({period.text.de}), spätester Tag also {on.de} ({law})",
                f"; full days in between ({period.text.en}), so the latest day is {on.en} ({law})",
            ),
        )
    if case.version.period is None and case.period.empty:
        return Step(
            raw,
            Text("maßgebender Tag", "day that counts"),
            law,
            "raw_end",
            Text(f"; maßgebend ist der {on.de} ({law})", f"; the day that counts is {on.en} ({law})"),
        )
    missing = _missing(start, raw, case)
    back = Text(" zurück", " back") if period.back else _NOTHING
    at = _hour(start, case)
    why = Text(
        f"Ende der Frist: {period.text.de}{back.de}{at.de}",
        f"end of the period: {period.text.en}{back.en}{at.en}",
    )
    middle = _NOTHING
    if missing is not None:
        why = Text(f"{why.de}; {missing.de}", f"{why.en}; {missing.en}")
        middle = Text(f", da {_verb_last(missing.de)},", f", as {missing.en},")
    return Step(
        raw,
        why,
        law,
        "raw_end",
        Text(
            f"; die Frist von {period.dative.de}{back.de} endet{middle.de} am {on.de}{at.de} ({law})",
            f"; the period of {period.text.en}{back.en} ends{middle.en} on {on.en}{at.en} ({law})",
        ),
    )


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
    """The law of the rule and, where the rule leans on the Civil Code alone, the paragraph that decided."""
    law = case.version.law
    if (
        case.rule.jurisdiction == "DE"
        and case.version.period is None
        and case.rule.count in {"after", "from"}
    ):
        law = (
            "§ 188 Abs. 1 BGB"
            if not case.period.total_months and case.period.total_days % 7
            else "§ 188 Abs. 2 BGB"
        )
    if _is_clamped(start, raw, case):
        law = "§ 188 Abs. 2, 3 BGB" if law == "§ 188 Abs. 2 BGB" else f"{law}, § 188 Abs. 3 BGB"
    return law


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


def days_191_step(day: date, days: int) -> Step:
    """The period as days that need not be contiguous."""
    why = Text(f"gezählt als {days} Tage", f"counted as {days} days")
    return _aside(day, "start", why, "§ 191 BGB")


def minimum_step(day: date) -> Step:
    """A period of two days or more got too few working days."""
    why = Text("mindestens zwei Arbeitstage", "at least two working days")
    return _aside(day, "moved", why, "Art. 3 Abs. 5 VO 1182/71")


def close(trace: list[Step], raw: date, due: date, case: Case) -> None:
    """Write down each day over which the end was moved, and the day that it became."""
    skipped = _skipped_steps(raw, due, case)
    trace.extend(skipped)
    law = case.rule.roll_law
    cited = f" ({law})" if law else ""
    on = civil(due)
    if skipped:
        passed = Text(
            _listed([f"{step.why.de}, {civil(step.date).de}," for step in skipped[1:]], " nach ", "und"),
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
    why = Text(f"{off.de}; der Tag bleibt", f"{off.en}; the day stays")
    if case.facts.named_day:
        law = "§ 31 Abs. 3 Satz 2 VwVfG"
        cited = f" ({law})"
    phrase = Text(
        f"; der Tag bleibt, obwohl er frei ist: {off.de}{cited}",
        f"; the day stays, although off: {off.en}{cited}",
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
