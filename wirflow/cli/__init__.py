"""The command line: `wirflow …`.  Thin: what is done is done in the office, its engine and its reports."""

from __future__ import annotations

from typing import Final, NoReturn

EXIT_INTERRUPTED: Final = 130


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    import gc  # noqa: PLC0415 - the start-up counts every import

    # What is imported is never garbage: looking for it costs a tenth of the start.
    gc.disable()
    try:
        from wirflow.cli.app import leave  # noqa: PLC0415 - after the above

        leave()
    except KeyboardInterrupt:
        raise SystemExit(EXIT_INTERRUPTED) from None
