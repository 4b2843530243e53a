"""Questions about children, `report.all(r, r.final)`: their answers, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wirflow.definition.expression import MAX_JOINS, Join, Name, Problem
from wirflow.definition.model import CHILDREN
from wirflow.definition.scope import AbsentError, Scope
from wirflow.errors import nearest
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Question:
    """A join, ready to be asked."""

    join: Join
    holds: Callable[[Scope], bool]

    def answer(self, scope: Scope) -> bool | int:
        """What the children say.

        Raises:
            AbsentError: it depends on a fact that some child does not have.
            GuardError: it cannot be evaluated.
        """
        join = self.join
        asked = [item for item in scope.children if join.group in {CHILDREN, item.child}]
        if join.how == "size":
            return len(asked)
        absent: AbsentError | None = None
        count = 0
        for item in asked:
            facts = {**item.data, "key": item.key, "workflow": item.workflow}
            if item.state:
                facts |= {"state": item.state, "final": item.final}
            try:
                said = self.holds(scope.within(join.name, facts))
            except AbsentError as error:
                owner, _, fact = error.name.partition(".")
                own = owner == join.name
                absent = absent or (AbsentError(f"{join.group}.{fact}", item.key) if own else error)
                continue
            if join.how != "count" and said == (join.how == "exists"):
                return said  # one is enough, whatever is not known of the others
            count += said
        if absent is not None:
            raise absent
        return count if join.how == "count" else join.how == "all"


def no_group(join: Join, groups: Iterable[str]) -> Problem:
    """There are no children of that name, or nobody may ask about any here."""
    known = list(groups)
    if not known:
        return Problem(
            join.start,
            Text(
                "Nach Untervorgängen lässt sich hier nicht fragen.",
                "Children cannot be asked about here.",
            ),
            Text(
                "Untervorgänge erklärt 'children'; in einer Frage steht keine zweite.",
                "Children are declared by 'children'; within one question there is no other.",
            ),
            "unknown-child",
        )
    near = nearest(join.group, known)
    return Problem(
        join.start,
        Text(
            f"Die Art von Untervorgängen '{join.group}' ist unbekannt.",
            f"The kind of children '{join.group}' is unknown.",
        ),
        Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?")
        if near
        else Text(f"Es gibt: {', '.join(known)}.", f"There are: {', '.join(known)}."),
        "unknown-child",
    )


def bare_group(item: Name) -> Problem:
    """A kind of children stands where a value is needed."""
    name = item.name
    return Problem(
        item.start,
        Text(
            f"'{name}' steht für Untervorgänge und hat selbst keinen Wert.",
            f"'{name}' stands for children and has no value itself.",
        ),
        Text(
            f"Etwa: {name}.all(c, c.final) oder size({name}) > 0.",
            f"For instance: {name}.all(c, c.final) or size({name}) > 0.",
        ),
        "wrong-type",
    )


def no_question(name: str, start: int) -> Problem:
    """A question that is not asked of children, or has no name for one of them."""
    return Problem(
        start,
        Text(f"{name}() fragt nach Untervorgängen.", f"{name}() asks about children."),
        Text(f"Etwa: children.{name}(c, c.final).", f"For instance: children.{name}(c, c.final)."),
        "unknown-function",
    )


def taken(join: Join) -> Problem:
    """One of the children is called like something else."""
    return Problem(
        join.named_at,
        Text(f"'{join.name}' hat hier schon eine Bedeutung.", f"'{join.name}' already has a meaning here."),
        Text("Wählen Sie einen anderen Namen, etwa c.", "Choose another name, such as c."),
        "name-taken",
    )


def too_many(start: int) -> Problem:
    """More questions in one expression than its environment has room for."""
    return Problem(
        start,
        Text(
            f"Mehr als {MAX_JOINS} Fragen nach Untervorgängen.",
            f"More than {MAX_JOINS} questions about children.",
        ),
        Text("Teilen Sie den Ausdruck in mehrere Regeln.", "Split it into several rules."),
        "too-long",
    )
