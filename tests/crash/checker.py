"""Read the tables of an office and say what is lost, doubled or broken.

It knows nothing of the engine: it has a driver, SHA-256 and JSON, and its own
reading of the tables (docs/reference/audit.md says what an entry holds).  Run
it on any database: `python -m tests.crash.checker URL [NOW]`; with NOW, an
instant as the tables write it, nothing may be left that was due by then.

The laws: each timer that an entry armed is there exactly once, and each that
ended has exactly one entry (or was cancelled or merged); what is called overdue
fires nothing, was the last to be dealt with and does not run again; a case's row is the
fold of its trail; the chains and the log hold; each notice that an entry names
lies in the outbox once; the timers of a case, and of cases linked to each
other, took effect in the order of their due times.
"""

from __future__ import annotations

import heapq
import json
import sqlite3
import sys
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Row = dict[str, Any]
Identity = tuple[str, str, str, str]
"""What makes a timer that timer: name, kind, label, due instant."""

ENDED = ("fired", "refused", "cancelled")
"""How a timer ends so that an entry says it."""

TABLES = {
    "cases": ("id", "key", "state", "data", "links", "revision", "digest", "parent_id"),
    "entries": (
        "case_id",
        "seq",
        "leaf",
        "event",
        "kind",
        "actor",
        "state_from",
        "state_to",
        "occurred_at",
        "recorded_at",
        "body",
        "digest",
    ),
    "timers": ("id", "case_id", "name", "kind", "label", "due_at", "due", "event", "status", "error"),
    "outbox": ("case_id", "seq", "recipient", "channel", "template", "subject", "body", "message_id"),
    "personal": ("case_id", "seq", "field", "value", "salt", "commitment"),
}
ORDER = {"cases": "id", "entries": "case_id, seq"}

COLUMNS = {
    "event": "event",
    "kind": "kind",
    "actor": "actor",
    "state_from": "from",
    "state_to": "to",
    "occurred_at": "occurred_at",
    "recorded_at": "recorded_at",
}
"""What stands in a column and in the entry, too."""

COMMITMENT_DOMAIN = b"wirflow/commitment/v1\0"


def check(url: str, *, now: str | None = None, in_order: bool = True) -> list[str]:
    """What is wrong; empty if nothing is.

    Args:
        url: `sqlite:///…` or `postgresql+psycopg://…`.
        now: nothing that was due by this instant may still be armed.
        in_order: whether timers must have taken effect in the order of their due
            times; one that was set aside and armed anew rightly comes late.
    """
    connection = connect(url)
    try:
        return _Check(connection, now=now, in_order=in_order).findings()
    finally:
        connection.close()


def connect(url: str) -> Any:
    """A connection that only reads, and sees one moment."""
    scheme, _, rest = url.partition("://")
    if scheme.startswith("sqlite"):
        connection = sqlite3.connect(f"file:{rest[1:]}?mode=ro", uri=True, isolation_level=None, timeout=30)
        connection.execute("BEGIN")
        return connection
    import psycopg  # noqa: PLC0415 - SQLite needs none of it

    postgresql = psycopg.connect(f"postgresql://{rest}", autocommit=False)
    postgresql.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    return postgresql


@dataclass
class _Fired:
    """A timer that took effect: when it was due, and where its arming and its firing stand."""

    due: str
    label: str
    armed: Any
    fired: Any
    what: str


@dataclass
class _Found:
    """What has been seen on the way and concerns several cases."""

    signals: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Target, event and label of each signal that an entry sent."""
    signal_rows: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    sent_at: dict[str, Any] = field(default_factory=dict)
    """Label of a signal: where the entry that sent it stands."""
    leaves: list[tuple[int, str, int, str]] = field(default_factory=list)
    message_ids: Counter[str] = field(default_factory=Counter)
    timers: dict[str, list[_Fired]] = field(default_factory=lambda: defaultdict(list))
    """By case: what took effect, placed in the order of commits."""


class _Check:
    def __init__(self, connection: Any, *, now: str | None, in_order: bool) -> None:
        self._connection = connection
        self._now = now
        self._in_order = in_order
        self._wrong: list[str] = []
        self._found = _Found()

    def findings(self) -> list[str]:
        """Go through all tables once."""
        cases = list(self._rows("cases"))
        keys = {case["id"]: case["key"] for case in cases}
        entries = self._by_case("entries")
        others = {name: self._all_by_case(name, keys) for name in ("timers", "outbox", "personal")}
        commits = self._commits()
        known = {case["id"]: case for case in cases}
        seen = set()
        for number, trail in entries:
            seen.add(number)
            case = known.get(number)
            if case is None:
                self._say(f"case {number}", "entries without a case")
                continue
            own = {name: found.pop(number, []) for name, found in others.items()}
            self._case(case, trail, own, commits.get(number))
        for number, case in known.items():
            if number not in seen:
                self._say(case["key"], "a case without entries")
        for name, found in others.items():
            for number in found:
                self._say(keys.get(number, f"case {number}"), f"{name} of a case that has no entries")
        self._between(cases)
        self._log()
        return self._wrong

    # -- one case --------------------------------------------------------------------

    def _case(self, case: Row, trail: list[Row], own: dict[str, list[Row]], commits: Any) -> None:
        key = case["key"]
        bodies = self._chain(case, trail)
        if bodies is None:
            return
        self._fold(case, bodies, own["personal"])
        self._timers(key, bodies, own["timers"], commits)
        self._notices(key, bodies, own["outbox"])
        self._secrets(key, bodies, own["personal"])

    def _chain(self, case: Row, trail: list[Row]) -> list[Row] | None:
        """The bodies of a case's entries, if they can be read; what is wrong with their chain is told."""
        key, previous, bodies, state = case["key"], None, [], None
        for number, entry in enumerate(trail, 1):
            where = f"{key}#{entry['seq']}"
            written = entry["body"].encode()
            digest = sha256(written).hexdigest()
            if digest != entry["digest"]:
                self._say(where, "the bytes do not have the stated digest")
            body = _body(written)
            if body is None:
                self._say(where, "the entry is no JSON")
                return None
            if (entry["seq"], body["seq"], body["case"]) != (number, number, key):
                self._say(where, f"entry {number} is missing or in the wrong place")
            if body["prev"] != previous:
                self._say(where, "the chain is broken")
            if body["from"] != state:
                self._say(where, f"it begins in {body['from']}, but the entry before ended in {state}")
            for column in (column for column, name in COLUMNS.items() if entry[column] != body[name]):
                self._say(where, f"the column {column} says otherwise than the entry")
            previous, state = digest, body["to"]
            bodies.append(body)
            if entry["leaf"] is not None:
                self._found.leaves.append((entry["leaf"], key, number, digest))
        if (case["digest"], case["revision"]) != (previous, len(trail)):
            self._say(key, "the row's digest or revision is not that of the last entry")
        return bodies

    def _fold(self, case: Row, bodies: list[Row], secrets: list[Row]) -> None:
        """The row is what the trail adds up to."""
        key = case["key"]
        if case["state"] != bodies[-1]["to"]:
            self._say(key, f"it stands in {case['state']}, its trail ends in {bodies[-1]['to']}")
        data: Row = {}
        links = {}
        for body in bodies:
            for name, (_, new) in body["changes"].items():
                if new is None:
                    data.pop(name, None)
                else:
                    data[name] = new
            links = body.get("links", links)
        hidden = {row["field"] for row in secrets}
        public = {name: value for name, value in data.items() if name not in hidden}
        stored = {name: value for name, value in json.loads(case["data"]).items() if name not in hidden}
        if public != stored:
            names = sorted(
                name for name in public.keys() | stored.keys() if public.get(name) != stored.get(name)
            )
            self._say(key, f"the row's facts are not those of the trail: {', '.join(names)}")
        if links != json.loads(case["links"]):
            self._say(key, "the row's links are not those of the trail")

    def _timers(self, key: str, bodies: list[Row], rows: list[Row], commits: Any) -> None:
        """Each timer is there once, and ended once."""
        armed: dict[Identity, list[int]] = defaultdict(list)
        ended: dict[str, Counter[Identity]] = {name: Counter() for name in ENDED}
        own: list[_Fired] = []
        for body in bodies:
            seq = body["seq"]
            ended["cancelled"].update(map(_named, body["timers"]["cancelled"]))
            timer = body.get("timer")
            if timer:
                named = _named(timer)
                ended["refused" if "refused" in body else "fired"][named] += 1
                before = [place for place in armed.get(named, []) if place < seq]
                armed_by = before[-1] if before else None
                own.append(_Fired(named[3], named[2], armed_by, seq, f"{key}: {_words(named)}"))
            for item in body["timers"]["armed"]:
                armed[_named(item)].append(seq)
            self._sent(body, commits and commits[seq])
        there: dict[str, Counter[Identity]] = defaultdict(Counter)
        for row in rows:
            named = _named(row)
            there["fired" if row["status"] == "overdue" else row["status"]][named] += 1
            if row["kind"] == "signal":
                self._found.signal_rows[key, row["name"], row["label"]] += 1
            if row["status"] == "armed" and self._now is not None and row["due_at"] <= self._now:
                self._say(key, f"lost: {_words(named)} is still armed")
        if any("migration" in body for body in bodies):
            del ended["cancelled"]  # it gives up timers that had failed, too, which no entry names
        self._compare_timers(key, armed, ended, there)
        self._overdue(key, bodies, rows)
        if self._in_order:
            self._order(own)
            if commits:
                self._found.timers[key] += [
                    replace(item, armed=item.armed and commits[item.armed], fired=commits[item.fired])
                    for item in own
                ]

    def _overdue(self, key: str, bodies: list[Row], rows: list[Row]) -> None:
        """What is called overdue fires nothing, was the last to be dealt with, and does not run again."""
        last: dict[str, str] = {}
        for body in bodies:
            timer = body.get("timer")
            if timer and timer["due"] is not None:
                last[timer["name"]] = timer["due"]
            last |= {name: due for name, (due, _) in body.get("carried", {}).get("done", {}).items()}
        again = {
            (row["name"], row["due"]) for row in rows if row["status"] == "armed" and row["kind"] == "due"
        }
        for row in rows:
            if row["status"] != "overdue":
                continue
            words = _words(_named(row))
            if row["kind"] != "due" or row["event"] is not None:
                self._say(key, f"{words} is called overdue, and is no deadline that fires nothing")
            elif last.get(row["name"]) != row["due"]:
                self._say(key, f"{words} is called overdue, but another day was dealt with since")
            elif any(name == row["name"] and due != row["due"] for name, due in again):
                self._say(key, f"{words} is called overdue, and runs again")

    def _sent(self, body: Row, place: Any) -> None:
        """Remember the signals that an entry sends."""
        for number, order in enumerate(body["signals"]):
            label = order.get("label") or f"{body['case']}/{body['seq']}/{number}"
            self._found.signals[order["case"], order["event"], label] += 1
            self._found.sent_at[label] = place

    def _compare_timers(
        self,
        key: str,
        armed: dict[Identity, list[int]],
        ended: dict[str, Counter[Identity]],
        there: dict[str, Counter[Identity]],
    ) -> None:
        """What entries say of timers, and what the rows say."""
        every = sum(there.values(), Counter[Identity]())
        for named in sorted(armed.keys() | every.keys()):
            wanted, found = len(armed.get(named, [])), every[named]
            if named[1] != "signal" and wanted != found:
                self._say(key, f"{_words(named)} was armed {wanted} times and is there {found} times")
        for status, entries in ended.items():
            rows = there[status]
            for named in sorted(entries.keys() | rows.keys()):
                if entries[named] != rows[named]:
                    count = f"{status} in {rows[named]} rows and {entries[named]} entries"
                    self._say(key, f"{_words(named)}: {count}")
        for named, count in sorted((ended["fired"] + ended["refused"]).items()):
            if count > 1:
                self._say(key, f"{_words(named)} took effect {count} times")

    def _notices(self, key: str, bodies: list[Row], rows: list[Row]) -> None:
        """Each notice that an entry names lies in the outbox once, with the same text."""
        wanted = Counter(
            (body["seq"], item["to"], item["channel"], item["template"], item["sha256"])
            for body in bodies
            for item in body["notices"]
        )
        found: Counter[tuple[Any, ...]] = Counter()
        for row in rows:
            text = f"{row['subject']}\n\n{row['body']}"
            place = (row["seq"], row["recipient"], row["channel"], row["template"])
            found[(*place, sha256(text.encode()).hexdigest())] += 1
            self._found.message_ids[row["message_id"]] += 1
        doubled = Counter(place[:4] for place in found.elements())
        for place, count in doubled.items():
            if count > 1:
                self._say(f"{key}#{place[0]}", f"the notice {place[1:]} lies {count} times in the outbox")
        for place in sorted(wanted.keys() | found.keys(), key=str):
            if wanted[place] != found[place]:
                self._say(
                    f"{key}#{place[0]}", f"the notice {place[1:4]} of the trail is not that of the outbox"
                )

    def _secrets(self, key: str, bodies: list[Row], rows: list[Row]) -> None:
        """Each commitment of the trail is kept, and what it commits to fits."""
        wanted = {
            (name, body["seq"]): new["commitment"]
            for body in bodies
            for name, (_, new) in body["changes"].items()
            if isinstance(new, dict) and "commitment" in new
        }
        found = {(row["field"], row["seq"]): row for row in rows if row["commitment"]}
        for place in sorted(wanted.keys() | found.keys()):
            row = found.get(place)
            if row is None or wanted.get(place) != row["commitment"]:
                self._say(f"{key}#{place[1]}", f"the personal field {place[0]} is not kept as the trail says")
            elif row["value"] is not None:
                value = json.dumps(json.loads(row["value"]), ensure_ascii=False, separators=(",", ":"))
                proof = sha256(COMMITMENT_DOMAIN + bytes.fromhex(row["salt"]) + value.encode()).hexdigest()
                if proof != row["commitment"]:
                    self._say(f"{key}#{place[1]}", f"the personal value of {place[0]} was changed")

    # -- between cases ---------------------------------------------------------------

    def _between(self, cases: list[Row]) -> None:
        found = self._found
        for signal in sorted(found.signals.keys() | found.signal_rows.keys()):
            wanted, there = found.signals[signal], found.signal_rows[signal]
            if wanted != there:
                target, name, label = signal
                self._say(
                    target, f"the signal {name} of {label} was sent {wanted} times and is there {there} times"
                )
        for number, count in found.message_ids.items():
            if count > 1:
                self._say("outbox", f"{count} notices have the Message-ID {number}")
        for fired in self._clusters(cases):
            for item in fired:
                if item.armed is None:  # a signal: armed by whoever sent it
                    item.armed = found.sent_at.get(item.label)
            self._order([item for item in fired if item.fired is not None])

    def _clusters(self, cases: list[Row]) -> Iterable[list[_Fired]]:
        """What took effect in cases that links join, or parent and child, directly or over others."""
        group = {case["key"]: case["key"] for case in cases}
        keys = {case["id"]: case["key"] for case in cases}

        def root(key: str) -> str:
            while group[key] != key:
                group[key] = key = group[group[key]]
            return key

        for case in cases:
            parent = keys.get(case["parent_id"])
            for other in (*json.loads(case["links"]).values(), *([parent] if parent else [])):
                if other in group:
                    group[root(other)] = root(case["key"])
        together: dict[str, list[_Fired]] = defaultdict(list)
        for key, fired in self._found.timers.items():
            together[root(key)] += fired
        return together.values()

    def _order(self, fired: list[_Fired]) -> None:
        """None that was armed already and due earlier may have come after one that was due later."""
        waiting: list[tuple[str, int]] = []
        fired = [item for item in fired if item.armed is not None]
        by_arming = deque(sorted(range(len(fired)), key=lambda number: fired[number].armed))
        for item in sorted(fired, key=lambda item: item.fired):
            while by_arming and fired[by_arming[0]].armed < item.fired:
                number = by_arming.popleft()
                heapq.heappush(waiting, (fired[number].due, number))
            while waiting and fired[waiting[0][1]].fired <= item.fired:
                heapq.heappop(waiting)
            if waiting and waiting[0][0] < item.due:
                self._say(fired[waiting[0][1]].what, f"was due earlier, but took effect after {item.what}")

    def _log(self) -> None:
        """Leaves are numbered without a gap, in the order of each case, and the last root is theirs."""
        leaves = sorted(self._found.leaves)
        if [leaf for leaf, *_ in leaves] != list(range(len(leaves))):
            self._say("log", "the leaf numbers are not consecutive")
        last: dict[str, int] = {}
        for leaf, key, seq, _ in leaves:
            if seq != last.get(key, 0) + 1:
                self._say(key, f"leaf {leaf} is entry {seq}, which is not the next one")
            last[key] = seq
        cursor = self._connection.cursor()
        cursor.execute("SELECT size, root FROM checkpoints ORDER BY id")
        heads = cursor.fetchall()
        if (heads[-1][0] if heads else 0) != len(leaves):
            self._say("log", f"{len(leaves)} entries are sealed, but the checkpoint says otherwise")
        hashes = [sha256(b"\0" + bytes.fromhex(digest)).digest() for *_, digest in leaves]
        for size, root in heads[-3:]:
            if size <= len(hashes) and _root(hashes[:size]).hex() != root:
                self._say("log", f"the root over {size} entries is not that of the checkpoint")

    # -- reading ---------------------------------------------------------------------

    def _rows(self, table: str) -> Iterator[Row]:
        names = TABLES[table]
        cursor = self._connection.cursor()
        order = ORDER.get(table, "case_id, id" if "id" in names else "case_id, seq")
        cursor.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY {order}")
        for row in cursor:
            yield dict(zip(names, row, strict=True))

    def _by_case(self, table: str) -> Iterator[tuple[int, list[Row]]]:
        for number, rows in groupby(self._rows(table), key=itemgetter("case_id")):
            yield number, list(rows)

    def _all_by_case(self, table: str, keys: Iterable[int]) -> dict[int, list[Row]]:
        found = dict(self._by_case(table))
        for number in found.keys() - set(keys):
            self._say(f"case {number}", f"{table} without a case")
            del found[number]
        return found

    def _commits(self) -> dict[int, dict[int, Any]]:
        """By case and entry: its place in the order of commits, where the database can tell."""
        statement = "SELECT case_id, seq, rowid FROM entries"
        cursor = self._connection.cursor()
        if not isinstance(self._connection, sqlite3.Connection):
            cursor.execute("SHOW track_commit_timestamp")
            if cursor.fetchone() != ("on",):
                return {}
            # Sealing writes an entry anew, so that of a sealed one it is no longer known.
            statement = "SELECT case_id, seq, pg_xact_commit_timestamp(xmin) FROM entries WHERE leaf IS NULL"
        cursor.execute(statement)
        places: dict[int, dict[int, Any]] = defaultdict(lambda: defaultdict(lambda: None))
        for number, seq, place in cursor:
            places[number][seq] = place
        return places

    def _say(self, where: str, what: str) -> None:
        self._wrong.append(f"{where}: {what}")


def _body(written: bytes) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        return None


def _named(timer: Row) -> Identity:
    return (timer["name"], timer["kind"], timer["label"], timer["due_at"])


def _words(named: Identity) -> str:
    name, kind, label, due_at = named
    return f"{kind} {name} of {due_at} {label}".rstrip()


def _root(hashes: list[bytes]) -> bytes:
    """The root of a Merkle tree, straight from RFC 9162, 2.1.1."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\1" + _root(hashes[:split]) + _root(hashes[split:])).digest()


def main(say: Callable[[str], object] = print) -> int:
    """Check the database that is named, and print what is wrong."""
    found = check(sys.argv[1], now=sys.argv[2] if len(sys.argv) > 2 else None)
    for finding in found:
        say(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
