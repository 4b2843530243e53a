"""What a broken world says to a person."""

from __future__ import annotations

import errno
import os

import pytest

from wirflow.errors import because, reason


@pytest.mark.parametrize(
    "number",
    [errno.ENOENT, errno.EACCES, errno.EISDIR, errno.ENOSPC, errno.EROFS, errno.EIO, errno.EADDRINUSE],
)
def test_what_the_system_says_is_told_in_both_languages(number):
    """Why a file, a disk or a network failed is told in German as well, not only as the system says it."""
    why = reason(OSError(number, os.strerror(number)))
    assert why.de != why.en
    assert os.strerror(number) not in why.de


def test_what_no_list_knows_is_told_as_the_system_says_it():
    """A reason that nobody put into words is still told."""
    assert reason(OSError(errno.EXDEV, "Invalid cross-device link")).de == "Invalid cross-device link"
    assert because(ValueError("embedded null byte")).en == "Embedded null byte."


def test_a_file_in_another_encoding_says_where():
    """A file that is no UTF-8 names the first byte that shows it."""
    with pytest.raises(UnicodeDecodeError) as caught:
        b"F\xf6rderung".decode("utf-8")
    assert because(caught.value).de == "Das ist kein Text in UTF-8 (Byte 2)."
