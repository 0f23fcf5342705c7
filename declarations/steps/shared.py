"""What several tasks do for a step of one large batch: each some slices ahead, kept where the step finds them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

import polars as pl

from declarations.families import Family
from declarations.model import Artifact, Batch
from declarations.reading import slices as slicing
from declarations.reading.division import divided, division_frame
from declarations.reading.stretches import Stretch, newest
from declarations.stages import records
from declarations.stages.read import JudgedHead, PartSource, Reading
from declarations.steps.kept import keep, kept, slice_name, tables
from declarations.steps.world import World

DIVISION, READ, JUDGED = "division", "read", "judged"
"""The kinds of what is kept: how a batch is cut, and slices by the digest of all that they were made of."""

HEADS, FOUND = "_heads", "_found"
"""Beside the blocks of a slice, whose names never start like that."""

MOST_SHARES = 100
"""Tasks that share a batch at most: Airflow takes some hundreds."""


def bytes_of(batch: Batch) -> int:
    """Bytes of XML in a batch."""
    return sum(file.size for file in batch.files if file.kind == "FI")


def shared_out(slices: int, size: int, most: int) -> list[list[int]]:
    """The numbers of so many slices, in shares of about one size, where `size` bytes are more than `most` for one."""
    count = min(-(-size // most), slices, MOST_SHARES)
    if count < 2:
        return []
    ends = [slices * share // count for share in range(count + 1)]
    return [[*range(start, end)] for start, end in pairwise(ends)]


@dataclass(frozen=True)
class Ahead:
    """What is kept of the slices of one batch, under the name of all that they were made of."""

    world: World
    batch: Batch
    kind: str
    key: str

    def todo(self, numbers: Iterable[int]) -> Iterator[int]:
        """Those of the slices that nobody has kept yet."""
        done = self._done
        return (number for number in numbers if self._name(number) not in done)

    def keep(self, number: int, frames: Mapping[str, pl.DataFrame]) -> bool:
        """Keep the tables of a slice; False where the batch has moved on, and nothing more is wanted."""
        each = [keep(self.world, self.kind, of, frame) for of, frame in frames.items()]
        rows = [(one.name, one.sha256, one.rows) for one in each]
        listed = pl.DataFrame(rows, schema=_LISTED, orient="row")
        return self.world.ledger.derived(self.batch, [keep(self.world, self.kind, self._name(number), listed)])

    def kept(self, number: int) -> dict[str, pl.DataFrame] | None:
        """The tables of a slice, each in one piece; None where nobody has kept it."""
        artifact = self._done.get(self._name(number))
        if artifact is None:
            return None
        return {
            name: kept(self.world, Artifact(self.kind, name, sha256, rows)).rechunk()
            for name, sha256, rows in kept(self.world, artifact).iter_rows()
        }

    @cached_property
    def _done(self) -> dict[str, Artifact]:
        return tables(self.world, self.batch.id, self.kind)

    def _name(self, number: int) -> str:
        return f"{self.key}/{slice_name(number)}"


_LISTED = {"name": pl.String, "sha256": pl.String, "rows": pl.Int64}
"""What is kept of a slice: the list of its tables."""


@dataclass(frozen=True)
class Readers:
    """Those who read the slices of one batch ahead of `normalize`. `size` is that of slices, in bytes."""

    world: World
    batch: Batch
    sources: Sequence[PartSource]
    size: int

    @cached_property
    def key(self) -> str:
        """A short name for all that decides what the slices are."""
        files = {file.part or 1: file.sha256 for file in self.batch.files if file.kind == "FI"}
        parts = [(each.part, files[each.part], each.version.name) for each in self.sources]
        schemas = [each.version.family.schemas_version() for each in self.sources]
        return digest(self.size, *parts, *schemas)

    @property
    def known(self) -> tuple[Stretch, ...] | None:
        """How the batch was cut for them; None where nobody did, or something else decides it now."""
        known = tables(self.world, self.batch.id, DIVISION).get(self.key)
        return None if known is None else divided(kept(self.world, known), self.sources)

    def stretches(self) -> tuple[Stretch, ...]:
        """How the batch is cut: as it was, else now."""
        known = self.known
        if known is not None:
            return known
        table = division_frame(slicing.cut(self.sources, self.size))
        self.world.ledger.derived(self.batch, [keep(self.world, DIVISION, self.key, table)])
        return divided(table, self.sources)

    def read(self, numbers: Sequence[int]) -> None:
        """Read those slices, and keep each that is not kept."""
        stretches = self.stretches()
        for number in self._slices.todo(number for number in numbers if number < len(stretches)):
            reading = slicing.read_slice(self.sources, stretches[number])
            frames = {HEADS: records.heads_frame(reading.heads), FOUND: records.found_frame(reading.found)}
            if not self._slices.keep(number, reading.blocks | frames):
                return

    def ahead(self, stretch: Stretch) -> Reading | None:
        """A slice that was read ahead; None where it was not."""
        frames = self._slices.kept(stretch.number)
        if frames is None:
            return None
        heads, found = records.heads(frames.pop(HEADS)), records.found(frames.pop(FOUND))
        return Reading(newest(each.version for each in self.sources), frames, heads, found)

    @cached_property
    def _slices(self) -> Ahead:
        return Ahead(self.world, self.batch, READ, self.key)


@dataclass(frozen=True)
class Judges:
    """Those who judge the slices of one batch ahead of `control`, each slice by itself."""

    world: World
    batch: Batch
    family: Family

    @cached_property
    def today(self) -> date:
        """The day that controls are asked about."""
        return self.world.today().date()

    def judge(self, numbers: Sequence[int], judged: Callable[[int], tuple[JudgedHead, ...]]) -> None:
        """Judge those slices, and keep each that is not kept."""
        for number in self._slices.todo(numbers):
            heads, found = records.verdict_frames(judged(number))
            if not self._slices.keep(number, {HEADS: heads, FOUND: found}):
                return

    def ahead(self, number: int) -> tuple[JudgedHead, ...] | None:
        """The verdicts of a slice that was judged ahead; None where it was not."""
        frames = self._slices.kept(number)
        return None if frames is None else records.verdicts(frames[HEADS], frames[FOUND])

    @cached_property
    def _slices(self) -> Ahead:
        """Under a name for all that decides a verdict, beside what `normalize` kept."""
        key = digest(self.today, self.family.controls_version(), self.family.schemas_version())
        return Ahead(self.world, self.batch, JUDGED, key)


def digest(*what: object) -> str:
    """A short name for values of which the text says all."""
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]
