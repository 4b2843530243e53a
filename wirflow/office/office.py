"""The composition root: `wirflow.toml` and the environment become wired objects.

Each object is made when it is first asked for, so that a command pays only for
what it uses: `status` needs the database and no engine.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, time
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from wirflow.clock import SystemClock, VirtualClock, civil_date
from wirflow.errors import InputError
from wirflow.office import settings as toml
from wirflow.office.lock import alone
from wirflow.office.place import FILE, OUTBOX, PUBLIC_KEY, SECRET_KEY, find
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal
    from pathlib import Path

    from wirflow.audit.note import PublicKey, SecretKey
    from wirflow.clock import Clock
    from wirflow.deadlines import Catalogue
    from wirflow.definition.model import Workflow
    from wirflow.engine import Engine, Profile
    from wirflow.office.settings import Settings
    from wirflow.render import Templates
    from wirflow.reports import Reports
    from wirflow.scheduler import Scheduler, Tick
    from wirflow.store.database import Database
    from wirflow.store.documents import Documents
    from wirflow.text import Lang

NOON = time(12)
MEGABYTE = 1_000_000


class Office:
    """One office: its folder, its settings, and everything that is made of them."""

    def __init__(self, folder: Path) -> None:
        """Read the settings, and touch nothing else yet.

        Raises:
            InputError: `wirflow.toml` is missing or wrong.
        """
        self.folder = folder
        self.settings: Settings = toml.read(folder)

    @classmethod
    def find(cls, named: str | None = None) -> Office:
        """The office that is meant: the named one, that of `WIRFLOW_OFFICE`, or the one here or above.

        Raises:
            InputError: there is none.
        """
        folder = find(named)
        if folder is None:
            raise InputError(
                Text(
                    "Hier ist kein Amt: wirflow.toml fehlt.",
                    "There is no office here: wirflow.toml is missing.",
                ),
                hint=Text(
                    "Wechseln Sie in seinen Ordner oder nennen Sie ihn mit --office;"
                    " 'wirflow demo' legt ein Übungsamt an.",
                    "Change to its folder or name it with --office; 'wirflow demo' makes a practice office.",
                ),
            )
        return cls(folder)

    # -- what the settings say ---------------------------------------------------------

    @property
    def name(self) -> str:
        """What the office is called."""
        return self.settings.office.name

    @property
    def lang(self) -> Lang:
        """The language of the office."""
        return self.settings.office.lang

    @property
    def zone(self) -> str:
        """The time zone in which its days begin and end."""
        return self.settings.office.zone

    @property
    def land(self) -> str:
        """Whose holidays count."""
        return self.settings.office.land

    @property
    def practice(self) -> bool:
        """Whether its clock stands still, so that it can be moved."""
        return self.settings.office.today is not None

    @property
    def person(self) -> str:
        """Who acts if nobody is named.

        Raises:
            InputError: the settings do not say.
        """
        person = self.settings.office.person
        if person is None:
            known = ", ".join(self.settings.people) or "–"
            raise InputError(
                Text("Wer handelt?", "Who acts?"),
                hint=Text(
                    f"Nennen Sie die Person mit --as ({known}) oder in wirflow.toml unter [office] person.",
                    f"Name the person with --as ({known}) or in wirflow.toml under [office] person.",
                ),
            )
        return person

    @cached_property
    def clock(self) -> Clock:
        """The machine's clock, or one that stands still where the settings put it."""
        moment = _moment(self.settings)
        return SystemClock() if moment is None else VirtualClock(moment)

    @property
    def today(self) -> date:
        """The civil date of now."""
        return civil_date(self.clock.now(), self.zone)

    def at(self, day: date) -> datetime:
        """The moment at which an event of a day counts: noon of that day, or now if it is today."""
        if day == self.today:
            return self.clock.now()
        return datetime.combine(day, NOON, ZoneInfo(self.zone)).astimezone(UTC)

    def set_clock(self, moment: datetime) -> None:
        """Move the clock of a practice office, and remember it in `wirflow.toml`.

        Args:
            moment: where to; without a zone it is a time of the office's own.

        Raises:
            InputError: the office lives in real time, or the moment is past.
        """
        local = (
            moment.astimezone(ZoneInfo(self.zone))
            if moment.tzinfo
            else moment.replace(tzinfo=ZoneInfo(self.zone))
        )
        if not isinstance(self.clock, VirtualClock):
            raise InputError(
                Text(
                    "Nur die Uhr eines Übungsamts lässt sich stellen.",
                    "Only a practice office's clock can be set.",
                ),
                hint=Text(
                    "Ein Übungsamt hat in wirflow.toml unter [office] ein 'today'.",
                    "A practice office has a 'today' under [office] in wirflow.toml.",
                ),
            )
        if local < self.clock.now():
            raise InputError(
                Text(
                    f"Die Uhr steht schon am {self.today:%d.%m.%Y}; zurück geht sie nicht.",
                    f"The clock stands at {self.today} already; it does not go back.",
                ),
                hint=Text(
                    "'wirflow demo' legt das Übungsamt neu an.", "'wirflow demo' makes the office anew."
                ),
            )
        self.clock.set(local)
        toml.set_today(self.folder, local)

    # -- wired objects -------------------------------------------------------------------

    @cached_property
    def unchecked_database(self) -> Database:
        """The database, of whatever version it is; a relative path means: in the office's folder."""
        from wirflow.store.database import Database  # noqa: PLC0415 - SQLAlchemy is slow to load

        url = os.environ.get(toml.DATABASE_VARIABLE) or self.settings.office.database
        return Database(url, self.folder)

    @cached_property
    def database(self) -> Database:
        """The database.

        Raises:
            DatabaseError: it is missing or of another version.
        """
        self.unchecked_database.check_version()
        return self.unchecked_database

    @cached_property
    def catalogue(self) -> Catalogue | None:
        """The rules of law with the office's own; None: the common ones.

        Raises:
            DefinitionError: the office's own rules or days off are wrong.
        """
        if not self.settings.rules and not self.settings.holidays:
            return None
        from wirflow.deadlines import Catalogue  # noqa: PLC0415 - most offices have no rules of their own

        return Catalogue.default().with_office(self.settings.rules, self.settings.holidays)

    @property
    def base_rates(self) -> Mapping[date, Decimal]:
        """The base rates of § 247 BGB, with those that the office has entered."""
        from wirflow.deadlines import BASE_RATES  # noqa: PLC0415 - most commands need none

        return {**BASE_RATES, **self.settings.base_rates}

    @cached_property
    def profile(self) -> Profile:
        """What the engine has to know of this office."""
        from wirflow.core.profile import Profile  # noqa: PLC0415 - see the class
        from wirflow.definition.person import Person  # noqa: PLC0415 - see the class

        settings = self.settings
        return Profile(
            name=self.name,
            lang=self.lang,
            zone=self.zone,
            land=self._place(),
            people={
                name: Person(
                    id=name,
                    name=person.name or name,
                    email=person.email,
                    roles=frozenset(person.roles),
                    lang=person.lang,
                )
                for name, person in settings.people.items()
            },
            channels=settings.notices.channels,
            sender=settings.notices.sender,
            catalogue=self.catalogue,
        )

    def _place(self) -> str:
        """The Land whose holidays count, or where `wirflow.toml` names one that there is not."""
        from wirflow.deadlines.workdays import place_code  # noqa: PLC0415 - see the class

        try:
            return place_code(self.land)
        except InputError as error:
            line, column = toml.place_of(self.folder, "office.land")
            at = f"{self.folder / FILE}:{line}:{column}: "
            raise InputError(
                Text(f"{at}{error.message.de}", f"{at}{error.message.en}"), hint=error.hint
            ) from error

    @cached_property
    def templates(self) -> Templates:
        """Notice templates: the office's own first, then those that ship with wirflow."""
        from wirflow.office.content import TEMPLATES, shipped  # noqa: PLC0415 - see the class
        from wirflow.render import Templates  # noqa: PLC0415 - Jinja2 is slow to load

        return Templates([self.folder / TEMPLATES, shipped(TEMPLATES)])

    @cached_property
    def engine(self) -> Engine:
        """The one door to its cases."""
        from wirflow.engine import Engine  # noqa: PLC0415 - see the class

        engine = Engine(self.database, self.clock, self.profile, self.templates)
        engine.documents = self.documents
        return engine

    @cached_property
    def documents(self) -> Documents:
        """Where the files of its cases lie."""
        from wirflow.store.documents import Documents  # noqa: PLC0415 - see the class

        settings = self.settings.documents
        return Documents(self.folder / settings.folder, max_bytes=settings.max_megabytes * MEGABYTE)

    @cached_property
    def reports(self) -> Reports:
        """What can be read of its cases."""
        from wirflow.reports import Reports  # noqa: PLC0415 - see the class

        people = {name: (person.name or name, person.roles) for name, person in self.settings.people.items()}
        return Reports(self.database, zone=self.zone, people=people)

    @cached_property
    def scheduler(self) -> Scheduler:
        """What makes things happen by themselves."""
        from wirflow.office.wiring import scheduler_of  # noqa: PLC0415 - APScheduler is slow to load

        return scheduler_of(
            self.engine, self.settings, folder=self.folder, outbox=self.folder / OUTBOX, seal=self.seal
        )

    # -- definitions -----------------------------------------------------------------------

    def workflows(self) -> dict[str, Workflow]:
        """The workflows as the files say them now, by their names.

        Raises:
            DefinitionError: a file has errors.
        """
        from wirflow.office.content import workflows  # noqa: PLC0415 - running cases need no YAML

        return workflows(self.folder)

    # -- the trail's keys --------------------------------------------------------------------

    @property
    def secret_key(self) -> SecretKey | None:
        """The key that signs the trail, or None if the office has none."""
        from wirflow.audit.note import SecretKey  # noqa: PLC0415 - see the class

        path = self.folder / SECRET_KEY
        return SecretKey.read(path.read_text(encoding="utf-8")) if path.is_file() else None

    @property
    def public_key(self) -> PublicKey | None:
        """The key that checks the trail's signatures, or None if the office has none."""
        from wirflow.audit.note import PublicKey  # noqa: PLC0415 - see the class

        path = self.folder / PUBLIC_KEY
        return PublicKey.read(path.read_text(encoding="utf-8")) if path.is_file() else None

    def seal(self) -> str | None:
        """Give new entries their place in the log and sign it; None if nothing is new or there is no key."""
        key = self.secret_key
        return self.engine.seal(key) if key else None

    def play(self, until: datetime) -> Tick:
        """Let a practice office's clock run to a moment; what is due on the way happens, and is delivered.

        Whoever else plays in the same folder is waited for, and where they left the clock, it goes on:
        two clocks in one database would each take the other's claims for overdue.

        Raises:
            InputError: the office lives in real time, or the moment is past.
        """
        target = until.astimezone(UTC)
        with alone(self.folder):
            moment = _moment(toml.read(self.folder))
            if isinstance(self.clock, VirtualClock) and moment and moment > self.clock.now():
                self.clock.set(moment)
            if not isinstance(self.clock, VirtualClock) or target < self.clock.now():
                self.set_clock(target)  # it knows the words for both
            tick = self.scheduler.play(target)
            self.set_clock(target)
            self.seal()
            return tick

    def close(self) -> None:
        """Give the database back."""
        if "unchecked_database" in self.__dict__:
            self.unchecked_database.close()


def _moment(settings: Settings) -> datetime | None:
    """Where the settings put the clock of a practice office."""
    today = settings.office.today
    if today is None:
        return None
    moment = today if isinstance(today, datetime) else datetime.combine(today, NOON)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(settings.office.zone))
