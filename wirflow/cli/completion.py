"""What the shell offers when the tab key is pressed: keys, events, workflows, people, rules.

Completion never complains: where there is no office, there is nothing to offer.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import typer  # noqa: TC002 - Typer reads the annotations

from wirflow.cli.desk import desk_of

if TYPE_CHECKING:
    from collections.abc import Iterable


def case_keys(ctx: typer.Context, incomplete: str) -> list[str]:
    """The keys of the cases."""
    with suppress(Exception):
        return _fitting(desk_of(ctx).office.reports.keys(), incomplete)
    return []


def events(ctx: typer.Context, incomplete: str) -> list[str]:
    """What can be done in the state of the case that was typed before."""
    with suppress(Exception):
        key = str(ctx.params.get("key"))
        return _fitting([item.event for item in desk_of(ctx).office.reports.case(key).actions], incomplete)
    return []


def workflows(ctx: typer.Context, incomplete: str) -> list[str]:
    """The workflows that cases here have or may have."""
    with suppress(Exception):
        return _fitting(desk_of(ctx).office.reports.workflows(), incomplete)
    return []


def people(ctx: typer.Context, incomplete: str) -> list[str]:
    """The people of the office."""
    with suppress(Exception):
        return _fitting(desk_of(ctx).office.settings.people, incomplete)
    return []


def rules(incomplete: str) -> list[str]:
    """The rules of law."""
    from wirflow.deadlines import Catalogue  # noqa: PLC0415 - only when asked

    return _fitting(Catalogue.default().rules, incomplete)


def _fitting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
