"""The checked form of a definition as JSON: what the store keeps, and what a case pins by its hash.

What stands at its default is left out.  So a key that the language gains later
changes no form that was written before, and no hash that a trail names.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

_Form = TypeVar("_Form")


def write(value: object) -> bytes:
    """The form of a checked value: compact JSON with sorted keys."""
    return msgspec.json.encode(_lean(value), order="sorted")


def read(form: bytes | str, kind: type[_Form]) -> _Form:
    """The value whose form this is, also if an earlier version of wirflow wrote it.

    Raises:
        msgspec.ValidationError: it is the form of nothing that this wirflow knows.
    """
    try:
        return msgspec.json.decode(form, type=kind)
    except msgspec.ValidationError:
        # Only forms of another time pay for a second look.
        return msgspec.convert(_lifted(msgspec.json.decode(form)), type=kind)


def _lean(value: object) -> object:
    if isinstance(value, tuple):
        return [_lean(item) for item in value]
    if isinstance(value, type) or not is_dataclass(value):
        return value
    kind: type = type(value)
    return {
        name: _lean(item) for name, default in _defaults(kind) if (item := getattr(value, name)) != default()
    }


@cache
def _defaults(kind: type) -> tuple[tuple[str, Callable[[], object]], ...]:
    """Field → what gives its default; one without a default has a value that nothing equals."""
    return tuple((item.name, _default(item)) for item in fields(kind))


def _default(item: Field[Any]) -> Callable[[], object]:
    if item.default_factory is not MISSING:
        return item.default_factory
    return lambda: item.default


def _lifted(form: Any) -> Any:
    """The form as it is written today."""
    for deadline in form.get("deadlines", ()):
        escalate = deadline.get("escalate")
        if escalate and isinstance(escalate.get("unless"), str):
            escalate["unless"] = [escalate["unless"]]  # until November 2026 one event alone
    return form
