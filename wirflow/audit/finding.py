"""What is wrong with a trail: which entry, how, in words.

Every finding has a code from `CATALOG`, which docs/reference/audit.md lists;
a program reads the code, a person the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from wirflow.text import Text

_SHOWN = 80

CATALOG: Final[dict[str, Text]] = {
    # one entry and its chain
    "bytes_changed": Text(
        "Der Inhalt des Eintrags passt nicht zu seiner Prüfsumme: Eines von beiden wurde verändert.",
        "The entry's content does not match its digest: one of them was changed.",
    ),
    "unreadable": Text("Der Eintrag ist kein lesbares JSON-Objekt.", "The entry is no readable JSON object."),
    "not_canonical": Text(
        "Der Eintrag steht nicht in kanonischer Form (RFC 8785).",
        "The entry is not in canonical form (RFC 8785).",
    ),
    "unknown_version": Text(
        "Der Eintrag hat die unbekannte Formatversion {found}.",
        "The entry has the unknown format version {found}.",
    ),
    "bad_field": Text(
        "Das Feld '{name}' fehlt oder hat einen unzulässigen Wert.",
        "The field '{name}' is missing or has an illegal value.",
    ),
    "bad_instant": Text(
        "'{name}' ist kein Zeitpunkt in UTC mit Mikrosekunden: {found}.",
        "'{name}' is no UTC instant with microseconds: {found}.",
    ),
    "wrong_case": Text(
        "Der Eintrag gehört zu einem anderen Vorgang: {found}.",
        "The entry belongs to another case: {found}.",
    ),
    "gap": Text(
        "Vor diesem Eintrag fehlt etwas: Erwartet war die laufende Nummer {expected}.",
        "Something is missing before this entry: number {expected} was expected.",
    ),
    "order": Text(
        "Der Eintrag steht an falscher Stelle oder doppelt: Erwartet war die laufende Nummer {expected}.",
        "The entry is out of place or there twice: number {expected} was expected.",
    ),
    "link_broken": Text(
        "Der Eintrag knüpft nicht an seinen Vorgänger an: Dieser wurde ersetzt oder die Kette neu geknüpft.",
        "The entry does not link to the one before it: that one was replaced or the chain was re-tied.",
    ),
    # the lines of a bundle
    "line_unreadable": Text(
        "Zeile {line} von {member} ist nicht lesbar.", "Line {line} of {member} cannot be read."
    ),
    "line_too_long": Text(
        "Zeile {line} von {member} ist länger als erlaubt; der Rest wurde nicht gelesen.",
        "Line {line} of {member} is longer than allowed; the rest was not read.",
    ),
    "too_many_lines": Text(
        "{member} hat mehr als {limit} Zeilen; der Rest wurde nicht gelesen.",
        "{member} has more than {limit} lines; the rest was not read.",
    ),
    "line_not_canonical": Text(
        "Zeile {line} von {member} steht nicht in kanonischer Form (RFC 8785).",
        "Line {line} of {member} is not in canonical form (RFC 8785).",
    ),
    "wrong_seq": Text(
        "Die Zeile nennt die laufende Nummer {found}, der Eintrag eine andere.",
        "The line says number {found}, the entry says another.",
    ),
    "leaf_gap": Text(
        "Im Protokoll fehlen Blätter: Erwartet war Blatt {expected}.",
        "Leaves of the log are missing: leaf {expected} was expected.",
    ),
    "leaf_order": Text(
        "Das Blatt steht an falscher Stelle oder doppelt: Erwartet war Blatt {expected}.",
        "The leaf is out of place or there twice: leaf {expected} was expected.",
    ),
    # the bundle itself
    "member_missing": Text("Im Bündel fehlt {member}.", "The bundle lacks {member}."),
    "document_changed": Text(
        "{member} ist nicht die Datei, deren Prüfsumme der Name nennt: Sie wurde verändert.",
        "{member} is not the file whose digest its name gives: it was changed.",
    ),
    "document_unknown": Text("{member} wird von keinem Eintrag genannt.", "{member} is named by no entry."),
    "member_unknown": Text(
        "Das Bündel enthält etwas, das nicht hineingehört: {member}.",
        "The bundle holds something that does not belong there: {member}.",
    ),
    "member_damaged": Text(
        "{member} ist beschädigt oder abgeschnitten; der Rest wurde nicht gelesen.",
        "{member} is damaged or cut off; the rest was not read.",
    ),
    "unknown_definition": Text(
        "Der Eintrag nennt eine Verfahrensdefinition, die das Bündel nicht kennt: {found}.",
        "The entry names a workflow definition that the bundle does not know: {found}.",
    ),
    "too_many_findings": Text(
        "Es gibt mehr als {limit} Befunde; die Prüfung wurde abgebrochen.",
        "There are more than {limit} findings; verification stopped.",
    ),
    # keys, checkpoints, log
    "bad_key": Text("Der Schlüssel im Bündel ist unbrauchbar.", "The bundle's key is unusable."),
    "wrong_key": Text(
        "Der Schlüssel im Bündel ist nicht der, dem Sie vertrauen.",
        "The bundle's key is not the one that you trust.",
    ),
    "bad_checkpoint": Text(
        "Prüfpunkt {number} ist ungültig: {why}",
        "Checkpoint {number} is invalid: {why}",
    ),
    "wrong_origin": Text(
        "Prüfpunkt {number} gehört zu einem anderen Protokoll: {found}.",
        "Checkpoint {number} belongs to another log: {found}.",
    ),
    "checkpoint_order": Text(
        "Prüfpunkt {number} ist kleiner als der vor ihm: Das Protokoll kann nur wachsen.",
        "Checkpoint {number} is smaller than the one before it: the log can only grow.",
    ),
    "no_checkpoint": Text(
        "Für die versiegelten Einträge liegt kein gültiger Prüfpunkt vor.",
        "No valid checkpoint covers the sealed entries.",
    ),
    "unsigned_leaves": Text(
        "Die Blätter ab {expected} deckt kein Prüfpunkt.",
        "No checkpoint covers the leaves from {expected} on.",
    ),
    "leaves_missing": Text(
        "Prüfpunkt {number} bezeugt {expected} Blätter, das Bündel enthält nur {found}.",
        "Checkpoint {number} attests {expected} leaves, the bundle holds only {found}.",
    ),
    "root_mismatch": Text(
        "Die ersten {expected} Blätter sind nicht die, die Prüfpunkt {number} bezeugt.",
        "The first {expected} leaves are not those that checkpoint {number} attests.",
    ),
    "earlier_invalid": Text(
        "Ihr früherer Prüfpunkt ist ungültig: {why}",
        "Your earlier checkpoint is invalid: {why}",
    ),
    "earlier_origin": Text(
        "Ihr früherer Prüfpunkt gehört zu einem anderen Protokoll: {found}.",
        "Your earlier checkpoint belongs to another log: {found}.",
    ),
    "truncated": Text(
        "Das Protokoll wurde gekürzt: Ihr früherer Prüfpunkt bezeugt {expected} Blätter, es gibt {found}.",
        "The log was cut off: your earlier checkpoint attests {expected} leaves, there are {found}.",
    ),
    "rewritten": Text(
        "Das Protokoll wurde umgeschrieben: Die ersten {expected} Blätter sind nicht mehr die,"
        " die Ihr früherer Prüfpunkt bezeugt.",
        "The log was rewritten: the first {expected} leaves are no longer those that your earlier"
        " checkpoint attests.",
    ),
    "origin_differs": Text(
        "Der Vorgang und der, der ihn begonnen haben soll, sagen nicht dasselbe.",
        "The case and the one that is said to have started it do not say the same.",
    ),
    # revealed personal values
    "reveal_mismatch": Text(
        "Der offengelegte Wert des Feldes '{name}' ist nicht der, auf den der Eintrag sich festgelegt hat.",
        "The revealed value of the field '{name}' is not the one to which the entry committed.",
    ),
    "reveal_unknown": Text(
        "Das Feld '{name}' wurde offengelegt, aber der Eintrag enthält dazu keine Festlegung.",
        "The field '{name}' was revealed, but the entry holds no commitment to it.",
    ),
    # the rows beside the trail, in the office itself
    "case_differs": Text(
        "Der Vorgang steht anders da, als seine Akte es sagt: {name}.",
        "The case stands otherwise than its trail says: {name}.",
    ),
    "columns_differ": Text(
        "Die Zeile des Eintrags sagt etwas anderes als er selbst: {name}.",
        "The entry's row says something else than the entry itself: {name}.",
    ),
    "timer_differs": Text(
        "Die Frist oder das Signal '{timer}' fehlt oder steht anders da, als die Akte es sagt: {name}.",
        "The deadline or signal '{timer}' is missing or stands otherwise than the trail says: {name}.",
    ),
    "notice_differs": Text(
        "Das Schreiben an '{to}' fehlt oder lautet anders, als der Eintrag es sagt.",
        "The notice to '{to}' is missing or says something else than the entry tells.",
    ),
    "delivery_differs": Text(
        "Was über die Zustellung an '{to}' vermerkt ist, widerspricht sich: {name}.",
        "What is noted of the delivery to '{to}' contradicts itself: {name}.",
    ),
    "address_differs": Text(
        "Das Schreiben an '{to}' ginge an eine andere Adresse als die in wirflow.toml"
        " ('wirflow notices retry' nimmt diese).",
        "The notice to '{to}' would go to another address than that of wirflow.toml"
        " ('wirflow notices retry' takes that one).",
    ),
    "personal_differs": Text(
        "Die Angabe '{name}' ist nicht die, auf die der Eintrag sich festgelegt hat.",
        "The fact '{name}' is not the one that the entry committed to.",
    ),
    "definition_differs": Text(
        "Eine Fassung von '{name}' ist nicht die, auf die sich die Akte bezieht.",
        "A version of '{name}' is not the one that the trail refers to.",
    ),
    "checkpoint_differs": Text(
        "Neben Prüfpunkt {number} steht etwas anderes, als er bezeugt: {name}.",
        "What stands beside checkpoint {number} is not what it attests: {name}.",
    ),
    "row_astray": Text(
        "Eine Zeile in '{name}' gehört zu keinem Vorgang.", "A row of '{name}' belongs to no case."
    ),
    "row_unreadable": Text(
        "Die Tabelle '{name}' enthält etwas, das die Datenbank nicht lesen kann.",
        "The table '{name}' holds something that the database cannot read.",
    ),
}
"""Every code with its sentence; the braces are filled from the finding's details."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, as exactly as it can be said.

    `case` and `seq` name the entry and `leaf` its number in the log, each None where the
    finding is about something else.
    """

    code: str
    text: Text
    case: str | None = None
    seq: int | None = None
    leaf: int | None = None

    def json(self) -> dict[str, Any]:
        """The finding as JSON carries it, its text in both languages."""
        return {
            "code": self.code,
            "case": self.case,
            "seq": self.seq,
            "leaf": self.leaf,
            "text": {"de": self.text.de, "en": self.text.en},
        }


def finding(
    code: str, *, case: str | None = None, seq: int | None = None, leaf: int | None = None, **details: object
) -> Finding:
    """A finding from the catalogue, its sentence filled with details.

    A detail may come from a hostile file: it is shortened, and what a terminal could
    obey is escaped.  A detail that is a `Text` is taken in each language.
    """
    sentence = CATALOG[code]
    german = {name: value.de if isinstance(value, Text) else shown(value) for name, value in details.items()}
    english = {name: value.en if isinstance(value, Text) else shown(value) for name, value in details.items()}
    text = Text(sentence.de.format(**german), sentence.en.format(**english))
    return Finding(code, text, case, seq, leaf)


def shown(value: object) -> str:
    """A value from elsewhere, short and without control characters, fit for a terminal and a log."""
    words = value if isinstance(value, str) else repr(value)
    words = words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in words)
