"""Proofs about definitions that could be read: that a case can move, end, tell and remind as they say.

Each proof is one generator of findings; `check` runs them all.  What a proof
finds stands in its docstring, code first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from wirflow.definition.finding import Finding, Severity
from wirflow.definition.log import Source, meant
from wirflow.definition.model import CORRECT, Workflow
from wirflow.definition.paths import Paths
from wirflow.definition.signals import circles, generations, tellers
from wirflow.definition.usage import unused
from wirflow.errors import UnknownNameError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from wirflow.deadlines import Rule
    from wirflow.definition.model import Notice, Signal, Transition
    from wirflow.definition.reader import Reading

    TemplateProblems = Callable[[str, Workflow, bool], Sequence[Text]]
    RuleOf = Callable[[str], Rule]


def check(
    reading: Reading,
    *,
    template_problems: TemplateProblems | None = None,
    known_rules: RuleOf | None = None,
    known: Mapping[str, Workflow] | None = None,
) -> tuple[Finding, ...]:
    """Prove the workflows of a reading sound.

    Args:
        reading: what was read; its own findings are not repeated.
        template_problems: what is wrong with a template, given its name, the workflow
            and whether every notice it writes is about a deadline.  None: not checked.
        known_rules: the rule of law of a name, raising `UnknownNameError` if there is
            none, as `Catalogue.get` does.  None: the catalogue that ships with wirflow.
        known: workflows from elsewhere that may tell or be told something.

    Returns:
        All findings, by files and places.
    """
    if known_rules is None:
        from wirflow.deadlines import Catalogue  # noqa: PLC0415 - whoever brings a catalogue need not load this one

        known_rules = Catalogue.default().get
    world = {**(known or {}), **reading.workflows}
    # What a file that could not be read tells to others is not known.
    whole = not reading.errors
    found: list[Finding] = []
    for name, workflow in reading.workflows.items():
        told = tellers(world).get(name, frozenset()) if whole else None
        proof = _Proof(workflow, reading.sources[name], Paths(workflow, told), world)
        found += proof.states()
        found += proof.transitions()
        found += proof.automatic()
        found += proof.deadlines(known_rules)
        found += proof.signals()
        found += proof.starts()
        if template_problems is not None:
            found += proof.templates(template_problems)
        found += proof.usage()
    return tuple(sorted(found, key=lambda item: (item.place, item.code)))


@dataclass(frozen=True)
class _Proof:
    workflow: Workflow
    source: Source
    paths: Paths
    world: Mapping[str, Workflow]

    def _finding(
        self,
        code: str,
        path: tuple[str | int, ...],
        message: Text,
        hint: Text | None = None,
        *,
        severity: Severity = "error",
        trace: tuple[str, ...] = (),
    ) -> Finding:
        return Finding(code, self.source.place_of(*path), message, hint, severity, trace)

    @cached_property
    def _numbered(self) -> list[tuple[tuple[str | int, ...], Transition]]:
        """Transitions with the paths at which they stand."""
        counts: dict[str, int] = {}
        rows: list[tuple[tuple[str | int, ...], Transition]] = []
        for item in self.workflow.transitions:
            number = counts.get(item.event, 0)
            counts[item.event] = number + 1
            rows.append(
                (("corrections",) if item.event == CORRECT else ("transitions", item.event, number), item)
            )
        return rows

    def states(self) -> Iterator[Finding]:
        """`unreachable`, `no-way-out`, `no-end`."""
        shortest, ending = self.paths.shortest, self.paths.ending
        finals = [state.name for state in self.workflow.states if state.final and not state.parent]
        for state in self.workflow.states:
            place = ("states", *state.name.replace(".", ".states.").split("."))
            if state.name not in shortest:
                into = [item.event for item in self.workflow.transitions if item.target == state.name]
                yield self._finding(
                    "unreachable",
                    place,
                    Text(
                        f"Den Zustand '{state.name}' erreicht kein Vorgang.",
                        f"No case ever reaches the state '{state.name}'.",
                    ),
                    _through(into),
                )
            elif not state.final and not any(True for _ in self.paths.steps(state.name)):
                yield self._finding(
                    "no-way-out",
                    place,
                    Text(
                        f"Aus dem Zustand '{state.name}' führt nichts hinaus.",
                        f"Nothing leads out of the state '{state.name}'.",
                    ),
                    Text(
                        "Ist das ein Ende, schreiben Sie: final: true.",
                        "If this is an end, write: final: true.",
                    ),
                    trace=shortest[state.name],
                )
            elif finals and state.name not in ending:
                yield self._finding(
                    "no-end",
                    place,
                    Text(
                        f"Vom Zustand '{state.name}' führt kein Weg zu einem Ende.",
                        f"No way leads from the state '{state.name}' to an end.",
                    ),
                    Text(f"Final sind: {', '.join(finals)}.", f"Final are: {', '.join(finals)}."),
                    severity="warning",
                    trace=shortest[state.name],
                )

    def transitions(self) -> Iterator[Finding]:
        """`never-usable`, `shadowed`, `crosses-regions`, `final-left`, `reopens-nothing`."""
        states = self.workflow.state_by_name
        shadowed: set[int] = set()
        for number, (path, item) in enumerate(self._numbered):
            if not any(self.paths.usable(item, state) for state in item.sources):
                yield self._finding(
                    "never-usable",
                    path,
                    Text(
                        f"'{item.event}' löst niemand aus: kein 'by', keine Frist, kein anderer Vorgang.",
                        f"Nothing brings '{item.event}' about: no 'by', no deadline, no other case.",
                    ),
                    Text("Nennen Sie Rollen: by: [clerk].", "Name roles: by: [clerk]."),
                    severity="warning",
                )
            for state in item.sources:
                hides = self._hidden_by(state, number)
                if hides is not None and number not in shadowed:
                    shadowed.add(number)
                    yield hides
            yield from self._crossing(path, item)
            ends = {state.name for state in states.values() if state.final and not state.parent}
            left = [name for name in item.sources if name in ends and item.target not in {None, name}]
            if left and not item.reopens:
                yield self._finding(
                    "final-left",
                    (*path, "from"),
                    Text(
                        f"'{item.event}' führt aus dem Ende '{left[0]}' wieder hinaus.",
                        f"'{item.event}' leads out of the end '{left[0]}' again.",
                    ),
                    Text(
                        "Ist das gewollt, schreiben Sie: reopens: true.",
                        "If so intended, write: reopens: true.",
                    ),
                    trace=(*self.paths.shortest.get(left[0], ()), item.event),
                )
            elif item.reopens and not left:
                yield self._finding(
                    "reopens-nothing",
                    (*path, "reopens"),
                    Text(
                        f"'{item.event}' führt aus keinem Ende hinaus.",
                        f"'{item.event}' leads out of no end.",
                    ),
                    Text("'reopens' kann entfallen.", "'reopens' can go."),
                    severity="warning",
                )

    def _crossing(self, path: tuple[str | int, ...], item: Transition) -> Iterator[Finding]:
        """`crosses-regions`: from one region of a parallel state into another; both run at once."""
        for source in item.sources if item.target else ():
            parts, goal = source.split("."), (item.target or "").split(".")
            depth = next(
                (at for at, (one, other) in enumerate(zip(parts, goal, strict=False)) if one != other),
                min(len(parts), len(goal)),
            )
            around = self.workflow.state_by_name.get(".".join(parts[:depth]))
            if around is None or not around.parallel or depth in {len(parts), len(goal)}:
                continue
            yield self._finding(
                "crosses-regions",
                (*path, "to"),
                Text(
                    f"'{item.event}' führt von '{source}' nach '{item.target}': zwei Bereiche von"
                    f" '{around.name}', die zugleich laufen.",
                    f"'{item.event}' leads from '{source}' to '{item.target}': two regions of"
                    f" '{around.name}', which run at once.",
                ),
                Text(
                    "Ein Übergang bleibt in seinem Bereich oder verlässt den äußeren Zustand; ein zweiter"
                    " in dem anderen kann auf den ersten warten.",
                    "A transition stays in its region, or leaves the state around it; one in the other"
                    " region can wait for it.",
                ),
            )
            return

    def automatic(self) -> Iterator[Finding]:
        """`automatic-cycle`: automatic transitions that follow one another whatever the facts are."""
        leads: dict[str, tuple[tuple[str | int, ...], Transition]] = {}
        for path, item in self._numbered:
            if not item.automatic or item.when or item.requires or item.set or item.target is None:
                continue
            for source in item.sources:
                if not self.workflow.inside.get(source):
                    leads.setdefault(source, (path, item))
        told: set[str] = set()
        for start in leads:
            way: list[str] = []
            state = start
            while state in leads and state not in told and state not in way:
                way.append(state)
                entered = self.workflow.leaves(str(leads[state][1].target))
                state = entered[0] if len(entered) == 1 else ""
            told.update(way)
            if state in way:
                circle = way[way.index(state) :]
                trace = tuple(leads[name][1].event for name in circle)
                yield self._finding(
                    "automatic-cycle",
                    leads[state][0],
                    Text(
                        f"Diese automatischen Übergänge nehmen kein Ende: {' → '.join([*circle, state])}.",
                        f"These automatic transitions never end: {' → '.join([*circle, state])}.",
                    ),
                    Text(
                        "Geben Sie einem von ihnen ein 'when', das einmal nicht mehr gilt.",
                        "Give one of them a 'when' that at some point holds no longer.",
                    ),
                    trace=(*self.paths.shortest.get(state, ()), *trace),
                )

    def _hidden_by(self, state: str, number: int) -> Finding | None:
        """Why an alternative is never tried in a state: an earlier one always wins."""
        path, item = self._numbered[number]
        for other, (_, earlier) in enumerate(self._numbered[:number]):
            if earlier.event != item.event or state not in earlier.sources:
                continue
            if earlier.when is None or earlier.when == item.when:
                line = self.source.place_of(*self._numbered[other][0]).line
                return self._finding(
                    "shadowed",
                    path,
                    Text(
                        f"Diese Möglichkeit von '{item.event}' kommt in '{state}' nie an die Reihe.",
                        f"This alternative of '{item.event}' is never tried in '{state}'.",
                    ),
                    Text(
                        f"Die in Zeile {line} gewinnt immer; geben Sie ihr ein 'when' oder ordnen Sie um.",
                        f"The one in line {line} always wins; give it a 'when', or change the order.",
                    ),
                    trace=(*self.paths.shortest.get(state, ()), item.event),
                )
        return None

    def deadlines(self, rule_of: RuleOf) -> Iterator[Finding]:
        """`unknown-rule`, `missing-period`, `fixed-period`, `fact-without-use`, and what it fires."""
        for item in self.workflow.deadlines:
            path = ("deadlines", item.name)
            try:
                rule = rule_of(item.rule)
            except UnknownNameError as error:
                yield self._finding("unknown-rule", (*path, "rule"), error.message, error.hint)
            else:
                if item.start and item.period is None and rule.needs_period:
                    yield self._finding(
                        "missing-period",
                        (*path, "rule"),
                        Text(
                            f"Die Regel '{rule.name}' bestimmt keine Dauer; hier fehlt 'period'.",
                            f"The rule '{rule.name}' sets no period; 'period' is missing here.",
                        ),
                        Text("Etwa: period: P1M.", "For instance: period: P1M."),
                    )
                elif item.period is not None and rule.fixed:
                    yield self._finding(
                        "fixed-period",
                        (*path, "period"),
                        Text(
                            f"Die Dauer der Regel '{rule.name}' bestimmt allein das Gesetz ({rule.law}).",
                            f"The period of the rule '{rule.name}' is set by the law alone ({rule.law}).",
                        ),
                        Text("'period' kann entfallen.", "'period' can go."),
                    )
                for row in item.given:
                    if row.fact not in rule.facts:
                        asked = ", ".join(rule.facts) or "–"
                        yield self._finding(
                            "fact-without-use",
                            (*path, "given", row.fact),
                            Text(
                                f"Nach '{row.fact}' fragt die Regel '{rule.name}' nicht.",
                                f"The rule '{rule.name}' does not ask for '{row.fact}'.",
                            ),
                            Text(f"Sie fragt nach: {asked}.", f"It asks for: {asked}."),
                        )
            if item.fire:
                inner = [
                    state.name
                    for state in self.workflow.states
                    if not self.workflow.inside.get(state.name)
                    and not set(self.workflow.active(state.name)).isdisjoint(item.states)
                ]
                yield from self._firing(item.name, item.fire, inner)

    def _firing(self, name: str, event: str, states: Sequence[str]) -> Iterator[Finding]:
        path = ("deadlines", name, "fire")
        for state in states:
            trace = self.paths.shortest.get(state, ())
            alternatives = [item for _, item in self.workflow.open_transitions(state, event)]
            if not alternatives:
                yield self._finding(
                    "cannot-fire",
                    path,
                    Text(
                        f"Im Zustand '{state}' läuft die Frist, aber '{event}' gibt es dort nicht.",
                        f"The deadline runs in the state '{state}', but there is no '{event}' there.",
                    ),
                    Text(
                        f"Nehmen Sie '{state}' aus 'while' heraus oder in 'from' von '{event}' auf.",
                        f"Take '{state}' out of 'while', or into the 'from' of '{event}'.",
                    ),
                    trace=trace,
                )
                continue
            wanted = _wanted(alternatives, frozenset())
            if wanted:
                yield self._finding(
                    "missing-input",
                    path,
                    Text(
                        f"'{event}' verlangt {wanted}; eine Frist kann nichts angeben.",
                        f"'{event}' requires {wanted}; a deadline can give no input.",
                    ),
                    Text("Machen Sie die Angabe freiwillig: optional.", "Let the input be optional."),
                    trace=(*trace, event),
                )
                return

    def signals(self) -> Iterator[Finding]:
        """`unknown-event`, `not-an-input`, `missing-input`, `signal-cycle`."""
        for path, item in self._numbered:
            for number, signal in enumerate(item.tell):
                for name in self.workflow.reached(signal.to):
                    target = self.world.get(name)
                    if target is not None:
                        yield from self._told((*path, "tell", number), signal, target)
        for told, which, trace in circles(self.workflow, self.world):
            path = next(path for path, item in self._numbered if item is told)
            yield self._finding(
                "signal-cycle",
                (*path, "tell", which, "event"),
                Text(
                    "Diese Vorgänge stoßen sich ohne Bedingung immer wieder an.",
                    "These cases set each other off again and again, without a condition.",
                ),
                Text("Geben Sie einem der Signale ein 'when'.", "Give one of the signals a 'when'."),
                severity="warning",
                trace=trace,
            )

    def _told(self, place: tuple[str | int, ...], signal: Signal, target: Workflow) -> Iterator[Finding]:
        alternatives = [other for other in target.transitions if other.event == signal.event]
        given = frozenset(row.field for row in signal.values)
        taken = {row.field for other in alternatives for row in other.input}
        if not alternatives:
            yield self._finding(
                "unknown-event",
                (*place, "event"),
                Text(
                    f"'{target.name}' kennt das Ereignis '{signal.event}' nicht.",
                    f"'{target.name}' has no event '{signal.event}'.",
                ),
                meant(signal.event, target.events),
            )
            return
        for name in sorted(given - taken):
            yield self._finding(
                "not-an-input",
                (*place, "with", name),
                Text(
                    f"'{signal.event}' nimmt in '{target.name}' die Angabe '{name}' nicht.",
                    f"'{signal.event}' of '{target.name}' does not take '{name}'.",
                ),
                meant(name, sorted(taken)),
            )
        wanted = _wanted(alternatives, given)
        if wanted:
            yield self._finding(
                "missing-input",
                (*place, "event"),
                Text(
                    f"'{signal.event}' verlangt in '{target.name}' auch {wanted}.",
                    f"'{signal.event}' of '{target.name}' also requires {wanted}.",
                ),
                Text("Geben Sie es in 'with' mit.", "Give it in 'with'."),
            )

    def starts(self) -> Iterator[Finding]:
        """`missing-field`, `start-cycle`."""
        for path, item in self._numbered:
            for number, start in enumerate(item.start):
                target = self.world.get(self.workflow.children_by_name[start.children].workflow)
                given = {row.field for row in start.values}
                for field in target.fields if target else ():
                    if field.required and field.default is None and field.name not in given:
                        yield self._finding(
                            "missing-field",
                            (*path, "start", number, "child"),
                            Text(
                                f"Ohne '{field.name}' ({field.title.de}) beginnt kein '{start.children}'.",
                                f"No '{start.children}' starts without '{field.name}' ({field.title.en}).",
                            ),
                            Text("Geben Sie es in 'with' mit.", "Give it in 'with'."),
                        )
        for started, which, trace in generations(self.workflow, self.world):
            path = next(path for path, item in self._numbered if item is started)
            yield self._finding(
                "start-cycle",
                (*path, "start", which, "child"),
                Text(
                    "Diese Vorgänge beginnen einander ohne Bedingung immer wieder.",
                    "These cases start one another again and again, without a condition.",
                ),
                Text("Geben Sie einem der Anfänge ein 'when'.", "Give one of the starts a 'when'."),
                trace=trace,
            )

    def templates(self, problems: TemplateProblems) -> Iterator[Finding]:
        """`template`: each template is tried once for events and once for deadlines."""
        seen: set[tuple[str, bool]] = set()
        notices: list[tuple[tuple[str | int, ...], Notice, bool]] = []
        for path, item in self._numbered:
            notices += [((*path, "notices", i), notice, False) for i, notice in enumerate(item.notices)]
        notices += [
            (("deadlines", spec.name, "notice"), spec.notice, True)
            for spec in self.workflow.deadlines
            if spec.notice
        ]
        for path, notice, with_deadline in notices:
            if (notice.template, with_deadline) in seen:
                continue
            seen.add((notice.template, with_deadline))
            for text in problems(notice.template, self.workflow, with_deadline):
                yield self._finding("template", (*path, "template"), text)

    def usage(self) -> Iterator[Finding]:
        """`unused-role`, `unused-field`."""
        roles, fields = unused(self.workflow, self.world)
        for name in roles:
            yield self._finding(
                "unused-role",
                ("roles", name),
                Text(
                    f"Die Rolle '{name}' darf nichts und erfährt nichts.",
                    f"The role '{name}' may do nothing and hears of nothing.",
                ),
                severity="warning",
            )
        for name in fields:
            yield self._finding(
                "unused-field",
                ("fields", name),
                Text(
                    f"Das Feld '{name}' nimmt kein Ereignis auf und liest kein Ausdruck.",
                    f"No event takes the field '{name}' and no expression reads it.",
                ),
                severity="warning",
            )


def _wanted(alternatives: Sequence[Transition], given: Collection[str]) -> str | None:
    """What is missing, if every alternative requires something that is not given."""
    missing = [
        [row.field for row in item.input if row.required and row.field not in given] for item in alternatives
    ]
    return ", ".join(missing[0]) if all(missing) else None


def _through(events: Sequence[str]) -> Text:
    if not events:
        return Text("Kein Ereignis führt dorthin.", "No event leads there.")
    named = ", ".join(dict.fromkeys(events))
    return Text(
        f"Dorthin führt nur: {named}; das geschieht aber nie.",
        f"Only this leads there: {named}; but it never happens.",
    )
