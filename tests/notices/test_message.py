"""A notice as a message: one reader, one subject, one Message-ID, whatever stands in it."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from tests.notices.sample import NOTICE, PROFILE, created, notice
from wirflow.definition.person import Person
from wirflow.errors import DeliveryError
from wirflow.notices.message import MAX_LINE_OCTETS, MAX_NAME, build, one_line

if TYPE_CHECKING:
    from email.message import EmailMessage

HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
    "Content-Language",
]

ANY = st.text(st.characters(), max_size=200)
NASTY = st.text(st.sampled_from('\r\n\0\x0b\x85\u2028",;:<>()@\\ =?ÄßA\ud800'), max_size=60)
WORDS = ANY | NASTY


def parsed(built: EmailMessage) -> EmailMessage:
    """A message as somebody reads it who has only its bytes."""
    read = message_from_bytes(built.as_bytes(), policy=SMTP)
    assert not read.defects
    return read


def test_a_message_says_who_writes_to_whom_and_when():
    """Sender and reader have their names, the date is that of the office, and no machine answers."""
    read = parsed(build(NOTICE, PROFILE, created(NOTICE)))
    assert str(read["From"]) == "Amt für Soziale Arbeit <wirflow@office.example>"
    assert str(read["To"]) == "Ada <ada@office.example>"
    assert str(read["Subject"]) == NOTICE.subject
    assert read["Date"].datetime == datetime(2021, 6, 30, 22, 30, tzinfo=UTC)
    assert "+0200" in str(read["Date"])
    assert read["Message-ID"] == NOTICE.message_id
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Content-Language"] == "de"
    assert read.get_content_type() == "text/plain"
    assert read.get_content_charset() == "utf-8"
    assert read.get_content().splitlines() == NOTICE.body.splitlines()


@given(subject=WORDS, name=WORDS, office=WORDS)
def test_no_words_become_a_header(subject, name, office):
    """Whatever stands in subject and names, the message has its own headers once and one reader."""
    profile = replace(PROFILE, name=office, people={"ada": Person(id="ada", name=name)})
    read = parsed(build(notice(subject=subject), profile, created(NOTICE)))
    assert read.keys() == HEADERS
    assert [item.addr_spec for item in read["To"].addresses] == ["ada@office.example"]
    assert [item.addr_spec for item in read["From"].addresses] == ["wirflow@office.example"]
    assert str(read["Subject"]) == one_line(subject)


@given(name=st.text(st.sampled_from('Aäß ",;.'), min_size=1, max_size=22))
def test_a_name_arrives_as_it_is(name):
    """Quotes, commas and umlauts of a name are read back; longer ones Python itself misreads."""
    profile = replace(PROFILE, people={"ada": Person(id="ada", name=name)})
    read = parsed(build(NOTICE, profile, created(NOTICE)))
    assert read["To"].addresses[0].display_name == one_line(name)


@given(body=st.text(st.characters(exclude_categories=["Cs"]), max_size=300), eight_bit=st.booleans())
def test_the_text_arrives_line_by_line(body, eight_bit):
    """The text is read back with its lines, and no line is longer than a mail server takes."""
    built = build(notice(body=body), PROFILE, created(NOTICE), eight_bit=eight_bit)
    raw = built.as_bytes()
    assert max(len(line) for line in raw.split(b"\r\n")) <= MAX_LINE_OCTETS
    assert b"\n" not in raw.replace(b"\r\n", b"")
    whole = body if body.endswith("\n") else f"{body}\n"
    assert parsed(built).get_content().splitlines() == whole.splitlines()


def test_a_long_name_is_cut_and_its_blanks_are_kept():
    """A name of several encoded words has every blank inside one of them, and ends at its limit."""
    profile = replace(PROFILE, people={"ada": Person(id="ada", name="ä b " * 100)})
    raw = build(NOTICE, profile, created(NOTICE)).as_bytes().decode()
    lines = raw.partition("To: ")[2].partition(" <")[0].splitlines()
    words = [b64decode(word) for word in re.findall(r"=\?utf-8\?b\?([^?]+)\?=", "".join(lines))]
    assert b"".join(words).decode() == ("ä b " * 100)[:MAX_NAME].rstrip()
    assert max(len(line) for line in lines) <= 76


def test_a_line_that_is_too_long_is_folded():
    """A line beyond RFC 5322 goes out quoted-printable, also into a file."""
    built = build(notice(body="ä" * 600), PROFILE, created(NOTICE), eight_bit=True)
    assert built["Content-Transfer-Encoding"] == "quoted-printable"
    assert parsed(built).get_content().strip() == "ä" * 600


def test_every_attempt_has_the_same_bytes():
    """One notice is one message, however often it is built."""
    again = notice(attempts=7, fence=9, state="sending")
    assert (
        build(again, PROFILE, created(again)).as_bytes() == build(NOTICE, PROFILE, created(NOTICE)).as_bytes()
    )


def test_who_has_no_address_is_named():
    """A reader without an address is a group without members."""
    read = parsed(build(notice(address=None), PROFILE, created(NOTICE)))
    assert [group.display_name for group in read["To"].groups] == ["Ada"]
    assert read["To"].addresses == ()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@office.example",
        "a b@office.example",
        "ada@office.example\r\nBcc: eve@evil.example",
        "ada@office.example\n",
        "Ada <ada@office.example>",
        "ada@office.example,eve@evil.example",
        '"a b"@office.example',
        "ada@büro.example",
        ".ada@office.example",
        "ada@office..example",
        "ada@office.example.",
    ],
)
def test_what_is_no_address_is_refused_for_good(address):
    """An address that could be read in two ways is none, and trying again does not help."""
    with pytest.raises(DeliveryError) as refused:
        build(notice(address=address), PROFILE, created(NOTICE))
    assert refused.value.permanent


@pytest.mark.parametrize("message_id", ["", "<a@b", "<a@b>\r\nBcc: x", "<a b@c>", "<@>"])
def test_what_is_no_message_id_is_refused_for_good(message_id):
    """A sender that makes no Message-ID is found out before anything is sent."""
    with pytest.raises(DeliveryError) as refused:
        build(notice(message_id=message_id), PROFILE, created(NOTICE))
    assert refused.value.permanent
