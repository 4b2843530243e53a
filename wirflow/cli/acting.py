"""What `do` and `new` say after an event, or of one that was only tried."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from wirflow.cli import tables
from wirflow.cli.screen import Format, Screen, note
from wirflow.cli.words import when
from wirflow.clock import civil_date, stamp, unstamp
from wirflow.definition.values import show, show_date, takes, to_json
from wirflow.reports.deadlines import deadline_json
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Collection

    from wirflow.core.case import Case, Timer
    from wirflow.core.decision import Refusal
    from wirflow.definition.model import Transition, Workflow
    from wirflow.engine import Outcome
    from wirflow.office import Office

EXIT_REFUSED: Final = 1
EXIT_INCOMPLETE: Final = 2

CLOCK_SLACK: Final = timedelta(seconds=2)
"""How far several machines' clocks may differ without a warning."""

_INCOMPLETE: Final = frozenset({"missing-input", "unknown-input", "no-reason"})
"""Refusals that are about the call and not about the case."""


def look_at_clock(office: Office, lang: Lang) -> None:
    """Warn before somebody acts by a clock that was set back: the trail will say the wrong moment."""
    last = office.reports.latest()
    if last is not None and last - office.clock.now() > CLOCK_SLACK:
        from wirflow.reports.health import clock_behind, clock_hint  # noqa: PLC0415 - rarely wrong

        note(clock_behind(last), lang)
        note(clock_hint(practice=office.practice), lang)


def tell_first(office: Office, workflow: Workflow, seen: Case, found: Case, lang: Lang) -> None:
    """Say which deadlines had passed and came before the event, though nobody had fired them.

    Args:
        office: where.
        workflow: the definition of the case.
        seen: the case as it stood for whoever acted on it.
        found: the case as the event found it.
        lang: the language.
    """
    from wirflow.cli.sheet import what_happened  # noqa: PLC0415 - hardly ever needed

    fresh = office.engine.history(seen.key)[seen.revision : found.revision]
    passed = [entry for entry in fresh if entry.kind == "deadline"]
    for entry in passed:
        day = civil_date(unstamp(entry.occurred_at), office.zone)
        what = [str(what_happened(entry, workflow, one)) for one in ("de", "en")]
        note(
            Text(
                f"Vorher fiel an, am {day:%d.%m.%Y}: {what[0]}",
                f"First came, on {day.isoformat()}: {what[1]}",
            ),
            lang,
        )


def report(office: Office, outcome: Outcome, lang: Lang, format_: Format, *, trial: bool) -> None:
    """Say what happened, or what would have."""
    screen = Screen(lang)
    if format_ is Format.JSON:
        screen.json(_json(office, outcome, lang, trial=trial))
    elif format_ is Format.CSV:
        tables.portfolio_csv(screen, [office.reports.after(outcome.workflow, outcome.decision)])
    else:
        _show(screen, office, outcome, trial=trial)


def refused(
    refusal: Refusal,
    lang: Lang,
    format_: Format,
    workflow: Workflow,
    *,
    transition: Transition | None = None,
    typed: Collection[str] = (),
    named: bool = True,
) -> int:
    """Say which rule said no, and what would have to change; the exit code.

    Args:
        refusal: what said no.
        lang: the language.
        format_: JSON tells it on stdout, too.
        workflow: the definition of the case.
        transition: what was tried.
        typed: the facts that were given.
        named: whether the call said who acts; where it did not, a call without its facts is
            incomplete even if the usual person may not do this.
    """
    if format_ is Format.JSON:
        Screen(lang).json(
            {
                "refused": {
                    "code": refusal.code,
                    "texts": [text.pick(lang) for text in refusal.texts],
                    "hint": refusal.hint.pick(lang) if refusal.hint else None,
                    "fields": list(refusal.fields),
                }
            }
        )
    missing = [item.field for item in transition.input if item.required] if transition else []
    unsaid = not named and refusal.code == "wrong-role" and not set(missing) <= set(typed)
    incomplete = refusal.code in _INCOMPLETE or unsaid
    head = Text("Unvollständig:", "Incomplete:") if incomplete else Text("Abgelehnt:", "Refused:")
    lines = [text.pick(lang) for text in refusal.texts]
    if refusal.hint:
        lines.append(refusal.hint.pick(lang))
    if incomplete and transition:
        lines += _inputs(transition, workflow, lang)
    words = "\n".join([head.pick(lang), *(f"  {line}" for line in lines)])
    note(Text.same(words), lang)
    return EXIT_INCOMPLETE if incomplete else EXIT_REFUSED


def _inputs(transition: Transition, workflow: Workflow, lang: Lang) -> list[str]:
    """Everything that an event takes, with what each field takes."""
    if not transition.input:
        return []
    title = transition.title
    lines = [Text(f"'{title.de}' nimmt:", f"'{title.en}' takes:").pick(lang)]
    for item in transition.input:
        field = workflow.field_by_name[item.field]
        need = Text("nötig", "required") if item.required else Text("möglich", "optional")
        lines.append(
            f"  --set {field.name}=…  {field.title.pick(lang)} ({need.pick(lang)}). {takes(field).pick(lang)}"
        )
    return lines


def _show(screen: Screen, office: Office, outcome: Outcome, *, trial: bool) -> None:
    lang, decision, workflow = screen.lang, outcome.decision, outcome.workflow
    view = office.reports.after(outcome.workflow, outcome.decision)
    case, before = decision.case, decision.before
    if trial:
        screen.say(
            Text("Probe: Es wurde nichts geändert.", "Trial: nothing was changed."), style="bold yellow"
        )
    place = tables.state(view.state, lang)
    head = f"{case.key} · {view.title.pick(lang)}"
    screen.say(head, style="bold")
    if before is not None and before.state != case.state:
        old = tables.state(workflow.place(before.state), lang)
        screen.console.print(old, "→", place)
    else:
        screen.console.print(place)
    changed = [
        (workflow.field_by_name[name], old, new)
        for name, (old, new) in decision.changes.items()
        if name in workflow.field_by_name
    ]
    if before is not None:
        for field, old, new in changed:
            words = (
                f"{show(field, old, lang)} → {show(field, new, lang)}"
                if old is not None
                else show(field, new, lang)
            )
            screen.say(f"  {field.title.pick(lang)}: {words}")
    _timers(screen, office, outcome)
    kinds = outcome.workflow.children_by_name
    for begun in decision.starts:
        title = kinds[begun.child or ""].title
        screen.say(
            Text(f"  {title.de} beginnt: {begun.key}", f"  {title.en} starts: {begun.key}"),
        )
    for order in decision.signals:
        if order.timer.event is None:
            continue  # that a case looks at its children again is nothing that somebody has to know
        screen.say(
            Text(f"  Signal an {order.to}: {order.timer.name}", f"  Signal to {order.to}: {order.timer.name}")
        )
    _letters(screen, outcome, trial=trial)
    for warning in outcome.warnings:
        source = f" ({warning.source})" if warning.source else ""
        screen.block(f"{warning.text.pick(lang)}{source}", first="! ", rest="  ", style="yellow")


def _timers(screen: Screen, office: Office, outcome: Outcome) -> None:
    lang, decision = screen.lang, outcome.decision
    today = civil_date(office.clock.now(), office.zone)
    for sign, words, timers in (
        ("+", Text("läuft", "runs"), decision.arm),
        ("−", Text("läuft nicht mehr", "no longer runs"), decision.cancel),  # noqa: RUF001 - a minus sign
    ):
        for timer in timers:
            if timer.kind != "due" or timer.deadline is None:
                continue
            spec = outcome.workflow.deadline_by_name.get(timer.name)
            title = spec.title.pick(lang) if spec else timer.name
            law = (spec.law if spec else None) or timer.deadline.law
            mark = "" if timer.deadline.verified else f", {tables.UNVERIFIED.pick(lang)}"
            screen.say(
                f"{sign} {title} {words.pick(lang)}: {when(timer.deadline.due, today, lang)} ({law}{mark})"
            )
        reminders = [timer for timer in timers if timer.kind == "reminder"]
        if reminders:
            days = ", ".join(show_date(civil_date(timer.due_at, office.zone), lang) for timer in reminders)
            count = Text("Erinnerungen", "reminders").pick(lang)
            screen.say(f"{sign} {count}: {days}", style="dim")


def _letters(screen: Screen, outcome: Outcome, *, trial: bool) -> None:
    for notice in outcome.notices:
        screen.say(f"✉ {notice.recipient} ({notice.channel}): {notice.subject}", style="cyan")
        if notice.error:
            screen.say(f"  {notice.error}", style="red")
        if trial:
            screen.block(notice.body.rstrip(), first="  │ ", rest="  │ ", style="dim")
    if outcome.notices and not trial:
        screen.say(
            Text(
                "  'wirflow notices preview NR' zeigt den Wortlaut.",
                "  'wirflow notices preview NO' shows the text.",
            ),
            style="dim",
        )


def _json(office: Office, outcome: Outcome, lang: Lang, *, trial: bool) -> dict[str, Any]:
    decision = outcome.decision
    case = decision.case
    return {
        "case": office.reports.after(outcome.workflow, outcome.decision).to_json(lang),
        "event": decision.event.name,
        "actor": decision.event.actor,
        "occurred_at": stamp(decision.event.occurred_at),
        "dry_run": trial,
        "from": decision.before.state if decision.before else None,
        "to": decision.case.state,
        "changes": {
            name: [None if value is None else to_json(value) for value in pair]
            for name, pair in decision.changes.items()
        },
        "deadlines": {
            "armed": [_timer_json(timer, lang) for timer in decision.arm],
            "cancelled": [_timer_json(timer, lang) for timer in decision.cancel],
        },
        "signals": [{"to": order.to, "event": order.timer.name} for order in decision.signals],
        "starts": [
            {"key": begun.key, "workflow": begun.workflow, "child": begun.child} for begun in decision.starts
        ],
        "notices": [
            {
                "key": "/".join((case.key, str(case.revision), item.recipient, item.channel, item.template)),
                "case": decision.case.key,
                "to": item.recipient,
                "channel": item.channel,
                "subject": item.subject,
                "state": item.state,
                "attempts": 0,
                "body": item.body,
                "error": item.error,
            }
            for item in outcome.notices
        ],
        "warnings": [
            {"name": item.name, "text": item.text.pick(lang), "source": item.source}
            for item in outcome.warnings
        ],
    }


def _timer_json(timer: Timer, lang: Lang) -> dict[str, Any]:
    deadline = deadline_json(timer.deadline, lang) if timer.deadline else {}
    return {
        **deadline,
        "name": timer.name,
        "kind": timer.kind,
        "label": timer.label,
        "fires": timer.event,
        "fires_at": stamp(timer.due_at),
    }
