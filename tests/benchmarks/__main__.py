"""`make bench`: measures, prints a table, and writes `build/benchmark.json`."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent


def main() -> None:
    """Run every `bench_*.py` beside this file."""
    Path("build").mkdir(exist_ok=True)
    console = Console()
    results = []
    for path in sorted(HERE.glob("bench_*.py")):
        console.print(f"[dim]{path.stem} …[/dim]")
        results += importlib.import_module(f"tests.benchmarks.{path.stem}").measure()
    table = Table("work", "database", "workers", "per second", "raw per second", "ratio")
    for result in results:
        raw = f"{result.raw_per_second:,.0f}" if result.raw_per_second else "–"
        ratio = f"{result.ratio:.2f}" if result.ratio else "–"
        table.add_row(
            result.work,
            result.database or "–",
            str(result.workers),
            f"{result.per_second:,.0f}",
            raw,
            ratio,
        )
    console.print(table)
    path = Path("build", "benchmark.json")
    path.write_text(json.dumps([result.to_json() for result in results], indent=2) + "\n", encoding="utf-8")
    console.print(f"[dim]{path}[/dim]")


if __name__ == "__main__":
    main()
