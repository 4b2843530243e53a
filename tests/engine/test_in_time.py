"""Who acts while no worker runs acts after the deadlines that have passed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.support import AWARD, approved, new
from wirflow.core.decision import Refusal
from wirflow.engine import Outcome
from wirflow.errors import InputError
from wirflow.store import outbox

LATE = "2022-02-01T08:00:00"
EXTENSION = {"decided_on": date(2021, 12, 20), "award_ends": date(2022, 12, 31)}


def events(office, key="G-1"):
    """What happened to a case, but for reminders."""
    return [entry.event for entry in office.engine.history(key) if entry.kind != "reminder"]


def test_a_refused_event_leaves_the_deadline_before_it_on_record(office):
    """An award that has ended cannot be edited, and has ended on record, though no worker ran."""
    approved(office)
    refused = office.at(LATE).engine.submit("G-1", "edit", actor="ada", given={"unit": "x"})
    assert isinstance(refused, Refusal)
    assert office.state("G-1") == "expired"
    assert events(office) == ["start", "submit", "approve", "expire"]
    assert office.engine.drain().all == 0


def test_an_event_finds_the_case_where_its_deadline_left_it(office):
    """Whoever prolongs an award that has ended leads it out of its end, as a living worker would have it."""
    approved(office)
    done = office.at(LATE).engine.submit("G-1", "extend", actor="leo", given=EXTENSION)
    assert isinstance(done, Outcome)
    assert done.decision.before.state == "expired"
    assert events(office) == ["start", "submit", "approve", "expire", "extend"]


def test_an_event_that_counts_earlier_comes_before_the_deadline(office):
    """What was decided in time and is recorded late finds the award still standing: it never ends."""
    approved(office)
    december = datetime(2021, 12, 20, 11, tzinfo=UTC)
    done = office.at(LATE).engine.submit("G-1", "extend", actor="leo", given=EXTENSION, occurred_at=december)
    assert isinstance(done, Outcome)
    assert office.engine.drain().failed == 0
    assert "expire" not in events(office)
    assert office.state("G-1") == "approved"


def test_what_an_earlier_event_tells_comes_before_the_deadline_too(office):
    """What is recorded late reaches a linked case at its own moment, when that had not lapsed yet."""
    approved(office, "G-1")
    assert isinstance(office.engine.start(new("G-2", links={"partner": "G-1"}), actor="ada"), Outcome)
    assert isinstance(office.engine.submit("G-2", "submit", actor="ada"), Outcome)
    december = datetime(2021, 12, 20, 11, tzinfo=UTC)
    later = AWARD | {"award_ends": date(2023, 12, 31)}
    done = office.at(LATE).engine.submit("G-2", "approve", actor="leo", given=later, occurred_at=december)
    assert isinstance(done, Outcome)
    assert events(office) == ["start", "submit", "approve", "supersede"]
    assert office.engine.drain().failed == 0
    assert office.state("G-1") == "superseded"


def test_a_deadline_of_a_linked_case_comes_first_too(office):
    """A rule that looks at a linked case sees it as its deadline left it, also where that had not fired."""
    approved(office, "G-1")
    assert isinstance(office.engine.start(new("G-2", links={"partner": "G-1"}), actor="ada"), Outcome)
    assert isinstance(office.engine.submit("G-2", "submit", actor="ada"), Outcome)
    later = AWARD | {"award_ends": date(2023, 12, 31)}
    done = office.at(LATE).engine.submit("G-2", "approve", actor="leo", given=later)
    assert isinstance(done, Outcome)
    assert events(office) == ["start", "submit", "approve", "expire"]
    assert done.decision.signals == ()


def test_a_start_finds_the_linked_case_where_its_deadline_left_it(office):
    """A new case that is linked to one whose award has ended does not find it approved."""
    approved(office)
    started = office.at(LATE).engine.start(new("G-2", links={"partner": "G-1"}), actor="ada")
    assert isinstance(started, Outcome)
    assert started.facts.linked["partner"].state == "expired"
    assert office.state("G-1") == "expired"


def test_a_trial_says_what_comes_of_it_and_keeps_nothing(office):
    """A trial decides after the deadline, and writes neither."""
    approved(office)
    office.at(LATE)
    tried = office.engine.submit("G-1", "extend", actor="leo", given=EXTENSION, trial=True)
    assert isinstance(tried, Outcome)
    assert tried.decision.before.state == "expired"
    assert events(office) == ["start", "submit", "approve"]
    assert office.state("G-1") == "approved"


def test_the_deadline_is_part_of_the_callers_transaction(office):
    """Rolled back by the caller, neither the deadline nor the event has happened; committed, both have."""
    approved(office)
    office.at(LATE)
    for end, after in (("rollback", []), ("commit", ["expire", "extend"])):
        with office.database.engine.connect() as connection:
            done = office.engine.submit("G-1", "extend", actor="leo", given=EXTENSION, connection=connection)
            assert isinstance(done, Outcome)
            getattr(connection, end)()
        assert events(office) == ["start", "submit", "approve", *after]


@pytest.fixture
def unwritable(office, monkeypatch):
    """An award has ended, and the notice of its end cannot be written to the database."""
    approved(office)
    add = outbox.add

    def choosy(session, new, now):
        new = list(new)
        if any(notice.template == "ending" for _, _, notice in new):
            raise ValueError("not this one")
        add(session, new, now)

    monkeypatch.setattr(outbox, "add", choosy)
    return office.at("2021-07-05T08:00:00")


def test_a_deadline_that_cannot_be_written_stands_in_nobodys_way(unwritable):
    """It is set aside with its error, as a worker would do, and the event is taken."""
    done = unwritable.engine.submit("G-1", "edit", actor="ada", given={"unit": "x"})
    assert isinstance(done, Outcome)
    errors = unwritable.rows("SELECT error FROM timers WHERE status = 'failed'")
    assert len(errors) == 1
    assert "not this one" in errors[0][0]


@pytest.mark.parametrize("joined", [False, True])
def test_where_it_cannot_be_set_aside_it_is_told(unwritable, joined):
    """A trial and a caller's transaction cannot set a deadline aside: the error says what does."""
    with unwritable.database.engine.connect() as connection:
        how = {"connection": connection} if joined else {"trial": True}
        with pytest.raises(InputError, match="A deadline that comes first cannot be written: not this one"):
            unwritable.engine.submit("G-1", "edit", actor="ada", given={"unit": "x"}, **how)
    assert unwritable.rows("SELECT count(*) FROM timers WHERE status = 'failed'") == [(0,)]
    assert events(unwritable) == ["start", "submit", "approve"]
