"""A deadline as a value: its explanation, its JSON, its errors."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from wirflow.deadlines import Calendar, Catalogue, Deadline, Period, compute
from wirflow.errors import DeadlineError, UnknownNameError

DAY = date.fromisoformat
CONTRACT = ["rule", "from", "period", "due", "raw_end", "steps", "law", "verified", "land", "text"]


def test_the_explanation_is_a_note_for_the_file():
    """The whole way from posting to the day on which it is due, in one sentence of each language."""
    text = compute("vwgo-74", DAY("2021-01-28")).explain()
    assert text.de == (
        "Aufgegeben am 28.01.2021, gilt als bekannt gegeben am 31.01.2021 (§ 41 Abs. 2 VwVfG); "
        "die Frist von einem Monat endet, da der Februar keinen 31. hat, am 28.02.2021 "
        "(§ 74 Abs. 1 VwGO, § 188 Abs. 3 BGB), einem Sonntag, und daher am 01.03.2021 "
        "(§ 57 Abs. 2 VwGO, § 222 Abs. 2 ZPO)."
    )
    assert text.en == (
        "Posted on 28 January 2021, deemed to be announced on 31 January 2021 (§ 41 Abs. 2 VwVfG); "
        "the period of one month ends, as February has no day 31, on 28 February 2021 "
        "(§ 74 Abs. 1 VwGO, § 188 Abs. 3 BGB), a Sunday, and therefore on 1 March 2021 "
        "(§ 57 Abs. 2 VwGO, § 222 Abs. 2 ZPO)."
    )


@pytest.mark.parametrize(
    ("rule", "start", "period", "words"),
    [
        (
            "vwvfg-31",
            "2021-03-19",
            "P2W",
            "einem Feiertag (Karfreitag), und daher, da auch der 03.04.2021 ein Samstag, der 04.04.2021 ein",
        ),
        (
            "vwvfg-31",
            "2021-02-13",
            "P2W",
            "einem Samstag, und daher, da auch der 28.02.2021 ein Sonntag ist, am 01.03.2021",
        ),
        ("no-roll", "2021-03-19", "P2W", "dass er ein Feiertag (Karfreitag) ist, verschiebt ihn nicht."),
        ("no-roll", "2021-03-05", "P2D", "die Frist von zwei Tagen endet am 07.03.2021 (§ 188 Abs. 1 BGB)"),
        ("no-roll", "2022-01-01", "-P4D", "die Frist von vier Tagen zurück endet am 28.12.2021"),
        ("no-roll", "1980-01-01", "P4D", "am 05.01.1980 (§ 188 Abs. 1 BGB)."),
        ("bgb-188-start", "2021-01-31", "P1M", "da der Februar keinen 30. hat"),
        ("bgb-193", "2021-05-03", "P0D", "Maßgebend ist der 03.05.2021"),
        ("bgb-191", "2021-01-01", "P1M", "gezählt als 30 Tage"),
        ("bgb-192-end", "2021-03-01", None, "März 2021; maßgebend ist der 31.03.2021 (§ 192 BGB)"),
        ("hgo-58", "2020-12-17", None, "volle Tage dazwischen: drei Tage"),
        ("ao-147", "2020-02-29", None, "Schluss des Kalenderjahres: 31.12.2020"),
        ("eu-1182", "2021-04-01", "P4D", "mindestens zwei Arbeitstage enthält sie erst mit dem 07.04.2021"),
        (
            "vwvfg-31-5",
            "2021-05-01",
            None,
            "dass er ein Feiertag (Erster Mai) ist, verschiebt ihn nicht (§ 31 Abs. 5",
        ),
    ],
)
def test_each_way_of_counting_is_told(rule, start, period, words):
    """The sentence tells the way of counting that the rule has."""
    assert words in compute(rule, DAY(start), period).explain().de


@pytest.mark.parametrize(
    ("rule", "given", "words"),
    [
        ("vwvfg-31", {"named_day": True}, "(§ 31 Abs. 3 Satz 2 VwVfG)"),
        ("vwgo-74", {"received_on": "2021-04-05"}, "wirklich erst später zugegangen: 05.04.2021"),
        ("vwgo-74", {"announced_on": "2021-03-20"}, "zugestellt oder bekannt gegeben: 20.03.2021"),
        ("vwgo-74", {"no_instruction": True}, "ohne richtige Rechtsbehelfsbelehrung gilt die Jahresfrist"),
        ("sgb3-38", {"known_on": "2021-03-10"}, "daher drei Tage nach Kenntnis: 13.03.2021"),
        ("anbest-p", {"award_ends": "2020-12-31"}, "nach dem Bewilligungszeitraum: 30.06.2021"),
        ("hgo-58", {"urgent": True}, "abgekürzt: am Tag vor der Sitzung; spätester Tag ist der 18.03.2021"),
    ],
)
def test_each_fact_is_told(rule, given, words):
    """A fact that made a difference stands in the sentence."""
    period = "P2W" if rule == "vwvfg-31" else None
    assert words in compute(rule, DAY("2021-03-19"), period, given=given).explain().de


def test_the_steps_are_data():
    """Event, announcement, raw end, days moved over and due day, each with its reason and law."""
    steps = compute("vwgo-74", DAY("2021-01-28")).steps
    assert [(str(step.date), step.kind) for step in steps] == [
        ("2021-01-28", "event"),
        ("2021-01-31", "announced"),
        ("2021-02-28", "raw_end"),
        ("2021-02-28", "skipped"),
        ("2021-03-01", "due"),
    ]
    assert steps[2].why.de == "Ende der Frist: ein Monat; der Februar hat keinen 31."
    assert steps[3].why.de == "Sonntag"
    assert steps[4].law == "§ 57 Abs. 2 VwGO, § 222 Abs. 2 ZPO"


def test_json_keeps_the_contract():
    """The keys of the contract, in their order; dates as ISO texts; reasons in both languages."""
    data = compute("vwgo-74", DAY("2021-01-28")).to_json()
    assert list(data) == CONTRACT
    assert (data["from"], data["due"], data["raw_end"]) == ("2021-01-28", "2021-03-01", "2021-02-28")
    assert (data["period"], data["verified"], data["land"]) == ("P1M", True, "HE")
    assert data["law"] == "§ 74 Abs. 1 VwGO"
    assert [sorted(step) for step in data["steps"]] == [["date", "why"]] * 5
    assert data["steps"][1]["why"]["de"].endswith("(§ 41 Abs. 2 VwVfG)")
    assert compute("bgb-192-end", DAY("2021-01-28")).to_json()["period"] is None


@pytest.mark.parametrize(
    "damage",
    [
        {"from": "x"},
        {"steps": 5},
        {"steps": [{}]},
        {"text": "x"},
        {"due": None},
        {"period": "x"},
        {"steps": [{"date": 1}]},
    ],
)
def test_damaged_data_is_no_deadline(damage):
    """What is not what `to_json` wrote is an error, never a wrong deadline."""
    data = compute("vwgo-74", DAY("2021-01-28")).to_json() | damage
    with pytest.raises(DeadlineError):
        Deadline.from_json(data)


@pytest.mark.parametrize("key", CONTRACT)
def test_missing_data_is_no_deadline(key):
    """Every key is needed."""
    data = compute("vwgo-74", DAY("2021-01-28")).to_json()
    del data[key]
    with pytest.raises(DeadlineError):
        Deadline.from_json(data)


def test_a_deadline_without_derivation_says_so():
    """A deadline put together by hand has no steps to tell."""
    deadline = Deadline("x", DAY("2021-01-28"), None, DAY("2021-01-28"), DAY("2021-01-28"), "§ 1", True, "HE")
    with pytest.raises(DeadlineError):
        deadline.explain()


def test_the_derivation_is_made_once_and_only_when_asked_for():
    """Computing tells nothing; asking twice gives the same steps."""
    deadline = compute("vwgo-74", DAY("2021-01-28"))
    assert deadline._told is None
    assert deadline.steps is deadline.steps


def test_an_award_can_be_the_law():
    """The place where the period is really written replaces that of the rule."""
    deadline = compute("vwvfg-31", DAY("2021-12-31"), "P6M", law="ANBest-P, as named in the award")
    assert deadline.law == "ANBest-P, as named in the award"
    assert "(ANBest-P, as named in the award; § 188 Abs. 2, 3 BGB)" in deadline.explain().en


def test_deadlines_are_equal_by_what_they_say():
    """Two computations of the same deadline are the same value."""
    one, two = (compute("vwgo-74", DAY("2021-01-28")) for _ in range(2))
    assert one == two
    assert hash(one) == hash(two)
    assert one != compute("vwgo-74", DAY("2021-01-29"))


def test_a_period_may_be_a_value():
    """A period can be given as a value as well as a text, and an own one as the law has it."""
    assert compute("vwvfg-31", DAY("2021-01-28"), Period(weeks=2)) == compute(
        "vwvfg-31", DAY("2021-01-28"), "P2W"
    )
    assert compute("vwgo-74", DAY("2021-01-28"), "P1M") == compute("vwgo-74", DAY("2021-01-28"))


def test_the_land_decides():
    """The same event ends on different days in different places."""
    day = DAY("2021-05-20")
    assert compute("vwvfg-31", day, "P2W", land="HE").due == DAY("2021-06-04")
    assert compute("vwvfg-31", day, "P2W", land="be").due == DAY("2021-06-03")
    assert compute("vwvfg-31", day, "P2W", land="be").land == "BE"
    with pytest.raises(UnknownNameError):
        compute("vwvfg-31", day, "P2W", land="Hesse")


def test_days_off_are_loaded_once():
    """A catalogue keeps its calendars."""
    catalogue = Catalogue.default()
    assert catalogue is Catalogue.default()
    assert catalogue.calendar("HE") is catalogue.calendar("HE")
    assert isinstance(catalogue.calendar("HE"), Calendar)


@pytest.mark.parametrize("start", [datetime(2021, 1, 28), "2021-01-28", None])  # noqa: DTZ001 - a wrong value
def test_a_start_that_is_no_day_is_refused(start):
    """An instant or a text is no civil day."""
    with pytest.raises(DeadlineError):
        compute("vwgo-74", start)


def test_a_subclass_of_date_is_a_day():
    """A date of another library that is a date will do."""

    class Day(date):
        """A date of another library."""

    assert compute("vwgo-74", Day(2021, 1, 28)).due == DAY("2021-03-01")


@pytest.mark.parametrize(
    ("rule", "start", "period"),
    [
        ("no-roll", "9999-12-01", "P2M"),
        ("no-roll", "9999-12-01", "P40D"),
        ("no-roll", "0001-01-05", "-P9D"),
        ("bgb-188-start", "9999-12-01", "P9999Y"),
        ("vwvfg-31", "2100-12-30", "P1M"),
        ("vwvfg-31", "1980-01-01", "P1M"),
    ],
)
def test_an_end_beyond_the_calendar_is_an_error(rule, start, period):
    """A day without a date or without known holidays is an error, not a crash."""
    with pytest.raises(DeadlineError):
        compute(rule, DAY(start), period)


@pytest.mark.parametrize(
    ("period", "told"),
    [
        ("P0.5M", ["ein halber Monat sind 15 Tage (§ 189 Abs. 1 BGB)"]),
        ("P1.5M", ["ein halber Monat sind 15 Tage und zählen zuletzt (§ 189 Abs. 1, 2 BGB)"]),
        ("P0.5Y", ["ein halbes Jahr sind sechs Monate (§ 189 Abs. 1 BGB)"]),
        ("P1.25Y10D", ["ein Vierteljahr sind drei Monate (§ 189 Abs. 1 BGB)"]),
        (
            "P0.75Y0.5M",
            [
                "drei Vierteljahre sind neun Monate (§ 189 Abs. 1 BGB)",
                "ein halber Monat sind 15 Tage und zählen zuletzt (§ 189 Abs. 1, 2 BGB)",
            ],
        ),
        ("P6M", []),
        ("P1M15D", []),
    ],
)
@pytest.mark.parametrize("rule", ["bgb-193", "vwvfg-31", "bgb-188-start"])
def test_a_half_is_told_by_the_paragraph_that_says_what_it_is(rule, period, told):
    """What a half month, a half or a quarter year is, § 189 BGB says: a step of its own, and cited."""
    found = compute(rule, date(2021, 1, 14), period)
    steps = [step["why"]["de"] for step in found.to_json()["steps"]]
    assert [words for words in steps if "§ 189" in words] == told
    assert all(words in found.explain().de for words in told)
    assert ("§ 189 BGB" in found.law) == bool(told)


def test_what_the_award_or_the_union_says_is_not_put_under_the_civil_code():
    """A period of an award keeps the award as its law; Union law has months of its own."""
    award = compute("vwvfg-31", date(2021, 1, 14), "P0.5Y", law="Bescheid")
    assert award.law == "Bescheid"
    assert "§ 189 Abs. 1 BGB" in award.explain().de
    assert "§ 189" not in compute("eu-1182", date(2021, 1, 14), "P0.5M").explain().de
