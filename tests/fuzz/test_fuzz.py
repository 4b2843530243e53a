"""Whatever a file says, reading it ends in findings: ten thousand mutants here, a million by `make fuzz`."""

from __future__ import annotations

import json
from random import Random

import pytest

from tests.fuzz import run as runs
from tests.fuzz.kinds import DEFINITION, LawError, Stage
from tests.fuzz.minimise import minimised
from tests.fuzz.mutate import mutated
from tests.fuzz.tree import grown, written
from tests.fuzz.work import CHUNK, HangError, capped, failing, signature

COUNT = 10_000
PARTS = 4
SEED = 4


@pytest.fixture(scope="module", name="stage")
def stage_with_small_seeds(tmp_path_factory):
    """What mutants are read with."""
    return Stage(tmp_path_factory.mktemp("fuzz"), quick=True)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_mutant_ends_in_a_traceback(stage, part):
    """Findings with a place in the file, the same each time, no hang; what is sound keeps its laws."""
    sound = 0
    for number in range(part * COUNT // PARTS, (part + 1) * COUNT // PARTS):
        kind, raw = stage.mutant(SEED, number)
        try:
            sound += stage.judge(kind, raw, number)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            pytest.fail(f"seed {SEED}, number {number}: {signature(error)}\n{raw.decode('utf-8', 'replace')}")
    assert sound > COUNT / PARTS / 50


def test_the_seeds_are_sound_and_survive_being_written(stage):
    """A file written down again from its tree is as sound as it was; most are."""
    seeds = stage.seeds[DEFINITION][:30]
    judged = [stage.judge(DEFINITION, seed.text.encode(), 1) for seed in seeds]
    again = [stage.judge(DEFINITION, written(grown(seed.text), Random(1)).encode(), 1) for seed in seeds]
    assert judged == again
    assert sum(judged) > len(seeds) * 2 / 3


def test_a_number_gives_the_same_mutant_again(stage, tmp_path):
    """A run can be taken up again, and a failure shown, by seed and number alone."""
    again = Stage(tmp_path, quick=True)
    for number in range(50):
        assert stage.mutant(7, number) == again.mutant(7, number)
    seed = stage.seeds[DEFINITION][0]
    assert len({mutated(Random(n), seed.text, seed.tree, [seed.tree]) for n in range(40)}) > 30


def test_a_failure_is_made_small():
    """Of a failing file that much is left as fails."""
    raw = b"".join(b"line %d\n" % number for number in range(200)) + b"bad: x\n"
    assert minimised(raw, lambda text: b"bad" in text, seconds=5) == b"bad"
    assert minimised(b"good", lambda text: b"bad" in text, seconds=5) == b"good"


def test_a_failure_is_told_by_where_it_comes_from(stage, monkeypatch):
    """Two failures from one line of wirflow count as one; a hang is a failure."""

    def broken(*_):
        raise LawError("outside")

    monkeypatch.setattr(stage, "_definition", broken)
    error = failing(stage, DEFINITION, b"a", 1)
    assert isinstance(error, LawError)
    assert signature(error).startswith("LawError ")
    with pytest.raises(HangError):
        capped(lambda: [None for _ in iter(int, 1)], seconds=0.05)


def test_a_run_goes_on_where_it_ended(tmp_path, monkeypatch):
    """What was done and what failed is kept by the seed."""
    monkeypatch.setattr(runs, "OUT", tmp_path)
    first = runs.Run(5, 10 * CHUNK, {0, 1, 2, 5})
    assert first.failed(3, DEFINITION, "X")
    assert not first.failed(4, DEFINITION, "X")
    first.save()
    second = runs.Run(5, 10 * CHUNK)
    second.load()
    assert second.done == {0, 1, 2, 5}
    assert second.failures["X"]["count"] == 2
    assert json.loads(second.state.read_text(encoding="utf-8"))["done"] == [[0, 2], [5, 5]]
