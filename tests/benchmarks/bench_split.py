"""What cutting costs: a million persons in slices, for 20 and for 3,000 recipients that get the same rows.

Run: `python -m tests.benchmarks.bench_split [--persons 1000000] [--slice 50000] [--runs 3]`. Each person is known to
three institutions, whatever their number, and some concern another one by a number; each gets what pensions may get.
The slices are one and the same, cut again and written down as the flow does. A form of three persons is cut for 3,000
recipients too, of whom five know somebody. Exit code 1 where 3,000 recipients cost over 1.5 times what 20 do, or
memory grows with the slices.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from declarations.generate import Request, write
from declarations.stages.read import PartSource, read
from declarations.stages.split import cut_for
from tests.benchmarks.recipients import FEW, MANY, MOST_GROWTH, MOST_TIMES, given, known, newest


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds by the clock and of processor, peak memory in MB, rows handed out in millions."""

    wall: float
    cpu: float
    memory: float
    rows: float


def main() -> int:
    """Write a slice, cut it as often as asked, print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--slice", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        return _one(Path(asked.one[0]), int(asked.one[1]), int(asked.one[2]))
    times = max(1, asked.persons // asked.slice)
    with tempfile.TemporaryDirectory() as folder:
        _write(_blocks(employers=max(1, asked.slice // 20), persons=asked.slice), Path(folder))
        few = [_timed(folder, FEW, times) for _ in range(asked.runs)]
        many = [_timed(folder, MANY, times) for _ in range(asked.runs)]
        single = _timed(folder, MANY, 1)
    return _told(f"{asked.persons:,} persons in slices of {asked.slice:,}", few, many, single, _tiny())


def _blocks(employers: int, persons: int) -> dict[str, pl.DataFrame]:
    buffer = io.BytesIO()
    write(Request(seed=11, employers=employers, persons=persons, quarter="20231", indent=False), buffer)
    return dict(read([PartSource(1, newest(), lambda: io.BytesIO(buffer.getvalue()))]).blocks)


def _write(blocks: dict[str, pl.DataFrame], folder: Path) -> None:
    for name, frame in blocks.items():
        frame.write_ipc(folder / f"{name}.arrow")


def _one(folder: Path, recipients: int, times: int) -> int:
    """Cut the slice there so often; print the rows handed out."""
    plan, entitled, rows = newest().plan, given(recipients), 0
    for _ in range(times):
        blocks = {file.stem: pl.read_ipc(file) for file in sorted(folder.glob("*.arrow"))}
        done = cut_for(blocks, plan, entitled, known(recipients, 3))
        for frame in done.frames.values():
            frame.drop("recipient").write_ipc(io.BytesIO(), compression="lz4")
            rows += len(frame)
    print(rows)
    return 0


def _timed(folder: str, recipients: int, times: int) -> Run:
    command = [sys.executable, "-m", "tests.benchmarks.bench_split", "--one", folder, str(recipients), str(times)]
    reader, writer = os.pipe()
    started = time.perf_counter()
    pid = os.posix_spawn(sys.executable, command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, writer, 1)])
    os.close(writer)
    with os.fdopen(reader) as output:
        rows = output.read()
    _, status, used = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    wall = time.perf_counter() - started
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000, int(rows) / 1e6)


def _tiny() -> float:
    """Milliseconds, in the median, for one form of three persons of whom five of 3,000 recipients know one."""
    blocks, entitled, plan = _blocks(1, 3), given(MANY), newest().plan

    def known(persons: pl.Series, _: tuple[date, date]) -> pl.DataFrame:
        found = [(f"r{nth:04}", persons[0], "any") for nth in range(5)]
        return pl.DataFrame(found, schema=["recipient", "inss", "quality"], orient="row")

    spent = []
    for _ in range(50):
        started = time.perf_counter()
        cut_for(blocks, plan, entitled, known)
        spent.append(time.perf_counter() - started)
    return 1000 * statistics.median(spent)


def _told(title: str, few: list[Run], many: list[Run], single: Run, tiny: float) -> int:
    table = Table("recipients", "wall s", "cpu s", "peak MB", "million rows", "cpu µs a row", title=title)
    for count, runs in ((FEW, few), (MANY, many)):
        figures = {field: statistics.median(getattr(run, field) for run in runs) for field in Run.__slots__}
        each = figures["cpu"] / figures["rows"]
        table.add_row(f"{count:,}", *(f"{figure:.1f}" for figure in figures.values()), f"{each:.2f}")
    console = Console()
    console.print(table)
    times = statistics.median(run.cpu / run.rows for run in many) / statistics.median(run.cpu / run.rows for run in few)
    growth = max(run.memory for run in many) / single.memory
    console.print(f"3,000 / 20 recipients, cpu a row: {times:.2f}; all slices / one, peak memory: {growth:.2f}")
    console.print(f"one form, five of 3,000 recipients concerned: {tiny:.1f} ms")
    return int(times > MOST_TIMES or growth > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
