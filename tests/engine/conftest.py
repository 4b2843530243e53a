"""The office in which most tests of the engine work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import Office, open_office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    """A fresh office in January 2021, on SQLite and on PostgreSQL."""
    office = open_office(tmp_path, database_url)
    yield office
    office.database.close()
