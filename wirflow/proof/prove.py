"""Proving all that was read: each definition, what lies between them, and the cases of portfolios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.proof.abstract import plainly
from wirflow.proof.between import signals, unheard
from wirflow.proof.claim import QUICK, Claim, Effort, Extent, Report
from wirflow.proof.definition import DefinitionProof
from wirflow.proof.portfolio import PortfolioProof

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from wirflow.definition.invariant import Invariant
    from wirflow.definition.model import Workflow
    from wirflow.definition.person import Person
    from wirflow.definition.portfolio import Portfolio
    from wirflow.definition.reader import Reading


def prove(
    reading: Reading,
    *,
    portfolios: Sequence[Portfolio] = (),
    people: Collection[Person] = (),
    staffed: Collection[str] | None = None,
    effort: Effort = QUICK,
    known: Mapping[str, Workflow] | None = None,
    only: Collection[str] | None = None,
) -> Report:
    """Prove the workflows of a reading, and the cases of portfolios, by trying everything within bounds.

    Args:
        reading: what was read without errors; the workflows in it may link to one another.
        portfolios: cases as they stand; their invariants are proved.
        people: who is there to receive notices; nobody: not asked.
        staffed: the workflows in which these people take part; None: all.
        effort: how much is tried.
        known: workflows from elsewhere.
        only: the workflows about which something is to be said; None: all.
    """
    world = {name: plainly(one) for name, one in {**(known or {}), **reading.workflows}.items()}
    claims: list[Claim] = []
    extents: list[Extent] = []
    proofs = {
        name: DefinitionProof(
            world[name],
            reading.sources[name],
            world,
            effort,
            reading.invariants.get(name, ()),
            written=written,
        )
        for name, written in reading.workflows.items()
    }
    for name, proof in proofs.items():
        if only is None or name in only:
            claims += proof.claims()
            extents += [proof.extent, *proof.proved]
            if people and (staffed is None or name in staffed):
                claims += unheard(proof.workflow, proof.source, people)
    told = [item for item in signals(proofs) if _is_about(item, only, reading)]
    claims += told
    stated: dict[str, list[Invariant]] = {
        name: [item for item in reading.invariants.get(name, ()) if item not in proof.own]
        for name, proof in proofs.items()
    }
    for portfolio in portfolios:
        if not all(case.workflow in world for case in portfolio.cases):
            continue
        if portfolio.people and not people:
            used = dict.fromkeys(case.workflow for case in portfolio.cases)
            for name in used:
                if name in proofs:
                    claims += unheard(proofs[name].workflow, proofs[name].source, portfolio.people)
        for outcome in PortfolioProof(portfolio, world, effort, stated).outcomes():
            claims += outcome.claims
            extents.append(outcome.extent)
    unique = {(item.finding.place, item.finding.code, item.finding.message.en): item for item in claims}
    return Report(tuple(unique.values()), tuple(extents))


def _is_about(item: Claim, only: Collection[str] | None, reading: Reading) -> bool:
    files = {reading.sources[name].file for name in (reading.workflows if only is None else only)}
    return item.finding.place.file in files
