"""Findings as SARIF 2.1.0, the form in which editors, forges and scanners take them.

Source: OASIS Standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from wirflow.definition.codes import CODES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wirflow.definition.finding import Finding, Place
    from wirflow.text import Lang

VERSION: Final = "2.1.0"
SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LANGUAGES: Final = {"de": "de-DE", "en": "en-US"}

Json = dict[str, Any]


def sarif(findings: Iterable[Finding], lang: Lang, *, version: str) -> Json:
    """One run of `wirflow check` as a SARIF log.

    Args:
        findings: what was found.
        lang: the language of its messages; the other one stands among the properties.
        version: that of wirflow.
    """
    found = list(findings)
    codes = list(dict.fromkeys(finding.code for finding in found))
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "wirflow",
                        "semanticVersion": version,
                        "language": _LANGUAGES[lang],
                        "rules": [_rule(code, lang) for code in codes],
                    }
                },
                "language": _LANGUAGES[lang],
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, codes.index(finding.code), lang) for finding in found],
            }
        ],
    }


def _rule(name: str, lang: Lang) -> Json:
    rule: Json = {"id": name}
    code = CODES.get(name)
    if code:
        rule |= {
            "shortDescription": {"text": code.means.pick(lang)},
            "help": {"text": code.mend.pick(lang)},
            "defaultConfiguration": {"level": code.severity},
        }
    return rule


def _result(finding: Finding, index: int, lang: Lang) -> Json:
    result: Json = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": _words(finding, lang)},
        "locations": [_location(finding.place)],
        "properties": {"message": {"de": _words(finding, "de"), "en": _words(finding, "en")}},
    }
    if finding.trace:
        steps = [
            {"location": {**_location(finding.place), "message": {"text": event}}} for event in finding.trace
        ]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _words(finding: Finding, lang: Lang) -> str:
    hint = f" {finding.hint.pick(lang)}" if finding.hint else ""
    return f"{finding.message.pick(lang)}{hint}"


def _location(place: Place) -> Json:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(place.file)},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    }


def _uri(file: str) -> str:
    """A path as a URI: an absolute one with its scheme, a relative one as it is from here."""
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
