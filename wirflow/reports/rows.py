"""Whether the rows that everybody reads say what the trail says.

The trail proves itself; the rows beside it are only as true as they agree with it. Each
case is replayed from its entries, and what comes out is compared with what is stored:
facts, links, who acted, the columns of each entry, personal values, texts of notices and
the definitions that cases run by.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from wirflow.audit.entry import commitment
from wirflow.audit.finding import finding
from wirflow.core.case import ENTRY
from wirflow.errors import InputError
from wirflow.store import mirror

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wirflow.audit.finding import Finding
    from wirflow.store.database import Session
    from wirflow.store.mirror import CaseColumns, EntryColumns, SecretColumns

_decode = msgspec.json.decode


@dataclass(slots=True)
class _Told:
    """A case as its entries tell it."""

    since: str = ""
    definition: str = ""
    workflow: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    actors: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    secrets: dict[tuple[str, int], str] = field(default_factory=dict)
    notices: dict[tuple[int, str, str, str], str] = field(default_factory=dict)
    migrated: bool = False

    def hear(self, body: dict[str, Any]) -> None:
        """Take in one entry."""
        seq, first, migration = body["seq"], body["seq"] == 1, "migration" in body
        self.definition, self.workflow = body["definition"], body["workflow"]
        self.migrated = self.migrated or migration
        if first or body["from"] != body["to"]:
            self.since = body["occurred_at"]
        if body["actor"]:
            self.actors[body["event"]] = body["actor"]
        for name, (_, new) in body["changes"].items():
            if not first and not migration:
                self.sources[name] = f"{ENTRY}{seq}"
            self.data.pop(name, None)
            if isinstance(new, dict):
                self.secrets[name, seq] = new["commitment"]
            elif new is not None:
                self.data[name] = new
        self.links = body.get("links", self.links)
        self.sources = {**body["sources"]} if "sources" in body else self.sources
        for notice in body["notices"]:
            self.notices[seq, notice["to"], notice["channel"], notice["template"]] = notice["sha256"]

    def differing(self, row: CaseColumns) -> Iterator[str]:
        """The columns of the case's row that say something else."""
        pairs: list[tuple[str, object, object]] = [
            ("workflow", row.workflow, self.workflow),
            ("definition", row.definition, self.definition),
            ("data", _json(row.data), self.data),
            ("links", _json(row.links), self.links),
            ("sources", _json(row.sources), self.sources),
        ]
        if not self.migrated:
            # A move to another version may rename events and states; its entry does not repeat them.
            pairs += [("since", row.since, self.since), ("actors", _json(row.actors), self.actors)]
        return (name for name, there, told in pairs if there != told)


def differences(session: Session) -> list[Finding]:
    """Where rows say something else than the trail, whose own soundness is verified elsewhere."""
    found: list[Finding] = []
    told: dict[str, _Told] = {}
    for row in mirror.entry_columns(session):
        try:
            body = _decode(row.body)
            changed = ", ".join(_columns(row, body))
            told.setdefault(row.case, _Told()).hear(body)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError):
            # The chain says so already; what follows from such an entry cannot be told.
            return []
        if changed:
            found.append(finding("columns_differ", case=row.case, seq=row.seq, name=changed))
    for case in mirror.case_columns(session):
        names = ", ".join(told.get(case.key, _Told()).differing(case))
        if names:
            found.append(finding("case_differs", case=case.key, name=names))
    return [*found, *_secrets(session, told), *_notices(session, told), *_forms(session)]


def _columns(row: EntryColumns, body: dict[str, Any]) -> Iterator[str]:
    for name, column in (("from", "state_from"), ("to", "state_to")):
        if getattr(row, column) != body[name]:
            yield name
    for name in ("seq", "event", "kind", "actor", "occurred_at", "recorded_at"):
        if getattr(row, name) != body[name]:
            yield name


def _secrets(session: Session, told: dict[str, _Told]) -> Iterator[Finding]:
    missing = {
        (key, name, seq): value for key, case in told.items() for (name, seq), value in case.secrets.items()
    }
    for row in mirror.secret_columns(session):
        committed = missing.pop((row.case, row.field, row.seq), "")
        if row.commitment != committed or not _opens(row):
            yield finding("personal_differs", case=row.case, seq=row.seq, name=row.field)
    for key, name, seq in missing:
        yield finding("personal_differs", case=key, seq=seq, name=name)


def _opens(row: SecretColumns) -> bool:
    """Whether a value and its salt are what was committed to; an erased one says nothing else."""
    if row.value is None or row.salt is None:
        return row.value is row.salt
    try:
        return commitment(_decode(row.value), bytes.fromhex(row.salt)) == row.commitment
    except (msgspec.DecodeError, ValueError, InputError):
        return False


def _notices(session: Session, told: dict[str, _Told]) -> Iterator[Finding]:
    missing = {
        (key, *identity): digest for key, case in told.items() for identity, digest in case.notices.items()
    }
    for row in mirror.notice_columns(session):
        said = missing.pop((row.case, row.seq, row.recipient, row.channel, row.template), None)
        if sha256(f"{row.subject}\n\n{row.body}".encode()).hexdigest() != said:
            yield finding("notice_differs", case=row.case, seq=row.seq, name=row.recipient)
    for key, seq, recipient, _, _ in missing:
        yield finding("notice_differs", case=key, seq=seq, name=recipient)


def _forms(session: Session) -> Iterator[Finding]:
    for row in mirror.form_columns(session):
        if sha256(row.form.encode()).hexdigest() != row.hash:
            yield finding("definition_differs", name=row.workflow)


def _json(written: str) -> object:
    """What a column holds; None where it is no JSON, which no entry says."""
    try:
        return _decode(written)
    except msgspec.DecodeError:
        return None
