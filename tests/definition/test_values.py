"""Values: what a person may write, what is kept, what is shown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from wirflow.definition.field import Choice, Field
from wirflow.definition.values import (
    MAX_INTEGER,
    MAX_MONEY,
    dump,
    from_json,
    load,
    parse,
    parse_all,
    show,
    takes,
    to_json,
)
from wirflow.errors import InputError, UnknownNameError
from wirflow.text import Text

CHOICES = (
    Choice(name="open", title=Text("Offen", "Open")),
    Choice(name="done", title=Text("Fertig", "Done")),
)

MONEY = st.decimals(-MAX_MONEY, MAX_MONEY, places=2)


def field(kind: str, **more: object) -> Field:
    """A field of a type."""
    choices = CHOICES if kind == "choice" else ()
    return Field(name="x", type=kind, title=Text("Das X", "The x"), choices=choices, **more)


@given(amount=MONEY, lang=st.sampled_from(["de", "en"]))
def test_money_is_read_as_it_is_shown(amount, lang):
    """What is shown in German is read back as the same amount, and so is the plain form; no cent is lost."""
    assert parse(field("money"), str(amount)) == amount
    if lang == "de":
        assert parse(field("money"), show(field("money"), amount, lang)) == amount
    assert from_json("money", to_json(amount)) == amount


@given(day=st.dates(date(1000, 1, 1)))
def test_a_date_is_read_as_it_is_shown(day):
    """Both ways of writing a date are read as that day."""
    for lang in ("de", "en"):
        assert parse(field("date"), show(field("date"), day, lang)) == day
    assert from_json("date", to_json(day)) == day


@given(
    st.fixed_dictionaries(
        {
            "money": MONEY,
            "date": st.dates(),
            "integer": st.integers(-MAX_INTEGER, MAX_INTEGER),
            "boolean": st.booleans(),
        }
    )
)
def test_what_is_kept_is_read_as_it_was(data):
    """Facts come back from the database as the same values; what no field names is left out."""
    kinds = tuple((name, name) for name in data)
    assert load(kinds, {**dump(data), "gone": 1}) == data


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("money", "50.000,00 €", Decimal("50000.00")),
        ("money", "1.000", Decimal("1000.00")),
        ("money", 50000, Decimal("50000.00")),
        ("money", "7,5", Decimal("7.50")),
        ("date", date(2021, 1, 2), date(2021, 1, 2)),
        ("integer", " 12 ", 12),
        ("boolean", "Ja", True),
        ("boolean", "no", False),
        ("boolean", True, True),
        ("period", "P1M2W", "P1M2W"),
        ("choice", "open", "open"),
        ("text", " a\nb ", "a\nb"),
    ],
)
def test_what_a_person_writes_is_understood(kind, raw, value):
    """The usual ways of writing a value are understood."""
    assert parse(field(kind), raw) == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        *[
            ("money", raw)
            for raw in ("1,000.00", "1,000", "12.34,5", "0.0012", "", "x", True, "1e3", "NaN", "9" * 13)
        ],
        *[
            ("money", raw)
            for raw in ("0.001", "0.500", "-0.250", "00.100,00", "\u0663,\u0660\u0660", "1_0", 1.234, 0.001)
        ],
        *[("integer", raw) for raw in ("1_0", "\u0663", "\uff11", "0x5", "9" * 5000)],
        *[("date", raw) for raw in ("2021-02-30", "31.02.2021", "12/31/2021", "", "now")],
        *[("integer", raw) for raw in ("1.5", True, 1.5, "", str(2**60))],
        *[("boolean", raw) for raw in ("maybe", "", 2)],
        *[("period", raw) for raw in ("6M", "", "P", "PX")],
        *[("text", raw) for raw in ("", "  ", "a\x00b", "a\x1bb", 5)],
        ("choice", "opne"),
    ],
)
def test_what_is_no_value_is_refused_with_what_is_taken(kind, raw):
    """Nothing is guessed: a wrong value is an error that names the field and what it takes."""
    with pytest.raises(InputError) as caught:
        parse(field(kind), raw)
    assert "The x" in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("kind", "raw", "shown"),
    [
        ("text", None, "'null'"),
        ("money", True, "'true'"),
        ("span", {"begin": "2021-03-01"}, '\'{"begin": "2021-03-01"}\''),
    ],
)
def test_a_wrong_value_of_a_file_is_repeated_as_it_stood_there(kind, raw, shown):
    """What came as JSON or YAML is repeated so, and never in the words of Python."""
    with pytest.raises(InputError) as caught:
        parse(field(kind), raw)
    assert shown in caught.value.message.en


def test_text_that_cannot_be_is_told_why():
    """That a text is empty, or holds what nobody would see, is said where it is refused."""
    with pytest.raises(InputError) as caught:
        parse(field("text"), "a\u202eb")
    assert "control characters" in str(caught.value)


def test_a_period_that_counts_back_is_shown_so():
    """A period into the past never reads like one into the future."""
    assert show(field("period"), "-P1M", "de") == "ein Monat zurück"
    assert show(field("period"), "-P1M", "en") == "one month back"


def test_a_near_choice_is_suggested():
    """A choice that is nearly right is named."""
    with pytest.raises(InputError, match="Did you mean 'open'"):
        parse(field("choice"), "opne")


@pytest.mark.parametrize(
    ("limits", "fine", "wrong", "words"),
    [
        ({"min": Decimal(0), "max": Decimal(10)}, "10", "10.01", "from 0 to 10"),
        ({"min": Decimal(1)}, "1", "0.99", "at least 1"),
        ({"min": Decimal("0.01")}, "0.01", "0", "mindestens 0,01"),
        ({"max": Decimal(1)}, "1", "1.01", "at most 1"),
    ],
)
def test_bounds_hold_and_are_told(limits, fine, wrong, words):
    """A value on the bound is taken, one beyond it is not, and the bounds are told."""
    assert parse(field("money", **limits), fine)
    with pytest.raises(InputError) as caught:
        parse(field("money", **limits), wrong)
    assert words in caught.value.explain("de") + caught.value.explain("en")


def test_a_long_text_is_refused_with_its_length():
    """A text beyond its limit is refused, with how long it is and how long it may be."""
    with pytest.raises(InputError, match="At most 3 characters, these are 4"):
        parse(field("text", max_length=3), "abcd")
    assert takes(field("text", max_length=3)).de == "Text mit höchstens 3 Zeichen."


def test_unknown_fields_are_named_with_the_near_one():
    """Several values at once: an unknown field is an error that names the near one."""
    with pytest.raises(UnknownNameError, match="amount"):
        parse_all({"amount": field("money")}, {"amont": 1})


def test_what_is_absent_is_shown_as_such():
    """An expected fact that is absent is unknown; any other is a dash; neither is zero."""
    assert show(field("money", expected=True), None, "de") == "unbekannt"
    assert show(field("money"), None, "en") == "–"


@pytest.mark.parametrize(
    ("kind", "value", "german", "english"),
    [
        ("money", Decimal("-1234.50"), "-1.234,50 €", "-€1,234.50"),
        ("boolean", True, "ja", "yes"),
        ("boolean", False, "nein", "no"),
        ("choice", "done", "Fertig", "Done"),
        ("choice", "gone", "gone", "gone"),
        ("period", "P2M", "zwei Monate", "two months"),
        ("integer", 5, "5", "5"),
    ],
)
def test_values_are_shown_in_the_readers_language(kind, value, german, english):
    """Money, truth, choices and periods read as people of either language write them."""
    assert (show(field(kind), value, "de"), show(field(kind), value, "en")) == (german, english)


def test_a_document_told_by_its_parts_is_told_what_they_are():
    """A hash that is none is refused with what a hash is, and what was given reads as it was written."""
    field = Field(name="letter", type="document", title=Text("Brief", "Letter"))
    with pytest.raises(InputError) as refused:
        parse(field, {"name": "a.pdf", "sha256": "aa"})
    assert "sha256" in refused.value.message.en
    assert refused.value.hint is not None
    assert "64" in refused.value.hint.en
