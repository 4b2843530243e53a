"""`make bench`: measures, prints a table, writes `build/benchmark.json` and the table of the docs."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from tests.benchmarks.result import Result

HERE = Path(__file__).parent
PAGE = Path("docs", "explanation", "performance.md")
BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"
COLUMNS = ["work", "database", "workers", "per second", "raw per second", "ratio"]


def main() -> None:
    """Run every `bench_*.py` beside this file."""
    Path("build").mkdir(exist_ok=True)
    console = Console()
    results = []
    for path in sorted(HERE.glob("bench_*.py")):
        console.print(f"[dim]{path.stem} …[/dim]")
        results += importlib.import_module(f"tests.benchmarks.{path.stem}").measure()
    table = Table(*COLUMNS)
    for result in results:
        table.add_row(*_cells(result))
    console.print(table)
    path = Path("build", "benchmark.json")
    path.write_text(json.dumps([result.to_json() for result in results], indent=2) + "\n", encoding="utf-8")
    PAGE.write_text(_with_table(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    console.print(f"[dim]{path}, {PAGE}[/dim]")


def _cells(result: Result) -> list[str]:
    return [
        result.work,
        result.database or "–",
        str(result.workers),
        f"{result.per_second:,.0f}",
        f"{result.raw_per_second:,.0f}" if result.raw_per_second else "–",
        f"{result.ratio:.2f}" if result.ratio else "–",
    ]


def _with_table(page: str, results: list[Result]) -> str:
    """The page with this run's figures between its marks."""
    rows = [COLUMNS, ["---"] * len(COLUMNS), *(_cells(result) for result in results)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{table}\n\n{END}{tail}"


if __name__ == "__main__":
    main()
