"""What a process that reads does: slices read and judged into the folder, frames of all slices put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from declarations.blocks import Block
from declarations.errors import Configuration
from declarations.families import family
from declarations.reading.job import FilePart, Gathering, Job, Keeping, Told
from declarations.reading.locating import located_in
from declarations.reading.spill import FOUND, HEADS, KEYS, Spill
from declarations.reading.stretches import Piece, Rows, Stretch, newest, read_pieces
from declarations.reading.together import joined, keys, only
from declarations.stages.read import JudgedHead, PartSource, Reading, judged
from validators import rules


def source(part: FilePart) -> PartSource:
    """That file, to be read."""
    version = family(part.family).version(part.version)
    if version is None:
        raise Configuration(f"{part.family} has no schema {part.version}; it was there a moment ago: put it back")
    return PartSource(part.part, version, part.open)


class Work:
    """Does the tasks of a job."""

    def __init__(self, job: Job) -> None:
        """Read the families that the parts are of."""
        self.job = job
        self.spill = Spill(job.folder)
        self.parts = {part.part: source(part) for part in job.parts}
        self.version = newest(part.version for part in self.parts.values())
        self.controls = rules.controls(self.version.family.folder / "controls")
        self.given = job.entitling(self.version.family.folder) if job.entitling else None

    def __call__(self, task: Stretch | Gathering) -> Told:
        """Do it."""
        return self.read(task) if isinstance(task, Stretch) else self.gather(task)

    def read(self, stretch: Stretch) -> Told:
        """Read a slice and judge its forms, all that lies in other slices left aside."""
        reading = read_pieces(stretch.pieces, self.parts)
        self.spill.keep(KEYS, stretch.number, keys(reading))
        if self.job.keeping is Keeping.BLOCKS:
            for name, frame in reading.blocks.items():
                self.spill.keep(name, stretch.number, frame)
        verdicts = self._judged(reading, stretch.pieces)
        self.spill.keep_verdicts(stretch.number, verdicts)
        done = told(stretch.number, verdicts, {name: len(frame) for name, frame in reading.blocks.items()})
        return self.handed_out(done, reading.blocks, verdicts)

    def handed_out(self, done: Told, blocks: Mapping[str, pl.DataFrame], verdicts: Sequence[JudgedHead]) -> Told:
        """The same, once a slice was cut for recipients where that is asked for."""
        if self.given is None:
            return done
        from declarations.reading import handing  # where nothing is cut, it is not worth its time

        accepted = {each.head.number for each in verdicts if each.accepted}
        handed = handing.hand_out(blocks, accepted, self.version.plan, self.given, self.spill, done.number)
        return replace(done, handed=handed)

    def handed_out_again(self, done: Told, verdicts: Sequence[JudgedHead]) -> Told:
        """The same for a slice that was cut before, under other verdicts."""
        if self.given is None:
            return done
        from declarations.reading import handing

        self.spill.forget(handing.CUT, done.number)
        blocks = {block.name: self.spill.kept(block.name, done.number) for block in self.version.plan.blocks}
        return self.handed_out(done, blocks, verdicts)

    def judged_again(self, pieces: Sequence[Piece], forms: frozenset[int]) -> tuple[JudgedHead, ...]:
        """The verdicts on forms that belong together, out of the pieces that they lie in."""
        rows = Rows(self.version.plan)
        readings = []
        for piece in pieces:
            reading = read_pieces([piece], self.parts)
            readings.append(only(replace(reading, blocks=rows.renumbered(reading.blocks)), forms))
        return self._judged(joined(readings), pieces)

    def _judged(self, reading: Reading, pieces: Sequence[Piece]) -> tuple[JudgedHead, ...]:
        return judged(reading, self.controls, self.job.today, lambda found: located_in(found, pieces, self.parts))

    def gather(self, task: Gathering) -> Told:
        """Put one kind of frame of all slices into one Parquet file, rows numbered over all of them."""
        frames = [pl.scan_ipc(self.spill.path(task.name, number)) for number in range(len(task.starts))]
        if task.name not in {HEADS, FOUND}:
            block = self.version.plan.block(task.name)
            frames = [_moved(frame, block, *start) for frame, start in zip(frames, task.starts, strict=True)]
        target = self.job.folder / f"{task.name}.parquet"
        pl.concat(frames).sink_parquet(target, compression="zstd", compression_level=1)
        return Told(task.number, 0, 0, 0, 0, {})


def _moved(frame: pl.LazyFrame, block: Block, row: int, parent_row: int) -> pl.LazyFrame:
    above = [] if block.parent is None else [pl.col(f"{block.parent}_row") + parent_row]
    return frame.with_columns(pl.col("row") + row, *above)


def told(number: int, verdicts: tuple[JudgedHead, ...], rows: Mapping[str, int]) -> Told:
    """Verdicts of a slice in figures."""
    return Told(
        number,
        len(verdicts),
        sum(each.accepted for each in verdicts),
        sum(not each.head.schema_valid for each in verdicts),
        sum(len(each.anomalies) for each in verdicts),
        rows,
    )
