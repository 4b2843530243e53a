"""The mail channel against a real server on loopback: what it answers decides."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP as POLICY
from ipaddress import ip_address

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.notices.sample import NOTICE, PROFILE, created, notice, notices_of, to_next_attempt, write_notices
from tests.support import open_office
from wirflow.errors import DeliveryError, InputError
from wirflow.notices.channel import UncertainError
from wirflow.notices.deliver import LEASE, Deliverer
from wirflow.notices.message import build
from wirflow.notices.smtp import MOST, SmtpChannel, SmtpServer

NOW = datetime(2021, 7, 1, tzinfo=UTC)
HOST = "127.0.0.1"


class Handler:
    """A mail server that keeps what it is given, and answers as it is told."""

    def __init__(self):
        self.got = []
        self.answers = {}
        self.seen = []
        self.lines = []
        """The connection of each message, by its port."""
        self.transport = None

    async def handle_MAIL(self, _server, session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        """Answer to MAIL FROM."""
        self.lines.append(session.peer[1])
        envelope.mail_from = address
        return self._answer("MAIL", "250 OK")

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - likewise
        """Answer to RCPT TO."""
        self.seen.append(address)
        envelope.rcpt_tos.append(address)
        return self._answer("RCPT", "250 OK")

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - likewise
        """Answer to the message."""
        self.got.append(envelope)
        self.transport = server.transport
        answer = self._answer("DATA", "250 OK")
        if answer == "die":
            server.transport.abort()
            return "421 gone"
        return answer

    def _answer(self, step, usual):
        answers = self.answers.get(step)
        return answers.pop(0) if answers else usual


class Running:
    """A server that runs, and the channel to it."""

    def __init__(self, **options):
        self.handler = Handler()
        tls = options.pop("tls", "none")
        server = {name: options.pop(name) for name in ("user", "password", "ca_file") if name in options}
        self.controller = Controller(self.handler, hostname=HOST, port=_free_port(), **options)
        self.controller.start()
        settings = SmtpServer(host=HOST, port=self.controller.port, tls=tls, timeout=10, **server)
        self.channel = SmtpChannel(settings, PROFILE)


def _free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@pytest.fixture
def start():
    """Starts servers, and stops them in the end."""
    running = []

    def begin(**options):
        running.append(Running(**options))
        return running[-1]

    yield begin
    for item in running:
        item.channel.rest()
        item.controller.stop(no_assert=True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for the loopback address, its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.office.example")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(built.public_bytes(serialization.Encoding.PEM) + secret)
    return pem


def context_of(certificate):
    """What a server needs to speak TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def only_ada(_server, _session, _envelope, _mechanism, data):
    """Lets in who knows the word."""
    success = isinstance(data, LoginPassword) and data == LoginPassword(b"office", b"word")
    return AuthResult(success=success, handled=success)


def test_a_message_arrives_byte_for_byte(start):
    """The server gets sender, reader and the message as built, lines that begin with a dot included."""
    server = start()
    dotted = notice(body=".\r\n.. zwei\r\nQUIT\r\n.")
    server.channel.send(dotted, NOW)
    [envelope] = server.handler.got
    assert envelope.mail_from == "wirflow@office.example"
    assert envelope.rcpt_tos == ["ada@office.example"]
    assert envelope.content == build(dotted, PROFILE, created(dotted)).as_bytes()
    read = message_from_bytes(envelope.content, policy=POLICY)
    assert read.get_content().splitlines() == [".", ".. zwei", "QUIT", "."]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "permanent"), [("451 later", False), ("421 closing", False), ("550 no", True)]
)
def test_the_answer_decides_whether_to_try_again(start, step, answer, permanent):
    """4xx is tried again and 5xx is not, at every step, and the error says what the server said."""
    server = start()
    server.handler.answers = {step: [answer]}
    with pytest.raises(DeliveryError) as refused:
        server.channel.send(NOTICE, NOW)
    assert refused.value.permanent is permanent
    assert not isinstance(refused.value, UncertainError)
    assert answer in str(refused.value)
    server.channel.send(NOTICE, NOW)
    assert server.handler.got


def test_a_missing_login_is_the_offices_matter(start):
    """530 is not the notice's fault: it goes out once the login is mended."""
    server = start()
    server.handler.answers = {"MAIL": ["530 5.7.0 Authentication required"]}
    with pytest.raises(DeliveryError) as refused:
        server.channel.send(NOTICE, NOW)
    assert not refused.value.permanent


def test_an_answer_that_is_lost_after_the_message_is_uncertain(start):
    """The server has the whole message and dies: it may have arrived or not."""
    server = start()
    server.handler.answers = {"DATA": ["die"]}
    with pytest.raises(UncertainError):
        server.channel.send(NOTICE, NOW)
    assert len(server.handler.got) == 1


@pytest.mark.parametrize("tls", ["none", "starttls"])
def test_the_end_of_a_message_does_not_wait_for_its_beginning(start, certificate, tls, monkeypatch):
    """What is sent goes out at once: else each mail would wait some 40 ms for the other side's system."""
    options = {"tls_context": context_of(certificate), "ca_file": certificate} if tls == "starttls" else {}
    server = start(tls=tls, **options)
    hand_over, seen = SmtpChannel._hand_over, []

    def looked(self, smtp, *given):
        seen.append(smtp.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        return hand_over(self, smtp, *given)

    monkeypatch.setattr(SmtpChannel, "_hand_over", looked)
    server.channel.send(NOTICE, NOW)
    assert seen == [1]


def test_nobody_there_is_worth_another_try():
    """A mail server that is down has not got the notice."""
    channel = SmtpChannel(SmtpServer(host=HOST, port=_free_port(), tls="none", timeout=5), PROFILE)
    with pytest.raises(DeliveryError) as away:
        channel.send(NOTICE, NOW)
    assert not away.value.permanent
    assert not isinstance(away.value, UncertainError)


def test_who_has_no_address_gets_no_mail():
    """Without an address nothing is tried, for good."""
    channel = SmtpChannel(SmtpServer(host=HOST, port=1, tls="none"), PROFILE)
    with pytest.raises(DeliveryError) as nobody:
        channel.send(notice(address=None), NOW)
    assert nobody.value.permanent


def test_login_and_message_go_over_an_encrypted_line(start, certificate):
    """With the office's own authority trusted, the server lets us in and takes the message."""
    server = start(
        tls="starttls",
        user="office",
        password="word",  # noqa: S106 - of a server that lives for this test
        ca_file=certificate,
        authenticator=only_ada,
        auth_required=True,
        require_starttls=True,
        tls_context=context_of(certificate),
    )
    server.channel.send(NOTICE, NOW)
    assert len(server.handler.got) == 1


def test_a_line_may_be_encrypted_from_the_first_byte(start, certificate):
    """A server that speaks TLS at once, as on port 465, takes the message."""
    server = start(tls="tls", ca_file=certificate, ssl_context=context_of(certificate))
    server.channel.send(NOTICE, NOW)
    assert len(server.handler.got) == 1


def test_a_wrong_password_is_the_offices_matter(start, certificate):
    """A login that is refused kills no notice, and the password is not in the error."""
    server = start(
        tls="starttls",
        user="office",
        password="guess",  # noqa: S106 - likewise
        ca_file=certificate,
        authenticator=only_ada,
        tls_context=context_of(certificate),
    )
    with pytest.raises(DeliveryError) as refused:
        server.channel.send(NOTICE, NOW)
    assert not refused.value.permanent
    assert "guess" not in refused.value.explain("de")
    assert "535" in refused.value.explain("de")


def test_a_server_that_nobody_vouches_for_gets_nothing(start, certificate):
    """A certificate of an unknown authority ends it before anything is said."""
    server = start(tls="starttls", tls_context=context_of(certificate))
    with pytest.raises(DeliveryError) as untrusted:
        server.channel.send(NOTICE, NOW)
    assert not untrusted.value.permanent
    assert server.handler.seen == []


def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(start):
    """STARTTLS that is not offered is never done without."""
    server = start(tls="starttls")
    with pytest.raises(DeliveryError):
        server.channel.send(NOTICE, NOW)
    assert server.handler.seen == []


def test_a_password_is_neither_shown_nor_sent_in_the_clear():
    """A password without TLS is bad input, and its value stays out of what is printed."""
    with pytest.raises(InputError):
        SmtpServer(host=HOST, tls="none", user="office", password="word")  # noqa: S106 - of no server at all
    assert "word" not in repr(SmtpServer(host=HOST, user="office", password="word")).replace("password", "")  # noqa: S106 - likewise


def test_an_outbox_ends_as_the_server_answers(start, tmp_path):
    """Through outbox and server: one arrives at the second try, one is refused, one stays in doubt."""
    server = start()
    server.handler.answers = {"RCPT": ["451 later", "550 no such user"], "DATA": ["die"]}
    office = open_office(tmp_path)
    write_notices(office)
    deliverer = Deliverer(office.engine, {"file": server.channel})
    done = deliverer.deliver()
    assert (done.retried, done.dead, done.unknown) == (1, 1, 1)
    to_next_attempt(office)
    assert deliverer.deliver().sent == 1
    assert sorted(item.state for item in notices_of(office)) == ["dead", "sent", "unknown"]
    assert len(server.handler.got) == 2


def several(count):
    """Notices to different readers, each with a Message-ID of its own."""
    return [
        notice(address=f"reader-{number}@office.example", message_id=f"<{number}@office.example>")
        for number in range(count)
    ]


def readers(server):
    """To whom the messages went that arrived, in order."""
    return [envelope.rcpt_tos for envelope in server.handler.got]


def test_a_round_goes_over_one_connection(start, tmp_path):
    """All notices of a round share a connection, and it is given back when the round is over."""
    server = start()
    office = open_office(tmp_path)
    write_notices(office)
    deliverer = Deliverer(office.engine, {"file": server.channel})
    assert deliverer.deliver().sent == 3
    write_notices(office, "G-2")
    assert deliverer.deliver().sent == 3
    lines = server.handler.lines
    assert len(set(lines[:3])) == len(set(lines[3:])) == 1
    assert lines[0] != lines[3]


@pytest.mark.parametrize("answer", ["451 later", "550 no such user"])
def test_who_is_refused_spoils_nothing_for_the_next(start, answer):
    """A reader whom the server refuses is forgotten by it, and the next one gets only their own message."""
    server = start()
    first, second, third = several(3)
    server.handler.answers = {"RCPT": ["250 OK", answer]}
    server.channel.send(first, NOW)
    with pytest.raises(DeliveryError):
        server.channel.send(second, NOW)
    server.channel.send(third, NOW)
    assert readers(server) == [[first.address], [third.address]]
    assert len(set(server.handler.lines)) == 1


def test_a_message_that_is_refused_spoils_nothing_either(start):
    """After a refused message the connection serves the next."""
    server = start()
    server.handler.answers = {"DATA": ["554 spam"]}
    first, second = several(2)
    with pytest.raises(DeliveryError) as refused:
        server.channel.send(first, NOW)
    assert refused.value.permanent
    server.channel.send(second, NOW)
    assert len(set(server.handler.lines)) == 1


def test_a_connection_that_dropped_meanwhile_is_made_anew(start):
    """A server that hung up between two notices costs neither of them anything, and nothing comes twice."""
    server = start()
    first, second = several(2)
    server.channel.send(first, NOW)
    server.controller.loop.call_soon_threadsafe(server.handler.transport.abort)
    server.channel.send(second, NOW)
    assert readers(server) == [[first.address], [second.address]]
    assert len(set(server.handler.lines)) == 2


@pytest.mark.parametrize(
    ("step", "answer"), [("MAIL", "421 too many"), ("MAIL", "452 too many"), ("RCPT", "421 too many")]
)
def test_a_server_that_has_had_enough_gets_the_next_on_a_fresh_connection(start, step, answer):
    """A limit of mails for each connection is no word about the notice: it goes out at once."""
    server = start()
    first, second = several(2)
    server.handler.answers = {step: ["250 OK", answer]}
    server.channel.send(first, NOW)
    server.channel.send(second, NOW)
    assert readers(server) == [[first.address], [second.address]]
    assert len(set(server.handler.lines)) == 2


def test_a_server_that_has_had_enough_of_us_altogether_is_left_alone(start):
    """On a fresh connection its word counts: the notice waits, and nobody knocks again in the same breath."""
    server = start()
    first, second = several(2)
    server.handler.answers = {"MAIL": ["250 OK", "421 too many", "421 too many"]}
    server.channel.send(first, NOW)
    with pytest.raises(DeliveryError) as waits:
        server.channel.send(second, NOW)
    assert not waits.value.permanent
    assert len(server.handler.lines) == 3


def test_a_message_whose_answer_is_lost_is_not_sent_again_over_another_connection(start):
    """Also on a connection that has served before, what may have arrived is in doubt, and goes out once."""
    server = start()
    first, second, third = several(3)
    server.handler.answers = {"DATA": ["250 OK", "die"]}
    server.channel.send(first, NOW)
    with pytest.raises(UncertainError):
        server.channel.send(second, NOW)
    server.channel.send(third, NOW)
    assert readers(server) == [[first.address], [second.address], [third.address]]


def test_a_connection_takes_only_so_many(start):
    """After `MOST` notices a new connection is made: many servers would refuse more."""
    server = start()
    for item in several(MOST + 1):
        server.channel.send(item, NOW)
    lines = server.handler.lines
    assert len(set(lines[:MOST])) == 1
    assert lines[MOST] != lines[0]


def test_each_notice_is_claimed_when_its_turn_comes(start, tmp_path):
    """However slow a batch is, no lease lapses over it: each claim holds for one notice alone."""
    server = start()
    office = open_office(tmp_path)
    write_notices(office)
    send, claims = server.channel.send, []

    def slowly(item, now):
        claims.append([one.state for one in notices_of(office)].count("sending"))
        office.clock.set(office.clock.now() + LEASE * 0.9)
        send(item, now)

    server.channel.send = slowly
    done = Deliverer(office.engine, {"file": server.channel}).deliver()
    assert (done.sent, done.unknown) == (3, 0)
    assert claims == [1, 1, 1]
