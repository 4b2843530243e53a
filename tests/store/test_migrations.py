"""The history of the tables: what an older wirflow wrote is lifted whole."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, func, select, text

from tests.support import new, open_office
from wirflow.errors import DatabaseError
from wirflow.reports import Reports
from wirflow.reports.trail import Trail
from wirflow.store import trail
from wirflow.store.database import Database
from wirflow.store.indexes import metadata
from wirflow.store.migrations import upgrade
from wirflow.store.tables import VERSION

KEPT = {
    version: json.loads(Path(__file__).with_name(f"office_{version}.json").read_text(encoding="utf-8"))
    for version in ("0001", "0002")
}
"""What stood in the tables of an office when they had that version.

0001: six grants, some of them linked.  0002: six grants that were past their deadlines in every
way, one timer that failed, one notice that was given up, and a sealed trail.
"""


def filled(url: str, version: str) -> Database:
    """A database of a version with an office in it."""
    database = Database(url)
    upgrade(database.engine, version)
    tables = MetaData()
    tables.reflect(database.engine)
    with database.engine.begin() as connection:
        for name, rows in KEPT[version].items():
            if rows:
                connection.execute(tables.tables[name].insert(), rows)
            if "id" in tables.tables[name].c and connection.dialect.name == "postgresql":
                column = tables.tables[name].c.id
                last = connection.scalar(select(func.max(column)))
                connection.execute(text(f"SELECT setval('{name}_id_seq', {last or 1})"))
    return database


@pytest.fixture(params=sorted(KEPT))
def old(request, database_url):
    """A database of an older version with an office in it, and that version."""
    database = filled(database_url, request.param)
    yield database, request.param
    database.close()


def test_an_older_database_is_refused_with_what_to_do(old):
    """A database of an earlier version is not touched: it is named, and the command that lifts it."""
    database, version = old
    with pytest.raises(DatabaseError, match=f"version {version}, {VERSION} is needed") as caught:
        database.check_version()
    assert "wirflow migrate" in str(caught.value.hint)
    assert database.version() == version


def test_an_older_database_is_lifted_with_all_that_is_in_it(old, tmp_path, database_url):
    """After lifting, every row is as it was but for what is overdue, and the office goes on and verifies."""
    database, version = old
    kept = KEPT[version]
    assert database.migrate() == version
    assert database.version() == VERSION
    tables = MetaData()
    tables.reflect(database.engine)
    with database.engine.connect() as connection:
        for name, rows in kept.items():
            columns = [tables.tables[name].c[column] for column in (rows[0] if rows else ("id",))]
            query = select(*columns).order_by(*columns[:2])
            found = [dict(row) for row in connection.execute(query).mappings()]
            for row in found:
                if row.get("status") == "overdue":
                    row["status"] = "fired"
            assert found == rows
    assert Trail(database).rows() == []
    office = open_office(tmp_path, database_url)
    office.engine.start(new("G-9"), actor="ada")
    assert office.at("2024-01-01T00:00:00").engine.drain().failed == 0
    assert office.state("G-4") == "expired"
    assert Trail(office.database).rows() == []
    with office.database.reading() as session:
        assert len(list(trail.entries_of(session))) > len(kept["entries"]) + 1
    office.database.close()


def test_what_is_overdue_is_found_when_a_database_is_lifted(database_url):
    """Deadlines that still stand become overdue; not those of cases that moved on, nor what was met since."""
    database = filled(database_url, "0002")
    database.migrate()
    with database.engine.connect() as connection:
        query = (
            "SELECT c.key, t.name FROM timers t JOIN cases c ON c.id = t.case_id WHERE t.status = 'overdue'"
            " ORDER BY c.key, t.name"
        )
        found = [tuple(row) for row in connection.exec_driver_sql(query)]
    # G-2 was prolonged, G-3 prolonged and superseded; G-5 has reported since, which its condition says.
    assert found == [("G-1", "proof"), ("G-1", "report"), ("G-5", "proof")]
    office = Reports(database, zone="Europe/Berlin", people={})
    due = [(item.case, item.name) for item in office.due(date(2022, 7, 31)) if item.overdue]
    assert sorted(due) == found
    database.close()


def test_cases_that_were_linked_are_one_cluster(database_url):
    """Cases linked by way of others get the smallest of their numbers; a case alone has none."""
    database = filled(database_url, "0001")
    database.migrate()
    with database.engine.connect() as connection:
        found = dict(tuple(row) for row in connection.exec_driver_sql("SELECT key, cluster FROM cases"))
        assert connection.exec_driver_sql("SELECT count(parent_id) FROM cases").scalar() == 0
    assert found == {"G-1": None, "G-2": 2, "G-3": 2, "G-4": 2, "G-5": 5, "G-6": 5}
    database.close()


def test_the_migrations_make_the_tables_that_the_code_knows(database_url):
    """A fresh database has every table, column and index that the code declares, and nothing else."""
    database = Database(database_url)
    database.migrate()
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()
