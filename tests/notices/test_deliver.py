"""Working through the outbox: every notice ends, none is sent twice blindly, and none stops another."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.notices.sample import Recorder, busy, notices_of, to_next_attempt, write_notices
from tests.support import open_office
from wirflow.clock import unstamp
from wirflow.errors import DeliveryError
from wirflow.notices.backoff import Backoff
from wirflow.notices.channel import UncertainError
from wirflow.notices.deliver import LEASE, SHORT_LEASE, Deliverer
from wirflow.text import Text

if TYPE_CHECKING:
    from wirflow.core.letters import Notice

REFUSED = DeliveryError(Text("Unbekannt.", "Unknown."), permanent=True, hint=Text("Prüfen.", "Check."))
LOST = UncertainError(Text("Keine Antwort.", "No answer."))


class PowerCutError(BaseException):
    """The process dies here."""


@pytest.fixture
def office(tmp_path):
    """An office whose outbox holds three notices on the file channel."""
    office = open_office(tmp_path)
    write_notices(office)
    return office


def states(office):
    """How the notices stand, by reader."""
    return {item.recipient: item.state for item in notices_of(office)}


def test_what_is_due_is_handed_over_once(office):
    """All readers get their notice, and a second round finds nothing to do."""
    channel = Recorder()
    deliverer = Deliverer(office.engine, {"file": channel})
    assert deliverer.deliver().sent == 3
    assert deliverer.deliver().all == 0
    assert sorted(channel.got) == ["ada", "duo", "leo"]
    assert {item.sent_at for item in notices_of(office)} == {"2021-01-04T09:00:00.000000Z"}


def test_a_refused_notice_is_dead_and_the_others_go_out(office):
    """A permanent failure is for a person, in the office's words, and stops nobody else."""
    channel = Recorder()
    channel.faults = [REFUSED]
    done = Deliverer(office.engine, {"file": channel}).deliver()
    assert (done.sent, done.dead) == (2, 1)
    assert [item.error for item in notices_of(office) if item.state == "dead"] == ["Unbekannt. Prüfen."]


@pytest.mark.parametrize("idempotent", [True, False])
def test_a_fault_in_a_channel_stops_no_other_notice(office, idempotent):
    """After an unforeseen error nobody knows how far it came: tried again only where twice does no harm."""
    channel = Recorder(idempotent=idempotent)
    channel.faults = [ZeroDivisionError("in the channel")]
    done = Deliverer(office.engine, {"file": channel}).deliver()
    assert (done.sent, done.retried, done.unknown) == ((2, 1, 0) if idempotent else (2, 0, 1))
    assert ["in the channel" in str(item.error) for item in notices_of(office) if item.error] == [True]


def test_a_lost_answer_is_unknown_and_never_sent_again(office):
    """Where twice does harm, a notice in doubt waits for a person."""
    channel = Recorder(idempotent=False)
    channel.faults = [LOST]
    deliverer = Deliverer(office.engine, {"file": channel})
    assert deliverer.deliver().unknown == 1
    office.clock.set(office.clock.now() + timedelta(days=30))
    assert deliverer.deliver().all == 0
    assert sorted(states(office).values()) == ["sent", "sent", "unknown"]


def test_a_notice_is_tried_again_later_each_time_and_then_given_up(office):
    """Attempts come at the times of the backoff; after the last one the notice is dead."""
    channel = Recorder()
    channel.faults = [busy()] * 100
    backoff = Backoff(attempts=4)
    deliverer = Deliverer(office.engine, {"file": channel}, backoff=backoff)
    start = office.clock.now()
    first = notices_of(office)[0]
    assert deliverer.deliver().retried == 3
    assert deliverer.deliver().all == 0
    again = notices_of(office)[0]
    assert unstamp(again.next_at) == start + backoff.wait(first.key, 1)
    assert again.error == "Gerade nicht."
    while "pending" in states(office).values():
        to_next_attempt(office)
        deliverer.deliver()
    assert {item.state for item in notices_of(office)} == {"dead"}
    assert {item.attempts for item in notices_of(office)} == {4}


def test_a_notice_that_was_given_up_may_be_sent_once_more(office):
    """A person's retry is one more attempt, and it counts."""
    channel = Recorder()
    channel.faults = [REFUSED]
    deliverer = Deliverer(office.engine, {"file": channel})
    deliverer.deliver()
    [dead] = [item for item in notices_of(office) if item.state == "dead"]
    assert office.engine.retry_notice(dead)
    assert deliverer.deliver().sent == 1
    assert set(states(office).values()) == {"sent"}


def test_a_channel_that_is_not_set_up_is_said_so(office):
    """Notices for a channel that nobody configured are dead at once, with what to do."""
    done = Deliverer(office.engine, {"smtp": Recorder("smtp")}).deliver()
    assert done.dead == 3
    [error] = {item.error for item in notices_of(office)}
    assert error == (
        "Der Kanal 'file' ist nicht eingerichtet. Eingerichtet: smtp."
        " Nach dem Einrichten in wirflow.toml: 'wirflow notices retry'."
    )


def test_a_dead_worker_leaves_one_notice_in_doubt(office):
    """Where twice does harm, a power cut while sending makes that notice unknown and no other."""
    channel = Recorder(idempotent=False)
    channel.faults = [None, PowerCutError()]
    deliverer = Deliverer(office.engine, {"file": channel})
    with pytest.raises(PowerCutError):
        deliverer.deliver()
    done = deliverer.deliver()
    assert (done.sent, done.unknown) == (1, 0)
    office.clock.set(office.clock.now() + LEASE)
    assert deliverer.deliver().unknown == 1
    assert len(channel.got) == 2


def test_a_dead_worker_delays_what_may_be_sent_twice(office):
    """Where twice counts as once, a lapsed claim is taken over."""
    channel = Recorder()
    channel.faults = [PowerCutError()]
    deliverer = Deliverer(office.engine, {"file": channel})
    with pytest.raises(PowerCutError):
        deliverer.deliver()
    assert deliverer.deliver().all == 0
    office.clock.set(office.clock.now() + SHORT_LEASE)
    assert deliverer.deliver().sent == 3


def test_a_claim_holds_long_where_twice_does_harm(office):
    """A mail server may take minutes to answer: until then nobody calls its notice unknown."""
    channel = Recorder(idempotent=False)
    channel.faults = [PowerCutError()]
    deliverer = Deliverer(office.engine, {"file": channel})
    with pytest.raises(PowerCutError):
        deliverer.deliver()
    office.clock.set(office.clock.now() + LEASE - timedelta(seconds=1))
    assert deliverer.deliver().unknown == 0
    office.clock.set(office.clock.now() + timedelta(seconds=1))
    assert deliverer.deliver().unknown == 1


def test_a_notice_that_kills_every_worker_is_given_up(office):
    """Lapsed claims count as attempts."""
    channel = Recorder()
    channel.faults = [PowerCutError()] * 3
    deliverer = Deliverer(office.engine, {"file": channel}, backoff=Backoff(attempts=3))
    for _ in range(3):
        with pytest.raises(PowerCutError):
            deliverer.deliver()
        office.clock.set(office.clock.now() + LEASE)
    assert deliverer.deliver().dead == 3


def test_a_lapsed_claim_on_a_channel_that_is_gone_is_unknown(office):
    """Of a channel that is no longer there nobody knows whether it sent."""
    office.engine.claim_notices(50, office.clock.now() + LEASE)
    office.clock.set(office.clock.now() + LEASE)
    assert Deliverer(office.engine, {}).deliver().unknown == 3


def test_a_late_worker_has_no_say(office):
    """Who comes back after the claim lapsed cannot undo what another worker did."""
    quick = Deliverer(office.engine, {"file": Recorder()})
    slow_channel = Recorder()
    slow_channel.faults = [REFUSED] * 3

    def overtaken(_item: Notice) -> None:
        slow_channel.before = lambda _item: None
        office.clock.set(office.clock.now() + LEASE)
        assert quick.deliver().sent == 3

    slow_channel.before = overtaken
    assert Deliverer(office.engine, {"file": slow_channel}).deliver().all == 0
    assert set(states(office).values()) == {"sent"}
    assert {item.error for item in notices_of(office)} == {None}


def test_a_late_claim_cannot_be_settled(office):
    """The fence holds in the store itself, for every way to end."""
    late = office.engine.claim_notices(50, office.clock.now() + LEASE)
    office.clock.set(office.clock.now() + LEASE)
    Deliverer(office.engine, {"file": Recorder()}).deliver()
    endings = ["sent", "dead", "unknown", "pending"]
    assert [office.engine.settle_notice(item, ending) for item in late for ending in endings] == [False] * 12
    assert set(states(office).values()) == {"sent"}


def test_a_channel_rests_when_the_round_is_over(office):
    """What it kept open it may let go of, also when the round broke off."""
    channel = Recorder()
    deliverer = Deliverer(office.engine, {"file": channel})
    channel.faults = [PowerCutError()]
    with pytest.raises(PowerCutError):
        deliverer.deliver()
    assert channel.rested == 1
    deliverer.deliver()
    assert channel.rested == 2


@pytest.mark.parametrize("idempotent", [True, False])
def test_a_round_may_be_cut_short(office, idempotent):
    """`most` is kept exactly, and the rest is left unclaimed."""
    deliverer = Deliverer(office.engine, {"file": Recorder(idempotent=idempotent)})
    assert deliverer.deliver(most=2).sent == 2
    assert sorted(states(office).values()) == ["pending", "sent", "sent"]


def test_a_stop_ends_the_round_between_two_claims(office):
    """What was begun is ended and settled; what was not begun is not claimed."""
    channel = Recorder(idempotent=False)
    deliverer = Deliverer(office.engine, {"file": channel})
    assert deliverer.deliver(stop=lambda: len(channel.got) == 1).sent == 1
    assert sorted(states(office).values()) == ["pending", "pending", "sent"]
