"""The JSON Schema of the files says what the reader says, and explains each key."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from jsonschema import Draft202012Validator

from wirflow.definition.json_schema import FILES as OWN, json_schema
from wirflow.definition.log import Log
from wirflow.definition.shape import Many, Record, Table, Word
from wirflow.definition.yaml import plain, read_file, read_text
from wirflow.scenario import SCENARIO
from wirflow.text import LANGS, Text

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WORKFLOWS = [HERE / "sound.yaml", HERE / "companion.yaml", *sorted((ROOT / "workflows").glob("*.yaml"))]
PORTFOLIOS = sorted((ROOT / "workflows" / "portfolios").glob("*.yaml"))
SCENARIOS = sorted((ROOT / "tests" / "scenarios").glob("*.yaml"))
FILES = {**OWN, "scenario": SCENARIO}
VALIDATORS = {
    kind: Draft202012Validator(json_schema(kind, "en", grammar=grammar)) for kind, grammar in FILES.items()
}
SOUND = plain(read_file(HERE / "sound.yaml").root)
PORTFOLIO = plain(read_file(PORTFOLIOS[0]).root)

SCENE = plain(read_file(ROOT / "tests" / "scenarios" / "f-letter-after-expiry.yaml").root)


def errors(kind: str, data: object) -> list[str]:
    """What the schema says against some data."""
    return [f"{error.json_path}: {error.message}" for error in VALIDATORS[kind].iter_errors(data)]


def refused(kind: str, root) -> list[str]:
    """What the grammar says against a tree: codes of errors."""
    log = Log("text")
    FILES[kind].fit(root, log)
    return [item.code for item in log.findings if item.severity == "error"]


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("lang", LANGS)
def test_it_is_a_schema(kind, lang):
    """In both languages it is JSON and a schema of draft 2020-12, with a name of its own."""
    schema = json.loads(json.dumps(json_schema(kind, lang, grammar=FILES[kind])))
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert kind in schema["$id"]


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        *(("workflow", path) for path in WORKFLOWS),
        *(("portfolio", path) for path in PORTFOLIOS),
        *(("scenario", path) for path in SCENARIOS),
    ],
    ids=lambda item: getattr(item, "stem", item),
)
def test_sound_files_are_valid(kind, path):
    """What ships with wirflow, and the definition that uses every key, obey the schema."""
    assert errors(kind, plain(read_file(path).root)) == []


@pytest.mark.parametrize("path", sorted((HERE / "broken").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_broken_shape_is_broken_for_both(path):
    """The schema refuses exactly the broken files whose shape the reader refuses."""
    document = read_file(path)
    if document.root is None:
        assert document.findings  # no tree: an editor's YAML parser complains, as ours does
        return
    assert bool(errors("workflow", plain(document.root))) == bool(refused("workflow", document.root))


def test_broken_shapes_are_many():
    """The examples above do try what a schema can refuse."""
    roots = [read_file(path).root for path in (HERE / "broken").glob("*.yaml")]
    found = {code for root in roots if root is not None for code in refused("workflow", root)}
    assert found >= {
        "unknown-key",
        "missing-key",
        "wrong-shape",
        "wrong-value",
        "bad-name",
        "no-value",
        "version",
    }


VALUES = st.sampled_from(
    [
        *("x", "Bad Name", "*", "true", "", " ", "P6M", "required", "x" * 61, 1, 0, 10001, 2.5, None, {}, []),
        *(
            ["x"],
            ["x", "y"],
            [None],
            [["x"]],
            {"x": None},
            {"title": "x"},
            {"de": "x"},
            {"de": "x", "en": "y"},
        ),
    ]
)


def places(data, path=()):
    """Where something stands in data: paths of keys and numbers."""
    yield path
    rows = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in rows:
        yield from places(value, (*path, key))


@st.composite
def mutants(draw, data):
    """Data with one or two values replaced, dropped or put under another key."""
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 2))):
        *above, last = draw(st.sampled_from([path for path in places(data) if path]))
        owner = data
        for key in above:
            owner = owner[key]
        change = draw(st.sampled_from(["replace", "drop", "rename"]))
        if change == "replace" or isinstance(owner, list):
            owner[last] = copy.deepcopy(draw(VALUES))
        else:
            value = owner.pop(last)
            # A name that YAML takes for a truth value is the one thing on which the two differ.
            if change == "rename" and not isinstance(value, bool):
                owner[draw(st.sampled_from(["title", "bogus", "when", "to", "A b"]))] = value
    return data


@settings(max_examples=300)
@given(mutants(SOUND))
def test_schema_and_reader_agree_on_workflows(data):
    """Whatever is done to a definition, the schema refuses it if and only if the grammar does."""
    root = read_text(json.dumps(data)).root
    assert bool(errors("workflow", data)) == bool(refused("workflow", root)), refused("workflow", root)


@settings(max_examples=150)
@given(mutants(PORTFOLIO))
def test_the_schema_refuses_nothing_that_the_reader_takes(data):
    """The same holds for portfolios; only which letters a key is made of, the reader knows better."""
    root = read_text(json.dumps(data)).root
    if not refused("portfolio", root):
        assert errors("portfolio", data) == []
    elif set(refused("portfolio", root)) - {"bad-name"}:
        assert errors("portfolio", data) != []


def keys(shape, where: str, seen: tuple[int, ...] = ()):
    """All keys of a shape with where they stand; a shape that contains itself comes once."""
    if isinstance(shape, Many | Table):
        yield from keys(shape.item, where, seen)
    elif isinstance(shape, Record) and id(shape) not in seen:
        for name, key in shape.keys.items():
            yield f"{where}.{name}", key
            yield from keys(key.shape, f"{where}.{name}", (*seen, id(shape)))


@pytest.mark.parametrize("kind", FILES)
def test_each_key_is_explained(kind):
    """Every key of every file says in both languages what it is for."""
    found = dict(keys(FILES[kind], kind))
    assert len(found) >= 19
    assert [where for where, key in found.items() if key.about is None] == []
    assert all(key.about.de != key.about.en for key in found.values())
    assert all(text.endswith(".") for key in found.values() for text in (key.about.de, key.about.en))


def test_descriptions_stand_at_the_keys():
    """An editor that points at a key finds its sentence, in the language that was asked for."""
    german, english = (json_schema("workflow", lang)["properties"]["states"]["description"] for lang in LANGS)
    assert (german, english) == ("Wo ein Vorgang stehen kann.", "Where a case may stand.")


def test_a_grammar_may_be_of_another_room():
    """Other rooms bring their own grammars; a shape that nobody knows is no silent gap."""

    class Strange:
        expected = Text.same("?")

    record = Record(Text.same("a thing"), {"word": FILES["workflow"].keys["title"]})
    assert json_schema("thing", "en", grammar=record)["properties"].keys() == {"word"}
    odd = Record(Text.same("a thing"), {"odd": type(FILES["workflow"].keys["title"])(Strange())})
    with pytest.raises(TypeError, match="Strange"):
        json_schema("thing", "en", grammar=odd)


def test_records_of_one_name_are_kept_apart():
    """Where two mappings stand under keys of one name, each has a definition of its own."""
    key = type(FILES["workflow"].keys["title"])
    word = key(FILES["workflow"].keys["workflow"].shape)
    inner = Record(Text.same("inner"), {"to": word})
    outer = Record(Text.same("outer"), {"to": key(inner), "by": key(inner)})
    schema = json_schema("thing", "en", grammar=Record(Text.same("a thing"), {"to": key(outer)}))
    assert set(schema["$defs"]) == {"to", "to_2"}
    assert schema["$defs"]["to"]["properties"]["by"] == {"$ref": "#/$defs/to_2"}
    assert Draft202012Validator(schema).is_valid({"to": {"to": {"to": "x"}, "by": None}})
    assert not Draft202012Validator(schema).is_valid({"to": {"to": {"by": "x"}}})


def test_what_any_text_may_be_is_said_once():
    """A word without a rule of its own is any text that is not blank, numbers and truth values included."""
    like = Word(Text.same("x")).like
    validator = Draft202012Validator(dict(like))
    assert all(validator.is_valid(value) for value in ("x", " x ", 1, 2.5, True))
    assert not any(validator.is_valid(value) for value in ("", " \n", None, [], {}))
