"""`/metrics` and `/health`: what they say, and what they refuse to listen on."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from wirflow.errors import DatabaseError, InputError, WorldError
from wirflow.text import Text
from wirflow.watch import server
from wirflow.watch.pulse import Pulse
from wirflow.watch.server import Address, Watch, address

STANDING = {
    "due": 7,
    "lag_seconds": 12.5,
    "failed_timers": 1,
    "pending_notices": 2,
    "sending_notices": 0,
    "unknown_notices": 0,
    "dead_notices": 3,
}


class Seconds:
    """A stopwatch that the test moves."""

    now = 0.0

    def __call__(self):
        """The time."""
        return self.now


@pytest.fixture
def stage():
    """A watch over a worker whose database the test can take away."""

    class Stage:
        seconds = Seconds()
        pulse = Pulse(seconds=seconds)
        trouble: Exception | None = None

        def standing(self):
            """What stands in the database."""
            if self.trouble:
                raise self.trouble
            return STANDING

        def get(self, page):
            """A page, with its status."""
            try:
                with urllib.request.urlopen(self.watch.address.url + page, timeout=20) as answer:  # noqa: S310 - our own
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.read().decode()

    made = Stage()
    made.watch = Watch(
        Address("127.0.0.1", 0), pulse=made.pulse, standing=made.standing, worker="w", silent_after=90
    )
    made.watch.start()
    yield made
    made.watch.close()


def figures(page):
    """The samples of a page by name and labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_the_figures_are_those_of_worker_and_database(stage):
    """Counters are the worker's own, states the database's, and Prometheus' own parser reads them."""
    stage.pulse.batch(0.2, fired=5, refused=1, failed=0)
    stage.pulse.batch(60.0, fired=1)
    stage.pulse.delivered(sent=4, dead=1)
    status, page = stage.get("/metrics")
    found = figures(page)
    assert status == 200
    assert found["wirflow_timers_total", "fired"] == 6
    assert found["wirflow_timers_total", "refused"] == 1
    assert found["wirflow_deliveries_total", "sent"] == 4
    assert found["wirflow_batch_seconds_bucket", "0.1"] == 0
    assert found["wirflow_batch_seconds_bucket", "0.25"] == 1
    assert found["wirflow_batch_seconds_bucket", "+Inf"] == found["wirflow_batch_seconds_count",] == 2
    assert found["wirflow_batch_seconds_sum",] == 60.2
    assert found["wirflow_timers_due",] == 7
    assert found["wirflow_lag_seconds",] == 12.5
    assert found["wirflow_outbox", "dead"] == 3
    assert found["wirflow_database_up",] == 1
    assert found["wirflow_build_info", "0.1.0", "w"] == 1


def test_without_a_database_there_are_still_figures(stage):
    """What the worker counts is told also while the database is away."""
    stage.trouble = DatabaseError(Text.same("gone"))
    found = figures(stage.get("/metrics")[1])
    assert found["wirflow_database_up",] == 0
    assert ("wirflow_timers_due",) not in found
    assert found["wirflow_timers_total", "fired"] == 0


def test_health_says_why_not(stage):
    """200 while all is well; 503 with the reasons when the database is away or the worker is silent."""
    status, page = stage.get("/health")
    assert (status, json.loads(page)["ok"], json.loads(page)["due"]) == (200, True, 7)
    stage.seconds.now = 91.0
    status, page = stage.get("/health")
    assert (status, json.loads(page)["reasons"]) == (503, ["no sign of life for 91 s"])
    stage.pulse.alive()
    stage.trouble = DatabaseError(Text.same("gone\nDETAIL: secret"))
    status, page = stage.get("/health")
    assert (status, json.loads(page)["reasons"]) == (503, ["database away: gone"])
    stage.trouble = ZeroDivisionError("a fault")
    assert stage.get("/health")[0] == 503


def test_a_database_that_hangs_is_away(stage, monkeypatch):
    """Nobody waits for a database that does not answer, and it is asked only once at a time."""
    monkeypatch.setattr(server, "ANSWER_SECONDS", 0.05)
    hang, asked = threading.Event(), []

    def standing():
        asked.append(1)
        hang.wait(20)
        return STANDING

    stage.watch._standing = standing
    for _ in range(3):
        status, page = stage.get("/health")
        assert (status, json.loads(page)["reasons"]) == (
            503,
            ["database away: The database does not answer."],
        )
    assert asked == [1]
    hang.set()


def test_there_are_no_other_pages(stage):
    """Anything else is not found, and says what there is."""
    assert stage.get("/secret") == (404, "/metrics\n/health\n")


@pytest.mark.parametrize(
    "typed", ["", "x", "127.0.0.1", ":9464", "::1:9464", "[::1]", "[x]:1", "a:b", "h:70000"]
)
def test_what_is_no_address_is_refused(typed):
    """A wrong address is wrong use, with an example in the hint."""
    with pytest.raises(InputError) as refused:
        address(typed)
    assert "127.0.0.1:9464" in str(refused.value)


def test_addresses_of_both_families_are_read():
    """IPv4, names, and IPv6 in brackets."""
    assert address("127.0.0.1:9464") == ("127.0.0.1", 9464)
    assert address("localhost:0") == ("localhost", 0)
    assert address("[::1]:9464") == ("::1", 9464)
    assert address("[::1]:9464").url == "http://[::1]:9464"


def watch(at):
    """A watch at an address."""
    return Watch(at, pulse=Pulse(), standing=dict, worker="w", silent_after=90)


def test_a_port_that_is_taken_is_an_error_at_once(stage):
    """Two workers do not share a port, and the second one hears it before it starts."""
    with pytest.raises(WorldError, match="Cannot listen"):
        watch(stage.watch.address)
    with pytest.raises(InputError, match="no known machine"):
        watch(Address("nowhere.invalid", 9464))
