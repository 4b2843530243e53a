"""What a workflow declares: the names that everything else in its file refers to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from wirflow.definition.field import Children, Choice, Field, Link, LinkedField
from wirflow.definition.grammar import CEL_KEYWORDS, OWN_WORDS
from wirflow.definition.model import CORRECT, PARENT, Role, State
from wirflow.definition.shape import Part, decimal, raw
from wirflow.definition.values import parse, to_json
from wirflow.errors import InputError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wirflow.definition.log import Log
    from wirflow.definition.yaml import Scalar

WHAT: Final = {
    "field": Text("Das Feld", "The field"),
    "role": Text("Die Rolle", "The role"),
    "state": Text("Der Zustand", "The state"),
    "event": Text("Das Ereignis", "The event"),
    "link": Text("Die Verknüpfung", "The link"),
    "child": Text("Die Art von Untervorgängen", "The kind of children"),
    "workflow": Text("Der Ablauf", "The workflow"),
}


class Outline(NamedTuple):
    """What other files may know of a workflow before it is built: its fields, unsure ones included."""

    fields: tuple[LinkedField, ...]
    unsure: frozenset[str] = frozenset()
    parent: str | None = None
    """The workflow whose children its cases are."""
    links: Mapping[str, str] = {}
    """Link → the workflow to which it leads."""
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a workflow that its parts may refer to."""

    roles: dict[str, Role]
    fields: dict[str, Field]
    links: dict[str, Link]
    children: dict[str, Children]
    states: dict[str, State]
    events: tuple[str, ...]
    unsure: frozenset[str]
    """Names about which something is already known to be wrong: what expressions say of them is no news."""


def outline(part: Part) -> Outline:
    """What other files may know of a workflow."""
    fields, unsure = [], set()
    for name, item in part.many("fields"):
        kind, of = item.text("type"), item.text("of")
        if kind and (kind != "list" or of):
            choices = tuple(choice.text for choice, _ in item.many("choices"))
            fields.append(
                LinkedField(name=name.text, type=kind, of=of if kind == "list" else None, choices=choices)
            )
        else:
            unsure.add(name.text)
    above: Part | None = part.get("parent")
    links = {name.text: item.text("workflow") or "" for name, item in part.many("links")}
    return Outline(
        tuple(fields),
        frozenset(unsure),
        above.text("workflow") if above else None,
        links,
        tuple(_named_states(part, "")),
    )


def _named_states(part: Part, around: str) -> Iterator[str]:
    for key, item in part.many("states"):
        yield f"{around}{key.text}"
        yield from _named_states(item, f"{around}{key.text}.")


def declare(part: Part, outlines: dict[str, Outline], log: Log) -> Names:
    """The names that a file declares, each with what it stands for.

    Args:
        part: the file, fitted to the grammar.
        outlines: the workflows that links may lead to, this one included.
        log: takes what is wrong.
    """
    links = _links(part, outlines, log)
    children = _children(part, links, outlines, log)
    fields = _fields(part, {**links, **children}, log)
    states = {state.name: state for state in _states(part, None, log)}
    roles = {key.text: Role(name=key.text, title=item.title(key.text)) for key, item in part.many("roles")}
    events = [key.text for key, _ in part.many("transitions")]
    if part.get("corrections"):
        events.append(CORRECT)
    unsure = set(part.keys("fields") | part.keys("links")) - {*fields, *links}
    for link in links.values():
        known = outlines.get(link.workflow)
        unsure |= {f"{link.name}.{name}" for name in known.unsure} if known else {link.name}
    unsure |= part.keys("children") - children.keys()
    for kind in children.values():
        known = outlines.get(kind.workflow)
        unsure |= {f"{kind.name}.{name}" for name in known.unsure} if known else {kind.name}
    return Names(roles, fields, links, children, states, tuple(events), frozenset(unsure))


def _states(part: Part, parent: State | None, log: Log) -> Iterator[State]:
    """The states of a part, each followed by those inside it."""
    rows = []
    for key, item in part.many("states"):
        inside = item.get("states") is not None
        state = State(
            name=f"{parent.name}.{key.text}" if parent else key.text,
            title=item.title(key.text),
            initial=item.yes("initial"),
            final=item.yes("final"),
            tone=item.text("tone") or "neutral",
            parent=parent.name if parent else None,
            parallel=item.yes("parallel"),
            history=item.yes("history"),
        )
        rows.append((key, state))
        for word in ("parallel", "history"):
            if item.yes(word) and not inside and "states" not in item.wrong:
                log.add(
                    "missing-key",
                    item.key(word),
                    Text(f"Zu '{word}' fehlt der Schlüssel 'states'.", f"'{word}' needs the key 'states'."),
                    Text(
                        "Etwa: states: {a: {initial: true}, b: {}}.",
                        "For instance: states: {a: {initial: true}, b: {}}.",
                    ),
                )
        if state.final and inside:
            log.add(
                "wrong-value",
                item.key("final"),
                Text("In einem Ende gibt es keine weiteren Zustände.", "There are no states inside an end."),
                Text("'final' oder 'states' kann entfallen.", "'final' or 'states' can go."),
            )
        yield state
        yield from _states(item, state, log)
    regions = parent is not None and parent.parallel
    if (
        (parent is None or rows)
        and not regions
        and not any("initial" in item.wrong for _, item in part.many("states"))
    ):
        _initial(rows, part, log)


def _links(part: Part, outlines: dict[str, Outline], log: Log) -> dict[str, Link]:
    links = {}
    above: Part | None = part.get("parent")
    target = above.get("workflow") if above else None
    if above and target is not None:
        if target.text not in outlines:
            log.unknown("workflow", WHAT["workflow"], target, [name for name in outlines if name[0] != "?"])
        known = outlines.get(target.text)
        title: Text | None = above.get("title")
        links[PARENT] = Link(
            name=PARENT,
            workflow=target.text,
            title=title or Text("Übergeordneter Vorgang", "Parent case"),
            fields=known.fields if known else (),
            is_parent=True,
        )
    for key, item in part.many("links"):
        if key.text == PARENT:
            log.add(
                "reserved-name",
                key,
                Text(
                    "'parent' ist der Vorgang, zu dem dieser gehört.",
                    "'parent' is the case to which this one belongs.",
                ),
                Text(
                    "Schreiben Sie oben in der Datei: parent: {workflow: …}.",
                    "Write at the top of the file: parent: {workflow: …}.",
                ),
            )
            continue
        if not _permitted(key, log):
            continue
        target = item.get("workflow")
        if target is not None and target.text not in outlines:
            log.unknown("workflow", WHAT["workflow"], target, [name for name in outlines if name[0] != "?"])
        known = outlines.get(target.text) if target else None
        links[key.text] = Link(
            name=key.text,
            workflow=target.text if target else "",
            title=item.title(key.text),
            fields=known.fields if known else (),
        )
    return links


def _children(
    part: Part, links: dict[str, Link], outlines: dict[str, Outline], log: Log
) -> dict[str, Children]:
    own = part.text("workflow")
    children = {}
    for key, item in part.many("children"):
        if key.text in links:
            _taken(key, log)
            continue
        if not _permitted(key, log):
            continue
        target: Scalar | None = item.get("workflow")
        known = outlines.get(target.text) if target else None
        if target is not None and known is None:
            log.unknown("workflow", WHAT["workflow"], target, [name for name in outlines if name[0] != "?"])
        elif target is not None and known is not None and own is not None and known.parent != own:
            log.add(
                "not-a-child",
                target,
                Text(
                    f"'{target.text}' gehört zu keinem Vorgang '{own}'.",
                    f"'{target.text}' belongs to no case '{own}'.",
                ),
                Text(
                    f"Schreiben Sie dort: parent: {{workflow: {own}}}.",
                    f"Write there: parent: {{workflow: {own}}}.",
                ),
            )
        children[key.text] = Children(
            name=key.text,
            workflow=target.text if target else "",
            title=item.title(key.text),
            fields=known.fields if known else (),
        )
    return children


def _taken(key: Scalar, log: Log) -> None:
    log.add(
        "name-taken",
        key,
        Text(
            f"'{key.text}' heißt schon eine Verknüpfung oder eine Art von Untervorgängen.",
            f"'{key.text}' is already the name of a link or of a kind of children.",
        ),
        Text("Ausdrücke könnten beide nicht unterscheiden.", "Expressions could not tell them apart."),
    )


def _fields(part: Part, taken: Mapping[str, object], log: Log) -> dict[str, Field]:
    fields = {}
    for key, item in part.many("fields"):
        if key.text in taken:
            _taken(key, log)
        elif _permitted(key, log):
            fields[key.text] = _field(key, item, log)
    return fields


def _permitted(key: Scalar, log: Log) -> bool:
    if key.text not in CEL_KEYWORDS | OWN_WORDS:
        return True
    log.add(
        "reserved-name",
        key,
        Text(
            f"'{key.text}' hat in Ausdrücken schon eine Bedeutung.",
            f"'{key.text}' already has a meaning in expressions.",
        ),
        Text(f"Möglich wäre '{key.text}_1'.", f"Possible would be '{key.text}_1'."),
    )
    return False


def _field(key: Scalar, item: Part, log: Log) -> Field:
    kind = item.text("type") or "text"
    choices = tuple(
        Choice(name=name.text, title=(row or Part(name, {})).title(name.text))
        for name, row in item.many("choices")
    )
    if item.text("type"):
        _check_field(item, kind, log)
    low, high = item.get("min"), item.get("max")
    longest, of = item.text("max_length"), item.text("of") if kind == "list" else None
    least, most = item.text("min_items"), item.text("max_items")
    field = Field(
        name=key.text,
        type=kind,  # type: ignore[arg-type] # the grammar lets only these through
        title=item.title(key.text),
        required=item.yes("required"),
        expected=item.yes("expected"),
        personal=item.yes("personal"),
        choices=choices,
        min=decimal(low) if low else None,
        max=decimal(high) if high else None,
        max_length=int(longest) if longest else None,
        of=of,  # type: ignore[arg-type] # likewise
        min_items=int(least) if least else None,
        max_items=int(most) if most else None,
    )
    default = item.get("default")
    if (
        default is None
        or kind == "document"
        or not item.text("type")
        or ("choice" in {kind, of} and not choices)
        or (kind == "list" and not of)
    ):
        return field
    try:
        value = to_json(parse(field, raw(default)))
    except InputError as error:
        log.add("wrong-value", default, error.message, error.hint)
        return field
    return replace(field, default=value)  # type: ignore[arg-type] # a document has no default


def _check_field(item: Part, kind: str, log: Log) -> None:
    of = item.text("of") if kind == "list" else None
    if kind == "list" and not of and "of" not in item.wrong:
        log.add(
            "missing-key",
            item.node,
            Text("Hier fehlt der Schlüssel 'of'.", "The key 'of' is missing here."),
            Text(
                "Was ist jeder Wert der Liste? Etwa: of: text.", "What is each item? For instance: of: text."
            ),
        )
    if "choice" in {kind, of} and not item.many("choices") and "choices" not in item.wrong:
        log.add(
            "missing-key",
            item.node,
            Text("Hier fehlt der Schlüssel 'choices'.", "The key 'choices' is missing here."),
            Text("Etwa: choices: [open, done].", "For instance: choices: [open, done]."),
        )
    for names, kinds in (
        (("choices",), ("choice",)),
        (("min", "max"), ("money", "integer")),
        (("max_length",), ("text",)),
        (("of", "min_items", "max_items"), ("list",)),
    ):
        for name in names:
            if item.get(name) is not None and kind not in kinds and of not in kinds:
                log.add(
                    "wrong-limit",
                    item.key(name),
                    Text(
                        f"'{name}' gibt es nur bei {' und '.join(kinds)}.",
                        f"'{name}' is only for {' and '.join(kinds)}.",
                    ),
                    Text(f"Dieses Feld ist vom Typ {kind}.", f"This field is of type {kind}."),
                )
    if kind == "document" and item.get("default") is not None:
        log.add(
            "wrong-value",
            item.key("default"),
            Text("Eine Datei ist nie von selbst da.", "A file is never there by itself."),
            Text("'default' kann entfallen.", "'default' can go."),
        )
    least, most = item.text("min_items"), item.text("max_items")
    if least and most and int(least) > int(most):
        log.add(
            "wrong-limit",
            item.get("max_items"),
            Text("Das Höchste liegt unter dem Mindesten.", "The most is below the least."),
            Text(f"min_items ist {least}.", f"min_items is {least}."),
        )
    low, high = item.get("min"), item.get("max")
    if low and high and decimal(low) > decimal(high):
        log.add(
            "wrong-limit",
            high,
            Text("Das Höchste liegt unter dem Mindesten.", "The most is below the least."),
            Text(f"min ist {low.text}.", f"min is {low.text}."),
        )


def _initial(rows: Sequence[tuple[Scalar, State]], part: Part, log: Log) -> None:
    """Exactly one state is the initial one."""
    starts = [key for key, state in rows if state.initial]
    for key in starts[1:]:
        log.add(
            "initial-state",
            key,
            Text("Es gibt schon einen Anfangszustand.", "There is an initial state already."),
            Text(f"Anfang ist '{starts[0].text}'.", f"Initial is '{starts[0].text}'."),
        )
    if not starts:
        log.add(
            "initial-state",
            part.key("states"),
            Text("Kein Zustand ist der Anfang.", "No state is the initial one."),
            Text("Schreiben Sie zu einem: initial: true.", "Write at one of them: initial: true."),
        )
