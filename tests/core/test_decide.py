"""Deciding: the same values in give the same values out, and nothing else happens."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.support import field, grant, replace
from wirflow.core.case import Case, Event, Facts, LinkedCase, Timer
from wirflow.core.decide import decide, possible, refuse, start, warnings
from wirflow.core.decision import Decision, Refusal
from wirflow.core.machine import machine_for
from wirflow.definition.model import Assignment, Input, Requirement, Transition
from wirflow.text import Text

NOON = datetime(2021, 5, 3, 10, tzinfo=UTC)
FACTS = Facts(today=date(2021, 5, 3), zone="Europe/Berlin", land="HE")
WORKFLOW = grant()
CLERK = frozenset({"clerk"})


def case(state: str = "draft", **data: object) -> Case:
    """A grant in a state."""
    known = {"amount": Decimal("50000.00"), **data}
    return Case(key="G-1", workflow="grant", state=state, since=NOON, data=known, revision=3)


def act(name: str, actor: str = "ada", roles: frozenset[str] = CLERK, **given: object) -> Event:
    """What a person does."""
    return Event(name=name, kind="action", occurred_at=NOON, actor=actor, roles=roles, input=given)


def with_transition(**more: object) -> object:
    """The grant workflow, its `submit` changed."""
    first, *rest = WORKFLOW.transitions
    return replace(WORKFLOW, transitions=(replace(first, **more), *rest))


def test_deciding_twice_decides_the_same():
    """A decision depends on its arguments alone, and leaves them as they were."""
    before = case("approved", award_ends=date(2021, 12, 31))
    event = act(
        "extend", "leo", frozenset({"lead"}), decided_on=date(2021, 5, 3), award_ends=date(2022, 12, 31)
    )
    first, second = (decide(WORKFLOW, before, event, FACTS) for _ in range(2))
    assert first == second
    assert before == case("approved", award_ends=date(2021, 12, 31))


def test_a_decision_says_what_changed():
    """Old and new value of each changed field, and nothing of the others."""
    before = case("approved", award_ends=date(2021, 12, 31), note="extended")
    event = act(
        "extend", "leo", frozenset({"lead"}), decided_on=date(2021, 5, 3), award_ends=date(2022, 12, 31)
    )
    decision = decide(WORKFLOW, before, event, FACTS)
    assert isinstance(decision, Decision)
    assert decision.changes == {
        "award_ends": (date(2021, 12, 31), date(2022, 12, 31)),
        "decided_on": (None, date(2021, 5, 3)),
    }
    assert not decision.moved


def test_only_the_first_alternative_that_holds_is_taken():
    """Of several transitions of one event the first whose condition holds is taken; absent facts hold not."""
    first = WORKFLOW.transitions[0]
    small = replace(first, when="amount < 1000", target="approved")
    vague = replace(first, when="note == 'x'", target="expired")
    workflow = replace(WORKFLOW, transitions=(vague, small, first, *WORKFLOW.transitions[1:]))
    large = decide(workflow, case(), act("submit"), FACTS)
    little = decide(workflow, case(amount=Decimal("999.99")), act("submit"), FACTS)
    assert isinstance(large, Decision)
    assert isinstance(little, Decision)
    assert (large.case.state, little.case.state) == ("submitted", "approved")


def test_without_an_alternative_the_conditions_are_named():
    """If no alternative holds, the refusal names what they ask for."""
    refusal = decide(with_transition(when="amount < 1"), case(), act("submit"), FACTS)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no-alternative"
    assert "amount < 1" in refusal.explain("de")


def test_nobody_brings_about_what_happens_by_itself():
    """An event without `by` is refused to everybody; a deadline may fire it."""
    state = case("approved", award_ends=date(2021, 12, 31))
    refusal = decide(WORKFLOW, state, act("expire", "leo", frozenset({"lead"})), FACTS)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "wrong-role"
    timer = Timer(name="award_end", kind="due", label="", due_at=NOON, event="expire")
    fired = decide(
        WORKFLOW, state, Event(name="expire", kind="deadline", occurred_at=NOON, timer=timer), FACTS
    )
    assert isinstance(fired, Decision)
    assert fired.case.state == "expired"


def test_a_reason_is_asked_for_only_where_the_workflow_does():
    """Where a reason is needed, an empty one is none."""
    workflow = with_transition(reason=True)
    for reason, code in ((None, "no-reason"), ("  ", "no-reason"), ("Because.", None)):
        result = decide(workflow, case(), replace(act("submit"), reason=reason), FACTS)
        assert getattr(result, "code", None) == code


def test_all_rules_that_stand_against_it_are_told_at_once():
    """A refusal names every rule that does not hold, not only the first."""
    rules = tuple(
        Requirement(when=f"amount < {number}", otherwise=Text.same(str(number))) for number in (1, 2)
    )
    refusal = decide(with_transition(requires=rules), case(), act("submit"), FACTS)
    assert isinstance(refusal, Refusal)
    assert [text.en for text in refusal.texts] == ["1", "2"]


def test_assignments_follow_one_another():
    """Each computed field sees those before it, and money stays exact."""
    assignments = (
        Assignment(field="amount", value="amount * 2"),
        Assignment(field="note", value="unit + '!'"),
    )
    decision = decide(with_transition(set=assignments), case(unit="x"), act("submit"), FACTS)
    assert isinstance(decision, Decision)
    assert decision.case.data == {"amount": Decimal("100000.00"), "unit": "x", "note": "x!"}


@pytest.mark.parametrize(
    ("value", "code"), [("unit + '!'", "rule"), ("partner.unit", "rule"), ("old.note", "rule")]
)
def test_an_assignment_from_an_absent_fact_is_refused(value, code):
    """What cannot be computed refuses the event and names the absent fact."""
    refusal = decide(
        with_transition(set=(Assignment(field="note", value=value),)), case(), act("submit"), FACTS
    )
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert value.split(" ")[0] in refusal.explain("en")


def test_a_computed_value_out_of_bounds_is_refused():
    """A computed field keeps the bounds of its field."""
    refusal = decide(
        with_transition(set=(Assignment(field="amount", value="amount - 60000"),)),
        case(),
        act("submit"),
        FACTS,
    )
    assert isinstance(refusal, Refusal)
    assert refusal.code == "out-of-bounds"


def test_a_case_starts_with_its_defaults_and_not_without_what_is_required():
    """Defaults fill what is not given; a required field that is missing is named."""
    fields = (
        field("kind", "text", required=True),
        field("amount", "money", default="5.00"),
        field("award_ends", "date"),
    )
    transitions = (Transition(event="go", title=Text.same("go"), sources=("draft",), target="approved"),)
    workflow = replace(WORKFLOW, fields=fields, transitions=transitions, deadlines=(), warnings=(), links=())
    blank = Case(key="G-1", workflow="grant", state="", since=NOON, data={})
    begin = Event(name="start", kind="start", occurred_at=NOON, actor="ada")
    refusal = start(workflow, blank, begin, FACTS)
    assert isinstance(refusal, Refusal)
    assert refusal.fields == ("kind",)
    decision = start(workflow, blank, replace(begin, input={"kind": "x"}), FACTS)
    assert isinstance(decision, Decision)
    assert decision.case.data == {"kind": "x", "amount": Decimal("5.00")}
    assert decision.case.state == "draft"
    assert decision.before is None
    assert decision.moved


def test_what_a_deadline_was_refused_is_on_record_and_done_with():
    """A refused deadline changes no state, is marked as dealt with, and is not armed again."""
    state = case("approved", award_ends=date(2021, 12, 31))
    armed = decide(WORKFLOW, state, act("edit", unit="x"), FACTS)
    assert isinstance(armed, Decision)
    timer = next(timer for timer in armed.arm if timer.name == "award_end" and timer.kind == "due")
    event = Event(name="expire", kind="deadline", occurred_at=timer.due_at, timer=timer)
    refusal = Refusal(code="rule", texts=(Text.same("no"),))
    decision = refuse(WORKFLOW, armed.case, event, replace(FACTS, armed=armed.arm), refusal)
    assert decision.refused == refusal
    assert decision.case.state == "approved"
    assert timer.identity not in {other.identity for other in (*decision.arm, *decision.cancel)}
    again = decide(WORKFLOW, decision.case, act("edit", unit="y"), FACTS)
    assert isinstance(again, Decision)
    assert timer.identity not in {other.identity for other in again.arm}


def test_signals_carry_facts_to_the_linked_case():
    """A signal goes to the case behind the link, with the values that its expressions give."""
    approve = next(item for item in WORKFLOW.transitions if item.event == "approve")
    told = replace(
        approve.tell[0],
        when=None,
        values=(Assignment(field="note", value="unit"), Assignment(field="unit", value="note")),
    )
    rest = tuple(item for item in WORKFLOW.transitions if item is not approve)
    workflow = replace(WORKFLOW, transitions=(*rest, replace(approve, tell=(told,), requires=())))
    partner = LinkedCase(key="G-2", state="approved", data={})
    waiting = replace(case("submitted", unit="a"), links={"partner": "G-2"})
    event = act("approve", "leo", frozenset({"lead"}), decided_on=NOON.date(), award_ends=date(2021, 12, 31))
    decision = decide(workflow, waiting, event, replace(FACTS, linked={"partner": partner}))
    assert isinstance(decision, Decision)
    (order,) = decision.signals
    assert (order.to, order.timer.event, dict(order.timer.payload)) == ("G-2", "supersede", {"note": "a"})
    assert order.timer.due_at == NOON
    unlinked = decide(workflow, replace(waiting, links={}), event, FACTS)
    assert isinstance(unlinked, Decision)
    assert unlinked.signals == ()


def test_warnings_stand_as_long_as_they_hold():
    """A warning is there while its condition holds in one of its states, and nothing is refused for it."""
    assert [item.name for item in warnings(WORKFLOW, case(), FACTS)] == ["no_unit"]
    assert warnings(WORKFLOW, case(unit="x"), FACTS) == ()
    assert warnings(WORKFLOW, case("expired"), FACTS) == ()
    assert warnings(replace(WORKFLOW, warnings=()), case(), FACTS) == ()


def test_what_people_can_do_depends_on_the_state_alone():
    """The possible events of a state are those that some role may bring about."""
    assert possible(WORKFLOW, "draft") == ("submit", "edit")
    assert possible(WORKFLOW, "superseded") == ()


def test_an_event_that_no_state_knows_is_refused_by_its_name():
    """An unknown event is a refusal of the core, too: it never raises."""
    refusal = decide(WORKFLOW, case("superseded"), act("nonsense"), FACTS)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "wrong-state"
    assert "nonsense" in refusal.explain("en")
    assert refusal.hint is None


def test_input_may_be_optional():
    """An optional field may be left out or given."""
    inputs = (Input(field="note", required=False),)
    for values in ({}, {"note": "x"}):
        assert isinstance(
            decide(with_transition(input=inputs), case(), act("submit", **values), FACTS), Decision
        )


def test_a_period_that_the_award_has_not_named_yet_makes_no_deadline():
    """A deadline whose period is a field waits until that field is known, and then counts with it."""
    fields = (*WORKFLOW.fields, field("use_within", "period"))
    proof = replace(WORKFLOW.deadline_by_name["proof"], period="use_within")
    workflow = replace(WORKFLOW, fields=fields, deadlines=(proof,))
    before = case("approved", award_ends=date(2021, 12, 31))
    for known, due in (({}, []), ({"use_within": "P2M"}, [date(2022, 2, 28)])):
        decision = decide(
            workflow, replace(before, data={**before.data, **known}), act("edit", unit="x"), FACTS
        )
        assert isinstance(decision, Decision)
        assert [timer.deadline.due for timer in decision.arm if timer.deadline] == due


def test_a_final_state_is_left_only_by_what_reopens():
    """Without `reopens` no event leads out of a final state."""
    extend = next(item for item in WORKFLOW.transitions if item.event == "extend")
    workflow = replace(WORKFLOW, transitions=(replace(extend, reopens=False),))
    event = act(
        "extend", "leo", frozenset({"lead"}), decided_on=date(2021, 5, 3), award_ends=date(2022, 12, 31)
    )
    refusal = decide(workflow, case("expired", award_ends=date(2021, 12, 31)), event, FACTS)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "wrong-state"


def test_a_machine_is_compiled_once():
    """One definition has one machine, also when it was decoded twice."""
    again = type(WORKFLOW).from_form(WORKFLOW.form)
    assert machine_for(again) is machine_for(WORKFLOW)
