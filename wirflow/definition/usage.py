"""What a workflow declares and nobody ever uses."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Final

from wirflow.definition.model import CHILDREN, CORRECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wirflow.definition.model import Workflow

_MAX_KNOWN: Final = 256
_minds: dict[str, bool] = {}
"""Hash of a workflow → whether it minds its children."""


def unused(workflow: Workflow, world: Mapping[str, Workflow]) -> tuple[list[str], list[str]]:
    """Roles and fields without use.

    A field that is required, expected or has a default says something by itself;
    and where facts may be corrected, every field can be filled.
    """
    acting = {role for item in workflow.transitions for role in item.by}
    hearing = {role for item in workflow.transitions for notice in item.notices for role in notice.to}
    hearing |= {role for item in workflow.deadlines if item.notice for role in item.notice.to}
    roles = [name for name in workflow.role_by_name if name not in acting | hearing]
    if CORRECT in workflow.events:
        return roles, []
    used = {*_named(workflow), *_read(workflow), *_read_from_afar(workflow, world)}
    fields = [
        item.name
        for item in workflow.fields
        if item.name not in used and not item.required and not item.expected and item.default is None
    ]
    return roles, fields


def _named(workflow: Workflow) -> Iterator[str]:
    """Fields that are named outside of expressions."""
    for item in workflow.transitions:
        yield from (row.field for row in item.input)
        yield from (row.field for row in item.set)
        yield from (start.each for start in item.start if start.each)
        yield from item.clear
    for spec in workflow.deadlines:
        yield from (name for name in (spec.on, spec.start, spec.period) if name)
        yield from (item.field for item in spec.given)
    for text in (workflow.subject.de, workflow.subject.en):
        yield from (name for _, name, _, _ in Formatter().parse(text) if name)


def minds_children(workflow: Workflow) -> bool:
    """Whether anything that happens by itself depends on how children stand: then a case hears of them.

    Those are automatic transitions and deadlines; all else is asked only when something
    happens to the case itself.
    """
    if not workflow.children:
        return False
    known = _minds.get(workflow.hash)
    if known is None:
        if len(_minds) >= _MAX_KNOWN:
            _minds.clear()
        known = _minds[workflow.hash] = _settling(workflow)
    return known


def _settling(workflow: Workflow) -> bool:
    from wirflow.definition.guards import guards_for  # noqa: PLC0415 - as below

    texts: list[str | None] = [item.when for item in workflow.deadlines]
    for _, item in workflow.automatic:
        texts += [item.when, *(rule.when for rule in item.requires)]
    groups = {CHILDREN, *workflow.children_by_name}
    guards = guards_for(workflow)
    return any(text and not groups.isdisjoint(guards.names(text)) for text in texts)


def expressions(workflow: Workflow) -> Iterator[str]:
    """The source texts of all expressions of a workflow."""
    for item in workflow.transitions:
        yield from (text for text in (item.when, *(rule.when for rule in item.requires)) if text)
        yield from (row.value for row in item.set)
        for signal in item.tell:
            yield from (text for text in (signal.when, *(row.value for row in signal.values)) if text)
        for start in item.start:
            years = (start.years.first, start.years.last) if start.years else ()
            texts = (start.when, *years, *(row.value for row in start.values))
            yield from (text for text in texts if text)
    yield from (item.when for item in workflow.deadlines if item.when)
    yield from (item.when for item in workflow.constraints)
    yield from (item.when for item in workflow.warnings)
    for money in workflow.money:
        yield from (text for text in (money.when, money.amount, money.start, money.until) if text)


def _read(workflow: Workflow) -> Iterator[str]:
    """Names that expressions touch, `old.` left away."""
    from wirflow.definition.guards import guards_for  # noqa: PLC0415 - CEL is loaded only if needed

    guards = guards_for(workflow)
    for text in expressions(workflow):
        yield from (name.removeprefix("old.") for name in guards.names(text))


def _read_from_afar(workflow: Workflow, world: Mapping[str, Workflow]) -> Iterator[str]:
    """Fields that expressions of other workflows read, and that their signals fill."""
    for other in world.values():
        links = {link.name for link in other.links if link.workflow == workflow.name}
        links |= {kind.name for kind in other.children if kind.workflow == workflow.name}
        links |= {CHILDREN} if links & other.children_by_name.keys() else set()
        for item in other.transitions:
            for start in item.start:
                if start.children in links:
                    yield from (row.field for row in start.values)
        if links:
            for name in _read(other):
                owner, _, fact = name.rpartition(".")
                if owner in links:
                    yield fact
