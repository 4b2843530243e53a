"""Money by year and by certainty: exact, and unknown where nobody knows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, strategies as st

from tests.benchmarks.bench_simulation import END, many
from wirflow.reports import forecast as report
from wirflow.simulation import forecast, simulate
from wirflow.simulation.money import Term
from wirflow.simulation.plan import read_plan_text
from wirflow.simulation.timeline import timeline
from wirflow.text import Text

PLAN = """\
plan: one
steps:
  - at: 2021-11-20
    do: WIR-KO-1.0 extend
    as: amtsleitung
    set: {decided_on: 2021-11-15, award_ends: 2022-12-31}
"""


@pytest.fixture(scope="module", name="world")
def council_paper():
    """The council paper on its day."""
    return many(1)


def term(amount: str | None, start: date | None, end: date | None) -> Term:
    """A line of money."""
    known = None if amount is None else Decimal(amount)
    return Term(
        case="A", line="a", title=Text.same("a"), counts="approved", amount=known, start=start, end=end
    )


def test_the_paper_offers_720000_euros(world):
    """Of the programme's 720,000 € for 2021 to 2025 one award of 50,000 € is sure; nothing else is."""
    found = forecast(world)
    assert found.years == (2021, 2022, 2023, 2024, 2025)
    assert found.total("ceiling") == Decimal("720000.00")
    assert found.total("approved") == found.total("approved", 2021, "WIR-KO-1.0") == Decimal("50000.00")
    assert found.total("prospective") == Decimal("670000.00")
    assert found.total("at_risk") == found.total("at_risk", 2021, "WIR-FM.0") == Decimal("50000.00")
    assert found.open() == Decimal(0)


def test_costs_above_the_grants_are_unknown(world):
    """What the paper does not say is unknown in every year, and never zero."""
    found = forecast(world)
    assert all(found.unknown("cost", year) for year in found.years)
    assert found.unknown("cost") == ("WIR-FM.0", "WIR-KO-1.0", "WIR-KO-2.0", "WIR-SB.0")
    assert report.amount(found, "cost", 2021, "de") == "unbekannt (3)"
    assert [row["cost"] for row in report.rows(found)] == [None] * 6


def test_a_plan_tells_what_was_obtained(world):
    """If nobody acts, only the running award comes; each extension of the plan brings its year."""
    nobody = forecast(world, plan=())
    assert nobody.total("approved") == Decimal("50000.00")
    assert nobody.open() == Decimal("670000.00")
    assert nobody.total("prospective") == 0
    steps = read_plan_text(PLAN, world).checked().steps
    assert forecast(world, plan=steps).total("approved", 2022) == Decimal("50000.00")
    assert report.title_of("open", nobody) == report.NOT_OBTAINED


def test_a_forecast_goes_as_far_as_asked(world):
    """`until` cuts the years off, and a world without money has none."""
    assert forecast(world, until=2022).years == (2021, 2022)
    assert report.to_json(forecast(world, until=2022), "en")["total"]["ceiling"] == "270000.00"


def test_part_of_a_year_counts_by_months_and_days():
    """Ten whole months are ten twelfths; half of April is a half of a twelfth."""
    assert term("60000.00", date(2021, 3, 1), date(2021, 12, 31)).in_year(2021) == Decimal("50000.00")
    assert term("1200.00", date(2021, 4, 16), date(2021, 4, 30)).in_year(2021) == Decimal("50.00")
    assert term(None, date(2021, 4, 16), None).in_year(2021) is None
    assert term("12.00", None, None).in_year(2021) == Decimal("12.00")


@given(
    amount=st.decimals(0, 999_999, places=2),
    days=st.tuples(st.dates(date(2020, 1, 1), date(2026, 12, 31)), st.integers(0, 2000)),
)
def test_years_of_a_term_never_exceed_its_amount(amount, days):
    """Each year brings at most the whole amount, a whole year exactly it, and a year outside nothing."""
    start = days[0]
    end = date.fromordinal(start.toordinal() + days[1])
    line = term(str(amount), start, end)
    for year in range(2019, 2034):
        if not line.touches(year):
            assert line.in_year(year) == 0
        elif start <= date(year, 1, 1) and date(year, 12, 31) <= end:
            assert line.in_year(year) == amount
        else:
            assert 0 <= line.in_year(year) <= amount


@pytest.mark.parametrize("lang", ["de", "en"])
def test_pictures_are_whole_documents(world, lang):
    """Chart and timeline are SVG that a parser reads, with a row for every case and a bar for every state."""
    chart = ET.fromstring(report.chart(forecast(world), lang, title="A & B"))  # noqa: S314 - our own text
    assert chart.tag.endswith("svg")
    steps = read_plan_text(PLAN, world).checked().steps
    course = simulate(world, END, steps)
    words = timeline([("<A>", course)], lang)
    root = ET.fromstring(words)  # noqa: S314 - our own text
    found = ["".join(item.itertext()) for item in root.iter() if item.tag.endswith("text")]
    assert set(course.cases) <= set(found)
    bars = [item for item in root.iter() if item.tag.endswith("rect") and len(item)]
    assert len(bars) == len(course.cases) + len(course.transitions)
    assert len(course.lapses) > 1
