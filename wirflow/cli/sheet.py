"""One case whole: what `status KEY` shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from wirflow.audit.entry import Entry
from wirflow.cli import tables
from wirflow.cli.screen import TONES, Screen
from wirflow.cli.words import when
from wirflow.clock import civil_date, unstamp
from wirflow.core.case import ENTRY
from wirflow.definition.model import HEARD, PARENT, Transition, Warn
from wirflow.definition.values import show as show_value, show_date
from wirflow.office import Office
from wirflow.reports import CaseView
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wirflow.core.letters import Notice
    from wirflow.reports.cases import LinkView

_EVENTS: Final = {
    "start": Text("Angelegt", "Started"),
    "import": Text("Übernommen", "Imported"),
    "migration": Text("Auf neue Fassung umgestellt", "Moved to a new version"),
    "forwarding": Text("Schreiben weitergegeben", "Notice passed on"),
    HEARD: Text("Ein Untervorgang hat sich geändert", "A child changed"),
}


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Everything that is told of one case."""

    office: Office
    view: CaseView
    today: date
    warnings: tuple[Warn, ...]
    history: tuple[Entry, ...]
    notices: tuple[Any, ...]
    troubles: tuple[Any, ...]


def gather(office: Office, view: CaseView, then: date | None) -> Sheet:
    """All that is told of a case: as it stands, or as it stood at the end of a day."""
    key = view.case.key
    history = office.engine.history(key)
    notices = office.reports.notices(key)
    if then is not None:
        history = [entry for entry in history if civil_date(unstamp(entry.occurred_at), office.zone) <= then]
        numbers = {entry.seq for entry in history}
        notices = [
            _as_of(notice, then, office.zone)
            for notice in notices
            if notice.seq in numbers and _day(notice.created_at, office.zone) <= then
        ]
    return Sheet(
        office=office,
        view=view,
        today=then or office.today,
        warnings=office.engine.warnings(view.stored),
        history=tuple(history),
        notices=tuple(notices),
        troubles=() if then else tuple(office.reports.troubles(key)),
    )


def _day(moment: str, zone: str) -> date:
    return civil_date(unstamp(moment), zone)


def _as_of(notice: Notice, then: date, zone: str) -> Notice:
    """A notice as it stood at the end of a day: what went out later was waiting then."""
    if notice.sent_at is None or _day(notice.sent_at, zone) <= then:
        return notice
    return replace(notice, state="pending", sent_at=None, attempts=0)


def to_json(sheet: Sheet, lang: Lang) -> dict[str, Any]:
    """The case with the keys of the contract first, and the rest behind them."""
    view = sheet.view
    note = _note(view, lang)
    return {
        **view.to_json(lang),
        "definition": {"hash": view.workflow.hash, "current": view.current},
        "state_title": view.state.title.pick(lang),
        "links": [
            {"name": link.name, "title": link.title.pick(lang), "key": link.key, "state": link.state}
            for link in view.links
        ],
        "parent": next((link.key for link in view.links if link.name == PARENT), None)
        if view.workflow.parent
        else None,
        "children": [
            {"name": child.name, "title": child.title.pick(lang), "key": child.key, "state": child.state}
            for child in view.children
        ],
        "warnings": [
            {"name": item.name, "text": item.text.pick(lang), "source": item.source}
            for item in sheet.warnings
        ],
        "deadlines": [due.whole_json(lang) for due in view.deadlines if due.kind == "due"],
        "reminders": [
            {"name": due.name, "label": due.label, "on": due.day.isoformat()}
            for due in view.deadlines
            if due.kind == "reminder"
        ],
        "history": [
            {**entry.json(), "kind": entry.kind, "reason": entry.body["reason"]} for entry in sheet.history
        ],
        "notices": [tables.whole_notice_json(notice) for notice in sheet.notices],
        "troubles": [
            {
                "name": row.name,
                "kind": row.kind,
                "status": row.status,
                "error": row.error and row.error.pick(lang),
            }
            for row in sheet.troubles
        ],
        "sources": dict(view.case.sources),
        "note": note,
    }


def show(screen: Screen, sheet: Sheet) -> None:
    """The whole page."""
    lang, view = screen.lang, sheet.view
    since = show_date(civil_date(view.case.since, sheet.office.zone), lang)
    screen.say(f"{view.case.key} · {view.title.pick(lang)}", style="bold")
    screen.say(view.workflow.title, style="dim")
    words = Text("seit", "since").pick(lang)
    screen.console.print(tables.state(view.state, lang), f"{words} {since}")
    if tables.is_outdated(view):
        screen.say(
            Text(
                f"{tables.OUTDATED} auf einer älteren Fassung ({view.workflow.hash[:12]}): 'wirflow migrate'",
                f"{tables.OUTDATED} on an older version ({view.workflow.hash[:12]}): 'wirflow migrate'",
            ),
            style="dim",
        )
    note = _note(view, lang)
    if note:
        screen.say()
        screen.block(note, style="italic")
    if sheet.troubles:
        _troubles(screen, sheet)
    if sheet.warnings:
        screen.heading(Text("Was man wissen muss", "What to know"))
        for item in sheet.warnings:
            source = f" ({item.source})" if item.source else ""
            screen.block(f"{item.text.pick(lang)}{source}", first="! ", rest="  ", style="yellow")
    _deadlines(screen, sheet)
    _actions(screen, sheet)
    _facts(screen, sheet)
    _links(screen, sheet)
    _history(screen, sheet)
    if sheet.notices:
        screen.heading(Text("Schreiben", "Notices"))
        screen.show(tables.letters(screen, sheet.notices, sheet.office.zone, keys=False))


def _note(view: CaseView, lang: Lang) -> str | None:
    return view.case.note.pick(lang) if view.case.note else None


def _deadlines(screen: Screen, sheet: Sheet) -> None:
    lang = screen.lang
    due = [item for item in sheet.view.deadlines if item.kind == "due"]
    if not due:
        return
    screen.heading(Text("Fristen", "Deadlines"))
    for item in due:
        law = item.law + ("" if item.deadline.verified else f" ({tables.UNVERIFIED.pick(lang)})")
        happens = f" → {item.happens.pick(lang)}" if item.happens else ""
        screen.console.print(
            tables.due_day(item, sheet.today, lang),
            _styled(item.heading.pick(lang), "bold").append(happens, "not bold"),
        )
        screen.block(law, first="  ", rest="  ", style="dim")
        screen.block(item.deadline.explain().pick(lang), first="  ", rest="  ", style="dim italic")
        reminders = [
            other for other in sheet.view.deadlines if other.kind == "reminder" and other.name == item.name
        ]
        if reminders:
            days = ", ".join(show_date(other.day, lang) for other in reminders)
            words = Text("Erinnerungen", "Reminders").pick(lang)
            screen.block(f"{words}: {days}", first="  ", rest="  ", style="dim")


def _actions(screen: Screen, sheet: Sheet) -> None:
    lang, workflow = screen.lang, sheet.view.workflow
    actions = sheet.view.actions
    if not actions:
        return
    screen.heading(Text("Was jetzt möglich ist", "What is possible now"))
    table = screen.table(
        (Text("Ereignis", "Event"), {"no_wrap": True, "style": "cyan"}),
        (Text("Bedeutung", "Meaning"), {"overflow": "fold"}),
        (Text("Wer", "Who"), {"overflow": "fold"}),
        (Text("Angaben (* nötig)", "Facts (* required)"), {"overflow": "fold"}),
    )
    for item in actions:
        table.add_row(
            item.event,
            item.title.pick(lang),
            ", ".join(workflow.role_by_name[role].title.pick(lang) for role in item.by),
            _inputs(item),
        )
    screen.show(table)


def _inputs(transition: Transition) -> str:
    names = [f"{item.field}{'*' if item.required else ''}" for item in transition.input]
    most = 6
    listed = ", ".join(names[:most]) + (", …" if len(names) > most else "")
    return f"{listed} --reason*".strip() if transition.reason else listed


def _facts(screen: Screen, sheet: Sheet) -> None:
    lang, view = screen.lang, sheet.view
    rows = [field for field in view.workflow.fields if field.name in view.case.data or field.expected]
    if not rows:
        return
    screen.heading(Text("Angaben", "Facts"))
    table = screen.table(
        (Text("Angabe", "Fact"), {"overflow": "fold", "ratio": 4}),
        (Text("Wert", "Value"), {"overflow": "fold", "ratio": 5}),
        (Text("Quelle", "Source"), {"overflow": "fold", "style": "dim", "ratio": 3}),
    )
    table.expand = True
    usual = view.case.sources.get("", "")
    for field in rows:
        value = view.case.data.get(field.name)
        words = show_value(field, value, lang)
        style = "yellow" if value is None else ""
        name = _styled(f"{field.title.pick(lang)} ", "")
        name.append(field.name, style="dim")
        source = view.case.sources.get(field.name, usual if value is not None else "")
        table.add_row(name, _styled(words, style), _source(source, lang))
    screen.show(table)


def _source(source: str, lang: Lang) -> str:
    """Where a fact is from: as it was cited, or the entry of the trail that set it."""
    if source.startswith(ENTRY):
        return f"{Text('Eintrag', 'entry').pick(lang)} {source.removeprefix(ENTRY)}"
    return source


def _links(screen: Screen, sheet: Sheet) -> None:
    if sheet.view.links:
        screen.heading(Text("Verknüpft mit", "Linked to"))
        _others(screen, Text("Verknüpfung", "Link"), sheet.view.links)
    if sheet.view.children:
        screen.heading(Text("Untervorgänge", "Children"))
        _others(screen, Text("Art", "Kind"), sheet.view.children)


def _others(screen: Screen, what: Text, rows: Iterable[LinkView]) -> None:
    lang = screen.lang
    table = screen.table(
        (what, {"overflow": "fold"}),
        (Text("Vorgang", "Case"), {"no_wrap": True, "style": "cyan"}),
        (Text("Stand", "State"), {"overflow": "fold"}),
        (Text("Bezeichnung", "Title"), {"overflow": "fold"}),
    )
    for link in rows:
        table.add_row(
            link.title.pick(lang),
            link.key,
            _styled(link.state_title.pick(lang), TONES[link.tone]),
            link.case_title.pick(lang),
        )
    screen.show(table)


def _history(screen: Screen, sheet: Sheet) -> None:
    screen.heading(Text("Verlauf", "History"))
    screen.show(history_table(screen, sheet.office, sheet.history))


def history_table(
    screen: Screen,
    office: Office,
    history: Any,
    *,
    keys: bool = False,
    digests: bool = False,
) -> Any:
    """What happened, one line for one entry."""
    lang = screen.lang
    columns: list[Any] = [(Text("Tag", "Day"), {"no_wrap": True})]
    if keys:
        columns.append((Text("Vorgang", "Case"), {"no_wrap": True, "style": "cyan"}))
    columns += [
        (Text("Was geschah", "What happened"), {"overflow": "fold"}),
        (Text("Stand danach", "State after"), {"overflow": "fold"}),
        (Text("Wer", "Who"), {"overflow": "fold"}),
    ]
    digests = digests and screen.wide
    if digests:
        columns.append((Text("Eintrag", "Entry"), {"no_wrap": True, "style": "dim"}))
    table = screen.table(*columns)
    # Each entry speaks of its own version; a newer one may call things otherwise.
    versions = office.reports.definitions({entry.body["definition"] for entry in history})
    for entry in history:
        workflow = versions[entry.body["definition"]]
        occurred = civil_date(unstamp(entry.occurred_at), office.zone)
        recorded = civil_date(unstamp(entry.recorded_at), office.zone)
        day = show_date(occurred, lang)
        if recorded != occurred:
            words = Text("erfasst", "recorded").pick(lang)
            day += f"\n{words} {show_date(recorded, lang)}"
        state = _place(workflow, entry.to)
        who = office.profile.name_of(entry.actor)
        row = [
            day,
            what_happened(entry, workflow, lang),
            _styled(state.title.pick(lang) if state else str(entry.to), TONES[state.tone] if state else ""),
            who,
        ]
        if digests:
            leaf = "–" if entry.leaf is None else str(entry.leaf)
            row.append(f"{entry.seq} · {leaf} · {entry.digest[:12]}")
        table.add_row(*([*row[:1], entry.case, *row[1:]] if keys else row))
    return table


def _place(workflow: Any, name: str | None) -> Any:
    """Where a case stood after an entry; None if the newest version of its workflow knows no such state."""
    try:
        return workflow.place(name)
    except (AttributeError, KeyError):
        return None


def what_happened(entry: Entry, workflow: Any, lang: Lang) -> Any:
    """An entry in words: the event's title, a refusal, a reminder."""
    title = _EVENTS.get(entry.kind) or _EVENTS.get(entry.event)
    timer = entry.body.get("timer")
    spec = workflow.deadline_by_name.get(timer["name"]) if workflow and timer else None
    if entry.kind == "reminder" and spec:
        title = Text(f"Erinnerung: {spec.title.de}", f"Reminder: {spec.title.en}")
    elif title is None and workflow:
        title = next((item.title for item in workflow.transitions if item.event == entry.event), None)
        if title is None and spec:
            due = timer.get("deadline", {}).get("due") if timer else None
            day = date.fromisoformat(due) if due else None
            german, english = (f" am {day:%d.%m.%Y}", f" on {day}") if day else ("", "")
            title = Text(f"Fällig{german}: {spec.title.de}", f"Due{english}: {spec.title.en}")
    words = title.pick(lang) if title else entry.event
    refused = entry.body.get("refused")
    reason = entry.body.get("reason")
    text = _styled(words, "")
    if refused:
        against = " ".join(item[lang] for item in refused["texts"])
        label = Text("abgelehnt", "refused").pick(lang)
        text.append(f"\n{label}: {against}", style="red")
    if reason:
        text.append(f"\n„{reason}“" if lang == "de" else f"\n“{reason}”", style="italic")
    return text


def _troubles(screen: Screen, sheet: Sheet) -> None:
    lang = screen.lang
    screen.heading(Text("Nicht gelungen", "What did not succeed"))
    for row in sheet.troubles:
        spec = sheet.view.workflow.deadline_by_name.get(row.name)
        name = spec.title.pick(lang) if spec else row.name
        status = {
            "failed": Text("gescheitert", "failed"),
            "refused": Text("abgelehnt", "refused"),
        }[row.status].pick(lang)
        day = when(civil_date(row.due_at, sheet.office.zone), sheet.today, lang)
        error = row.error.pick(lang) if row.error else ""
        screen.block(f"{name} ({day}): {status}. {error}", first="✗ ", rest="  ", style="red")


def _styled(words: str, style: str) -> Any:
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    return Styled(words, style=style)
