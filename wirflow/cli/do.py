"""`wirflow do`: an event of a case."""

from __future__ import annotations

from typing import Annotated

import typer

from wirflow.cli import completion
from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.options import AsOption, DryRunOption, OnOption, SetOption, day, pairs, values
from wirflow.cli.screen import Format, FormatOption
from wirflow.cli.words import both

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    cls=Command,
    help=both(
        "Tut etwas an einem Vorgang. Eine Ablehnung sagt, welche Regel dagegen steht.",
        "Acts on a case. A refusal says which rule stands against it.",
    ),
)
def do(
    ctx: typer.Context,
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY", autocompletion=completion.case_keys, help=both("Der Vorgang", "The case")
        ),
    ],
    event: Annotated[
        str,
        typer.Argument(
            metavar="EVENT", autocompletion=completion.events, help=both("Das Ereignis", "The event")
        ),
    ],
    *,
    given: SetOption = None,
    person: AsOption = None,
    on: OnOption = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help=both("Die Begründung", "The reason"))
    ] = None,
    dry_run: DryRunOption = False,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Do it."""
    from wirflow.cli import acting  # noqa: PLC0415 - the help page needs none of it
    from wirflow.core.decision import Refusal  # noqa: PLC0415 - likewise
    from wirflow.definition.model import CORRECT  # noqa: PLC0415 - likewise
    from wirflow.errors import UnknownNameError  # noqa: PLC0415 - likewise
    from wirflow.text import Text  # noqa: PLC0415 - likewise

    desk = desk_of(ctx)
    office = desk.writable_office
    acting.look_at_clock(office, desk.lang)
    typed = pairs("--set", given)
    stored = office.engine.look(key)
    workflow = stored.workflow
    if event not in workflow.events:
        raise UnknownNameError(Text("Das Ereignis", "The event"), event, workflow.events)
    # A correction may also say that nothing is known: --set award_ends=
    cleared = [
        name
        for name, words in typed.items()
        if event == CORRECT and not words and name in workflow.field_by_name
    ]
    outcome = office.engine.submit(
        key,
        event,
        actor=office.person if person is None else person,
        given=values(
            workflow.field_by_name, {name: words for name, words in typed.items() if name not in cleared}
        ),
        cleared=cleared,
        occurred_at=office.at(day("--on", on)) if on is not None else None,
        reason=reason,
        trial=dry_run,
    )
    # A deadline that had passed may have led elsewhere first.
    found = office.engine.look(key).case if isinstance(outcome, Refusal) else outcome.decision.before
    case = found or stored.case
    if case.revision > stored.case.revision and not dry_run:
        acting.tell_first(office, workflow, stored.case, case, desk.lang)
    if isinstance(outcome, Refusal):
        numbered = workflow.open_transitions(case.state, event)
        transition = next((item for _, item in numbered), None)
        raise typer.Exit(
            acting.refused(
                outcome,
                desk.lang,
                format_,
                workflow,
                transition=transition,
                typed=typed,
                named=person is not None,
            )
        )
    acting.report(office, outcome, desk.lang, format_, trial=dry_run)
