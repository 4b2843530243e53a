"""`wirflow notices`: the outbox."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from wirflow.cli import completion, tables
from wirflow.cli.app import Command, Group
from wirflow.cli.desk import desk_of
from wirflow.cli.screen import Format, FormatOption, Screen, note
from wirflow.cli.words import both
from wirflow.errors import InputError, UnknownNameError
from wirflow.text import Text, counted

if TYPE_CHECKING:
    from wirflow.core.letters import Notice
    from wirflow.office import Office

app = typer.Typer(
    cls=Group,
    rich_markup_mode=None,
    add_completion=False,
    help=both(
        "Der Postausgang: Liste, ein Schreiben, sein Wortlaut, noch einmal zustellen. Ohne Verb: die Liste.",
        "The outbox: list, one notice, its text, deliver again. Without a verb: the list.",
    ),
)

COLUMNS = (
    *("key", "case", "to", "channel", "subject", "state", "attempts"),
    *("id", "template", "kind", "created_at", "sent_at", "error"),
)

PAGE: Final = 200
"""How many notices a table shows if nobody says how many."""

MOST: Final = 2**31 - 1
"""The largest number that a database keeps in the column."""

_is_number = re.compile(r"[0-9]{1,9}").fullmatch

NumberArgument = Annotated[
    str, typer.Argument(metavar="NUMBER", help=both("Nummer oder key", "Number or key"))
]


@app.command(
    "list", cls=Command, help=both("Alle Schreiben, oder die eines Vorgangs", "All notices, or a case's")
)
def list_(
    ctx: typer.Context,
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="[KEY]", autocompletion=completion.case_keys, help=both("Ein Vorgang", "A case")
        ),
    ] = None,
    *,
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            metavar="S",
            help=both("pending, sending, sent, unknown oder dead", "pending, sending, sent, …"),
        ),
    ] = None,
    newest: Annotated[
        int | None,
        typer.Option(
            "--newest",
            metavar="N",
            min=1,
            max=MOST,
            help=both(
                f"Nur die N neuesten; eine Tabelle zeigt ohne dies {PAGE}",
                f"Only the N newest; without it a table shows {PAGE}",
            ),
        ),
    ] = None,
    before: Annotated[
        int | None,
        typer.Option(
            "--before",
            metavar="NUMBER",
            min=0,
            max=MOST,
            help=both(
                "Nur die vor dieser Nummer: die Seite davor", "Only those before this number: the page before"
            ),
        ),
    ] = None,
    format_: FormatOption = Format.TABLE,
) -> None:
    """List them."""
    desk = desk_of(ctx)
    office = desk.office
    if state is not None and state not in tables.NOTICE_STATES:
        raise UnknownNameError(Text("Der Stand", "The state"), state, tables.NOTICE_STATES)
    if key is not None:
        office.reports.case(key)
    states: list[Any] = [state] if state else []
    most = newest or (PAGE if format_ is Format.TABLE else None)
    # One more than is shown tells whether there are older ones.
    found = office.reports.notices(key, states=states, newest=most and most + 1, before=before)
    older = most is not None and len(found) > most
    found = found[1:] if older else found
    screen = Screen(desk.lang)
    if format_ is Format.JSON:
        screen.json([tables.notice_json(item) for item in found])
    elif format_ is Format.CSV:
        screen.csv(COLUMNS, [tables.whole_notice_json(item) for item in found])
    elif found:
        screen.show(tables.notices(screen, found, office.zone))
        if older:
            first = found[0].id
            note(
                Text(f"Es gibt ältere: --before {first}.", f"There are older ones: --before {first}."),
                desk.lang,
            )
    else:
        note(Text("Keine Schreiben.", "No notices."), desk.lang)


@app.command(
    cls=Command, help=both("Ein Schreiben mit allem, was man davon weiß", "A notice with all that is known")
)
def show(ctx: typer.Context, number: NumberArgument, *, format_: FormatOption = Format.TABLE) -> None:
    """Show it."""
    desk = desk_of(ctx)
    found = _find(desk.office, number)
    screen = Screen(desk.lang)
    data = {**tables.whole_notice_json(found), "message_id": found.message_id, "body": found.body}
    if format_ is Format.JSON:
        screen.json(data)
    elif format_ is Format.CSV:
        screen.csv(list(data), [data])
    else:
        screen.show(tables.notices(screen, [found], desk.office.zone))
        screen.say()
        screen.say(found.body.rstrip())


@app.command(cls=Command, help=both("Nur der Wortlaut", "Only the text"))
def preview(ctx: typer.Context, number: NumberArgument) -> None:
    """Show what the recipient reads."""
    desk = desk_of(ctx)
    found = _find(desk.office, number)
    label = Text("Betreff", "Subject").pick("en" if found.lang == "en" else "de")
    print(f"{label}: {found.subject}\n\n{found.body.rstrip()}")  # noqa: T201 - this is a command line


@app.command(
    cls=Command,
    help=both(
        "Aufgegebene Schreiben noch einmal zustellen lassen: eines, oder mit 'all' alle",
        "Let notices that were given up be sent again: one, or with 'all' all of them",
    ),
)
def retry(ctx: typer.Context, number: NumberArgument) -> None:
    """Let them be sent again."""
    desk = desk_of(ctx)
    office = desk.writable_office
    given_up = office.reports.notices(states=("dead", "unknown")) if number == "all" else None
    found = [_find(office, number)] if given_up is None else given_up
    done = [item for item in found if office.engine.retry_notice(item)]
    vacant = sorted({item.role for item in found if item.role and item.state == "dead" and item not in done})
    if vacant:
        named = ", ".join(f"'{role}'" for role in vacant)
        none = Text(f"Niemand hat die Rolle {named}.", f"Nobody has the role {named}.")
        hint = Text(
            "Tragen Sie sie in wirflow.toml bei einer Person ein, und rufen Sie dies noch einmal auf.",
            "Enter it with a person in wirflow.toml, and call this once more.",
        )
        if number != "all":
            raise InputError(none, hint=hint)
        note(Text(f"{none.de} {hint.de}", f"{none.en} {hint.en}"), desk.lang)
    elif found and not done:
        raise InputError(
            Text("Dieses Schreiben ist schon zugestellt.", "This notice has been delivered already."),
            hint=Text(
                "Noch einmal geht nur, was aufgegeben wurde.", "Only what was given up can be sent again."
            ),
        )
    words = counted(
        len(done),
        Text(
            "Schreiben wartet wieder; 'wirflow run' stellt es zu.",
            "notice waits again; 'wirflow run' delivers it.",
        ),
        Text(
            "Schreiben warten wieder; 'wirflow run' stellt sie zu.",
            "notices wait again; 'wirflow run' delivers them.",
        ),
    )
    note(words, desk.lang)


def _find(office: Office, number: str) -> Notice:
    """A notice by its number or its key.

    Raises:
        UnknownNameError: there is none.
    """
    if _is_number(number):
        item = office.reports.notice(int(number))
        found = [item] if item else []
    else:
        # Case, entry, reader, channel, template: only the first may hold a slash.
        case = "/".join(number.split("/")[:-4])
        found = office.reports.notices(case) if case else []
    for item in found:
        if number in {str(item.id), item.key}:
            return item
    error = UnknownNameError(Text("Das Schreiben", "The notice"), number, [item.key for item in found])
    if not found:
        error.hint = Text("'wirflow notices' nennt die Nummern.", "'wirflow notices' names the numbers.")
    raise error
