"""The versions of an office's workflows: taking changed files over, and the door through which cases move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.definition.finding import Finding, Place
from wirflow.engine.migrating import Migrator
from wirflow.errors import DefinitionError, InputError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from wirflow.definition.model import Workflow
    from wirflow.definition.version_map import VersionMap
    from wirflow.engine.migrating import Version
    from wirflow.office.office import Office


def migrator_of(office: Office) -> Migrator:
    """The engine of an office, as far as it moves cases between versions."""
    return Migrator(office.database, office.clock, office.profile, office.templates)


def take_over(office: Office) -> list[str]:
    """Let the workflows as the files say them be the newest versions; the names of those that changed.

    Raises:
        DefinitionError: a file has errors.
    """
    files = office.workflows()
    known = {name: workflow.hash for name, workflow in office.reports.workflows().items()}
    office.engine.register(files.values())
    return [name for name, workflow in files.items() if known.get(name) != workflow.hash]


def read_maps(paths: Iterable[Path], versions: Sequence[Version]) -> dict[str, VersionMap]:
    """The maps of files, by their workflows.

    Args:
        paths: the files, one for each workflow at most.
        versions: all kept versions.

    Raises:
        InputError: a file is not there.
        DefinitionError: something is wrong with one; holds all findings with their places.
    """
    from wirflow.definition.version_map import read_version_map  # noqa: PLC0415 - most migrations need none

    newest = {item.workflow.name: item.workflow for item in versions if item.current}
    older: dict[str, list[Workflow]] = {}
    for item in versions:
        if not item.current:
            older.setdefault(item.workflow.name, []).append(item.workflow)
    found: dict[str, VersionMap] = {}
    for path in paths:
        if not path.is_file():
            raise InputError(
                Text(f"Die Datei {path} gibt es nicht.", f"There is no file {path}."),
                hint=Text("Prüfen Sie den Pfad.", "Check the path."),
            )
        read = read_version_map(path, newest, older).checked()
        if read.workflow in found:
            text = Text(
                f"Für den Ablauf '{read.workflow}' gibt es schon eine Zuordnung.",
                f"There is a map for the workflow '{read.workflow}' already.",
            )
            raise DefinitionError(text, findings=[Finding("duplicate-workflow", Place(str(path)), text)])
        found[read.workflow] = read
    return found
