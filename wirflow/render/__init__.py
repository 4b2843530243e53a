"""Notice texts: a template of the office, the facts of a case, and nothing that could do anything else.

`Templates` finds, checks and renders; `notice_context` says what a template may
name.  Pure: the only files read are the templates themselves, once.
"""

from __future__ import annotations

from wirflow.render.context import READER, Reader, notice_context
from wirflow.render.templates import Rendered, TemplateError, Templates

__all__ = ["READER", "Reader", "Rendered", "TemplateError", "Templates", "notice_context"]
