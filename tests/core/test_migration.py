"""Migration as a pure function: what keeps its name comes along, and what does not is never guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, strategies as st

from tests.support import field, grant, replace
from wirflow.audit.canonical import canonical
from wirflow.clock import end_of_day
from wirflow.core.agenda import agenda
from wirflow.core.case import Case, Done, Event, Facts, LinkedCase, Timer
from wirflow.core.comparison import compare
from wirflow.core.decision import Decision
from wirflow.core.migration import Migration, Unmapped
from wirflow.core.record import record
from wirflow.definition.field import Choice
from wirflow.definition.model import Assignment, Escalation, Notice, Requirement, State, Transition
from wirflow.definition.version_map import VersionMap
from wirflow.text import Text

NOW = datetime(2021, 6, 1, 9, tzinfo=UTC)
EVENT = Event(name="migrate", kind="migration", occurred_at=NOW, actor="ada")
ENDS = date(2021, 12, 31)
ZONE = "Europe/Berlin"


def facts(**more: object) -> Facts:
    """The facts of an office in Hesse."""
    return Facts(today=date(2021, 6, 1), zone=ZONE, land="HE", **more)


def case(state: str = "approved", **more: object) -> Case:
    """A grant as it stands in June."""
    values = {
        "key": "G-1",
        "workflow": "grant",
        "state": state,
        "since": datetime(2021, 1, 4, tzinfo=UTC),
        "data": {"amount": Decimal("50000.00"), "award_ends": ENDS, "unit": "330222"},
        "actors": {"start": "ada", "submit": "ada", "approve": "leo"},
        "revision": 3,
        "digest": "0" * 64,
        **more,
    }
    return Case(**values)


def changed(**parts: object):
    """The grant workflow in a later version."""
    return replace(grant(), **{"title": Text("Förderung (neu)", "Grant (new)"), **parts})


def fields(**parts: object):
    """A later version whose fields are others: name → field, or None to leave it out."""
    kept = {item.name: item for item in grant().fields} | parts
    return changed(fields=tuple(item for item in kept.values() if item is not None))


def renamed_state(old: str, new: str):
    """A later version in which a state has another name."""

    def names(states: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if name == old else name for name in states)

    flow = grant()
    return changed(
        states=tuple(replace(item, name=new) if item.name == old else item for item in flow.states),
        transitions=tuple(
            replace(item, sources=names(item.sources), target=new if item.target == old else item.target)
            for item in flow.transitions
        ),
        deadlines=tuple(replace(item, states=names(item.states)) for item in flow.deadlines),
        warnings=tuple(replace(item, states=names(item.states)) for item in flow.warnings),
    )


def mapped(**parts: object) -> VersionMap:
    """A map of the grant workflow."""
    return VersionMap(workflow="grant", **parts)


def move(new, stands: Case | None = None, names: VersionMap | None = None, **more: object):
    """The move of a case from the grant workflow to a later version."""
    stands = stands or case()
    armed = more.pop("armed", agenda(grant(), stands, facts(), NOW))
    return Migration(grant(), new, names).decide(stands, EVENT, facts(**more), armed)


def done(found) -> Decision:
    """The decision, where there is no obstacle."""
    assert isinstance(found, Decision), found
    return found


def codes(found) -> list[str]:
    """What stands against it."""
    assert isinstance(found, Unmapped), found
    return [item.code for item in found.obstacles]


def test_a_version_with_nothing_new_for_a_case_changes_nothing():
    """Only the version and the number of entries differ; no timer is touched, no fact, no day."""
    decision = done(move(changed()))
    assert decision.case == replace(case(), revision=4)
    assert (decision.changes, decision.arm, decision.cancel) == ({}, (), ())
    assert decision.previous == grant()


@given(
    state=st.sampled_from([item.name for item in grant().states]),
    data=st.fixed_dictionaries(
        {},
        optional={
            "amount": st.decimals(0, 10**6, places=2, allow_nan=False),
            "award_ends": st.dates(date(2022, 1, 1), date(2024, 1, 1)),
            "unit": st.sampled_from(["a", "b"]),
            "holder": st.sampled_from(["x", "y"]),
        },
    ),
)
def test_the_same_definition_changes_nothing(state, data):
    """Whatever a case knows and wherever it stands: to the definition that it pins there is no way to go."""
    stands = case(state, data=data)
    decision = done(
        Migration(grant(), grant()).decide(stands, EVENT, facts(), agenda(grant(), stands, facts(), NOW))
    )
    assert decision.case == replace(stands, revision=4)
    assert (decision.changes, decision.arm, decision.cancel, decision.signals) == ({}, (), (), ())


def test_a_state_that_is_gone_needs_a_mapping():
    """Without one the case stays, and the hint shows the line that is missing; with one it keeps its day."""
    new = renamed_state("approved", "granted")
    found = move(new)
    assert codes(found) == ["state"]
    assert "states: {approved: …}" in found.obstacles[0].hint.de
    decision = done(move(new, names=mapped(states={"approved": "granted"})))
    assert (decision.case.state, decision.case.since) == ("granted", case().since)
    assert decision.moved
    assert (decision.arm, decision.cancel) == ((), ())


def test_nested_and_parallel_states_are_mapped_by_their_parts():
    """A parent's new name leads its children; what has states inside now is entered at its beginning."""
    flow = grant()
    inside = tuple(
        State(name=f"approved.{name}", title=Text.same(name), parent="approved", initial=name == "open")
        for name in ("open", "paid")
    )
    nested = changed(states=(*flow.states, *inside))
    assert Migration(flow, nested).place("approved") == "approved.open"
    parallel = changed(
        states=tuple(replace(item, parallel=item.name == "approved") for item in (*flow.states, *inside))
    )
    assert Migration(flow, parallel).place("approved") == "approved.open + approved.paid"
    back = Migration(parallel, flow, mapped(states={"approved.open + approved.paid": "approved"}))
    assert back.place("approved.open + approved.paid") == "approved"
    half = Migration(parallel, parallel, mapped(states={"approved.paid": "approved.open"}))
    assert half.place("approved.open + approved.paid") is None
    other = replace(
        parallel,
        states=tuple(
            replace(
                item,
                name=item.name.replace("approved", "granted"),
                parent=item.parent and item.parent.replace("approved", "granted"),
            )
            for item in parallel.states
        ),
    )
    way = Migration(parallel, other, mapped(states={"approved": "granted"}))
    assert way.place("approved.open + approved.paid") == "granted.open + granted.paid"
    assert way.place("approved.open + expired") is None


def test_a_fact_whose_field_is_gone_is_never_dropped_by_itself():
    """It goes where the map says, or away if the map says so; sources go with it."""
    new = fields(unit=None, office=field("office", "text"))
    new = replace(new, transitions=grant().transitions[3:5], warnings=(), subject=Text.same("{key}"))
    stands = case(sources={"unit": "1.3", "": "paper"})
    found = move(new, stands)
    assert codes(found) == ["field"]
    decision = done(move(new, stands, mapped(fields={"unit": "office"})))
    assert decision.case.data["office"] == "330222"
    assert decision.case.sources == {"office": "1.3", "": "paper"}
    assert decision.changes == {"unit": ("330222", None), "office": (None, "330222")}
    dropped = done(move(new, stands, mapped(fields={"unit": None})))
    assert "office" not in dropped.case.data
    assert dropped.case.sources == {"": "paper"}
    assert done(move(new, case(data={}))).changes == {}


def test_a_value_is_converted_or_refused_but_never_bent():
    """Another type takes what it can read; what it cannot read, or what is out of its bounds, stays."""
    text = done(move(fields(amount=field("amount", "text")), names=None))
    assert text.changes == {"amount": (Decimal("50000.00"), "50000.00")}
    assert codes(move(fields(amount=field("amount", "integer")))) == ["value"]
    assert codes(move(fields(amount=field("amount", "money", max=Decimal(100))))) == ["value"]
    whole = move(
        fields(amount=field("amount", "integer")), names=mapped(set=(Assignment(field="amount", value="5"),))
    )
    assert done(whole).case.data["amount"] == 5


def test_equal_is_not_the_same():
    """A whole number that becomes money is a change in the trail, though both compare equal."""
    old = fields(amount=field("amount", "integer"))
    stands = case("draft", data={"amount": 5})
    decision = done(Migration(old, grant()).decide(stands, EVENT, facts(), ()))
    assert decision.changes == {"amount": (5, Decimal("5.00"))}
    assert type(decision.case.data["amount"]) is Decimal


def test_what_is_newly_required_comes_from_a_default_or_the_map():
    """Without either the case stays; new fields begin with their default, old absent ones stay absent."""
    needed = field("programme", "text", required=True)
    assert codes(move(fields(programme=needed))) == ["required"]
    assert done(move(fields(programme=replace(needed, default="P")))).case.data["programme"] == "P"
    names = mapped(set=(Assignment(field="programme", value="'P ' + old.unit"),))
    assert done(move(fields(programme=needed), names=names)).case.sources == {"programme": "#4"}
    assert done(move(fields(programme=needed), names=names)).case.data["programme"] == "P 330222"
    assert codes(move(fields(programme=needed), case(data={}), names)) == ["set"]
    assert "note" not in done(move(fields(note=field("note", "text", default="n")))).case.data
    assert done(move(fields(extra=field("extra", "text", default="e")))).case.data["extra"] == "e"
    assert codes(move(fields(note=field("note", "text", required=True)))) == ["required"]


def test_two_facts_do_not_share_one_field():
    """Which of them counts, nobody may guess."""
    names = mapped(fields={"unit": "note"})
    assert codes(move(fields(unit=None), case(data={"unit": "a", "note": "b"}), names)) == ["field"]


def test_personal_facts_stay_out_of_the_trail():
    """They cannot become public; where they go away or become personal, the entry holds no plain value."""
    stands = case(data={"holder": "Somebody"})
    public = fields(holder=field("holder", "text"))
    assert codes(move(public, stands)) == ["personal"]
    renamed = fields(holder=None, contact=field("contact", "text", personal=True))
    decision = done(move(renamed, stands, mapped(fields={"holder": "contact"})))
    body = entry(renamed, decision, {"contact": "c"})
    assert body["changes"] == {"holder": [None, None], "contact": [None, {"commitment": "c"}]}
    assert done(move(changed(), stands)).changes == {}
    hidden = fields(unit=field("unit", "text", personal=True))
    became = done(move(hidden, case(data={"unit": "a"})))
    assert entry(hidden, became, {"unit": "c"})["changes"] == {"unit": [None, {"commitment": "c"}]}


def entry(new, decision: Decision, commitments: dict[str, str]) -> dict:
    """What the trail says of a move."""
    body = record(new, decision, notices=[], commitments=commitments, recorded_at=NOW)
    return msgspec.json.decode(canonical(body))


def test_the_entry_names_both_versions():
    """The body says from which definition to which, from and to which state, and what the links are now."""
    decision = done(move(changed()))
    body = entry(changed(), decision, {})
    assert body["kind"] == "migration"
    assert body["definition"] == changed().hash
    assert body["migration"] == {"from": grant().hash, "to": changed().hash}
    assert (body["from"], body["to"]) == ("approved", "approved")
    assert "links" not in body


def test_links_go_by_their_names():
    """A link that is gone needs a mapping; one that leads to another workflow does not fit."""
    flow = grant()
    link = flow.links[0]
    stands = case(links={"partner": "G-2"})
    linked = {"partner": LinkedCase(key="G-2", state="approved", data={})}
    plain = tuple(replace(item, requires=(), tell=()) for item in flow.transitions)
    renamed = changed(links=(replace(link, name="other"),), transitions=plain)
    assert codes(move(renamed, stands, linked=linked)) == ["link"]
    moved = done(move(renamed, stands, mapped(links={"partner": "other"}), linked=linked))
    assert moved.case.links == {"other": "G-2"}
    assert entry(renamed, moved, {})["links"] == {"other": "G-2"}
    assert done(move(renamed, stands, mapped(links={"partner": None}), linked=linked)).case.links == {}
    elsewhere = changed(links=(replace(link, workflow="other"),))
    assert codes(move(elsewhere, stands, linked=linked)) == ["link"]


def test_four_eyes_do_not_go_blind():
    """Where the event that they watch has another name, the map must say so, and who did it goes along."""
    new = changed(
        transitions=tuple(
            replace(
                item,
                event="hand_in" if item.event == "submit" else item.event,
                not_by=tuple("hand_in" for _ in item.not_by),
            )
            for item in grant().transitions
        )
    )
    stands = case("submitted", actors={"submit": "duo"})
    found = move(new, stands)
    assert codes(found) == ["four-eyes"]
    assert "events: {submit: hand_in}" in found.obstacles[0].hint.en
    assert done(move(new, stands, mapped(events={"submit": "hand_in"}))).case.actors == {"hand_in": "duo"}
    assert done(move(new, stands, mapped(events={"submit": None}))).case.actors == {}


def test_what_is_due_counts_by_the_old_version_first():
    """A case with a deadline whose moment has passed, or with a signal on its way, stays for now."""
    signal = Timer(name="supersede", kind="signal", label="x", due_at=NOW, event="supersede")
    assert codes(move(changed(), armed=[signal])) == ["overdue"]


def spec(name: str = "award_end"):
    """A deadline of the grant."""
    return next(item for item in grant().deadlines if item.name == name)


def deadlines(*specs):
    """A later version with other deadlines."""
    return changed(deadlines=specs)


def test_a_moved_deadline_is_told_with_its_derivation():
    """Another rule, another day: cancelled and armed, the new one with the way that leads to it."""
    new = deadlines(spec(), replace(spec("proof"), period="P9M"))
    decision = done(move(new))
    (step,) = Migration(grant(), new).steps(decision)
    assert (step.what, step.timer.name, step.timer.deadline.due) == ("moved", "proof", date(2022, 9, 30))
    assert step.before.deadline.due == date(2022, 6, 30)
    armed = entry(new, decision, {})["timers"]["armed"][0]
    assert armed["deadline"]["steps"]


def test_a_deadline_that_does_something_else_on_the_same_day_is_armed_anew():
    """What fires and by which law counts too, not only the moment."""
    flow = deadlines(replace(spec(), fire="supersede"), spec("proof"))
    (step,) = Migration(grant(), flow).steps(done(move(flow)))
    assert (step.what, step.timer.event, step.before.event) == ("changed", "supersede", "expire")


def test_deadlines_come_and_go_with_the_version():
    """One that is gone is cancelled with its reminders; a new one is armed, be it overdue."""
    gone = Migration(grant(), deadlines(spec("proof")))
    assert {step.what for step in gone.steps(done(move(deadlines(spec("proof")))))} == {"cancelled"}
    late = replace(spec(), name="late", period="-P1Y", on=None, start="award_ends", fire=None, remind=())
    new = deadlines(spec(), spec("proof"), late)
    (step,) = Migration(grant(), new).steps(done(move(new)))
    assert (step.what, step.overdue) == ("armed", True)


def test_what_was_dealt_with_stays_dealt_with():
    """What has fired does not fire again because the new version computes or names it otherwise."""
    stands = case("expired", done={"award_end": Done(due=ENDS, until=end_of_day(ENDS, ZONE))})
    both = ("approved", "expired")
    escalated = Escalation(after="P5D", notice=Notice(template="ending", to=("lead",)))
    for new_spec in (
        replace(spec(), states=both),
        replace(spec(), states=both, on=None, start="award_ends", period="P1M"),
        replace(spec(), states=both, on=None, start="award_ends", period="P1M", escalate=escalated),
        replace(spec(), states=both, edge="start_of_day"),
    ):
        decision = done(move(deadlines(new_spec, spec("proof")), stands))
        assert decision.arm == ()
    renamed = deadlines(replace(spec(), name="end", states=both), spec("proof"))
    assert {timer.name for timer in done(move(renamed, stands)).arm} == {"end"}
    assert done(move(renamed, stands, mapped(deadlines={"award_end": "end"}))).arm == ()


def test_reminders_that_went_out_do_not_go_out_again():
    """If only reminders were dealt with, the deadline itself goes on; a new day brings new reminders."""
    until = datetime(2021, 5, 31, tzinfo=UTC)
    stands = case(done={"award_end": Done(due=ENDS, until=until)})
    more = deadlines(replace(spec(), remind=("P8M", "P1M")), spec("proof"))
    assert {timer.label for timer in done(move(more, stands)).arm} == set()
    later = deadlines(replace(spec(), on=None, start="award_ends", period="P1M"), spec("proof"))
    assert {timer.label for timer in done(move(later, stands)).arm} == {"P6M", "P1M", ""}


def test_failed_timers_are_given_up_and_computed_anew():
    """What was set aside is cancelled, and armed afresh if the new version still has it."""
    stands = case()
    timers = agenda(grant(), stands, facts(), NOW)
    found = Migration(grant(), changed()).decide(stands, EVENT, facts(), timers[1:], timers[:1])
    assert done(found).cancel == timers[:1]
    assert done(found).arm == timers[:1]


def test_a_constraint_of_the_new_version_has_to_hold():
    """A case that breaks it stays, with the constraint in words."""
    rule = Requirement(when="amount < 100", otherwise=Text("Zu viel.", "Too much."))
    found = move(changed(constraints=(rule,)))
    assert codes(found) == ["constraint"]
    assert found.obstacles[0].text.de == "Zu viel."


def test_automatic_transitions_of_the_new_version_are_taken():
    """A case is left where nothing goes on by itself, and the entry says which way it went."""
    auto = Transition(
        event="lapse",
        title=Text.same("lapse"),
        sources=("approved",),
        target="expired",
        automatic=True,
        when="amount > 0",
    )
    new = changed(transitions=(*grant().transitions, auto))
    decision = done(move(new))
    assert decision.case.state == "expired"
    assert [step.event for step in decision.via] == ["lapse"]


def test_an_expression_that_fails_leaves_the_case_where_it_is():
    """Whatever goes wrong in the new version is an obstacle of this case, not an error of all."""
    broken = replace(spec(), when="9223372036854775807 + size(unit) > 0")
    assert codes(move(deadlines(broken))) == ["error"]


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (fields(unit=None), ("field", "unit", "missing")),
        (fields(amount=field("amount", "text")), ("field", "amount", "changed")),
        (fields(extra=field("extra", "text", required=True)), ("field", "extra", "new")),
        (fields(note=field("note", "text", required=True)), ("field", "note", "changed")),
        (renamed_state("approved", "granted"), ("state", "approved", "missing")),
        (deadlines(spec()), ("deadline", "proof", "gone")),
        (deadlines(spec(), replace(spec("proof"), law="x")), ("deadline", "proof", "changed")),
        (deadlines(spec(), spec("proof"), replace(spec(), name="more")), ("deadline", "more", "new")),
        (changed(links=()), ("link", "partner", "missing")),
    ],
)
def test_versions_are_compared(new, said):
    """Each name that does not simply stay is told with what becomes of it."""
    found = {(item.sort, item.name, item.fate) for item in compare(Migration(grant(), new), ["approved"])}
    assert said in found


def texts(new, names: VersionMap | None = None, old=None) -> set[str]:
    """What is told of the way to a later version, in English."""
    way = Migration(old or grant(), new, names)
    return {f"{item.name}: {item.text.en}" for item in compare(way, ["approved"])}


def test_what_changes_in_a_field_is_told():
    """Type, duty, bounds, choices, and who may know it."""
    choices = (Choice(name="a", title=Text.same("a")), Choice(name="b", title=Text.same("b")))
    old = fields(kind=field("kind", "choice", choices=choices))
    new = fields(
        kind=field("kind", "choice", choices=choices[:1]),
        amount=field("amount", "money", min=Decimal(5)),
        note=field("note", "text", required=True, personal=True),
        holder=field("holder", "text"),
        first=field("first", "text", default="x"),
        second=field("second", "text"),
        third=field("third", "text"),
    )
    names = mapped(fields={"unit": None}, set=(Assignment(field="third", value="'x'"),))
    assert texts(new, names, old) == {
        "approved: stays",
        "kind: knows no more: b",
        "amount: has other bounds",
        "note: becomes required",
        "note: becomes personal",
        "holder: is personal no more",
        "unit: is dropped",
        "unit: is new",
        "first: is new, begins with x",
        "second: is new",
        "third: is new and computed",
    }


def test_what_changes_in_a_deadline_is_told():
    """How it is computed, when it runs, what it does, whom it tells, and by which law."""
    end = replace(spec(), name="end", edge="start_of_day", when="true", fire=None, remind=(), law="§ 1")
    assert texts(deadlines(end, spec("proof")), mapped(deadlines={"award_end": "end"})) == {
        "approved: stays",
        "award_end: becomes end",
        "award_end: is computed otherwise",
        "award_end: runs in other cases",
        "award_end: fires nothing",
        "award_end: reminds otherwise",
        "award_end: names another law",
    }
    links = changed(links=(replace(grant().links[0], name="twin"),))
    assert "partner: becomes twin" in texts(links, mapped(links={"partner": "twin"}))
    assert "approved: becomes granted" in texts(
        renamed_state("approved", "granted"), mapped(states={"approved": "granted"})
    )


def test_states_remember_how_they_were_left():
    """What a state with a history remembers goes by the new names; what is gone is forgotten."""
    flow = grant()
    inside = tuple(
        State(name=f"approved.{name}", title=Text.same(name), parent="approved", initial=name == "open")
        for name in ("open", "paid")
    )
    old = changed(states=(*(replace(item, history=item.name == "approved") for item in flow.states), *inside))
    stands = case("expired", history={"approved": "approved.paid"})

    def remembered(new, **parts: object) -> dict[str, str]:
        found = Migration(old, new, mapped(**parts)).decide(stands, EVENT, facts(), ())
        return dict(done(found).case.history)

    assert remembered(old) == {"approved": "approved.paid"}
    assert remembered(flow) == {}
    names = {"approved.paid": "approved.open"}
    assert remembered(old, states=names) == {"approved": "approved.open"}


def test_an_impossible_value_is_an_obstacle():
    """What an expression gives has to be a value of its field."""
    new = fields(amount=field("amount", "money", max=Decimal(100)))
    assert codes(move(new, names=mapped(set=(Assignment(field="amount", value="200"),)))) == ["set"]


def test_a_recurring_deadline_counts_on():
    """What falls due again and again is not moved by what was dealt with: the next day is another."""
    first = date(2021, 3, 31)
    stands = case(data={"award_ends": first}, done={"proof": Done(due=first, until=end_of_day(first, ZONE))})
    again = replace(spec("proof"), rule="no-roll", period="P0D", every="P1M")
    (timer,) = done(move(deadlines(again), stands, armed=())).arm
    assert timer.deadline.due == date(2021, 4, 30)
