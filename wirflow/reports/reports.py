"""The reports of one office, read from its database and never written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from wirflow.clock import end_of_day
from wirflow.definition.model import CHILDREN
from wirflow.errors import UnknownNameError
from wirflow.reports.cases import CaseView, LinkView, title_of
from wirflow.reports.deadlines import DueView, roles_of
from wirflow.store import cases, queries
from wirflow.store.cases import StoredCase
from wirflow.store.definitions import Definitions
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from wirflow.audit.entry import Entry
    from wirflow.core.case import Timer
    from wirflow.core.decision import Decision
    from wirflow.core.letters import Notice, NoticeState
    from wirflow.deadlines import Deadline
    from wirflow.definition.model import Workflow
    from wirflow.store.database import Database
    from wirflow.store.queries import TimerRow
    from wirflow.store.session import Session


class Reports:
    """Read-only views of the cases, deadlines and notices of an office."""

    def __init__(
        self, database: Database, *, zone: str, people: Mapping[str, tuple[str, Sequence[str]]]
    ) -> None:
        """Prepare, without reading yet.

        Args:
            database: where the cases are.
            zone: the office's time zone, in which its days end.
            people: id → (name, roles) of everybody in the office.
        """
        self._database = database
        self._zone = zone
        self._people = people
        self._definitions = Definitions()

    def portfolio(
        self,
        *,
        workflow: str | None = None,
        state: str | None = None,
        due_until: date | None = None,
        as_of: date | None = None,
        most: int | None = None,
        after: str | None = None,
    ) -> list[CaseView]:
        """Cases with their deadlines, in the order of their keys.

        Args:
            workflow: only those of this workflow.
            state: only those in this state.
            due_until: only those with a deadline up to this day.
            as_of: as they stood at the end of this day; those that were not there yet are left out.
            most: no more than so many, before they are sifted by `due_until` and `as_of`.
            after: only those whose keys come after this one.

        Raises:
            UnknownNameError: no such workflow or state.
        """
        with self._database.reading() as session:
            self._check_filters(session, workflow, state)
            # Where a case stood then, its row does not say: state and deadlines are sifted afterwards.
            found = queries.all_cases(
                session,
                self._definitions,
                workflow=workflow,
                state=None if as_of else state,
                most=most,
                after=after,
                among=self._with_deadlines(session, due_until) if due_until and not as_of else None,
            )
            if as_of:
                views = self._all_as_of(session, found, end_of_day(as_of, self._zone))
                views = [view for view in views if state in {None, view.case.state}]
            else:
                views = self._views(session, found)
            views = self._with_versions(session, views)
        if due_until is None:
            return views
        return [view for view in views if view.next_deadline and view.next_deadline.due <= due_until]

    def of_keys(self, keys: Iterable[str]) -> list[CaseView]:
        """Some cases with their deadlines, in the order of their keys; what is not there is left out."""
        with self._database.reading() as session:
            found = queries.all_cases(session, self._definitions, among=keys)
            return self._with_versions(session, self._views(session, found))

    def case(self, key: str, *, as_of: date | None = None) -> CaseView:
        """One case with its deadlines and links.

        Raises:
            UnknownNameError: there is none of that key, or it was not there yet.
        """
        with self._database.reading() as session:
            stored = cases.load(session, self._definitions, key)
            if stored is None:
                raise cases.unknown(session, Text("Der Vorgang", "The case"), key, listed_by="wirflow status")
            if as_of is None:
                view = self._view(
                    session,
                    stored,
                    queries.armed(session, key=key),
                    queries.overdue(session, [stored.id]),
                )
            else:
                moment = end_of_day(as_of, self._zone)
                views = self._all_as_of(session, [stored], moment)
                if not views:
                    raise UnknownNameError(
                        Text(
                            f"Am {as_of:%d.%m.%Y} gab es ihn noch nicht: Der Vorgang",
                            f"It was not there on {as_of} yet: the case",
                        ),
                        key,
                        [each.case.key for each in self._all_as_of(session, self._all(session), moment)],
                    )
                view = views[0]
            current = self._is_current(session, view.workflow)
            links, children = self._links(session, view), self._children(session, view, as_of)
            return replace(view, links=links, children=children, current=current)

    def after(self, workflow: Workflow, decision: Decision) -> CaseView:
        """A case as a decision leaves it, whether that was written or only tried."""
        key = decision.case.key
        stored = StoredCase(id=0, definition_id=0, workflow=workflow, case=decision.case)
        with self._database.reading() as session:
            before = [due for row in queries.armed(session, key=key) if (due := self._due(stored, row))]
            current = self._is_current(session, workflow)
        gone = {timer.identity for timer in decision.cancel}
        fired = decision.event.timer
        if fired is not None:
            gone.add(fired.identity)
        kept = {due.identity: due for due in before if due.identity not in gone}
        for timer in decision.arm:
            if timer.deadline is not None:
                kept[timer.identity] = self._due_of(stored, timer, timer.deadline)
        ordered = sorted(kept.values(), key=lambda due: (due.due_at, due.name))
        return CaseView(stored=stored, deadlines=tuple(ordered), current=current)

    def due(self, until: date, *, reminders: bool = False) -> list[DueView]:
        """Deadlines up to a day, by their due days; those that are over and not met come first.

        Args:
            until: the last day.
            reminders: the reminders that go out until then, too.
        """
        with self._database.reading() as session:
            rows = [
                row
                for row in queries.armed(session, until=end_of_day(until, self._zone))
                if (row.kind == "due" and row.deadline is not None and row.deadline.due <= until)
                or (reminders and row.kind == "reminder")
            ]
            over = queries.overdue(session)
            stored = self._stored(session, {row.case for row in (*rows, *over)})
            found = [due for row in rows if (due := self._due(stored[row.case], row)) is not None]
            for row in over:
                found += self._overdue(session, stored[row.case], [row])
        return sorted(found, key=lambda due: (due.day, due.case, due.name))

    def troubles(self, key: str | None = None) -> list[TimerRow]:
        """Timers that failed or whose event was refused: of all cases, or of one."""
        with self._database.reading() as session:
            return queries.troubled(session, key)

    def failed(self) -> int:
        """How many timers failed."""
        with self._database.reading() as session:
            return queries.failed(session)

    def failed_cases(self, most: int) -> list[str]:
        """The keys of cases with timers that failed, so many at most; those armed first before others."""
        with self._database.reading() as session:
            return queries.failed_cases(session, most)

    def latest(self) -> datetime | None:
        """When the last entry was written, or all were sealed, by whatever clock; None: there is none."""
        from wirflow.store import backlog  # noqa: PLC0415 - the portfolio needs none of it

        with self._database.reading() as session:
            return backlog.latest(session)

    def notices(
        self,
        key: str | None = None,
        *,
        states: Iterable[NoticeState] = (),
        newest: int | None = None,
        before: int | None = None,
    ) -> list[Notice]:
        """The outbox, oldest first: whole, or of one case.

        Args:
            key: only of this case.
            states: only those that stand so; none: all.
            newest: only so many, the newest of them.
            before: only those with a smaller number.
        """
        from wirflow.store import outbox  # noqa: PLC0415 - the portfolio needs none of it

        with self._database.reading() as session:
            return outbox.notices(session, key, states=states, newest=newest, before=before)

    def notice(self, number: int) -> Notice | None:
        """The notice of a number, or None."""
        from wirflow.store import outbox  # noqa: PLC0415 - the portfolio needs none of it

        with self._database.reading() as session:
            return outbox.one(session, number)

    def workflows(self) -> dict[str, Workflow]:
        """The newest version of every workflow that cases here may have, by name."""
        with self._database.reading() as session:
            numbers = self._definitions.names(session)
            return {name: self._definitions.get(session, number) for name, number in sorted(numbers.items())}

    def definitions(self, hashes: Iterable[str]) -> dict[str, Workflow]:
        """The versions of these hashes, which entries of the trail name."""
        with self._database.reading() as session:
            return {hash_: self._definitions.by_hash(session, hash_) for hash_ in sorted(hashes)}

    def workflow_of_keys(self) -> dict[str, str]:
        """Key → workflow of every case."""
        with self._database.reading() as session:
            return queries.workflow_of_keys(session)

    def keys(self) -> list[str]:
        """The keys of all cases, in order."""
        with self._database.reading() as session:
            return cases.keys(session)

    # -- inside ------------------------------------------------------------------------

    def _all(self, session: Session) -> list[StoredCase]:
        return queries.all_cases(session, self._definitions)

    def _stored(self, session: Session, keys: Iterable[str]) -> dict[str, StoredCase]:
        wanted = sorted(keys)
        found: dict[str, StoredCase] = {}
        for start in range(0, len(wanted), queries.CHUNK):
            found |= cases.load_many(session, self._definitions, wanted[start : start + queries.CHUNK])
        return found

    def _check_filters(self, session: Session, workflow: str | None, state: str | None) -> None:
        if workflow is None and state is None:
            return
        names = self._definitions.names(session)
        if workflow is not None and workflow not in names:
            raise UnknownNameError(Text("Der Workflow", "The workflow"), workflow, names)
        chosen = [number for name, number in names.items() if workflow in {None, name}]
        states = {item.name for number in chosen for item in self._definitions.get(session, number).states}
        if state is not None and state not in states:
            raise UnknownNameError(Text("Der Zustand", "The state"), state, states)

    def _with_deadlines(self, session: Session, until: date) -> set[str]:
        """The keys of cases that have a deadline up to a day, or one that is overdue.

        They are found by their timers: the other cases are not read, however many there are.
        """
        armed = queries.armed(session, until=end_of_day(until, self._zone))
        return {row.case for row in (*armed, *queries.overdue(session)) if row.kind == "due"}

    def _with_versions(self, session: Session, views: list[CaseView]) -> list[CaseView]:
        """The same, each with whether it pins the newest version of its workflow."""
        names = {view.workflow.name for view in views}
        newest = {name: self._definitions.newest(session, name) for name in names}
        return [replace(view, current=newest[view.workflow.name] == view.workflow.hash) for view in views]

    def _views(self, session: Session, found: list[StoredCase]) -> list[CaseView]:
        """Cases with their deadlines, reminders left away."""
        numbers = [stored.id for stored in found]
        armed = _by_case(queries.armed_due(session, numbers))
        overdue = _by_case(queries.overdue(session, numbers))
        return [
            self._view(session, stored, armed.get(stored.case.key, ()), overdue.get(stored.case.key, ()))
            for stored in found
        ]

    def _view(
        self, session: Session, stored: StoredCase, armed: Iterable[TimerRow], overdue: Iterable[TimerRow]
    ) -> CaseView:
        deadlines = [due for row in armed if (due := self._due(stored, row)) is not None]
        return CaseView(stored=stored, deadlines=(*self._overdue(session, stored, overdue), *deadlines))

    def _overdue(self, session: Session, stored: StoredCase, overdue: Iterable[TimerRow]) -> list[DueView]:
        """Deadlines that are over while the case is still where they ran: what they asked for is open.

        What the case alone decides, their status says.
        """
        return [
            replace(due, overdue=True)
            for row in overdue
            if (due := self._due(stored, row)) is not None and self._still_runs(session, stored, due)
        ]

    def _still_runs(self, session: Session, stored: StoredCase, due: DueView) -> bool:
        """Whether the condition of a deadline holds, other cases being as they are now."""
        spec = due.spec
        if spec is None or spec.when is None:
            return spec is not None
        from wirflow.core.agenda import runs  # noqa: PLC0415 - expressions are slow to load and few need them
        from wirflow.core.case import Facts  # noqa: PLC0415 - likewise
        from wirflow.core.firing import as_linked  # noqa: PLC0415 - likewise

        others = self._stored(session, stored.case.links.values())
        linked = {
            name: as_linked(others[key].case, others[key].workflow)
            for name, key in stored.case.links.items()
            if key in others
        }
        below = (
            cases.load_children(session, self._definitions, [stored.id]) if stored.workflow.children else ()
        )
        facts = Facts(
            today=due.due,
            zone=self._zone,
            land=due.deadline.land,
            linked=linked,
            children=tuple(as_linked(child.case, child.workflow) for child in below),
        )
        return runs(stored.workflow, spec, stored.case, facts)

    def _is_current(self, session: Session, workflow: Workflow) -> bool:
        """Whether new cases begin with this version."""
        return self._definitions.newest(session, workflow.name) == workflow.hash

    def _due(self, stored: StoredCase, row: TimerRow) -> DueView | None:
        """A timer of a legal deadline; None for a signal, which has none."""
        if row.deadline is None:
            return None
        return DueView(
            case=stored.case.key,
            title=title_of(stored.workflow, stored.case),
            workflow=stored.workflow,
            name=row.name,
            kind=row.kind,
            label=row.label,
            due_at=row.due_at,
            event=row.event,
            deadline=row.deadline,
            zone=self._zone,
            people=self._readers(stored.workflow, row.name),
        )

    def _readers(self, workflow: Workflow, name: str) -> tuple[str, ...]:
        roles = set(roles_of(workflow, name))
        return tuple(person for person, own in self._people.values() if roles.intersection(own))

    def _links(self, session: Session, view: CaseView) -> tuple[LinkView, ...]:
        found = self._stored(session, view.case.links.values())
        known = view.workflow.link_by_name
        links = []
        for name, key in view.case.links.items():
            title = known[name].title if name in known else Text.same(name)
            links.append(_link(name, title, found[key]))
        return tuple(links)

    def _children(self, session: Session, view: CaseView, as_of: date | None) -> tuple[LinkView, ...]:
        """The cases that belong to a case; looking back, those that were there, as they stood then."""
        if not view.workflow.children:
            return ()
        found = cases.load_children(session, self._definitions, [view.stored.id])
        if as_of is not None:
            moment = end_of_day(as_of, self._zone)
            found = [view.stored for one in found for view in self._all_as_of(session, [one], moment)]
        kinds = view.workflow.children_by_name
        rows = []
        for other in found:
            name = other.case.child or CHILDREN
            rows.append(_link(name, kinds[name].title if name in kinds else Text.same(name), other))
        order = {name: number for number, name in enumerate(kinds)}
        return tuple(sorted(rows, key=lambda row: (order.get(row.name, len(order)), row.key)))

    # -- as of a day -------------------------------------------------------------------

    def _all_as_of(self, session: Session, found: Iterable[StoredCase], moment: datetime) -> list[CaseView]:
        from wirflow.audit.entry import Entry  # noqa: PLC0415 - only looking back reads the trail
        from wirflow.reports.asof import as_of  # noqa: PLC0415 - likewise

        wanted = {stored.case.key: stored for stored in found}
        only = next(iter(wanted)) if len(wanted) == 1 else None
        trails: dict[str, list[Entry]] = {key: [] for key in wanted}
        for row in queries.entries_by_case(session, only):
            if row.case in trails:
                trails[row.case].append(Entry.read(row.body, row.digest, leaf=row.leaf))
        personal: dict[str, dict[tuple[str, int], object]] = {}
        for secret in queries.secrets(session, only):
            personal.setdefault(secret.case, {})[secret.field, secret.seq] = secret.value
        views = []
        for key, stored in wanted.items():
            then = as_of(
                stored.case,
                lambda hash_: self._definitions.by_hash(session, hash_),
                trails[key],
                moment,
                personal.get(key, {}),
            )
            if then is not None:
                case, workflow, armed = then
                old = structs.replace(stored, case=case, workflow=workflow)
                views.append(
                    CaseView(
                        stored=old,
                        deadlines=tuple(
                            self._due_of(old, timer, timer.deadline) for timer in armed if timer.deadline
                        ),
                    )
                )
        return views

    def _due_of(self, stored: StoredCase, timer: Timer, deadline: Deadline) -> DueView:
        spec = stored.workflow.deadline_by_name.get(timer.name)
        return DueView(
            case=stored.case.key,
            title=title_of(stored.workflow, stored.case),
            workflow=stored.workflow,
            name=timer.name,
            kind=timer.kind,
            label=timer.label,
            due_at=timer.due_at,
            event=spec.fire if spec else None,
            deadline=deadline,
            zone=self._zone,
            people=self._readers(stored.workflow, timer.name),
        )


def _by_case(rows: Iterable[TimerRow]) -> dict[str, list[TimerRow]]:
    found: dict[str, list[TimerRow]] = {}
    for row in rows:
        found.setdefault(row.case, []).append(row)
    return found


def _link(name: str, title: Text, other: StoredCase) -> LinkView:
    """Another case, as the page of one case names it."""
    state = other.workflow.place(other.case.state)
    return LinkView(
        name=name,
        title=title,
        key=other.case.key,
        state=state.name,
        state_title=state.title,
        tone=state.tone,
        case_title=title_of(other.workflow, other.case),
    )
