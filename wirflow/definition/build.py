"""Fitted parts of a file → a `Workflow`, with every name resolved and every expression checked."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Final, NamedTuple

from wirflow.definition.declare import WHAT, Outline, declare
from wirflow.definition.grammar_parts import EVERYWHERE
from wirflow.definition.model import (
    CHILDREN,
    CORRECT,
    EACH_YEAR,
    HEARD,
    Assignment,
    DeadlineSpec,
    Escalation,
    Given,
    Input,
    Money,
    Notice,
    Requirement,
    Signal,
    Start,
    Transition,
    Warn,
    Workflow,
    Years,
)
from wirflow.definition.shape import NAME, Part, twice
from wirflow.definition.start import is_key, is_list, passed
from wirflow.definition.yaml import Mapping, Scalar
from wirflow.errors import DeadlineError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping as Types

    from wirflow.definition.log import Log


START: Final = "start"
"""The event with which every case begins; `not_by` may name it."""


_BY_ITSELF: Final = {
    CORRECT: Text("Schreiben Sie: corrections: {by: [Rolle]}.", "Write: corrections: {by: [role]}."),
    START: Text("Mit ihm beginnt jeder Vorgang.", "Every case begins with it."),
    HEARD: Text("So hört ein Vorgang von seinen Untervorgängen.", "By it a case hears of its children."),
}

_TABLES: Final = {
    "field": "fields",
    "role": "roles",
    "state": "states",
    "event": "transitions",
    "link": "links",
    "child": "children",
}
"""Where names are declared: what is wrong there is not told again wherever they are used."""


_TELLS: Final = {
    "date": ("date",),
    "flag": ("boolean",),
    "time": ("text",),
    "spans": ("span", "list of span"),
}
"""For each sort of legal fact, the kinds of fields that can tell it."""


class _Expression(NamedTuple):
    node: Scalar
    expected: str
    more: Types[str, str]
    """Names that it may use beside those of the workflow, with their types."""


def build(name: str, part: Part, outlines: dict[str, Outline], log: Log) -> Workflow | None:
    """The workflow that a file defines.

    Args:
        name: what it is called.
        part: the file, fitted to the grammar.
        outlines: the workflows that links may lead to, this one included.
        log: takes what is wrong.

    Returns:
        The workflow; to be used only if the log has no errors.  None if nothing
        can be made of the file.
    """
    if part.get("states") is None:
        return None
    return _Builder(name, part, outlines, log).workflow()


class _Builder:
    def __init__(self, name: str, part: Part, outlines: dict[str, Outline], log: Log) -> None:
        self._name = name
        self._part = part
        self._outlines = outlines
        self._log = log
        self._names = declare(part, outlines, log)
        self._unsure = self._names.unsure | outlines[name].unsure
        self._expressions: list[_Expression] = []

    def workflow(self) -> Workflow:
        part, names = self._part, self._names
        workflow = Workflow(
            name=self._name,
            title=part.title(self._name),
            subject=self._subject(),
            roles=tuple(names.roles.values()),
            fields=tuple(names.fields.values()),
            links=tuple(names.links.values()),
            children=tuple(names.children.values()),
            states=tuple(names.states.values()),
            transitions=tuple(self._transitions()),
            deadlines=tuple(self._deadline(key, item) for key, item in part.many("deadlines")),
            warnings=tuple(self._warning(key, item) for key, item in part.many("warnings")),
            constraints=tuple(
                Requirement(when=self._expression(item.get("when")) or "", otherwise=item.title("", "else"))
                for item in part.many("constraints")
            ),
            money=tuple(self._money(key, item) for key, item in part.many("money")),
        )
        self._check_expressions(workflow)
        return workflow

    def _subject(self) -> Text:
        subject: Text | None = self._part.get("subject")
        node = self._part.node_of("subject")
        if subject is None or node is None:
            return Text.same("{key}")
        nodes = [entry[1] for entry in node.entries.values()] if isinstance(node, Mapping) else [node]
        fine = [self._check_subject(item) for item in nodes if isinstance(item, Scalar)]
        return subject if all(fine) else Text.same("{key}")

    def _check_subject(self, scalar: Scalar) -> bool:
        fine = True
        hint = Text(
            "Möglich sind {key} und die Felder in geschweiften Klammern.",
            "Possible are {key} and the fields in braces.",
        )
        try:
            parts = list(Formatter().parse(scalar.text))
        except ValueError:
            parts = [("", "", "", None)]
        for _, name, layout, conversion in parts:
            known = name == "key" or name in self._names.fields
            if name is None or (known and not layout and not conversion):
                continue
            fine = False
            if not name or layout or conversion or not NAME.fullmatch(name):
                self._log.add(
                    "wrong-subject",
                    scalar,
                    Text("So lässt sich kein Titel bilden.", "No title can be made of this."),
                    hint,
                )
            else:
                at = replace_text(scalar, name)
                self._log.unknown("field", WHAT["field"], at, self._names.fields)
        return fine

    # References

    def _known(self, kind: str, name: Scalar | None, known: Iterable[str]) -> str | None:
        """The text of a name if it exists; else a finding and None."""
        if name is None or name.text in known:
            return name.text if name else None
        table = _TABLES[kind]
        if table not in self._part.wrong and name.text not in self._part.keys(table):
            self._log.unknown(kind, WHAT[kind], name, known)
        return None

    def _all_known(self, kind: str, names: list[Scalar], known: Iterable[str]) -> tuple[str, ...]:
        twice(names, self._log)
        found = [text for name in names if (text := self._known(kind, name, known))]
        return tuple(dict.fromkeys(found))

    def _states(self, names: list[Scalar]) -> tuple[str, ...]:
        if not any(name.text == EVERYWHERE for name in names):
            return self._all_known("state", names, self._names.states)
        if len(names) > 1:
            star = next(name for name in names if name.text == EVERYWHERE)
            self._log.add(
                "wrong-value",
                star,
                Text(
                    '"*" steht allein: Es meint schon alle Zustände.',
                    '"*" stands alone: it means all states already.',
                ),
                Text("Finale Zustände sind nicht dabei.", "Final states are not among them."),
            )
        return tuple(
            state.name for state in self._names.states.values() if not state.final and not state.parent
        )

    def _expression(
        self, node: Scalar | None, expected: str = "bool", more: Types[str, str] | None = None
    ) -> str | None:
        if node is None:
            return None
        self._expressions.append(_Expression(node, expected, more or {}))
        return node.text

    def _assignments(
        self,
        rows: list[tuple[Scalar, Scalar]],
        types: dict[str, str],
        more: Types[str, str] | None = None,
    ) -> tuple[Assignment, ...]:
        found = []
        for name, value in rows:
            if self._known("field", name, types):
                self._expression(value, types[name.text], more)
                found.append(Assignment(field=name.text, value=value.text))
        return tuple(found)

    def _cleared(self, part: Part) -> tuple[str, ...]:
        """The fields that a transition makes absent: none that a case needs, and none that it sets."""
        for name in part.many("clear"):
            field = self._names.fields.get(name.text)
            if field and field.required:
                self._log.add(
                    "wrong-value",
                    name,
                    Text(
                        f"'{name.text}' ist Pflicht (required) und kann nicht wegfallen.",
                        f"'{name.text}' is required and cannot be made absent.",
                    ),
                    Text("'required' oder das hier kann entfallen.", "'required' or this can go."),
                )
            if any(row.text == name.text for row, _ in part.many("set")):
                self._log.add(
                    "wrong-value",
                    name,
                    Text(
                        f"'{name.text}' wird hier gesetzt und zugleich entfernt.",
                        f"'{name.text}' is set and made absent here at once.",
                    ),
                    Text("Eines von beiden kann entfallen.", "One of the two can go."),
                )
        return self._all_known("field", part.many("clear"), self._names.fields)

    def _notice(self, part: Part | None) -> Notice | None:
        if part is None or not part.text("template"):
            return None
        named = part.get("to")
        to = tuple(self._names.roles) if named is None else self._all_known("role", named, self._names.roles)
        if not to and not named:
            self._log.add(
                "no-recipient",
                part.node,
                Text("Diese Nachricht bekommt niemand.", "Nobody receives this notice."),
                Text(
                    "Nennen Sie Rollen: {template: …, to: [clerk]}.",
                    "Name roles: {template: …, to: [clerk]}.",
                ),
            )
        return Notice(template=part.text("template") or "", to=to)

    # Transitions, deadlines, warnings

    def _transitions(self) -> list[Transition]:
        found = []
        for event, alternatives in self._part.many("transitions"):
            if event.text in _BY_ITSELF:
                self._log.add(
                    "reserved-name",
                    event,
                    Text(
                        f"Das Ereignis '{event.text}' gibt es von selbst.",
                        f"The event '{event.text}' exists by itself.",
                    ),
                    _BY_ITSELF[event.text],
                )
            found += [self._transition(event.text, item) for item in alternatives]
        corrections: Part | None = self._part.get("corrections")
        if corrections:
            found.append(
                Transition(
                    event=CORRECT,
                    title=Text("Angaben berichtigen", "Correct the facts"),
                    sources=tuple(state.name for state in self._names.states.values() if not state.parent),
                    target=None,
                    by=self._all_known("role", corrections.many("by"), self._names.roles),
                    input=tuple(Input(field=name, required=False) for name in self._names.fields),
                    reason=True,
                )
            )
        return found

    def _transition(self, event: str, part: Part) -> Transition:
        types: dict[str, str] = {field.name: field.kind for field in self._names.fields.values()}
        notices = [self._notice(item) for item in part.many("notices")]
        signals = [self._signal(item) for item in part.many("tell")]
        starts = [self._start(item) for item in part.many("start")]
        return Transition(
            event=event,
            title=part.title(event),
            sources=self._states(part.many("from")),
            target=self._known("state", part.get("to"), self._names.states),
            by=self._all_known("role", part.many("by"), self._names.roles),
            not_by=self._all_known("event", part.many("not_by"), (*self._names.events, START)),
            when=self._expression(part.get("when")),
            input=tuple(
                Input(field=name.text, required=word is None or word.text == "required")
                for name, word in part.many("input")
                if self._known("field", name, types)
            ),
            requires=tuple(
                Requirement(when=self._expression(item.get("when")) or "", otherwise=item.title("", "else"))
                for item in part.many("requires")
            ),
            set=self._assignments(part.many("set"), types),
            clear=self._cleared(part),
            notices=tuple(item for item in notices if item),
            tell=tuple(item for item in signals if item),
            start=tuple(item for item in starts if item),
            automatic=self._automatic(part),
            reopens=part.yes("reopens"),
            reason=part.yes("reason"),
        )

    def _automatic(self, part: Part) -> bool:
        """Whether a transition takes itself; then nobody brings it about or gives it anything."""
        if not part.yes("automatic"):
            return False
        for word in ("by", "not_by", "input", "reason"):
            if part.get(word):
                self._log.add(
                    "wrong-value",
                    part.key(word),
                    Text(
                        f"Was von selbst geschieht, hat kein '{word}'.",
                        f"What happens by itself has no '{word}'.",
                    ),
                    Text("'automatic' oder das kann entfallen.", "'automatic' or this can go."),
                )
        return True

    def _signal(self, part: Part) -> Signal | None:
        when = self._expression(part.get("when"))
        names = self._names
        told = {CHILDREN: tuple(names.children.values())} if names.children else {}
        told |= {name: (item,) for name, item in names.children.items()}
        to = self._known("link", part.get("to"), (*names.links, *told))
        if to is None or not part.text("event"):
            return None
        targets = (names.links[to],) if to in names.links else told[to]
        types: dict[str, str] = {field.name: field.kind for target in targets for field in target.fields}
        known = [self._outlines[item.workflow] for item in targets if item.workflow in self._outlines]
        unsure = {name for item in known for name in item.unsure}
        rows = part.many("with") if len(known) == len(targets) else []
        return Signal(
            to=to,
            event=part.text("event") or "",
            when=when,
            values=self._assignments([row for row in rows if row[0].text not in unsure], types),
        )

    def _start(self, part: Part) -> Start | None:
        when = self._expression(part.get("when"))
        name = self._known("child", part.get("child"), self._names.children)
        span: Part | None = part.get("each_year")
        years = None
        if span and span.text("from") and span.text("until"):
            years = Years(
                first=self._expression(span.get("from"), "date") or "",
                last=self._expression(span.get("until"), "date") or "",
            )
        if name is None:
            return None
        each = self._known("field", part.get("each"), self._names.fields)
        if each and each not in self._unsure and not is_list(part.get("each"), self._names.fields, self._log):
            each = None
        if each and span:
            self._log.add(
                "wrong-value",
                part.key("each"),
                Text(
                    "Je Jahr und je Eintrag zugleich geht nicht.", "For each year and each item is too much."
                ),
                Text("'each' oder 'each_year' kann entfallen.", "'each' or 'each_year' can go."),
            )
            each = None
        kind = self._names.children[name]
        known = self._outlines.get(kind.workflow)
        types: dict[str, str] = {field.name: field.kind for field in kind.fields}
        rows = [row for row in part.many("with") if known and row[0].text not in known.unsure]
        key: Scalar | None = part.get("key")
        own: Types[str, str] = EACH_YEAR if years else {}
        if each:
            own = {"each.number": "integer", "each.item": self._names.fields[each].of or "text"}
        return Start(
            children=name,
            when=when,
            years=years,
            each=each,
            values=self._assignments(rows, types, own),
            links=tuple(passed(kind.workflow, known, part, self._names.links, self._log)) if known else (),
            key=key.text if key and is_key(key, own, self._log) else None,
        )

    def _deadline(self, key: Scalar, part: Part) -> DeadlineSpec:
        on, start = part.get("on"), part.get("from")
        if (on is None) == (start is None) and not {"on", "from"} & part.wrong:
            self._log.add(
                "on-or-from",
                key,
                Text("Eine Frist hat entweder 'on' oder 'from'.", "A deadline has either 'on' or 'from'."),
                Text(
                    "on: ein Feld mit dem Tag selbst; from: ein Feld, ab dem gerechnet wird.",
                    "on: a field with the day itself; from: a field from which is counted.",
                ),
            )
        if on and part.get("period"):
            self._log.add(
                "on-or-from",
                part.key("period"),
                Text(
                    "Zu 'on' gehört keine Dauer: Der Tag steht schon fest.",
                    "'on' takes no period: the day is fixed already.",
                ),
                Text("Gerechnet wird ab 'from'.", "Counting starts from 'from'."),
            )
        if start and not part.get("rule") and "rule" not in part.wrong:
            self._log.add(
                "missing-key",
                key,
                Text("Hier fehlt der Schlüssel 'rule'.", "The key 'rule' is missing here."),
                Text(
                    "Nach welcher Regel wird gerechnet? Etwa vwvfg-31, bgb-188 oder no-roll.",
                    "By which rule is it counted? Such as vwvfg-31, bgb-188 or no-roll.",
                ),
            )
        reminders = self._reminders(part.many("remind"))
        if reminders and part.get("notice") is None and "notice" not in part.wrong:
            self._log.add(
                "missing-key",
                part.key("remind"),
                Text("Zu den Erinnerungen fehlt der Schlüssel 'notice'.", "Reminders need the key 'notice'."),
                Text(
                    "Etwa: notice: {template: …, to: [clerk]}.",
                    "For instance: notice: {template: …, to: [clerk]}.",
                ),
            )
        return DeadlineSpec(
            name=key.text,
            title=part.title(key.text),
            states=self._states(part.many("while")),
            on=self._typed(on, "date"),
            start=self._typed(start, "date"),
            rule=part.text("rule") or "no-roll",
            period=self._period(part.get("period")),
            when=self._expression(part.get("when")),
            law=part.text("law"),
            edge="start_of_day" if part.text("fires") == "start_of_day" else "end_of_day",
            fire=self._known("event", part.get("fire"), self._names.events),
            remind=reminders,
            notice=self._notice(part.get("notice")),
            escalate=self._escalation(part),
            every=self._duration(part.get("every")) if part.get("every") else None,
            given=self._given(part),
        )

    def _escalation(self, part: Part) -> Escalation | None:
        row: Part | None = part.get("escalate")
        after = row.get("after") if row else None
        if row is None or after is None:
            return None
        usual: Part | None = part.get("notice")
        template = row.text("template") or (usual.text("template") if usual else None)
        if template is None:
            self._log.add(
                "missing-key",
                row.node,
                Text("Hier fehlt der Schlüssel 'template'.", "The key 'template' is missing here."),
                Text("Welches Schreiben geht hinaus?", "Which notice goes out?"),
            )
        to = self._all_known("role", row.many("to"), self._names.roles)
        unless = self._all_known("event", row.many("unless"), self._names.events)
        period = self._duration(after)
        if template is None or period is None:
            return None
        return Escalation(after=period, notice=Notice(template=template, to=to), unless=unless)

    def _given(self, part: Part) -> tuple[Given, ...]:
        from wirflow.deadlines.facts import SORTS  # noqa: PLC0415 - few deadlines have it

        found = []
        for fact, name in part.many("given"):
            if fact.text not in SORTS:
                self._log.unknown("fact", Text("Die Tatsache", "The fact"), fact, SORTS)
            elif self._typed(name, *_TELLS[SORTS[fact.text]]):
                found.append(Given(fact=fact.text, field=name.text))
        return tuple(found)

    def _typed(self, name: Scalar | None, *kinds: str) -> str | None:
        """A field that has to be of one of some kinds."""
        fields = self._names.fields
        text = self._known("field", name, fields)
        if text and name and fields[text].kind not in kinds and text not in self._unsure:
            fit = ", ".join(field.name for field in fields.values() if field.kind in kinds) or "-"
            self._log.add(
                "wrong-type",
                name,
                Text(
                    f"'{text}' ist vom Typ {fields[text].kind}; gebraucht wird {' oder '.join(kinds)}.",
                    f"'{text}' is of type {fields[text].kind}; needed is {' or '.join(kinds)}.",
                ),
                Text(f"Möglich: {fit}.", f"Possible: {fit}."),
            )
        return text

    def _period(self, node: Scalar | None) -> str | None:
        if node is None:
            return None
        if NAME.fullmatch(node.text):
            return self._typed(node, "period")
        return self._duration(node)

    def _duration(self, node: Scalar) -> str | None:
        from wirflow.deadlines import Period  # noqa: PLC0415 - not every workflow has periods

        try:
            return str(Period.parse(node.text))
        except DeadlineError as error:
            self._log.add("bad-period", node, error.message, error.hint)
            return None

    def _reminders(self, nodes: list[Scalar]) -> tuple[str, ...]:
        """Periods before the due day, longest first."""
        from wirflow.deadlines import Period  # noqa: PLC0415 - likewise

        twice(nodes, self._log)
        found = {}
        for node in nodes:
            text = self._duration(node)
            if text is None:
                continue
            period = Period.parse(text)
            if period.back or period.hours or period.empty:
                self._log.add(
                    "bad-period",
                    node,
                    Text("Erinnert wird ganze Tage vorher.", "Reminders come whole days before."),
                    Text("Etwa P6M, P2W oder P3D.", "Such as P6M, P2W or P3D."),
                )
            else:
                found[text] = period.contiguous_days
        return tuple(sorted(found, key=lambda text: -found[text]))

    def _warning(self, key: Scalar, part: Part) -> Warn:
        return Warn(
            name=key.text,
            states=self._states(part.many("while")),
            when=self._expression(part.get("when")) or "false",
            text=part.title("", "text"),
            source=part.text("source"),
        )

    def _money(self, key: Scalar, part: Part) -> Money:
        places = part.get("while")
        return Money(
            name=key.text,
            title=part.title(key.text),
            counts=part.text("counts") or "prospective",  # type: ignore[arg-type] # the grammar lets only these through
            states=tuple(self._names.states) if places is None else self._states(places),
            when=self._expression(part.get("when")),
            amount=self._expression(part.get("amount"), "money") or "",
            start=self._expression(part.get("from"), "date"),
            until=self._expression(part.get("until"), "date"),
        )

    def _check_expressions(self, workflow: Workflow) -> None:
        """Type-check all expressions; what only follows from another finding is left out."""
        if not self._expressions or {"fields", "links", "parent", "children"} & self._part.wrong:
            return
        from wirflow.definition.guards import Guards  # noqa: PLC0415 - CEL is loaded only if needed

        guards = Guards(workflow, states={name: item.states for name, item in self._outlines.items()})
        unsure = re.compile(rf"\b(?:{'|'.join(map(re.escape, self._unsure))})\b") if self._unsure else None
        for node, expected, more in self._expressions:
            if self._log.full:
                break
            if unsure and unsure.search(node.text):
                continue
            for problem in (guards.within(more) if more else guards).problems(node.text, expected):
                self._log.add(problem.code, node, problem.message, problem.hint, offset=problem.column)


def replace_text(scalar: Scalar, text: str) -> Scalar:
    """A part of a scalar as a scalar of its own, at its own place."""
    line, column = scalar.position(scalar.text.index(text))
    return Scalar(line, column, text, scalar.plain, scalar.source, scalar.start, scalar.end)
