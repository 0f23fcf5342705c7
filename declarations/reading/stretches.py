"""Dividing the parts of a batch into stretches: what is read at once, as much as keeps memory flat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from declarations.blocks import Block, Plan
from declarations.bulk.large import LARGE_BYTES
from declarations.bulk.reading import ChunkReading, read_chunk, read_large
from declarations.families import Version
from declarations.reading.cutting import Layout, Miscut, exact_layout
from declarations.stages.chunks import CHUNK_BYTES, Chunk, Frame, Unscannable
from declarations.stages.control import Found
from declarations.stages.read import FormHead, PartSource, Reading, read_part
from declarations.stages.validate import survey

SLICE_BYTES = 40 << 20
"""Bytes of XML whose forms are controlled together: less costs more time, more costs memory. A full part is one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Forms of one part that follow each other; without a chunk it is the whole part, to be read form by form."""

    part: int
    around: Frame | None
    chunk: Chunk | None
    first_number: int  # in the batch, from 0
    forms: int

    @property
    def numbers(self) -> range:
        """The numbers of its forms in the batch."""
        return range(self.first_number, self.first_number + self.forms)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is read at once: pieces in document order."""

    number: int  # from 0
    pieces: tuple[Piece, ...]

    @property
    def numbers(self) -> range:
        """The numbers of its forms in the batch."""
        return range(self.pieces[0].numbers.start, self.pieces[-1].numbers.stop)


def newest(versions: Iterable[Version]) -> Version:
    """The version whose blocks a batch has: the newest among its parts."""
    return max(versions, key=lambda version: version.name)


def layout_of(part: PartSource, size: int = CHUNK_BYTES) -> Layout | int:
    """How a part that passed the gate is laid out; the number of its forms where it can only be read as a whole.

    Chunks have at most `size` bytes where no form is larger.
    """
    try:
        return exact_layout(part.open, part.version.family.form, size)
    except Unscannable:
        with part.open() as source:
            return survey(source, part.version.family.form).forms


def stretches(
    layouts: Mapping[int, Layout | int], size: int = SLICE_BYTES, left: Callable[[int], int] | None = None
) -> Iterator[Stretch]:
    """The parts cut into stretches, in order; only one whose first piece is larger has more than `size` bytes.

    left  of the bytes that lie before a stretch, the most that it should have, where `size` is too much
    """
    number, length, before = 0, 0, 0
    pieces: list[Piece] = []
    most = size if left is None else min(size, left(0))
    for piece, weight in _weighed(layouts, size):
        if pieces and length + weight > most:
            yield Stretch(number, tuple(pieces))
            number, before, length, pieces = number + 1, before + length, 0, []
            most = size if left is None else min(size, left(before))
        pieces.append(piece)
        length += weight
    if pieces:
        yield Stretch(number, tuple(pieces))


def _weighed(layouts: Mapping[int, Layout | int], size: int) -> Iterator[tuple[Piece, int]]:
    first = 0
    for part, layout in layouts.items():
        if isinstance(layout, int):
            yield Piece(part, None, None, first, layout), size
            first += layout
            continue
        for chunk in layout.chunks:
            yield Piece(part, layout.around, chunk, first, chunk.forms), chunk.length
            first += chunk.forms


def read_pieces(
    pieces: Sequence[Piece],
    parts: Mapping[int, PartSource],
    progress: Callable[[int], None] = lambda forms: None,
) -> Reading:
    """Those forms validated and normalized; rows are counted from 0 among what is read here.

    Raises Miscut where a chunk has not the forms that it should have, Invariant where it is not well-formed.
    """
    version = newest(part.version for part in parts.values())
    rows = Rows(version.plan)
    blocks: list[dict[str, pl.DataFrame]] = []
    heads: list[FormHead] = []
    found: list[Found] = []
    for piece in pieces:
        reading = _read_piece(piece, parts[piece.part], version)
        if len(reading.heads) != piece.forms:
            raise Miscut("a chunk has other forms than were counted")
        blocks.append(rows.renumbered(reading.blocks))
        heads += reading.heads
        found += reading.found
        progress(piece.forms)
    whole = {
        block.name: pl.concat([each[block.name] for each in blocks], rechunk=True) for block in version.plan.blocks
    }
    return Reading(version, whole, tuple(heads), tuple(found))


def _read_piece(piece: Piece, part: PartSource, version: Version) -> ChunkReading | Reading:
    if piece.chunk is None or piece.around is None:
        return read_part(part, version, piece.first_number)
    asked = piece.chunk, piece.around, part.version, version.plan, part.part, piece.first_number
    with part.open() as source:
        large = piece.forms == 1 and piece.chunk.length > LARGE_BYTES
        if large and (reading := read_large(source, *asked)) is not None:
            return reading
        source.seek(piece.chunk.offset)
        data = source.read(piece.chunk.length)
    return read_chunk(data, *asked, first_row=0)


class Rows:
    """Numbers the rows of blocks that come in pieces as if they had come at once."""

    def __init__(self, plan: Plan) -> None:
        """Start with row 0 in every block."""
        self._plan = plan
        self._counts = dict.fromkeys((block.name for block in plan.blocks), 0)

    def renumbered(self, blocks: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        """The next piece, whose own rows are counted from 0, with rows that go on where the last one ended."""
        moved = {block.name: self._moved(block, blocks[block.name]) for block in self._plan.blocks}
        for name, frame in blocks.items():
            self._counts[name] += len(frame)
        return moved

    def _moved(self, block: Block, frame: pl.DataFrame) -> pl.DataFrame:
        by = {"row": self._counts[block.name]}
        if block.parent is not None:
            by[f"{block.parent}_row"] = self._counts[block.parent]
        return frame.with_columns(pl.col(name) + count for name, count in by.items() if count)
