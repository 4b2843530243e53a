"""Guards and expressions: CEL over the facts of a case, type-checked when a definition is read.

The language is an allow-list: of CEL's own functions only those named here
exist, there are no loops, and no floating-point number is ever computed.

How facts become CEL values:

- **Money is a CEL duration, one cent one microsecond.**  CEL has no exact
  decimal, and a duration is an exact 64-bit count that its type checker keeps
  apart from numbers, dates and text.  Whoever compares it with `10000` or
  `60000.50` means euros: those overloads are declared here.
- **A date is a timestamp at noon UTC.**  Noon, because CEL takes midnight of
  the first day of year 1 for the infinite past.
- `old.x` and `partner.x` are plain variables with a dot in their names.
- `has(x)` becomes, before compiling, a boolean variable whose name has exactly
  as many characters, so that columns stay right.
- `report.all(r, …)` becomes, likewise, a variable.  Its body is an expression of
  its own, in which `r.x` are plain variables too; it is asked once for each child.
- An absent fact is not bound: an expression that needs it raises `AbsentError`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from wirflow.definition import document, span
from wirflow.definition.cel import (
    FUNCTIONS,
    METHODS,
    check_date,
    check_period,
    environment,
    fact,
    gives,
    own_error,
    runtime_error,
    translate,
    wrong_result,
)
from wirflow.definition.expression import (
    JOINS,
    MAX_JOINS,
    Join,
    Name,
    Problem,
    Reading,
    bounds,
    compared,
    members,
    presence,
    read,
)
from wirflow.definition.joins import Question, bare_group, no_group, no_question, taken, too_many
from wirflow.definition.model import CHILDREN
from wirflow.definition.scope import AbsentError, Child, GuardError, Linked, Scope
from wirflow.definition.values import Value, parse
from wirflow.errors import InputError, nearest
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from wirflow.definition.field import Field, LinkedField
    from wirflow.definition.model import Workflow

__all__ = ["AbsentError", "GuardError", "Guards", "Linked", "Problem", "Scope", "guards_for"]

MAX_SHARED: Final = 64
"""Workflows whose compiled expressions are kept by `guards_for`."""

_PLAIN_STRING: Final = re.compile(r"([\"'])([^\"'\\]*)\1")
_ABSENT: Final = re.compile(r'[A-Z_]+: No value with name "([^"]+)"')


@dataclass(frozen=True, slots=True)
class _Program:
    run: Callable[..., Any]
    values: Sequence[str]
    presences: Sequence[tuple[str, str]]
    questions: Sequence[Question] = ()

    def evaluate(self, scope: Scope) -> Any:
        """What CEL makes of it.

        Raises:
            AbsentError: what it asks about children needs a fact that is absent.
            GuardError: what it asks about children cannot be evaluated.
        """
        data: dict[str, object] = {}
        for name in self.values:
            value = scope.bind(name)
            if value is not None:
                data[name] = value
        for variable, name in self.presences:
            data[variable] = scope.has(name)
        if not self.questions:
            return self.run(data=data)
        missing: dict[str, Exception] = {}
        for question in self.questions:
            try:
                data[question.join.variable] = question.answer(scope)
            except (AbsentError, GuardError) as error:
                missing[question.join.variable] = error
        result = self.run(data=data)
        if missing and result.type().name() == "ERROR":
            # Only what is needed counts: `state == "x" || report.all(…)` may need no children.
            absent = _ABSENT.match(str(result.value()))
            if absent and absent[1] in missing:
                raise missing[absent[1]]
        return result


class Guards:
    """The expressions of one workflow: checked, compiled once, evaluated often.

    May be shared between threads.
    """

    def __init__(
        self,
        workflow: Workflow,
        before: Workflow | None = None,
        *,
        states: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Prepare, without compiling yet.

        Args:
            workflow: whose expressions they are.
            before: the version to which `old` and `state` belong, if that is another one.
            states: workflow → its states, so that a child is not compared with one that it never has.
        """
        was = before or workflow
        self._active = was.active
        self._states = frozenset(was.state_by_name)
        self._types: dict[str, str] = {"state": "text", "key": "text", "today": "date", "active": "states"}
        self._members: dict[str, Sequence[str]] = {}
        self._choices: dict[str, Sequence[str]] = {"state": tuple(item.name for item in was.states)}
        facts = {f"old.{field.name}": field for field in was.fields} | workflow.field_by_name
        for name, field in facts.items():
            self._types |= _parts(name, field.kind)
            if field.type == "choice":
                self._choices[name] = tuple(item.name for item in field.choices)
            elif field.of == "choice":
                self._members[name] = tuple(item.name for item in field.choices)
        for link in workflow.links:
            for item in link.fields:
                self._types |= _parts(f"{link.name}.{item.name}", item.kind)
                if item.choices:
                    chosen = self._choices if item.type == "choice" else self._members
                    chosen[f"{link.name}.{item.name}"] = item.choices
            self._types |= {f"{link.name}.state": "text", f"{link.name}.key": "text"}
            if link.workflow == workflow.name:
                self._choices |= {
                    f"{link.name}.{name}": names for name, names in self._choices.items() if "." not in name
                }
        self._links = tuple(link.name for link in workflow.links)
        self._groups: dict[str, dict[str, str]] = {}
        self._told: dict[tuple[str, str], LinkedField] = {}
        names = [CHILDREN, *workflow.children_by_name] if workflow.children else []
        for name in names:
            self._groups[name] = {}
            for item in workflow.fields_of(name):
                self._groups[name] |= _parts(item.name, item.kind)
                self._told[name, item.name] = item
            self._groups[name] |= {"key": "text", "state": "text", "workflow": "text", "final": "boolean"}
        self._standing = {
            name: [
                state
                for kind in workflow.children
                if name in {kind.name, CHILDREN}
                for state in (states or {}).get(kind.workflow, ())
            ]
            for name in names
        }
        self._inner: dict[tuple[tuple[str, str], ...], Guards] = {}
        self._lock = threading.Lock()
        self._env: Any = None
        self._programs: dict[str, _Program] = {}

    def within(self, more: Mapping[str, str]) -> Guards:
        """The same expressions with more names, but without questions about children.

        Args:
            more: dotted names and their types.
        """
        names = tuple(sorted(more.items()))
        found = self._inner.get(names)
        if found is None:
            found = copy(self)
            found._types = {**self._types, **more}  # noqa: SLF001 - it is one of its own
            found._groups = {}  # noqa: SLF001 - likewise
            found._choices, found._members = {**self._choices}, {**self._members}  # noqa: SLF001 - likewise
            found._lock, found._env, found._programs = threading.Lock(), None, {}  # noqa: SLF001 - likewise
            self._inner[names] = found
        return found

    def _asked(self, join: Join) -> Guards:
        """The expressions that may stand as the body of a join."""
        facts = self._groups.get(join.group, {})
        inner = self.within({f"{join.name}.{name}": kind for name, kind in facts.items()})
        told = [item for (group, _), item in self._told.items() if group == join.group and item.choices]
        for item in told:
            chosen = inner._choices if item.type == "choice" else inner._members  # noqa: SLF001 - one of its own
            chosen[f"{join.name}.{item.name}"] = item.choices
        states = self._standing.get(join.group)
        if states:
            inner._choices = {**inner._choices, f"{join.name}.state": states}  # noqa: SLF001 - one of its own
        return inner

    def problems(self, expr: str, expected: str) -> Sequence[Problem]:
        """What is wrong with an expression.

        Args:
            expr: CEL source text.
            expected: what it has to give: `bool`, or the type of a field.

        Returns:
            All problems in the order of their columns; none if the expression is fine.
        """
        problem = bounds(expr)
        if problem is not None:
            return [problem]
        reading = read(expr, self._groups)
        if len(reading.joins) > MAX_JOINS:
            return [too_many(reading.joins[MAX_JOINS].start)]
        try:
            with self._lock:
                compiled = self._environment().compile(reading.text)
        except Exception as error:  # noqa: BLE001 - the binding raises several types for one cause
            found = list(translate(str(error), reading.text))
            syntax = [item for item in found if item.code in {"syntax", "too-deep"}]
            if syntax:
                return syntax[:1]
        else:
            given = compiled.return_type().name()
            found = [] if gives(given, expected) else [wrong_result(given, expected)]
        own = [
            *self._unknown(reading),
            *self._joined(reading),
            *self._foreign_choices(reading),
            *_unknown_words(reading),
            *_bad_literals(reading),
        ]
        if own:
            # Unknown names are found here, all of them and with the near ones.
            found = [item for item in found if item.code != "unknown-name"]
        found += own
        return sorted(dict.fromkeys(found), key=lambda item: (item.column, item.code))

    def names(self, expr: str) -> frozenset[str]:
        """The dotted names that an expression touches, be it in `has()`."""
        reading = read(expr, self._groups)
        found = {self.fact(item.name) for item in (*reading.values, *reading.presences)}
        for join in reading.joins:
            found.add(join.group)
            inner = self._asked(join).names(join.body) if join.body else ()
            owner = f"{join.name}."
            found |= {
                f"{join.group}.{name.removeprefix(owner)}" if name.startswith(owner) else name
                for name in inner
            }
        return frozenset(found)

    def fact(self, name: str) -> str:
        """The fact that a name belongs to: of `pause.begin`, where `pause` is a span, it is `pause`."""
        owner = name.rpartition(".")[0]
        return owner if self._types.get(owner) in _PARTS else name

    def kind(self, name: str) -> str | None:
        """What a name stands for: a field's kind, `bool` or `states`; None: there is no such name."""
        return self._types.get(name)

    def scope(
        self,
        *,
        key: str,
        state: str,
        today: date,
        data: Mapping[str, Value],
        old: Mapping[str, Value],
        linked: Mapping[str, Linked],
        children: Sequence[Child] = (),
    ) -> Scope:
        """What the expressions of one decision see.

        Args:
            key: the case's key.
            state: its state before the event.
            today: the date on which the event counts.
            data: its facts, input included.
            old: its facts before the event; empty when a case starts.
            linked: the cases it is linked to, by the names of the links.
            children: the cases that belong to it.
        """
        sources: dict[str, Mapping[str, Value]] = {
            name: {**case.data, "key": case.key, "state": case.state} for name, case in linked.items()
        }
        sources[""] = {**data, "key": key, "state": state, "today": today}
        sources["old"] = old
        return Scope(sources, self._active(state), children)

    def holds(self, expr: str, scope: Scope) -> bool:
        """Whether a guard holds.

        Raises:
            AbsentError: it needs a fact that is absent.
            GuardError: it cannot be evaluated.
        """
        result = (self._programs.get(expr) or self._compile(expr)).evaluate(scope)
        value = result.value()
        if value is True or value is False:
            return bool(value)
        raise _failure(result)

    def value(self, expr: str, scope: Scope, field: Field) -> Value:
        """What an expression gives for a field: money with two places, a date, a permitted choice.

        Raises:
            AbsentError: it needs a fact that is absent.
            GuardError: it cannot be evaluated, or the field does not take what it gives.
        """
        result = (self._programs.get(expr) or self._compile(expr)).evaluate(scope)
        if result.type().name() == "ERROR":
            raise _failure(result)
        raw = result.value()
        try:
            return parse(field, fact(raw))
        except InputError as error:
            raise GuardError(error.message, hint=error.hint) from error

    def _compile(self, expr: str) -> _Program:
        problem = bounds(expr)
        if problem is None:
            reading = read(expr, self._groups)
            try:
                with self._lock:
                    compiled = self._environment().compile(reading.text)
            except Exception as error:  # noqa: BLE001 - the binding raises several types for one cause
                problem = next(translate(str(error), reading.text))
            else:
                program = _Program(
                    run=compiled.eval,
                    values=tuple(dict.fromkeys(item.name for item in reading.values)),
                    presences=tuple({presence(item.name): item.name for item in reading.presences}.items()),
                    questions=tuple(self._question(join) for join in reading.joins),
                )
                self._programs[expr] = program
                return program
        raise GuardError(problem.message, hint=problem.hint)

    def _environment(self) -> Any:
        if self._env is None:
            joins = MAX_JOINS if self._groups else 0
            self._env = environment(self._types, (*self._types, *self._links), joins)
        return self._env

    def _question(self, join: Join) -> Question:
        inner = self._asked(join)
        return Question(join, partial(inner.holds, join.body))

    def _joined(self, reading: Reading) -> Iterator[Problem]:
        """What is wrong with the questions about children."""
        for join in reading.joins:
            if join.group not in self._groups:
                yield no_group(join, self._groups)
                continue
            if not join.body:
                continue
            if join.name in {*self._types, *self._links, *self._groups, "old", "each"}:
                yield taken(join)
                continue
            for problem in self._asked(join).problems(join.body, "bool"):
                yield replace(problem, column=problem.column + join.body_at)

    def _unknown(self, reading: Reading) -> Iterator[Problem]:
        for item in reading.values:
            if item.name in self._links:
                yield Problem(
                    item.start,
                    Text(
                        f"'{item.name}' ist eine Verknüpfung und hat selbst keinen Wert.",
                        f"'{item.name}' is a link and has no value itself.",
                    ),
                    Text(
                        f"Etwa: {item.name}.state, {item.name}.key oder has({item.name}).",
                        f"For instance: {item.name}.state, {item.name}.key or has({item.name}).",
                    ),
                    "wrong-type",
                )
            elif item.name in self._groups:
                yield bare_group(item)
            elif item.name not in self._types:
                yield _unknown_field(item, self._types)
        for item in reading.presences:
            if item.name in self._groups:
                yield bare_group(item)
            elif item.name not in self._types and item.name not in self._links:
                yield _unknown_field(item, (*self._types, *self._links))

    def _foreign_choices(self, reading: Reading) -> Iterator[Problem]:
        for item in reading.values:
            choices = self._choices.get(item.name) or self._members.get(item.name)
            if not choices:
                continue
            of_one = item.name in self._choices
            for token in compared(reading, item) if of_one else members(reading, item):
                plain = _PLAIN_STRING.fullmatch(token.text)
                if plain is None or plain[2] in choices:
                    continue
                near = nearest(plain[2], choices)
                listed = ", ".join(choices)
                yield Problem(
                    token.start,
                    Text(
                        f"'{item.name}' {'ist' if of_one else 'enthält'} nie '{plain[2]}'.",
                        f"'{item.name}' {'is never' if of_one else 'never holds'} '{plain[2]}'.",
                    ),
                    Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?")
                    if near
                    else Text(f"Möglich: {listed}.", f"One of: {listed}."),
                    "not-a-choice",
                )


def _parts(name: str, kind: str) -> dict[str, str]:
    """A name with what its value is made of, and their kinds."""
    return {name: kind, **{f"{name}.{part}": of for part, of in _PARTS.get(kind, {}).items()}}


_PARTS: Final = {
    "span": dict.fromkeys(span.PARTS, "date") | {"days": "integer"},
    "document": dict.fromkeys(document.PARTS, "text") | {"size": "integer"},
}

_shared: dict[str, Guards] = {}
_shared_lock = threading.Lock()


def guards_for(workflow: Workflow) -> Guards:
    """The one shared `Guards` of a workflow, by its hash; the oldest of too many are forgotten."""
    found = _shared.get(workflow.hash)
    if found is None:
        with _shared_lock:
            while len(_shared) >= MAX_SHARED:
                del _shared[next(iter(_shared))]
            found = _shared.setdefault(workflow.hash, Guards(workflow))
    return found


def _unknown_words(reading: Reading) -> Iterator[Problem]:
    """Functions and values that CEL may have and expressions have not."""
    for token in reading.tokens:
        if token.text == "null":
            yield _null(token.start)
    for words, known in ((reading.calls, FUNCTIONS), (reading.methods, METHODS)):
        for name, start in words:
            if name == "has":
                yield Problem(
                    start,
                    Text("has() nimmt genau einen Namen.", "has() takes exactly one name."),
                    Text(
                        "Etwa: has(award_ends), has(old.award_ends), has(partner.unit).",
                        "For instance: has(award_ends), has(old.award_ends), has(partner.unit).",
                    ),
                )
            elif name in JOINS and known is METHODS:
                yield no_question(name, start)
            elif name not in known:
                yield _unknown_function(name, start, known)


def _bad_literals(reading: Reading) -> Iterator[Problem]:
    """Dates and periods that are written down and impossible."""
    for name, start in reading.calls:
        index = next(i for i, token in enumerate(reading.tokens) if token.start == start)
        if name == "date":
            place, check = index + 2, check_date
        elif name == "plus":
            closing = (i for i in range(index, len(reading.tokens)) if reading.token(i) == ")")
            place, check = next(closing, index) - 1, check_period
            if reading.token(place - 1) != ",":
                continue
        else:
            continue
        plain = _PLAIN_STRING.fullmatch(reading.token(place))
        if plain is None:
            continue
        try:
            check(plain[2])
        except ValueError as error:
            message, hint, code = own_error(str(error))
            yield Problem(reading.tokens[place].start, message, hint, code)


def _unknown_field(item: Name, known: Iterable[str]) -> Problem:
    near = nearest(item.name, known)
    return Problem(
        item.start,
        Text(f"Das Feld '{item.name}' ist unbekannt.", f"The field '{item.name}' is unknown."),
        Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?") if near else None,
        "unknown-field",
    )


def _null(start: int) -> Problem:
    return Problem(
        start,
        Text("Einen Wert 'null' gibt es nicht.", "There is no value 'null'."),
        Text("Ob ein Feld da ist, sagt has(feld).", "Whether a field is there says has(field)."),
        "wrong-type",
    )


def _unknown_function(name: str, start: int, known: Sequence[str]) -> Problem:
    near = nearest(name, known)
    listed = ", ".join(known)
    return Problem(
        start,
        Text(f"Die Funktion '{name}' gibt es nicht.", f"There is no function '{name}'."),
        Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?")
        if near
        else Text(f"Es gibt: {listed}.", f"There are: {listed}."),
        "unknown-function",
    )


def _failure(result: Any) -> Exception:
    """Why an evaluation gave no value."""
    message = str(result.value())
    absent = _ABSENT.match(message)
    return AbsentError(absent[1]) if absent else _guard_error(message)


def _guard_error(message: str) -> GuardError:
    text, hint = runtime_error(message)
    return GuardError(text, hint=hint)
