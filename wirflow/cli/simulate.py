"""`wirflow simulate`: what will happen if nobody, or a plan, acts."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.options import day
from wirflow.cli.screen import TONES, Format, FormatOption, Screen, note
from wirflow.cli.words import both
from wirflow.clock import civil_date, end_of_day, stamp
from wirflow.definition.values import show_date, show_money
from wirflow.errors import InputError
from wirflow.text import Lang, Text, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from wirflow.office import Office
    from wirflow.simulation import Course, Happening, Plan, World

app = typer.Typer(rich_markup_mode=None, add_completion=False)

AHEAD = timedelta(days=366)
"""How far it looks if nobody says how far."""

EXIT_REFUSED = 1

COLUMNS = ("day", "case", "workflow", "kind", "event", "title", "actor", "from", "to", "lapse", "law", "why",
           "refused", "error", "notices", "occurred_at", "recorded_at")  # fmt: skip

_BESIDE = 2
"""Plans that are shown beside each other."""

PlanOption = Annotated[
    Path | None,
    typer.Option("--plan", metavar="FILE", help=both("Wer wann was tut (YAML)", "Who does what when (YAML)")),
]
SvgOption = Annotated[
    Path | None,
    typer.Option(
        "--svg", metavar="FILE", help=both("Auch als Bild in diese Datei", "Also as a picture, to this file")
    ),
]


@app.command(
    cls=Command,
    help=both(
        "Zeigt, was geschieht, wenn niemand handelt oder wenn ein Plan befolgt wird. Geändert wird nichts."
        " Ohne --until ein Jahr weit.",
        "Shows what happens if nobody acts, or if people act by a plan. Nothing is changed."
        " Without --until, a year ahead.",
    ),
)
def simulate(
    ctx: typer.Context,
    *,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help=both("Bis zu diesem Tag", "Up to this day"))
    ] = None,
    plan: PlanOption = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            "--compare", metavar="FILE", help=both("Ein zweiter Plan daneben", "A second plan beside it")
        ),
    ] = None,
    svg: SvgOption = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Simulate it."""
    desk = desk_of(ctx)
    office = desk.office
    last = day("--until", until) if until is not None else office.today + AHEAD
    if last < office.today:
        raise _behind(last, office.today)
    world = world_of(office)
    end = max(end_of_day(last, office.zone), world.now)
    plans = [plan_of(plan, world), *([plan_of(compare, world)] if compare else [])]
    courses = [_course(world, end, one) for one in plans]
    screen = Screen(desk.lang)
    if svg:
        from wirflow.simulation.timeline import timeline  # noqa: PLC0415 - only a picture needs it

        titles = [f"{office.name} · {one.title.pick(desk.lang)}" for one in plans]
        drawn = timeline(list(zip(titles, courses, strict=True)), desk.lang)
        svg.write_text(drawn, encoding="utf-8")
        note(Text(f"Bild: {svg}", f"Picture: {svg}"), desk.lang)
    if compare:
        _compare(screen, office, plans, courses, last, format_)
    else:
        _show(screen, office, plans[0], courses[0], last, format_)
    if any(item.refused or item.error for course in courses for item in course.happenings if _of_plan(item)):
        raise typer.Exit(EXIT_REFUSED)


def _behind(last: date, today: date) -> InputError:
    return InputError(
        Text(
            f"--until: {last:%d.%m.%Y} liegt vor dem {today:%d.%m.%Y}.",
            f"--until: {last.isoformat()} lies before {today.isoformat()}.",
        ),
        hint=Text(
            "Was geschehen ist, zeigt 'wirflow audit show' oder 'wirflow status --as-of'.",
            "What has happened is shown by 'wirflow audit show' or 'wirflow status --as-of'.",
        ),
    )


def world_of(office: Office) -> World:
    """The office as it stands, for a simulation."""
    from wirflow.reports.snapshot import snapshot  # noqa: PLC0415 - the help page needs none of it

    return snapshot(
        office.database, now=office.clock.now(), profile=office.profile, templates=office.templates
    )


def plan_of(path: Path | None, world: World) -> Plan:
    """The plan of a file; without one, nobody acts.

    Raises:
        InputError: there is no such file.
        DefinitionError: the file has errors.
    """
    from wirflow.simulation import Plan, read_plan  # noqa: PLC0415 - the help page needs none of it

    if path is None:
        return Plan(name="-", title=Text("Niemand handelt", "Nobody acts"), steps=())
    return read_plan(path, world).checked()


@contextmanager
def progress(begin: datetime, end: datetime) -> Iterator[Callable[[datetime], None]]:
    """A bar on stderr that shows how far a clock has run; none where nobody looks."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal shows it
    from rich.progress import Progress  # noqa: PLC0415 - likewise

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=max((end - begin).total_seconds(), 1))
        yield lambda now: bar.update(task, completed=(now - begin).total_seconds())


def _course(world: World, end: datetime, plan: Plan) -> Course:
    from wirflow.simulation import simulate as run  # noqa: PLC0415 - the help page needs none of it

    with progress(world.now, end) as told:
        return run(world, end, plan.steps, progress=told)


def _of_plan(item: Happening) -> bool:
    return item.kind == "action" or item.error is not None


def _day(item: Happening, zone: str) -> date:
    """The day of which people speak: that on which a deadline ends, not the midnight after it."""
    if item.kind == "deadline" and item.deadline:
        return item.deadline.due
    return civil_date(item.at, zone)


def _why(item: Happening, office: Office, lang: Lang) -> str:
    """Why it happens, or why not."""
    if item.error:
        return item.error.pick(lang)
    if item.refused:
        return item.refused.explain(lang)
    if item.origin:
        return Text(f"durch {item.origin}", f"through {item.origin}").pick(lang)
    if item.actor:
        name = office.profile.name_of(item.actor)
        return f"{name}: {item.reason}" if item.reason else name
    return item.law or ""


def _json(item: Happening, office: Office, lang: Lang) -> dict[str, Any]:
    return {
        "day": _day(item, office.zone).isoformat(),
        "case": item.case,
        "workflow": item.workflow,
        "kind": item.kind,
        "event": item.event,
        "title": item.title.pick(lang),
        "actor": item.actor,
        "from": item.before,
        "to": item.after,
        "lapse": item.lapse,
        "law": item.law,
        "why": _why(item, office, lang),
        "refused": item.refused.explain(lang) if item.refused else None,
        "error": item.error.pick(lang) if item.error else None,
        "notices": [
            {"to": one.recipient, "channel": one.channel, "template": one.template, "kind": one.kind,
             "subject": one.subject}
            for one in item.notices
        ],
        "occurred_at": stamp(item.at),
        "recorded_at": stamp(item.recorded_at),
    }  # fmt: skip


def _course_json(plan: Plan, course: Course, office: Office, lang: Lang) -> dict[str, Any]:
    return {
        "plan": plan.name,
        "title": plan.title.pick(lang),
        "until": stamp(course.until),
        "happenings": [_json(item, office, lang) for item in course.happenings],
        "cases": {key: case.state for key, case in course.cases.items()},
        "lapses": len(course.lapses),
        "refusals": len(course.refusals),
        "failures": len(course.failures),
        "notices": len(course.notices),
    }


def _show(  # noqa: PLR0917 - the parts of one page
    screen: Screen, office: Office, plan: Plan, course: Course, last: date, format_: Format
) -> None:
    if format_ is Format.JSON:
        screen.json(_course_json(plan, course, office, screen.lang))
        return
    if format_ is Format.CSV:
        found = [_json(item, office, screen.lang) for item in course.happenings]
        screen.csv(COLUMNS, [{**row, "notices": [one["to"] for one in row["notices"]]} for row in found])
        return
    words = show_date(last, screen.lang)
    if not course.happenings:
        note(Text(f"Bis zum {words} geschieht nichts.", f"Nothing happens until {words}."), screen.lang)
        return
    screen.say(plan.title, style="bold")
    screen.say(
        Text(
            f"Von {show_date(office.today, 'de')} bis {show_date(last, 'de')}; geändert wird nichts.",
            f"From {show_date(office.today, 'en')} to {show_date(last, 'en')}; nothing is changed.",
        )
    )
    screen.say()
    screen.show(_table(screen, office, course))
    screen.say()
    screen.say(_sum(course))


def _table(screen: Screen, office: Office, course: Course) -> Any:
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    lang = screen.lang
    table = screen.table(
        (Text("Tag", "Day"), {"no_wrap": True}),
        (Text("Vorgang", "Case"), {"no_wrap": True, "overflow": "fold", "style": "cyan"}),
        (Text("Was geschieht", "What happens"), {"ratio": 5, "overflow": "fold"}),
        (Text("Von → nach", "From → to"), {"ratio": 4, "overflow": "fold"}),
        (Text("Warum", "Why"), {"ratio": 5, "overflow": "fold"}),
    )
    table.expand = True
    # A deadline that ends with a day stands on that day, though it fires at the midnight after it.
    for item in sorted(course.happenings, key=lambda item: _day(item, office.zone)):
        wrong = bool(item.refused or item.error)
        style = "bold red" if item.lapse else "red" if wrong else "dim" if item.kind == "reminder" else ""
        what = Styled(item.title.pick(lang), style=style)
        if item.lapse:
            what.append(f" · {Text('verfallen', 'lapsed').pick(lang)}", style="bold red")
        elif wrong:
            what.append(f" · {Text('abgelehnt', 'refused').pick(lang)}", style="red")
        elif item.kind == "reminder":
            what.append(f" · {Text('Erinnerung', 'reminder').pick(lang)}", style="dim")
        readers = dict.fromkeys(one.recipient for one in item.notices)
        if readers:
            what.append(f"\n✉ {', '.join(readers)}", style="dim")
        table.add_row(
            show_date(_day(item, office.zone), lang),
            item.case,
            what,
            _way(course, item, lang),
            Styled(_why(item, office, lang), style="red" if wrong else "dim"),
        )
    return table


def _way(course: Course, item: Happening, lang: Lang) -> Any:
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    if not item.moved:
        return ""
    way = Styled(f"{_place(course, item.case, item.before, lang)} → ")
    return way.append(_place(course, item.case, item.after, lang), style=TONES[item.tone])


def _place(course: Course, key: str, state: str | None, lang: Lang) -> str:
    known = course.definitions[key].state_by_name
    return " + ".join(known[name].title.pick(lang) for name in (state or "").split(" + ") if name in known)


def _sum(course: Course) -> Text:
    lapses, refused, failed = len(course.lapses), len(course.refusals), len(course.failures)
    moved, letters = len(course.transitions), len(course.notices)
    moves = counted(
        moved, Text("Zustandswechsel", "change of state"), Text("Zustandswechsel", "changes of state")
    )
    gone = counted(lapses, Text("verfallen", "of them a lapse"), Text("verfallen", "of them lapses"))
    told = counted(letters, Text("Schreiben", "notice"), Text("Schreiben", "notices"))
    german = f"{moves.de}, davon {gone.de}; {told.de}; {refused} abgelehnt"
    english = f"{moves.en}, {gone.en}; {told.en}; {refused} refused"
    more = Text(f"; {failed} gescheitert", f"; {failed} failed") if failed else Text.same("")
    return Text(f"{german}{more.de}.", f"{english}{more.en}.")


def _compare(  # noqa: PLR0917 - the parts of one page
    screen: Screen, office: Office, plans: list[Plan], courses: list[Course], last: date, format_: Format
) -> None:
    """Two plans side by side: where cases end otherwise, what lapses, what money comes."""
    from wirflow.reports.forecast import rows  # noqa: PLC0415 - the help page needs none of it
    from wirflow.simulation import forecast  # noqa: PLC0415 - likewise

    lang = screen.lang
    money = [
        forecast(course.world, plan=plan.steps, until=last.year)
        for plan, course in zip(plans, courses, strict=True)
    ]
    keys = sorted({key for course in courses for key in course.cases})
    states = {
        key: [course.cases[key].state if key in course.cases else None for course in courses] for key in keys
    }
    different = {key: pair for key, pair in states.items() if len(set(pair)) == _BESIDE}
    if format_ is Format.JSON:
        screen.json(
            {
                "plans": [
                    {**_course_json(plan, course, office, lang), "money": rows(one)[-1]}
                    for plan, course, one in zip(plans, courses, money, strict=True)
                ],
                "differences": [{"case": key, "states": pair} for key, pair in different.items()],
            }
        )
        return
    if format_ is Format.CSV:
        screen.csv(
            ("case", "first", "second"),
            [{"case": key, "first": pair[0], "second": pair[1]} for key, pair in states.items()],
        )
        return
    table = screen.table((Text("", ""), {"style": "cyan"}), *(plan.title for plan in plans))
    for key in different:
        table.add_row(key, *(_ending(course, key, lang) for course in courses))
    table.add_section()
    for words, values in (
        (Text("Verfallen", "Lapsed"), [str(len(course.lapses)) for course in courses]),
        (Text("Abgelehnt", "Refused"), [str(len(course.refusals)) for course in courses]),
        (Text("Schreiben", "Notices"), [str(len(course.notices)) for course in courses]),
        (Text("Bewilligt", "Approved"), [show_money(one.total("approved"), lang) for one in money]),
        (Text("Gefährdet", "At risk"), [show_money(one.total("at_risk"), lang) for one in money]),
        (Text("Nicht erlangt", "Not obtained"), [show_money(one.open(), lang) for one in money]),
    ):
        table.add_row(words.pick(lang), *values)
    end = show_date(last, lang)
    screen.say(
        Text(f"Am {end}; wo beide gleich enden, steht nichts.", f"On {end}; what ends alike is left out.")
    )
    screen.say()
    screen.show(table)


def _ending(course: Course, key: str, lang: Lang) -> Any:
    from rich.text import Text as Styled  # noqa: PLC0415 - JSON needs none

    case = course.cases.get(key)
    if case is None:
        return "–"
    places = [course.definitions[key].state_by_name[name] for name in case.state.split(" + ")]
    return Styled(" + ".join(place.title.pick(lang) for place in places), style=TONES[places[0].tone])
