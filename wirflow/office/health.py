"""Examining an office: its database, its files and its trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wirflow.errors import WirflowError
from wirflow.reports.health import Sign, examine as examine_database
from wirflow.text import Text, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wirflow.definition.model import Workflow
    from wirflow.office.office import Office

_NAMED: Final = 5
"""How many lost files are named at once."""


def examine(office: Office) -> list[Sign]:
    """Everything about an office that can be good or bad.

    Raises:
        DatabaseError: the database is missing or of another version.
    """
    database = office.database
    try:
        files = office.workflows()
    except WirflowError:
        files = None
    roles = frozenset(role for person in office.settings.people.values() for role in person.roles)
    signs = [
        Sign(
            name="version",
            grade="good",
            text=Text(
                f"Datenbank in Version {database.version()}.", f"Database of version {database.version()}."
            ),
        ),
        *examine_database(
            database,
            roles=roles,
            now=office.clock.now(),
            files=files,
            zone=office.zone,
            practice=office.practice,
        ),
    ]
    return [*signs, *_people(office, files), *_rules(office), _trail(office), *_documents(office)]


def _people(office: Office, files: Mapping[str, Workflow] | None) -> Iterator[Sign]:
    """The roles that people have and no workflow knows, each with its place."""
    from wirflow.office.checking import unknown_roles  # noqa: PLC0415 - loads what proves definitions

    for found in unknown_roles(office, files.values()) if files else ():
        words = Text(f"{found.place}: {found.message.de}", f"{found.place}: {found.message.en}")
        yield Sign(name="people", grade="bad", text=words, hint=found.hint)


def _rules(office: Office) -> Iterator[Sign]:
    """The office's own rules of law and days off, if they are wrong."""
    try:
        _ = office.catalogue
    except WirflowError as error:
        hint = Text("'wirflow check' nennt jede Stelle.", "'wirflow check' names each place.")
        yield Sign(name="rules", grade="bad", text=error.message, hint=hint)


def _documents(office: Office) -> Iterator[Sign]:
    """The files that the trail names, each read and compared, and those that nobody names."""
    from wirflow.office import documents  # noqa: PLC0415 - few offices have any

    rows = documents.listed(office, read=True)
    lost = [row for row in rows if row.state != "kept"]
    strays = documents.strays(office)
    if lost:
        which = ", ".join(f"{row.case}/{row.field} {row.document.name}" for row in lost[:_NAMED])
        of = counted(len(rows), Text("Datei", "file"), Text("Dateien", "files"))
        gone = (
            Text("fehlt oder wurde verändert", "is missing or was changed")
            if len(lost) == 1
            else Text("fehlen oder wurden verändert", "are missing or were changed")
        )
        yield Sign(
            name="documents",
            grade="bad",
            text=Text(
                f"{len(lost)} von {of.de} {gone.de}: {which}.",
                f"{len(lost)} of {of.en} {gone.en}: {which}.",
            ),
            hint=Text(
                "'wirflow documents verify' nennt alle; holen Sie sie aus der Sicherung.",
                "'wirflow documents verify' names all; fetch them from the backup.",
            ),
        )
    elif rows:
        words = counted(
            len(rows),
            Text("Datei, wie die Akte sie nennt.", "file as the trail has it."),
            Text("Dateien, wie die Akte sie nennt.", "files as the trail has them."),
        )
        yield Sign(name="documents", grade="good", text=words)
    if strays:
        yield Sign(
            name="documents",
            grade="note",
            text=counted(
                len(strays),
                Text("Datei nennt kein Vorgang.", "file is named by no case."),
                Text("Dateien nennt kein Vorgang.", "files are named by no case."),
            ),
            hint=Text("'wirflow documents prune' entfernt sie.", "'wirflow documents prune' removes them."),
        )


def _trail(office: Office) -> Sign:
    from wirflow.office import trail  # noqa: PLC0415 - signatures load a large library

    try:
        report = trail.verify(office)
    except WirflowError as error:
        return Sign(name="trail", grade="bad", text=error.message, hint=error.hint)
    if not report.ok:
        first = report.findings[0]
        count = counted(len(report.findings), Text("Befund", "finding"), Text("Befunde", "findings"))
        return Sign(
            name="trail",
            grade="bad",
            text=Text(f"Die Akte stimmt nicht: {first.text.de}", f"The trail is wrong: {first.text.en}"),
            hint=Text(
                f"'wirflow audit verify' nennt alles ({count.de}).",
                f"'wirflow audit verify' names all of it ({count.en}).",
            ),
        )
    entries = counted(report.entries, Text("Eintrag", "entry"), Text("Einträge", "entries"))
    return Sign(
        name="trail",
        grade="good",
        text=Text(f"Die Akte stimmt: {entries.de}.", f"The trail verifies: {entries.en}."),
    )
