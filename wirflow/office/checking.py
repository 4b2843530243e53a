"""Checking what an office says: its workflows, its portfolios, its own rules of law."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wirflow.definition.check import check as prove
from wirflow.definition.finding import Finding, Place
from wirflow.errors import InputError, nearest
from wirflow.office import content
from wirflow.office.place import FILE
from wirflow.office.settings import place_of
from wirflow.proof.claim import Report
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from wirflow.definition.model import Workflow
    from wirflow.definition.reader import Reading
    from wirflow.office.office import Office
    from wirflow.proof import Effort
    from wirflow.render import Templates


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at, and what is wrong with it."""

    files: int
    findings: tuple[Finding, ...]
    report: Report | None = field(default=None)
    """What trying everything showed, with the runs that show it; None: nothing was tried."""
    barred: tuple[str, ...] = ()
    """Files that nobody asked about, whose errors kept the runs from being tried."""


def check(office: Office | None, files: Sequence[Path], effort: Effort | None = None) -> Checked:
    """Prove definitions sound.

    Args:
        office: whose rules, templates and other workflows count; None: the shipped ones.
        files: which files; all that count in the office if empty.
        effort: how much is tried; None: only what a file says is looked at, no run is tried.

    Raises:
        InputError: a file is not there.
    """
    for path in files:
        if path.is_dir():
            raise InputError(
                Text(f"{path} ist ein Ordner.", f"{path} is a folder."),
                hint=Text("Nennen Sie seine Dateien.", "Name its files."),
            )
        if not path.is_file():
            raise InputError(
                Text(f"Die Datei {path} gibt es nicht.", f"There is no file {path}."),
                hint=Text("Prüfen Sie den Pfad.", "Check the path."),
            )
    folder = office.folder if office else None
    chosen = list(files) or [
        *content.files(folder),
        *content.portfolios(folder),
        *content.scenarios(folder),
    ]
    futures = [path for path in chosen if content.is_scenario(path)]
    collections = [path for path in chosen if path not in futures and content.is_portfolio(path)]
    definitions = [path for path in chosen if path not in collections and path not in futures]
    # What is not asked about may still be linked to.
    others = [path for path in content.files(folder) if path.name not in {one.name for one in definitions}]
    reading = content.read([*definitions, *others])
    templates = office.templates if office else content.shipped_templates()
    catalogue = office.catalogue if office and not _own_rules(office) else None
    found = [
        *reading.findings,
        *prove(
            reading,
            template_problems=lambda name, workflow, deadline: templates.problems(
                name, workflow, with_deadline=deadline
            ),
            known_rules=catalogue.get if catalogue else None,
        ),
    ]
    asked = {str(path) for path in definitions}
    findings = [finding for finding in found if not files or finding.place.file in asked]
    if not files and office:
        findings += [*_own_rules(office), *unknown_roles(office, reading.workflows.values())]
    findings += _portfolios(collections, reading.workflows.values())
    report = None
    wrong = [finding for finding in (*found, *findings) if finding.severity == "error"]
    told = {id(finding) for finding in findings}
    barred = dict.fromkeys(finding.place.file for finding in wrong if id(finding) not in told)
    if effort is None:
        barred = {}
    elif not wrong:
        only = {name for name, source in reading.sources.items() if not files or source.file in asked}
        report = _tried(office, reading, collections, only, effort)
        findings += report.findings
    if futures and not reading.errors:
        findings += _scenarios(office, futures, reading, templates)
    return Checked(len(chosen), tuple(findings), report, tuple(barred))


def _tried(
    office: Office | None,
    reading: Reading,
    collections: Iterable[Path],
    only: set[str],
    effort: Effort,
) -> Report:
    """What trying everything shows."""
    from wirflow.definition.portfolio import read_portfolio  # noqa: PLC0415 - only where there are any
    from wirflow.proof import prove as try_all  # noqa: PLC0415 - only if it is to be tried

    read = [read_portfolio(path, reading.workflows).portfolio for path in collections]
    people = tuple(office.profile.people.values()) if office else ()
    # What ships and nobody in this office uses needs no one to hear of it.
    folder = str(office.folder) if office else ""
    own = {name for name, source in reading.sources.items() if office and source.file.startswith(folder)}
    return try_all(
        reading,
        portfolios=[item for item in read if item is not None],
        people=people,
        staffed=own,
        effort=effort,
        only=only,
    )


def _scenarios(
    office: Office | None, paths: Iterable[Path], reading: Reading, templates: Templates
) -> list[Finding]:
    """What is wrong with scenarios; whether all comes as they say is for `wirflow test`."""
    from wirflow.core.profile import Profile  # noqa: PLC0415 - only where there are any
    from wirflow.scenario import Setting, read_scenario  # noqa: PLC0415 - likewise

    known = content.portfolios(office.folder if office else None)
    setting = Setting(
        workflows=reading.workflows,
        templates=templates,
        profile=office.profile if office else Profile(name="", people={}),
        portfolios={path.stem: path for path in known},
    )
    return [finding for path in paths for finding in read_scenario(path, setting).findings]


def _own_rules(office: Office) -> list[Finding]:
    """What is wrong with the office's own rules and days off."""
    from wirflow.deadlines import Catalogue  # noqa: PLC0415 - most offices have none

    settings = office.settings
    if not settings.rules and not settings.holidays:
        return []
    return [
        Finding(
            "own-rule",
            _place(office, item.path),
            Text(f"{item.path}: {item.message.de}", f"{item.path}: {item.message.en}"),
        )
        for item in Catalogue.default().check_office(settings.rules, settings.holidays)
    ]


def unknown_roles(office: Office, workflows: Iterable[Workflow]) -> list[Finding]:
    """The roles of people that no workflow has: who is given one by a slip hears of nothing."""
    known = sorted({role.name for workflow in workflows for role in workflow.roles})
    found = []
    for person, settings in office.settings.people.items():
        for number, role in enumerate(settings.roles):
            if not known or role in known:
                continue
            near = nearest(role, known)
            names = ", ".join(known)
            found.append(
                Finding(
                    "unknown-role-of-person",
                    _place(office, f"people.{person}.roles[{number}]"),
                    Text(
                        f"Die Rolle '{role}' von '{person}' kommt in keinem Workflow vor.",
                        f"No workflow has the role '{role}' of '{person}'.",
                    ),
                    Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?")
                    if near
                    else Text(f"Es gibt: {names}.", f"There are: {names}."),
                )
            )
    return found


def _place(office: Office, path: str) -> Place:
    return Place(str(office.folder / FILE), *place_of(office.folder, path))


def _portfolios(paths: Iterable[Path], workflows: Iterable[Workflow]) -> list[Finding]:
    from wirflow.definition.portfolio import read_portfolio  # noqa: PLC0415 - only where there are any

    known = {workflow.name: workflow for workflow in workflows}
    return [finding for path in paths for finding in read_portfolio(path, known).findings]
