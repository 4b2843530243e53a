"""Moving an office to another database."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wirflow.errors import InputError
from wirflow.office.settings import DATABASE_VARIABLE
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from wirflow.office.office import Office
    from wirflow.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A copy that is finished and compared, and how the office is pointed at it."""

    rows: dict[str, int]
    """How many rows of each table."""
    moved_on: bool
    """Whether the source was written to meanwhile: that is not in the copy."""
    url: str
    """The address of the copy, without its password."""
    by_environment: bool
    """Whether the environment names the database, and not `wirflow.toml`; or should, for the password."""


def copy(office: Office, url: str, progress: Callable[[int, int], None] | None = None) -> Move:
    """Copy an office's whole database into an empty one and compare both.

    Args:
        office: whose database it is.
        url: where to; a relative path means: in the office's folder.
        progress: called with the number of rows that were written, and of all.

    Raises:
        InputError: the target is none, holds something, or is the office's own database.
        DatabaseError: one of the two breaks, or the copy differs.
    """
    from wirflow.store import copying  # noqa: PLC0415 - SQLAlchemy is slow to load
    from wirflow.store.database import Database as Opened  # noqa: PLC0415 - likewise

    source = office.database
    target = Opened(url, office.folder)
    try:
        if _place(source) == _place(target):
            raise InputError(
                Text("Quelle und Ziel sind dieselbe Datenbank.", "Source and target are the same database."),
                hint=Text("Nennen Sie mit --to eine andere.", "Name another one by --to."),
            )
        copied = copying.copy(source, target, progress)
        secret = bool(target.url.password) or "password" in target.url.query
        return Move(
            rows=copied.rows,
            moved_on=copied.moved_on,
            url=target.url.render_as_string(hide_password=True) if secret else url,
            by_environment=secret or bool(os.environ.get(DATABASE_VARIABLE)),
        )
    finally:
        target.close()


def _place(database: Database) -> object:
    url = database.url
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database).resolve()
    return (url.host, url.port, url.database, tuple(sorted(url.query.items())))
