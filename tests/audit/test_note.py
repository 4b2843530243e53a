"""Signed notes have the form that C2SP gives them, and nothing else passes for one."""

from __future__ import annotations

import base64
import subprocess
import sys

import pytest
from hypothesis import assume, given, strategies as st

from tests.audit.trail import flip
from wirflow.audit.note import PublicKey, SecretKey, open_note
from wirflow.errors import InputError, TrailError

# The first test vector of RFC 8032, 7.1.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
KEY = SecretKey("wirflow.example.org/trail", SEED)
OTHER = SecretKey("wirflow.example.org/trail", bytes(32))

lines = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20)
texts = st.lists(lines, min_size=1, max_size=5).map(lambda rows: "\n".join(rows) + "\n")


def test_keys_have_their_standard_form():
    """A key's text is name, hash and base64; the hash is over name, newline, algorithm and key."""
    assert KEY.public == PublicKey(KEY.name, PUBLIC)
    assert (
        str(KEY.public) == "wirflow.example.org/trail+8fffbebd+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
    )
    assert KEY.text == (
        "PRIVATE+KEY+wirflow.example.org/trail+8fffbebd+AZ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
    )


def test_notes_have_their_standard_form():
    """A note is the text, an empty line, and a dash, the name and base64 of key id and signature."""
    note = KEY.sign("text\n")
    head, name, made = note.removesuffix("\n").rsplit(" ", 2)
    assert (head, name) == ("text\n\n—", KEY.name)
    assert base64.b64decode(made)[:4] == bytes.fromhex("8fffbebd")
    assert len(base64.b64decode(made)) == 4 + 64


@given(texts)
def test_what_is_signed_can_be_opened(text):
    """Every text without control characters can be signed, and opens to itself."""
    assert open_note(KEY.sign(text), KEY.public) == text


@given(texts, st.integers(0))
def test_every_changed_bit_of_a_note_is_found(text, bit):
    """A note with one bit changed, anywhere, does not open."""
    changed = flip(KEY.sign(text).encode(), bit)
    with pytest.raises(TrailError):
        open_note(changed.decode("utf-8", "surrogateescape"), KEY.public)


@given(st.text())
def test_nonsense_is_no_note(text):
    """Any text that was not signed is refused as a note."""
    with pytest.raises(TrailError):
        open_note(text, KEY.public)


def test_another_key_of_the_same_name_does_not_count():
    """A signature by another key is none by this one, even under its name or its id."""
    note = OTHER.sign("text\n")
    with pytest.raises(TrailError, match="no signature by this key"):
        open_note(note, KEY.public)
    made = base64.b64decode(note.rsplit(" ", 1)[1])[4:]
    posed = f"text\n\n— {KEY.name} {base64.b64encode(KEY.public.id + made).decode()}\n"
    with pytest.raises(TrailError, match="not genuine"):
        open_note(posed, KEY.public)


def test_witnesses_may_sign_too():
    """Signatures by other keys stand beside ours and change nothing."""
    note = KEY.sign("text\n") + SecretKey("witness", bytes(32)).sign("text\n").split("\n\n")[1]
    assert open_note(note, KEY.public) == "text\n"


@pytest.mark.parametrize(
    "tail",
    ["", "— a\n", "— a AAAA\n", "— a AAAAAA=\n", "- a AAAAAAA=\n", "— a AAAAAAA=", "— a AAAAAAA=\n" * 101],
)
def test_a_malformed_signature_is_refused(tail):
    """A note whose signature lines are not of the standard's form is no note."""
    with pytest.raises(TrailError, match="no signed note"):
        open_note(f"text\n\n{tail}", KEY.public)


@pytest.mark.parametrize("text", ["", "no end", "tab\t\n", "nul\0\n", "return\r\n", "delete\x7f\n"])
def test_texts_that_cannot_be_signed(text):
    """A text without a last newline or with control characters is a mistake in the program."""
    with pytest.raises(ValueError, match="a note's text"):
        KEY.sign(text)


def test_new_keys_differ_and_can_be_kept():
    """A new key is random, and its text form gives it back."""
    one, other = SecretKey.create("office"), SecretKey.create("office")
    assert one != other
    assert SecretKey.read(one.text + "\n") == one
    assert PublicKey.read(f" {one.public}\n") == one.public


def test_a_secret_key_does_not_show_itself():
    """What a log or a traceback would print of a secret key does not let anybody sign."""
    assert "seed" not in repr(KEY)
    assert KEY.text not in repr(KEY)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\x00b", "a\u00a0b", "a\u200bb"])
def test_names_that_keys_cannot_have(name):
    """A name that could not stand in a note is refused with what to do."""
    with pytest.raises(InputError, match="neither blanks nor") as caught:
        SecretKey.create(name)
    assert caught.value.hint


@given(st.integers(0))
def test_a_mistyped_key_is_refused(bit):
    """A key with one bit changed, public or secret, is refused: its hash gives it away."""
    changed = flip(str(KEY.public).encode(), bit).decode("utf-8", "replace")
    assume(changed.strip() != str(KEY.public))
    with pytest.raises(InputError, match="no key for checkpoints"):
        PublicKey.read(changed)
    changed = flip(KEY.text.encode(), bit).decode("utf-8", "replace")
    with pytest.raises(InputError, match="no key for checkpoints"):
        SecretKey.read(changed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "office",
        "office+00000000+AAAA",
        "office+00000000+A",
        "of fice+8fffbebd+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
        "office+8fffbebd+AtdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
        "office+8fffbebd+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
    ],
)
def test_what_is_no_key_is_refused(text):
    """A text that is no key is refused, as a public and as a secret one."""
    with pytest.raises(InputError):
        PublicKey.read(text)
    with pytest.raises(InputError):
        SecretKey.read("PRIVATE+KEY+" + text)
    with pytest.raises(InputError):
        SecretKey.read(text)


def test_only_signing_pays_for_cryptography():
    """Loading the whole room loads no cryptography: the command line's start-up does not pay for it."""
    code = "import sys, wirflow.audit.verify, wirflow.audit.seal; print('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
