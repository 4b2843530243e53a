"""Workflows without their children: what is asked about these may be answered in any way, at any time.

The checker looks at cases side by side, but children come and go.  So each question
about them becomes a fact of one more linked case of which nothing is known.  What
holds whatever the children say holds.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wirflow.definition.expression import read
from wirflow.definition.field import Link
from wirflow.definition.model import CHILDREN, Requirement
from wirflow.proof.answers import KIDS, Question
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wirflow.definition.model import Transition, Workflow

SOMEBODY: Final = "?children"
"""Its key, which no case has."""

NEEDED: Final = Text("Für Untervorgänge nötig.", "Children need it.")
"""What a rule says that no author wrote, but that a start implies."""

_SIGNS: Final = re.compile(r"[^A-Za-z0-9]+")


def plainly(workflow: Workflow) -> Workflow:
    """A workflow in which questions about children are facts of a linked case.

    Starts are left away; what they need to know, the transition needs.
    """
    if not workflow.children:
        return workflow
    asked = _Asked(workflow)
    plain = replace(
        workflow,
        transitions=tuple(asked.transition(item) for item in workflow.transitions),
        deadlines=tuple(replace(item, when=asked.maybe(item.when)) for item in workflow.deadlines),
        constraints=tuple(replace(item, when=asked.text(item.when)) for item in workflow.constraints),
        warnings=(),
        money=(),
    )
    link = Link(
        name=KIDS,
        workflow=SOMEBODY,
        title=Text("Untervorgänge", "Children"),
        fields=tuple(asked.fields.values()),
    )
    return replace(plain, links=(*workflow.links, link))


def always(workflow: Workflow) -> dict[str, str]:
    """The links that every case of a workflow has: the one that answers for its children."""
    return {KIDS: SOMEBODY} if KIDS in workflow.link_by_name else {}


class _Asked:
    """The questions of one workflow; the same words are the same question."""

    def __init__(self, workflow: Workflow) -> None:
        self._groups = {CHILDREN, *workflow.children_by_name}
        self._names: dict[str, str] = {}
        self.fields: dict[str, Question] = {}

    def text(self, expr: str) -> str:
        """An expression with a name in place of each question."""
        found = expr
        reading = read(expr, self._groups)
        for join in reversed(reading.joins):
            depth, end = 0, join.start
            for token in reading.tokens:
                if token.start < join.start or token.kind != "sign":
                    continue
                depth += (token.text == "(") - (token.text == ")")
                if token.text == ")" and not depth:
                    end = token.start + 1
                    break
            name = self._name(expr[join.start : end], counts=join.counts)
            found = f"{found[: join.start]}{KIDS}.{name}{found[end:]}"
        return found

    def maybe(self, expr: str | None) -> str | None:
        """The same of an expression that may not be there."""
        return None if expr is None else self.text(expr)

    def transition(self, item: Transition) -> Transition:
        """A transition with facts in place of questions, and without starts."""
        needs = [Requirement(when=f"has({name})", otherwise=NEEDED) for name in _needed(item)]
        return replace(
            item,
            when=self.maybe(item.when),
            requires=(*(replace(rule, when=self.text(rule.when)) for rule in item.requires), *needs),
            set=tuple(replace(row, value=self.text(row.value)) for row in item.set),
            tell=tuple(
                replace(
                    signal,
                    when=self.maybe(signal.when),
                    values=tuple(replace(row, value=self.text(row.value)) for row in signal.values),
                )
                for signal in item.tell
            ),
            start=(),
        )

    def _name(self, question: str, *, counts: bool) -> str:
        words = " ".join(question.split())
        if words not in self._names:
            plain = _SIGNS.sub("_", words).strip("_").casefold()[:40].strip("_")
            name = f"{plain}_{len(self._names)}"
            self._names[words] = name
            self.fields[name] = Question(name=name, type="integer" if counts else "boolean", words=words)
        return self._names[words]


def _needed(item: Transition) -> Mapping[str, None]:
    """The facts without which a transition cannot start its children."""
    names: dict[str, None] = {}
    for start in item.start:
        if start.each is not None and start.when is None:
            names[start.each] = None
        if start.years is not None and start.when is None:
            for text in (start.years.first, start.years.last):
                names |= dict.fromkeys(name.name for name in read(text).values if "." not in name.name)
    return {name: None for name in names if name not in {"today", "state", "key", "active"}}
