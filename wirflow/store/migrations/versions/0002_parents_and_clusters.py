"""Parents and clusters: which case started another one, and which cases have to keep one order.

Cases that are linked, directly or by way of others, are one cluster; it is
called by the smallest of their numbers.  A case alone has none.

And indexes for the notices that were given up, whose number monitoring asks for all the time,
and for the timers of a case that failed or were refused, which its page shows.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PARENT = "parent_id IS NOT NULL"
_CLUSTER = "cluster IS NOT NULL"
_LOST = "state IN ('unknown', 'dead')"
_TROUBLED = "status IN ('failed', 'refused')"


def upgrade() -> None:
    """Lift."""
    # SQLite adds a column that refers to another one only in these words; PostgreSQL knows them, too.
    op.execute(
        "ALTER TABLE cases ADD COLUMN parent_id INTEGER"
        " CONSTRAINT fk_cases_parent_id_cases REFERENCES cases (id)"
    )
    op.execute("ALTER TABLE cases ADD COLUMN cluster INTEGER")
    _join()
    op.create_index(
        "ix_cases_parent_id",
        "cases",
        ["parent_id"],
        sqlite_where=sa.text(_PARENT),
        postgresql_where=sa.text(_PARENT),
    )
    op.create_index(
        "ix_cases_cluster",
        "cases",
        ["cluster"],
        sqlite_where=sa.text(_CLUSTER),
        postgresql_where=sa.text(_CLUSTER),
    )
    op.create_index(
        "ix_outbox_lost",
        "outbox",
        ["state"],
        sqlite_where=sa.text(_LOST),
        postgresql_where=sa.text(_LOST),
    )

    op.create_index(
        "ix_timers_troubled",
        "timers",
        ["case_id"],
        sqlite_where=sa.text(_TROUBLED),
        postgresql_where=sa.text(_TROUBLED),
    )


def _join() -> None:
    """Give the cases that are linked already their clusters."""
    cases = sa.table("cases", sa.column("id"), sa.column("key"), sa.column("links"), sa.column("cluster"))
    connection = op.get_bind()
    numbers: dict[str, int] = {}
    linked: dict[int, list[str]] = {}
    for number, key, links in connection.execute(sa.select(cases.c.id, cases.c.key, cases.c.links)):
        numbers[key] = number
        if links != "{}":
            linked[number] = list(json.loads(links).values())
    first: dict[int, int] = {}

    def root(number: int) -> int:
        while (above := first.get(number, number)) != number:
            first[number] = first.get(above, above)
            number = above
        return number

    for number, keys in linked.items():
        for other_number in (numbers[key] for key in keys if key in numbers):
            one, other = sorted((root(number), root(other_number)))
            first.setdefault(one, one)
            first[other] = one
    rows = [{"number": number, "smallest": root(number)} for number in first]
    if rows:
        connection.execute(
            sa.update(cases)
            .where(cases.c.id == sa.bindparam("number"))
            .values(cluster=sa.bindparam("smallest")),
            rows,
        )


def downgrade() -> None:
    """Lower."""
    op.drop_index("ix_timers_troubled", "timers")
    op.drop_index("ix_outbox_lost", "outbox")
    op.drop_index("ix_cases_cluster", "cases")
    op.drop_index("ix_cases_parent_id", "cases")
    op.drop_column("cases", "cluster")
    op.drop_column("cases", "parent_id")
