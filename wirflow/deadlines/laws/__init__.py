"""The rules of law that ship with wirflow, one file for each field of law."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.deadlines.laws import civil, council, eu, grants, procedure, staff

if TYPE_CHECKING:
    from wirflow.deadlines.rule import Rule


def shipped() -> tuple[Rule, ...]:
    """All rules that ship with wirflow, in the order in which the reference lists them."""
    return (*civil.RULES, *procedure.RULES, *grants.RULES, *eu.RULES, *staff.RULES, *council.RULES)
