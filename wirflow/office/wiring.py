"""Wiring what makes things happen by themselves: scheduler, delivery, sealing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wirflow.notices.deliver import Deliverer
from wirflow.notices.file import FileChannel
from wirflow.office.office import OUTBOX
from wirflow.scheduler import Scheduler

if TYPE_CHECKING:
    from wirflow.notices.channel import Channel
    from wirflow.office.office import Office


def scheduler_of(office: Office) -> Scheduler:
    """The scheduler of an office; it seals the trail where the office has a key."""
    channels: dict[str, Channel] = {"file": FileChannel(office.folder / OUTBOX, office.profile)}
    smtp = office.settings.smtp
    if smtp is not None:
        from wirflow.notices.smtp import SmtpChannel, SmtpServer  # noqa: PLC0415 - few offices send mail themselves

        server = SmtpServer(
            host=smtp.host,
            port=smtp.port,
            tls=smtp.tls,
            user=smtp.user,
            password=os.environ.get(smtp.password_env) if smtp.password_env else None,
            ca_file=office.folder / smtp.ca_file if smtp.ca_file else None,
        )
        channels["smtp"] = SmtpChannel(server, office.profile)
    return Scheduler(office.engine, Deliverer(office.engine, channels), seal=office.seal)
