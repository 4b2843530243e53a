"""The channel that needs nobody else: each notice becomes an `.eml` file that any mail program opens."""

from __future__ import annotations

import os
import re
from hashlib import sha256
from typing import TYPE_CHECKING

from wirflow.clock import civil_date, unstamp
from wirflow.errors import DeliveryError, reason
from wirflow.notices.message import build
from wirflow.text import Text

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wirflow.core.letters import Notice
    from wirflow.engine import Profile

_PART = 60
"""How many characters of each part stand in a file's name; all of them together fit into 255."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class FileChannel:
    """Writes notices into a folder: whole or not at all, and the same notice always as the same file."""

    name = "file"
    idempotent = True

    def __init__(self, folder: Path, profile: Profile) -> None:
        """Prepare; the folder is made with the first notice.

        Args:
            folder: where the files go.
            profile: the office that writes.
        """
        self._folder = folder
        self._profile = profile

    def send(self, notice: Notice, _now: datetime, /) -> None:
        """Write the file, through to the disk.

        Raises:
            DeliveryError: the disk is full, the folder cannot be written.
        """
        at = unstamp(notice.created_at)
        data = build(notice, self._profile, at, eight_bit=True).as_bytes()
        path = self.path(notice)
        try:
            _write(path, data, notice.fence)
        except OSError as error:
            raise DeliveryError(
                Text(
                    f"{path} lässt sich nicht schreiben: {reason(error).de}.",
                    f"{path} cannot be written: {reason(error).en}.",
                ),
                hint=Text("Prüfen Sie Rechte und freien Platz.", "Check permissions and free space."),
            ) from error

    def rest(self) -> None:
        """Nothing is kept open."""

    def path(self, notice: Notice) -> Path:
        """Where a notice is written: sorted by day, case and entry, and different for each notice."""
        day = civil_date(unstamp(notice.created_at), self._profile.zone).isoformat()
        case, recipient, template = (_safe(part) for part in (notice.case, notice.recipient, notice.template))
        name = f"{day}-{case}-{notice.seq:04d}-{recipient}-{template}"
        exact = (case, recipient, template) == (notice.case, notice.recipient, notice.template)
        if not exact or "-" in recipient + template:
            # Two notices could share this name; what was left out of it tells them apart.
            name += f"~{sha256(notice.key.encode(errors='replace')).hexdigest()[:12]}"
        return self._folder / f"{name}.eml"


def _safe(part: str) -> str:
    return _UNSAFE.sub("_", part)[:_PART]


def _write(path: Path, data: bytes, fence: int) -> None:
    """Write to the side, flush, put in place, flush the folder: a crash leaves the old or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Each claim writes to a file of its own: a worker that comes late spoils nobody's.
    aside = _aside(path, fence)
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)  # noqa: PTH105 - tests cut the power here
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    for earlier in range(fence):
        _aside(path, earlier).unlink(missing_ok=True)


def _aside(path: Path, fence: int) -> Path:
    return path.with_name(f".{path.stem}.{fence}.part")
