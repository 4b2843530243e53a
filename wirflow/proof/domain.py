"""The few values of a field that matter: those at which some expression changes its mind."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from wirflow.deadlines import compute
from wirflow.definition.document import Document
from wirflow.definition.expression import read
from wirflow.definition.listing import LIST_OF, MAX_ITEMS
from wirflow.definition.span import Span
from wirflow.definition.usage import expressions
from wirflow.definition.values import from_json
from wirflow.errors import WirflowError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from wirflow.definition.expression import Reading
    from wirflow.definition.field import Field
    from wirflow.definition.values import Value
    from wirflow.proof.subject import Subject

DAY: Final = timedelta(days=1)
MONTH: Final = timedelta(days=30)
"""Before and after a day, where only the order of days counts: far enough for others to lie in between."""
LATER: Final = timedelta(days=45)
"""A day in the future that is like any other: beyond a month's period, within the year."""
MAX_DATES: Final = 24
CENT: Final = Decimal("0.01")
MINYEAR, MAXYEAR = 1900, 2200
"""Whole numbers beside a year that are taken for years."""
FIRST: Final = date(2021, 1, 4)
"""The day on which a case starts if no expression names a day: a working Monday."""


class Domain:
    """Candidate values for the names that the expressions of a workflow read."""

    def __init__(
        self,
        subject: Subject,
        more: Iterable[str] = (),
        present: Mapping[str, Sequence[Value]] | None = None,
        days: Iterable[date] = (),
    ) -> None:
        """Prepare.

        Args:
            subject: the workflow.
            more: expressions from elsewhere that read its facts by the same names.
            present: values that names have in the cases at hand.
            days: days that matter for other reasons.
        """
        self._present = present or {}
        self._subject = subject
        self._fields = subject.workflow.field_by_name
        self._group: dict[str, str] = {}
        self._numbers: dict[str, set[Decimal]] = {}
        self._words: dict[str, set[str]] = {}
        self._days: set[date] = set(days)
        self._periods: set[str] = set()
        self._spans: set[int] = set()
        self._sizes: set[int] = {1, 2}
        self._changing: set[str] = set()
        """Names that are compared with what they were."""
        self._factors: set[str] = set()
        """Names that are compared with products: the literals alone do not tell how large these are."""
        self._years = False
        self.cut = False
        """Some days that matter were left out: there are too many."""
        self._static: dict[str, tuple[Value, ...]] = {}
        lean = subject.lean
        for text in (*expressions(lean), *(rule.when for rule in lean.constraints), *more):
            self._learn(text)
        for item in lean.transitions:
            for row in item.set:
                self._learn(row.value, row.field)
        self._terms: dict[str, list[str]] = {}
        self._recurring: set[str] = set()
        for spec in lean.deadlines:
            day = spec.on or spec.start or ""
            terms = self._terms.setdefault(day, [])
            if spec.period in self._fields:
                terms += [str(value) for value in self.values(str(spec.period))]
            else:
                terms.append(spec.period or "P0D")
            if spec.every:
                self._recurring.add(day)
        self._static.clear()

    @property
    def literals(self) -> frozenset[date]:
        """The days that expressions name."""
        return frozenset(self._days)

    @property
    def first(self) -> date:
        """The day on which a case starts: before all days that expressions name."""
        return min(self._days) - timedelta(days=400) if self._days else FIRST

    @property
    def periods(self) -> frozenset[str]:
        """The periods that expressions add to days."""
        return frozenset(self._periods)

    @property
    def fine(self) -> bool:
        """Whether a single day may make a difference beyond before, on and after."""
        return bool(self._spans) or any("D" in period or "W" in period for period in self._periods)

    @property
    def counts_years(self) -> bool:
        """Whether some expression looks at the year of a day."""
        return self._years

    @property
    def spans(self) -> frozenset[int]:
        """The numbers of days with which distances are compared."""
        return frozenset(self._spans)

    def turns(self, known: Iterable[date], today: date) -> Iterator[date]:
        """The days to come on which an expression over known days and the present one may change its mind."""
        for day in {*known, *self._days}:
            found = [day]
            for period in self._periods:
                found += [late for one in (period, _back(period)) if (late := moved(day, one))]
            found += [day + timedelta(days=sign * span) for span in self._spans for sign in (1, -1)]
            for one in found:
                # At the ends of months several days lead to one: the last of them is not far.
                yield from (late for late in (one, one + DAY, one + 4 * DAY) if late > today)
        if self._years:
            yield date(today.year + 1, 1, 1)

    def kind(self, name: str) -> str:
        """The type of a dotted name; `link` for a link."""
        name = name.removeprefix("old.")
        if name == "today":
            return "date"
        if name in self._fields:
            return self._fields[name].kind
        owner, _, fact = name.partition(".")
        link = self._subject.workflow.link_by_name.get(owner)
        if link is None:
            return "text"
        if not fact:
            return "link"
        return next((item.kind for item in link.fields if item.name == fact), "text")

    def field_of(self, name: str) -> Field | None:
        """The field behind a dotted name, if its workflow is known."""
        name = name.removeprefix("old.")
        if name in self._fields:
            return self._fields[name]
        owner, _, fact = name.partition(".")
        link = self._subject.workflow.link_by_name.get(owner)
        other = self._subject.world.get(link.workflow) if link else None
        return other.field_by_name.get(fact) if other else None

    def values(self, name: str) -> tuple[Value, ...]:
        """The values that matter of a name that is no date; the usual one first."""
        name = name.removeprefix("old.")
        known = self._static.get(name)
        if known is None:
            root = self._root(name)
            beside = [
                value
                for other in dict.fromkeys((name, *self._group))
                if self._root(other) == root and self.kind(other) == self.kind(name)
                for value in self._present.get(other, ())
            ]
            fixed = self.kind(name) in {"choice", "boolean"} or name.endswith(".state")
            known = self._static[name] = tuple(
                dict.fromkeys((*(() if fixed else beside), *self._values(name)))
            )
        return known

    def dates(self, name: str, today: date, around: Mapping[str, date]) -> tuple[date, ...]:
        """The days that matter for a name, given the days that are known.

        Args:
            name: which name.
            today: the present day.
            around: the known days by their names; those that no expression compares with it are left out.
        """
        group = self._root(name.removeprefix("old."))
        near = {
            day for other, day in around.items() if self._root(other.removeprefix("old.")) == group
        } | self._days
        own = name.removeprefix("old.") in self._changing
        compared = (
            own
            or any(other != name and self._root(other) == group for other in self._group)
            or bool(self._days)
        )
        found = [today + LATER, today, *self._ended(name, today)]
        if not compared:
            return tuple(dict.fromkeys(found))
        near.add(today)
        step = DAY if self.fine else MONTH
        for day in sorted(near):
            found += [day, day + step, day - step]
        for day in sorted(near | {today + LATER}):
            for period in sorted(self._periods):
                after, before = moved(day, period), moved(day, _back(period))
                found += [after, after + step] if after else []
                found += [before, before - 4 * DAY] if before else []
            for span in sorted(self._spans):
                found += [day + timedelta(days=span + more) for more in (-1, 0, 1)]
                found += [day - timedelta(days=span + more) for more in (-1, 0, 1)]
            if self._years:
                found += [date(day.year, 12, 31), date(day.year + 1, 1, 1)]
        days = tuple(dict.fromkeys(found))
        self.cut = self.cut or len(days) > MAX_DATES
        return days[:MAX_DATES]

    # -- inside ------------------------------------------------------------------------

    def _ended(self, name: str, today: date) -> Iterator[date]:
        """Days of which the deadlines that hang on them are over, or are not though the day has passed."""
        terms = self._terms.get(name, ())
        # One that is over fires at once, as it does tonight if it ends today; but what recurs goes on.
        if name in self._recurring:
            yield today - LATER
        for term in sorted(set(terms)) if len(terms) > 1 else ():
            back = moved(today, _back(term))
            if back:
                yield from (back + 10 * DAY, *((back - DAY,) if name in self._recurring else ()))

    def _learn(self, text: str, target: str | None = None) -> None:
        """What an expression tells of the names that it compares, each comparison for itself.

        Args:
            text: the expression.
            target: the field that it computes.
        """
        reading = read(text)
        fact = self._subject.oracle.fact
        bounds = [
            number
            for number, token in enumerate(reading.tokens)
            if token.kind == "sign" and token.text in {"&&", "||"}
        ]
        if any(token.text == "?" for token in reading.tokens) or target:
            bounds = []  # what is chosen between may be compared with what stands outside
        starts, ends = [0, *(bound + 1 for bound in bounds)], [*bounds, len(reading.tokens)]
        for begin, end in zip(starts, ends, strict=True):
            names = {
                fact(item.name).removeprefix("old.") for item in reading.values if begin <= item.first < end
            }
            self._compare(reading, begin, end, sorted(names | ({target} if target else set())))

    def _compare(self, reading: Reading, begin: int, end: int, names: Sequence[str]) -> None:
        """What one comparison tells of its names."""
        inside = {item.name for item in reading.values if begin <= item.first < end}
        self._changing |= {name for name in inside if f"old.{name}" in inside}
        by_kind: dict[str, list[str]] = {}
        for name in names:
            kind = self.kind(name)
            by_kind.setdefault("number" if kind in {"money", "integer"} else kind, []).append(name)
        for kind in ("number", "date", "text"):
            row = by_kind.get(kind, [])
            for name in row:
                self._join(row[0], name)
        tokens = reading.tokens[begin:end]
        calls = {token.text for token in tokens if token.text in {"plus", "days", "size"}}
        if "plus" in calls:
            self._periods.update(
                str(value) for name in by_kind.get("period", ()) for value in self.values(name)
            )
        if any(token.kind == "sign" and token.text == "*" for token in tokens):
            self._factors.update(by_kind.get("number", ()))
        years = any(token.text == "getFullYear" for token in tokens)
        for index, token in enumerate(tokens, begin):
            if token.kind == "number":
                self._learn_number(token.text, by_kind.get("number", ()), calls)
                if years and token.text.isdigit() and MINYEAR <= int(token.text) < MAXYEAR:
                    self._days |= {date(int(token.text), 1, 1), date(int(token.text), 12, 31)}
            elif token.kind == "string":
                self._learn_word(token.text[1:-1], reading.token(index - 2), by_kind.get("text", ()), calls)
        self._years = self._years or years

    def _learn_number(self, text: str, names: Iterable[str], calls: Collection[str]) -> None:
        if not text.replace(".", "", 1).isdigit():
            return
        number = Decimal(text)
        for name in names:
            self._numbers.setdefault(self._root(name), set()).add(number)
        if number == int(number) and "days" in calls:
            self._spans.add(int(number))
        if number == int(number) and "size" in calls:
            self._sizes |= {int(number) + more for more in (-1, 0, 1)}

    def _learn_word(self, word: str, before: str, names: Iterable[str], calls: Collection[str]) -> None:
        if before == "date":
            with suppress(ValueError):
                self._days.add(date.fromisoformat(word))
        elif "plus" in calls and word.startswith(("P", "-P")):
            self._periods.add(word)
        else:
            for name in names:
                self._words.setdefault(self._root(name), set()).add(word)

    def _root(self, name: str) -> str:
        while self._group.get(name, name) != name:
            name = self._group[name]
        return name

    def _join(self, one: str, other: str) -> None:
        one, other = self._root(one), self._root(other)
        self._group.setdefault(one, one)
        self._group[other] = one
        if one != other:
            self._numbers.setdefault(one, set()).update(self._numbers.pop(other, ()))
            self._words.setdefault(one, set()).update(self._words.pop(other, ()))

    def _values(self, name: str) -> Iterable[Value]:
        kind, field = self.kind(name), self.field_of(name)
        owner, _, fact = name.partition(".")
        link = self._subject.workflow.link_by_name.get(owner)
        other = self._subject.world.get(link.workflow) if link else None
        if link and fact == "state" and other:
            return tuple(other.state_by_name)
        if kind == "boolean":
            return (True, False)
        if kind == "choice":
            return tuple(item.name for item in field.choices) if field else self._literal_words(name)
        return self._more(name, kind, field)

    def _more(self, name: str, kind: str, field: Field | None) -> Iterable[Value]:
        if kind in {"span", "document"} or kind.startswith(LIST_OF):
            return self._compound(name, kind, field)
        if kind == "period":
            usual = str(field.default) if field and field.default is not None else "P6M"
            return tuple(dict.fromkeys((usual, "P1M")))
        if kind in {"money", "integer"}:
            return self._amounts(name, kind, field)
        return self._literal_words(name)

    def _compound(self, name: str, kind: str, field: Field | None) -> tuple[Value, ...]:
        """Some values of a kind that has parts or items: what expressions make of them is not looked into."""
        item = kind.removeprefix(LIST_OF)
        some = tuple(self._some(name, item, field))
        if item == kind:
            return some
        least = (field.min_items if field else None) or 0
        most = field.max_items if field and field.max_items is not None else MAX_ITEMS
        rows = [] if field is None or field.default is None else [from_json(kind, field.default)]
        rows += [(one,) * max(least, 1) for one in some if most]
        rows += [()] if not least else []
        sizes = sorted({len(some), *self._sizes, least, min(most, least + 1)})
        rows += [(*some, *some[-1:] * size)[:size] for size in sizes if least <= size <= most and some]
        return tuple(dict.fromkeys(rows))

    def _some(self, name: str, kind: str, field: Field | None) -> Sequence[Any]:
        """Some values of a kind, for itself or as items of a list."""
        low = max(field.min if field and field.min is not None else 1, 1)
        first = self.first
        spans = [(-2000, -1000), (0, 30), (400, 800)]
        makers: dict[str, Callable[[], Sequence[Any]]] = {
            "document": lambda: [Document("a.pdf", "0" * 64, 1, "application/pdf")],
            "span": lambda: [Span(first + a * DAY, first + b * DAY) for a, b in spans],
            "choice": lambda: [choice.name for choice in field.choices] if field else [],
            "date": lambda: sorted(self._days) or [first],
            "integer": lambda: [int(low)],
            "money": lambda: [Decimal(low).quantize(CENT)],
            "boolean": lambda: [True, False],
            "period": lambda: ["P6M"],
        }
        return makers[kind]() if kind in makers else self._literal_words(name)

    def _literal_words(self, name: str) -> tuple[str, ...]:
        words = sorted(self._words.get(self._root(name), ()))
        others = [other for other in self._group if self._root(other) == self._root(name)]
        known = any(self._present.get(other) for other in others)
        more = ("b",) if len(others) > 1 and not known else ()
        return tuple(dict.fromkeys(("a", *more, *words)))

    def _amounts(self, name: str, kind: str, field: Field | None) -> tuple[Value, ...]:
        step = Decimal("0.01") if kind == "money" else Decimal(1)
        literals = set(self._numbers.get(self._root(name), ()))
        if field:
            literals |= {bound for bound in (field.min, field.max) if bound is not None and literals}
        several = (
            name in self._changing or sum(self._root(other) == self._root(name) for other in self._group) > 1
        )
        found = [max(literals, default=Decimal(0)) + 100]
        if several:
            found.append(found[0] + 100)
        for literal in sorted(literals):
            found += [literal, literal + step, literal - step]
        if any(self._root(other) == self._root(name) for other in self._factors):
            found.append(found[0] * found[0])
        low, high = (field.min, field.max) if field else (None, None)
        kept = [
            item
            for item in dict.fromkeys(found)
            if (low is None or item >= low) and (high is None or item <= high)
        ]
        if not kept:
            kept = [item for item in (low, high) if item is not None]
        if kind == "money":
            return tuple(item.quantize(Decimal("0.01")) for item in kept)
        return tuple(dict.fromkeys(int(item) for item in kept))


def _back(period: str) -> str:
    return period.removeprefix("-") if period.startswith("-") else f"-{period}"


def moved(day: date, period: str) -> date | None:
    """A day moved by a period; None beyond the calendar."""
    try:
        return compute("no-roll", day, period).due
    except (WirflowError, ValueError, OverflowError):
        return None
