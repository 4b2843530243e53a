"""The moves of cases between versions, as `wirflow migrate` shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wirflow.clock import civil_date, stamp
from wirflow.core.comparison import Difference, compare
from wirflow.core.migration import Migration, TimerStep
from wirflow.definition.values import show as show_value, show_date, to_json
from wirflow.reports.deadlines import deadline_json
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wirflow.cli.screen import Screen
    from wirflow.core.decision import Decision
    from wirflow.definition.model import Workflow
    from wirflow.definition.values import Stored, Value
    from wirflow.definition.version_map import VersionMap
    from wirflow.engine.migrating import Move, Version
    from wirflow.office import Office

Json = dict[str, Any]

COLUMNS: Final = (
    "key",
    "workflow",
    "result",
    "old_definition",
    "new_definition",
    "from",
    "to",
    "changes",
    "deadlines",
    "reasons",
)

_SHORT: Final = 12
"""Characters of a hash that tell versions apart for people."""

_SORTS: Final = {
    "state": Text("Zustand", "State"),
    "field": Text("Feld", "Field"),
    "link": Text("Verknüpfung", "Link"),
    "deadline": Text("Frist", "Deadline"),
}
_PERSONAL: Final = Text("personenbezogen", "personal")
_SIGNS: Final = {"armed": "+", "moved": "~", "changed": "~", "cancelled": "-"}


# -- for programs --------------------------------------------------------------------


def version_json(version: Version) -> Json:
    """A version with the number of its cases in each state."""
    return {
        "workflow": version.workflow.name,
        "hash": version.workflow.hash,
        "registered_at": stamp(version.registered_at),
        "current": version.current,
        "running": dict(version.running),
        "final": dict(version.final),
    }


def differences_json(
    versions: Sequence[Version], maps: Mapping[str, VersionMap], moves: Iterable[Move], lang: Lang
) -> list[Json]:
    """What differs between each version from which a case comes and the newest."""
    return [
        {
            "workflow": old.name,
            "from": old.hash,
            "to": new.hash,
            "sort": item.sort,
            "name": item.name,
            "becomes": item.to,
            "fate": item.fate,
            "text": item.text.pick(lang),
        }
        for old, new, states in _ways(versions, moves)
        for item in compare(Migration(old, new, maps.get(old.name)), states)
    ]


def move_json(move: Move, lang: Lang, *, applied: bool) -> Json:
    """A move with everything that it does, or with what stands against it."""
    decision = move.decision
    return {
        "key": move.key,
        "workflow": move.new.name,
        "result": _result(move, applied=applied),
        "definition": {"from": move.old.hash, "to": move.new.hash},
        "state": {"from": move.state, "to": decision.case.state if decision else None},
        "changes": _changes_json(move, decision) if decision else {},
        "deadlines": [_step_json(step, lang) for step in move.steps],
        "reasons": [
            {
                "code": item.code,
                "text": item.text.pick(lang),
                "hint": item.hint.pick(lang) if item.hint else None,
            }
            for item in move.obstacles
        ],
    }


def move_row(move: Move, lang: Lang, *, applied: bool) -> Json:
    """A move as one line."""
    told = move_json(move, lang, applied=applied)
    return {
        "key": move.key,
        "workflow": move.new.name,
        "result": told["result"],
        "old_definition": move.old.hash,
        "new_definition": move.new.hash,
        "from": told["state"]["from"],
        "to": told["state"]["to"],
        "changes": list(told["changes"]),
        "deadlines": [
            f"{step['name']}:{step['change']}" for step in told["deadlines"] if step["kind"] == "due"
        ],
        "reasons": " ".join(reason["text"] for reason in told["reasons"]),
    }


def _result(move: Move, *, applied: bool) -> str:
    return "stays" if move.decision is None else "moved" if applied else "planned"


def _changes_json(move: Move, decision: Decision) -> Json:
    hidden = move.old.personal | move.new.personal
    return {
        name: {"personal": True} if name in hidden else [_plain(old), _plain(new)]
        for name, (old, new) in decision.changes.items()
    }


def _plain(value: Value | None) -> Stored | None:
    return None if value is None else to_json(value)


def _step_json(step: TimerStep, lang: Lang) -> Json:
    timer, before = step.timer, step.before
    return {
        "name": timer.name,
        "kind": timer.kind,
        "label": timer.label,
        "change": step.what,
        "fires_at": stamp(timer.due_at),
        "fired_at_before": stamp(before.due_at) if before else None,
        "fires": timer.event,
        "overdue": step.overdue,
        "deadline": deadline_json(timer.deadline, lang) if timer.deadline else None,
        "due_before": before.deadline.due.isoformat() if before and before.deadline else None,
    }


def _ways(versions: Sequence[Version], moves: Iterable[Move]) -> list[tuple[Workflow, Workflow, list[str]]]:
    """Each pair of versions between which a case moves, with the states where such cases stand."""
    ways: dict[str, tuple[Workflow, Workflow, list[str]]] = {}
    for move in moves:
        _, _, states = ways.setdefault(move.old.hash, (move.old, move.new, []))
        states.append(move.state)
    order = [item.workflow.hash for item in versions]
    return [
        (old, new, sorted(set(states)))
        for old, new, states in sorted(ways.values(), key=lambda way: order.index(way[0].hash))
    ]


# -- for people ----------------------------------------------------------------------


def show(
    screen: Screen,
    office: Office,
    versions: Sequence[Version],
    maps: Mapping[str, VersionMap],
    moves: Sequence[Move],
    *,
    applied: bool,
) -> None:
    """The versions, what differs between them, and each case."""
    concerned = {move.new.name for move in moves}
    shown = [item for item in versions if item.workflow.name in concerned]
    _versions(screen, office, sorted(shown, key=lambda item: item.workflow.name))
    for old, new, _ in _ways(versions, moves):
        _differences(screen, versions, old, new, maps)
    screen.heading(Text("Vorgänge", "Cases"))
    plain = [move.key for move in moves if not _told(move)]
    for move in moves:
        if _told(move):
            _move(screen, office, move, maps.get(move.new.name))
    if plain:
        words = Text("nur die Fassung wechselt", "only the version changes").pick(screen.lang)
        screen.block(f"{', '.join(plain)}: {words}", rest="  ")
    _sum(screen, moves, applied=applied)


def _versions(screen: Screen, office: Office, versions: Iterable[Version]) -> None:
    lang = screen.lang
    screen.heading(Text("Fassungen", "Versions"))
    table = screen.table(
        (Text("Workflow", "Workflow"), {"overflow": "fold"}),
        (Text("Fassung", "Version"), {"no_wrap": True, "style": "cyan"}),
        (Text("neueste seit", "newest since"), {"no_wrap": True}),
        (Text("laufend", "running"), {"justify": "right"}),
        (Text("am Ende", "ended"), {"justify": "right"}),
    )
    newest = Text("neueste", "newest").pick(lang)
    for item in versions:
        running, final = sum(item.running.values()), sum(item.final.values())
        if running or final or item.current:
            hash_ = item.workflow.hash[:_SHORT]
            table.add_row(
                item.workflow.title.pick(lang),
                f"{hash_} ({newest})" if item.current else hash_,
                show_date(civil_date(item.registered_at, office.zone), lang),
                str(running),
                str(final),
            )
    screen.show(table)


def _differences(
    screen: Screen,
    versions: Iterable[Version],
    old: Workflow,
    new: Workflow,
    maps: Mapping[str, VersionMap],
) -> None:
    lang = screen.lang
    standing: dict[str, int] = {}
    for item in versions:
        if item.workflow.hash == old.hash:
            for states in (item.running, item.final):
                for state, count in states.items():
                    standing[state] = standing.get(state, 0) + count
    screen.heading(f"{new.title.pick(lang)}: {old.hash[:_SHORT]} → {new.hash[:_SHORT]}")
    for difference in compare(Migration(old, new, maps.get(old.name)), sorted(standing)):
        count = standing.get(difference.name, 0) if difference.sort == "state" else 0
        screen.block(_difference(difference, count, lang), rest="  ", style=_style(difference))


def _difference(difference: Difference, count: int, lang: Lang) -> str:
    standing = f" ({count})" if count else ""
    sort = _SORTS[difference.sort].pick(lang)
    return f"{sort} {difference.name}{standing}: {difference.text.pick(lang)}"


def _style(difference: Difference) -> str | None:
    return {"missing": "red", "dropped": "yellow", "gone": "yellow", "same": "dim"}.get(difference.fate)


def _told(move: Move) -> bool:
    """Whether more is to be said of a move than that the version changes."""
    decision = move.decision
    return bool(decision is None or decision.changes or decision.moved or move.steps)


def _move(screen: Screen, office: Office, move: Move, version_map: VersionMap | None) -> None:
    lang, decision = screen.lang, move.decision
    here = move.old.place(move.state).title.pick(lang)
    if decision is None:
        screen.say(f"{move.key} · {here}", style="bold")
        for item in move.obstacles:
            hint = f" {item.hint.pick(lang)}" if item.hint else ""
            screen.block(f"{item.text.pick(lang)}{hint}", first="  ✗ ", rest="    ", style="red")
        return
    there = move.new.place(decision.case.state).title.pick(lang)
    if decision.moved:
        names = f" ({move.state} → {decision.case.state})" if here == there else ""
        there = f"{there}{names}" if names else f"{here} → {there}"
    screen.say(f"{move.key} · {there}", style="bold")
    for line in _changes(move, decision, version_map.fields if version_map else {}, lang):
        screen.block(line, first="  ", rest="    ")
    for step in move.steps:
        if step.timer.kind != "reminder":
            _step(screen, office, move, step)
    reminders = [step for step in move.steps if step.timer.kind == "reminder"]
    if reminders:
        counts = [
            (sum(step.what in kinds for step in reminders), words)
            for kinds, words in (
                (("armed",), Text("gesetzt", "set")),
                (("moved", "changed"), Text("verschoben", "moved")),
                (("cancelled",), Text("aufgehoben", "lifted")),
            )
        ]
        told = ", ".join(f"{count} {words.pick(lang)}" for count, words in counts if count)
        label = Text("Erinnerungen", "Reminders").pick(lang)
        screen.block(f"{label}: {told}", first="  ", rest="    ", style="dim")


def _changes(move: Move, decision: Decision, names: Mapping[str, str | None], lang: Lang) -> Iterator[str]:
    """The changed facts; one that only has another name is told once."""
    changes = dict(decision.changes)
    for name in decision.changes:
        to = names.get(name)
        if to in changes and to != name and changes[name][0] == changes[to][1] and changes[to][0] is None:
            title = move.new.field_by_name[to].title.pick(lang)
            yield f"{title}: {name} → {to}"
            del changes[name], changes[to]
    for name in changes:
        yield _change(move, decision, name, lang)


def _change(move: Move, decision: Decision, name: str, lang: Lang) -> str:
    was, now = move.old.field_by_name.get(name), move.new.field_by_name.get(name)
    field = now or was
    assert field is not None  # noqa: S101 - what changes is a field of one of them
    old, new = decision.changes[name]
    if name in move.old.personal | move.new.personal:
        return f"{field.title.pick(lang)} ({name}): {_PERSONAL.pick(lang)}"
    shown = [
        "–" if value is None or which is None else show_value(which, value, lang)
        for which, value in ((was, old), (now, new))
    ]
    return f"{field.title.pick(lang)} ({name}): {shown[0]} → {shown[1]}"


def _step(screen: Screen, office: Office, move: Move, step: TimerStep) -> None:
    lang, timer, before = screen.lang, step.timer, step.before
    workflow = move.old if step.what == "cancelled" else move.new
    spec = workflow.deadline_by_name.get(timer.name)
    title = spec.title.pick(lang) if spec else timer.name
    day = _day(step.timer, office, lang)
    words = (
        f"{title}: {_day(before, office, lang)} → {day}"
        if before and step.what == "moved"
        else f"{title}: {day}"
    )
    if step.what == "cancelled":
        words += Text(" entfällt", " is lifted").pick(lang)
    if step.overdue:
        words += Text(" (schon vorbei: wird sofort fällig)", " (past already: falls due at once)").pick(lang)
    if before and before.event != timer.event:
        old, new = before.event or "–", timer.event or "–"
        words += f" ({old} → {new})"
    sign = _SIGNS[step.what]
    screen.block(words, first=f"  {sign} ", rest="    ", style="red" if step.overdue else None)
    if step.what != "cancelled" and timer.deadline:
        screen.block(timer.deadline.explain().pick(lang), first="    ", rest="    ", style="dim italic")


def _day(timer: Any, office: Office, lang: Lang) -> str:
    deadline = timer.deadline
    day = deadline.due if deadline and timer.kind == "due" else civil_date(timer.due_at, office.zone)
    return show_date(day, lang)


def _sum(screen: Screen, moves: Sequence[Move], *, applied: bool) -> None:
    stay = sum(move.decision is None for move in moves)
    go = len(moves) - stay
    words = (
        Text(f"Umgestellt: {go}, geblieben: {stay}.", f"Moved: {go}, stayed: {stay}.")
        if applied
        else Text(
            f"Umzustellen: {go}, bleiben: {stay}."
            " Geändert ist noch nichts; 'wirflow migrate --apply' stellt um.",
            f"To be moved: {go}, stay: {stay}. Nothing is changed yet; 'wirflow migrate --apply' moves them.",
        )
    )
    screen.say()
    screen.say(words, style="red" if stay else "green")
