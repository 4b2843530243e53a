"""`init`, `import`, `run`, `audit`, `migrate`, `doctor`: an office and its upkeep."""

from __future__ import annotations

import stat

import pytest


def test_a_new_office_is_whole(wirflow, tmp_path):
    """Settings, folders, database and a key that only its owner can read; a second time is refused."""
    said = wirflow("init", "office", "--name", "Amt 51", "--lang", "de", "--land", "BY")

    assert said.code == 0
    folder = tmp_path / "office"
    assert stat.S_IMODE((folder / "audit.key").stat().st_mode) == 0o600
    assert 'name = "Amt 51"' in (folder / "wirflow.toml").read_text()
    assert wirflow("doctor", "--office", "office").code == 0
    assert wirflow("init", "office").code == 2
    assert wirflow("init", "elsewhere", "--land", "XX").code == 2
    assert not (tmp_path / "elsewhere").exists()


def test_an_office_lies_in_a_folder_of_any_name(wirflow, tmp_path, monkeypatch):
    """Characters that mean something in an address are part of the path like all others."""
    home = tmp_path / "Amt 51? 100% #1 & mehr"
    home.mkdir()
    monkeypatch.chdir(home)

    assert wirflow("init", "office").code == 0
    assert (home / "office" / "wirflow.db").is_file()
    said = wirflow("doctor", "--office", str(home / "office"))
    assert (said.code, said.err) == (0, "")
    assert wirflow("copy", "--to", "sqlite:///copy.db", "--office", str(home / "office")).code == 0
    assert (home / "office" / "copy.db").is_file()


def test_cases_come_in_from_a_table(wirflow, demo):
    """A CSV file brings cases that link to each other in any order."""
    (demo / "cases.csv").write_text(
        "key;workflow;state;link:proof;purpose;award_ends;funder;programme;funds;amount_per_year\n"
        "X-1;grant_application;approved;X-VN;Boote;31.12.2020;Land;P;projects;1.000,00\n"
        "X-VN;proof_of_use;due;;Boote;2020-12-31;;;;\n",
        encoding="utf-8",
    )

    said = wirflow("import cases.csv --format json")

    assert said.code == 0, said.err
    assert {case["key"]: case["state"] for case in said.json} == {"X-1": "approved", "X-VN": "due"}
    assert wirflow("status X-1 --format json").json["data"]["amount_per_year"] == "1000.00"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"x" * (16 * 1024 * 1024 + 1), "cases.csv:1:1: Die Datei ist größer als 16 MiB."),
        (b"\xef\xbb\xbfkey,workflow\nX,F\xf6rderung\n", "cases.csv:2:4: Die Datei ist nicht in UTF-8"),
        (b"key,workflow\nX," + b"y" * 200_000, "cases.csv:2:1: Eine Zelle ist zu lang."),
    ],
)
def test_a_file_that_is_no_table_is_told_by_its_place(wirflow, demo, raw, words):
    """What is too large, not UTF-8 or no CSV ends in a finding with a place, and is not read on."""
    (demo / "cases.csv").write_bytes(raw)

    said = wirflow("import cases.csv")

    assert (said.code, words in said.err) == (1, True), said.err


def test_a_table_with_errors_brings_nothing(wirflow, demo):
    """All errors are told at once with file, line and column, and no case is taken over."""
    (demo / "cases.csv").write_text(
        "key,workflow,state,link:proof,purpose,funds,funder,programme\n"
        "WIR-KO-1,grant_application,,,a,projects,b,c\n"
        "X-2,grant_aplication,,,a,projects,b,c\n"
        "X-3,grant_application,aproved,VN-KO1,a,project,b,c\n"
        "X-4,grant_application,,,a,projects,,c\n"
        ",grant_application,,,a,projects,b,c\n"
        "X-5,grant_application,,,a,projects,b,c,d\n",
        encoding="utf-8",
    )

    said = wirflow("import cases.csv")

    assert said.code == 1
    for place in ("2:1", "3:2", "4:3", "4:4", "4:6", "5:1", "6:1", "7:9"):
        assert f"cases.csv:{place}" in said.err, place
    assert "X-5" not in wirflow("status --format csv").out


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("key,workflow,purpos", "Meinten Sie 'purpose'?"),
        ("key,purpose", "'workflow' fehlt"),
        ("key,workflow,key", "zweimal"),
    ],
)
def test_the_head_of_a_table_is_judged_first(wirflow, demo, head, words):
    """An unknown, missing or doubled column is told before any line is read."""
    (demo / "cases.csv").write_text(f"{head}\nX,position,\n", encoding="utf-8")

    said = wirflow("import cases.csv")

    assert said.code == 1
    assert words in said.err


@pytest.mark.usefixtures("demo")
def test_a_portfolio_is_taken_over_once(wirflow):
    """The same cases cannot come in twice; a file that is not there is named."""
    from wirflow.office import content  # noqa: PLC0415 - only this test

    said = wirflow("import", str(content.portfolio("wiesbaden-20-V-33-0003")))

    assert said.code == 2
    assert "20-V-33-0003" in said.err
    assert wirflow("import nowhere.csv").code == 2
    assert wirflow("import nowhere.yaml").code == 2


def test_the_clock_of_a_practice_office_moves_on(wirflow, demo):
    """`run --once --on` lets everything happen up to that day, and never goes back."""
    said = wirflow("run --once --on 2022-01-01 --format json")

    assert said.code == 0
    assert said.json["today"] == "2022-01-01"
    assert said.json["fired"] > 10
    assert said.json["sent"] > 10
    assert wirflow("status WIR-KO-1 --format json").json["state"] == "expired"
    assert wirflow("run --once --on 2021-01-01").code == 2
    assert wirflow("run --once").out.strip() == "Nichts war fällig."
    assert "# Übungsamt" in (demo / "wirflow.toml").read_text()


@pytest.mark.usefixtures("demo")
def test_real_time_cannot_be_moved_and_stopped_time_cannot_run(wirflow):
    """Only a practice office's clock is set by hand, and only by `--once`."""
    assert wirflow("run").code == 2
    assert wirflow("run --on 2022-01-01").code == 2
    wirflow("init", "real")
    assert wirflow("run --once --on 2030-01-01 --office real").code == 2
    assert wirflow("run --once --office real").code == 0


def test_the_trail_verifies_where_it_lies_and_outside(wirflow, demo):
    """The live trail and a bundle of it verify; a changed row does not."""
    wirflow("do WIR-KO-2 submit --set amount_requested=60000 --as sachbearbeitung")
    note = wirflow("audit seal")
    assert note.out.startswith("wirflow/")
    (demo / "note.txt").write_text(note.out, encoding="utf-8")
    assert wirflow("audit seal").out == note.out
    assert wirflow("audit verify --checkpoint note.txt").code == 0

    assert wirflow("audit export trail.zip --as bundle").code == 0
    assert wirflow("audit verify trail.zip --key audit.pub --checkpoint note.txt").code == 0
    assert wirflow("audit verify trail.zip --format json").json["key_trusted"] is False


@pytest.mark.parametrize("kind", ["jsonl", "csv", "xes", "ocel", "report"])
def test_the_trail_goes_out_in_every_form(wirflow, demo, kind):
    """Whole, or of one case."""
    assert wirflow(f"audit export whole.out --as {kind}").code == 0
    assert wirflow(f"audit export one.out --as {kind} --case WIR-KO-1").code == 0
    assert 0 < (demo / "one.out").stat().st_size < (demo / "whole.out").stat().st_size
    assert "WIR-KO-1" in (demo / "one.out").read_text(encoding="utf-8")


def test_what_somebody_changed_behind_our_back_is_found(wirflow, demo):
    """A state changed in the database alone is a finding, and the office is not in good health."""
    import sqlite3  # noqa: PLC0415 - only here

    with sqlite3.connect(demo / "wirflow.db") as database:
        database.execute("UPDATE cases SET state = 'closed' WHERE key = 'WIR-KO-1'")
    database.close()

    said = wirflow("audit verify")
    assert said.code == 1
    assert "WIR-KO-1" in said.out
    assert wirflow("doctor").code == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE entries SET body = X'ff00' WHERE seq = 1", "case_differs"),
        ("UPDATE entries SET seq = 'x' WHERE case_id = 1", "columns_differ"),
        ("UPDATE entries SET digest = CAST(X'ff' AS TEXT) WHERE case_id = 1", "row_unreadable"),
        ("UPDATE cases SET note = '{' WHERE id = 1", "case_differs"),
        ("UPDATE cases SET data = X'00' WHERE id = 1", "case_differs"),
        ("UPDATE timers SET derivation = '[]' WHERE id = 1", "timer_differs"),
        ("UPDATE checkpoints SET frontier = 'x'", "checkpoint_differs"),
        ("UPDATE definitions SET recorded_at = 'x' WHERE id = 1", "definition_differs"),
    ],
)
def test_rubbish_in_a_column_is_a_finding(wirflow, demo, change, code):
    """Whatever somebody put into the database: verification says what is wrong, and never breaks over it."""
    import sqlite3  # noqa: PLC0415 - only here

    with sqlite3.connect(demo / "wirflow.db") as database:
        assert database.execute(change).rowcount
    database.close()

    said = wirflow("audit verify --format json")
    assert said.code == 1
    assert code in {found["code"] for found in said.json["findings"]}


def test_a_healthy_office_is_told_so(wirflow, demo):
    """Every sign is good, and a role that nobody has is bad."""
    said = wirflow("doctor --format json")
    assert said.code == 0
    assert {sign["grade"] for sign in said.json} == {"good"}

    toml = demo / "wirflow.toml"
    toml.write_text(toml.read_text().replace('roles = ["treasury"]', "roles = []"))
    said = wirflow("doctor")
    assert said.code == 1
    assert "treasury" in said.out


def test_changed_definitions_are_taken_over(wirflow, demo):
    """A changed file is noticed by `doctor` and taken over by `migrate`; cases keep their version."""
    from wirflow.office import content  # noqa: PLC0415 - only this test

    source = (content.shipped("workflows") / "position.yaml").read_text(encoding="utf-8")
    (demo / "workflows" / "position.yaml").write_text(
        source.replace("Stelle", "Planposten"), encoding="utf-8"
    )
    before = wirflow("status POS-SB --format json").json["definition"]["hash"]

    assert "position" in wirflow("doctor").out
    assert wirflow("migrate --format json").json["workflows"] == ["position"]
    assert wirflow("migrate --format json").json["workflows"] == []
    after = wirflow("status POS-SB --format json").json["definition"]
    assert after == {"hash": before, "current": False}


@pytest.mark.usefixtures("demo")
def test_nothing_is_poisoned_and_rearming_says_so(wirflow):
    """`doctor --rearm` gives failed deadlines another try."""
    assert "0 " in wirflow("doctor --rearm").err
