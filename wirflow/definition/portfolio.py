"""A portfolio: cases as they stand on a day, taken from a document whose sections they cite.

    reading = read_portfolio(Path("workflows/portfolios/….yaml"), workflows)
    reading.portfolio       # None if anything is wrong
    reading.findings        # all of it, with file:line:column

Facts are facts: no guard is asked.  But each must be one that its workflow knows
and takes, and what a case cannot start without must be there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, cast

from wirflow.definition.declare import WHAT
from wirflow.definition.finding import Finding, errors_in
from wirflow.definition.grammar import LANGUAGE
from wirflow.definition.invariant import INVARIANTS, Invariant, invariants
from wirflow.definition.log import Log
from wirflow.definition.person import Person
from wirflow.definition.shape import (
    FACT,
    IDENTIFIER,
    TEXT,
    TITLE,
    Key,
    Many,
    Part,
    Record,
    Table,
    Word,
    one_of,
    raw,
    spelled,
)
from wirflow.definition.values import CASE_KEY_PATTERN, Value, parse
from wirflow.definition.yaml import Document, Scalar, read_file, read_text
from wirflow.errors import InputError
from wirflow.text import LANGS, Text

if TYPE_CHECKING:
    from pathlib import Path

    from wirflow.definition.model import Workflow
    from wirflow.text import Lang

_MAIL: Final = re.compile(r"[^\s@]+@[^\s@]+")
_TAG: Final = re.compile(r"[^\W_](?:[\w.-]{0,78}[\w])?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioCase:
    """A case as it stands on the day of the portfolio."""

    key: str
    workflow: str
    state: str | None
    """None: the initial one."""
    links: Mapping[str, str]
    """Name of the link → key of the other case."""
    data: Mapping[str, Value]
    sources: Mapping[str, str]
    """Field → where the fact stands, such as `20-V-33-0003, 1.3`."""
    note: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Cases that are imported together, all of them or none."""

    name: str
    title: Text
    on: date
    """The day on which the facts count."""
    recorder: str
    """`as`: who records them."""
    source: str | None = None
    people: tuple[Person, ...] = ()
    cases: tuple[PortfolioCase, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    """What must hold in every run of these cases; `wirflow check` proves it."""


@dataclass(frozen=True, slots=True)
class PortfolioReading:
    """What a portfolio file says."""

    portfolio: Portfolio | None
    """None if there are errors."""
    findings: tuple[Finding, ...]

    def checked(self) -> Portfolio:
        """The portfolio, if nothing is wrong.

        Raises:
            DefinitionError: there are errors; holds all findings.
        """
        if self.portfolio is None:
            raise errors_in(self.findings)
        return self.portfolio


def _is_date(scalar: Scalar) -> bool:
    try:
        return date.fromisoformat(scalar.text).isoformat() == scalar.text
    except ValueError:
        return False


DAY: Final = Word(
    Text("ein Datum wie 2020-12-10", "a date such as 2020-12-10"),
    _is_date,
    like={"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
)
TAG: Final = Word(
    Text(
        "ein Kürzel aus Buchstaben, Ziffern, '_', '-' und '.'", "a tag of letters, digits, '_', '-' and '.'"
    ),
    lambda scalar: _TAG.fullmatch(scalar.text) is not None,
    "bad-name",
    like={**spelled(_TAG), "type": ["string", "number"]},
)
CASE_KEY: Final = Word(
    Text(
        "ein Aktenzeichen aus Buchstaben, Ziffern, '_', '-', '.' und '/', höchstens 80 Zeichen",
        "a case key of letters, digits, '_', '-', '.' and '/', at most 80 characters",
    ),
    lambda scalar: CASE_KEY_PATTERN.fullmatch(scalar.text) is not None,
    "bad-name",
    # JSON Schema has no word for the letters of all alphabets: it says less than the reader does.
    like={"type": ["string", "number"], "pattern": r"^[^\s_](?:\S*[^\s_])?$", "maxLength": 80},
)
_EMAIL: Final = Word(
    Text("eine E-Mail-Adresse", "an e-mail address"),
    lambda scalar: _MAIL.fullmatch(scalar.text) is not None,
    like=spelled(_MAIL),
)

PERSON: Final = Record(
    Text("{name: …, email: …, roles: […]}", "{name: …, email: …, roles: […]}"),
    {
        "name": Key(
            TEXT,
            required=True,
            about=Text(
                "Wie die Person heißt: eine Funktion, kein Name.",
                "What the person is called: a function, not a name.",
            ),
        ),
        "email": Key(_EMAIL, about=Text("Wohin geschrieben wird.", "Where it is written to.")),
        "roles": Key(Many(IDENTIFIER), about=Text("Rollen aus den Abläufen.", "Roles out of the workflows.")),
        "lang": Key(
            one_of(*LANGS),
            about=Text(
                "Sprache der Schreiben; sonst die des Amts.", "Language of the notices; else the office's."
            ),
        ),
    },
)

CASE: Final = Record(
    Text("{workflow: …, state: …, data: …}", "{workflow: …, state: …, data: …}"),
    {
        "workflow": Key(
            IDENTIFIER,
            required=True,
            about=Text("Der Ablauf, dem der Vorgang folgt.", "The workflow that the case follows."),
        ),
        "state": Key(
            IDENTIFIER,
            about=Text("Wo der Vorgang steht; sonst am Anfang.", "Where it stands; else at the beginning."),
        ),
        "section": Key(
            TEXT,
            about=Text(
                "Abschnitt der Vorlage, aus dem die Angaben stammen.",
                "Section of the document from which its facts are taken.",
            ),
        ),
        "links": Key(
            Table(CASE_KEY, IDENTIFIER),
            about=Text(
                "Verknüpfte Vorgänge: Name der Verknüpfung und Aktenzeichen.",
                "Linked cases: the name of the link and the key of the case.",
            ),
        ),
        "data": Key(
            Table(FACT, IDENTIFIER), about=Text("Die Angaben: Feld und Wert.", "The facts: field and value.")
        ),
        "sections": Key(
            Table(TEXT, IDENTIFIER),
            about=Text(
                "Je Feld der Abschnitt, wenn er von 'section' abweicht.",
                "For each field its section, where it differs from 'section'.",
            ),
        ),
        "note": Key(
            TITLE,
            about=Text("Eine Bemerkung, die beim Vorgang steht.", "A remark that is shown with the case."),
        ),
    },
)

PORTFOLIO: Final = Record(
    Text("eine Fallsammlung mit 'wirflow: 1' am Anfang", "a portfolio with 'wirflow: 1' at its head"),
    {
        "wirflow": LANGUAGE,
        "portfolio": Key(TAG, required=True, about=Text("Name der Fallsammlung.", "Name of the portfolio.")),
        "title": Key(TITLE, about=Text("Wie sie heißt.", "What a person calls it.")),
        "source": Key(
            TEXT,
            about=Text(
                "Die Vorlage, deren Abschnitte genannt werden.", "The document whose sections are cited."
            ),
        ),
        "on": Key(
            DAY,
            required=True,
            about=Text("Der Tag, an dem die Angaben gelten.", "The day on which the facts count."),
        ),
        "as": Key(TAG, required=True, about=Text("Wer sie erfasst.", "Who records them.")),
        "people": Key(
            Table(PERSON, TAG),
            about=Text(
                "Funktionen, die ein Übungsamt und ein Szenario besetzen.",
                "Functions with which a practice office and a scenario are staffed.",
            ),
        ),
        "cases": Key(
            Table(CASE, CASE_KEY),
            required=True,
            about=Text(
                "Die Vorgänge; Verknüpfungen dürfen vorwärts zeigen.", "The cases; links may point forward."
            ),
        ),
        "invariants": INVARIANTS,
    },
)


def read_portfolio(
    path: Path, workflows: Mapping[str, Workflow], *, existing: Mapping[str, str] | None = None
) -> PortfolioReading:
    """Read a portfolio file and check it against the workflows.

    Args:
        path: the file.
        workflows: the workflows of the office.
        existing: cases that are there already, key → workflow; links may lead to them.
    """
    return _read(read_file(path), workflows, existing or {})


def read_portfolio_text(
    text: str,
    workflows: Mapping[str, Workflow],
    file: str = "<text>",
    *,
    existing: Mapping[str, str] | None = None,
) -> PortfolioReading:
    """Read a portfolio from text, as `read_portfolio` reads a file."""
    return _read(read_text(text, file), workflows, existing or {})


def build_person(key: Scalar, part: Part, workflows: Mapping[str, Workflow], log: Log) -> Person:
    """A person of another file that is written like one of a portfolio."""
    return _Builder(Part(part.node, {}), workflows, {}, log).person(key, part)


def build_case(
    key: Scalar, part: Part, workflows: Mapping[str, Workflow], existing: Mapping[str, str], log: Log
) -> PortfolioCase:
    """A case of another file that is written like one of a portfolio.

    Args:
        key: what it is called.
        part: the case, fitted to `CASE` or to a grammar with the same keys.
        workflows: the workflows of the office.
        existing: the cases to which its links may lead, key → workflow.
        log: takes what is wrong.
    """
    return _Builder(Part(part.node, {}), workflows, existing, log).case(key, part)


def _read(
    document: Document, workflows: Mapping[str, Workflow], existing: Mapping[str, str]
) -> PortfolioReading:
    log = Log(document.file, list(document.findings))
    portfolio = None
    if document.root is not None:
        part = PORTFOLIO.fit(document.root, log)
        portfolio = _Builder(part, workflows, existing, log).portfolio()
    findings = tuple(sorted(log.findings, key=lambda item: (item.place, item.code)))
    return PortfolioReading(None if log.errors else portfolio, findings)


class _Builder:
    def __init__(
        self, part: Part, workflows: Mapping[str, Workflow], existing: Mapping[str, str], log: Log
    ) -> None:
        self._part = part
        self._workflows = workflows
        self._log = log
        own = {key.text: item.text("workflow") or "" for key, item in part.many("cases")}
        # A workflow that nobody knows is told once, where it is named.
        self._cases = {**existing, **{key: name if name in workflows else "" for key, name in own.items()}}

    def portfolio(self) -> Portfolio | None:
        part = self._part
        name, day, recorder = part.text("portfolio"), part.text("on"), part.text("as")
        people = tuple(self.person(key, item) for key, item in part.many("people"))
        if people and recorder and recorder not in {person.id for person in people}:
            # Only a warning: `wirflow.toml` may know more people than this file.
            self._log.unknown(
                "person",
                Text("Die Person", "The person"),
                part.get("as"),
                [person.id for person in people],
                severity="warning",
            )
        cases = tuple(self.case(key, item) for key, item in part.many("cases"))
        known = self._workflows
        whole = {case.key: known[case.workflow] for case in cases if case.workflow in known}
        stated = invariants(part, self._log, None, whole) if len(whole) == len(cases) else ()
        if not name or not day or not recorder:
            return None
        return Portfolio(
            name=name,
            title=part.title(name),
            on=date.fromisoformat(day),
            recorder=recorder,
            source=part.text("source"),
            people=people,
            cases=cases,
            invariants=stated,
        )

    def person(self, key: Scalar, part: Part) -> Person:
        known = dict.fromkeys(role for workflow in self._workflows.values() for role in workflow.role_by_name)
        for role in part.many("roles"):
            if role.text not in known:
                self._log.unknown("role", WHAT["role"], role, known)
        return Person(
            id=key.text,
            name=part.text("name") or "",
            email=part.text("email"),
            roles=frozenset(role.text for role in part.many("roles")),
            lang=cast("Lang | None", part.text("lang")),
        )

    def case(self, key: Scalar, part: Part) -> PortfolioCase:
        named = part.get("workflow")
        workflow = self._workflows.get(named.text) if named else None
        if workflow is None:
            if named:
                self._log.unknown("workflow", WHAT["workflow"], named, self._workflows)
            data: dict[str, Value] = {}
        else:
            data = self._data(key, part, workflow)
            self._links(part, workflow)
            state = part.get("state")
            if state and state.text not in workflow.state_by_name:
                self._log.unknown("state", WHAT["state"], state, workflow.state_by_name)
        return PortfolioCase(
            key=key.text,
            workflow=named.text if named else "",
            state=part.text("state"),
            links={name.text: target.text for name, target in part.many("links")},
            data=data,
            sources=self._sources(part, data),
            note=part.get("note"),
        )

    def _data(self, key: Scalar, part: Part, workflow: Workflow) -> dict[str, Value]:
        fields = workflow.field_by_name
        data: dict[str, Value] = {}
        for name, value in part.many("data"):
            if name.text not in fields:
                self._log.unknown("field", WHAT["field"], name, fields)
                continue
            try:
                data[name.text] = parse(fields[name.text], raw(value))
            except InputError as error:
                self._log.add("wrong-value", value, error.message, error.hint)
        given = part.keys("data")
        for field in fields.values():
            if field.required and field.default is None and field.name not in given:
                self._log.add(
                    "missing-field",
                    key,
                    Text(
                        f"Im Vorgang {key.text} fehlt die Angabe '{field.name}' ({field.title.de}).",
                        f"The case {key.text} lacks the fact '{field.name}' ({field.title.en}).",
                    ),
                    Text(
                        f"Ohne sie kann kein Vorgang '{workflow.title.de}' beginnen.",
                        f"No case '{workflow.title.en}' can start without it.",
                    ),
                )
        return data

    def _links(self, part: Part, workflow: Workflow) -> None:
        for name, target in part.many("links"):
            link = workflow.link_by_name.get(name.text)
            if link is None:
                self._log.unknown("link", WHAT["link"], name, workflow.link_by_name)
            elif target.text not in self._cases:
                self._log.unknown("case", Text("Der Vorgang", "The case"), target, self._cases)
            elif self._cases[target.text] not in {link.workflow, ""}:
                found = self._cases[target.text]
                self._log.add(
                    "wrong-type",
                    target,
                    Text(
                        f"{target.text} ist ein Vorgang '{found}'; '{name.text}' führt zu '{link.workflow}'.",
                        f"{target.text} is a case '{found}'; '{name.text}' leads to '{link.workflow}'.",
                    ),
                )

    def _sources(self, part: Part, data: Mapping[str, Value]) -> dict[str, str]:
        """Where each fact stands; a section of a fact that is not there is a slip."""
        document, usual = self._part.text("source"), part.text("section")
        sections = {}
        for name, section in part.many("sections"):
            sections[name.text] = section.text
            if name.text not in part.keys("data"):
                self._log.add(
                    "unknown-field",
                    name,
                    Text(
                        f"Zu '{name.text}' steht hier eine Fundstelle, aber kein Wert.",
                        f"There is a section for '{name.text}' here, but no value.",
                    ),
                )
        found = {name: sections.get(name, usual) for name in data}
        return {
            name: ", ".join(part for part in (document, section) if part)
            for name, section in found.items()
            if document or section
        }
