"""Help pages, wrong calls and errors, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from wirflow.cli import app, troubles
from wirflow.cli.app import COMMANDS
from wirflow.cli.reference import PAGE, page
from wirflow.errors import DatabaseError
from wirflow.text import Text


@pytest.mark.parametrize("lang", ["de", "en"])
@pytest.mark.parametrize("command", ["", *COMMANDS, "audit verify", "notices list"])
def test_every_command_explains_itself_in_both_languages(wirflow, command, lang):
    """No help page mixes languages or shows how its texts are kept."""
    said = wirflow(f"{command} --help --lang {lang}".strip())

    assert said.code == 0
    assert "\x1f" not in said.out
    assert ("Aufruf: wirflow" if lang == "de" else "Usage: wirflow") in said.out
    assert ("Show this message" in said.out) == (lang == "en")


@pytest.mark.parametrize("width", ["60", "140"])
def test_the_help_speaks_one_language_at_any_width(wirflow, monkeypatch, width):
    """Where a line breaks does not decide whether a sentence is translated."""
    monkeypatch.setenv("COLUMNS", width)
    page = wirflow("--help").out
    assert "Vervollständigung für diese Shell zeigen\n" in page
    assert not {"installation.", "completion", "shell."} & set(page.replace("--show-completion", "").split())


@pytest.mark.parametrize(("call", "code"), [("status --format xml", "xml"), ("status --lang fr", "fr")])
def test_a_wrong_choice_names_the_choices(wirflow, call, code):
    """What is no choice is told in the language of the office, with what there is."""
    said = wirflow(call)
    assert said.code == 2
    assert f"'{code}' gibt es nicht.\n  Möglich: '" in said.err


def test_the_reference_is_up_to_date():
    """`docs/reference/commands.md` is what `python -m wirflow.cli.reference` makes of the commands."""
    kept = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")

    assert kept == page()


def test_the_language_is_asked_office_and_variable(wirflow, later, monkeypatch):
    """The option wins over WIRFLOW_LANG, that over the office's language, which is German by default."""
    assert "Vorgang" in wirflow("status").out
    monkeypatch.setenv("WIRFLOW_LANG", "en")
    assert "Case" in wirflow("status").out
    assert "Vorgang" in wirflow("status --lang de").out
    assert "Vorgang" in wirflow("--lang de status").out
    monkeypatch.delenv("WIRFLOW_LANG")
    toml = later / "wirflow.toml"
    toml.write_text(toml.read_text().replace('lang = "de"', 'lang = "en"', 1))
    assert "Case" in wirflow("status").out
    assert "is unknown" in wirflow("status X").err


@pytest.mark.parametrize(
    ("command", "german", "english"),
    [
        ("--foo", "Die Option '--foo' gibt es nicht.", "There is no option '--foo'."),
        ("nonsense", "Den Befehl 'nonsense' gibt es nicht.", "There is no command 'nonsense'."),
        ("do", "Es fehlt: KEY.", "Missing: KEY."),
        ("init", "Es fehlt: DIR.", "Missing: DIR."),
        ("status a b", "Zu viel: b.", "Too much: b."),
        ("status --state", "Die Option '--state' braucht einen Wert.", "The option '--state' needs a value."),
        ("status --format xml", "--format:", "--format:"),
        ("audit verify --foo", "Die Option '--foo' gibt es nicht.", "There is no option '--foo'."),
    ],
)
def test_a_wrong_call_is_told_in_both_languages(wirflow, command, german, english):
    """What is wrong with a call, and where there is help; exit 2 and nothing on stdout."""
    for lang, words, more in (("de", german, "hilft weiter"), ("en", english, "tells more")):
        said = wirflow(f"--lang {lang} {command}")
        assert said.code == 2
        assert words in said.err
        assert more in said.err
        assert said.out == ""


def test_an_unknown_language_is_a_wrong_call(wirflow):
    """There are two languages."""
    assert wirflow("--lang fr status").code == 2


def test_a_bare_call_shows_the_help(wirflow):
    """Who types nothing is shown what there is."""
    said = wirflow("--lang", "de")

    assert said.code == 2
    assert "Befehle:" in said.out + said.err


def test_without_an_office_it_says_how_to_get_one(wirflow):
    """A command that needs an office names the ways to one."""
    for command in ("status", "due", "do A b", "doctor", "status --office nowhere"):
        said = wirflow(command)
        assert said.code == 2, command
        assert "wirflow demo" in said.err


def test_the_version_is_told(wirflow):
    """`--version` names the installed version."""
    assert wirflow("--version").out.startswith("wirflow 0")


def test_errors_carry_their_exit_codes(wirflow, monkeypatch):
    """What is wrong with the world ends with 3, and what nobody thought of too, in one line."""

    def broken() -> None:
        raise DatabaseError(Text("Die Datenbank ist fort.", "The database is gone."))

    monkeypatch.setattr(app, "root", broken)
    said = wirflow("status")
    assert (said.code, said.err) == (3, "Fehler: Die Datenbank ist fort.\n")

    def unforeseen() -> None:
        msg = "two\nlines"
        raise RuntimeError(msg)

    monkeypatch.setattr(app, "root", unforeseen)
    said = wirflow("status")
    assert said.code == 3
    assert said.err.count("\n") == 1
    assert "two lines" in said.err
    assert troubles.DEBUG_VARIABLE in said.err


def test_an_interrupt_has_its_own_exit_code(wirflow, monkeypatch):
    """Ctrl-C ends with 130 and says nothing."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "root", interrupted)
    said = wirflow("status")
    assert (said.code, said.out, said.err) == (130, "", "")


def test_a_language_that_there_is_none_of_is_refused(wirflow, monkeypatch):
    """WIRFLOW_LANG=fr is wrong use and not German in silence; an option goes before it, empty is unset."""
    monkeypatch.setenv("WIRFLOW_LANG", "fr")
    said = wirflow("deadline bgb-187-1 --from 2021-01-04 --period P1M")
    assert (said.code, "'fr'" in said.err, "de, en" in said.err, said.out) == (2, True, True, "")
    assert wirflow("--lang en --help").code == 0
    monkeypatch.setenv("WIRFLOW_LANG", "")
    assert wirflow("--help").code == 0
