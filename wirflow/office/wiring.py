"""Wiring what makes things happen by themselves: scheduler, delivery, sealing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wirflow.notices.deliver import Deliverer
from wirflow.notices.file import FileChannel
from wirflow.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wirflow.engine import Engine
    from wirflow.notices.channel import Channel
    from wirflow.office.settings import Settings


def scheduler_of(
    engine: Engine, settings: Settings, *, folder: Path, outbox: Path, seal: Callable[[], object]
) -> Scheduler:
    """The scheduler of an office.

    Args:
        engine: whose timers it fires and whose notices it delivers.
        settings: how mail goes out.
        folder: what paths in the settings are relative to.
        outbox: where the file channel writes.
        seal: what seals the trail.
    """
    profile = engine.profile
    channels: dict[str, Channel] = {"file": FileChannel(outbox, profile)}
    smtp = settings.smtp
    if smtp is not None:
        from wirflow.notices.smtp import SmtpChannel, SmtpServer  # noqa: PLC0415 - few offices send mail themselves

        server = SmtpServer(
            host=smtp.host,
            port=smtp.port,
            tls=smtp.tls,
            user=smtp.user,
            password=os.environ.get(smtp.password_env) if smtp.password_env else None,
            ca_file=folder / smtp.ca_file if smtp.ca_file else None,
        )
        channels["smtp"] = SmtpChannel(server, profile)
    return Scheduler(engine, Deliverer(engine, channels), seal=seal)
