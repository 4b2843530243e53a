"""What the checker says never happens does not happen, however one walks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import yaml
from hypothesis import given, settings, strategies as st

from tests.proof.tried import HEAD, replay
from wirflow.core.case import Case, Event
from wirflow.core.decide import decide, possible, refuse, start
from wirflow.core.decision import Decision
from wirflow.core.firing import event_of
from wirflow.definition.reader import read_workflow_text
from wirflow.proof import prove
from wirflow.proof.world import facts_of

BEGIN = datetime(2021, 1, 4, 8, tzinfo=UTC)
STATES = ("a", "b", "c", "d", "end")
RULES = (
    'kind == "x"',
    'kind != "x"',
    'kind in ["y", "z"]',
    "flag",
    "!flag",
    "amount > 100",
    "amount <= 100",
    "amount == 50",
    "has(day)",
    "!has(day)",
    "day <= today",
    "day > other",
    "!has(other) || other <= day",
    'kind == "x" && flag',
    'flag || kind == "z"',
)
SETS = ({"flag": "true"}, {"flag": "false"}, {"kind": '"x"'}, {"kind": '"z"'}, {"amount": "50"}, {})
INPUTS = ((), ("day",), ("other",), ("amount",), ("kind",), ("flag", "day"))
FIELDS = {
    "kind": {"type": "choice", "choices": ["x", "y", "z"], "default": "x"},
    "flag": {"type": "boolean", "default": "false"},
    "amount": {"type": "money", "min": "0"},
    "day": {"type": "date"},
    "other": {"type": "date"},
}
VALUES = {
    "kind": st.sampled_from(["x", "y", "z"]),
    "flag": st.booleans(),
    "amount": st.sampled_from(
        [Decimal(n) for n in ("0.00", "50.00", "99.99", "100.00", "100.01", "7000.00")]
    ),
    "day": st.integers(-400, 400).map(lambda days: (BEGIN + timedelta(days=days)).date()),
    "other": st.integers(-400, 400).map(lambda days: (BEGIN + timedelta(days=days)).date()),
}


@st.composite
def definitions(draw):
    """A small workflow with guards, computed facts and a deadline."""
    transitions = {}
    for number in range(draw(st.integers(2, 6))):
        source = draw(st.sampled_from(STATES[:-1]))
        item = {"from": source, "by": ["clerk"]}
        target = draw(st.sampled_from((None, *STATES)))
        if target:
            item["to"] = target
        rules = draw(st.lists(st.sampled_from(RULES), max_size=2, unique=True))
        if rules:
            item["requires"] = [{"when": rule, "else": {"de": "Nein.", "en": "No."}} for rule in rules]
        inputs = draw(st.sampled_from(INPUTS))
        if inputs:
            item["input"] = {name: draw(st.sampled_from(("required", "optional"))) for name in inputs}
        computed = draw(st.sampled_from(SETS))
        if computed and not set(computed) & set(inputs):
            item["set"] = dict(computed)
        transitions[f"t{number}"] = item
    text = {
        "fields": FIELDS,
        "states": {"a": {"initial": "true"}, "b": {}, "c": {}, "d": {}, "end": {"final": "true"}},
        "transitions": transitions,
    }
    if draw(st.booleans()):
        transitions["lapse"] = {"from": ["a", "b"], "to": draw(st.sampled_from(("c", "end")))}
        text["deadlines"] = {"term": {"while": ["a", "b"], "on": "day", "fire": "lapse"}}
    return HEAD + yaml.safe_dump(text, sort_keys=False).replace("'true'", "true").replace("'false'", "false")


def walk(workflow, data):
    """A random run: the states that it came to, and the transitions that it took."""
    facts = data.draw(st.fixed_dictionaries({}, optional=VALUES))
    blank = Case(key="W", workflow=workflow.name, state="", since=BEGIN, data={})
    begun = Event(name="start", kind="start", occurred_at=BEGIN, input=facts)
    decision = start(workflow, blank, begun, facts_of(BEGIN, {}))
    case, armed, now = decision.case, list(decision.arm), BEGIN
    seen, taken = {case.state}, set()
    for _ in range(10):
        due = min((timer.due_at for timer in armed), default=None)
        overdue = due is not None and due <= now
        if overdue or (due is not None and data.draw(st.booleans())):
            timer = min(armed, key=lambda item: item.due_at)
            now = max(now, timer.due_at)
            event = event_of(timer, workflow)
        else:
            events = possible(workflow, case.state)
            if not events:
                break
            now += timedelta(days=data.draw(st.integers(0, 40)))
            if due is not None and due <= now:
                continue
            name = data.draw(st.sampled_from(events))
            item = workflow.open_transitions(case.state, name)[0][1]
            chosen = {
                row.field: data.draw(VALUES[row.field])
                for row in item.input
                if row.required or data.draw(st.booleans())
            }
            event = Event(
                name=name,
                kind="action",
                occurred_at=now,
                actor="P",
                roles=frozenset({"clerk"}),
                input=chosen,
            )
        known = facts_of(event.occurred_at, {}, armed)
        decided = decide(workflow, case, event, known)
        if isinstance(decided, Decision):
            taken.add(event.name)
        elif event.timer is None:
            continue
        else:
            decided = refuse(workflow, case, event, known, decided)
        gone = {timer.identity for timer in decided.cancel} | (
            {event.timer.identity} if event.timer else set()
        )
        armed = [timer for timer in armed if timer.identity not in gone] + list(decided.arm)
        case = decided.case
        seen.add(case.state)
    return seen, taken


@settings(max_examples=60, deadline=None)
@given(definitions(), st.data())
def test_what_is_called_unreachable_is_not_reached(text, data):
    """No random run comes into a state that is called out of reach, or takes what is never to be taken."""
    reading = read_workflow_text(text)
    assert not reading.errors
    workflow = reading.workflows["small"]
    report = prove(reading)
    never = [item for item in report.findings if item.code.startswith("never-")]
    states = {item.message.en.split("'")[1] for item in never if item.code == "never-reached"}
    source = reading.sources["small"]
    lines = {source.place_of("transitions", item.event).line: item.event for item in workflow.transitions}
    events = {
        max((line, event) for line, event in lines.items() if line <= item.place.line)[1]
        for item in never
        if item.code != "never-reached"
    }
    for _ in range(3):
        seen, taken = walk(workflow, data)
        assert not seen & states
        assert not taken & events


@settings(max_examples=40, deadline=None)
@given(definitions())
def test_every_run_that_is_shown_is_a_real_one(text):
    """Each run of each finding replays through the core to where it says."""
    for claim in prove(read_workflow_text(text)).claims:
        if claim.story:
            replay(claim.story)
