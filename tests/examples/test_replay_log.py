"""The program that replays event logs: any log comes through, whole, in its order, and once."""

from __future__ import annotations

import csv
import os
import signal
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event as hooks
from sqlalchemy.exc import OperationalError

from tests.crash.checker import check
from tests.examples.example import load
from tests.examples.permit_log import CASES, EVENTS, made_up, write_csv
from wirflow.audit.canonical import canonical
from wirflow.clock import stamp
from wirflow.core.decision import Refusal
from wirflow.definition.reader import read_workflow_text
from wirflow.engine import NewCase
from wirflow.errors import ConflictError, DatabaseError, InputError
from wirflow.office import Office, create
from wirflow.simulation import Simulation, World
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

log = load("event_log")
replaying = load("replay_log")

HEAD = "case:concept:name,concept:name,time:timestamp,org:resource,case:channel,case:applied\n"

ODD = HEAD + (
    # Lines in no order, zones that differ, umlauts, no resource, one moment for three events, a loop.
    "Akte-7,Prüfung (außen),2011-03-28T10:00:00+02:00,Frau Öz,Post,2011-03-26T23:30:00Z\n"
    "Akte-7,Eingang bestätigen,2011-03-27T00:15:00+01:00,,Post,2011-03-26T23:30:00Z\n"
    "K.8/2011,Eingang bestätigen,2011-03-27T03:00:00+02:00,S 1,,\n"
    "K.8/2011,Prüfung (außen),2011-03-27T01:00:00Z,S 1,,\n"
    "K.8/2011,Prüfung (außen),2011-03-27T01:00:00Z,S 2,,\n"
    "Akte-7,Bescheid zustellen,2011-05-30T09:00:00+02:00,S 3,Post,2011-03-26T23:30:00Z\n"
    "K.8/2011,Bescheid zustellen,2011-04-20T12:00:00.123456+02:00,S 3,,\n"
    "Case-17,Eingang bestätigen,2011-10-30T02:30:00+02:00,S 1,Netz,\n"
    "Case-17,Bescheid zustellen,2011-10-30T02:30:00+01:00,S 1,Netz,\n"
    "Case-17,Prüfung (außen),2011-10-30T02:30:00+01:00,S 1,Netz,\n"
)
"""What real logs do, in ten lines."""

RULES = """\
wirflow: 1
workflow: permit
subject: "{key} {channel}"
roles: {clerk: {}}
fields:
  channel: {type: text}
  applied: {type: date}
  received_on: {type: date}
  resource: {type: text}
states:
  begun: {initial: true}
  received: {}
  late: {}
  decided: {final: true}
  lapsed: {final: true}
transitions:
  receive:
    title: Eingang bestätigen
    from: begun
    to: received
    by: clerk
    input: {resource: optional, applied: optional}
    set: {received_on: today}
  pruefung_aussen: {from: [received, late], by: clerk, input: {resource: optional}}
  decide: {title: {de: Bescheid zustellen, en: Decide}, from: [received, late], to: decided, by: clerk}
  be_late: {from: received, to: late}
  lapse: {from: [received, late], to: lapsed}
deadlines:
  confirm: {while: received, from: received_on, period: P2W, rule: vwvfg-31, fire: be_late}
  decide: {while: [received, late], from: received_on, period: P8W, rule: vwvfg-31, fire: lapse}
"""
"""A workflow of the office's own, with terms that end in the course of the log."""


def office_in(folder: Path, url: str | None = None, *, today: str | None = None) -> Office:
    """A new office as `wirflow init` makes it, for which the clerk acts."""
    create.create(folder, lang="en", database=url).database.close()
    toml = folder / "wirflow.toml"
    more = 'person = "clerk"\n' + (f"today = {today}\n" if today else "")
    words = toml.read_text(encoding="utf-8").replace("land =", f"{more}land =", 1)
    toml.write_text(words, encoding="utf-8")
    (folder / "workflows" / "permit.yaml").write_text(RULES, encoding="utf-8")
    return Office.find(str(folder))


def written(folder: Path, lines: str = ODD) -> Path:
    """A log as a file."""
    path = folder / "log.csv"
    path.write_text(lines, encoding="utf-8")
    return path


def trail(office: Office, *, recorded: bool = True) -> list[tuple[Any, ...]]:
    """What stands in the trail of all cases."""
    found = [
        (entry.case, entry.seq, entry.event, entry.kind, entry.to, entry.occurred_at)
        + ((entry.recorded_at,) if recorded else ())
        for entry in office.engine.history()
    ]
    return sorted(found)


def told(refused: Iterable[Any]) -> list[tuple[str, str]]:
    """Which events were refused."""
    return [(event.case, event.activity) for event, _ in refused]


REFUSED = [("Akte-7", "Bescheid zustellen"), ("Case-17", "Prüfung (außen)")]
"""Of the odd log, if its terms end when they do: what came after the lapse, and after the decision."""


def test_the_made_up_log_has_the_shape_of_a_real_one():
    """So many cases, events and activities, with equal moments and with loops."""
    lines = made_up()
    assert (len(lines), len({line.case for line in lines})) == (EVENTS, CASES)
    assert len({line.activity for line in lines}) == 27
    assert max(Counter((line.case, line.at) for line in lines).values()) > 3
    assert max(Counter((line.case, line.activity) for line in lines).values()) > 3
    assert lines != sorted(lines, key=lambda line: line.at)


@pytest.mark.parametrize("flower", [False, True])
def test_a_whole_log_is_replayed(tmp_path, database_url, flower):
    """Every event is in the trail of its case, at its moment, in its order; no rule of the log is refused."""
    lines = made_up()
    few = {line.case for line in lines[:: 60 if flower else 20]}
    write_csv([line for line in lines if line.case in few], tmp_path / "log.csv")
    events = log.read(tmp_path / "log.csv", doubled="keep")
    office = office_in(tmp_path / "office", database_url)
    workflow = replaying.workflow_for(office, "log", events, actor="clerk", flower=flower)
    done = replaying.replay(office, workflow, events, actor="clerk")
    assert (done.cases, done.events, done.before, done.refused) == (len(few), len(events), 0, [])
    known = replaying.known_to(workflow, events)
    for case in few:
        entries = [entry for entry in office.engine.history(case) if entry.event != "start"]
        own = [event for event in events if event.case == case]
        assert [entry.event for entry in entries] == [known[event.activity] for event in own]
        assert [datetime.fromisoformat(entry.occurred_at) for entry in entries] == [event.at for event in own]
        ends = "begun" if flower else known[own[-1].activity]
        assert office.engine.look(case).case.state == ends
    office.database.close()
    assert check(database_url) == []


def test_names_are_names_and_each_its_own():
    """Whatever activities are called, their events are called differently, as the language allows."""
    at = datetime(2011, 1, 1, tzinfo=UTC)
    odd = ["Prüfung!", "Prüfung?", "pruefung", "1. Schritt", "§§", "日本", "log_ends", "Closed", "begun"]
    odd += ["x" * 200, "x" * 201, 'Sagt "nein"', "a: b # c", "\\", "{}"]
    events = [log.Event("C-1", activity, at + timedelta(days=day)) for day, activity in enumerate(odd)]
    known = replaying.names(events)
    assert len(set(known.values())) == len(odd)
    for flower in (False, True):
        words = replaying.definition(events, "log", flower=flower)
        workflow = read_workflow_text(words).checked()["log"]
        assert set(known.values()) < set(workflow.events)
        assert replaying.known_to(workflow, events) == known


def test_what_is_seldom_can_be_left_out_and_is_then_refused(tmp_path):
    """A workflow of what followed at least twice refuses what followed once."""
    at = datetime(2011, 1, 1, tzinfo=UTC)
    events = log._numbered(
        [
            log.Event(case, activity, at + timedelta(days=day))
            for case, way in (("C-1", "abc"), ("C-2", "abc"), ("C-3", "acd"))
            for day, activity in enumerate(way)
        ]
    )
    office = office_in(tmp_path / "office")
    workflow = replaying.workflow_for(office, "log", events, actor="clerk", least=2)
    done = replaying.replay(office, workflow, events, actor="clerk")
    assert told(done.refused) == [("C-3", "c"), ("C-3", "d")]
    assert all("not possible in state" in why for _, why in done.refused)
    assert office.engine.look("C-3").case.state == "a"
    office.close()


def test_a_log_is_lived_through_with_its_terms(tmp_path, database_url):
    """In a practice office what falls due between two events happens then, as it is simulated."""
    office = office_in(tmp_path / "office", database_url, today="2011-01-01")
    events = log.read(written(tmp_path), zone=office.zone)
    workflow = replaying.workflow_for(office, "permit", events, actor="clerk")
    began = office.clock.now()
    done = replaying.replay(office, workflow, events, actor="clerk")
    assert told(done.refused) == REFUSED
    ways = {case: [e.event for e in office.engine.history(case)] for case in ("Akte-7", "K.8/2011")}
    assert ways == {
        "Akte-7": ["start", "receive", "pruefung_aussen", "be_late", "lapse"],
        "K.8/2011": ["start", "receive", "pruefung_aussen", "pruefung_aussen", "be_late", "decide"],
    }
    lapsed = office.engine.history("Akte-7")[-1]
    assert lapsed.occurred_at == lapsed.recorded_at == "2011-05-23T22:00:00.000000Z"

    world = World(
        now=began,
        cases={},
        definitions={},
        timers=(),
        profile=office.profile,
        templates=office.templates,
        newest={"permit": workflow},
    )
    simulation = Simulation(world)
    known = replaying.known_to(workflow, events)
    player = replaying.Player(office, workflow, known, "clerk")
    entries: dict[str, list[bytes]] = {}
    for event in events:
        happened = list(simulation.advance(event.at))
        if event.number == 1:
            begun = simulation.start_all([player.new(event)], actor="clerk")
            assert not isinstance(begun, Refusal)
            happened += begun
        happened += simulation.act(
            event.case, known[event.activity], actor="clerk", given=player.given(event)
        )
        for one in happened:
            if one.entry is not None:
                entries.setdefault(one.case, []).append(one.entry)
    for case, simulated in entries.items():
        assert [canonical(entry.body) for entry in office.engine.history(case)] == simulated
    office.close()
    assert check(database_url, now=stamp(events[-1].at)) == []


def test_what_else_the_log_says_becomes_facts(tmp_path):
    """Columns of the case and of the event fill fields of their names; a moment may be a day."""
    office = office_in(tmp_path / "office", today="2011-01-01")
    events = log.read(written(tmp_path), zone=office.zone)
    workflow = replaying.workflow_for(office, "permit", events, actor="clerk")
    replaying.replay(office, workflow, events, actor="clerk")
    facts = office.engine.look("Akte-7").case.data
    assert {name: str(value) for name, value in facts.items()} == {
        "channel": "Post",
        "applied": "2011-03-27",
        "received_on": "2011-03-27",
        "resource": "Frau Öz",
    }
    assert "channel" not in office.engine.look("K.8/2011").case.data
    office.close()


def dies(folder: Path, path: Path, hook: str, after: int) -> bool:
    """Replay in a process that is killed after so many commits, before or after the next; if it was."""
    child = os.fork()
    if child == 0:
        office = Office.find(str(folder))
        counted = 0

        def die(*_: Any) -> None:
            nonlocal counted
            counted += 1
            if counted > after:
                os.kill(os.getpid(), signal.SIGKILL)

        hooks.listen(office.database.engine, hook, die)
        events = log.read(path, zone=office.zone)
        workflow = replaying.workflow_for(office, "permit", events, actor="clerk")
        replaying.replay(office, workflow, events, actor="clerk")
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("today", ["2011-01-01", None])
@pytest.mark.parametrize(("hook", "after"), [("commit", 2), ("begin", 4)])
def test_killed_and_run_again_it_ends_the_same(tmp_path, database_url, today, hook, after):
    """However often it is killed, in the end each event and each term is there once, as without."""
    path = written(tmp_path)
    calm = office_in(tmp_path / "calm", today=today)
    events = log.read(path, zone=calm.zone)
    workflow = replaying.workflow_for(calm, "permit", events, actor="clerk")
    whole = replaying.replay(calm, workflow, events, actor="clerk")

    folder = tmp_path / "office"
    office_in(folder, database_url, today=today).close()
    kills = 0
    while dies(folder, path, hook, after):
        kills += 1
    assert kills > (2 if today else 0)
    office = Office.find(str(folder))
    again = replaying.replay(office, workflow, events, actor="clerk")
    assert again.before == len(events)
    assert again.refused == whole.refused
    practice = today is not None
    assert trail(office, recorded=practice) == trail(calm, recorded=practice)
    assert office.practice == practice
    assert not practice or office.clock.now() == calm.clock.now() == events[-1].at
    office.close()
    calm.close()
    assert check(database_url) == []


def test_workers_may_drain_while_the_log_is_replayed(tmp_path, database_url):
    """With workers that fire what is overdue meanwhile, all comes to the same as without."""
    calm = office_in(tmp_path / "calm")
    path = written(tmp_path)
    events = log.read(path, zone=calm.zone)
    workflow = replaying.workflow_for(calm, "permit", events, actor="clerk")
    replaying.replay(calm, workflow, events, actor="clerk")
    calm.engine.drain()

    office = office_in(tmp_path / "office", database_url)
    office.engine.register([workflow])
    over = threading.Event()
    broken: list[Exception] = []

    def work() -> None:
        worker = Office.find(str(tmp_path / "office"))
        try:
            while not over.is_set():
                worker.engine.drain()
        except Exception as error:  # noqa: BLE001 - told by the test
            broken.append(error)
        worker.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    replaying.replay(office, workflow, events, actor="clerk")
    over.set()
    for worker in workers:
        worker.join()
    office.engine.drain()
    assert broken == []
    assert trail(office, recorded=False) == trail(calm, recorded=False)
    calm.close()
    office.close()
    assert check(database_url, now=stamp(datetime(2012, 1, 1, tzinfo=UTC))) == []


def test_after_a_conflict_the_whole_transaction_is_repeated(tmp_path, monkeypatch):
    """If others were in the way in the middle of a case, it is replayed anew, and is there once."""
    office, calm = office_in(tmp_path / "office"), office_in(tmp_path / "calm")
    events = log.read(written(tmp_path), zone=office.zone)
    for one in (office, calm):
        workflow = replaying.workflow_for(one, "permit", events, actor="clerk")
    replaying.replay(calm, workflow, events, actor="clerk")
    submit, tries = office.engine.submit, []

    def in_the_way(*words: Any, **more: Any) -> Any:
        tries.append(1)
        if len(tries) in {2, 5}:
            raise ConflictError(Text.same("others"))
        return submit(*words, **more)

    monkeypatch.setattr(office.engine, "submit", in_the_way)
    replaying.replay(office, workflow, events, actor="clerk")
    assert len(tries) > len(events)
    assert trail(office, recorded=False) == trail(calm, recorded=False)
    again = replaying.replay(office, workflow, events, actor="clerk")
    assert again.before == len(events)
    calm.close()
    office.close()


def test_a_case_that_is_there_already_is_left_alone(tmp_path, database_url):
    """A key that another case has, or that is none, is told for each of its events."""
    lines = HEAD + "".join(
        f"{case},{activity},2011-01-0{day}T10:00:00Z,,,\n"
        for case in ("taken", "no key")
        for day, activity in ((1, "Eingang bestätigen"), (2, "Prüfung (außen)"))
    )
    office = office_in(tmp_path / "office", database_url)
    events = log.read(written(tmp_path, lines), zone=office.zone)
    workflow = replaying.workflow_for(office, "permit", events, actor="clerk")
    office.engine.start(NewCase(workflow="permit", key="taken", data={}, links={}, sources={}), actor="clerk")
    office.engine.submit("taken", "receive", actor="clerk")
    before = trail(office)
    for _ in range(2):
        done = replaying.replay(office, workflow, events, actor="clerk")
        assert [(event.number, why.splitlines()[0]) for event, why in done.refused] == [
            (1, "There is a case taken already."),
            (1, "'no key' is no key."),
            (2, "There is a case taken already."),
            (2, "'no key' is no key."),
        ]
        assert trail(office) == before
    office.close()


def test_a_log_that_has_grown_goes_on_and_another_one_is_refused(tmp_path):
    """New lines are added to what was replayed; other lines stop the replay before it begins."""
    office = office_in(tmp_path / "office")
    short = log.read(written(tmp_path, "".join(ODD.splitlines(keepends=True)[:4])), zone=office.zone)
    workflow = replaying.workflow_for(office, "permit", short, actor="clerk")
    assert replaying.replay(office, workflow, short, actor="clerk").before == 0
    events = log.read(written(tmp_path), zone=office.zone)
    grown = replaying.replay(office, workflow, events, actor="clerk")
    assert (grown.before, grown.events) == (3, 10)
    before = trail(office)
    other = log.read(written(tmp_path, ODD.replace("2011-03-28T10", "2011-03-28T11")), zone=office.zone)
    with pytest.raises(InputError, match=r"log\.csv:2: In this place '2011-03-28T08:00:00"):
        replaying.replay(office, workflow, other, actor="clerk")
    assert trail(office) == before
    office.close()


def test_two_replays_of_one_log_do_not_mix(tmp_path, database_url, capsys, monkeypatch):
    """Who is overtaken by another one in the middle keeps nothing of that transaction, and says so."""
    office = office_in(tmp_path / "office", database_url)
    path = written(tmp_path)
    again = replaying.Player.again

    def overtaken(player: Any, bundle: Any) -> Any:
        row = {"case_key": bundle[0].case, "number": 1, "said": bundle[0].said}
        with office.database.engine.begin() as connection:
            connection.execute(replaying.replayed.insert(), row)
        return again(player, bundle)

    monkeypatch.setattr(replaying.Player, "again", overtaken)
    assert replaying.main([str(path), str(office.folder), "--workflow", "permit"]) == 1
    assert "at the same time" in capsys.readouterr().err
    assert trail(office) == []
    office.close()


def run(capsys: Any, *words: object) -> tuple[int, str, str]:
    """What the program answers."""
    code = replaying.main([str(word) for word in words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_the_program_tells_what_was_refused(tmp_path, capsys):
    """It ends with 1, prints what was refused and why, and writes all of it as a table."""
    office_in(tmp_path / "office", today="2011-01-01").close()
    words = [written(tmp_path), tmp_path / "office", "--workflow", "permit", "--refused", tmp_path / "no.csv"]
    code, out, err = run(capsys, *words)
    assert (code, err) == (1, "")
    assert out.splitlines()[0] == "3 cases, 10 events, 2 refused"
    assert "Akte-7 2011-05-30T09:00:00+02:00 Bescheid zustellen: 'Decide' is not possible" in out
    with (tmp_path / "no.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row[log.CASE], row["place"]) for row in rows] == [
        ("Akte-7", "log.csv:7"),
        ("Case-17", "log.csv:11"),
    ]
    code, out, _ = run(capsys, *words)
    assert out.splitlines()[0] == "3 cases, 10 events (10 of them before), 2 refused"


def test_the_program_makes_a_workflow_and_can_be_run_again(tmp_path, capsys):
    """The same command twice does nothing twice; another way to make the workflow of that name is refused."""
    office_in(tmp_path / "office").close()
    words = [written(tmp_path), tmp_path / "office"]
    assert run(capsys, *words, "--flower")[:2] == (0, "3 cases, 10 events, 0 refused\n")
    assert run(capsys, *words, "--flower")[0] == 0
    assert run(capsys, *words)[1] == "3 cases, 10 events (10 of them before), 0 refused\n"
    code, out, err = run(capsys, *words, "--least", 2)
    assert (code, out) == (2, "")
    assert "log.yaml is there already, and differs." in err


def test_the_program_says_what_is_missing(tmp_path, capsys):
    """No office, nobody who acts, no log, an unknown activity, the future: nothing is done."""
    path = written(tmp_path)
    assert run(capsys, path, tmp_path / "nowhere")[0] == 2
    office = office_in(tmp_path / "office")
    toml = office.folder / "wirflow.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('person = "clerk"\n', ""), encoding="utf-8")
    code, _, err = run(capsys, path, office.folder)
    assert (code, err.splitlines()[0]) == (2, "Who acts?")
    code, _, err = run(capsys, path, office.folder, "--as", "nobody")
    assert (code, "nobody" in err) == (2, True)
    assert run(capsys, tmp_path / "none.csv", office.folder, "--as", "clerk")[0] == 2
    for lines, word in (
        (ODD + "A,Küssen,2011-01-01T10:00:00Z,,,\n", "no event is called 'Küssen' or kuessen"),
        (ODD + "A,Prüfung (außen),9999-01-01T10:00:00Z,,,\n", "is in the future"),
    ):
        code, out, err = run(
            capsys, written(tmp_path, lines), office.folder, "--as", "clerk", "--workflow", "permit"
        )
        assert (code, out, word in err) == (2, "", True)
    assert trail(office) == []
    office.close()


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("INSERT", {}, Exception("server closed the connection")),
        DatabaseError(Text.same("server closed the connection")),
    ],
)
def test_a_database_that_breaks_off_is_no_traceback(tmp_path, capsys, monkeypatch, error):
    """If the database goes away, it ends with 3, and says that it may simply be run again."""
    office_in(tmp_path / "office").close()

    def away(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(replaying.Player, "again", away)
    code, _, err = run(capsys, written(tmp_path), tmp_path / "office", "--workflow", "permit")
    assert code == 3
    assert err.splitlines() == ["server closed the connection", replaying.AGAIN.en]
