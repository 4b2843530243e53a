"""A small office for tests: two workflows, three people, a clock that stands where it is put."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from wirflow.clock import VirtualClock
from wirflow.definition.field import Field, Link, LinkedField
from wirflow.definition.model import (
    Assignment,
    DeadlineSpec,
    Input,
    Notice,
    Requirement,
    Role,
    Signal,
    State,
    Transition,
    Warn,
    Workflow,
)
from wirflow.definition.person import Person
from wirflow.engine import Engine, NewCase, Outcome, Profile
from wirflow.render import Templates
from wirflow.store.database import Database
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROLES = (
    Role(name="clerk", title=Text("Sachbearbeitung", "Clerk")),
    Role(name="lead", title=Text("Leitung", "Lead")),
)

PEOPLE = {
    "ada": Person(id="ada", name="Ada", email="ada@office.example", roles=frozenset({"clerk"}), lang="de"),
    "leo": Person(id="leo", name="Leo", email="leo@office.example", roles=frozenset({"lead"}), lang="en"),
    "duo": Person(id="duo", name="Duo", email="duo@office.example", roles=frozenset({"clerk", "lead"})),
}


def field(name: str, kind: str, **more: Any) -> Field:
    """A field that is called what it is named."""
    return Field(name=name, type=kind, title=Text.same(name), **more)


def grant() -> Workflow:
    """A grant that is applied for, approved under four eyes, prolonged, and lapses by itself."""
    fields = (
        field("amount", "money", min=Decimal(0)),
        field("award_ends", "date"),
        field("decided_on", "date"),
        field("unit", "text"),
        field("holder", "text", personal=True),
        field("note", "text"),
    )
    known = tuple(LinkedField(name=item.name, type=item.type) for item in fields)
    return Workflow(
        name="grant",
        title=Text("Förderung", "Grant"),
        subject=Text("{unit} ({key})", "{unit} ({key})"),
        roles=ROLES,
        fields=fields,
        links=(Link(name="partner", workflow="grant", title=Text("Partner", "Partner"), fields=known),),
        states=(
            State(name="draft", title=Text("Entwurf", "Draft"), initial=True),
            State(name="submitted", title=Text("Eingereicht", "Submitted")),
            State(name="approved", title=Text("Bewilligt", "Approved"), tone="good"),
            State(name="expired", title=Text("Ausgelaufen", "Expired"), final=True, tone="bad"),
            State(name="superseded", title=Text("Ersetzt", "Superseded"), final=True),
        ),
        transitions=(
            Transition(
                event="submit",
                title=Text("Einreichen", "Submit"),
                sources=("draft",),
                target="submitted",
                by=("clerk",),
                requires=(Requirement(when="amount > 0", otherwise=Text("Der Betrag fehlt.", "No amount.")),),
            ),
            Transition(
                event="approve",
                title=Text("Bewilligen", "Approve"),
                sources=("submitted",),
                target="approved",
                by=("lead",),
                not_by=("submit",),
                input=(Input(field="decided_on", required=True), Input(field="award_ends", required=True)),
                requires=(
                    Requirement(
                        when="!has(partner) || unit == partner.unit",
                        otherwise=Text("Beide müssen in einer Einheit sein.", "Both must sit in one unit."),
                    ),
                ),
                notices=(Notice(template="approved", to=("clerk", "lead")),),
                tell=(Signal(to="partner", event="supersede", when="partner.state == 'approved'"),),
            ),
            Transition(
                event="extend",
                title=Text("Verlängern", "Extend"),
                sources=("approved", "expired"),
                target="approved",
                by=("lead",),
                reopens=True,
                input=(Input(field="decided_on", required=True), Input(field="award_ends", required=True)),
                requires=(
                    Requirement(
                        when="decided_on <= old.award_ends",
                        otherwise=Text("Zu spät entschieden.", "Decided too late."),
                    ),
                ),
                set=(Assignment(field="note", value="'extended'"),),
            ),
            Transition(
                event="expire", title=Text("Auslaufen", "Expire"), sources=("approved",), target="expired"
            ),
            Transition(
                event="supersede",
                title=Text("Ersetzen", "Supersede"),
                sources=("approved",),
                target="superseded",
            ),
            Transition(
                event="edit",
                title=Text("Ändern", "Edit"),
                sources=("draft", "submitted", "approved"),
                target=None,
                by=("clerk", "lead"),
                input=tuple(Input(field=item.name, required=False) for item in fields),
            ),
        ),
        deadlines=(
            DeadlineSpec(
                name="award_end",
                title=Text("Ende der Bewilligung", "End of award"),
                states=("approved",),
                on="award_ends",
                rule="no-roll",
                fire="expire",
                remind=("P6M", "P1M"),
                notice=Notice(template="ending", to=("clerk",)),
            ),
            DeadlineSpec(
                name="proof",
                title=Text("Verwendungsnachweis", "Proof of use"),
                states=("approved", "expired"),
                start="award_ends",
                rule="vwvfg-31",
                period="P6M",
                notice=Notice(template="ending", to=("clerk",)),
            ),
        ),
        warnings=(
            Warn(
                name="no_unit",
                states=("draft", "submitted", "approved"),
                when="!has(unit)",
                text=Text("Die Einheit ist unbekannt.", "The unit is unknown."),
            ),
        ),
    )


TEMPLATES = {
    "approved.de.j2": "Betreff: Bewilligt {{ case.key }}\n\nBis {{ data.award_ends | date }}.\n",
    "approved.en.j2": "Subject: Approved {{ case.key }}\n\nUntil {{ data.award_ends | date }}.\n",
    "ending.de.j2": "Betreff: {{ deadline.title }} {{ case.key }}\n\nFällig am {{ deadline.due | date }}.\n",
    "ending.en.j2": "Subject: {{ deadline.title }} {{ case.key }}\n\nDue on {{ deadline.due | date }}.\n",
}


@dataclass
class Office:
    """An engine on a fresh database, and its clock."""

    engine: Engine
    clock: VirtualClock
    database: Database

    def at(self, moment: str) -> Office:
        """Put the clock to a moment, in UTC."""
        self.clock.set(datetime.fromisoformat(moment).replace(tzinfo=UTC))
        return self

    def state(self, key: str) -> str:
        """The state of a case."""
        return self.engine.look(key).case.state

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What stands in the tables, past the engine."""
        with self.database.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]


def new(key: str = "G-1", data: Mapping[str, Any] | None = None, **more: Any) -> NewCase:
    """A grant to start."""
    given = {"amount": Decimal("50000.00"), "unit": "330222"} if data is None else data
    return NewCase(workflow="grant", key=key, data=given, links=more.pop("links", {}), sources={}, **more)


AWARD = {"decided_on": date(2021, 1, 4), "award_ends": date(2021, 12, 31)}


def approved(office: Office, key: str = "G-1", **award: object) -> None:
    """A case that was submitted by one person and approved by another."""
    assert isinstance(office.engine.start(new(key), actor="ada"), Outcome)
    assert isinstance(office.engine.submit(key, "submit", actor="ada"), Outcome)
    assert isinstance(office.engine.submit(key, "approve", actor="leo", given={**AWARD, **award}), Outcome)


def open_office(folder: Path, url: str | None = None, workflow: Workflow | None = None) -> Office:
    """An office with the grant workflow, on a fresh SQLite database unless a URL is given."""
    templates = folder / "templates"
    templates.mkdir(exist_ok=True)
    for name, words in TEMPLATES.items():
        (templates / name).write_text(words, encoding="utf-8")
    database = Database(url or f"sqlite:///{folder / 'office.db'}")
    database.migrate()
    clock = VirtualClock(datetime(2021, 1, 4, 9, tzinfo=UTC))
    profile = Profile(name="Amt", people=PEOPLE)
    engine = Engine(database, clock, profile, Templates([templates]))
    engine.register([workflow or grant()])
    return Office(engine, clock, database)


def replace(value: Any, **changes: Any) -> Any:
    """A frozen value with some of its parts changed, be it a dataclass or a struct."""
    changed = structs.replace if isinstance(value, Struct) else dataclasses.replace
    return changed(value, **changes)
