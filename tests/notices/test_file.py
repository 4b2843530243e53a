"""The file channel: whole files, each notice its own, the same one always the same."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from hypothesis import given, strategies as st

from tests.notices.sample import NOTICE, PROFILE, created, notice, notices_of, to_next_attempt, write_notices
from tests.support import open_office
from wirflow.errors import DeliveryError
from wirflow.notices.deliver import Deliverer
from wirflow.notices.file import FileChannel
from wirflow.notices.message import build

NOW = datetime(2022, 1, 1, tzinfo=UTC)

PARTS = st.text(st.sampled_from("aA1-_./\\ ä\0~"), min_size=1, max_size=8) | st.text(
    "ab", min_size=70, max_size=80
)


class PowerCutError(BaseException):
    """The process dies here."""


@pytest.fixture
def channel(tmp_path):
    """The channel into an empty folder."""
    return FileChannel(tmp_path / "outbox", PROFILE)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """An office that all examples share."""
    return open_office(tmp_path_factory.mktemp("office"))


def test_a_file_is_named_by_day_case_entry_reader_and_template(channel, tmp_path):
    """The name says what it is, and the day is the office's: 22:30 in UTC is tomorrow in Berlin."""
    channel.send(NOTICE, NOW)
    assert [path.name for path in (tmp_path / "outbox").iterdir()] == [
        "2021-07-01-WIR-KO-1-0003-ada-award_ending.eml"
    ]
    assert (
        channel.path(NOTICE).read_bytes()
        == build(NOTICE, PROFILE, created(NOTICE), eight_bit=True).as_bytes()
    )
    assert "die Förderung läuft aus." in channel.path(NOTICE).read_text(encoding="utf-8")


@given(
    first=st.tuples(PARTS, st.integers(1, 99999), PARTS, PARTS),
    second=st.tuples(PARTS, st.integers(1, 99999), PARTS, PARTS),
)
def test_two_notices_never_share_a_file(tmp_path_factory, first, second):
    """Names are safe, short enough, inside the folder, and different for different notices."""
    folder = tmp_path_factory.getbasetemp()
    channel = FileChannel(folder, PROFILE)
    names = {}
    for case, seq, recipient, template in (first, second):
        path = channel.path(notice(case=case, seq=seq, recipient=recipient, template=template))
        assert path.parent == folder
        assert set(path.name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-~")
        assert len(path.name) < 250
        names[case, seq, recipient, template] = path.name
    assert len(set(names.values())) == len({first, second})


def test_the_same_notice_again_is_the_same_file(channel, tmp_path):
    """A second hand-over, later and by another claim, changes nothing."""
    channel.send(NOTICE, NOW)
    before = channel.path(NOTICE).read_bytes()
    channel.send(notice(state="sending", attempts=1, fence=1), NOW.replace(year=2023))
    assert [path.read_bytes() for path in (tmp_path / "outbox").iterdir()] == [before]


def test_a_kill_before_the_rename_leaves_no_notice_and_the_next_attempt_cleans_up(channel, tmp_path):
    """A half-written file never looks like a notice, and nothing of it stays."""
    with patch("os.replace", side_effect=PowerCutError), pytest.raises(PowerCutError):
        channel.send(NOTICE, NOW)
    assert [path.suffix for path in (tmp_path / "outbox").iterdir()] == [".part"]
    channel.send(notice(state="sending", fence=1), NOW)
    assert list((tmp_path / "outbox").iterdir()) == [channel.path(NOTICE)]


def test_a_full_disk_is_worth_another_try(channel, tmp_path):
    """What the disk refuses is not lost, and leaves nothing behind."""
    with (
        patch("os.fsync", side_effect=OSError(28, "No space left on device")),
        pytest.raises(DeliveryError) as full,
    ):
        channel.send(NOTICE, NOW)
    assert not full.value.permanent
    assert "no space left on the disk" in str(full.value)
    assert list((tmp_path / "outbox").iterdir()) == []


def test_a_folder_that_is_a_file_is_worth_another_try(channel, tmp_path):
    """A folder that cannot be made is for a person to mend, and then the notice goes out."""
    (tmp_path / "outbox").write_text("in the way")
    with pytest.raises(DeliveryError) as blocked:
        channel.send(NOTICE, NOW)
    assert not blocked.value.permanent


@given(faults=st.lists(st.sampled_from(["none", "full", "cut before", "cut after"]), max_size=10))
def test_however_attempts_fail_a_notice_ends_as_one_file(office, tmp_path_factory, faults):
    """Full disks and power cuts at any step: in the end each notice is one file, with the same bytes."""
    folder = tmp_path_factory.mktemp("outbox")
    profile = office.engine.profile
    deliverer = Deliverer(office.engine, {"file": FileChannel(folder, profile)})
    key = f"G-{len(office.rows('SELECT id FROM cases'))}"
    written = write_notices(office, key)
    left = list(faults)
    replace = os.replace

    def failing(source, target):
        fault = left.pop(0) if left else None
        if fault == "full":
            raise OSError(28, "No space left on device")
        if fault == "cut before":
            raise PowerCutError
        replace(source, target)
        if fault == "cut after":
            raise PowerCutError

    while any(item.state in {"pending", "sending"} for item in notices_of(office, key)):
        to_next_attempt(office)
        with patch("os.replace", failing):
            try:
                deliverer.deliver()
            except PowerCutError:
                continue
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    channel = FileChannel(folder, profile)
    assert files == {
        channel.path(item).name: build(item, profile, created(item), eight_bit=True).as_bytes()
        for item in written
    }
    assert {item.state for item in notices_of(office, key)} == {"sent"}
