"""Lists and spans: one line, YAML, JSON, expressions and back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from wirflow.definition.field import Choice, Field, LinkedField
from wirflow.definition.guards import AbsentError, Guards
from wirflow.definition.listing import joined, split
from wirflow.definition.model import Workflow
from wirflow.definition.reader import read_workflow_text
from wirflow.definition.span import Span
from wirflow.definition.values import MAX_INTEGER, MAX_MONEY, from_json, parse, show, to_json
from wirflow.errors import InputError
from wirflow.text import Text

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
SPANS = st.builds(lambda begin, length: Span(begin, begin + timedelta(length)), DAYS, st.integers(0, 4000))
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], include_characters=" "), min_size=1
)
ITEMS = {
    "text": WORDS.filter(str.strip).map(str.strip),
    "integer": st.integers(-MAX_INTEGER, MAX_INTEGER),
    "money": st.decimals(-MAX_MONEY, MAX_MONEY, places=2),
    "date": DAYS,
    "boolean": st.booleans(),
    "choice": st.sampled_from(["open", "done"]),
    "period": st.sampled_from(["P6M", "P2W", "P1Y"]),
    "span": SPANS,
}
LISTS = st.sampled_from(sorted(ITEMS)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.lists(ITEMS[kind], max_size=6).map(tuple))
)


def listed(kind: str, **more: object) -> Field:
    """A list field."""
    choices = tuple(Choice(name=name, title=Text.same(name.title())) for name in ("open", "done"))
    return Field(
        name="x",
        type="list",
        of=kind,
        title=Text.same("X"),
        choices=choices if kind == "choice" else (),
        **more,
    )


SPAN = Field(name="x", type="span", title=Text.same("X"))


@given(LISTS)
def test_a_list_comes_back_the_same_by_every_way(pair):
    """As JSON, as one line and as the items of YAML, a list is read as it was."""
    kind, value = pair
    field, stored = listed(kind), to_json(value)
    assert from_json(field.kind, stored) == value
    assert parse(field, stored) == value
    assert parse(field, joined(stored)) == value
    assert parse(field, [str(item) for item in stored]) == value


@given(st.lists(WORDS.filter(str.strip).map(str.strip)))
def test_words_on_one_line_are_told_apart(words):
    """Commas, quotes and brackets in the items change nothing."""
    assert split(joined(words), "text") == words


@given(SPANS)
def test_a_span_is_read_as_it_is_shown(span):
    """The kept form, the German and the English one, and its days by their names are all that span."""
    for words in (str(span), show(SPAN, span, "de"), show(SPAN, span, "en")):
        assert parse(SPAN, words) == span
    assert parse(SPAN, {"begin": str(span.begin), "end": str(span.end)}) == span
    assert from_json("span", to_json(span)) == span
    assert span.days == (span.end - span.begin).days + 1


@pytest.mark.parametrize(
    "words",
    [
        "2021-02-01/2021-01-01",
        "2021-01-01",
        "2021-01-01/",
        "a/b",
        "",
        {"begin": "2021-01-01"},
        ["2021-01-01"],
    ],
)
def test_what_is_no_span_is_refused(words):
    """A span has two days, and does not end before it begins."""
    with pytest.raises(InputError):
        parse(SPAN, words)


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("integer", {}, "1,x"),
        ("money", {}, "1.000,00,5"),
        ("money", {}, "20,50"),
        ("money", {"min": Decimal(5)}, "5,4"),
        ("choice", {}, "open,opn"),
        ("text", {}, 'a,"b'),
        ("text", {}, "a,,b"),
        ("text", {"max_items": 2}, "a,b,c"),
        ("text", {"min_items": 1}, ""),
        ("text", {}, ["a"] * 1001),
        ("text", {}, ["a" * 9_999] * 11),
        ("text", {}, [["a"]]),
        ("span", {}, "2021-01-01/2021-01-02,2021-01-01"),
    ],
)
def test_a_list_takes_what_its_items_take(kind, more, words):
    """An item that its type does not take, too many or too few of them, or a doubtful comma: refused."""
    with pytest.raises(InputError) as caught:
        parse(listed(kind, **more), words)
    assert caught.value.hint is not None


def test_a_wrong_item_is_named_by_its_number():
    """Of ten items, the error says which one."""
    with pytest.raises(InputError, match=r"X, no\. 2"):
        parse(listed("date"), "2021-01-01, 31.2.2021")


def test_german_amounts_are_parted_by_semicolons():
    """`;` leaves the comma to the cents."""
    assert parse(listed("money"), "1.000,00; 20,50") == (Decimal("1000.00"), Decimal("20.50"))
    assert parse(listed("money"), "20,50;") == (Decimal("20.50"),)
    assert parse(listed("money"), '"20,50",3') == (Decimal("20.50"), Decimal("3.00"))


TYPES = """
wirflow: 1
workflow: w
roles: {clerk: {}}
fields:
  topics: {type: list, of: choice, choices: [sport, youth]}
  rates: {type: list, of: money}
  days: {type: list, of: date}
  words: {type: list, of: text}
  counts: {type: list, of: integer}
  flags: {type: list, of: boolean}
  pause: {type: span}
  pauses: {type: list, of: span}
  ends: {type: date}
links: {other: {workflow: w}}
states: {a: {initial: true}, b: {final: true}}
transitions: {go: {from: a, to: b, by: [clerk]}}
"""


def workflow() -> Workflow:
    """A workflow with a list of each type."""
    return read_workflow_text(TYPES).checked()["w"]


FACTS = {
    "topics": ("sport",),
    "rates": (Decimal("20.50"), Decimal("3.00")),
    "days": (date(2021, 3, 1),),
    "words": ("a", "b"),
    "counts": (),
    "flags": (True,),
    "pause": Span(date(2021, 3, 1), date(2021, 3, 10)),
    "pauses": (Span(date(2021, 1, 1), date(2021, 1, 2)),),
    "ends": date(2021, 3, 1),
}


def scope_of(guards: Guards, data=FACTS):
    """The facts as an expression sees them."""
    return guards.scope(key="K", state="a", today=date(2021, 6, 1), data=data, old=data, linked={})


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('"sport" in topics', True),
        ('"youth" in topics', False),
        ('topics == ["sport"]', True),
        ("topics != old.topics", False),
        ("size(words) == 2 && words.size() == 2", True),
        ('words == ["b", "a"]', False),
        ("counts == []", True),
        ("has(counts)", True),
        ("rates == [euros(20.5), euros(3)]", True),
        ("euros(20.50) in rates", True),
        ("euros(20.51) in rates", False),
        ("ends in days", True),
        ("1 in counts", False),
        ("true in flags", True),
        ("pause.begin == ends && pause.end > ends", True),
        ("pause.days == 10", True),
        ("old.pause.days == pause.days", True),
        ("has(pause.begin) && !has(other.pause.begin)", True),
        ("pause in pauses", False),
        ("pause in pauses + [pause]", True),
        ('pause == span(ends, date("2021-03-10"))', True),
        ("pauses + [pause] == pauses", False),
    ],
)
def test_expressions_ask_lists_and_spans(text, holds):
    """Membership, size, equality, joining, and the days of a span."""
    guards = Guards(workflow())
    assert guards.problems(text, "bool") == []
    assert guards.holds(text, scope_of(guards)) is holds


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('"spord" in topics', "not-a-choice"),
        ('topics == ["sport", "jouth"]', "not-a-choice"),
        ('["spord"] == topics', "not-a-choice"),
        ('"spord" in other.topics', "not-a-choice"),
        ("20 in rates", "wrong-type"),
        ('"1" in counts', "wrong-type"),
        ("words == [1]", "wrong-type"),
        ("words + [1] == words", "wrong-type"),
        ("pause.start == ends", "unknown-field"),
        ("pause.begin.end == ends", "unknown-field"),
        ("words.begin == ends", "unknown-field"),
        ("pause > ends", "wrong-type"),
        ("pause", "wrong-type"),
        ("words", "wrong-type"),
        ("words[0] == 'a'", "unknown-function"),
        ('topics == "sport"', "wrong-type"),
    ],
)
def test_expressions_over_lists_are_typed(text, code):
    """What a list never holds, and what it is not, is found before anything runs."""
    assert code in [problem.code for problem in Guards(workflow()).problems(text, "bool")]


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        (
            "pauses + [span(ends, today)]",
            "pauses",
            (*FACTS["pauses"], Span(date(2021, 3, 1), date(2021, 6, 1))),
        ),
        ("[]", "words", ()),
        ('words + ["c"]', "words", ("a", "b", "c")),
        ("[euros(1), euros(2.5)]", "rates", (Decimal("1.00"), Decimal("2.50"))),
        ("[1, 2]", "rates", (Decimal("1.00"), Decimal("2.00"))),
        ("[ends, today]", "days", (date(2021, 3, 1), date(2021, 6, 1))),
        ("pause", "pause", FACTS["pause"]),
    ],
)
def test_expressions_give_lists_and_spans(text, field, value):
    """`set` takes what an expression gives, item by item."""
    guards, target = Guards(workflow()), workflow().field_by_name[field]
    assert guards.problems(text, target.kind) == []
    assert guards.value(text, scope_of(guards), target) == value


@pytest.mark.parametrize(
    ("text", "kind"), [("words", "list of money"), ("[ends]", "list of text"), ("ends", "list of date")]
)
def test_a_list_of_another_type_is_no_value(text, kind):
    """A list of dates is no list of texts, and a date is no list of dates."""
    assert [item.code for item in Guards(workflow()).problems(text, kind)] == ["wrong-type"]


def test_an_absent_list_is_not_empty():
    """What is absent has no size; whoever asks for it is told its name."""
    guards = Guards(workflow())
    for text in ("size(words) == 0", "pause.days > 0"):
        with pytest.raises(AbsentError):
            guards.holds(text, scope_of(guards, {}))
    assert guards.holds("!has(words) && !has(pause.begin)", scope_of(guards, {}))


def test_a_link_knows_the_choices_of_the_other_workflow():
    """What `partner.kind` can never be is found, also where the partner is of another workflow."""
    other = TYPES.replace("workflow: w\n", "workflow: v\n").replace(
        "links: {other: {workflow: w}}", "links: {partner: {workflow: w}}"
    )
    known = {"w": workflow()}
    reading = read_workflow_text(other, known=known)
    link = reading.checked()["v"].link_by_name["partner"]
    assert LinkedField(name="topics", type="list", of="choice", choices=("sport", "youth")) in link.fields
    found = Guards(reading.checked()["v"]).problems('"spord" in partner.topics', "bool")
    assert [item.code for item in found] == ["not-a-choice"]


def test_a_definition_with_lists_keeps_its_hash():
    """The checked form of lists and spans is read back as the same workflow."""
    one = workflow()
    assert Workflow.from_form(one.form) == one
    assert Workflow.from_form(one.form).hash == one.hash
