"""The CEL environment of expressions: which functions exist, and what CEL's errors mean in our words."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from wirflow.definition.document import Document
from wirflow.definition.expression import Problem, join_variable, presence, too_deep
from wirflow.definition.listing import LIST_OF
from wirflow.definition.span import Span
from wirflow.errors import DeadlineError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wirflow.definition.values import Value

    Function = Callable[[Any, Any], Any]

CENT: Final = timedelta(microseconds=1)
"""One cent as CEL sees it; see `guards` for the reason."""

FUNCTIONS: Final = ("date", "plus", "days", "span", "euros", "size", "has")
METHODS: Final = ("contains", "startsWith", "endsWith", "size", "getFullYear")

_NOON: Final = time(12, tzinfo=UTC)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

_STANDARD: Final = ("_&&_", "_||_", "!_", "_?_:_", "@in", "contains", "startsWith", "endsWith", "size")
_COMPARISONS: Final[Mapping[str, Function]] = {
    "_>_": operator.gt,
    "_<_": operator.lt,
    "_>=_": operator.ge,
    "_<=_": operator.le,
    "_==_": operator.eq,
    "_!=_": operator.ne,
}
_EQUALITY: Final = frozenset({"_==_", "_!=_"})

_CEL_TYPE: Final = {
    "text": "STRING",
    "choice": "STRING",
    "period": "STRING",
    "integer": "INT",
    "boolean": "BOOL",
    "bool": "BOOL",
    "money": "DURATION",
    "date": "TIMESTAMP",
    "span": "MAP<STRING, TIMESTAMP>",
    "document": "MAP<STRING, STRING>",
}

_TAKES: Final = {
    "date": 'date("2025-12-31")',
    "plus": 'plus(award_ends, "P1Y")',
    "days": "days(decided_on, award_ends)",
    "span": "span(suspended_on, today)",
    "euros": "euros(50000)",
    "size": "size(purpose)",
    "contains": 'purpose.contains("x")',
    "startsWith": 'purpose.startsWith("x")',
    "endsWith": 'purpose.endsWith("x")',
    "getFullYear": "award_ends.getFullYear()",
}

_CEL_ERROR: Final = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_OVERLOAD: Final = re.compile(r"found no matching overload for '([^']+)' applied to '(.*)'")
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']+)'")
_STRAY: Final = re.compile(r"(?:token recognition error at: '|extraneous input '|mismatched input ')(\w+|.)")
_OWN_ERROR: Final = re.compile(r"(?:[A-Z_]+: )?(bad-date|bad-period|out-of-range)=(.*)", re.DOTALL)

_WORDS: Final = {
    "google.protobuf.duration": Text("Geldbetrag", "money"),
    "duration": Text("Geldbetrag", "money"),
    "google.protobuf.timestamp": Text("Datum", "date"),
    "timestamp": Text("Datum", "date"),
    "string": Text("Text", "text"),
    "int": Text("ganze Zahl", "whole number"),
    "double": Text("Dezimalzahl", "decimal number"),
    "bool": Text("Wahrheitswert", "truth value"),
    "list": Text("Liste", "list"),
    "map": Text("Zuordnung", "map"),
    "null_type": Text.same("null"),
    "null": Text.same("null"),
}
_SLIPS: Final = {
    "=": Text("Verglichen wird mit '=='.", "Compare with '=='."),
    "&": Text("'Und' heißt '&&'.", "'And' is written '&&'."),
    "and": Text("'Und' heißt '&&'.", "'And' is written '&&'."),
    "|": Text("'Oder' heißt '||'.", "'Or' is written '||'."),
    "or": Text("'Oder' heißt '||'.", "'Or' is written '||'."),
    "not": Text("'Nicht' heißt '!'.", "'Not' is written '!'."),
}


def noon(day: date) -> datetime:
    """A date as CEL sees it."""
    return datetime.combine(day, _NOON)


def cents(amount: Decimal) -> timedelta:
    """An amount in euros, with at most two places, as CEL sees it."""
    return int(amount.scaleb(2)) * CENT


def bound(value: Value | None) -> object | None:
    """A fact as CEL sees it; None stays None."""
    if isinstance(value, Decimal):
        return cents(value)
    if isinstance(value, date):
        return noon(value)
    if isinstance(value, tuple):
        return [bound(item) for item in value]
    if isinstance(value, Span):
        return {"begin": noon(value.begin), "end": noon(value.end)}
    if isinstance(value, Document):
        return {name: str(part) for name, part in value.json().items()}
    return value


def fact(value: Any) -> Any:
    """What CEL gave, as `values.parse` takes it."""
    if hasattr(value, "plain_value"):
        value = value.value()  # what stands in a list or a map comes in a wrapping of its own
    if isinstance(value, timedelta):
        return f"{euros(value):.2f}"
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, float):
        # A literal such as 60000.5: nothing computes with it, and its shortest
        # decimal form is what was written.
        return f"{Decimal(repr(value)):f}"
    if isinstance(value, Mapping):
        return {str(name): fact(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [fact(item) for item in value]
    return value


def euros(amount: timedelta) -> Decimal:
    """The amount in euros that CEL gave."""
    return Decimal(amount // CENT).scaleb(-2)


def environment(types: Mapping[str, str], presences: Iterable[str], joins: int = 0) -> Any:
    """The environment in which the expressions of a workflow are compiled.

    Args:
        types: the dotted names of facts and their field types.
        presences: the dotted names for which `has()` may ask.
        joins: how many questions about children an expression may have.
    """
    from cel_expr_python import cel  # type: ignore[import-untyped]  # noqa: PLC0415 - it ships no types; 25 ms

    variables = {name: _type(cel, kind) for name, kind in types.items()}
    variables |= {presence(name): cel.Type.BOOL for name in presences}
    for number in range(joins):
        variables[join_variable(number, counts=False)] = cel.Type.BOOL
        variables[join_variable(number, counts=True)] = cel.Type.INT
    # An allow-list: CEL's conversions, time stamps, regular expressions and loops do not exist.
    names = "".join(f'\n  - name: "{name}"' for name in _STANDARD)
    config = cel.NewEnvConfigFromYaml(
        f"name: wirflow\nstdlib:\n  disable_macros: true\n  include_functions:{names}\n"
    )
    return cel.NewEnv(config=config, variables=variables, functions=_functions(cel))


def gives(given: str, expected: str) -> bool:
    """Whether a CEL type (`DURATION`) will do for a field's kind (`money`) or for `bool`."""
    if expected.startswith(LIST_OF):
        inside = given.removeprefix("LIST<").removesuffix(">")
        return inside != given and (inside in {"DYN", ""} or gives(inside, expected.removeprefix(LIST_OF)))
    return given == _CEL_TYPE[expected] or (expected == "money" and given in {"INT", "DOUBLE"})


def wrong_result(given: str, expected: str) -> Problem:
    """An expression that gives something else than its place needs."""
    is_, needs = _kind(given), _needed(expected)
    return Problem(
        0,
        Text(
            f"Der Ausdruck ergibt '{is_.de}', gebraucht wird '{needs.de}'.",
            f"The expression gives '{is_.en}'; needed is '{needs.en}'.",
        ),
        code="wrong-type",
    )


def _kind(given: str) -> Text:
    """A CEL type in words: `LIST<STRING>`, `MAP<STRING, TIMESTAMP>`."""
    if given.startswith("LIST<"):
        inside = _kind(given.removeprefix("LIST<").removesuffix(">"))
        return Text(f"Liste ({inside.de})", f"list ({inside.en})")
    for kind, words in (("span", Text("Zeitspanne", "span")), ("document", Text("Dokument", "document"))):
        if given == _CEL_TYPE[kind]:
            return words
    return Text("leer", "empty") if given == "DYN" else _word(given)


def _needed(expected: str) -> Text:
    if expected.startswith(LIST_OF):
        inside = _needed(expected.removeprefix(LIST_OF))
        return Text(f"Liste ({inside.de})", f"list ({inside.en})")
    return _kind(_CEL_TYPE[expected])


def translate(message: str, text: str) -> Iterator[Problem]:
    """What CEL's complaints about an expression mean; at least one problem."""
    if "recursion" in message:
        yield too_deep(0)
        return
    lines = text.split("\n")
    found = False
    for line, column, words in _CEL_ERROR.findall(message):
        if int(line) < 1:
            continue
        offset = sum(len(item) + 1 for item in lines[: int(line) - 1]) + int(column) - 1
        found = True
        yield _problem(words, min(offset, len(text)), text)
    if not found:
        yield Problem(
            0,
            Text(
                f"Der Ausdruck ist nicht lesbar: {message[:200]}",
                f"The expression cannot be read: {message[:200]}",
            ),
        )


def runtime_error(message: str) -> tuple[Text, Text | None]:
    """What an evaluation that failed means, and what to do."""
    own = _OWN_ERROR.match(message)
    if own:
        text, hint, _ = own_error(own[0])
        return text, hint
    if "divide by zero" in message or "modulus by zero" in message:
        return Text("Es wird durch null geteilt.", "Something is divided by zero."), None
    if (
        "overflow" in message
        or "OUT_OF_RANGE" in message
        or re.search("(?:above maximum|below minimum) allowed", message)
    ):
        return Text("Ein Ergebnis ist zu groß oder zu klein.", "A result is too large or too small."), None
    return Text(
        f"Der Ausdruck lässt sich nicht auswerten: {message}",
        f"The expression cannot be evaluated: {message}",
    ), None


def own_error(message: str) -> tuple[Text, Text | None, str]:
    """The words for an error of our own functions: message, hint and code."""
    match = _OWN_ERROR.match(message)
    code, what = (match[1], match[2]) if match else ("out-of-range", message)
    if code == "bad-date":
        return (
            Text(f"'{what}' ist kein Datum.", f"'{what}' is no date."),
            Text('Etwa date("2025-12-31").', 'For instance date("2025-12-31").'),
            code,
        )
    if code == "bad-period":
        return (
            Text(f"'{what}' ist kein Zeitraum.", f"'{what}' is no period."),
            Text("Etwa P2W, P6M oder P1Y, ohne Stunden.", "For instance P2W, P6M or P1Y, without hours."),
            code,
        )
    return (
        Text(f"Das Ergebnis liegt außerhalb der Grenzen: {what}.", f"The result is out of bounds: {what}."),
        None,
        code,
    )


def check_date(text: str) -> None:
    """See that a literal is a date.

    Raises:
        ValueError: `bad-date=…`.
    """
    _date(text)


def check_period(text: str) -> None:
    """See that a literal is a period that can be added to a date.

    Raises:
        ValueError: `bad-period=…`.
    """
    _plus(datetime(2000, 1, 1, tzinfo=UTC), text)


def _type(cel: Any, kind: str) -> Any:
    """The CEL type of a field's kind."""
    types = cel.Type
    if kind == "states":
        return types.List(types.STRING)
    if kind.startswith(LIST_OF):
        return types.List(_type(cel, kind.removeprefix(LIST_OF)))
    if kind in {"span", "document"}:
        return types.Map(types.STRING, types.TIMESTAMP if kind == "span" else types.STRING)
    return getattr(types, _CEL_TYPE[kind])


@cache
def _functions(cel: Any) -> list[Any]:
    """What the language adds to CEL; the same for all workflows, and a third of the cost of each."""
    overload, kinds = cel.Overload, cel.Type
    money, day, number, text, truth = kinds.DURATION, kinds.TIMESTAMP, kinds.INT, kinds.STRING, kinds.BOOL
    numbers = (number, kinds.DOUBLE)

    def one(name: str, *takes: Any, gives: Any, impl: Callable[..., Any] | None = None, **more: Any) -> Any:
        """An overload; without `impl` CEL's own is used."""
        words = "_".join(item.name() for item in takes)
        own = {} if impl is None else {"impl": impl}
        return overload(f"{name}:{words}", return_type=gives, parameters=list(takes), **own, **more)

    declared = {}
    for name, compare in _COMPARISONS.items():
        # CEL's own equality is lost as soon as there is another overload of it.
        impl = compare if name in _EQUALITY else None
        declared[name] = [
            *(one(name, kind, kind, gives=truth, impl=impl) for kind in (number, text, day, money)),
            *(one(name, money, kind, gives=truth, impl=_euros_right(compare)) for kind in numbers),
            *(one(name, kind, money, gives=truth, impl=_euros_left(compare)) for kind in numbers),
        ]
    span, document = _type(cel, "span"), _type(cel, "document")
    lists = [kinds.List(item) for item in (text, number, day, money, truth, span)]
    for name in _EQUALITY:
        compare = _COMPARISONS[name]
        declared[name].append(one(name, truth, truth, gives=truth, impl=compare))
        # CEL looks for an implementation by list and map alone: one serves all of them.
        for row in ((span, document), lists):
            first, *others = row
            declared[name].append(one(name, first, first, gives=truth, impl=compare))
            declared[name] += [one(name, kind, kind, gives=truth) for kind in others]
    for name, compute in {"_+_": operator.add, "_-_": operator.sub}.items():
        declared[name] = [
            *(one(name, kind, kind, gives=kind) for kind in (number, money)),
            *(one(name, money, kind, gives=money, impl=_euros_added(compute)) for kind in numbers),
        ]
    declared["_+_"].append(one("_+_", text, text, gives=text))
    declared["_+_"] += [one("_+_", kind, kind, gives=kind) for kind in lists]
    declared["_*_"] = [
        one("_*_", number, number, gives=number),
        one("_*_", money, number, gives=money, impl=operator.mul),
        one("_*_", number, money, gives=money, impl=operator.mul),
    ]
    declared["_/_"] = [one("_/_", number, number, gives=number)]
    declared["_%_"] = [one("_%_", number, number, gives=number)]
    declared["-_"] = [
        *(one("-_", kind, gives=kind) for kind in numbers),
        one("-_", money, gives=money, impl=operator.neg),
    ]
    declared["getFullYear"] = [one("getFullYear", day, gives=number, is_member=True)]
    declared["date"] = [one("date", text, gives=day, impl=_date)]
    declared["span"] = [one("span", day, day, gives=span, impl=_span)]
    declared["euros"] = [one("euros", kind, gives=money, impl=_amount) for kind in numbers]
    declared["plus"] = [one("plus", day, text, gives=day, impl=_plus)]
    declared["days"] = [one("days", day, day, gives=number, impl=_days)]
    return [cel.FunctionDecl(name, overloads) for name, overloads in declared.items()]


def _exact_cents(number: float) -> Decimal:
    """Euros written in an expression, in cents: the shortest decimal form is what was written."""
    return Decimal(repr(number)).scaleb(2)


def _euros_right(compare: Function) -> Function:
    return lambda amount, number: compare(amount // CENT, _exact_cents(number))


def _euros_left(compare: Function) -> Function:
    return lambda number, amount: compare(_exact_cents(number), amount // CENT)


def _euros_added(compute: Function) -> Function:
    def added(amount: timedelta, number: float) -> timedelta:
        exact = _exact_cents(number)
        if exact != int(exact):
            raise ValueError(f"out-of-range={number} €")
        return compute(amount, int(exact) * CENT)  # type: ignore[no-any-return] # addition and subtraction keep the type

    return added


def _date(text: str) -> datetime:
    try:
        if _DAY.fullmatch(text):
            return noon(date.fromisoformat(text))
    except ValueError:
        pass
    raise ValueError(f"bad-date={text}")


def _plus(day: datetime, text: str) -> datetime:
    from wirflow.deadlines.period import Period  # noqa: PLC0415 - few expressions add periods
    from wirflow.deadlines.spans import add_months  # noqa: PLC0415 - likewise

    try:
        period = Period.parse(text)
    except DeadlineError as error:
        raise ValueError(f"bad-period={text}") from error
    if period.hours:
        raise ValueError(f"bad-period={text}")
    sign = -1 if period.back else 1
    try:
        moved = add_months(day.date(), sign * period.total_months)
        return noon(moved + timedelta(days=sign * period.total_days))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"out-of-range={day:%d.%m.%Y} + {text}") from error


def _span(first: datetime, last: datetime) -> dict[str, datetime]:
    if last < first:
        raise ValueError(f"out-of-range={first:%d.%m.%Y} – {last:%d.%m.%Y}")
    return {"begin": first, "end": last}


def _amount(number: float) -> timedelta:
    exact = _exact_cents(number)
    if exact != int(exact):
        raise ValueError(f"out-of-range={number} €")
    return int(exact) * CENT


def _days(first: datetime, second: datetime) -> int:
    return (second - first).days


def _problem(words: str, offset: int, text: str) -> Problem:
    overload = _OVERLOAD.match(words)
    if overload:
        return _no_overload(overload[1], overload[2], offset, text)
    if "operand of a select operation" in words:
        # The name as a whole is unknown; where names are looked up that is told with the near one.
        return Problem(
            offset,
            Text("Das hat keine solchen Teile.", "That has no such parts."),
            code="unknown-name",
        )
    undeclared = _UNDECLARED.match(words)
    if undeclared:
        return _undeclared(undeclared[1], offset, text)
    if words.startswith("invalid "):
        return Problem(offset, Text("Diese Zahl ist zu groß.", "This number is too large."))
    stray = _STRAY.search(words)
    before = text[:offset].split()[-1:]
    word = "not" if before == ["not"] else stray[1] if stray else ""
    if offset >= len(text.rstrip()) or "<EOF>' expecting {" in words:
        return Problem(offset, Text("Hier fehlt noch etwas.", "Something is missing here."))
    return Problem(
        offset,
        Text(
            f"Ab hier ist der Ausdruck nicht lesbar: '{text[offset : offset + 20].strip()}'.",
            f"From here the expression cannot be read: '{text[offset : offset + 20].strip()}'.",
        ),
        _SLIPS.get(word),
    )


def _undeclared(name: str, offset: int, text: str) -> Problem:
    if name in _TAKES:
        # CEL says so of a function that is called with too many or too few values.
        return Problem(
            _word_start(offset, text),
            Text(f"'{name}' bekommt hier nicht, was es braucht.", f"'{name}' is not given what it takes."),
            Text(f"Etwa: {_TAKES[name]}.", f"For instance: {_TAKES[name]}."),
            "wrong-type",
        )
    if name.startswith("_"):
        sign = name.strip("_").replace("_", " ")
        return Problem(
            offset, Text(f"'{sign}' gibt es nicht.", f"There is no '{sign}'."), code="unknown-function"
        )
    return Problem(
        _word_start(offset, text),
        Text(f"'{name}' ist unbekannt.", f"'{name}' is unknown."),
        code="unknown-name",
    )


def _no_overload(name: str, types: str, offset: int, text: str) -> Problem:
    sign = name.replace("_?_:_", "? :").replace("@in", "in").replace("_[_]", "[ ]").strip("_")
    words = [_word(item) for item in _split(types.removeprefix("(").removesuffix(")"))]
    given = [item.en for item in words]
    hint = None
    if "money" in given and "text" in given:
        hint = Text(
            "Beträge stehen ohne Anführungszeichen, etwa 10000 oder 60000.50.",
            "Amounts stand without quotes, such as 10000 or 60000.50.",
        )
    elif "date" in given and ("text" in given or "whole number" in given):
        hint = Text(
            'Ein Datum schreibt man date("2025-12-31"), Tage dazwischen days(a, b).',
            'A date is written date("2025-12-31"), days in between days(a, b).',
        )
    elif given == ["date", "date"]:
        hint = Text("Tage dazwischen zählt days(a, b).", "Days in between are counted by days(a, b).")
    elif "decimal number" in given:
        hint = Text(
            "Gerechnet wird mit ganzen Zahlen und Beträgen.", "Computed are whole numbers and amounts."
        )
    return Problem(
        offset if sign != name else _word_start(offset, text),
        Text(
            f"'{sign}' passt nicht zu: {', '.join(item.de for item in words)}.",
            f"'{sign}' does not go with: {', '.join(given)}.",
        ),
        hint,
        "wrong-type",
    )


def _word_start(offset: int, text: str) -> int:
    """Where the word before an opening bracket begins; CEL points at the bracket."""
    if text[offset : offset + 1] == "(":
        while offset and (text[offset - 1].isalnum() or text[offset - 1] == "_"):
            offset -= 1
    return offset


def _word(kind: str) -> Text:
    return _WORDS.get(re.split(r"[(<]", kind.casefold())[0], Text.same(kind))


def _split(types: str) -> Iterator[str]:
    """The types between the top-level commas."""
    depth, current = 0, ""
    for sign in types:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            yield current.strip()
            current = ""
        else:
            current += sign
    if current.strip():
        yield current.strip()
