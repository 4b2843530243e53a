"""The page about the architecture: its rooms are the rooms that the import contracts know."""

from __future__ import annotations

import re
import tomllib

from tests.docs.blocks import ROOT


def test_each_room_is_told_and_no_other():
    """The table of rooms has exactly the layers of the import contract."""
    page = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([a-z]+)/?` \|", page, re.MULTILINE))
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(item for item in contracts["contracts"] if item["type"] == "layers")["layers"]
    assert told == {room.strip() for layer in layers for room in layer.split("|")}
