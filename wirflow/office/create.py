"""Making an office: its folder, `wirflow.toml`, database and the keys of its trail."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wirflow.errors import InputError, WirflowError, WorldError, reason
from wirflow.office.office import Office
from wirflow.office.place import FILE, OUTBOX, PUBLIC_KEY, SECRET_KEY
from wirflow.office.settings import PersonSettings
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from pathlib import Path


MARK: Final = ".wirflow-demo"
"""The file by which a practice office is known, so that only such a one is ever replaced."""

_OWN: Final = (FILE, MARK, SECRET_KEY, PUBLIC_KEY, OUTBOX, "workflows", "templates")
_DATABASE: Final = ("wirflow.db", "wirflow.db-wal", "wirflow.db-shm", "wirflow.db-journal")
_OPEN_KEY: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL

_HEAD: Final = {
    "de": """\
# Das Amt, wie wirflow es kennt. Alle Schlüssel stehen in docs/reference/configuration.md.

[office]
name = {name}
lang = "de"                # de | en: Tabellen, Meldungen, Schreiben
zone = "Europe/Berlin"     # wo die Tage beginnen und enden
land = "{land}"                # wessen Feiertage zählen
database = {database}
""",
    "en": """\
# The office, as wirflow knows it. All keys are in docs/reference/configuration.md.

[office]
name = {name}
lang = "en"                # de | en: tables, messages, letters
zone = "Europe/Berlin"     # where its days begin and end
land = "{land}"                # whose holidays count
database = {database}
""",
}
_PERSON: Final = {"de": "# wer handelt, wenn niemand genannt ist", "en": "# who acts if nobody is named"}
_TODAY: Final = {
    "de": "# Übungsamt: Die Uhr steht still, 'wirflow run --once --on DATUM' stellt sie vor.",
    "en": "# Practice office: its clock stands still, 'wirflow run --once --on DATE' moves it on.",
}
_EXAMPLE: Final = {
    "de": """
# Funktionen, keine Menschen. Welche Rollen es gibt, sagen die Workflows.
[people.sachbearbeitung]
name = "Sachbearbeitung"
roles = ["clerk"]

[people.leitung]
name = "Amtsleitung"
roles = ["lead"]
""",
    "en": """
# Functions, not persons. Which roles there are, the workflows say.
[people.clerk]
name = "Clerk"
roles = ["clerk"]

[people.lead]
name = "Head of office"
roles = ["lead"]
""",
}
_NOTICES: Final = {
    "de": """
[notices]
channels = ["file"]        # file: .eml-Dateien in outbox/, smtp: E-Mail
from = "wirflow@localhost"

# [smtp]
# host = "mail.example"
# port = 587
# tls = "starttls"         # none | starttls | tls
# user = "wirflow"
# password_env = "WIRFLOW_SMTP_PASSWORD"
""",
    "en": """
[notices]
channels = ["file"]        # file: .eml files in outbox/, smtp: e-mail
from = "wirflow@localhost"

# [smtp]
# host = "mail.example"
# port = 587
# tls = "starttls"         # none | starttls | tls
# user = "wirflow"
# password_env = "WIRFLOW_SMTP_PASSWORD"
""",
}


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a new office is to be; see `create`."""

    lang: Lang
    name: str | None
    database: str | None
    people: Mapping[str, PersonSettings] | None
    person: str | None
    today: str | None
    land: str


def create(
    folder: Path,
    *,
    lang: Lang,
    name: str | None = None,
    database: str | None = None,
    people: Mapping[str, PersonSettings] | None = None,
    person: str | None = None,
    today: str | None = None,
    land: str = "HE",
    mark: bool = False,
    unused: bool = False,
) -> Office:
    """Make an empty office.

    Args:
        folder: where to; it may exist, but be no office yet.
        lang: the language of the office.
        name: what it is called; its folder's name if not given.
        database: the address of its database; a SQLite file in the folder if not given.
        people: who works there; two examples if not given.
        person: who acts if nobody is named.
        today: of a practice office: where its clock stands, as TOML writes it.
        land: whose holidays count.
        mark: whether it may be replaced by `clear`, as a demo is.
        unused: whether a database is refused that holds an office already.

    Raises:
        InputError: there is an office already, in the folder or in the database.
        WorldError: the folder cannot be written, or the database cannot be reached; nothing is left then.
    """
    if (folder / FILE).exists():
        raise InputError(
            Text(f"In {folder} ist schon ein Amt.", f"There is an office in {folder} already."),
            hint=Text("Wählen Sie einen anderen Ordner.", "Choose another folder."),
        )
    made = [path for path in _own_paths(folder) if not path.exists()]
    try:
        return _create(
            folder, _Wish(lang, name, database, people, person, today, land), mark=mark, unused=unused
        )
    except WirflowError:
        _undo(made)
        raise


def _create(folder: Path, wish: _Wish, *, mark: bool, unused: bool) -> Office:
    try:
        for place in (folder, folder / "workflows", folder / "templates"):
            place.mkdir(parents=True, exist_ok=True)
        if mark:
            (folder / MARK).touch()
        words = _settings(folder, wish)
        (folder / FILE).write_text(words, encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error) from error
    office = Office(folder.resolve())
    try:
        if wish.database is not None:
            _check_address(office, wish.database, unused=unused)
        office.unchecked_database.migrate()
        _make_keys(office)
    except OSError as error:
        office.close()
        raise _unwritable(folder, error) from error
    except WirflowError:
        office.close()
        raise
    return office


def _check_address(office: Office, database: str, *, unused: bool) -> None:
    """Refuse a database that forgets everything, or that is another office's.

    The trail of an office is signed with its key; a second folder would sign with a second one.
    """
    found = office.unchecked_database
    if found.sqlite and found.url.database in {None, "", ":memory:"}:
        raise InputError(
            Text(
                f"{database} wäre vergessen, sobald der Befehl endet.",
                f"{database} would be forgotten as soon as the command ends.",
            ),
            hint=Text("Zum Beispiel: sqlite:///wirflow.db", "For example: sqlite:///wirflow.db"),
        )
    if unused and found.version() is not None:
        raise InputError(
            Text("In dieser Datenbank ist schon ein Amt.", "There is an office in this database already."),
            hint=Text(
                "Nehmen Sie eine leere. Für einen weiteren Rechner kopieren Sie den Ordner des Amts,"
                " mit audit.key.",
                "Take an empty one. For one more machine copy the folder of the office, with audit.key.",
            ),
        )


def _own_paths(folder: Path) -> list[Path]:
    """What `create` may make, what is outermost first."""
    inside = ("workflows", "templates", FILE, MARK, SECRET_KEY, PUBLIC_KEY, *_DATABASE)
    return [folder, *(folder / name for name in inside)]


def _undo(made: list[Path]) -> None:
    """Take away what an office that could not be made left behind."""
    with suppress(OSError):
        for path in reversed(made):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Make room for a practice office where an earlier one was.

    Only what wirflow put there is removed.

    Raises:
        InputError: there is something else in that place.
        WorldError: it cannot be removed.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / MARK).is_file():
        raise InputError(
            Text(
                f"{folder} ist kein Übungsamt und bleibt unberührt.",
                f"{folder} is no practice office; left alone.",
            ),
            hint=Text("Nennen Sie einen leeren Ordner.", "Name an empty folder."),
        )
    try:
        for name in (*_OWN, *_DATABASE):
            path = folder / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _settings(folder: Path, wish: _Wish) -> str:
    lang, people, person, today = wish.lang, wish.people, wish.person, wish.today
    head = _HEAD[lang].format(
        name=_quoted(wish.name or folder.resolve().name),
        database=_quoted(wish.database or "sqlite:///wirflow.db"),
        land=wish.land,
    )
    lines = [head]
    if person:
        lines.append(f"person = {_quoted(person)}  {_PERSON[lang]}\n")
    if today:
        lines.append(f"{_TODAY[lang]}\ntoday = {today}\n")
    if people is None:
        lines.append(_EXAMPLE[lang])
    for id_, who in (people or {}).items():
        lines.append(f"\n[people.{_key(id_)}]\nname = {_quoted(who.name or id_)}\n")
        if who.email:
            lines.append(f"email = {_quoted(who.email)}\n")
        lines.append(f"roles = [{', '.join(map(_quoted, who.roles))}]\n")
        if who.lang:
            lines.append(f"lang = {_quoted(who.lang)}\n")
    lines.append(_NOTICES[lang])
    return "".join(lines)


def _make_keys(office: Office) -> None:
    """The pair of keys of the trail; the secret one for its owner's eyes only."""
    from wirflow.audit.note import SecretKey  # noqa: PLC0415 - signing loads a large library

    slug = re.sub(r"[^a-z0-9]+", "-", office.folder.name.lower()).strip("-") or "office"
    key = SecretKey.create(f"wirflow/{slug}")
    with os.fdopen(os.open(office.folder / SECRET_KEY, _OPEN_KEY, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{key.text}\n")
    (office.folder / PUBLIC_KEY).write_text(f"{key.public}\n", encoding="utf-8")


def _key(name: str) -> str:
    """A TOML key, quoted where it must be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(words: str) -> str:
    """A TOML string; JSON's escapes are TOML's."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'


def _unwritable(folder: Path, error: OSError) -> WorldError:
    why = reason(error)
    return WorldError(
        Text(f"In {folder} lässt sich nicht schreiben: {why.de}.", f"{folder} cannot be written: {why.en}."),
        hint=Text("Prüfen Sie Rechte und freien Platz.", "Check permissions and free space."),
    )
