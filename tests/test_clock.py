"""The clock: civil days and the instants at which they begin and end."""

from __future__ import annotations

from datetime import date

import pytest

from wirflow.clock import civil_date, end_of_day, stamp, start_of_day


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/New_York", "Pacific/Kiritimati"])
def test_the_last_day_of_the_calendar_ends(zone):
    """31 December 9999, by which offices mean "without end", ends after all else and on no earlier day."""
    end = end_of_day(date.max, zone)
    assert end > start_of_day(date.max, zone) >= end_of_day(date(9999, 12, 30), zone)
    assert civil_date(end, zone) == date.max
    assert stamp(end) > stamp(end_of_day(date(9999, 12, 30), zone))
