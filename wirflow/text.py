"""What a person reads, in the languages that wirflow speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Lang = Literal["de", "en"]

LANGS: tuple[Lang, ...] = get_args(Lang)


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or title in German and in English.

    Errors, refusals and titles are made of these, so that no message exists in
    one language only.  `str()` gives the English one, for logs and tracebacks.
    """

    de: str
    en: str

    @classmethod
    def same(cls, words: str) -> Text:
        """A text that reads the same in every language, such as a name."""
        return cls(words, words)

    def pick(self, lang: Lang) -> str:
        """The text in one language."""
        return self.de if lang == "de" else self.en

    def __str__(self) -> str:
        return self.en


def counted(number: int, one: Text, many: Text) -> Text:
    """A number with its noun, and what of the sentence bends with it: `1 file`, `2 files`.

    Args:
        number: how many.
        one: the words behind a 1.
        many: the words behind every other number.
    """
    words = one if number == 1 else many
    return Text(f"{number} {words.de}", f"{number} {words.en}")
