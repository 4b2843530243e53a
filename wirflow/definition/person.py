"""Somebody who acts on cases and hears of them."""

from __future__ import annotations

from dataclasses import dataclass

from wirflow.text import Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person of the office, by function: `wirflow.toml` says who has which roles."""

    id: str
    name: str
    email: str | None = None
    roles: frozenset[str] = frozenset()
    lang: Lang | None = None
    """The language of their notices; None: that of the office."""
