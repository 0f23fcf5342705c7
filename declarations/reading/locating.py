"""Where findings stand: first within the piece of a file that was read, then in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from declarations.reading.stretches import Piece
from declarations.stages.chunks import Chunk, Frame
from declarations.stages.control import Found, Opener, candidates, located, placed_at
from declarations.stages.read import PartSource
from validators.cuts import CHUNK, Position
from validators.places import places_among


def located_in(found: Sequence[Found], pieces: Sequence[Piece], parts: Mapping[int, PartSource]) -> list[Found]:
    """The findings with line and column counted from the start of their pieces."""
    return [each for piece in pieces if (here := _of(piece, found)) for each in _placed(here, piece, parts[piece.part])]


def _of(piece: Piece, found: Sequence[Found]) -> list[Found]:
    if piece.chunk is None:
        return [each for each in found if each[0] == piece.part]
    ordinals = range(piece.chunk.first_form, piece.chunk.first_form + piece.chunk.forms)
    return [each for each in found if each[0] == piece.part and each[1].form in ordinals]


def _placed(found: list[Found], piece: Piece, part: PartSource) -> list[Found]:
    form = part.version.family.form
    if piece.chunk is None or piece.around is None:
        return located(found, {piece.part: part.open}, form)
    with part.open() as source:
        source.seek(piece.chunk.offset)
        content = source.read(piece.chunk.length)
    wanted = {each for _, anomaly in found for each in candidates(anomaly)}
    known = places_among(content, piece.chunk.first_form, piece.around.encoding, wanted, form)
    return [(at, placed_at(anomaly, known)) for at, anomaly in found]


class Ruler:
    """Where the pieces of one part start in its file. They are asked for in their order."""

    def __init__(self, opener: Opener) -> None:
        """Nothing is read before something is asked for."""
        self._opener = opener
        self._position: Position | None = None
        self._offset = 0

    def start(self, chunk: Chunk, around: Frame) -> tuple[int, int]:
        """Line and column of the first byte of a chunk, both from 1."""
        position = self._position = self._position or Position(around.encoding)
        with self._opener() as source:
            source.seek(self._offset)
            while self._offset < chunk.offset:
                content = source.read(min(CHUNK, chunk.offset - self._offset))
                position.pass_over(content)
                self._offset += len(content)
        return position.line, position.column


def in_files(found: pl.DataFrame, pieces: Sequence[Piece], rulers: Mapping[int, Ruler]) -> pl.DataFrame:
    """Findings whose places are counted from the start of their pieces (`records.FOUND`), with those in the files."""
    for piece in pieces:
        if piece.chunk is None or piece.around is None:
            continue
        last = piece.chunk.first_form + piece.chunk.forms - 1
        here = (pl.col("part") == piece.part) & pl.col("form").is_between(piece.chunk.first_form, last)
        if found.select(here.any()).item():
            line, column = rulers[piece.part].start(piece.chunk, piece.around)
            found = found.with_columns(
                column=pl.when(here & (pl.col("line") == 1)).then(pl.col("column") + column - 1).otherwise("column"),
                line=pl.when(here).then(pl.col("line") + line - 1).otherwise("line"),
            )
    return found
