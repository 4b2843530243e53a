"""What a simulation starts from: the cases of an office at one instant, and the timers that run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from wirflow.core.case import Case, Timer
from wirflow.core.profile import Profile
from wirflow.definition.model import Workflow
from wirflow.render import Templates


class Armed(NamedTuple):
    """A timer and the case that it belongs to."""

    case: str
    timer: Timer


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A frozen snapshot: simulating it changes nothing in it."""

    now: datetime
    """The instant at which it was taken, UTC."""
    cases: Mapping[str, Case]
    """Key → case, personal values included."""
    definitions: Mapping[str, Workflow]
    """Key → the definition that the case pins."""
    timers: tuple[Armed, ...]
    """In the order in which they were armed: of those due at one instant, the first fires first."""
    profile: Profile
    templates: Templates
    newest: Mapping[str, Workflow] = field(default_factory=dict)
    """Name → the definition that a new case would pin."""
