"""Canonical bytes agree with RFC 8785, byte for byte."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum
from types import MappingProxyType

import pytest
import rfc8785
from hypothesis import example, given, strategies as st

from wirflow.audit.canonical import MAX_INT, canonical
from wirflow.errors import InputError

texts = st.text(st.characters(codec="utf-8"))
keys = texts | st.text(st.sampled_from("\ud7ff\ue000\uffff\U00010000\U0010ffff\x00az"), max_size=3)
scalars = st.none() | st.booleans() | st.integers(-MAX_INT, MAX_INT) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=20,
)


class Colour(StrEnum):
    """A string that is more than a string."""

    RED = "red"


class Level(IntEnum):
    """An integer that is more than an integer."""

    HIGH = 3


@given(values)
@example({"\ue000": 1, "\U00010000": [{"\uffff": 1, "\U0010ffff": 2}]})
@example({chr(code): chr(code) for code in range(0xA1)})
@example({"a": "\U0001f600", "\u2028": "</script>"})
def test_agrees_with_the_reference(value):
    """Every allowed value has the bytes that the reference library gives it."""
    assert canonical(value) == rfc8785.dumps(value)


@given(values)
def test_is_a_fixed_point(value):
    """Reading canonical bytes and writing them again changes nothing."""
    written = canonical(value)
    assert canonical(json.loads(written)) == written


def test_sorts_keys_by_utf16():
    """A key beyond the Basic Multilingual Plane sorts by its surrogates, as RFC 8785 (3.2.3) orders."""
    sample = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert list(json.loads(canonical(sample)).values()) == [2, 4, 6, 7, 1, 5, 3]


def test_reads_through_other_types_of_the_same_shape():
    """Tuples, read-only mappings and enumerations are written as the plain values that they are."""
    odd = {"a": MappingProxyType({"c": (1, Level.HIGH), "b": Colour.RED}), Colour.RED: True}
    plain = {"a": {"b": "red", "c": [1, 3]}, "red": True}
    assert canonical(odd) == canonical(plain)


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), Decimal(1), date(2021, 1, 1), b"x", {1, 2}, object(), [{"a": 1.5}]]
)
def test_refuses_other_types(value):
    """A float, or any other type that JSON cannot carry exactly, is a mistake in the program."""
    with pytest.raises(TypeError, match="cannot be"):
        canonical(value)


@pytest.mark.parametrize("key", [1, None, True, b"a", ("a",)])
def test_refuses_other_keys(key):
    """A key that is no string is a mistake in the program."""
    with pytest.raises(TypeError, match="a key of the trail cannot be"):
        canonical({"outer": {key: 1}})


@pytest.mark.parametrize("number", [MAX_INT + 1, -MAX_INT - 1, 2**64, -(10**400)])
def test_refuses_large_integers(number):
    """An integer that a reader could round is refused."""
    with pytest.raises(InputError, match="too large"):
        canonical([number])
    assert canonical([MAX_INT, -MAX_INT]) == b"[9007199254740991,-9007199254740991]"


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, {"a": "\udc80"}, {"\U00010000": 1, "\ud800": 2}])
def test_refuses_lone_surrogates(value):
    """Half of a surrogate pair has no bytes and is refused, in values and in keys."""
    with pytest.raises(InputError, match="surrogate pair"):
        canonical(value)


def test_refuses_endless_nesting():
    """A value that contains itself is an error and not a crash."""
    value = []
    value.append(value)
    with pytest.raises(InputError, match="nested too deeply"):
        canonical(value)
