"""`wirflow diagram`: draws a workflow; with a case, where it stands."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.words import both
from wirflow.errors import InputError, UnknownNameError
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.cli.desk import Desk
    from wirflow.definition.model import Workflow

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Drawing(StrEnum):
    """What the drawing is written in."""

    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"


@app.command(
    cls=Command,
    help=both(
        "Zeichnet einen Workflow; mit --case, wo der Vorgang steht und welchen Weg er nahm.",
        "Draws a workflow; with --case, where the case stands and which way it took.",
    ),
)
def diagram(
    ctx: typer.Context,
    workflow: Annotated[str, typer.Argument(metavar="WORKFLOW", help=both("Der Workflow", "The workflow"))],
    *,
    case: Annotated[
        str | None, typer.Option("--case", metavar="KEY", help=both("Ein Vorgang", "A case"))
    ] = None,
    drawing: Annotated[
        Drawing,
        typer.Option(
            "--format",
            metavar="FORMAT",
            show_choices=False,
            help=both("mermaid, dot oder svg", "mermaid, dot or svg"),
        ),
    ] = Drawing.MERMAID,
) -> None:
    """Draw it."""
    from wirflow.definition import diagram as draw  # noqa: PLC0415 - the help page needs none of it

    desk = desk_of(ctx)
    current: str | None = None
    path: list[str] = []
    if case is None:
        definition = _definition(desk, workflow)
    else:
        stored = desk.office.engine.look(case)
        definition = stored.workflow
        if definition.name != workflow:
            raise InputError(
                Text(
                    f"{case} ist ein Vorgang '{definition.name}' und kein '{workflow}'.",
                    f"{case} is a case '{definition.name}' and no '{workflow}'.",
                ),
                hint=Text(
                    f"'wirflow diagram {definition.name} --case {case}'",
                    f"'wirflow diagram {definition.name} --case {case}'",
                ),
            )
        current = stored.case.state
        history = desk.office.engine.history(case)
        # Parallel states are told together and drawn apart.
        path = [leaf for entry in history if entry.to for leaf in entry.to.split(" + ")]
    makers = {Drawing.MERMAID: draw.mermaid, Drawing.DOT: draw.dot, Drawing.SVG: draw.svg}
    words = makers[drawing](definition, lang=desk.lang, current=current, path=path)
    print(words.rstrip("\n"))  # noqa: T201 - this is a command line


def _definition(desk: Desk, name: str) -> Workflow:
    """A workflow as the files say it: those of the office, or those that ship with wirflow."""
    from wirflow.office import content  # noqa: PLC0415 - see above

    known = content.workflows(desk.office.folder if desk.has_office else None)
    if name not in known:
        raise UnknownNameError(Text("Der Workflow", "The workflow"), name, known)
    return known[name]
