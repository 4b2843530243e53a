"""The files of cases: whole, durable, compared, and never in the way of each other."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import unicodedata
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from wirflow.definition.document import Document, Unread, media_type, plain_name
from wirflow.errors import InputError, WorldError
from wirflow.store import documents as module
from wirflow.store.documents import DRAFT, Documents

LATER = datetime(2100, 1, 1, tzinfo=UTC)


def shelf_in(folder: Path, limit: int = 10_000_000) -> Documents:
    """The files of an office."""
    return Documents(folder / "documents", max_bytes=limit)


def file_in(folder: Path, content: bytes = b"letter", name: str = "letter.pdf") -> Unread:
    """A file that somebody has."""
    (folder / name).write_bytes(content)
    return Unread.at(str(folder / name))


@given(content=st.binary(max_size=3000), name=st.text(min_size=1, max_size=30))
@settings(max_examples=40)
def test_what_is_kept_comes_out_again(tmp_path_factory, content, name):
    """Bytes and hash are the same, whatever is in the file; the name is one that every system takes."""
    folder = tmp_path_factory.mktemp("files")
    shelf, path = shelf_in(folder), folder / "in.pdf"
    path.write_bytes(content)
    document = shelf.keep(Unread.at(str(path)))
    assert document == shelf.measure(Unread.at(str(path)))
    assert (document.sha256, document.size) == (sha256(content).hexdigest(), len(content))
    out = BytesIO()
    shelf.copy(document, out)
    assert out.getvalue() == content
    assert shelf.look(document.sha256) == "kept"
    shown = plain_name(name)
    assert plain_name(shown) == shown
    assert not set(shown) & {"/", "\\", "\0", "\n"}
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Ablage\\Bescheid.pdf", "Bescheid.pdf"),
        ("a\nb\x00\x1b[31m.pdf", "ab[31m.pdf"),
        (unicodedata.normalize("NFD", "Ärger über Öl.pdf"), "Ärger über Öl.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("..", ""),
        ("/", ""),
        ("\u202efdp.exe", "fdp.exe"),
    ],
)
def test_a_name_is_one_that_can_be_shown(name, kept):
    """No folder, no control or invisible character, composed umlauts, not too long."""
    assert plain_name(name) == kept


def test_the_media_type_is_the_same_everywhere():
    """It follows from the extension alone, by a table of our own."""
    assert media_type("A.PDF") == "application/pdf"
    assert media_type("a.unheard-of") == "application/octet-stream"


def test_what_is_no_file_is_refused(tmp_path):
    """A missing path, a folder, a pipe, a device, no path at all: an error, and nothing is kept."""
    shelf = shelf_in(tmp_path)
    os.mkfifo(tmp_path / "pipe.pdf")
    for path in ("none.pdf", ".", "pipe.pdf", "/dev/zero", "a\0b"):
        with pytest.raises(InputError) as caught:
            shelf.keep(Unread("x", "0" * 64, 1, "x/y", str(tmp_path / path)))
        assert caught.value.hint is not None
    assert [path for path in shelf.folder.glob("**/*") if path.is_file()] == []


def test_a_file_that_is_too_large_is_refused(tmp_path):
    """The limit holds, and the error says where it stands."""
    shelf = shelf_in(tmp_path, limit=10)
    assert shelf.keep(file_in(tmp_path, b"x" * 10)).size == 10
    with pytest.raises(InputError, match="too large") as caught:
        shelf.keep(file_in(tmp_path, b"x" * 11))
    assert "max_megabytes" in str(caught.value)
    assert len(list(shelf.folder.glob("??/*"))) == 1
    assert list(shelf.folder.glob(f"{DRAFT}*")) == []


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    """Whoever writes into it meanwhile makes no half document."""
    shelf, unread = shelf_in(tmp_path), file_in(tmp_path, b"x" * 100)
    monkeypatch.setattr(module, "CHUNK", 10)
    take = Documents._fits

    def meddle(self: Documents, path: Path, size: int) -> None:
        if size == 50:
            with path.open("ab") as file:
                file.write(b"more")
        take(self, path, size)

    monkeypatch.setattr(Documents, "_fits", meddle)
    with pytest.raises(InputError, match="cannot be taken"):
        shelf.keep(unread)
    assert [path for path in shelf.folder.glob("**/*") if path.is_file()] == []


def test_a_full_disk_is_the_world(tmp_path, monkeypatch):
    """What cannot be written is told as such, and no draft is left."""
    shelf, unread = shelf_in(tmp_path), file_in(tmp_path)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorldError, match="Nothing can be kept"):
        shelf.keep(unread)
    assert list(shelf.folder.glob("**/*")) == []


def test_what_was_changed_is_not_given_out(tmp_path):
    """A changed or missing file is found, and not one byte of it goes out; keeping it again heals it."""
    shelf, unread = shelf_in(tmp_path), file_in(tmp_path)
    document = shelf.keep(unread)
    for meddle in (lambda path: path.write_bytes(b"lettes"), lambda path: path.unlink()):
        meddle(shelf.path(document.sha256))
        assert shelf.look(document.sha256) != "kept"
        out = BytesIO()
        with pytest.raises(WorldError, match="missing or was changed"):
            shelf.copy(document, out)
        assert out.getvalue() == b""
        assert shelf.keep(unread) == document
        assert shelf.look(document.sha256) == "kept"


def test_what_nobody_names_is_found(tmp_path):
    """Drafts and files without an entry are strays, old ones only; what is named stays."""
    shelf = shelf_in(tmp_path)
    named, orphan = shelf.keep(file_in(tmp_path)), shelf.keep(file_in(tmp_path, b"other"))
    (shelf.folder / f"{DRAFT}abc").write_bytes(b"half")
    found = shelf.strays([named.sha256], before=LATER)
    assert {item.path for item in found} == {shelf.path(orphan.sha256), shelf.folder / f"{DRAFT}abc"}
    assert shelf.strays([named.sha256], before=LATER - timedelta(days=365 * 90)) == []
    for item in found:
        shelf.remove(item)
    assert shelf.strays([named.sha256], before=LATER) == []
    assert shelf.holds(named)


KEEPER = """
import sys
from wirflow.definition.document import Unread
from wirflow.store.documents import Documents
from pathlib import Path
for _ in range(30):
    print(Documents(Path(sys.argv[1]), max_bytes=10**9).keep(Unread.at(sys.argv[2])).sha256)
"""


def test_processes_keep_the_same_content_at_once(tmp_path):
    """Three processes and one content: one whole file, no draft, no error."""
    unread = file_in(tmp_path, b"same" * 50_000)
    code = textwrap.dedent(KEEPER)
    args = [sys.executable, "-c", code, str(tmp_path / "documents"), unread.path]
    running = [subprocess.Popen(args, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    digests = {line for process in running for line in process.communicate()[0].split()}
    assert [process.returncode for process in running] == [0, 0, 0]
    (digest,) = digests
    assert shelf_in(tmp_path).look(digest) == "kept"
    assert len([path for path in (tmp_path / "documents").glob("**/*") if path.is_file()]) == 1


def test_a_document_is_what_is_said_of_it():
    """Parts make it, wrong ones do not; a file that was only named is equal by its parts."""
    parts = {"name": "a.pdf", "sha256": "A" * 64}
    assert Document.read(parts) == Document("a.pdf", "a" * 64, 0, "application/pdf")
    for wrong in ({"name": "a"}, {**parts, "sha256": "x"}, {**parts, "size": "-1"}, {**parts, "more": "1"}):
        with pytest.raises(ValueError, match=r".*"):
            Document.read(wrong)
    unread = Unread.at("folder/a.pdf")
    assert Document.read(unread.json()) == unread
    assert hash(Document.read(unread.json())) == hash(unread)
    assert unread.within(Path("/x")).path == "/x/folder/a.pdf"
