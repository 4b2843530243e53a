"""A practice office whose clock several hands move at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest

from wirflow.errors import InputError
from wirflow.office import Office
from wirflow.office.practice import demo

LATER = datetime(2021, 7, 1, 16, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    """A practice office on the day of its portfolio."""
    office, _ = demo(tmp_path / "office", lang="en", on=date(2020, 12, 10))
    office.close()
    return tmp_path / "office"


def test_two_who_play_at_once_do_what_one_would(folder):
    """One waits for the other: each timer fires once, each notice is delivered once, none is uncertain."""

    def play() -> tuple[int, int, int]:
        office = Office(folder)
        try:
            tick = office.play(LATER)
            return tick.fired, tick.delivered.sent, tick.delivered.unknown
        finally:
            office.close()

    with ThreadPoolExecutor(2) as hands:
        done = sorted(hands.map(lambda _: play(), range(2)))
    assert done[0] == (0, 0, 0)
    assert min(done[1][:2]) > 0
    assert done[1][2] == 0


def test_the_clock_goes_on_where_somebody_else_left_it(folder):
    """An office that was opened before does not play the past again, nor put the clock back."""
    first, second = Office(folder), Office(folder)
    assert second.today == date(2020, 12, 10)
    first.play(LATER)
    with pytest.raises(InputError, match="2021"):
        second.play(datetime(2021, 5, 1, tzinfo=UTC))
    assert second.play(LATER).fired == 0
    assert Office(folder).today == date(2021, 7, 1)
    first.close()
    second.close()
