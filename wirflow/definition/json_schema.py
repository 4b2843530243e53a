"""JSON Schema of the files that people write, so that editors complete and check them.

    json_schema("workflow", "en")

It is made of the same grammar that the reader fits files to, and says as much
of it as JSON Schema can: which keys there are, what stands under each, and what
it is for.  What the reader takes, the schema takes, but for a name that YAML takes
for a truth value (`true` without quotes); what is only known from the whole file
(that a state exists, that an expression has the right type) is for `wirflow check`
to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wirflow.definition.grammar import WORKFLOW
from wirflow.definition.portfolio import PORTFOLIO
from wirflow.definition.shape import BOTH, TEXT, Fact, Many, Record, Shape, Table, Title, Word

if TYPE_CHECKING:
    from wirflow.text import Lang

Json = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

FILES: Final[dict[str, Record]] = {"workflow": WORKFLOW, "portfolio": PORTFOLIO}
"""The kinds of files that this room knows, with their grammars."""

_TITLE: Final = "text"
"""Under this name stands what a text for people may be."""


def json_schema(kind: str, lang: Lang, *, grammar: Record | None = None) -> Json:
    """The schema of a kind of files, in the dialect of 2020-12.

    Args:
        kind: `workflow` or `portfolio`, or the name of another kind.
        lang: the language of the descriptions.
        grammar: that of another kind.
    """
    root = grammar or FILES[kind]
    maker = _Maker(lang)
    whole = maker.record(root)
    return {
        "$schema": DIALECT,
        "$id": f"urn:wirflow:{kind}:1",
        "title": f"wirflow: {kind}",
        "description": _sentence(root.expected.pick(lang)),
        **whole,
        "$defs": dict(sorted(maker.shared.items())),
    }


class _Maker:
    """Turns shapes into schemas; records are written once, under the key where they first stand."""

    def __init__(self, lang: Lang) -> None:
        self.shared: Json = {}
        self._lang: Lang = lang
        self._names: dict[int, str] = {}

    def of(self, shape: Shape, key: str) -> Json:
        """The schema of what stands under a key."""
        if isinstance(shape, Word):
            return dict(shape.like)
        if isinstance(shape, Title):
            return self._share(shape, _TITLE)
        if isinstance(shape, Fact):
            parts = {"type": "object", "additionalProperties": dict(TEXT.like)}
            item = {"anyOf": [dict(TEXT.like), parts]}
            return {"anyOf": [*item["anyOf"], {"type": "array", "items": item}]}
        if isinstance(shape, Record):
            return self._share(shape, key)
        if isinstance(shape, Many):
            item = self.of(shape.item, key)
            return {"anyOf": [item, {"type": "array", "items": item}]}
        if isinstance(shape, Table):
            return self._table(shape, key)
        raise TypeError(f"no JSON Schema is known for {type(shape).__name__}")

    def record(self, shape: Record) -> Json:
        """A mapping with known keys."""
        required = [name for name, key in shape.keys.items() if key.required]
        properties = {}
        for name, key in shape.keys.items():
            about = {"description": key.about.pick(self._lang)} if key.about else {}
            properties[name] = {**about, **self.of(key.shape, name)}
        return {
            # Where nothing is required, nothing may stand there at all: `draft:`.
            "type": "object" if required else ["object", "null"],
            "properties": properties,
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }

    def _share(self, shape: Record | Title, name: str) -> Json:
        known = self._names.get(id(shape))
        if known is None:
            known, number = name, 2
            while known in self.shared:
                known, number = f"{name}_{number}", number + 1
            self._names[id(shape)] = known
            self.shared[known] = {}  # the name is taken while what stands inside is made
            self.shared[known] = self._title(shape) if isinstance(shape, Title) else self._whole(shape)
        return {"$ref": f"#/$defs/{known}"}

    def _title(self, shape: Title) -> Json:
        words = _sentence(shape.expected.pick(self._lang))
        return {"description": words, "anyOf": [dict(Word(shape.expected).like), self.record(BOTH)]}

    def _whole(self, shape: Record) -> Json:
        words = {"description": _sentence(shape.expected.pick(self._lang))}
        if shape.bare is None:
            return {**words, **self.record(shape)}
        bare = self.of(shape.keys[shape.bare].shape, shape.bare)
        return {**words, "anyOf": [bare, self.record(shape)]}

    def _table(self, shape: Table, key: str) -> Json:
        names = self.of(shape.key, key)
        table = {
            "type": "object",
            "propertyNames": names,
            "additionalProperties": self.of(shape.item, key),
        }
        return {"anyOf": [table, {"type": "array", "items": names}]} if shape.listed else table


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + "."
