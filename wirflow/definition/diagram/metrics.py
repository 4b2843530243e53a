"""How wide words are: a picture is laid out the same on every machine, whichever fonts it has.

The widths are those of the Helvetica family, which Arial and Liberation Sans
share, in thousandths of the size of the type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from unicodedata import combining, east_asian_width

if TYPE_CHECKING:
    from collections.abc import Mapping

FAMILY: Final = "Helvetica, Arial, 'Liberation Sans', sans-serif"

_USUAL: Final = 667
_FULL: Final = 1000
_SPARE: Final = 1.03
"""A browser may round the width of each letter."""


def _table(classes: Mapping[int, str]) -> dict[str, int]:
    return {sign: width for width, signs in classes.items() for sign in signs}


_REGULAR: Final = _table(
    {
        191: "'",
        222: "ijl\u201a\u2018\u2019",
        260: "|",
        278: " !,./:;I[\\]ftÌÍÎÏìíîï",
        333: "()-`r„“”·²³¹{}",
        355: '"',
        389: "*",
        400: "°",
        469: "^",
        500: "Jcksvxyzçýÿ",
        556: "#$0123456789?L_abdeghnopquàáâãäåèéêëðñòóôõöøùúûüþ\u2013§«»€≤≥≠÷",
        584: "+<=>~\u00d7µ",
        611: "FTZßø",
        667: "&ABEKPSVXYÀÁÂÃÄÅÈÉÊËÝÞ",
        722: "CDHNRUwÇÐÑÙÚÛÜ",
        778: "GOQÒÓÔÕÖØ",
        833: "Mm",
        889: "%æ",
        944: "W",
        1015: "@Æ\u2014…→←",
    }
)
_BOLD: Final = _table(
    {
        238: "'",
        278: " ,./I\\ijlÌÍÎÏìíîï\u201a\u2018\u2019|",
        333: "!()-:;[]`ft·²³¹",
        389: "*r{}°",
        474: '"',
        500: "z„“”",
        556: "#$0123456789J_aceksvxyàáâãäåçèéêëýÿ\u2013§«»€≤≥≠÷",
        584: "+<=>^~\u00d7µ",
        611: "?FLTZbdghnopqußðñòóôõöøùúûüþ",
        667: "EPSVXYÈÉÊËÝÞ",
        722: "&ABCDHKNRUÀÁÂÃÄÅÇÐÑÙÚÛÜ",
        778: "GOQwÒÓÔÕÖØ",
        833: "M",
        889: "%mæ",
        944: "W",
        1000: "@Æ\u2014…→←",
    }
)


def width(words: str, size: float, *, bold: bool = False) -> float:
    """How wide a line is, in points, a little more rather than less."""
    table = _BOLD if bold else _REGULAR
    return sum(_sign(sign, table) for sign in words) * size * _SPARE / 1000


def _sign(sign: str, table: Mapping[str, int]) -> int:
    known = table.get(sign)
    if known is not None:
        return known
    if combining(sign):
        return 0
    return _FULL if east_asian_width(sign) in "WF" or ord(sign) > 0xFFFF else _USUAL  # noqa: PLR2004 - beyond the plane of letters lie pictures


def wrap(words: str, room: float, size: float, *, bold: bool = False) -> list[str]:
    """Words on lines that are no wider than a room, in points.

    A word that is too long is broken where it has a hyphen or a slash, else
    with a hyphen of its own: German has such words.
    """
    lines: list[str] = []
    line = ""
    for word in words.split(" "):
        for part in _pieces(word, room, size, bold=bold):
            # Parts of one word follow each other without a blank.
            joined = f"{line} {part.words}" if line and part.first else line + part.words
            if line and width(joined, size, bold=bold) > room:
                lines.append(line)
                line = part.words
            else:
                line = joined
    return [*lines, line] if line else lines


class _Piece:
    __slots__ = ("first", "words")

    def __init__(self, words: str, *, first: bool) -> None:
        self.words = words
        self.first = first


def _pieces(word: str, room: float, size: float, *, bold: bool) -> list[_Piece]:
    if width(word, size, bold=bold) <= room:
        return [_Piece(word, first=True)]
    pieces: list[str] = []
    rest = word
    while width(rest, size, bold=bold) > room:
        most = max(1, _fitting(rest, room - width("-", size, bold=bold), size, bold=bold))
        cut = max((rest.rfind(sign, 0, most) + 1 for sign in "-/_.,"), default=0)
        least = 4
        if cut >= least:
            pieces.append(rest[:cut])
        else:
            # No syllable of one or two letters stands alone at an end.
            tail = 3
            cut = max(1, min(most, len(rest) - tail)) if len(rest) > 2 * tail else most
            pieces.append(f"{rest[:cut]}-")
        rest = rest[cut:]
    pieces.append(rest)
    return [_Piece(piece, first=number == 0) for number, piece in enumerate(pieces) if piece]


def _fitting(words: str, room: float, size: float, *, bold: bool) -> int:
    """How many of the first letters a room has place for."""
    table = _BOLD if bold else _REGULAR
    left = room * 1000 / (size * _SPARE)
    for number, sign in enumerate(words):
        left -= _sign(sign, table)
        if left < 0:
            return number
    return len(words)
