"""Cases as their entries tell them: the trail, folded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from wirflow.audit.entry import is_commitment
from wirflow.clock import unstamp
from wirflow.core.case import ENTRY, Case, Done
from wirflow.core.firing import MAX_SIGNAL_DEPTH
from wirflow.core.machine import remembered
from wirflow.definition.model import HEARD, PARENT
from wirflow.definition.values import load

_decode = msgspec.json.decode

_QUIET: Final = frozenset({"start", "import", "migration", "reminder", "forwarding"})
"""Kinds of entries that are no event of which a case keeps in mind when it happened."""

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wirflow.definition.model import Workflow


class Identity(NamedTuple):
    """What makes it this timer: whose, of which name and sort, when it fires."""

    case: str
    name: str
    kind: str
    label: str
    due_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """A timer as an entry says that it was armed."""

    due: str | None
    event: str | None
    vouched: bool = True
    """Its definition is known, which says what a deadline fires."""
    derivations: tuple[Any, ...] = ()
    """What the derivation may be; none: the trail does not tell."""
    payload: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Ends:
    """How timers of one identity ended, as entries say."""

    fired: int = 0
    cancelled: int = 0
    refused: list[dict[str, str]] = field(default_factory=list)
    moved: bool = False
    """A move to another version cancelled it, which also gives up one that had failed."""


@dataclass(slots=True)
class ToldCase:
    """One case as its entries tell it."""

    key: str
    broken: bool = False
    """An entry could not be read: nothing follows for this case."""
    definition: str = ""
    workflow: str = ""
    state: str = ""
    since: str = ""
    revision: int = 0
    digest: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    actors: dict[str, str] = field(default_factory=dict)
    times: dict[str, str] = field(default_factory=dict)
    history: dict[str, str] = field(default_factory=dict)
    done: dict[str, list[str]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    child: str | None = None
    """Of which kind of children of its parent it is."""
    parent: str | None = None
    """The key of the case that it belongs to."""
    note: str | None = None
    """SHA-256 of its remark."""
    noted: bool = True
    """Its first entry says whether there is one, as those written earlier do not."""
    remembered: bool = True
    """Every move to another version said what the case remembers, as those written earlier do not."""
    private: set[str] = field(default_factory=set)
    """The fields of which only a commitment stands in the trail."""

    @property
    def memory(self) -> dict[str, Any] | None:
        """When watched events happened last, and how states with a history were left."""
        if not (self.times or self.history or self.child):
            return None
        memory: dict[str, Any] = {"times": self.times, "history": self.history}
        return {**memory, "child": self.child} if self.child else memory

    def snapshot(self, workflow: Workflow) -> Case:
        """The case, as far as its overdue deadlines follow from it; personal facts are not told."""
        public = {name: value for name, value in self.data.items() if name not in self.private}
        return Case(
            key=self.key,
            workflow=workflow.name,
            state=self.state,
            since=unstamp(self.since),
            data=load(workflow.field_types, public),
            done={
                name: Done(due=date.fromisoformat(due), until=unstamp(until))
                for name, (due, until) in self.done.items()
            },
        )


class Told:
    """All cases, timers, personal values and notices of which the trail tells."""

    def __init__(self, known: Mapping[str, Workflow]) -> None:
        """Begin.

        Args:
            known: hash → definition, of those that are what their hash says.
        """
        self.known = known
        self.cases: dict[str, ToldCase] = {}
        self.armed: dict[Identity, list[Armed]] = {}
        self.ends: dict[Identity, Ends] = {}
        self.secrets: dict[tuple[str, str, int], str] = {}
        """(case, field, entry) → commitment; empty where a move to another version dropped it."""
        self.notices: dict[tuple[str, int, str, str, str], tuple[str, str, str]] = {}
        """(case, entry, to, channel, template) → (kind, SHA-256, recorded at)."""
        self.forwarded: set[tuple[str, int, str, str]] = set()
        """(case, entry, to, template) of notices for a role that went to persons later."""
        self.unlabelled: set[str] = set()
        """Entries, as case/number, that do not say which signals they sent."""
        self._causes: dict[str, str | None] = {}
        self._derivations: dict[tuple[str, str, str | None], list[Any]] = {}

    def case(self, key: str) -> ToldCase:
        """A case, empty until something is told of it."""
        found = self.cases.get(key)
        if found is None:
            found = self.cases[key] = ToldCase(key)
        return found

    def is_broken(self, key: object) -> bool:
        """Whether an entry of a case could not be read."""
        return isinstance(key, str) and key in self.cases and self.cases[key].broken

    def hear(self, key: str, written: str, digest: str) -> None:
        """Take in one entry.

        Raises:
            One of `BROKEN`: it cannot be read; then nothing follows for its case any more.
        """
        case = self.case(key)
        if not case.broken:
            case.broken = True
            self._hear(case, _decode(written))
            case.digest, case.broken = digest, False

    def _hear(self, case: ToldCase, body: dict[str, Any]) -> None:
        seq, first, migration = body["seq"], body["seq"] == 1, "migration" in body
        workflow = self.known.get(body["definition"])
        steps = list(_steps(body))
        if first or any(source != target for source, target in steps):
            case.since = body["occurred_at"]
        if body["actor"]:
            case.actors[body["event"]] = body["actor"]
        if workflow is not None:
            self._remember(case, workflow, body, steps)
        self._timers(case, workflow, body)
        for name, (_, new) in body["changes"].items():
            self._change(case, seq, name, new, first=first, migration=migration)
        case.definition, case.workflow = body["definition"], body["workflow"]
        case.state, case.revision = body["to"], seq
        case.links = body.get("links", case.links)
        case.sources = {**body["sources"]} if "sources" in body else case.sources
        if first:
            _begin(case, body)
        if migration:
            _carry(case, body)
        for notice in body["notices"]:
            identity = (case.key, seq, notice["to"], notice["channel"], notice["template"])
            self.notices[identity] = (notice["kind"], notice["sha256"], body["recorded_at"])
        passed = body.get("forwards")
        if passed:
            self.forwarded.add((case.key, passed["seq"], passed["to"], passed["template"]))

    def _change(self, case: ToldCase, seq: int, name: str, new: Any, *, first: bool, migration: bool) -> None:
        if not first and not migration:
            case.sources[name] = f"{ENTRY}{seq}"
        case.data.pop(name, None)
        if is_commitment(new):
            case.private.add(name)
            self.secrets[case.key, name, seq] = new["commitment"]
            return
        if name in case.private:
            self.secrets[case.key, name, seq] = ""
        case.private.discard(name)
        if new is not None:
            case.data[name] = new

    def _remember(
        self, case: ToldCase, workflow: Workflow, body: dict[str, Any], steps: list[tuple[str, str]]
    ) -> None:
        """What a case keeps in mind: when watched events happened, how states were left."""
        event, timer = body["event"], body.get("timer")
        happened = body["kind"] not in _QUIET and "refused" not in body
        if happened and timer and timer["kind"] == "due":
            happened = _fires(workflow, timer["name"]) is not None
        if happened and event in workflow.watched:
            case.times[event] = body["occurred_at"]
        for source, target in steps:
            if source != target:
                case.history.update(remembered(workflow, source, target))

    def _timers(self, case: ToldCase, workflow: Workflow | None, body: dict[str, Any]) -> None:
        fired = body.get("timer")
        if fired:
            identity = _identity(case.key, fired)
            end = self.ends.setdefault(identity, Ends())
            if "refused" in body:
                end.refused.append(body["refused"]["texts"][0])
            else:
                end.fired += 1
            if fired["due"] is not None:
                case.done[fired["name"]] = [fired["due"], fired["due_at"]]
            self._derived(case.key, fired)
        for timer in body["timers"]["cancelled"]:
            end = self.ends.setdefault(_identity(case.key, timer), Ends())
            end.cancelled += 1
            end.moved = end.moved or "migration" in body
        new = body["timers"]["armed"]
        for timer in new:
            self._derived(case.key, timer)
        for timer in new:
            self.armed.setdefault(_identity(case.key, timer), []).append(
                Armed(
                    due=timer["due"],
                    event=_fires(workflow, timer["name"]) if workflow and timer["kind"] == "due" else None,
                    vouched=workflow is not None,
                    derivations=(timer["deadline"],)
                    if "deadline" in timer
                    else tuple(self._derivations.get((case.key, timer["name"], timer["due"]), ())),
                )
            )
        cause = fired["label"] if fired and fired["kind"] == "signal" else None
        for signal in body["signals"]:
            if "label" not in signal:
                # As it was written up to 0.1.0 in the making: which signal it was follows from nothing.
                self.unlabelled.add(f"{body['case']}/{body['seq']}")
                continue
            identity = Identity(
                signal["case"], signal["event"], "signal", signal["label"], body["occurred_at"]
            )
            self._causes[signal["label"]] = cause
            # What a case hears of its children fires nothing.
            event = None if signal["event"] == HEARD else signal["event"]
            told = Armed(due=None, event=event, payload=signal["values"] or None)
            self.armed.setdefault(identity, []).append(told)

    def _derived(self, key: str, timer: dict[str, Any]) -> None:
        if "deadline" in timer:
            self._derivations.setdefault((key, timer["name"], timer["due"]), []).append(timer["deadline"])

    def depth(self, identity: Identity) -> int:
        """How many signals led to a timer, itself included; none to a deadline."""
        depth, label = 0, identity.label if identity.kind == "signal" else None
        while label is not None and depth <= MAX_SIGNAL_DEPTH:
            depth, label = depth + 1, self._causes.get(label)
        return depth


def _begin(case: ToldCase, body: dict[str, Any]) -> None:
    """What only the first entry says."""
    case.child = body.get("child")
    case.parent = body["links"].get(PARENT) if case.child else None
    case.noted = "note" in body
    case.note = body["note"]["sha256"] if body.get("note") else None


def _carry(case: ToldCase, body: dict[str, Any]) -> None:
    """What a case remembers under the names of the version to which it moved."""
    if "carried" not in body:
        case.remembered = False
        return
    for name, value in body["carried"].items():
        setattr(case, name, value if isinstance(value, str) else dict(value))


def _steps(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The ways that a case went in one entry: what was done, and what followed by itself."""
    via = body.get("via", ())
    if body["from"] is not None and "migration" not in body:
        yield body["from"], via[0]["from"] if via else body["to"]
    for step in via:
        yield step["from"], step["to"]


def _identity(key: str, timer: dict[str, Any]) -> Identity:
    return Identity(key, timer["name"], timer["kind"], timer["label"], timer["due_at"])


def _fires(workflow: Workflow, name: str) -> str | None:
    spec = workflow.deadline_by_name.get(name)
    return spec.fire if spec else None
