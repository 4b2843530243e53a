"""The trail, read for exports and for verification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.audit.bundle import Record, Revealed
from wirflow.audit.entry import Entry
from wirflow.audit.export.ocel import Link
from wirflow.audit.finding import finding
from wirflow.reports.rows import differences
from wirflow.store import cases, queries, trail
from wirflow.store.definitions import Definitions

if TYPE_CHECKING:
    from collections.abc import Iterator

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
            return {row.hash: row.workflow for row in queries.versions(session)}

    def links(self) -> list[Link]:
        """The links between cases."""
        with self._database.reading() as session:
            known = queries.all_cases(session, Definitions())
        return [Link(row.case.key, name, other) for row in known for name, other in row.case.links.items()]

    def rows(self) -> list[Finding]:
        """Where a row beside the trail says something else than the trail."""
        with self._database.reading() as session:
            return differences(session)

    def heads(self) -> list[Finding]:
        """Where a case's row says something else than the last entry of its trail.

        A row is what everybody reads; the trail alone does not prove it.
        """
        with self._database.reading() as session:
            last = {row.case: row for row in queries.entries_by_case(session)}
            stored = queries.all_cases(session, Definitions())
            missing = set(last) - set(cases.keys(session))
        found = [finding("case_differs", case=key, name="–") for key in sorted(missing)]
        for row in stored:
            case = row.case
            head = last.get(case.key)
            there = (case.revision, case.digest, case.state)
            told = (head.seq, head.digest, Entry.read(head.body, head.digest).to) if head else ()
            if there != told:
                names = ("revision", "digest", "state")
                differing = [
                    name for name, one, other in zip(names, there, told, strict=False) if one != other
                ]
                found.append(
                    finding(
                        "case_differs", case=case.key, seq=case.revision, name=", ".join(differing) or "–"
                    )
                )
        return found
