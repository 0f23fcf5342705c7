"""Files on disk read and judged as the parts of one batch, by one process or several, in flat memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from declarations.families import Version
from declarations.reading.crew import Alone, Crew
from declarations.reading.cutting import Layout
from declarations.reading.job import FilePart, Gathering, Helpers, Job, Keeping, Told, processes_for
from declarations.reading.locating import Ruler, in_files
from declarations.reading.spill import FOUND, HEADS, KEYS, Spill
from declarations.reading.stretches import SLICE_BYTES, Stretch, newest, stretches
from declarations.reading.together import Torn, torn
from declarations.reading.work import Work, source, told
from declarations.stages.read import JudgedHead

if TYPE_CHECKING:
    from declarations.reading.handing import Entitling  # where nothing is cut, it is not worth its time

RECIPIENTS = "recipients"
"""The folder of what was cut for them."""

LARGE_SLICE_BYTES = 72 << 20
"""Bytes of XML that each of several processes has at once: some 150 MB of memory."""

SMALL_SLICE_BYTES = 24 << 20
"""Towards the end slices become as small as that, so that no process works on when the others have nothing left."""


@dataclass(frozen=True, slots=True)
class Results:
    """What became of the files; the folder holds the rest as long as it is there."""

    version: Version
    slices: tuple[Told, ...]
    spill: Spill
    cut: bool = False  # for recipients

    @property
    def forms(self) -> int:
        """How many forms there are."""
        return sum(each.forms for each in self.slices)

    @property
    def accepted(self) -> int:
        """How many of them nothing refuses."""
        return sum(each.accepted for each in self.slices)

    @property
    def broken(self) -> int:
        """How many break the schema."""
        return sum(each.broken for each in self.slices)

    @property
    def findings(self) -> int:
        """How many findings there are."""
        return sum(each.findings for each in self.slices)

    @property
    def handed(self) -> int:
        """How many rows recipients get, all together."""
        return sum(each.handed for each in self.slices)

    def notable(self) -> Iterator[JudgedHead]:
        """The forms that are refused or have findings, in document order."""
        for each in self.slices:
            if each.findings or each.accepted < each.forms:
                yield from (head for head in self.spill.verdicts(each.number) if head.anomalies or not head.accepted)

    def deliver(self, folder: Path) -> None:
        """Move the Parquet files to that folder of the same file system: `<block>`, `_forms` and `_findings`.

        What was cut for recipients goes into its folder `recipients` (`reading.handing`).
        """
        names = {block.name: block.name for block in self.version.plan.blocks}
        for name, given in (names | {HEADS: "_forms", FOUND: "_findings"}).items():
            (self.spill.folder / f"{name}.parquet").replace(folder / f"{given}.parquet")
        if self.cut:
            from declarations.reading.handing import deliver

            deliver(self.spill, folder / RECIPIENTS)


def run(
    parts: Sequence[FilePart],
    layouts: Mapping[int, Layout | int],
    today: date,
    folder: Path,
    keeping: Keeping,
    progress: Callable[[int], None] = lambda forms: None,
    processes: int | None = None,
    size: int | None = None,
    entitling: Entitling | None = None,
    helpers: Helpers | None = None,
) -> Results:
    """Read the parts into the folder, which must be empty; the same comes of it with any number of processes
    and any size of slices.

    With `Keeping.BLOCKS`, `<block>.parquet` lies there for each block, with the rows that `stages.read.read` gives,
    and `_heads.parquet` and `_found.parquet` with the verdicts (`stages.records`); with `entitling`, what recipients
    get of the accepted forms, too (`reading.handing`). Raises Doubtful where a layout turns out to be, Miscut or
    Invariant where a file is not what its layout says, and as `reading.crew` does.
    """
    job = Job(tuple(parts), today, folder, keeping, entitling)
    todo: list[Stretch] = []
    done: dict[int, Told] = {}
    processes = processes or processes_for(part.path for part in parts)
    with _hands(job, processes, helpers) as hands:
        for each in hands.work(_noted(_shared(parts, layouts, processes, size), todo)):
            done[each.number] = each
            progress(each.forms)
        spill = Spill(folder)
        done |= _judged_together(job, spill, todo, done)
        _located(job, spill, todo, done)
        slices = tuple(done[stretch.number] for stretch in todo)
        version = newest(source(part).version for part in parts)
        results = Results(version, slices, spill, entitling is not None)
        if entitling is not None:
            from declarations.reading.handing import RANGES, ranges

            places = ranges(spill, [each.rows for each in results.slices])
            places.write_parquet(folder / f"{RANGES}.parquet", compression="zstd")
        if keeping is Keeping.BLOCKS:
            for _ in hands.work(_gatherings(results)):
                pass
    return results


def _shared(
    parts: Sequence[FilePart], layouts: Mapping[int, Layout | int], processes: int, size: int | None
) -> Iterator[Stretch]:
    """The parts cut into stretches: large ones, the last of them small, so that all processes end together."""
    if size or processes == 1:
        return stretches(layouts, size or SLICE_BYTES)
    total = sum(part.path.stat().st_size for part in parts)
    return stretches(
        layouts, LARGE_SLICE_BYTES, lambda before: max(SMALL_SLICE_BYTES, (total - before) // (2 * processes))
    )


def _noted(tasks: Iterator[Stretch], todo: list[Stretch]) -> Iterator[Stretch]:
    for task in tasks:
        todo.append(task)
        yield task


def _gatherings(results: Results) -> Iterator[Gathering]:
    """The largest blocks first: they take longest."""
    starts: dict[str, list[int]] = {}
    for block in results.version.plan.blocks:
        starts[block.name] = list(accumulate((each.rows[block.name] for each in results.slices), initial=0))
    blocks = sorted(results.version.plan.blocks, key=lambda block: -starts[block.name][-1])
    nowhere = ((0, 0),) * len(results.slices)
    for number, block in enumerate(blocks):
        above = starts[block.parent or block.name]
        yield Gathering(number, block.name, tuple(zip(starts[block.name][:-1], above[:-1], strict=True)))
    for number, name in enumerate((HEADS, FOUND), start=len(blocks)):
        yield Gathering(number, name, nowhere)


def _hands(
    job: Job, processes: int, helpers: Helpers | None
) -> Alone[Stretch | Gathering, Told] | Crew[Stretch | Gathering, Told]:
    return Crew(job, processes, helpers) if processes > 1 else Alone(job)


def _judged_together(job: Job, spill: Spill, todo: Sequence[Stretch], done: Mapping[int, Told]) -> dict[int, Told]:
    """Judge the forms again that belong together and lie in different slices; the new figures of those slices."""
    changed: dict[int, Told] = {}
    work: Work | None = None
    for group in torn(spill.kept(KEYS, stretch.number) for stretch in todo):
        work = work or Work(job)
        pieces = [piece for number in group.slices for piece in todo[number].pieces]
        again = work.judged_again(tuple(piece for piece in pieces if _has(piece.numbers, group)), group.forms)
        by_number = {each.head.number: each for each in again}
        for number in group.slices:
            verdicts = tuple(by_number.get(each.head.number, each) for each in spill.verdicts(number))
            spill.keep_verdicts(number, verdicts)
            changed[number] = work.handed_out_again(told(number, verdicts, done[number].rows), verdicts)
    return changed


def _has(numbers: range, group: Torn) -> bool:
    return any(form in numbers for form in group.forms)


def _located(job: Job, spill: Spill, todo: Sequence[Stretch], done: Mapping[int, Told]) -> None:
    """Give the findings their places in the files."""
    rulers = {part.part: Ruler(source(part).open) for part in job.parts}
    for stretch in todo:
        if done[stretch.number].findings:
            found = spill.kept(FOUND, stretch.number)
            spill.keep(FOUND, stretch.number, in_files(found, stretch.pieces, rulers))
