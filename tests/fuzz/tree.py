"""A YAML file as a tree that can be mutated, and back: duplicate keys, tags and anchors survive."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

PLAIN = re.compile(r"[A-Za-z0-9_*][A-Za-z0-9_ .()<>=+/-]*", re.ASCII)
SPACES = 2


@dataclass(slots=True)
class Leaf:
    """A single value."""

    text: str
    plain: bool = True
    prefix: str = ""
    """A tag or an anchor in front of it."""


@dataclass(slots=True)
class Items:
    """A list."""

    items: list[Any] = field(default_factory=list)
    prefix: str = ""


@dataclass(slots=True)
class Pairs:
    """A mapping; a key may stand in it twice, and need not be a single value."""

    pairs: list[tuple[Any, Any]] = field(default_factory=list)
    prefix: str = ""


Tree = Leaf | Items | Pairs


def grown(text: str) -> Tree:
    """The tree of a sound file."""
    return _grown(yaml.compose(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)))


def _grown(node: Any) -> Tree:
    if isinstance(node, yaml.MappingNode):
        return Pairs([(_grown(key), _grown(value)) for key, value in node.value])
    if isinstance(node, yaml.SequenceNode):
        return Items([_grown(item) for item in node.value])
    return Leaf(node.value, node.style is None)


def copied(tree: Tree) -> Tree:
    """A tree of its own."""
    if isinstance(tree, Pairs):
        return Pairs([(copied(key), copied(value)) for key, value in tree.pairs], tree.prefix)
    if isinstance(tree, Items):
        return Items([copied(item) for item in tree.items], tree.prefix)
    return Leaf(tree.text, tree.plain, tree.prefix)


def nodes(tree: Tree) -> Iterator[Tree]:
    """All nodes, keys included."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Pairs):
            for pair in node.pairs:
                stack.extend(pair)
        elif isinstance(node, Items):
            stack.extend(node.items)


def written(tree: Tree, rng: Random) -> str:
    """The tree as YAML: in blocks down to some depth, in braces below."""
    blocks = rng.choice((2, 3, 4, 9))
    lines: list[str] = []
    _block(tree, 0, blocks, lines)
    return "\n".join(lines) + "\n"


def _block(tree: Tree, depth: int, blocks: int, lines: list[str]) -> None:
    pad = " " * (SPACES * depth)
    if depth >= blocks or isinstance(tree, Leaf) or tree.prefix or _is_empty(tree):
        lines.append(pad + _flow(tree))
    elif isinstance(tree, Items):
        lines.extend(f"{pad}- {_flow(item)}" for item in tree.items)
    else:
        for key, value in tree.pairs:
            name = _flow(key) if isinstance(key, Leaf) else f"? {_flow(key)}\n{pad}"
            if isinstance(value, Leaf) or depth + 1 >= blocks or value.prefix or _is_empty(value):
                lines.append(f"{pad}{name}: {_flow(value)}")
            else:
                lines.append(f"{pad}{name}:")
                _block(value, depth + 1, blocks, lines)


def _is_empty(tree: Items | Pairs) -> bool:
    return not (tree.items if isinstance(tree, Items) else tree.pairs)


def _flow(tree: Tree) -> str:
    prefix = f"{tree.prefix} " if tree.prefix else ""
    if isinstance(tree, Leaf):
        bare = tree.plain and (not tree.text or PLAIN.fullmatch(tree.text))
        return prefix + (tree.text if bare else json.dumps(tree.text, ensure_ascii=False))
    if isinstance(tree, Items):
        return f"{prefix}[{', '.join(_flow(item) for item in tree.items)}]"
    inner = ", ".join(f"{_flow(key)}: {_flow(value)}" for key, value in tree.pairs)
    return f"{prefix}{{{inner}}}"
