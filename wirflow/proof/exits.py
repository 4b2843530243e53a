"""Whether a case can always be brought on from where it stands, whatever its facts are.

Who stands in such a place is never stuck, so no run has to be tried to see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Final

from wirflow.definition.model import CORRECT
from wirflow.proof.abstract import always
from wirflow.proof.choose import stub
from wirflow.proof.solver import GivenUpError, Solver, Variable
from wirflow.proof.subject import bars, fills

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wirflow.definition.model import DeadlineSpec, Transition
    from wirflow.definition.values import Value
    from wirflow.proof.subject import Subject
    from wirflow.proof.world import Member

MAX_FACTS: Final = 1_500
"""Combinations of facts that are tried in one place."""


@dataclass(frozen=True, slots=True)
class _Way:
    """What leads on from a place."""

    number: int
    payload: tuple[str, ...] | None
    """The fields that come with it; None: somebody gives them."""
    conditions: tuple[tuple[str, bool], ...]
    constraints: tuple[str, ...] = ()
    """What must not be broken; what needs an absent fact is not."""


class Exits:
    """The places of one workflow that nobody can be stuck in."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._subject: Subject = member.subject
        self._lean = member.subject.lean
        self._sure: dict[str, bool] = {}
        self._asked = 0

    def sure(self, stand: str) -> bool:
        """Whether something always leads on from a place, or it is an end."""
        if stand not in self._sure:
            self._sure[stand] = self._is_sure(stand)
        return self._sure[stand]

    @cached_property
    def all_sure(self) -> bool:
        """Whether nobody can be stuck anywhere."""
        places = self._subject.stands.all()
        return places is not None and all(self.sure(place) for place in places)

    def doubtful(self) -> tuple[str, ...]:
        """The places for which that is not certain."""
        places = self._subject.stands.all()
        if places is None:
            return ("…",)
        return tuple(sorted(place for place in places if not self.sure(place)))

    def _own(self, name: str) -> str:
        bare = name.removeprefix("old.")
        owner = bare.partition(".")[0]
        return owner if owner in self._lean.link_by_name else bare

    # -- one place ---------------------------------------------------------------------

    def _is_sure(self, stand: str) -> bool:
        if self._lean.place(stand).final or not self._subject.stands.rests(stand):
            return True
        ways = list(self._ways(stand))
        if any(not way.conditions and not way.constraints for way in ways):
            return True
        if not ways:
            return False
        chosen = self._choosable(stand)
        asked: set[str] = set()
        for way in ways:
            given = self._given(way)
            for text in (*(text for text, _ in way.conditions), *way.constraints):
                asked |= {
                    name
                    for name in self._subject.reads(text)
                    if name not in given and name.removeprefix("old.") not in chosen
                }
        # What is behind a link may change at any time: only whether the link is set is a fact for good.
        names = sorted({self._own(name) for name in asked} - {"state", "active", "key", "today"})
        self._asked = 0
        return all(self._open(stand, ways, chosen, facts) for facts in self._facts(stand, names, {}))

    def _ways(self, stand: str) -> Iterator[_Way]:
        """What leads away from a place and is known well enough to count on it."""
        for number, item in self._subject.stands.open(stand):
            if self._leaves(stand, number, item):
                yield from self._by_others(stand, number, item)
        for number, item in self._lean.automatic:
            open_ = not set(item.sources).isdisjoint(self._lean.active(stand))
            if open_ and item.when and self._leaves(stand, number, item) and not self._constraints(number):
                conditions = self._conditions(stand, number)
                if conditions is not None:
                    yield _Way(number, (), conditions)
        for spec in self._subject.deadlines_in(stand):
            yield from self._by_deadline(stand, spec)

    def _leaves(self, stand: str, number: int, item: Transition) -> bool:
        """Whether a transition surely leads away, and what it computes can be computed."""
        if item.target is None or stand in self._subject.stands.after(stand, number):
            return False
        return self._constraints(number) is not None and self._settles(item, stand)

    def _by_others(self, stand: str, number: int, item: Transition) -> Iterator[_Way]:
        """By people, and by other cases, which may tell it at any time."""
        conditions, bound = self._conditions(stand, number), self._constraints(number)
        if conditions is None or bound is None:
            return
        if item.by:
            yield _Way(number, None, conditions, bound)
        for told in self._member.told:
            missing = any(row.required and row.field not in told.fields for row in item.input)
            if told.event == item.event and not missing:
                yield _Way(number, told.fields, conditions, bound)

    def _by_deadline(self, stand: str, spec: DeadlineSpec) -> Iterator[_Way]:
        """A deadline that is surely armed, and whose event is surely taken."""
        known = self._known.get(stand, frozenset())
        needed = {name for name in (spec.on, spec.start, spec.period) if name in self._lean.field_by_name}
        if not needed <= known or not self._fires_for_good(spec):
            return
        when = []
        if spec.when:
            if not self._subject.oracle.is_clear(spec.when):
                return
            when = [(part, True) for part in self._subject.oracle.parts(spec.when, wanted=True)]
        for number, item in self._lean.open_transitions(stand, str(spec.fire)):
            if item.when is None and self._subject.stands.after(stand, number) != {stand}:
                yield _Way(number, (), tuple(when))
                return

    def _fires_for_good(self, spec: DeadlineSpec) -> bool:
        """Whether a deadline is never refused, and never comes back with the day that it had."""
        stands = self._subject.stands
        places = stands.all() or frozenset()
        running = set(spec.states)
        after: set[str] = set()
        for place in places:
            if running.isdisjoint(self._lean.active(place)):
                continue
            rows = self._lean.open_transitions(place, str(spec.fire))
            if not rows:
                return False
            number, item = rows[0]
            plain = item.when is None and not item.requires and not item.set
            if not plain or bars(self._lean, (number,)) or any(row.required for row in item.input):
                return False
            after |= stands.after(place, number)
        if spec.every is not None:
            return True
        day = spec.on or spec.start or ""
        beyond: set[str] = set()
        for place in after:
            beyond |= stands.reach(place) or places
        return all(self._comes_anew(spec, day, place) for place in beyond | after)

    def _comes_anew(self, spec: DeadlineSpec, day: str, place: str) -> bool:
        """Whether a deadline that is over can begin again only with a later day."""
        running = set(spec.states)
        if not running.isdisjoint(self._lean.active(place)):
            # It runs again: then somebody came back in, which is asked where that begins.
            return place not in self._left_running(spec)
        for number, item in (*self._subject.stands.open(place), *self._lean.automatic):
            if set(item.sources).isdisjoint(self._lean.active(place)):
                continue
            enters = any(
                not running.isdisjoint(self._lean.active(other))
                for other in self._subject.stands.after(place, number)
            )
            if not enters:
                if day in fills(item):
                    return False
                continue
            taken = any(row.field == day and row.required for row in item.input)
            later = any(
                self._is_later(part, day)
                for part, wanted in self._subject.conditions(place, number)
                if wanted
            )
            if not (taken and later) or day in {row.field for row in item.set}:
                return False
        return True

    def _left_running(self, spec: DeadlineSpec) -> frozenset[str]:
        """The places in which a deadline runs on though it has fired."""
        stands, running = self._subject.stands, set(spec.states)
        found: set[str] = set()
        for place in stands.all() or ():
            if running.isdisjoint(self._lean.active(place)):
                continue
            rows = self._lean.open_transitions(place, str(spec.fire))
            for number, _ in rows[:1]:
                found |= {
                    other
                    for other in stands.after(place, number)
                    if not running.isdisjoint(self._lean.active(other))
                }
        return frozenset(found)

    @staticmethod
    def _is_later(part: str, day: str) -> bool:
        words = part.replace("(", " ").replace(")", " ").split()
        return words in ([day, ">", f"old.{day}"], [f"old.{day}", "<", day])

    def _conditions(self, stand: str, number: int) -> tuple[tuple[str, bool], ...] | None:
        """What has to hold and does not hold anyway; None: it cannot be told from few values."""
        rows = [row for row in self._subject.conditions(stand, number) if not self._holds_anyway(stand, row)]
        if not all(self._subject.oracle.is_clear(text) for text, _ in rows):
            return None
        return tuple(rows)

    def _holds_anyway(self, stand: str, row: tuple[str, bool]) -> bool:
        """Whether it is enough to know where a case stands."""
        text, wanted = row
        if text == "true":
            return wanted
        names = self._subject.reads(text)
        if not wanted or not {"state", "active"} & set(names):
            return False
        place: dict[str, Value] = {
            "state": stand,
            "active": self._lean.active(stand),
        }
        return self._subject.oracle.holds_whatever(text, place)

    def _constraints(self, number: int) -> tuple[str, ...] | None:
        """The constraints that a transition might break; None: it cannot be told from few values."""
        if not bars(self._lean, (number,)):
            return ()
        rows = [
            part
            for rule in self._lean.constraints
            for part in self._subject.oracle.parts(rule.when, wanted=True)
        ]
        own = self._lean.field_by_name.keys()
        fine = all(
            self._subject.oracle.is_clear(text)
            and {name.removeprefix("old.") for name in self._subject.reads(text)} <= own
            for text in rows
        )
        return tuple(rows) if fine else None

    def _settles(self, item: Transition, stand: str) -> bool:
        """Whether what a transition computes can surely be computed and is permitted."""
        known = self._known.get(stand, frozenset()) | {row.field for row in item.input if row.required}
        bound = {name for rule in self._lean.constraints for name in self._subject.reads(rule.when)}
        for row in item.set:
            reads = {name.removeprefix("old.") for name in self._subject.reads(row.value)} - {
                "state", "active", "key", "today",
            }  # fmt: skip
            field = self._lean.field_by_name[row.field]
            free = field.min is None and field.max is None and field.max_length is None
            if not reads <= known or row.field in bound:
                return False
            if not self._subject.oracle.is_clear(row.value) and not free:
                return False
            known |= {row.field}
        return True

    def _choosable(self, stand: str) -> frozenset[str]:
        """Facts that somebody can change on the spot, whatever they are."""
        if self._lean.constraints:
            return frozenset()
        return frozenset(
            row.field
            for number, item in self._subject.stands.open(stand)
            if item.target is None
            and item.by
            and not item.set
            and not self._subject.conditions(stand, number)
            for row in item.input
        )

    def _given(self, way: _Way) -> frozenset[str]:
        """What comes with a way for certain: `old.x` is another name."""
        rows = self._lean.transitions[way.number].input
        return frozenset(row.field for row in rows if way.payload is None or row.field in way.payload)

    @cached_property
    def _known(self) -> Mapping[str, frozenset[str]]:
        """Place → the facts that a case surely has there."""
        stands = self._subject.stands
        places = stands.all()
        if places is None:
            return {}
        everything = frozenset(self._lean.field_by_name)
        table = dict.fromkeys(places, everything)
        begin = frozenset(
            item.name for item in self._lean.fields if item.required or item.default is not None
        )
        queue = []
        for place in stands.begins:
            table[place] = begin
            queue.append(place)
        while queue:
            place = queue.pop()
            active = set(self._lean.active(place))
            for number, item in (*stands.open(place), *self._lean.automatic):
                if item.event == CORRECT or active.isdisjoint(item.sources):
                    continue
                sure = table[place] | {row.field for row in item.input if row.required}
                sure |= {row.field for row in item.set} | self._needed(place, number)
                sure -= set(item.clear)
                for other in stands.after(place, number):
                    more = table[other] & sure
                    if more != table[other]:
                        table[other] = more
                        queue.append(other)
        return table

    def _needed(self, stand: str, number: int) -> frozenset[str]:
        """The facts without which a transition is not taken."""
        found: set[str] = set()
        for text, wanted in self._subject.conditions(stand, number):
            if wanted and "||" not in text and "?" not in text:
                words = "".join(text.split())
                found |= {name.removeprefix("old.") for name in self._subject.oracle.values(text)}
                found |= {name for name in self._subject.reads(text) if words == f"has({name})"}
        return frozenset(found) & self._lean.field_by_name.keys()

    # -- facts -------------------------------------------------------------------------

    def _facts(
        self, stand: str, names: Sequence[str], facts: dict[str, Value | None]
    ) -> Iterator[Mapping[str, Value | None]]:
        """All that the facts may be which nobody can choose there."""
        if not names:
            self._asked += 1
            yield facts
            return
        name, *rest = names
        for value in self._values(stand, name, facts):
            yield from self._facts(stand, rest, {**facts, name: value})

    def _values(self, stand: str, name: str, facts: Mapping[str, Value | None]) -> Sequence[Value | None]:
        domain, kind = self._member.domain, self._member.domain.kind(name)
        if kind == "link":
            return (True,) if name in always(self._lean) else (None, True)
        days = {other: day for other, day in facts.items() if isinstance(day, date)}
        values: Sequence[Value] = (
            domain.dates(name, domain.first, days) if kind == "date" else domain.values(name)
        )
        return values if name in self._known.get(stand, frozenset()) else (*values, None)

    def _open(
        self, stand: str, ways: Sequence[_Way], chosen: frozenset[str], facts: Mapping[str, Value | None]
    ) -> bool:
        """Whether some way leads on with these facts."""
        if self._asked > MAX_FACTS:
            return False
        base: dict[str, Value] = {
            "state": stand,
            "key": self._member.key,
            "active": self._lean.active(stand),
            "today": self._member.domain.first,
        }
        for name, value in facts.items():
            if value is not None:
                base[name] = value
                if name in self._lean.field_by_name:
                    base[f"old.{name}"] = value
                else:
                    base[f"{name}.key"] = stub(self._member.key, name)
        return any(self._leads(way, base, chosen) for way in ways)

    def _leads(self, way: _Way, base: Mapping[str, Value], chosen: frozenset[str]) -> bool:
        days = {name: day for name, day in base.items() if isinstance(day, date) and name != "today"}
        item = self._lean.transitions[way.number]
        given = self._given(way)
        reads = {name for text, _ in way.conditions for name in self._subject.reads(text)}
        sure = base.keys() | {row.field for row in item.input if row.required}
        bound = [
            (text, True) for text in way.constraints if set(self._subject.reads(text)) <= sure
        ]  # those that read absent facts are not broken; what is optional is not given
        reads |= {name for text, _ in bound for name in self._subject.reads(text)}
        variables = []
        for row in item.input:
            if row.field in given and row.field in reads and (row.required or not way.constraints):
                values = self._choices(row.field, days)
                variables.append(
                    Variable("in", row.field, values if row.required else (*values, None), live=False)
                )
        variables += [
            Variable("own", name, self._choices(name, days), live=False)
            for name in sorted({name.removeprefix("old.") for name in reads} & chosen)
        ]
        for name in sorted(reads):
            owner, _, fact = name.partition(".")
            if fact not in {"", "key"} and owner in self._lean.link_by_name and owner in base:
                values = self._choices(name, days)
                variables.append(
                    Variable("far", name, values if fact == "state" else (*values, None), live=False)
                )
        if "today" in reads:
            variables.append(Variable("in", "today", self._choices("today", days), live=False))
        solver = Solver(
            self._subject.oracle,
            base,
            variables,
            (*way.conditions, *bound),
            lambda link: stub(self._member.key, link),
        )
        try:
            return solver.any() is not None
        except GivenUpError:
            return False

    def _choices(self, name: str, days: Mapping[str, date]) -> tuple[Value | None, ...]:
        domain = self._member.domain
        if name == "today":
            # One waits as long as it takes, and cannot go back.
            return tuple(day for day in domain.dates(name, domain.first, days) if day >= domain.first)
        if domain.kind(name) == "date":
            return domain.dates(name, domain.first, days)
        return domain.values(name)
