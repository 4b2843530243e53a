"""An office's own rules and days off."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, strategies as st

from wirflow.deadlines import Catalogue, Period, compute
from wirflow.deadlines.office import Finding
from wirflow.errors import DefinitionError
from wirflow.text import Text

DAY = date.fromisoformat
RULES = {
    "widerspruch-satzung": {
        "title": {"de": "Widerspruch nach Satzung", "en": "Objection by statute"},
        "law": "§ 9 der Satzung",
        "period": "P2W",
        "fixed": True,
        "after": "vwvfg-41-2",
        "event": {"de": "Aufgegeben", "en": "Posted"},
        "verified": True,
        "notes": "Nur für Hilfen der Stadt",
    },
    "mitzeichnung": {"title": "Mitzeichnung", "law": "AGA", "count": "working-days", "period": "P3D"},
    "gebuehr": {
        "title": "Gebühr",
        "roll": "none",
        "versions": [
            {"law": "§ 3 alt", "period": "P1M", "valid_until": "2021-12-31"},
            {"law": "§ 3 neu", "period": "P2M", "valid_from": DAY("2022-01-01"), "roll_law": None},
        ],
    },
}
RULES["gebuehr"]["versions"][1].pop("roll_law")
HOLIDAYS = [
    {"name": {"de": "Stadtfest"}, "on": "2021-08-11", "land": "HE"},
    {"name": "Schließtag", "each_year": "12-31", "from": 2020, "until": 2022},
    {"name": {"de": "Rosenmontag", "en": "Carnival Monday"}, "easter": -48, "land": ["NW", "BY-Augsburg"]},
    {"name": "Schalttag", "each_year": "02-29"},
]


def paths(rules=None, holidays=None):
    """Where the findings are."""
    return [finding.path for finding in Catalogue.default().check_office(rules, holidays)]


def test_own_rules_compute_like_those_of_the_law():
    """A rule of the office counts, moves and explains itself; the shipped ones stay."""
    office = Catalogue.default().with_office(RULES, HOLIDAYS)
    objection = compute("widerspruch-satzung", DAY("2021-01-28"), catalogue=office)
    assert objection.due == DAY("2021-02-15")
    assert objection.law == "§ 9 der Satzung"
    assert objection.verified
    assert compute("gebuehr", DAY("2021-12-31"), catalogue=office).due == DAY("2022-01-31")
    assert compute("gebuehr", DAY("2022-01-01"), catalogue=office).due == DAY("2022-03-01")
    assert office.get("vwgo-74") is Catalogue.default().get("vwgo-74")
    assert office.get("mitzeichnung").jurisdiction == "office"
    assert office.get("widerspruch-satzung").notes == Text.same("Nur für Hilfen der Stadt")
    assert "mitzeichnung" not in Catalogue.default().rules
    received = compute(
        "widerspruch-satzung", DAY("2021-01-28"), catalogue=office, given={"received_on": "2021-02-05"}
    )
    assert received.due == DAY("2021-02-19")


def test_only_working_days_count_where_the_office_says_so():
    """Three working days over Easter end on the Wednesday after; counted back, before it."""
    office = Catalogue.default().with_office(RULES)
    deadline = compute("mitzeichnung", DAY("2021-04-01"), catalogue=office)
    assert deadline.due == DAY("2021-04-08")
    assert "nur Arbeitstage gezählt" in deadline.explain().de
    assert compute("mitzeichnung", DAY("2021-04-08"), "-P3D", catalogue=office).due == DAY("2021-04-01")
    with pytest.raises(Exception, match="does not fit"):
        compute("mitzeichnung", DAY("2021-04-08"), "P1M", catalogue=office)


def test_own_days_off_move_what_the_office_computes():
    """A city festival moves a deadline there and then, and nowhere else."""
    office = Catalogue.default().with_office(holidays=HOLIDAYS)
    assert compute("vwvfg-31", DAY("2021-08-04"), "P1W", catalogue=office).due == DAY("2021-08-12")
    assert compute("vwvfg-31", DAY("2021-08-04"), "P1W", land="BY", catalogue=office).due == DAY("2021-08-11")
    assert compute("vwvfg-31", DAY("2021-12-24"), "P1W", catalogue=office).due == DAY("2022-01-03")
    assert compute("vwvfg-31", DAY("2024-12-24"), "P1W", catalogue=office).due == DAY("2024-12-31")
    assert compute("vwvfg-31", DAY("2021-02-08"), "P1W", land="NW", catalogue=office).due == DAY("2021-02-16")
    assert compute("vwvfg-31", DAY("2021-02-08"), "P1W", catalogue=office).due == DAY("2021-02-15")
    assert compute("vwvfg-31", DAY("2024-02-22"), "P1W", catalogue=office).due == DAY("2024-03-01")
    assert "Stadtfest" in compute("vwvfg-31", DAY("2021-08-04"), "P1W", catalogue=office).explain().en


def test_an_office_can_count_hours_and_interrupted_days():
    """The ways of counting that need facts ask for them in an office's rule too."""
    rules = {
        "auskunft": {"title": "Auskunft", "law": "Dienstanweisung", "count": "hours", "period": "PT24H"},
        "urlaub": {"title": "Urlaub", "law": "Dienstanweisung", "count": "days-191", "period": "P2D"},
        "frist": {"title": "Vorlauf", "law": "Geschäftsordnung", "count": "back"},
    }
    office = Catalogue.default().with_office(rules)
    given = {"at": "09:00"}
    assert compute("auskunft", DAY("2021-01-01"), catalogue=office, given=given).due == DAY("2021-01-02")
    breaks = {"suspended": [("2021-01-02", "2021-01-05")]}
    assert compute("urlaub", DAY("2021-01-01"), catalogue=office, given=breaks).due == DAY("2021-01-07")
    assert compute("frist", DAY("2021-01-10"), "-P1W", catalogue=office).due == DAY("2021-01-02")
    assert compute("frist", DAY("2021-01-10"), Period(weeks=1), catalogue=office).due == DAY("2021-01-02")


def test_nothing_added_is_nothing_changed():
    """An office without rules of its own has those of the law."""
    assert list(Catalogue.default().with_office().rules) == list(Catalogue.default().rules)
    assert Catalogue.default().check_office() == ()


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ({"law": "§"}, "title"),
        ({"title": "T"}, "law"),
        ({"title": 5, "law": "§"}, "title"),
        ({"title": {}, "law": "§"}, "title"),
        ({"title": {"fr": "x"}, "law": "§"}, "title"),
        ({"title": "T", "law": 5}, "law"),
        ({"title": "T", "law": "§", "period": "2 weeks"}, "period"),
        ({"title": "T", "law": "§", "period": 14}, "period"),
        ({"title": "T", "law": "§", "count": "aftre"}, "count"),
        ({"title": "T", "law": "§", "roll": ["next"]}, "roll"),
        ({"title": "T", "law": "§", "verified": "yes"}, "verified"),
        ({"title": "T", "law": "§", "count": "back", "roll": "next"}, "roll"),
        ({"title": "T", "law": "§", "count": "hours", "period": "P2D"}, "period"),
        ({"title": "T", "law": "§", "count": "working-days", "period": "P1M"}, "period"),
        ({"title": "T", "law": "§", "after": "vwgo-74"}, "after"),
        ({"title": "T", "law": "§", "after": "mine"}, "after"),
        ({"title": "T", "law": "§", "after": []}, "after"),
        ({"title": "T", "law": "§", "period": []}, "period"),
        ({"title": "T", "law": "§", "valid_from": "1.1.2020"}, "valid_from"),
        ({"title": "T", "law": "§", "valid_from": datetime(2020, 1, 1)}, "valid_from"),  # noqa: DTZ001 - wrong
        ({"title": "T", "law": "§", "valid_from": "2020-01-02", "valid_until": "2020-01-01"}, "valid_until"),
        ({"title": "T", "law": "§", "perod": "P2W"}, "perod"),
        ({"title": "T", "law": "§", "xyzzy": "P2W"}, "xyzzy"),
        ({"title": "T", "versions": []}, "versions"),
        ({"title": "T", "versions": [5]}, "versions[0]"),
        ({"title": "T", "versions": [{"law": "a"}, {"law": "b", "valid_from": "2020-01-01"}]}, "versions[1]"),
    ],
)
def test_a_wrong_rule_is_a_finding_with_its_path(table, path):
    """Whatever is wrong with a rule is found, and where."""
    assert f"rules.mine.{path}" in paths({"mine": table})


def test_a_rule_beside_versions_or_with_a_taken_name_is_a_finding():
    """A period cannot stand beside versions, and a name of the law is taken."""
    both = {"title": "T", "law": "§", "versions": [{"law": "a"}]}
    assert paths({"mine": both}) == ["rules.mine"]
    assert paths({"vwgo-74": {"title": "T", "law": "§"}}) == ["rules.vwgo-74"]
    assert "rules.mine" in paths({"mine": "P2W"})
    assert paths(["mine"]) == ["rules"]


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ({"on": "2021-08-11"}, ".name"),
        ({"name": "", "on": "2021-08-11"}, ".name"),
        ({"name": "N"}, ""),
        ({"name": "N", "on": "2021-08-11", "easter": 1}, ""),
        ({"name": "N", "on": "11.8.2021"}, ".on"),
        ({"name": "N", "each_year": "02-30"}, ".each_year"),
        ({"name": "N", "each_year": "August"}, ".each_year"),
        ({"name": "N", "each_year": f"{10**30}-1"}, ".each_year"),
        ({"name": "N", "easter": "39"}, ".easter"),
        ({"name": "N", "easter": 999}, ".easter"),
        ({"name": "N", "easter": 1, "from": 1800}, ".from"),
        ({"name": "N", "easter": 1, "from": 2022, "until": 2021}, ".until"),
        ({"name": "N", "easter": 1, "land": "XX"}, ".land"),
        ({"name": "N", "easter": 1, "Land": "HE"}, ".Land"),
        (5, ""),
    ],
)
def test_a_wrong_day_off_is_a_finding_with_its_path(table, path):
    """Whatever is wrong with a day off is found, and where."""
    assert f"holidays[0]{path}" in paths(holidays=[table])


def test_days_off_are_a_list():
    """A table where a list is expected is a finding."""
    assert paths(holidays={"name": "N"}) == ["holidays"]


KEYS = st.sampled_from(
    [
        *(
            "title",
            "law",
            "period",
            "fixed",
            "count",
            "roll",
            "roll_law",
            "after",
            "event",
            "verified",
            "notes",
        ),
        *(
            "valid_from",
            "valid_until",
            "versions",
            "name",
            "on",
            "each_year",
            "easter",
            "from",
            "until",
            "land",
        ),
        *("de", "en", "other"),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.dates()
    | st.text(max_size=5)
    | st.sampled_from(["P2W", "P1M", "2021-02-03", "next", "back", "hours", "vwvfg-41-2", "HE", "08-08"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=12,
)


@given(rules=st.dictionaries(st.text(max_size=3), VALUES, max_size=2), holidays=st.lists(VALUES, max_size=2))
def test_whatever_an_office_writes_is_read_or_found_wrong(rules, holidays):
    """No data crashes the reader: either there are findings, or the catalogue is made and computes."""
    if Catalogue.default().check_office(rules, holidays):
        with pytest.raises(DefinitionError):
            Catalogue.default().with_office(rules, holidays)
    else:
        office = Catalogue.default().with_office(rules, holidays)
        assert set(office.rules) == {*Catalogue.default().rules, *rules}
        assert compute("vwvfg-31", DAY("2021-01-28"), "P1M", catalogue=office).due >= DAY("2021-03-01")


def test_all_findings_come_at_once():
    """An office learns of everything that is wrong in one go, in both languages."""
    rules = {"mine": {"title": "T", "count": "aftre"}, "yours": {"law": "§"}}
    with pytest.raises(DefinitionError) as caught:
        Catalogue.default().with_office(rules, [{"name": "N"}])
    found = caught.value.findings
    assert [finding.path for finding in found] == [
        *("rules.mine.count", "rules.mine.law", "rules.yours.title", "holidays[0]"),
    ]
    assert "'after'" in found[0].message.en
    assert "Meinten Sie" in found[0].message.de
    assert str(found[0]).startswith("rules.mine.count: ")
    assert caught.value.exit_code == 1
    assert all(isinstance(finding, Finding) for finding in found)
