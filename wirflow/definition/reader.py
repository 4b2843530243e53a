"""Files → workflows: everything that is wrong with all of them, at once.

    reading = read_workflows([Path("workflows/grant_application.yaml"), …])
    reading.workflows["grant_application"]
    reading.findings

A file is first fitted to the grammar; then, when the fields of all workflows are
known, links and expressions are resolved across the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wirflow.definition.build import build
from wirflow.definition.declare import Outline, outline
from wirflow.definition.field import linked_field
from wirflow.definition.finding import Finding
from wirflow.definition.grammar import WORKFLOW
from wirflow.definition.invariant import Invariant, invariants
from wirflow.definition.log import Log, Source
from wirflow.definition.model import Workflow
from wirflow.definition.shape import Part
from wirflow.definition.yaml import Document, read_file, read_text
from wirflow.errors import DefinitionError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Reading:
    """What files say."""

    workflows: Mapping[str, Workflow]
    """Those without errors, by their names, in the order of the files."""
    findings: tuple[Finding, ...]
    """Everything that is wrong, in the order of the places."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """Where each workflow stands."""
    invariants: Mapping[str, tuple[Invariant, ...]] = field(default_factory=dict)
    """What the authors of each workflow say that must hold in every run."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that are no mere warnings."""
        return tuple(item for item in self.findings if item.severity == "error")

    def checked(self) -> Mapping[str, Workflow]:
        """The workflows, if nothing is wrong.

        Raises:
            DefinitionError: there are errors; holds all findings.
        """
        errors = self.errors
        if errors:
            files = ", ".join(dict.fromkeys(item.place.file for item in errors))
            raise DefinitionError(
                Text(f"Fehler in {files}: {len(errors)}.", f"Errors in {files}: {len(errors)}."),
                findings=self.findings,
                hint=Text(errors[0].line("de"), errors[0].line("en")),
            )
        return self.workflows


@dataclass(frozen=True, slots=True)
class _Draft:
    source: Source
    part: Part
    log: Log


def read_workflows(paths: Sequence[Path], *, known: Mapping[str, Workflow] | None = None) -> Reading:
    """Read definition files.

    Args:
        paths: the files; they may link to one another in any order.
        known: workflows from elsewhere that they may link to.

    Returns:
        The workflows and all findings; nothing is raised for what a file says.
    """
    return _read((read_file(path) for path in paths), known or {})


def read_workflow_text(
    text: str, file: str = "<text>", *, known: Mapping[str, Workflow] | None = None
) -> Reading:
    """Read one definition from text, as `read_workflows` reads files."""
    return _read([read_text(text, file)], known or {})


def _read(documents: Iterable[Document], known: Mapping[str, Workflow]) -> Reading:
    logs: list[Log] = []
    drafts: dict[str, _Draft] = {}
    for document in documents:
        log = Log(document.file, list(document.findings))
        logs.append(log)
        if document.root is None:
            continue
        part = WORKFLOW.fit(document.root, log)
        draft = _Draft(Source(document.file, document.root), part, log)
        name = part.get("workflow")
        if name is not None and name.text in drafts:
            first = drafts[name.text].source.file
            log.add(
                "duplicate-workflow",
                name,
                Text(
                    f"Den Ablauf '{name.text}' gibt es schon.", f"The workflow '{name.text}' exists already."
                ),
                Text(f"Er steht in {first}.", f"It stands in {first}."),
            )
            name = None
        # What has no name of its own is looked at all the same, under one that nobody can write.
        drafts[name.text if name else f"?{len(drafts)}"] = draft
    outlines = {name: _outline_of(workflow) for name, workflow in known.items()}
    outlines |= {name: outline(draft.part) for name, draft in drafts.items()}
    workflows = {}
    stated: dict[str, tuple[Invariant, ...]] = {}
    for name, draft in drafts.items():
        workflow = build(name, draft.part, outlines, draft.log)
        if workflow is not None and not draft.log.errors:
            stated[name] = invariants(draft.part, draft.log, workflow, {})
        if workflow is not None and not draft.log.errors:
            workflows[name] = workflow
    findings = [
        item for log in logs for item in sorted(log.findings, key=lambda item: (item.place, item.code))
    ]
    sources = {name: draft.source for name, draft in drafts.items() if not name.startswith("?")}
    return Reading(workflows, tuple(findings), sources, stated)


def _outline_of(workflow: Workflow) -> Outline:
    return Outline(
        tuple(linked_field(item) for item in workflow.fields),
        parent=workflow.parent.workflow if workflow.parent else None,
        links={item.name: item.workflow for item in workflow.links},
        states=tuple(workflow.state_by_name),
    )
