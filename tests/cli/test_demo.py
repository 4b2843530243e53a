"""`wirflow demo`."""

from __future__ import annotations


def test_it_shows_the_portfolio_of_the_day_and_what_is_coming(wirflow, tmp_path):
    """From nothing to the council paper's portfolio: states, next deadlines, the year ahead."""
    said = wirflow("demo")

    assert said.code == 0, said.err
    assert (tmp_path / "wirflow-demo" / "wirflow.toml").is_file()
    for words in ("10.12.2020", "WIR-KO-1", "Bewilligt", "31.12.2021", "§ 36 Abs. 2 Nr. 1 HVwVfG"):
        assert words in said.out
    assert "Was bis zum 31.12.2021 kommt" in said.out
    assert "wirflow status WIR-KO-1" in said.out


def test_the_scheduler_lets_the_awards_expire_and_writes_before(wirflow, later):
    """On the first day of 2022 both awards have expired by themselves, and notices went out before."""
    cases = {case["key"]: case for case in wirflow("status --format json").json}
    assert cases["WIR-KO-1"]["state"] == cases["WIR-FM"]["state"] == "expired"

    entries = wirflow("audit show WIR-KO-1 --format json").json
    assert entries[-1]["event"] == "expire"
    assert entries[-1]["actor"] is None

    notices = wirflow("status WIR-KO-1 --format json").json["notices"]
    reminders = [item for item in notices if item["kind"] == "reminder"]
    assert {item["to"] for item in reminders} == {"sachbearbeitung", "amtsleitung"}
    assert all(item["state"] == "sent" for item in notices)
    assert list((later / "outbox").rglob("*.eml"))


def test_it_tells_what_happened_by_itself(wirflow, tmp_path):
    """Played to a later day, the demo shows what the deadlines did and which notices went out."""
    said = wirflow("demo", str(tmp_path / "d"), "--on", "2022-01-01", "--lang", "en")

    assert said.code == 0
    assert "What happened by itself" in said.out
    assert "Expires" in said.out
    assert "Notices that went out" in said.out


def test_a_demo_made_earlier_is_replaced(wirflow, demo):
    """Making it again gives the same office, and no second one beside it."""
    wirflow("do WIR-KO-2 submit --set amount_requested=60000 --as sachbearbeitung")

    assert wirflow("demo", str(demo)).code == 0

    assert wirflow("status WIR-KO-2 --format json").json["state"] == "prospect"


def test_anything_else_in_its_place_is_left_alone(wirflow, tmp_path):
    """A folder that holds something else is refused and not touched."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("keep me")

    said = wirflow("demo letters")

    assert said.code == 2
    assert "kein Übungsamt" in said.err
    assert (tmp_path / "letters" / "a.txt").read_text() == "keep me"


def test_a_day_before_the_paper_is_refused(wirflow):
    """Before the paper there is nothing to see."""
    said = wirflow("demo --on 2020-12-09")

    assert said.code == 2
    assert "10.12.2020" in said.err


def test_its_json_is_one_document(wirflow):
    """Cases, warnings, notices and what is coming, as data."""
    document = wirflow("demo --format json --lang en").json

    assert document["today"] == "2020-12-10"
    assert len(document["cases"]) == 16
    assert {item["name"] for item in document["warnings"]} >= {"cost_unknown", "units_apart", "year_by_year"}
    assert all(item["due"] <= "2021-12-31" for item in document["coming"])


def test_the_last_day_of_the_calendar_is_a_day(wirflow):
    """A practice office can be looked at on any day, also on the last one."""
    said = wirflow("demo --on 9999-12-31 --format json")
    assert said.code == 0, said.err
    assert said.json["today"] == "9999-12-31"
