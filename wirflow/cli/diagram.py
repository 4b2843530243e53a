"""`wirflow diagram`: draws workflows; with a case, where it stands."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wirflow.cli.app import Command
from wirflow.cli.desk import desk_of
from wirflow.cli.words import both
from wirflow.errors import InputError, UnknownNameError
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.cli.desk import Desk
    from wirflow.definition.diagram import Picture
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
        "Zeichnet einen Workflow des Amts oder einer Datei; mit --case, wo der Vorgang steht und welchen Weg "
        "er nahm; mit --all alle Workflows und was sie verbindet.",
        "Draws a workflow of the office or of a file; with --case, where the case stands and which way it "
        "took; with --all, all workflows and what links them.",
    ),
)
def diagram(
    ctx: typer.Context,
    workflow: Annotated[
        str | None,
        typer.Argument(
            metavar="[WORKFLOW|FILE]", help=both("Der Workflow oder seine Datei", "The workflow or its file")
        ),
    ] = None,
    *,
    case: Annotated[
        str | None, typer.Option("--case", metavar="KEY", help=both("Ein Vorgang", "A case"))
    ] = None,
    everything: Annotated[
        bool,
        typer.Option("--all", help=both("Alle Workflows auf einem Bild", "All workflows in one picture")),
    ] = False,
    drawing: Annotated[
        Drawing | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            show_choices=False,
            help=both(
                "mermaid, dot oder svg; ohne Angabe nach der Endung von --output, sonst mermaid",
                "mermaid, dot or svg; if not given, by how --output ends, else mermaid",
            ),
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help=both("In diese Datei", "Into this file")),
    ] = None,
) -> None:
    """Draw it."""
    from wirflow.definition import diagram as draw  # noqa: PLC0415 - the help page needs none of it

    if sum((workflow is not None or case is not None, everything)) != 1:
        raise InputError(
            Text("Was soll gezeichnet werden?", "What is to be drawn?"),
            hint=Text(
                "'wirflow diagram WORKFLOW', 'wirflow diagram --case KEY' oder 'wirflow diagram --all'.",
                "'wirflow diagram WORKFLOW', 'wirflow diagram --case KEY' or 'wirflow diagram --all'.",
            ),
        )
    desk = desk_of(ctx)
    if everything:
        picture = draw.overview(_known(desk), desk.lang)
    elif case is not None:
        picture = _of_case(desk, case, workflow)
    else:
        flow, others = _definition(desk, workflow or "")
        picture = draw.draft(flow, desk.lang, others=others)
    kind = drawing or _kind(output)
    makers = {Drawing.MERMAID: draw.mermaid, Drawing.DOT: draw.dot, Drawing.SVG: draw.svg}
    words = makers[kind](picture)
    if output is None:
        print(words.rstrip("\n"))  # noqa: T201 - this is a command line
    else:
        output.write_text(words, encoding="utf-8", newline="\n")


def _kind(output: Path | None) -> Drawing:
    endings = {".svg": Drawing.SVG, ".dot": Drawing.DOT, ".gv": Drawing.DOT}
    return endings.get(output.suffix.lower(), Drawing.MERMAID) if output else Drawing.MERMAID


def _of_case(desk: Desk, key: str, named: str | None) -> Picture:
    """The workflow of a case, in the version that the case keeps."""
    from wirflow.definition import diagram as draw  # noqa: PLC0415 - see above
    from wirflow.reports.course import course_of  # noqa: PLC0415 - see above

    office = desk.office
    view = office.reports.case(key)
    if named is not None and view.workflow.name != named:
        raise InputError(
            Text(
                f"{key} ist ein Vorgang '{view.workflow.name}' und kein '{named}'.",
                f"{key} is a case '{view.workflow.name}' and no '{named}'.",
            ),
            hint=Text(f"'wirflow diagram --case {key}'", f"'wirflow diagram --case {key}'"),
        )
    course = course_of(view, office.engine.history(key), zone=office.zone, lang=desk.lang)
    return draw.draft(view.workflow, desk.lang, course, others=_known(desk))


def _known(desk: Desk) -> dict[str, Workflow]:
    """The workflows as the files say it: those of the office, and those that ship with wirflow."""
    from wirflow.office import content  # noqa: PLC0415 - see above

    return content.workflows(desk.office.folder if desk.has_office else None)


def _definition(desk: Desk, named: str) -> tuple[Workflow, dict[str, Workflow]]:
    """A workflow by its name or its file, and those that it may link to."""
    from wirflow.office import content  # noqa: PLC0415 - see above

    path = Path(named)
    if path.suffix.lower() in {".yaml", ".yml"} or path.is_file():
        return content.one(path, desk.office.folder if desk.has_office else None)
    known = _known(desk)
    if named not in known:
        raise UnknownNameError(Text("Der Workflow", "The workflow"), named, known)
    return known[named], known
