"""What a delivery costs to write and to read back: a million persons for the recipient with the most columns.

Run: `python -m tests.benchmarks.bench_extract [--persons 1000000] [--formats csv ...]`. The yardstick in the same run
is a tenth of the persons. Exit code 1 where ten times the persons take more than 13 times the processor, or memory
grows by more than half.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from declarations.entitlement.authorizations import authorizations
from declarations.entitlement.entitlements import entitlements
from declarations.entitlement.routes import Route
from declarations.extracts.gate import Expected, gate
from declarations.extracts.values import Label, ParcelRows
from declarations.extracts.write import write_delivery
from declarations.families import Version, families
from declarations.generate import Request, write
from declarations.parties.party import Format
from declarations.stages.read import PartSource, read
from declarations.stages.shown import shown
from declarations.stages.split import cut_for

RECIPIENT = "pensions"
PERSONS = 2_000
"""In one parcel; it is given again and again, each time as another batch."""

TIMES, GROWTH = 13, 1.5
COUNTED = "natural_person"


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of processor to write and to read back, MB of files, peak memory in MB."""

    written: float
    judged: float
    size: float
    memory: float


def main() -> int:
    """Measure each format in processes of their own, print the costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--formats", nargs="+", type=Format, default=list(Format))
    asked = parser.parse_args()
    table = Table("format", "persons", "write cpu s", "gate cpu s", "files MB", "peak MB")
    good = True
    for format in asked.formats:
        costs = [_apart(format, persons) for persons in (asked.persons // 10, asked.persons)]
        for persons, cost in zip((asked.persons // 10, asked.persons), costs, strict=True):
            figures = (cost.written, cost.judged, cost.size, cost.memory)
            table.add_row(format, f"{persons:,}", *(f"{figure:.1f}" for figure in figures))
        few, many = costs
        good &= many.written + many.judged < TIMES * (few.written + few.judged)
        good &= many.memory < GROWTH * few.memory
    Console().print(table)
    return 0 if good else 1


def _apart(format: Format, persons: int) -> Cost:
    """Measured in a process of its own: peak memory is of a process."""
    reader, writer = os.pipe()
    program = f"from tests.benchmarks import bench_extract as it; it.measured({format.value!r}, {persons}, {writer})"
    keep = [(os.POSIX_SPAWN_DUP2, writer, writer)]
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", program], os.environ, file_actions=keep)
    os.close(writer)
    with os.fdopen(reader) as answer:
        figures = answer.read().split()
    if os.waitpid(child, 0)[1]:
        raise SystemExit("the measured process failed")
    return Cost(*(float(figure) for figure in figures))


def measured(format: str, persons: int, answer: int) -> None:
    """Write a delivery of so many persons and read it back; what it cost goes to that file descriptor."""
    found = next(each for family in families() for each in family.versions() if each.name == "DmfAOriginal_20231")
    with tempfile.TemporaryDirectory() as folder:
        figures = _cost(found, Format(format), persons, Path(folder))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    os.write(answer, " ".join(str(figure) for figure in (*figures, memory)).encode())


def _cost(version: Version, format: Format, persons: int, folder: Path) -> tuple[float, float, float]:
    held = authorizations(version.family.folder / "authorizations.toml")
    given = entitlements([RECIPIENT], [Route(RECIPIENT, "form")], held, None)
    granted = given.authorizations[RECIPIENT]
    content = io.BytesIO()
    write(Request(seed=5, employers=20, persons=PERSONS), content)
    blocks = read([PartSource(1, version, lambda: io.BytesIO(content.getvalue()))]).blocks
    frames = shown(cut_for(blocks, version.plan, given).parcel(RECIPIENT), version.plan, granted)
    times = persons // len(frames[COUNTED])
    label = Label(f"{RECIPIENT}-000001", "dmfa", version.name, RECIPIENT, "990001", date(2026, 4, 23))

    def parcels() -> Iterator[ParcelRows]:
        for nth in range(times):
            yield ParcelRows(f"DMFA.000101.20260423.{nth:05}.R", frames)

    began = time.process_time()
    parts = write_delivery(label, parcels(), version.plan, granted, format, folder, None)
    written = time.process_time()
    rows = {name: times * len(frame) for name, frame in frames.items()}
    batches = [each.batch for each in parcels()]
    faults = gate([part.path for part in parts], version.plan, granted, Expected(label, format, rows, batches, False))
    if faults:
        raise SystemExit("; ".join(faults))
    return written - began, time.process_time() - written, sum(part.size for part in parts) / 1e6


if __name__ == "__main__":
    sys.exit(main())
