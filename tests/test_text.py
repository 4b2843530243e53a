"""Sentences in two languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from wirflow.text import Text, counted

PLURALS = (
    "files|cases|notices|deadlines|entries|findings|scenarios|errors|warnings|checkpoints|differences|days"
    "|Dateien|Vorgänge|Vorgängen|Einträge|Befunde|Szenarien|Hinweise|Prüfpunkte|Abweichungen|Tage|Fristen"
)
NOT_ONE = {
    "cli/words.py": "a length of one day has words of its own, and longer ones begin at two",
    "core/batch.py": "a bound",
    "core/children.py": "a bound",
    "definition/joins.py": "a bound",
    "definition/yaml.py": "a bound",
}
"""Modules whose numbers are never one, and why."""


@pytest.mark.parametrize(
    ("number", "german", "english"), [(0, "Dateien", "files"), (1, "Datei", "file"), (2, "Dateien", "files")]
)
def test_one_is_counted_in_the_singular(number, german, english):
    """Only a 1 takes the singular, in both languages."""
    found = counted(number, Text("Datei", "file"), Text("Dateien", "files"))
    assert found == Text(f"{number} {german}", f"{number} {english}")


@pytest.mark.parametrize("text", [Text("Säumig: „x“\nzwei", "Late"), Text.same(""), Text.same('{"de": 1}')])
def test_what_is_kept_in_both_languages_is_read_back(text):
    """Both languages come back as they were."""
    assert Text.read(text.kept()) == text


@pytest.mark.parametrize(
    "words", ["Broken template.", "", "{", '{"de": "x"}', '{"de": 1, "en": 2}', '{"de":', "[]"]
)
def test_what_was_kept_in_one_language_is_read_as_it_is(words):
    """Rows of before, and whatever else stands there, read the same in both languages."""
    assert Text.read(words) == Text.same(words)


def test_no_message_counts_by_itself():
    """Behind a number that may be one no plural stands in a text: `counted` knows the singular, too."""
    wrong = []
    pattern = re.compile(rf"\0 (?:{PLURALS})\b")
    for path in sorted(Path("wirflow").rglob("*.py")):
        if str(path.relative_to("wirflow")) in NOT_ONE or "diagram" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                words = "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values
                )
                wrong += [f"{path}:{node.lineno}: {words!r}"] if pattern.search(words) else []
    assert wrong == []
