"""What lies between definitions: signals that are never taken, and notices that nobody receives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.definition.finding import Finding
from wirflow.proof import words
from wirflow.proof.claim import Claim

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from wirflow.definition.log import Source
    from wirflow.definition.model import Notice, Signal, Workflow
    from wirflow.definition.person import Person
    from wirflow.proof.definition import DefinitionProof
    from wirflow.proof.world import Node

Path = tuple[str | int, ...]


def signals(proofs: Mapping[str, DefinitionProof]) -> Iterator[Claim]:
    """`signal-refused`: what one case tells another, and that one never takes when it is told."""
    for proof in proofs.values():
        for number, path in enumerate(proof.subject.paths):
            item = proof.workflow.transitions[number]
            for which, signal in enumerate(item.tell):
                for name in proof.workflow.reached(signal.to):
                    target = proofs.get(name)
                    if target is None or not _known(target, signal):
                        continue
                    if not _taken(proof, number, signal, target):
                        said = words.signal_refused(signal.event, name)
                        place = proof.source.place_of(*path, "tell", which, "event")
                        yield Claim(finding=Finding("signal-refused", place, *said))


def _known(target: DefinitionProof, signal: Signal) -> bool:
    """Whether the event is there and brings what it has to; the structural checks have said if not."""
    given = {row.field for row in signal.values}
    return any(
        all(row.field in given or not row.required for row in item.input)
        for item in target.workflow.transitions
        if item.event == signal.event
    )


def _taken(proof: DefinitionProof, number: int, signal: Signal, target: DefinitionProof) -> bool:
    """Whether some run of the other case takes a signal in a state in which it may be told."""
    lean = target.subject.lean
    fields = tuple(row.field for row in signal.values)
    nodes: dict[str, Node] = {}
    for place in target.found.places:
        nodes.setdefault(place.node.cases[0].state, place.node)
    for state, node in nodes.items():
        taken = False
        for which, item in lean.open_transitions(state, signal.event):
            if any(row.required and row.field not in fields for row in item.input):
                continue
            conditions = target.subject.conditions(state, which)
            clear = all(target.subject.oracle.is_clear(text) for text, _ in conditions)
            if not clear or target.walker.could(node, 0, which, conditions):
                taken = True
        if taken and _told(proof, number, signal, state):
            return True
    return False


def _told(proof: DefinitionProof, number: int, signal: Signal, state: str) -> bool:
    """Whether a signal may be told while the other case stands in a state."""
    if signal.when is None or not proof.subject.oracle.is_clear(signal.when):
        return True
    item = proof.workflow.transitions[number]
    for place in proof.found.places:
        node = place.node
        if set(proof.workflow.active(node.cases[0].state)).isdisjoint(item.sources):
            continue
        parts = [(part, True) for part in proof.subject.oracle.parts(signal.when, wanted=True)]
        return proof.walker.could(node, 0, number, parts, far={f"{signal.to}.state": state})
    return True


def unheard(workflow: Workflow, source: Source, people: Collection[Person]) -> Iterator[Claim]:
    """`nobody-hears`: notices for roles that no person has."""
    held = {role for person in people for role in person.roles}
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for path, notice in _notices(workflow):
        if held.isdisjoint(notice.to) and (notice.template, notice.to) not in seen:
            seen.add((notice.template, notice.to))
            said = words.nobody_hears(notice.template, notice.to)
            place = source.place_of(*path, "to")
            yield Claim(finding=Finding("nobody-hears", place, *said, severity="warning"))


def _notices(workflow: Workflow) -> Iterator[tuple[Path, Notice]]:
    counts: dict[str, int] = {}
    for item in workflow.transitions:
        number = counts.get(item.event, 0)
        counts[item.event] = number + 1
        for which, notice in enumerate(item.notices):
            yield ("transitions", item.event, number, "notices", which), notice
    for spec in workflow.deadlines:
        if spec.notice:
            yield ("deadlines", spec.name, "notice"), spec.notice
        if spec.escalate:
            yield ("deadlines", spec.name, "escalate", "notice"), spec.escalate.notice
