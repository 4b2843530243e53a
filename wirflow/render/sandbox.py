"""The Jinja2 sandbox of notices; importing it costs 60 ms, so only rendering does.

What a template can do is an allow-list: a few filters, no function at all but
its own macros, no arithmetic that makes long texts out of short ones.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from wirflow.definition.listing import listed
from wirflow.definition.values import show, show_date, show_money
from wirflow.render.context import FIELDS, Facts
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping, Sequence
    from pathlib import Path

    from jinja2.runtime import Context

MAX_SOURCE: Final = 64 * 1024
"""Bytes of a template file."""

KEPT: Final = frozenset({
    "abs", "capitalize", "count", "d", "default", "first", "int", "join", "last", "length", "lower",
    "round", "sort", "title", "trim", "truncate", "upper", "wordwrap",
})  # fmt: skip
"""Jinja2's own filters that a template may use."""

_FILE: Final = re.compile(r"[a-z][a-z0-9_]*\.(?:de|en)\.j2")
_HEADER: Final = re.compile(r"(?:Subject|Betreff):[ \t]*(.*)")


class BadTemplateError(Exception):
    """A template or a filter says what is wrong in our own words."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


class Folders(BaseLoader):
    """Finds template files: the office's own folder before the shipped one."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002 - Jinja2 gives it to every loader
        template: str,
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The body of a template, or with `#subject` behind its name its first line.

        The header line is a template of its own: so no value with a line break
        in it can end the subject and begin the body.
        """
        name, _, part = template.partition("#")
        text = self._read(name)
        header, _, body = text.partition("\n")
        match = _HEADER.match(header)
        if match is None:
            if part:
                raise BadTemplateError(
                    Text(
                        "Die erste Zeile muss mit 'Betreff:' oder 'Subject:' beginnen.",
                        "The first line has to begin with 'Subject:' or 'Betreff:'.",
                    )
                )
            # A part that others include.
            return text, name, None
        # An empty first line keeps the numbers of the others.
        return (match[1] if part else "\n" + body), name, None

    def _read(self, name: str) -> str:
        if _FILE.fullmatch(name):
            for folder in self._folders:
                path = folder / name
                if path.is_file():
                    raw = path.read_bytes()[: MAX_SOURCE + 1]
                    if len(raw) > MAX_SOURCE:
                        raise BadTemplateError(
                            Text(
                                f"Die Datei ist größer als {MAX_SOURCE // 1024} KiB.",
                                f"The file is larger than {MAX_SOURCE // 1024} KiB.",
                            )
                        )
                    try:
                        return raw.decode("utf-8-sig").replace("\r\n", "\n")
                    except UnicodeDecodeError as error:
                        raise BadTemplateError(
                            Text("Die Datei ist nicht in UTF-8.", "The file is not UTF-8.")
                        ) from error
        raise TemplateNotFound(name)


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of one language."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, folders: Sequence[Path], lang: Lang) -> None:
        super().__init__(
            loader=Folders(folders),
            undefined=StrictUndefined,
            # Notices are plain text; whoever puts them into HTML escapes them there.
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            finalize=_final,
            cache_size=-1,
        )
        self.globals.clear()
        self.filters = {name: item for name, item in self.filters.items() if name in KEPT}
        self.filters |= {
            "money": lambda value: _money(value, lang),
            "date": lambda value: _date(value, lang),
            "show": pass_context(lambda context, value, field: _show(context, value, field, lang)),
        }

    def make_globals(self, d: MutableMapping[str, Any] | None) -> dict[str, Any]:
        """The names that every template knows beside its context: none, and so nothing to look through."""
        return dict(d or {})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`data.amount`: a fact first, so that nothing that facts are made of can stand before it."""
        if isinstance(obj, Facts):
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def is_safe_callable(self, obj: Any) -> bool:
        """Whether a template may call something: its own macros."""
        return isinstance(obj, Macro)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic with numbers only: `"x" * 1000000000` and `%1000000000d` do not exist."""
        numbers = int | Decimal
        if operator == "**" or not (isinstance(left, numbers) and isinstance(right, numbers)):
            raise SecurityError(f"'{operator}' is for numbers")
        return super().call_binop(context, operator, left, right)


def _final(value: Any) -> Any:
    """What `{{ … }}` writes: a list as people write one."""
    return listed(map(str, value)) if isinstance(value, tuple) else value


def _demand(value: Any) -> None:
    """An absent fact is an error, not an empty place."""
    if isinstance(value, Undefined):
        str(value)  # a StrictUndefined raises with its name


def _money(value: Any, lang: Lang) -> str:
    _demand(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BadTemplateError(
            Text(
                f"'money' braucht einen Betrag, nicht '{value}'.", f"'money' takes an amount, not '{value}'."
            )
        )
    return show_money(Decimal(value), lang)


def _date(value: Any, lang: Lang) -> str:
    _demand(value)
    if not isinstance(value, date):
        raise BadTemplateError(
            Text(f"'date' braucht ein Datum, nicht '{value}'.", f"'date' takes a date, not '{value}'.")
        )
    return show_date(value, lang)


def _show(context: Context, value: Any, name: str, lang: Lang) -> str:
    field = context[FIELDS].get(name)
    if field is None:
        raise BadTemplateError(Text(f"'show' kennt kein Feld '{name}'.", f"'show' knows no field '{name}'."))
    if isinstance(value, Undefined) and field.expected:
        # Such a fact is shown as unknown everywhere else too.
        return show(field, None, lang)
    _demand(value)
    return show(field, value, lang)
