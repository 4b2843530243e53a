"""Which nodes of a graph lie on rounds together: its strongly connected components."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def rounds(onward: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Number the rounds of a graph, without recursion, so that no depth is too deep.

    Args:
        onward: each node with those to which it leads; all of them are keys.

    Returns:
        Each node with the number of its round; a node on no round has one of its own.
    """
    after = _finished(onward)
    back: dict[str, list[str]] = {node: [] for node in onward}
    for node, others in onward.items():
        for other in others:
            back[other].append(node)
    found: dict[str, int] = {}
    for number, root in enumerate(reversed(after)):
        todo = [root]
        while todo:
            node = todo.pop()
            if node not in found:
                found[node] = number
                todo += back[node]
    return found


def _finished(onward: Mapping[str, Iterable[str]]) -> list[str]:
    """The nodes in the order in which a walk in depth is done with them."""
    seen: set[str] = set()
    done: list[str] = []
    for root in onward:
        stack: list[tuple[str, Iterator[str]]] = []
        if root not in seen:
            seen.add(root)
            stack.append((root, iter(onward[root])))
        while stack:
            node, rest = stack[-1]
            other = next((each for each in rest if each not in seen), None)
            if other is None:
                stack.pop()
                done.append(node)
            else:
                seen.add(other)
                stack.append((other, iter(onward[other])))
    return done
