"""The trail, read for exports and for verification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.audit.bundle import Record, Revealed
from wirflow.audit.entry import Entry
from wirflow.audit.export.ocel import Link
from wirflow.reports.rows import cases, differences
from wirflow.store import mirror, queries, trail
from wirflow.store.definitions import Definitions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from wirflow.audit.finding import Finding
    from wirflow.store.database import Database


class Trail:
    """Read-only views of the trail of one office."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self, key: str | None = None) -> Iterator[Entry]:
        """Entries case by case, each case's by number."""
        with self._database.reading() as session:
            for row in queries.entries_by_case(session, key):
                yield Entry.read(row.body, row.digest, leaf=row.leaf)

    def records(self) -> Iterator[Record]:
        """All entries with their exact bytes, in the order that a bundle wants."""
        with self._database.reading() as session:
            for row in queries.entries_of_log(session):
                yield Record(row.leaf, row.case, row.seq, row.digest, row.body)

    def revealed(self) -> list[Revealed]:
        """Personal values that have not been erased, with their salts."""
        with self._database.reading() as session:
            return [
                Revealed(row.case, row.seq, row.field, row.value, bytes.fromhex(row.salt))
                for row in queries.secrets(session)
            ]

    def checkpoints(self) -> list[str]:
        """All signed checkpoints, oldest first."""
        with self._database.reading() as session:
            return trail.checkpoint_notes(session)

    def definitions(self) -> dict[str, str]:
        """Hash → workflow of every kept definition."""
        with self._database.reading() as session:
            return {row.hash: row.workflow for row in mirror.form_columns(session)}

    def links(self) -> list[Link]:
        """The links between cases."""
        with self._database.reading() as session:
            known = queries.all_cases(session, Definitions())
        return [Link(row.case.key, name, other) for row in known for name, other in row.case.links.items()]

    def rows(
        self, *, now: datetime | None = None, addresses: Mapping[str, str | None] | None = None
    ) -> list[Finding]:
        """Where a row beside the trail says something else than the trail.

        Args:
            now: the present instant.
            addresses: the e-mail address of each person of the office.
        """
        with self._database.reading() as session:
            return differences(session, now=now, addresses=addresses)

    def heads(self) -> list[Finding]:
        """Where a case's row says something else than the last entry of its trail.

        A row is what everybody reads; the trail alone does not prove it.
        """
        with self._database.reading() as session:
            return cases.heads(session)
