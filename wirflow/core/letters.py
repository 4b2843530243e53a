"""Writing notices: each for each of its readers on each channel, as text that the trail can vouch for."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from wirflow.render import READER, Reader, notice_context
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wirflow.core.case import Facts
    from wirflow.core.decision import Decision, NoticeOrder
    from wirflow.core.profile import Profile
    from wirflow.definition.model import Workflow
    from wirflow.definition.person import Person
    from wirflow.render import Rendered, Templates
    from wirflow.text import Lang

NoticeState = Literal["pending", "sending", "sent", "unknown", "dead"]

ROLE = "role:"
"""What the recipient of a notice begins with that nobody could receive; the role follows."""

NO_CHANNEL = "none"
"""The channel of a notice that nobody can receive: it is written, and shown as undeliverable."""


class NewNotice(Struct, frozen=True, kw_only=True):
    """A notice that was just written, for one recipient on one channel."""

    recipient: str
    address: str | None
    lang: str
    channel: str
    template: str
    kind: str
    subject: str
    body: str
    message_id: str
    state: NoticeState
    error: str | None = None


class Notice(Struct, frozen=True, kw_only=True):
    """A notice as it stands in the outbox."""

    id: int
    case: str
    seq: int
    recipient: str
    address: str | None
    lang: str
    channel: str
    template: str
    kind: str
    subject: str
    body: str
    message_id: str
    state: NoticeState
    attempts: int
    fence: int
    created_at: str
    next_at: str
    sent_at: str | None
    error: str | None

    @property
    def key(self) -> str:
        """What makes it this notice: case, entry, recipient, channel and template."""
        return _key(self.case, self.seq, self.recipient, self.channel, self.template)

    @property
    def role(self) -> str | None:
        """The role to which it should have gone, if nobody had it; else None."""
        return self.recipient.removeprefix(ROLE) if self.channel == NO_CHANNEL else None


def write(
    workflow: Workflow, decision: Decision, facts: Facts, profile: Profile, templates: Templates
) -> Iterator[NewNotice]:
    """The notices that a decision orders.

    A role that nobody has gets its notice all the same, marked dead: it is
    shown to whoever looks after the office, and not lost.

    Raises:
        TemplateError: a template is broken; then the event does not happen.
    """
    for order in decision.notices:
        readers = [person for person in profile.people.values() if person.roles.intersection(order.roles)]
        letter = _Letter(workflow, decision, facts, profile, templates, order)
        for person in readers:
            for channel in profile.channels:
                yield letter.to(person, channel)
        served = {role for person in readers for role in person.roles}
        for role in order.roles:
            if role not in served:
                yield letter.to_nobody(role)


def digest_of(notice: NewNotice) -> dict[str, str]:
    """What the trail says of a notice: to whom it went, and the SHA-256 of what it said."""
    text = f"{notice.subject}\n\n{notice.body}"
    return {
        "to": notice.recipient,
        "channel": notice.channel,
        "template": notice.template,
        "kind": notice.kind,
        "sha256": sha256(text.encode()).hexdigest(),
    }


def forwarded(notice: Notice, entry: int, profile: Profile) -> tuple[NewNotice, ...]:
    """A notice that nobody could receive, word for word, to each person who has its role now.

    Args:
        notice: as it was written when nobody had the role.
        entry: the number of the entry that will say to whom it goes.
        profile: the office as it is now.
    """
    found = []
    for person in profile.people.values():
        if notice.role not in person.roles:
            continue
        for channel in profile.channels:
            error = _unreachable(person, channel)
            key = _key(notice.case, entry, person.id, channel, notice.template)
            found.append(
                NewNotice(
                    recipient=person.id,
                    address=person.email,
                    lang=notice.lang,
                    channel=channel,
                    template=notice.template,
                    kind=notice.kind,
                    subject=notice.subject,
                    body=notice.body,
                    message_id=_message_id(key, profile),
                    state="dead" if error else "pending",
                    error=error.pick(profile.lang) if error else None,
                )
            )
    return tuple(found)


def _key(case: str, seq: int, recipient: str, channel: str, template: str) -> str:
    return f"{case}/{seq}/{recipient}/{channel}/{template}"


def _message_id(key: str, profile: Profile) -> str:
    """One notice has one Message-ID, however often it is tried."""
    host = profile.sender.rpartition("@")[2]
    return f"<{sha256(key.encode()).hexdigest()[:32]}@{host}>"


def _unreachable(person: Person, channel: str) -> Text | None:
    """Why a person cannot be reached on a channel; None if they can."""
    if channel != "smtp" or person.email:
        return None
    return Text(f"{person.id} hat keine E-Mail-Adresse.", f"{person.id} has no e-mail address.")


class _Letter:
    """One ordered notice, before it is addressed."""

    def __init__(  # noqa: PLR0917 - a private record of what a letter needs
        self,
        workflow: Workflow,
        decision: Decision,
        facts: Facts,
        profile: Profile,
        templates: Templates,
        order: NoticeOrder,
    ) -> None:
        self._workflow = workflow
        self._decision = decision
        self._facts = facts
        self._profile = profile
        self._templates = templates
        self._order = order
        self._same: dict[Lang, Rendered] = {}
        """What is the same for all readers of a language, since the template does not ask who they are."""

    def to(self, person: Person, channel: str) -> NewNotice:
        """The notice for a person on a channel."""
        role = next(role for role in self._order.roles if role in person.roles)
        return self._write(person.id, person.name, role, channel, person, _unreachable(person, channel))

    def to_nobody(self, role: str) -> NewNotice:
        """The notice that should have gone to a role."""
        error = Text(f"Niemand hat die Rolle '{role}'.", f"Nobody has the role '{role}'.")
        return self._write(f"{ROLE}{role}", role, role, NO_CHANNEL, None, error)

    def _write(  # noqa: PLR0917 - as above
        self, recipient: str, name: str, role: str, channel: str, person: Person | None, error: Text | None
    ) -> NewNotice:
        order, case, profile = self._order, self._decision.case, self._profile
        lang = (person.lang if person else None) or profile.lang
        rendered = self._same.get(lang) or self._render(name, role, lang)
        key = _key(case.key, case.revision, recipient, channel, order.template)
        return NewNotice(
            recipient=recipient,
            address=person.email if person else None,
            lang=lang,
            channel=channel,
            template=order.template,
            kind=order.kind,
            subject=rendered.subject,
            body=rendered.body,
            message_id=_message_id(key, profile),
            state="dead" if error else "pending",
            error=error.pick(profile.lang) if error else None,
        )

    def _render(self, name: str, role: str, lang: Lang) -> Rendered:
        order, case, profile = self._order, self._decision.case, self._profile
        known = self._workflow.role_by_name.get(role)
        context = notice_context(
            workflow=self._workflow,
            case=case,
            linked=self._facts.linked,
            event=self._decision.event,
            timer=order.timer if order.kind != "event" else None,
            actor=profile.name_of(self._decision.event.actor),
            recipient=name,
            role=known.title.pick(lang) if known else role,
            office=profile.name,
            zone=profile.zone,
            lang=lang,
        )
        rendered = self._templates.render(order.template, lang, context)
        reader = context[READER]
        if isinstance(reader, Reader) and not reader.asked:
            self._same[lang] = rendered
        return rendered
