"""A database that was damaged, changed by hand or lost says so, and what to do."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def _sql(office: Path, statement: str) -> None:
    connection = sqlite3.connect(office / "wirflow.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE definitions SET form = '{'", "UPDATE cases SET data = '[1'", "DELETE FROM definitions"],
)
def test_a_row_that_nobody_can_read_is_told_with_what_to_do(wirflow, demo, statement):
    """A row that was changed by hand is an error of the database, with the way to find it and to heal it."""
    _sql(demo, statement)
    for command in ("status", "status WIR-KO-1"):
        said = wirflow(f"{command} --lang en")
        assert said.code == 3
        assert "cannot be read" in said.err
        assert "'wirflow audit verify'" in said.err


def test_a_torn_file_is_restored_from_the_backup(wirflow, demo):
    """A file that is cut off is said to be damaged: neither permissions nor space are the matter."""
    file = demo / "wirflow.db"
    file.write_bytes(file.read_bytes()[:5000])
    said = wirflow("status --lang en")
    assert said.code == 3
    assert "restore the last backup" in said.err


def test_a_lost_database_is_not_offered_to_be_made_anew_first(wirflow, demo):
    """Where an office had a database, the first advice is its address and its backup."""
    for file in demo.glob("wirflow.db*"):
        file.unlink()
    said = wirflow("status --lang en")
    assert said.code == 3
    assert "restore" in said.err
    assert "WIRFLOW_DATABASE" in said.err


def test_an_office_that_could_not_be_made_leaves_nothing(wirflow, tmp_path):
    """Where the database cannot be had, no half of an office stays that a second try would stumble over."""
    address = f"postgresql+psycopg://somebody:geheim@/none?host={tmp_path}"
    said = wirflow("init", str(tmp_path / "office"), "--database", address, "--lang", "en")
    assert said.code == 3
    assert "Does the server run?" in said.err
    assert "geheim" not in said.err
    assert not (tmp_path / "office").exists()
    assert wirflow("init", str(tmp_path / "office")).code == 0


def test_one_database_is_one_office(wirflow, tmp_path):
    """A second office over the same database would sign its trail with another key."""
    address = f"sqlite:///{tmp_path / 'shared.db'}"
    assert wirflow("init", str(tmp_path / "first"), "--database", address).code == 0
    said = wirflow("init", str(tmp_path / "second"), "--database", address, "--lang", "en")
    assert said.code == 2
    assert "There is an office in this database already" in said.err
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_that_forgets_is_none_for_an_office(wirflow, tmp_path, address):
    """What is in memory only would be gone with the command."""
    assert wirflow("init", str(tmp_path / "office"), "--database", address).code == 2
    assert not (tmp_path / "office").exists()


def test_an_address_that_cannot_be_read_keeps_its_password(wirflow, tmp_path):
    """An error repeats no password, of no kind of database."""
    said = wirflow("init", str(tmp_path / "office"), "--database", "mysql://root:geheim@host/name")
    assert said.code == 2
    assert "geheim" not in said.err
    assert "mysql://root:***@host" in said.err


@pytest.mark.parametrize(
    "call",
    [
        "do WIR-KO-2 submit --set amount_requested=60000 --as sachbearbeitung --on=",
        "do WIR-KO-2 submit --set amount_requested=60000 --as=",
        "due --until=",
        "forecast --until=next",
        "forecast --until=99999",
    ],
)
def test_an_option_with_nothing_behind_it_is_no_option_left_out(wirflow, demo, call):
    """An empty variable of a script must not make today, or somebody else, out of what was meant."""
    assert demo
    said = wirflow(f"{call} --lang de")
    assert said.code == 2
    assert "is not" not in said.err


def test_a_folder_in_place_of_a_file_is_called_a_folder(wirflow, demo):
    """What is there is not said to be missing."""
    said = wirflow("check", str(demo / "workflows"), "--lang", "en")
    assert said.code == 2
    assert "is a folder" in said.err


def test_what_is_no_bundle_is_told_in_both_languages(wirflow, tmp_path):
    """A file that is no archive is no bundle, in German, too."""
    (tmp_path / "bundle.zip").write_bytes(b"nothing")
    said = wirflow("audit", "verify", str(tmp_path / "bundle.zip"), "--lang", "de")
    assert said.code == 1
    assert "kein unversehrtes ZIP-Archiv" in said.err
