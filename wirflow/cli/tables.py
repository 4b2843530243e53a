"""The tables that several commands show: cases, deadlines, notices, entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wirflow.cli.screen import TONES
from wirflow.cli.words import relative, when
from wirflow.clock import civil_date
from wirflow.definition.values import show_date
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from rich.table import Table

    from wirflow.cli.screen import Screen
    from wirflow.core.letters import Notice
    from wirflow.definition.model import State, Warn
    from wirflow.reports import CaseView, DueView

OUTDATED: Final = "↑"
"""The mark of a running case on an older version of its workflow."""

UNVERIFIED: Final = Text("ungeprüft", "unverified")

NOTICE_STATES: Final = {
    "pending": (Text("wartet", "pending"), "yellow"),
    "sending": (Text("wird zugestellt", "being sent"), "yellow"),
    "sent": (Text("zugestellt", "sent"), "green"),
    "unknown": (Text("ungewiss", "unknown"), "red"),
    "dead": (Text("nicht zustellbar", "undeliverable"), "red"),
}
NOTICE_KINDS: Final = {
    "event": Text("Mitteilung", "message"),
    "due": Text("Fälligkeit", "due"),
    "reminder": Text("Erinnerung", "reminder"),
}

_KEY: Final = {"no_wrap": True, "overflow": "fold", "style": "cyan"}
_FOLD: Final = {"overflow": "fold"}


def portfolio(screen: Screen, views: Sequence[CaseView], today: date) -> Table:
    """The cases with their states and next deadlines, grouped by workflow."""
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    lang = screen.lang
    if screen.wide:
        columns: list[Any] = [
            (Text("Vorgang", "Case"), _KEY),
            (Text("Bezeichnung", "Title"), {"ratio": 5, **_FOLD}),
            (Text("Stand", "State"), {"ratio": 3, **_FOLD}),
            (Text("Nächste Frist", "Next deadline"), {"ratio": 4, **_FOLD}),
            (Text("fällig", "due"), {"no_wrap": True}),
            (Text("Recht", "Law"), {"ratio": 4, **_FOLD}),
        ]
    else:
        columns = [
            (Text("Vorgang", "Case"), _KEY),
            (Text("Stand", "State"), {"ratio": 5, **_FOLD}),
            (Text("Nächste Frist", "Next deadline"), {"ratio": 5, **_FOLD}),
        ]
    table = screen.table(*columns)
    table.expand = True
    workflow = None
    for view in sorted(views, key=lambda view: (view.workflow.title.pick(lang), view.case.key)):
        if view.workflow.name != workflow:
            if workflow is not None:
                table.add_section()
            workflow = view.workflow.name
            table.add_row("", Styled(view.workflow.title.pick(lang), style="bold"))
        table.add_row(*(_wide if screen.wide else _narrow)(view, today, lang))
    return table


def is_outdated(view: CaseView) -> bool:
    """Whether a running case stands on an older version; what has ended may stay on its own."""
    return not view.current and not view.state.final


def _key(view: CaseView) -> str:
    return f"{view.case.key} {OUTDATED}" if is_outdated(view) else view.case.key


def _wide(view: CaseView, today: date, lang: Lang) -> list[Any]:
    due = view.next_deadline
    row = [_key(view), view.title.pick(lang), state(view.state, lang)]
    if due is None:
        return row
    return [*row, due.heading.pick(lang), due_day(due, today, lang), law(due, lang)]


def _narrow(view: CaseView, today: date, lang: Lang) -> list[Any]:
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    place = state(view.state, lang)
    place.append(f"\n{view.title.pick(lang)}", style="dim")
    due = view.next_deadline
    if due is None:
        return [_key(view), place]
    cell = Styled(f"{due.heading.pick(lang)}\n")
    cell.append(due_day(due, today, lang)).append("\n").append(law(due, lang))
    return [_key(view), place, cell]


def state(place: State, lang: Lang) -> Any:
    """A state in its colour."""
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    return Styled(place.title.pick(lang), style=TONES[place.tone])


def due_day(due: DueView, today: date, lang: Lang) -> Any:
    """The due day, relative and absolute; red when it is near or past."""
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    return Styled(when(due.due, today, lang), style=_urgency((due.due - today).days))


def _urgency(days: int) -> str:
    soon, near = 14, 60
    return "bold red" if days <= soon else "yellow" if days <= near else ""


def law(due: DueView, lang: Lang) -> Any:
    """The law behind a deadline, and a mark where its rule was not verified."""
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    text = Styled(due.law, style="dim")
    if not due.deadline.verified:
        text.append(f" ({UNVERIFIED.pick(lang)})", style="yellow")
    return text


def deadlines(screen: Screen, dues: Iterable[DueView], today: date, *, explain: bool = False) -> Table:
    """What is due: when, which case, what happens, for whom and by which law."""
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    lang = screen.lang
    columns: list[Any] = [
        (Text("Fällig", "Due"), {"no_wrap": True}),
        (Text("Vorgang", "Case"), _KEY),
        (Text("Frist", "Deadline"), {"ratio": 5, **_FOLD}),
    ]
    if screen.wide:
        columns += [
            (Text("Für wen", "For whom"), {"ratio": 4, **_FOLD}),
            (Text("Recht", "Law"), {"ratio": 3, **_FOLD}),
        ]
    table = screen.table(*columns)
    for due in dues:
        what = Styled(due.heading.pick(lang))
        if due.kind == "reminder":
            words = NOTICE_KINDS["reminder"].pick(lang)
            what.append(f"\n{words}, {when(due.due, due.day, lang)}", style="dim")
        elif due.happens:
            what.append(f"\n→ {due.happens.pick(lang)}", style="dim")
        readers = Styled(for_whom(due, lang))
        if explain:
            what.append(f"\n{due.deadline.explain().pick(lang)}", style="italic")
        day_cell = Styled.assemble(
            (show_date(due.day, lang), _urgency((due.day - today).days)),
            (f"\n{relative(due.day, today).pick(lang)}", "dim"),
        )
        if screen.wide:
            table.add_row(day_cell, due.case, what, readers, law(due, lang))
        else:
            what.append("\n").append(law(due, lang)).append("\n").append(readers)
            table.add_row(day_cell, due.case, what)
    return table


def for_whom(due: DueView, lang: Lang) -> str:
    """The roles that have to act or hear of it; the people where they are called otherwise."""
    if due.people:
        return ", ".join(due.people)
    roles = [title.pick(lang) for title in due.role_titles]
    nobody = Text("niemand", "nobody").pick(lang)
    return f"{', '.join(roles)} ({nobody})" if roles else ""


def notices(screen: Screen, found: Iterable[Notice], zone: str) -> Table:
    """The outbox."""
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    from wirflow.clock import unstamp  # noqa: PLC0415 - likewise

    lang = screen.lang
    table = screen.table(
        (Text("Nr.", "No."), {"justify": "right", "no_wrap": True}),
        (Text("Tag", "Day"), {"no_wrap": True}),
        (Text("Vorgang", "Case"), _KEY),
        (Text("Betreff", "Subject"), _FOLD),
        (Text("An", "To"), _FOLD),
        (Text("Stand", "State"), _FOLD),
    )
    for notice in found:
        words, colour = NOTICE_STATES[notice.state]
        standing = Styled(words.pick(lang), style=colour)
        if notice.error and notice.state != "sent":
            standing.append(f"\n{notice.error}", style="dim")
        day = civil_date(unstamp(notice.created_at), zone)
        table.add_row(
            str(notice.id),
            show_date(day, lang),
            notice.case,
            notice.subject,
            Styled(notice.recipient),
            standing,
        )
    return table


def notice_json(notice: Notice) -> dict[str, Any]:
    """A notice with the keys of the contract and no others."""
    return {
        "key": notice.key,
        "case": notice.case,
        "to": notice.recipient,
        "channel": notice.channel,
        "subject": notice.subject,
        "state": notice.state,
        "attempts": notice.attempts,
    }


def whole_notice_json(notice: Notice) -> dict[str, Any]:
    """A notice with the keys of the contract, and behind them what else is known of it, but its text."""
    return {
        **notice_json(notice),
        "id": notice.id,
        "template": notice.template,
        "kind": notice.kind,
        "address": notice.address,
        "lang": notice.lang,
        "created_at": notice.created_at,
        "sent_at": notice.sent_at,
        "error": notice.error,
    }


def letters(screen: Screen, found: Iterable[Notice], zone: str, *, keys: bool = True) -> Table:
    """Notices as they went out: one line for one text, whoever received it."""
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    from wirflow.clock import unstamp  # noqa: PLC0415 - likewise

    lang = screen.lang
    columns: list[Any] = [(Text("Tag", "Day"), {"no_wrap": True})]
    if keys:
        columns.append((Text("Vorgang", "Case"), _KEY))
    columns += [(Text("Schreiben", "Notice"), _FOLD), (Text("An", "To"), _FOLD)]
    table = screen.table(*columns)
    rows: dict[tuple[str, int, str], list[Notice]] = {}
    for notice in found:
        rows.setdefault((notice.case, notice.seq, notice.template), []).append(notice)
    for (case, _, _), same in rows.items():
        first = next((notice for notice in same if notice.lang == lang), same[0])
        day = civil_date(unstamp(first.created_at), zone)
        kind = NOTICE_KINDS[first.kind].pick(lang)
        readers = ", ".join(dict.fromkeys(notice.recipient for notice in same))
        what = Styled(first.subject).append(f" · {kind}", style="dim")
        undelivered = [notice for notice in same if notice.state != "sent"]
        if undelivered:
            words, colour = NOTICE_STATES[undelivered[0].state]
            what.append(f"\n{words.pick(lang)}", style=colour)
        table.add_row(*([show_date(day, lang)] + ([case] if keys else [])), what, readers)
    return table


def warnings(screen: Screen, found: Iterable[tuple[CaseView, Sequence[Warn]]]) -> Table:
    """What should be known though nothing is refused: each warning once, with the cases that have it."""
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    lang = screen.lang
    table = screen.table(
        (Text("Vorgang", "Case"), _KEY),
        (Text("Hinweis", "Note"), _FOLD),
        (Text("Quelle", "Source"), {"style": "dim", **_FOLD}),
    )
    rows: dict[tuple[str, str | None], list[str]] = {}
    for view, some in found:
        for warning in some:
            rows.setdefault((warning.text.pick(lang), warning.source), []).append(view.case.key)
    for (words, source), keys in rows.items():
        table.add_row("\n".join(keys), Styled(words, style="yellow"), source or "")
    return table


CASE_COLUMNS: Final = ("key", "workflow", "title", "state", "since", "next_deadline", "next_due", "actions")


def portfolio_csv(screen: Screen, views: Iterable[CaseView]) -> None:
    """Cases as CSV; the facts of a case differ by workflow and stand in the JSON form."""
    rows = []
    for view in views:
        row = view.to_json(screen.lang)
        following = row["next_deadline"] or {}
        rows.append({**row, "next_deadline": following.get("name"), "next_due": following.get("due")})
    screen.csv(CASE_COLUMNS, rows)
