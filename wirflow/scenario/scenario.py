"""What a scenario says, checked and frozen; each part knows where it stands in its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from wirflow.core.profile import Profile
from wirflow.definition.finding import Place
from wirflow.definition.model import Workflow
from wirflow.definition.person import Person
from wirflow.definition.portfolio import Portfolio, PortfolioCase
from wirflow.definition.values import Value
from wirflow.render import Templates
from wirflow.text import Text

Sight = Literal["state", "data", "due", "warning"]

ANY = ""
"""As words of a refusal: whichever they are."""

TOGETHER = " + "
"""Stands between the states of a case that is in several at once."""


def stands(place: str, wanted: str) -> bool:
    """Whether a case is in a state, or in all of several.

    Args:
        place: the innermost states in which it is: `approved`, `review.formal`, `a.x + b.y`.
        wanted: states in which it should be, inner or outer ones: `review`, `b`, `a + b.y`.
    """
    leaves = place.split(TOGETHER)
    return all(
        any(leaf == name or leaf.startswith(f"{name}.") for leaf in leaves) for name in wanted.split(TOGETHER)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The office in which scenarios are played."""

    workflows: Mapping[str, Workflow]
    templates: Templates
    profile: Profile
    """Its people take part where a scenario and its portfolio name none."""
    portfolios: Mapping[str, Path]
    """Portfolios by the names under which scenarios find them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Somebody does something to a case."""

    key: str
    event: str
    actor: str
    given: Mapping[str, Value]
    on: date | None
    """The earlier day on which it counts."""
    reason: str | None
    refused: str | None
    """It has to be refused, and the refusal has to contain these words; `ANY`: whichever."""
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One thing that has to be so with a case."""

    key: str
    what: Sight
    name: str
    """The field, deadline or warning; empty for the state."""
    value: Value | None
    """The state, the value, or the day; None: there is no such deadline. A warning has none."""
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A notice that has to have been written."""

    case: str
    template: str
    to: str
    """The role that receives it."""
    kind: str
    on: date | None
    """The day on which it counts; None: any."""
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A moment, and what happens then or has to be so."""

    number: int
    at: datetime
    """In the office's own time, without a zone."""
    place: Place
    scheduler: Literal["up", "down"] | None = None
    start: PortfolioCase | None = None
    recorder: str | None = None
    """Who starts it; None: whoever records the portfolio, or the first person."""
    start_refused: str | None = None
    """It must not start, and the refusal has to contain these words; `ANY`: whichever."""
    act: Act | None = None
    expected: tuple[Expected, ...] = ()
    notices: tuple[Wanted, ...] | None = None
    """The notices since the last step that names some; an empty one: there are none."""
    exactly: bool = False
    """And there are no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SameAs:
    """A scenario ends like another one."""

    scenario: str
    states: bool
    statutory_notices: bool
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A future of an office."""

    name: str
    title: Text
    place: Place
    portfolio: Portfolio | None = None
    people: tuple[Person, ...] = ()
    steps: tuple[Step, ...] = ()
    until: datetime | None = None
    same_as: SameAs | None = None
    folder: Path | None = None
    """Where the scenarios are to which it compares itself."""
