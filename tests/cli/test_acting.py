"""`wirflow do` and `wirflow new`: events, refusals, and what is missing."""

from __future__ import annotations

import pytest


@pytest.mark.usefixtures("demo")
def test_an_event_changes_the_case_and_is_told(wirflow):
    """An event moves the case, and the output says where to and who hears of it."""
    said = wirflow("do WIR-KO-2 submit --set amount_requested=60.000,00 --as sachbearbeitung")

    assert said.code == 0
    assert "In Aussicht gestellt → Beim Zuwendungsgeber eingereicht" in said.out
    assert "60.000,00 €" in said.out
    assert wirflow("status WIR-KO-2 --format json").json["state"] == "submitted"


@pytest.mark.usefixtures("demo")
def test_a_dry_run_shows_everything_and_changes_nothing(wirflow):
    """State, deadlines and notices with their text are shown, and nothing is written."""
    said = wirflow("do WIR-KO-2 submit --set amount_requested=60000 --as sachbearbeitung --dry-run")

    assert said.code == 0
    assert "Probe" in said.out
    assert "Zu tun: Sobald der Bescheid eingeht" in said.out.replace("\n", " ").replace("│ ", "")
    assert wirflow("status WIR-KO-2 --format json").json["state"] == "prospect"
    assert len(wirflow("audit show WIR-KO-2 --format json").json) == 1


def test_a_deadline_that_nobody_fired_comes_first_and_is_told(wirflow, demo):
    """Who acts when an award has ended and no worker ran is told that it has, also if they are refused."""
    settings = demo / "wirflow.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("2020-12-10", "2022-01-01"), "utf-8")

    said = wirflow(
        "do WIR-KO-1 extend --set decided_on=2022-01-01 --set award_ends=2022-12-31 --as amtsleitung"
    )

    assert said.code == 1
    assert said.err.startswith("Vorher fiel an, am 01.01.2022: Läuft aus\n"), said.err
    assert wirflow("status WIR-KO-1 --format json").json["state"] == "expired"
    assert "Vorher" not in wirflow("do WIR-KO-1 extend").err


@pytest.mark.usefixtures("later")
def test_a_dry_run_as_data_has_its_deadlines_and_letters(wirflow):
    """Armed and cancelled deadlines, notices with their text, and the case as it would stand."""
    document = wirflow(
        "do WIR-KO-1 extend --set decided_on=2021-12-20 --set award_ends=2022-12-31 --as amtsleitung"
        " --dry-run --format json"
    ).json

    assert document["dry_run"] is True
    assert (document["from"], document["to"]) == ("expired", "extended")
    assert document["case"]["next_deadline"]["due"] == "2022-12-31"
    assert {item["due"] for item in document["deadlines"]["armed"]} == {"2022-12-31"}
    assert "verlängert" in document["notices"][0]["body"]


@pytest.mark.usefixtures("later")
def test_without_its_facts_it_says_what_is_missing_and_what_they_take(wirflow):
    """What is missing is named with its title, its field and the values that it takes; exit 2."""
    said = wirflow("do WIR-KO-1 extend --as amtsleitung --set decided_on=2021-12-20")

    assert said.code == 2
    assert "award_ends" in said.err
    assert "Ein Datum, etwa 2021-12-31" in said.err
    assert said.out == ""


@pytest.mark.usefixtures("later")
def test_a_refusal_says_the_rule_in_words(wirflow):
    """A rule that stands against it is told in the chosen language; exit 1, and nothing is changed."""
    command = "do WIR-KO-1 extend --set decided_on=2022-01-01 --set award_ends=2022-12-31 --as amtsleitung"

    german, english = wirflow(command), wirflow(f"{command} --lang en")

    assert german.code == english.code == 1
    assert "Verlängert werden kann nur ein Bescheid, der noch läuft" in german.err
    assert "Only an award that still runs can be extended" in english.err
    refused = wirflow(f"{command} --format json")
    assert refused.code == 1
    assert refused.json["refused"]["code"] == "rule"


@pytest.mark.usefixtures("later")
def test_a_wrong_role_is_a_refusal_that_names_the_right_one(wirflow):
    """Who may not do it is told who may."""
    said = wirflow(
        "do WIR-KO-1 extend --set decided_on=2021-12-20 --set award_ends=2022-12-31 --as sachbearbeitung"
    )

    assert said.code == 1
    assert "Amtsleitung" in said.err


@pytest.mark.usefixtures("later")
def test_a_bare_call_says_both_who_may_and_what_is_missing(wirflow):
    """A call that names neither person nor facts is incomplete, whoever the usual person is."""
    said = wirflow("do WIR-KO-1 extend")

    assert said.code == 2
    assert "Amtsleitung" in said.err
    assert "--set award_ends" in said.err


@pytest.mark.usefixtures("demo")
def test_unknown_names_suggest_the_near_one(wirflow):
    """Case, event, person, field and choice: what was probably meant is said; exit 2."""
    for command, meant in (
        ("status WIR-KO1", "WIR-KO-1"),
        ("do WIR-KO1 submit", "WIR-KO-1"),
        ("do WIR-KO-2 submitt", "submit"),
        ("do WIR-KO-2 submit --as sachbearbeitun --set amount_requested=1", "sachbearbeitung"),
        ("do WIR-KO-2 submit --set amount_request=1", "amount_requested"),
        ("status --workflow grant_aplication", "grant_application"),
        ("status --state aproved", "approved"),
        ("new grant_aplication X", "grant_application"),
        ("diagram grant_aplication", "grant_application"),
        ("notices --state deed", "dead"),
        ("audit export x --as bundel", "bundle"),
        ("stauts", "status"),
        ("status --workflw x", "--workflow"),
    ):
        said = wirflow(command)
        assert said.code == 2, command
        assert f"Meinten Sie '{meant}'?" in said.err, command
        assert said.out == ""


@pytest.mark.usefixtures("later")
def test_all_wrong_values_are_told_at_once(wirflow):
    """Who typed two things wrongly hears of both."""
    said = wirflow("do WIR-KO-1 extend --set decided_on=soon --set award_end=2022-12-31 --as amtsleitung")

    assert said.code == 2
    assert "'soon'" in said.err
    assert "Meinten Sie 'award_ends'?" in said.err


@pytest.mark.usefixtures("later")
def test_an_event_counts_at_noon_of_its_day(wirflow):
    """`--on` is a day before today, and the event counts at noon of it."""
    said = wirflow(
        "do WIR-KO-1 extend --on 2021-12-20 --set decided_on=2021-12-20 --set award_ends=2022-12-31"
        " --as amtsleitung --format json"
    )

    assert said.json["occurred_at"] == "2021-12-20T11:00:00.000000Z"


@pytest.mark.usefixtures("demo")
def test_the_future_is_refused(wirflow):
    """Nothing counts on a day that has not come."""
    said = wirflow("do WIR-KO-2 submit --set amount_requested=1 --as sachbearbeitung --on 2020-12-11")

    assert said.code == 2
    assert "Zukunft" in said.err


@pytest.mark.usefixtures("demo")
def test_words_that_are_no_pair_or_no_date_are_named(wirflow):
    """`--set` wants name and value once; `--on` wants a date."""
    for command, words in (
        ("do WIR-KO-2 submit --set amount_requested", "amount_requested"),
        ("do WIR-KO-2 submit --set a=1 --set a=2", "zweimal"),
        ("do WIR-KO-2 submit --on 2020-02-30", "2020-02-30"),
        ("status --as-of morgen", "morgen"),
        ("due --until nie", "nie"),
    ):
        said = wirflow(command)
        assert said.code == 2, command
        assert words in said.err


@pytest.mark.usefixtures("demo")
def test_a_case_starts_with_what_it_cannot_do_without(wirflow):
    """A new case lacks nothing that its workflow requires; its key is taken once."""
    lacking = wirflow("new grant_application X-1 --set purpose=Boote")
    assert lacking.code == 2
    assert "funder" in lacking.err

    whole = ("new", "grant_application", "X-1", "--set", "purpose=Boote", "--set", "funder=Land",
             "--set", "programme=P", "--set", "funds=projects", "--link", "partner=WIR-KO-1")  # fmt: skip
    assert wirflow(*whole).code == 0
    case = wirflow("status X-1 --format json").json
    assert case["state"] == "draft"
    assert case["links"][0]["key"] == "WIR-KO-1"

    again = wirflow(*whole)
    assert again.code == 2
    assert "X-1" in again.err


def test_nobody_acts_unnamed(wirflow):
    """Where the office names no usual person, the call must."""
    wirflow("init", "plain", "--lang", "en")
    said = wirflow("new proof_of_use X --set purpose=a --office plain --lang en")

    assert said.code == 2
    assert "--as" in said.err
