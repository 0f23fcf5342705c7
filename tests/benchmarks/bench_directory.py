"""What the reference directory costs: a list of a million persons taken and taken again, questions in bulk.

Run: `python -m tests.benchmarks.bench_directory [--rows 1000000] [--runs 5]`. The yardstick of the same run is SQLite
itself, asked row by row with one prepared statement. Exit code 1 above 20 microseconds of processor a person for
100,000 persons, or under 50,000 rows a second of processor.
"""

from __future__ import annotations

import argparse
import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from declarations.adapters.database import migrate
from declarations.adapters.database.directory import DatabaseDirectory
from declarations.adapters.database.engine import engine
from declarations.directory.lists import Load, listed, survey
from declarations.directory.renumbering import Replacement
from validators.identifiers import complete_inss

QUARTER = (date(2023, 1, 1), date(2023, 3, 31))
MOST_MICROSECONDS, LEAST_ROWS = 20.0, 50_000.0
ASKED = (100, 10_000, 100_000)
ONE_BY_ONE = "SELECT recipient, quality FROM known_person WHERE person = ? AND valid_from <= ? AND (valid_until IS NULL OR valid_until >= ?)"  # fmt: skip  # noqa: E501


def main() -> int:
    """Write the list, take it, ask; print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    table = Table("what", "wall s", "cpu s", "each, by cpu", title=f"{asked.rows:,} persons known")
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "ledger.sqlite"
        migrate(f"sqlite:///{database}")
        known = DatabaseDirectory(engine(f"sqlite:///{database}"))
        numbers = _numbers(asked.rows)
        rate = _loading(table, known, Path(folder) / "list.csv", numbers)
        _renumbering(table, known, numbers)
        dearest = _asking(table, known, database, numbers, asked.runs)
    console = Console()
    console.print(table)
    console.print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB")
    return int(dearest > MOST_MICROSECONDS or rate < LEAST_ROWS)


def _numbers(count: int) -> list[str]:
    """Different persons, in no order."""
    chosen = random.Random(7).sample(range(10**9), count)
    return [complete_inss(f"{each:09d}", born_2000=False) for each in chosen]


def _loading(table: Table, known: DatabaseDirectory, path: Path, numbers: list[str]) -> float:
    """Rows a second of the first list: judged and taken."""
    lines = (f"{number},pensioner,2020-01-01,\n" for number in numbers)
    path.write_text("inss,quality,from,until\n" + "".join(lines), encoding="ascii")
    judged = _row(table, "judge the file", len(numbers), lambda: _judged(path))
    first = _row(table, "judge it again and take it: the first list", len(numbers), lambda: _taken(known, path))
    _row(table, "take the same list again: nothing differs", len(numbers), lambda: _taken(known, path))
    return len(numbers) / (judged + first)


def _judged(path: Path) -> None:
    with path.open("rb") as source:
        if survey(source).bad.found:
            raise SystemExit("the list is not good")


def _taken(known: DatabaseDirectory, path: Path) -> None:
    with path.open("rb") as source:
        known.take_list(Load("pensions", "bench", path.name, "0" * 64, datetime.now(UTC)), listed(source))


def _renumbering(table: Table, known: DatabaseDirectory, numbers: list[str]) -> None:
    """One person in a hundred gets another number."""
    fresh = _numbers(len(numbers) + len(numbers) // 100)[len(numbers) :]
    given = [Replacement(old, new, date(2022, 1, 1)) for old, new in zip(numbers, fresh, strict=False) if old != new]
    load = Load(None, "bench", "idflux.csv", "0" * 64, datetime.now(UTC))
    _row(table, f"follow {len(given):,} replaced numbers", len(given), lambda: known.take_numbers(load, given))


def _asking(table: Table, known: DatabaseDirectory, path: Path, numbers: list[str], runs: int) -> float:
    """Microseconds for a person when most persons are asked for."""
    choice = random.Random(8)
    cost = 0.0
    for count in ASKED:
        persons = choice.sample(numbers, min(count, len(numbers)))
        series = pl.Series(persons)
        times = [_timed(lambda series=series: known.known(series, QUARTER)) for _ in range(runs)]  # type: ignore[misc]
        cost = _each(table, f"ask for {len(persons):,} persons", len(persons), times)
    times = [_timed(lambda: _yardstick(path, persons)) for _ in range(runs)]
    _each(table, "the same, one SQLite query each (yardstick)", len(persons), times)
    return cost


def _yardstick(path: Path, persons: list[str]) -> None:
    first, last = (day.isoformat() for day in QUARTER)
    connection = sqlite3.connect(path)
    for person in persons:
        connection.execute(ONE_BY_ONE, (person, last, first)).fetchall()
    connection.close()


def _row(table: Table, what: str, rows: int, work: Callable[[], object]) -> float:
    wall, cpu = _timed(work)
    table.add_row(what, f"{wall:.2f}", f"{cpu:.2f}", f"{rows / cpu:,.0f} rows/s")
    return cpu


def _each(table: Table, what: str, persons: int, times: list[tuple[float, float]]) -> float:
    wall, cpu = (statistics.median(time[which] for time in times) for which in (0, 1))
    table.add_row(what, f"{wall:.4f}", f"{cpu:.4f}", f"{cpu / persons * 1e6:.1f} µs")
    return cpu / persons * 1e6


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processor in all threads."""
    started, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - used


if __name__ == "__main__":
    sys.exit(main())
