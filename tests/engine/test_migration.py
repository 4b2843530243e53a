"""Moving cases to new versions through the engine's door, on both databases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from tests.support import Office, field, grant, new, open_office, replace
from wirflow.audit.chain import verify_chain
from wirflow.core.agenda import agenda
from wirflow.core.decision import Refusal
from wirflow.core.firing import facts_at
from wirflow.definition.model import Assignment, Workflow
from wirflow.definition.version_map import VersionMap
from wirflow.engine import Outcome
from wirflow.engine.migrating import Migrator
from wirflow.errors import UnknownNameError
from wirflow.reports.trail import Trail
from wirflow.store import timers, trail
from wirflow.text import Text

ROOT = Path(__file__).parents[2]
AWARD = {"decided_on": date(2021, 1, 4), "award_ends": date(2021, 12, 31)}
TABLES = ("definitions", "cases", "entries", "timers", "outbox", "personal")


def migrator(office: Office) -> Migrator:
    """The door for versions of the same office."""
    engine = office.engine
    return Migrator(office.database, office.clock, engine.profile, engine._templates)


def approved(office: Office, key: str = "G-1", **data: object) -> None:
    """A case that was submitted by one person and approved by another."""
    facts = {"amount": Decimal("50000.00"), "unit": "330222", **data}
    for outcome in (
        office.engine.start(new(key, facts), actor="ada"),
        office.engine.submit(key, "submit", actor="ada"),
        office.engine.submit(key, "approve", actor="leo", given=AWARD),
    ):
        assert isinstance(outcome, Outcome)


def later(**parts: object) -> Workflow:
    """The grant workflow in a later version: `granted` instead of `approved`, nine months for the proof."""
    flow = grant()

    def names(states: tuple[str, ...]) -> tuple[str, ...]:
        return tuple("granted" if name == "approved" else name for name in states)

    made = replace(
        flow,
        title=Text("Förderung (neu)", "Grant (new)"),
        fields=(
            *(item for item in flow.fields if item.name != "holder"),
            field("contact", "text", personal=True),
        ),
        states=tuple(replace(item, name=names((item.name,))[0]) for item in flow.states),
        transitions=tuple(
            replace(
                item,
                sources=names(item.sources),
                target=item.target and names((item.target,))[0],
                tell=(),
                input=tuple(given for given in item.input if given.field != "holder"),
            )
            for item in flow.transitions
        ),
        deadlines=(
            replace(flow.deadlines[0], states=("granted",)),
            replace(flow.deadlines[1], states=("granted", "expired"), period="P9M"),
        ),
        warnings=(),
    )
    return replace(made, **parts)


NAMES = VersionMap(
    workflow="grant",
    states={"approved": "granted"},
    fields={"holder": "contact"},
    set=(Assignment(field="note", value="'was ' + state"),),
)
MAPS = {"grant": NAMES}


def rows(office: Office) -> dict[str, list]:
    """Everything that is kept."""
    return {name: sorted(map(str, office.rows(f"SELECT * FROM {name}"))) for name in TABLES}


def test_a_case_moves_with_everything_that_belongs_to_it(office):
    """State, facts, deadlines and version are new; the entry says what changed, and the chain holds."""
    approved(office, holder="Somebody")
    door = migrator(office)
    office.engine.register([later()])
    before = office.engine.look("G-1")
    (move,) = door.apply(door.outdated(), MAPS, actor="leo", reason="New rules")
    after = office.engine.look("G-1")
    assert move.obstacles == ()
    assert (after.workflow, after.case.state) == (later(), "granted")
    kept = {name: value for name, value in before.case.data.items() if name != "holder"}
    assert after.case.data == {**kept, "contact": "Somebody", "note": "was approved"}
    assert after.case.since == before.case.since
    entry = office.engine.history("G-1")[-1]
    assert (entry.kind, entry.actor, entry.body["reason"]) == ("migration", "leo", "New rules")
    assert (entry.from_, entry.to) == ("approved", "granted")
    assert entry.body["migration"] == {"from": grant().hash, "to": later().hash}
    assert [item["due"] for item in entry.body["timers"]["armed"]] == ["2022-09-30"]
    assert [item["due"] for item in entry.body["timers"]["cancelled"]] == ["2022-06-30"]
    assert "Somebody" not in str(entry.body)
    holds(office, "G-1")
    office.at("2022-10-01T00:00:00").engine.drain()
    assert office.state("G-1") == "expired"


def holds(office: Office, key: str) -> None:
    """The chain verifies, replaying the trail gives state and facts, and the timers are the agenda."""
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
    assert body["to"] == case.state
    assert body["definition"] == workflow.hash
    known = {name: value for name, value in replayed.items() if value is not None}
    assert set(known) == set(case.data)
    for name, value in case.data.items():
        if name in workflow.personal:
            assert set(known[name]) == {"commitment"}
        else:
            assert known[name] == (str(value) if isinstance(value, (Decimal, date)) else value)
    assert list(verify_chain(key, [(written, stated) for written, stated, _ in entries])) == []
    facts = facts_at(office.engine.profile, office.clock.now(), linked, ())
    wanted = agenda(workflow, case, facts, office.clock.now())
    assert {timer.identity for timer in armed} == {timer.identity for timer in wanted}
    assert Trail(office.database).rows(now=office.clock.now()) == []


def test_a_plan_writes_nothing_and_says_what_would_be_written(office):
    """Planned twice or once, every table is as it was; applying does what the plan said."""
    approved(office)
    office.engine.register([later()])
    door = migrator(office)
    before = rows(office)
    (planned,) = door.plan(door.outdated(), MAPS)
    assert rows(office) == before
    (applied,) = door.apply(door.outdated(), MAPS, actor="leo")
    assert planned.decision.case == applied.decision.case
    assert planned.steps == applied.steps


def test_a_case_that_cannot_move_stays_and_leaves_no_trace(office):
    """Every table is as it was, and what stands against it is told."""
    approved(office, holder="Somebody")
    office.engine.register([later()])
    door = migrator(office)
    before = rows(office)
    (move,) = door.apply(door.outdated(), {}, actor="leo")
    assert [item.code for item in move.obstacles] == ["state", "field"]
    assert rows(office) == before
    assert door.outdated() == ["G-1"]


def test_it_can_be_repeated(office):
    """A second time there is nothing to do; who stands on the newest version is passed over."""
    approved(office)
    office.engine.register([later()])
    door = migrator(office)
    assert len(list(door.apply(["G-1"], MAPS, actor="leo"))) == 1
    after = rows(office)
    assert list(door.apply(["G-1"], MAPS, actor="leo")) == []
    assert list(door.plan(["G-1"], MAPS)) == []
    assert rows(office) == after


def test_final_cases_stay_unless_they_are_asked_for(office):
    """What has ended keeps the version by which it ended."""
    approved(office)
    office.at("2022-07-01T00:00:00").engine.drain()
    office.engine.register([later()])
    door = migrator(office)
    assert door.outdated() == []
    assert door.outdated(ended=True) == ["G-1"]
    assert len(list(door.apply(["G-1"], MAPS, actor="leo"))) == 1
    holds(office, "G-1")


def test_unknown_names_are_told(office):
    """A workflow, a case or a person that there is not is an error with the near one."""
    approved(office)
    door = migrator(office)
    for call in (
        lambda: door.outdated(workflow="grand"),
        lambda: door.outdated(key="G-11"),
        lambda: list(door.apply([], {}, actor="adda")),
    ):
        with pytest.raises(UnknownNameError, match="Did you mean"):
            call()


def test_the_versions_are_told_with_their_cases(office):
    """Which version is the newest, since when, and how many cases stand where by each."""
    approved(office, "G-1")
    office.engine.start(new("G-2"), actor="ada")
    office.at("2022-07-01T00:00:00").engine.drain()
    office.engine.register([later()])
    office.engine.start(new("G-3"), actor="ada")
    old, newest = migrator(office).versions()
    assert (old.current, dict(old.running), dict(old.final)) == (False, {"draft": 1}, {"expired": 1})
    assert (newest.current, dict(newest.running), dict(newest.final)) == (True, {"draft": 1}, {})
    assert old.registered_at < newest.registered_at


def test_a_version_to_which_the_files_go_back_is_the_newest_again(office):
    """Also where the clock stands still: new cases begin with it, and cases move back to it."""
    approved(office)
    office.engine.register([later()])
    door = migrator(office)
    list(door.apply(["G-1"], MAPS, actor="leo"))
    office.engine.register([grant()])
    assert office.engine.workflow("grant") == grant()
    assert door.outdated() == ["G-1"]
    back = VersionMap(workflow="grant", states={"granted": "approved"})
    (move,) = door.apply(["G-1"], {"grant": back}, actor="leo")
    assert move.obstacles == ()
    holds(office, "G-1")


def test_personal_values_do_not_come_back(office):
    """A personal fact that was dropped stays away, also if a later version has its field again."""
    approved(office, holder="Somebody")
    door = migrator(office)
    without = replace(NAMES, fields={"holder": None})
    office.engine.register([later()])
    list(door.apply(["G-1"], {"grant": without}, actor="leo"))
    assert "contact" not in office.engine.look("G-1").case.data
    office.engine.register([grant()])
    list(
        door.apply(
            ["G-1"], {"grant": VersionMap(workflow="grant", states={"granted": "approved"})}, actor="leo"
        )
    )
    assert "holder" not in office.engine.look("G-1").case.data
    holds(office, "G-1")
    assert len(office.rows("SELECT * FROM personal WHERE value IS NOT NULL")) == 1


def test_a_fact_may_become_personal(office):
    """From then on the row and the trail hold it no more in plain."""
    approved(office, unit="Secret unit")
    flow = grant()
    hidden = replace(
        flow,
        fields=tuple(replace(item, personal=True) if item.name == "unit" else item for item in flow.fields),
    )
    office.engine.register([hidden])
    (move,) = migrator(office).apply(["G-1"], {}, actor="leo")
    assert move.obstacles == ()
    assert office.engine.look("G-1").case.data["unit"] == "Secret unit"
    assert "Secret" not in str(office.rows("SELECT data FROM cases"))
    holds(office, "G-1")


def test_links_and_sources_are_written_under_their_new_names(office):
    """What an event never changes, a migration may."""
    approved(office, "G-1")
    office.engine.start(replace(new("G-2", links={"partner": "G-1"}), sources={"unit": "1.3"}), actor="ada")
    flow = grant()
    renamed = replace(
        flow,
        links=(replace(flow.links[0], name="twin"),),
        fields=tuple(replace(item, name="office") if item.name == "unit" else item for item in flow.fields),
        transitions=tuple(replace(item, requires=(), tell=(), input=()) for item in flow.transitions),
        warnings=(),
        subject=Text.same("{key}"),
    )
    office.engine.register([renamed])
    names = VersionMap(workflow="grant", links={"partner": "twin"}, fields={"unit": "office"})
    (move,) = migrator(office).apply(["G-2"], {"grant": names}, actor="leo")
    assert move.obstacles == ()
    case = office.engine.look("G-2").case
    assert (case.links, case.sources) == ({"twin": "G-1"}, {"office": "1.3"})


def test_what_is_due_happens_first(office):
    """A case with an overdue deadline stays until the deadline has counted by the old version."""
    approved(office)
    office.engine.register([later()])
    office.at("2021-12-15T00:00:00")
    door = migrator(office)
    (move,) = door.apply(["G-1"], MAPS, actor="leo")
    assert [item.code for item in move.obstacles] == ["overdue"]
    office.engine.drain()
    assert [move.obstacles for move in door.apply(["G-1"], MAPS, actor="leo")] == [()]


def test_failed_deadlines_are_given_up_and_never_fire_twice(office, tmp_path):
    """The new version computes them anew; trying the failed ones again finds none."""
    approved(office)
    template = tmp_path / "templates" / "ending.de.j2"
    words = template.read_text(encoding="utf-8")
    template.write_text("Betreff: x\n\n{{ data.nothing.here }}", encoding="utf-8")
    assert office.at("2021-07-01T00:00:00").engine.drain().failed == 1
    template.write_text(words, encoding="utf-8")
    office.engine.register([later()])
    (move,) = migrator(office).apply(["G-1"], MAPS, actor="leo")
    assert move.obstacles == ()
    assert office.engine.rearm_failed() == 0
    identities = office.rows("SELECT name, kind, label, due_at FROM timers WHERE status = 'armed'")
    assert len(identities) == len(set(identities))


def test_migration_goes_on_after_a_kill_between_two_cases(tmp_path):
    """Killed after the first case, it is whole and the second untouched; the next call moves the rest."""
    office = open_office(tmp_path)
    for key in ("G-1", "G-2", "G-3"):
        approved(office, key)
    office.engine.register([later()])
    untouched = office.rows("SELECT * FROM entries WHERE case_id > 1")
    office.database.close()
    killed = subprocess.run(
        [sys.executable, __file__, str(tmp_path)], cwd=ROOT, check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    again = open_again(tmp_path)
    door = migrator(again)
    assert door.outdated() == ["G-2", "G-3"]
    holds(again, "G-1")
    assert again.rows("SELECT * FROM entries WHERE case_id > 1") == untouched
    assert [move.obstacles for move in door.apply(door.outdated(), MAPS, actor="leo")] == [(), ()]
    assert [again.state(key) for key in ("G-1", "G-2", "G-3")] == ["granted"] * 3
    assert len(again.engine.history("G-1")) == 4
    again.database.close()


def open_again(folder: Path) -> Office:
    """The office as the next process finds it, on the day on which it was left."""
    return open_office(folder, workflow=later())


STEPS = st.lists(
    st.tuples(
        st.integers(0, 90),
        st.sampled_from(["submit", "approve", "extend", "edit", "move", "back"]),
        st.dates(date(2020, 11, 1), date(2023, 6, 30)),
        st.sampled_from(["ada", "leo", "duo"]),
    ),
    min_size=1,
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=40, deadline=None)
def test_whenever_a_case_moves_all_laws_hold(steps):
    """Moved, its trail replays and its timers are the agenda; refused, nothing is new."""
    with tempfile.TemporaryDirectory() as folder:
        office = open_office(Path(folder))
        door = migrator(office)
        office.engine.start(new(data={"amount": Decimal(1), "unit": "a", "holder": "b"}), actor="ada")
        back = VersionMap(workflow="grant", states={"granted": "approved"}, fields={"contact": "holder"})
        moment = datetime(2021, 1, 4, 9, tzinfo=UTC)
        for days, action, day, actor in steps:
            moment += timedelta(days=days)
            office.clock.set(moment)
            office.engine.drain()
            if action in {"move", "back"}:
                office.engine.register([later() if action == "move" else grant()])
                before = rows(office)
                moved = list(door.apply(["G-1"], {"grant": NAMES if action == "move" else back}, actor=actor))
                if all(move.obstacles == () for move in moved) and moved:
                    holds(office, "G-1")
                else:
                    assert rows(office) == before
                continue
            values = {
                "edit": {"note": "n"},
                "approve": {"decided_on": day, "award_ends": day},
                "extend": {"decided_on": day, "award_ends": day},
            }.get(action, {})
            assert isinstance(
                office.engine.submit("G-1", action, actor=actor, given=values), (Outcome, Refusal)
            )
        office.database.close()


def die_between_two_cases(folder: Path) -> None:
    """Move one case, and be killed before the next."""
    office = open_again(folder)
    door = migrator(office)
    for _ in door.apply(door.outdated(), MAPS, actor="leo"):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    die_between_two_cases(Path(sys.argv[1]))
