"""A role that nobody has: the notice waits for whoever gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CLERK = 'roles = ["clerk"]'


def _vacate(office: Path) -> str:
    """Take the role from its only holder; how the settings were."""
    settings = office / "wirflow.toml"
    before = settings.read_text(encoding="utf-8")
    assert CLERK in before
    settings.write_text(before.replace(CLERK, "roles = []"), encoding="utf-8")
    return before


def _staff(office: Path) -> None:
    settings = office / "wirflow.toml"
    said = settings.read_text(encoding="utf-8")
    settings.write_text(said.replace("roles = []", CLERK), encoding="utf-8")


@pytest.mark.parametrize("number", ["all", "one"])
def test_a_vacant_role_gets_its_notices_when_it_is_filled(wirflow, demo, number):
    """Given up at first, with the role named; sent to its holder later; the trail verifies all the way."""
    _vacate(demo)
    assert wirflow("run --once --on 2021-07-01").code == 0
    dead = wirflow("notices list --state dead --format json").json
    assert dead
    assert {item["to"] for item in dead} == {"role:clerk"}
    said = wirflow("notices retry all --lang en")
    assert (said.code, said.out) == (0, "")
    assert "Nobody has the role 'clerk'. Enter it with a person in wirflow.toml" in said.err
    assert wirflow("notices", "retry", dead[0]["key"]).code == 2
    _staff(demo)
    if number == "all":
        assert wirflow("notices retry all").code == 0
    else:
        for item in dead:
            said = wirflow("notices", "retry", item["key"], "--lang", "en")
            assert said.err == "1 notice waits again; 'wirflow run' delivers it.\n"
    assert wirflow("run --once").code == 0
    assert wirflow("notices list --state dead --format json").json == []
    sent = wirflow("notices list --state sent --format json").json
    copies = [
        item for item in sent if item["case"] == dead[0]["case"] and item["subject"] == dead[0]["subject"]
    ]
    assert {"role:clerk", "sachbearbeitung"} <= {item["to"] for item in copies}
    assert wirflow("audit verify").code == 0
    assert wirflow("doctor").code == 0
    assert "Notice passed on" in wirflow("status", dead[0]["case"], "--lang", "en").out
    assert wirflow("notices", "retry", dead[0]["key"]).code == 2
