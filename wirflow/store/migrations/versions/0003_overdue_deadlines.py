"""Deadlines that are over and still stand get a status of their own, and cases indexes in key order.

Up to now whoever asked what is overdue read every deadline that had ever passed
without an event.  One index takes the place of two: it holds whatever somebody has
to look at, and nothing that is armed and fires ever enters it.

Only entries that are sealed stand in the index of leaf numbers: one index less for each new
entry, and SQLite no longer takes it for a short way to all that are not sealed.

Which deadlines still stand is asked of the code that the engine asks, so that verifying
the office afterwards finds nothing; a test lifts an office and verifies it.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

from wirflow.clock import unstamp
from wirflow.core.case import Case, Done
from wirflow.core.overdue import standing
from wirflow.definition import values
from wirflow.definition.model import Workflow

if TYPE_CHECKING:
    from collections.abc import Iterator

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UNSETTLED = "status IN ('failed', 'overdue', 'refused')"
_PASSED = "status = 'fired' AND kind = 'due' AND event IS NULL"
_FAILED = "status = 'failed'"
_TROUBLED = "status IN ('failed', 'refused')"
_SEALED = "leaf IS NOT NULL"
_LOST = "state IN ('unknown', 'dead')"

_CASES = sa.text(
    "SELECT id, key, workflow, definition_id, state, since, data, done FROM cases"  # noqa: S608 - our own words
    f" WHERE id IN (SELECT case_id FROM timers WHERE {_PASSED}) ORDER BY id"
)
_RUNNING = sa.text(
    "SELECT name, due, due_at FROM timers WHERE case_id = :case_id AND status = 'armed' AND kind = 'due'"
)
_SET_ASIDE = sa.text(
    "SELECT case_id, name, due, due_at FROM timers WHERE status = 'failed' AND kind = 'due' ORDER BY case_id"
)
_OVERDUE = sa.text(
    "UPDATE timers SET status = 'overdue'"  # noqa: S608 - our own words
    f" WHERE case_id = :case_id AND name = :name AND due = :due AND {_PASSED}"
)


def upgrade() -> None:
    """Lift."""
    _passed("ix_timers_passed", ["case_id", "due"])
    op.drop_index("ix_timers_failed", "timers")
    op.drop_index("ix_timers_troubled", "timers")
    _partial("ix_timers_unsettled", "timers", ["status", "case_id"], _UNSETTLED)
    op.drop_index("ix_outbox_lost", "outbox")
    _partial("ix_outbox_lost", "outbox", ["state", "id"], _LOST)
    op.drop_index("ix_cases_final_workflow_state_key", "cases")
    op.create_index("ix_cases_workflow_state_key", "cases", ["workflow", "state", "key"])
    op.create_index("ix_cases_workflow_key", "cases", ["workflow", "key"])
    with op.batch_alter_table("entries") as entries:
        entries.drop_constraint("uq_entries_leaf", type_="unique")
    where = sa.text(_SEALED)
    op.create_index(
        "ix_entries_leaf", "entries", ["leaf"], unique=True, sqlite_where=where, postgresql_where=where
    )
    connection = op.get_bind()
    found = list(_standing(connection))
    if found:
        connection.execute(_OVERDUE, found)


def _standing(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """The deadlines that are overdue, as the trail of their cases would say."""
    forms = sa.table("definitions", sa.column("id"), sa.column("form"))
    workflows = {
        number: Workflow.from_form(form)
        for number, form in connection.execute(sa.select(forms.c.id, forms.c.form))
    }
    set_aside: dict[int, list[Any]] = {}
    for case_id, *row in connection.execute(_SET_ASIDE):
        set_aside.setdefault(case_id, []).append(row)
    for case_id, key, name, definition_id, state, since, data, done in connection.execute(_CASES).fetchall():
        workflow = workflows[definition_id]
        if not workflow.lasting:
            continue
        case = Case(
            key=key,
            workflow=name,
            state=state,
            since=unstamp(since),
            data=values.load(workflow.field_types, json.loads(data)),
            done={
                deadline: Done(due=date.fromisoformat(due), until=unstamp(until))
                for deadline, (due, until) in json.loads(done).items()
            },
        )
        running = [*connection.execute(_RUNNING, {"case_id": case_id}), *set_aside.get(case_id, ())]
        for deadline, due in standing(workflow, case, list(_again(running))).items():
            yield {"case_id": case_id, "name": deadline, "due": due.isoformat()}


def _again(running: list[Any]) -> Iterator[tuple[str, date, datetime]]:
    for name, due, due_at in running:
        yield name, date.fromisoformat(due), unstamp(due_at)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _passed(name: str, columns: list[str]) -> None:
    op.drop_index(name, "timers")
    _partial(name, "timers", columns, _PASSED)


def downgrade() -> None:
    """Lower."""
    op.execute("UPDATE timers SET status = 'fired' WHERE status = 'overdue'")
    op.drop_index("ix_entries_leaf", "entries")
    with op.batch_alter_table("entries") as entries:
        entries.create_unique_constraint("uq_entries_leaf", ["leaf"])
    op.drop_index("ix_cases_workflow_key", "cases")
    op.drop_index("ix_cases_workflow_state_key", "cases")
    op.create_index("ix_cases_final_workflow_state_key", "cases", ["final", "workflow", "state", "key"])
    op.drop_index("ix_outbox_lost", "outbox")
    _partial("ix_outbox_lost", "outbox", ["state"], _LOST)
    op.drop_index("ix_timers_unsettled", "timers")
    _partial("ix_timers_troubled", "timers", ["case_id"], _TROUBLED)
    _partial("ix_timers_failed", "timers", ["id"], _FAILED)
    _passed("ix_timers_passed", ["case_id"])
