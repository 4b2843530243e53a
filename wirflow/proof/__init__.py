"""Proofs by trying everything: a bounded model checker over `core.decide`.

    report = prove(reading, portfolios=[portfolio])
    report.findings
    report.claims[0].story.lines
    report.extents[0].text

No semantics is written twice: every step of every run is decided by the core, on
concrete values; only which values are worth trying is worked out here.
"""

from wirflow.proof.claim import DEEP, QUICK, Claim, Effort, Extent, Report
from wirflow.proof.prove import prove
from wirflow.proof.story import Story

__all__ = ["DEEP", "QUICK", "Claim", "Effort", "Extent", "Report", "Story", "prove"]
