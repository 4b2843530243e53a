"""The history of the tables: what an older wirflow wrote is lifted whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, func, select, text

from tests.support import new, open_office
from wirflow.errors import DatabaseError
from wirflow.reports.trail import Trail
from wirflow.store import trail
from wirflow.store.database import Database
from wirflow.store.indexes import metadata
from wirflow.store.migrations import upgrade
from wirflow.store.tables import VERSION

KEPT = json.loads(Path(__file__).with_name("office_0001.json").read_text(encoding="utf-8"))
"""What stood in the tables of an office when they had version 0001: six grants, some of them linked."""


@pytest.fixture
def old(database_url):
    """A database of version 0001 with an office in it."""
    database = Database(database_url)
    upgrade(database.engine, "0001")
    tables = MetaData()
    tables.reflect(database.engine)
    with database.engine.begin() as connection:
        for name, rows in KEPT.items():
            if rows:
                connection.execute(tables.tables[name].insert(), rows)
            if "id" in tables.tables[name].c and connection.dialect.name == "postgresql":
                column = tables.tables[name].c.id
                last = connection.scalar(select(func.max(column)))
                connection.execute(text(f"SELECT setval('{name}_id_seq', {last or 1})"))
    yield database
    database.close()


def test_an_older_database_is_refused_with_what_to_do(old):
    """A database of an earlier version is not touched: it is named, and the command that lifts it."""
    with pytest.raises(DatabaseError, match=f"version 0001, {VERSION} is needed") as caught:
        old.check_version()
    assert "wirflow migrate" in str(caught.value.hint)
    assert old.version() == "0001"


def test_an_older_database_is_lifted_with_all_that_is_in_it(old, tmp_path, database_url):
    """After lifting, every row is as it was, and the office goes on with the cases that it had."""
    assert old.migrate() == "0001"
    assert old.version() == VERSION
    tables = MetaData()
    tables.reflect(old.engine)
    with old.engine.connect() as connection:
        for name, rows in KEPT.items():
            columns = [tables.tables[name].c[column] for column in (rows[0] if rows else ("id",))]
            found = [
                dict(row) for row in connection.execute(select(*columns).order_by(*columns[:2])).mappings()
            ]
            assert found == rows
    assert Trail(old).rows() == []
    office = open_office(tmp_path, database_url)
    office.engine.start(new("G-7"), actor="ada")
    assert office.at("2022-01-01T00:00:00").engine.drain().failed == 0
    assert office.state("G-4") == "expired"
    with office.database.reading() as session:
        assert len(list(trail.entries_of(session))) > len(KEPT["entries"]) + 1
    office.database.close()


def test_cases_that_were_linked_are_one_cluster(old):
    """Cases linked by way of others get the smallest of their numbers; a case alone has none."""
    old.migrate()
    with old.engine.connect() as connection:
        found = dict(tuple(row) for row in connection.exec_driver_sql("SELECT key, cluster FROM cases"))
        assert connection.exec_driver_sql("SELECT count(parent_id) FROM cases").scalar() == 0
    assert found == {"G-1": None, "G-2": 2, "G-3": 2, "G-4": 2, "G-5": 5, "G-6": 5}


def test_the_migrations_make_the_tables_that_the_code_knows(database_url):
    """A fresh database has every table, column and index that the code declares, and nothing else."""
    database = Database(database_url)
    database.migrate()
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()
