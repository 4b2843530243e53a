"""What the YAML parser complains about, in the words of people who fill in forms."""

from __future__ import annotations

from typing import Final

from wirflow.text import Text

_QUOTES: Final = Text(
    "Text mit ': ' oder ' #' darin steht in Anführungszeichen.",
    "Text with ': ' or ' #' in it stands in quotes.",
)
_IN_BRACES: Final = Text(
    "Text mit ': ', ',' oder Klammern darin steht in Anführungszeichen.",
    "Text with ': ', ',' or brackets in it stands in quotes.",
)
_INDENT: Final = Text(
    "Meist ist die Einrückung falsch: Was zusammengehört, beginnt in derselben Spalte.",
    "Most often the indentation is wrong: what belongs together starts in the same column.",
)

_PROBLEMS: Final[dict[str, tuple[Text, Text | None]]] = {
    "mapping values are not allowed in this context": (
        Text("Hier kann kein 'Schlüssel: Wert' stehen.", "There can be no 'key: value' here."),
        _QUOTES,
    ),
    "mapping keys are not allowed in this context": (
        Text("Hier kann kein Schlüssel stehen.", "There can be no key here."),
        _INDENT,
    ),
    "block sequence entries are not allowed in this context": (
        Text("Hier kann keine Aufzählung mit '-' beginnen.", "No list with '-' can start here."),
        _INDENT,
    ),
    "did not find expected key": (Text("Erwartet wird ein Schlüssel.", "A key is expected."), _INDENT),
    "could not find expected ':'": (
        Text("Nach dem Schlüssel fehlt der Doppelpunkt.", "The colon after the key is missing."),
        Text("Richtig ist 'Schlüssel: Wert', mit einem Leerzeichen.", "Write 'key: value', with one space."),
    ),
    "did not find expected '-' indicator": (
        Text(
            "Erwartet wird ein weiterer Punkt der Aufzählung mit '-'.",
            "Another list item with '-' is expected.",
        ),
        _INDENT,
    ),
    "did not find expected ',' or ']'": (
        Text("In der Liste fehlt ',' oder ']'.", "A ',' or ']' is missing in the list."),
        _IN_BRACES,
    ),
    "did not find expected ',' or '}'": (
        Text("In der Klammer fehlt ',' oder '}'.", "A ',' or '}' is missing in the braces."),
        _IN_BRACES,
    ),
    "did not find expected node content": (
        Text(
            "Hier fehlt ein Wert, oder eine Klammer ist nicht geschlossen.",
            "A value is missing here, or a bracket is not closed.",
        ),
        None,
    ),
    "did not find expected <document start>": (
        Text("Hier wird nichts mehr erwartet.", "Nothing more is expected here."),
        _INDENT,
    ),
    "found unexpected end of stream": (
        Text("Ein Anführungszeichen ist nicht geschlossen.", "A quotation mark is not closed."),
        None,
    ),
    "found unexpected document indicator": (
        Text("Ein Anführungszeichen ist nicht geschlossen.", "A quotation mark is not closed."),
        None,
    ),
    "found character that cannot start any token": (
        Text("Mit diesem Zeichen kann kein Wert beginnen.", "No value can start with this character."),
        Text(
            "Text, der mit @, ` oder % beginnt, steht in Anführungszeichen.",
            "Text that starts with @, ` or % stands in quotes.",
        ),
    ),
    "found unknown escape character": (
        Text("Diese Zeichenfolge nach '\\' gibt es nicht.", "There is no such escape after '\\'."),
        Text(
            "In einfachen Anführungszeichen bleibt '\\' ein gewöhnliches Zeichen.",
            "In single quotes '\\' is an ordinary character.",
        ),
    ),
    "found a tab character that violates indentation": (
        Text("Eingerückt wird mit Leerzeichen, nicht mit Tabulatoren.", "Indent with spaces, not with tabs."),
        None,
    ),
}


def explain(problem: str) -> tuple[Text, Text | None]:
    """A problem of the parser as message and hint; one that is not known here stands in its own words."""
    known = _PROBLEMS.get(problem)
    if known:
        return known
    brief = " ".join(problem.split())[:200]
    return Text(f"Das ist kein gültiges YAML ({brief}).", f"This is not valid YAML ({brief})."), None
