"""Kept definitions: each is what its hash says, and only such a one is asked what it means."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from wirflow.audit.entry import is_instant
from wirflow.audit.finding import finding
from wirflow.definition.model import Workflow
from wirflow.reports.rows.raw import BROKEN, rows, words
from wirflow.store import mirror

if TYPE_CHECKING:
    from wirflow.audit.finding import Finding
    from wirflow.store.session import Session


def read(session: Session) -> tuple[dict[str, Workflow], list[Finding]]:
    """Hash → definition, and what is wrong with the others."""
    known: dict[str, Workflow] = {}
    found: list[Finding] = []
    for row in rows(mirror.form_columns, session, "definitions", found):
        sound = sha256(words(row.form).encode()).hexdigest() == row.hash
        try:
            workflow = Workflow.from_form(row.form) if sound else None
        except BROKEN:
            workflow = None
        if workflow is not None:
            known[row.hash] = workflow
        if workflow is None or workflow.name != row.workflow or not is_instant(row.recorded_at):
            found.append(finding("definition_differs", name=row.workflow))
    return known, found
