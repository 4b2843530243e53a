"""The engine's door: what a person, a deadline and a signal may do through it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.crash.checker import check
from tests.support import AWARD, Office, approved, grant, new, open_office, replace
from wirflow.audit.chain import verify_chain
from wirflow.core.decision import Refusal
from wirflow.definition.model import Signal
from wirflow.engine import Outcome
from wirflow.errors import InputError, UnknownNameError
from wirflow.store import cases, trail
from wirflow.text import Text


def test_a_case_goes_its_way_from_person_to_person(office):
    """Each event moves the case as its workflow says, and the trail has one entry for each."""
    approved(office)
    assert office.state("G-1") == "approved"
    assert [entry.event for entry in office.engine.history("G-1")] == ["start", "submit", "approve"]


def test_a_deadline_moves_the_case_at_its_due_time_however_late_it_is_fired(office):
    """An award that ends on a day expires at the midnight after it, also if the scheduler comes later."""
    approved(office)
    office.at("2022-02-01T08:00:00").engine.drain()
    assert office.state("G-1") == "expired"
    last = next(entry for entry in office.engine.history("G-1") if entry.event == "expire")
    assert last.occurred_at == "2021-12-31T23:00:00.000000Z"
    assert last.recorded_at == "2022-02-01T08:00:00.000000Z"
    assert last.actor is None


def test_nothing_fires_a_moment_before_it_is_due(office):
    """One microsecond before midnight the award still stands; at midnight it does not."""
    approved(office)
    midnight = datetime(2021, 12, 31, 23, tzinfo=UTC)
    office.clock.set(midnight - timedelta(microseconds=1))
    office.engine.drain()
    assert office.state("G-1") == "approved"
    office.clock.set(midnight)
    office.engine.drain()
    assert office.state("G-1") == "expired"


def test_an_extension_moves_its_deadline_and_its_reminders(office):
    """A changed date cancels what was armed for the old one and arms the new one."""
    approved(office)
    office.at("2021-12-20T09:00:00").engine.drain()
    given = {"decided_on": date(2021, 12, 20), "award_ends": date(2022, 12, 31)}
    outcome = office.engine.submit("G-1", "extend", actor="leo", given=given)
    assert isinstance(outcome, Outcome)
    assert {(timer.name, timer.label) for timer in outcome.decision.cancel} == {
        ("award_end", ""),
        ("proof", ""),
    }
    assert {(timer.name, timer.label) for timer in outcome.decision.arm} == {
        ("award_end", "P6M"),
        ("award_end", "P1M"),
        ("award_end", ""),
        ("proof", ""),
    }
    office.at("2022-06-01T00:00:00").engine.drain()
    assert office.state("G-1") == "approved"


def test_an_extension_decided_in_time_may_be_recorded_after_the_expiry(office):
    """What was decided before the end counts, even if its letter is recorded when the award has lapsed."""
    approved(office)
    office.at("2022-01-05T09:00:00").engine.drain()
    assert office.state("G-1") == "expired"
    late = {"decided_on": date(2022, 1, 3), "award_ends": date(2022, 12, 31)}
    refused = office.engine.submit("G-1", "extend", actor="leo", given=late)
    assert isinstance(refused, Refusal)
    assert refused.texts[0].en == "Decided too late."
    in_time = {"decided_on": date(2021, 12, 20), "award_ends": date(2022, 12, 31)}
    assert isinstance(office.engine.submit("G-1", "extend", actor="leo", given=in_time), Outcome)
    assert office.state("G-1") == "approved"


@pytest.mark.parametrize(
    ("event", "actor", "given", "code"),
    [
        ("approve", "leo", AWARD, "wrong-state"),
        ("submit", "leo", {}, "wrong-role"),
        ("expire", "leo", {}, "wrong-state"),
        ("submit", "ada", {"unit": "x"}, "unknown-input"),
    ],
)
def test_a_refusal_changes_nothing(office, event, actor, given, code):
    """Who is refused learns which rule it was, and the case, its trail and its timers stay as they were."""
    office.engine.start(new(), actor="ada")
    before = office.engine.look("G-1")
    refusal = office.engine.submit("G-1", event, actor=actor, given=given)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert office.engine.look("G-1") == before
    assert len(office.engine.history("G-1")) == 1


def test_four_eyes_see_more_than_two(office):
    """Who submitted may not approve, even with both roles; somebody else may."""
    office.engine.start(new(), actor="duo")
    office.engine.submit("G-1", "submit", actor="duo")
    refusal = office.engine.submit("G-1", "approve", actor="duo", given=AWARD)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "four-eyes"
    assert isinstance(office.engine.submit("G-1", "approve", actor="leo", given=AWARD), Outcome)


def test_missing_input_is_named_with_what_it_takes(office):
    """Each missing field is named, with the values that it takes."""
    office.engine.start(new(), actor="ada")
    office.engine.submit("G-1", "submit", actor="ada")
    refusal = office.engine.submit("G-1", "approve", actor="leo")
    assert isinstance(refusal, Refusal)
    assert refusal.fields == ("decided_on", "award_ends")
    assert "2021-12-31" in refusal.explain("en")


def test_an_absent_fact_refuses_with_its_name(office):
    """A rule that touches an absent field refuses and names it; it never counts as zero."""
    office.engine.start(new(data={}), actor="ada")
    refusal = office.engine.submit("G-1", "submit", actor="ada")
    assert isinstance(refusal, Refusal)
    assert "amount" in refusal.explain("de")


def test_unknown_names_suggest_the_near_one(office):
    """An unknown case, event, person or workflow is an error that names the one that was probably meant."""
    office.engine.start(new(), actor="ada")
    for call in (
        lambda: office.engine.submit("G-11", "submit", actor="ada"),
        lambda: office.engine.submit("G-1", "submitt", actor="ada"),
        lambda: office.engine.submit("G-1", "submit", actor="adda"),
    ):
        with pytest.raises(UnknownNameError) as caught:
            call()
        assert "Did you mean" in str(caught.value)


def test_among_very_many_cases_only_the_next_keys_are_compared(office, monkeypatch):
    """An unknown key costs the same however many cases there are, and the near one is named all the same."""
    monkeypatch.setattr(cases, "COMPARED", 5)
    monkeypatch.setattr(cases, "AROUND", 2)
    office.engine.start_all(
        [new(f"{letter}-{number}") for letter in "GH" for number in range(4)], actor="ada"
    )
    with pytest.raises(UnknownNameError) as caught:
        office.engine.look("G-1O")
    assert caught.value.known == ("G-0", "G-1", "G-2", "G-3")
    assert "Did you mean 'G-1'?" in str(caught.value)
    with pytest.raises(UnknownNameError) as caught:
        office.engine.submit("quite-another-key", "submit", actor="ada")
    assert len(caught.value.known) <= 4
    assert caught.value.explain("de").endswith("und viele weitere: 'wirflow status'.")
    office.engine.start(new("I-1"), actor="ada", trial=True)
    with pytest.raises(UnknownNameError, match="partner-of-none"):
        office.engine.start(new("I-1", links={"partner": "partner-of-none"}), actor="ada")


def test_the_future_does_not_count_yet(office):
    """An event cannot count later than now."""
    office.engine.start(new(), actor="ada")
    with pytest.raises(InputError, match="future"):
        office.engine.submit("G-1", "submit", actor="ada", occurred_at=datetime(2021, 1, 5, tzinfo=UTC))


def test_nothing_counts_before_its_case_began(office):
    """An event counts on the first day of its case at the earliest, at whatever hour that began."""
    office.engine.start(new(), actor="ada")
    with pytest.raises(InputError, match="exists only since 2021-01-04"):
        office.engine.submit("G-1", "submit", actor="ada", occurred_at=datetime(2021, 1, 3, 9, tzinfo=UTC))
    morning = datetime(2021, 1, 4, tzinfo=UTC)
    assert isinstance(office.engine.submit("G-1", "submit", actor="ada", occurred_at=morning), Outcome)


def test_a_trial_writes_nothing(office):
    """A trial shows state, deadlines and notices, and leaves every table as it was."""
    office.engine.start(new(), actor="ada")
    office.engine.submit("G-1", "submit", actor="ada")
    tables = ("cases", "entries", "timers", "outbox", "personal")
    before = {name: office.rows(f"SELECT * FROM {name}") for name in tables}
    outcome = office.engine.submit("G-1", "approve", actor="leo", given=AWARD, trial=True)
    assert isinstance(outcome, Outcome)
    assert outcome.case.state == "approved"
    assert [notice.subject for notice in outcome.notices] == [
        "Bewilligt G-1",
        "Approved G-1",
        "Bewilligt G-1",
    ]
    assert {name: office.rows(f"SELECT * FROM {name}") for name in tables} == before


def test_a_signal_reaches_the_linked_case_exactly_once(office):
    """What one case tells another happens there once, counts when it was told, and stands in both trails."""
    approved(office, "G-1")
    assert isinstance(office.engine.start(new("G-2", links={"partner": "G-1"}), actor="ada"), Outcome)
    office.engine.submit("G-2", "submit", actor="ada")
    office.at("2021-03-01T08:00:00")
    office.engine.submit("G-2", "approve", actor="leo", given=AWARD)
    assert office.state("G-1") == "superseded"
    office.engine.drain()
    told = [entry for entry in office.engine.history("G-1") if entry.event == "supersede"]
    assert [entry.kind for entry in told] == ["signal"]
    assert told[0].occurred_at == "2021-03-01T08:00:00.000000Z"


def test_a_signal_that_is_refused_is_on_record(tmp_path, database_url):
    """A signal that its target does not take stands in the target's trail and among the refused timers."""
    workflow = grant()
    bold = tuple(
        replace(item, tell=(Signal(to="partner", event="supersede"),)) if item.event == "approve" else item
        for item in workflow.transitions
    )
    office = open_office(tmp_path, database_url, replace(workflow, transitions=bold))
    office.engine.start(new("G-1"), actor="ada")
    office.engine.start(new("G-2", links={"partner": "G-1"}), actor="ada")
    office.engine.submit("G-2", "submit", actor="ada")
    office.engine.submit("G-2", "approve", actor="leo", given=AWARD)
    assert office.state("G-1") == "draft"
    assert office.rows("SELECT status FROM timers WHERE kind = 'signal'") == [("refused",)]
    last = office.engine.history("G-1")[-1]
    assert (last.event, last.kind) == ("supersede", "signal")
    assert last.body["refused"]
    office.database.close()


def test_the_unit_rule_looks_at_the_linked_case(office):
    """A rule over a linked case refuses until that case satisfies it."""
    office.engine.start(new("G-1", {"amount": Decimal(1), "unit": "elsewhere"}), actor="ada")
    office.engine.start(new("G-2", links={"partner": "G-1"}), actor="ada")
    office.engine.submit("G-2", "submit", actor="ada")
    refusal = office.engine.submit("G-2", "approve", actor="leo", given=AWARD)
    assert isinstance(refusal, Refusal)
    assert refusal.texts[0].en == "Both must sit in one unit."
    office.engine.submit("G-1", "edit", actor="ada", given={"unit": "330222"})
    assert isinstance(office.engine.submit("G-2", "approve", actor="leo", given=AWARD), Outcome)


def test_personal_values_stand_beside_the_trail(office):
    """A personal value is in no entry and in no case row, only where it can be erased."""
    office.engine.start(new(data={"amount": Decimal(1), "holder": "Erika Muster"}), actor="ada")
    assert office.engine.look("G-1").case.data["holder"] == "Erika Muster"
    everything = str(office.rows("SELECT body FROM entries")) + str(office.rows("SELECT data FROM cases"))
    assert "Erika" not in everything
    assert "commitment" in everything
    assert "Erika" in str(office.rows("SELECT value FROM personal"))


def test_the_callers_tables_and_the_case_commit_together(office):
    """An event in the caller's transaction is kept if the caller commits, and gone if it rolls back."""
    office.engine.start(new(), actor="ada")
    with office.database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (words TEXT)"))
    for keep in (False, True):
        with office.database.engine.connect() as connection:
            transaction = connection.begin()
            connection.execute(text("INSERT INTO mine VALUES ('with the case')"))
            outcome = office.engine.submit("G-1", "submit", actor="ada", connection=connection)
            assert isinstance(outcome, Outcome)
            transaction.commit() if keep else transaction.rollback()
        assert office.state("G-1") == ("submitted" if keep else "draft")
        assert len(office.rows("SELECT * FROM mine")) == int(keep)


@pytest.mark.parametrize("key", ["", " ", "-a", "a b", "a\nb", "../x", "x" * 81, "a;b"])
def test_a_key_is_one_word(office, key):
    """A key that could break a file name, a command or a table is refused before anything is written."""
    with pytest.raises(InputError, match="no key"):
        office.engine.start(new(key), actor="ada")


def test_several_cases_start_together_or_not_at_all(office):
    """If one of several new cases is refused or its key is taken, none of them is there."""
    office.engine.start(new("G-1"), actor="ada")
    with pytest.raises(InputError, match="already"):
        office.engine.start_all([new("G-2"), new("G-1")], actor="ada")
    with pytest.raises(UnknownNameError):
        office.engine.start_all([new("G-2"), new("G-3", links={"partner": "G-9"})], actor="ada")
    assert [row[0] for row in office.rows("SELECT key FROM cases")] == ["G-1"]
    both = [new("G-2", links={"partner": "G-3"}), new("G-3", links={"partner": "G-2"})]
    assert isinstance(office.engine.start_all(both, actor="ada"), list)


def test_a_case_may_be_found_in_any_state(office):
    """An imported case has the deadlines of the state in which it is found."""
    data = {"amount": Decimal(50000), "award_ends": date(2021, 12, 31)}
    office.engine.start(new(data=data, state="approved"), actor="ada")
    office.at("2022-01-02T00:00:00").engine.drain()
    assert office.state("G-1") == "expired"


def test_reminders_that_were_missed_are_sent_once_as_one(office):
    """After an outage over two reminders of one deadline, one notice goes out, not two."""
    approved(office)
    office.at("2021-12-15T00:00:00").engine.drain()
    reminders = office.rows("SELECT seq FROM outbox WHERE kind = 'reminder'")
    assert len({seq for (seq,) in reminders}) == 1
    assert dict(office.rows("SELECT label, status FROM timers WHERE kind = 'reminder'")) == {
        "P6M": "merged",
        "P1M": "fired",
    }


def test_a_poisoned_timer_is_set_aside_and_blocks_nobody(office, tmp_path):
    """A timer whose notice cannot be written is failed with its error; those behind it fire."""
    approved(office, "G-1", award_ends=date(2021, 8, 31))
    approved(office, "G-2")
    (tmp_path / "templates" / "ending.de.j2").write_text(
        "Betreff: x\n\n{{ data.nothing.here }}", encoding="utf-8"
    )
    drained = office.at("2022-01-01T00:00:00").engine.drain()
    assert drained.failed > 0
    assert office.state("G-2") == "expired"
    errors = office.rows("SELECT error FROM timers WHERE status = 'failed'")
    kept = Text.read(errors[0][0])
    assert kept.de.startswith("Vorlage ending.de.j2")
    assert kept.en.startswith("Template ending.de.j2")
    (tmp_path / "templates" / "ending.de.j2").write_text("Betreff: x\n\ny\n", encoding="utf-8")
    fresh = Office(
        type(office.engine)(office.database, office.clock, office.engine.profile, _templates(tmp_path)),
        office.clock,
        office.database,
    )
    assert fresh.engine.rearm_failed() == len(errors)
    assert fresh.engine.drain().failed == 0


def _templates(folder):
    from wirflow.render import Templates  # noqa: PLC0415 - a second set, as after a restart

    return Templates([folder / "templates"])


def test_a_failed_timer_that_was_armed_anew_fires_once(office, tmp_path):
    """After a failure the next event arms the moment again; the failed one then has nothing left to do."""
    approved(office)
    good = (tmp_path / "templates" / "ending.de.j2").read_text(encoding="utf-8")
    (tmp_path / "templates" / "ending.de.j2").write_text("Betreff: x\n\n{{ data.no.no }}", encoding="utf-8")
    assert office.at("2021-07-01T08:00:00").engine.drain().failed == 1
    (tmp_path / "templates" / "ending.de.j2").write_text(good, encoding="utf-8")
    engine = type(office.engine)(office.database, office.clock, office.engine.profile, _templates(tmp_path))
    engine.submit("G-1", "edit", actor="ada", given={"note": "x"})
    assert engine.rearm_failed() == 1
    assert engine.drain().fired == 1
    assert len([entry for entry in engine.history("G-1") if entry.kind == "reminder"]) == 1


def test_a_row_that_cannot_be_written_is_the_fault_of_its_timer(office):
    """If the database refuses one timer's rows, that timer fails; its neighbours in the batch fire."""
    for key in ("G-1", "G-2", "G-3"):
        approved(office, key)
    # The place of the notice that G-2 will write is taken.
    office.at("2021-07-01T08:00:00")
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO outbox (case_id, seq, recipient, channel, template, kind, lang, subject, body,"
            " message_id, state, attempts, fence, next_at, created_at)"
            " VALUES (2, 4, 'ada', 'file', 'ending', 'event', 'de', '', '', '', 'sent', 0, 0, '', '')"
        )
    drained = office.engine.drain()
    assert (drained.fired, drained.failed) == (2, 1)
    assert office.rows("SELECT case_id, status FROM timers WHERE label = 'P6M' ORDER BY case_id") == [
        (1, "fired"),
        (2, "failed"),
        (3, "fired"),
    ]
    assert len(office.engine.history("G-2")) == 3


def test_a_batch_stops_where_something_earlier_is_armed(office):
    """What a timer arms before the next one in line fires before it, also inside one batch."""
    approved(office, "G-1")
    office.engine.start(new("G-2", links={"partner": "G-1"}), actor="ada")
    office.engine.submit("G-2", "submit", actor="ada")
    award = {**AWARD, "award_ends": date(2021, 6, 30)}
    office.engine.submit("G-2", "approve", actor="leo", given=award)
    office.at("2022-12-31T08:00:00").engine.drain()
    fired = office.rows(
        "SELECT due_at FROM timers WHERE status IN ('fired', 'overdue') AND kind <> 'signal' ORDER BY id"
    )
    entries = office.rows("SELECT occurred_at FROM entries WHERE kind IN ('deadline', 'reminder')")
    assert sorted(fired) == sorted(entries)
    assert office.rows("SELECT count(*) FROM timers WHERE status = 'armed'") == [(0,)]


def test_a_role_that_nobody_has_gets_its_notice_all_the_same(office, tmp_path):
    """A notice without a reader is kept, marked dead, and says which role is empty."""
    people = {"leo": office.engine.profile.people["leo"], "duo": office.engine.profile.people["duo"]}
    profile = type(office.engine.profile)(name="Amt", people={"leo": people["leo"]})
    engine = type(office.engine)(office.database, office.clock, profile, _templates(tmp_path))
    engine.start(
        new(data={"amount": Decimal(1), "award_ends": date(2021, 2, 1)}, state="approved"), actor="leo"
    )
    office.at("2021-08-01T00:00:00")
    engine.drain()
    assert ("role:clerk", "dead", "Niemand hat die Rolle 'clerk'.") in office.rows(
        "SELECT recipient, state, error FROM outbox"
    )


def test_every_chain_verifies(office):
    """What the engine writes is a chain without a finding."""
    approved(office)
    office.at("2022-09-01T00:00:00").engine.drain()
    with office.database.reading() as session:
        entries = [(written, stated) for written, stated, _ in trail.read(session, "G-1")]
    assert len(entries) > 5
    assert list(verify_chain("G-1", entries)) == []


def test_a_definition_pins_its_cases(office):
    """A case keeps the definition with which it started, also when a newer version is registered."""
    office.engine.start(new("G-1"), actor="ada")
    old = grant()
    newer = type(old)(
        **{**{name: getattr(old, name) for name in old.__dataclass_fields__}, "title": old.states[0].title}
    )
    office.engine.register([newer])
    office.engine.start(new("G-2"), actor="ada")
    assert office.engine.look("G-1").workflow.hash == old.hash
    assert office.engine.look("G-2").workflow.hash == newer.hash


@pytest.mark.parametrize(
    ("first", "second"), [("AWD-1", "awd-1"), ("awd-1", "AWD-1"), ("Awd-1", "AWD-1"), ("ÄWD-1", "äwd-1")]
)
def test_keys_that_only_capitals_tell_apart_are_refused(office, first, second):
    """Two cases that people would take for one cannot both begin, one after the other or together."""
    assert not isinstance(office.engine.start(new(first), actor="ada"), Refusal)
    with pytest.raises(InputError, match=f"{first} already; {second} differs only in capital"):
        office.engine.start(new(second), actor="ada")
    with pytest.raises(InputError, match="Bwd-2 already"):
        office.engine.start_all([new("Bwd-2"), new("bWD-2")], actor="ada")
    assert office.rows("SELECT count(*) FROM cases") == [(1,)]


def test_a_program_gives_values_of_any_spelling_and_the_row_says_what_the_trail_says(tmp_path):
    """Whole numbers and text are read as if typed; what is no value of its field is wrong input."""
    office = open_office(tmp_path)
    office.engine.start(new("G-1", data={"amount": 50000, "unit": "1"}), actor="ada")
    office.engine.submit("G-1", "edit", actor="ada", given={"amount": "1.234,50", "award_ends": "31.12.2021"})
    data = office.engine.look("G-1").case.data
    assert data["amount"] == Decimal("1234.50")
    assert data["award_ends"] == date(2021, 12, 31)
    for given in ({"amount": Decimal("NaN")}, {"amount": -5}, {"amount": True}, {"award_ends": "soon"}):
        with pytest.raises(InputError):
            office.engine.submit("G-1", "edit", actor="ada", given=given)
    assert len(office.engine.history("G-1")) == 2
    assert check(f"sqlite:///{tmp_path / 'office.db'}") == []
    office.database.close()
