"""The templates of an office: found, checked, compiled once, rendered."""

from __future__ import annotations

import re
import threading
import traceback
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from wirflow.errors import InputError, UnknownNameError, WirflowError, nearest
from wirflow.render.context import fields_of, sample, schema
from wirflow.text import LANGS, Lang, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from jinja2 import Template, nodes

    from wirflow.definition.model import Workflow
    from wirflow.render.sandbox import Sandbox

MAX_OUTPUT: Final = 64 * 1024
"""Bytes of a notice; a longer one is a template gone wrong."""
PARTS: Final = 64
"""How many pieces of a text are put together before its length is looked at."""
MAX_SUBJECT: Final = 300
"""Characters of a subject line."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_FILE: Final = re.compile(r"([a-z][a-z0-9_]*)\.(?:de|en)\.j2")
_MISSING: Final = re.compile(r"has no attribute '(\w+)'|'(\w+)' is undefined")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A notice as it is sent."""

    subject: str
    """One line without control characters."""
    body: str
    """Plain text that ends with a line break."""


class TemplateError(InputError):
    """A template that does not exist, cannot be read, or names what is not there."""

    def __init__(self, template: str, line: int | None, words: Text, *, hint: Text | None = None) -> None:
        place = (
            Text.same(template)
            if line is None
            else Text(f"{template}, Zeile {line}", f"{template}, line {line}")
        )
        message = Text(f"Vorlage {place.de}: {words.de}", f"Template {place.en}: {words.en}")
        super().__init__(message, hint=hint)
        self.template = template
        self.line = line


class Templates:
    """The templates in some folders; in the first one that has it a template is found.

    Files are read when first needed and kept; may be shared between threads.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._lock = threading.Lock()
        self._sandboxes: dict[Lang, Sandbox] = {}
        self._compiled: dict[tuple[str, Lang], tuple[Template, Template]] = {}

    def names(self) -> tuple[str, ...]:
        """The names of all templates, in the order of the alphabet; a name may lack a language."""
        files = (path.name for folder in self._folders if folder.is_dir() for path in folder.iterdir())
        return tuple(sorted({match[1] for name in files if (match := _FILE.fullmatch(name))}))

    def has(self, name: str, lang: Lang) -> bool:
        """Whether there is a template in a language."""
        return _NAME.fullmatch(name) is not None and any(
            (folder / f"{name}.{lang}.j2").is_file() for folder in self._folders
        )

    def render(self, name: str, lang: Lang, context: dict[str, object]) -> Rendered:
        """A notice from a template and the context that `notice_context` gave.

        Raises:
            UnknownNameError: there is no such template.
            TemplateError: it is broken, or names a fact that the case has not; says where.
        """
        subject, body = self._templates(name, lang)
        try:
            header = _one_line(_text(subject, context))
            text = _text(body, context).strip("\n") + "\n"
        except Exception as error:
            raise _explained(error, f"{name}.{lang}.j2") from error
        if not header:
            raise TemplateError(
                f"{name}.{lang}.j2", 1, Text("Der Betreff ist leer.", "The subject is empty.")
            )
        return Rendered(header, text)

    def problems(self, name: str, workflow: Workflow, *, with_deadline: bool) -> Sequence[Text]:
        """What is wrong with a template for the notices of a workflow, in all languages.

        Args:
            name: the template.
            workflow: whose notices it writes.
            with_deadline: whether every one of them is about a deadline; without,
                a template has to ask `deadline is defined` first.
        """
        found: list[Text] = []
        for lang in LANGS:
            file = f"{name}.{lang}.j2"
            if not self.has(name, lang):
                found.append(self._missing(name, lang))
                continue
            tree = schema(workflow, with_deadline=with_deadline)
            try:
                self._templates(name, lang)
                wrong = [
                    problem
                    for part in ("#subject", "")
                    for problem in _Check(self._sandbox(lang), file, workflow, tree).problems(part)
                ]
            except TemplateError as error:
                wrong = [error]
            if not wrong:
                # Beyond names: a filter on a fact of another type shows when it is tried.
                try:
                    self.render(name, lang, sample(workflow, lang=lang, with_deadline=with_deadline))
                except TemplateError as error:
                    wrong = [error]
            found += [
                Text(f"{error.message.de} {error.hint.de}", f"{error.message.en} {error.hint.en}")
                if error.hint
                else error.message
                for error in wrong
            ]
        return found

    def _missing(self, name: str, lang: Lang) -> Text:
        file = f"{name}.{lang}.j2"
        others = [known for known in self.names() if known != name]
        near = None if any(self.has(name, other) for other in LANGS) else nearest(name, others)
        hint = Text(f" Meinten Sie '{near}'?", f" Did you mean '{near}'?") if near else Text.same("")
        return Text(
            f"Die Vorlage {file} fehlt.{hint.de}",
            f"The template {file} is missing.{hint.en}",
        )

    def _sandbox(self, lang: Lang) -> Sandbox:
        if lang not in self._sandboxes:
            from wirflow.render.sandbox import Sandbox  # noqa: PLC0415 - jinja2 costs 60 ms, few commands render

            self._sandboxes[lang] = Sandbox(self._folders, lang)
        return self._sandboxes[lang]

    def _templates(self, name: str, lang: Lang) -> tuple[Template, Template]:
        found = self._compiled.get((name, lang))
        if found is None:
            if not self.has(name, lang):
                raise UnknownNameError(Text("Die Vorlage", "The template"), name, self.names())
            file = f"{name}.{lang}.j2"
            with self._lock:
                sandbox = self._sandbox(lang)
                try:
                    found = (sandbox.get_template(f"{file}#subject"), sandbox.get_template(file))
                except Exception as error:
                    raise _explained(error, file) from error
                self._compiled[name, lang] = found
        return found


class _Check:
    """Names and filters of one template, compared with what its context will have."""

    def __init__(self, sandbox: Sandbox, file: str, workflow: Workflow, tree: Mapping[str, Any]) -> None:
        self._sandbox = sandbox
        self._file = file
        self._fields = fields_of(workflow)
        self._tree = tree

    def problems(self, part: str) -> Iterator[TemplateError]:
        """What is wrong in the header line or in the body."""
        from jinja2 import nodes  # noqa: PLC0415 - likewise

        loader = self._sandbox.loader
        if loader is None:
            return
        root = self._sandbox.parse(loader.get_source(self._sandbox, self._file + part)[0])
        own = {name.name for name in root.find_all(nodes.Name) if name.ctx in {"store", "param"}}
        own |= {"loop", *(macro.name for macro in root.find_all(nodes.Macro))}
        asked = {
            test.node.name
            for test in root.find_all(nodes.Test)
            if test.name in {"defined", "undefined"} and isinstance(test.node, nodes.Name)
        }
        # Whoever asks whether there is a deadline may then speak of it.
        tree = dict(self._tree)
        if "deadline" in asked:
            tree.setdefault("deadline", None)
        yield from self._walk(root, {**tree, **dict.fromkeys(own)})

    def _walk(self, node: nodes.Node, tree: Mapping[str, Any]) -> Iterator[TemplateError]:
        from jinja2 import nodes  # noqa: PLC0415 - likewise

        if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            path = _path(node)
            if path is not None:
                yield from self._unknown(path, node.lineno, tree)
                return
        if isinstance(node, nodes.Filter):
            yield from self._filter(node)
        for child in node.iter_child_nodes():
            yield from self._walk(child, tree)

    def _unknown(self, path: Sequence[str], line: int, tree: Mapping[str, Any]) -> Iterator[TemplateError]:
        place: Mapping[str, Any] | None = tree
        for depth, name in enumerate(path):
            if place is None:
                return
            if name not in place:
                dotted, owner = ".".join(path[: depth + 1]), ".".join(path[:depth])
                near = nearest(name, place)
                meant = f"{owner}.{near}" if owner else near
                yield TemplateError(
                    self._file,
                    line,
                    Text(f"'{dotted}' gibt es hier nicht.", f"There is no '{dotted}' here."),
                    hint=Text(f"Meinten Sie '{meant}'?", f"Did you mean '{meant}'?") if near else None,
                )
                return
            place = place[name]

    def _filter(self, node: nodes.Filter) -> Iterator[TemplateError]:
        from jinja2 import nodes  # noqa: PLC0415 - likewise

        if node.name != "show":
            return
        name = node.args[0].value if node.args and isinstance(node.args[0], nodes.Const) else None
        if name not in self._fields:
            near = nearest(str(name), self._fields)
            yield TemplateError(
                self._file,
                node.lineno,
                Text(f"'show' kennt kein Feld '{name}'.", f"'show' knows no field '{name}'."),
                hint=Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?") if near else None,
            )


def _path(node: nodes.Node) -> list[str] | None:
    """`data.amount` and `data["amount"]` as names; None if it begins or goes on with something else."""
    from jinja2 import nodes  # noqa: PLC0415 - jinja2 costs 60 ms, few commands render

    if isinstance(node, nodes.Name):
        return [node.name]
    if isinstance(node, nodes.Getattr):
        path = _path(node.node)
        return None if path is None else [*path, node.attr]
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        path = _path(node.node)
        return None if path is None else [*path, str(node.arg.value)]
    return None


def _text(template: Template, context: dict[str, object]) -> str:
    """What a template says: `Template.generate` without its copy of the context and its layer between."""
    try:
        return _bounded(template.root_render_func(template.new_context(context, shared=True)))
    except Exception:  # noqa: BLE001 - raised again with the lines of the template
        template.environment.handle_exception()


def _bounded(written: Iterable[str]) -> str:
    """A text from its parts, as long as it is no longer than a notice may be."""
    parts: list[str] = []
    size, rest = 0, iter(written)
    while some := list(islice(rest, PARTS)):
        words = "".join(some)
        size += len(words) if words.isascii() else len(words.encode())
        if size > MAX_OUTPUT:
            from wirflow.render.sandbox import BadTemplateError  # noqa: PLC0415 - the sandbox is loaded by now

            raise BadTemplateError(
                Text(
                    f"Der Text wird länger als {MAX_OUTPUT // 1024} KiB.",
                    f"The text gets longer than {MAX_OUTPUT // 1024} KiB.",
                )
            )
        parts.append(words)
    return "".join(parts)


def _one_line(text: str) -> str:
    """A subject without line breaks, control characters and signs that turn the direction of writing."""
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else " " for sign in text)
    clean = " ".join(text.split())
    return clean if len(clean) <= MAX_SUBJECT else clean[: MAX_SUBJECT - 1] + "…"


def _explained(error: Exception, file: str) -> TemplateError:
    """What a failure of Jinja2 or of a filter means, and in which line of which file it happened."""
    from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError  # noqa: PLC0415 - it is loaded by now

    from wirflow.render.sandbox import KEPT, BadTemplateError  # noqa: PLC0415 - likewise

    line = None
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.endswith(".j2"):
            file, line = frame.filename, frame.lineno
    hint = None
    if isinstance(error, WirflowError | BadTemplateError):
        words = error.message
    elif isinstance(error, TemplateSyntaxError):
        file, line = (error.name or file).partition("#")[0], error.lineno
        what = error.message or ""
        words = Text(f"nicht lesbar: {what}", f"cannot be read: {what}")
        unknown = re.match(r"No filter named '(\w+)'", what)
        if unknown:
            known = (*sorted(KEPT), "money", "date", "show")
            near = nearest(unknown[1], known)
            words = Text(f"Den Filter '{unknown[1]}' gibt es nicht.", f"There is no filter '{unknown[1]}'.")
            hint = (
                Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?")
                if near
                else Text(f"Es gibt: {', '.join(known)}.", f"There are: {', '.join(known)}.")
            )
    elif isinstance(error, TemplateNotFound):
        words = Text(f"'{error.name}' ist nicht da.", f"'{error.name}' is not there.")
    elif isinstance(error, UndefinedError):
        match = _MISSING.search(error.message or "")
        name = (match[1] or match[2]) if match else error.message
        words = Text(f"'{name}' ist nicht bekannt.", f"'{name}' is not known.")
        hint = Text(
            f"Was fehlen kann, braucht {{% if … is defined %}}: '{name}'.",
            f"What may be absent needs {{% if … is defined %}}: '{name}'.",
        )
    else:
        words = Text(f"lässt sich nicht schreiben: {error}", f"cannot be written: {error}")
    return TemplateError(file, line, words, hint=hint)
