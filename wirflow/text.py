"""What a person reads, in the languages that wirflow speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Lang = Literal["de", "en"]

LANGS: tuple[Lang, ...] = get_args(Lang)

_KEPT = '{"de":'


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

    def kept(self) -> str:
        """Both languages as one string, for a column that is read by people of either."""
        import json  # noqa: PLC0415 - every command loads this module, and few need it

        return json.dumps({"de": self.de, "en": self.en}, ensure_ascii=False)

    @classmethod
    def read(cls, words: str) -> Text:
        """What `kept` wrote; anything else, such as words in one language, reads the same in both."""
        if words.startswith(_KEPT):
            import json  # noqa: PLC0415 - likewise

            try:
                found = json.loads(words)
            except ValueError:
                return cls.same(words)
            if found.keys() == {"de", "en"} and all(isinstance(text, str) for text in found.values()):
                return cls(**found)
        return cls.same(words)

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
