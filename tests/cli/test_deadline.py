"""`wirflow deadline`: any rule, explained, with a calendar."""

from __future__ import annotations

import pytest


def test_a_deadline_explains_itself(wirflow):
    """The due day, each step with its law, a calendar with its signs, and the sentence for the file."""
    out = wirflow("deadline vwgo-74 --from 2021-01-28").out

    for words in (
        "01.03.2021",
        "§ 41 Abs. 2 VwVfG",
        "Februar 2021",
        "28\N{MULTIPLICATION SIGN}",
        " 1●",
        "Aufgegeben am 28.01.2021",
    ):
        assert words in out, words


def test_rules_can_be_chained(wirflow):
    """Each deadline starts where the one before ended."""
    first, second = wirflow(
        "deadline bgb-188 --from 2020-11-27 --period P1M --then vwvfg-31:P2W --format json"
    ).json

    assert second["from"] == first["due"] == "2020-12-27"
    assert second["due"] == "2021-01-11"


def test_the_place_counts(wirflow):
    """A holiday of one Land moves the deadline there and not elsewhere."""
    command = "deadline vwvfg-31 --from 2020-12-23 --period P2W --format json"

    assert wirflow(f"{command} --land HE").json["due"] == "2021-01-06"
    assert wirflow(f"{command} --land BY").json["due"] == "2021-01-07"


def test_a_fact_can_be_given(wirflow):
    """A real receipt later than the presumed one wins."""
    command = "deadline vwgo-74 --from 2021-01-28 --format json"

    assert wirflow(f"{command} --given announced_on=2021-02-03").json["due"] == "2021-03-03"
    assert wirflow(f"{command} --given announced=2021-02-03").code == 2


def test_the_catalogue_is_listed(wirflow):
    """Every rule with its law, and a mark where nobody compared it with the text."""
    rules = wirflow("deadline --list --format json").json

    assert {"vwgo-74", "vwvfg-31", "hpvg-69"} <= {rule["name"] for rule in rules}
    assert "ungeprüft" in wirflow("deadline --list").out
    assert "unverified" in wirflow("deadline --list --lang en").out


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("deadline", "vwgo-74"),
        ("deadline vwgo-74", "--from"),
        ("deadline vwgo-47 --from 2021-01-28", "Meinten Sie 'vwgo-74'?"),
        ("deadline bgb-188 --from 2021-01-28", "braucht eine Frist"),
        ("deadline vwgo-74 --from 2021-02-30", "kein Datum"),
        ("deadline vwgo-74 --from 2021-01-28 --land XX", "HE"),
        ("deadline bgb-188 --from 2021-01-28 --period 1M", "P1M"),
        ("deadline bgb-188 --from 2021-01-28 --period P1M --then nonsense", "nonsense"),
    ],
)
def test_what_cannot_be_computed_names_the_choices(wirflow, command, words):
    """Unknown rule, missing period, impossible date, unknown Land: exit 2, and what is possible."""
    said = wirflow(command)

    assert said.code == 2
    assert words in said.err


def test_an_office_brings_its_rules_and_days_off(wirflow, tmp_path, monkeypatch):
    """A rule and a closing day of the office's own count in its folder."""
    wirflow("init office --lang en")
    monkeypatch.chdir(tmp_path / "office")
    with (tmp_path / "office" / "wirflow.toml").open("a") as file:
        file.write(
            '\n[rules.club]\ntitle = "Club"\nlaw = "Richtlinie 5"\nperiod = "P2W"\n'
            '\n[[holidays]]\nname = "City festival"\non = "2021-06-24"\n'
        )

    document = wirflow("deadline club --from 2021-06-10 --format json").json

    assert document["due"] == "2021-06-25"
    assert document["law"] == "Richtlinie 5"
    assert document["verified"] is False


def test_interest_is_computed_with_the_base_rates_that_the_office_has(wirflow, demo):
    """Half-year by half-year; a rate that nobody knows yet is asked for, and one in wirflow.toml counts."""
    said = wirflow("interest 50000 --from 2022-11-30 --until 31.01.2023 --format json").json
    assert (said["total"], [part["days"] for part in said["parts"]]) == ("456.08", [31, 31])
    unknown = wirflow("interest 1000 --from 2030-01-01 --until 2030-01-31 --lang en")
    assert unknown.code == 2
    assert "[base_rates] 2030-01-01 = …" in unknown.err
    with (demo / "wirflow.toml").open("a") as file:
        file.write("\n[base_rates]\n2030-01-01 = 2.50\n")
    said = wirflow("interest 1000 --from 2030-01-01 --until 2030-01-31 --format csv").out
    assert said.splitlines()[1] == "2030-01-02,2030-01-31,30,2.5,7.5,6.16"
    assert "7,50" in wirflow("interest 1000 --from 2030-01-01 --until 2030-01-31 --lang de").out
    assert "7.50" in wirflow("interest 1000 --from 2030-01-01 --until 2030-01-31 --lang en").out


def test_a_negative_number_stays_a_number_in_csv(wirflow):
    """A cell that a spreadsheet would run is defused; a negative rate is no such cell."""
    said = wirflow("interest 50000 --from 2021-01-01 --until 2021-06-30 --format csv").out
    assert said.splitlines()[1] == "2021-01-02,2021-06-30,180,-0.88,4.12,1015.89"


@pytest.mark.parametrize("amount", ["viel", "-5", "1e3", ""])
def test_an_amount_that_is_none_bears_no_interest(wirflow, amount):
    """What is no amount in euros is told, and nothing is guessed."""
    assert wirflow("interest", "--from", "2022-01-01", "--until", "2022-02-01", "--", amount).code == 2


def test_an_unknown_rule_lists_what_is_like_it_and_says_how_many_more(wirflow):
    """No list of names ends without a word of the others and of the command that shows them."""
    said = wirflow("deadline --from 2022-01-01 --lang en 41-qqqqqqq")
    assert said.code == 2
    names = said.err.partition("Known are: ")[2].partition(" … and ")[0].split(", ")
    total = len(wirflow("deadline --list --format json").json)
    assert len(names) == 20
    assert "41" in names[0]
    assert f"and {total - 20} more ('wirflow deadline --list')" in said.err
