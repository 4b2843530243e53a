"""Every key of a TOML file is found where it stands."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings, strategies as st

from wirflow.office.toml_places import nearest_place, places, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

NASTY = '''\
# [no.section]
title = "a # no comment, [no] list" # one
'quoted key'."and \\" another" = 'x = 1'
long = """
[none]
key = "no \\""" one"
"""
raw = \'\'\'
[none] \'\'\'
day = 1979-05-27 07:32:00
many = [ # comment, with ] and "
  "one", 'two', # x
  [1, 2], { a = 1, b = { c = [3] } },
]
empty = []
nothing = {}

  [office]  # head
name="Amt"
[people.anna]
roles = ["clerk", "lead"]
[people."o.k."]
roles = []
[[holidays]]
name = "A"
[[holidays]]
  name = { de = "B", en = "B" }
[[holidays.inner]]
x = 1
[holidays.inner.deep]
y = 2
[holidays.plain]
z = 3
[rules.club]
a.b.c = 1
a.b.d = 2'''


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """All paths of what was read."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", (1, 1)),
        ("title", (2, 1)),
        ('quoted key.and \\" another', (3, 1)),
        ("day", (10, 1)),
        ("many[1]", (12, 10)),
        ("many[2][1]", (13, 7)),
        ("many[3].b.c[0]", (13, 31)),
        ("office", (18, 3)),
        ("office.name", (19, 1)),
        ("people.anna.roles[1]", (21, 19)),
        ("holidays[1].name.en", (27, 22)),
        ("holidays[1].inner[0].deep.y", (31, 1)),
        ("rules.club.a.b.d", (36, 1)),
        ("rules.club.law", (34, 1)),
        ("people.anna.roles[7]", (21, 1)),
        ("nowhere.at.all", (1, 1)),
    ],
)
def test_a_key_is_found_where_it_stands(path, place):
    """Past comments, strings of several lines, lists and tables; what is missing stands where it should."""
    tomllib.loads(NASTY)
    assert nearest_place(places(NASTY), path) == place
    assert nearest_place(places(NASTY.replace("\n", "\r\n")), path) == place


def test_every_item_of_a_list_and_every_leaf_has_a_place():
    """Nothing that the standard library reads is missed, but for tables that only their insides name."""
    known = places(NASTY)
    leaves = [path for path in paths(tomllib.loads(NASTY)) if len(path) > 1]
    missed = [shown(path) for path in leaves if shown(path) not in known and '"' not in shown(path)]
    assert missed == ["rules.club.a", "rules.club.a.b"]


@given(text=st.text(alphabet="ab.=[]{}\"'#\\,\n 1", max_size=60))
@example(text="[[1")
@example(text="a=[}")
@settings(max_examples=300, deadline=None)
def test_any_text_comes_to_an_end(text):
    """Also what is no TOML: the way through always ends, and every place lies in the text."""
    lines = text.split("\n")
    for line, column in places(text).values():
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1
