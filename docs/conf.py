"""How the documentation is built: `make docs`."""

from __future__ import annotations

import re
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wirflow.definition.diagram import draft, overview, svg
from wirflow.office import content

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "wirflow"
author = "wirflow"
release = version = installed("wirflow")
project_copyright = author

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["build"]
nitpicky = False

html_theme = "furo"
html_title = "wirflow"
html_copy_source = False
html_show_copyright = False

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 4

# In docstrings a word between single backticks is code.
default_role = "code"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True

# YAML with an ellipsis, and the console with its answers, are shown as they are.
highlight_language = "text"


def setup(app: Sphinx) -> None:
    """Let Sphinx show the examples in the docstrings of modules as code, and draw the gallery."""
    app.connect("autodoc-process-docstring", _show_examples)
    app.connect("builder-inited", _draw)


def _show_examples(_app: Sphinx, what: str, _name: str, _thing: Any, _options: Any, lines: list[str]) -> None:
    if what == "module":
        lines[:] = re.sub(r"\n\n(?=    )", "\n\n::\n\n", "\n".join(lines)).split("\n")


def _draw(_app: Sphinx) -> None:
    """Draw the gallery of the page on pictures, so that it shows what the code draws today."""
    here = Path(__file__).parent
    folder = here / "reference" / "pictures"
    folder.mkdir(exist_ok=True)
    shipped = content.workflows(None)
    processes = content.read(sorted((here.parent / "tests" / "definition" / "pictures").glob("*.yaml")))
    drawn = {name: draft(flow, "en", others=shipped) for name, flow in shipped.items()}
    drawn |= {name: draft(flow, "en") for name, flow in processes.checked().items()}
    drawn["workflows"] = overview(shipped, "en")
    for name, picture in drawn.items():
        (folder / f"{name}.svg").write_text(svg(picture), encoding="utf-8", newline="\n")
