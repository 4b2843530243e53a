"""The tables.  Instants are UTC text of fixed width, so that they sort as time on every database.

`VERSION` names the last migration; a database of another version is refused.
Indexes over part of a table stand in `indexes`, for the migrations alone: they
would load the dialects of all databases with every command, for 40 ms.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

VERSION = "0003"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

definitions = Table(
    "definitions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("workflow", Text, nullable=False, index=True),
    Column("form", Text, nullable=False),  # the checked form as JSON
    Column("recorded_at", Text, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("workflow", Text, nullable=False),
    Column("definition_id", ForeignKey("definitions.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("final", Integer, nullable=False),  # 1: nothing happens by itself any more
    Column("since", Text, nullable=False),
    Column("data", Text, nullable=False),  # JSON; personal fields stand in `personal`
    Column("links", Text, nullable=False),  # JSON: link name → key
    Column("actors", Text, nullable=False),  # JSON: event → who did it last
    Column("memory", Text),  # JSON: when events happened, and how states with a history were left
    Column("done", Text, nullable=False),  # JSON: deadline → [due day, instant]
    Column("sources", Text, nullable=False),  # JSON: field → where it stands written
    Column("note", Text),  # JSON: a remark in both languages
    Column("revision", Integer, nullable=False),  # number of entries
    Column("digest", Text, nullable=False),  # of the last entry
    Column("parent_id", ForeignKey("cases.id")),  # of the case that started this one
    Column("cluster", Integer),  # smallest number of all cases that are linked to it; NULL: it is alone
    Index("ix_cases_workflow_state_key", "workflow", "state", "key"),
    Index("ix_cases_workflow_key", "workflow", "key"),
)

entries = Table(
    "entries",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("leaf", Integer),  # its number in the Merkle log, once sealed
    Column("event", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text),
    Column("state_from", Text),
    Column("state_to", Text, nullable=False),
    Column("occurred_at", Text, nullable=False),
    Column("recorded_at", Text, nullable=False),
    Column("body", Text, nullable=False),  # the canonical bytes that the digest covers
    Column("digest", Text, nullable=False),
)

timers = Table(
    "timers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # due · reminder · escalation · signal
    Column("label", Text, nullable=False),
    Column("due_at", Text, nullable=False),
    Column("due", Text),  # the legal due day; a signal has none
    Column("event", Text),
    Column("derivation", Text),  # JSON: the deadline with its steps
    Column("payload", Text),  # JSON: what a signal carries
    Column("depth", Integer, nullable=False),
    # armed · fired · overdue (fired, and what it asked for is open) · merged · cancelled · refused · failed
    Column("status", Text, nullable=False),
    Column("error", Text),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("recipient", Text, nullable=False),  # a person, or role:… where nobody has the role
    Column("channel", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("kind", Text, nullable=False),  # event · due · reminder
    Column("address", Text),
    Column("lang", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("state", Text, nullable=False),  # pending · sending · sent · unknown · dead
    Column("attempts", Integer, nullable=False),
    Column("fence", Integer, nullable=False),  # rises with each claim; a late worker cannot settle
    Column("next_at", Text, nullable=False),  # earliest next attempt; of a claim: when it lapses
    Column("created_at", Text, nullable=False),
    Column("sent_at", Text),
    Column("error", Text),
    UniqueConstraint("case_id", "seq", "recipient", "channel", "template"),
)

personal = Table(
    "personal",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("field", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),  # of the entry that set it
    Column("value", Text),  # JSON; NULL once erased
    Column("salt", Text),  # hex; NULL once erased
    Column("commitment", Text, nullable=False),  # what the trail holds
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("size", Integer, nullable=False),  # entries sealed so far
    Column("root", Text, nullable=False),
    Column("frontier", Text, nullable=False),  # JSON: what the tree needs to grow on
    Column("note", Text, nullable=False),  # the signed checkpoint
    Column("made_at", Text, nullable=False),
)
