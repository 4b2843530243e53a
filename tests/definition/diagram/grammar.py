"""As much of Mermaid's grammar of state diagrams as our pictures use, read as its own lexer reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

DIRECTION = re.compile(r".*direction\s+(TB|BT|RL|LR)", re.IGNORECASE)
STATE = re.compile(r'\s*state "([^"]*)" as ([^\n{\s]*)(\{)?')
ARROW = re.compile(r"\s*(\[\*\]|\w+) --> (\[\*\]|\w+)(?: :([^:\n;]+))?")
TITLE = re.compile(r"\s*acc(Title|Descr): (?![\n;#])[^\n]+")
CLASS = re.compile(r"\s*class (\w+(?:,\w+)*) (\w+)")
CLASS_DEF = re.compile(r"\s*classDef (\w+) [^\n;]+")


@dataclass
class Scope:
    """A diagram, or what is inside a state."""

    name: str | None = None
    states: dict[str, tuple[str, Scope | None]] = field(default_factory=dict)
    """Name → (label, what is inside)."""
    arrows: list[tuple[str, str, str]] = field(default_factory=list)
    dividers: int = 0
    regions: dict[str, int] = field(default_factory=dict)
    """Behind how many dividers a state stands."""

    def walk(self):
        """All states as (name, label, name of the state around it)."""
        for name, (label, inside) in self.states.items():
            yield name, label, self.name
            if inside:
                yield from inside.walk()

    def lines(self):
        """All arrows, of all that is inside, too."""
        yield from self.arrows
        for _, inside in self.states.values():
            if inside:
                yield from inside.lines()


def read(text: str) -> Scope:
    """Read a diagram.

    Raises:
        AssertionError: Mermaid would refuse it, or read it otherwise than it was meant.
    """
    # Before anything is parsed, Mermaid takes signs by their numbers out of the way.
    text = re.sub(r"(style|classDef).*:\S*#.*;", lambda found: found[0][:-1], text)
    text = re.sub(r"#(\w+);", lambda found: f"ﬂ°{'°' if found[1].isdigit() else ''}{found[1]}¶ß", text)
    lines = text.splitlines()
    assert lines[0] == "stateDiagram-v2"
    root = Scope()
    stack = [root]
    for line in lines[1:]:
        _line(line, stack)
    assert len(stack) == 1, "a state is not closed"
    names = [name for name, _, _ in root.walk()]
    assert len(names) == len(set(names)), "a name stands twice"
    for source, target, _ in root.lines():
        assert {source, target} <= {"[*]", *names}
    return root


def _line(line: str, stack: list[Scope]) -> None:
    scope = stack[-1]
    assert "%%" not in line
    assert line.strip()
    if DIRECTION.match(line):
        assert line.strip() == "direction TB", line
    elif line.strip() == "}":
        for source, target, _ in scope.arrows:
            _beside(scope, source, target)
        stack.pop()
        assert stack
    elif line.strip() == "--":
        assert scope.name is not None
        scope.dividers += 1
    elif found := STATE.fullmatch(line):
        inside = Scope(found[2]) if found[3] else None
        scope.states[found[2]] = (found[1], inside)
        scope.regions[found[2]] = scope.dividers
        if inside:
            stack.append(inside)
    elif found := ARROW.fullmatch(line):
        assert found[1] != found[2]
        scope.arrows.append((found[1], found[2], (found[3] or "").strip()))
    else:
        assert TITLE.fullmatch(line) or CLASS.fullmatch(line) or CLASS_DEF.fullmatch(line), line
        assert len(stack) == 1


def _beside(scope: Scope, source: str, target: str) -> None:
    """Mermaid draws lines only between states that stand directly beside each other."""
    known = {*scope.states, "[*]"}
    assert {source, target} <= known, (source, target)
    if "[*]" not in {source, target}:
        assert scope.regions[source] == scope.regions[target], (source, target)
