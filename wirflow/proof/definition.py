"""Proofs about one definition: its case runs in every way, against linked cases that may stand anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec import structs

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
from wirflow.proof.ends import DeadEnds
from wirflow.proof.exits import Exits
from wirflow.proof.oracle import Oracle
from wirflow.proof.presence import keeps
from wirflow.proof.pursuit import Pursuit
from wirflow.proof.refute import MANY, Kept, Roots, refute
from wirflow.proof.search import ENDLESS, Exploration, Goal, Search
from wirflow.proof.solver import FULL
from wirflow.proof.story import path_of, story_of
from wirflow.proof.subject import Subject
from wirflow.proof.walk import Walker
from wirflow.proof.world import Member, Node, Step, Told
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.definition.values import Value

KEY: Final = "CASE"
ENOUGH: Final = 6
"""Places in a state that are looked at for what is open there."""


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
    written: Workflow | None = None
    """As its author wrote it, with the questions about children; None: there are none."""

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
    def ends(self) -> DeadEnds:
        """Where a case can be stuck."""
        return DeadEnds(self)

    @cached_property
    def exits(self) -> Exits:
        """The places that nobody can be stuck in."""
        return Exits(self.member)

    @cached_property
    def goals(self) -> frozenset[Goal]:
        """What some run should show."""
        goals: set[Goal] = {("state", name) for name in self.workflow.state_by_name}
        goals |= {("taken", str(number)) for number, _ in self._numbered}
        goals |= {("fired", item.name) for item in self.subject.lean.deadlines}
        return frozenset(goals)

    @cached_property
    def found(self) -> Exploration:
        """What was found by walking anywhere."""
        search = Search(self.walker, self.effort.definition, goals=self.goals, modest=self.exits.all_sure)
        return search.run(self.walker.roots(self.member.domain.first))

    @cached_property
    def pursued(self) -> Pursuit:
        """What was found by looking for what was not met on the way."""
        pursuit = Pursuit(self.workflow, self.world, self.member, self.effort.invariant)
        for goal in sorted(self.goals - self.found.seen.keys()):
            if not self._is_news(goal):
                continue
            if self.found.whole and self.subject.is_clear:
                pursuit.refuted.add(goal)
            else:
                pursuit.look(goal)
        return pursuit

    def _is_news(self, goal: Goal) -> bool:
        """Whether the structural checks have not said already that it never comes about."""
        kind, name = goal
        if kind == "state":
            return name in self.paths.shortest
        if kind == "fired":
            return True
        item = self.workflow.transitions[int(name)]
        told = any(told.event == item.event for told in self.member.told)
        # Of what only deadlines bring about, it is said of these whether they fall due.
        return item.automatic or told or bool(item.by)

    def _shows(self, goal: Goal) -> bool:
        return goal in self.found.seen or goal in self.pursued.shown

    def _never_shows(self, goal: Goal) -> bool:
        """Whether it is certain that no run shows it."""
        return goal not in self.found.seen and goal in self.pursued.refuted

    @property
    def extent(self) -> Extent:
        """How far was looked."""
        found, pursued = self.found, self.pursued
        left = [self._title(goal) for goal in sorted(pursued.left)]
        left += [words.stuck_unsure(place) for place in self.ends.unsure]
        return Extent(
            subject=self.workflow.name,
            moments=len(found.places),
            decisions=found.decided + pursued.decided,
            depth=found.depth,
            whole=not left,
            left=tuple(left),
        )

    def _title(self, goal: Goal) -> Text:
        kind, name = goal
        if kind == "taken":
            return Text.same(self.workflow.transitions[int(name)].event)
        return Text.same(name)

    @cached_property
    def paths(self) -> Paths:
        """The graph, for what the structural checks have said already."""
        return Paths(self.workflow, tellers(self.world).get(self.workflow.name, frozenset()))

    def claims(self) -> Iterator[Claim]:
        """Everything that is claimed."""
        endless = list(self._endless())
        yield from endless
        if not endless:  # else much follows from it that need not be said
            yield from self._states()
            yield from self.ends.claims()
        yield from self._transitions(automatic=not endless)
        yield from self._deadlines()
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
    def standing(self) -> Mapping[str, tuple[int, ...]]:
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

    def _nodes(self, sources: Sequence[str]) -> list[Node]:
        """A moment for each place in which some state is active, those included to which no run was tried."""
        places = self.subject.stands.all()
        if places is None or not self.found.places:
            return [
                self.found.places[place].node for name in sources for place in self._corners.get(name, ())
            ]
        first = self.found.places[0].node
        wanted = set(sources)
        return [
            replace(first, cases=(structs.replace(first.cases[0], state=place),))
            for place in sorted(places)
            if not wanted.isdisjoint(self.workflow.active(place))
        ]

    def is_clear(self, number: int) -> bool:
        """Whether the values that are tried show all that the rules of a transition can say."""
        return all(self.subject.oracle.is_clear(text) for text in self.subject.rules(number))

    @cached_property
    def _never(self) -> Mapping[int, tuple[int | None, int]]:
        """Transitions that no run takes → the rule that never holds (None: all together), and a place."""
        table: dict[int, tuple[int | None, int]] = {}
        for number, _ in self._numbered:
            item = self.workflow.transitions[number]
            places = [place for name in item.sources for place in self._corners.get(name, ())]
            if self._shows(("taken", str(number))) or not places:
                continue
            sure = self._never_shows(("taken", str(number)))
            if not sure and not self.is_clear(number):
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
                    and self.subject.oracle.is_clear(text)
                    and not any(self.walker.could(node, 0, number, [(text, True)]) for node in nodes)
                ),
                None,
            )
            together = self.is_clear(number) and not any(
                self.walker.could(node, 0, number, self.subject.conditions(node.cases[0].state, number))
                for node in nodes
            )
            if never is not None or together or sure:
                table[number] = (never, places[0])
        return table

    def _states(self) -> Iterator[Claim]:
        """`never-reached`: a state that no run comes into, though the graph leads there."""
        told: set[str] = set()
        for state in self.workflow.states:
            if self._shows(("state", state.name)) or state.name not in self.paths.shortest:
                continue
            into = [
                number
                for number, _ in self._numbered
                if state.name in self.workflow.active(self.workflow.transitions[number].target or "")
            ]
            if state.parent in told:
                told.add(state.name)  # it is enough to say it of the state around it
                continue
            flat = state.parent is None and state.name not in self.workflow.inside
            never = flat and into and all(number in self._never or self._unstood(number) for number in into)
            if not never and not self._never_shows(("state", state.name)):
                continue
            told.add(state.name)
            place = next((self._never[number][1] for number in into if number in self._never), None)
            events = tuple(dict.fromkeys(self.workflow.transitions[number].event for number in into))
            yield self.claim(
                "never-reached", path_of(state.name), *words.never_reached(state.name, events), place
            )

    def _unstood(self, number: int) -> bool:
        """Whether no run ever stands where a transition begins."""
        return all(self._never_shows(("state", name)) for name in self.workflow.transitions[number].sources)

    # -- rules -------------------------------------------------------------------------

    def _transitions(self, *, automatic: bool) -> Iterator[Claim]:
        """`never-true`, `never-taken`, `hidden`, `always-true`."""
        for number, path in self._numbered:
            item = self.workflow.transitions[number]
            if item.automatic and not automatic:
                continue
            hides = self._hidden(number)
            if hides is not None:
                line = self.source.place_of(*self.subject.paths[hides]).line
                place = self.standing[item.sources[0]][0] if item.sources[0] in self.standing else None
                yield self.claim("hidden", (*path, "when"), *words.hidden(item.event, line), place)
                continue
            if number in self._never:
                which, place = self._never[number]
                if which is None:
                    yield self.claim("never-taken", path, *words.never_taken(item.event), place)
                else:
                    where = self._rule_path(number, which)
                    yield self.claim("never-true", where, *words.never_true(self._said(number, which)), place)
                continue
            for which, text in enumerate(self.subject.rules(number)):
                if self._is_written(number, which) and self._always_true(number, text):
                    where = self._rule_path(number, which)
                    yield self.claim(
                        "always-true",
                        where,
                        *words.always_true(self._said(number, which)),
                        None,
                        severity="warning",
                    )

    def _is_written(self, number: int, which: int) -> bool:
        """Whether the author wrote a rule, or a start implies it."""
        item = self.workflow.transitions[number]
        place = which - (1 if item.when else 0)
        return place < 0 or item.requires[place].otherwise != NEEDED

    def _said(self, number: int, which: int) -> str:
        """A rule in the words of its author."""
        item = (self.written or self.workflow).transitions[number]
        rules = (*((item.when,) if item.when else ()), *(rule.when for rule in item.requires))
        return rules[which] if which < len(rules) else self.subject.rules(number)[which]

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
        nodes = self._nodes(item.sources)
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
                yield self.claim("deadline-never-runs", path, *words.never_runs(item.name), places[0])
                continue
            failed = self.found.seen.get(("failed", item.name))
            if not item.fire or self._shows(("fired", item.name)):
                continue
            if failed is None:
                if self._never_shows(("fired", item.name)) and ("runs", item.name) in self.found.seen:
                    place = self.found.seen["runs", item.name]
                    said = words.never_due(item.name)
                    where = ("deadlines", item.name)
                    yield self.claim("deadline-never-due", where, *said, place, severity="warning")
                continue
            rows = {
                number
                for node in nodes
                for number, _ in self.subject.lean.open_transitions(node.cases[0].state, item.fire)
            }
            sure = self._never_shows(("fired", item.name))
            if not sure and not all(self.is_clear(number) for number in rows):
                continue
            impossible = not any(
                self.walker.could(node, 0, None, self.subject.conditions(node.cases[0].state, number))
                for node in nodes
                for number in rows
            )
            if impossible or sure:
                path = ("deadlines", item.name, "fire")
                yield self.claim(
                    "deadline-refused", path, *words.deadline_refused(item.name, item.fire), failed
                )

    def _endless(self) -> Iterator[Claim]:
        """`automatic-cycle`: facts with which automatic transitions follow one another without end."""
        circle = self.subject.stands.circle
        if not circle:
            return
        # Only who has walked knows whether already a start has no end.
        if not (self._shows(ENDLESS) or self.walker.endless):
            if not self.found.whole:
                self.pursued.look(ENDLESS)
            if not self._shows(ENDLESS):
                return
        place = self.found.seen.get(ENDLESS)
        events: tuple[str, ...] = tuple(self.workflow.transitions[number].event for number in circle)
        yield self.claim("automatic-cycle", self.subject.paths[circle[0]], *words.endless(events), place)

    # -- facts that nobody has set yet -------------------------------------------------

    def _unset(self) -> Iterator[Claim]:
        """`read-before-set`: a rule needs a fact that events fill, but none of them before."""
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
                    place = self.standing[item.sources[0]][0] if item.sources[0] in self.standing else None
                    where = self._rule_path(number, which)
                    yield self.claim("read-before-set", where, *words.unset(bare), place, severity="warning")

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
        places = keeps(self.workflow, oracle, item)
        if places is not None:
            title = f"{self.workflow.name}: {item.name}"
            self.proved.append(Extent(subject=title, moments=places, decisions=0, depth=0, whole=True))
            return

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
                broken=verdict.place is not None,
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

    def claim(
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
        """What is said of a part of the file, with the run to a place."""
        story = None if place is None else story_of([self.member], self.found, place, facts)
        where: Place = self.source.place_of(*path)
        trace = story.lines if story else ()
        return Claim(finding=Finding(code, where, message, hint, severity, trace), story=story)
