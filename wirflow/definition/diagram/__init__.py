"""A workflow as a picture: states, who or what leads from one to the next, and where a case stands.

    picture = draft(workflow, "de")
    svg(picture)

`draft` makes the picture of one workflow and `overview` that of several;
`mermaid`, `dot` and `svg` write them.
"""

from wirflow.definition.diagram.dot import dot
from wirflow.definition.diagram.draft import draft
from wirflow.definition.diagram.mermaid import mermaid
from wirflow.definition.diagram.overview import overview
from wirflow.definition.diagram.picture import Course, Picture, Step
from wirflow.definition.diagram.svg import svg

__all__ = ["Course", "Picture", "Step", "dot", "draft", "mermaid", "overview", "svg"]
