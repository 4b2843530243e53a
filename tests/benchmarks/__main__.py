"""`make bench`: measures, prints a table, writes `build/benchmark.json` and the table of the docs.

`make bench ONLY=event` measures one work and leaves the docs alone;
`make bench QUICK=1` does little of everything, to see that it works.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from tests.benchmarks.result import Result

HERE = Path(__file__).parent
PAGE = Path("docs", "explanation", "performance.md")
BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"
COLUMNS = ["work", "database", "workers", "per second", "raw per second", "ratio", "aim", ""]

AIMS = {
    ("event", "sqlite"): 0.5,
    ("event", "postgresql"): 0.8,
    ("mass_deadline", "sqlite"): 0.35,
    ("mass_deadline", "postgresql"): 0.5,
    ("wake_up", "sqlite"): 0.2,
    ("wake_up", "postgresql"): 0.2,
    **{
        (work, database): 0.67
        for work in ("status", "due", "one case")
        for database in ("sqlite", "postgresql")
    },
}
"""The least ratio that is aimed at."""

MEMORY_AIM = 200
"""MB that a worker may take on the mass deadline."""


def main() -> None:
    """Run every `bench_*.py` beside this file."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="a part of the name of the one to run")
    parser.add_argument("--quick", action="store_true", help="little of everything")
    given = parser.parse_args()
    if given.quick:
        os.environ["BENCH_QUICK"] = "1"  # for this process and for those that it starts
    Path("build").mkdir(exist_ok=True)
    console = Console(width=120)
    results: list[Result] = []
    path = Path("build", "benchmark.json")
    for bench in sorted(HERE.glob(f"bench_*{given.only}*.py" if given.only else "bench_*.py")):
        start = time.perf_counter()
        for result in importlib.import_module(f"tests.benchmarks.{bench.stem}").measure():
            results.append(result)
            console.print(f"[dim]{'  '.join(cells(result))}[/dim]")
            # Each time, so that a run that is broken off leaves something.
            words = json.dumps([item.to_json() for item in results], indent=2)
            path.write_text(f"{words}\n", encoding="utf-8")
        console.print(f"[dim]{bench.stem}: {time.perf_counter() - start:.0f} s[/dim]")
    table = Table(*COLUMNS)
    for result in results:
        table.add_row(*cells(result))
    console.print(table)
    console.print(f"[dim]{path}[/dim]")
    if not given.only and not given.quick:
        PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
        console.print(f"[dim]{PAGE}[/dim]")


def cells(result: Result) -> list[str]:
    """A row of the table; missed aims are said to be missed."""
    aim = AIMS.get((result.work, result.database or ""))
    verdict = ""
    if aim is not None and result.ratio is not None:
        verdict = "met" if result.ratio >= aim else "**missed**"
    return [
        result.work,
        result.database or "–",
        str(result.workers),
        f"{result.per_second:,.0f}",
        f"{result.raw_per_second:,.0f}" if result.raw_per_second else "–",
        f"{result.ratio:.2f}" if result.ratio else "–",
        f"≥ {aim}" if aim else "–",
        verdict,
    ]


def with_table(page: str, results: list[Result]) -> str:
    """The page with this run's figures between its marks."""
    rows = [COLUMNS, ["---"] * len(COLUMNS), *(cells(result) for result in results)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{table}\n\n{_memory(results)}\n\n{END}{tail}"


def _memory(results: list[Result]) -> str:
    """What a worker takes, in words."""
    words = []
    for result in results:
        if "memory_mb" in result.more:
            first, last = result.more["memory_mb_after_first_round"], result.more["memory_mb"]
            words.append(
                f"{last} MB on {result.database} with {result.workers} (after the first round {first} MB)"
            )
    most = max((int(str(result.more.get("memory_mb", 0))) for result in results), default=0)
    verdict = "met" if most <= MEMORY_AIM else "**missed**"
    return (
        f"Memory of a worker on the mass deadline, at most: {'; '.join(words)}."
        f" Aim ≤ {MEMORY_AIM} MB: {verdict}."
    )


if __name__ == "__main__":
    main()
