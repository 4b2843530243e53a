"""What the language can say beyond plain states: inside, at once, again, by itself, and to whom else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.support import ROLES, field, replace
from wirflow.core.case import Case, Done, Event, Facts
from wirflow.core.decide import decide, start
from wirflow.core.decision import Decision, Refusal
from wirflow.core.firing import event_of
from wirflow.core.record import record
from wirflow.definition.model import (
    Assignment,
    DeadlineSpec,
    Escalation,
    Given,
    Notice,
    Requirement,
    State,
    Transition,
    Workflow,
)
from wirflow.errors import InputError
from wirflow.text import Text

NOON = datetime(2021, 5, 3, 10, tzinfo=UTC)
FACTS = Facts(today=date(2021, 5, 3), zone="Europe/Berlin", land="HE")
CLERK = frozenset({"clerk"})


def state(name: str, **more: object) -> State:
    """A state that is called by the last part of its name."""
    parent = name.rpartition(".")[0] or None
    return State(name=name, title=Text.same(name.rpartition(".")[2]), parent=parent, **more)


def move(event: str, source: str | tuple[str, ...], target: str | None, **more: object) -> Transition:
    """A transition that a clerk brings about, unless it is automatic."""
    sources = (source,) if isinstance(source, str) else source
    by = () if more.get("automatic") else ("clerk",)
    return Transition(event=event, title=Text.same(event), sources=sources, target=target, by=by, **more)


def workflow(*transitions: Transition, states: tuple[State, ...] = (), **more: object) -> Workflow:
    """A paper that is checked, heard in two offices at once, and decided."""
    known = states or (
        state("draft", initial=True),
        state("review", history=True),
        state("review.formal", initial=True),
        state("review.content"),
        state("paused"),
        state("hearing", parallel=True),
        state("hearing.legal"),
        state("hearing.legal.open", initial=True),
        state("hearing.legal.done", final=True),
        state("hearing.budget"),
        state("hearing.budget.open", initial=True),
        state("hearing.budget.done", final=True),
        state("decided", final=True),
    )
    moves = transitions or (
        move("begin", "draft", "review"),
        move("check", "review.formal", "review.content"),
        move("pause", "review", "paused"),
        move("resume", "paused", "review"),
        move("hear", "review", "hearing"),
        move("legal", "hearing.legal.open", "hearing.legal.done"),
        move("budget", "hearing.budget.open", "hearing.budget.done"),
        move(
            "join",
            "hearing",
            "decided",
            automatic=True,
            notices=(Notice(template="approved", to=("clerk",)),),
        ),
        move("note", "hearing", None),
    )
    fields = (field("amount", "money"), field("other", "money"), field("day", "date"), field("got", "date"))
    return Workflow(
        name="paper",
        title=Text.same("Paper"),
        subject=Text.same("{key}"),
        roles=ROLES,
        fields=fields,
        links=(),
        states=known,
        transitions=moves,
        deadlines=more.pop("deadlines", ()),
        **more,
    )


def case(place: str, **more: object) -> Case:
    """A case somewhere."""
    data = more.pop("data", {})
    return Case(key="P-1", workflow="paper", state=place, since=NOON, data=data, revision=1, **more)


def act(name: str, at: datetime = NOON) -> Event:
    """What a clerk does."""
    return Event(name=name, kind="action", occurred_at=at, actor="ada", roles=CLERK)


def walk(flow: Workflow, one: Case, *events: str) -> Case:
    """The case after several events, none of them refused."""
    for name in events:
        decision = decide(flow, one, act(name), FACTS)
        assert isinstance(decision, Decision), decision
        one = decision.case
    return one


def test_entering_a_state_enters_its_first_one_inside():
    """Who comes into a state with states inside stands in its initial one."""
    assert walk(workflow(), case("draft"), "begin").state == "review.formal"


def test_an_inner_state_comes_before_the_one_around_it():
    """An event that both know is taken by the inner state; what only the outer knows works from inside."""
    flow = workflow()
    outer = replace(flow, transitions=(move("check", "review", "decided"), *flow.transitions))
    assert walk(outer, case("review.formal"), "check").state == "review.content"
    assert walk(flow, case("review.content"), "pause").state == "paused"


def test_a_state_with_history_is_found_as_it_was_left():
    """Who comes back stands where they stood; who comes for the first time, at the beginning."""
    assert walk(workflow(), case("review.content"), "pause", "resume").state == "review.content"
    assert walk(workflow(), case("paused"), "resume").state == "review.formal"


def test_who_names_a_state_inside_gets_it_whatever_is_remembered():
    """A target inside a state with history is entered itself, not what the state remembers."""
    flow = workflow()
    back = replace(flow, transitions=(*flow.transitions, move("redo", "paused", "review.content")))
    assert walk(back, case("review.formal"), "pause", "redo").state == "review.content"


def test_who_enters_one_region_enters_the_others_too():
    """A target inside a region is entered, the other regions begin, and nothing joins before they end."""
    flow = workflow()
    short = replace(flow, transitions=(*flow.transitions, move("known_law", "review", "hearing.legal.done")))
    heard = walk(short, case("review.formal"), "known_law")
    assert heard.state == "hearing.legal.done + hearing.budget.open"
    assert walk(short, heard, "budget").state == "decided"


def test_regions_run_side_by_side_and_join_by_themselves():
    """All regions are entered at once, each goes its own way in any order, and the last one to end joins."""
    for order in (("legal", "budget"), ("budget", "legal")):
        heard = walk(workflow(), case("review.content"), "hear")
        assert heard.state == "hearing.legal.open + hearing.budget.open"
        half = walk(workflow(), heard, order[0])
        assert half.state.count("done") == 1
        decision = decide(workflow(), half, act(order[1]), FACTS)
        assert isinstance(decision, Decision)
        assert decision.case.state == "decided"
        assert [(step.event, step.target) for step in decision.via] == [("join", "decided")]
        assert [notice.template for notice in decision.notices] == ["approved"]


def test_a_case_in_regions_is_not_over_before_they_join():
    """A final state inside is no final state of the case, and its place has a name of its own."""
    flow = workflow()
    place = flow.place("hearing.legal.done + hearing.budget.open")
    assert not place.final
    assert place.title.en == "hearing: legal: done + hearing: budget: open"
    assert flow.place("decided").final
    assert flow.initial.name == "draft"
    assert [item.event for item in flow.actions("hearing.legal.done + hearing.budget.open")] == [
        "budget",
        "note",
    ]


def test_an_internal_transition_leaves_all_regions_as_they_are():
    """An event without a target changes no region."""
    place = "hearing.legal.done + hearing.budget.open"
    assert walk(workflow(), case(place), "note").state == place


def test_an_event_of_a_region_that_is_over_is_refused():
    """What one region has behind it cannot be done again, though the other still runs."""
    refusal = decide(workflow(), case("hearing.legal.done + hearing.budget.open"), act("legal"), FACTS)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "wrong-state"


AUTOMATIC = (
    move("begin", "draft", "review", set=(Assignment(field="other", value="amount * 2"),)),
    move("rich", "review", "decided", automatic=True, when="other > 100"),
    move("poor", "review", "paused", automatic=True, when="other <= 100"),
    move("on", "paused", "draft", automatic=True, when="other < 10"),
)
FLAT = (state("draft", initial=True), state("review"), state("paused"), state("decided", final=True))


@pytest.mark.parametrize(("amount", "place"), [("60.00", "decided"), ("20.00", "paused"), ("1.00", "draft")])
def test_what_is_automatic_is_taken_as_soon_as_it_holds(amount, place):
    """The first automatic transition whose condition holds follows at once, and the next one after it."""
    flow = workflow(*AUTOMATIC, states=FLAT)
    assert walk(flow, case("draft", data={"amount": Decimal(amount)}), "begin").state == place


def test_nobody_can_do_what_is_automatic():
    """An automatic transition is refused to people."""
    refusal = decide(workflow(*AUTOMATIC, states=FLAT), case("review"), act("rich"), FACTS)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "wrong-role"


def test_an_automatic_transition_that_a_rule_refuses_is_not_taken():
    """What somebody did stands, and the case waits where it is."""
    rule = Requirement(when="amount > 1", otherwise=Text.same("no"))
    flow = workflow(
        move("begin", "draft", "review"),
        move("on", "review", "decided", automatic=True, requires=(rule,)),
        states=FLAT,
    )
    assert walk(flow, case("draft", data={"amount": Decimal(1)}), "begin").state == "review"
    assert walk(flow, case("draft", data={"amount": Decimal(2)}), "begin").state == "decided"


def test_the_trail_names_what_followed_by_itself():
    """The entry of an event names each automatic transition after it, in order."""
    decision = decide(
        workflow(*AUTOMATIC, states=FLAT), case("draft", data={"amount": Decimal(1)}), act("begin"), FACTS
    )
    assert isinstance(decision, Decision)
    body = record(workflow(*AUTOMATIC, states=FLAT), decision, notices=[], commitments={}, recorded_at=NOON)
    assert [(step["event"], step["from"], step["to"]) for step in body["via"]] == [
        ("poor", "review", "paused"),
        ("on", "paused", "draft"),
    ]


def test_a_loop_of_automatic_transitions_is_an_error_and_not_forever():
    """Automatic transitions that follow one another without end stop with an error that names the check."""
    loop = (
        move("begin", "draft", "review"),
        move("there", "review", "paused", automatic=True),
        move("back", "paused", "review", automatic=True),
    )
    with pytest.raises(InputError, match="automatic"):
        decide(workflow(*loop, states=FLAT), case("draft"), act("begin"), FACTS)


def test_a_new_case_goes_on_by_itself():
    """What is automatic in the initial state happens when the case starts."""
    flow = workflow(move("on", "draft", "review", automatic=True), states=FLAT[:2])
    begin = Event(name="start", kind="start", occurred_at=NOON, actor="ada")
    blank = Case(key="P-1", workflow="paper", state="", since=NOON, data={})
    decision = start(flow, blank, begin, FACTS)
    assert isinstance(decision, Decision)
    assert decision.case.state == "review"


def test_constraints_hold_after_every_event():
    """Facts that contradict a constraint refuse the event; an absent fact contradicts nothing."""
    rule = Requirement(when="amount <= other", otherwise=Text("Zu viel.", "Too much."))
    flow = workflow(move("begin", "draft", "review"), states=FLAT, constraints=(rule,))
    fine = ({"amount": Decimal(1), "other": Decimal(1)}, {"amount": Decimal(9)}, {})
    for data in fine:
        assert walk(flow, case("draft", data=data), "begin").state == "review"
    refusal = decide(
        flow, case("draft", data={"amount": Decimal(2), "other": Decimal(1)}), act("begin"), FACTS
    )
    assert isinstance(refusal, Refusal)
    assert refusal.texts == (rule.otherwise,)


def armed(flow: Workflow, one: Case) -> list[tuple[str, str, date]]:
    """Kind, label and due day of what is armed after an event."""
    decision = decide(flow, one, act("begin"), FACTS)
    assert isinstance(decision, Decision)
    return [(timer.kind, timer.label, timer.deadline.due) for timer in decision.arm if timer.deadline]


def spec(**more: object) -> DeadlineSpec:
    """A deadline that runs in review."""
    return DeadlineSpec(
        name="term", title=Text.same("term"), states=("review",), **{"rule": "no-roll", **more}
    )


def test_a_deadline_runs_in_all_that_is_inside_its_state():
    """`while: review` holds in every state inside it, and not outside."""
    flow = workflow(deadlines=(spec(on="day"),))
    data = {"day": date(2021, 12, 31)}
    assert armed(flow, case("draft", data=data)) == [("due", "", date(2021, 12, 31))]
    decision = decide(flow, case("review.content", data=data), act("pause"), FACTS)
    assert isinstance(decision, Decision)
    assert decision.arm == ()


def test_a_recurring_deadline_falls_due_again_and_keeps_the_end_of_the_month():
    """The first one after the case came into its state is armed; once dealt with, the next, without drift."""
    flow = workflow(
        move("begin", ("draft", "review"), "review"), states=FLAT, deadlines=(spec(on="day", every="P1M"),)
    )
    data = {"day": date(2021, 1, 31)}
    expected = [date(2021, 5, 31), date(2021, 6, 30), date(2021, 7, 31)]
    one = case("draft", data=data)
    for due in expected:
        assert armed(flow, one) == [("due", "", due)]
        moment = datetime.combine(due + timedelta(days=1), datetime.min.time(), UTC)
        one = replace(one, state="review", done={"term": Done(due=due, until=moment)})


ESCALATED = spec(
    on="day",
    remind=("P1W",),
    notice=Notice(template="ending", to=("clerk",)),
    escalate=Escalation(after="P5D", notice=Notice(template="ending", to=("lead",)), unless=("note",)),
)
HANDLED = (
    move("begin", ("draft", "review"), "review"),
    move("note", "review", None),
    move("leave", "review", "paused"),
)


def test_an_escalation_follows_its_deadline():
    """Some days after the due day somebody else hears of it, even if the case has moved on by then."""
    flow = workflow(*HANDLED, states=FLAT, deadlines=(ESCALATED,))
    one = case("draft", data={"day": date(2021, 6, 1)})
    decision = decide(flow, one, act("begin"), FACTS)
    assert isinstance(decision, Decision)
    moments = {timer.kind: timer.due_at for timer in decision.arm}
    assert moments["escalation"] - moments["due"] == timedelta(days=5)
    over = Done(due=date(2021, 6, 1), until=moments["due"])
    left = decide(
        flow,
        replace(decision.case, done={"term": over}),
        act("leave", moments["due"]),
        replace(FACTS, armed=tuple(timer for timer in decision.arm if timer.kind == "escalation")),
    )
    assert isinstance(left, Decision)
    assert left.cancel == ()
    escalation = next(timer for timer in decision.arm if timer.kind == "escalation")
    event = Event(name="term", kind="reminder", occurred_at=escalation.due_at, timer=escalation)
    told = decide(flow, left.case, event, FACTS)
    assert isinstance(told, Decision)
    assert [(notice.kind, notice.roles) for notice in told.notices] == [("escalation", ("lead",))]
    assert told.arm == ()


def fired(flow: Workflow, one: Case, days: int) -> list[tuple[str, date]]:
    """Kind and due day of all that fires by itself in so many days, in order."""
    decision = decide(flow, one, act("begin"), FACTS)
    found = []
    end = NOON + timedelta(days=days)
    armed_now: dict[object, object] = {}
    while True:
        assert isinstance(decision, Decision)
        gone = {timer.identity for timer in decision.cancel}
        armed_now = {key: timer for key, timer in armed_now.items() if key not in gone}
        armed_now |= {timer.identity: timer for timer in decision.arm}
        timer = min(armed_now.values(), key=lambda item: item.due_at)
        if timer.due_at > end:
            return found
        found.append((timer.kind, timer.deadline.due))
        facts = replace(FACTS, armed=tuple(armed_now.values()))
        decision = decide(flow, decision.case, event_of(timer, flow), facts)
        del armed_now[timer.identity]


@pytest.mark.parametrize("after", ["P5D", "P6W"])
def test_each_recurrence_has_its_own_escalation(after):
    """A recurring deadline escalates each time, and nothing fires twice, even if the next is due before."""
    told = Escalation(after=after, notice=Notice(template="ending", to=("lead",)))
    flow = workflow(*HANDLED, states=FLAT, deadlines=(spec(on="day", every="P1M", escalate=told),))
    happened = fired(flow, case("draft", data={"day": date(2021, 5, 10)}), 120)
    dues = [due for kind, due in happened if kind == "due"]
    assert dues == [date(2021, month, 10) for month in (5, 6, 7, 8)]
    escalated = [due for kind, due in happened if kind == "escalation"]
    assert escalated == (dues if after == "P5D" else [])
    assert len(set(happened)) == len(happened)


def test_who_took_care_in_time_needs_no_escalation():
    """If the event that makes it needless happened since the reminders began, nobody else hears of it."""
    flow = workflow(*HANDLED, states=FLAT, deadlines=(ESCALATED,))
    for day, kinds in ((3, {"due", "escalation"}), (26, {"due"})):
        moment = datetime(2021, 5, day, 12, tzinfo=UTC)
        noted = decide(flow, case("review", data={"day": date(2021, 6, 1)}), act("note", moment), FACTS)
        assert isinstance(noted, Decision)
        assert {timer.kind for timer in noted.arm if timer.kind != "reminder"} == kinds


def test_a_case_tells_its_rule_what_else_is_known():
    """A letter that really came later than the law presumes counts from when it came, once that is known."""
    later = spec(start="day", rule="vwvfg-41-2", given=(Given(fact="received_on", field="got"),))
    flow = workflow(*HANDLED, states=FLAT, deadlines=(later,))
    posted = {"day": date(2021, 5, 3)}
    assert armed(flow, case("draft", data=posted)) == [("due", "", date(2021, 5, 6))]
    assert armed(flow, case("draft", data={**posted, "got": date(2021, 5, 10)})) == [
        ("due", "", date(2021, 5, 10))
    ]
