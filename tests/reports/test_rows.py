"""Whatever is changed beside the trail is found, column by column; what cannot be is named."""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from tests.support import PEOPLE, grant, new, open_office, replace
from wirflow.audit.bundle import write_bundle
from wirflow.audit.note import SecretKey
from wirflow.audit.verify import verify_bundle
from wirflow.core.decision import Refusal
from wirflow.definition.model import Escalation, Notice, Requirement
from wirflow.definition.version_map import VersionMap
from wirflow.engine import Engine
from wirflow.engine.migrating import Migrator
from wirflow.reports.trail import Trail
from wirflow.store import outbox
from wirflow.store.session import LiteSession, Session
from wirflow.store.tables import metadata
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Office
    from wirflow.audit.finding import Finding
    from wirflow.definition.model import Workflow

KEY = SecretKey("office.example/trail", bytes(range(32)))
ADDRESSES = {name: person.email for name, person in PEOPLE.items()}

AWARD = {"decided_on": date(2021, 1, 4), "award_ends": date(2021, 12, 31)}

UNVOUCHED = {
    ("timers", "error"): "what went wrong with a timer that failed",
    ("timers", "status"): "whether a reminder or deadline that was dealt with is merged or armed anew",
    ("outbox", "address"): "where a notice went that is sent or given up",
    ("outbox", "lang"): "whether its language is German or English",
    ("outbox", "state"): "how a failed delivery goes on",
    ("outbox", "attempts"): "how often it was tried",
    ("outbox", "fence"): "how often it was claimed",
    ("outbox", "next_at"): "when it has its turn",
    ("outbox", "sent_at"): "when it was sent",
    ("outbox", "error"): "what went wrong with it",
    ("definitions", "recorded_at"): "when a version became the newest",
    ("cases", "cluster"): "which cases a worker takes together",
}
"""Columns of which a change can go unseen, because no entry tells of them; the audit page says why."""


def workflow() -> Workflow:
    """The grant, whose proof of use is escalated unless somebody edited the case."""
    flow = grant()
    escalation = Escalation(after="P5D", notice=Notice(template="ending", to=("lead",)), unless=("edit",))
    expire = replace(
        flow.transitions[3],
        requires=(Requirement(when="unit != 'stay'", otherwise=Text("Sie bleibt.", "It stays.")),),
    )
    transitions = (*flow.transitions[:3], expire, *flow.transitions[4:])
    return replace(
        flow,
        transitions=transitions,
        deadlines=(flow.deadlines[0], replace(flow.deadlines[1], escalate=escalation)),
    )


@pytest.fixture(scope="module")
def lived(tmp_path_factory) -> Iterator[Office]:
    """An office in which everything has happened once, at the end of 2022."""
    office = open_office(tmp_path_factory.mktemp("lived"), workflow=workflow())
    engine = office.engine
    note = Text("Aus der Vorlage.", "From the paper.")
    pair = [new("G-1", links={"partner": "G-2"}, note=note), new("G-2", links={"partner": "G-1"})]
    assert isinstance(engine.start_all(pair, actor="ada"), list)
    engine.start(new("G-3"), actor="duo")
    for key in ("G-1", "G-2", "G-3"):
        assert not isinstance(engine.submit(key, "submit", actor="ada"), Refusal)
        engine.submit(key, "edit", actor="duo", given={"holder": f"Holder of {key}", "note": "new"})
    engine.submit("G-1", "approve", actor="leo", given=AWARD)
    office.at("2021-06-01T08:00:00").engine.submit("G-2", "approve", actor="leo", given=AWARD)
    engine.submit("G-2", "edit", actor="ada", given={"award_ends": date(2022, 3, 31)})
    engine.submit("G-3", "approve", actor="leo", given=AWARD)
    engine.submit("G-3", "edit", actor="ada", given={"unit": "stay"})
    fail_a_timer(office)
    deliver(office)
    office.at("2022-01-15T08:00:00").engine.drain()
    engine.seal(KEY)
    office.at("2022-08-15T08:00:00").engine.drain()
    with office.database.writing() as session:
        session.run(text("UPDATE personal SET value = NULL, salt = NULL WHERE seq = 3 AND case_id = 1"))
    later = replace(
        workflow(),
        title=Text("Neu", "New"),
        fields=tuple(item for item in workflow().fields if item.name != "holder"),
        transitions=tuple(
            replace(item, input=tuple(taken for taken in item.input if taken.field != "holder"))
            for item in workflow().transitions
        ),
    )
    engine.register([later])
    door = Migrator(office.database, office.clock, engine.profile, engine._templates)
    names = {"grant": VersionMap(workflow="grant", fields={"holder": None})}
    moves = list(door.apply(["G-2"], names, actor="leo"))
    assert moves[0].obstacles == ()
    office.at("2022-08-16T08:00:00")
    pass_on(office)
    engine.seal(KEY)
    engine.submit("G-3", "edit", actor="ada", given={"note": "last"})
    yield office
    office.database.close()


def deliver(office: Office) -> None:
    """Let one notice be sent, one fail for now, one be given up, one be in doubt, one be on its way."""
    engine, now = office.engine, office.clock.now()
    endings: list[Any] = [
        ("sent", None),
        ("pending", "Full."),
        ("dead", "No such address."),
        ("unknown", "Broke off."),
        (None, None),
    ]
    for ending, error in endings:
        for notice in engine.claim_notices(1, now + timedelta(minutes=5)):
            if ending:
                engine.settle_notice(notice, ending, again=now + timedelta(days=900), error=error)


def pass_on(office: Office) -> None:
    """Let two notices find no reader, and one of them be passed on when somebody has the role."""
    engine = office.engine
    profile = replace(engine.profile, people={"leo": PEOPLE["leo"]})
    vacant = Engine(office.database, office.clock, profile, engine._templates)
    for key in ("G-4", "G-5"):
        data = {"amount": Decimal(1), "unit": "330222", "award_ends": date(2022, 9, 1)}
        vacant.start(new(key, data, state="approved"), actor="leo")
    vacant.drain()
    with office.database.reading() as session:
        dead = [item for item in outbox.notices(session) if item.channel == "none"]
    assert [item.case for item in dead] == ["G-4", "G-5"]
    assert engine.retry_notice(dead[0])


def fail_a_timer(office: Office) -> None:
    """Let a reminder of the third case fail once."""
    with office.database.writing() as session:
        session.run(
            text(
                "UPDATE timers SET status = 'failed', error = 'Broken template.' WHERE id ="
                " (SELECT min(t.id) FROM timers t JOIN cases c ON c.id = t.case_id"
                " WHERE c.key = 'G-3' AND t.kind = 'escalation')"
            )
        )


class Spoiler:
    """The tables of a lived office, past every guard: each change is looked at and undone."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.connection = sqlite3.connect(office.database.url.database, isolation_level=None)
        self.connection.execute("PRAGMA foreign_keys = OFF")
        self.cursor = self.connection.cursor()
        self.session = LiteSession(office.database.statements, self.connection, begin=None)
        self.now = office.clock.now()
        self.path = folder / "trail.zip"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """What a trail reads by: the change, which is not committed."""
        yield self.session

    def findings(self, table: str) -> list[Finding]:
        """What verification finds now; of the log only where it can have changed."""
        trail: Any = Trail(self)
        found = trail.rows(now=self.now, addresses=ADDRESSES)
        if table in {"entries", "checkpoints", "definitions"} and not found:
            with self.path.open("wb") as out:
                write_bundle(
                    out,
                    records=trail.records(),
                    checkpoints=trail.checkpoints(),
                    key=KEY.public,
                    definitions=trail.definitions(),
                    at=self.now,
                )
            found += verify_bundle(self.path, trusted_key=str(KEY.public)).findings
        return found

    def columns(self, table: str) -> list[str]:
        """The columns of a table."""
        return [row[1] for row in self.cursor.execute(f"PRAGMA table_info({table})")]

    def rows(self, table: str, kind: str, most: int) -> list[int]:
        """Some rows of each kind of a table, by SQLite's own numbers."""
        rows = self.cursor.execute(f"SELECT {kind}, rowid FROM {table} ORDER BY rowid DESC").fetchall()
        kinds: dict[Any, list[int]] = {}
        for sort, number in rows:
            kinds.setdefault(sort, []).append(number)
        return [number for numbers in kinds.values() for number in numbers[:most]]

    def seen(self, table: str, sql: str, values: tuple[Any, ...]) -> bool:
        """Whether a change is found; what the database refuses need not be."""
        self.cursor.execute("BEGIN")
        try:
            self.cursor.execute(sql, values)
            return bool(self.findings(table))
        except sqlite3.IntegrityError:
            return True
        finally:
            self.cursor.execute("ROLLBACK")


@pytest.fixture(scope="module")
def spoiler(lived, tmp_path_factory) -> Iterator[Spoiler]:
    """That office, to be spoilt."""
    spoiler = Spoiler(lived, tmp_path_factory.mktemp("spoilt"))
    yield spoiler
    spoiler.connection.close()


KINDS = {
    "definitions": "hash",
    "cases": "key",
    "entries": "kind",
    "timers": "kind || status",
    "outbox": "state || channel",
    "personal": "value IS NULL",
    "checkpoints": "size",
}


def others(value: Any, found: list[Any]) -> list[Any]:
    """What somebody might put in place of a value; among it what stands in other rows."""
    made: list[Any] = [None, "x", b"\xff\xfe", 7, *list(dict.fromkeys(found))[:8]]
    if isinstance(value, int):
        made += [value + 1, 1.5]
    if isinstance(value, str) and value:
        made += [value + " ", "Y" + value[1:], value[:-1], value.replace("20", "21", 1)]
    return [other for other in made if not same(value, other)]


def same(value: Any, other: Any) -> bool:
    """Whether two values say the same: JSON does so also with a blank more."""
    if type(value) is not type(other):
        return False
    try:
        return value == other or (value[:1] in '{["' and json.loads(value) == json.loads(other))
    except (TypeError, ValueError):
        return False


def unseen(spoiler: Spoiler, table: str, column: str, most: int = 1) -> list[tuple[int, Any, Any]]:
    """The changes of a column that nothing finds: row, before, after."""
    found = []
    there = [row[0] for row in spoiler.cursor.execute(f"SELECT {column} FROM {table}")]
    for number in spoiler.rows(table, KINDS[table], most):
        sql = f"SELECT {column} FROM {table} WHERE rowid = ?"
        (value,) = spoiler.cursor.execute(sql, (number,)).fetchone()
        for other in others(value, there):
            change = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
            if not spoiler.seen(table, change, (other, number)):
                found.append((number, value, other))
    return found


CELLS = [
    (table, column.name)
    for table in KINDS
    for column in metadata.tables[table].columns
    if column.name != "id" and (table, column.name) not in UNVOUCHED
]


def test_a_sound_office_has_no_findings(spoiler):
    """All that happened there, however it ended, agrees with its trail."""
    assert spoiler.findings("entries") == []
    for table, sort in (("timers", "status"), ("outbox", "state")):
        sorts = {row[0] for row in spoiler.cursor.execute(f"SELECT {sort} FROM {table}")}
        assert (
            sorts
            >= {
                "timers": {"armed", "fired", "overdue", "merged", "cancelled", "refused", "failed"},
                "outbox": {"pending", "sending", "sent", "unknown", "dead"},
            }[table]
        )


@pytest.mark.parametrize(("table", "column"), CELLS)
def test_a_changed_column_is_found(spoiler, table, column):
    """Whatever stands in it instead: nothing, something else, another row's, or what is no text."""
    assert unseen(spoiler, table, column) == []


@pytest.mark.parametrize(("table", "column"), sorted(UNVOUCHED))
def test_only_what_the_page_names_can_go_unseen(spoiler, table, column):
    """Each exception is one, and no rubbish goes unseen in it; the page says why there is one."""
    found = unseen(spoiler, table, column)
    assert found
    assert not [other for _, _, other in found if isinstance(other, (bytes, float))]
    page = Path("docs/reference/audit.md").read_text(encoding="utf-8")
    assert f"| `{table}.{column}` |" in page


@pytest.mark.parametrize(("one", "other"), [("overdue", "fired"), ("fired", "overdue")])
def test_whether_a_deadline_is_overdue_is_vouched_for(spoiler, one, other):
    """None can be hidden from the list of what is overdue, and none put into it."""
    query = "SELECT id FROM timers WHERE status = ? AND kind = 'due'"
    numbers = [number for (number,) in spoiler.cursor.execute(query, (one,))]
    assert numbers
    for number in numbers:
        assert spoiler.seen("timers", "UPDATE timers SET status = ? WHERE id = ?", (other, number))


@pytest.mark.parametrize("table", KINDS)
def test_a_row_that_is_gone_or_there_twice_is_found(spoiler, table):
    """Of every table; but of checkpoints only the last carries the others."""
    columns = spoiler.columns(table)
    names = ", ".join(columns)
    unfound = []
    for number in spoiler.rows(table, KINDS[table], 1):
        if table == "checkpoints" and number == 1:
            continue
        if not spoiler.seen(table, f"DELETE FROM {table} WHERE rowid = ?", (number,)):
            unfound.append(("gone", number))
        fresh = [{"id": "9999", "seq": "seq + 9999", "key": "key || 'x'"}.get(name, name) for name in columns]
        if table == "definitions":
            continue  # no entry tells of a version that no case has pinned
        twice = f"INSERT INTO {table} ({names}) SELECT {', '.join(fresh)} FROM {table} WHERE rowid = ?"
        if not spoiler.seen(table, twice, (number,)):
            unfound.append(("twice", number))
    assert unfound == []
