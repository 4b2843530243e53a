"""How the databases find what is looked for: by indexes, whatever there is."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import grant, new, open_office, replace
from wirflow.reports.reports import Reports
from wirflow.store import timers
from wirflow.store.server import ServerSession, Wire
from wirflow.store.session import LiteSession
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import ClauseElement

    from tests.support import Office
    from wirflow.store.session import Session

PARTIAL = ("ix_timers_unsettled", "ix_outbox_lost", "ix_outbox_open", "ix_entries_unsealed")
"""Indexes that hold only what is asked for."""

LARGE = ("cases", "entries", "timers", "outbox", "personal")


@pytest.fixture
def office(tmp_path, database_url) -> Iterator[Office]:
    """An office with cases of all kinds, on SQLite and on PostgreSQL; PostgreSQL shuns scans where it can."""
    office = open_office(tmp_path, database_url)
    office.engine.start_all(
        [
            new(
                f"G-{number}",
                {
                    "amount": Decimal(1),
                    "unit": "u",
                    "holder": "X",
                    "award_ends": date(2021, 6, 1 + number % 28),
                },
                state="approved",
                links={"partner": f"G-{number - 1}"} if number % 3 == 2 else {},
            )
            for number in range(40)
        ],
        actor="ada",
    )
    office.at("2021-06-10T00:00:00").engine.drain()
    if office.database.sqlite:
        # As if there were many: of tables with forty rows SQLite rather reads all.
        counts = [
            ("cases", "sqlite_autoindex_cases_1", "1000000 1"),
            ("timers", "ix_timers_of_case", "3000000 3"),
        ]
        with office.database.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.exec_driver_sql("DELETE FROM sqlite_stat1")
            for row in counts:
                connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", row)
        office.database.close()
    yield office
    office.database.close()


def plans(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[], object], office: Office
) -> list[tuple[str, str]]:
    """Each statement that some work reads with, and how the database goes about it."""
    found: list[tuple[str, str]] = []
    database = office.database
    session, name = (LiteSession, "_execute") if database.sqlite else (ServerSession, "_send")
    ask = getattr(session, name)
    with explaining(office) as explain:

        def explained(session: Session, statement: ClauseElement, values: Any) -> None:
            sql, names, fixed = database.statements.compiled(statement)
            if sql.startswith("SELECT"):
                given = {**fixed, **(values or {})}
                found.append((sql, explain(sql, given if database.sqlite else [given[one] for one in names])))
            ask(session, statement, values)

        monkeypatch.setattr(session, name, explained)
        work()
        monkeypatch.undo()
    assert found
    return found


@contextmanager
def explaining(office: Office) -> Iterator[Callable[[str, Any], str]]:
    """Says how the database would go about a statement, on a connection of its own."""
    connection = office.database.engine.raw_connection()
    driver: Any = connection.driver_connection

    def lite(sql: str, given: Any) -> str:
        return "\n".join(str(line[-1]) for line in driver.execute(f"EXPLAIN QUERY PLAN {sql}", given))

    def server(sql: str, given: Any) -> str:
        wire.send(f"EXPLAIN {sql}", given)
        return "\n".join(str(line[0]) for line in wire.rows(wire.collect()[-1]))

    try:
        if office.database.sqlite:
            yield lite
        else:
            driver.autocommit = True
            # Its tables are so small that it would rather read them whole.
            driver.execute("SET enable_seqscan = off")
            wire = Wire(driver)
            yield server
    finally:
        connection.invalidate()


def scans(sql: str, plan: str, *, sqlite: bool) -> list[str]:
    """The large tables that a plan reads whole; a page of them may be read in the order of an index."""
    mark = "SCAN " if sqlite else "Seq Scan on "
    return [
        line
        for line in plan.splitlines()
        if mark in line
        and line.split(mark)[1].split()[0] in LARGE
        and not ("USING" in line and "LIMIT" in sql)
        and not any(name in line for name in PARTIAL)
    ]


WORKS: dict[str, Callable[[Office], object]] = {
    "submit": lambda office: office.engine.submit("G-7", "edit", actor="ada", given={"note": "x"}),
    "submit to a linked case": lambda office: office.engine.submit(
        "G-8", "edit", actor="ada", given={"note": "x"}
    ),
    "start": lambda office: office.engine.start(new("N-1", links={"partner": "G-3"}), actor="ada"),
    "drain": lambda office: office.at("2021-06-20T00:00:00").engine.drain(),
    "wake-up": lambda office: (office.engine.is_due(), office.engine.next_due()),
    "status": lambda office: reports(office).portfolio(most=20, after="G-1"),
    "status of a workflow": lambda office: reports(office).portfolio(workflow="grant", most=20, after="G-1"),
    "status in a state": lambda office: reports(office).portfolio(state="expired", most=20, after="G-1"),
    "status with deadlines": lambda office: reports(office).portfolio(due_until=date(2021, 6, 15)),
    "cases of some keys": lambda office: reports(office).of_keys(["G-1", "G-7"]),
    "one case": lambda office: (reports(office).case("G-8"), reports(office).troubles("G-8")),
    "due": lambda office: reports(office).due(date(2021, 6, 15)),
    "one case as of a day": lambda office: reports(office).case("G-7", as_of=date(2021, 6, 5)),
    "notices": lambda office: reports(office).notices(newest=20, before=30),
    "notices of a case": lambda office: reports(office).notices("G-7", newest=20),
    "notices given up": lambda office: reports(office).notices(states=["dead"], newest=20),
    "notices lost": lambda office: reports(office).notices(states=["dead", "unknown"], newest=20),
    "notices waiting": lambda office: reports(office).notices(states=["pending"], newest=20),
    "failed": lambda office: (reports(office).failed(), reports(office).failed_cases(5)),
    "backlog": lambda office: office.engine.backlog(),
}


def reports(office: Office) -> Reports:
    """What people look at."""
    return Reports(office.database, zone="Europe/Berlin", people={})


@pytest.mark.parametrize("work", WORKS)
def test_no_large_table_is_read_whole(office, monkeypatch, work):
    """What is asked all the time is found by indexes: no table that grows is read whole."""
    for sql, plan in plans(monkeypatch, lambda: WORKS[work](office), office):
        assert scans(sql, plan, sqlite=office.database.sqlite) == [], (sql, plan)


@pytest.mark.parametrize("statement", [timers._SETTLE, timers._MISS, timers._END, timers._GIVE_UP])
def test_a_timer_that_changes_is_found_by_an_index(office, statement):
    """Also one that fired long ago: neither what is open nor what ever fired is read to find it."""
    words = office.database.statements
    row = dict.fromkeys(statement.keys(), "1") | dict.fromkeys(("by_case_id", "by_id"), 1)
    values = [row[name] for name in statement.keys()]  # noqa: SIM118 - not a mapping
    with explaining(office) as explain:
        if office.database.sqlite:
            sql = words.one(statement, "?")
            plan = explain(sql, values)
        else:
            sql = words.many(statement)
            plan = explain(words.one(statement, "$"), values)
            assert scans(sql, plan, sqlite=False) == [], plan
            plan = explain(sql, [json.dumps([row])])
    assert scans(sql, plan, sqlite=office.database.sqlite) == [], plan
    assert {timers._SETTLE: "ix_timers_unsettled", timers._MISS: "ix_timers_passed"}.get(
        statement, ""
    ) in plan


PAGES: dict[str, tuple[dict[str, str], str]] = {
    "all": ({}, "cases_key or sqlite_autoindex_cases_1"),
    "of a workflow": ({"workflow": "grant"}, "ix_cases_workflow_key"),
    "in a state": ({"state": "expired"}, "ix_cases_workflow_state_key"),
    "of a workflow in a state": ({"workflow": "grant", "state": "expired"}, "ix_cases_workflow_state_key"),
}
"""What a page is sifted by, and the index that has those cases in the order of their keys."""


@pytest.mark.parametrize("after", [None, "G-20"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_read_in_the_order_of_an_index(office, monkeypatch, page, after):
    """The first page and those after it read the keys that they show, and sort none of the others."""
    sifted, indexes = PAGES[page]
    if not office.database.sqlite:
        with office.database.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE cases")
    found = plans(monkeypatch, lambda: reports(office).portfolio(**sifted, most=5, after=after), office)
    ((sql, plan),) = [pair for pair in found if "LIMIT" in pair[0] and "definitions" not in pair[0]]
    (line,) = [line for line in plan.splitlines() if "cases" in line]
    assert any(index in line for index in indexes.split(" or ")), plan
    # Of several workflows each gives one page, and only these few are put in order together.
    assert sql.count("LIMIT") == (2 if page == "in a state" else 1)
    assert page == "in a state" or not ("Sort" in plan or "TEMP B-TREE" in plan)


def test_a_page_of_a_state_has_the_cases_of_all_workflows(tmp_path, database_url):
    """Where several workflows have a state of one name, their cases come in one order, page by page."""
    office = open_office(tmp_path, database_url)
    office.engine.register([replace(grant(), name="loan", title=Text.same("Loan"))])
    rows = [replace(new(f"C-{number}"), workflow=("grant", "loan")[number % 2]) for number in range(9)]
    office.engine.start_all(rows, actor="ada")
    office.engine.submit("C-4", "submit", actor="ada")
    pages = [reports(office).portfolio(state="draft", most=3, after=after) for after in (None, "C-2", "C-6")]
    assert [[view.case.key for view in page] for page in pages] == [
        ["C-0", "C-1", "C-2"],
        ["C-3", "C-5", "C-6"],
        ["C-7", "C-8"],
    ]
    assert {view.workflow.name for page in pages for view in page} == {"grant", "loan"}
    office.database.close()


@pytest.mark.parametrize("page", PAGES)
def test_cases_are_shown_page_by_page(office, page):
    """Pages follow one another in the order of the keys, and together they are all cases."""
    sifted, _ = PAGES[page]
    seen: list[str] = []
    after = None
    while views := reports(office).portfolio(**sifted, most=5, after=after):
        assert len(views) <= 5
        seen += [view.case.key for view in views]
        after = seen[-1]
    assert seen == [view.case.key for view in reports(office).portfolio(**sifted)]
    assert len(seen) == (18 if "state" in page else 40)


READS: dict[str, Callable[[Office], object]] = {
    **{name: work for name, work in WORKS.items() if name.startswith(("status", "due", "one", "notices"))},
    "backlog": WORKS["backlog"],
    "failed": WORKS["failed"],
}


@pytest.mark.parametrize("work", READS)
def test_closed_cases_and_what_they_went_through_cost_nothing(tmp_path, monkeypatch, work):
    """With a thousand closed cases more, whose deadlines were all missed once, SQLite does the same work."""
    office = open_office(tmp_path)
    award = {"amount": Decimal(1), "unit": "u", "award_ends": date(2021, 6, 30)}
    pair = [new("G-7", award, state="approved"), new("G-8", award, state="approved")]
    closed = new("A-0", award, state="approved")
    office.engine.start_all([*pair, closed], actor="ada")
    office.at("2022-01-10T00:00:00").engine.drain()
    later = {"decided_on": date(2021, 6, 1), "award_ends": date(2022, 6, 30)}
    office.engine.submit("A-0", "extend", actor="leo", given=later)
    office.engine.start(
        new("A-1", {**award, **later}, state="submitted", links={"partner": "A-0"}), actor="ada"
    )
    office.engine.submit("A-1", "approve", actor="leo", given=later)
    assert office.state("A-0") == "superseded"
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'sent'")
        connection.exec_driver_sql("UPDATE entries SET leaf = rowid")
    few = steps(office, monkeypatch, READS[work])
    multiply(office, "A-0", 1000)
    assert steps(office, monkeypatch, READS[work]) <= 1.2 * few
    office.database.close()


def steps(office: Office, monkeypatch: pytest.MonkeyPatch, work: Callable[[Office], object]) -> int:
    """How many steps SQLite's machine takes for some work."""
    taken = 0
    execute = LiteSession._execute

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    def counted(session: LiteSession, statement: ClauseElement, values: Any) -> None:
        session._driver.set_progress_handler(step, 1)
        execute(session, statement, values)

    office.database.close()
    monkeypatch.setattr(LiteSession, "_execute", counted)
    work(office)
    monkeypatch.undo()
    office.database.close()
    return taken


def multiply(office: Office, key: str, times: int) -> None:
    """Copies of a case with all its rows, past the engine."""
    number, last = office.rows(f"SELECT c.id, max(o.id) FROM cases c, cases o WHERE c.key = '{key}'")[0]
    many = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times})"
    other = {"id": f"{last} + i", "key": f"'{key}-' || i", "cluster": "NULL"}
    with office.database.engine.begin() as connection:
        for table in ("cases", "entries", "timers", "outbox"):
            columns = [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")]
            if table != "cases":
                columns = [name for name in columns if name != "id"]
                other = {"case_id": f"{last} + i", "leaf": "NULL"}
                if table == "entries":
                    other["leaf"] = f"1000000 * {number} + 1000 * i + m.seq"
            chosen = ", ".join(other.get(name, f"m.{name}") for name in columns)
            whose = "id" if table == "cases" else "case_id"
            connection.exec_driver_sql(
                f"{many} INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM n, {table} m"
                f" WHERE m.{whose} = {number}"
            )
