"""The catalogue of findings: what each code means and how to mend it.

The reference page and SARIF are made of it; a test holds it to the source, so
that no finding is without its words.
"""

from __future__ import annotations

from typing import Final

from wirflow.definition.codes_proving import CASES, OFFICE, PROOF
from wirflow.definition.codes_reading import EXPRESSION, FILE, SHAPE
from wirflow.definition.codes_runs import RUNS

CHAPTERS: Final = (FILE, SHAPE, EXPRESSION, PROOF, RUNS, CASES, OFFICE)
"""All kinds of findings, in the order of the reference."""

CODES: Final = {code.name: code for chapter in CHAPTERS for code in chapter.codes}
"""All codes by their names."""
