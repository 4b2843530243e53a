"""What differs between two versions of a workflow, as far as running cases meet it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from wirflow.core.migration import Migration
    from wirflow.definition.field import Field
    from wirflow.definition.model import DeadlineSpec

Sort = Literal["state", "field", "link", "deadline"]

Fate = Literal["same", "renamed", "dropped", "missing", "new", "changed", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One name in both versions."""

    sort: Sort
    name: str
    """In the old version; of what is new, in the new one."""
    to: str | None
    """In the new version; None: it is not there."""
    fate: Fate
    text: Text
    """What that means, in words."""


def compare(migration: Migration, states: Collection[str]) -> Iterator[Difference]:
    """Everything that a running case may meet on its way from one version to the other.

    Args:
        migration: the two versions, and the map between them.
        states: where cases stand by the old version.
    """
    yield from _states(migration, states)
    yield from _fields(migration)
    yield from _links(migration)
    yield from _deadlines(migration)


def _states(migration: Migration, states: Collection[str]) -> Iterator[Difference]:
    for place in states:
        to = migration.place(place)
        if to is None:
            text = Text("braucht eine Zuordnung", "needs a mapping")
            yield Difference(sort="state", name=place, to=None, fate="missing", text=text)
        elif to == place:
            text = Text("bleibt", "stays")
            yield Difference(sort="state", name=place, to=to, fate="same", text=text)
        else:
            text = Text(f"wird {to}", f"becomes {to}")
            yield Difference(sort="state", name=place, to=to, fate="renamed", text=text)


def _fields(migration: Migration) -> Iterator[Difference]:
    old, new, names = migration.old, migration.new, migration.map.fields
    computed = {item.field for item in migration.map.set}
    yield from _named("field", old.field_by_name, new.field_by_name, names)
    for name, field in old.field_by_name.items():
        to = names.get(name, name)
        now = new.field_by_name.get(to) if to else None
        for text in _changed_field(field, now) if now else ():
            yield Difference(sort="field", name=name, to=to, fate="changed", text=text)
    familiar = {names.get(name, name) for name in old.field_by_name}
    for name, field in new.field_by_name.items():
        if name not in familiar:
            yield Difference(sort="field", name=name, to=name, fate="new", text=_new_field(field, computed))


def _changed_field(was: Field, now: Field) -> Iterator[Text]:
    if was.kind != now.kind:
        yield Text(f"Typ {was.kind} wird {now.kind}", f"type {was.kind} becomes {now.kind}")
    if now.required and not was.required:
        yield Text("wird zur Pflicht", "becomes required")
    if now.personal and not was.personal:
        yield Text("wird personenbezogen", "becomes personal")
    if was.personal and not now.personal:
        yield Text("ist nicht mehr personenbezogen", "is personal no more")
    if was.kind == now.kind and _bounds(was) != _bounds(now):
        yield Text("hat andere Grenzen", "has other bounds")
    gone = [item.name for item in was.choices if item.name not in {other.name for other in now.choices}]
    if gone and "choice" in {now.type, now.of}:
        listed = ", ".join(gone)
        yield Text(f"kennt nicht mehr: {listed}", f"knows no more: {listed}")


def _bounds(field: Field) -> tuple[object, ...]:
    return field.min, field.max, field.max_length, field.min_items, field.max_items


def _new_field(field: Field, computed: Collection[str]) -> Text:
    if field.name in computed:
        return Text("ist neu und wird bestimmt", "is new and computed")
    if field.default is not None:
        return Text(f"ist neu, beginnt mit {field.default}", f"is new, begins with {field.default}")
    if field.required:
        return Text("ist neu und Pflicht", "is new and required")
    return Text("ist neu", "is new")


def _links(migration: Migration) -> Iterator[Difference]:
    yield from _named("link", migration.old.link_by_name, migration.new.link_by_name, migration.map.links)


def _deadlines(migration: Migration) -> Iterator[Difference]:
    old, new, names = migration.old.deadline_by_name, migration.new.deadline_by_name, migration.map.deadlines
    for name, spec in old.items():
        to = names.get(name, name)
        if to not in new:
            text = Text("entfällt", "is gone")
            yield Difference(sort="deadline", name=name, to=None, fate="gone", text=text)
            continue
        if to != name:
            text = Text(f"wird {to}", f"becomes {to}")
            yield Difference(sort="deadline", name=name, to=to, fate="renamed", text=text)
        states = tuple(migration.map.states.get(state, state) for state in spec.states)
        for text in _changed_deadline(replace(spec, states=states), new[to]):
            yield Difference(sort="deadline", name=name, to=to, fate="changed", text=text)
    familiar = {names.get(name, name) for name in old}
    for name in new:
        if name not in familiar:
            yield Difference(sort="deadline", name=name, to=name, fate="new", text=Text("ist neu", "is new"))


def _changed_deadline(was: DeadlineSpec, now: DeadlineSpec) -> Iterator[Text]:
    if (was.on, was.start, was.rule, was.period, was.edge, was.every, was.given) != (
        now.on,
        now.start,
        now.rule,
        now.period,
        now.edge,
        now.every,
        now.given,
    ):
        yield Text("rechnet anders", "is computed otherwise")
    if (was.states, was.when) != (now.states, now.when):
        yield Text("läuft in anderen Fällen", "runs in other cases")
    if was.fire != now.fire:
        yield Text(f"löst {now.fire or 'nichts'} aus", f"fires {now.fire or 'nothing'}")
    if (was.remind, was.notice, was.escalate) != (now.remind, now.notice, now.escalate):
        yield Text("erinnert anders", "reminds otherwise")
    if was.law != now.law:
        yield Text("nennt anderes Recht", "names another law")


def _named(
    sort: Sort, old: Collection[str], new: Collection[str], names: Mapping[str, str | None]
) -> Iterator[Difference]:
    """The names that do not simply stay."""
    for name in old:
        to = names.get(name, name)
        if to is None:
            text = Text("fällt weg", "is dropped")
            yield Difference(sort=sort, name=name, to=None, fate="dropped", text=text)
        elif to not in new:
            text = Text(
                "fehlt: wo es einen Wert hat, braucht es eine Zuordnung",
                "is missing: where it has a value, it needs a mapping",
            )
            yield Difference(sort=sort, name=name, to=None, fate="missing", text=text)
        elif to != name:
            text = Text(f"wird {to}", f"becomes {to}")
            yield Difference(sort=sort, name=name, to=to, fate="renamed", text=text)
