"""The trail of an office: verified where it lies, and carried out of the house."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from wirflow.audit.bundle import write_bundle
from wirflow.audit.verify import nothing, verify_bundle
from wirflow.errors import DatabaseError, InputError
from wirflow.office import documents
from wirflow.reports.trail import Trail
from wirflow.store.documents import lost
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wirflow.audit.verify import Report
    from wirflow.definition.model import Workflow
    from wirflow.office.office import Office
    from wirflow.text import Lang

UNWRITABLE: Final = (DatabaseError, LookupError, TypeError, ValueError, AttributeError)
"""What writing a bundle raises over rows that hold what wirflow did not write."""

KINDS: Final = ("jsonl", "csv", "xes", "ocel", "report", "bundle")
"""What the trail can be exported as."""


def trail_of(office: Office) -> Trail:
    """The trail of an office, to be read."""
    return Trail(office.database)


def verify(office: Office, *, earlier: str | None = None) -> Report:
    """Verify the trail where it lies: as the bundle of this moment, with the office's own key.

    Args:
        office: whose trail.
        earlier: a checkpoint that left the house, to prove that nothing before it was changed.

    Raises:
        InputError: the office has no key.
    """
    key = office.public_key
    addresses = {name: person.email for name, person in office.settings.people.items()}
    rows = tuple(trail_of(office).rows(now=office.clock.now(), addresses=addresses))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trail.zip"
        try:
            export_bundle(office, path)
        except UNWRITABLE:
            if not rows:
                raise
            # What does not even go into a bundle was found already.
            return replace(nothing(str(key)), findings=rows)
        report = verify_bundle(path, trusted_key=str(key), earlier_checkpoint=earlier)
    return replace(report, findings=(*report.findings, *rows))


def export_bundle(office: Office, path: Path, *, reveal: bool = False, with_documents: bool = False) -> None:
    """Write the whole trail as one file that proves itself.

    Args:
        office: whose trail.
        path: where to.
        reveal: with the personal values that the recipient may know.
        with_documents: with the files that entries name; those of personal fields only with `reveal`.

    Raises:
        InputError: the office has no key.
    """
    key = office.public_key
    if key is None:
        raise InputError(
            Text(
                "Das Amt hat keinen öffentlichen Schlüssel (audit.pub).",
                "The office has no public key (audit.pub).",
            ),
            hint=Text("'wirflow init' legt ihn an; sichern Sie ihn.", "'wirflow init' makes it; back it up."),
        )
    trail = trail_of(office)
    files = _files(office, reveal=reveal) if with_documents else None
    with path.open("wb") as out:
        write_bundle(
            out,
            records=trail.records(),
            checkpoints=trail.checkpoints(),
            key=key,
            definitions=trail.definitions(),
            at=office.clock.now(),
            revealed=trail.revealed() if reveal else (),
            documents=files,
        )


def _files(office: Office, *, reveal: bool) -> dict[str, Path]:
    """The files that may go out, by their SHA-256.

    Raises:
        WorldError: one of them is missing or was changed: a bundle does not hide that.
    """
    rows = [row for row in documents.listed(office, read=True) if reveal or not row.personal]
    for row in rows:
        if row.state != "kept":
            raise lost(row.document)
    return {row.document.sha256: office.documents.path(row.document.sha256) for row in rows}


def export(
    office: Office, kind: str, path: Path, key: str | None, lang: Lang, *, excel: bool = False
) -> None:
    """Write the trail for other programs or for readers.

    Args:
        office: whose trail.
        kind: one of `KINDS`, but no bundle.
        path: where to.
        key: only of this case; None: of all.
        lang: the language of a report.
        excel: CSV as a German Excel wants it.
    """
    trail = trail_of(office)
    if kind in {"csv", "report"}:
        with path.open("w", encoding="utf-8", newline="") as text:
            if kind == "csv":
                from wirflow.audit.export import csv  # noqa: PLC0415 - one of many forms

                csv.write(trail.entries(key), text, excel=excel)
            else:
                from wirflow.audit.export import report  # noqa: PLC0415 - one of many forms

                titles = _Titles(office.reports.workflows(), lang)
                report.write(trail.entries(key), text, lang=lang, zone=ZoneInfo(office.zone), name=titles.of)
        return
    with path.open("wb") as out:
        if kind == "jsonl":
            from wirflow.audit.export import jsonl  # noqa: PLC0415 - one of many forms

            jsonl.write(trail.entries(key), out)
        elif kind == "xes":
            from wirflow.audit.export import xes  # noqa: PLC0415 - one of many forms

            xes.write(trail.entries(key), out, name=office.name)
        else:
            from wirflow.audit.export import ocel  # noqa: PLC0415 - one of many forms

            links = [link for link in trail.links() if key in {None, link.case}]
            ocel.write(trail.entries(key), out, links=links)


class _Titles:
    """The titles of what a report names."""

    def __init__(self, workflows: Mapping[str, Workflow], lang: Lang) -> None:
        self._workflows = workflows
        self._lang = lang

    def of(self, workflow: str | None, sort: str, name: str) -> str:
        """The title of a thing from its workflow, its sort and its name in the definition."""
        known = self._workflows.get(workflow or "")
        if known is None:
            return name
        if sort == "workflow":
            return known.title.pick(self._lang)
        if sort == "event":
            titles = [item.title for item in known.transitions if item.event == name]
            return titles[0].pick(self._lang) if titles else name
        try:
            thing = known.place(name) if sort == "state" else known.field_by_name[name]
        except KeyError:
            return name
        return thing.title.pick(self._lang)
