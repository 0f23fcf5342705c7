"""What bad forms cost: `check` on a large file with 1 % of them, against the same file without.

Run: `python -m tests.benchmarks.bench_check [--persons 100000] [--employers 5000] [--runs 5]`. Both files are judged in
turn, each in a process of its own, by the command line. The exit code is 1 where the ratio of the medians of processor
time is above the limit.
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

from declarations.generate import FAULTS, Request, write

MOST = 1.6
PERCENT_BAD = 1
NO_FORM_FAULTS = frozenset({"not-well-formed"})  # refuse the file, not a form


@dataclass(frozen=True, slots=True)
class Run:
    """One run of `check`: seconds by the clock, seconds of processor, peak memory in MB, exit code."""

    wall: float
    cpu: float
    memory: float
    code: int


def main() -> int:
    """Write the two files, judge each as often as asked, print the medians."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        good, bad = Path(folder) / "good.xml", Path(folder) / "bad.xml"
        _write(good, asked.employers, asked.persons, ())
        _write(bad, asked.employers, asked.persons, _faults(asked.employers * PERCENT_BAD // 100))
        runs: dict[Path, list[Run]] = {good: [], bad: []}
        for _ in range(asked.runs):
            for file, done in runs.items():
                done.append(_check(file))
        sizes = {file: file.stat().st_size / 1e6 for file in runs}
    return _told(runs, sizes)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=100_000)
    parser.add_argument("--employers", type=int, default=5_000)
    parser.add_argument("--runs", type=int, default=5)
    return parser.parse_args()


def _faults(count: int) -> tuple[tuple[str, int], ...]:
    """So many faults, of every kind that a form can have in turn."""
    names = [name for name in FAULTS if name not in NO_FORM_FAULTS]
    return tuple((name, len(range(at, count, len(names)))) for at, name in enumerate(names) if at < count)


def _write(file: Path, employers: int, persons: int, faults: tuple[tuple[str, int], ...]) -> None:
    with file.open("wb") as destination:
        write(Request(seed=7, employers=employers, persons=persons, faults=faults), destination)


def _check(file: Path) -> Run:
    command = [sys.executable, "-m", "declarations", "check", "--json", "--max-mb", "10000", str(file)]
    output = os.open(os.devnull, os.O_WRONLY)
    started = time.perf_counter()
    pid = os.posix_spawn(sys.executable, command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, output, 1)])
    _, status, used = os.wait4(pid, 0)
    os.close(output)
    wall = time.perf_counter() - started
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))


def _told(runs: dict[Path, list[Run]], sizes: dict[Path, float]) -> int:
    table = Table("file", "MB", "exit code", "wall s", "processor s", "peak MB")
    medians: list[float] = []
    for file, done in runs.items():
        medians.append(statistics.median(each.cpu for each in done))
        wall, memory = statistics.median(each.wall for each in done), max(each.memory for each in done)
        codes = ",".join(sorted({str(each.code) for each in done}))
        table.add_row(file.stem, f"{sizes[file]:.0f}", codes, f"{wall:.1f}", f"{medians[-1]:.1f}", f"{memory:.0f}")
    ratio = medians[1] / medians[0]
    Console().print(table)
    Console().print(f"ratio {ratio:.2f}, at most {MOST}")
    return 0 if ratio <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
