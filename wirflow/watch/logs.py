"""Log lines: one JSON object each for machines, or readable ones on a terminal.

The rooms log by Python's own `logging`, with `extra` for what belongs to an
event; here it gets its form, by structlog.  So whoever uses wirflow as a
library decides about its logs as about all others.

No personal data: an event names cases, timers and notices by their keys and
numbers, and of an unexpected error only its kind and its place, for what it says
may be what somebody typed.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from wirflow.clock import stamp
from wirflow.errors import WirflowError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from wirflow.clock import Clock

Form = Literal["json", "text"]

FORMS: Final[tuple[Form, ...]] = get_args(Form)

LEVELS: Final = ("debug", "info", "warning", "error")

FORM_VARIABLE: Final = "WIRFLOW_LOG"
LEVEL_VARIABLE: Final = "WIRFLOW_LOG_LEVEL"

OURS: Final = "wirflow"
"""Under which name the rooms log."""

_HEAD: Final = ("at", "level", "event", "worker")
"""What each line begins with."""

_KNOWN: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_SHOWN: Final = 400
_FRAMES: Final = 12
_WITH_DATE: Final = 19


def worker_name() -> str:
    """By what a worker is known in logs and metrics: its machine and its process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def set_up(*, form: Form, level: str, clock: Clock, worker: str) -> None:
    """Let all log lines of this process go to stderr in one form.

    Args:
        form: `json` or `text`.
        level: from which level on, one of `LEVELS`; of other libraries from `warning` on,
            unless it is `debug`.
        clock: what stamps the lines.
        worker: who logs.
    """
    import structlog  # noqa: PLC0415 - 160 ms that only a worker should pay

    def head(_logger: object, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
        found = {"at": stamp(clock.now()), "worker": worker, **line}
        return {name: found.pop(name) for name in _HEAD if name in found} | found

    renderer: Any
    if form == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    else:
        colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        renderer = _Readable(
            structlog.dev.ConsoleRenderer(colors=colours, timestamp_key="at", sort_keys=False)
        )
    handler = _ToStderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_log_level, _from_record, head],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old, _ToStderr):
            root.removeHandler(old)
    root.addHandler(handler)
    number = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(number if number == logging.DEBUG else max(number, logging.WARNING))
    logging.getLogger(OURS).setLevel(number)
    logging.captureWarnings(capture=True)


def tear_down() -> None:
    """Take back what `set_up` did."""
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old, _ToStderr):
            root.removeHandler(old)
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(logging.NOTSET)
    logging.captureWarnings(capture=False)


def error_fields(error: BaseException) -> dict[str, Any]:
    """What may be logged of an error: our own words for the known ones, kind and place of the others.

    What a database says may go on with the row that it means, in further lines:
    only the first is kept.
    """
    if isinstance(error, WirflowError):
        first = str(error.message).splitlines()[0] if str(error.message) else ""
        return {"error": first[:_SHOWN], "kind": type(error).__name__}
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"kind": type(error).__name__, "frames": places}


class _ToStderr(logging.StreamHandler[Any]):
    """Writes to what stderr is at the moment: a progress bar puts itself in its place."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        """Where to."""
        return sys.stderr

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging calls it so
        """A log that cannot be written stops no work: a closed pipe, a full disk."""


class _Readable:
    """Lines for people: the instant without its fractions, lists in one word each."""

    def __init__(self, renderer: Callable[..., str]) -> None:
        self._renderer = renderer

    def __call__(self, logger: object, method: str, line: MutableMapping[str, Any]) -> str:
        shown = {name: value for name, value in line.items() if name != "worker"}
        shown["at"] = str(line["at"])[:_WITH_DATE].replace("T", " ")
        return self._renderer(logger, method, shown)


def _from_record(_logger: object, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A record's own fields; a library's message is `text`, for only our events have names that stay."""
    record: logging.LogRecord = line["_record"]
    fields = dict(line)
    if record.name.partition(".")[0] == OURS:
        fields |= {name: value for name, value in record.__dict__.items() if name not in _KNOWN}
    else:
        fields |= {"event": "library", "logger": record.name, "text": str(line["event"])[:_SHOWN]}
    for name in ("exc_info", "stack_info"):
        fields.pop(name, None)
    if record.exc_info and record.exc_info[1] is not None:
        fields |= error_fields(record.exc_info[1])
    return fields
