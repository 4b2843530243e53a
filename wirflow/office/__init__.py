"""The composition root: finding an office, wiring its objects, making a new one.

Importing this package imports none of it, so that a help page need not load an office.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wirflow.office.office import Office

__all__ = ["Office"]


def __getattr__(name: str) -> Any:
    if name == "Office":
        from wirflow.office.office import Office  # noqa: PLC0415 - see above

        return Office
    raise AttributeError(name)
