"""The command line as a process: what it imports, how it ends, what it does to pipes and terminals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

WIRFLOW = [sys.executable, "-m", "wirflow"]

HEAVY = (
    *("alembic", "apscheduler", "cel_expr_python", "cryptography", "holidays", "httpx", "jinja2", "pydantic"),
    *("rich.markdown", "rich.traceback", "smtplib", "transitions", "yaml", "wirflow.core.decide"),
    *("wirflow.definition.guards", "wirflow.engine", "wirflow.render", "wirflow.scheduler"),
    *("sqlalchemy.dialects.postgresql", "structlog", "prometheus_client"),
)
"""What neither the help nor the portfolio may load: the start would take too long."""


def call(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run it as a process."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WIRFLOW")}
    return subprocess.run(
        [*WIRFLOW, *words], capture_output=True, text=True, check=False, env={**environment, **more}
    )


@pytest.mark.parametrize(
    ("words", "also"),
    [
        (["--help"], ("sqlalchemy", "rich", "msgspec", "wirflow.deadlines", "wirflow.office.office")),
        (["status"], ()),
        (["status", "--format", "json"], ("rich.table", "rich.console")),
    ],
)
@pytest.mark.usefixtures("demo")
def test_a_short_command_loads_nothing_heavy(words, also):
    """The help and the portfolio load none of the large libraries."""
    program = (
        "import atexit, os, sys\n"
        "from wirflow.cli.app import run\n"
        f"code = run({words!r})\n"
        "print(*sys.modules, file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    loaded = done.stderr.split()
    found = [name for name in (*HEAVY, *also) if any(f"{item}.".startswith(f"{name}.") for item in loaded)]
    assert found == []


@pytest.mark.usefixtures("demo")
def test_the_module_runs_as_a_program():
    """`python -m wirflow` is the same as `wirflow`."""
    done = call("status", "--format", "json")

    assert done.returncode == 0
    assert done.stdout.startswith("[")
    assert done.stderr == ""


@pytest.mark.usefixtures("demo")
def test_a_closed_pipe_is_no_error():
    """Who reads only the beginning, as `head` does, causes no message."""
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen([*WIRFLOW, "audit", "show"], stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    _, complaint = process.communicate(timeout=60)

    assert complaint == b""
    assert process.returncode == 0


def test_an_interrupt_ends_quietly(tmp_path: Path):
    """Ctrl-C stops a running scheduler cleanly, without a traceback."""
    assert call("init", str(tmp_path / "office"), "--lang", "en").returncode == 0
    # What `nohup` or a shell's `&` made this process ignore, the child would ignore as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*WIRFLOW, "run", "--office", str(tmp_path / "office"), "--log", "text"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)

    assert "running" in first
    assert "Traceback" not in rest
    assert process.returncode in {0, 130}


def test_a_worker_logs_json_and_answers_until_sigterm(tmp_path: Path):
    """Without a terminal all of stderr is JSON; /health answers; SIGTERM ends it with 0 and is logged."""
    office = str(tmp_path / "office")
    assert call("init", office).returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        at = f"127.0.0.1:{free.getsockname()[1]}"
        taken = call("run", "--office", office, "--metrics", at)
    assert (taken.returncode, "Traceback" in taken.stderr, "start" in taken.stderr) == (3, False, False)
    process = subprocess.Popen(
        [*WIRFLOW, "run", "--office", office, "--metrics", at, "--log-level", "debug"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    first = []
    while not first or json.loads(first[-1])["event"] != "beat":
        first.append(process.stderr.readline())
    with urllib.request.urlopen(f"http://{at}/health", timeout=20) as answer:
        assert json.load(answer)["ok"] is True
    process.send_signal(signal.SIGTERM)
    out, rest = process.communicate(timeout=60)

    lines = [json.loads(line) for line in [*first, *rest.splitlines()]]
    assert (process.returncode, out) == (0, "")
    assert lines[0]["event"] == "start"
    assert (lines[-1]["event"], lines[-1]["signal"]) == ("stopped", "SIGTERM")


def test_a_worker_that_is_asked_to_end_while_it_starts_ends_with_0():
    """Before it has begun with anything, SIGTERM is obeyed at once, and afterwards it means what it meant."""
    code = """if True:
        import os, signal
        from wirflow.cli import run
        if os.fork():
            assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
            with run._leaving_at_once():
                pass
        else:
            with run._leaving_at_once():
                os.kill(os.getpid(), signal.SIGTERM)
                os._exit(7)
        os.kill(os.getpid(), signal.SIGTERM)
    """
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (-signal.SIGTERM, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_output_is_no_accident(tmp_path, closed):
    """A command whose outputs are closed ends as it would have ended, without a traceback."""
    words = [*WIRFLOW, "init", str(tmp_path / "office")]
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$@" {closed}', "sh", *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert call("status", "--office", str(tmp_path / "office")).returncode == 0


@pytest.mark.usefixtures("demo")
def test_colours_obey_no_color():
    """Even where colours are forced, NO_COLOR turns them off."""
    assert "\x1b[3" in call("status", FORCE_COLOR="1").stdout
    assert "\x1b[3" not in call("status", FORCE_COLOR="1", NO_COLOR="1").stdout


@pytest.mark.usefixtures("demo")
def test_a_terminal_without_umlauts_gets_a_substitute():
    """What an encoding cannot show is replaced, and nothing breaks."""
    done = call("status", PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert done.returncode == 0
    assert "WIR-KO-1" in done.stdout


def test_nothing_ever_leaves_as_a_traceback(demo):
    """What nobody thought of is one line with a request to report it; the traceback only for who asks."""
    (demo / "wirflow.db").unlink()
    (demo / "wirflow.db").mkdir()
    quiet, loud = call("status"), call("status", WIRFLOW_DEBUG="1")

    assert quiet.returncode == loud.returncode == 3
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr


def test_completion_knows_the_commands():
    """Shell completion offers commands and their options."""
    asked = {"_WIRFLOW_COMPLETE": "complete_bash", "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    commands = call(COMP_WORDS="wirflow st", COMP_CWORD="1", **asked)
    options = call(COMP_WORDS="wirflow status --st", COMP_CWORD="2", **asked)

    assert commands.stdout.split() == ["status"]
    assert options.stdout.split() == ["--state"]


@pytest.mark.usefixtures("demo")
def test_completion_knows_cases_events_people_and_rules():
    """The tab key offers what there is in the office, and nothing where there is none."""
    asked = {"_WIRFLOW_COMPLETE": "complete_bash", "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    for words, offered in (
        ("status WIR-K", ["WIR-KO-1", "WIR-KO-2"]),
        ("do WIR-KO-2 sub", ["submit"]),
        ("do WIR-KO-2 submit --as amts", ["amtsleitung"]),
        ("new staff", ["staff_transfer"]),
        ("deadline vwgo-7", ["vwgo-70", "vwgo-74"]),
        ("do nowhere x", []),
    ):
        place = str(len(words.split()))
        done = call(COMP_WORDS=f"wirflow {words}", COMP_CWORD=place, **asked)
        assert done.stdout.split() == offered, words
        assert done.stderr == ""
