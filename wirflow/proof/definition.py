"""Proofs about one definition: its case runs in every way, against linked cases that may stand anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Final

from wirflow.definition.finding import Finding, Place, Severity
from wirflow.definition.invariant import Invariant, asked_of
from wirflow.definition.log import Source
from wirflow.definition.model import CORRECT, Workflow
from wirflow.definition.paths import Paths
from wirflow.definition.signals import tellers
from wirflow.proof import words
from wirflow.proof.abstract import NEEDED
from wirflow.proof.claim import Claim, Effort, Extent
from wirflow.proof.domain import Domain
from wirflow.proof.oracle import Oracle
from wirflow.proof.refute import MANY, Kept, Roots, refute
from wirflow.proof.search import Exploration, Goal, Search, leading
from wirflow.proof.solver import FULL
from wirflow.proof.story import Story
from wirflow.proof.subject import Subject, fills
from wirflow.proof.walk import Walker
from wirflow.proof.world import Member, Node, Step, Told

if TYPE_CHECKING:
    from wirflow.definition.values import Value
    from wirflow.text import Text

KEY: Final = "CASE"
ENOUGH: Final = 6
"""Places in a state that are looked at for what is open there."""
MAX_GAPS: Final = 240
"""Combinations of facts that are tried at a place where each way out asks for some."""


def told_to(name: str, world: Mapping[str, Workflow]) -> tuple[Told, ...]:
    """What the cases of a workflow may be told by those of others."""
    found = [
        Told(event=signal.event, fields=tuple(row.field for row in signal.values), by=other.name)
        for other in world.values()
        for item in other.transitions
        for signal in item.tell
        if name in other.reached(signal.to)
    ]
    return tuple(dict.fromkeys(found))


@dataclass
class DefinitionProof:
    """The proofs about one definition."""

    workflow: Workflow
    source: Source
    world: Mapping[str, Workflow]
    effort: Effort
    invariants: Sequence[Invariant] = ()
    proved: list[Extent] = field(default_factory=list)
    """How far each invariant was looked at."""

    @cached_property
    def subject(self) -> Subject:
        """The workflow, prepared."""
        return Subject(self.workflow, self.world)

    @cached_property
    def member(self) -> Member:
        """Its case."""
        return Member(
            key=KEY,
            subject=self.subject,
            domain=Domain(self.subject, [item.text for item in self.own]),
            told=told_to(self.workflow.name, self.world),
            lazy=True,
        )

    @cached_property
    def own(self) -> tuple[Invariant, ...]:
        """The invariants that speak of nothing but the case itself, and of every moment.

        The others need cases as they stand: portfolios prove them.
        """
        oracle = Oracle(asked_of(self.workflow))
        links = set(self.workflow.link_by_name)
        return tuple(
            item
            for item in self.invariants
            if item.by is None
            and links.isdisjoint(name.partition(".")[0] for name in oracle.names(item.text))
        )

    @cached_property
    def walker(self) -> Walker:
        """Who walked."""
        return Walker([self.member])

    @cached_property
    def found(self) -> Exploration:
        """What was found."""
        goals: set[Goal] = {("state", name) for name in self.workflow.state_by_name}
        goals |= {("taken", str(number)) for number, _ in self._numbered}
        goals |= {("fired", item.name) for item in self.subject.lean.deadlines}
        search = Search(self.walker, self.effort.definition, goals=frozenset(goals))
        return search.run(self.walker.roots(self.member.domain.first))

    @property
    def extent(self) -> Extent:
        """How far was looked."""
        found = self.found
        return Extent(
            subject=self.workflow.name,
            moments=len(found.places),
            decisions=found.decided,
            depth=found.depth,
            whole=found.whole,
        )

    @cached_property
    def paths(self) -> Paths:
        """The graph, for what the structural checks have said already."""
        return Paths(self.workflow, tellers(self.world).get(self.workflow.name, frozenset()))

    def claims(self) -> Iterator[Claim]:
        """Everything that is claimed."""
        yield from self._states()
        yield from self._transitions()
        yield from self._deadlines()
        yield from self._dead_ends()
        yield from self._unset()
        for item in self.own:
            yield from self._always(item)

    # -- what is reached ---------------------------------------------------------------

    @cached_property
    def _numbered(self) -> tuple[tuple[int, tuple[str | int, ...]], ...]:
        return tuple(
            (number, path)
            for number, (path, item) in enumerate(
                zip(self.subject.paths, self.workflow.transitions, strict=True)
            )
            if item.event != CORRECT
        )

    @cached_property
    def _standing(self) -> Mapping[str, tuple[int, ...]]:
        """State → the first few places at which the case stands in it."""
        table: dict[str, tuple[int, ...]] = {}
        for number, place in enumerate(self.found.places):
            for name in self.workflow.active(place.node.cases[0].state):
                known = table.get(name, ())
                if len(known) < ENOUGH:
                    table[name] = (*known, number)
        return table

    @cached_property
    def _corners(self) -> Mapping[str, tuple[int, ...]]:
        """State → a place for each way in which the case stands in it: beside it others may be active."""
        table: dict[str, dict[str, int]] = {}
        for number, place in enumerate(self.found.places):
            stand = place.node.cases[0].state
            for name in self.workflow.active(stand):
                table.setdefault(name, {}).setdefault(stand, number)
        return {name: tuple(row.values()) for name, row in table.items()}

    def _clear(self, number: int) -> bool:
        """Whether the values that are tried show all that the rules of a transition can say."""
        return all(self.subject.oracle.is_clear(text) for text in self.subject.rules(number))

    @cached_property
    def _never(self) -> Mapping[int, tuple[int | None, int]]:
        """Transitions that no run takes → the rule that never holds (None: all together), and a place."""
        table: dict[int, tuple[int | None, int]] = {}
        for number, _ in self._numbered:
            item = self.workflow.transitions[number]
            places = [place for name in item.sources for place in self._corners.get(name, ())]
            if ("taken", str(number)) in self.found.seen or not places or not self._clear(number):
                continue
            if not any(self.paths.usable(item, name) for name in item.sources) and not item.automatic:
                continue
            nodes = [self.found.places[place].node for place in places]
            rules = self.subject.rules(number)
            never = next(
                (
                    which
                    for which, text in enumerate(rules)
                    if self.subject.reads(text)
                    and not any(self.walker.could(node, 0, number, [(text, True)]) for node in nodes)
                ),
                None,
            )
            together = not any(
                self.walker.could(node, 0, number, self.subject.conditions(node.cases[0].state, number))
                for node in nodes
            )
            if never is not None or together or (self.found.whole and not item.automatic):
                table[number] = (never, places[0])
        return table

    def _states(self) -> Iterator[Claim]:
        """`never-reached`: a state that no run comes into, though the graph leads there."""
        for state in self.workflow.states:
            if ("state", state.name) in self.found.seen or state.name not in self.paths.shortest:
                continue
            into = [
                number
                for number, _ in self._numbered
                if self.workflow.transitions[number].target == state.name
            ]
            inner = state.parent is not None or state.name in self.workflow.inside
            if (
                inner
                or not into
                or not all(number in self._never or self._unstood(number) for number in into)
            ):
                continue
            place = next((self._never[number][1] for number in into if number in self._never), None)
            events = tuple(dict.fromkeys(self.workflow.transitions[number].event for number in into))
            yield self._claim(
                "never-reached", ("states", state.name), *words.never_reached(state.name, events), place
            )

    def _unstood(self, number: int) -> bool:
        """Whether no run ever stands where a transition begins, and all of them were tried."""
        return self.found.whole and not any(
            ("state", name) in self.found.seen for name in self.workflow.transitions[number].sources
        )

    # -- rules -------------------------------------------------------------------------

    def _transitions(self) -> Iterator[Claim]:
        """`never-true`, `never-taken`, `hidden`, `always-true`."""
        for number, path in self._numbered:
            item = self.workflow.transitions[number]
            hides = self._hidden(number)
            if hides is not None:
                line = self.source.place_of(*self.subject.paths[hides]).line
                place = self._standing[item.sources[0]][0] if item.sources[0] in self._standing else None
                yield self._claim("hidden", (*path, "when"), *words.hidden(item.event, line), place)
                continue
            if number in self._never:
                which, place = self._never[number]
                if which is None:
                    yield self._claim("never-taken", path, *words.never_taken(item.event), place)
                else:
                    text = self.subject.rules(number)[which]
                    where = self._rule_path(number, which)
                    yield self._claim("never-true", where, *words.never_true(text), place)
                continue
            for which, text in enumerate(self.subject.rules(number)):
                if self._is_written(number, which) and self._always_true(number, text):
                    where = self._rule_path(number, which)
                    yield self._claim(
                        "always-true", where, *words.always_true(text), None, severity="warning"
                    )

    def _is_written(self, number: int, which: int) -> bool:
        """Whether the author wrote a rule, or a start implies it."""
        item = self.workflow.transitions[number]
        place = which - (1 if item.when else 0)
        return place < 0 or item.requires[place].otherwise != NEEDED

    def _rule_path(self, number: int, which: int) -> tuple[str | int, ...]:
        path, item = self.subject.paths[number], self.workflow.transitions[number]
        if item.when:
            if which == 0:
                return (*path, "when")
            which -= 1
        return (*path, "requires", which, "when")

    def _hidden(self, number: int) -> int | None:
        """The alternative that wins wherever this one would hold."""
        item = self.workflow.transitions[number]
        if item.when is None or not self.subject.oracle.is_clear(item.when):
            return None
        found = None
        for name in item.sources:
            for place in self._corners.get(name, ()):
                node = self.found.places[place].node
                rows = self.subject.lean.open_transitions(node.cases[0].state, item.event)
                before = [other for other, _ in rows if other < number]
                whens = [self.workflow.transitions[other].when for other in before]
                if not before or any(
                    text is None or not self.subject.oracle.is_clear(text) for text in whens
                ):
                    return None
                if not self.walker.could(node, 0, number, [(item.when, True)]):
                    return None
                against = [(text, False) for text in whens if text]
                if self.walker.could(node, 0, number, [*against, (item.when, True)]):
                    return None
                found = before[-1]
        return found

    def _always_true(self, number: int, text: str) -> bool:
        """Whether a rule never refuses anything, whatever the facts are."""
        item = self.workflow.transitions[number]
        if not self.subject.reads(text) or not self.subject.oracle.is_clear(text):
            return False
        if "active" in self.subject.reads(text) and not self.found.whole:
            return False
        nodes = [
            self.found.places[place].node for name in item.sources for place in self._corners.get(name, ())
        ]
        return bool(nodes) and not any(self.walker.could(node, 0, number, [(text, False)]) for node in nodes)

    # -- deadlines ---------------------------------------------------------------------

    def _deadlines(self) -> Iterator[Claim]:
        """`deadline-never-runs`, `deadline-refused`."""
        for item in self.workflow.deadlines:
            places = [place for name in item.states for place in self._corners.get(name, ())]
            nodes = [self.found.places[place].node for place in places]
            if not nodes:
                continue
            clear = item.when is None or self.subject.oracle.is_clear(item.when)
            if (
                item.when
                and clear
                and not any(self.walker.could(node, 0, None, [(item.when, True)]) for node in nodes)
            ):
                path = ("deadlines", item.name, "when")
                yield self._claim("deadline-never-runs", path, *words.never_runs(item.name), places[0])
                continue
            failed = self.found.seen.get(("failed", item.name))
            if not item.fire or failed is None or ("fired", item.name) in self.found.seen:
                continue
            rows = {
                number
                for node in nodes
                for number, _ in self.subject.lean.open_transitions(node.cases[0].state, item.fire)
            }
            if not all(self._clear(number) for number in rows):
                continue
            impossible = not any(
                self.walker.could(node, 0, None, self.subject.conditions(node.cases[0].state, number))
                for node in nodes
                for number in rows
            )
            if impossible or self.found.whole:
                path = ("deadlines", item.name, "fire")
                yield self._claim(
                    "deadline-refused", path, *words.deadline_refused(item.name, item.fire), failed
                )

    # -- dead ends ---------------------------------------------------------------------

    def _dead_ends(self) -> Iterator[Claim]:
        """`dead-end`: a case that is stuck, whoever acts and however long one waits."""
        if self.walker.gave_up:
            return
        found = self.found
        told: set[str] = set()
        going = [
            number
            for number, place in enumerate(found.places)
            if number not in found.expanded
            or self.workflow.place(place.node.cases[0].state).final
            or any(
                found.places[other].node.cases[0].state != place.node.cases[0].state
                for other in found.edges[number]
            )
        ]
        leads = leading(found.edges, going)
        stuck = [number for number in range(len(found.places)) if number not in leads]
        for number in sorted(stuck, key=lambda item: found.places[item].depth):
            state = found.places[number].node.cases[0].state
            if state not in told and self._may_be_stuck(state):
                told.add(state)
                yield self._stuck(state, number, None)
        for name, places in self._standing.items():
            if name in told or name not in self.workflow.state_by_name:
                continue
            for number in places:
                gap = self._gap(found.places[number].node)
                if gap is not None and self._may_be_stuck(found.places[number].node.cases[0].state):
                    told.add(name)
                    yield self._stuck(name, number, gap)
                    break

    def _ways(self, state: str) -> list[tuple[int, Sequence[str] | None]]:
        """The transitions that may lead on from a state, each with what a signal brings; None: a person."""
        lean = self.subject.lean
        ways: list[tuple[int, Sequence[str] | None]] = []
        for event in lean.events:
            for number, item in lean.open_transitions(state, event):
                if item.target in {None, state} or event == CORRECT:
                    continue
                if item.by:
                    ways.append((number, None))
                ways += [(number, told.fields) for told in self.member.told if told.event == event]
        return ways

    def _may_be_stuck(self, state: str) -> bool:
        """Whether a dead end would be news, and can be known."""
        ways = self._ways(state)
        own = [step for name in self.workflow.active(state) for step in self.paths.steps(name)]
        return bool(own) and all(self._clear(number) for number, _ in ways)

    def _gap(self, node: Node) -> Mapping[str, Value] | None:
        """Facts of the start with which no way leads on, though with others one does."""
        state = node.cases[0].state
        lean = self.subject.lean
        fires = any(item.fire for item in self.subject.deadlines_in(state))
        ends = self.workflow.place(state).final or fires
        if ends or lean.automatic or not self.subject.flat:
            return None
        open_ = node.undecided[0] & lean.field_by_name.keys()
        ways = self._ways(state)
        names: set[str] = set()
        for number, _ in ways:
            reads = {
                name.removeprefix("old.")
                for text, _ in self.subject.conditions(state, number)
                for name in self.subject.reads(text)
            } - {row.field for row in lean.transitions[number].input}
            if not reads & open_:
                return None
            names |= reads & open_
        changes = {
            name
            for event in lean.events
            if event != CORRECT
            for _, item in lean.open_transitions(state, event)
            for name in fills(item)
        }
        rows = sorted(names)
        values = [self.member.domain.values(name) for name in rows if self.member.domain.kind(name) != "date"]
        if not rows or len(values) < len(rows) or names & changes:
            return None  # days have no few values, and what can be changed on the spot stands against nothing
        for count, picked in enumerate(product(*values)):
            if count >= MAX_GAPS:
                return None
            facts = dict(zip(rows, picked, strict=True))
            case = replace(node.cases[0], data={**node.cases[0].data, **facts})
            fixed = replace(node, cases=(case,), undecided=(node.undecided[0] - names,))
            if not any(
                next(self.walker.solutions(fixed, 0, number, payload), None) is not None
                for number, payload in ways
            ):
                return facts
        return None

    def _stuck(self, state: str, place: int, facts: Mapping[str, Value] | None) -> Claim:
        path = ("states", *state.split(" + ", maxsplit=1)[0].split("."))
        where = tuple(part for step in path[1:] for part in ("states", step))
        return self._claim("dead-end", where, *words.dead_end(state), place, facts=facts or {})

    # -- facts that nobody has set yet -------------------------------------------------

    def _unset(self) -> Iterator[Claim]:
        """`read-before-set`: a rule needs a fact that events fill, but none of them before."""
        if not self.subject.flat:
            return
        written = self.subject.written
        for number, _ in self._numbered:
            item = self.workflow.transitions[number]
            for which, text in enumerate(self.subject.rules(number)):
                if not self._is_written(number, which):
                    continue
                for name in sorted(set(self.subject.reads(text))):
                    bare = name.removeprefix("old.")
                    fact = self.workflow.field_by_name.get(bare)
                    given = name == bare and any(row.field == bare for row in item.input)
                    if (
                        fact is None
                        or given
                        or fact.required
                        or fact.default is not None
                        or bare not in written
                    ):
                        continue
                    if self.subject.filled_before(bare, number) or not self._needs(
                        item.sources, number, text, bare
                    ):
                        continue
                    place = self._standing[item.sources[0]][0] if item.sources[0] in self._standing else None
                    where = self._rule_path(number, which)
                    yield self._claim("read-before-set", where, *words.unset(bare), place, severity="warning")

    def _needs(self, sources: Sequence[str], number: int, text: str, name: str) -> bool:
        """Whether a rule can hold at all without a fact: if so, its author knows that it may be absent."""
        for state in sources:
            for place in self._corners.get(state, ()):
                node = self.found.places[place].node
                if self.walker.could(node, 0, number, [(text, True)], without=name):
                    return False
        return True

    # -- invariants --------------------------------------------------------------------

    def _always(self, item: Invariant) -> Iterator[Claim]:
        """`invariant`: a run in which it does not hold."""
        oracle = Oracle(asked_of(self.workflow))
        names = frozenset(oracle.names(item.text)) & frozenset(self.workflow.field_by_name)

        def build(kept: Kept | None) -> tuple[Walker, Roots]:
            rules = None if kept is None else frozenset(row[1:] for row in kept)
            subject = Subject(self.workflow, self.world, kept=rules, near=frozenset(), watched=names)
            member = replace(
                self.member,
                subject=subject,
                domain=Domain(subject, [item.text]),
                watched=names,
                weighed=names,
                asked=names,
            )
            walker = Walker([member], full=FULL if kept is None else MANY)
            roots = walker.roots(self.member.domain.first)
            # Facts of a start are facts: constraints refuse them, invariants speak of what comes after.
            return walker, [row for row in roots if self.holds(oracle, item, row[1])]

        def broken(node: Node, step: Step) -> bool:
            return node.rests and step.kind != "start" and not self.holds(oracle, item, node)

        verdict = refute(build, broken, self.effort.invariant)
        self.proved.append(
            Extent(
                subject=f"{self.workflow.name}: {item.name}",
                moments=len(verdict.found.places),
                decisions=verdict.decided,
                depth=verdict.found.depth,
                whole=verdict.place is None and verdict.found.whole,
            )
        )
        if verdict.place is not None:
            story = story_of([replace(self.member, watched=names)], verdict.found, verdict.place)
            finding = Finding("invariant", item.place, *words.broken(item.title), trace=story.lines)
            yield Claim(finding=finding, story=story)
        elif verdict.unsure:
            said = words.undecided(item.title)
            yield Claim(finding=Finding("invariant-undecided", item.place, *said, severity="warning"))

    def holds(self, oracle: Oracle, item: Invariant, node: Node) -> bool:
        """Whether an invariant holds at a moment; one that needs an absent fact does."""
        case = node.cases[0]
        facts: dict[str, Value] = {
            **case.data,
            "state": case.state,
            "active": self.workflow.active(case.state),
            "key": case.key,
            "today": node.today,
            "final": self.workflow.place(case.state).final,
        }
        return oracle.ask(item.text, facts) is not False

    # -- saying it ---------------------------------------------------------------------

    def _claim(
        self,
        code: str,
        path: tuple[str | int, ...],
        message: Text,
        hint: Text | None,
        place: int | None,
        *,
        severity: Severity = "error",
        facts: Mapping[str, Value] | None = None,
    ) -> Claim:
        story = None if place is None else story_of([self.member], self.found, place, facts)
        where: Place = self.source.place_of(*path)
        trace = story.lines if story else ()
        return Claim(finding=Finding(code, where, message, hint, severity, trace), story=story)


def story_of(
    members: Sequence[Member],
    found: Exploration,
    place: int,
    facts: Mapping[str, Value] | None = None,
    portfolio: str | None = None,
) -> Story:
    """The run to a place, with the facts of the start that were chosen on the way."""
    steps = found.way(place)
    end = found.places[place].node
    start: dict[str, Value] = {}
    if portfolio is None:
        start = start_of(members[0], steps, facts)
    return Story(members=tuple(members), steps=steps, end=end, portfolio=portfolio, start=start)


def start_of(
    member: Member, steps: Sequence[Step], facts: Mapping[str, Value] | None = None
) -> dict[str, Value]:
    """The facts with which a case starts: those that it needs, and those that turned out to matter."""
    workflow, domain = member.subject.workflow, member.domain
    start: dict[str, Value] = {}
    for item in workflow.fields:
        if item.required:
            values = (
                domain.dates(item.name, domain.first, {}) if item.type == "date" else domain.values(item.name)
            )
            start[item.name] = values[0]
    for step in steps:
        start |= {name: value for name, value in step.chosen.items() if value is not None}
    return start | dict(facts or {})
