"""Indexes over part of a table: what is armed, overdue or failed, open, linked, or not sealed.

Only the migrations need them, to compare the tables with a database.
"""

from __future__ import annotations

from sqlalchemy import Index, text

from wirflow.store.tables import cases, entries, metadata, outbox, timers

__all__ = ["metadata"]

_UNSEALED = text("leaf IS NULL")
_SEALED = text("leaf IS NOT NULL")
_ARMED = text("status = 'armed'")
_UNSETTLED = text("status IN ('failed', 'overdue', 'refused')")
_PASSED = text("status = 'fired' AND kind = 'due' AND event IS NULL")
_OPEN = text("state IN ('pending', 'sending')")
_STARTED = text("parent_id IS NOT NULL")
_TOGETHER = text("cluster IS NOT NULL")

Index("ix_cases_parent_id", cases.c.parent_id, sqlite_where=_STARTED, postgresql_where=_STARTED)
Index("ix_cases_cluster", cases.c.cluster, sqlite_where=_TOGETHER, postgresql_where=_TOGETHER)
_LOST = text("state IN ('unknown', 'dead')")

Index(
    "ix_entries_unsealed",
    entries.c.recorded_at,
    entries.c.case_id,
    entries.c.seq,
    sqlite_where=_UNSEALED,
    postgresql_where=_UNSEALED,
)
# Without its condition SQLite would take it for a short way to what is not sealed, and sort all of that.
Index("ix_entries_leaf", entries.c.leaf, unique=True, sqlite_where=_SEALED, postgresql_where=_SEALED)
Index("ix_timers_armed", timers.c.due_at, timers.c.id, sqlite_where=_ARMED, postgresql_where=_ARMED)
Index("ix_timers_of_case", timers.c.case_id, sqlite_where=_ARMED, postgresql_where=_ARMED)
# One index for all that somebody has to look at: whatever is armed and fires is in none but the first two.
Index(
    "ix_timers_unsettled",
    timers.c.status,
    timers.c.case_id,
    sqlite_where=_UNSETTLED,
    postgresql_where=_UNSETTLED,
)
Index("ix_timers_passed", timers.c.case_id, timers.c.due, sqlite_where=_PASSED, postgresql_where=_PASSED)
Index("ix_outbox_open", outbox.c.next_at, outbox.c.id, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_outbox_lost", outbox.c.state, outbox.c.id, sqlite_where=_LOST, postgresql_where=_LOST)
