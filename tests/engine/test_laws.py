"""Laws of the engine, held for any sequence of events."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
from hypothesis import given, settings, strategies as st

from tests.support import Office, new, open_office
from wirflow.audit.chain import verify_chain
from wirflow.core.agenda import agenda
from wirflow.core.decision import Refusal
from wirflow.core.firing import facts_at
from wirflow.reports.trail import Trail
from wirflow.store import timers, trail

START = datetime(2021, 1, 4, 9, tzinfo=UTC)

DAYS = st.dates(date(2020, 11, 1), date(2023, 6, 30))
PEOPLE = st.sampled_from(["ada", "leo", "duo"])
KEYS = st.sampled_from(["G-1", "G-2"])

ACTIONS = st.one_of(
    st.tuples(st.just("submit"), st.just({})),
    st.tuples(
        st.sampled_from(["approve", "extend"]),
        st.fixed_dictionaries({"decided_on": DAYS, "award_ends": DAYS}),
    ),
    st.tuples(
        st.just("edit"),
        st.dictionaries(st.sampled_from(["unit", "note", "holder"]), st.sampled_from(["a", "b"]), min_size=1),
    ),
    st.tuples(st.just("edit"), st.fixed_dictionaries({"award_ends": DAYS})),
)

STEPS = st.lists(
    st.tuples(st.integers(0, 120), KEYS, ACTIONS, PEOPLE, st.booleans()), min_size=1, max_size=14
)


def office_in(folder: str, *, paired: bool = True) -> Office:
    """Two grants, which may be each other's partner."""
    office = open_office(Path(folder))
    links = {"G-1": {"partner": "G-2"}, "G-2": {"partner": "G-1"}} if paired else {"G-1": {}, "G-2": {}}
    pair = [new(key, links=links[key]) for key in links]
    assert isinstance(office.engine.start_all(pair, actor="ada"), list)
    return office


def play(office: Office, steps: list, *, awake: bool = True) -> None:
    """Let people act; with `awake` the scheduler fires what is due on the way."""
    moment = START
    for days, key, (event, values), person, _ in steps:
        moment += timedelta(days=days)
        if awake:
            advance(office, moment)
        office.clock.set(moment)
        office.engine.submit(key, event, actor=person, given=values)


def advance(office: Office, moment: datetime) -> None:
    """To a moment, firing each timer at its due time."""
    for _ in range(500):
        due = office.engine.next_due()
        if due is None or due > moment:
            break
        office.clock.set(max(due, office.clock.now()))
        office.engine.drain()
    else:
        raise AssertionError("timers without end")
    office.clock.set(moment)


def statutory(office: Office) -> list:
    """The notices that are no mere reminders."""
    return sorted(
        office.rows(
            "SELECT c.key, o.template, o.recipient, o.kind FROM outbox o JOIN cases c ON c.id = o.case_id"
            " WHERE o.kind <> 'reminder'"
        )
    )


@given(steps=STEPS)
@settings(max_examples=40, deadline=None)
def test_state_facts_and_timers_follow_from_history(steps):
    """Replaying the trail gives state and facts, the agenda gives the timers, and the chains hold."""
    with tempfile.TemporaryDirectory() as folder:
        office = office_in(folder)
        play(office, steps)
        for key in ("G-1", "G-2"):
            stored = office.engine.look(key)
            workflow, case = stored.workflow, stored.case
            replayed: dict[str, object] = {}
            with office.database.reading() as session:
                entries = list(trail.read(session, key))
                armed = timers.armed(session, stored.id).values()
                linked = office.engine._linked(session, case.links)
            for written, _, _ in entries:
                body = msgspec.json.decode(written)
                replayed |= {name: after for name, (_, after) in body["changes"].items()}
                state = body["to"]
            assert state == case.state
            public = {name: value for name, value in replayed.items() if name not in workflow.personal}
            assert public == {
                name: str(value) if isinstance(value, (Decimal, date)) else value
                for name, value in case.data.items()
                if name not in workflow.personal
            }
            assert list(verify_chain(key, [(written, stated) for written, stated, _ in entries])) == []
            facts = facts_at(office.engine.profile, office.clock.now(), linked, ())
            wanted = {timer.identity for timer in agenda(workflow, case, facts, case.since)}
            legal = {timer.identity for timer in armed if timer.kind != "signal"}
            # Of reminders that had passed when they were armed only the latest was: the agenda of the
            # first moment may name more.
            assert {identity for identity in legal if identity[1] == "due"} == {
                identity for identity in wanted if identity[1] == "due"
            }
            if case.state in {"superseded", "draft"}:
                assert not legal
        assert Trail(office.database).rows(now=office.clock.now()) == []
        office.database.close()


@given(steps=STEPS, later=st.integers(1, 900))
@settings(max_examples=30, deadline=None)
def test_an_outage_changes_neither_states_nor_statutory_notices(steps, later):
    """After the last thing that people did, a scheduler may sleep for any time: the end is the same."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        awake, asleep = office_in(one), office_in(two)
        play(awake, steps)
        play(asleep, steps)
        end = awake.clock.now() + timedelta(days=later)
        advance(awake, end)
        asleep.clock.set(end)
        asleep.engine.drain()
        assert [awake.state(key) for key in ("G-1", "G-2")] == [asleep.state(key) for key in ("G-1", "G-2")]
        assert statutory(awake) == statutory(asleep)
        assert awake.rows("SELECT count(*) FROM timers WHERE status = 'failed'") == [(0,)]
        awake.database.close()
        asleep.database.close()


def told(office: Office, key: str) -> list:
    """What a case's trail tells but for reminders: each event, when it counted, and where it led."""
    with office.database.reading() as session:
        bodies = [msgspec.json.decode(written) for written, _, _ in trail.read(session, key)]
    bodies = [body for body in bodies if body["kind"] != "reminder"]
    for body in bodies:
        if "holder" in body["changes"]:
            body["changes"]["holder"] = "personal"  # its commitment has a salt of its own
    return [
        [body.get(name) for name in ("event", "kind", "occurred_at", "actor", "from", "to", "changes")]
        for body in bodies
    ]


@given(steps=STEPS, paired=st.booleans(), later=st.integers(0, 900))
@settings(max_examples=40, deadline=None)
def test_nor_does_it_while_people_act(steps, paired, later):
    """Without a worker people's events come after the deadlines before them: the trail tells the same."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        awake, asleep = office_in(one, paired=paired), office_in(two, paired=paired)
        play(awake, steps)
        play(asleep, steps, awake=False)
        end = awake.clock.now() + timedelta(days=later)
        advance(awake, end)
        asleep.clock.set(end)
        asleep.engine.drain()
        for key in ("G-1", "G-2"):
            assert told(awake, key) == told(asleep, key)
        assert statutory(awake) == statutory(asleep)
        awake.database.close()
        asleep.database.close()


@given(steps=STEPS)
@settings(max_examples=25, deadline=None)
def test_what_is_refused_leaves_no_trace(steps):
    """Each refusal leaves the trail as long as it was; each decision makes it longer by one."""
    with tempfile.TemporaryDirectory() as folder:
        office = office_in(folder)
        moment = START
        for days, key, (event, values), person, _ in steps:
            moment += timedelta(days=days)
            advance(office, moment)
            before = office.engine.look(key).case.revision
            result = office.engine.submit(key, event, actor=person, given=values)
            after = office.engine.look(key).case
            if isinstance(result, Refusal):
                assert after.revision == before
            else:
                assert result.case.revision == before + 1
                assert after.revision >= before + 1
        office.database.close()


@given(steps=STEPS)
@settings(max_examples=25, deadline=None)
def test_no_timer_fires_twice(steps):
    """Of one deadline with one due day, the due moment fires at most once in the life of a case."""
    with tempfile.TemporaryDirectory() as folder:
        office = office_in(folder)
        play(office, steps)
        advance(office, office.clock.now() + timedelta(days=1000))
        twice = office.rows(
            "SELECT case_id, name, kind, label, due_at, count(*) FROM timers WHERE status = 'fired'"
            " AND kind = 'signal' GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1"
        )
        assert twice == []
        assert office.rows("SELECT count(*) FROM timers WHERE status = 'armed'") == [(0,)]
        office.database.close()
