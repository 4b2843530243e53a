"""What came of an event, for whoever wanted it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wirflow.core.case import Facts
from wirflow.core.decide import warnings
from wirflow.core.decision import Decision
from wirflow.core.letters import NewNotice
from wirflow.definition.model import Workflow

if TYPE_CHECKING:
    from wirflow.core.batch import Kept
    from wirflow.core.case import Case
    from wirflow.definition.model import Warn


class Outcome(Struct, frozen=True, kw_only=True):
    """What was written, or, of a trial, what would have been."""

    workflow: Workflow
    decision: Decision
    digest: str
    facts: Facts
    notices: tuple[NewNotice, ...]

    @classmethod
    def of(cls, kept: Kept) -> Outcome:
        """What a decision says that entered a batch."""
        return cls(
            workflow=kept.workflow,
            decision=kept.decision,
            digest=kept.written.digest,
            facts=kept.facts,
            notices=kept.written.notices,
        )

    @property
    def case(self) -> Case:
        """The case after the event."""
        return replace(self.decision.case, digest=self.digest)

    @property
    def warnings(self) -> tuple[Warn, ...]:
        """What should be known about the case from now on, though nothing was refused."""
        return warnings(self.workflow, self.decision.case, self.facts)
