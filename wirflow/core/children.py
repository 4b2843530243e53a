"""Child cases: which ones a transition starts, what they are called, and what they begin with."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from wirflow.core.case import LinkedCase, Origin
from wirflow.core.decision import Refusal
from wirflow.core.opening import NewCase
from wirflow.core.telling import stand_ins
from wirflow.definition.field import Field
from wirflow.definition.guards import AbsentError, guards_for
from wirflow.definition.kin import pattern
from wirflow.definition.model import PARENT
from wirflow.definition.values import CASE_KEY_PATTERN, Value, parse
from wirflow.errors import InputError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from wirflow.core.case import Case, Facts
    from wirflow.definition.guards import Scope
    from wirflow.definition.model import Start, Transition, Workflow

MAX_STARTED: Final = 1_000
"""How many children one transition may start: more is a mistake in a date."""

MAX_GENERATIONS: Final = 100
"""How many starts may lead to one another before the chain is taken for a loop."""

MAX_FAMILY: Final = 5_000
"""How many cases one event may start in all, with the children of its children."""

_UNFIT: Final = re.compile(r"[^\w./-]+")
_PARTED: Final = re.compile(r"[^\w.-]+")


def started(
    workflow: Workflow, transition: Transition, case: Case, facts: Facts, scope: Scope
) -> list[NewCase] | Refusal:
    """The children that a transition starts, in the order of the definition and of the years.

    Args:
        workflow: the definition of the parent.
        transition: what is taken.
        case: the parent after it.
        facts: the children that it has already.
        scope: the facts of the parent after the transition, `old` before it.

    Returns:
        The children, their facts as far as the definition of the parent tells; or why
        none can be started: a date is not known, a key is too long, there are too many.
    """
    found: list[NewCase] = []
    # Two keys that only capitals tell apart would be taken for one.
    taken = {child.key.casefold() for child in facts.children}
    for start in transition.start:
        try:
            if start.when is not None and not guards_for(workflow).holds(start.when, scope):
                continue
        except AbsentError:
            continue
        try:
            rows = list(_each(workflow, start, case, scope))
        except AbsentError as absent:
            return _not_known(workflow, start, absent)
        if len(found) + len(rows) > MAX_STARTED:
            return _too_many(workflow, start)
        for number, each in enumerate(rows, 1):
            each["number"] = number
            key = _key(start, case.key, each, taken)
            if not CASE_KEY_PATTERN.fullmatch(key):
                return _no_key(workflow, start, key)
            taken.add(key.casefold())
            links = {item.name: case.links[item.to] for item in start.links if item.to in case.links}
            try:
                data = _facts_of(workflow, start, scope.within("each", each))
            except InputError as error:
                return _refused(workflow, start, error)
            found.append(
                NewCase(
                    workflow=workflow.children_by_name[start.children].workflow,
                    key=key,
                    data=data,
                    links={**links, PARENT: case.key},
                    sources={},
                    child=start.children,
                    origin=Origin(case=case.key, seq=case.revision),
                )
            )
    return found


def about_to_begin(new: Iterable[NewCase]) -> Iterator[LinkedCase]:
    """Children that are being started as their parent sees them: there, but nobody can say how they stand."""
    for item in new:
        yield LinkedCase(key=item.key, state="", data={}, workflow=item.workflow, child=item.child)


def unfit(workflow: Workflow, new: NewCase) -> Refusal | None:
    """Why the facts of a child are not ones that its workflow takes; None: they are.

    Args:
        workflow: the newest version, which it will pin.
        new: the child.
    """
    for name, value in new.data.items():
        field = workflow.field_by_name.get(name)
        if field is None:
            text = Text(f"Das Feld '{name}' gibt es dort nicht.", f"There is no field '{name}'.")
            return Refusal(code="child", texts=(text,), fields=(name,))
        try:
            parse(field, value)
        except InputError as error:
            text = Text(f"{field.title.de}: {error.message.de}", f"{field.title.en}: {error.message.en}")
            return Refusal(code="child", texts=(text,), hint=error.hint, fields=(name,))
    return None


def key_taken(new: NewCase) -> Refusal:
    """Some other case is called so."""
    text = Text(f"Es gibt schon einen Vorgang {new.key}.", f"There is a case {new.key} already.")
    return Refusal(code="child", texts=(text,))


def no_workflow(new: NewCase) -> Refusal:
    """Its workflow was never registered in this office."""
    text = Text(
        f"Den Workflow '{new.workflow}' gibt es hier nicht.", f"There is no workflow '{new.workflow}' here."
    )
    return Refusal(code="child", texts=(text,))


def cannot_begin(new: NewCase, against: Refusal) -> Refusal:
    """What stands against a child stands against the event with which it should begin."""
    return Refusal(
        code="child",
        texts=tuple(
            Text(f"{new.key} kann nicht beginnen: {text.de}", f"{new.key} cannot begin: {text.en}")
            for text in against.texts
        ),
        hint=against.hint,
        fields=against.fields,
    )


def _each(workflow: Workflow, start: Start, case: Case, scope: Scope) -> Iterator[dict[str, Value]]:
    """What each child of a start has of its own: nothing, an item, or its year with the days that count."""
    if start.each is not None:
        items = case.data.get(start.each)
        if not isinstance(items, tuple):
            raise AbsentError(start.each)
        for item in items:
            yield {"item": item}
        return
    if start.years is None:
        yield {}
        return
    guards, day = guards_for(workflow), Field(name="", type="date", title=Text.same(""))
    first = guards.value(start.years.first, scope, day)
    last = guards.value(start.years.last, scope, day)
    if type(first) is not date or type(last) is not date:
        return  # the reader lets only dates through
    for year in range(first.year, last.year + 1 if first <= last else 0):
        yield {
            "year": year,
            "first": max(first, date(year, 1, 1)),
            "last": min(last, date(year, 12, 31)),
        }


def _facts_of(workflow: Workflow, start: Start, scope: Scope) -> Mapping[str, Value]:
    """The facts that a child begins with; one that cannot be computed yet stays absent."""
    guards = guards_for(workflow)
    if start.years or start.each:
        guards = guards.within(workflow.each(start))
    fields = stand_ins(workflow.children_by_name[start.children].fields)
    data = {}
    for item in start.values:
        try:
            data[item.field] = guards.value(item.value, scope, fields[item.field])
        except AbsentError:
            continue
    return data


def _key(start: Start, parent: str, each: Mapping[str, Value], taken: Collection[str]) -> str:
    """What a child is called: unlike any other child of its parent."""
    words = {"key": parent, "child": start.children, **each}
    if "item" in each:
        words["item"] = _PARTED.sub("-", str(each["item"])).strip("./-_") or str(each["number"])
    name = pattern(start).format_map(words)
    usual = _UNFIT.sub("-", name).rstrip("./-_")
    key, number = usual, 1
    while key.casefold() in taken:
        number += 1
        key = f"{usual}-{number}"
    return key


def _title(workflow: Workflow, start: Start) -> Text:
    return workflow.children_by_name[start.children].title


def _not_known(workflow: Workflow, start: Start, absent: AbsentError) -> Refusal:
    title = _title(workflow, start)
    field = workflow.field_by_name.get(absent.name.removeprefix("old."))
    name = field.title if field else Text.same(absent.name)
    text = Text(
        f"{title.de} kann nicht beginnen: {name.de} ({absent.name}) ist nicht bekannt.",
        f"{title.en} cannot be started: {name.en} ({absent.name}) is not known.",
    )
    return Refusal(code="child", texts=(text,), fields=(absent.name,))


def _too_many(workflow: Workflow, start: Start) -> Refusal:
    title = _title(workflow, start)
    text = Text(
        f"{title.de}: mehr als {MAX_STARTED} Vorgänge auf einmal.",
        f"{title.en}: more than {MAX_STARTED} cases at once.",
    )
    return Refusal(code="child", texts=(text,), hint=Text("Stimmen die Daten?", "Are the dates right?"))


def _no_key(workflow: Workflow, start: Start, key: str) -> Refusal:
    title = _title(workflow, start)
    text = Text(f"{title.de}: '{key}' ist kein Aktenzeichen.", f"{title.en}: '{key}' is no key.")
    hint = Text("Es hat höchstens 80 Zeichen.", "It has at most 80 characters.")
    return Refusal(code="child", texts=(text,), hint=hint)


def _refused(workflow: Workflow, start: Start, error: InputError) -> Refusal:
    title = _title(workflow, start)
    text = Text(f"{title.de}: {error.message.de}", f"{title.en}: {error.message.en}")
    return Refusal(code="child", texts=(text,), hint=error.hint)
