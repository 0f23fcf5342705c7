"""Reading one chunk: its forms judged, the good ones as typed blocks, as reading form by form gives them."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import cache
from typing import BinaryIO

import polars as pl

from declarations.blocks import Block, Plan
from declarations.bulk.assembly import Spread, frames, spread
from declarations.bulk.fitness import unfit
from declarations.bulk.gate import faulty, faulty_forms, suspects
from declarations.bulk.heads import heads
from declarations.bulk.large import Rebuilt, cuts, pieces_of, repeated
from declarations.bulk.layout import Layout
from declarations.bulk.placement import Placement, placement
from declarations.bulk.plain import plain
from declarations.bulk.positions import Unprovable
from declarations.bulk.proof import Proof
from declarations.bulk.tokens import Lines, Odd, Tokens, lines, tokens, without
from declarations.families import Version
from declarations.stages.chunks import CHUNK_BYTES, Chunk, Frame, Unscannable, spans
from declarations.stages.control import Found, schema_anomalies
from declarations.stages.normalize import Blocks
from declarations.stages.read import FormHead
from declarations.stages.validate import JudgedForm, judged_forms
from validators.schema import Fault


@dataclass(frozen=True, slots=True)
class ChunkReading:
    """What one chunk gives, with numbers and places as in the whole file.

    blocks   of the schema-valid forms, every block of the plan; see `declarations.blocks.Block`
    heads    of all its forms, in order
    found    the schema's findings, not located yet
    at_once  whether the good forms were read at once; else all were read form by form
    """

    blocks: dict[str, pl.DataFrame]
    heads: tuple[FormHead, ...]
    found: tuple[Found, ...]
    at_once: bool


class Reader:
    """Reads the chunks of one file. Not for two threads at once."""

    def __init__(self, version: Version, around: Frame, plan: Plan, prove: bool = True) -> None:
        """Make ready for the chunks of a file: `version` judges them, `plan` says which blocks they become.

        With `prove`, forms are proven valid without libxml2 where the schema and the forms allow it.
        """
        self._version = version
        self._around = around
        self._plan = plan
        self._layout = Layout(plan)
        self.unfit = unfit(version.schema.path)
        self.proof, self.unprovable = _proof(version, self._layout) if prove else (None, "nobody asked for it")

    def read(self, data: bytes, chunk: Chunk, part: int, first_number: int, first_row: int) -> ChunkReading:
        """The bytes of a chunk, read. Raises as reading form by form does; see `read_chunk`."""
        place = _Place(chunk, part, first_number, first_row)
        if self.unfit is None:
            try:
                return self._quickly(data, place)
            except Odd:
                pass  # nothing is wrong with the chunk, it is only of a kind that is seldom
        return self._slowly(data, place)

    def read_large(
        self, source: BinaryIO, chunk: Chunk, part: int, first_number: int, size: int = CHUNK_BYTES
    ) -> ChunkReading | None:
        """A chunk that is one large form, its children read some at a time; None where it must be read at once.

        libxml2 judges it as a stream; then some `size` bytes are read at a time. Rows are counted from 0.
        """
        child = repeated(self._plan)
        if self.unfit is not None or child is None:
            return None
        if faulty(pieces_of(source, chunk), self._around, self._version.schema.compiled) != []:
            return None
        place = _Place(chunk, part, first_number, 0)
        try:
            cut = cuts(source, chunk, child, size)
            skeleton = self._built(cut.skeleton(source), [0], place)
            whole = Rebuilt(self._plan, child, skeleton.blocks)
            for number in range(len(cut.runs)):
                whole.add(self._built(cut.run(source, number, child), [0], place).blocks)
        except Odd:
            return None
        return replace(skeleton, blocks=whole.blocks())

    def _quickly(self, data: bytes, place: _Place) -> ChunkReading:
        """Raises Odd."""
        if self.proof is not None:
            try:
                return self._proven(data, place, self.proof)
            except Odd:
                pass  # libxml2 judges
        suspected = suspects(data, self._around, self._version.schema.compiled)
        if suspected is None:
            raise Odd("markup that libxml2 cannot read")
        if suspected:
            return self._without_bad(data, place, suspected)
        good = list(range(place.chunk.forms))
        try:
            return self._built(data, good, place)
        except Odd:
            return self._built(self._joined(data, self._spans(data, place), good), good, place)

    def _without_bad(self, data: bytes, place: _Place, suspected: list[tuple[int, int]]) -> ChunkReading:
        """The bad forms explained one by one, the others read together."""
        forms = self._spans(data, place)
        near = [
            number
            for number, (start, end) in enumerate(forms)
            if any(start < until and end > begin for begin, until in suspected)
        ]
        bad = self._bad(data, forms, near)
        if not bad:
            raise Odd("a fault that is in no form when it stands alone")
        good = [number for number in range(len(forms)) if number not in bad]
        reading = self._built(self._joined(data, forms, good), good, place) if good else self._slowly(b"", place)
        return self._with_bad(reading, bad, place)

    def _with_bad(self, reading: ChunkReading, bad: dict[int, JudgedForm], place: _Place) -> ChunkReading:
        """What was read of the good forms, and the bad ones explained."""
        told = {head.ordinal: head for head in reading.heads}
        found: list[Found] = []
        for number, form in bad.items():
            judged = _in_file(form, place.chunk.first_form + number)
            told[judged.ordinal] = place.head(number, judged.head, schema_valid=False)
            found += [(place.part, anomaly) for anomaly in schema_anomalies(judged, self._version)]
        return ChunkReading(reading.blocks, tuple(told[each] for each in sorted(told)), tuple(found), at_once=True)

    def _bad(self, data: bytes, forms: list[tuple[int, int]], near: list[int]) -> dict[int, JudgedForm]:
        """By number, the forms with faults among those."""
        faulty = faulty_forms(data, [forms[number] for number in near], self._around, self._version.schema.compiled)
        if faulty is None:
            raise Odd("markup that libxml2 cannot read")
        judged = {near[each]: self._judged(data, *forms[near[each]]) for each in faulty}
        return {number: form for number, form in judged.items() if form.faults}

    def _judged(self, data: bytes, start: int, end: int) -> JudgedForm:
        around = self._around
        return next(judged_forms(io.BytesIO(around.head + data[start:end] + around.tail), self._version))

    def _spans(self, data: bytes, place: _Place) -> list[tuple[int, int]]:
        try:
            forms = list(spans(io.BytesIO(data + self._around.tail), replace(self._around, start=0)))
        except Unscannable as fault:
            raise Odd("not cut at its forms") from fault
        if len(forms) != place.chunk.forms:
            raise Odd("another number of forms than was counted")
        return forms

    def _joined(self, data: bytes, forms: list[tuple[int, int]], good: list[int]) -> bytes:
        return b"".join(plain(data[slice(*forms[number])], self._around) for number in good)

    def _built(self, content: bytes, good: list[int], place: _Place) -> ChunkReading:
        """The blocks of valid content: the forms of those numbers in the chunk. Raises Odd."""
        return self._assembled(lines(content, self._around.encoding, self._layout), good, place)

    def _assembled(self, content: Lines, good: list[int], place: _Place) -> ChunkReading:
        read = tokens(content, self._layout)
        placed = placement(read, self._layout)
        return self._framed(read, placed, spread(read, placed, self._layout), good, place)

    def _framed(self, read: Tokens, placed: Placement, texts: Spread, good: list[int], place: _Place) -> ChunkReading:
        if placed.counts[0] != len(good):
            raise Odd("another number of forms than was counted")
        told = heads(read, placed, self._layout, len(good), self._version.family.head)
        return ChunkReading(
            frames(texts, placed, self._layout, place.forms(good), place.first_row),
            tuple(place.head(number, zones, schema_valid=True) for number, zones in zip(good, told, strict=True)),
            (),
            at_once=True,
        )

    def _proven(self, data: bytes, place: _Place, proof: Proof) -> ChunkReading:
        """Raises Odd."""
        content = lines(data, self._around.encoding, self._layout)
        everyone = list(range(place.chunk.forms))
        proven = proof.proven(content, len(everyone))
        forms = self._spans(data, place) if proven.doubtful else []
        bad = self._bad(data, forms, proven.doubtful) if forms else {}
        if not bad and proven.read is not None:
            return self._framed(*proven.read, everyone, place)
        good = [number for number in everyone if number not in bad]
        if not good:
            return self._with_bad(self._slowly(b"", place), bad, place)
        try:
            reading = self._assembled(without(content, self._layout, bad) if bad else content, good, place)
        except Odd:  # comments and the like, in forms that are valid
            reading = self._built(self._joined(data, forms, good), good, place)
        return self._with_bad(reading, bad, place) if bad else reading

    def _slowly(self, data: bytes, place: _Place) -> ChunkReading:
        """Form by form: what everything else here is measured by."""
        blocks = Blocks(self._plan)
        told: list[FormHead] = []
        found: list[Found] = []
        around = self._around
        for form in judged_forms(io.BytesIO(around.head + data + around.tail), self._version):
            judged = _in_file(form, place.chunk.first_form + len(told))
            head = place.head(len(told), judged.head, not judged.faults)
            told.append(head)
            if judged.faults:
                found += [(place.part, anomaly) for anomaly in schema_anomalies(judged, self._version)]
            else:
                blocks.add(judged.element, head.number, place.part, judged.ordinal)
        frames = {
            name: _moved(frame, self._plan.block(name), place.first_row) for name, frame in blocks.frames().items()
        }
        return ChunkReading(frames, tuple(told), tuple(found), at_once=False)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a chunk stands in its batch."""

    chunk: Chunk
    part: int
    first_number: int
    first_row: int

    def head(self, number: int, zones: dict[str, str], schema_valid: bool) -> FormHead:
        """Of the form of that number in the chunk, from 0."""
        return FormHead(self.first_number + number, self.part, self.chunk.first_form + number, schema_valid, zones)

    def forms(self, numbers: list[int]) -> pl.DataFrame:
        """Of those numbers in the chunk: number (in the batch), part, nth."""
        local = pl.Series("number", numbers, dtype=pl.Int64)
        return pl.DataFrame({"number": local + self.first_number, "nth": local + self.chunk.first_form}).with_columns(
            part=pl.lit(self.part, dtype=pl.Int64)
        )


def _proof(version: Version, layout: Layout) -> tuple[Proof | None, str | None]:
    """What proves forms of that schema, or why nothing does."""
    try:
        return Proof(version, layout), None
    except Unprovable as fault:
        return None, str(fault)


@cache
def _reader(version: Version, around: Frame, plan: Plan) -> Reader:
    return Reader(version, around, plan)


def read_chunk(
    data: bytes,
    chunk: Chunk,
    around: Frame,
    version: Version,
    plan: Plan,
    part: int,
    first_number: int,
    first_row: int,
) -> ChunkReading:
    """Judge the forms of a chunk and make blocks of the good ones, as `stages.read.read` does.

    data          the bytes of the chunk in its file
    plan          the blocks wanted: those of the newest schema among the parts of the batch
    first_number  the number in the batch of the chunk's first form, from 0
    first_row     what is added to every row id, also to those of parents: `number << 32` keeps chunks apart
    """
    return _reader(version, around, plan).read(data, chunk, part, first_number, first_row)


def read_large(
    source: BinaryIO, chunk: Chunk, around: Frame, version: Version, plan: Plan, part: int, first_number: int
) -> ChunkReading | None:
    """The same for a chunk that is one form larger than `LARGE_BYTES`; None where it must be read as any other."""
    return _reader(version, around, plan).read_large(source, chunk, part, first_number)


def _in_file(form: JudgedForm, ordinal: int) -> JudgedForm:
    """The same form with its number in the file."""
    return replace(form, ordinal=ordinal, faults=tuple(_at(fault, ordinal) for fault in form.faults))


def _at(fault: Fault, ordinal: int) -> Fault:
    if len(fault.location) < 2:
        return fault
    return replace(fault, location=(fault.location[0], ordinal, *fault.location[2:]))


def _moved(frame: pl.DataFrame, block: Block, first_row: int) -> pl.DataFrame:
    """The same rows with other ids."""
    ids = ["row"] if block.parent is None else ["row", f"{block.parent}_row"]
    return frame.with_columns(pl.col(name) + first_row for name in ids) if first_row else frame
