"""Notices as they stand in an outbox, and an office that has some."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tests.support import PEOPLE, new, replace
from wirflow.clock import unstamp
from wirflow.core.letters import Notice
from wirflow.engine import Profile
from wirflow.errors import DeliveryError
from wirflow.store import outbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.support import Office

PROFILE = Profile(name="Amt für Soziale Arbeit", people=PEOPLE, sender="wirflow@office.example")

NOTICE = Notice(
    id=1,
    case="WIR-KO-1",
    seq=3,
    recipient="ada",
    address="ada@office.example",
    lang="de",
    channel="file",
    template="award_ending",
    kind="reminder",
    subject="Bewilligung endet am 31.12.2021: prüfen",
    body="Guten Tag,\n\ndie Förderung läuft aus.\n",
    message_id="<0123456789abcdef@office.example>",
    state="pending",
    attempts=0,
    fence=0,
    created_at="2021-06-30T22:30:00.000000Z",
    next_at="2021-06-30T22:30:00.000000Z",
    sent_at=None,
    error=None,
)


def notice(**changed: Any) -> Notice:
    """The notice, with some of it changed."""
    return replace(NOTICE, **changed)


def write_notices(office: Office, key: str = "G-1") -> list[Notice]:
    """Let a case be approved, which writes three notices."""
    office.engine.start(new(key), actor="ada")
    office.engine.submit(key, "submit", actor="ada")
    given = {"decided_on": date(2021, 1, 4), "award_ends": date(2021, 12, 31)}
    office.engine.submit(key, "approve", actor="leo", given=given)
    return notices_of(office, key)


def notices_of(office: Office, key: str | None = "G-1") -> list[Notice]:
    """What stands in the outbox."""
    with office.database.reading() as session:
        return outbox.notices(session, key)


def to_next_attempt(office: Office) -> None:
    """Put the clock to when the next notice has its turn."""
    moment = office.engine.next_attempt()
    assert moment is not None
    office.clock.set(max(moment, office.clock.now()))


def created(item: Notice) -> datetime:
    """When a notice was written."""
    return unstamp(item.created_at)


class Recorder:
    """A channel that keeps what it is given, and fails as it is told."""

    def __init__(self, name: str = "file", *, idempotent: bool = True) -> None:
        self.name = name
        self.idempotent = idempotent
        self.got: list[str] = []
        self.rested = 0
        self.faults: list[BaseException | None] = []
        self.before: Callable[[Notice], None] = lambda _item: None

    def send(self, item: Notice, _now: datetime, /) -> None:
        """Keep a notice, or raise the next fault."""
        self.before(item)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        self.got.append(item.recipient)

    def rest(self) -> None:
        """Nothing more for now."""
        self.rested += 1


def busy() -> DeliveryError:
    """What a channel says that cannot take a notice just now."""
    from wirflow.text import Text  # noqa: PLC0415 - used here only

    return DeliveryError(Text("Gerade nicht.", "Not now."))
