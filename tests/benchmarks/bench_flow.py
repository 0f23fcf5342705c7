"""What one batch costs: 10,000 persons in one file through the whole flow, on SQLite and folders.

Run: `python -m tests.benchmarks.bench_flow [--persons 10000] [--employers 1] [--runs 5]`. The yardstick in the same run
is `check` on the same file. Exit code 1 above two minutes or 1 GB.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from declarations.generate import Request, write
from declarations.settings import Limits
from tests.worlds import place, write_settings

LIMITS = Limits(max_age_days=36500, max_part_bytes=1 << 30)
MOST_SECONDS, MOST_MB = 120, 1000


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds by the clock, seconds of processor, peak memory in MB."""

    wall: float
    cpu: float
    memory: float


def main() -> int:
    """Write the file, take it through as often as asked, print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=10_000)
    parser.add_argument("--employers", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "declaration.xml"
        with file.open("wb") as destination:
            write(Request(seed=7, employers=asked.employers, persons=asked.persons), destination)
        checks, flows = [], []
        for nth in range(asked.runs):
            checks.append(_timed(["check", "--max-mb", "1000", str(file)], Path(folder)))
            flows.append(_flow(Path(folder) / str(nth), file.read_bytes()))
        size = file.stat().st_size / 1e6
    return _told(f"{asked.persons} persons, {size:.0f} MB", checks, flows)


def _flow(home: Path, content: bytes) -> Run:
    here = place(home, LIMITS)
    write_settings(home, LIMITS)
    here.drop(content)
    return _timed(["run"], home)


def _timed(arguments: list[str], home: Path) -> Run:
    command = [sys.executable, "-m", "declarations", *arguments]
    quiet = os.open(os.devnull, os.O_WRONLY)
    started = time.perf_counter()
    actions = [(os.POSIX_SPAWN_DUP2, quiet, 1), (os.POSIX_SPAWN_DUP2, quiet, 2)]
    environment = os.environ | {"DECLARATIONS_HOME": str(home)}
    pid = os.posix_spawn(sys.executable, command, environment, file_actions=actions)
    _, status, used = os.wait4(pid, 0)
    os.close(quiet)
    if status:
        raise SystemExit(f"{' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}")
    return Run(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)


def _told(title: str, checks: list[Run], flows: list[Run]) -> int:
    table = Table("what", "wall s", "cpu s", "peak MB", title=title)
    for name, runs in (("check (yardstick)", checks), ("run, drop to outboxes", flows)):
        table.add_row(name, *(f"{_median(runs, field):.1f}" for field in ("wall", "cpu", "memory")))
    console = Console()
    console.print(table)
    console.print(f"run / check, wall: {_median(flows, 'wall') / _median(checks, 'wall'):.2f}")
    return int(_median(flows, "wall") > MOST_SECONDS or max(run.memory for run in flows) > MOST_MB)


def _median(runs: list[Run], field: str) -> float:
    return statistics.median(getattr(run, field) for run in runs)


if __name__ == "__main__":
    sys.exit(main())
