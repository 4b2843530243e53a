"""The laws of every definition that passes `check`, whatever happens to its cases."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec
from hypothesis import given, settings, strategies as st

from tests.laws.definitions import NAME, TEMPLATE, definition
from tests.laws.walk import BEGIN, Walk
from tests.support import PEOPLE
from wirflow.audit.chain import verify_chain
from wirflow.clock import VirtualClock
from wirflow.core.profile import Profile
from wirflow.definition.check import check
from wirflow.definition.guards import GuardError
from wirflow.definition.reader import read_workflow_text
from wirflow.definition.values import to_json
from wirflow.engine import Engine, NewCase
from wirflow.proof import Effort, prove
from wirflow.proof.stands import stands_of
from wirflow.render import Templates
from wirflow.reports.trail import Trail
from wirflow.store import timers, trail
from wirflow.store.database import Database

SEEDS = st.integers(0, 2**32)
LITTLE = Effort(definition=200, invariant=200, cases=2)


def sound(seed: int):
    """A definition that passes `check`, looking on from a seed; its reading."""
    for number in range(seed, seed + 50):
        reading = read_workflow_text(definition(Random(number)))
        assert reading.errors == ()
        if any(item.severity == "error" for item in check(reading)):
            continue
        if not stands_of(reading.workflows[NAME]).circle or rests(reading):
            return reading
    raise AssertionError("fifty broken definitions in a row")


def rests(reading) -> bool:
    """Whether it is certain that automatic transitions come to an end."""
    report = prove(reading, effort=LITTLE)
    whole = all(extent.whole for extent in report.extents)
    return whole and not any(item.severity == "error" for item in report.findings)


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_any_run_of_any_definition_keeps_the_laws(seed):
    """State, facts and timers follow from history; nothing raises; each place is one that exists."""
    reading = sound(seed)
    rng = Random(seed)
    for _ in range(2):
        Walk(reading.workflows[NAME], rng).run(25)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_what_is_proved_never_to_happen_does_not_happen(seed):
    """No random run comes into a state, or takes an event, that the prover has ruled out."""
    reading = sound(seed)
    report = prove(reading, effort=LITTLE)
    workflow = reading.workflows[NAME]
    source = reading.sources[NAME]
    states = {
        state
        for state in workflow.state_by_name
        for item in report.findings
        if item.code == "never-reached"
        and item.place == source.place_of(*(part for step in state.split(".") for part in ("states", step)))
    }
    events = {
        event
        for event in workflow.events
        for item in report.findings
        if item.code == "never-taken" and item.place == source.place_of("transitions", event)
    }
    once = {event for event in events if sum(item.event == event for item in workflow.transitions) == 1}
    rng = Random(seed)
    for _ in range(6):
        walk = Walk(workflow, rng)
        walk.run(20)
        assert not walk.seen & states
        assert not walk.taken & once


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_the_engine_keeps_them_too(seed):
    """Played by the engine, the trail gives state and facts, its chains hold, and nothing is left undone."""
    reading = sound(seed)
    rng = Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for lang, word in (("de", "Betreff"), ("en", "Subject")):
            (folder / f"{TEMPLATE}.{lang}.j2").write_text(f"{word}: x\n\nText\n", encoding="utf-8")
        database = Database(f"sqlite:///{folder / 'office.db'}")
        database.migrate()
        clock = VirtualClock(BEGIN)
        engine = Engine(database, clock, Profile(name="Amt", people=PEOPLE), Templates([folder]))
        engine.register(reading.workflows.values())
        keys = begun(engine, rng)
        for _ in range(15):
            clock.set(clock.now() + timedelta(days=rng.choice((0, 1, 20, 60))))
            engine.drain()
            if keys:
                act(engine, rng, rng.choice(keys))
        for key in keys:
            same(engine, database, key)
        assert Trail(database).rows(now=clock.now()) == []
        database.close()


def begun(engine, rng):
    """Two cases that are each other's mate, if their facts permit it."""
    workflow = engine.workflow(NAME)
    walk = Walk(workflow, rng)
    pair = [
        NewCase(
            workflow=NAME,
            key=key,
            data={item.name: walk._value(item) for item in workflow.fields if rng.random() < 0.3},
            links={"mate": mate},
            sources={},
        )
        for key, mate in (("A-1", "A-2"), ("A-2", "A-1"))
    ]
    started = engine.start_all(pair, actor="ada")
    return ["A-1", "A-2"] if isinstance(started, list) else []


def act(engine, rng, key):
    """Somebody does something, or tries to."""
    stored = engine.look(key)
    item = rng.choice(stored.workflow.transitions)
    walk = Walk(stored.workflow, rng)
    given_ = {
        row.field: walk._value(stored.workflow.field_by_name[row.field])
        for row in item.input
        if row.required or rng.random() < 0.5
    }
    try:
        engine.submit(key, item.event, actor=rng.choice(list(PEOPLE)), given=given_, reason="…")
    except GuardError:
        return  # numbers beyond all bounds


def same(engine, database, key):
    """What is stored is what the trail says."""
    stored = engine.look(key)
    with database.reading() as session:
        entries = list(trail.read(session, key))
        armed = timers.armed(session, stored.id).values()
    facts: dict[str, object] = {}
    state = ""
    for written, _, _ in entries:
        body = msgspec.json.decode(written)
        facts |= {name: after for name, (_, after) in body["changes"].items()}
        state = body["to"]
    hidden = stored.workflow.personal
    assert state == stored.case.state
    assert {name: value for name, value in facts.items() if name not in hidden and value is not None} == {
        name: to_json(value) for name, value in stored.case.data.items() if name not in hidden
    }
    assert list(verify_chain(key, [(written, stated) for written, stated, _ in entries])) == []
    active = set(stored.workflow.active(stored.case.state))
    for timer in armed:
        if timer.kind in {"due", "reminder"}:
            assert not active.isdisjoint(stored.workflow.deadline_by_name[timer.name].states)
            assert timer.due_at > datetime(2020, 1, 1, tzinfo=UTC)
