"""Proofs about the cases of a portfolio: what must hold in every run from where they stand.

Only the cases of which an invariant speaks are looked at closely.  All others may
say anything at any time, which is more than they can: what holds then holds.  If
it does not, those that took part in the counterexample are looked at closely too,
until the run is one that can really happen, or none is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from wirflow.clock import end_of_day
from wirflow.core.case import Case, LinkedCase
from wirflow.core.decision import Decision
from wirflow.definition.expression import read
from wirflow.definition.finding import Finding
from wirflow.definition.invariant import FINAL, Invariant, asked_of_cases
from wirflow.definition.model import CHILDREN, HEARD, PARENT, Workflow
from wirflow.definition.portfolio import Portfolio
from wirflow.definition.values import Value, from_json
from wirflow.errors import InputError
from wirflow.proof import words
from wirflow.proof.abstract import SOMEBODY, always
from wirflow.proof.answers import KIDS
from wirflow.proof.claim import Claim, Effort, Extent
from wirflow.proof.domain import Domain
from wirflow.proof.oracle import Oracle
from wirflow.proof.refute import MANY, Kept, Roots, refute
from wirflow.proof.solver import FULL
from wirflow.proof.story import Story, story_of
from wirflow.proof.subject import Subject
from wirflow.proof.walk import Walker
from wirflow.proof.world import ZONE, Member, Node, Step, Told, begin
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.definition.portfolio import PortfolioCase
    from wirflow.proof.search import Exploration

_OWN: Final = "this_"
"""What a case is called in an invariant of its own definition."""
NOON: Final = time(12)
"""When the facts of a portfolio count."""
MAX_IDLE: Final = 5_000
"""Deadlines that are followed while nobody acts."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an invariant."""

    claims: tuple[Claim, ...]
    extent: Extent


@dataclass
class PortfolioProof:
    """The proofs about the cases of one portfolio."""

    portfolio: Portfolio
    world: Mapping[str, Workflow]
    effort: Effort
    stated: Mapping[str, Sequence[Invariant]]
    """Workflow → the invariants of its definition that need cases as they stand."""

    def outcomes(self) -> Iterator[Outcome]:
        """One after the other, the portfolio's own first; none if its cases cannot begin as they stand."""
        if not self._begins:
            return
        for item in self.portfolio.invariants:
            yield self._outcome(item, self.portfolio.name)
        for case in self.portfolio.cases:
            for item in self.stated.get(case.workflow, ()):
                yield self._outcome(_about(item, case, self.world[case.workflow]), case.key)

    def _outcome(self, item: Invariant, subject: str) -> Outcome:
        name = f"{subject}: {item.name}"
        if item.by is not None and not item.whoever_acts:
            return self._idle(item, name)
        return self._search(item, name)

    # -- where it begins ---------------------------------------------------------------

    @cached_property
    def cases(self) -> Mapping[str, PortfolioCase]:
        """The cases by their keys."""
        return {case.key: case for case in self.portfolio.cases}

    @cached_property
    def moment(self) -> datetime:
        """When the facts count."""
        return datetime.combine(self.portfolio.on, NOON, ZoneInfo(ZONE)).astimezone(ZoneInfo("UTC"))

    @cached_property
    def _sights(self) -> Mapping[str, LinkedCase]:
        """The cases as others see them at the beginning."""
        found = {}
        for key, case in self.cases.items():
            workflow = self.world[case.workflow]
            data = _defaults(workflow) | dict(case.data)
            found[key] = LinkedCase(key=key, state=case.state or workflow.initial.name, data=data)
        return found

    def _members(self, focus: Sequence[str], item: Invariant, kept: Kept | None = None) -> list[Member]:
        """The cases that are looked at closely, with some of their rules or with all."""
        subjects = {key: self._subject(key, focus, kept) for key in focus}
        found = []
        for key in focus:
            case = self.cases[key]
            subject = subjects[key]
            rows = [
                (Oracle(self._asked(item)), item.text, {one for one, to in item.keys.items() if to == key})
            ]
            for other in focus:
                links = {link for link, to in self.cases[other].links.items() if to == key}
                rows += [(subjects[other].oracle, text, links) for text in subjects[other].texts()]
            watched, weighed = _far_reads(rows)
            fields = set(subject.workflow.field_by_name)
            told = tuple(
                dict.fromkeys(
                    one
                    for other in self.cases.values()
                    for one in self._tells(other, key, near=other.key in focus)
                )
            )
            found.append(
                Member(
                    key=key,
                    subject=subject,
                    domain=Domain(subject, (), self._present(case, subject), [item.by] if item.by else []),
                    told=told,
                    watched=frozenset(watched & fields),
                    weighed=frozenset(weighed & fields),
                    people=self.portfolio.people,
                )
            )
        return found

    def _subject(self, key: str, focus: Sequence[str], kept: Kept | None) -> Subject:
        """The workflow of a case as it is looked at."""
        case = self.cases[key]
        workflow = self.world[case.workflow]
        near = frozenset(link for link, other in case.links.items() if other in focus)
        rules = None if kept is None else frozenset(row[1:] for row in kept if row[0] == workflow.name)
        signalled = frozenset(
            one.event
            for other in focus
            if other != key
            for one in self._tells(self.cases[other], key, near=False)
        )
        name = (case.workflow, rules, near, signalled)
        known = self._prepared.get(name)
        if known is None:
            # What others read of it is read of all fields alike: few of them are computed.
            fields = frozenset(workflow.field_by_name)
            known = Subject(workflow, self.world, kept=rules, near=near, watched=fields, signalled=signalled)
            self._prepared[name] = known
        return known

    @cached_property
    def _prepared(self) -> dict[object, Subject]:
        return {}

    def _tells(self, case: PortfolioCase, key: str, *, near: bool) -> Iterator[Told]:
        """What one case may tell another; if it is looked at closely itself, only as its parent."""
        links = set() if near else {link for link, to in case.links.items() if to == key}
        other = self.cases[key]
        if self.world[other.workflow].parent and other.links.get(PARENT) == case.key:
            kinds = self.world[case.workflow].children
            links |= {kind.name for kind in kinds if kind.workflow == other.workflow} | {CHILDREN}
        for item in self.world[case.workflow].transitions:
            for signal in item.tell:
                if signal.to in links:
                    fields = tuple(row.field for row in signal.values)
                    yield Told(event=signal.event, fields=fields, by=case.key)

    def _present(self, case: PortfolioCase, subject: Subject) -> Mapping[str, Sequence[Value]]:
        """The values that the names of a case's expressions have at the beginning."""
        found: dict[str, list[Value]] = {}
        own = _defaults(subject.workflow) | dict(case.data)
        for name, value in own.items():
            if type(value) is not date:
                found.setdefault(name, []).append(value)
        for link, key in case.links.items():
            for name, value in self._sights[key].data.items():
                if type(value) is not date:
                    found.setdefault(f"{link}.{name}", []).append(value)
        return found

    @cached_property
    def _begins(self) -> bool:
        """Whether all cases can be taken over: constraints may stand against one."""
        try:
            node = self._root([self._whole(key) for key in self.cases])
        except InputError:
            return False
        return len(node.cases) == len(self.cases)

    def _whole(self, key: str) -> Member:
        """A case with all its rules, looked at alone."""
        subject = self._subject(key, (), None)
        return Member(key=key, subject=subject, domain=Domain(subject))

    def _root(self, members: Sequence[Member]) -> Node:
        cases, armed = [], []
        for member in members:
            stated = self.cases[member.key]
            blank = Case(
                key=member.key,
                workflow=stated.workflow,
                state="",
                since=self.moment,
                data={},
                links={**stated.links, **always(member.subject.lean)},
            )
            linked = {link: self._sights[key] for link, key in stated.links.items() if key in self._sights}
            begun = begin(member.subject, blank, stated.data, self.moment, state=stated.state, linked=linked)
            if isinstance(begun, Decision):
                cases.append(begun.case)
                armed.append(tuple(timer for timer in begun.arm if timer.event))
        return Node(tuple(cases), tuple(armed), tuple(frozenset() for _ in cases), (), self.moment)

    # -- asking ------------------------------------------------------------------------

    def _asked(self, item: Invariant) -> Workflow:
        return asked_of_cases(
            {
                name: self.world[self.cases[key].workflow if key in self.cases else key.removeprefix("?")]
                for name, key in item.keys.items()
            }
        )

    def holds(self, oracle: Oracle, item: Invariant, index: Mapping[str, int], node: Node) -> bool:
        """Whether an invariant holds at a moment; one that needs an absent fact does."""
        facts: dict[str, Value] = {"state": "", "key": "", "today": node.today}
        for name, key in item.keys.items():
            if key not in index:
                continue
            case, workflow = node.cases[index[key]], self.world[self.cases[key].workflow]
            facts |= {f"{name}.{field}": value for field, value in case.data.items()}
            facts |= {name: True, f"{name}.state": case.state, f"{name}.key": key}
            facts[f"{name}.{FINAL}"] = workflow.place(case.state).final
        return oracle.ask(item.text, facts) is not False

    def _search(self, item: Invariant, name: str) -> Outcome:
        """Look for a run that breaks it, closely enough that the run can happen."""
        oracle = Oracle(self._asked(item))
        focus = [key for key in dict.fromkeys(item.keys.values()) if key in self.cases]
        limit = item.by
        waits = [limit + timedelta(days=1)] if limit else []
        left = self.effort.invariant
        counts: Kept = frozenset()
        while True:

            def build(kept: Kept | None, focus: Sequence[str] = tuple(focus)) -> tuple[Walker, Roots]:
                members = self._members(focus, item, kept)
                start = Step(kind="wait", key="", event="", at=self.moment)
                full = FULL if kept is None else MANY
                return Walker(members, waits=waits, full=full), [(start, self._root(members))]

            index = {key: number for number, key in enumerate(focus)}

            def broken(node: Node, _step: Step, index: Mapping[str, int] = index) -> bool:
                asked = node.rests and (limit is None or node.today > limit)
                return asked and not self.holds(oracle, item, index, node)

            verdict = refute(build, broken, max(left, self.effort.invariant // 4), counts)
            counts = verdict.kept
            left -= verdict.decided
            found = verdict.found
            extent = _extent(name, found, verdict.decided, focus)
            if verdict.place is None and not verdict.unsure:
                return Outcome((), extent)
            members = self._members(focus, item)
            more = [] if verdict.place is None else self._involved(members, found.way(verdict.place))
            more = [key for key in more if key not in focus]
            asked = verdict.place is not None and any(
                KIDS in step.far or (step.timer and step.timer.name == HEARD)
                for step in found.way(verdict.place)
            )
            if verdict.place is not None and not more and not asked:
                story = story_of(members, found, verdict.place, portfolio=self.portfolio.name)
                return Outcome((_broken(item, story),), replace(extent, whole=False, broken=True))
            if not more or left <= 0 or len(focus) >= self.effort.cases + len(item.keys):
                said = words.undecided(item.title)
                finding = Finding("invariant-undecided", item.place, *said, severity="warning")
                return Outcome((Claim(finding=finding),), extent)
            focus.append(more[0])

    def _involved(self, members: Sequence[Member], steps: Sequence[Step]) -> list[str]:
        """The cases that took part without being looked at closely."""
        links = {member.key: self.cases[member.key].links for member in members}
        found: list[str] = []
        for step in reversed(steps):
            if step.kind == "told" and step.timer:
                found.append(step.timer.label.rsplit("/", 2)[0])
            found += [links[step.key][link] for link in step.far if link != KIDS]
        return list(dict.fromkeys(key for key in found if key != SOMEBODY))

    def _idle(self, item: Invariant, name: str) -> Outcome:
        """Let time pass with all cases, while nobody acts."""
        oracle = Oracle(self._asked(item))
        members = self._members(list(self.cases), item)
        walker = Walker(members)
        until = end_of_day(item.by or self.portfolio.on, ZONE)
        node, steps = self._root(members), [Step(kind="wait", key="", event="", at=self.moment)]
        for _ in range(MAX_IDLE):
            following = next(walker.idle(node), None)
            if following is None or following[1].now >= until:
                break
            step, node = following
            steps.append(step)
        extent = Extent(
            subject=name,
            moments=len(steps),
            decisions=walker.decided,
            depth=len(steps),
            whole=len(steps) <= MAX_IDLE,
            cases=tuple(self.cases),
        )
        if self.holds(oracle, item, walker.index, node):
            return Outcome((), extent)
        end = Node(node.cases, node.armed, node.undecided, node.pending, until)
        story = Story(members=tuple(members), steps=tuple(steps), end=end, portfolio=self.portfolio.name)
        return Outcome((_broken(item, story),), replace(extent, whole=False, broken=True))


def _broken(item: Invariant, story: Story) -> Claim:
    said = words.too_late(item.title, item.by.isoformat()) if item.by else words.broken(item.title)
    code = "invariant" if item.by is None else "invariant-late"
    return Claim(finding=Finding(code, item.place, *said, trace=story.lines), story=story)


def _about(item: Invariant, case: PortfolioCase, workflow: Workflow) -> Invariant:
    """An invariant of a definition, said of one case of a portfolio and of those that it links to."""
    reading = read(item.text)
    text, keys = item.text, dict[str, str]()
    names = {name.start: name.name for name in (*reading.values, *reading.presences)}
    for name in sorted((*reading.values, *reading.presences), key=lambda one: -one.start):
        owner, _, fact = names[name.start].removeprefix("old.").partition(".")
        if owner == "today":
            continue
        link = workflow.link_by_name.get(owner)
        if link is None:
            own, fact = _OWN, owner
        else:
            own = f"{owner}_"
        # What a link that is not set would lead to is absent.
        keys[own] = case.key if link is None else case.links.get(owner, f"?{link.workflow}")
        start = (
            reading.text.index(name.name, name.start)
            if name in reading.values
            else text.index(name.name, name.start)
        )
        text = text[:start] + (f"{own}.{fact}" if fact else own) + text[start + len(name.name) :]
    title = Text(f"{case.key}: {item.title.de}", f"{case.key}: {item.title.en}")
    return replace(item, text=text, keys=keys, title=title)


def _far_reads(rows: Sequence[tuple[Oracle, str, set[str]]]) -> tuple[set[str], set[str]]:
    """The fields that expressions read of a case by some of its names, and those whose values they read."""
    read: set[str] = set()
    weighed: set[str] = set()
    for oracle, text, links in rows:
        for names, found in ((oracle.names(text), read), (oracle.values(text), weighed)):
            for name in names:
                owner, _, fact = name.partition(".")
                if owner in links and fact:
                    found.add(fact)
    return read, weighed


def _defaults(workflow: Workflow) -> dict[str, Value]:
    return {
        item.name: from_json(item.kind, item.default) for item in workflow.fields if item.default is not None
    }


def _extent(name: str, found: Exploration, decided: int, focus: Sequence[str]) -> Extent:
    return Extent(
        subject=name,
        moments=len(found.places),
        decisions=decided,
        depth=found.depth,
        whole=found.whole,
        cases=tuple(focus),
    )
