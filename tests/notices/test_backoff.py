"""Trying again: longer each time, never at once, and given up after days."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, strategies as st

from wirflow.notices.backoff import Backoff


@given(key=st.text(), attempt=st.integers(1, 10_000))
def test_a_wait_stays_within_its_bounds(key, attempt):
    """A wait is the doubled one, give or take a quarter, and the same for the same notice and attempt."""
    backoff = Backoff()
    plain = min(timedelta(minutes=1) * 2 ** min(attempt - 1, 20), timedelta(hours=6))
    wait = backoff.wait(key, attempt)
    assert plain * 0.75 <= wait <= plain * 1.25
    assert wait == backoff.wait(key, attempt)


@given(key=st.text())
def test_a_notice_is_not_given_up_before_four_days(key):
    """All waits together make at least the four days of RFC 5321, 4.5.4.1, and at most a week."""
    backoff = Backoff()
    total = sum((backoff.wait(key, attempt) for attempt in range(1, backoff.attempts)), timedelta())
    assert timedelta(days=4) <= total <= timedelta(days=7)


def test_notices_that_failed_together_come_back_apart():
    """A hundred notices that failed at once are not tried again at once."""
    waits = {Backoff().wait(f"G-{number}/1/ada/smtp/x", 5) for number in range(100)}
    assert len(waits) == 100
