"""All rules and days off that a place knows: those of the law and those of the office."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from wirflow.deadlines.laws import shipped
from wirflow.deadlines.workdays import Calendar, place_code
from wirflow.errors import UnknownNameError
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wirflow.deadlines.office import Finding, OfficeDay
    from wirflow.deadlines.rule import Rule


class Catalogue:
    """The rules by which deadlines are computed, and the days off of the office that computes.

    A catalogue is never changed; `with_office` makes a new one.
    """

    __slots__ = ("_calendars", "_days", "_rules", "rules")

    def __init__(self, rules: Iterable[Rule], days: Iterable[OfficeDay] = ()) -> None:
        self._rules = {rule.name: rule for rule in rules}
        self._days = tuple(days)
        self._calendars: dict[str, Calendar] = {}
        self.rules: Mapping[str, Rule] = MappingProxyType(self._rules)
        """Every rule by its name, in the order of the reference."""

    @classmethod
    def default(cls) -> Catalogue:
        """The catalogue that ships with wirflow, always the same one."""
        return _default()

    def get(self, name: str) -> Rule:
        """A rule by its name.

        Raises:
            UnknownNameError: there is none; the error names the nearest.
        """
        rule = self._rules.get(name)
        if rule is None:
            raise UnknownNameError(
                Text("Die Regel", "The rule"), name, self._rules, listed_by="wirflow deadline --list"
            )
        return rule

    def calendar(self, land: str) -> Calendar:
        """The working days of a Land or a part of it, with the office's own days off; kept.

        Raises:
            UnknownNameError: no such Land.
        """
        calendar = self._calendars.get(land)
        if calendar is None:
            place = place_code(land)
            extra = {day: name for each in self._days if each.holds_in(place) for day, name in each.dates()}
            calendar = self._calendars[land] = Calendar(place, extra=extra)
        return calendar

    def with_office(
        self,
        rules: Mapping[str, Mapping[str, object]] | None = None,
        holidays: Sequence[Mapping[str, object]] | None = None,
    ) -> Catalogue:
        """This catalogue with an office's own rules and days off, as `wirflow.toml` has them.

        The keys are described in `wirflow.deadlines.office`.

        Raises:
            DefinitionError: something is wrong; `findings` holds all of it.
        """
        from wirflow.deadlines.office import read_office  # noqa: PLC0415 - most offices have no rules of their own

        own, days = read_office(rules or {}, holidays or (), known=self._rules)
        return Catalogue((*self._rules.values(), *own), (*self._days, *days))

    def check_office(
        self,
        rules: Mapping[str, Mapping[str, object]] | None = None,
        holidays: Sequence[Mapping[str, object]] | None = None,
    ) -> tuple[Finding, ...]:
        """Everything that is wrong with an office's own rules and days off; empty if all is well."""
        from wirflow.deadlines.office import check_office  # noqa: PLC0415 - see with_office

        return check_office(rules or {}, holidays or (), known=self._rules)


@cache
def _default() -> Catalogue:
    return Catalogue(shipped())
