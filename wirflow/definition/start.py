"""What a start says of the children that it brings: their list, their links, their keys."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

from wirflow.definition.declare import WHAT
from wirflow.definition.model import Passed
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from wirflow.definition.declare import Outline
    from wirflow.definition.field import Field, Link
    from wirflow.definition.log import Log
    from wirflow.definition.shape import Part
    from wirflow.definition.yaml import Scalar


def is_list(name: Scalar, fields: Mapping[str, Field], log: Log) -> bool:
    """Whether a field that exists is a list, of which each item has its child."""
    if fields[name.text].type == "list":
        return True
    fit = ", ".join(field.name for field in fields.values() if field.type == "list")
    log.add(
        "wrong-type",
        name,
        Text(f"'{name.text}' ist keine Liste.", f"'{name.text}' is no list."),
        Text(f"Möglich: {fit or '-'}.", f"Possible: {fit or '-'}."),
    )
    return False


def passed(
    workflow: str, known: Outline, part: Part, links: Mapping[str, Link], log: Log
) -> Iterator[Passed]:
    """The links that a child takes over from its parent.

    Args:
        workflow: that of the child.
        known: what is known of it.
        part: the start.
        links: those of the parent.
        log: takes what is wrong.
    """
    for name, own in part.many("links"):
        if name.text not in known.links:
            log.unknown("link", WHAT["link"], name, known.links)
            continue
        if own.text not in links:
            log.unknown("link", WHAT["link"], own, links)
            continue
        leads, wanted = links[own.text].workflow, known.links[name.text]
        if leads != wanted:
            log.add(
                "wrong-type",
                own,
                Text(
                    f"'{own.text}' führt zu '{leads}'; '{name.text}' von '{workflow}' führt zu '{wanted}'.",
                    f"'{own.text}' leads to '{leads}'; '{name.text}' of '{workflow}' leads to '{wanted}'.",
                ),
            )
        yield Passed(name=name.text, to=own.text)


def is_key(key: Scalar, own: Collection[str], log: Log) -> bool:
    """Whether keys of children can be made of a text.

    Args:
        key: the text, with `{key}` in it.
        own: what tells the children of the start apart: `each.year` and its like.
        log: takes what is wrong.
    """
    names = {"key", "number", *({"year", "item"} & {name.removeprefix("each.") for name in own})}
    try:
        parts = list(Formatter().parse(key.text))
    except ValueError:
        parts = [("", "", "", None)]
    used = [name for _, name, _, _ in parts if name is not None]
    fine = all(
        name is None or (name in names and not layout and not conversion)
        for _, name, layout, conversion in parts
    )
    if fine and "key" in used:
        return True
    log.add(
        "wrong-subject",
        key,
        Text("So lässt sich kein Aktenzeichen bilden.", "No key can be made of this."),
        Text(
            f"{{key}} gehört hinein; möglich sind auch: {', '.join(sorted(names - {'key'}))}.",
            f"{{key}} belongs into it; also possible: {', '.join(sorted(names - {'key'}))}.",
        ),
    )
    return False
