"""Checkpoints say the log's size and root in the form of C2SP tlog-checkpoint."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, strategies as st

from tests.audit.trail import flip
from wirflow.audit.canonical import MAX_INT
from wirflow.audit.checkpoint import Checkpoint, read_checkpoint
from wirflow.audit.note import SecretKey
from wirflow.errors import TrailError

KEY = SecretKey("wirflow.example.org/trail", bytes(range(32)))
ROOT = base64.b64encode(bytes(32)).decode()

lines = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=20)
checkpoints = st.builds(
    Checkpoint,
    origin=lines,
    size=st.integers(0, MAX_INT),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(lines, max_size=3).map(tuple),
)


def test_the_standard_form():
    """Origin, size, root in base64 and further lines stand one below the other."""
    checkpoint = Checkpoint("log.example.org", 7, bytes(32), ("sealed now",))
    assert checkpoint.text() == f"log.example.org\n7\n{ROOT}\nsealed now\n"


@given(checkpoints)
def test_what_was_signed_is_read(checkpoint):
    """A signed checkpoint reads back as itself."""
    assert read_checkpoint(checkpoint.sign(KEY), KEY.public) == checkpoint


@given(checkpoints, st.integers(0))
def test_every_changed_bit_is_found(checkpoint, bit):
    """A signed checkpoint with one bit changed, anywhere, is refused."""
    changed = flip(checkpoint.sign(KEY).encode(), bit).decode("utf-8", "surrogateescape")
    with pytest.raises(TrailError):
        read_checkpoint(changed, KEY.public)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n7\n",
        f"log\n7\n{ROOT}",
        f"log\n07\n{ROOT}\n",
        f"log\n-7\n{ROOT}\n",
        f"log\n\u0667\n{ROOT}\n",
        f"log\n{MAX_INT + 1}\n{ROOT}\n",
        f"log\n{'9' * 5000}\n{ROOT}\n",
        f"\n7\n{ROOT}\n",
        f"log\n7\n{ROOT}\n\n",
        "log\n7\nAAAA\n",
        "log\n7\nA\n",
        "log\n7\nä\n",
        f"log\n7\n{ROOT[:-2]}B=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    """A text that says no size and no root is refused, however well it is signed."""
    with pytest.raises(TrailError, match="no checkpoint"):
        Checkpoint.read(text)
