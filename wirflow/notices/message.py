"""A notice as a message of RFC 5322.

One notice has one Message-ID and one date, whichever attempt it is: every
attempt hands over the same bytes.
"""

from __future__ import annotations

import re
from base64 import b64encode
from email.headerregistry import Address, Group
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from wirflow.errors import DeliveryError
from wirflow.text import Text

if TYPE_CHECKING:
    from datetime import datetime

    from wirflow.core.letters import Notice
    from wirflow.engine import Profile

MAX_LINE_OCTETS = 998
"""How long a line of a message may be (RFC 5322, 2.1.1)."""

_MAX_PLAIN = 66
"""How long a subject may be to stand in one line of 76 with its name."""

_WORD_OCTETS = 45
"""How many octets fit into one encoded word of 75 characters (RFC 2047, 2)."""

MAX_NAME = 120
"""How many characters of a display name are shown."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")

# Line ends of every kind, controls, halves of surrogate pairs: a header that holds none cannot become two.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")

_MESSAGE_ID = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.\[\]:-]+>")


def build(notice: Notice, profile: Profile, at: datetime, *, eight_bit: bool = False) -> EmailMessage:
    """The message that a notice becomes.

    Args:
        notice: what to say to whom.
        profile: the office that says it, and what its people are called.
        at: the date of the message: when the notice was written.
        eight_bit: let the text stand as UTF-8, which is readable in a file;
            otherwise it is quoted-printable, which every mail server passes on.

    Raises:
        DeliveryError: an address cannot be one; permanent.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = mailbox(profile.sender, profile.name)
    message["To"] = _reader(notice, profile)
    message["Subject"] = one_line(notice.subject)
    message["Date"] = at.astimezone(ZoneInfo(profile.zone))
    message["Message-ID"] = _message_id(notice)
    # RFC 3834: nobody's out-of-office assistant answers to this.
    message["Auto-Submitted"] = "auto-generated"
    body = notice.body.encode(errors="replace").decode()
    longest = max((len(line.encode()) for line in body.splitlines()), default=0)
    cte = "8bit" if eight_bit and longest <= MAX_LINE_OCTETS else "quoted-printable"
    message.set_content(
        body if body.endswith("\n") else f"{body}\n", subtype="plain", charset="utf-8", cte=cte
    )
    message["Content-Language"] = notice.lang
    return message


def mailbox(address: str, name: str) -> Address:
    """An address with the name that is shown for it.

    Raises:
        DeliveryError: the address is none; permanent.
    """
    user, _, domain = check_address(address).rpartition("@")
    return Address(display_name=one_line(name)[:MAX_NAME].rstrip(), username=user, domain=domain)


def check_address(address: str) -> str:
    """An e-mail address that every mail server takes.

    Quoted local parts and letters outside ASCII are refused rather than
    guessed at: a domain that is spelt in two ways is two domains.

    Raises:
        DeliveryError: it is none; permanent.
    """
    if not _ADDRESS.fullmatch(address) or ".." in address or not _edges_fit(address):
        raise DeliveryError(
            Text(f"'{address}' ist keine E-Mail-Adresse.", f"'{address}' is no e-mail address."),
            permanent=True,
            hint=Text(
                "Berichtigen Sie sie in wirflow.toml; Umlaute in der Domain als xn--… schreiben.",
                "Put it right in wirflow.toml; write umlauts of the domain as xn--….",
            ),
        )
    return address


def one_line(words: str) -> str:
    """Words as a header can hold them: line ends and controls become blanks."""
    return " ".join(_UNFIT.sub(" ", words).split())


class _Folding(EmailPolicy):
    """How headers are written.

    The library loses blanks where it has to break a line of umlauts: what
    people read is encoded here.
    """

    def fold(self, name: str, value: Any) -> str:
        """A header as its lines."""
        if name == "Subject":
            words = str(value) if _is_plain(str(value), _MAX_PLAIN) else _encoded(str(value))
            return f"{name}: {words}\r\n"
        if name in {"From", "To"}:
            return f"{name}: {', '.join(_group(group) for group in value.groups)}\r\n"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        """A header as its lines, in octets."""
        return self.fold(name, value).encode("ascii")


_POLICY = _Folding(linesep="\r\n")


def _group(group: Group) -> str:
    mailboxes = ",\r\n ".join(
        f"{_phrase(item.display_name)}\r\n <{item.addr_spec}>" if item.display_name else item.addr_spec
        for item in group.addresses
    )
    return mailboxes if group.display_name is None else f"{_phrase(group.display_name)}:{mailboxes};"


def _phrase(name: str) -> str:
    """A display name: as it is, in quotes, or encoded."""
    if not _is_plain(name, MAX_NAME):
        return _encoded(name)
    if _ATOMS.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_plain(words: str, longest: int) -> bool:
    return words.isascii() and len(words) <= longest and "=?" not in words


def _encoded(words: str) -> str:
    """Encoded words of RFC 2047; the blanks stand inside them, those between them do not count."""
    chunks: list[bytes] = [b""]
    for letter in words:
        octets = letter.encode()
        if len(chunks[-1]) + len(octets) > _WORD_OCTETS:
            chunks.append(b"")
        chunks[-1] += octets
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in chunks)


def _edges_fit(address: str) -> bool:
    user, _, domain = address.rpartition("@")
    return not any(part.startswith(".") or part.endswith(".") for part in (user, domain))


def _reader(notice: Notice, profile: Profile) -> Address | Group:
    name = profile.name_of(notice.recipient)
    if notice.address is None:
        # Who has no address is named all the same: a group without members is how RFC 5322 says it.
        return Group(display_name=one_line(name)[:MAX_NAME].rstrip(), addresses=())
    return mailbox(notice.address, name)


def _message_id(notice: Notice) -> str:
    if not _MESSAGE_ID.fullmatch(notice.message_id):
        raise DeliveryError(
            Text(
                f"'{notice.message_id}' taugt nicht als Message-ID.",
                f"'{notice.message_id}' cannot be a Message-ID.",
            ),
            permanent=True,
            hint=Text(
                "Prüfen Sie den Absender ([notices] from) in wirflow.toml.",
                "Check the sender ([notices] from) in wirflow.toml.",
            ),
        )
    return notice.message_id
