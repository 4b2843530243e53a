"""The words of a picture: what a rule, a deadline, a role or another case is called in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wirflow.deadlines.period import Period
from wirflow.definition.diagram.names import Names, day, one_line
from wirflow.definition.diagram.picture import Line
from wirflow.errors import WirflowError
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from wirflow.definition.model import DeadlineSpec, Transition

ANYWHERE: Final = Text("In jedem offenen Zustand", "In every open state")
FROM_ANYWHERE: Final = Text("aus jedem offenen Zustand", "from every open state")
FROM_ANY_OTHER: Final = Text("aus jedem anderen offenen Zustand", "from every other open state")
FROM_INSIDE: Final = Text("aus jedem Zustand hier", "from every state in here")
EXCEPT: Final = Text(" außer ", " except ")
IN: Final = Text("In ", "In ")
AUTOMATIC: Final = Text("von selbst", "by itself")
ALL_DONE: Final = Text("von selbst, wenn alles darin beendet ist", "by itself, when all inside has ended")
SIGNAL: Final = Text("durch einen anderen Vorgang", "by another case")
REASON: Final = Text("mit Begründung", "with a reason")
SINCE: Final = Text("seit", "since")
_NAMED: Final = "no-roll"
EACH_YEAR: Final = Text("je Jahr einer", "one a year")
_RULE: Final = Text("eine Bedingung", "one condition")
_RULES: Final = Text("Bedingungen", "conditions")
_EYES: Final = Text("nicht, wer zuletzt „{}“ tat", "not whoever last did “{}”")
_CORRECT: Final = "correct"


class Words(Names):
    """The words of one workflow in one language."""

    # -- what stands on a way ----------------------------------------------------------

    def rules(self, number: int) -> str:
        """How many rules may refuse."""
        return _RULE.pick(self.lang) if number == 1 else f"{number} {_RULES.pick(self.lang)}"

    def movers(self, item: Transition) -> Iterator[Line]:
        """Who may do it, and who may not."""
        if item.by:
            yield Line(mark="role", words=self.roles(item.by))
        for event in item.not_by:
            yield Line(mark="eyes", words=_EYES.pick(self.lang).format(self.event(event)))
        if item.reason and item.event != _CORRECT:
            yield Line(mark="reason", words=REASON.pick(self.lang))

    def effects(self, item: Transition) -> Iterator[Line]:
        """What follows from it elsewhere: new cases, what other cases are told, notices to people."""
        for one in item.start:
            words = self.field(one.children)
            if one.years is not None:
                words += f" ({EACH_YEAR.pick(self.lang)})"
            yield Line(mark="child", words=self._conditional(words, one.when))
        told = {(one.to, one.event): one for one in reversed(item.tell)}
        for (to, event), signal in reversed(told.items()):
            words = f"{self.field(to)}: {self.event_of(to, event)}"
            # That there is such a case goes without saying.
            when = signal.when if signal.when != f"has({to})" else None
            yield Line(mark="tell", words=self._conditional(words, when))
        to_ = dict.fromkeys(role for notice in item.notices for role in notice.to)
        if item.notices:
            yield Line(mark="mail", words=self.roles(to_))

    def _conditional(self, words: str, when: str | None) -> str:
        return f"{words} [{self.guard(when)}]" if when is not None else words

    # -- deadlines ---------------------------------------------------------------------

    def deadline(self, spec: DeadlineSpec, due: date | None) -> Iterator[Line]:
        """What runs, how long, by which law, who is reminded, and when it is due in a case."""
        yield Line(mark="clock", words=one_line(spec.title.pick(self.lang)))
        if due is not None:
            words = Text("fällig am", "due on").pick(self.lang)
            yield Line(mark="due", words=f"{words} {day(due, self.lang)}")
        counted = " · ".join(self._counted(spec))
        if counted != spec.title.pick(self.lang):
            yield Line(mark="law", words=counted)
        if spec.when is not None:
            yield Line(mark="law", words=f"[{self.guard(spec.when)}]")
        if spec.every is not None:
            words = Text("wiederkehrend", "recurring").pick(self.lang)
            yield Line(mark="again", words=f"{words}: {self._period(spec.every)}")
        yield from self._heralds(spec)

    def _heralds(self, spec: DeadlineSpec) -> Iterator[Line]:
        if spec.remind:
            words = ", ".join(self._period(item) for item in spec.remind)
            yield Line(mark="bell", words=f"{words} {Text('vorher', 'before').pick(self.lang)}")
        if spec.escalate is not None:
            after = Text("danach an", "after it to").pick(self.lang)
            to = self.roles(spec.escalate.notice.to)
            yield Line(mark="bell", words=f"{self._period(spec.escalate.after)} {after} {to}")

    def _counted(self, spec: DeadlineSpec) -> Iterator[str]:
        if spec.on is not None:
            yield self.field(spec.on)
        elif spec.start is not None:
            yield self._span(spec)
        # A day that is named itself is not counted by any law.
        named = spec.on is not None and spec.rule == _NAMED
        law = spec.law or (None if named else _law(spec.rule))
        if law:
            yield one_line(law)

    def _span(self, spec: DeadlineSpec) -> str:
        start = self.field(spec.start or "")
        if spec.period in self._workflow.field_by_name:
            return f"{self.field(spec.period or '')} {Text('ab', 'from').pick(self.lang)} {start}"
        period = _parsed(spec.period) if spec.period else _own_period(spec.rule)
        if period is None or period.empty:
            return f"{Text('ab', 'from').pick(self.lang)} {start}"
        where = Text("vor", "before") if period.back else Text("ab", "from")
        return f"{_short(period, self.lang)} {where.pick(self.lang)} {start}"

    def _period(self, iso: str) -> str:
        if iso in self._workflow.field_by_name:
            return self.field(iso)
        period = _parsed(iso)
        return _short(period, self.lang) if period is not None else iso


def _short(period: Period, lang: Lang) -> str:
    """A period with figures, which are shorter than words: 6 Monate."""
    parts = [
        (period.years, Text("Jahr", "year"), Text("Jahre", "years")),
        (period.months, Text("Monat", "month"), Text("Monate", "months")),
        (period.weeks, Text("Woche", "week"), Text("Wochen", "weeks")),
        (period.days, Text("Tag", "day"), Text("Tage", "days")),
        (period.hours, Text("Stunde", "hour"), Text("Stunden", "hours")),
    ]
    told = [f"{number} {(one if number == 1 else many).pick(lang)}" for number, one, many in parts if number]
    return " ".join(told) or period.text.pick(lang)


def _parsed(iso: str) -> Period | None:
    try:
        return Period.parse(iso)
    except WirflowError:
        return None


def _law(name: str) -> str | None:
    """The paragraph of a shipped rule; of an office's own rule, its name."""
    from wirflow.deadlines.catalogue import Catalogue  # noqa: PLC0415 - reads the tables of law

    rule = Catalogue.default().rules.get(name)
    return rule.law if rule is not None else name


def _own_period(name: str) -> Period | None:
    from wirflow.deadlines.catalogue import Catalogue  # noqa: PLC0415 - likewise

    rule = Catalogue.default().rules.get(name)
    return rule.default_period if rule is not None else None
