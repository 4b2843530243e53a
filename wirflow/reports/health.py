"""Whether an office is in good health: what is wrong, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from wirflow.clock import civil_date
from wirflow.store import backlog, queries
from wirflow.store.definitions import Definitions
from wirflow.text import Lang, Text, counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wirflow.definition.model import Workflow
    from wirflow.store.backlog import Backlog
    from wirflow.store.database import Database
    from wirflow.store.queries import DefinitionRow, TimerRow

SHOWN: Final = 10
"""How many things are named one by one: the rest is a number."""

Grade = Literal["good", "note", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing that was looked at."""

    name: str
    grade: Grade
    text: Text
    hint: Text | None = None
    details: tuple[Text, ...] = ()
    """One line for each thing that is meant, the first `SHOWN` of them."""

    def to_json(self, lang: Lang) -> dict[str, Any]:
        """The sign as data."""
        return {
            "name": self.name,
            "grade": self.grade,
            "text": self.text.pick(lang),
            "hint": self.hint.pick(lang) if self.hint else None,
            "details": [line.pick(lang) for line in self.details],
        }


def examine(
    database: Database,
    *,
    roles: frozenset[str],
    now: datetime,
    files: Mapping[str, Workflow] | None,
    zone: str = "UTC",
    practice: bool = False,
) -> list[Sign]:
    """Everything about the database of an office that can be good or bad.

    Args:
        database: of the right version.
        roles: the roles that somebody in the office has.
        now: the present instant.
        files: the workflows as the files say them; None: they have errors of their own.
        zone: the time zone in which its days are told.
        practice: whether its clock stands where the settings put it.
    """
    with database.reading() as session:
        damage = queries.damage(session, database.url.get_backend_name())
        waiting = backlog.count(session, now)
        failed = queries.failed_timers(session, SHOWN)
        refused = queries.refused(session)
        notices = queries.notices(session)
        versions = queries.versions(session)
        definitions = Definitions()
        used = [definitions.get(session, row.id) for row in versions if row.cases]
        unsealed, _ = queries.unsealed(session)
    count = sum(row.cases for row in versions)
    return [
        _database(damage, count, count - sum(row.running for row in versions)),
        _timers(failed, waiting, zone),
        _refused(refused),
        _notices(waiting, notices),
        _roles(used, roles),
        _definitions({row.workflow: row.hash for row in versions}, files),
        _versions(versions),
        _clock(waiting.latest, now, practice=practice),
        _seals(unsealed),
    ]


def _database(damage: list[str], count: int, final: int) -> Sign:
    if damage:
        return Sign(
            name="database",
            grade="bad",
            text=Text(f"Die Datenbank ist beschädigt: {damage[0]}", f"The database is damaged: {damage[0]}"),
            hint=Text("Spielen Sie die letzte Sicherung zurück.", "Restore the latest backup."),
        )
    cases = counted(count, Text("Vorgang", "case"), Text("Vorgänge", "cases"))
    return Sign(
        name="database",
        grade="good",
        text=Text(
            f"Datenbank unversehrt: {cases.de}, {final} davon am Ende.",
            f"Database intact: {cases.en}, {final} of them at an end.",
        ),
    )


def _timers(failed: list[TimerRow], waiting: Backlog, zone: str) -> Sign:
    if failed:
        return Sign(
            name="timers",
            grade="bad",
            text=counted(
                waiting.failed,
                Text("Frist oder Signal ist gescheitert.", "deadline or signal has failed."),
                Text("Fristen oder Signale sind gescheitert.", "deadlines or signals have failed."),
            ),
            hint=Text(
                "Beheben Sie die Ursache; 'wirflow doctor --rearm' versucht es noch einmal.",
                "Put right what caused it; 'wirflow doctor --rearm' tries again.",
            ),
            details=tuple(_failed(row, zone) for row in failed),
        )
    late = waiting.due
    if late:
        return Sign(
            name="timers",
            grade="note",
            text=counted(
                late,
                Text("Frist oder Signal ist überfällig.", "deadline or signal is overdue."),
                Text("Fristen oder Signale sind überfällig.", "deadlines or signals are overdue."),
            ),
            hint=Text("'wirflow run' holt sie nach.", "'wirflow run' catches up."),
        )
    return Sign(
        name="timers", grade="good", text=Text("Keine Frist ist gescheitert.", "No deadline has failed.")
    )


def _failed(row: TimerRow, zone: str) -> Text:
    """Which case, which timer, since when, why."""
    day = civil_date(row.due_at, zone)
    name = f"{row.name} {row.label}".strip()
    words = row.error or Text.same("–")
    return Text(
        f"{row.case}, {name}, fällig seit {day:%d.%m.%Y}: {_first(words.de)}",
        f"{row.case}, {name}, due since {day:%Y-%m-%d}: {_first(words.en)}",
    )


def _first(words: str) -> str:
    return next(iter(words.splitlines()), "–")


def _refused(refused: int) -> Sign:
    if refused:
        return Sign(
            name="refused",
            grade="note",
            text=counted(
                refused,
                Text(
                    "Frist oder Signal hat eine Regel abgelehnt.", "deadline or signal was refused by a rule."
                ),
                Text(
                    "Fristen oder Signale hat eine Regel abgelehnt.",
                    "deadlines or signals were refused by a rule.",
                ),
            ),
            hint=Text("'wirflow status KEY' sagt, welche.", "'wirflow status KEY' says which."),
        )
    return Sign(name="refused", grade="good", text=Text("Keine wurde abgelehnt.", "None was refused."))


def _notices(backlog_: Backlog, all_: int) -> Sign:
    lost = backlog_.dead + backlog_.unknown
    if lost:
        return Sign(
            name="notices",
            grade="bad",
            text=counted(
                lost,
                Text(
                    "Schreiben ist nicht zustellbar oder ungewiss.", "notice is undeliverable or uncertain."
                ),
                Text(
                    "Schreiben sind nicht zustellbar oder ungewiss.",
                    "notices are undeliverable or uncertain.",
                ),
            ),
            hint=Text(
                "'wirflow notices --state dead' und '--state unknown' zeigen sie.",
                "'wirflow notices --state dead' and '--state unknown' show them.",
            ),
        )
    waiting = backlog_.pending + backlog_.sending
    open_ = counted(waiting, Text("wartet", "waiting"), Text("warten", "waiting"))
    sent = counted(all_ - waiting, Text("Schreiben", "notice"), Text("Schreiben", "notices"))
    return Sign(
        name="notices",
        grade="good",
        text=Text(f"{sent.de} zugestellt, {open_.de}.", f"{sent.en} delivered, {open_.en}."),
    )


def _roles(used: list[Workflow], roles: frozenset[str]) -> Sign:
    needed = {role.name: role.title for workflow in used for role in workflow.roles}
    missing = [f"{title.de} ({name})" for name, title in needed.items() if name not in roles]
    english = [f"{title.en} ({name})" for name, title in needed.items() if name not in roles]
    if missing:
        return Sign(
            name="roles",
            grade="bad",
            text=Text(
                f"Niemand hat die Rolle: {', '.join(missing)}.", f"Nobody has the role: {', '.join(english)}."
            ),
            hint=Text(
                "Tragen Sie sie in wirflow.toml unter [people] ein.",
                "Enter it in wirflow.toml under [people].",
            ),
        )
    return Sign(name="roles", grade="good", text=Text("Jede Rolle ist besetzt.", "Every role is taken."))


def _definitions(newest: Mapping[str, str], files: Mapping[str, Workflow] | None) -> Sign:
    if files is None:
        return Sign(
            name="definitions",
            grade="bad",
            text=Text("Die Workflow-Dateien haben Fehler.", "The workflow files have errors."),
            hint=Text("'wirflow check' nennt sie.", "'wirflow check' names them."),
        )
    older = [name for name, hash_ in newest.items() if name in files and files[name].hash != hash_]
    if older:
        return Sign(
            name="definitions",
            grade="note",
            text=Text(
                f"Neuer in den Dateien als in der Datenbank: {', '.join(older)}.",
                f"Newer in the files than in the database: {', '.join(older)}.",
            ),
            hint=Text("'wirflow migrate' übernimmt sie.", "'wirflow migrate' takes them over."),
        )
    return Sign(
        name="definitions",
        grade="good",
        text=Text("Datenbank und Dateien sagen dasselbe.", "Database and files say the same."),
    )


def _versions(versions: list[DefinitionRow]) -> Sign:
    newest = {row.workflow: row.id for row in versions}
    older = sum(row.running for row in versions if newest[row.workflow] != row.id)
    if older:
        return Sign(
            name="versions",
            grade="note",
            text=Text(
                f"Laufende Vorgänge auf älteren Fassungen: {older}.",
                f"Running cases on older versions: {older}.",
            ),
            hint=Text(
                "'wirflow migrate' plant ihre Umstellung.", "'wirflow migrate' plans how they are moved."
            ),
        )
    return Sign(
        name="versions",
        grade="good",
        text=Text(
            "Alle laufenden Vorgänge stehen auf der neuesten Fassung.",
            "All running cases stand on the newest version.",
        ),
    )


def _clock(last: datetime | None, now: datetime, *, practice: bool) -> Sign:
    if last is not None and last > now:
        return Sign(name="clock", grade="bad", text=clock_behind(last), hint=clock_hint(practice=practice))
    return Sign(
        name="clock",
        grade="good",
        text=Text("Die Uhr stimmt mit der Akte überein.", "The clock agrees with the trail."),
    )


def clock_behind(last: datetime) -> Text:
    """What is said of a clock that stands before the last entry."""
    return Text(
        f"Die Uhr geht nach: Der letzte Eintrag ist von {last:%d.%m.%Y %H:%M} UTC.",
        f"The clock is behind: the last entry is of {last:%Y-%m-%d %H:%M} UTC.",
    )


def clock_hint(*, practice: bool) -> Text:
    """What to do about it."""
    if practice:
        return Text(
            "In wirflow.toml steht 'today' zu früh; 'wirflow run --once --on DATUM' stellt es vor.",
            "In wirflow.toml 'today' is too early; 'wirflow run --once --on DATE' moves it.",
        )
    return Text("Stellen Sie die Uhr des Rechners.", "Set the machine's clock.")


def _seals(unsealed: int) -> Sign:
    words = counted(
        unsealed,
        Text("Eintrag ist noch nicht versiegelt.", "entry is not sealed yet."),
        Text("Einträge sind noch nicht versiegelt.", "entries are not sealed yet."),
    )
    if unsealed:
        return Sign(name="seals", grade="note", text=words, hint=Text.same("'wirflow audit seal'"))
    return Sign(
        name="seals", grade="good", text=Text("Alle Einträge sind versiegelt.", "All entries are sealed.")
    )
