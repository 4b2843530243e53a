"""Child cases in the database: begun with their parent or not at all, and heard of once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import select

from tests.core.family import GRANT, OPINION, REPORT, family
from tests.simulation.mirror import foreseen, world_of, written
from tests.support import PEOPLE, replace
from wirflow.clock import VirtualClock
from wirflow.core.decision import Refusal
from wirflow.engine import Engine, NewCase, Profile
from wirflow.engine.migrating import Migrator
from wirflow.errors import InputError, WirflowError
from wirflow.render import Templates
from wirflow.reports import Reports
from wirflow.reports.trail import Trail
from wirflow.simulation import Simulation
from wirflow.store import tables
from wirflow.store.database import Database

NOON = datetime(2021, 5, 3, 10, tzinfo=UTC)
AWARD = {"amount": Decimal(300), "starts": date(2021, 3, 1), "ends": date(2023, 2, 28)}


def engine_on(url: str, *texts: str) -> Engine:
    """An office that has a family of workflows and nothing else."""
    database = Database(url)
    database.migrate()
    profile = Profile(name="Amt", people=PEOPLE, channels=("file",))
    engine = Engine(database, VirtualClock(NOON), profile, Templates([]))
    engine.register(family(*texts).values())
    return engine


@pytest.fixture
def engine(database_url):
    """The office on each database."""
    found = engine_on(database_url)
    yield found
    found.database.close()


def new(workflow: str, key: str, data: dict[str, Any] | None = None, **links: str) -> NewCase:
    """A case that is to start."""
    return NewCase(workflow=workflow, key=key, data=data or {}, links=links, sources={})


def award(engine: Engine, key: str = "G-1", **more: Any) -> None:
    """A grant that is approved."""
    engine.start(new("grant", key, {**AWARD, **more}), actor="duo")
    result = engine.submit(key, "approve", actor="duo")
    assert not isinstance(result, Refusal), result


def states(engine: Engine) -> dict[str, str]:
    """Where each case stands."""
    return {entry.case: str(entry.to) for entry in engine.history()}


def test_children_begin_with_the_event_of_their_parent(engine):
    """With whoever did it as the actor; each names the entry that started it, and that names them."""
    award(engine)
    keys = [f"G-1/report-{year}" for year in (2021, 2022, 2023)]
    assert states(engine) == {"G-1": "running", **dict.fromkeys(keys, "open")}
    last = engine.history("G-1")[-1]
    assert [row["case"] for row in last.body["starts"]] == keys
    first = engine.history(keys[0])[0]
    assert first.body["origin"] == {"case": "G-1", "seq": last.seq}
    assert (first.actor, first.body["child"]) == ("duo", "report")
    stored = engine.look(keys[1])
    assert (stored.case.child, stored.case.links["parent"]) == ("report", "G-1")
    assert stored.case.data == {"year": 2022, "due_on": date(2023, 3, 31), "share": Decimal("300.00")}


def test_a_child_that_cannot_begin_keeps_its_parent_from_going_on(engine):
    """Nothing of the event is there: no child, no entry, no state."""
    engine.start(new("opinion", "G-1/report-2022", {"office": "x"}), actor="duo")
    engine.start(new("grant", "G-1", AWARD), actor="duo")
    before = written(engine)
    result = engine.submit("G-1", "approve", actor="duo")
    assert isinstance(result, Refusal)
    assert result.code == "child"
    assert "G-1/report-2022 cannot begin: There is a case G-1/report-2022 already." in result.explain("en")
    assert written(engine) == before
    early = {**AWARD, "starts": date(1998, 1, 1)}
    engine.start(new("grant", "G-2", early), actor="duo")
    result = engine.submit("G-2", "approve", actor="duo")
    assert isinstance(result, Refusal)
    assert "G-2/report-1998 cannot begin: Year" in result.explain("en")
    assert set(states(engine)) == {"G-1/report-2022", "G-1", "G-2"}


def test_a_trial_starts_no_children(engine):
    """It says what would happen, and nothing does."""
    engine.start(new("grant", "G-1", AWARD), actor="duo")
    before = written(engine)
    result = engine.submit("G-1", "approve", actor="duo", trial=True)
    assert not isinstance(result, Refusal)
    assert len(result.decision.starts) == 3
    assert written(engine) == before


@pytest.mark.parametrize("order", [(2021, 2022, 2023), (2023, 2021, 2022), (2022, 2023, 2021)])
def test_the_parent_goes_on_once_when_the_last_child_is_over(engine, order):
    """In whatever order they come; those before the last leave no entry."""
    award(engine)
    for year in order:
        assert engine.look("G-1").case.state == "running"
        engine.submit(f"G-1/report-{year}", "receive", actor="duo")
    assert engine.look("G-1").case.state == "proven"
    heard = [entry for entry in engine.history("G-1") if entry.event == "child_changed"]
    assert [entry.body["timer"]["label"] for entry in heard] == [f"G-1/report-{order[-1]}/2/0"]


def test_a_family_in_one_import_waits_for_its_children(engine):
    """A case that is found waiting does not go on before its children are looked at."""
    grant = replace(new("grant", "G-1", AWARD), state="running")
    late = replace(new("report", "R-1", {"year": 2021}, parent="G-1"), state="late")
    done = replace(new("report", "R-2", {"year": 2022}, parent="G-1"), state="received")
    engine.start_all([grant, late, done], actor="duo")
    assert states(engine) == {"G-1": "running", "R-1": "late", "R-2": "received"}
    engine.submit("R-1", "receive", actor="duo")
    assert engine.look("G-1").case.state == "proven"


def test_a_person_starts_a_child(engine):
    """It is of the kind that has its workflow, and its parent hears of it; others take none."""
    award(engine)
    engine.start(new("report", "R-9", {"year": 2024}, parent="G-1"), actor="duo")
    assert engine.look("R-9").case.child == "report"
    for year in (2021, 2022, 2023):
        engine.submit(f"G-1/report-{year}", "receive", actor="duo")
    assert engine.look("G-1").case.state == "running"
    engine.submit("R-9", "receive", actor="duo")
    assert engine.look("G-1").case.state == "proven"
    with pytest.raises(InputError) as raised:
        engine.start(new("report", "R-8", {"year": 2024}, parent="R-9"), actor="duo")
    assert "R-9" in raised.value.message.en


def test_children_that_are_not_over_are_told(engine):
    """Each of them, once."""
    award(engine)
    engine.submit("G-1/report-2021", "receive", actor="duo")
    engine.submit("G-1", "revoke", actor="duo")
    assert states(engine) == {
        "G-1": "revoked",
        "G-1/report-2021": "received",
        "G-1/report-2022": "dropped",
        "G-1/report-2023": "dropped",
    }


def test_deadlines_of_children_and_of_their_parent_go_together(engine):
    """A child misses its day by itself; its parent's deadline hangs on that."""
    award(engine)
    engine.clock.set(datetime(2022, 6, 1, tzinfo=UTC))
    engine.drain()
    assert engine.look("G-1/report-2021").case.state == "late"
    assert any(entry.event == "child_changed" for entry in engine.history("G-1"))


def test_what_stands_in_the_tables_follows_from_the_trail(engine):
    """`audit verify` finds nothing that contradicts it, parents and kinds included."""
    award(engine)
    engine.submit("G-1/report-2021", "receive", actor="duo")
    engine.start(new("report", "R-9", {"year": 2024}, parent="G-1"), actor="duo")
    with engine.database.reading() as session:
        child, parent = tables.cases, tables.cases.alias()
        joined = child.outerjoin(parent, parent.c.id == child.c.parent_id)
        rows = dict(
            tuple(row) for row in session.rows(select(child.c.key, parent.c.key).select_from(joined), {})
        )
    assert rows.pop("G-1") is None
    assert set(rows.values()) == {"G-1"}


FAMILY_STEPS = st.lists(
    st.sampled_from(
        [
            ("G-1", "approve"),
            ("G-1", "extend"),
            ("G-1", "revoke"),
            ("G-1", "ask"),
            ("G-1/opinion", "give"),
            *((f"G-1/report-{year}", what) for year in (2021, 2022) for what in ("receive", "take_back")),
            ("wait", ""),
        ]
    ),
    max_size=9,
)
GIVEN = {"extend": {"starts": date(2021, 1, 1), "ends": date(2022, 12, 31)}, "ask": {"office": "x"}}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FAMILY_STEPS)
def test_the_simulation_writes_what_the_engine_writes(tmp_path_factory, steps):
    """Whatever is done to a family, both leave the same trails, byte for byte, and the same cases."""
    engine = engine_on(f"sqlite:///{tmp_path_factory.mktemp('family') / 'office.db'}")
    data = {**AWARD, "ends": date(2022, 2, 28)}
    engine.start(new("grant", "G-1", data), actor="duo")
    world, before = world_of(engine), written(engine)
    simulation, happened = Simulation(world), []
    now = NOON
    for key, event in steps:
        if key == "wait":
            now += timedelta(days=200)
            happened += simulation.advance(now)
            while (due := engine.next_due()) and due <= now:
                engine.clock.set(max(due, engine.clock.now()))
                engine.drain()
            engine.clock.set(now)
            continue
        facts = GIVEN.get(event)
        ours = done(partial(engine.submit, key, event, actor="duo", given=facts))
        theirs = done(partial(simulation.act, key, event, actor="duo", given=facts))
        assert isinstance(ours, WirflowError) == isinstance(theirs, WirflowError)
        happened += theirs if isinstance(theirs, list) else []
    assert foreseen(simulation, happened, before) == written(engine)
    engine.database.close()


def done(work):
    """What comes of it, an error included."""
    try:
        return work()
    except WirflowError as error:
        return error


def test_the_page_of_a_case_names_its_children_and_its_parent(engine):
    """By their kinds, as they stand; looking back, as they stood, and only those that were there."""
    award(engine)
    engine.submit("G-1/report-2022", "receive", actor="duo")
    engine.clock.set(NOON + timedelta(days=2))
    engine.start(new("report", "R-9", {"year": 2024}, parent="G-1"), actor="duo")
    engine.submit("G-1/report-2021", "receive", actor="duo")
    reports = Reports(engine.database, zone="Europe/Berlin", people={})

    def rows(as_of: date | None = None) -> list[tuple[str, str, str]]:
        return [(row.name, row.key, row.state) for row in reports.case("G-1", as_of=as_of).children]

    first = [("report", "G-1/report-2021", "open"), ("report", "G-1/report-2022", "received")]
    assert rows(NOON.date()) == [*first, ("report", "G-1/report-2023", "open")]
    assert [key for _, key, _ in rows()] == [*(f"G-1/report-{year}" for year in (2021, 2022, 2023)), "R-9"]
    assert [link.key for link in reports.case("R-9").links if link.name == "parent"] == ["G-1"]
    assert reports.case("R-9").children == ()


def test_a_version_that_does_not_know_a_kind_does_not_take_its_parent(engine):
    """A new version keeps the kinds of the children that are there; a child moves and is heard of."""
    award(engine)
    migrator = Migrator(engine.database, engine.clock, engine.profile, engine._templates)
    without = GRANT.replace("report:", "paper:").replace("child: report", "child: paper")
    for word in ("report.all", "report.exists"):
        without = without.replace(word, word.replace("report", "paper"))
    engine.register([family(without, REPORT, OPINION)["grant"]])
    move = next(iter(migrator.apply(["G-1"], {}, actor="duo")))
    assert [item.code for item in move.obstacles] == ["child"]
    kept = GRANT.replace("title: {de: Jahresbericht, en: Yearly report}", "title: Bericht")
    engine.register([family(kept, REPORT, OPINION)["grant"]])
    move = next(iter(migrator.apply(["G-1"], {}, actor="duo")))
    assert (move.obstacles, engine.look("G-1").workflow.children[0].title.de) == ((), "Bericht")
    for year in (2021, 2022, 2023):
        engine.submit(f"G-1/report-{year}", "receive", actor="duo")
    assert engine.look("G-1").case.state == "proven"


CHAIN = """
wirflow: 1
workflow: {name}
roles: {{clerk: {{}}}}
{parent}
children: {{next: {child}}}
fields: {{level: {{type: integer, default: 0}}}}
states: {{new: {{initial: true}}, open: {{}}, done: {{final: true}}}}
transitions:
  go:
    from: new
    to: open
    automatic: true
    when: "level > 0"
    start: {{child: next, with: {{level: "level - 1"}}}}
  begin: {{from: new, to: open, by: clerk, start: {{child: next, with: {{level: level}}}}}}
  end: {{from: open, to: done, automatic: true, when: "next.all(n, n.final)"}}
  finish: {{from: new, to: done, by: clerk}}
"""


def test_children_may_start_children(tmp_path):
    """In one transaction; the last that is over ends them all, one after the other."""
    text = CHAIN.format(name="chain", parent="parent: chain", child="chain")
    engine = engine_on(f"sqlite:///{tmp_path / 'office.db'}", text)
    engine.start(new("chain", "C", {"level": 2}), actor="duo")
    assert states(engine) == {"C": "open", "C/next": "open", "C/next/next": "new"}
    engine.submit("C/next/next", "finish", actor="duo")
    assert set(states(engine).values()) == {"done"}
    assert [entry.event for entry in engine.history("C")] == ["start", "child_changed"]
    engine.database.close()


def test_starts_that_never_end_are_stopped(tmp_path):
    """Each key is longer than that of the parent: where none fits any more, nothing is started."""
    text = CHAIN.format(name="loop", parent="parent: loop", child="loop").replace("level - 1", "level")
    engine = engine_on(f"sqlite:///{tmp_path / 'office.db'}", text)
    engine.start(new("loop", "L", {"level": 1}), actor="duo")
    found = states(engine)
    assert max(map(len, found)) == 76
    assert [state for state in found.values() if state != "open"] == ["new"]
    engine.database.close()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(2021, 2025)), st.sets(st.integers(2021, 2024)))
def test_the_last_of_many_joins_once(tmp_path_factory, order, by_others):
    """In whatever order they come over, and whoever brings it about."""
    engine = engine_on(f"sqlite:///{tmp_path_factory.mktemp('join') / 'office.db'}")
    award(engine, ends=date(2024, 12, 31))
    for year in order:
        actor = "ada" if year in by_others else "duo"
        assert not isinstance(engine.submit(f"G-1/report-{year}", "receive", actor=actor), Refusal)
    heard = [entry for entry in engine.history("G-1") if entry.event == "child_changed"]
    assert [entry.body["timer"]["label"] for entry in heard] == [f"G-1/report-{order[-1]}/2/0"]
    assert Trail(engine.database).rows(now=engine.clock.now()) == []
    engine.database.close()


def test_children_that_are_over_at_once_join_once(database_url):
    """Each in a process of its own, as it were: whoever is second sees what the first left."""
    engine = engine_on(database_url)
    award(engine)
    others = [Engine(Database(database_url), engine.clock, engine.profile, Templates([])) for _ in range(3)]
    keys = [f"G-1/report-{year}" for year in (2021, 2022, 2023)]
    with ThreadPoolExecutor(3) as pool:
        done = pool.map(lambda one, key: one.submit(key, "receive", actor="duo"), others, keys)
        assert not any(isinstance(item, Refusal) for item in done)
    assert engine.look("G-1").case.state == "proven"
    steps = [step["event"] for entry in engine.history("G-1") for step in entry.body.get("via", ())]
    assert steps == ["prove"]
    assert Trail(engine.database).rows(now=engine.clock.now()) == []
    for one in (engine, *others):
        one.database.close()


TWINS = """
wirflow: 1
workflow: twin
title: {de: Zwilling, en: Twin}
roles: {clerk: {}}
parent: {workflow: twin}
children: {one: {workflow: twin}, two: {workflow: twin}}
states: {born: {initial: true}, grown: {final: true}}
transitions:
  grow:
    from: born
    to: grown
    automatic: true
    when: "size(key) < 40"
    start: [{child: one, key: "{key}a"}, {child: two, key: "{key}b"}]
"""


def test_a_family_has_an_end(tmp_path):
    """Cases that start one another without end are not begun at all, and it is said why."""
    engine = engine_on(f"sqlite:///{tmp_path / 'office.db'}", TWINS)
    with pytest.raises(InputError, match="More than 5000 cases have started one another"):
        engine.start(new("twin", "T"), actor="duo")
    assert not engine.history()
    engine.database.close()
