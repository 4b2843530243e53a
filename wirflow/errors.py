"""The one error tree.

    WirflowError                 has a message, a hint and an exit code
    ├── InputError               2  wrong use or bad input
    │   ├── DefinitionError      1  a workflow or portfolio has findings
    │   ├── EndlessError         2  automatic transitions or signals without end
    │   ├── UnknownNameError     2  no such case, event, person, rule, field …
    │   └── DeadlineError        2  a legal deadline that cannot be computed
    ├── ConflictError            1  another change came first; nothing was written
    ├── TrailError               1  the audit trail does not verify
    └── WorldError               3  the world is broken
        ├── DatabaseError        3  the database cannot be reached, read or written
        └── DeliveryError        3  a notice could not be handed over

A *refusal* is no error but a value (`wirflow.core.Refusal`): the rules of a
workflow said no, and that is the engine doing its work.
"""

from __future__ import annotations

import difflib
import errno
from typing import TYPE_CHECKING, ClassVar, Final

from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_SCREENFUL: Final = 20
"""How many names a hint lists."""

COMPARED: Final = 1000
"""How many names are compared with one that is unknown; among more, the first are listed."""


class WirflowError(Exception):
    """Something that a person has to know: what is wrong and what to do about it."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: Text, *, hint: Text | None = None) -> None:
        super().__init__(message.en)
        self.message = message
        self.hint = hint

    def explain(self, lang: Lang) -> str:
        """Message and hint in one language, the hint on a line of its own."""
        lines = [self.message.pick(lang)]
        if self.hint:
            lines.append(self.hint.pick(lang))
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.explain("en")


class InputError(WirflowError):
    """Wrong use or bad input: nothing was changed."""

    exit_code = 2


class DefinitionError(InputError):
    """A workflow or portfolio file has findings; `findings` holds all of them."""

    exit_code = 1

    def __init__(self, message: Text, *, findings: Sequence[object] = (), hint: Text | None = None) -> None:
        super().__init__(message, hint=hint)
        self.findings = tuple(findings)


class EndlessError(InputError):
    """Automatic transitions, or signals, follow one another without end."""


class UnknownNameError(InputError):
    """A name that does not exist, with the one that was probably meant."""

    def __init__(
        self, what: Text, name: str, known: Iterable[str], *, listed_by: str | None = None, whole: bool = True
    ) -> None:
        """Say which name is unknown.

        Args:
            what: what it should be the name of, such as "The rule".
            name: what was typed.
            known: the names that there are.
            listed_by: the command that lists them all, where they may be many.
            whole: these are all; else there are more than anybody counts here.
        """
        self.name = name
        self.known = tuple(sorted(known))
        near = nearest(name, self.known)
        if near:
            hint = Text(f"Meinten Sie '{near}'?", f"Did you mean '{near}'?")
        elif self.known:
            hint = _listed(name, self.known, listed_by, whole=whole)
        else:
            hint = Text("Es gibt noch keine.", "There are none yet.")
        message = Text(f"{what.de} '{name}' ist unbekannt.", f"{what.en} '{name}' is unknown.")
        super().__init__(message, hint=hint)


class DeadlineError(InputError):
    """A legal deadline that cannot be computed from what was given."""


class ConflictError(WirflowError):
    """Another change came first; nothing was written and the call may be repeated."""

    exit_code = 1


class TrailError(WirflowError):
    """The audit trail does not verify."""

    exit_code = 1


class WorldError(WirflowError):
    """The world outside is broken: database, network, disk."""


class DatabaseError(WorldError):
    """The database cannot be reached, read or written, or has another version."""


class DeliveryError(WorldError):
    """A notice could not be handed over to its channel."""

    def __init__(self, message: Text, *, permanent: bool = False, hint: Text | None = None) -> None:
        super().__init__(message, hint=hint)
        self.permanent = permanent


_REASONS: Final = {
    errno.ENOENT: Text("Datei oder Ordner gibt es nicht", "no such file or folder"),
    errno.EACCES: Text("das Recht dazu fehlt", "permission denied"),
    errno.EPERM: Text("das ist nicht erlaubt", "not permitted"),
    errno.EISDIR: Text("das ist ein Ordner", "it is a folder"),
    errno.ENOTDIR: Text(
        "ein Teil des Pfads ist eine Datei und kein Ordner", "a part of the path is a file and no folder"
    ),
    errno.EEXIST: Text("das gibt es schon", "it exists already"),
    errno.ENOTEMPTY: Text("der Ordner ist nicht leer", "the folder is not empty"),
    errno.ENOSPC: Text("kein Platz mehr auf dem Datenträger", "no space left on the disk"),
    errno.EDQUOT: Text("der zugeteilte Platz ist voll", "the disk quota is used up"),
    errno.EFBIG: Text("die Datei würde zu groß", "the file would become too large"),
    errno.EROFS: Text("der Datenträger ist schreibgeschützt", "the disk is read-only"),
    errno.ENAMETOOLONG: Text("der Name ist zu lang", "the name is too long"),
    errno.ELOOP: Text("die Verknüpfungen führen im Kreis", "the links lead in a circle"),
    errno.EIO: Text("Lese- oder Schreibfehler des Geräts", "input or output error of the device"),
    errno.ENXIO: Text("das Gerät gibt es nicht", "no such device"),
    errno.EMFILE: Text("zu viele offene Dateien", "too many open files"),
    errno.ENFILE: Text("zu viele offene Dateien", "too many open files"),
    errno.EADDRINUSE: Text("die Adresse ist schon vergeben", "the address is already in use"),
    errno.EADDRNOTAVAIL: Text(
        "die Adresse gehört nicht zu diesem Rechner", "the address is not of this machine"
    ),
    errno.ECONNREFUSED: Text("die Verbindung wurde abgelehnt", "the connection was refused"),
    errno.ECONNRESET: Text("die Verbindung brach ab", "the connection broke off"),
    errno.ETIMEDOUT: Text("keine Antwort", "no answer"),
    errno.EHOSTUNREACH: Text("der Rechner ist nicht erreichbar", "the host cannot be reached"),
    errno.ENETUNREACH: Text("das Netz ist nicht erreichbar", "the network cannot be reached"),
}


def reason(error: Exception) -> Text:
    """Why a file or a network did not do as it should, for the middle of a sentence, without a full stop.

    The system says it in its own language only; what is not in our list is told as the system says it.
    """
    if isinstance(error, OSError):
        known = _REASONS.get(error.errno or 0)
        return known or Text.same(error.strerror or str(error) or type(error).__name__)
    if isinstance(error, UnicodeDecodeError):
        return Text(
            f"das ist kein Text in UTF-8 (Byte {error.start + 1})",
            f"it is no UTF-8 text (byte {error.start + 1})",
        )
    if isinstance(error, UnicodeEncodeError):
        return Text("der Name ist nicht in UTF-8 geschrieben", "the name is not written in UTF-8")
    return Text.same(str(error) or type(error).__name__)


def because(error: Exception) -> Text:
    """`reason` as a sentence of its own, for a hint."""
    why = reason(error)
    return Text(f"{why.de[:1].upper()}{why.de[1:]}.", f"{why.en[:1].upper()}{why.en[1:]}.")


def _listed(name: str, known: Sequence[str], listed_by: str | None, *, whole: bool) -> Text:
    """What there is: what is most like the name first, and how many more there are."""
    shown = known[:_SCREENFUL]
    if _SCREENFUL < len(known) <= COMPARED:
        folded = name.casefold()
        like = {each: difflib.SequenceMatcher(None, folded, each.casefold()).ratio() for each in known}
        shown = sorted(known, key=lambda each: (-like[each], each))[:_SCREENFUL]
    more, names = len(known) - len(shown), ", ".join(shown)
    if not whole:
        by = f": '{listed_by}'" if listed_by else ""
        return Text(
            f"Bekannt sind etwa: {names}; und viele weitere{by}.",
            f"Known are, among others: {names}; and many more{by}.",
        )
    if not more:
        return Text(f"Bekannt sind: {names}.", f"Known are: {names}.")
    by = f" ('{listed_by}')" if listed_by else ""
    return Text(
        f"Bekannt sind: {names} … und {more} weitere{by}.", f"Known are: {names} … and {more} more{by}."
    )


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, or None."""
    folded = {candidate.casefold(): candidate for candidate in known}
    hits = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[hits[0]] if hits else None
