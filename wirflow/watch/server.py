"""`/metrics` and `/health` over HTTP, on request and on one address only."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError as SlowError
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from wirflow.errors import InputError, WirflowError, WorldError, reason
from wirflow.text import Text
from wirflow.watch.logs import error_fields
from wirflow.watch.metrics import CONTENT_TYPE, exposition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wirflow.watch.pulse import Pulse

ANSWER_SECONDS: Final = 5.0
"""How long the database may take before it counts as away, and a client before it is hung up on."""

_ADDRESS: Final = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<host>[^:\[\]]+)):(?P<port>\d{1,5})")
_PORTS: Final = 65535


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """As a browser takes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def address(typed: str) -> Address:
    """An address as it is typed: `127.0.0.1:9464`, `[::1]:9464`, `localhost:9464`.

    Raises:
        InputError: it is none.
    """
    found = _ADDRESS.fullmatch(typed.strip())
    port = int(found["port"]) if found else 0
    six = found["six"] if found else None
    if found is None or port > _PORTS or (six is not None and not _is_six(six)):
        raise InputError(
            Text(f"'{typed}' ist keine Adresse mit Port.", f"'{typed}' is no address with a port."),
            hint=Text(
                "Zum Beispiel 127.0.0.1:9464 oder [::1]:9464.", "For example 127.0.0.1:9464 or [::1]:9464."
            ),
        )
    return Address(six or found["host"], port)


class Watch:
    """Answers who asks how a worker is doing."""

    def __init__(
        self,
        at: Address,
        *,
        pulse: Pulse,
        standing: Callable[[], Mapping[str, Any]],
        worker: str,
        silent_after: float,
    ) -> None:
        """Take the address; nothing is answered before `start`.

        Args:
            at: where to listen; port 0 takes any that is free.
            pulse: what the worker knows of itself.
            standing: what stands in the database; raises WorldError when it is away.
            worker: its name.
            silent_after: after how many seconds without a sign of life it counts as dead.

        Raises:
            InputError: the address is not this machine's.
            WorldError: the port is taken, or may not be had.
        """
        self._pulse = pulse
        self._standing = standing
        self._worker = worker
        self._silent_after = silent_after
        self._asking: Future[Mapping[str, Any]] | None = None
        self._lock = threading.Lock()
        # One thread asks the database, however many ask us: one connection, and no crowd when it hangs.
        self._asker = ThreadPoolExecutor(1, thread_name_prefix="watch")
        self._server = _listen(at, self)
        host, port = self._server.server_address[:2]
        self.address = Address(str(host), int(port))
        """Where it listens."""

    def start(self) -> None:
        """Answer from now on, beside the work."""
        threading.Thread(target=self._server.serve_forever, name="watch-http", daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._asker.shutdown(wait=False, cancel_futures=True)

    def metrics(self) -> str:
        """The page `/metrics`."""

        def standing() -> Mapping[str, Any] | None:
            try:
                return self._ask()
            except WirflowError:
                return None

        return exposition(self._pulse, standing, worker=self._worker)

    def health(self) -> tuple[bool, dict[str, Any]]:
        """The page `/health`: whether all is well, and the figures with the reasons why not."""
        pulse, reasons = self._pulse, []
        known: dict[str, Any] = {}
        try:
            known = dict(self._ask())
        except WirflowError as error:
            reasons.append(f"database away: {error_fields(error)['error']}")
        silent = pulse.silent_seconds
        if silent > self._silent_after:
            reasons.append(f"no sign of life for {silent:.0f} s")
        return not reasons, {
            "ok": not reasons,
            "reasons": reasons,
            "worker": self._worker,
            "last_beat": pulse.last_beat_stamp,
            "last_error": pulse.last_error,
            "silent_seconds": round(silent, 1),
            **known,
        }

    def _ask(self) -> Mapping[str, Any]:
        """What stands in the database, but not at any price.

        Raises:
            WorldError: it is away, or does not answer in time.
        """
        with self._lock:
            if self._asking is None or self._asking.done():
                self._asking = self._asker.submit(self._standing)
            asking = self._asking
        try:
            return asking.result(ANSWER_SECONDS)
        except SlowError:
            raise WorldError(
                Text("Die Datenbank antwortet nicht.", "The database does not answer.")
            ) from None
        except WirflowError:
            raise
        except Exception as error:
            raise WorldError(Text.same(type(error).__name__)) from error


def _is_six(words: str) -> bool:
    try:
        return ipaddress.ip_address(words.partition("%")[0]).version == 6  # noqa: PLR2004 - IPv6
    except ValueError:
        return False


def _listen(at: Address, watch: Watch) -> ThreadingHTTPServer:
    class Handler(_Handler):
        of = watch

    try:
        family = socket.getaddrinfo(at.host, at.port, type=socket.SOCK_STREAM)[0][0]
    except OSError as error:
        raise InputError(
            Text(f"'{at.host}' ist kein Rechner, den man kennt.", f"'{at.host}' is no known machine."),
            hint=Text("Zum Beispiel 127.0.0.1:9464.", "For example 127.0.0.1:9464."),
        ) from error

    class Server(ThreadingHTTPServer):
        address_family = family
        daemon_threads = True
        # A port that another worker listens on must be an error, on every system.
        allow_reuse_port = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Who hangs up in the middle is no matter for anybody's log."""

    try:
        return Server((at.host, at.port), Handler)
    except OSError as error:
        raise WorldError(
            Text(
                f"Auf {at.host}:{at.port} lässt sich nicht lauschen: {reason(error).de}.",
                f"Cannot listen on {at.host}:{at.port}: {reason(error).en}.",
            ),
            hint=Text(
                "Läuft dort schon ein anderer Prozess? Jeder Worker braucht seinen eigenen Port.",
                "Does another process listen there? Each worker needs a port of its own.",
            ),
        ) from error


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    of: Watch
    timeout = ANSWER_SECONDS
    server_version = "wirflow"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer, or say that there is no such page."""
        page = urlsplit(self.path).path
        if page == "/metrics":
            self._answer(HTTPStatus.OK, CONTENT_TYPE, self.of.metrics())
        elif page == "/health":
            good, found = self.of.health()
            status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, "application/json", json.dumps(found, ensure_ascii=False, indent=2) + "\n")
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", "/metrics\n/health\n")

    do_HEAD = do_GET  # noqa: N815 - http.server calls it so

    def log_message(self, *_: Any) -> None:
        """Who asks is in no log: they ask every few seconds."""

    def _answer(self, status: HTTPStatus, kind: str, page: str) -> None:
        body = page.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
