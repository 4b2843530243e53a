"""The command line: `wirflow …`.  Thin: what is done is done in the office, its engine and its reports."""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    import gc  # noqa: PLC0415 - the start-up counts every import

    # What a short command imports and makes is never garbage: looking for it costs a tenth of the start.
    gc.disable()
    from wirflow.cli.app import leave  # noqa: PLC0415 - after the above

    leave()
