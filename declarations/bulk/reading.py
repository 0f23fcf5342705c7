"""Reading one chunk: its forms judged, the good ones as typed blocks, as reading form by form gives them."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import cache

import polars as pl

from declarations.blocks import Block, Plan
from declarations.families import Version
from declarations.stages.chunks import Chunk, Frame
from declarations.stages.control import Found, schema_anomalies
from declarations.stages.normalize import Blocks
from declarations.stages.read import FormHead
from declarations.stages.validate import JudgedForm, judged_forms
from validators.schema import Fault


@dataclass(frozen=True, slots=True)
class ChunkReading:
    """What one chunk gives, with numbers and places as in the whole file.

    blocks  of the schema-valid forms, every block of the plan; see `declarations.blocks.Block`
    heads   of all its forms, in order
    found   the schema's findings, not located yet
    """

    blocks: dict[str, pl.DataFrame]
    heads: tuple[FormHead, ...]
    found: tuple[Found, ...]


class Reader:
    """Reads the chunks of one file. Not for two threads at once."""

    def __init__(self, version: Version, around: Frame, plan: Plan) -> None:
        """Make ready for the chunks of a file: `version` judges them, `plan` says which blocks they become."""
        self._version = version
        self._around = around
        self._plan = plan

    def read(self, data: bytes, chunk: Chunk, part: int, first_number: int, first_row: int) -> ChunkReading:
        """The bytes of a chunk, read. Raises as reading form by form does; see `read_chunk`."""
        blocks = Blocks(self._plan)
        heads: list[FormHead] = []
        found: list[Found] = []
        around = self._around
        for form in judged_forms(io.BytesIO(around.head + data + around.tail), self._version):
            judged = _in_file(form, chunk.first_form)
            number = first_number + len(heads)
            heads.append(FormHead(number, part, judged.ordinal, not judged.faults, judged.head))
            if judged.faults:
                found += [(part, anomaly) for anomaly in schema_anomalies(judged, self._version)]
            else:
                blocks.add(judged.element, number, part, judged.ordinal)
        frames = {name: _moved(frame, self._plan.block(name), first_row) for name, frame in blocks.frames().items()}
        return ChunkReading(frames, tuple(heads), tuple(found))


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


def _in_file(form: JudgedForm, first: int) -> JudgedForm:
    """The same form with its number in the file."""
    ordinal = form.ordinal + first - 1
    return replace(form, ordinal=ordinal, faults=tuple(_at(fault, ordinal) for fault in form.faults))


def _at(fault: Fault, ordinal: int) -> Fault:
    if len(fault.location) < 2:
        return fault
    return replace(fault, location=(fault.location[0], ordinal, *fault.location[2:]))


def _moved(frame: pl.DataFrame, block: Block, first_row: int) -> pl.DataFrame:
    """The same rows with other ids."""
    ids = ["row"] if block.parent is None else ["row", f"{block.parent}_row"]
    return frame.with_columns(pl.col(name) + first_row for name in ids) if first_row else frame
