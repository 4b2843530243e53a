"""A deadline that was set aside tells why in the language of whoever looks."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

SAID = {"de": "'kee' ist nicht bekannt", "en": "'kee' is not known"}


@pytest.fixture
def broken(wirflow, demo):
    """An office in which a template was broken, and a reminder failed."""
    (demo / "templates" / "award_ending.de.j2").write_text("Betreff: {{ case.kee }}\n", encoding="utf-8")
    assert wirflow("run --once --on 2021-07-01").code == 1
    return demo


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("lang", ["de", "en"])
def test_why_a_deadline_failed_is_told_in_both_languages(wirflow, lang):
    """`status KEY`, its JSON and `doctor` say it in the language that is asked for, and in no other."""
    other = SAID["en" if lang == "de" else "de"]
    for words in ("status WIR-KO-1", "status WIR-KO-1 --format json", "doctor"):
        said = " ".join(wirflow(f"{words} --lang {lang}").out.split())
        assert SAID[lang] in said, words
        assert other not in said, words
    assert wirflow("audit verify").code == 0


def test_what_was_kept_before_stays_readable(wirflow, broken):
    """A row of an earlier wirflow, in one language, is shown as it is, and verifies."""
    with closing(sqlite3.connect(broken / "wirflow.db", isolation_level=None)) as connection:
        connection.execute("UPDATE timers SET error = 'Template is broken.' WHERE status = 'failed'")
    for lang in ("de", "en"):
        assert "Template is broken." in wirflow(f"doctor --lang {lang}").out
        assert "Template is broken." in wirflow(f"status WIR-KO-1 --lang {lang}").out
    assert wirflow("audit verify").code == 0
