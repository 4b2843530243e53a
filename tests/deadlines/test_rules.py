"""The rules of the catalogue, each by examples worked out by hand."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from wirflow.deadlines import FACTS, Catalogue, Rule, Version, compute, hours_end
from wirflow.errors import DeadlineError, UnknownNameError
from wirflow.text import Text

DAY = date.fromisoformat


def due(rule, start, period=None, **given):
    """The due day of a rule in Hessen."""
    return compute(rule, DAY(start), period, given=given).due.isoformat()


@pytest.mark.parametrize(
    ("start", "period", "expected"),
    [
        ("2021-01-31", "P1M", "2021-02-28"),
        ("2021-01-30", "P1M", "2021-02-28"),
        ("2021-01-29", "P1M", "2021-02-28"),
        ("2021-01-28", "P1M", "2021-02-27"),
        ("2024-01-31", "P1M", "2024-02-29"),
        ("2021-03-31", "P1M", "2021-04-30"),
        ("2021-03-01", "P1M", "2021-03-31"),
        ("2021-01-01", "P1D", "2021-01-01"),
        ("2021-01-01", "P1W", "2021-01-07"),
        ("2020-02-29", "P1Y", "2021-02-28"),
        ("2021-01-01", "P1M2W", "2021-02-14"),
    ],
)
def test_a_term_that_starts_with_a_day_ends_the_day_before(start, period, expected):
    """§ 187 (2), § 188 (2), (3): the day before, or the month's last if that one is missing."""
    assert due("bgb-188-start", start, period) == expected
    assert due("vwvfg-31-4", start, period) == expected


def test_a_half_month_counts_its_fifteen_days_last():
    """One and a half months from 14 January: 14 February, then fifteen days (§ 189 (2) BGB)."""
    assert due("bgb-188", "2021-01-14", "P1.5M") == "2021-03-01"


def test_an_extension_starts_where_the_period_really_ended():
    """The period ended on a Sunday and so on Monday; a week more counts from Monday (§ 190 BGB)."""
    first = compute("vwvfg-31", DAY("2021-02-14"), "P2W")
    assert (first.raw_end, first.due) == (DAY("2021-02-28"), DAY("2021-03-01"))
    assert due("bgb-190", str(first.due), "P1W") == "2021-03-08"
    assert due("vwvfg-31-7", str(first.due), "P1W") == "2021-03-08"


def test_a_span_that_may_be_interrupted_counts_days():
    """A month of 30 days, five of them suspended, ends after 35 (§ 191 BGB)."""
    assert due("bgb-191", "2021-01-01", "P1M") == "2021-01-31"
    assert due("bgb-191", "2021-01-01", "P1M", suspended=[["2021-01-05", "2021-01-09"]]) == "2021-02-05"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("bgb-192-start", "2020-02-01"), ("bgb-192-middle", "2020-02-15"), ("bgb-192-end", "2020-02-29")],
)
def test_beginning_middle_and_end_of_a_month_are_days(rule, expected):
    """The first, the 15th and the last day (§ 192 BGB)."""
    assert due(rule, "2020-02-03") == expected


def test_a_certain_day_for_a_payment_moves_but_an_appointed_day_does_not():
    """§ 193 BGB moves a day for a payment; § 31 (5) VwVfG keeps an appointment on a Saturday."""
    assert due("bgb-193", "2021-05-01", "P0D") == "2021-05-03"
    assert due("vwvfg-31-5", "2021-05-01") == "2021-05-01"


def test_a_day_that_the_authority_named_stays():
    """§ 31 (3) sentence 2 VwVfG: Good Friday stays, if that day was named with reference to the rule."""
    assert due("vwvfg-31", "2021-03-19", "P2W", named_day=True) == "2021-04-02"
    assert due("vwvfg-31", "2021-03-19", "P2W", named_day=False) == "2021-04-06"
    assert due("vwvfg-31", "2021-03-19", "P2W", named_day="true") == "2021-04-02"
    assert due("vwvfg-31", "2021-03-19", "P2W", named_day="false") == "2021-04-06"


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2021-03-27", 24, "2021-03-28T11:00:00+02:00"),
        ("2021-10-30", 24, "2021-10-31T09:00:00+01:00"),
        ("2021-04-02", 72, "2021-04-05T10:00:00+02:00"),
    ],
)
def test_hours_pass_on_holidays_and_when_clocks_change(start, hours, end):
    """§ 31 (6) VwVfG: hours are hours, on Sundays and holidays too."""
    assert hours_end(DAY(start), time(10), hours).isoformat() == end
    deadline = compute("vwvfg-31-6", DAY(start), f"PT{hours}H", given={"at": "10:00"})
    assert deadline.due.isoformat() == end[:10]
    assert end[11:16] in deadline.explain().de
    assert end[11:16] in deadline.explain().en


def test_posting_decides_how_many_days_delivery_takes():
    """Posted on 2024-12-31: three days; from 2025-01-01: four (§ 41 (2) VwVfG)."""
    assert due("vwvfg-41-2", "2024-12-31") == "2025-01-03"
    assert due("vwvfg-41-2", "2025-01-01") == "2025-01-05"
    assert due("hvwvfg-41-2", "2025-01-01") == "2025-01-04"


def test_only_a_later_real_receipt_wins():
    """The presumption holds against an earlier receipt and yields to a later one."""
    assert due("vwvfg-41-2", "2021-01-28", received_on="2021-01-29") == "2021-01-31"
    assert due("vwvfg-41-2", "2021-01-28", received_on="2021-02-05") == "2021-02-05"
    assert due("vwgo-74", "2021-01-28", received_on="2021-02-05") == "2021-03-05"
    assert due("vwgo-70", "2021-01-28", received_on=DAY("2021-01-29")) == "2021-03-01"


def test_formal_service_needs_no_presumption():
    """A decision that was served counts from that day."""
    assert due("vwgo-74", "2021-01-28", announced_on="2021-01-29") == "2021-03-01"
    deadline = compute("vwgo-74", DAY("2021-01-20"), given={"announced_on": DAY("2021-01-22")})
    assert deadline.due == DAY("2021-02-22")
    assert [step.kind for step in deadline.steps] == ["event", "announced", "raw_end", "due"]


def test_without_instruction_the_period_is_a_year():
    """§ 58 (2) VwGO: a year, and the explanation cites it."""
    deadline = compute("vwgo-74", DAY("2021-01-28"), given={"no_instruction": True})
    assert deadline.due == DAY("2022-01-31")
    assert deadline.law == "§ 58 Abs. 2 Satz 1 VwGO"
    assert str(deadline.period) == "P1Y"
    assert "§ 58 Abs. 2 Satz 1 VwGO" in deadline.explain().de
    assert due("vwgo-74", "2021-01-28", no_instruction=False) == "2021-03-01"


def test_electronic_retrieval_counts_from_the_next_day():
    """§ 41 (2a) VwVfG: announced on the day after retrieval, which must happen within ten days."""
    assert due("vwvfg-41-2a", "2021-04-02") == "2021-04-03"
    assert due("vwvfg-41-2a-retrieve", "2021-04-02") == "2021-04-12"


@pytest.mark.parametrize(
    ("start", "period", "expected"),
    [
        ("2021-04-01", "P4D", "2021-04-07"),
        ("2021-04-01", "P2D", "2021-04-07"),
        ("2021-04-01", "P1D", "2021-04-06"),
        ("2021-04-07", "P2D", "2021-04-09"),
        ("2021-05-12", "P4D", "2021-05-17"),
        ("2021-01-31", "P1M", "2021-03-01"),
        ("2021-04-06", "-P2D", "2021-04-04"),
    ],
)
def test_union_law_wants_two_working_days(start, period, expected):
    """Article 3 of Regulation 1182/71: at least two working days, moved on days off, not back in time."""
    assert due("eu-1182", start, period) == expected


def test_what_the_award_says_wins():
    """The general conditions are a default that the award's own period replaces."""
    assert due("anbest-p", "2021-12-31") == "2022-06-30"
    assert due("anbest-p", "2021-12-31", "P3M") == "2022-03-31"
    assert due("anbest-p", "2022-06-15", award_ends="2021-12-31") == "2022-06-30"
    assert due("anbest-p", "2021-06-15", award_ends="2021-12-31") == "2021-12-15"
    assert due("anbest-p", "2022-06-15", "P8M", award_ends="2021-12-31") == "2023-02-15"
    assert due("anbest-p-interim", "2021-05-31") == "2022-05-02"
    assert due("anbest-p-use", "2021-02-15") == "2021-03-29"
    assert due("anbest-p-use", "2021-02-15", "P2M") == "2021-04-15"
    assert due("anbest-p-retention", "2021-06-30") == "2026-06-30"


def test_books_are_kept_from_the_end_of_their_year():
    """§ 147 (4) AO: the period runs from the end of the calendar year."""
    assert due("ao-147", "2021-03-04") == "2031-12-31"
    assert due("ao-147", "2021-03-04", "P6Y") == "2027-12-31"


def test_notice_of_a_session_leaves_three_full_days():
    """§ 58 HGO: session on Thursday the 17th, notice by Sunday the 13th; the day before if urgent."""
    assert due("hgo-58", "2020-12-17") == "2020-12-13"
    assert due("hgo-58", "2020-12-17", "-P3D") == "2020-12-13"
    assert due("hgo-58", "2020-12-17", urgent=True) == "2020-12-16"


def test_the_staff_council_has_two_weeks():
    """§ 69 HPVG 1988: two weeks, one if urgent; the act of 2023 is a version of its own, unverified."""
    assert due("hpvg-69", "2020-12-10") == "2020-12-24"
    assert due("hpvg-69", "2020-12-10", urgent=True) == "2020-12-17"
    assert compute("hpvg-69", DAY("2023-04-05")).law == "§ 69 Abs. 2 HPVG 1988"
    assert compute("hpvg-69", DAY("2023-04-06")).law == "HPVG vom 28.03.2023"
    assert not compute("hpvg-69", DAY("2023-04-06")).verified


def test_fixed_terms_and_their_ends():
    """§§ 14, 15, 17 TzBfG: two years at most, two weeks after notice, three weeks to sue."""
    assert due("tzbfg-14-2", "2020-01-01") == "2021-12-31"
    assert due("tzbfg-15-1", "2020-02-01", "P18M") == "2021-07-31"
    assert due("tzbfg-15-2", "2021-12-17") == "2021-12-31"
    assert due("tzbfg-17", "2021-12-31") == "2022-01-21"


def test_registration_three_months_before_or_three_days_after():
    """§ 38 SGB III: counted back without moving; three days after late knowledge, which do move."""
    assert due("sgb3-38", "2021-12-31") == "2021-09-30"
    assert due("sgb3-38", "2021-12-31", known_on="2021-09-01") == "2021-09-30"
    assert due("sgb3-38", "2021-12-31", known_on="2021-12-15") == "2021-12-20"


def test_withdrawal_and_use_of_funds():
    """§ 48 (4): a year from knowledge; § 49a (4): the period that the award names."""
    assert due("vwvfg-48-4", "2021-01-02") == "2022-01-03"
    assert due("vwvfg-49a-4", "2021-02-15", "P6W") == "2021-03-29"


def test_each_rule_says_what_it_is():
    """Every rule has titles in two languages, a law, a known jurisdiction and facts that exist."""
    rules = Catalogue.default().rules
    for name, rule in rules.items():
        assert rule.name == name
        assert rule.title.de
        assert rule.title.en
        assert rule.title.de != rule.title.en
        assert rule.law
        assert rule.jurisdiction in {"DE", "EU", "HE"}
        assert set(rule.facts) <= set(FACTS)
        assert rule.needs_period == (
            rule.default_period is None and rule.count != "day" and "192" not in name
        )
        assert rule.after is None or rules[rule.after].outcome is not None
        for version in rule.versions:
            assert set(version.instead) <= set(rule.facts)
    assert rules["sgb3-38"].direction == rules["hgo-58"].direction == "back"


def test_land_law_and_what_was_not_at_hand_is_not_verified():
    """What could not be compared with the text of the law says so."""
    unverified = {rule.name for rule in Catalogue.default().rules.values() if not rule.verified}
    assert unverified == {
        *("hvwvfg-41-2", "hpvg-69", "hgo-58", "eu-1182"),
        *("anbest-p", "anbest-p-interim", "anbest-p-use", "anbest-p-retention"),
    }


@pytest.mark.parametrize(
    ("rule", "day", "verified"),
    [
        ("hgo-58", "2020-12-17", True),
        ("hgo-58", "2011-12-01", False),
        ("hpvg-69", "2020-12-17", True),
        ("hpvg-69", "2023-04-06", False),
    ],
)
def test_what_was_compared_counts_for_the_days_of_its_wording(rule, day, verified):
    """A wording that was compared with the law vouches for its own time and for no other."""
    assert compute(rule, DAY(day)).verified is verified


def test_a_near_name_is_suggested():
    """An unknown rule names the one that was probably meant."""
    with pytest.raises(UnknownNameError) as caught:
        Catalogue.default().get("vwgo-47")
    assert "vwgo-7" in caught.value.explain("de")


def test_a_rule_does_not_hold_before_its_law():
    """An event before the law existed is an error that says when it holds."""
    with pytest.raises(DeadlineError) as caught:
        compute("vwvfg-41-2a", DAY("2016-12-31"))
    assert "2017-01-01" in caught.value.explain("de")


def test_an_unverified_delivery_makes_the_deadline_unverified():
    """A deadline is verified only if the rule that found its event is, too."""
    rules = Catalogue.default().rules
    late = Rule(
        name="late",
        title=Text("Spät", "Late"),
        jurisdiction="HE",
        after="hvwvfg-41-2",
        roll="next",
        versions=(Version(law="§ 1", verified=True),),
    )
    deadline = compute("late", DAY("2021-01-28"), "P1M", catalogue=Catalogue((*rules.values(), late)))
    assert not deadline.verified


@pytest.mark.parametrize(
    ("rule", "period", "given", "wanted"),
    [
        ("vwvfg-31", None, {}, "P2W"),
        ("vwvfg-31", "PT5H", {}, "vwvfg-31-6"),
        ("vwvfg-31-6", "P2D", {"at": "10:00"}, "vwvfg-31-6"),
        ("vwvfg-31-6", "-PT5H", {"at": "10:00"}, "vorwärts"),
        ("vwvfg-31-6", "PT5H", {}, "14:30"),
        ("bgb-188-start", "P0D", {}, "vorwärts"),
        ("bgb-188-start", "-P4D", {}, "vorwärts"),
        ("bgb-192-end", "P1M", {}, "Tag"),
        ("vwgo-74", "P2M", {}, "weglassen|wegzulassen"),
        ("vwgo-74", None, {"named_day": True}, "received_on"),
        ("no-roll", "P1M", {"named_day": True}, "keinen"),
        ("vwvfg-31", "P1M", {"named_day": "yes"}, "true"),
        ("vwvfg-41-2", None, {"received_on": "5.2.2021"}, "zuging"),
        ("vwvfg-41-2", None, {"received_on": datetime(2021, 2, 5)}, "zuging"),  # noqa: DTZ001 - a wrong value
        ("vwvfg-31-6", "PT5H", {"at": 5}, "HH:MM"),
        ("bgb-191", "P1M", {"suspended": "2021"}, "Liste"),
        ("bgb-191", "P1M", {"suspended": [["2021-02-05", "2021-02-01"]]}, "Liste"),
        ("bgb-191", "P1M", {"suspended": [["2021-02-05"]]}, "Liste"),
    ],
)
def test_what_cannot_be_computed_says_what_is_expected(rule, period, given, wanted):
    """A missing or impossible input is an error whose hint says what would be right."""
    with pytest.raises(DeadlineError) as caught:
        compute(rule, DAY("2021-01-28"), period, given=given)
    assert any(word in caught.value.explain("de") for word in wanted.split("|"))
    assert caught.value.hint


def test_an_unknown_fact_suggests_the_near_one():
    """A misspelt fact is an error, not silently left out; one given as None is left out."""
    with pytest.raises(UnknownNameError) as caught:
        compute("vwgo-74", DAY("2021-01-28"), given={"recieved_on": "2021-02-05"})
    assert "received_on" in caught.value.explain("en")
    assert due("vwgo-74", "2021-01-28", received_on=None) == "2021-03-01"


def test_values_are_taken_as_they_are():
    """Facts may be values instead of texts."""
    assert compute("vwvfg-31-6", DAY("2021-04-02"), "PT5H", given={"at": time(22)}).due == DAY("2021-04-03")
    spans = [(DAY("2021-01-05"), DAY("2021-01-05"))]
    assert compute("bgb-191", DAY("2021-01-01"), "P1D", given={"suspended": spans}).due == DAY("2021-01-02")
