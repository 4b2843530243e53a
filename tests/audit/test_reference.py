"""The reference page is right: its verifier verifies, its lists are complete."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.audit.trail import DEFINITION, chain
from wirflow.audit.bundle import MEMBERS, Record, Revealed, write_bundle
from wirflow.audit.entry import KINDS, bad_fields, commitment, digest
from wirflow.audit.export.csv import COLUMNS
from wirflow.audit.finding import CATALOG
from wirflow.audit.merkle import Frontier
from wirflow.audit.note import SecretKey
from wirflow.audit.seal import Unsealed, seal

PAGE = (Path(__file__).parents[2] / "docs/reference/audit.md").read_text(encoding="utf-8")
AT = datetime(2021, 12, 31, 23, tzinfo=UTC)
KEY = SecretKey("wirflow.example.org/trail", bytes(range(32)))
SALT = bytes(32)


@pytest.fixture(name="verifier", scope="module")
def _verifier():
    """The page's verifier, as an outsider would copy it."""
    namespace = {}
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], namespace)  # noqa: S102 - the page is ours
    return namespace["verify"]


def bundled(path, drop=None, value="Person A"):
    """A bundle, and the checkpoint of its first seal."""
    changes = {"holder": [None, {"commitment": commitment("Person A", SALT)}]}
    entries = chain("FA-1", 3, changes=changes) + chain("FA-2", 2, changes=changes)
    early = seal([Unsealed(*entry[:3]) for entry in entries[:2]], Frontier(), key=KEY, at=AT)
    if drop is not None:
        del entries[drop]
    late = seal([Unsealed(*entry[:3]) for entry in entries[:4]], Frontier(), key=KEY, at=AT)
    records = [Record(leaf if leaf < 4 else None, *entry) for leaf, entry in enumerate(entries)]
    with path.open("wb") as out:
        write_bundle(
            out,
            records=records,
            checkpoints=[late.checkpoint],
            key=KEY.public,
            definitions={DEFINITION: "grant"},
            at=AT,
            revealed=[Revealed("FA-2", 1, "holder", value, SALT)],
        )
    return early.checkpoint


def test_the_verifier_of_the_page_verifies(verifier, tmp_path):
    """A verifier written from the page alone agrees that a whole bundle is whole."""
    earlier = bundled(tmp_path / "trail.zip")
    assert verifier(tmp_path / "trail.zip", earlier) == 5


def test_the_verifier_of_the_page_finds(verifier, tmp_path):
    """A verifier written from the page alone finds what was dropped, rewritten or revealed wrongly."""
    path = tmp_path / "trail.zip"
    bundled(path, drop=1)
    with pytest.raises(AssertionError, match="FA-1 3: chain broken"):
        verifier(path)
    bundled(path, value="Person B")
    with pytest.raises(AssertionError, match="holder: not the value committed to"):
        verifier(path)
    earlier = bundled(path).replace("\n2\n", "\n1\n")
    with pytest.raises(AssertionError, match="log rewritten"):
        verifier(path, earlier)


@pytest.mark.parametrize("name", sorted({*CATALOG, *KINDS, *MEMBERS, *COLUMNS, *bad_fields({}), "v"}))
def test_every_name_stands_on_the_page(name):
    """Each code, kind, member, column and key that exists is explained."""
    assert f"`{name}`" in PAGE


def test_the_page_explains_only_codes_that_exist():
    """The table of findings lists the catalogue and nothing else."""
    table = PAGE.split("## Findings")[1].split("## Exports")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == list(CATALOG)


def test_the_test_vectors_of_the_page_are_right():
    """An outsider who follows the page's test vectors computes what wirflow computes."""
    vectors = PAGE.split("## Test vectors")[1].split("## A verifier")[0]
    salt = bytes.fromhex(re.search(r"salt `(\w+)`", vectors)[1])
    committed, entry, named, leaf, *keys = [
        line.strip() for line in vectors.splitlines() if line.startswith("    ")
    ]
    key = SecretKey.read(keys[0])
    body = json.loads(entry)
    assert digest(body, body.pop("prev")) == (entry.encode(), named)
    assert (
        body["changes"]["holder"][1]
        == {"commitment": committed}
        == {"commitment": commitment("Person A", salt)}
    )
    made = seal([Unsealed("FA-1", 1, named)], Frontier(), key=key, at=AT)
    assert made.frontier.root().hex() == leaf
    assert [str(key.public), *made.checkpoint.replace("\n\n", "\n").split("\n")[:-1]] == keys[1:]
    assert vectors.count(made.checkpoint.split("\n\n")[1].strip()) == 1
