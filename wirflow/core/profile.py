"""What the engine has to know of its office."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wirflow.deadlines import Catalogue
from wirflow.definition.person import Person
from wirflow.text import Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """An office: its name, its place in law and time, its people and how they are reached."""

    name: str
    lang: Lang = "de"
    zone: str = "Europe/Berlin"
    land: str = "HE"
    people: Mapping[str, Person]
    channels: tuple[str, ...] = ("file",)
    sender: str = "wirflow@localhost"
    catalogue: Catalogue | None = None
    """The rules of law with the office's own; None: the common ones."""

    def name_of(self, actor: str | None) -> str:
        """What an actor is called; without one it was wirflow itself."""
        if actor is None:
            return "wirflow"
        person = self.people.get(actor)
        return person.name if person else actor
