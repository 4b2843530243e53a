"""What things are called in a picture, and what an expression says in the words of its workflow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wirflow.definition.model import CHILDREN
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from wirflow.definition.model import Workflow

_START: Final = Text("Beginn", "start")
_ALL_CHILDREN: Final = Text("Untervorgänge", "child cases")

# Words for the signs of an expression.  A picture is read by people who write no CEL.
_SIGNS: Final = {
    "&&": Text("und", "and"),
    "||": Text("oder", "or"),
    "==": Text.same("="),
    "!=": Text.same("≠"),
    "<=": Text.same("≤"),
    ">=": Text.same("≥"),
    "!": Text("nicht", "not"),
    "true": Text("ja", "yes"),
    "false": Text("nein", "no"),
    "today": Text("heute", "today"),
    "state": Text("Zustand", "state"),
    "key": Text("Aktenzeichen", "key"),
}
_KNOWN: Final = Text("{} bekannt", "{} is known")
_ABSENT: Final = Text("{} fehlt", "{} is missing")
_QUESTIONS: Final = {
    "all": Text("für alle {} gilt: ", "for all {}: "),
    "exists": Text("mindestens einmal unter {} gilt: ", "for at least one {}: "),
    "count": Text("Zahl von {}, für die gilt: ", "number of {} for which: "),
}
"""Questions about children."""
_NUMBER: Final = Text("Zahl von {}", "number of {}")
_OF_CHILD: Final = {
    "final": Text("beendet", "over"),
    "state": Text("Zustand", "state"),
    "key": Text("Aktenzeichen", "key"),
    "workflow": Text("Workflow", "workflow"),
}
_TOKEN: Final = re.compile(
    r"""(?P<question>(?P<kind>[a-z]\w*)\.(?P<ask>all|exists|count)\(\s*(?P<child>[a-z]\w*)\s*,\s*)
      | (?P<number>size\(\s*(?P<sized>[a-z]\w*)\s*\))
      | (?P<absent>!\s*has\(\s*(?P<lacking>[\w.]+)\s*\))
      | (?P<known>has\(\s*(?P<there>[\w.]+)\s*\))
      | (?P<flag>!(?P<off>[a-z]\w*(?:\.\w+)*)(?![\w.(]))
      | (?P<inside>"(?P<place>[\w.]+)"\s+in\s+active\b)
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<sign>&&|\|\||==|!=|<=|>=|!)
      | (?P<name>[A-Za-z_]\w*(?:\.\w+)*)(?P<call>\()?
      | (?P<rest>\s+|.)""",
    re.VERBOSE | re.DOTALL,
)


def one_line(words: str) -> str:
    """Words without line ends and other signs that cannot be printed; a dash if nothing is left."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in words).split()) or "–"


def day(on: date, lang: Lang) -> str:
    """A civil date as short as it is read in a picture: 28.01.2021 or 28 Jan 2021."""
    if lang == "de":
        return f"{on.day:02}.{on.month:02}.{on.year:04}"
    return f"{on.day} {'JanFebMarAprMayJunJulAugSepOctNovDec'[3 * on.month - 3 : 3 * on.month]} {on.year:04}"


class Names:
    """What the states, fields, events and roles of one workflow are called in one language."""

    def __init__(self, workflow: Workflow, lang: Lang, others: Mapping[str, Workflow] | None = None) -> None:
        self._workflow = workflow
        self._others = others or {}
        self.lang: Lang = lang
        self._last = ""
        """The link or the kind of children that was named last."""
        self._child = ""
        """What a question calls each child."""
        self._choices = {
            choice.name: choice.title.pick(lang) for field in workflow.fields for choice in field.choices
        }

    def state(self, name: str) -> str:
        """The title of a state."""
        return one_line(self._workflow.state_by_name[name].title.pick(self.lang))

    def field(self, name: str) -> str:
        """What a field is called; a link's field with its link."""
        link, _, rest = name.partition(".")
        if rest and link == self._child:
            return self._of_child(rest)
        self._last = link if rest else ""
        if rest and link in self._workflow.link_by_name:
            other = one_line(self._workflow.link_by_name[link].title.pick(self.lang))
            sign = _SIGNS.get(rest)
            return f"{other}: {sign.pick(self.lang) if sign else rest.replace('_', ' ')}"
        flow = self._workflow
        for table in (flow.field_by_name, flow.link_by_name, flow.children_by_name):
            if name in table:
                return one_line(table[name].title.pick(self.lang))
        return _ALL_CHILDREN.pick(self.lang) if name == CHILDREN else name

    def other(self, name: str) -> Workflow | None:
        """The workflow of a link or of a kind of children, if it is known."""
        known = self._workflow.link_by_name.get(name) or self._workflow.children_by_name.get(name)
        return self._others.get(known.workflow) if known else None

    def _of_child(self, name: str) -> str:
        """What a fact of a child is called."""
        other = self.other(self._last)
        if other is not None and name in other.field_by_name:
            return one_line(other.field_by_name[name].title.pick(self.lang))
        return _OF_CHILD[name].pick(self.lang) if name in _OF_CHILD else name.replace("_", " ")

    def event(self, name: str) -> str:
        """The title of an event."""
        for item in self._workflow.transitions:
            if item.event == name:
                return one_line(item.title.pick(self.lang))
        return _START.pick(self.lang) if name == "start" else name

    def event_of(self, link: str, event: str) -> str:
        """The title of an event of the case that a link leads to, if its workflow is known."""
        other = self.other(link)
        return Names(other, self.lang).event(event) if other else event.replace("_", " ")

    def roles(self, names: Iterable[str]) -> str:
        """The titles of roles."""
        known = self._workflow.role_by_name
        return ", ".join(
            one_line(known[name].title.pick(self.lang)) if name in known else name for name in names
        )

    def guard(self, expression: str) -> str:
        """An expression in the words of the workflow: fields by their titles, signs as people write them."""
        words = one_line("".join(self._token(found) for found in _TOKEN.finditer(expression)))
        return _bare(words.replace("( ", "(").replace(" )", ")"))

    def _token(self, found: re.Match[str]) -> str:
        part = found.groupdict()
        writers: dict[str, Callable[[], str]] = {
            "question": lambda: self._question(part["kind"], part["ask"], part["child"]),
            "number": lambda: self._number(part["sized"], found[0]),
            "absent": lambda: _ABSENT.pick(self.lang).format(self._named(part["lacking"])),
            "known": lambda: _KNOWN.pick(self.lang).format(self._named(part["there"])),
            "flag": lambda: f"{_SIGNS['!'].pick(self.lang)} {self._named(part['off'])}",
            "inside": lambda: self._inside(part["place"]),
            "text": lambda: self._quoted(part["text"][1:-1]),
            "sign": lambda: f" {_SIGNS[part['sign']].pick(self.lang)} ",
            "name": lambda: part["name"] + "(" if part["call"] else self._named(part["name"]),
        }
        return next((write() for name, write in writers.items() if part[name]), found[0])

    def _question(self, kind: str, ask: str, child: str) -> str:
        words = "(" + _QUESTIONS[ask].pick(self.lang).format(self.field(kind))
        self._last, self._child = kind, child
        return words

    def _number(self, name: str, whole: str) -> str:
        """How many there are: children and items; of a text it stays a length."""
        field = self._workflow.field_by_name.get(name)
        if field is not None and field.type != "list":
            return whole.replace(name, self.field(name))
        return _NUMBER.pick(self.lang).format(self.field(name))

    def _inside(self, name: str) -> str:
        """A state in which a case may be beside others, with the one around it: regions have states alike."""
        around, _, own = name.rpartition(".")
        if not around or not own or name not in self._workflow.state_by_name:
            return self._quoted(name)
        whole = f"{self.state(around)}: {self.state(name)}"
        return f"„{whole}“" if self.lang == "de" else f"“{whole}”"

    def _named(self, name: str) -> str:
        if name in _SIGNS and name not in self._workflow.field_by_name:
            return _SIGNS[name].pick(self.lang)
        if name.startswith("old."):
            return f"{self.field(name[4:])} ({Text('bisher', 'so far').pick(self.lang)})"
        return self.field(name)

    def _quoted(self, name: str) -> str:
        """A text of an expression: the title of a state or a choice, if it is one."""
        if name in self._workflow.state_by_name:
            found = self.state(name)
        else:
            found = one_line(self._choices.get(name) or self._linked_state(name))
        return f"„{found}“" if self.lang == "de" else f"“{found}”"

    def _linked_state(self, name: str) -> str:
        """The title of a state of the linked case that was named last, or the name as it is."""
        other = self.other(self._last)
        state = other.state_by_name.get(name) if other else None
        return state.title.pick(self.lang) if state else name


def _bare(words: str) -> str:
    """Words without brackets around all of them."""
    depth = 0
    for place, sign in enumerate(words):
        depth += (sign == "(") - (sign == ")")
        if not depth:
            return words[1:-1] if place and place == len(words) - 1 else words
    return words
