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
- An absent fact is not bound: an expression that needs it raises `AbsentError`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol

from wirflow.definition.cel import (
    FUNCTIONS,
    METHODS,
    cents,
    check_date,
    check_period,
    environment,
    euros,
    gives,
    noon,
    own_error,
    runtime_error,
    translate,
    wrong_result,
)
from wirflow.definition.expression import Name, Problem, Reading, bounds, compared, presence, read
from wirflow.definition.values import Value, parse
from wirflow.errors import InputError, nearest
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wirflow.definition.model import Field, Workflow

__all__ = ["AbsentError", "GuardError", "Guards", "Linked", "Problem", "Scope", "guards_for"]

MAX_SHARED: Final = 64
"""Workflows whose compiled expressions are kept by `guards_for`."""

_PLAIN_STRING: Final = re.compile(r"([\"'])([^\"'\\]*)\1")
_ABSENT: Final = re.compile(r'[A-Z_]+: No value with name "([^"]+)"')


class AbsentError(Exception):
    """An expression needed a fact that is absent; `name` is its dotted name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class GuardError(InputError):
    """An expression could not be evaluated: a number too large, a division by zero, an impossible date."""


class Linked(Protocol):
    """A linked case, as far as expressions see it."""

    @property
    def key(self) -> str:
        """Its key."""
        ...

    @property
    def state(self) -> str:
        """The state in which it is."""
        ...

    @property
    def data(self) -> Mapping[str, Value]:
        """Its facts."""
        ...


class Scope:
    """The facts that expressions of one decision see; each is turned into a CEL value at most once."""

    __slots__ = ("_bound", "_sources")

    def __init__(self, sources: Mapping[str, Mapping[str, Value]], active: Sequence[str] = ()) -> None:
        self._sources = sources
        self._bound: dict[str, object] = {"active": list(active)}

    def bind(self, name: str) -> object | None:
        """The CEL value of a dotted name; None if it is absent."""
        if name in self._bound:
            return self._bound[name]
        owner, _, fact = name.rpartition(".")
        source = self._sources.get(owner)
        value = None if source is None else source.get(fact)
        bound: object = value
        if isinstance(value, Decimal):
            bound = cents(value)
        elif isinstance(value, date):
            bound = noon(value)
        self._bound[name] = bound
        return bound

    def has(self, name: str) -> bool:
        """Whether a fact is there, or a case linked."""
        return self.bind(name) is not None or (name != "old" and name in self._sources)


@dataclass(frozen=True, slots=True)
class _Program:
    run: Callable[..., Any]
    values: Sequence[str]
    presences: Sequence[tuple[str, str]]

    def evaluate(self, scope: Scope) -> Any:
        data: dict[str, object] = {}
        for name in self.values:
            value = scope.bind(name)
            if value is not None:
                data[name] = value
        for variable, name in self.presences:
            data[variable] = scope.has(name)
        return self.run(data=data)


class Guards:
    """The expressions of one workflow: checked, compiled once, evaluated often.

    May be shared between threads.
    """

    def __init__(self, workflow: Workflow, before: Workflow | None = None) -> None:
        """Prepare, without compiling yet.

        Args:
            workflow: whose expressions they are.
            before: the version to which `old` and `state` belong, if that is another one.
        """
        was = before or workflow
        self._active = was.active
        self._states = frozenset(was.state_by_name)
        self._types: dict[str, str] = {"state": "text", "key": "text", "today": "date", "active": "states"}
        self._choices: dict[str, Sequence[str]] = {"state": tuple(item.name for item in was.states)}
        facts = {f"old.{field.name}": field for field in was.fields} | workflow.field_by_name
        for name, field in facts.items():
            self._types[name] = field.type
            if field.type == "choice":
                self._choices[name] = tuple(item.name for item in field.choices)
        for link in workflow.links:
            self._types |= {f"{link.name}.{item.name}": item.type for item in link.fields}
            self._types |= {f"{link.name}.state": "text", f"{link.name}.key": "text"}
            if link.workflow == workflow.name:
                self._choices |= {
                    f"{link.name}.{name}": names for name, names in self._choices.items() if "." not in name
                }
        self._links = tuple(link.name for link in workflow.links)
        self._lock = threading.Lock()
        self._env: Any = None
        self._programs: dict[str, _Program] = {}

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
        reading = read(expr)
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
        reading = read(expr)
        return frozenset(item.name for item in (*reading.values, *reading.presences))

    def scope(
        self,
        *,
        key: str,
        state: str,
        today: date,
        data: Mapping[str, Value],
        old: Mapping[str, Value],
        linked: Mapping[str, Linked],
    ) -> Scope:
        """What the expressions of one decision see.

        Args:
            key: the case's key.
            state: its state before the event.
            today: the date on which the event counts.
            data: its facts, input included.
            old: its facts before the event; empty when a case starts.
            linked: the cases it is linked to, by the names of the links.
        """
        sources: dict[str, Mapping[str, Value]] = {
            name: {**case.data, "key": case.key, "state": case.state} for name, case in linked.items()
        }
        sources[""] = {**data, "key": key, "state": state, "today": today}
        sources["old"] = old
        return Scope(sources, self._active(state))

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
        if isinstance(raw, timedelta):
            raw = f"{euros(raw):.2f}"
        elif isinstance(raw, datetime):
            raw = raw.date()
        elif isinstance(raw, float):
            # A literal such as 60000.5: nothing computes with it, and its shortest
            # decimal form is what was written.
            raw = f"{Decimal(repr(raw)):f}"
        try:
            return parse(field, raw)
        except InputError as error:
            raise GuardError(error.message, hint=error.hint) from error

    def _compile(self, expr: str) -> _Program:
        problem = bounds(expr)
        if problem is None:
            reading = read(expr)
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
                )
                self._programs[expr] = program
                return program
        raise GuardError(problem.message, hint=problem.hint)

    def _environment(self) -> Any:
        if self._env is None:
            self._env = environment(self._types, (*self._types, *self._links))
        return self._env

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
            elif item.name not in self._types:
                yield _unknown_field(item, self._types)
        for item in reading.presences:
            if item.name not in self._types and item.name not in self._links:
                yield _unknown_field(item, (*self._types, *self._links))

    def _foreign_choices(self, reading: Reading) -> Iterator[Problem]:
        for item in reading.values:
            choices = self._choices.get(item.name)
            for token in compared(reading, item) if choices is not None else ():
                plain = _PLAIN_STRING.fullmatch(token.text)
                if plain is None or plain[2] in (choices or ()):
                    continue
                near = nearest(plain[2], choices or ())
                listed = ", ".join(choices or ())
                yield Problem(
                    token.start,
                    Text(
                        f"'{item.name}' ist nie '{plain[2]}'.",
                        f"'{item.name}' is never '{plain[2]}'.",
                    ),
                    Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?")
                    if near
                    else Text(f"Möglich: {listed}.", f"One of: {listed}."),
                    "not-a-choice",
                )


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
