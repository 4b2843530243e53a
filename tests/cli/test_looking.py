"""`status`, `due`, `notices`, `diagram`, `check`: what is shown, and how it is narrowed down."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from wirflow.clock import civil_date, unstamp


@pytest.mark.usefixtures("demo")
def test_the_portfolio_can_be_narrowed(wirflow):
    """By workflow, by state, by how soon something is due."""
    by_workflow = wirflow("status --workflow proof_of_use --format json").json
    by_state = wirflow("status --state waiting --format json").json
    soon = wirflow("status --due P30D --format json").json

    assert {case["workflow"] for case in by_workflow} == {"proof_of_use"}
    assert {case["key"] for case in by_state} == {"WIR-SB", "WIR-PG"}
    assert soon
    assert all(case["next_deadline"]["due"] <= "2021-01-09" for case in soon)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("lang", ["de", "en"])
def test_the_portfolio_is_shown_page_by_page(wirflow, lang):
    """A page says that there are more and how to come to them; without a limit JSON tells all."""
    every = [case["key"] for case in wirflow("status --format json").json]
    first = wirflow(f"status --limit 3 --lang {lang}").out
    assert f"--after {every[2]}" in first
    assert every[3] not in first.replace(every[2], "")
    rest = [case["key"] for case in wirflow(f"status --after {every[2]} --format json").json]
    assert rest == every[3:]
    assert "--after" not in wirflow(f"status --limit {len(every)} --lang {lang}").out


@pytest.mark.usefixtures("later")
def test_a_case_stood_otherwise_then(wirflow):
    """`--as-of` folds the trail up to the end of that day: state, deadlines and facts of then."""
    then = wirflow("status WIR-KO-1 --as-of 2021-06-01 --format json").json
    now = wirflow("status WIR-KO-1 --format json").json

    assert (then["state"], now["state"]) == ("approved", "expired")
    assert then["next_deadline"]["due"] == "2021-12-31"
    assert now["next_deadline"] is None
    assert len(then["history"]) == 1
    assert {case["key"]: case["state"] for case in wirflow("status --as-of 2021-12-30 --format json").json}[
        "WIR-FM"
    ] == "approved"


@pytest.mark.usefixtures("later")
def test_personal_facts_are_there_as_of_a_day(wirflow):
    """What the trail only commits to is read from where it can be erased."""
    then = wirflow("status UMS-FM --as-of 2020-12-31 --format json").json

    assert then["data"]["holder"] == "Stelleninhaber der Stelle WIR-Fallmanagement"


@pytest.mark.parametrize("command", ["status WIR-KO-1 --as-of 2019-01-01", "status --as-of 2030-01-01"])
@pytest.mark.usefixtures("demo")
def test_before_the_case_and_in_the_future_there_is_nothing(wirflow, command):
    """A day before the case began and a day to come are wrong questions."""
    assert wirflow(command).code == 2


@pytest.mark.parametrize("width", ["60", "80", "140"])
@pytest.mark.parametrize(
    ("command", "keys"),
    [
        ("status", ["20-V-33-0003", "VN-KO-1"]),
        ("due", ["VN-KO-1", "WIR-SB"]),
        ("notices", ["20-V-33-0003", "WIR-KO-1"]),
        ("audit", ["20-V-33-0003", "VN-KO-1"]),
        ("status WIR-KO-1", ["WIR-KO-1", "WIR-KO-2"]),
    ],
)
@pytest.mark.usefixtures("later")
def test_no_key_is_cut_at_any_width(wirflow, monkeypatch, width, command, keys):
    """However narrow the terminal, keys stay whole and lines stay within it."""
    monkeypatch.setenv("COLUMNS", width)
    said = wirflow(command)

    assert said.code == 0
    assert all(key in said.out for key in keys)
    assert max(map(len, said.out.splitlines())) <= int(width)
    assert "…" not in said.out.replace(", …", "").replace("=…", "")


@pytest.mark.usefixtures("demo")
def test_one_case_tells_all(wirflow):
    """Facts with sources, unknown ones as unknown, deadlines with derivation, links, history."""
    out = wirflow("status WIR-KO-1").out

    for words in (
        "unbekannt",
        "20-V-33-0003, 1.3",
        "Bescheid endet",
        "Erinnerungen: 30.06.2021",
        "WIR-KO-2",
        "Übernommen",
        "Verlängerung erfassen",
        "ist nicht sicher",
    ):
        assert words in out, words


@pytest.mark.usefixtures("demo")
def test_what_is_due_says_for_whom_and_by_which_law(wirflow):
    """Each deadline names its readers and its law, and its derivation if asked."""
    said = wirflow("due --until 2021-12-31 --explain")

    assert "Amtsleitung Zuwanderung und Integration" in said.out
    assert "§ 69 Abs. 2 HPVG" in said.out
    assert "Maßgebend ist der 31.12.2021" in said.out
    with_reminders = wirflow("due --until 2021-12-31 --reminders --format json").json
    assert {item["kind"] for item in with_reminders} == {"due", "reminder"}
    assert wirflow("due --until 2020-12-11").err.strip() == "Bis zum 11.12.2020 ist nichts fällig."


@pytest.mark.usefixtures("later")
def test_a_notice_can_be_read_and_sent_again(wirflow):
    """By number or key: its text, all that is known of it; what was sent is not sent twice."""
    key = wirflow("notices --format json").json[0]["key"]

    assert "Betreff:" in wirflow("notices", "preview", key).out
    assert wirflow("notices show 1 --format json").json["key"] == key
    assert wirflow("notices retry 1").code == 2
    assert wirflow("notices retry all").code == 0
    assert wirflow("notices show 9999").code == 2


@pytest.mark.usefixtures("later")
def test_a_workflow_is_drawn_with_where_a_case_stands(wirflow):
    """As Mermaid, DOT and SVG; `--case` marks the state and the way, in the version that the case keeps."""
    assert wirflow("diagram grant_application").out.startswith("stateDiagram")
    assert "▶ Ausgelaufen" in wirflow("diagram grant_application --case WIR-KO-1 --format dot").out
    drawn = wirflow("diagram --case WIR-KO-1 --format svg --lang en").out
    assert "▶ Expired" in drawn
    assert "✓ 1 Jan 2022" in drawn
    assert "not the newest" not in drawn
    assert wirflow("diagram position --case WIR-KO-1").code == 2
    assert wirflow("diagram position --format png").code == 2
    assert wirflow("diagram").code == 2
    assert wirflow("diagram position --all").code == 2
    assert "'position'" in wirflow("diagram postion").err


def test_a_case_on_an_older_version_is_drawn_with_it(wirflow, later):
    """Who edits a file changes no running case: its picture shows what it goes by, and says so."""
    (later / "workflows").mkdir(exist_ok=True)
    file = later / "workflows" / "grant_application.yaml"
    file.write_text(
        wirflow_file("grant_application").replace("de: Ausgelaufen", "de: Vorbei"), encoding="utf-8"
    )
    assert wirflow("migrate").code == 0

    assert "Vorbei" in wirflow("diagram grant_application").out
    drawn = wirflow("diagram --case WIR-KO-1").out
    assert "Ausgelaufen" in drawn
    assert "Vorbei" not in drawn
    assert "nicht die neueste" in drawn


def wirflow_file(name):
    """The text of a workflow that ships with wirflow."""
    from wirflow.office import content  # noqa: PLC0415 - only here

    return (content.shipped("workflows") / f"{name}.yaml").read_text(encoding="utf-8")


def test_a_file_is_drawn_without_an_office(wirflow, tmp_path):
    """A definition file needs no office; what is wrong with it is told, with exit 1."""
    file = tmp_path / "permit.yaml"
    file.write_text(
        "wirflow: 1\nworkflow: permit\nstates: {a: {initial: true}, b: {final: true}}\n"
        "roles: {clerk: {}}\ntransitions: {go: {from: a, to: b, by: clerk}}\n",
        encoding="utf-8",
    )
    said = wirflow("diagram permit.yaml")
    assert "s_a --> s_b : Go" in said.out
    file.write_text("wirflow: 1\nworkflow: permit\n", encoding="utf-8")
    said = wirflow("diagram permit.yaml")
    assert said.code == 1
    assert "permit.yaml:1" in said.err
    assert wirflow("diagram nowhere.yaml").code == 2


@pytest.mark.usefixtures("demo")
def test_a_picture_goes_into_a_file(wirflow, tmp_path):
    """`--output` writes the file and nothing on stdout; its ending says the format."""
    said = wirflow("diagram", "position", "-o", str(tmp_path / "p.svg"))
    assert (said.code, said.out) == (0, "")
    assert (tmp_path / "p.svg").read_text(encoding="utf-8").startswith("<svg")
    wirflow("diagram", "position", "--output", str(tmp_path / "p.gv"))
    assert (tmp_path / "p.gv").read_text(encoding="utf-8").startswith("digraph")
    wirflow("diagram", "position", "--format", "dot", "--output", str(tmp_path / "p.svg"))
    assert (tmp_path / "p.svg").read_text(encoding="utf-8").startswith("digraph")
    assert wirflow("diagram", "position", "-o", str(tmp_path / "nowhere" / "p.svg")).code in {2, 3}


def test_all_workflows_and_what_links_them(wirflow):
    """`--all` draws each workflow as a box, with what they know of each other and tell each other."""
    drawn = wirflow("diagram --all --lang en").out
    assert drawn.count(" as s_") == 5
    assert "s_council_paper --> s_grant_application" in drawn
    assert "→ Record the order to apply" in drawn


def test_check_finds_nothing_in_what_ships_and_something_in_what_is_broken(wirflow, demo):
    """What ships is sound; a broken file gives findings with file, line and column, and exit 1."""
    assert wirflow("check --quick").code == 0
    (demo / "workflows" / "position.yaml").write_text("wirflow: 1\nworkflow: position\n", encoding="utf-8")

    said = wirflow("check")
    one = wirflow("check workflows/position.yaml --format json")

    assert said.code == one.code == 1
    assert "position.yaml:" in said.out
    assert one.json[0]["line"] >= 1
    assert wirflow("check nowhere.yaml").code == 2
    assert wirflow("doctor").code == 1


def test_check_says_when_other_files_keep_runs_from_being_tried(wirflow, demo):
    """Nothing found is no proof if nothing was tried: what stands in the way is named, beside the data."""
    sound = Path(__file__).parents[2] / "workflows" / "council_paper.yaml"
    (demo / "workflows" / "mine.yaml").write_text("wirflow: 1\nworkflow: mine\n", encoding="utf-8")
    for command in ("check", "check --format json"):
        said = wirflow(f"{command} {sound} --lang en")
        assert said.code == 0
        assert "No runs were tried" in said.err
        assert "mine.yaml" in said.err
    assert "No runs" not in wirflow("check --lang en").err + wirflow(f"check {sound} --quick --lang en").err


def test_check_judges_the_offices_own_rules(wirflow, demo):
    """A rule of law of the office's own is checked with its path."""
    with (demo / "wirflow.toml").open("a") as file:
        file.write('\n[rules.club]\ntitle = "Club"\n')

    said = wirflow("check")

    assert said.code == 1
    assert "rules.club.law" in said.out
    line = (demo / "wirflow.toml").read_text(encoding="utf-8").splitlines().index("[rules.club]") + 1
    found = wirflow("check --format json").json
    assert [(item["line"], item["column"]) for item in found if item["code"] == "own-rule"] == [(line, 1)]


@pytest.mark.parametrize("command", ["due", "status"])
def test_what_was_computed_is_shown_though_the_offices_rules_are_wrong(wirflow, demo, command):
    """Deadlines stand as they were computed; that new ones cannot be is said beside them."""
    whole = wirflow(f"{command} --format json")
    assert "Achtung" not in whole.err
    with (demo / "wirflow.toml").open("a") as file:
        file.write('\n[rules.club]\ntitle = "Club"\n')

    said = wirflow(f"{command} --format json")

    assert said.json == whole.json
    assert "'wirflow check' nennt die Stellen" in said.err


def test_a_role_that_no_workflow_has_is_found_where_it_stands(wirflow, demo):
    """A person who was given a misspelt role would hear of nothing: `check` and `doctor` say where."""
    toml = demo / "wirflow.toml"
    text = toml.read_text(encoding="utf-8").replace('roles = ["treasury"]', 'roles = ["treasury", "clrk"]')
    toml.write_text(text, encoding="utf-8")
    line = next(number for number, words in enumerate(text.splitlines(), 1) if "clrk" in words)

    (found,) = wirflow("check --format json").json
    assert (found["code"], found["line"], found["column"]) == ("unknown-role-of-person", line, 22)
    assert "'clerk'" in found["hint"]
    said = wirflow("doctor")
    assert said.code == 1
    assert f"wirflow.toml:{line}:22: " in said.out.replace("\n  ", " ")


def test_check_works_without_an_office(wirflow):
    """What ships can be checked anywhere."""
    assert wirflow("check --quick").code == 0


def test_check_tries_runs_and_writes_one_that_breaks_a_promise(wirflow, demo):
    """A broken promise is told with its run; the run is written as a scenario that goes as it is written."""
    folder = demo / "workflows"
    (folder / "loose.yaml").write_text(
        "wirflow: 1\nworkflow: loose\ntitle: Loose\nroles: {clerk: {}}\n"
        "states: {open: {initial: true}, paid: {final: true}}\n"
        "transitions: {pay: {from: open, to: paid, by: [clerk]}}\n"
        "invariants: {never: {always: '!final'}}\n",
        encoding="utf-8",
    )

    said = wirflow("check workflows/loose.yaml --bounds --counterexample found.yaml")

    assert said.code == 1
    assert "CASE pay ⇒ paid" in said.out
    assert "loose: never: " in said.out + said.err
    assert wirflow("check workflows/loose.yaml --quick").code == 0
    assert wirflow("test found.yaml").code == 0


@pytest.mark.usefixtures("later")
def test_a_long_outbox_is_shown_page_by_page(wirflow, monkeypatch):
    """A table ends with the newest notices and says how to see those before them; nothing is lost between."""
    from wirflow.cli import notices  # noqa: PLC0415 - only this test

    def page(words: str) -> list[int]:
        return [int(row["id"]) for row in csv.DictReader(io.StringIO(wirflow(words).out))]

    numbers = page("notices --format csv")
    assert numbers == sorted(numbers)
    monkeypatch.setattr(notices, "PAGE", len(numbers) - 1)
    said = wirflow("notices --lang en")
    assert said.err == f"There are older ones: --before {numbers[1]}.\n"
    assert said.out.splitlines()[2].split()[0] == str(numbers[1])
    seen, before = [], notices.MOST
    while found := page(f"notices --newest 2 --before {before} --format csv"):
        seen = found + seen
        before = seen[0]
    assert seen == numbers
    assert wirflow("notices --newest 0").code == 2
    assert wirflow(f"notices --newest {2**63}").code == 2


@pytest.mark.parametrize(
    "key",
    [
        "0",
        "-1",
        "99999999999999999999",
        "٣",
        "x",
        "/",
        "////",
        "a/b/c/d/e",
        "\x1b[31mred\u202e",
        "'; DROP TABLE outbox; --",
        "",
    ],
)
@pytest.mark.usefixtures("later")
def test_a_notice_that_is_none_is_told_without_harm(wirflow, key):
    """Whatever is typed for a notice: an unknown one, in words, and nothing that a terminal would obey."""
    for verb in ("show", "preview", "retry"):
        said = wirflow("notices", verb, "--", key)
        assert said.code == 2
        assert "\x1b" not in said.err
        assert "\u202e" not in said.err
    assert wirflow("notices").code == 0


@pytest.mark.usefixtures("later")
def test_as_of_a_day_there_is_no_later_notice(wirflow):
    """What was written later is not there yet, what went out later was waiting; nothing else is missing."""

    def day(moment: str) -> str:
        return civil_date(unstamp(moment), "Europe/Berlin").isoformat()

    now = wirflow("status WIR-KO-1 --format json").json["notices"]
    days = sorted({day(notice["created_at"]) for notice in now})
    assert len(days) > 1
    for one in ("2020-12-31", *days):
        then = wirflow(f"status WIR-KO-1 --as-of {one} --format json").json["notices"]
        assert [item["key"] for item in then] == [
            item["key"] for item in now if day(item["created_at"]) <= one
        ]
        assert all(item["sent_at"] is None or day(item["sent_at"]) <= one for item in then)


@pytest.mark.usefixtures("demo")
def test_what_a_portfolio_brings_was_found_and_not_begun(wirflow):
    """Also a case that stands in its first state because the portfolio names none."""
    assert wirflow("audit export trail.csv --as csv").code == 0
    with Path("trail.csv").open(encoding="utf-8", newline="") as file:
        assert {row["kind"] for row in csv.DictReader(file)} == {"import"}
