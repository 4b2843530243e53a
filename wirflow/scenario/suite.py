"""Several scenarios together: each is played once, compared with those it names, and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wirflow.scenario.coverage import Coverage, coverage
from wirflow.scenario.difference import NOTHING, Difference
from wirflow.scenario.player import Played, play
from wirflow.scenario.reader import read_scenario
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wirflow.scenario.scenario import SameAs, Scenario, Setting


@dataclass(frozen=True, slots=True)
class Run:
    """How several scenarios went, and what they exercise together."""

    played: tuple[Played, ...]
    coverage: Coverage


def play_all(
    scenarios: Sequence[Scenario], setting: Setting, progress: Callable[[Played], None] | None = None
) -> Run:
    """Play scenarios, and compare those that say so with one another.

    Args:
        scenarios: which.
        setting: the office in which they are played.
        progress: called with each that was played.

    Raises:
        DefinitionError: a scenario to which one is compared has errors.
        WorldError: there is no room for a database.
    """
    stage = _Stage(setting)
    found = []
    for scenario in scenarios:
        played = stage.play(scenario)
        same = scenario.same_as
        if same and scenario.folder:
            other = stage.other(scenario.folder / f"{same.scenario}.yaml")
            played = replace(played, differences=(*played.differences, *_compare(played, other, same)))
        found.append(played)
        if progress:
            progress(played)
    taken = {name for played in found for name in played.workflows}
    return Run(tuple(found), coverage(setting.workflows, taken, [played.tally for played in found]))


class _Stage:
    """Plays each scenario once, however often it is asked for."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._known: dict[str, Played] = {}

    def play(self, scenario: Scenario) -> Played:
        file = str(Path(scenario.place.file).resolve())
        if file not in self._known:
            self._known[file] = play(scenario, self._setting)
        return self._known[file]

    def other(self, path: Path) -> Played:
        known = self._known.get(str(path.resolve()))
        return known or self.play(read_scenario(path, self._setting).checked())


def _compare(one: Played, other: Played, same: SameAs) -> Iterator[Difference]:
    """Where two scenarios end otherwise."""

    def differ(key: str, name: str, expected: Text, found: Text) -> Difference:
        return Difference(
            place=same.place,
            step=0,
            at=None,
            what="end",
            key=key,
            name=f"{same.scenario}{name}",
            expected=expected,
            found=found,
        )

    if same.states:
        for key in dict.fromkeys((*other.states, *one.states)):
            here, there = one.states.get(key), other.states.get(key)
            if here != there:
                yield differ(key, "", _named(there), _named(here))
    if same.statutory_notices:
        mine, theirs = Counter(one.statutory), Counter(other.statutory)
        for notice in sorted((theirs - mine).elements()):
            yield differ(notice.case, f" ({notice.template})", notice.words, NOTHING)
        for notice in sorted((mine - theirs).elements()):
            yield differ(notice.case, f" ({notice.template})", NOTHING, notice.words)


def _named(state: str | None) -> Text:
    return NOTHING if state is None else Text.same(state)
