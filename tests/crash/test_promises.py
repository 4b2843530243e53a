"""What was told and delivered is compared with the tables, and each kind of broken promise is found."""

from __future__ import annotations

import os
import shutil
import signal
import smtplib
import sqlite3
from collections import Counter

import pytest

from tests.crash import promises, work
from tests.crash.sink import Sink
from wirflow.office.office import Office


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """An office in which the cases of the chaos have lived undisturbed, and somebody made three remarks."""
    folder = tmp_path_factory.mktemp("calm") / "office"
    work.make_office(folder, f"sqlite:///{folder / 'office.db'}", 1)
    work.start_cases(folder, 0, desks=True)
    work.drain(folder, 0)
    office = Office(folder)
    for number in range(3):
        office.engine.submit(
            f"E-{number % work.DESKS}", "remark", actor="clerk", given={"note": f"w-{number}"}
        )
    office.close()
    return folder / "office.db"


@pytest.fixture
def place(calm, tmp_path):
    """A copy to be damaged, and its address."""
    shutil.copy(calm, tmp_path / "office.db")
    return tmp_path / "office.db", f"sqlite:///{tmp_path / 'office.db'}"


def changed(place, statement: str) -> None:
    """Change rows by hand."""
    connection = sqlite3.connect(place)
    assert connection.execute(statement).rowcount > 0
    connection.commit()
    connection.close()


TOLD = {
    "w-0": "done",
    "w-1": "uncertain",
    "w-2": "killed",
    "w-3": "refused",
    "w-4": "unchanged",
    "w-5": "killed",
}


def test_kept_promises_are_kept(place):
    """What was done is there; what was refused is not; in doubt either is right."""
    assert list(promises.kept(place[1], TOLD)) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"w-9": "done"}, "w-9: done, and it is in the trail 0 times"),
        ({"w-0": "refused"}, "w-0: refused, and it is in the trail 1 times"),
        ({"w-1": "unchanged"}, "w-1: unchanged, and it is in the trail 1 times"),
    ],
)
def test_an_event_that_is_lost_or_was_denied_is_found(place, change, found):
    """An acknowledged event that is not there, and one that is there though it was denied, are told."""
    assert list(promises.kept(place[1], TOLD | change)) == [found]


def test_an_event_that_is_there_twice_or_of_nobody_is_found(place):
    """Twice is wrong whatever was heard, and so is what nobody did."""
    changed(
        place[0],
        "INSERT INTO entries (case_id, seq, event, kind, state_to, occurred_at, recorded_at, body, digest)"
        " SELECT case_id, seq + 1000, event, kind, state_to, occurred_at, recorded_at, body, digest"
        " FROM entries WHERE event = 'remark'",
    )
    twice = list(promises.kept(place[1], TOLD))
    assert [finding.partition(":")[0] for finding in twice] == ["w-0", "w-1", "w-2"]
    assert "w-2: nobody did it, and it is in the trail" in list(promises.kept(place[1], {}))


def taken(url: str) -> dict[str, Counter[str]]:
    """What came out of each way if all went well."""
    found: dict[str, Counter[str]] = {"file": Counter(), "smtp": Counter()}
    for number, channel, state in promises.rows(url, "SELECT message_id, channel, state FROM outbox"):
        found[channel][number] += state == "sent"
    return found


def test_what_was_delivered_is_compared_with_the_outbox(place):
    """Each notice that is sent came out once; lost, doubled, invented and denied ones are told."""
    changed(place[0], "UPDATE outbox SET state = 'sent'")
    path, url = place
    right = taken(url)
    assert list(promises.handed_over(url, right)) == []
    first, second = sorted(right["smtp"])[:2]
    wrong = {**right, "smtp": right["smtp"] + Counter({first: 1, "<x@y>": 1}) - Counter([second])}
    assert set(promises.handed_over(url, wrong)) == {
        f"{first} is sent, and was handed over 2 times by smtp",
        f"{second} is sent, and was handed over 0 times by smtp",
        "<x@y> was handed over by smtp, and is no notice",
    }
    changed(path, f"UPDATE outbox SET state = 'unknown' WHERE message_id IN ('{first}', '{second}')")
    doubled = f"{first} is unknown, and was handed over 2 times by smtp"
    assert next(promises.handed_over(url, wrong)) == doubled
    changed(path, f"UPDATE outbox SET state = 'dead' WHERE message_id = '{first}'")
    found = f"{first} is dead, and was handed over 1 times by smtp"
    assert list(promises.handed_over(url, right)) == [found]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cases SET state = 'open' WHERE key = 'A-1'",
        "UPDATE cases SET data = json_set(data, '$.ticks', 7) WHERE key = 'B-1'",
        "UPDATE cases SET data = json_set(data, '$.told', 4) WHERE key = 'C-2'",
        "DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox)",
        "DELETE FROM entries WHERE kind = 'reminder' AND case_id = (SELECT id FROM cases WHERE key = 'A-1')",
        "UPDATE cases SET state = 'open' WHERE key = 'C-1/statement-2018'",
    ],
)
def test_a_case_that_came_out_otherwise_is_found(place, statement):
    """Cases that lived through the same are alike; one state, fact, entry or notice that differs is told."""
    assert list(promises.alike(place[1])) == []
    changed(place[0], statement)
    assert list(promises.alike(place[1])) != []


def test_a_remark_excuses_reminders_and_nothing_else(place):
    """Of a case on which somebody acted, mere reminders may be fewer; other notices may not."""
    number = "(SELECT id FROM cases WHERE key = 'E-0')"
    changed(place[0], f"DELETE FROM outbox WHERE kind = 'reminder' AND case_id = {number}")
    assert list(promises.alike(place[1])) == []
    changed(place[0], f"DELETE FROM outbox WHERE case_id = {number}")
    assert next(promises.alike(place[1])).startswith(("E-0", "E-1"))


def test_mail_that_is_taken_is_written_down_before_anybody_hears_of_it(tmp_path):
    """A sink whose answer comes has the Message-ID in its book."""
    sink = Sink(tmp_path / "book", "seed")
    pid = os.fork()
    if not pid:
        try:
            sink.serve()
        finally:
            os._exit(1)
    taken_ones = []
    for number in range(300):
        try:
            with smtplib.SMTP("127.0.0.1", sink.port, timeout=20) as smtp:
                smtp.sendmail("a@b.example", ["c@d.example"], f"Message-ID: <{number}@x>\r\n\r\nx")
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPServerDisconnected) as error:
            taken_ones += [f"<{number}@x>"] * isinstance(error, smtplib.SMTPServerDisconnected)
            continue
        taken_ones.append(f"<{number}@x>")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    sink.close()
    assert (tmp_path / "book").read_text(encoding="ascii").split() == taken_ones
    assert 270 < len(taken_ones) < 300
