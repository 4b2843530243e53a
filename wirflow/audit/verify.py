"""Verifying a bundle, offline and without trusting the one who made it.

The file may be hostile: nothing is unpacked, no name in it is ever opened on
disk, every line has a largest length, and whatever is wrong becomes a finding.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from wirflow.audit import bundle
from wirflow.audit.canonical import canonical
from wirflow.audit.chain import Head, decode, follow, is_canonical
from wirflow.audit.checkpoint import Checkpoint, read_checkpoint
from wirflow.audit.entry import SALT_BYTES, commitment
from wirflow.audit.finding import Finding, finding, shown
from wirflow.audit.merkle import Frontier, entry_leaf
from wirflow.audit.note import PublicKey
from wirflow.errors import InputError, TrailError, because
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_FINDINGS: Final = 1000
"""How many findings a report holds; a trail with more is lost anyway."""

MAX_LINE: Final = 4 * 2**20
"""The largest line in bytes; the members that are no lists have one line."""

MAX_KEPT: Final = 100_000
"""How many checkpoints, and how many revealed values, are kept in memory at once."""

# What the zip reader of the standard library raises over files that are none.
_ZIP_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # an encrypted member, an unknown compression
    ValueError,
    OverflowError,
)
_ENCRYPTED: Final = 0x1
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_ENTRY_LINE: Final[dict[str, tuple[type, ...]]] = {
    "case": (str,),
    "digest": (str,),
    "entry": (dict, list, str, int, bool, type(None)),
    "leaf": (int, type(None)),
    "seq": (int,),
}
_CHECKPOINT_LINE: Final[dict[str, tuple[type, ...]]] = {"note": (str,)}
_REVEALED_LINE: Final[dict[str, tuple[type, ...]]] = {
    "case": (str,),
    "field": (str,),
    "salt": (str,),
    "seq": (int,),
    "value": (dict, list, str, int, bool, type(None)),
}


@dataclass(frozen=True, slots=True)
class Report:
    """What verification found; without findings, the trail is what the checkpoints attest.

    What that proves depends on what the verifier brought along: `key_trusted` says that the
    key was known before, so nobody else wrote the log anew; `earlier_held` says that an
    earlier checkpoint was compared, so nothing before it was cut off or changed since.
    """

    findings: tuple[Finding, ...]
    entries: int
    cases: int
    sealed: int
    checkpoints: int
    revealed: int
    exported_at: str | None
    key: str | None
    root: str
    checkpoint: str | None
    key_trusted: bool
    earlier_held: bool

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def json(self) -> dict[str, Any]:
        """The report as JSON carries it."""
        return {
            "ok": self.ok,
            "findings": [found.json() for found in self.findings],
            "counts": {
                "entries": self.entries,
                "cases": self.cases,
                "sealed": self.sealed,
                "unsealed": self.entries - self.sealed,
                "checkpoints": self.checkpoints,
                "revealed": self.revealed,
            },
            "exported_at": self.exported_at,
            "key": self.key,
            "key_trusted": self.key_trusted,
            "root": self.root,
            "checkpoint": self.checkpoint,
            "earlier_held": self.earlier_held,
        }


def nothing(key: str) -> Report:
    """The report of a trail of which nothing could be read."""
    return Report(
        findings=(),
        entries=0,
        cases=0,
        sealed=0,
        checkpoints=0,
        revealed=0,
        exported_at=None,
        key=key,
        root=Frontier().root().hex(),
        checkpoint=None,
        key_trusted=True,
        earlier_held=False,
    )


def verify_bundle(
    path: Path, *, trusted_key: str | None = None, earlier_checkpoint: str | None = None
) -> Report:
    """Verify a bundle: every digest, chain, leaf, root, signature and revealed value.

    Args:
        path: The bundle's .zip file.
        trusted_key: The office's public key (vkey) as it was learned elsewhere.  Without it
            only the bundle's own key is at hand, which a forger would have replaced.
        earlier_checkpoint: A signed note that the verifier kept, to prove that nothing before it
            was cut off or rewritten.

    Raises:
        InputError: The file cannot be opened, or the trusted key is none.
        TrailError: The file is no bundle, or one of a later format.
    """
    trusted = None if trusted_key is None else PublicKey.read(trusted_key)
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(
            Text(f"Das Bündel {path} lässt sich nicht öffnen.", f"The bundle {path} cannot be opened."),
            hint=because(error),
        ) from error
    with file:
        archive = _open(file)
        check = _Verification(archive, trusted)
        try:
            check.run(earlier_checkpoint)
        except _EnoughError:
            check.findings.append(finding("too_many_findings", limit=MAX_FINDINGS))
        return check.report(earlier_held=earlier_checkpoint is not None)


def _open(file: BinaryIO) -> zipfile.ZipFile:
    """The archive, if it has the shape of a bundle."""
    try:
        archive = zipfile.ZipFile(file)
        names = [member.filename for member in archive.infolist()]
    except _ZIP_ERRORS as error:
        what = shown(str(error))
        raise _no_bundle(
            Text(f"Es ist kein unversehrtes ZIP-Archiv ({what}).", f"It is no sound ZIP archive ({what}).")
        ) from error
    if bundle.ABOUT not in names:
        raise _no_bundle(Text(f"Es enthält kein {bundle.ABOUT}.", f"It holds no {bundle.ABOUT}."))
    if len(set(names)) != len(names):
        # Two readers could read two different members of one name.
        raise _no_bundle(Text("Es enthält einen Namen doppelt.", "It holds a name twice."))
    return archive


def _no_bundle(why: Text) -> TrailError:
    return TrailError(
        Text("Die Datei ist kein lesbares Bündel.", "The file is no readable bundle."), hint=why
    )


class _EnoughError(Exception):
    """There are so many findings that more would help nobody."""


class _Findings(list[Finding]):
    def add(self, found: Finding) -> None:
        if len(self) >= MAX_FINDINGS:
            raise _EnoughError
        self.append(found)


@dataclass(slots=True)
class _Verification:
    """One pass over one bundle: what has been read so far, and what was wrong with it."""

    archive: zipfile.ZipFile
    trusted: PublicKey | None
    findings: _Findings = field(default_factory=_Findings)
    key: PublicKey | None = None
    exported_at: str | None = None
    definitions: dict[str, Any] = field(default_factory=dict)
    unlisted: set[tuple[str, str]] = field(default_factory=set)
    checkpoints: list[tuple[int, Checkpoint, str]] = field(default_factory=list)
    revealed: dict[tuple[str, int], list[dict[str, Any]]] = field(default_factory=dict)
    revealed_count: int = 0
    heads: dict[str, Head] = field(default_factory=dict)
    frontier: Frontier = field(default_factory=Frontier)
    roots: dict[int, bytes] = field(default_factory=dict)
    entries: int = 0
    enclosed: set[str] = field(default_factory=set)
    """The SHA-256 that the bundle's documents say they have."""
    started: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Child → the entry of its parent that says that it started it."""
    origins: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Child → the entry of its parent that started it, as its own first entry says."""
    named: set[str] = field(default_factory=set)
    """Those of them that an entry or a revealed value names."""

    def run(self, earlier_note: str | None) -> None:
        self._about()
        self._key()
        self._definitions()
        self._revealed()
        self._checkpoints()
        earlier = None if earlier_note is None else self._earlier(earlier_note)
        sizes = {checkpoint.size for _, checkpoint, _ in self.checkpoints}
        self._entries(sizes | ({earlier.size} if earlier else set()))
        for (case, seq), values in self.revealed.items():
            for value in values:
                self.findings.add(finding("reveal_unknown", case=case, seq=seq, name=value["field"]))
        for digest in sorted(self.enclosed):
            self._document(digest)
        self._families()
        self._compare()
        if earlier is not None:
            self._compare_earlier(earlier)

    def report(self, *, earlier_held: bool) -> Report:
        covered = [note for _, checkpoint, note in self.checkpoints if checkpoint.size <= self.frontier.size]
        return Report(
            findings=tuple(self.findings),
            entries=self.entries,
            cases=len(self.heads),
            sealed=self.frontier.size,
            checkpoints=len(self.checkpoints),
            revealed=self.revealed_count,
            exported_at=self.exported_at,
            key=None if self.key is None else str(self.key),
            root=self.frontier.root().hex(),
            checkpoint=covered[-1] if covered else None,
            key_trusted=self.trusted is not None,
            earlier_held=earlier_held,
        )

    # -- the small members ---------------------------------------------------------------

    def _about(self) -> None:
        about = self._object(bundle.ABOUT)
        version = about.get("bundle")
        if version != bundle.FORMAT:
            raise TrailError(
                Text(
                    f"Das Bündel hat das unbekannte Format {shown(version)}.",
                    f"The bundle has the unknown format {shown(version)}.",
                ),
                hint=Text(
                    "Prüfen Sie es mit einer neueren Version von wirflow.",
                    "Verify it with a newer version of wirflow.",
                ),
            )
        exported_at = about.get("exported_at")
        self.exported_at = shown(exported_at) if exported_at is not None else None
        for member in self.archive.namelist():
            if member.startswith(bundle.DOCUMENT):
                self.enclosed.add(member.removeprefix(bundle.DOCUMENT))
            elif member not in bundle.MEMBERS:
                self.findings.add(finding("member_unknown", member=member))

    def _key(self) -> None:
        try:
            written = self._whole(bundle.KEY).decode()
            stated = PublicKey.read(written)
            if written != f"{stated}\n":
                self.findings.add(finding("bad_key"))
        except (UnicodeDecodeError, InputError):
            self.findings.add(finding("bad_key"))
            stated = None
        if self.trusted is not None and stated is not None and stated != self.trusted:
            self.findings.add(finding("wrong_key"))
        self.key = self.trusted or stated

    def _definitions(self) -> None:
        self.definitions = self._object(bundle.DEFINITIONS)

    def _revealed(self) -> None:
        if bundle.REVEALED not in self.archive.namelist():
            return
        for _, row in self._rows(bundle.REVEALED, _REVEALED_LINE, most=MAX_KEPT):
            if row is not None:
                self.revealed_count += 1
                self.revealed.setdefault((row["case"], row["seq"]), []).append(row)

    # -- the log -------------------------------------------------------------------------

    def _checkpoints(self) -> None:
        size = 0
        for number, row in self._rows(bundle.CHECKPOINTS, _CHECKPOINT_LINE, most=MAX_KEPT):
            if row is None or self.key is None:
                continue
            try:
                checkpoint = read_checkpoint(row["note"], self.key)
            except TrailError as error:
                self.findings.add(finding("bad_checkpoint", number=number, why=error.message))
                continue
            if checkpoint.origin != self.key.name:
                self.findings.add(finding("wrong_origin", number=number, found=checkpoint.origin))
                continue
            if checkpoint.size < size:
                self.findings.add(finding("checkpoint_order", number=number))
            size = max(size, checkpoint.size)
            self.checkpoints.append((number, checkpoint, row["note"]))

    def _earlier(self, note: str) -> Checkpoint | None:
        if self.key is None:
            return None
        try:
            # What was mailed or printed comes back with other line ends and blanks around it.
            checkpoint = read_checkpoint(note.strip().replace("\r\n", "\n") + "\n", self.key)
        except TrailError as error:
            self.findings.add(finding("earlier_invalid", why=error.message))
            return None
        if checkpoint.origin != self.key.name:
            self.findings.add(finding("earlier_origin", found=checkpoint.origin))
            return None
        return checkpoint

    def _entries(self, sizes: set[int]) -> None:
        expected = 0
        unsealed = False
        self._keep_root(sizes)
        for _, row in self._rows(bundle.ENTRIES, _ENTRY_LINE):
            self.entries += 1
            if row is None:
                # The line took a place in the log; the entries after it must not be blamed.
                expected += 1
                continue
            case, seq, leaf, body = row["case"], row["seq"], row["leaf"], row["entry"]
            found = self._entry(case, seq, body, row["digest"])
            if leaf is None:
                unsealed = True
            else:
                if leaf < expected or unsealed:
                    found.append(finding("leaf_order", case=case, seq=seq, expected=expected))
                elif leaf > expected:
                    found.append(finding("leaf_gap", case=case, seq=seq, expected=expected))
                expected = max(expected, leaf + 1)
                self._append(row["digest"])
                self._keep_root(sizes)
            for one in found:
                self.findings.add(replace(one, leaf=leaf))

    def _entry(self, case: str, seq: int, body: Any, digest: str) -> list[Finding]:
        """Follow the case's chain by one entry, and check what was revealed of it and what it names."""
        head, found = follow(self.heads.get(case, Head()), case, body, canonical(body), digest)
        self.heads[case] = head
        if not found:
            # Only a body whose bytes and fields are right can be asked what it says.
            if body["seq"] != seq:
                found.append(finding("wrong_seq", case=case, seq=body["seq"], found=seq))
            self.started |= dict.fromkeys(_children(body), (case, seq))
            origin = body.get("origin")
            if seq == 1 and isinstance(origin, dict):
                self.origins[case] = (origin.get("case"), origin.get("seq"))  # type: ignore[assignment] # compared with what is there
            named = (body["definition"], body["workflow"])
            if self.definitions.get(named[0]) != named[1] and named not in self.unlisted:
                self.unlisted.add(named)
                found.append(finding("unknown_definition", case=case, seq=seq, found=named[0]))
        if self.enclosed:
            changes = body.get("changes") if isinstance(body, dict) else None
            told = changes.values() if isinstance(changes, dict) else ()
            self.named |= self.enclosed & {one for pair in told for one in _named_by(pair)}
        for value in self.revealed.pop((case, seq), ()):
            committed = _commitments(body, value["field"])
            code = (
                None if _matches(value, committed) else "reveal_mismatch" if committed else "reveal_unknown"
            )
            if code:
                found.append(finding(code, case=case, seq=seq, name=value["field"]))
            else:
                self.named |= self.enclosed & set(_named_by([value["value"]]))
        return found

    def _families(self) -> None:
        """See that parents and children say the same of one another, as far as both are in the bundle."""
        for child, origin in self.origins.items():
            if origin[0] in self.heads and self.started.get(child) != origin:
                self.findings.add(finding("origin_differs", case=child, seq=1))
        for child, (parent, seq) in self.started.items():
            if child in self.heads and child not in self.origins:
                self.findings.add(finding("origin_differs", case=parent, seq=seq))

    def _document(self, digest: str) -> None:
        """See that a document is the one that its name says, and that something names it."""
        member = f"{bundle.DOCUMENT}{digest}"
        about = self.archive.getinfo(member)
        if digest not in self.named:
            self.findings.add(finding("document_unknown", member=member))
        if about.flag_bits & _ENCRYPTED or about.compress_type not in _METHODS:
            self.findings.add(finding("member_damaged", member=member))
            return
        try:
            with self.archive.open(about) as stream:
                hasher = sha256()
                while chunk := stream.read(bundle.CHUNK):
                    hasher.update(chunk)
        except _ZIP_ERRORS:
            self.findings.add(finding("member_damaged", member=member))
            return
        if hasher.hexdigest() != digest:
            self.findings.add(finding("document_changed", member=member))

    def _append(self, digest: str) -> None:
        try:
            leaf = entry_leaf(digest)
        except TrailError:
            # The entry has its finding already; its leaf must differ from every true one.
            leaf = bytes(32)
        self.frontier = self.frontier.extend((leaf,))

    def _keep_root(self, sizes: set[int]) -> None:
        if self.frontier.size in sizes:
            self.roots[self.frontier.size] = self.frontier.root()

    def _compare(self) -> None:
        """Compare what the checkpoints attest with what is there."""
        there = self.frontier.size
        larger = [
            (number, checkpoint) for number, checkpoint, _ in self.checkpoints if checkpoint.size > there
        ]
        if larger:
            number, checkpoint = max(larger, key=lambda pair: pair[1].size)
            self.findings.add(finding("leaves_missing", number=number, expected=checkpoint.size, found=there))
        covered = 0
        for number, checkpoint, _ in self.checkpoints:
            if checkpoint.size > there:
                continue
            covered = max(covered, checkpoint.size)
            if self.roots[checkpoint.size] != checkpoint.root:
                # All later checkpoints differ as well: the first one says where.
                self.findings.add(finding("root_mismatch", number=number, expected=checkpoint.size))
                break
        else:
            if there and not self.checkpoints:
                self.findings.add(finding("no_checkpoint"))
            elif covered < there and not larger:
                self.findings.add(finding("unsigned_leaves", expected=covered))

    def _compare_earlier(self, earlier: Checkpoint) -> None:
        there = self.frontier.size
        if earlier.size > there:
            self.findings.add(finding("truncated", expected=earlier.size, found=there))
        elif self.roots[earlier.size] != earlier.root:
            self.findings.add(finding("rewritten", expected=earlier.size))

    # -- reading -------------------------------------------------------------------------

    def _object(self, member: str) -> dict[str, Any]:
        """A member that is one JSON object; empty where it is none, which is a finding."""
        written = self._whole(member)
        value = decode(written)
        if not isinstance(value, dict):
            if written:
                self.findings.add(finding("line_unreadable", line=1, member=member))
            return {}
        if not written.endswith(b"\n") or not is_canonical(value, written[:-1]):
            self.findings.add(finding("line_not_canonical", line=1, member=member))
        return value

    def _whole(self, member: str) -> bytes:
        """The one line of a small member; empty where it cannot be read, which is a finding."""
        whole = b""
        for number, line in self._lines(member):
            if number > 1:
                self.findings.add(finding("line_unreadable", line=number, member=member))
                break
            whole = line
        return whole

    def _rows(
        self, member: str, shape: dict[str, tuple[type, ...]], *, most: int | None = None
    ) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """The lines of a member as objects of a shape, counted from 1; None where one is a finding."""
        for number, line in self._lines(member):
            if number - 1 == most:
                self.findings.add(finding("too_many_lines", limit=most, member=member))
                return
            value = decode(line)
            if (
                not isinstance(value, dict)
                or value.keys() != shape.keys()
                or any(type(value[name]) not in kinds for name, kinds in shape.items())
            ):
                self.findings.add(finding("line_unreadable", line=number, member=member))
                yield number, None
            elif not is_canonical(value, line[:-1]):
                self.findings.add(finding("line_not_canonical", line=number, member=member))
                yield number, None
            else:
                yield number, value

    def _lines(self, member: str) -> Iterator[tuple[int, bytes]]:
        """The lines of a member, counted from 1, as far as it can be read."""
        try:
            about = self.archive.getinfo(member)
        except KeyError:
            self.findings.add(finding("member_missing", member=member))
            return
        if about.flag_bits & _ENCRYPTED or about.compress_type not in _METHODS:
            self.findings.add(finding("member_damaged", member=member))
            return
        number = 0
        try:
            with self.archive.open(about) as opened:
                # The zip reader takes lines byte by byte; this buffer takes them whole.
                stream = io.BufferedReader(cast("io.RawIOBase", opened), 2**16)
                while line := stream.readline(MAX_LINE):
                    number += 1
                    if not line.endswith(b"\n"):
                        code = "line_too_long" if len(line) >= MAX_LINE else "member_damaged"
                        self.findings.add(finding(code, line=number, member=member))
                        return
                    yield number, line
        except _ZIP_ERRORS:
            self.findings.add(finding("member_damaged", member=member))


def _named_by(values: Any) -> Iterator[str]:
    """The SHA-256 of the documents among some values."""
    for value in values if isinstance(values, list) else ():
        if isinstance(value, dict) and isinstance(value.get("sha256"), str):
            yield value["sha256"]


def _children(body: dict[str, Any]) -> Iterator[str]:
    """The cases that an entry says it started."""
    rows = body.get("starts")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("case"), str):
            yield row["case"]


def _commitments(body: Any, name: str) -> set[object]:
    """The commitments that an entry holds for a field: to its old and to its new value."""
    changes = body.get("changes") if isinstance(body, dict) else None
    change = changes.get(name) if isinstance(changes, dict) else None
    sides = change if isinstance(change, list) else []
    found = (side.get("commitment") for side in sides if isinstance(side, dict))
    return {value for value in found if isinstance(value, str)}


def _matches(value: dict[str, Any], committed: set[object]) -> bool:
    """Whether a revealed value and its salt are what one of the commitments commits to."""
    try:
        salt = bytes.fromhex(value["salt"])
    except ValueError:
        return False
    # Hex has one spelling here: lower case, no blanks.
    spelt = len(salt) == SALT_BYTES and salt.hex() == value["salt"]
    return spelt and commitment(value["value"], salt) in committed
