"""Cases and entries: what stands in their columns, and what the entries themselves say."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from wirflow.audit.finding import finding
from wirflow.core.record import digest_of_note
from wirflow.reports.rows.raw import BROKEN, rows, same_json, words
from wirflow.reports.rows.told import ToldCase
from wirflow.store import mirror
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wirflow.audit.finding import Finding
    from wirflow.definition.model import Workflow
    from wirflow.reports.rows.told import Told
    from wirflow.store.mirror import CaseColumns, EntryColumns
    from wirflow.store.session import Session


def entries(session: Session, told: Told) -> list[Finding]:
    """Take in all entries, and compare each with the columns by which it is found."""
    found: list[Finding] = []
    for row in rows(mirror.entry_columns, session, "entries", found):
        if row.case is None:
            found.append(finding("row_astray", name="entries", seq=_number(row.seq)))
            continue
        try:
            told.hear(row.case, row.body, row.digest)
            changed = ", ".join(_columns(row, msgspec.json.decode(row.body)))
        except BROKEN:
            # Of an entry whose bytes were changed the chain says so; another one is none of ours.
            if words(row.body) != row.body or sha256(row.body.encode()).hexdigest() == row.digest:
                found.append(finding("case_differs", case=row.case, seq=_number(row.seq), name="–"))
            continue
        if changed:
            found.append(finding("columns_differ", case=row.case, seq=_number(row.seq), name=changed))
    return found


def is_number(value: object) -> bool:
    """Whether a column that may be empty holds a whole number."""
    return value is None or type(value) is int


def _number(seq: object) -> int | None:
    return seq if isinstance(seq, int) else None


def _columns(row: EntryColumns, body: dict[str, Any]) -> Iterator[str]:
    # What is no text or no number at all would not even go into a bundle.
    if words(row.digest) != row.digest:
        yield "digest"
    if not is_number(row.leaf):
        yield "leaf"
    for name, column in (("from", "state_from"), ("to", "state_to")):
        if getattr(row, column) != body[name]:
            yield name
    for name in ("seq", "event", "kind", "actor", "occurred_at", "recorded_at"):
        if getattr(row, name) != body[name]:
            yield name


def differing(session: Session, told: Told) -> list[Finding]:
    """The cases whose rows say something else than their entries, or have none."""
    found: list[Finding] = []
    missing = dict(told.cases)
    for row in rows(mirror.case_columns, session, "cases", found):
        case = missing.pop(row.key, None) or ToldCase(words(row.key))
        if not case.broken:
            names = ", ".join(_differing(row, case, told.known))
            if names:
                found.append(finding("case_differs", case=words(row.key), name=names))
    return found


def heads(session: Session) -> list[Finding]:
    """The cases whose rows do not stand where their last entries left them: a quick look."""
    found: list[Finding] = []
    last: dict[str, EntryColumns] = {}
    for entry in rows(mirror.entry_columns, session, "entries", found):
        if entry.case is None:
            found.append(finding("row_astray", name="entries", seq=_number(entry.seq)))
        else:
            last[entry.case] = entry
    for row in rows(mirror.case_columns, session, "cases", found):
        head = last.get(row.key)
        pairs = (
            ("revision", row.revision, head and head.seq),
            ("digest", row.digest, head and head.digest),
            ("state", row.state, head and head.state_to),
        )
        names = ", ".join(name for name, there, said in pairs if there != said)
        if names:
            found.append(finding("case_differs", case=words(row.key), seq=_number(row.revision), name=names))
    return found


def _differing(row: CaseColumns, case: ToldCase, known: Mapping[str, Workflow]) -> Iterator[str]:
    """The columns of a case's row that say something else."""
    told = case.remembered
    plain = (
        ("workflow", row.workflow, case.workflow),
        ("definition", row.definition, case.definition),
        ("state", row.state, case.state),
        ("since", row.since, case.since if told else row.since),
        ("revision", row.revision, case.revision),
        ("digest", row.digest, case.digest),
        ("parent", row.parent, case.parent),
    )
    yield from (name for name, there, said in plain if there != said)
    in_json = (
        ("data", row.data, case.data),
        ("links", row.links, case.links),
        ("sources", row.sources, case.sources),
        *((("actors", row.actors, case.actors), ("done", row.done, case.done)) if told else ()),
    )
    yield from (name for name, there, value in in_json if not same_json(there, value))
    if (row.parent_id is None) != (row.parent is None):
        yield "parent"
    if not is_number(row.cluster):
        yield "cluster"
    if case.noted and _digest_of_note(row.note) != case.note:
        yield "note"
    workflow = known.get(case.definition)
    if workflow is not None:
        # What a case keeps in mind, and whether its state is the last, its definition says.
        if told and not same_json(row.memory, case.memory):
            yield "memory"
        if row.final != int(workflow.place(case.state).final):
            yield "final"


def _digest_of_note(written: str | None) -> str | None:
    """What an entry would say of a remark; an empty text where that is none."""
    if written is None:
        return None
    try:
        return digest_of_note(msgspec.json.decode(written, type=Text))
    except BROKEN:
        return ""
