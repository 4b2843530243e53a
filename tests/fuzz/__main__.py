"""`make fuzz`: mutants by the million, on all cores, for as long as one likes.

    FUZZ_COUNT    how many mutants (1000000)
    FUZZ_SECONDS  how long at most (7200)
    FUZZ_SEED     which ones (of the day, so that each night sees others)
    FUZZ_WORKERS  processes (all cores)

A run of the same seed goes on where the last one ended.  What fails is made small and
kept in build/fuzz, each kind of failure once: the file and what was said about it.
"""

from __future__ import annotations

import os
import sys
import time

from tests.fuzz.run import OUT, Run, shown
from tests.fuzz.work import CHUNK, Pool
from wirflow.clock import SystemClock


def main() -> int:
    """Run."""
    count = int(os.environ.get("FUZZ_COUNT", "1000000"))
    seconds = float(os.environ.get("FUZZ_SECONDS", "7200"))
    seed = int(os.environ.get("FUZZ_SEED", SystemClock().now().strftime("%Y%m%d")))
    workers = int(os.environ.get("FUZZ_WORKERS", str(os.cpu_count() or 1)))
    run = Run(seed, count)
    run.load()
    chunks = [number for number in range(-(-count // CHUNK)) if number not in run.done]
    sys.stderr.write(
        f"FUZZ_SEED={seed}: {count} mutants, {len(run.done) * CHUNK} of them done before,"
        f" at most {seconds:.0f} s, {workers} processes\n"
    )
    OUT.mkdir(parents=True, exist_ok=True)
    pool = Pool(seed, workers, chunks)
    begun = time.monotonic()
    said = begun
    while pool.open and time.monotonic() - begun < seconds:
        for number, kind, what in pool.wait(run):
            if run.failed(number, kind, what):
                shown(run, number, kind, what)
        if time.monotonic() - said > 30:
            said = time.monotonic()
            run.save()
            rate = pool.finished * CHUNK / (said - begun)
            sys.stderr.write(f"{len(run.done) * CHUNK} done, {rate:.0f}/s, {len(run.failures)} failures\n")
    pool.close()
    run.save()
    ended = time.monotonic() - begun
    sys.stderr.write(
        f"FUZZ_SEED={seed}: {len(run.done) * CHUNK} mutants in all, {pool.finished * CHUNK} in {ended:.0f} s,"
        f" {len(run.failures)} failures\n"
    )
    for what, row in run.failures.items():
        sys.stderr.write(f"  {row['count']} times {what} (number {row['number']})\n")
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
