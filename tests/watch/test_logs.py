"""Log lines: one form, stable keys, and nothing of what somebody typed."""

from __future__ import annotations

import json
import logging
import warnings
from datetime import UTC, datetime

import pytest

from wirflow.clock import VirtualClock
from wirflow.errors import DatabaseError
from wirflow.text import Text
from wirflow.watch import logs

NOW = datetime(2021, 1, 4, 12, tzinfo=UTC)


@pytest.fixture
def lines(capsys):
    """Logging as JSON; called, what was logged since."""

    def begin(form="json", level="info"):
        logs.set_up(form=form, level=level, clock=VirtualClock(NOW), worker="here:1")

    def said():
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    begin()
    said.begin = begin
    said.text = lambda: capsys.readouterr().err
    yield said
    logs.tear_down()


def test_a_line_begins_with_when_what_and_who(lines):
    """The keys of each line are at, level, event and worker, and then what belongs to the event."""
    logging.getLogger("wirflow.scheduler").info("beat", extra={"fired": 3, "lag_seconds": 0.5})
    [line] = lines()
    assert list(line) == ["at", "level", "event", "worker", "fired", "lag_seconds"]
    assert line == {
        "at": "2021-01-04T12:00:00.000000Z",
        "level": "info",
        "event": "beat",
        "worker": "here:1",
        "fired": 3,
        "lag_seconds": 0.5,
    }


def test_other_libraries_speak_in_the_same_form(lines):
    """What a library logs comes as the event `library`, from warnings on; Python's warnings, too."""
    logging.getLogger("apscheduler").info("not this")
    logging.getLogger("apscheduler").warning("late by %s", "1 s")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", UserWarning, stacklevel=1)
    first, second = lines()
    assert (first["event"], first["logger"], first["text"]) == ("library", "apscheduler", "late by 1 s")
    assert second["logger"] == "py.warnings"


def test_an_error_says_its_kind_and_place_and_nothing_that_was_typed(lines):
    """Of an unexpected error no words are logged; of a database's, only the first line."""
    log = logging.getLogger("wirflow.scheduler")
    try:
        int("Erika Muster, Hauptstraße 1")
    except ValueError:
        log.exception("beat-failed")
    words = Text.same("away\nDETAIL: Failing row contains (Erika Muster)")
    log.warning("beat-failed", extra=logs.error_fields(DatabaseError(words)))
    fault, away = lines()
    assert "Erika" not in json.dumps([fault, away], ensure_ascii=False)
    assert fault["kind"] == "ValueError"
    assert fault["frames"][-1].startswith("test_logs.py:")
    assert (away["kind"], away["error"]) == ("DatabaseError", "away")


def test_the_level_is_a_floor(lines):
    """Below the chosen level nothing is said; at debug, libraries speak, too."""
    log = logging.getLogger("wirflow.x")
    log.debug("quiet")
    lines.begin(level="error")
    log.warning("quiet")
    lines.begin(level="debug")
    log.debug("loud")
    logging.getLogger("library").debug("loud")
    assert [line["event"] for line in lines()] == ["loud", "library"]


def test_on_a_terminal_people_read(lines):
    """The readable form has no braces and no worker, and one line for one event."""
    lines.begin(form="text")
    logging.getLogger("wirflow.x").info("beat", extra={"fired": 3})
    said = lines.text()
    assert said.startswith("2021-01-04 12:00:00 [info")
    assert said.count("\n") == 1
    assert "fired=3" in said
    assert "worker" not in said


def test_a_log_that_cannot_be_written_stops_nothing(lines, monkeypatch):
    """A closed stderr is no reason to stop working."""

    class Gone:
        """A pipe whose reader went away."""

        def write(self, _text):
            """Fail."""
            raise BrokenPipeError

        def flush(self):
            """Fail, too."""
            raise BrokenPipeError

        def isatty(self):
            """No terminal."""
            return False

    monkeypatch.setattr("sys.stderr", Gone())
    logging.getLogger("wirflow.x").info("beat")
    assert lines() == []
