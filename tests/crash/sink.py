"""A mail server that writes down what it took, and has its bad moments.

What it took is written before anybody hears that it was taken.  Now and then
it asks to come again, and now and then it takes a message and hangs up.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from email import message_from_bytes
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"

BUSY = 0.02
"""How often it asks to come again."""

HANGS_UP = 0.01
"""How often it takes a message and does not say so."""


class Sink:
    """The server: its port, and the process that serves it."""

    def __init__(self, book: Path, seed: str) -> None:
        """Take a port; `serve` is for the process that is to serve it.

        Args:
            book: where the Message-ID of each message is written that was taken, one a line.
            seed: decides when it is not well.
        """
        # The protocol is named: only so does asyncio send each line of an answer at once.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind((HOST, 0))
        self._socket.listen(1000)
        self.port: int = self._socket.getsockname()[1]
        self._book = book
        self._random = Random(seed)  # noqa: S311 - a seed is meant to be repeated
        self._well = False

    def serve(self) -> None:
        """Serve until the process is killed; SIGUSR1 makes it well."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        from aiosmtpd.smtp import SMTP  # noqa: PLC0415 - this process only

        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self._get_well)
        self._written = os.open(self._book, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        server = await loop.create_server(lambda: SMTP(self, hostname="sink"), sock=self._socket)
        await server.serve_forever()

    def _get_well(self) -> None:
        self._well = True

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Answer to RCPT TO."""
        if not self._well and self._random.random() < BUSY:
            return "451 4.3.0 come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - likewise
        """Take a message, and write that down first."""
        number = message_from_bytes(envelope.content)["Message-ID"]
        os.write(self._written, f"{number}\n".encode())
        if not self._well and self._random.random() < HANGS_UP:
            server.transport.abort()
            return "421 gone"
        return "250 OK"

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()
