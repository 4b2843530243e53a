"""The workflows, templates and portfolios of an office, and those that ship with wirflow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import wirflow
from wirflow.errors import InputError, UnknownNameError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wirflow.definition.model import Workflow
    from wirflow.definition.reader import Reading
    from wirflow.render import Templates

WORKFLOWS: Final = "workflows"
TEMPLATES: Final = "templates"
PORTFOLIOS: Final = "portfolios"
SCENARIOS: Final = "scenarios"
"""The folder of an office in which its scenarios are."""

_HEAD: Final = 64 * 1024
"""How far into a file, in characters, what it is has to be said."""


def shipped(name: str) -> Path:
    """A folder that ships with wirflow: inside the package in a wheel, beside it in a checkout."""
    package = Path(wirflow.__file__).parent
    inside = package / "shipped" / name
    return inside if inside.is_dir() else package.parent / name


def files(folder: Path | None) -> tuple[Path, ...]:
    """The definition files that count: an office's own, and the shipped ones that it does not replace."""
    found: dict[str, Path] = {}
    for place in (shipped(WORKFLOWS), *((folder / WORKFLOWS,) if folder else ())):
        found |= {path.name: path for path in sorted(place.glob("*.yaml"))}
    return tuple(found[name] for name in sorted(found))


def read(paths: Iterable[Path]) -> Reading:
    """What definition files say, with everything that is wrong with them."""
    from wirflow.definition.reader import read_workflows  # noqa: PLC0415 - running cases need no YAML

    return read_workflows(list(paths))


def workflows(folder: Path | None) -> dict[str, Workflow]:
    """The workflows of an office by their names.

    Raises:
        DefinitionError: a file has errors.
    """
    return dict(read(files(folder)).checked())


def one(path: Path, folder: Path | None) -> tuple[Workflow, dict[str, Workflow]]:
    """The workflow of one file, and all that count beside it.

    What other files say wrong is not asked about.

    Raises:
        InputError: the file is not there.
        DefinitionError: the file has errors.
    """
    if not path.is_file():
        raise InputError(
            Text(f"Die Datei {path} gibt es nicht.", f"There is no file {path}."),
            hint=Text("Prüfen Sie den Pfad.", "Check the path."),
        )
    from wirflow.definition.reader import Reading  # noqa: PLC0415 - running cases need no YAML

    beside = [other for other in files(folder) if other.name != path.name]
    reading = read([path, *beside])
    own = tuple(item for item in reading.findings if item.place.file == str(path))
    Reading(reading.workflows, own).checked()
    name = next(name for name, source in reading.sources.items() if source.file == str(path))
    return reading.workflows[name], dict(reading.workflows)


def portfolio(name: str) -> Path:
    """A portfolio that ships with wirflow, by its name.

    Raises:
        UnknownNameError: there is none of that name.
    """
    folder = shipped(WORKFLOWS) / PORTFOLIOS
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = [other.stem for other in folder.glob("*.yaml")]
        raise UnknownNameError(Text("Die Fallsammlung", "The portfolio"), name, known)
    return path


def portfolios(folder: Path | None) -> tuple[Path, ...]:
    """The portfolios of an office, and those that ship with wirflow."""
    places = (shipped(WORKFLOWS), *((folder / WORKFLOWS,) if folder else ()))
    return tuple(path for place in places for path in sorted((place / PORTFOLIOS).glob("*.yaml")))


def scenarios(folder: Path | None) -> tuple[Path, ...]:
    """The scenarios of an office."""
    return tuple(sorted((folder / SCENARIOS).glob("*.yaml"))) if folder else ()


def is_portfolio(path: Path) -> bool:
    """Whether a file says of itself that it is a portfolio and no workflow."""
    return _says(path, "portfolio")


def is_scenario(path: Path) -> bool:
    """Whether a file says of itself that it is a scenario."""
    return _says(path, "scenario")


def _says(path: Path, key: str) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            # A line of a hostile file may be as long as the file.
            return any(line.startswith(f"{key}:") for line in file.read(_HEAD).splitlines()[:200])
    except OSError:
        return False


def shipped_templates() -> Templates:
    """The notice templates that ship with wirflow."""
    from wirflow.render import Templates  # noqa: PLC0415 - Jinja2 is slow to load

    return Templates([shipped(TEMPLATES)])
