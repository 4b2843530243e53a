"""The channel to a mail server, by SMTP (RFC 5321).

The answer to the last line of the message decides: before it nothing has been
handed over and the notice may be tried again; if it is lost, the notice may
have arrived or not, and nobody sends it a second time blindly.

Notices that follow one another go over one connection.  It is asked (RSET)
before the next one whether it still stands, which also makes the server forget
what went wrong with the one before.  What a server says of a connection that
it has had enough of is no word about the notice: that goes over a fresh one at
once, as long as nothing of it was handed over.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from wirflow.clock import unstamp
from wirflow.errors import DeliveryError, InputError
from wirflow.notices.channel import UncertainError
from wirflow.notices.message import build, check_address
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from wirflow.core.letters import Notice
    from wirflow.engine import Profile

_OK = frozenset({250, 251, 252})
_GO_AHEAD = 354
_PERMANENT = range(500, 600)
_NEEDS_LOGIN = 530
_CLOSING = 421
_TEMPORARY = range(400, 500)
_SHOWN = 300

MOST: Final = 100
"""How many notices go over one connection: many servers take no more."""

_DOT_FIRST: Final = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """A mail server and how it is spoken to."""

    host: str
    port: int = 587
    tls: Literal["none", "starttls", "tls"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 30.0
    """Seconds that each answer may take."""
    ca_file: Path | None = None
    """Certificates to trust, of an office with an authority of its own; None: those of the system."""

    def __post_init__(self) -> None:
        if self.user is not None and self.tls == "none":
            raise InputError(
                Text(
                    "Ein Kennwort geht nicht unverschlüsselt über das Netz.",
                    "A password does not go over the network unencrypted.",
                ),
                hint=Text("Setzen Sie tls auf starttls oder tls.", "Set tls to starttls or tls."),
            )


class _WornError(Exception):
    """A connection that has served before is of no use any more; nothing was handed over on it."""


class SmtpChannel:
    """Hands notices to a mail server, those of one round over one connection."""

    name = "smtp"
    idempotent = False

    def __init__(self, server: SmtpServer, profile: Profile) -> None:
        self._server = server
        self._profile = profile
        self._open: smtplib.SMTP | None = None
        self._sent = 0
        """How many notices went over the open connection."""

    def send(self, notice: Notice, _now: datetime, /) -> None:
        """Hand one notice to the server.

        Raises:
            UncertainError: the server took the whole message and its answer was lost.
            DeliveryError: the notice was not taken.
        """
        message = build(notice, self._profile, unstamp(notice.created_at))
        if notice.address is None:
            raise DeliveryError(
                Text(
                    f"{notice.recipient} hat keine E-Mail-Adresse.",
                    f"{notice.recipient} has no e-mail address.",
                ),
                permanent=True,
                hint=Text("Tragen Sie sie in wirflow.toml ein.", "Enter it in wirflow.toml."),
            )
        to, data = check_address(notice.address), message.as_bytes()
        reused = self._usable()
        if reused is not None:
            try:
                self._hand_over(reused, to, data)
            except _WornError:
                self._drop()
            else:
                return
        smtp = self._open = self._connect()
        self._hand_over(smtp, to, data)

    def rest(self) -> None:
        """Say goodbye to the server, until there is something to send again."""
        smtp, self._open = self._open, None
        if smtp is None:
            return
        # What was answered is what counts; how the server says goodbye does not.
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
        smtp.close()

    def _usable(self) -> smtplib.SMTP | None:
        """The open connection, if the server still wants it."""
        smtp = self._open
        if smtp is None:
            return None
        if self._sent >= MOST:
            self.rest()
            return None
        try:
            stands = smtp.rset()[0] in _OK
        except (smtplib.SMTPException, OSError):
            stands = False
        if not stands:
            self._drop()
        return self._open

    def _drop(self) -> None:
        """Close a connection on which nobody listens any more."""
        smtp, self._open = self._open, None
        if smtp is not None:
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        """A connection, encrypted and logged in; what fails here is not the notice's fault."""
        server = self._server
        smtp: smtplib.SMTP | None = None
        try:
            if server.tls == "tls":
                smtp = smtplib.SMTP_SSL(
                    server.host, server.port, timeout=server.timeout, context=self._context()
                )
            else:
                smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
            # A message and the dot that ends it are sent apart: else the dot would wait, some 40 ms for each
            # message, until the server has confirmed what came before it.
            assert smtp.sock is not None  # noqa: S101 - it is connected
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            smtp.ehlo_or_helo_if_needed()
            if server.tls == "starttls":
                smtp.starttls(context=self._context())
                smtp.ehlo_or_helo_if_needed()
            if server.user is not None:
                smtp.login(server.user, server.password or "")
        except (smtplib.SMTPException, OSError) as error:
            if smtp is not None:
                smtp.close()
            raise self._failed(error) from error
        self._sent = 0
        return smtp

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._server.ca_file)

    def _hand_over(self, smtp: smtplib.SMTP, to: str, data: bytes) -> None:
        """Hand a message over.

        Raises:
            _WornError: nothing was handed over, for reasons of the connection, which was used before.
            UncertainError: the whole message was handed over and the answer was lost.
            DeliveryError: it was not taken.
        """
        stuffed = _DOT_FIRST.sub(b"..", data)
        worn = self._sent > 0
        self._sent += 1
        try:
            answer = smtp.mail(self._profile.sender)
            # Of a connection that has served before, any "not now" may be about the connection.
            self._expect(answer, _OK, worn=worn and answer[0] in _TEMPORARY)
            answer = smtp.rcpt(to)
            self._expect(answer, _OK, worn=worn and answer[0] == _CLOSING)
            answer = smtp.docmd("DATA")
            self._expect(answer, {_GO_AHEAD}, worn=worn and answer[0] == _CLOSING)
            smtp.send(stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n")
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            if worn:
                raise _WornError from error
            raise self._failed(error) from error
        try:
            smtp.send(b".\r\n")
            answer = smtp.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise UncertainError(
                Text(
                    f"{self._server.host} bekam die Nachricht, doch die Antwort ging verloren: {error}",
                    f"{self._server.host} was given the message, but its answer was lost: {error}",
                ),
                hint=Text(
                    "Sehen Sie im Protokoll des Mailservers nach; 'wirflow notices retry' sendet erneut.",
                    "Look into the mail server's log; 'wirflow notices retry' sends it again.",
                ),
            ) from error
        self._expect(answer, _OK)

    def _expect(self, answer: tuple[int, bytes], wanted: Collection[int], *, worn: bool = False) -> None:
        code, words = answer
        if worn:
            raise _WornError
        if code in wanted:
            return
        if code == _CLOSING:
            self._drop()
        said = f"{code} {words.decode(errors='replace')}"[:_SHOWN]
        # A login that is missing is the office's matter, and once it is mended the notice goes out.
        permanent = code in _PERMANENT and code != _NEEDS_LOGIN
        verb = Text("lehnt ab", "refuses") if permanent else Text("vertröstet", "asks to wait")
        raise DeliveryError(
            Text(f"{self._server.host} {verb.de}: {said}", f"{self._server.host} {verb.en}: {said}"),
            permanent=permanent,
        )

    def _failed(self, error: Exception) -> DeliveryError:
        if isinstance(error, smtplib.SMTPResponseException):
            said = error.smtp_error
            words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
            reason = f"{error.smtp_code} {words}"[:_SHOWN]
        else:
            reason = str(error) or type(error).__name__
        where = f"{self._server.host}:{self._server.port}"
        return DeliveryError(
            Text(f"Mailserver {where}: {reason}", f"Mail server {where}: {reason}"),
            hint=Text(
                "Prüfen Sie [smtp] in wirflow.toml; es wird weiter versucht.",
                "Check [smtp] in wirflow.toml; it is tried again.",
            ),
        )
