"""The engine's door for versions: running cases are planned over to the newest version, and moved.

Each case moves in a transaction of its own.  Whoever is killed in between has
moved whole cases and no half one, and goes on where he was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from wirflow.core.case import Event
from wirflow.core.decision import Decision
from wirflow.core.migration import MIGRATE, Migration, Obstacle, TimerStep, Unmapped
from wirflow.definition.model import Workflow
from wirflow.engine.draining import again
from wirflow.engine.engine import Engine
from wirflow.errors import UnknownNameError
from wirflow.store import cases, queries, timers
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from wirflow.clock import Clock
    from wirflow.core.case import Facts, Timer
    from wirflow.core.profile import Profile
    from wirflow.definition.version_map import VersionMap
    from wirflow.engine.unit import Unit
    from wirflow.render import Templates
    from wirflow.store.cases import StoredCase
    from wirflow.store.database import Database
    from wirflow.store.queries import DefinitionRow
    from wirflow.store.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of a workflow that is kept."""

    workflow: Workflow
    registered_at: datetime
    """When it became the newest one."""
    current: bool
    """New cases begin with it."""
    running: Mapping[str, int]
    """State → how many cases stand there by this version and may go on."""
    final: Mapping[str, int]
    """State → how many cases have ended there by this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The way of one case to the newest version of its workflow, planned or gone."""

    key: str
    old: Workflow
    new: Workflow
    state: str
    """Where it stood."""
    decision: Decision | None = None
    """None: it stays."""
    steps: tuple[TimerStep, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    """What stands against it."""


class Migrator(Engine):
    """The engine, as far as it moves cases between versions."""

    def __init__(self, database: Database, clock: Clock, profile: Profile, templates: Templates) -> None:
        super().__init__(database, clock, profile, templates)
        self._ways: dict[tuple[str, str], Migration] = {}

    # -- what is there ---------------------------------------------------------------

    def versions(self) -> list[Version]:
        """All versions of all workflows; the newest version of each is its last."""
        with self.database.reading() as session:
            rows = queries.versions(session)
            newest = {row.workflow: row.id for row in rows}
            running: dict[int, dict[str, int]] = {}
            final: dict[int, dict[str, int]] = {}
            for case in queries.pinned(session):
                states = (final if case.final else running).setdefault(case.definition_id, {})
                states[case.state] = states.get(case.state, 0) + 1
            return [self._version(session, row, newest, running, final) for row in rows]

    def _version(
        self,
        session: Session,
        row: DefinitionRow,
        newest: Mapping[str, int],
        running: Mapping[int, Mapping[str, int]],
        final: Mapping[int, Mapping[str, int]],
    ) -> Version:
        return Version(
            workflow=self._definitions.get(session, row.id),
            registered_at=row.registered_at,
            current=newest[row.workflow] == row.id,
            running=running.get(row.id, {}),
            final=final.get(row.id, {}),
        )

    def outdated(
        self, *, workflow: str | None = None, key: str | None = None, ended: bool = False
    ) -> list[str]:
        """The keys of the cases that stand on older versions, in order.

        Args:
            workflow: only cases of this workflow.
            key: only this case.
            ended: also those in final states.

        Raises:
            UnknownNameError: no such workflow or case.
        """
        with self.database.reading() as session:
            newest = self._definitions.names(session)
            if workflow is not None and workflow not in newest:
                raise UnknownNameError(Text("Der Workflow", "The workflow"), workflow, newest)
            rows = queries.pinned(session)
        if key is not None and key not in {row.case for row in rows}:
            raise UnknownNameError(Text("Der Vorgang", "The case"), key, [row.case for row in rows])
        return [
            row.case
            for row in rows
            if row.definition_id != newest[row.workflow]
            and workflow in {None, row.workflow}
            and key in {None, row.case}
            and (ended or not row.final)
        ]

    # -- moving ----------------------------------------------------------------------

    def plan(
        self, keys: Iterable[str], maps: Mapping[str, VersionMap], *, actor: str | None = None
    ) -> Iterator[Move]:
        """What moving cases would do; nothing is written.

        Args:
            keys: which cases; those that stand on the newest version are passed over.
            maps: workflow → what does not keep its name.
            actor: who would move them.
        """
        for key in keys:
            with self.database.reading() as session:
                unit = self._unit(session, self.clock.now())
                stored = unit.open(key)
                number, new = self._latest(session, stored.workflow.name)
                if stored.definition_id != number:
                    way = self._way(stored.workflow, new, maps.get(new.name))
                    failed = timers.failed(session, stored.id).values()
                    yield self._decided(unit, stored, way, failed, _event(unit, actor, None))[0]

    def apply(
        self,
        keys: Iterable[str],
        maps: Mapping[str, VersionMap],
        *,
        actor: str,
        reason: str | None = None,
    ) -> Iterator[Move]:
        """Move cases, each in its own transaction; each is told when it is written, or when it stays.

        Args:
            keys: which cases; those that stand on the newest version are passed over.
            maps: workflow → what does not keep its name.
            actor: who moves them.
            reason: why, in their words.

        Raises:
            UnknownNameError: no such person.
            ConflictError: another writer was in the way again and again.
        """
        self._person(actor)
        for key in keys:
            move = self._move(key, maps, actor, reason)
            if move is not None:
                yield move

    def _move(self, key: str, maps: Mapping[str, VersionMap], actor: str, reason: str | None) -> Move | None:
        move = again(partial(self._move_once, key, maps, actor, reason))
        if move is not None and move.decision is not None and (move.decision.signals or move.decision.starts):
            # What its new children tell goes through their parent's cluster, too.
            self._settle([key, *(order.to for order in move.decision.signals)])
        return move

    def _move_once(
        self, key: str, maps: Mapping[str, VersionMap], actor: str, reason: str | None
    ) -> Move | None:
        with self.database.writing() as session:
            unit = self._unit(session, self.clock.now())
            stored = unit.open(key)
            number, new = self._latest(session, stored.workflow.name)
            if stored.definition_id == number:
                return None  # somebody was faster
            failed = timers.failed(session, stored.id)
            way = self._way(stored.workflow, new, maps.get(new.name))
            event = _event(unit, actor, reason)
            move, facts = self._decided(unit, stored, way, failed.values(), event)
            if move.decision is None:
                return move
            kept = unit.batch.keep(new, move.decision, facts)
            unit.keep(kept)
            unit.flush()
            timers.give_up(session, [id_ for id_, timer in failed.items() if timer.kind != "signal"])
            case, before = kept.case, stored.case
            if (case.links, case.sources) != (before.links, before.sources):
                cases.rename(session, stored.id, case)
            gone = [
                name
                for name in before.data
                if name in stored.workflow.personal and not (name in new.personal and name in case.data)
            ]
            cases.drop_secrets(session, stored.id, case.revision, gone)
        return move

    def _decided(
        self,
        unit: Unit,
        stored: StoredCase,
        way: Migration,
        failed: Collection[Timer],
        event: Event,
    ) -> tuple[Move, Facts]:
        """What the move of one case does, and the facts it was decided on."""
        facts = unit.batch.facts(stored.case.key, event.occurred_at)
        armed = unit.batch.held[stored.case.key].in_order()
        found = way.decide(stored.case, event, facts, armed, failed)
        move = Move(key=stored.case.key, old=stored.workflow, new=way.new, state=stored.case.state)
        if isinstance(found, Unmapped):
            return replace(move, obstacles=found.obstacles), facts
        return replace(move, decision=found, steps=way.steps(found)), way.relinked(facts)

    def _way(self, old: Workflow, new: Workflow, version_map: VersionMap | None) -> Migration:
        """The way between two versions, made once: its expressions are compiled only once."""
        way = self._ways.get((old.hash, new.hash))
        if way is None or way.map is not version_map:
            way = self._ways[old.hash, new.hash] = Migration(old, new, version_map)
        return way


def _event(unit: Unit, actor: str | None, reason: str | None) -> Event:
    return Event(name=MIGRATE, kind="migration", occurred_at=unit.batch.now, actor=actor, reason=reason)
