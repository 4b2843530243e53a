"""What an operator sees and does: failed timers, a clock set back, another database."""

from __future__ import annotations

import sqlite3

import pytest


@pytest.fixture
def poisoned(wirflow, demo):
    """The practice office after two deadlines failed, by a template that was broken."""
    broken = demo / "templates" / "award_ending.de.j2"
    broken.write_text("Betreff: {{ case.kee }}\n", encoding="utf-8")
    said = wirflow("run --once --on 2021-07-01 --format json")
    assert (said.code, said.json["failed"]) == (1, 2)
    broken.unlink()
    return demo


@pytest.mark.usefixtures("poisoned")
def test_a_failed_deadline_is_seen_wherever_one_looks(wirflow):
    """`doctor` says which case, since when and why; `status` names the case; the case says it itself."""
    doctor = wirflow("--lang en doctor")
    assert doctor.code == 1
    assert "WIR-KO-1, award_end" in doctor.out
    assert "due since 2021-06-30: " in doctor.out
    assert "kee" in doctor.out
    sign = next(item for item in wirflow("doctor --format json").json if item["name"] == "timers")
    assert (sign["grade"], len(sign["details"])) == ("bad", 2)
    assert "(WIR-KO-1, WIR-FM)" in wirflow("status").out
    assert [item["status"] for item in wirflow("status WIR-KO-1 --format json").json["troubles"]] == [
        "failed"
    ]


@pytest.mark.usefixtures("poisoned")
def test_a_failed_deadline_is_tried_again_on_command(wirflow):
    """After `doctor --rearm` they fire at the next beat, and nothing has failed any more."""
    assert "2 " in wirflow("doctor --rearm").err
    assert wirflow("run --once --format json").json["fired"] == 2
    assert "gescheitert (" not in wirflow("status").out
    assert (
        next(item for item in wirflow("doctor --format json").json if item["name"] == "timers")["grade"]
        == "good"
    )


def test_a_clock_that_was_set_back_is_told_before_somebody_acts(wirflow, demo):
    """`do` and `new` warn, `doctor` names it, and in a practice office the hint is its own."""
    assert wirflow("do WIR-KO-1 edit --dry-run").err.count("Uhr") == 0
    toml = demo / "wirflow.toml"
    words = toml.read_text(encoding="utf-8")
    assert "today = 2020-12-10" in words
    toml.write_text(words.replace("today = 2020-12-10", "today = 2020-11-10"), encoding="utf-8")
    for command in ("do WIR-KO-1 edit --dry-run", "new position POS-9 --dry-run"):
        said = wirflow(command)
        assert "Die Uhr geht nach" in said.err
        assert "'today' zu früh" in said.err
    sign = next(item for item in wirflow("doctor --format json").json if item["name"] == "clock")
    assert sign["grade"] == "bad"
    assert "today" in sign["hint"]


def test_an_office_moves_to_another_database(wirflow, demo):
    """`copy --to` says what was compared and what to write into `wirflow.toml`; then everything is there."""
    before = wirflow("status --format json").json
    said = wirflow("--lang en copy --to sqlite:///moved.db")
    assert said.code == 0
    assert "are the same on both sides" in said.out
    line = 'database = "sqlite:///moved.db"'
    assert line in said.out
    toml = demo / "wirflow.toml"
    toml.write_text(
        toml.read_text(encoding="utf-8").replace('database = "sqlite:///wirflow.db"', line), encoding="utf-8"
    )
    (demo / "wirflow.db").unlink()
    assert wirflow("status --format json").json == before
    assert wirflow("doctor").code == 0
    assert wirflow("run --once --on 2021-07-01").code == 0


@pytest.mark.usefixtures("demo")
def test_a_copy_into_the_wrong_place_changes_nothing(wirflow):
    """The office's own database, one that holds something, and what is no address are wrong use."""
    assert wirflow("copy --to sqlite:///other.db --format json").json["rows"]["cases"] == 16
    for url in ("sqlite:///wirflow.db", "sqlite:///other.db", "nonsense"):
        said = wirflow("copy", "--to", url)
        assert (said.code, said.out) == (2, "")
    assert wirflow("copy").code == 2


def test_an_unfinished_copy_is_refused_for_work(wirflow, demo, monkeypatch):
    """Whoever points an office at a copy that broke off is told so, by every command."""
    wirflow("copy --to sqlite:///other.db")
    with sqlite3.connect(demo / "other.db") as database:
        database.execute("UPDATE alembic_version SET version_num = version_num || '-copying'")
    database.close()
    monkeypatch.setenv("WIRFLOW_DATABASE", f"sqlite:///{demo / 'other.db'}")
    for command in ("status", "do WIR-KO-1 edit", "run --once", "migrate", "doctor"):
        said = wirflow(command)
        assert said.code == 3
        assert "nicht fertig" in said.err
