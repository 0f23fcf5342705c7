"""One form larger than what is read at once: cut at those of its children that repeat, and put together again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, cast

import polars as pl

from declarations.blocks import Block, Plan
from declarations.bulk.gate import PIECE
from declarations.bulk.tokens import Odd
from declarations.stages.chunks import CHUNK_BYTES, Chunk

LARGE_BYTES = 2 * CHUNK_BYTES
"""A form of more is read in pieces of about half of that."""

_WINDOW = 1 << 20
_OVERLAP = 1 << 12


def repeated(plan: Plan) -> Block | None:
    """The block at whose elements a large form is cut: one that repeats in one place only, with most blocks in it."""
    tags = Counter(block.tag for block in plan.blocks)
    tags.update(column.tag for block in plan.blocks for column in block.columns if column.tag != block.tag)
    blocks = {block.name: block for block in plan.blocks}
    found = [
        block
        for block in plan.blocks[1:]
        if block.repeats and tags[block.tag] == 1 and not any(each.repeats for each in _above(block, blocks))
    ]
    return max(found, key=lambda block: (len(within(plan, block)), -len(block.tags)), default=None)


def _above(block: Block, blocks: dict[str, Block]) -> Iterator[Block]:
    """The blocks that it stands in, but for the form."""
    while block.parent is not None and (block := blocks[block.parent]).parent is not None:
        yield block


def within(plan: Plan, child: Block) -> list[Block]:
    """That block and those below it, parents first."""
    return [block for block in plan.blocks if block.tags[: len(child.tags)] == child.tags]


def pieces_of(source: BinaryIO, chunk: Chunk) -> Iterator[bytes]:
    """The bytes of a chunk, some at a time."""
    source.seek(chunk.offset)
    left = chunk.length
    while left and (piece := source.read(min(left, PIECE))):
        left -= len(piece)
        yield piece


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where a large form is cut, in bytes of its file: the first of the children, and runs of the others."""

    start: int
    first: tuple[int, int]
    runs: tuple[tuple[int, int], ...]
    end: int

    def skeleton(self, source: BinaryIO) -> bytes:
        """The form with the first of the children only."""
        return _between(source, self.start, self.first[1]) + _between(source, self.runs[-1][1], self.end)

    def run(self, source: BinaryIO, number: int, child: Block) -> bytes:
        """A form that has nothing but those children."""
        above = [tag.encode() for tag in child.tags[:-1]]
        opening = b"".join(b"<%s>" % tag for tag in above)
        closing = b"".join(b"</%s>" % tag for tag in reversed(above))
        return opening + _between(source, *self.runs[number]) + closing


def cuts(source: BinaryIO, chunk: Chunk, child: Block, size: int = CHUNK_BYTES) -> Cuts:
    """Cut a form into runs of about that many bytes. Raises Odd where it has too few such children, or none."""
    start, end = chunk.offset, chunk.offset + chunk.length
    opening, closing = (re.compile(re.escape(each)) for each in (f"<{child.tag}>".encode(), f"</{child.tag}>".encode()))
    begin = _found(source, opening, start, end)
    if begin is None or (until := _found(source, closing, begin[1], end)) is None:
        raise Odd("no child at which the form could be cut")
    between = re.compile(rb"</%s>(?=[ \t\r\n]*<%s>)" % ((re.escape(child.tag.encode()),) * 2))
    marks = [until[1]]
    while (mark := _found(source, between, marks[-1] + size, end)) is not None:
        marks.append(mark[1])
    last = max((each[1] for each in _all(source, closing, marks[-1], end)), default=None)
    if last is None:
        raise Odd("too few children at which the form could be cut")
    return Cuts(start, (begin[0], until[1]), (*pairwise(marks), (marks[-1], last)), end)


def _found(source: BinaryIO, pattern: re.Pattern[bytes], start: int, end: int) -> tuple[int, int] | None:
    return next(_all(source, pattern, start, end), None)


def _all(source: BinaryIO, pattern: re.Pattern[bytes], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where in the file the pattern is, window by window; one that two windows share may be given twice."""
    while start < end:
        window = _between(source, start, min(end, start + _WINDOW))
        for each in pattern.finditer(window):
            yield start + each.start(), start + each.end()
        if start + len(window) >= end:
            return
        start += max(1, len(window) - _OVERLAP)


def _between(source: BinaryIO, start: int, end: int) -> bytes:
    source.seek(start)
    return source.read(end - start)


class Rebuilt:
    """The blocks of a large form as if it had been read at once. Raises Odd where the pieces do not fit."""

    def __init__(self, plan: Plan, child: Block, skeleton: dict[str, pl.DataFrame]) -> None:
        """Begin with the form that has the first of the children only."""
        if skeleton[child.name].height != 1:
            raise Odd("other children than were cut off")
        self._plan = plan
        self._child = child
        self._skeleton = skeleton
        self._inner = within(plan, child)
        self._frames = {block.name: [skeleton[block.name]] for block in self._inner}
        self._rows = {block.name: skeleton[block.name].height for block in self._inner}
        first = skeleton[child.name].row(0, named=True)
        self._nth, self._parent = cast("int", first["nth"]), cast("int", first[f"{child.parent}_row"])

    def add(self, run: dict[str, pl.DataFrame]) -> None:
        """The next run of children, read as a form of its own."""
        inner, above = {block.name for block in self._inner}, len(self._child.tags) - 1
        outside = {block.name: run[block.name].height for block in self._plan.blocks if block.name not in inner}
        chain = {block.name for block in self._plan.blocks if block.tags == self._child.tags[: len(block.tags)]} - inner
        if len(chain) != above or any(outside[name] != (name in chain) for name in outside):
            raise Odd("children that stand in several places")
        moved = {block.name: self._moved(block, run[block.name]) for block in self._inner}
        for name, frame in moved.items():
            self._frames[name].append(frame)
            self._rows[name] += frame.height

    def _moved(self, block: Block, frame: pl.DataFrame) -> pl.DataFrame:
        row = pl.col("row") + self._rows[block.name]
        if block.name != self._child.name:
            return frame.with_columns(row, pl.col(f"{block.parent}_row") + self._rows[cast("str", block.parent)])
        nth = pl.col("nth") + self._nth - 1 + self._rows[block.name]
        return frame.with_columns(row, nth, pl.lit(self._parent, dtype=pl.Int64).alias(f"{block.parent}_row"))

    def blocks(self) -> dict[str, pl.DataFrame]:
        """All blocks; what stands behind the children has its place behind them all."""
        more = self._rows[self._child.name] - 1
        late = (pl.col("nth") > self._nth) & (pl.col(f"{self._child.parent}_row") == self._parent)
        found: dict[str, pl.DataFrame] = {}
        for block in self._plan.blocks:
            if block.name in self._frames:
                found[block.name] = pl.concat(self._frames[block.name], rechunk=True)
            elif block.parent == self._child.parent:
                nth = pl.when(late).then(pl.col("nth") + more).otherwise("nth")
                found[block.name] = self._skeleton[block.name].with_columns(nth.alias("nth"))
            else:
                found[block.name] = self._skeleton[block.name]
        return found
