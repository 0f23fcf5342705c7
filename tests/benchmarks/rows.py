"""What is promised of reading, each measured beside its yardstick in the same run."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from declarations.families import families
from tests.benchmarks.files import Size, made
from tests.benchmarks.measured import Median, Run, median, run
from tests.benchmarks.recipients import FEW, MANY, MOST_TIMES

PYTHON = (sys.executable, "-m", "declarations")
QUARTER = Size(4_500_000, 220_000)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was measured, and what it should be.

    bar, of  the figure and its goal as numbers of one unit, for the chart; None where there is nothing to hold it to
    most     whether the goal is a most or a least
    """

    what: str
    figure: str
    goal: str
    yardstick: str = ""
    bar: float | None = None
    of: float | None = None
    most: bool = True

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        if self.bar is None or self.of is None:
            return None
        return self.bar <= self.of if self.most else self.bar >= self.of


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for: where files are kept, how often each program runs, how much there is to read."""

    folder: Path
    runs: int
    megabytes: int  # of the large file
    faulty_megabytes: int  # of the files with faults
    memory_megabytes: tuple[int, ...]
    huge_persons: int  # in one form
    quarter: bool
    ledger_rows: int

    @classmethod
    def quick(cls, folder: Path) -> Plan:
        """In two minutes."""
        return cls(folder, 3, 100, 35, (35,), 0, quarter=False, ledger_rows=100_000)

    @classmethod
    def usual(cls, folder: Path) -> Plan:
        """In half an hour."""
        return cls(folder, 5, 1000, 380, (100, 1000), 100_000, quarter=False, ledger_rows=1_000_000)

    @classmethod
    def full(cls, folder: Path) -> Plan:
        """With the largest files, which take some 25 GB of disk."""
        return cls(folder, 5, 1000, 380, (100, 1000, 5000), 100_000, quarter=True, ledger_rows=1_000_000)


def speed(plan: Plan) -> Iterator[Row]:
    """Reading a large file into blocks, with controls, against bare validation of the same file."""
    file = made(plan.folder, Size.of(plan.megabytes))
    ours, bare, two = _in_turn(
        plan.runs, lambda: _read(file, watched=False), lambda: _bare(file), lambda: _two_bare(file)
    )
    size = file.stat().st_size / 1e6
    yield Row(
        f"`read` of {size:,.0f} MB with controls",
        f"{ours.wall:.1f} s, {size / ours.wall:.0f} MB/s, {ours.cpu:.1f} s of processor",
        "at least 1.5 times the speed of xmllint on one core",
        f"xmllint --stream --schema: {bare.wall:.1f} s, {size / bare.wall:.0f} MB/s, {bare.memory:.0f} MB; "
        f"**{bare.wall / ours.wall:.2f} times**",
        bare.wall / ours.wall,
        1.5,
        most=False,
    )
    yield Row(
        "two xmllint at once, each the same file",
        f"{two.wall:.1f} s, {two.cpu:.1f} s of processor",
        "",
        f"one alone: {bare.wall:.1f} s; two cores do {2 * bare.wall / two.wall:.2f} times what one does",
    )


def cut(plan: Plan) -> Iterator[Row]:
    """The same, cut for recipients while it is read: three of them get something of each person."""
    file = made(plan.folder, Size.of(plan.megabytes))
    few, many, bare = _in_turn(
        plan.runs, lambda: _cutting(file, FEW), lambda: _cutting(file, MANY), lambda: _bare(file)
    )
    yield Row(
        f"`read` of the same, cut for {FEW} recipients",
        f"{few.wall:.1f} s, {few.cpu:.1f} s of processor",
        "at least 1.2 times the speed of xmllint on one core",
        f"xmllint: {bare.wall:.1f} s; **{bare.wall / few.wall:.2f} times**",
        bare.wall / few.wall,
        1.2,
        most=False,
    )
    yield Row(
        f"`read` of the same, cut for {MANY:,} recipients",
        f"{many.wall:.1f} s, {many.cpu:.1f} s of processor",
        f"at most {MOST_TIMES} times the cost of {FEW}",
        f"for {FEW}: {few.cpu:.1f} s of processor; **{many.cpu / few.cpu:.2f} times**",
        many.cpu / few.cpu,
        MOST_TIMES,
    )


def memory(plan: Plan) -> Iterator[Row]:
    """The most memory that all processes of `read` have together."""
    peaks: dict[int, float] = {}
    for megabytes in plan.memory_megabytes:
        peaks[megabytes] = _read(made(plan.folder, Size.of(megabytes))).memory
        yield Row(
            f"memory of `read`, {megabytes:,} MB",
            f"{peaks[megabytes]:.0f} MB, all processes",
            "at most 600 MB",
            bar=peaks[megabytes],
            of=600,
        )
    if plan.huge_persons:
        file = made(plan.folder, Size(plan.huge_persons, 1))
        huge = _read(file)
        yield Row(
            f"one form of {plan.huge_persons:,} persons, {file.stat().st_size / 1e6:,.0f} MB",
            f"{huge.wall:.1f} s, {huge.memory:.0f} MB, all processes",
            "at most 600 MB",
            bar=huge.memory,
            of=600,
        )
    if {1000, 5000} <= peaks.keys():
        ratio = peaks[5000] / peaks[1000]
        yield Row("memory, 5 GB against 1 GB", f"{ratio:.2f} times", "at most 1.15 times", bar=ratio, of=1.15)


def small(plan: Plan) -> Iterator[Row]:
    """The whole job `check` on one full part of the channel."""
    file = made(plan.folder, Size.of(34))
    ours, bare = _in_turn(plan.runs, lambda: run([*PYTHON, "check", str(file)], watched=False), lambda: _bare(file))
    yield Row(
        f"`check` of {file.stat().st_size / 1e6:.0f} MB",
        f"{ours.wall:.2f} s, {ours.cpu:.2f} s of processor, {ours.memory:.0f} MB",
        "at most 1.5 s",
        f"xmllint: {bare.wall:.2f} s",
        ours.wall,
        1.5,
    )


def faulty(plan: Plan) -> Iterator[Row]:
    """What bad forms cost, every one of them explained."""
    size = Size.of(plan.faulty_megabytes)
    percents = {0: (0,), 1: (1,), 10: (1,)}
    files = {percent: made(plan.folder, size, percent) for percent in percents}
    check = (*PYTHON, "check", "--json", "--max-mb", "100000")
    medians = dict(
        zip(
            percents,
            _in_turn(plan.runs, *(_checking(check, files[percent], codes) for percent, codes in percents.items())),
            strict=True,
        )
    )
    for percent, most in ((1, 1.6), (10, 3.0)):
        ratio = medians[percent].cpu / medians[0].cpu
        yield Row(
            f"`check`, {percent} % bad forms of {size.employers:,}",
            f"{medians[percent].cpu:.1f} s of processor, **{ratio:.2f} times**",
            f"at most {most} times the cost of none",
            f"none: {medians[0].cpu:.1f} s",
            ratio,
            most,
        )


def quarter(plan: Plan) -> Iterator[Row]:
    """A quarter of the whole country in one file."""
    if not plan.quarter:
        return
    generate = [*PYTHON, "generate", "--persons", str(QUARTER.persons), "--employers", str(QUARTER.employers)]
    file = plan.folder / "quarter.xml"
    making = run([*generate, "--out", str(file)]) if not file.exists() else None
    ours = _read(file)
    size = file.stat().st_size / 1e9
    yield Row(
        f"a quarter: {QUARTER.employers:,} forms, {QUARTER.persons:,} persons, {size:.1f} GB",
        f"{ours.wall:.0f} s, {ours.cpu:.0f} s of processor, {ours.memory:.0f} MB",
        "at most 600 s",
        f"generating it: {making.wall:.0f} s" if making else "",
        ours.wall,
        600,
    )


def ledger(plan: Plan) -> Iterator[Row]:
    """What a batch of a million forms costs the ledger."""
    from tests.benchmarks.ledgers import rates

    measured = rates(plan.ledger_rows, plan.runs)
    if measured is None:
        yield Row("ledger on PostgreSQL", "PostgreSQL is not installed", "at least 200,000 rows a second")
        return
    yield Row(
        f"ledger on PostgreSQL, {plan.ledger_rows:,} forms",
        f"{measured['forms']:,.0f} rows a second",
        "at least 200,000 rows a second",
        f"parcels: {measured['parcels']:,.0f} rows a second, each looked up by its keys",
        measured["forms"],
        200_000,
        most=False,
    )


ROWS: tuple[Callable[[Plan], Iterator[Row]], ...] = (speed, cut, memory, small, faulty, quarter, ledger)


def _in_turn(times: int, *programs: Callable[[], Run]) -> tuple[Median, ...]:
    """Each program so often, in turn, so that what slows the machine slows them all."""
    runs: list[list[Run]] = [[] for _ in programs]
    for _ in range(times):
        for program, done in zip(programs, runs, strict=True):
            done.append(program())
    return tuple(median(done) for done in runs)


def _checking(check: Sequence[str], file: Path, codes: Sequence[int]) -> Callable[[], Run]:
    return lambda: run([*check, str(file)], codes)


def _read(file: Path, watched: bool = True) -> Run:
    out = Path(tempfile.mkdtemp(dir=file.parent))
    try:
        return run([*PYTHON, "read", str(file), "--out", str(out)], watched=watched)
    finally:
        shutil.rmtree(out)


def _cutting(file: Path, recipients: int) -> Run:
    return run([sys.executable, "-m", "tests.benchmarks.cut_while_read", str(file), str(recipients)], watched=False)


def _bare(file: Path) -> Run:
    return run(_validating(file), watched=False)


def _two_bare(file: Path) -> Run:
    return run(["sh", "-c", '"$@" & "$@" && wait $!', "sh", *_validating(file)], watched=False)


def _validating(file: Path) -> list[str]:
    schema = families()[0].versions()[-1].path
    return ["xmllint", "--noout", "--stream", "--schema", str(schema), str(file)]
