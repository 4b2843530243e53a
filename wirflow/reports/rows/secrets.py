"""Personal values beside the trail: each opens the commitment of its entry, or was erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wirflow.audit.entry import commitment
from wirflow.audit.finding import finding
from wirflow.errors import InputError
from wirflow.reports.rows.raw import BROKEN, rows, words
from wirflow.store import mirror

if TYPE_CHECKING:
    from wirflow.audit.finding import Finding
    from wirflow.reports.rows.told import Told
    from wirflow.store.mirror import SecretColumns
    from wirflow.store.session import Session


def differing(session: Session, told: Told) -> list[Finding]:
    """The personal values that are missing, too many, or not the ones committed to."""
    found: list[Finding] = []
    missing = dict(told.secrets)
    for row in rows(mirror.secret_columns, session, "personal", found):
        if row.case is None:
            found.append(finding("row_astray", name="personal"))
            continue
        committed = missing.pop((row.case, row.field, row.seq), None)
        if not told.is_broken(row.case) and (row.commitment != committed or not _opens(row)):
            seq = row.seq if isinstance(row.seq, int) else None
            found.append(finding("personal_differs", case=row.case, seq=seq, name=words(row.field)))
    for key, name, seq in missing:
        if not told.is_broken(key):
            found.append(finding("personal_differs", case=key, seq=seq, name=name))
    return found


def _opens(row: SecretColumns) -> bool:
    """Whether a value and its salt are what was committed to; an erased one says nothing else."""
    if row.value is None or row.salt is None:
        return row.value is row.salt
    try:
        salt = bytes.fromhex(row.salt)
        # Hex has one spelling here: lower case, no blanks.
        return salt.hex() == row.salt and commitment(msgspec.json.decode(row.value), salt) == row.commitment
    except (*BROKEN, InputError):
        return False
