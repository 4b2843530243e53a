"""A backlog says how far it is, also when other workers are at it."""

from __future__ import annotations

from hypothesis import given, strategies as st

from wirflow.watch.progress import RECOUNT_SECONDS, Backlog, Progress


class Stage:
    """A stopwatch and a count that the test sets."""

    def __init__(self, due: int) -> None:
        self.moment = 0.0
        self.due = due
        self.counted = 0

    def seconds(self) -> float:
        """The time."""
        return self.moment

    def count(self) -> int:
        """What is due, and that it was asked."""
        self.counted += 1
        return self.due


def test_what_others_do_makes_the_rest_smaller():
    """The total shrinks by the others' work, and the speed is that of all together."""
    stage = Stage(1000)
    follow = Backlog(1000, count=stage.count, seconds=stage.seconds)
    stage.moment, stage.due = RECOUNT_SECONDS, 600
    far = follow.now(100)
    assert (far.done, far.left, far.total, far.rate) == (100, 600, 700, 200.0)
    assert far.seconds_left == 3.0
    assert far.percent == 14


def test_the_rest_is_not_counted_after_each_batch():
    """Between two counts the rest is reckoned from this worker's own work."""
    stage = Stage(1000)
    follow = Backlog(1000, count=stage.count, seconds=stage.seconds)
    for step in range(1, 10):
        stage.moment = step * RECOUNT_SECONDS / 10
        assert follow.now(step * 10).left == 1000 - step * 10
    assert stage.counted == 0


def test_nothing_is_promised_before_there_is_a_speed():
    """While nothing got less there is no remaining time; at the end it is none."""
    stage = Stage(10)
    follow = Backlog(10, count=stage.count, seconds=stage.seconds)
    far = follow.now(0)
    assert (far.rate, far.seconds_left, far.percent) == (None, None, 0)
    end = follow.over(4)
    assert (end.done, end.left, end.percent, end.seconds_left) == (10, 0, 100, 0.0)


@given(
    st.integers(0, 10_000),
    st.lists(st.tuples(st.floats(0, 10), st.integers(0, 500), st.integers(0, 2000)), max_size=30),
)
def test_a_progress_is_never_absurd(due, steps):
    """Whatever others do meanwhile: no negative figures, and 100 percent only when nothing is left."""
    stage = Stage(due)
    follow, done = Backlog(due, count=stage.count, seconds=stage.seconds), 0
    for passed, mine, left in steps:
        stage.moment += passed
        stage.due = left
        done += mine
        far = follow.now(done)
        assert far.done == done
        assert far.left >= 0
        assert 0 <= far.percent <= 100
        assert (far.percent == 100) == (far.left == 0)
        assert far.rate is None or far.rate > 0
        assert far.seconds_left is None or far.seconds_left >= 0


def test_a_progress_as_a_log_line_is_rounded():
    """Figures in a log are short."""
    assert Progress(done=1, left=2, rate=3.333).json() == {
        "done": 1,
        "left": 2,
        "percent": 33,
        "per_second": 3.3,
        "seconds_left": 1,
    }
