"""The words of a picture: what a rule, a deadline, a role or another case is called in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wirflow.deadlines.period import Period
from wirflow.definition.diagram.picture import Line
from wirflow.errors import WirflowError
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from wirflow.definition.model import DeadlineSpec, Signal, Transition, Workflow

ANYWHERE: Final = Text("In jedem offenen Zustand", "In every open state")
FROM_ANYWHERE: Final = Text("aus jedem offenen Zustand", "from every open state")
FROM_ANY_OTHER: Final = Text("aus jedem anderen offenen Zustand", "from every other open state")
FROM_INSIDE: Final = Text("aus jedem Zustand hier", "from every state in here")
EXCEPT: Final = Text(" außer ", " except ")
FROM: Final = Text("aus ", "from ")
AUTOMATIC: Final = Text("von selbst", "by itself")
ALL_DONE: Final = Text("von selbst, wenn alles darin beendet ist", "by itself, when all inside has ended")
SIGNAL: Final = Text("durch einen anderen Vorgang", "by another case")
REASON: Final = Text("mit Begründung", "with a reason")
SINCE: Final = Text("seit", "since")
_RULE: Final = Text("eine Bedingung", "one condition")
_RULES: Final = Text("Bedingungen", "conditions")
_EYES: Final = Text("nicht, wer zuletzt „{}“ tat", "not whoever last did “{}”")
_START: Final = Text("Beginn", "start")
_CORRECT: Final = "correct"

# Words for the signs of an expression.  A picture is read by people who write no CEL.
_SIGNS: Final = {
    "&&": Text("und", "and"),
    "||": Text("oder", "or"),
    "==": Text.same("="),
    "!=": Text.same("≠"),
    "<=": Text.same("≤"),
    ">=": Text.same("≥"),
    "!": Text("nicht", "not"),
    "true": Text("ja", "yes"),
    "false": Text("nein", "no"),
    "today": Text("heute", "today"),
    "state": Text("Zustand", "state"),
    "key": Text("Aktenzeichen", "key"),
}
_KNOWN: Final = Text("{} bekannt", "{} is known")
_ABSENT: Final = Text("{} fehlt", "{} is missing")
_TOKEN: Final = re.compile(
    r"""(?P<absent>!\s*has\(\s*(?P<lacking>[\w.]+)\s*\))
      | (?P<known>has\(\s*(?P<there>[\w.]+)\s*\))
      | (?P<flag>!(?P<off>[a-z]\w*)(?![\w.(]))
      | (?P<inside>"(?P<place>[\w.]+)"\s+in\s+active\b)
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<sign>&&|\|\||==|!=|<=|>=|!)
      | (?P<name>[A-Za-z_]\w*(?:\.\w+)*)(?P<call>\()?
      | (?P<rest>\s+|.)""",
    re.VERBOSE | re.DOTALL,
)


def one_line(words: str) -> str:
    """Words without line ends and other signs that cannot be printed; a dash if nothing is left."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in words).split()) or "–"


def day(on: date, lang: Lang) -> str:
    """A civil date as short as it is read in a picture: 28.01.2021 or 28 Jan 2021."""
    if lang == "de":
        return f"{on.day:02}.{on.month:02}.{on.year:04}"
    return f"{on.day} {'JanFebMarAprMayJunJulAugSepOctNovDec'[3 * on.month - 3 : 3 * on.month]} {on.year:04}"


class Words:
    """The words of one workflow in one language."""

    def __init__(self, workflow: Workflow, lang: Lang, others: Mapping[str, Workflow] | None = None) -> None:
        self._workflow = workflow
        self._others = others or {}
        self.lang: Lang = lang
        self._last = ""
        self._choices = {
            choice.name: choice.title.pick(lang) for field in workflow.fields for choice in field.choices
        }

    def state(self, name: str) -> str:
        """The title of a state."""
        return one_line(self._workflow.state_by_name[name].title.pick(self.lang))

    def field(self, name: str) -> str:
        """What a field is called; a link's field with its link."""
        link, _, rest = name.partition(".")
        self._last = link if rest else ""
        if rest and link in self._workflow.link_by_name:
            other = one_line(self._workflow.link_by_name[link].title.pick(self.lang))
            sign = _SIGNS.get(rest)
            return f"{other}: {sign.pick(self.lang) if sign else rest.replace('_', ' ')}"
        for table in (self._workflow.field_by_name, self._workflow.link_by_name):
            if name in table:
                return one_line(table[name].title.pick(self.lang))
        return name

    def event(self, name: str) -> str:
        """The title of an event."""
        for item in self._workflow.transitions:
            if item.event == name:
                return one_line(item.title.pick(self.lang))
        return _START.pick(self.lang) if name == "start" else name

    def event_of(self, link: str, event: str) -> str:
        """The title of an event of the case that a link leads to, if its workflow is known."""
        known = self._workflow.link_by_name.get(link)
        other = self._others.get(known.workflow) if known else None
        return Words(other, self.lang).event(event) if other else event.replace("_", " ")

    def roles(self, names: Iterable[str]) -> str:
        """The titles of roles."""
        known = self._workflow.role_by_name
        return ", ".join(
            one_line(known[name].title.pick(self.lang)) if name in known else name for name in names
        )

    def guard(self, expression: str) -> str:
        """An expression in the words of the workflow: fields by their titles, signs as people write them."""
        words = one_line("".join(self._token(found) for found in _TOKEN.finditer(expression)))
        return words.replace("( ", "(").replace(" )", ")")

    def _token(self, found: re.Match[str]) -> str:
        part = found.groupdict()
        writers: dict[str, Callable[[], str]] = {
            "absent": lambda: _ABSENT.pick(self.lang).format(self._named(part["lacking"])),
            "known": lambda: _KNOWN.pick(self.lang).format(self._named(part["there"])),
            "flag": lambda: f"{_SIGNS['!'].pick(self.lang)} {self._named(part['off'])}",
            "inside": lambda: self._quoted(part["place"]),
            "text": lambda: self._quoted(part["text"][1:-1]),
            "sign": lambda: f" {_SIGNS[part['sign']].pick(self.lang)} ",
            "name": lambda: part["name"] + "(" if part["call"] else self._named(part["name"]),
        }
        return next((write() for name, write in writers.items() if part[name]), found[0])

    def _named(self, name: str) -> str:
        if name in _SIGNS and name not in self._workflow.field_by_name:
            return _SIGNS[name].pick(self.lang)
        if name.startswith("old."):
            return f"{self.field(name[4:])} ({Text('bisher', 'so far').pick(self.lang)})"
        return self.field(name)

    def _quoted(self, name: str) -> str:
        """A text of an expression: the title of a state or a choice, if it is one."""
        if name in self._workflow.state_by_name:
            found = self.state(name)
        else:
            found = one_line(self._choices.get(name) or self._linked_state(name))
        return f"„{found}“" if self.lang == "de" else f"“{found}”"

    def _linked_state(self, name: str) -> str:
        """The title of a state of the linked case that was named last, or the name as it is."""
        link = self._workflow.link_by_name.get(self._last)
        other = self._others.get(link.workflow) if link else None
        state = other.state_by_name.get(name) if other else None
        return state.title.pick(self.lang) if state else name

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
        """Whom it tells: other cases, and people by notices."""
        for signal in dict.fromkeys((one.to, one.event) for one in item.tell):
            yield Line(mark="tell", words=self._told(item.tell, *signal))
        to = dict.fromkeys(role for notice in item.notices for role in notice.to)
        if item.notices:
            yield Line(mark="mail", words=self.roles(to))

    def _told(self, signals: Iterable[Signal], to: str, event: str) -> str:
        one = next(item for item in signals if (item.to, item.event) == (to, event))
        words = f"{self.field(to)}: {self.event_of(to, event)}"
        return f"{words} [{self.guard(one.when)}]" if one.when and one.when != f"has({to})" else words

    # -- deadlines ---------------------------------------------------------------------

    def deadline(self, spec: DeadlineSpec, due: date | None) -> Iterator[Line]:
        """What runs, how long, by which law, who is reminded, and when it is due in a case."""
        yield Line(mark="clock", words=one_line(spec.title.pick(self.lang)))
        if due is not None:
            words = Text("fällig am", "due on").pick(self.lang)
            yield Line(mark="due", words=f"{words} {day(due, self.lang)}")
        yield Line(mark="law", words=" · ".join(self._counted(spec)))
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
        law = spec.law or _law(spec.rule)
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
