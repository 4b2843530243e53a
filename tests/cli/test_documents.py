"""Documents as a person has them: taken in, refused, listed, given out, compared, enclosed, tidied away."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from wirflow.errors import WorldError
from wirflow.store.documents import Documents
from wirflow.text import Text

WORKFLOW = """
wirflow: 1
workflow: award
roles: {clerk: {}}
corrections: {by: [clerk]}
fields:
  letter: {type: document}
  secret: {type: document, personal: true}
  copy: {type: document}
  tags: {type: list, of: text}
states: {open: {initial: true}, done: {final: true}}
transitions:
  file:
    from: open
    by: [clerk]
    input: {letter: required, secret: optional}
    requires: [{when: 'letter.media_type == "application/pdf"', else: {de: Kein PDF., en: No PDF.}}]
  keep: {from: open, by: [clerk], set: {copy: letter}}
"""


@pytest.fixture
def office(wirflow, tmp_path, monkeypatch):
    """An office whose cases have documents; the present folder."""
    assert wirflow("init", "office").code == 0
    folder = tmp_path / "office"
    monkeypatch.chdir(folder)
    settings = folder / "wirflow.toml"
    text = settings.read_text(encoding="utf-8").replace("[office]", '[office]\nperson = "sachbearbeitung"')
    settings.write_text(text.replace('lang = "de"', 'lang = "en"'), encoding="utf-8")
    (folder / "workflows" / "award.yaml").write_text(WORKFLOW, encoding="utf-8")
    Path("letter.pdf").write_bytes(b"letter")
    Path("secret.txt").write_bytes(b"secret")
    assert wirflow("new award A-1").code == 0
    return folder


def files_of(folder: Path) -> list[Path]:
    """The files that an office keeps."""
    return [path for path in (folder / "documents").glob("**/*") if path.is_file()]


@pytest.mark.usefixtures("office")
def test_a_document_is_taken_listed_and_given_out(wirflow, tmp_path):
    """The case shows name and size, the list the hash, and the bytes come back."""
    said = wirflow("do A-1 file --set letter=@letter.pdf --set secret=@secret.txt")
    assert said.code == 0, said.err
    assert "letter.pdf (6 bytes)" in wirflow("status A-1").out
    rows = {row["field"]: row for row in wirflow("documents --format json").json}
    assert rows["letter"]["sha256"] == sha256(b"letter").hexdigest()
    assert {row["state"] for row in rows.values()} == {"kept"}
    assert wirflow("documents", "get", "A-1", "letter", str(tmp_path)).code == 0
    assert (tmp_path / "letter.pdf").read_bytes() == b"letter"
    assert wirflow("documents", "get", "A-1", "letter", str(tmp_path)).code == 2
    assert wirflow("documents get A-1 leter x").code == 2
    assert wirflow("audit verify").code == 0
    today = wirflow("status A-1 --format json").json["since"][:10]
    past = wirflow(f"status A-1 --as-of {today} --format json").json["data"]
    assert (past["letter"]["name"], past["secret"]["name"]) == ("letter.pdf", "secret.txt")
    assert wirflow("documents --format csv").out.count("\n") == 3


@pytest.mark.usefixtures("office")
def test_earlier_versions_can_be_had(wirflow):
    """A file that another one replaced is still named by its entry."""
    wirflow("do A-1 file --set letter=@letter.pdf")
    Path("letter.pdf").write_bytes(b"second")
    wirflow("do A-1 keep")
    wirflow("do A-1 file --set letter=@letter.pdf")
    rows = wirflow("documents A-1 --format json").json
    assert [(row["field"], row["current"]) for row in rows] == [
        ("copy", True),
        ("letter", False),
        ("letter", True),
    ]
    assert wirflow("documents get A-1 letter old.pdf --entry 2").code == 0
    assert Path("old.pdf").read_bytes() == b"letter"
    assert wirflow("documents get A-1 letter new.pdf").code == 0
    assert Path("new.pdf").read_bytes() == b"second"


def test_what_is_refused_or_tried_keeps_nothing(wirflow, office):
    """Neither a rule that says no nor a trial leaves a file behind, and a wrong path leaves no entry."""
    for words, code in (
        ("do A-1 file --set letter=@secret.txt", 1),
        ("do A-1 file --set letter=@letter.pdf --dry-run", 0),
        ("do A-1 file --set letter=@none.pdf", 2),
        ("do A-1 file --set letter=@.", 2),
        ("do A-1 file --set letter=", 2),
        ("do A-1 file", 2),
    ):
        assert wirflow(words).code == code, words
    assert files_of(office) == []
    assert len(wirflow("audit show A-1 --format json").json) == 1


def test_a_limit_is_set_in_the_settings(wirflow, office):
    """`max_megabytes` refuses what is larger, and the case stays as it was."""
    path = office / "wirflow.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n[documents]\nmax_megabytes = 1\n", encoding="utf-8")
    Path("large.pdf").write_bytes(b"x" * 1_000_001)
    said = wirflow("do A-1 file --set letter=@large.pdf")
    assert (said.code, "max_megabytes" in said.err) == (2, True)
    assert files_of(office) == []
    path.write_text(path.read_text(encoding="utf-8").replace("= 1\n", "= 0\n"), encoding="utf-8")
    assert wirflow("status").code == 2


@pytest.mark.usefixtures("office")
def test_a_full_disk_leaves_the_case_as_it_was(wirflow, monkeypatch):
    """What cannot be kept is not recorded: the entry and the file are there together, or neither is."""

    def full(_self: Documents, _unread: object) -> None:
        raise WorldError(Text("voll", "full"))

    monkeypatch.setattr(Documents, "keep", full)
    assert wirflow("do A-1 file --set letter=@letter.pdf").code == 3
    assert len(wirflow("audit show A-1 --format json").json) == 1


def test_files_are_named_from_where_they_are_named(wirflow, office, tmp_path):
    """A portfolio and a table name files from their own folder."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "scan.pdf").write_bytes(b"scan")
    (inbox / "cases.yaml").write_text(
        "wirflow: 1\nportfolio: p\non: 2021-01-01\nas: sachbearbeitung\ncases:\n"
        "  A-2: {workflow: award, data: {letter: scan.pdf, tags: [a, b]}}\n",
        encoding="utf-8",
    )
    (inbox / "cases.csv").write_text(
        'key,workflow,letter,tags\nA-3,award,scan.pdf,"a, ""b, c"""\n', encoding="utf-8"
    )
    for name in ("cases.yaml", "cases.csv"):
        said = wirflow("import", str(inbox / name))
        assert said.code == 0, said.err
    for key, tags in (("A-2", ["a", "b"]), ("A-3", ["a", "b, c"])):
        data = wirflow(f"status {key} --format json").json["data"]
        assert (data["letter"]["name"], data["letter"]["size"], data["tags"]) == ("scan.pdf", 4, tags)
    (inbox / "cases.csv").write_text("key,workflow,letter\nA-4,award,gone.pdf\n", encoding="utf-8")
    assert wirflow("import", str(inbox / "cases.csv")).code == 2
    assert len(files_of(office)) == 1


def test_a_scenario_needs_no_files(wirflow, office):
    """A path stands for a document, and so do its parts; guards ask it as they would the real one."""
    folder = office / "scenarios"
    folder.mkdir(exist_ok=True)
    (folder / "files.yaml").write_text(
        """\
scenario: files
people: {anna: {name: A, roles: [clerk]}}
steps:
  - {at: 2021-01-04, new: {key: S-1, workflow: award, data: {}}}
  - {at: 2021-01-05, do: S-1 file, as: anna, set: {letter: nowhere/letter.pdf}}
  - {at: 2021-01-06, expect: {S-1: {data: {letter: nowhere/letter.pdf}}}}
  - {at: 2021-01-07, do: S-1 file, as: anna, set: {letter: {name: x.txt, sha256: %s}}, refused: true}
"""
        % ("0" * 64),
        encoding="utf-8",
    )
    said = wirflow("test", "scenarios/files.yaml")
    assert said.code == 0, said.out + said.err


def test_the_doctor_names_what_is_missing_changed_or_left_over(wirflow, office):
    """Each kind of damage is named, and 'verify' exits with a finding."""
    wirflow("do A-1 file --set letter=@letter.pdf --set secret=@secret.txt")
    kept = office / "documents" / sha256(b"letter").hexdigest()[:2] / sha256(b"letter").hexdigest()[2:]
    kept.write_bytes(b"lettes")
    (office / "documents" / "draft-x").write_bytes(b"half")
    signs = [sign["text"] for sign in wirflow("doctor --format json").json if sign["name"] == "documents"]
    assert len(signs) == 2
    assert "A-1/letter letter.pdf" in signs[0]
    said = wirflow("documents verify --format json")
    assert (said.code, {row["field"]: row["state"] for row in said.json}) == (
        1,
        {"letter": "changed", "secret": "kept"},
    )
    assert wirflow("documents get A-1 letter out.pdf").code == 3
    assert not Path("out.pdf").exists()
    kept.unlink()
    assert {row["state"] for row in wirflow("documents --format json").json} == {"missing", "kept"}
    assert wirflow("audit export b.zip --as bundle --documents").code == 3
    assert not Path("b.zip").exists()
    assert wirflow("documents prune --format json").json == []
    assert len(wirflow("documents prune --young --format json").json) == 1
    assert not (office / "documents" / "draft-x").exists()
    assert len(files_of(office)) == 1


def test_an_erased_document_is_tidied_away(wirflow, office):
    """Once the value of a personal field is erased, nothing names its file any more."""
    wirflow("do A-1 file --set letter=@letter.pdf --set secret=@secret.txt")
    with sqlite3.connect(office / "wirflow.db") as connection:
        connection.execute("UPDATE personal SET value = NULL, salt = NULL")
    (stray,) = wirflow("documents prune --young --format json").json
    assert stray["path"].endswith(sha256(b"secret").hexdigest()[2:])
    assert wirflow("documents verify").code == 0


@pytest.mark.usefixtures("office")
def test_a_bundle_encloses_the_files_and_proves_them(wirflow):
    """Enclosed files verify; a changed one, and one that no entry names, is found."""
    wirflow("do A-1 file --set letter=@letter.pdf --set secret=@secret.txt")
    for more, count in (([], 1), (["--reveal"], 2)):
        assert wirflow("audit", "export", "b.zip", "--as", "bundle", "--documents", *more).code == 0
        with zipfile.ZipFile("b.zip") as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        assert sum(name.startswith("document-") for name in members) == count
        assert wirflow("audit verify b.zip").code == 0
    document = f"document-{sha256(b'letter').hexdigest()}"
    for changed, code in (
        ({document: b"lettes"}, "document_changed"),
        ({"document-" + sha256(b"x").hexdigest(): b"x"}, "document_unknown"),
    ):
        with zipfile.ZipFile("c.zip", "w") as archive:
            for name, content in {**members, **changed}.items():
                archive.writestr(name, content)
        said = wirflow("audit verify c.zip --format json")
        assert (said.code, [row["code"] for row in said.json["findings"]]) == (1, [code])


@pytest.mark.usefixtures("office")
def test_a_document_that_nobody_kept_is_refused(wirflow):
    """Parts alone are no file: an office records only what lies in it."""
    portfolio = {"name": "x.pdf", "sha256": "0" * 64}
    Path("p.yaml").write_text(
        "wirflow: 1\nportfolio: p\non: 2021-01-01\nas: sachbearbeitung\ncases:\n"
        f"  A-2: {{workflow: award, data: {{letter: {json.dumps(portfolio)}}}}}\n",
        encoding="utf-8",
    )
    said = wirflow("import p.yaml")
    assert (said.code, "is not here" in said.err) == (2, True)
