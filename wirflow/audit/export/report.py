"""A report for people: what happened to a case, in German or English, as Markdown.

Markdown because it also reads well as plain text.  What entries say comes from
outside and is escaped, so that it cannot become markup.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TextIO

from wirflow.audit.canonical import canonical
from wirflow.audit.export.by_case import by_case
from wirflow.clock import unstamp
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from zoneinfo import ZoneInfo

    from wirflow.audit.entry import Entry

    Namer = Callable[[str, str, str], str]

_KINDS: Final = {
    "start": Text("Beginn", "start"),
    "action": Text("Handlung", "action"),
    "deadline": Text("Frist", "deadline"),
    "reminder": Text("Erinnerung", "reminder"),
    "signal": Text("Meldung aus einem anderen Vorgang", "signal from another case"),
    "import": Text("Übernahme", "import"),
    "correction": Text("Berichtigung", "correction"),
    "migration": Text("Umstellung des Verfahrens", "migration of the workflow"),
    "forwarding": Text("Weitergabe einer Benachrichtigung", "notice passed on"),
}
_TITLE: Final = Text("Verlauf der Vorgänge", "History of the cases")
_WHO: Final = Text("Durch", "By")
_STATE: Final = Text("Stand", "State")
_RECORDED: Final = Text("Erfasst", "Recorded")
_REASON: Final = Text("Begründung", "Reason")
_NOTICE: Final = Text("Benachrichtigung", "Notice")
_ARMED: Final = Text("Frist gesetzt", "Deadline set")
_CANCELLED: Final = Text("Frist aufgehoben", "Deadline cancelled")
_DIGEST: Final = Text("Prüfsumme", "Digest")
_PERSONAL: Final = Text("(personenbezogen, hier nicht genannt)", "(personal, not shown here)")
_EMPTY: Final = Text("(leer)", "(empty)")
_NONE: Final = Text("Es gibt keine Einträge.", "There are no entries.")
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_markup = re.compile(r"[\\`*\[\]<>|~&]|(?<![^\W_])_|_(?![^\W_])").sub
_breaks = re.compile(r"\s+").sub


def as_written(_workflow: str, _sort: str, name: str) -> str:
    """A name as the definition writes it: the report's choice where nobody gives titles."""
    return name


def write(
    entries: Iterable[Entry],
    out: TextIO,
    *,
    lang: Lang,
    zone: ZoneInfo,
    name: Namer = as_written,
) -> None:
    """Write a report on a case or on many.

    Args:
        entries: Sorted by case; within a case by number.
        out: Where to.
        lang: The language.
        zone: The office's time zone, in which instants are told.
        name: Gives the title of a thing from its workflow, its sort (`workflow`, `event`,
            `state` or `field`) and its name in the definition.

    Raises:
        ValueError: The entries are not sorted by case.
    """
    out.write(f"# {_TITLE.pick(lang)}\n")
    empty = True
    for case, group in by_case(entries):
        for number, entry in enumerate(group):
            workflow = str(entry.body["workflow"])
            if not number:
                out.write(f"\n## {_safe(case)} · {_safe(name(workflow, 'workflow', workflow))}\n")
            event = _safe(name(workflow, "event", entry.event))
            out.write(f"\n### {entry.seq}. {_when(entry.occurred_at, lang, zone)}: {event}\n\n")
            lines = _lines(entry, workflow, lang, zone, name)
            out.writelines(f"- {label}: {words}\n" for label, words in lines)
        empty = False
    if empty:
        out.write(f"\n{_NONE.pick(lang)}\n")


def _lines(entry: Entry, workflow: str, lang: Lang, zone: ZoneInfo, name: Namer) -> Iterator[tuple[str, str]]:
    """What is told of an entry, each with its label."""
    kind = _KINDS[entry.kind].pick(lang)
    yield _WHO.pick(lang), f"{_safe(entry.actor)} ({kind})" if entry.actor else kind
    states = [_safe(name(workflow, "state", state)) for state in (entry.from_, entry.to) if state]
    if states:
        yield _STATE.pick(lang), " → ".join(dict.fromkeys(states))
    told, recorded = (_when(instant, lang, zone) for instant in (entry.occurred_at, entry.recorded_at))
    if told != recorded:
        yield _RECORDED.pick(lang), recorded
    if entry.body.get("reason"):
        yield _REASON.pick(lang), _safe(entry.body["reason"])
    for field, (old, new) in (entry.body.get("changes") or {}).items():
        change = f"{_value(old, lang)} → {_value(new, lang)}" if old is not None else _value(new, lang)
        yield _safe(name(workflow, "field", field)), change
    timers = entry.body.get("timers") or {}
    for label, sort in ((_ARMED, "armed"), (_CANCELLED, "cancelled")):
        for timer in timers.get(sort) or ():
            yield label.pick(lang), _named(timer, ("name", "due"))
    for notice in entry.body.get("notices") or ():
        yield _NOTICE.pick(lang), _named(notice, ("to", "channel", "template"))
    yield _DIGEST.pick(lang), f"`{entry.digest}`"


def _named(thing: Any, keys: tuple[str, ...]) -> str:
    """Of a timer or notice, what says which one it is."""
    if isinstance(thing, dict):
        return ", ".join(_safe(str(thing[key])) for key in keys if thing.get(key) is not None)
    return _safe(str(thing))


def _value(value: Any, lang: Lang) -> str:
    """A field's value, or why it is not told."""
    if value is None or value == "":
        return _EMPTY.pick(lang)
    if isinstance(value, dict) and value.keys() == {"commitment"}:
        return _PERSONAL.pick(lang)
    if isinstance(value, list):
        return "; ".join(_value(item, lang) for item in value) or _EMPTY.pick(lang)
    if isinstance(value, dict) and "sha256" in value:
        return f"{_safe(str(value.get('name')))} (SHA-256 `{_safe(str(value['sha256']))}`)"
    return _safe(value if isinstance(value, str) else canonical(value).decode())


def _when(instant: str, lang: Lang, zone: ZoneInfo) -> str:
    """An instant as people of the language write it, in the office's time zone."""
    local = unstamp(instant).astimezone(zone)
    if lang == "de":
        return f"{local:%d.%m.%Y, %H:%M} Uhr"
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"


def _safe(words: str) -> str:
    """Words from outside on one line, without markup and without what a terminal would obey."""
    line = _markup(lambda sign: "\\" + sign[0], _breaks(" ", words))
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in line)
