"""Guards are checked when a definition is read, and say exactly what the facts say."""

from __future__ import annotations

import operator
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from math import inf
from typing import Any

import pytest
from hypothesis import assume, given, settings, strategies as st

from wirflow.deadlines.period import Period
from wirflow.deadlines.spans import shift
from wirflow.definition.expression import MAX_DEPTH, MAX_LENGTH, presence, read
from wirflow.definition.field import Choice, Field, Link, LinkedField
from wirflow.definition.guards import MAX_SHARED, AbsentError, GuardError, Guards, guards_for
from wirflow.definition.model import State, Workflow
from wirflow.definition.values import MAX_MONEY
from wirflow.text import Text

KINDS = {
    "amount": "money",
    "ceiling": "money",
    "unit": "text",
    "years": "integer",
    "award_ends": "date",
    "decided_on": "date",
    "tick": "choice",
    "known": "boolean",
    "span": "period",
}

WORKFLOW = Workflow(
    name="grant",
    title=Text.same("Grant"),
    subject=Text.same("{key}"),
    roles=(),
    fields=tuple(
        Field(
            name=name,
            type=kind,
            title=Text.same(name),
            choices=tuple(Choice(name=item, title=Text.same(item)) for item in ("yes", "no", "unconfirmed"))
            if kind == "choice"
            else (),
        )
        for name, kind in KINDS.items()
    ),
    links=(
        Link(
            name="partner",
            workflow="grant",
            title=Text.same("Partner"),
            fields=tuple(LinkedField(name=name, type=kind) for name, kind in KINDS.items()),
        ),
        Link(name="post", workflow="position", title=Text.same("Post")),
    ),
    states=(
        State(name="draft", title=Text.same("Draft"), initial=True),
        State(name="approved", title=Text.same("Approved")),
    ),
    transitions=(),
    deadlines=(),
)

GUARDS = Guards(WORKFLOW)
FIELDS = WORKFLOW.field_by_name

MONEY = st.decimals(min_value=-MAX_MONEY, max_value=MAX_MONEY, places=2)
DATES = st.dates()
SIGNS = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True)
class Other:
    """A linked case."""

    key: str = "G-2"
    state: str = "approved"
    data: Mapping[str, Any] = field(default_factory=dict)


def scope(*, old: Mapping[str, Any] | None = None, partner: Other | None = None, **data: Any):
    """What an expression sees, with some facts."""
    return GUARDS.scope(
        key="G-1",
        state="draft",
        today=date(2020, 12, 10),
        data=data,
        old=old or {},
        linked={"partner": partner} if partner else {},
    )


def codes(expr: str, expected: str = "bool") -> list[tuple[int, str]]:
    """Column and code of each problem."""
    return [(item.column, item.code) for item in GUARDS.problems(expr, expected)]


@given(left=MONEY, right=MONEY, sign=st.sampled_from(sorted(SIGNS)))
def test_money_compares_as_decimal(left, right, sign):
    """Two amounts compare to the cent, however large."""
    assert GUARDS.holds(f"amount {sign} ceiling", scope(amount=left, ceiling=right)) is SIGNS[sign](
        left, right
    )


@given(amount=MONEY, euros=MONEY, sign=st.sampled_from(sorted(SIGNS)))
@settings(max_examples=60)
def test_money_compares_with_written_euros(amount, euros, sign):
    """An amount compares with euros and cents as they are written, on either side, never as a float."""
    facts = scope(amount=amount)
    assert GUARDS.holds(f"amount {sign} {euros}", facts) is SIGNS[sign](amount, euros)
    assert GUARDS.holds(f"{euros} {sign} amount", facts) is SIGNS[sign](euros, amount)
    whole = int(euros)
    assert GUARDS.holds(f"amount {sign} {whole}", facts) is SIGNS[sign](amount, whole)
    assert GUARDS.holds(f"{whole} {sign} amount", facts) is SIGNS[sign](whole, amount)


@pytest.mark.parametrize("cents", ["0.01", "0.1", "0.29", "1.005", "0.30000000000000004"])
def test_written_euros_are_what_is_written(cents):
    """0.1 is ten cents and not the nearest binary number; parts of a cent are between two amounts."""
    for amount in (
        Decimal("0.01"),
        Decimal("0.10"),
        Decimal("0.29"),
        Decimal("0.30"),
        Decimal("1.00"),
        Decimal("1.01"),
    ):
        assert GUARDS.holds(f"amount == {cents}", scope(amount=amount)) is (amount == Decimal(cents))
        assert GUARDS.holds(f"amount < {cents}", scope(amount=amount)) is (amount < Decimal(cents))


@given(left=MONEY, right=MONEY, times=st.integers(-1000, 1000))
def test_money_computes_exactly(left, right, times):
    """Sums, differences and multiples of amounts are exact."""
    total = left + right * times - left * 2
    assume(abs(total) <= MAX_MONEY)
    facts = scope(amount=left, ceiling=right, years=times)
    value = GUARDS.value("amount + ceiling * years - 2 * amount", facts, FIELDS["amount"])
    assert (value, str(value)) == (total, f"{total:.2f}")


@given(amount=MONEY)
def test_money_goes_through_unchanged(amount):
    """An amount that is only passed on is the same amount, with two places."""
    value = GUARDS.value("old.amount", scope(old={"amount": amount}), FIELDS["amount"])
    assert isinstance(value, Decimal)
    assert str(value) == f"{amount:.2f}" or value == amount == 0


@pytest.mark.parametrize(
    ("expr", "name", "value"),
    [
        ("5", "amount", Decimal("5.00")),
        ("60000.50", "amount", Decimal("60000.50")),
        ("amount - 0.25", "amount", Decimal("9.75")),
        ("-amount", "amount", Decimal("-10.00")),
        ("award_ends", "decided_on", date(2021, 12, 31)),
        ('date("2025-02-28")', "decided_on", date(2025, 2, 28)),
        ("today", "decided_on", date(2020, 12, 10)),
        ('"yes"', "tick", "yes"),
        ('"P6M"', "span", "P6M"),
        ("key + state", "unit", "G-1draft"),
        ("years * 2 + 1 - 7 / 2 % 2", "years", 6),
        ("!known", "known", False),
        ('amount > 3 ? "a" : "b"', "unit", "a"),
    ],
)
def test_a_value_has_its_fields_type(expr, name, value):
    """What an expression gives is a value of the field, never a float or a time stamp."""
    facts = scope(amount=Decimal("10.00"), award_ends=date(2021, 12, 31), years=3, known=True)
    assert codes(expr, FIELDS[name].type) == []
    given_ = GUARDS.value(expr, facts, FIELDS[name])
    assert (given_, type(given_)) == (value, type(value))


@given(left=DATES, right=DATES, sign=st.sampled_from(sorted(SIGNS)))
def test_dates_compare_as_dates(left, right, sign):
    """Dates compare as dates, from the first to the last that there is."""
    facts = scope(award_ends=left, decided_on=right)
    assert GUARDS.holds(f"award_ends {sign} decided_on", facts) is SIGNS[sign](left, right)
    assert GUARDS.holds(f'award_ends {sign} date("{right}")', facts) is SIGNS[sign](left, right)


@given(left=DATES, right=DATES)
def test_days_between_dates(left, right):
    """`days(a, b)` counts the days from a to b, and a year is the year of the calendar."""
    facts = scope(award_ends=left, decided_on=right)
    assert GUARDS.value("days(award_ends, decided_on)", facts, FIELDS["years"]) == (right - left).days
    assert GUARDS.value("award_ends.getFullYear()", facts, FIELDS["years"]) == left.year
    assert GUARDS.value("award_ends", facts, FIELDS["decided_on"]) == left


@given(
    day=st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    period=st.sampled_from(["P1M", "P1Y", "P6M", "P2W", "P1M2W", "P45D", "-P1M", "P0D", "P0.5M"]),
)
def test_adding_periods_is_the_law_of_periods(day, period):
    """`plus` clips month ends and counts months before days, as the deadlines do."""
    facts = scope(award_ends=day, span=period)
    expected = shift(day, Period.parse(period))
    assert GUARDS.value(f'plus(award_ends, "{period}")', facts, FIELDS["decided_on"]) == expected
    assert GUARDS.value("plus(award_ends, span)", facts, FIELDS["decided_on"]) == expected


@pytest.mark.parametrize(
    "name", [*KINDS, *(f"old.{name}" for name in KINDS), *(f"partner.{name}" for name in KINDS)]
)
def test_an_absent_fact_names_itself(name):
    """An absent fact is never 0 or "": the expression says which one it lacked."""
    with pytest.raises(AbsentError) as caught:
        GUARDS.holds(f"{name} == {name}", scope())
    assert caught.value.name == name
    assert not GUARDS.holds(f"has({name})", scope())
    assert GUARDS.holds(f"!has({name}) || {name} == {name}", scope())
    assert GUARDS.holds(f"{name} == {name} || true", scope())
    with pytest.raises(AbsentError):
        GUARDS.value(name, scope(), FIELDS[name.rpartition(".")[2]])


def test_presence_of_facts_and_cases():
    """`has` tells of own, former and linked facts apart, and of the link itself."""
    linked = scope(partner=Other(data={"unit": "I"}), old={"years": 0}, unit="I")
    for expr in (
        "has(partner)",
        "has(partner.unit)",
        "has( old . years )",
        "partner.unit == unit",
        "has(unit)",
    ):
        assert GUARDS.holds(expr, linked), expr
    for expr in ("has(post)", "has(partner.years)", "has(old.unit)", "has(years)"):
        assert not GUARDS.holds(expr, linked), expr
    assert GUARDS.holds('partner.state == "approved" && partner.key == "G-2" && state == "draft"', linked)
    assert GUARDS.holds('"has(x)" == "has(x)" && has(partner) // has(nothing)', linked)


NAMES = st.from_regex(r"[a-z]([a-z0-9_]{0,6}[a-z0-9])?", fullmatch=True)


@given(st.lists(st.tuples(NAMES, NAMES).map(".".join) | NAMES, min_size=2, max_size=2, unique=True))
def test_no_two_presences_share_a_variable(names):
    """`has(a.b_c)` and `has(a_b.c)` stand for different variables, as long as what they replace."""
    assert presence(names[0]) != presence(names[1])
    assert all(len(presence(name)) == len(f"has({name})") for name in names)


@pytest.mark.parametrize(
    ("expr", "problem", "near"),
    [
        ("amountt > 1", (0, "unknown-field"), "amount"),
        ("has(partner) && has( partner . unit ) && unitt == unit", (41, "unknown-field"), "unit"),
        ('"äöü€" == unitt', (10, "unknown-field"), "unit"),
        ("// why\n\n known && unitt == unit", (18, "unknown-field"), "unit"),
        ("known\n&& amount > 'x'", (16, "wrong-type"), "10000"),
        ("has(amountt)", (4, "unknown-field"), "amount"),
        ("partner.unitt == unit", (0, "unknown-field"), "partner.unit"),
        ("old.amuont > 1", (0, "unknown-field"), "old.amount"),
        ("partner == unit", (0, "wrong-type"), "has(partner)"),
        ("has(amount > 1)", (0, "syntax"), "has(award_ends)"),
        ('amount > "x"', (7, "wrong-type"), "10000"),
        ('award_ends > "2021-01-01"', (11, "wrong-type"), "date("),
        ("award_ends - today > 3", (11, "wrong-type"), "days("),
        ("amount == null", (10, "wrong-type"), "has(field)"),
        ("0.1 + 0.2 < amount", (4, "wrong-type"), "whole numbers"),
        ("known && dayz(today, today) > 1", (9, "unknown-function"), "days"),
        ("days(today) > 1", (0, "wrong-type"), "days(decided_on"),
        ('unit.matches("x")', (5, "unknown-function"), "contains"),
        ('date("2021-02-29") < today', (5, "bad-date"), "2025-12-31"),
        ('plus(today, "1 year") < today', (12, "bad-period"), "P1Y"),
        ('plus(today, "PT5H") < today', (12, "bad-period"), "P1Y"),
        ('tick == "ye"', (8, "not-a-choice"), "yes"),
        ('"nope" != old.tick', (0, "not-a-choice"), "no"),
        ('partner.tick in ["yes", "maybe"]', (24, "not-a-choice"), "unconfirmed"),
        ('state == "drft"', (9, "not-a-choice"), "draft"),
        ("amount = 3", (7, "syntax"), "=="),
        ("known and known", (6, "syntax"), "&&"),
        ("not known", (4, "syntax"), "!"),
    ],
)
def test_a_problem_says_where_and_what_was_meant(expr, problem, near):
    """Wrong names, types, dates and choices are found before anything runs, with column and hint."""
    found = GUARDS.problems(expr, "bool")
    assert [(item.column, item.code) for item in found] == [problem]
    assert found[0].hint is not None
    assert near in found[0].hint.en


@pytest.mark.parametrize(
    ("expr", "problem"),
    [
        ("", (0, "syntax")),
        ("amount >", (8, "syntax")),
        ("(known", (6, "syntax")),
        ("known known", (6, "syntax")),
        ('unit == "a', (8, "syntax")),
        ("#", (0, "syntax")),
        ("known\x00", (5, "syntax")),
        ("\ud800", (0, "syntax")),
        ("amount > 99999999999999999999", (9, "syntax")),
        ('unit[0] == "a"', (4, "unknown-function")),
        ("years > 1.5", (6, "wrong-type")),
        ("has_amount_", (0, "unknown-field")),
        ("dyn(1) == 1", (0, "unknown-function")),
        ('duration("1s") == amount', (0, "unknown-function")),
        ("known ? amount : 0", (6, "wrong-type")),
        ("amount", (0, "wrong-type")),
        ('{"a": 1} == {"a": 1}', (9, "wrong-type")),
    ],
)
def test_what_is_no_expression_is_a_problem(expr, problem):
    """Whatever somebody writes gives a problem with a place, never a crash."""
    found = GUARDS.problems(expr, "bool")
    assert (found[0].column, found[0].code) == problem
    assert all(item.message.de and item.message.en for item in found)


def test_all_unknown_names_are_found_at_once():
    """Two slips in one expression are two problems, in their order."""
    assert codes("[1].all(x, x > 1) && unitt == 'a' && has(yeers)") == [
        (4, "unknown-function"),
        (8, "unknown-field"),
        (11, "unknown-field"),
        (21, "unknown-field"),
        (41, "unknown-field"),
    ]


def test_choices_are_compared_where_they_are_compared():
    """A string beside a choice is only wrong where it is the other side of the comparison."""
    for expr in (
        'tick == "yes"',
        'tick + "x" == "yesx"',
        '"x" + tick == "xyes"',
        'tick == "ye" + "s"',
        'tick == "\\x79es"',
        'tick.startsWith("ye")',
        'tick in ["yes", "no"]',
        '["a"] == ["a"] || unit == "ye"',
    ):
        assert [code for _, code in codes(expr) if code == "not-a-choice"] == []  # fmt: skip


@pytest.mark.parametrize(
    "expected", ["bool", "text", "integer", "money", "date", "boolean", "choice", "period"]
)
def test_the_result_has_to_fit_its_place(expected):
    """An expression gives what its place takes, and only money takes a bare number."""
    fits = {"known": {"bool", "boolean"}, "unit": {"text", "choice", "period"}, "years": {"integer", "money"},
            "1.5": {"money"}, "amount": {"money"}, "today": {"date"}}  # fmt: skip
    for expr, kinds in fits.items():
        assert codes(expr, expected) == ([] if expected in kinds else [(0, "wrong-type")]), expr


@pytest.mark.parametrize(
    "expr",
    [
        "(" * 10_000,
        "(" * 900 + ")" * 900,
        "!" * 1_990 + "known",
        "[" * 1_500,
        "-" * 1_990 + "1 > 0",
        "known ? true : " * 100 + "known",
        "years" + " + 1" * 300 + " > 0",
    ],
)
def test_depth_and_length_are_bounded(expr):
    """An expression without end costs nothing: a problem in a moment, and no crash of the parser."""
    best = inf
    for _ in range(5):  # one of them is not held up by the machine, or by other tests' garbage
        started = time.thread_time()
        found = GUARDS.problems(expr, "bool")
        best = min(best, time.thread_time() - started)
    assert best < 0.1
    assert expr.startswith(("!", "-")) or found[0].code in {"too-long", "too-deep"}


def test_the_bounds_themselves_are_allowed():
    """As many brackets and as many characters as the bounds say are fine to check; one more is not."""
    assert codes("(" * (MAX_DEPTH + 1) + "known" + ")" * (MAX_DEPTH + 1)) == [(MAX_DEPTH, "too-deep")]
    assert codes("(" * 20 + "known" + ")" * 20) == []
    assert codes("known" + " " * (MAX_LENGTH - 5)) == []
    assert codes("known" + " " * (MAX_LENGTH - 4)) == [(MAX_LENGTH, "too-long")]


@given(st.text(alphabet="abn \"'()[]{}.,!=<>&|+-*/?:0159_\\\n#€", max_size=60))
@settings(max_examples=200)
def test_any_text_is_checked(expr):
    """Any text gives problems inside it or compiles, and its names can be told."""
    for item in GUARDS.problems(expr, "bool"):
        assert 0 <= item.column <= len(expr)
    assert len(read(expr).text) == len(expr)
    GUARDS.names(expr)


@pytest.mark.parametrize(
    ("expr", "words"),
    [
        ("years / 0 == 1", "divided by zero"),
        ("years * 9223372036854775807 > 1", "too large"),
        ("amount * 9223372036854775807 > 1", "too large"),
        ("amount * 1000000000000 > 1", "too large"),
        ("amount + 0.005 > 1", "out of bounds"),
        ("date(unit) == today", "no date"),
        ("plus(today, unit) == today", "no period"),
        ('plus(today, "P9000Y") == today', "out of bounds"),
        ("amount >", "missing"),
        ("(" * 40, "nested"),
    ],
)
def test_what_cannot_be_evaluated_is_a_guard_error(expr, words):
    """An evaluation that fails says why, in words, and is no answer."""
    with pytest.raises(GuardError, match=words):
        GUARDS.holds(expr, scope(years=3, amount=Decimal("50000.00"), unit="x"))


@pytest.mark.parametrize(
    ("expr", "name"), [("60000.505", "amount"), ('"ys"', "tick"), ('"1 year"', "span"), ("1e300", "amount")]
)
def test_a_value_that_the_field_does_not_take_is_a_guard_error(expr, name):
    """What is computed meets the same bounds as what is typed."""
    with pytest.raises(GuardError):
        GUARDS.value(expr, scope(), FIELDS[name])


def test_names_of_an_expression():
    """The names that an expression touches are known without compiling it, in `has()` too."""
    expr = (
        "has(partner) && partner.unit.startsWith(unit) && !has(old.amount)"
        " && size('a.b') > days(today, award_ends)"
    )
    assert GUARDS.names(expr) == {"partner", "partner.unit", "unit", "old.amount", "today", "award_ends"}


def test_one_instance_per_workflow():
    """Equal definitions share their compiled expressions; a bounded number is kept."""
    assert guards_for(WORKFLOW) is guards_for(replace(WORKFLOW))
    for number in range(MAX_SHARED + 1):
        guards_for(replace(WORKFLOW, name=f"grant{number}"))
    assert guards_for(WORKFLOW).holds("true", scope())


def test_threads_share_an_instance():
    """Several threads compile and evaluate with one instance and get their own answers."""
    guards = Guards(WORKFLOW)
    wrong: list[int] = []

    def work(number: int) -> None:
        facts = scope(amount=Decimal(number))
        wrong.extend(
            step
            for step in range(200)
            if guards.holds(f"amount == {step % 50}", facts) is not (number == step % 50)
        )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_guard_is_cheap():
    """A guard on a prepared scope costs far less than a millisecond, so a thousand do not count."""
    facts = scope(amount=Decimal("50000.00"), award_ends=date(2021, 12, 31))
    expr = "amount > 10000 && award_ends >= today && !has(old.amount)"
    assert GUARDS.holds(expr, facts)
    best = timedelta.max
    for _ in range(5):
        started = time.thread_time()
        for _ in range(200):
            GUARDS.holds(expr, facts)
        best = min(best, timedelta(seconds=(time.thread_time() - started) / 200))
    assert best < timedelta(microseconds=200)
