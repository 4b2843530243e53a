"""What people were told, and what was handed over, against the tables.

Like the checker it knows nothing of wirflow.

- What somebody heard of their event: done means that it is in the trail once,
  refused or "nothing was changed" that it is not there; who was killed, or heard
  that it is uncertain, may find it there or not, and never twice.
- A notice is handed over at most once, by whatever way.  One that is `sent` was
  handed over; one that is `unknown` perhaps; one that is `pending` or `dead` was not.
- Cases of one kind that lived through the same, calmly or not, are alike.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from tests.crash.checker import connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ALLOWED = {"done": {1}, "refused": {0}, "unchanged": {0}, "uncertain": {0, 1}, "killed": {0, 1}}
"""How often an event may be in the trail of which somebody heard so."""

HANDED_OVER = {"sent": {1}, "unknown": {0, 1}, "dead": {0}, "pending": {0}}
"""How often a notice may have been handed over that stands so."""

REMARK = "remark"
"""The event of which people keep a record, with a word of their own in `note`."""


def rows(url: str, statement: str) -> list[Any]:
    """What a query finds."""
    connection = connect(url)
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall())
    finally:
        connection.close()


def kept(url: str, told: Mapping[str, str]) -> Iterator[str]:
    """Where the trail is not what people were told.

    Args:
        url: of the database.
        told: word that somebody gave → what they heard; see `ALLOWED`.
    """
    there = Counter(
        json.loads(body)["changes"]["note"][1]
        for (body,) in rows(url, f"SELECT body FROM entries WHERE event = '{REMARK}'")
    )
    for word, heard in told.items():
        if there[word] not in ALLOWED[heard]:
            yield f"{word}: {heard}, and it is in the trail {there[word]} times"
    for word in sorted(there.keys() - told.keys()):
        yield f"{word}: nobody did it, and it is in the trail"


def handed_over(url: str, taken: Mapping[str, Counter[str]]) -> Iterator[str]:
    """Where the outbox is not what was taken.

    Args:
        url: of the database.
        taken: name of the way → how often each Message-ID came out of it.
    """
    known: dict[str, set[str]] = defaultdict(set)
    for number, channel, state in rows(url, "SELECT message_id, channel, state FROM outbox"):
        known[channel].add(number)
        times = taken[channel][number]
        if times not in HANDED_OVER.get(state, ()):
            yield f"{number} is {state}, and was handed over {times} times by {channel}"
    for channel, numbers in taken.items():
        for number in sorted(numbers.keys() - known[channel]):
            yield f"{number} was handed over by {channel}, and is no notice"


def alike(url: str) -> Iterator[str]:
    """Which cases came out otherwise than others that lived through the same.

    Nobody acts on most of them: those are alike in everything.  Where somebody acted
    while much was overdue, mere reminders of what was past by then may have become one.
    """
    events: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    for number, kind, event, count in rows(
        url, "SELECT case_id, kind, event, count(*) FROM entries GROUP BY case_id, kind, event"
    ):
        events[number][kind, event] = count
    notices: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    for number, kind, channel, count in rows(
        url, "SELECT case_id, kind, channel, count(*) FROM outbox GROUP BY case_id, kind, channel"
    ):
        notices[number][kind, channel] = count
    fates: dict[tuple[str, bool], tuple[str, Any]] = {}
    for number, key, state, data in rows(url, "SELECT id, key, state, data FROM cases ORDER BY id"):
        facts = {name: value for name, value in json.loads(data).items() if name != "note"}
        untouched = ("action", REMARK) not in events[number]
        for exact in {untouched, False}:
            fate = (state, facts, _those(events[number], exact), _those(notices[number], exact))
            first, wanted = fates.setdefault((like(key), exact), (key, fate))
            if fate != wanted:
                yield f"{key} is {fate}, but {first}, which lived through the same, is {wanted}"


def _those(counts: Counter[tuple[str, str]], exact: bool) -> dict[tuple[str, str], int]:  # noqa: FBT001 - see its caller
    """What is compared: everything, or all but reminders and what people did."""
    return {
        item: count
        for item, count in sorted(counts.items())
        if exact or item[0] not in {"reminder", "action"}
    }


def like(key: str) -> str:
    """What a case's key has in common with those of its like: all but its number."""
    return re.sub(r"^([A-Z]+-)\d+", r"\1*", key)
