"""What must hold in every run: stated by authors, proved by the model checker, never asked when a case runs.

    invariants:
      never_doubly_funded:
        always: '!(cases["WIR-FM"].state == "approved" && cases["WIR-KO-2"].state == "approved")'
      closed_in_time:
        eventually: final by 2026-12-31
        given: nobody_acts

In a definition an expression reads the case as guards do; in a portfolio it reads
its cases by their keys.  `final` says whether a case has come to an end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from wirflow.definition.expression import compared, read
from wirflow.definition.field import Field, Link, LinkedField, linked_field
from wirflow.definition.finding import Place
from wirflow.definition.model import State, Workflow
from wirflow.definition.shape import EXPRESSION, IDENTIFIER, TEXT, TITLE, Key, Record, Table, one_of
from wirflow.errors import nearest
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.definition.log import Log
    from wirflow.definition.shape import Part
    from wirflow.definition.yaml import Scalar

FINAL: Final = "final"
"""The name under which invariants ask whether a case has come to an end."""

_BY: Final = re.compile(r"(?P<what>.*\S)\s+by\s+(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})\s*", re.DOTALL)
_CASE: Final = re.compile(r"cases\s*\[\s*(?:\"(?P<one>[^\"\n]*)\"|'(?P<two>[^'\n]*)')\s*\]")
_PLAIN: Final = re.compile(r"([\"'])([^\"'\\]*)\1")

INVARIANT: Final = Record(
    Text("{always: …} oder {eventually: … by DATUM}", "{always: …} or {eventually: … by DATE}"),
    {
        "title": Key(
            TITLE,
            about=Text(
                "Wie es heißt; sonst der Name, mit Leerzeichen statt '_'.",
                "What a person calls it; else the name, with blanks for '_'.",
            ),
        ),
        "always": Key(
            EXPRESSION,
            about=Text(
                "Was in jedem Verlauf jederzeit gilt (CEL); was eine fehlende Angabe braucht, gilt.",
                "What holds at every moment of every run (CEL); what needs an absent fact holds.",
            ),
        ),
        "eventually": Key(
            TEXT,
            about=Text(
                "Was spätestens an einem Tag gilt: 'final by 2025-12-31' oder 'Ausdruck by Datum'.",
                "What holds on a day at the latest: 'final by 2025-12-31' or 'expression by date'.",
            ),
        ),
        "given": Key(
            one_of("nobody_acts", "whoever_acts"),
            about=Text(
                "Bei eventually: wenn niemand etwas tut (üblich), oder was immer jemand tut.",
                "For eventually: if nobody acts (usual), or whatever anybody does.",
            ),
        ),
    },
)

INVARIANTS: Final = Key(
    Table(INVARIANT, IDENTIFIER),
    about=Text(
        "Was in jedem Verlauf gelten muss; 'wirflow check' beweist es oder zeigt ein Gegenbeispiel.",
        "What must hold in every run; 'wirflow check' proves it or shows a counterexample.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """One statement about every run."""

    name: str
    title: Text
    text: str
    """The expression; `cases["X"]` is written as a name of the same length."""
    place: Place
    keys: Mapping[str, str]
    """Name in `text` → key of the case; empty in a definition."""
    by: date | None = None
    """The day on which it holds at the latest; None: it holds always."""
    whoever_acts: bool = False
    """Of `by`: whatever people do.  Else: if nobody does anything."""


def asked_of(workflow: Workflow) -> Workflow:
    """A workflow with `final` as a fact: what its invariants are type-checked against."""
    if workflow.children:
        workflow = replace(workflow, children=())  # they come and go: no run that is looked at has them
    if FINAL in workflow.field_by_name or FINAL in workflow.link_by_name:
        return workflow
    known = Field(name=FINAL, type="boolean", title=Text(FINAL, FINAL))
    return replace(workflow, fields=(*workflow.fields, known))


def asked_of_cases(names: Mapping[str, Workflow]) -> Workflow:
    """Cases as facts of one workflow: what the invariants of a portfolio are type-checked against.

    Args:
        names: the names by which an expression calls the cases, each with its workflow.
    """
    links = []
    for name, workflow in names.items():
        fields = [linked_field(item) for item in workflow.fields]
        if FINAL not in workflow.field_by_name:
            fields.append(LinkedField(name=FINAL, type="boolean"))
        links.append(Link(name=name, workflow=workflow.name, title=Text(name, name), fields=tuple(fields)))
    return Workflow(
        name="?cases",
        title=Text.same("?"),
        subject=Text.same("?"),
        roles=(),
        fields=(),
        links=tuple(links),
        states=(State(name="any", title=Text.same("?"), initial=True),),
        transitions=(),
        deadlines=(),
    )


def invariants(
    part: Part, log: Log, workflow: Workflow | None, cases: Mapping[str, Workflow]
) -> tuple[Invariant, ...]:
    """The invariants that a file states.

    Args:
        part: the file, fitted to its grammar.
        log: takes what is wrong.
        workflow: the definition; None: the file is a portfolio.
        cases: of a portfolio: its cases with their workflows.
    """
    found = []
    for key, item in part.many("invariants"):
        one = _invariant(key, item, log, workflow, cases)
        if one is not None:
            found.append(one)
    return tuple(found)


def _invariant(
    key: Scalar, part: Part, log: Log, workflow: Workflow | None, cases: Mapping[str, Workflow]
) -> Invariant | None:
    always, later = part.get("always"), part.get("eventually")
    if (always is None) == (later is None):
        if not {"always", "eventually"} & part.wrong:
            log.add(
                "always-or-eventually",
                key,
                Text(
                    "Eine Zusicherung hat entweder 'always' oder 'eventually'.",
                    "An invariant has either 'always' or 'eventually'.",
                ),
                Text(
                    "always: was immer gilt; eventually: was spätestens an einem Tag gilt.",
                    "always: what holds at all times; eventually: what holds on a day at the latest.",
                ),
            )
        return None
    node: Scalar = always if always is not None else later
    what, day = node.text, None
    if later is not None:
        split = _BY.fullmatch(node.text)
        day = _day(split["day"]) if split else None
        if split is None or day is None:
            log.add(
                "wrong-value",
                node,
                Text("Hier fehlt, was bis wann gilt.", "What holds by when is missing here."),
                Text("Etwa: final by 2025-12-31.", "For instance: final by 2025-12-31."),
            )
            return None
        what = split["what"]
    if part.get("given") is not None and later is None:
        log.add(
            "always-or-eventually",
            part.key("given"),
            Text("'given' gibt es nur bei 'eventually'.", "'given' is only for 'eventually'."),
            Text("'always' gilt, was immer jemand tut.", "'always' holds whatever anybody does."),
        )
    keys: dict[str, str] = {}
    if workflow is None and what.strip() == FINAL:
        what = " && ".join(f'cases["{name}"].{FINAL}' for name in cases)
    text = what if workflow is not None else _named(what, keys)
    found = Invariant(
        name=key.text,
        title=part.title(key.text),
        text=text,
        place=log.place(node),
        keys=keys,
        by=day,
        whoever_acts=part.text("given") == "whoever_acts",
    )
    return found if _checked(found, node, log, workflow, cases) else None


def _checked(
    one: Invariant, node: Scalar, log: Log, workflow: Workflow | None, cases: Mapping[str, Workflow]
) -> bool:
    """Whether an invariant asks only for what there is."""
    from wirflow.definition.guards import Guards  # noqa: PLC0415 - CEL is loaded only if needed

    # Where the syntax is wrong already nothing more is said, and nothing is known all the same.
    unknown = [name for name, key in one.keys.items() if key not in cases]
    for name, key in one.keys.items():
        if name in unknown:
            at = one.text.index(name)
            near = nearest(key, cases)
            log.add(
                "unknown-case",
                node,
                Text(f"Der Vorgang '{key}' ist unbekannt.", f"The case '{key}' is unknown."),
                Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?") if near else None,
                offset=at,
            )
    if unknown:
        return False
    before = log.errors
    known = {name: cases[key] for name, key in one.keys.items()}
    asked = asked_of(workflow) if workflow is not None else asked_of_cases(known)
    for problem in Guards(asked).problems(one.text, "bool"):
        message, hint = (
            _shown(words, one.keys) if words else None for words in (problem.message, problem.hint)
        )
        log.add(problem.code, node, message or problem.message, hint, offset=problem.column)
    for column, name, word, choices in _foreign(one.text, known):
        log.add(
            "not-a-choice",
            node,
            *(
                _shown(words, one.keys)
                for words in (
                    Text(f"'{name}' ist nie '{word}'.", f"'{name}' is never '{word}'."),
                    Text(f"Möglich: {', '.join(choices)}.", f"One of: {', '.join(choices)}."),
                )
            ),
            offset=column,
        )
    return log.errors == before


def _foreign(text: str, known: Mapping[str, Workflow]) -> Sequence[tuple[int, str, str, tuple[str, ...]]]:
    """States and choices with which a case is compared, and which its workflow does not have."""
    reading, found = read(text), []
    for item in reading.values:
        owner, _, fact = item.name.partition(".")
        workflow = known.get(owner)
        if workflow is None:
            continue
        field = workflow.field_by_name.get(fact)
        choices = tuple(row.name for row in field.choices) if field else ()
        if fact == "state":
            choices = tuple(row.name for row in workflow.states)
        for token in compared(reading, item) if choices else ():
            plain = _PLAIN.fullmatch(token.text)
            if plain and not set(plain[2].split(" + ")) <= set(choices):
                found.append((token.start, item.name, plain[2], choices))
    return found


def _named(text: str, keys: dict[str, str]) -> str:
    """The expression with each `cases["X"]` as one name, as long as it was."""

    def name(match: re.Match[str]) -> str:
        key = match["one"] if match["one"] is not None else match["two"]
        known = next((one for one, other in keys.items() if other == key and len(one) == len(match[0])), None)
        one = known or f"c{len(keys)}".ljust(len(match[0]), "_")
        keys[one] = key
        return one

    return _CASE.sub(name, text)


def _shown(words: Text, keys: Mapping[str, str]) -> Text:
    """Words in which the cases are called as their author did."""
    de, en = words.de, words.en
    for name, key in keys.items():
        de, en = (text.replace(name, f'cases["{key}"]') for text in (de, en))
    return Text(de, en)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
