"""How the databases find what is looked for: by indexes, whatever there is."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import new, open_office
from wirflow.reports.reports import Reports
from wirflow.store.server import ServerSession, Wire
from wirflow.store.session import LiteSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import ClauseElement

    from tests.support import Office
    from wirflow.store.session import Session

PARTIAL = ("ix_timers_passed", "ix_timers_failed", "ix_outbox_lost", "ix_outbox_open", "ix_entries_unsealed")
"""Indexes that hold only what is asked for; `due` looks at all deadlines that are over, met or not."""

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
    "one case": lambda office: (reports(office).case("G-8"), reports(office).troubles("G-8")),
    "due": lambda office: reports(office).due(date(2021, 6, 15)),
    "failed": lambda office: reports(office).failed(),
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


def test_cases_are_shown_page_by_page(office):
    """Pages follow one another in the order of the keys, and together they are all cases."""
    seen: list[str] = []
    after = None
    while page := reports(office).portfolio(most=15, after=after):
        assert len(page) <= 15
        seen += [view.case.key for view in page]
        after = seen[-1]
    assert seen == [view.case.key for view in reports(office).portfolio()]
    assert len(seen) == 40
