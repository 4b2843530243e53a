"""Child cases, decided: which begin, what their parent asks them, tells them and hears of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from tests.core.family import family
from tests.support import replace
from wirflow.core.case import Case, Event, Facts, LinkedCase, Timer
from wirflow.core.decide import decide, refuse, start
from wirflow.core.decision import Decision, Refusal
from wirflow.core.firing import as_linked, event_of, is_merged
from wirflow.core.opening import NewCase, child_of, opening, sibling
from wirflow.core.record import record
from wirflow.definition.guards import AbsentError, guards_for
from wirflow.definition.kin import kin
from wirflow.definition.usage import minds_children
from wirflow.definition.values import CASE_KEY_PATTERN

if TYPE_CHECKING:
    from wirflow.definition.model import Workflow

NOON = datetime(2021, 5, 3, 10, tzinfo=UTC)
FACTS = Facts(today=date(2021, 5, 3), zone="Europe/Berlin", land="HE")
KNOWN = family()
GRANT, REPORT = KNOWN["grant"], KNOWN["report"]
AWARD = {"amount": Decimal(300), "starts": date(2021, 3, 1), "ends": date(2023, 2, 28)}


def case(state: str, **data: object) -> Case:
    """A grant."""
    return Case(key="G-1", workflow="grant", state=state, since=NOON, data=data, revision=3)


def child(key: str, state: str, kind: str = "report", **data: object) -> LinkedCase:
    """A child as its parent sees it."""
    final = bool(state) and KNOWN[kind].place(state).final
    return LinkedCase(key=key, state=state, data=data, workflow=kind, child=kind, final=final)


def act(name: str, **given: object) -> Event:
    """What somebody does who may do anything."""
    return Event(
        name=name,
        kind="action",
        occurred_at=NOON,
        actor="duo",
        roles=frozenset({"clerk", "lead"}),
        input=given,
    )


def nudge(of: str = "G-1/report-2021", label: str = "1/0") -> Event:
    """The word of a child that it changed."""
    timer = Timer(name="child_changed", kind="signal", label=f"{of}/{label}", due_at=NOON)
    return event_of(timer, GRANT)


def decided(result: Decision | Refusal) -> Decision:
    """A decision that was no refusal."""
    assert isinstance(result, Decision), result
    return result


def words(result: Decision | Refusal) -> str:
    """What a refusal says."""
    assert isinstance(result, Refusal), result
    return result.explain("en")


def test_a_child_is_started_for_each_year_that_the_days_touch():
    """Its year, the days of it that count and the facts of the parent are its first facts."""
    new = decided(decide(GRANT, case("draft", **AWARD), act("approve"), FACTS)).starts
    assert [item.key for item in new] == ["G-1/report-2021", "G-1/report-2022", "G-1/report-2023"]
    assert [item.data["due_on"] for item in new] == [date(2022, 3, 31), date(2023, 3, 31), date(2023, 5, 28)]
    assert new[0].data == {"year": 2021, "due_on": date(2022, 3, 31), "share": Decimal(300)}
    assert {(item.child, item.links["parent"]) for item in new} == {("report", "G-1")}
    assert new[0].origin is not None
    assert (new[0].origin.case, new[0].origin.seq) == ("G-1", 4)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.dates(date(1990, 1, 1), date(2060, 1, 1)))
def test_there_are_as_many_children_as_years(first, last):
    """For each calendar year one; none if the last day comes before the first."""
    one = case("draft", starts=first, ends=last)
    new = decided(decide(GRANT, one, act("approve"), FACTS)).starts
    years = [item.data["year"] for item in new]
    # Days of one year the wrong way round touch no day of it.
    assert years == (list(range(first.year, last.year + 1)) if first <= last else [])


ITEMS = st.text(alphabet="aAÄä9 .-/_!", min_size=1, max_size=20).map(str.strip).filter(bool)


@given(st.lists(ITEMS, max_size=6))
def test_there_are_as_many_children_as_items(items):
    """For each item one, each with a key of its own that is one; what does not fit into a key is left out."""
    event = act("ask_all", offices=tuple(items))
    new = decided(decide(GRANT, case("draft"), event, FACTS)).starts
    assert [item.data["office"] for item in new] == items
    assert len({item.key.casefold() for item in new}) == len(items)
    assert all(CASE_KEY_PATTERN.fullmatch(item.key) and item.key.startswith("G-1") for item in new)
    assert all(
        kin(item.key, {"G-1": "grant"}, KNOWN) in {"opinion", "report"} for item in new if "/" in item.key
    )


def test_what_is_not_known_starts_no_children():
    """A day that is absent refuses; a fact that is absent stays so."""
    assert "starts" in words(decide(GRANT, case("draft", amount=Decimal(3)), act("approve"), FACTS))
    days = {name: AWARD[name] for name in ("starts", "ends")}
    assert "share" not in decided(decide(GRANT, case("draft", **days), act("approve"), FACTS)).starts[0].data


def test_too_many_are_refused():
    """A year that was mistyped does not fill the office with cases."""
    one = case("draft", starts=date(1000, 1, 1), ends=date(2021, 1, 1))
    assert "more than 1000" in words(decide(GRANT, one, act("approve"), FACTS))


def test_a_link_of_the_parent_is_handed_down():
    """If it is set."""
    one = replace(case("draft", **AWARD), links={"friend": "G-9"})
    new = decided(decide(GRANT, one, act("approve"), FACTS)).starts
    assert {item.links["friend"] for item in new} == {"G-9"}
    plain = decided(decide(GRANT, case("draft", **AWARD), act("approve"), FACTS)).starts
    assert {tuple(item.links) for item in plain} == {("parent",)}


def test_what_happens_twice_starts_its_children_twice():
    """The next free number makes their keys different."""
    there = (child("G-1/report-2021", "received"), child("G-1/report-2021-2", "open"))
    facts = replace(FACTS, children=there)
    event = act("extend", starts=date(2021, 1, 1), ends=date(2022, 1, 1))
    new = decided(decide(GRANT, case("running"), event, facts)).starts
    assert [item.key for item in new] == ["G-1/report-2021-3", "G-1/report-2022"]


def test_a_key_that_is_too_long_is_refused():
    """Nothing is cut off."""
    one = replace(case("draft", **AWARD), key="G" * 70)
    assert "is no key" in words(decide(GRANT, one, act("approve"), FACTS))


def test_children_that_have_not_begun_let_nothing_follow_yet():
    """`all` over them is not true because nobody can say; their parent tells itself to look again."""
    decision = decided(decide(GRANT, case("draft", **AWARD), act("approve"), FACTS))
    assert decision.case.state == "running"
    assert [(order.to, order.timer.event) for order in decision.signals] == [("G-1", None)]


def test_no_children_need_no_waiting():
    """Where the days touch no year, what waits for all is taken at once."""
    one = case("draft", starts=date(2022, 1, 1), ends=date(2021, 1, 1))
    decision = decided(decide(GRANT, one, act("approve"), FACTS))
    assert (decision.case.state, decision.starts) == ("proven", ())


def test_a_question_about_children_refuses_with_its_words():
    """A rule reads them; those that have no such fact are named."""
    facts = replace(FACTS, children=(child("G-1/opinion", "open", "opinion"),))
    assert "Opinions are missing." in words(decide(GRANT, case("draft", **AWARD), act("approve"), facts))


@pytest.mark.parametrize(
    ("expr", "states", "wanted"),
    [
        ("report.all(r, r.final)", [], True),
        ("report.exists(r, r.final)", [], False),
        ("report.count(r, r.final) == 0 && size(report) == 0", [], True),
        ("report.all(r, r.final)", ["received", "dropped"], True),
        ("report.all(r, r.state == 'received')", ["received", "dropped"], False),
        ("report.exists(r, r.state == 'dropped' && r.key == 'R-1')", ["received", "dropped"], True),
        ("report.count(r, r.final && r.workflow == 'report') == 2", ["received", "received"], True),
        ("size(children) == 2 && size(report) == 2", ["open", "late"], True),
        ("children.count(c, !c.final) == 1 || size(opinion) > 0", ["open", "dropped"], True),
        ("opinion.exists(o, o.office == 'x') || report.exists(r, r.share < amount)", ["open"], True),
    ],
)
def test_questions_about_children(expr, states, wanted):
    """Each kind of question, over one kind of children and over all of them."""
    there = [child(f"R-{number}", state, share=Decimal(1)) for number, state in enumerate(states)]
    scope = scope_of(GRANT, {"amount": Decimal(2)}, there)
    assert guards_for(GRANT).holds(expr, scope) is wanted


@pytest.mark.parametrize(
    ("expr", "wanted"),
    [
        ("report.all(r, r.share > 0)", "report.share"),
        ("report.all(r, r.share > 5)", False),
        ("report.exists(r, r.share == 3)", True),
        ("report.exists(r, r.share > 5)", "report.share"),
        ("report.count(r, r.share > 0) > 0", "report.share"),
        ("report.count(r, has(r.share)) == 1", True),
        ("report.exists(r, r.key == 'R-1' && r.share < amount)", "amount"),
        ("state == 'draft' || report.all(r, r.share > 0)", True),
    ],
)
def test_a_fact_that_a_child_does_not_have(expr, wanted):
    """It refuses, unless the other children or the rest of the expression decide without it."""
    there = [child("R-0", "open"), child("R-1", "open", share=Decimal(3))]
    scope = scope_of(GRANT, {}, there)
    if isinstance(wanted, str):
        with pytest.raises(AbsentError) as raised:
            guards_for(GRANT).holds(expr, scope)
        assert raised.value.name == wanted
        assert raised.value.child == ("R-0" if wanted == "report.share" else None)
    else:
        assert guards_for(GRANT).holds(expr, scope) is wanted


def scope_of(workflow: Workflow, data: dict[str, object], there: list[LinkedCase]):
    """What expressions see of a draft."""
    return guards_for(workflow).scope(
        key="G-1", state="draft", today=FACTS.today, data=data, old=data, linked={}, children=there
    )


@given(st.lists(st.sampled_from(["open", "late", "received", "dropped"]), max_size=6))
def test_questions_agree_with_python(states):
    """`all`, `exists` and `count` say what Python says of the same children."""
    there = [child(f"R-{number}", state) for number, state in enumerate(states)]
    scope, guards = scope_of(GRANT, {}, there), guards_for(GRANT)
    late = [state == "late" for state in states]
    assert guards.holds("report.all(r, r.state == 'late')", scope) is all(late)
    assert guards.holds("report.exists(r, r.state == 'late')", scope) is any(late)
    assert guards.holds(f"report.count(r, r.state == 'late') == {sum(late)}", scope)


def test_all_children_that_are_not_over_are_told():
    """In the order of their keys; those that are over hear nothing."""
    there = (child("G-1/opinion", "open", "opinion"), child("G-1/r-1", "received"), child("G-1/r-2", "late"))
    decision = decided(decide(GRANT, case("running"), act("revoke"), replace(FACTS, children=there)))
    assert [(order.to, order.timer.event) for order in decision.signals] == [
        ("G-1/opinion", "drop"),
        ("G-1/r-2", "drop"),
    ]
    assert len({order.timer.label for order in decision.signals}) == 2


def test_a_child_tells_its_parent_when_it_changes():
    """Its state or a fact; only where the parent minds, and a refused deadline changes nothing."""
    one = Case(
        key="G-1/r",
        workflow="report",
        state="open",
        since=NOON,
        data={"year": 2021},
        links={"parent": "G-1"},
        revision=1,
    )
    parent = as_linked(case("running"), GRANT)
    assert parent.minds
    facts = replace(FACTS, linked={"parent": parent})
    moved = decided(decide(REPORT, one, act("receive"), facts))
    assert [(order.to, order.timer.name, order.timer.event) for order in moved.signals] == [
        ("G-1", "child_changed", None)
    ]
    assert len(decided(decide(REPORT, one, act("annotate", share=Decimal(3)), facts)).signals) == 1
    calm = replace(FACTS, linked={"parent": replace(parent, minds=False)})
    assert decided(decide(REPORT, one, act("receive"), calm)).signals == ()
    refusal = decide(REPORT, replace(one, state="received"), act("receive"), facts)
    assert isinstance(refusal, Refusal)
    on_record = refuse(REPORT, replace(one, state="received"), act("receive"), facts, refusal)
    assert on_record.signals == ()


def test_a_parent_minds_its_children_only_if_something_follows_from_them():
    """Rules are asked when somebody acts; automatic transitions and deadlines have to hear."""
    assert minds_children(GRANT)
    quiet = replace(
        GRANT,
        transitions=tuple(item for item in GRANT.transitions if not item.automatic),
        deadlines=(),
    )
    assert not minds_children(quiet)
    assert not minds_children(REPORT)


def test_nothing_is_written_where_nothing_follows():
    """A parent that hears of a child and stays as it is has nothing to tell."""
    facts = replace(FACTS, children=(child("G-1/r-1", "received"), child("G-1/r-2", "open")))
    decision = decided(decide(GRANT, case("running"), nudge(), facts))
    assert decision.silent
    assert decision.case == case("running")


def test_a_parent_goes_on_when_the_last_child_is_over():
    """The entry is a signal of that child, and names the step that followed."""
    facts = replace(FACTS, children=(child("G-1/r-1", "received"), child("G-1/r-2", "dropped")))
    decision = decided(decide(GRANT, case("running"), nudge("G-1/r-2"), facts))
    assert not decision.silent
    assert (decision.case.state, [step.event for step in decision.via]) == ("proven", ["prove"])
    body = record(GRANT, decision, notices=[], commitments={}, recorded_at=NOON)
    assert (body["kind"], body["event"], body["timer"]["label"]) == ("signal", "child_changed", "G-1/r-2/1/0")


def test_a_deadline_may_depend_on_children():
    """It is armed as soon as a child makes its condition hold."""
    facts = replace(FACTS, children=(child("G-1/r-1", "late"), child("G-1/r-2", "open")))
    decision = decided(decide(GRANT, case("running", ends=date(2023, 2, 28)), nudge(), facts))
    assert not decision.silent
    assert [timer.name for timer in decision.arm] == ["last"]


def test_children_that_changed_at_once_are_heard_once():
    """Of several such signals of one moment the last speaks for all."""
    first, second = nudge("G-1/r-1").timer, nudge("G-1/r-2").timer
    assert first
    assert second
    assert is_merged(first, [first, second], NOON)
    assert not is_merged(second, [first, second], NOON)
    assert not is_merged(first, [first, replace(second, event="receive")], NOON)


def test_the_trail_names_children_and_what_started_them():
    """The entry of the parent names the children, the first entry of a child the entry that started it."""
    decision = decided(decide(GRANT, case("draft", **AWARD), act("approve"), FACTS))
    body = record(GRANT, decision, notices=[], commitments={}, recorded_at=NOON)
    assert body["starts"][0] == {"case": "G-1/report-2021", "workflow": "report", "child": "report"}
    blank, event = opening(decision.starts[0], None, NOON)
    facts = replace(FACTS, linked={"parent": as_linked(decision.case, GRANT)})
    begun = decided(start(REPORT, blank, event, facts))
    assert begun.signals == ()
    first = record(REPORT, begun, notices=[], commitments={}, recorded_at=NOON)
    assert first["origin"] == {"case": "G-1", "seq": 4}
    assert (first["child"], first["links"], first["actor"]) == ("report", {"parent": "G-1"}, None)


def test_a_child_that_somebody_starts_is_heard_of():
    """Its parent did not do it, so it looks."""
    new = NewCase(
        workflow="report", key="R-9", data={"year": 2021}, links={"parent": "G-1"}, sources={}, child="report"
    )
    blank, event = opening(new, None, NOON)
    facts = replace(FACTS, linked={"parent": as_linked(case("running"), GRANT)})
    assert len(decided(start(REPORT, blank, event, facts)).signals) == 1
    assert sibling(REPORT, new).child == "report"
    assert (child_of(GRANT, "report"), child_of(GRANT, "grant")) == ("report", None)
